"""A game as plain arrays: the only place where the oracles touch a `Game`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class PlainTurn:
    """kind is "move", "offer" or "chance"; what another kind needs is left empty.

    next : [S, A], -1 where unavailable; payoff : [S, A, N]; weights : [A]
    parties, recognition [S, P], stay [S] : of an offer; probability [S, A] : of chance
    """

    kind: str
    next: np.ndarray
    payoff: np.ndarray
    weights: np.ndarray
    mover: int = -1
    parties: tuple[int, ...] = ()
    recognition: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    stay: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    probability: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass
class Plain:
    """players, rounds and turns; flow and terminal : [S_0, N]; discount : [N]."""

    n_players: int
    rounds: int
    turns: list[PlainTurn]
    flow: np.ndarray
    discount: np.ndarray
    terminal: np.ndarray


def read(game: Any) -> Plain:
    """Copy every number of a game, with players as numbers and every table spread over the states."""
    names = list(game.players)
    n = len(names)

    def number(player: Any) -> int:
        return names.index(player) if isinstance(player, str) else int(player)

    def spread(table: Any, states: int, ndim: int) -> np.ndarray:
        array = np.array(table, dtype=float)
        if array.ndim == ndim - 1:
            array = array[None]
        return np.array(np.broadcast_to(array, (states, *array.shape[1:])))

    turns = []
    for turn in game.turns:
        kind = type(turn).__name__.lower()
        following = np.array(turn.next_state, dtype=int)
        states, choices = following.shape
        if kind == "chance":
            turns.append(
                PlainTurn(
                    kind,
                    following,
                    np.zeros((states, choices, n)),
                    np.ones(choices),
                    probability=spread(turn.probability, states, 2),
                )
            )
            continue
        payoff = spread(turn.payoff, states, 3)
        weights = np.ones(choices) if turn.weights is None else np.array(turn.weights, dtype=float)
        if kind == "move":
            turns.append(PlainTurn(kind, following, payoff, weights, mover=number(turn.player)))
        else:
            turns.append(
                PlainTurn(
                    kind,
                    following,
                    payoff,
                    weights,
                    parties=tuple(number(party) for party in turn.parties),
                    recognition=spread(turn.recognition, states, 2),
                    stay=following[:, 0].copy(),
                )
            )
    discount = np.broadcast_to(np.array(game.discount, dtype=float), (n,)).copy()
    return Plain(n, int(game.rounds), turns, np.array(game.flow, float), discount, np.array(game.terminal, float))
