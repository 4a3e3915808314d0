"""Whether a tipping point is also there on a finer grid: both sides of every crossing are computed again on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.analyse.asked import Asked
from sim.analyse.record import NOTHING, Floats, GridCheck, finer_than
from sim.analyse.roots import Crossing, Scan
from sim.analyse.ties import with_rest
from sim.analyse.variants import evaluate

if TYPE_CHECKING:
    from sim.analyse.parameter import Parameter
    from sim.model import Grid

ASIDE = 1 / 16
"""How far to each side of a crossing the finer grid is asked, as a share of the range, if no other crossing lies there.
A crossing that has moved by less is the same one."""


def also_finer(
    ask: Asked, moved: Parameter, scan: Scan, outcome: str, month: int, level: float, size: int, finer: str | Grid
) -> tuple[Scan, GridCheck | None, tuple[float, ...]]:
    """Compute both sides of every crossing, the value nearest to the level, and an even sample again on a finer grid.

    Parameters
    ----------
    ask : has evaluated the scan.
    moved, scan, outcome, month, level : of a tipping point.
    size : about how many values, the ends of the range among them; 0: no check.

    Returns
    -------
    The scan with each crossing's ``finer``; the comparison (None: not made); the values of the parameter among those
    compared at which the outcome is on the other side of the level on the finer grid.
    """
    fine = finer_than(ask.settings["grid"], finer)
    good = np.flatnonzero(np.isfinite(scan.y))
    if size < 1 or fine is None or not good.size:
        return scan, None, ()
    pairs = [sides(scan.x[good], scan.crossings, k, scan.x[-1] - scan.x[0]) for k in range(len(scan.crossings))]
    wanted = [place for pair in pairs for place in pair]
    wanted.append(int(np.abs(scan.y[good] - level).argmin()))
    spread = min(max(2, size - len(set(wanted))), good.size)
    wanted += np.linspace(0, good.size - 1, spread).round().astype(int).tolist()
    sample = sorted(set(wanted))
    here = scan.y[good][sample]
    designs = [with_rest(ask.base, {moved.name: value}) for value in scan.x[good][sample].tolist()]
    settings = {**ask.settings, "grid": fine}
    there = evaluate(ask.base, designs, **settings).at(outcome, month)
    found = dict(zip(sample, there.tolist(), strict=True))
    crossings = []
    for crossing, (left, right) in zip(scan.crossings, pairs, strict=True):
        ends = np.array([found[left], found[right]])
        below, above = ends if crossing.rising else ends[::-1]
        crossings.append(replace(crossing, finer=bool(below < level <= above) if np.isfinite(ends).all() else None))
    largest, scale = (float(np.nanmax(each, initial=0.0)) for each in (np.abs(here - there), np.abs(there)))
    row = {"outcome": outcome, "month": month, "difference": largest}
    row["relative"] = largest / scale if scale > NOTHING else None
    # the same variant may have been asked for before the scan, as the base
    numbers = tuple(ask.designs.index(design) for design in designs)
    other = np.isfinite(there) & ((here >= level) != (there >= level))
    points = tuple(scan.x[good][sample][other].tolist())
    return Scan(scan.x, scan.y, tuple(crossings)), GridCheck(fine.name, numbers, (row,)), points


def sides(x: Floats, crossings: tuple[Crossing, ...], k: int, width: float) -> tuple[int, int]:
    """Return which of the points lie on either side of a crossing: some way off, and none beyond its neighbours.

    ``x`` are the points that could be computed, ascending; ``width`` is that of the range.
    """
    ends = [sorted((each.below, each.above)) for each in crossings]
    low, high = ends[k]
    before = ends[k - 1][1] if k else -np.inf
    behind = ends[k + 1][0] if k + 1 < len(ends) else np.inf
    value = crossings[k].value
    left = np.flatnonzero((x >= before) & (x <= low))
    right = np.flatnonzero((x >= high) & (x <= behind))
    return (
        int(left[np.abs(x[left] - (value - ASIDE * width)).argmin()]),
        int(right[np.abs(x[right] - (value + ASIDE * width)).argmin()]),
    )
