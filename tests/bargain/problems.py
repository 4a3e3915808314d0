"""Abstract bargaining problems, and plain recomputations of what is picked from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

Rows = list[tuple[int, ...]]


@st.composite
def problems(
    draw: Any, *, players: int | None = None, most: int = 14, low: int = -6, high: int = 12, agreeable: bool = False
) -> np.ndarray[Any, Any]:
    """Whole-numbered gains, shape (M, N); with ``agreeable``, one package at least makes everybody better off."""
    n = players or draw(st.integers(1, 4))
    row = st.lists(st.integers(low, high), min_size=n, max_size=n)
    rows = draw(st.lists(row, min_size=1, max_size=most))
    if agreeable:
        good = draw(st.lists(st.integers(1, high), min_size=n, max_size=n))
        rows.insert(draw(st.integers(0, len(rows))), good)
    return np.array(rows, dtype=np.float64)


def dominated(rows: Sequence[Sequence[float]], row: Sequence[float]) -> bool:
    """Compare one row with all others, one by one."""
    return any(
        all(a >= b for a, b in zip(other, row, strict=True)) and any(a > b for a, b in zip(other, row, strict=True))
        for other in rows
    )


def frontier(rows: Sequence[Sequence[float]]) -> list[bool]:
    """Compare every row with every other."""
    return [not dominated(rows, row) for row in rows]


def best(rows: Sequence[Sequence[float]], score: Callable[[list[Fraction]], Any]) -> list[int]:
    """Return the efficient rows with the largest score in exact arithmetic, nobody losing."""
    exact = [[Fraction(value) for value in row] for row in rows]
    allowed = [i for i, row in enumerate(exact) if min(row) >= 0]
    top = max(score(exact[i]) for i in allowed)
    tied = [i for i in allowed if score(exact[i]) == top]
    return [i for i in tied if not dominated([exact[j] for j in tied], exact[i])]


def upper_hull(rows: Sequence[Sequence[float]]) -> list[tuple[Fraction, Fraction]]:
    """Return the corners of the upper right edge of the convex hull of points in the plane, from left to right."""
    points = sorted({(Fraction(x), Fraction(y)) for x, y in rows})
    top = max(y for _, y in points)
    start = max(x for x, y in points if y == top)
    chain: list[tuple[Fraction, Fraction]] = []
    for x, y in sorted((x, y) for x, y in points if x >= start):
        while chain and chain[-1][0] == x:
            chain.pop()
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2:]
            if (bx - ax) * (y - ay) >= (by - ay) * (x - ax):
                chain.pop()
            else:
                break
        chain.append((x, y))
    return [chain[0], *(b for a, b in pairwise(chain) if b[1] < a[1])]


def nash_in_the_plane(rows: Sequence[Sequence[float]], w: Fraction, v: Fraction) -> tuple[float, float] | None:
    """Maximise x**w y**v on every side of the upper right edge, exactly; None if nothing is above 0 for both."""
    chain = upper_hull(rows)
    found: list[tuple[Fraction, Fraction]] = list(chain)
    for (ax, ay), (bx, by) in pairwise(chain):
        # y = ay + slope (x - ax); w y + v x slope = 0
        slope = (by - ay) / (bx - ax)
        x = -w * (ay - slope * ax) / (slope * (w + v))
        if ax <= x <= bx:
            found.append((x, ay + slope * (x - ax)))
    good = [(x, y) for x, y in found if x > 0 and y > 0]
    if not good:
        return None
    x, y = max(good, key=lambda p: float(w) * np.log(float(p[0])) + float(v) * np.log(float(p[1])))
    return float(x), float(y)


def on_ray(rows: Sequence[Sequence[float]], a: Fraction, b: Fraction) -> tuple[float, float]:
    """Return the last point t (a, b) from which somewhere in the hull nobody has less."""
    chain = upper_hull(rows)
    t = min(chain[0][1] / b, chain[-1][0] / a)
    for (ax, ay), (bx, by) in pairwise(chain):
        slope = (by - ay) / (bx - ax)
        t = min(t, (ay - slope * ax) / (b - slope * a))
    return float(t * a), float(t * b)


def ideal_in_the_plane(rows: Sequence[Sequence[float]]) -> tuple[Fraction, Fraction]:
    """Return the largest x with y >= 0 and the largest y with x >= 0 on the upper right edge."""

    def most(chain: list[tuple[Fraction, Fraction]]) -> Fraction:
        good = [x for x, y in chain if y >= 0]
        for (ax, ay), (bx, by) in pairwise(chain):
            if ay >= 0 > by:
                good.append(ax + ay * (bx - ax) / (ay - by))
        return max(good)

    chain = upper_hull(rows)
    return most(chain), most([(y, x) for x, y in reversed(chain)])


def planted(efficient: int, below: int) -> tuple[np.ndarray, np.ndarray]:
    """Return gains of four parties, shape (efficient + below, 4), and which rows are efficient, in a random order.

    The efficient rows all differ and have one sum, so that none dominates another; each other row is one of them with
    one party worse off.
    """
    rng = np.random.default_rng(7)
    first = np.unique(rng.integers(0, 1000, size=(2 * efficient, 3)), axis=0)
    first = rng.permutation(first)[:efficient].astype(float)
    best = np.column_stack([first, 3000 - first.sum(axis=1)])
    rest = best[rng.integers(0, efficient, below)]
    rest[np.arange(below), rng.integers(0, 4, below)] -= 1 + rng.integers(0, 5, below)
    order = rng.permutation(efficient + below)
    return np.vstack([best, rest])[order], (np.arange(efficient + below) < efficient)[order]
