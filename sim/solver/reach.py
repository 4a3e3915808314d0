"""Starts, and which states can be reached from one: a forecast needs the values of no others."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game
from sim.game.turns import Floats

Found = TypeVar("Found")
Start = int | Mapping[str, str | int] | npt.ArrayLike
Mask = npt.NDArray[np.bool_]


def start_distribution(game: Game, start: Start) -> Floats:
    """Return a start as probabilities over S_0, shape (S_0,).

    Parameters
    ----------
    start : a state's number, named dials (dial -> level), or a distribution over S_0, shape (S_0,).

    Raises
    ------
    GameError : a start that is no state and no distribution.
    """
    n_states = game.n_states(0)
    if isinstance(start, Mapping):
        if game.axes is None:
            raise GameError("start: found named dials; allowed: a state's number, as this game has no named axes")
        start = game.axes.index(**start)
    given = np.asarray(start)
    if given.ndim == 0 and given.dtype.kind in "iu":
        if not 0 <= int(given) < n_states:
            raise GameError(f"start: found state {int(given)}; allowed: 0 to {n_states - 1}")
        result = np.zeros(n_states)
        result[int(given)] = 1.0
        return result
    if given.shape != (n_states,) or given.dtype.kind not in "fiu":
        raise GameError(f"start: found shape {given.shape}; allowed: a state's number, or shape ({n_states},)")
    result = given.astype(np.float64)
    if not (np.isfinite(result).all() and (result >= 0).all() and abs(result.sum() - 1.0) <= 1e-9):
        raise GameError(f"start: found a sum of {float(result.sum())!r}; allowed: probabilities that sum to 1")
    return result


class Kept(Generic[Found]):
    """What was worked out from arrays that do not change, kept while all of them live: the last so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[Hashable, tuple[tuple[Any, ...], Found]] = {}

    def __len__(self) -> int:
        return len(self._found)

    def get(self, arrays: Sequence[Any], more: Hashable, make: Callable[[], Found]) -> Found:
        """Return what ``make`` made from the same arrays (the very same) and equal ``more``; make it if need be."""
        key = (*map(id, arrays), more)
        kept = self._found.get(key)
        if kept is not None:
            return kept[1]
        found = make()
        for oldest in list(self._found)[: max(0, len(self._found) + 1 - self._most)]:
            self._found.pop(oldest, None)
        self._found[key] = tuple(weakref.ref(array, lambda _: self._found.pop(key, None)) for array in arrays), found
        return found


_REACHED: Kept[tuple[Mask, ...]] = Kept(8)


def reached(game: Game, start: Floats) -> tuple[Mask, ...]:
    """Return, for every turn and for the end of a round, the states in which play can be in some round, bool [S_k].

    Parameters
    ----------
    start : how likely each state is at first, shape (S_0,); those above 0 count.

    Whatever is available counts as taken by some chance; outcomes of nature count where their probability is above 0.
    """
    possible = [turn.probability > 0.0 for turn in game.turns if isinstance(turn, Chance)]
    key = tuple(np.packbits(mask).tobytes() for mask in (start > 0.0, *possible))
    return _REACHED.get([turn.next_state for turn in game.turns], key, lambda: _closure(game, start > 0.0))


def _closure(game: Game, start: Mask) -> tuple[Mask, ...]:
    found = [np.zeros(game.n_states(k), dtype=np.bool_) for k in range(game.n_turns + 1)]
    new = start
    while new.any():
        found[0] |= new
        for k, turn in enumerate(game.turns):
            following = turn.next_state[new]
            possible = turn.probability[new] > 0.0 if isinstance(turn, Chance) else following >= 0
            new = np.zeros_like(found[k + 1])
            new[following[possible]] = True
            new &= ~found[k + 1]
            found[k + 1] |= new
        new &= ~found[0]
    for mask in found:
        mask.flags.writeable = False
    return tuple(found)
