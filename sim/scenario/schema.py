"""What a scenario is: every parameter with its meaning, unit and hard limits.

A scenario is data only. The dotted name of a parameter is the path through the models (the capitals in
`sim.scenario.capitals`, then `sim.scenario.world` and `sim.scenario.menu`), with a field's alias where it has one
(``brussels.relief_cost.1``). Hard limits say what can be computed at all; plausible ranges and sources stand beside the
values in ``baseline.toml``. "Points" are units of payoff of the capital in question: points of different capitals have
no common measure. "A month" marks a flow, received at the end of every month; everything else is paid once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import ValidationInfo, field_validator

from sim.scenario.capitals import Brussels, Minsk, Moscow, Washington
from sim.scenario.fields import Paragraphs, Part, Whole, refuse, sizes, text, whole
from sim.scenario.menu import Menu
from sim.scenario.world import Start, World

SCHEMA_VERSION = 1
"""Version of the scenario file's form; older files are brought forward by `sim.scenario.migrate`."""
SECTIONS = ("minsk", "washington", "brussels", "moscow", "world", "start", "menu")
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$"


class Scenario(Part):
    """One complete, validated set of parameters, and the question that it asks."""

    schema_version: Whole = whole("version of the file's form", "version", SCHEMA_VERSION, SCHEMA_VERSION)
    id: str = text(
        "name of the scenario",
        64,
        "at most {} small letters, digits and hyphens, a letter or digit first",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
    )
    title: str = text("title in a few words", 120, pattern=_ONE_LINE)
    question: str = text("the question that the scenario asks, in plain words", 600, pattern=_ONE_LINE)
    paragraphs: Paragraphs = sizes("paragraphs of the article that raise the question", "paragraph numbers", 17, 17)
    note: str = text("what a reader should know about the values", 600, pattern=_ONE_LINE, default="")
    minsk: Minsk
    washington: Washington
    brussels: Brussels
    moscow: Moscow
    world: World
    start: Start
    menu: Menu

    @field_validator("start")
    @classmethod
    def _fits(cls, start: Start, info: ValidationInfo) -> Start:
        world = info.data.get("world")
        if isinstance(world, World) and start.prisoners > world.prisoner_capacity:
            raise refuse(
                f"{start.prisoners} held at the start and a capacity of {world.prisoner_capacity}",
                "a start.prisoners of at most world.prisoner_capacity",
                "start.prisoners",
                "world.prisoner_capacity",
            )
        return start

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the resolved values: equal values, equal hash, whatever the id, the texts or the file."""
        values = {name: "inf" if value == math.inf else value for name, value in self.values().items()}
        record = {"schema_version": self.schema_version, "values": values}
        return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def values(self) -> dict[str, Any]:
        """Return every parameter by dotted name, numbers and settings alike, in the order of the schema."""
        from sim.scenario.leaves import leaves

        return {name: leaf.read(self) for name, leaf in leaves().items()}

    def parameters(self) -> dict[str, float]:
        """Return every numeric parameter by dotted name, in the order of the schema."""
        from sim.scenario.leaves import leaves

        return {name: float(leaf.read(self)) for name, leaf in leaves().items() if leaf.numeric}

    def get(self, name: str) -> Any:
        """Return the value of one parameter by its dotted name.

        Raises
        ------
        ScenarioError : there is no such parameter; names the nearest one.
        """
        from sim.scenario.leaves import find

        return find(name).read(self)

    def with_overrides(self, overrides: Mapping[str, Any]) -> Scenario:
        """Return the scenario with some parameters changed (see `sim.scenario.load.load`).

        Raises
        ------
        ScenarioError : an unknown name or a value that is not allowed; all problems at once.
        """
        from sim.scenario.load import override

        return override(self, overrides)

    def changed(self, other: Scenario) -> dict[str, tuple[Any, Any]]:
        """Return the parameters in which two scenarios differ: name -> (mine, theirs)."""
        theirs = other.values()
        return {name: (mine, theirs[name]) for name, mine in self.values().items() if mine != theirs[name]}
