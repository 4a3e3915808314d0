"""Coalitions: who gains how much by acting together, how to share it, and whether any sharing would hold.

A game in characteristic function form gives every coalition a worth. ``worth`` is an array of length 2^n: entry c is
the coalition whose members are the binary digits of c (bit i: player i); entry 0, nobody, is 0.

- Shapley value (1953): a player's marginal contribution, averaged over all orders of arrival.
- Banzhaf value (1965): averaged over all coalitions of the others; the index is its share of the sum.
- Core: sharings of the whole's worth that no coalition can better on its own; it may be empty. Least core: sharings
  for which the largest complaint of any coalition is as small as possible (Maschler, Peleg and Shapley 1979).

Adding up members' utilities supposes a common unit. Where there is none, every number here depends on the weights.

References
----------
L. S. Shapley (1953), A value for n-person games. J. F. Banzhaf (1965), Weighted voting doesn't work. D. B. Gillies
(1959), Solutions to general non-zero-sum games. M. Maschler, B. Peleg, L. S. Shapley (1979), Geometric properties of
the kernel, nucleolus, and related solution concepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError

Floats = npt.NDArray[np.float64]

MOST_PLAYERS = 12
TOLERANCE = 1e-9
"""Complaints up to this share of the largest worth count as none."""


def members(coalition: int, n_players: int) -> tuple[int, ...]:
    """Return the players in a coalition."""
    return tuple(i for i in range(n_players) if coalition >> i & 1)


def coalition(players: Iterable[int]) -> int:
    """Return the number of the coalition of these players."""
    return sum(1 << i for i in set(players))


def shapley(worth: npt.ArrayLike) -> Floats:
    """Return the Shapley value, shape (n,); it adds up to the worth of all together.

    Raises
    ------
    GameError : a length that is no power of two, a first entry that is not 0, numbers that are not finite.
    """
    v, n = _checked(worth)
    value = np.zeros(n)
    sizes = np.array([c.bit_count() for c in range(v.size)])
    weight = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    for i in range(n):
        without = np.flatnonzero(np.arange(v.size) >> i & 1 == 0)
        value[i] = (weight[sizes[without]] * (v[without | 1 << i] - v[without])).sum()
    return value


def banzhaf(worth: npt.ArrayLike) -> Floats:
    """Return the Banzhaf value, shape (n,): the mean marginal contribution over all coalitions of the others.

    Raises
    ------
    GameError : as for `shapley`.
    """
    v, n = _checked(worth)
    every = np.arange(v.size)
    without = [np.flatnonzero(every >> i & 1 == 0) for i in range(n)]
    return np.array([(v[rows | 1 << i] - v[rows]).mean() for i, rows in enumerate(without)])


def banzhaf_index(worth: npt.ArrayLike) -> Floats | None:
    """Return each player's share of the sum of Banzhaf values, shape (n,); None where they add up to nothing.

    Raises
    ------
    GameError : as for `shapley`.
    """
    value = banzhaf(worth)
    total = value.sum()
    scale = np.abs(np.asarray(worth, dtype=np.float64)).max()
    return None if abs(total) <= TOLERANCE * max(scale, 1e-300) else value / total


@dataclass(frozen=True, slots=True)
class Core:
    """The core and the least core.

    Attributes
    ----------
    empty : whether no sharing satisfies every coalition.
    point : a sharing in the core (the one that leaves every coalition the most beyond its worth); None if empty.
    complaint : the smallest largest complaint, in units of worth: what some coalition of fewer than all can gain by
        leaving under the best sharing; above 0 exactly if the core is empty, -inf for a single player.
    least : a sharing with that complaint.
    leave : the coalitions that have it (numbers of members): those that stand in the way if the core is empty.
    """

    empty: bool
    point: tuple[float, ...] | None
    complaint: float
    least: tuple[float, ...]
    leave: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "empty": self.empty,
            "point": None if self.point is None else list(self.point),
            "complaint": self.complaint,
            "least": list(self.least),
            "leave": [list(group) for group in self.leave],
        }


def core(worth: npt.ArrayLike) -> Core:
    """Return whether the core is empty, a point in it, and the least core, by linear programming.

    Among the sharings with the smallest largest complaint the one is taken whose total of further complaints is
    balanced lexicographically player by player, so that the answer does not depend on where a solver happens to stop.

    Raises
    ------
    GameError : as for `shapley`.
    """
    from scipy.optimize import linprog

    v, n = _checked(worth)
    everyone = v.size - 1
    if n == 1:
        return Core(False, (float(v[1]),), -np.inf, (float(v[1]),), ())
    scale = max(float(np.abs(v).max()), 1e-300)
    proper = np.arange(1, everyone)
    rows = (proper[:, None] >> np.arange(n) & 1).astype(np.float64)
    # least core: minimise e with x(S) + e >= v(S), x(N) = v(N)
    bound = np.hstack([-rows, -np.ones((rows.shape[0], 1))])
    total = np.append(np.ones(n), 0.0)[None]
    target = v / scale
    found = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=bound,
        b_ub=-target[proper],
        A_eq=total,
        b_eq=[target[everyone]],
        bounds=[(None, None)] * (n + 1),
        method="highs",
    )
    if found.status != 0:
        raise GameError(f"core: the linear programme found no answer ({found.message})")
    complaint = float(found.x[n])
    point = _middle(rows, target, complaint, n)
    excess = target[proper] - rows @ point
    tight = proper[excess >= excess.max() - 1e-7]
    empty = complaint > TOLERANCE
    shares = tuple(float(x) for x in point * scale)
    return Core(
        empty,
        None if empty else shares,
        complaint * scale,
        shares,
        tuple(members(int(c), n) for c in tight),
    )


def _middle(rows: Floats, target: Floats, complaint: float, n: int) -> Floats:
    """Return the middle of the least core: for each player the mean of the sharings best and worst for it."""
    from scipy.optimize import linprog

    slack = 1e-9 * (1.0 + abs(complaint))
    proper = np.arange(1, target.size - 1)
    corners = []
    for i in range(n):
        for sign in (1.0, -1.0):
            found = linprog(
                sign * np.eye(n)[i],
                A_ub=-rows,
                b_ub=-(target[proper] - complaint - slack),
                A_eq=np.ones((1, n)),
                b_eq=[target[-1]],
                bounds=[(None, None)] * n,
                method="highs",
            )
            if found.status != 0:
                raise GameError(f"core: the linear programme found no answer ({found.message})")
            corners.append(found.x)
    middle: Floats = np.mean(corners, axis=0)
    return middle


def named(worth: Mapping[Sequence[str] | str, float], players: Sequence[str]) -> Floats:
    """Return ``worth`` as an array from a mapping: coalition (a name or names) -> worth; those not named are worth 0.

    Raises
    ------
    GameError : an unknown player.
    """
    v = np.zeros(1 << len(players))
    for group, value in worth.items():
        names = (group,) if isinstance(group, str) else tuple(group)
        strangers = [name for name in names if name not in players]
        if strangers:
            raise GameError(f"coalitions: found player {strangers[0]!r}; allowed: {', '.join(players)}")
        v[coalition(players.index(name) for name in names)] = value
    return v


def _checked(worth: npt.ArrayLike) -> tuple[Floats, int]:
    v = np.asarray(worth, dtype=np.float64)
    n = v.size.bit_length() - 1
    if v.ndim != 1 or v.size != 1 << n or not 1 <= n <= MOST_PLAYERS:
        raise GameError(f"coalitions: worth: found shape {v.shape}; allowed: (2^n,) for 1 to {MOST_PLAYERS} players")
    if v[0] != 0 or not np.isfinite(v).all():
        raise GameError("coalitions: worth: found a first entry other than 0 or numbers that are not finite")
    return v, n
