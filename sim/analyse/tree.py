"""A small decision tree for reading: which few questions about the assumptions tell an outcome apart. Knows no model.

Binary splits at the threshold that lowers Gini impurity most (Breiman, Friedman, Olshen and Stone 1984); few levels,
and no leaf without a fair number of points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
DEPTH = 3
LEAF = 0.02
"""Smallest leaf, as a share of the sample."""


@dataclass(frozen=True)
class Node:
    """Part of a tree.

    Attributes
    ----------
    size, hits : points here, and marked points.
    coordinate, threshold : the question: at or below the threshold, or above? None at a leaf.
    below, above : the parts; None at a leaf.
    """

    size: int
    hits: int
    coordinate: int | None = None
    threshold: float | None = None
    below: Node | None = None
    above: Node | None = None

    @property
    def share(self) -> float:
        """Share of marked points."""
        return self.hits / self.size if self.size else 0.0

    def leaves(self) -> Iterator[Node]:
        """Yield the leaves, from below to above."""
        if self.below is None or self.above is None:
            yield self
        else:
            yield from self.below.leaves()
            yield from self.above.leaves()


def grow(x: Floats, y: Bools, *, depth: int = DEPTH, leaf: float = LEAF) -> Node:
    """Grow a tree.

    Parameters
    ----------
    x, y : points, shape (n, d), and marks, shape (n,).
    depth : most questions on the way to a leaf.
    leaf : smallest leaf, as a share of the sample (and at least five points).
    """
    return _grow(x, y, depth, max(5, int(np.ceil(leaf * y.size))))


def _grow(x: Floats, y: Bools, depth: int, least: int) -> Node:
    size, hits = int(y.size), int(y.sum())
    split = _best(x, y, least) if depth > 0 and 0 < hits < size else None
    if split is None:
        return Node(size, hits)
    j, threshold = split
    below = x[:, j] <= threshold
    return Node(
        size,
        hits,
        j,
        threshold,
        _grow(x[below], y[below], depth - 1, least),
        _grow(x[~below], y[~below], depth - 1, least),
    )


def _best(x: Floats, y: Bools, least: int) -> tuple[int, float] | None:
    """Return the question that lowers impurity most, or None where none helps."""
    n, hits = y.size, int(y.sum())
    best: tuple[float, int, float] | None = None
    whole = hits * (n - hits) / n
    for j in range(x.shape[1]):
        order = np.argsort(x[:, j], kind="stable")
        column, marks = x[order, j], np.cumsum(y[order])
        left = np.arange(1, n)
        possible = (column[1:] > column[:-1]) & (left >= least) & (n - left >= least)
        if not possible.any():
            continue
        below = marks[:-1]
        above = hits - below
        # n times half the Gini impurity of both parts
        mixed = below * (left - below) / left + above * (n - left - above) / (n - left)
        gain = np.where(possible, whole - mixed, -np.inf)
        place = int(np.argmax(gain))
        if gain[place] > 1e-12 * n and (best is None or gain[place] > best[0] + 1e-12 * n):
            best = (float(gain[place]), j, float((column[place] + column[place + 1]) / 2))
    return None if best is None else (best[1], best[2])
