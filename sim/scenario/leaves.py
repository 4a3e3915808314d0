"""The dotted names of a scenario's parameters, read off the models in `sim.scenario.schema`.

A leaf is one value: a parameter (``minsk.trade_value``) or a heading (``title``). A section is a table that holds
leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from sim.errors import Problem, ScenarioError
from sim.scenario.schema import SECTIONS, Scenario
from sim.scenario.words import nearest, printable


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that a scenario holds.

    Attributes
    ----------
    name : dotted name, with aliases (``brussels.relief_cost.1``).
    path : the attributes that lead to it.
    meaning, unit, allowed : in words, from the field.
    numeric : whether it is a single number.
    """

    name: str
    path: tuple[str, ...]
    meaning: str
    unit: str
    allowed: str
    numeric: bool

    def read(self, scenario: Scenario) -> Any:
        """Return this value of a scenario."""
        value: Any = scenario
        for attribute in self.path:
            value = getattr(value, attribute)
        return value


@lru_cache(maxsize=1)
def tree() -> dict[str, Any]:
    """Return the file's form: key -> Leaf, or key -> dict of the same kind for a section."""
    return _walk(Scenario, "", ())


@lru_cache(maxsize=1)
def leaves() -> dict[str, Leaf]:
    """Return every parameter by dotted name, in the order of the schema (headings such as ``title`` left out)."""
    found: dict[str, Leaf] = {}
    for section in SECTIONS:
        _collect(tree()[section], found)
    return found


@lru_cache(maxsize=1)
def headings() -> dict[str, Leaf]:
    """Return what stands at the top of a file beside the sections: ``id``, ``title`` and so on."""
    return {key: node for key, node in tree().items() if isinstance(node, Leaf)}


def find(name: object, file: str = "parameter") -> Leaf:
    """Return the parameter of this dotted name.

    Raises
    ------
    ScenarioError : there is none; ``file`` says where the name was read.
    """
    if isinstance(name, str) and name in leaves():
        return leaves()[name]
    raise ScenarioError([unknown(name, file)])


def unknown(name: object, file: str) -> Problem:
    """Return the problem that tells of a parameter name which does not exist, with the nearest that does."""
    if not isinstance(name, str):
        return Problem(file, printable(repr(type(name).__name__)), "no name", "the dotted name of a parameter")
    if name in headings() or name == "extends":
        return Problem(file, name, "a heading of the file, not a parameter", "the dotted name of a parameter")
    inside = [leaf for leaf in leaves() if leaf.startswith(name + ".")]
    if inside:
        return Problem(
            file, name, "a section", "the dotted name of one parameter", f"Inside it: {', '.join(inside[:6])}."
        )
    return Problem(file, printable(name), "an unknown name", "the dotted name of a parameter", suggest(name, ()))


def suggest(name: str, siblings: tuple[str, ...]) -> str:
    """Return "Did you mean ...?" with the nearest right name, or nothing.

    Names beside it come first, then parameters elsewhere that end in the same word, then the nearest dotted name.
    """
    close = nearest(name.rsplit(".", 1)[-1], siblings)
    if close is not None:
        prefix = name.rsplit(".", 1)[0] + "." if "." in name else ""
        return f"Did you mean {prefix}{close}?"
    last = name.rsplit(".", 1)[-1]
    same = [leaf for leaf in leaves() if leaf.endswith("." + last)]
    if len(same) > 1:
        return f"Did you mean one of {', '.join(same[:4])}?"
    best = same[0] if same else nearest(name, tuple(leaves()))
    return f"Did you mean {best}?" if best else ""


def _walk(model: type[BaseModel], prefix: str, path: tuple[str, ...]) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for attribute, field in model.model_fields.items():
        key = field.alias or attribute
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            nodes[key] = _walk(kind, f"{prefix}{key}.", (*path, attribute))
            continue
        extra = field.json_schema_extra
        assert isinstance(extra, dict), f"{prefix}{key} has no unit"
        nodes[key] = Leaf(
            name=prefix + key,
            path=(*path, attribute),
            meaning=field.description or "",
            unit=str(extra["unit"]),
            allowed=str(extra["allowed"]),
            numeric=kind in (float, int),
        )
    return nodes


def _collect(node: dict[str, Any], found: dict[str, Leaf]) -> None:
    for child in node.values():
        if isinstance(child, Leaf):
            found[child.name] = child
        else:
            _collect(child, found)
