"""Games from the literature, built from the public constructors; no expected value is computed here."""

from __future__ import annotations

import itertools

import numpy as np

from sim.game import Game, Move, Offer


def alternating_offers(shares: int, discounts: tuple[float, float], rounds: int) -> Game:
    """Two players divide one unit on a grid of 1/shares; who proposes is part of the state and changes with a refusal.

    States: 0 the first proposes, 1 the second proposes, 2 agreed (for good: nothing but "no offer" is available). The
    division is paid when it is agreed; a refusal costs the round.
    """
    part = np.arange(shares + 1) / shares
    packages = ["no offer", *(f"{j}/{shares}" for j in range(shares + 1))]
    following = np.full((3, shares + 2), 2)
    following[:, 0] = stay = np.array([1, 0, 2])
    following[2, 1:] = -1
    payoff = np.zeros((shares + 2, 2))
    payoff[1:] = np.stack([part, 1 - part], axis=1)
    table = Offer(
        ("first", "second"),
        [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]],
        packages,
        following,
        payoff,
        stay,
        name="table",
    )
    return Game(("first", "second"), (table,), np.zeros((3, 2)), discounts, np.zeros((3, 2)), rounds)


CENTIPEDE = ((0.40, 0.10), (0.20, 0.80), (1.60, 0.40), (0.80, 3.20), (6.40, 1.60))


def centipede(*, over_rounds: bool) -> Game:
    """The four-move centipede: four turns of one round, or four rounds of two turns in which one player waits.

    ``over_rounds`` : one node a round, the mover by parity through the state; else four turns in one round.
    """
    players = ("first", "second")
    taken, passed = CENTIPEDE[:4], CENTIPEDE[4]
    if not over_rounds:
        turns = []
        for node in range(4):
            # States before every turn: 0 the game goes on, 1 it is over.
            payoff = np.zeros((2, 2, 2))
            payoff[0, 0] = taken[node]
            payoff[0, 1] = passed if node == 3 else (0.0, 0.0)
            turns.append(
                Move(
                    players[node % 2],
                    ("take", "pass"),
                    [[1, 1 if node == 3 else 0], [-1, 1]],
                    payoff,
                    name=f"node {node + 1}",
                )
            )
        return Game(players, turns, np.zeros((2, 2)), 1.0, np.zeros((2, 2)), 1)
    # States 0..3: at that node; 4: over. Only the owner of a node has a choice there.
    turns = []
    for who in (0, 1):
        following = np.full((5, 2), -1)
        payoff = np.zeros((5, 2, 2))
        for state in range(5):
            if state < 4 and state % 2 == who:
                following[state] = (4, 4 if state == 3 else state + 1)
                payoff[state, 0] = taken[state]
                payoff[state, 1] = passed if state == 3 else (0.0, 0.0)
            else:
                following[state, 1] = state
        turns.append(Move(players[who], ("take", "pass"), following, payoff, name=players[who]))
    return Game(players, turns, np.zeros((5, 2)), 1.0, np.zeros((5, 2)), 2)


def unanimity(players: int, step: int, discount: float, rounds: int) -> Game:
    """n players divide one unit in parts of 1/step; each is recognised with equal chances and all others must accept.

    States: 0 nothing agreed, 1 agreed.
    """
    names = [f"player {i + 1}" for i in range(players)]
    divisions = [
        tuple(b - a for a, b in itertools.pairwise((0, *cuts, step)))
        for cuts in itertools.combinations_with_replacement(range(step + 1), players - 1)
    ]
    following = np.ones((2, len(divisions) + 1), dtype=int)
    following[0, 0] = 0
    following[1, 1:] = -1
    payoff = np.zeros((len(divisions) + 1, players))
    payoff[1:] = np.array(divisions) / step
    table = Offer(
        names,
        np.full(players, 1 / players),
        ["no offer", *("-".join(map(str, division)) for division in divisions)],
        following,
        payoff,
        name="table",
    )
    return Game(names, (table,), np.zeros((2, players)), discount, np.zeros((2, players)), rounds)


def take_it_or_leave_it(weights: tuple[float, ...]) -> Game:
    """An offer and a move with four choices, of which one is not available; lam 0 must not look at the payoffs."""
    following = [[0, 0, -1, 0]]
    payoff = np.array([[0.0, 0.0], [5.0, -3.0], [100.0, 100.0], [-7.0, 2.0]])
    offer = Offer(
        ("a", "b"), [0.25, 0.75], ("no offer", "p1", "p2", "p3"), following, payoff, None, weights, name="offer"
    )
    move = Move("b", ("m0", "m1", "m2", "m3"), following, payoff, weights, name="move")
    return Game(("a", "b"), (offer, move), [[0.0, 0.0]], 0.9, [[0.0, 0.0]], 2)
