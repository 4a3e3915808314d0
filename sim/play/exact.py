"""Exact payoffs of many profiles at once: probabilities pushed forward, one column a profile, nothing sampled.

A turn's law depends only on who acts there, so it is built once for each combination of the actors' policies and
applied to all profiles that share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats, Turn

Columns = npt.NDArray[np.int64]
Law = Callable[[int, int, tuple[int, ...]], Floats]
"""(round, turn, behaviour numbers of those who act there, in seat order) -> chance of each choice, shape (S_k, C).

Fewer rows mean that the same holds in every block of so many states.
"""
Cache = Callable[[int, int, tuple[int, ...]], Any]
"""The same arguments -> a key under which the law may be kept, or None if it must not be."""


@dataclass(frozen=True)
class Played:
    """What profiles lead to.

    Attributes
    ----------
    payoff : expected discounted payoffs from the start, what follows the last round included, shape (profiles, N).
    counted : expected sum of what ``count`` counts within ``months``, shape (profiles, kinds).
    boundary : probability of each state after ``months``, shape (S_0, profiles).
    """

    payoff: Floats
    counted: Floats
    boundary: Floats


@dataclass
class _Step:
    matrix: Any
    reward: Floats
    counted: Floats


def play(
    game: Game,
    start: Floats,
    profiles: Sequence[tuple[int, ...]],
    law: Law,
    key: Cache,
    *,
    count: Callable[[int], Floats],
    months: int,
) -> Played:
    """Push every profile forward from ``start``.

    Parameters
    ----------
    game : the game that all profiles play; its first N seats are its players.
    start : probabilities, shape (S_0,).
    profiles : for each profile one behaviour number a player.
    law, key : what the actors at a turn do; see `Law` and `Cache`.
    count : turn -> what to count at its choices, shape (C, kinds).
    months : how long to count.
    """
    table = np.array(profiles, dtype=np.int64).reshape(len(profiles), -1)
    payoff = np.zeros((len(profiles), game.n_players))
    counted = np.zeros((len(profiles), count(0).shape[1]))
    tallies = [count(k) for k in range(game.n_turns)]
    # profiles that share the first two seats go together: few enough columns to stay in the cache for a whole month
    blocks = [_Block(columns, table[columns], start, game) for columns in _same(table[:, :2])]
    kept: dict[Any, _Step] = {}
    boundary = np.repeat(start[:, None], len(profiles), axis=1)
    weight = np.ones(game.n_players)
    for t in range(game.rounds):
        this_month: dict[Any, _Step] = {}
        for block in blocks:
            mass = block.mass
            paid = np.zeros((block.columns.size, game.n_players))
            for k, turn in enumerate(game.turns):
                if _follows(game, k):
                    continue  # done together with the turn before
                end = k + 2 if _follows(game, k + 1) else k + 1
                groups = block.groups[k]
                after = np.empty((game.n_states(end), block.columns.size)) if len(groups) > 1 else mass
                for actors, own in groups:
                    step = _step(game, t, k, turn, actors, law, key, tallies[k], kept, this_month)
                    here = mass if len(groups) == 1 else mass[:, own]
                    if len(groups) == 1:
                        after = step.matrix @ here
                    else:
                        after[:, own] = step.matrix @ here
                    paid[own] += here.T @ step.reward
                    if t < months:
                        counted[block.columns[own]] += here.T @ step.counted
                mass = after
            payoff[block.columns] += weight * (paid + mass.T @ game.flow)
            block.mass = mass
            if t + 1 == months:
                boundary[:, block.columns] = mass
        weight = weight * game.discount
    for block in blocks:
        payoff[block.columns] += weight * (block.mass.T @ game.terminal)
    return Played(payoff, counted, boundary)


class _Block:
    """Profiles that are pushed forward together: their columns, their groups at each turn, where they are."""

    def __init__(self, columns: Columns, table: Columns, start: Floats, game: Game) -> None:
        self.columns = columns
        self.groups = [_groups(table, turn) for turn in game.turns]
        self.mass: Floats = np.repeat(start[:, None], columns.size, axis=1)


def _same(rows: Columns) -> list[Columns]:
    """Return, for each different row, the places where it stands."""
    _, place = np.unique(rows, axis=0, return_inverse=True)
    place = place.reshape(-1)
    return [np.flatnonzero(place == group) for group in range(int(place.max()) + 1)]


def _follows(game: Game, k: int) -> bool:
    """Whether turn k is nature's and is taken together with a decision before it: a smaller space lies behind it."""
    if not 0 < k < game.n_turns or not isinstance(game.turns[k], Chance):
        return False
    return not isinstance(game.turns[k - 1], Chance)


def _groups(table: Columns, turn: Turn) -> list[tuple[tuple[int, ...], Columns]]:
    """Return the combinations of behaviours of those who act at a turn, each with the profiles that have it."""
    if isinstance(turn, Move):
        seats = [int(turn.player)]
    elif isinstance(turn, Offer):
        seats = [int(party) for party in turn.parties]
    else:
        return [((), np.arange(table.shape[0]))]
    return [(tuple(int(b) for b in table[own[0], seats]), own) for own in _same(table[:, seats])]


def _step(
    game: Game,
    t: int,
    k: int,
    turn: Turn,
    actors: tuple[int, ...],
    law: Law,
    key: Cache,
    tally: Floats,
    kept: dict[Any, _Step],
    this_month: dict[Any, _Step],
) -> _Step:
    name = (k, "chance") if isinstance(turn, Chance) else key(t, k, actors)
    store = kept
    if name is None:
        name, store = (k, actors), this_month
    if name in store:
        return store[name]
    chances = turn.probability if isinstance(turn, Chance) else law(t, k, actors)
    step = _lay(game, k, turn, chances, tally)
    if _follows(game, k + 1):
        after = game.turns[k + 1]
        assert isinstance(after, Chance)
        if (k + 1, "chance") not in kept:
            kept[k + 1, "chance"] = _lay(game, k + 1, after, after.probability, np.zeros((after.n_choices, 1)))
        step = _Step(kept[k + 1, "chance"].matrix @ step.matrix, step.reward, step.counted)
    store[name] = step
    return step


def _lay(game: Game, k: int, turn: Turn, chances: Floats, tally: Floats) -> _Step:
    from scipy.sparse import csc_matrix

    if chances.shape[0] != turn.n_states:  # the same in every block of memories
        blocks = turn.n_states // chances.shape[0]
        reward, counted = _received(game, turn, chances), chances @ tally
        chances = np.tile(chances, (blocks, 1))
        reward, counted = np.tile(reward, (blocks, 1)), np.tile(counted, (blocks, 1))
    else:
        reward, counted = _received(game, turn, chances), chances @ tally
    used = chances > 0
    ends = np.concatenate([[0], np.cumsum(used.sum(axis=1))])
    shape = (game.n_states(k + 1), turn.n_states)
    matrix = csc_matrix((chances[used], turn.next_state[used], ends), shape=shape)
    return _Step(matrix, reward, counted)


def _received(game: Game, turn: Turn, chances: Floats) -> Floats:
    """Return what the turn is expected to pay, shape (rows of ``chances``, N)."""
    if not isinstance(turn, (Move, Offer)):
        return np.zeros((chances.shape[0], game.n_players))
    paid = turn.payoff
    if paid.shape[0] == 1:
        result: Floats = chances @ paid[0]
        return result
    return np.asarray(np.einsum("sc,scn->sn", chances, paid[: chances.shape[0]]))


def offer_chances(turn: Offer, propose: Sequence[Floats], accept: Callable[[int, int], Floats]) -> Floats:
    """Return the chance that each package is carried out, shape (S, M); column 0: no deal.

    Parameters
    ----------
    propose : by place of the party, shape (S, M) each.
    accept : (responder's place, proposer's place) -> chance of a yes, shape (S, M).
    """
    made = np.zeros(turn.next_state.shape)
    refused = np.zeros(turn.n_states)
    places = range(len(turn.parties))
    for r in places:
        put = propose[r] * turn.recognition[:, r, None]
        passes = np.ones_like(made)
        for h in places:
            if h != r:
                passes = passes * accept(h, r)
        passes[:, 0] = 1.0
        made += put * passes
        refused += (put * (1.0 - passes)).sum(axis=1)
    made[:, 0] += refused
    return made
