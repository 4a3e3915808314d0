"""Several parameters at once: the smallest change of all of them together at which the goal is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analyse.inverse_goal import Goal
from sim.analyse.inverse_record import Flip, Joint
from sim.analyse.inverse_scan import move
from sim.analyse.nearest_point import nearest_point
from sim.analyse.parameter import Parameter
from sim.analyse.record import Floats
from sim.analyse.roots import Scan
from sim.analyse.ties import with_rest
from sim.analyse.variants import Design

if TYPE_CHECKING:
    from sim.scenario import Scenario

WIDTH = 12
"""Most parameters that the joint search moves: those whose single changes move the goal most."""
SINGLES = 2
"""From how many of the smallest single changes the search starts, beside the base."""
NO_SHORTER = "the smallest single change: no change of several that is shorter was found"
SHORTER = 1e-3
"""A change of several counts as shorter only by this share: less is how closely a crossing is found."""


def strongest(
    moved: Sequence[Parameter], scans: Sequence[Scan], flips: Sequence[Flip]
) -> list[tuple[Parameter, float]]:
    """Return the parameters that the joint search moves, each with the value seen nearest to the goal.

    Those of whole numbers cannot follow a slope. The smallest single changes come first, so that the search can start
    there; then the widest spreads of the goal.
    """

    def spread(scan: Scan) -> float:
        finite = scan.y[np.isfinite(scan.y)]
        return float(finite.max() - finite.min()) if finite.size else 0.0

    pairs = [(each, scan) for each, scan in zip(moved, scans, strict=True) if not each.whole and spread(scan) > 0]
    first = [flip.move.parameter for flip in flips[:SINGLES]]
    ranked = sorted(pairs, key=lambda pair: (pair[0].name not in first, -spread(pair[1]), pair[0].name))
    return [(each, float(scan.x[np.nanargmax(scan.y)])) for each, scan in ranked[:WIDTH]]


def shortest(
    figures: Callable[[Sequence[Design]], Floats],
    base: Scenario,
    goal: Goal,
    movable: Sequence[tuple[Parameter, float]],
    flips: Sequence[Flip],
) -> Joint:
    """Return the smallest change of several parameters that was found.

    Where it is no shorter than the smallest single change, that one is returned in its place, and said so.

    Parameters
    ----------
    figures : the goal's figure of some variants.
    movable : may change together; each with the value that brings it nearest to the goal by itself.
    flips : single changes that meet the goal, smallest first; the search starts from the base and from these. Where
        there is none it starts from all at the values that are nearest to the goal.
    """
    names = tuple(each.name for each, _ in movable)
    if not movable:
        return Joint(False, (), np.nan, np.nan, None, names, "no parameter that takes any value moves the outcome")
    low = np.array([each.low for each, _ in movable])
    span = np.array([each.high - each.low for each, _ in movable])
    home = np.array([each.value for each, _ in movable])

    def gap(points: Floats) -> Floats:
        rows = (low + points * span).tolist()
        return goal.gap(figures([with_rest(base, dict(zip(names, row, strict=True))) for row in rows]))

    start = (home - low) / span
    others = [] if flips else [np.clip((np.array([value for _, value in movable]) - low) / span, 0.0, 1.0)]
    for flip in flips[:SINGLES]:
        if flip.move.parameter in names:
            place = start.copy()
            place[names.index(flip.move.parameter)] += flip.move.share
            others.append(np.clip(place, 0.0, 1.0))
    found = nearest_point(gap, start, others)
    values = np.where(found.point == start, home, low + found.point * span)
    moves = [move(each, float(value)) for (each, _), value in zip(movable, values, strict=True)]
    moves = sorted((each for each in moves if each.share != 0), key=lambda each: (-abs(each.share), each.parameter))
    distance = float(np.sqrt(sum(each.share**2 for each in moves)))
    if flips and not (found.found and distance < (1 - SHORTER) * abs(flips[0].move.share)):
        single = flips[0]
        return Joint(True, (single.move,), abs(single.move.share), single.figure, None, names, NO_SHORTER)
    return Joint(
        found=found.found,
        moves=tuple(moves),
        distance=distance,
        figure=goal.level + goal.sign * found.gap,
        finer=None,
        searched=names,
        message=found.message,
    )
