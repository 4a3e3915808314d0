"""A small memory for a behaviour: one more dial of the game, moved by the choices that everybody sees.

`remember` turns a game into one whose states also say what is remembered. What happened counts, not what was said: a
refused offer and none at all look the same, as package 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Axes, Chance, Game, Move, Offer
from sim.game.turns import Floats, Turn

MOST_LEVELS = 3


@dataclass(frozen=True)
class Memory:
    """A dial that observed choices set.

    Attributes
    ----------
    name : what the dial is called; behaviours that name the same memory share it.
    levels : two or three names.
    initial : the level at the start, by number.
    updates : turn name -> for each choice of that turn the level that it sets, or -1 to leave it as it is. Turns that
        are not named leave it.

    Raises
    ------
    GameError : more than three levels, an initial level or an update that does not exist.
    """

    name: str
    levels: tuple[str, ...]
    initial: int
    updates: Mapping[str, tuple[int, ...]] = field(hash=False)

    def __post_init__(self) -> None:
        if not 2 <= len(self.levels) <= MOST_LEVELS:
            raise GameError(f"memory {self.name!r}: found {len(self.levels)} levels; allowed: 2 to {MOST_LEVELS}")
        if not 0 <= self.initial < len(self.levels):
            raise GameError(
                f"memory {self.name!r}: initial: found {self.initial}; allowed: 0 to {len(self.levels) - 1}"
            )
        for turn, row in self.updates.items():
            if any(not -1 <= level < len(self.levels) for level in row):
                raise GameError(f"memory {self.name!r}: {turn}: found {row}; allowed: -1 to {len(self.levels) - 1}")


def remember(game: Game, memories: Sequence[Memory]) -> Game:
    """Return the game with the memories as further dials, the slowest in the numbering of states.

    At every boundary k the state number is ``m * S_k + s``, with m the memories' levels in C order. Payoffs and players
    stay; so does every turn's name and list of choices.

    Raises
    ------
    GameError : a memory named twice, an update for a turn that the game lacks or with another number of choices.
    """
    if not memories:
        return game
    names = [memory.name for memory in memories]
    if len(set(names)) != len(names):
        raise GameError(f"remember: found memories {names}; allowed: different names")
    for memory in memories:
        for turn, row in memory.updates.items():
            choices = game.turns[game.turn_index(turn)].n_choices
            if len(row) != choices:
                raise GameError(f"memory {memory.name!r}: {turn}: found {len(row)} updates; allowed: {choices}")
    levels = list(product(*(range(len(memory.levels)) for memory in memories)))
    turns = [_remembering(game, k, turn, memories, levels) for k, turn in enumerate(game.turns)]
    axes = None
    if game.axes is not None:
        dials = tuple(memory.levels for memory in memories)
        axes = Axes((*(f"memory {name}" for name in names), *game.axes.names), (*dials, *game.axes.levels))
    m = len(levels)
    flow, terminal = np.tile(game.flow, (m, 1)), np.tile(game.terminal, (m, 1))
    return Game(game.players, turns, flow, game.discount, terminal, game.rounds, axes=axes)


def begin(start: npt.ArrayLike, memories: Sequence[Memory]) -> Floats:
    """Return a distribution over `remember`'s states: ``start`` [S_0], every memory at its initial level."""
    base = np.asarray(start, dtype=np.float64)
    sizes = tuple(len(memory.levels) for memory in memories)
    whole: Floats = np.zeros((int(np.prod(sizes, dtype=int)), base.size))
    place = np.ravel_multi_index(tuple(memory.initial for memory in memories), sizes) if sizes else 0
    whole[place] = base
    return whole.reshape(-1)


def level_of(memory: Memory, memories: Sequence[Memory], n_states: int) -> npt.NDArray[np.int64]:
    """Return the level of one memory in every state at a boundary of ``n_states`` without memories, shape (m*S,)."""
    sizes = tuple(len(item.levels) for item in memories)
    place = [item.name for item in memories].index(memory.name)
    numbers = np.indices(sizes).reshape(len(sizes), -1)[place]
    return np.repeat(numbers, n_states)


def _remembering(game: Game, k: int, turn: Turn, memories: Sequence[Memory], levels: Sequence[tuple[int, ...]]) -> Turn:
    after = game.n_states(k + 1)
    sizes = tuple(len(memory.levels) for memory in memories)
    blocks = []
    for held in levels:
        updates = []
        for memory, level in zip(memories, held, strict=True):
            row = np.array(memory.updates.get(turn.name, (-1,) * turn.n_choices))
            updates.append(np.where(row < 0, level, row))
        block = np.ravel_multi_index(tuple(updates), sizes)
        blocks.append(np.where(turn.next_state < 0, -1, block[None] * after + turn.next_state))
    following = np.concatenate(blocks)

    def tiled(table: Floats) -> Floats:
        return table if table.shape[0] == 1 else np.tile(table, (len(levels), *(1,) * (table.ndim - 1)))

    if isinstance(turn, Chance):
        return Chance(following, np.tile(turn.probability, (len(levels), 1)), name=turn.name)
    if isinstance(turn, Move):
        return Move(turn.player, turn.actions, following, _spread(tiled(turn.payoff)), turn.weights, name=turn.name)
    assert isinstance(turn, Offer)
    return Offer(
        *(turn.parties, _spread(tiled(turn.recognition)), turn.packages, following, _spread(tiled(turn.payoff))),
        stay=following[:, 0],
        weights=turn.weights,
        name=turn.name,
    )


def _spread(table: Floats) -> Floats:
    """Drop the leading axis of a table that is the same in all states."""
    only: Floats = table[0] if table.shape[0] == 1 else table
    return only
