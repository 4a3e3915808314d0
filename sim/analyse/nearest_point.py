"""The point nearest to a start at which a goal is met, in coordinates normalised by the ranges.

By sequential quadratic programming (`scipy`'s SLSQP) with gradients from batches of finite differences. Its first step
is that of Hasofer, Lind, Rackwitz and Fiessler's iteration (Rackwitz and Fiessler 1978, Computers and Structures
9:489-494), kept inside the ranges. The search is local.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analyse.record import Floats
from sim.analyse.roots import Ints, Scan, crossings

STEP = 0.01
"""Half a finite difference, as a share of the range."""
SMALL = 0.01
"""Moves smaller than this share of the range are taken back."""
ITERATIONS = 12
_LIMIT = 9  # SLSQP's status where the iterations are used up
Gap = Callable[[Floats], Floats]
"""Points in range-normalised coordinates, shape (n, d) -> gap to the goal, shape (n,); at or above 0: met."""


@dataclass(frozen=True)
class Nearest:
    """What `nearest_point` found: the point, its gap (at or above 0: met), whether it is met, and words."""

    point: Floats
    gap: float
    found: bool
    message: str


def nearest_point(
    gap: Gap,
    start: Floats,
    others: Sequence[Floats] = (),
    *,
    step: float = STEP,
    small: float = SMALL,
    iterations: int = ITERATIONS,
) -> Nearest:
    """Find a point of the unit cube near ``start`` at which ``gap`` turns to 0 or above; local, and verified.

    Parameters
    ----------
    gap : called with batches of points, shape (n, d).
    start : shape (d,), inside the cube, with a gap below 0; the nearest point to this one is sought.
    others : further points to search from, such as some known to meet the goal; the shortest way found counts.
    step : half a finite difference.
    small : moves smaller than this are taken back before the last look along the line.
    iterations : of the search from ``start``; half as many from each of the others.
    """
    own = float(gap(start[None])[0])
    if own >= 0:
        return Nearest(start, own, True, "the goal is met from the start")
    ends = [_search(gap, start, own, start, step, small, iterations)]
    ends += [_search(gap, start, own, place, step, small, max(1, iterations // 2)) for place in others]
    met = [end for end in ends if end.found]
    if met:
        return min(met, key=lambda end: float(np.linalg.norm(end.point - start)))
    return max(ends, key=lambda end: end.gap)


def _search(gap: Gap, start: Floats, own: float, place: Floats, step: float, small: float, iterations: int) -> Nearest:
    """Search from one place for the point nearest to ``start``."""
    from scipy.optimize import minimize

    scale = abs(own)  # the constraint is -1 at the start
    known: dict[bytes, float] = {start.tobytes(): own}
    best = (own, start)

    def value(x: Floats) -> float:
        key = x.tobytes()
        if key not in known:
            known[key] = float(gap(x[None])[0])
        return known[key]

    def constraint(x: Floats) -> float:
        nonlocal best
        found = value(x)
        if found > best[0]:
            best = (found, x.copy())
        return found / scale

    def slope(x: Floats) -> Floats:
        eye = np.eye(x.size) * step
        up, down = np.clip(x + eye, 0.0, 1.0), np.clip(x - eye, 0.0, 1.0)
        values = gap(np.concatenate([up, down]))
        n = x.size
        result: Floats = (values[:n] - values[n:]) / (up - down).diagonal() / scale
        if not np.isfinite(result).all():
            raise FloatingPointError
        return result

    try:
        answer = minimize(
            lambda x: 0.5 * float(((x - start) ** 2).sum()),
            place,
            jac=lambda x: x - start,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * start.size,
            constraints=[{"type": "ineq", "fun": constraint, "jac": slope}],
            options={"maxiter": iterations, "ftol": 1e-6},
        )
    except FloatingPointError:
        return Nearest(best[1], best[0], False, "the search met variants that cannot be computed")
    for end in (answer.x, best[1]):
        tidy = np.where(np.abs(end - start) < small, start, end)
        for way in (tidy - start, end - start):
            met = _along(gap, start, way)
            if met is not None:
                return Nearest(met[0], met[1], True, "a full solve confirms it; a smaller one elsewhere is possible")
    how = "at its limit of steps" if answer.status == _LIMIT else f"{answer.message}"
    return Nearest(best[1], best[0], False, f"the search ended without meeting the goal ({how})")


def _along(gap: Gap, start: Floats, way: Floats) -> tuple[Floats, float] | None:
    """Return the first point on a line from ``start`` where the goal is met, with its gap."""
    if not np.abs(way).max() > 0:
        return None
    with np.errstate(divide="ignore"):
        room = np.where(way > 0, (1 - start) / way, np.where(way < 0, -start / way, np.inf))
    longest = min(1.5, float(room.min()))
    if not longest > 0:
        return None

    def f(_: Ints, t: Floats) -> Floats:
        return gap(np.clip(start + t[:, None] * way, 0.0, 1.0))

    (scan,) = crossings(f, [np.linspace(0.0, longest, 7)], 0.0, rounds=0, tolerance=1e-5, keep=_first)
    if not scan.crossings:
        return None
    point = np.clip(start + scan.crossings[0].above * way, 0.0, 1.0)
    value = float(gap(point[None])[0])
    return (point, value) if value >= 0 else None


def _first(_: int, scan: Scan) -> list[tuple[float, float]]:
    return [(each.below, each.above) for each in scan.crossings[:1]]
