"""Which parameters an analysis varies by default, and over which ranges parameters can be varied."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analyse.numeric import is_whole, numeric
from sim.analyse.ties import TABLES, with_rest
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.scenario import ParameterInfo, Scenario

SUMMIT = "menu.summit"


def swept(base: Scenario) -> tuple[str, ...]:
    """Return the parameters that an analysis of this scenario varies by default: those with a plausible range.

    Of the parties at a table one is left out, as it gets the rest, and a table that the menu lacks is left out.
    """
    from sim.scenario import parameter_info

    names = []
    for name, info in parameter_info().items():
        table, _, party = name.rpartition(".")
        inert = table == "menu.recognition.summit" and not base.get(SUMMIT)
        if info.low < info.high and not inert and not (table in TABLES and party == TABLES[table][-1]):
            names.append(name)
    return tuple(names)


def check_range(base: Scenario, name: str, low: float, high: float) -> None:
    """Refuse a range in which there is nothing to vary.

    Raises
    ------
    UsageError : reversed or empty, not finite, or beyond the parameter's hard limits; a whole number's range without
        two whole numbers.
    """
    info = numeric(name)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UsageError(f"{name}: found a range from {low:g} to {high:g}; allowed: two finite numbers")
    if low > high:
        raise UsageError(f"{name}: found a range from {low:g} to {high:g}; allowed: the lower end first")
    if low == high:
        raise UsageError(
            f"{name}: found a range from {low:g} to {high:g}, which is one value; allowed: a lower and a higher end "
            f"(give one as {name}=LOW:HIGH)"
        )
    if is_whole(name) and math.floor(high) <= math.ceil(low):
        raise UsageError(f"{name}: found a range from {low:g} to {high:g}; allowed: one that holds two whole numbers")
    for end in (low, high):
        if _beyond(base, name, end):
            raise UsageError(f"{name}: found {end:g} as an end of the range; allowed: {info.allowed}")


def _beyond(base: Scenario, name: str, value: float) -> bool:
    """Return whether the schema refuses this value, whatever stands beside it."""
    from sim.errors import ScenarioError
    from sim.scenario import load

    try:
        load(base, with_rest(base, {name: value}))
    except ScenarioError as error:
        # values that do not go together are the space's business; here only the value itself
        return any(problem.allowed == numeric(name).allowed for problem in error.problems)
    return False


def plausible(info: ParameterInfo) -> tuple[float, float]:
    """Return the plausible range of a parameter.

    Raises
    ------
    UsageError : it has none.
    """
    if info.low == info.high:
        raise UsageError(
            f"{info.name}: found no plausible range, only {info.low:g}; allowed: a range of your own, as in "
            f"{info.name}=LOW:HIGH ({info.allowed})"
        )
    return info.low, info.high
