"""A game in strategic form from a table of payoffs: its pure equilibria, regrets, and the logit equilibrium traced.

``table`` has shape (A_1, ..., A_n, n): one axis for each player's choices, and last whose payoff.

The logit equilibrium (McKelvey and Palfrey 1995) solves p_ia proportional to exp(lam u_ia(p)). From the uniform mixture
at lam 0 a branch of solutions is followed by arc length, so that it may turn back in lam; where it goes as lam grows is
the limiting logit equilibrium (Turocy 2005).

References
----------
R. D. McKelvey, T. R. Palfrey (1995), Quantal response equilibria for normal form games, Games and Economic Behavior
10:6-38. T. L. Turocy (2005), A dynamic homotopy interpretation of the logistic quantal response equilibrium
correspondence, Games and Economic Behavior 51:243-263.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game.turns import Floats

TIE = 1e-9
"""Payoffs that differ by less than this share of a player's range count as equal."""
NEWTON = 1e-11
LARGEST_SCALED_LAM = 1e4
MOST_STEPS = 4000
LONGEST = 0.1
"""Largest change of a probability in one step: a longer one might land on another branch."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A point on the branch of logit equilibria.

    Attributes
    ----------
    lam : precision of choice, 1/points (the same number for every player).
    mixtures : for each player the probability of each choice.
    payoffs : expected payoffs.
    residual : largest difference between a probability and the logit response to the others.
    regret : for each player what the best single choice would gain against the others.
    """

    lam: float
    mixtures: tuple[tuple[float, ...], ...]
    payoffs: tuple[float, ...]
    residual: float
    regret: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "lam": self.lam,
            "mixtures": [list(row) for row in self.mixtures],
            "payoffs": list(self.payoffs),
            "residual": self.residual,
            "regret": list(self.regret),
        }


@dataclass(frozen=True)
class Trace:
    """The branch from lam 0.

    Attributes
    ----------
    points : from lam 0 onwards, in the order in which the branch runs.
    complete : whether it was followed to the largest lam asked for; False says where it stopped: at the last point.
    """

    points: tuple[Traced, ...] = field(repr=False)
    complete: bool

    @property
    def last(self) -> Traced:
        """The point with the largest lam on the way: near the limiting logit equilibrium if the trace is complete."""
        return self.points[-1]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {"complete": self.complete, "points": [point.to_json() for point in self.points]}


def checked(table: npt.ArrayLike) -> Floats:
    """Return a payoff table as an array.

    Raises
    ------
    GameError : a last axis that does not match the number of players, or numbers that are not finite.
    """
    found = np.asarray(table, dtype=np.float64)
    if found.ndim < 2 or found.shape[-1] != found.ndim - 1 or 0 in found.shape:
        raise GameError(f"strategic form: found shape {found.shape}; allowed: (choices of each player, ..., players)")
    if not np.isfinite(found).all():
        raise GameError("strategic form: found NaN or infinity; allowed: finite numbers")
    return found


def regrets(table: npt.ArrayLike) -> Floats:
    """Return what each player could gain by changing its own choice alone, same shape as the table; never negative."""
    payoff = checked(table)
    gain = np.empty_like(payoff)
    for i in range(payoff.shape[-1]):
        own = payoff[..., i]
        gain[..., i] = own.max(axis=i, keepdims=True) - own
    return gain


def pure_equilibria(table: npt.ArrayLike) -> tuple[tuple[int, ...], ...]:
    """Return every profile of pure choices that nobody gains by leaving alone."""
    payoff = checked(table)
    n = payoff.shape[-1]
    spread = np.ptp(payoff.reshape(-1, n), axis=0)
    stays = (regrets(payoff) <= TIE * spread).all(axis=-1)
    return tuple(tuple(int(a) for a in profile) for profile in np.argwhere(stays))


def expected(table: Floats, mixtures: Sequence[Floats], keep: Sequence[int] = ()) -> Floats:
    """Return payoffs averaged over the mixtures of all players but ``keep``; axes: kept players, then payoffs."""
    found = table
    for i in reversed(range(table.shape[-1])):
        if i not in keep:
            found = np.tensordot(mixtures[i], found, axes=(0, i))
    return found


def trace(table: npt.ArrayLike, largest: float | None = None) -> Trace:
    """Follow the logit equilibria from lam 0.

    Parameters
    ----------
    largest : lam at which to stop; default: 10,000 divided by the largest range of anybody's payoffs.

    Raises
    ------
    GameError : see `checked`.
    """
    payoff = checked(table)
    n = payoff.shape[-1]
    spread = float(np.ptp(payoff.reshape(-1, n), axis=0).max())
    scale = spread if spread > 0 else 1.0
    scaled = payoff / scale  # lam is counted in units of the largest range while tracing
    stop = LARGEST_SCALED_LAM if largest is None else largest * scale
    problem = _Logit(scaled)
    y, lam = problem.uniform(), 0.0
    points = [_point(payoff, problem.mixtures(y), 0.0)]
    tangent = problem.tangent(y, lam, None)
    step = 0.05
    for _ in range(MOST_STEPS):
        ahead = (y + step * tangent[:-1], lam + step * tangent[-1])
        found = problem.correct(*ahead, tangent) if ahead[1] >= 0 else None
        if found is None or _far(found[0], y):
            step /= 2
            if step < 1e-10:
                return Trace(tuple(points), False)
            continue
        if found[1] >= stop:
            final = problem.at(found[0], stop)
            if final is not None:
                points.append(_point(payoff, problem.mixtures(final), stop / scale))
                return Trace(tuple(points), True)
            step /= 2
            if step < 1e-10:
                return Trace(tuple(points), False)
            continue
        y, lam = found
        tangent = problem.tangent(y, lam, tangent)
        points.append(_point(payoff, problem.mixtures(y), lam / scale))
        step = min(step * 1.5, 0.25 * (1.0 + lam))
    return Trace(tuple(points), False)


class _Logit:
    """The equations of the logit equilibrium in logarithms of probabilities, y, all players' choices in one vector."""

    def __init__(self, table: Floats) -> None:
        self.table = table
        self.n = table.shape[-1]
        self.sizes = table.shape[:-1]
        ends = np.cumsum((0, *self.sizes))
        self.slots = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self.total = int(ends[-1])

    def uniform(self) -> Floats:
        return np.concatenate([np.full(size, -np.log(size)) for size in self.sizes])

    def mixtures(self, y: Floats) -> list[Floats]:
        rows = [np.exp(y[slot] - y[slot].max()) for slot in self.slots]
        return [row / row.sum() for row in rows]

    def equations(self, y: Floats, lam: float) -> tuple[Floats, Floats, Floats]:
        """Return residual [m], its derivative by y [m, m] and by lam [m]."""
        p = [np.exp(np.minimum(y[slot], 1.0)) for slot in self.slots]  # a wild guess must not overflow
        value = np.zeros(self.total)
        by_y = np.zeros((self.total, self.total))
        by_lam = np.zeros(self.total)
        for i, slot in enumerate(self.slots):
            u = expected(self.table, p, (i,))[..., i]
            at = slot.start
            # the first equation: probabilities sum to 1; the others: log p_a - log p_0 = lam (u_a - u_0)
            value[at] = p[i].sum() - 1.0
            by_y[at, slot] = p[i]
            rest = slice(at + 1, slot.stop)
            value[rest] = y[rest] - y[at] - lam * (u[1:] - u[0])
            by_y[rest, rest] = np.eye(self.sizes[i] - 1)
            by_y[rest, at] = -1.0
            by_lam[rest] = -(u[1:] - u[0])
            for j, other in enumerate(self.slots):
                if j != i:
                    both = expected(self.table, p, (i, j))[..., i]
                    both = both if i < j else both.T
                    by_y[rest, other] = -lam * (both[1:] - both[0]) * p[j]
        return value, by_y, by_lam

    def tangent(self, y: Floats, lam: float, before: Floats | None) -> Floats:
        """Return the unit vector along the branch, going on in the direction of the one before."""
        _, by_y, by_lam = self.equations(y, lam)
        guide = np.append(np.zeros(self.total), 1.0) if before is None else before
        system = np.vstack([np.column_stack([by_y, by_lam]), guide])
        found = np.linalg.solve(system, np.append(np.zeros(self.total), 1.0))
        unit: Floats = found / np.linalg.norm(found)
        return unit

    def correct(self, y: Floats, lam: float, tangent: Floats) -> tuple[Floats, float] | None:
        """Return to the branch from a guess, at right angles to the tangent; None if Newton's method fails."""
        for _ in range(12):
            value, by_y, by_lam = self.equations(y, lam)
            if np.abs(value).max() < NEWTON * (1.0 + lam):
                return y, lam
            system = np.vstack([np.column_stack([by_y, by_lam]), tangent])
            try:
                change = np.linalg.solve(system, np.append(-value, 0.0))
            except np.linalg.LinAlgError:
                return None
            if not np.isfinite(change).all():
                return None
            y, lam = y + change[:-1], lam + float(change[-1])
        return None

    def at(self, y: Floats, lam: float) -> Floats | None:
        """Return the solution at one lam near a guess."""
        for _ in range(50):
            value, by_y, _ = self.equations(y, lam)
            if np.abs(value).max() < NEWTON * (1.0 + lam):
                return y
            try:
                change = np.linalg.solve(by_y, -value)
            except np.linalg.LinAlgError:
                return None
            if not np.isfinite(change).all():
                return None
            y = y + change
        return None


def _far(y: Floats, other: Floats) -> bool:
    """Whether two points differ by much in some probability."""
    return bool(np.abs(np.exp(np.minimum(y, 1.0)) - np.exp(other)).max() > LONGEST)


def _point(table: Floats, mixtures: Sequence[Floats], lam: float) -> Traced:
    n = table.shape[-1]
    payoffs = expected(table, mixtures)
    residual, regret = 0.0, []
    for i in range(n):
        u = expected(table, mixtures, (i,))[..., i]
        response = np.exp(lam * (u - u.max()))
        residual = max(residual, float(np.abs(response / response.sum() - mixtures[i]).max()))
        regret.append(max(0.0, float(u.max() - payoffs[i])))
    return Traced(
        float(lam),
        tuple(tuple(float(x) for x in row) for row in mixtures),
        tuple(float(x) for x in payoffs),
        residual,
        tuple(regret),
    )
