"""Bargaining among n under unanimity with random recognition."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as F
from functools import cache

import numpy as np

from sim.game import Game, Offer
from sim.solver import Solution, solve
from tests.published.case import Case, Family


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


@cache
def solved(players: int, step: int, discount: float, rounds: int) -> Solution:
    return solve(unanimity(players, step, discount, rounds), math.inf)


def division(players: int, step: int, discount: float, rounds: int, t: int) -> list[list[float]]:
    """What is agreed in round t, by proposer: its own share first, then those after it in turn; and the values."""
    solution = solved(players, step, discount, rounds)
    propose = solution.policy(t, "table", [0]).propose[0]
    payoff = solution.game.turns[0].payoff[0]
    shares = [np.roll(payoff[int(propose[p].argmax())], -p).tolist() for p in range(players)]
    return [*shares, solution.values(t)[0].tolist()]


def by_hand(players: int, discount: F, *, last: bool) -> list[list[float]]:
    if discount == 1 and not last:
        return [[0.0] * players] * players + [[1 / players] * players]
    other = F(0) if last else discount / players
    row = [float(1 - (players - 1) * other)] + [float(other)] * (players - 1)
    return [row] * players + [[1 / players] * players]


ROUNDS = 3
GRIDS = (
    (2, F(1, 2), 20),
    (2, F(9, 10), 20),
    (2, F(1), 20),
    (3, F(3, 10), 20),
    (3, F(3, 4), 20),
    (3, F(9, 10), 20),
    (3, F(1), 3),
    (4, F(2, 5), 10),
    (4, F(9, 10), 40),
    (4, F(1), 4),
    (5, F(1, 2), 10),
    (5, F(3, 4), 20),
    (5, F(1), 5),
)
"""Players, discount, and a grid that contains the share d/n which whoever answers is content with."""


def _case(players: int, discount: F, step: int, *, last: bool) -> Case:
    when = "last-round" if last else "before-the-last-round"
    keep = by_hand(players, discount, last=last)[0]
    why = "everybody expects 1/n, so who answers takes d/n and who proposes keeps 1 - (n - 1) d/n"
    if last:
        why += " (after the last round nothing is left: d is 0)"
    elif discount == 1:
        why += ", which is what waiting brings too: of equals the first is taken, to make no offer"
    return Case(
        f"unanimity-{players}-players-discount-{float(discount):g}-{when}",
        f"{players} players divide one unit, discount {discount}, {ROUNDS} rounds, parts of 1/{step}",
        "Baron and Ferejohn, *American Political Science Review* 83 (1989) 1181-1206: the closed rule of their "
        "proposition 3 with all n votes needed; Merlo and Wilson, *Econometrica* 63 (1995) 371-399, for unanimity",
        f"by hand: {why}",
        lambda: division(players, step, float(discount), ROUNDS, ROUNDS - 1 if last else 0),
        by_hand(players, discount, last=last),
        1e-12,
        "several answers in a row; recognition; expectation before recognition; accepting at equality after rounding",
        f"proposer {keep[0]:g}, others {keep[1]:g}, value {1 / players:.6g} each" if keep[0] else "no offer is made",
    )


FAMILY = Family(
    "Bargaining under unanimity with random recognition",
    "n players divide one unit; each round one of them, drawn with equal chances, proposes, the others answer in turn, "
    "and all must accept. The figure holds whoever is recognised.",
    (
        *(_case(players, discount, step, last=False) for players, discount, step in GRIDS),
        *(_case(players, F(9, 10), step, last=True) for players, step in ((2, 20), (3, 20), (4, 10), (5, 5))),
    ),
)
