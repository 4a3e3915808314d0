"""Scenario discovery: where in the space of assumptions an outcome of interest happens.

A design of thousands of draws, boxes by PRIM with the trade-off between coverage and density, a check of every limit,
and a small decision tree. Both methods are small modules here: the libraries that offer PRIM bring plotting and data
frames with them (ema-workbench also scikit-learn and statsmodels), or a licence that does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.asked import check_goal
from sim.analyse.numeric import numeric
from sim.analyse.prim import LIKELY, Box, best_box, paste, peel, quasi_p, simplify, stability
from sim.analyse.record import CHECKED, FINER, SCHEMA_VERSION, Basis, Floats, basis_of, compare_grids, without_nan
from sim.analyse.resume import evaluate_kept
from sim.analyse.space import DesignSpace
from sim.analyse.tree import Node, grow
from sim.analyse.variants import MONTHS, Progress
from sim.errors import GrandDealError, UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

SIZE = 2000
FEW = 20
"""Fewer draws of interest, or of no interest, than this show nothing."""
HALVES = 20


@dataclass(frozen=True)
class Limit:
    """One parameter's limits in a box.

    Attributes
    ----------
    parameter, unit : what.
    low, high : limits; None where the box does not limit that side.
    range_low, range_high : the range drawn from.
    quasi_p : how easily chance would explain the limit, given the others (see `sim.analyse.prim.quasi_p`).
    again : share of the random halves of the draws whose box limits this parameter too.
    """

    parameter: str
    unit: str
    low: float | None
    high: float | None
    range_low: float
    range_high: float
    quasi_p: float
    again: float


@dataclass(frozen=True)
class Found:
    """A box in the space of assumptions.

    Attributes
    ----------
    limits : by parameter, the surest first.
    coverage : share of all draws of interest that lie inside (of all, for every box).
    density : share of the draws inside that are of interest.
    mass : share of all draws that lie inside.
    unseen_coverage, unseen_density : means over boxes peeled from random halves, measured on the other halves.
    trail : the trade-off: ``coverage, density, mass, limits`` (how many parameters) of each peeling step, of the draws
        that earlier boxes left over.
    step : the step from which this box was made.
    """

    limits: tuple[Limit, ...]
    coverage: float
    density: float
    mass: float
    unseen_coverage: float
    unseen_density: float
    trail: tuple[dict[str, Any], ...]
    step: int


@dataclass(frozen=True)
class Discovery:
    """Where an outcome of interest happens.

    Attributes
    ----------
    goal : in words.
    outcome, month, above, below, unit : what is of interest: at or above ``above``, and below ``below``.
    parameters : what was drawn, with ranges.
    size, hits : draws, and draws of interest (those that could be computed).
    boxes : found one after another, each on the draws that the ones before left over.
    tree : nested: ``size, hits, share`` and, above a leaf, ``parameter, threshold, below, above``.
    values, figures : the draws, shape (size, d), and the outcome, shape (size,).
    notes : what a reader must know.
    basis : what was run.
    """

    goal: str
    outcome: str
    month: int
    above: float | None
    below: float | None
    unit: str
    parameters: tuple[dict[str, Any], ...]
    size: int
    hits: int
    boxes: tuple[Found, ...]
    tree: Mapping[str, Any]
    values: Floats
    figures: Floats
    notes: tuple[str, ...]
    basis: Basis

    def table(self) -> list[dict[str, Any]]:
        """Return the limits of all boxes, one a row, with the box's number."""
        return [{"box": i, **limit.__dict__} for i, box in enumerate(self.boxes, start=1) for limit in box.limits]

    def columns(self) -> dict[str, Floats]:
        """Return the draws as columns: one a parameter, and the outcome."""
        names = [each["parameter"] for each in self.parameters]
        return {**{name: self.values[:, j] for j, name in enumerate(names)}, self.outcome: self.figures}

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; of the draws only the parameters that some limit or question
        names.
        """
        named = {limit.parameter for box in self.boxes for limit in box.limits} | _asked(self.tree)
        columns = {name: column for name, column in self.columns().items() if name in named or name == self.outcome}
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "discovery",
            **self.basis.to_json(),
            "goal": self.goal,
            "outcome": self.outcome,
            "month": self.month,
            "above": self.above,
            "below": self.below,
            "unit": self.unit,
            "parameters": [dict(each) for each in self.parameters],
            "size": self.size,
            "hits": self.hits,
            "share": self.hits / self.size,
            "boxes": without_nan(
                [
                    {
                        **{name: value for name, value in box.__dict__.items() if name not in ("limits", "trail")},
                        "limits": [dict(limit.__dict__) for limit in box.limits],
                        "trail": [dict(step) for step in box.trail],
                    }
                    for box in self.boxes
                ]
            ),
            "tree": without_nan(self.tree),
            "notes": list(self.notes),
            "columns": without_nan(columns),
        }


def discover(
    base: Scenario,
    outcome: str,
    *,
    above: float | None = None,
    below: float | None = None,
    at: int = MONTHS,
    parameters: Sequence[str] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    size: int = SIZE,
    design: str = "lhs",
    boxes: int = 1,
    step: int | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Progress | None = None,
) -> Discovery:
    """Find the part of the space of assumptions in which an outcome is of interest.

    Parameters
    ----------
    base : the scenario; parameters outside the space keep its values.
    outcome, at : a headline outcome at the end of this month.
    above, below : of interest is at or above the one, and below the other; at least one.
    parameters, ranges : the space; default: all parameters that have a range and matter.
    size, design, seed : how many draws, ``lhs`` or ``sobol``.
    boxes : most boxes; each is looked for on what the ones before left over.
    step : take the first box from this step of the trade-off (default: best harmonic mean of coverage and density).
    folder : where blocks of results are kept, so that an interrupted run goes on where it stopped.
    grid, rationality, jobs, check, finer, on_done : as for `sim.analyse.sweep`.

    Raises
    ------
    UsageError : an outcome, level, month, space, design or step that does not make sense; draws of interest, or of no
        interest, so few that there is nothing to find.
    GrandDealError : no draw could be computed.
    """
    if above is None and below is None:
        raise UsageError("level: found none; allowed: above, below, or both")
    for level in (above, below):
        check_goal(outcome, 0.0 if level is None else level, at, grid)
    if above is not None and below is not None and above >= below:
        raise UsageError(f"level: found above {above:g} and below {below:g}; allowed: the first less than the second")
    if design not in ("lhs", "sobol"):
        raise UsageError(f"design: found {design!r}; allowed: lhs, sobol")
    space = DesignSpace.of(base, parameters, ranges, grid=grid)
    values = space.values(space.lhs(size, seed) if design == "lhs" else space.sobol(size, seed))
    designs = space.at(values)
    found = evaluate_kept(
        base, designs, folder, on_done=on_done, grid=grid, months=at, rationality=rationality, jobs=jobs
    )
    figures = found.at(outcome, at)
    good = np.isfinite(figures)
    if not good.any():
        raise GrandDealError(f"no draw could be computed; the first: {found.failed[0][1]}")
    checked = compare_grids(
        base,
        designs,
        {(outcome, at): figures},
        grid=grid,
        rationality=rationality,
        jobs=jobs,
        size=check,
        finer=finer,
    )
    x = values[good]
    y = np.ones(int(good.sum()), dtype=bool)
    if above is not None:
        y &= figures[good] >= above
    if below is not None:
        y &= figures[good] < below
    goal = _words(outcome, at, above, below)
    _enough(goal, y, figures[good], OUTCOME_UNITS[outcome])
    made = find_boxes(x, y, space, boxes=boxes, step=step, seed=seed)
    notes = [
        "Shares are shares of the draws: even over the ranges, which are assumptions themselves, not of the future."
    ]
    if made:
        notes.append(f"Limits that chance may explain (quasi-p-value above {LIKELY:g}) were dropped.")
    else:
        notes.append("No box: no limit raises the share of draws of interest beyond what chance may explain.")
    for number, box in enumerate(made, start=1):
        unsure = [limit.parameter for limit in box.limits if limit.again < 0.5]
        if unsure:
            notes.append(f"Box {number}: fewer than half of the random halves limit {', '.join(unsure)} too.")
    return Discovery(
        goal=goal,
        outcome=outcome,
        month=at,
        above=above,
        below=below,
        unit=OUTCOME_UNITS[outcome],
        parameters=tuple(
            {"parameter": name, "unit": numeric(name).unit, "low": float(low), "high": float(high)}
            for name, low, high in zip(space.names, space.low, space.high, strict=True)
        ),
        size=int(y.size),
        hits=int(y.sum()),
        boxes=made,
        tree=_nested(grow(x, y), space.names),
        values=values,
        figures=figures,
        notes=tuple(notes),
        basis=basis_of(
            base,
            grid=grid,
            rationality=rationality,
            variants=len(designs),
            failed=found.failed,
            seed=seed,
            check=checked,
        ),
    )


def find_boxes(
    x: Floats,
    y: npt.NDArray[np.bool_],
    space: DesignSpace,
    *,
    boxes: int = 1,
    step: int | None = None,
    seed: int = 0,
) -> tuple[Found, ...]:
    """Return boxes of a sample, one after another, each on what the ones before left over; knows names and units only.

    Parameters
    ----------
    x, y : points, shape (n, d), in the space's own units, and marks, shape (n,).
    boxes, step, seed : as for `discover`.
    """
    from sim.rng import stream

    if boxes < 1:
        raise UsageError(f"boxes: found {boxes}; allowed: 1 or more")
    made: list[Found] = []
    left = np.ones(y.size, dtype=bool)
    for number in range(boxes):
        points, marks = x[left], y[left]
        if marks.sum() < FEW or marks.all():
            break
        trail = peel(points, marks)
        if step is not None and number == 0:
            if not 0 <= step < len(trail):
                raise UsageError(f"step: found {step}; allowed: 0 to {len(trail) - 1}")
            box, place = simplify(points, marks, paste(points, marks, trail[step])), step
        else:
            box, place = best_box(points, marks, trail)
        if not box.restricted.any():
            break
        again = stability(points, marks, box, stream(seed, "discover", number), halves=HALVES)
        inside = box.holds(x) & left
        hits = int(y[inside].sum())
        p = quasi_p(points, marks, box)
        order = sorted(np.flatnonzero(box.restricted).tolist(), key=lambda j: (p[j], j))
        made.append(
            Found(
                limits=tuple(_limit(space, box, j, float(p[j]), float(again.restricted[j])) for j in order),
                coverage=hits / int(y.sum()),
                density=hits / int(inside.sum()),
                mass=float(inside.mean()),
                unseen_coverage=again.coverage,
                unseen_density=again.density,
                trail=tuple(
                    {
                        "coverage": each.coverage,
                        "density": each.density,
                        "mass": each.mass,
                        "limits": int(each.restricted.sum()),
                    }
                    for each in trail
                ),
                step=place,
            )
        )
        left &= ~inside
    return tuple(made)


def _limit(space: DesignSpace, box: Box, j: int, p: float, again: float) -> Limit:
    low, high = (float(each[j]) if np.isfinite(each[j]) else None for each in (box.low, box.high))
    if space.whole[j]:  # the limits stand between whole numbers; say the ones inside
        low, high = (None if low is None else float(np.ceil(low)), None if high is None else float(np.floor(high)))
    return Limit(
        parameter=space.names[j],
        unit=numeric(space.names[j]).unit,
        low=low,
        high=high,
        range_low=float(space.low[j]),
        range_high=float(space.high[j]),
        quasi_p=p,
        again=again,
    )


def _nested(node: Node, names: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"size": node.size, "hits": node.hits, "share": node.share}
    if node.coordinate is not None and node.below is not None and node.above is not None:
        made |= {
            "parameter": names[node.coordinate],
            "threshold": node.threshold,
            "below": _nested(node.below, names),
            "above": _nested(node.above, names),
        }
    return made


def _asked(tree: Mapping[str, Any]) -> set[str]:
    if "parameter" not in tree:
        return set()
    return {tree["parameter"]} | _asked(tree["below"]) | _asked(tree["above"])


def _words(outcome: str, at: int, above: float | None, below: float | None) -> str:
    sides = [f"at or above {above:g}"] if above is not None else []
    sides += [f"below {below:g}"] if below is not None else []
    return f"{outcome} at month {at} {' and '.join(sides)}"


def _enough(goal: str, y: npt.NDArray[np.bool_], figures: Floats, unit: str) -> None:
    hits, n = int(y.sum()), y.size
    if min(hits, n - hits) >= FEW:
        return
    low, middle, high = np.quantile(figures, [0.05, 0.5, 0.95])
    raise UsageError(
        f"{goal}: found in {hits} of {n} draws; allowed: at least {FEW} draws in which it happens and {FEW} in which "
        f"it does not. Nine draws in ten lie between {low:.4g} and {high:.4g} {unit} (median {middle:.4g}): choose "
        "another level, or more draws"
    )
