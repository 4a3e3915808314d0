"""Which packages no other package beats for everybody: the Pareto frontier of a finite set, exactly.

A package dominates another if it gives no player less and some player more. Equal rows do not dominate each other,
so of several copies all are kept or none is. Comparisons are exact: no tolerance.

The rows are put into an order in which a row can only be dominated by an earlier one (Chomicki, Godfrey, Gryz, Liang
2003, Skyline with presorting). They are then taken in blocks. For one block, a table per player says which of its rows
reach each level, one bit a row; the rows of the block that are at least as good for everybody are the bits left when
the players' entries are combined with "and". So 64 comparisons cost one operation a player, also where nearly all
rows are efficient.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.errors import GameError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_FIRST_BLOCK, _LARGEST_BLOCK = 1024, 4096
_TOGETHER = 8192  # rows asked about at a time: their bits stay in the processor's cache


def checked(gains: npt.ArrayLike, what: str = "gains") -> Floats:
    """Return gains as an array of finite numbers, shape (packages, players), at least one of each.

    Raises
    ------
    GameError : another shape, or NaN or infinity in it.
    """
    try:
        array = np.asarray(gains, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise GameError(f"{what}: found {type(gains).__name__} ({error}); allowed: an array of numbers") from None
    if array.ndim != 2 or 0 in array.shape:
        raise GameError(f"{what}: found shape {array.shape}; allowed: (packages, players), at least one of each")
    if not np.isfinite(array).all():
        raise GameError(f"{what}: found NaN or infinity; allowed: finite numbers")
    return array


def pareto(gains: npt.ArrayLike) -> Bools:
    """Return which packages are Pareto efficient, shape (M,).

    Parameters
    ----------
    gains : shape (M, N), package by player; any scale for each player, since only its order counts.

    Raises
    ------
    GameError : another shape, or numbers that are not finite.
    """
    rows = checked(gains)
    result = np.zeros(rows.shape[0], dtype=np.bool_)
    near = _undominated_by_few(rows)
    kept = rows[near]
    order = _dominators_first(kept)
    ordered = kept[order]
    new = np.ones(len(ordered), dtype=np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    efficient = _efficient(ordered[new])
    result[near[order]] = efficient[np.cumsum(new) - 1]
    return result


def _undominated_by_few(rows: Floats, few: int = 32, sample: int = 2000) -> Ints:
    """Return the rows that some strong rows do not dominate: often a small part of all. Where a sample says no, all."""
    everything = np.arange(len(rows))
    if len(rows) < 8 * few:
        return everything
    total = _total(rows)
    strong = np.unique(np.concatenate([np.argpartition(-total, few)[:few], rows.argmax(axis=0)]))
    strong = rows[strong[np.argsort(-total[strong], kind="stable")]]
    tried = everything[:: max(1, len(rows) // sample)]
    if 2 * _beaten_by_none(rows, tried, strong).size > tried.size:
        return everything
    return _beaten_by_none(rows, everything, strong)


def _beaten_by_none(rows: Floats, left: Ints, strong: Floats) -> Ints:
    for row in strong:
        here = rows[left]
        worse = here[:, 0] <= row[0]
        more = here[:, 0] < row[0]
        for i in range(1, rows.shape[1]):
            worse &= here[:, i] <= row[i]
            more |= here[:, i] < row[i]
        left = left[~(worse & more)]
    return left


def _dominators_first(rows: Floats) -> Ints:
    """Return an order in which every row comes after those that dominate it, and equal rows stand together.

    Where totals tie, the rows themselves decide.
    """
    total = _total(rows)
    order = np.argsort(-total, kind="stable")
    same = total[order[1:]] == total[order[:-1]]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    if tied.size:
        among = order[tied]
        order[tied] = among[np.lexsort([*(-rows[among].T), -total[among]])]
    return order


def _total(rows: Floats) -> Floats:
    """Add up each row, every player scaled from 0 to 1. Rounded, too, it never falls when a player gets more."""
    total = np.zeros(len(rows))
    with np.errstate(over="ignore"):  # a player whose numbers are too far apart is left out
        low, span = rows.min(axis=0), np.ptp(rows, axis=0)
        for i in np.flatnonzero(np.isfinite(span) & (span > 0)):
            total += (rows[:, i] - low[i]) / span[i]
    return total


def _efficient(rows: Floats) -> Bools:
    """Return which of these different rows, dominators first, are efficient."""
    n_rows = len(rows)
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in rows.T])
    levels = ranks.max(axis=1) + 1
    left = np.arange(n_rows)
    efficient = np.zeros(n_rows, dtype=np.bool_)
    size = _FIRST_BLOCK
    while left.size:
        block, left = left[:size], left[size:]
        bits = _Reached(ranks[:, block], levels)
        # a row reaches its own level: more than this one bit means that another row is as good for everybody
        among = [bits.of(ranks[:, block[at : at + _TOGETHER]]) for at in range(0, block.size, _TOGETHER)]
        kept = block[np.concatenate([np.bitwise_count(words).sum(axis=1) == 1 for words in among])]
        efficient[kept] = True
        if left.size and kept.size:
            bits = _Reached(ranks[:, kept], levels)
            parts = [left[at : at + _TOGETHER] for at in range(0, left.size, _TOGETHER)]
            left = np.concatenate([part[~bits.of(ranks[:, part]).any(axis=1)] for part in parts])
        size = min(2 * size, _LARGEST_BLOCK)
    return efficient


class _Reached:
    """For every player and level: which rows of a block give the player at least that, one bit a row."""

    def __init__(self, ranks: Ints, levels: Ints) -> None:
        n_players, n_rows = ranks.shape
        words = -(-n_rows // 64)
        own = np.zeros((n_rows, words), dtype=np.uint64)
        number = np.arange(n_rows)
        own[number, number // 64] = np.uint64(1) << (number % 64).astype(np.uint64)
        self._sets: list[Words] = []
        self._count: list[Ints] = []
        for player in range(n_players):
            best_first = np.argsort(-ranks[player], kind="stable")
            upto = np.zeros((n_rows + 1, words), dtype=np.uint64)
            np.bitwise_or.accumulate(own[best_first], axis=0, out=upto[1:])
            self._sets.append(upto)
            at_level = np.bincount(ranks[player], minlength=int(levels[player]))
            self._count.append(np.cumsum(at_level[::-1])[::-1])

    def of(self, ranks: Ints) -> Words:
        """Return, for rows of the given ranks (players, n), the block's rows at least as good for all: (n, words)."""
        found: Words = self._sets[0][self._count[0][ranks[0]]]
        for player in range(1, len(self._sets)):
            found &= self._sets[player][self._count[player][ranks[player]]]
        return found
