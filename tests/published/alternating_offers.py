"""Alternating offers: Stahl with a horizon, Rubinstein without."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction as F
from functools import cache

import numpy as np

from sim.game import Game, Offer
from sim.solver import Solution, solve
from tests.oracles import bargaining
from tests.published.case import Case, Family


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


@cache
def solved(shares: int, discounts: tuple[F, F], rounds: int) -> Solution:
    return solve(alternating_offers(shares, (float(discounts[0]), float(discounts[1])), rounds), math.inf)


def first_share(shares: int, discounts: tuple[F, F], rounds: int) -> float:
    return float(solved(shares, discounts, rounds).values(0)[0, 0])


def all_values(shares: int, discounts: tuple[F, F], rounds: int) -> list[np.ndarray]:
    solution = solved(shares, discounts, rounds)
    return [solution.values(t)[:2] for t in range(rounds)]


def offers(shares: int, discounts: tuple[F, F], rounds: int) -> list[list[int]]:
    """By round (the first, the second, the last) and proposer: the package, and whether it is accepted."""
    solution = solved(shares, discounts, rounds)
    found = []
    for t in sorted({0, 1, rounds - 1}):
        policy = solution.policy(t, "table")
        for p in (0, 1):
            package = int(policy.propose[p, p].argmax())
            found.append([package, int(policy.accept[p, p, 1 - p, package])])
    return found


def recursion_values(shares: int, discounts: tuple[F, F], rounds: int) -> list[list[list[float]]]:
    path = bargaining.alternating_offers(shares, discounts, rounds)
    return [[[float(value) for value in split.values[p]] for p in (0, 1)] for split in path]


def recursion_offers(shares: int, discounts: tuple[F, F], rounds: int) -> list[list[int]]:
    """Package 1 + j gives the first player j parts; 0 is no offer."""
    path = bargaining.alternating_offers(shares, discounts, rounds)
    found = []
    for t in sorted({0, 1, rounds - 1}):
        for p in (0, 1):
            offered = path[t].offered[p]
            first = None if offered is None else (1 - offered if p == 0 else offered)
            found.append([0 if first is None else 1 + int(first * shares), 1])
    return found


STAHL = "Stahl, *Bargaining Theory* (Stockholm School of Economics, 1972): finite horizon, backward induction"
RUBINSTEIN = "Rubinstein, *Econometrica* 50 (1982) 97-109: (1 - d2) / (1 - d1 d2)"
HAND = "by hand: in the last round the proposer takes all; before, x = 1 - d times what the other would propose to keep"
BREAKS = "discounting once a round; who is asked; ties (an indifferent party accepts); recognition by state; `stay`"


def _horizon(rounds: int) -> Case:
    return Case(
        f"stahl-discount-half-{rounds}-rounds",
        f"alternating offers, both discounts 1/2, {rounds} rounds, shares in 64ths",
        STAHL,
        "by hand: (1 - (-1/2)^T) / (1 + 1/2), which lies on the grid",
        lambda: first_share(64, (F(1, 2), F(1, 2)), rounds),
        float((1 - F(-1, 2) ** rounds) / F(3, 2)),
        1e-12,
        BREAKS,
    )


def _unequal(rounds: int, expected: float) -> Case:
    return Case(
        f"stahl-unequal-discounts-{rounds}-rounds",
        f"alternating offers, discounts 1/2 and 3/4, {rounds} rounds, shares in 32nds",
        STAHL,
        HAND,
        lambda: first_share(32, (F(1, 2), F(3, 4)), rounds),
        expected,
        1e-12,
        "the discount of the wrong player; an off-by-one round",
    )


def _recursion(name: str, shares: int, discounts: tuple[F, F], rounds: int) -> tuple[Case, Case]:
    game = f"alternating offers, discounts {discounts[0]} and {discounts[1]}, {rounds} rounds, shares in 1/{shares}"
    by = "`oracles/bargaining.py`, in fractions, itself checked by a search over all shares"
    at = (shares, discounts, rounds)
    return (
        Case(
            f"stahl-{name}-values",
            game,
            STAHL,
            by,
            lambda: all_values(*at),
            recursion_values(*at),
            1e-12,
            BREAKS,
            "values in every round, whoever proposes",
        ),
        Case(
            f"stahl-{name}-offers",
            game,
            STAHL,
            by,
            lambda: offers(*at),
            recursion_offers(*at),
            0.0,
            "ties: a proposer takes the first best, an indifferent party accepts",
            "the package offered, and that it is accepted",
        ),
    )


def _limit(name: str, discounts: tuple[F, F], shares: int, rounds: int) -> Case:
    found: Callable[[], float] = lambda: first_share(shares, discounts, rounds)  # noqa: E731
    return Case(
        f"rubinstein-{name}-grid-{shares}",
        f"alternating offers, discounts {discounts[0]} and {discounts[1]}, {rounds} rounds, shares in 1/{shares}",
        RUBINSTEIN,
        "the formula",
        found,
        float(bargaining.rubinstein(*discounts)),
        10 / shares,
        "discount of the wrong player, where they differ; long menus. The tolerance is ten parts of the grid, within "
        "which an off-by-one round passes: the recursions above have no tolerance for that",
    )


EQUAL, PATIENT = (F(9, 10), F(9, 10)), (F(19, 20), F(9, 10))

FAMILY = Family(
    "Alternating offers",
    "Two players divide one unit. The proposer names a division; a refusal costs a round and the roles change. Whose "
    "turn it is to propose is part of the state. Divisions lie on a grid, so the continuous solution is met exactly "
    "only "
    "where it lies on the grid.",
    (
        *(_horizon(rounds) for rounds in range(1, 7)),
        _unequal(2, 1 / 4),
        _unequal(3, 5 / 8),
        _unequal(4, 11 / 32),
        *_recursion("equal-patience-grid-100", 100, EQUAL, 50),
        *_recursion("patient-first-grid-100", 100, PATIENT, 50),
        *_recursion("patient-second-odd-horizon", 100, (F(1, 2), F(9, 10)), 31),
        *_recursion("no-discounting-ties-everywhere", 10, (F(1), F(1)), 7),
        *_recursion("thirds-on-a-grid-of-sevenths", 7, (F(1, 3), F(2, 3)), 9),
        *_recursion("all-or-nothing", 1, EQUAL, 6),
        *_recursion("patient-first-grid-1000", 1000, PATIENT, 100),
        *(
            _limit(name, discounts, shares, rounds)
            for name, discounts in (("equal-patience", EQUAL), ("patient-first", PATIENT))
            for shares, rounds in ((100, 50), (1000, 100), (10000, 200))
        ),
    ),
)
