"""Parameters whose values must fit together, and what follows for a variant.

Two ways out of one state of the talks add up to at most 1; who proposes at a table adds up to exactly 1, so one party
is left out of the coordinates and gets the rest; nobody starts with more prisoners than the grid's whole lots within
the capacity hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.analyse.numeric import is_whole
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.scenario import Scenario

TABLES = {
    "menu.recognition.us_table": ("minsk", "washington"),
    "menu.recognition.eu_table": ("minsk", "brussels"),
    "menu.recognition.summit": ("minsk", "washington", "brussels"),
}
TALKS_ROWS = (
    ("world.talks.stalled_to_active", "world.talks.stalled_to_settled"),
    ("world.talks.active_to_stalled", "world.talks.active_to_settled"),
    ("world.talks.settled_to_stalled", "world.talks.settled_to_active"),
)
CAPACITY, START = "world.prisoner_capacity", "start.prisoners"


def with_rest(base: Scenario, values: Mapping[str, float]) -> dict[str, Any]:
    """Return a variant with whole numbers made whole, and the rest of each table given to who was left out.

    Several parties left out share the rest in the base's proportions (equally where the base gives them nothing).
    """
    design: dict[str, Any] = {name: round(value) if is_whole(name) else value for name, value in values.items()}
    for table, parties in TABLES.items():
        named = [f"{table}.{party}" for party in parties if f"{table}.{party}" in values]
        others = [f"{table}.{party}" for party in parties if f"{table}.{party}" not in values]
        if not named or not others:
            continue
        rest = max(0.0, 1.0 - math.fsum(values[name] for name in named))
        shares = [float(base.get(other)) for other in others]
        total = math.fsum(shares)
        for other, share in zip(others, shares, strict=True):
            design[other] = rest * (share / total if total else 1.0 / len(others))
    return design


def refuse_whole_tables(names: Sequence[str]) -> None:
    """Refuse coordinates among which are all parties at a table.

    Raises
    ------
    UsageError : names the party to leave out.
    """
    for table, parties in TABLES.items():
        if all(f"{table}.{party}" in names for party in parties):
            raise UsageError(
                f"{table}: found all parties among the parameters; allowed: all but one, as the chances add up to 1 "
                f"(leave out {table}.{parties[-1]})"
            )


def rule_of(name: str) -> str:
    """Return in words what ties a parameter to others."""
    if name in (START, CAPACITY):
        return "those held at the start fit into whole lots within world.prisoner_capacity"
    return "chances add up to 1" if name.startswith("menu.") else "the chances of leaving a state add up to at most 1"
