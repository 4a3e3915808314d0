"""Boxes in which an outcome of interest happens, by the patient rule induction method (PRIM). Knows no model.

From a sample x with marks y, thin slices are peeled off one side after another, each time the one that raises the
share of marked points most for what it costs; the way there is the trade-off between coverage (share of all marked
points that lie inside) and density (share of the points inside that are marked). Friedman and Fisher 1999, Statistics
and Computing 9:123-143; for scenario discovery, with quasi-p-values and resampling: Bryant and Lempert 2010,
Technological Forecasting and Social Change 77:34-49.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PEEL = 0.05
"""Share of the points inside that one step takes off."""
LIKELY = 0.05
"""Above this quasi-p-value chance may explain a limit."""
LEAST = 0.03
"""No box holds less than this share of the sample."""


@dataclass(frozen=True)
class Box:
    """A box, and what lies inside.

    Attributes
    ----------
    low, high : limits, shape (d,); infinite where there is none.
    inside, hits : points inside, and marked points inside.
    size, marked : points and marked points of the whole sample.
    """

    low: Floats
    high: Floats
    inside: int
    hits: int
    size: int
    marked: int

    @property
    def coverage(self) -> float:
        """Share of all marked points that lie inside."""
        return self.hits / self.marked if self.marked else 0.0

    @property
    def density(self) -> float:
        """Share of the points inside that are marked."""
        return self.hits / self.inside if self.inside else 0.0

    @property
    def mass(self) -> float:
        """Share of the sample that lies inside."""
        return self.inside / self.size

    @property
    def restricted(self) -> Bools:
        """Which coordinates have a limit, shape (d,)."""
        return np.asarray(np.isfinite(self.low) | np.isfinite(self.high))

    @property
    def balance(self) -> float:
        """Harmonic mean of coverage and density."""
        total = self.coverage + self.density
        return 2 * self.coverage * self.density / total if total else 0.0

    def holds(self, x: Floats) -> Bools:
        """Return which points lie inside, shape (n,)."""
        result: Bools = np.all((x >= self.low) & (x <= self.high), axis=1)
        return result


def box_of(x: Floats, y: Bools, low: Floats, high: Floats) -> Box:
    """Return a box with these limits and what it holds of a sample."""
    limited = np.isfinite(low) | np.isfinite(high)
    some = x[:, limited]
    inside = ((some >= low[limited]) & (some <= high[limited])).all(axis=1)
    return Box(low, high, int(inside.sum()), int(y[inside].sum()), y.size, int(y.sum()))


def peel(x: Floats, y: Bools, *, share: float = PEEL, least: float = LEAST) -> tuple[Box, ...]:
    """Return the peeling trajectory: from everything down to the smallest box, each inside the one before.

    Slices that lower density are peeled too when no other is left: what lies at both ends of one range can only be
    reached that way (and is hard for peeling; a tree shows it better).

    Parameters
    ----------
    x, y : points, shape (n, d), and marks, shape (n,).
    share : of the points inside that one step takes off (more where many share one value).
    least : smallest box, as a share of the sample.
    """
    d = x.shape[1]
    low, high = np.full(d, -np.inf), np.full(d, np.inf)
    trail = [box_of(x, y, low, high)]
    points, marks = x, y
    while trail[-1].density < 1.0:
        best: tuple[float, int, int, float, Bools] | None = None
        n, density = marks.size, float(marks.mean())
        for j in range(d):
            for side in (-1, 1):
                cut = _slice(points[:, j], side, share)
                if cut is None:
                    continue
                limit, kept = cut
                left = int(kept.sum())
                if left < max(1.0, least * y.size):
                    continue
                gain = (float(marks[kept].mean()) - density) / (n - left)
                if best is None or gain > best[0] + 1e-15:
                    best = (gain, j, side, limit, kept)
        if best is None:
            break
        _, j, side, limit, kept = best
        points, marks = points[kept], marks[kept]
        low, high = low.copy(), high.copy()
        (low if side < 0 else high)[j] = limit
        trail.append(Box(low, high, marks.size, int(marks.sum()), y.size, int(y.sum())))
    return tuple(trail)


def paste(x: Floats, y: Bools, box: Box, *, share: float = PEEL) -> Box:
    """Return the box with limits moved out again as long as its density does not fall, and useless ones dropped."""
    grown = True
    while grown:
        grown = False
        for j in np.flatnonzero(box.restricted):
            for side in (-1, 1):
                limit = (box.low if side < 0 else box.high)[j]
                if not np.isfinite(limit):
                    continue
                for target in (_without(box, int(j), side), _wider(x, box, int(j), side, share)):
                    if target is None:
                        continue
                    bigger = box_of(x, y, *target)
                    if bigger.density >= box.density and (bigger.inside > box.inside or not np.isfinite(target[0][j])):
                        grown = grown or bigger.inside > box.inside
                        box = bigger
                        break
    return box


def best_box(x: Floats, y: Bools, trail: tuple[Box, ...]) -> tuple[Box, int]:
    """Return the box with the best balance of coverage and density, and the step it was made from.

    Every step of a trajectory is pasted and simplified first: with many coordinates, the peeled boxes themselves carry
    limits that only chance has made. Of equals the one with fewer limits is taken, then the earlier.
    """
    made = [simplify(x, y, paste(x, y, box)) for box in trail]
    step = max(range(len(made)), key=lambda i: (round(made[i].balance, 12), -int(made[i].restricted.sum()), -i))
    return made[step], step


def quasi_p(x: Floats, y: Bools, box: Box) -> Floats:
    """Return for each coordinate how easily chance would explain its limits, shape (d,); NaN without a limit.

    The chance of at least as many marked points among as many draws as lie inside, at the density that the box has
    without that coordinate's limits (a one-sided binomial test; "quasi" because the box was chosen on the same data).
    """
    from scipy.stats import binom

    result = np.full(x.shape[1], np.nan)
    for j in np.flatnonzero(box.restricted):
        low, high = box.low.copy(), box.high.copy()
        low[j], high[j] = -np.inf, np.inf
        without = box_of(x, y, low, high)
        result[j] = float(binom.sf(box.hits - 1, box.inside, without.density))
    return result


def simplify(x: Floats, y: Bools, box: Box, *, level: float = LIKELY, share: float = PEEL) -> Box:
    """Return the box without the limits that chance may explain: the least sure goes first, until all are sure."""
    while box.restricted.any():
        p = quasi_p(x, y, box)
        worst = int(np.nanargmax(p))
        if p[worst] <= level:
            break
        low, high = box.low.copy(), box.high.copy()
        low[worst], high[worst] = -np.inf, np.inf
        box = box_of(x, y, low, high)
    return paste(x, y, box, share=share)


@dataclass(frozen=True)
class Stability:
    """How a box fares on halves of the sample.

    Attributes
    ----------
    restricted : share of the halves whose box of like coverage and density limits a coordinate, shape (d,).
    coverage, density : of those boxes on the other halves, which they have not seen; means.
    halves : how many were drawn.
    """

    restricted: Floats
    coverage: float
    density: float
    halves: int


def stability(
    x: Floats, y: Bools, box: Box, rng: np.random.Generator, *, halves: int = 20, share: float = PEEL
) -> Stability:
    """Peel random halves of the sample again; each half's box is the one of nearest coverage and density."""
    n = y.size
    limits, covered, dense = np.zeros(x.shape[1]), [], []
    for _ in range(halves):
        order = rng.permutation(n)
        seen, unseen = order[: n // 2], order[n // 2 :]
        trail = peel(x[seen], y[seen], share=share)
        near = min(trail, key=lambda each: np.hypot(each.coverage - box.coverage, each.density - box.density))
        near = simplify(x[seen], y[seen], paste(x[seen], y[seen], near, share=share), share=share)
        limits += near.restricted
        other = box_of(x[unseen], y[unseen], near.low, near.high)
        covered.append(other.coverage)
        dense.append(other.density)
    return Stability(limits / halves, float(np.mean(covered)), float(np.mean(dense)), halves)


def _slice(column: Floats, side: int, share: float) -> tuple[float, Bools] | None:
    """Return the limit and the points kept when a thin slice goes from one side; None where all have one value."""
    values = column * -side  # the low side of these is what goes
    ordered = np.sort(values)
    k = max(1, int(share * values.size))
    if ordered[0] == ordered[-1]:
        return None
    edge = ordered[min(k, values.size - 1)]
    if edge == ordered[0]:  # many share the outermost value: they go together
        edge = ordered[np.searchsorted(ordered, ordered[0], side="right")]
    kept = values >= edge
    limit = (edge + values[~kept].max()) / 2
    return float(limit * -side), kept


def _without(box: Box, j: int, side: int) -> tuple[Floats, Floats]:
    low, high = box.low.copy(), box.high.copy()
    (low if side < 0 else high)[j] = side * np.inf
    return low, high


def _wider(x: Floats, box: Box, j: int, side: int, share: float) -> tuple[Floats, Floats] | None:
    """Return limits that take in the next points beyond one side, or None where nobody is there."""
    low, high = _without(box, j, side)
    beyond = x[((x >= low) & (x <= high)).all(axis=1), j] * side
    limit = (box.low if side < 0 else box.high)[j] * side
    outside = np.sort(beyond[beyond > limit])
    if not outside.size:
        return None
    k = min(max(1, int(share * box.inside)), outside.size) - 1
    further = outside[outside > outside[k]]
    edge = (outside[k] + further[0]) / 2 if further.size else outside[k]
    (low if side < 0 else high)[j] = edge * side
    return low, high
