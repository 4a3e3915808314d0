"""One parameter at a time: where along each range the goal is met, the crossing nearest to the base found exactly.

Every parameter is looked at in a few values. Then the look is closer where its curve turns round near the level, or is
steep enough for what lies between two values to reach it; what has stayed far from the level is left at that. Only what
lies nearer to the base than the nearest crossing known matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analyse.inverse_goal import Goal
from sim.analyse.inverse_record import Flip, Move, Unmet
from sim.analyse.parameter import Parameter, grid_points, tolerance_of
from sim.analyse.record import Floats
from sim.analyse.roots import Ints, Scan, crossings, hiding, turning
from sim.analyse.ties import with_rest
from sim.analyse.variants import Design

if TYPE_CHECKING:
    from sim.scenario import Scenario

POINTS = 9
"""Values along each parameter, beside the base's own."""
EDGES = ("world.prisoner_capacity",)
"""Parameters of the computation, not of the world: nothing that one could find evidence on."""
ROUNDS = 2
"""How often to look closer."""


def scan(
    figures: Callable[[Sequence[Design]], Floats],
    base: Scenario,
    goal: Goal,
    moved: Sequence[Parameter],
    points: int,
    rounds: int,
) -> tuple[Scan, ...]:
    """Move one parameter at a time; on each side of the base only the crossing nearest to it is refined.

    ``figures`` returns the goal's figure of some variants; the scans' values are gaps to the goal, at or above 0: met.
    """

    def f(which: Ints, x: Floats) -> Floats:
        pairs = zip(which.tolist(), x.tolist(), strict=True)
        return goal.gap(figures([with_rest(base, {moved[i].name: value}) for i, value in pairs]))

    def look(i: int, x: Floats, g: Floats) -> Floats:
        return closer(moved[i], x, g)

    def nearest(i: int, found: Scan) -> list[tuple[float, float]]:
        home = moved[i].value
        pairs = [(each.below, each.above) for each in found.crossings]
        return [pair for pair in pairs if pair[1] <= home][-1:] + [pair for pair in pairs if pair[0] >= home][:1]

    grids = [grid_points(each, points) for each in moved]
    # one tolerance for all: the tightest that any needs
    tolerance = min(1e-4, *(tolerance_of(each) for each in moved if each.whole), 1.0)
    return crossings(f, grids, 0.0, rounds=rounds, tolerance=tolerance, look=look, keep=nearest)


def closer(parameter: Parameter, x: Floats, g: Floats) -> Floats:
    """Return the values of a parameter at which to look closer, none of them seen yet.

    ``x`` and ``g`` are the values seen, ascending, and their gaps to the goal.
    """
    points = np.concatenate([turning(x, g), hiding(x, g)])
    points = np.setdiff1d(points.round() if parameter.whole else points, x)
    met = np.abs(x[g >= 0] - parameter.value)
    result: Floats = points[np.abs(points - parameter.value) < met.min(initial=np.inf)]
    return result


def singles(
    moved: Sequence[Parameter], scans: Sequence[Scan], goal: Goal
) -> tuple[tuple[Flip, ...], tuple[Unmet, ...]]:
    """Return the smallest change of each parameter that meets the goal, smallest first, and those without one."""
    flips, without = [], []
    for each, found in zip(moved, scans, strict=True):
        best = min(found.crossings, key=lambda crossing: abs(crossing.above - each.value), default=None)
        if best is None:
            finite = found.y[np.isfinite(found.y)]
            nearest = goal.level + goal.sign * float(finite.max()) if finite.size else np.nan
            without.append(Unmet(each.name, nearest, int(finite.size)))
            continue
        value = float(round(best.above)) if each.whole else best.above
        flips.append(Flip(move(each, value), goal.level, best.jump))
    flips.sort(key=lambda flip: (abs(flip.move.share), flip.move.parameter))
    without.sort(key=lambda unmet: (-goal.sign * unmet.nearest, unmet.parameter))
    return tuple(flips), tuple(without)


def move(parameter: Parameter, value: float) -> Move:
    """Return the change of a parameter from the base's value to another."""
    share = (value - parameter.value) / (parameter.high - parameter.low)
    return Move(
        parameter.name, parameter.unit, parameter.low, parameter.high, parameter.value, value, float(share) or 0.0
    )
