"""The frontier between two answers: the curve in the plane of two parameters on which an outcome is at a level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analyse.asked import Asked, check_goal
from sim.analyse.parameter import Parameter, grid_points, parameter_of, tolerance_of
from sim.analyse.record import CHECKED, FINER, SCHEMA_VERSION, Basis, Floats, plain, without_nan
from sim.analyse.roots import Ints, crossings
from sim.analyse.ties import with_rest
from sim.analyse.variants import MONTHS
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

FRONTIER = 13
"""Points along each parameter of a frontier."""


@dataclass(frozen=True)
class Frontier:
    """The level curve of an outcome over two parameters: crossings along the first for values of the second.

    Attributes
    ----------
    along, over : the parameter along which roots were found, and the one whose values were gone through.
    outcome, month, level, unit, base_value : as in `Tipping`.
    rows : one a value of ``over``: ``over``, ``crossings`` (values of ``along``, ascending), ``low`` and ``high`` (the
        outcome at the ends of ``along``).
    verdict : in words.
    basis : what was run.
    """

    along: Parameter
    over: Parameter
    outcome: str
    month: int
    level: float
    unit: str
    base_value: float
    rows: tuple[dict[str, Any], ...]
    verdict: str
    basis: Basis

    def table(self) -> list[dict[str, float]]:
        """Return the points of the curve, one a row, with both parameters by name."""
        return [
            {self.over.name: row["over"], self.along.name: value} for row in self.rows for value in row["crossings"]
        ]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "frontier",
            **self.basis.to_json(),
            "along": plain(self.along),
            "over": plain(self.over),
            "outcome": self.outcome,
            "month": self.month,
            "level": self.level,
            "unit": self.unit,
            "base_value": without_nan(self.base_value),
            "verdict": self.verdict,
            "rows": without_nan([dict(row) for row in self.rows]),
        }


def frontier(
    base: Scenario,
    along: str,
    over: str,
    outcome: str,
    level: float,
    *,
    at: int = MONTHS,
    limits: tuple[tuple[float, float] | None, tuple[float, float] | None] = (None, None),
    points: int = FRONTIER,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> Frontier:
    """Find the curve in the plane of two parameters on which an outcome is at a level.

    Parameters
    ----------
    along : the parameter along which roots are found, for each of ``points`` values of ``over``.
    limits : ranges of both; default: their plausible ranges.
    base, outcome, level, at, grid, rationality, jobs, check, finer, on_done : as for `tipping`.

    Raises
    ------
    UsageError : as for `tipping`; also one parameter given twice.
    """
    check_goal(outcome, level, at, grid)
    if along == over:
        raise UsageError(f"parameter: found {along} twice; allowed: two different parameters")
    first, second = parameter_of(base, along, limits[0], grid), parameter_of(base, over, limits[1], grid)
    values = grid_points(second, points)
    with Asked(base, on_done, grid=grid, months=at, rationality=rationality, jobs=jobs) as ask:

        def f(which: Ints, x: Floats) -> Floats:
            pairs = zip(which.tolist(), x.tolist(), strict=True)
            return ask.at([with_rest(base, {over: float(values[i]), along: value}) for i, value in pairs], outcome, at)

        own = float(ask.at([{}], outcome, at)[0])
        line = grid_points(first, points)
        scans = crossings(f, [line] * len(values), level, rounds=1, tolerance=tolerance_of(first))
        basis = ask.basis(ask.check(outcome, at, check, finer))
    rows = tuple(
        {
            "over": float(value),
            "crossings": [crossing.value for crossing in scan.crossings],
            "low": float(scan.y[0]),
            "high": float(scan.y[-1]),
        }
        for value, scan in zip(values, scans, strict=True)
    )
    crossed = sum(bool(row["crossings"]) for row in rows)
    several = sum(len(scan.crossings) > 1 for scan in scans)
    text = f"crossed at {crossed} of {len(rows)} values of {over}"
    text = f"none: {text}" if not crossed else f"{text}, more than once at {several}" if several else text
    return Frontier(first, second, outcome, at, level, OUTCOME_UNITS[outcome], own, rows, text, basis)
