"""Games that are too large to draw."""

from __future__ import annotations

import numpy as np

from sim.game import Chance, Game, Move, Offer
from sim.rng import stream


def wide(states: int = 1500, packages: int = 24, rounds: int = 3) -> Game:
    """A game large enough for its turns to be shared among threads, with all three kinds of turn."""
    draw = stream(7, "wide game")
    following = draw.integers(-1, states, size=(states, packages))
    following[:, 0] = np.arange(states)
    payoff = draw.normal(size=(packages, 3))
    payoff[0] = 0.0
    names = [f"p{m}" for m in range(packages)]
    offer = Offer(("a", "b", "c"), np.full(3, 1 / 3), names, following, payoff, name="offer")
    moves = draw.integers(0, states, size=(states, packages))
    move = Move("b", names, moves, draw.normal(size=(states, packages, 3)), name="move")
    chance = Chance(moves, np.full((states, packages), 1 / packages), name="nature")
    flow = draw.normal(size=(states, 3))
    return Game(("a", "b", "c"), (offer, move, chance), flow, 0.9, flow, rounds)
