"""The plane of gains of two capitals as a picture needs it: cut to where deals lie that somebody could want.

The deal space of a large menu reaches far into losses that nobody would sign. A window around no deal, the deals from
which both gain and the named ones keeps what matters visible; what lies outside is counted, not hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.forecast.deal_records import Deals

Floats = npt.NDArray[np.float64]
MOST_POINTS = 1500
"""A window with more packages is binned."""
BINS = 36
BEHIND = 0.6
"""How far the window reaches into losses, as a share of the largest gain in it."""
ROOM = 0.08
QUARTILE = 0.75


@dataclass(frozen=True)
class Window:
    """Two capitals' gains over no deal, in points of each, within a window.

    Attributes
    ----------
    players : across and up.
    x, y : ends of the window.
    points : columns ``x, y, all_four``; None if binned.
    bins : columns ``x, x2, y, y2`` (edges of cells that are not empty), ``count``, ``all_four``; None if not binned.
    frontier : columns ``x, y`` by x: packages on which these two cannot both improve.
    named : rule or ``likeliest`` -> (x, y).
    inside, outside : how many packages lie in the window and beyond it.
    """

    players: tuple[str, str]
    x: tuple[float, float]
    y: tuple[float, float]
    points: dict[str, list[Any]] | None
    bins: dict[str, list[Any]] | None
    frontier: dict[str, list[float]]
    named: dict[str, tuple[float, float]]
    inside: int
    outside: int

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return dict(self.__dict__)


def windows(found: Deals, most: int = MOST_POINTS) -> tuple[Window, ...]:
    """Return one window for every pair of signatories; lotteries are left out of the named points."""
    return tuple(_window(found, pair, most) for pair in combinations(found.signatories, 2))


def _window(found: Deals, pair: tuple[str, str], most: int) -> Window:
    from sim.model import PLAYERS

    plane = found.plane(*pair, most=0)  # the frontier; points and cells are made here, for the window
    gains = found.arrays.gains[1:]  # without no deal
    two: Floats = gains[:, [PLAYERS.index(name) for name in pair]]
    four: npt.NDArray[np.bool_] = np.all(gains > 0, axis=1)
    named = {rule: point for rule, point in plane.named.items() if not rule.startswith("lottery")}
    must = np.array([(0.0, 0.0), *named.values()])
    both = two[(two > 0).all(axis=1)]
    spans = [_span(two[:, axis], both[:, axis], must[:, axis]) for axis in (0, 1)]
    (x0, x1), (y0, y1) = spans
    inside = (two[:, 0] >= x0) & (two[:, 0] <= x1) & (two[:, 1] >= y0) & (two[:, 1] <= y1)
    few = int(inside.sum()) <= most
    shown, good = two[inside], four[inside]
    return Window(
        players=pair,
        x=spans[0],
        y=spans[1],
        points={"x": shown[:, 0].tolist(), "y": shown[:, 1].tolist(), "all_four": good.tolist()} if few else None,
        bins=None if few else _cells(shown, good, spans),
        frontier={name: list(plane.frontier[name]) for name in ("x", "y")},
        named=named,
        inside=int(inside.sum()),
        outside=int((~inside).sum()),
    )


def _span(column: Floats, both: Floats, must: Floats) -> tuple[float, float]:
    """Return a window's ends along one axis: as far as both gain, some way into losses, all named points inside."""
    if both.size:
        high = float(both.max())
    else:
        gains = column[column > 0]
        high = float(np.quantile(gains, QUARTILE)) if gains.size else float(np.abs(column).max(initial=1.0)) / 4
    high = max(high, float(must.max())) or 1.0
    low = min(-BEHIND * high, float(must.min()))
    room = ROOM * (high - low)
    return low - room, high + room


def _cells(two: Floats, four: npt.NDArray[np.bool_], spans: list[tuple[float, float]]) -> dict[str, list[Any]]:
    edges = [np.linspace(*span, BINS + 1) for span in spans]
    count, _, _ = np.histogram2d(two[:, 0], two[:, 1], bins=edges)
    good, _, _ = np.histogram2d(two[four, 0], two[four, 1], bins=edges)
    i, j = np.nonzero(count)
    columns = {"x": edges[0][i], "x2": edges[0][i + 1], "y": edges[1][j], "y2": edges[1][j + 1]}
    whole = {"count": count[i, j].astype(int), "all_four": good[i, j].astype(int)}
    return {name: values.tolist() for name, values in (columns | whole).items()}
