"""Sweeps: headline outcomes over one or two parameters, or over a design in the space of assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.numeric import is_whole, numeric
from sim.analyse.record import (
    CHECKED,
    FINER,
    SCHEMA_VERSION,
    Basis,
    Floats,
    basis_of,
    compare_grids,
    pairs_of,
    without_nan,
)
from sim.analyse.space import DesignSpace
from sim.analyse.variants import MONTHS, Progress, evaluate
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

ONE, TWO = 21, 11
"""Points of a parameter swept alone, and of each of two swept together."""
LARGEST = 200_000
"""Most variants of one sweep."""
DESIGNS = ("grid", "lhs", "sobol")


@dataclass(frozen=True)
class Axis:
    """One parameter of a sweep: range, number of points (0 in a design), the base's value, unit."""

    name: str
    low: float
    high: float
    points: int
    value: float
    unit: str


@dataclass(frozen=True)
class Sweep:
    """Outcomes over part of the space of assumptions.

    Attributes
    ----------
    design : ``grid``, ``lhs`` or ``sobol``.
    axes : the parameters.
    outcomes, months : what the table holds.
    columns : a tidy table, column -> values: ``point`` (number of the variant), one column a parameter, ``month``, one
        column an outcome (NaN where the variant failed). One row a variant and month.
    base : the same outcomes of the unchanged scenario: outcome -> month -> value.
    basis : what was run.
    """

    design: str
    axes: tuple[Axis, ...]
    outcomes: tuple[str, ...]
    months: tuple[int, ...]
    columns: Mapping[str, Floats]
    base: Mapping[str, Mapping[int, float]]
    basis: Basis

    def table(self) -> list[dict[str, float]]:
        """Return the rows, one a variant and month."""
        names = list(self.columns)
        lists = [column.tolist() for column in self.columns.values()]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "sweep",
            **self.basis.to_json(),
            "design": self.design,
            "axes": [dict(axis.__dict__) for axis in self.axes],
            "outcomes": list(self.outcomes),
            "units": {name: OUTCOME_UNITS[name] for name in self.outcomes},
            "months": list(self.months),
            "base": without_nan(self.base),
            "columns": without_nan(dict(self.columns)),
        }


def sweep(
    base: Scenario,
    parameters: Mapping[str, tuple[float, float] | tuple[float, float, int] | None] | None = None,
    *,
    outcomes: Sequence[str] = ("freed",),
    at: Sequence[int] = (MONTHS,),
    design: str = "grid",
    size: int | None = None,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    seed: int = 0,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Progress | None = None,
) -> Sweep:
    """Compute outcomes over a grid of one or two parameters, or over a design.

    Parameters
    ----------
    base : the scenario.
    parameters : name -> (low, high) or (low, high, points); None for the plausible range. A design without any varies
        all parameters that have a range.
    outcomes, at : headline outcomes, and the months at whose end they are read.
    design : ``grid``, ``lhs`` (Latin hypercube) or ``sobol`` (scrambled Sobol' sequence).
    size : points of a design; a power of 2 for ``sobol``. Default 256.
    grid, rationality, jobs, on_done : as for `sim.analyse.evaluate`.
    seed : of the design.
    check : how many variants to compute again on ``finer``; 0: none.

    Raises
    ------
    UsageError : an outcome, a month, a parameter, a range, a number of points or a design that cannot be swept.
    """
    from sim.model import grid_of

    pairs = pairs_of(outcomes, at, grid_of(grid).rounds)
    if design not in DESIGNS:
        raise UsageError(f"design: found {design!r}; allowed: {', '.join(DESIGNS)}")
    given = dict(parameters or {})
    for name in given:
        numeric(name)
    ranges = {name: (float(each[0]), float(each[1])) for name, each in given.items() if each is not None}
    if design == "grid":
        if size is not None:
            raise UsageError(
                "size: found one for a grid; allowed: points by parameter, as in NAME=LOW:HIGH:POINTS, or a design"
            )
        space, rows = _grid(base, given, ranges, grid)
    else:
        space = DesignSpace.of(base, list(given) or None, ranges, grid=grid)
        size = 256 if size is None else size
        _refuse_large(size)
        rows = space.values(space.lhs(size, seed) if design == "lhs" else space.sobol(size, seed))
    found = evaluate(
        base,
        [{}, *space.at(rows)],
        grid=grid,
        months=max(month for _, month in pairs),
        rationality=rationality,
        jobs=jobs,
        on_done=on_done,
    )
    values = {pair: found.at(*pair)[1:] for pair in pairs}
    checked = compare_grids(
        base, found.designs[1:], values, grid=grid, rationality=rationality, jobs=jobs, size=check, finer=finer
    )
    months = tuple(dict.fromkeys(at))
    names = tuple(dict.fromkeys(outcomes))
    n = len(rows)
    columns: dict[str, Floats] = {"point": np.repeat(np.arange(n), len(months))}
    columns |= {name: np.repeat(rows[:, j], len(months)) for j, name in enumerate(space.names)}
    columns["month"] = np.tile(np.array(months), n)
    for name in names:
        columns[name] = np.stack([found.at(name, month)[1:] for month in months], axis=1).reshape(-1)
    counted = {name: len(np.unique(rows[:, j])) if design == "grid" else 0 for j, name in enumerate(space.names)}
    own = base.parameters()
    return Sweep(
        design=design,
        axes=tuple(
            Axis(name, float(low), float(high), counted[name], own[name], numeric(name).unit)
            for name, low, high in zip(space.names, space.low, space.high, strict=True)
        ),
        outcomes=names,
        months=months,
        columns=columns,
        base={name: {month: float(found.at(name, month)[0]) for month in months} for name in names},
        basis=basis_of(
            base,
            grid=grid,
            rationality=rationality,
            variants=n,
            failed=[(number - 1, error) for number, error in found.failed],
            seed=None if design == "grid" else seed,
            check=checked,
        ),
    )


def _grid(
    base: Scenario,
    given: Mapping[str, tuple[float, float] | tuple[float, float, int] | None],
    ranges: Mapping[str, tuple[float, float]],
    grid: str | Grid,
) -> tuple[DesignSpace, Floats]:
    """Return the space and the points of a regular grid, the first parameter slowest, shape (n, d)."""
    if not 1 <= len(given) <= 2:
        found = f"{len(given)} parameters" if given else "no parameter"
        raise UsageError(f"parameters: found {found}; allowed: one or two for a grid, any number for --design lhs")
    space = DesignSpace.of(base, list(given), ranges, grid=grid)
    axes = []
    for name, low, high in zip(space.names, space.low, space.high, strict=True):
        each = given[name]
        points = each[2] if each is not None and len(each) == 3 else (ONE if len(given) == 1 else TWO)
        if points < 2:
            raise UsageError(f"{name}: found {points} points; allowed: 2 or more")
        _refuse_large(points)
        axis = np.linspace(low, high, points)
        axes.append(np.unique(axis.round()) if is_whole(name) else axis)
    _refuse_large(int(np.prod([len(axis) for axis in axes])))
    crossed = np.meshgrid(*axes, indexing="ij")
    return space, np.stack([column.reshape(-1) for column in crossed], axis=1)


def _refuse_large(n: int) -> None:
    if n > LARGEST:
        raise UsageError(f"size: found {n:,} variants; allowed: at most {LARGEST:,}")
