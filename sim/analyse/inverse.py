"""The inverse question: what is the smallest change of assumptions that would flip the answer?

One parameter at a time: every parameter is moved through its range, and the crossing nearest to the base is found;
sizes are shares of the range, so that they can be ranked. Several at once: the point nearest to the base at which the
goal is met (`sim.analyse.nearest_point`). What is returned is verified by a full solve, and "not found" is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.asked import Asked, check_goal
from sim.analyse.inverse_goal import Goal, check_deal
from sim.analyse.inverse_record import Flip, Inverse, Joint, Move
from sim.analyse.nearest_point import nearest_point
from sim.analyse.parameter import Parameter, grid_points, parameter_of, tolerance_of
from sim.analyse.record import CHECKED, FINER, Floats, finer_than
from sim.analyse.roots import Ints, Scan, crossings
from sim.analyse.space import DesignSpace
from sim.analyse.ties import with_rest
from sim.analyse.variants import MONTHS, Design, evaluate
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

POINTS = 5
"""Points along each parameter, beside the base's own value."""
WIDTH = 12
"""Most parameters that the joint search moves: those whose single changes move the goal most."""


def inverse(
    base: Scenario,
    outcome: str | None = None,
    level: float | None = None,
    *,
    deal: str | None = None,
    at: int = MONTHS,
    parameters: Sequence[str] | None = None,
    joint: bool = True,
    points: int = POINTS,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> Inverse:
    """Find the smallest changes that move an outcome across a level, or make a kind of deal the likeliest first one.

    Parameters
    ----------
    base : the scenario.
    outcome, level : a headline outcome and the level that it should cross, from the side on which the base is.
    deal : instead: a kind of deal (as `sim.run` names first deals; ``none`` is no deal within the months).
    at : the month at whose end the outcome is read, or by which the first deal counts.
    parameters : which may change; default: all that have a range and matter.
    joint : also search for the smallest change of several at once.
    points : values to look at along each parameter before root-finding.
    check : how many of the smallest single changes, and the joint one, to verify on ``finer`` too; 0: none.
    grid, rationality, jobs, finer, on_done : as for `sim.analyse.tipping`.

    Raises
    ------
    UsageError : no goal or two, an unknown kind of deal or one that leads already, and as for `tipping`.
    """
    if (deal is None) == (outcome is None) or (outcome is not None and level is None):
        raise UsageError("goal: found none, or two; allowed: an outcome with a level, or a kind of deal")
    check_goal(outcome or "freed", level or 0.0, at, grid)
    names = list(DesignSpace.of(base, parameters, grid=grid).names)
    moved = [parameter_of(base, name, None, grid) for name in names]
    moved = [_reaching(each) for each in moved]
    settings: dict[str, Any] = {"grid": grid, "months": at, "rationality": rationality, "jobs": jobs}
    settings["decisions"] = deal is not None
    with Asked(base, on_done, **settings) as ask:
        start = ask([{}])
        if start.failed:
            raise UsageError(start.failed[0][1])
        goal = Goal(outcome, level or 0.0, deal, at)
        if deal is not None:
            check_deal(deal, start)
        own = float(goal.figures(start)[0])
        if deal is not None and own >= 0:
            raise UsageError(f"deal: found {deal!r}, which is the likeliest first deal already")
        goal = Goal(outcome, level or 0.0, deal, at, -1.0 if own >= goal.level else 1.0)

        def figures(designs: Sequence[Design]) -> Floats:
            return goal.figures(ask(designs))

        scans = _scan(figures, base, goal, moved, points)
        flips, without = _singles(moved, scans, goal)
        # a full solve at every answer; what is printed is what came out there
        solved = figures([with_rest(base, {flip.move.parameter: flip.move.value}) for flip in flips]) if flips else ()
        flips = tuple(replace(flip, figure=float(value)) for flip, value in zip(flips, solved, strict=True))
        together = None
        if joint:
            movable = _strongest([(each, scan) for each, scan in zip(moved, scans, strict=True) if not each.whole])
            together = _together(figures, base, goal, movable)
        basis = ask.basis()
    if check:
        flips, together = _verified(base, goal, flips, together, settings, check, finer)
    return Inverse(
        goal=goal.words(),
        outcome=outcome,
        month=at,
        level=level,
        deal=deal,
        unit="probability" if outcome is None else OUTCOME_UNITS[outcome],
        base_figure=own,
        flips=flips,
        without=without,
        joint=together,
        basis=basis,
    )


def _reaching(parameter: Parameter) -> Parameter:
    """Return the parameter with its range widened, where need be, to hold the base's value."""
    low, high = min(parameter.low, parameter.value), max(parameter.high, parameter.value)
    return Parameter(parameter.name, low, high, parameter.value, parameter.unit, parameter.whole)


def _scan(
    figures: Callable[[Sequence[Design]], Floats],
    base: Scenario,
    goal: Goal,
    moved: Sequence[Parameter],
    points: int,
) -> tuple[Scan, ...]:
    """Move one parameter at a time; on each side of the base only the crossing nearest to it is refined."""

    def f(which: Ints, x: Floats) -> Floats:
        pairs = zip(which.tolist(), x.tolist(), strict=True)
        return goal.gap(figures([with_rest(base, {moved[i].name: value}) for i, value in pairs]))

    made: list[Scan] = []
    grids = [grid_points(each, points) for each in moved]
    homes = {grid.tobytes(): each.value for grid, each in zip(grids, moved, strict=True)}

    def nearest(scan: Scan) -> list[tuple[float, float]]:
        home = homes[scan.x.tobytes()]
        pairs = [(each.below, each.above) for each in scan.crossings]
        left = [pair for pair in pairs if pair[1] <= home][-1:]
        right = [pair for pair in pairs if pair[0] >= home][:1]
        return left + right

    # one tolerance for all: the tightest that any needs
    tolerance = min(1e-4, *(tolerance_of(each) for each in moved if each.whole), 1.0)
    made += crossings(f, grids, 0.0, rounds=0, tolerance=tolerance, keep=nearest)
    return tuple(made)


def _singles(
    moved: Sequence[Parameter], scans: Sequence[Scan], goal: Goal
) -> tuple[tuple[Flip, ...], tuple[tuple[str, float], ...]]:
    flips, without = [], []
    for each, scan in zip(moved, scans, strict=True):
        best = min(scan.crossings, key=lambda crossing: abs(crossing.above - each.value), default=None)
        if best is None:
            finite = scan.y[np.isfinite(scan.y)]
            nearest = goal.level + goal.sign * float(finite.max()) if finite.size else np.nan
            without.append((each.name, nearest))
            continue
        value = float(round(best.above)) if each.whole else best.above
        flips.append(Flip(_move(each, value), goal.level, best.jump))
    flips.sort(key=lambda flip: (abs(flip.move.share), flip.move.parameter))
    without.sort(key=lambda pair: (-goal.sign * pair[1], pair[0]))
    return tuple(flips), tuple(without)


def _strongest(pairs: Sequence[tuple[Parameter, Scan]]) -> list[Parameter]:
    def spread(scan: Scan) -> float:
        finite = scan.y[np.isfinite(scan.y)]
        return float(finite.max() - finite.min()) if finite.size else 0.0

    ranked = sorted(pairs, key=lambda pair: (-spread(pair[1]), pair[0].name))
    return [each for each, scan in ranked[:WIDTH] if spread(scan) > 0]


def _together(
    figures: Callable[[Sequence[Design]], Floats], base: Scenario, goal: Goal, movable: Sequence[Parameter]
) -> Joint:
    names = tuple(each.name for each in movable)
    if not movable:
        return Joint(False, (), np.nan, np.nan, None, names, "no parameter that takes any value moves the outcome")
    low = np.array([each.low for each in movable])
    span = np.array([each.high - each.low for each in movable])
    home = np.array([each.value for each in movable])

    def gap(points: Floats) -> Floats:
        rows = (low + points * span).tolist()
        return goal.gap(figures([with_rest(base, dict(zip(names, row, strict=True))) for row in rows]))

    start = (home - low) / span
    found = nearest_point(gap, start)
    values = np.where(found.point == start, home, low + found.point * span)
    moves = [_move(each, float(value)) for each, value in zip(movable, values, strict=True)]
    moves = sorted((move for move in moves if move.share != 0), key=lambda move: (-abs(move.share), move.parameter))
    return Joint(
        found=found.found,
        moves=tuple(moves),
        distance=float(np.sqrt(sum(move.share**2 for move in moves))),
        figure=goal.level + goal.sign * found.gap,
        finer=None,
        searched=names,
        message=found.message,
    )


def _verified(
    base: Scenario,
    goal: Goal,
    flips: tuple[Flip, ...],
    together: Joint | None,
    settings: dict[str, Any],
    check: int,
    finer: str | Grid,
) -> tuple[tuple[Flip, ...], Joint | None]:
    """Solve the smallest single changes and the joint one again, also on the finer grid."""
    fine = finer_than(settings["grid"], finer)
    designs = [with_rest(base, {flip.move.parameter: flip.move.value}) for flip in flips[:check]]
    if together is not None and together.found:
        designs.append(with_rest(base, {move.parameter: move.value for move in together.moves}))
    if not designs or fine is None:
        return flips, together
    met = (goal.gap(goal.figures(evaluate(base, designs, **{**settings, "grid": fine}))) >= 0).tolist()
    checked = [replace(flip, finer=answer) for flip, answer in zip(flips[:check], met, strict=False)]
    if together is not None and together.found:
        together = replace(together, finer=met[-1])
    return (*checked, *flips[check:]), together


def _move(parameter: Parameter, value: float) -> Move:
    share = (value - parameter.value) / (parameter.high - parameter.low)
    return Move(
        parameter.name, parameter.unit, parameter.low, parameter.high, parameter.value, value, float(share) or 0.0
    )
