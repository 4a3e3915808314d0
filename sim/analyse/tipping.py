"""Tipping points: the values of a parameter at which an outcome crosses a level.

All crossings in the range are reported, or that there is none; never one where there are three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.asked import Asked, check_goal
from sim.analyse.parameter import Parameter, grid_points, parameter_of, tolerance_of
from sim.analyse.record import CHECKED, FINER, SCHEMA_VERSION, Basis, Floats, plain, without_nan
from sim.analyse.roots import POINTS, Crossing, Ints, Scan, crossings
from sim.analyse.ties import with_rest
from sim.analyse.tipping_check import also_finer
from sim.analyse.variants import MONTHS
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.analyse.tipping_ensemble import EnsembleShare
    from sim.model import Grid
    from sim.scenario import Scenario

_COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Tipping:
    """Where an outcome crosses a level as one parameter moves through its range.

    Attributes
    ----------
    parameter : what moved.
    outcome, month, level : what was looked for; ``unit`` of outcome and level.
    base_value : the outcome in the unchanged scenario.
    scan : points, values and crossings. "Above" is at or above the level. Each crossing's ``finer`` says whether the
        level is crossed between its sides on the finer grid too.
    verdict : in words: none, one crossing, or how many and that it is not monotone.
    basis : what was run.
    other_side : values of the parameter among those compared at which the outcome lies on the other side of the level
        on the finer grid.
    ensemble : in what share of the calibrated ensemble the same happens; None: not asked.
    """

    parameter: Parameter
    outcome: str
    month: int
    level: float
    unit: str
    base_value: float
    scan: Scan
    verdict: str
    basis: Basis
    other_side: tuple[float, ...] = ()
    ensemble: EnsembleShare | None = None

    def table(self) -> list[dict[str, Any]]:
        """Return the crossings, one a row."""
        return [dict(crossing.__dict__) for crossing in self.scan.crossings]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "tipping",
            **self.basis.to_json(),
            "parameter": plain(self.parameter),
            "outcome": self.outcome,
            "month": self.month,
            "level": self.level,
            "unit": self.unit,
            "base_value": without_nan(self.base_value),
            "verdict": self.verdict,
            "crossings": self.table(),
            "other_side": list(self.other_side),
            "ensemble": None if self.ensemble is None else self.ensemble.to_json(),
            "scan": {"parameter": without_nan(self.scan.x), "outcome": without_nan(self.scan.y)},
        }


def tipping(
    base: Scenario,
    parameter: str,
    outcome: str,
    level: float,
    *,
    at: int = MONTHS,
    limits: tuple[float, float] | None = None,
    points: int = POINTS,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> Tipping:
    """Find every value of a parameter at which an outcome crosses a level.

    Parameters
    ----------
    base : the scenario; all other parameters keep its values.
    parameter : a numeric parameter.
    outcome, level, at : a headline outcome, in its unit, at the end of this month.
    limits : range of the parameter; default: its plausible range.
    points : how many values to start from.
    grid, rationality, jobs : as for `sim.analyse.evaluate`.
    check : about how many variants to compute again on ``finer``, both sides of every crossing among them; 0: none.
    on_done : called with the number of variants evaluated so far.

    Raises
    ------
    UsageError : a parameter, range, outcome, level, month or number of points that does not make sense.
    """
    check_goal(outcome, level, at, grid)
    moved = parameter_of(base, parameter, limits, grid)
    with Asked(base, on_done, grid=grid, months=at, rationality=rationality, jobs=jobs) as ask:

        def f(_: Ints, x: Floats) -> Floats:
            return ask.at([with_rest(base, {parameter: value}) for value in x.tolist()], outcome, at)

        own = float(ask.at([{}], outcome, at)[0])
        (scan,) = crossings(f, [grid_points(moved, points)], level, tolerance=tolerance_of(moved))
        scan = _whole(scan) if moved.whole else scan
        scan, checked, other = also_finer(ask, moved, scan, outcome, at, level, check, finer)
        basis = ask.basis(checked)
    return Tipping(
        parameter=moved,
        outcome=outcome,
        month=at,
        level=level,
        unit=OUTCOME_UNITS[outcome],
        base_value=own,
        scan=scan,
        verdict=verdict(scan, outcome, level, moved),
        basis=basis,
        other_side=other,
    )


def verdict(scan: Scan, outcome: str, level: float, parameter: Parameter) -> str:
    """Say in words how often the level is crossed."""
    n = len(scan.crossings)
    if not n:
        fine = scan.y[np.isfinite(scan.y)]
        if not fine.size:
            return "none: no value could be computed"
        where = "at or above" if fine[0] >= level else "below"
        return (
            f"none: {outcome} is {where} {level:g} at all {fine.size} values of {parameter.name} looked at, from "
            f"{parameter.low:g} to {parameter.high:g}"
        )
    text = f"{count_in_words(n)} crossing{'s' if n > 1 else ''}"
    if scan.monotone:
        return text
    return f"{text}, though not monotone" if n == 1 else f"not monotone: {text}"


def _whole(scan: Scan) -> Scan:
    """Return the crossings of a parameter of whole numbers: between two neighbours."""
    made = tuple(
        Crossing((round(c.below) + round(c.above)) / 2, float(round(c.below)), float(round(c.above)), c.rising, True)
        for c in scan.crossings
    )
    return Scan(scan.x, scan.y, made)


def count_in_words(n: int) -> str:
    """Return a small number as a word, a larger one in digits."""
    return _COUNTS[n] if n < len(_COUNTS) else str(n)
