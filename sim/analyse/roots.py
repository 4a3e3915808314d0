"""All crossings of a level by functions of one number: a refined grid of brackets, then root-finding in all at once.

The mathematics is kept apart from the model: functions take arrays of points, ``f(which, x)``, where ``which`` numbers
the function (one a parameter, say), so that every step is one batch of evaluations. Roots are found by Chandrupatla's
bracketing method (`scipy.optimize.elementwise.find_root`), the same class of method as Brent's, elementwise.

"Above" means at or above the level. A crossing is where a function turns from below to above or back. Between two
points of the grid an even number of crossings can hide; where three points suggest that the function comes near the
level and turns round, the place is looked at more closely. What is narrower than that stays unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Batch = Callable[[Ints, Floats], Floats]
"""(which function, at which point) -> value, each of shape (n,)."""
Labels = Callable[[Ints, Floats], Sequence[str]]
Look = Callable[[int, Floats, Floats], Floats]
"""(which function, its points, its values less the level) -> the points at which to look next; none: enough."""

POINTS = 17
ROUNDS = 3
"""How often places where a function turns round near the level are looked at more closely."""
TOLERANCE = 1e-7
"""Of a crossing, relative to the width of the range."""
CLOSEST = 1e-4
"""Points nearer to each other than this share of the range are close enough."""
STEEPER = 2.0
"""How much steeper than anything seen around it a function may be between two points, for `hiding`."""
JUMP = 1e-3
"""A change across the final bracket above this share of the function's spread is a jump."""


@dataclass(frozen=True)
class Crossing:
    """Where a function crosses a level.

    Attributes
    ----------
    value : the point.
    below, above : the final bracket around it: its end below the level, and its end at or above it.
    rising : whether the function goes from below to above as its argument grows.
    jump : whether the function leaps over the level there instead of passing through it.
    finer : whether the level is crossed there on the finer grid too; None: not checked.
    """

    value: float
    below: float
    above: float
    rising: bool
    jump: bool
    finer: bool | None = None


@dataclass(frozen=True)
class Scan:
    """A function over its range.

    Attributes
    ----------
    x, y : points and values, ascending; y is NaN where the evaluation failed.
    crossings : all found, ascending.
    """

    x: Floats
    y: Floats
    crossings: tuple[Crossing, ...]

    @property
    def monotone(self) -> bool:
        """Whether the values at the points never turn round."""
        steps = np.diff(self.y[np.isfinite(self.y)])
        return bool((steps >= 0).all() or (steps <= 0).all())


def crossings(
    f: Batch,
    grids: Sequence[npt.ArrayLike],
    level: float | Sequence[float],
    *,
    rounds: int = ROUNDS,
    tolerance: float = TOLERANCE,
    look: Look | None = None,
    keep: Callable[[int, Scan], Sequence[tuple[float, float]]] | None = None,
) -> tuple[Scan, ...]:
    """Return every crossing of a level by several functions.

    Parameters
    ----------
    f : the functions; called with one batch at a time.
    grids : for each function its first points, ascending, at least two; the ends are its range.
    level : one number, or one a function.
    rounds : how often to look closer where a function turns round near the level.
    tolerance : of a crossing, relative to the function's range.
    look : where to look closer; default: where three points turn round near the level.
    keep : which brackets of a function's scan to refine (default all), for callers who need only some of the crossings.

    Returns
    -------
    tuple of Scan, one a function
    """
    xs = [np.asarray(grid, dtype=np.float64) for grid in grids]
    levels = np.broadcast_to(np.asarray(level, dtype=np.float64), (len(xs),))
    ys = _at(f, xs)
    for _ in range(rounds):
        more = [
            turning(x, y - goal) if look is None else look(i, x, y - goal)
            for i, (x, y, goal) in enumerate(zip(xs, ys, levels, strict=True))
        ]
        if not any(points.size for points in more):
            break
        for i, found in enumerate(_at(f, more)):
            order = np.argsort(np.concatenate([xs[i], more[i]]), kind="stable")
            xs[i] = np.concatenate([xs[i], more[i]])[order]
            ys[i] = np.concatenate([ys[i], found])[order]
    brackets: list[tuple[int, float, float]] = []
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        own = _brackets(x, y - levels[i])
        if keep is not None:
            kept = set(keep(i, Scan(x, y, tuple(Crossing(np.nan, *pair, True, False) for pair in own))))
            own = [pair for pair in own if pair in kept]
        brackets += [(i, *pair) for pair in own]
    roots = _roots(f, brackets, levels, xs, ys, tolerance)
    return tuple(
        Scan(x, y, tuple(crossing for (i, _, _), crossing in zip(brackets, roots, strict=True) if i == j))
        for j, (x, y) in enumerate(zip(xs, ys, strict=True))
    )


def switches(
    label: Labels,
    grids: Sequence[npt.ArrayLike],
    *,
    tolerance: float = 1e-5,
    rounds: int = 0,
    lead: Callable[[int, Floats], Floats] | None = None,
) -> tuple[tuple[tuple[float, str, str], ...], ...]:
    """Return every place where a label changes along a number: (point, label before, label behind), ascending.

    A third label between two others is found on the way, when a bisection meets it. Arguments as for `crossings`;
    ``label`` returns an empty text where the evaluation failed, and no change is looked for beside it.

    Between two points of one label another can hide. With ``lead`` (which label function, points seen -> how far the
    label there is ahead of the next) the middle is looked at, ``rounds`` times, wherever the lead could vanish on the
    way (see `hiding`).
    """
    xs = [np.unique(np.asarray(grid, dtype=np.float64)) for grid in grids]
    which = np.repeat(np.arange(len(xs)), [x.size for x in xs])
    found = list(label(which, np.concatenate(xs)))
    names: list[dict[float, str]] = [{} for _ in xs]
    for i, point, name in zip(which.tolist(), np.concatenate(xs).tolist(), found, strict=True):
        names[i][point] = name
    for _ in range(rounds if lead is not None else 0):
        assert lead is not None
        more = []
        for i, x in enumerate(xs):
            same = [names[i][a] == names[i][b] for a, b in pairwise(x.tolist())]
            more.append(hiding(x, lead(i, x), np.array(same, dtype=bool)))
        which = np.repeat(np.arange(len(xs)), [points.size for points in more])
        if not which.size:
            break
        flat = np.concatenate(more)
        for i, point, name in zip(which.tolist(), flat.tolist(), label(which, flat), strict=True):
            names[i][point] = name
        xs = [np.union1d(x, points) for x, points in zip(xs, more, strict=True)]
    open_ = [
        (i, a, names[i][a], b, names[i][b])
        for i, x in enumerate(xs)
        for a, b in pairwise(x.tolist())
        if names[i][a] != names[i][b] and names[i][a] and names[i][b]
    ]
    done: list[list[tuple[float, str, str]]] = [[] for _ in xs]
    widths = [tolerance * float(x[-1] - x[0]) for x in xs]
    while open_:
        middles = np.array([(low + high) / 2 for _, low, _, high, _ in open_])
        met = label(np.array([each[0] for each in open_]), middles)
        left = []
        for (i, low, before, high, behind), middle, name in zip(open_, middles.tolist(), met, strict=True):
            if high - low <= widths[i] or not name:
                done[i].append((middle, before, behind))
                continue
            if name != before:
                left.append((i, low, before, middle, name))
            if name != behind:
                left.append((i, middle, name, high, behind))
        open_ = left
    return tuple(tuple(sorted(each)) for each in done)


def hiding(x: Floats, g: Floats, among: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Return the middles of the gaps between two points in which a function could reach 0 and come back unseen.

    It could if it may be `STEEPER` times as steep in the gap as it is on average there or in a gap beside it: the test
    of Piyavskii and Shubert for the largest value of a function of known steepness, with the steepness estimated on
    the spot. Nothing is looked at where the values at both ends are far from 0 for the way between them.

    Parameters
    ----------
    x, g : points, ascending, and values less the level; NaN where the evaluation failed.
    among : which gaps count, shape (n - 1,); default: those between two points on one side of the level.
    """
    width = np.diff(x)
    slope = np.abs(np.diff(g)) / width
    padded = np.concatenate([[np.nan], slope, [np.nan]])
    around = np.stack([padded[:-2], padded[1:-1], padded[2:]])
    steepest = np.where(np.isfinite(around), around, 0.0).max(axis=0)
    above = g >= 0
    counts = above[1:] == above[:-1] if among is None else among
    near = STEEPER * steepest * width >= np.abs(g[1:]) + np.abs(g[:-1])
    wide = width >= CLOSEST * (x[-1] - x[0])
    wanted = counts & near & wide & (steepest > 0) & np.isfinite(g[1:]) & np.isfinite(g[:-1])
    return np.asarray(((x[1:] + x[:-1]) / 2)[wanted], dtype=np.float64)


def _at(f: Batch, xs: Sequence[Floats]) -> list[Floats]:
    """Evaluate all functions at their points in one batch."""
    which = np.repeat(np.arange(len(xs)), [x.size for x in xs])
    values = np.asarray(f(which, np.concatenate(xs)) if which.size else np.empty(0), dtype=np.float64)
    return np.split(values, np.cumsum([x.size for x in xs])[:-1])


def turning(x: Floats, g: Floats) -> Floats:
    """Return points at which to look closer: where three neighbours on one side of the level turn towards it."""
    points = []
    for j in range(1, x.size - 1):
        a, b, c = g[j - 1 : j + 2]
        if not np.isfinite([a, b, c]).all():
            continue
        sign = 1.0 if b >= 0 else -1.0
        a, b, c = sign * a, sign * b, sign * c
        if not (a >= 0 and c >= 0 and b <= a and b <= c and a + c > 2 * b):
            continue
        # the parabola through the three: worth a look when it comes near the level
        left, right = x[j] - x[j - 1], x[j + 1] - x[j]
        if min(left, right) < CLOSEST * (x[-1] - x[0]):
            continue
        before, behind = (b - a) / left, (c - b) / right
        bend = (behind - before) / (left + right)
        slope = before + bend * left
        turn = -slope / (2 * bend) if bend > 0 else 0.0
        if b - bend * turn**2 > 0.5 * max(a - b, c - b):
            continue
        candidate = float(np.clip(x[j] + turn, x[j - 1], x[j + 1]))
        nearest = np.abs(x[j - 1 : j + 2] - candidate).min()
        if nearest < 0.01 * (left + right):  # the middle was the turning point: look at both sides of it
            points += [x[j] - left / 2, x[j] + right / 2]
        else:
            points.append(candidate)
    return np.array(points, dtype=np.float64)


def _brackets(x: Floats, g: Floats) -> list[tuple[float, float]]:
    above = g >= 0
    fine = np.isfinite(g)
    return [
        (float(x[j]), float(x[j + 1]))
        for j in range(x.size - 1)
        if fine[j] and fine[j + 1] and above[j] != above[j + 1]
    ]


def _roots(
    f: Batch,
    brackets: Sequence[tuple[int, float, float]],
    levels: Floats,
    xs: Sequence[Floats],
    ys: Sequence[Floats],
    tolerance: float,
) -> list[Crossing]:
    """Find the crossing in every bracket, all together."""
    if not brackets:
        return []
    from scipy.optimize import elementwise

    which = np.array([i for i, _, _ in brackets])
    low, high = np.array([[a, b] for _, a, b in brackets]).T
    width = np.array([xs[i][-1] - xs[i][0] for i in which])
    # in units of the range, so that one tolerance serves all
    origin = np.array([xs[i][0] for i in which])

    def gap(u: Floats, number: Floats) -> Floats:
        place = number.astype(np.int64)
        value = f(which[place], origin[place] + u * width[place]) - levels[which[place]]
        # at the level counts as above: never exactly 0, so that the side stays known
        return np.where(value == 0.0, np.finfo(float).tiny, value)

    answer = elementwise.find_root(
        gap,
        ((low - origin) / width, (high - origin) / width),
        args=(np.arange(len(brackets), dtype=np.float64),),
        tolerances={"xatol": tolerance, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0},
        maxiter=60,
    )
    made = []
    for k, i in enumerate(which):
        ends = origin[k] + np.array([answer.bracket[0][k], answer.bracket[1][k]]) * width[k]
        values = np.array([answer.f_bracket[0][k], answer.f_bracket[1][k]])
        order = np.argsort(ends)
        ends, values = ends[order], values[order]
        rising = bool(values[1] > 0)
        spread = float(np.nanmax(ys[i]) - np.nanmin(ys[i]))
        jump = bool(abs(values[1] - values[0]) > JUMP * spread)
        inside = origin[k] + float(answer.x[k]) * width[k]
        made.append(
            Crossing(
                value=float(ends.mean()) if jump else float(inside),
                below=float(ends[0] if rising else ends[1]),
                above=float(ends[1] if rising else ends[0]),
                rising=rising,
                jump=jump,
            )
        )
    return made
