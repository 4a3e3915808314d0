"""Investment before a bargain: the hold-up problem."""

from __future__ import annotations

import math

import numpy as np

from sim.game import Game, Move, Offer
from sim.solver import Solution, solve
from tests.published.case import Case, Family

SURPLUS = (0, 7, 12, 15, 16)
"""What there is to share after investing 0 to 4: 8 I - I^2. A unit of investment costs 2."""
COST = 2


def hold_up(seller_proposes: float) -> Solution:
    """The seller invests; then one of both, drawn by chance, proposes how to share what there is, in whole units."""
    levels = len(SURPLUS)
    players = ("seller", "buyer")
    invest = Move(
        "seller", [f"invest {i}" for i in range(levels)], [list(range(levels))], [(-COST * i, 0) for i in range(levels)]
    )
    most = max(SURPLUS)
    following = np.full((levels, most + 2), -1)
    following[:, 0] = 0
    payoff = np.zeros((levels, most + 2, 2))
    for i, surplus in enumerate(SURPLUS):
        for part in range(surplus + 1):
            following[i, 1 + part] = 0
            payoff[i, 1 + part] = (part, surplus - part)
    share = Offer(
        players,
        [seller_proposes, 1 - seller_proposes],
        ("no offer", *(f"seller gets {part}" for part in range(most + 1))),
        following,
        payoff,
        np.zeros(levels, dtype=int),
    )
    return solve(Game(players, (invest, share), np.zeros((1, 2)), 1.0, np.zeros((1, 2)), 1), math.inf)


def outcome(seller_proposes: float) -> list[float]:
    """The investment, and the values of seller and buyer."""
    solution = hold_up(seller_proposes)
    return [float(solution.policy(0, 0)[0].argmax()), *solution.values(0, 0)[0]]


SOURCE = (
    "Grout, *Econometrica* 52 (1984) 449-460; Hart and Moore, *Econometrica* 56 (1988) 755-785; the numbers are "
    "chosen so "
    "that every optimum is a single whole number"
)
BREAKS = "value of a later turn behind an earlier one; the mover's own cost; recognition; `stay` that leads elsewhere"


def _case(name: str, chance: float, expected: tuple[float, float, float], by: str) -> Case:
    return Case(
        f"hold-up-{name}",
        f"the seller proposes with chance {chance:g}: investment, values of seller and buyer",
        SOURCE,
        by,
        lambda: outcome(chance),
        expected,
        1e-12,
        BREAKS,
    )


FAMILY = Family(
    "Hold-up",
    "A seller invests I = 0 to 4 at a cost of 2 each, then seller and buyer share the surplus 8 I - I^2 by a last and "
    "final offer of whoever is drawn. Who expects a part b of the surplus invests where b (8 - 2 I) = 2, less than the "
    "efficient 3 (worth 9 in all) for b below 1.",
    (
        _case(
            "even-chances",
            0.5,
            (2, 2, 6),
            "by hand: half the surplus is 0, 3.5, 6, 7.5, 8; less cost it is largest at 2",
        ),
        _case("seller-proposes", 1.0, (3, 9, 0), "by hand: the surplus less cost is 0, 5, 8, 9, 8: efficient at 3"),
        _case("buyer-proposes", 0.0, (0, 0, 0), "by hand: nothing comes back, so nothing is invested"),
        _case(
            "seller-in-three-of-four",
            0.75,
            (3, 5.25, 3.75),
            "by hand: 3/4 of the surplus less cost is 0, 3.25, 5, 5.25, 4",
        ),
    ),
)
