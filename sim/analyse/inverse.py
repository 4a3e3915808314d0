"""The inverse question: what is the smallest change of assumptions that would flip the answer?

One parameter at a time: every parameter is moved through its range (`sim.analyse.inverse_scan`), and the crossing
nearest to the base is found; sizes are shares of the range, so that they can be ranked. Several at once: the point
nearest to the base at which the goal is met (`sim.analyse.nearest_point`). What is returned is verified by a full
solve. "Not found" is an answer, but no proof: it holds for the values looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.asked import Asked, check_goal
from sim.analyse.inverse_goal import Goal, check_deal
from sim.analyse.inverse_joint import shortest, strongest
from sim.analyse.inverse_record import Flip, Inverse, Joint
from sim.analyse.inverse_scan import EDGES, POINTS, ROUNDS, scan, singles
from sim.analyse.parameter import Parameter, parameter_of
from sim.analyse.record import CHECKED, FINER, NOTHING, Floats, GridCheck, finer_than
from sim.analyse.space import DesignSpace
from sim.analyse.ties import with_rest
from sim.analyse.variants import MONTHS, Design, evaluate
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario


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
    rounds: int = ROUNDS,
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
    parameters : which may change; default: all that have a range and matter, but for those of the computation itself
        (`sim.analyse.inverse_scan.EDGES`).
    joint : also search for the smallest change of several at once.
    points : values to look at along each parameter first.
    rounds : how often to look closer where a curve comes near the goal (see `sim.analyse.inverse_scan`).
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
    if parameters is None:
        names = [name for name in names if name not in EDGES]
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

        scans = scan(figures, base, goal, moved, points, rounds)
        flips, without = singles(moved, scans, goal)
        # a full solve at every answer; what is printed is what came out there
        first = ask.evaluate.done
        solved = figures([with_rest(base, {flip.move.parameter: flip.move.value}) for flip in flips]) if flips else ()
        flips = tuple(replace(flip, figure=float(value)) for flip, value in zip(flips, solved, strict=True))
        together = None
        if joint:
            together = shortest(figures, base, goal, strongest(moved, scans, flips), flips)
        basis = ask.basis()
    if check:
        flips, together, checked = _verified(base, goal, flips, together, settings, check, finer, first)
        basis = replace(basis, check=checked)
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


def _verified(
    base: Scenario,
    goal: Goal,
    flips: tuple[Flip, ...],
    together: Joint | None,
    settings: dict[str, Any],
    check: int,
    finer: str | Grid,
    first: int,
) -> tuple[tuple[Flip, ...], Joint | None, GridCheck | None]:
    """Solve the smallest single changes and the joint one again, also on the finer grid.

    ``first`` is the number of the variant that solved the smallest single change. The comparison is of outcomes: there
    is none for a deal.
    """
    fine = finer_than(settings["grid"], finer)
    designs = [with_rest(base, {flip.move.parameter: flip.move.value}) for flip in flips[:check]]
    if together is not None and together.found:
        designs.append(with_rest(base, {move.parameter: move.value for move in together.moves}))
    if not designs or fine is None:
        return flips, together, None
    figures = goal.figures(evaluate(base, designs, **{**settings, "grid": fine}))
    met = (goal.gap(figures) >= 0).tolist()
    checked = [replace(flip, finer=answer) for flip, answer in zip(flips[:check], met, strict=False)]
    if together is not None and together.found:
        together = replace(together, finer=met[-1])
    compared = None
    if goal.outcome is not None and checked:
        there = figures[: len(checked)]
        gaps = np.abs(there - [flip.figure for flip in checked])
        largest, scale = (float(np.nanmax(each, initial=0.0)) for each in (gaps, np.abs(there)))
        row = {"outcome": goal.outcome, "month": goal.month, "difference": largest}
        row["relative"] = largest / scale if scale > NOTHING else None
        compared = GridCheck(fine.name, tuple(range(first, first + len(checked))), (row,))
    return (*checked, *flips[check:]), together, compared
