"""Alternating offers and unanimity: the solver on a grid of shares against recursions in rational numbers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from sim.solver import solve
from sim.testing import laws
from tests.oracles import bargaining, unanimity
from tests.published import cases

F = Fraction

ALTERNATING = [
    pytest.param(100, (F(9, 10), F(9, 10)), 50, id="equal-patience-grid-100"),
    pytest.param(100, (F(19, 20), F(9, 10)), 50, id="patient-first-grid-100"),
    pytest.param(100, (F(1, 2), F(9, 10)), 31, id="patient-second-odd-horizon"),
    pytest.param(10, (F(1), F(1)), 7, id="no-discounting-ties-everywhere"),
    pytest.param(7, (F(1, 3), F(2, 3)), 9, id="thirds-on-a-grid-of-sevenths"),
    pytest.param(1, (F(9, 10), F(9, 10)), 6, id="all-or-nothing"),
    pytest.param(1000, (F(9, 10), F(9, 10)), 100, id="equal-patience-grid-1000"),
    pytest.param(1000, (F(19, 20), F(9, 10)), 100, id="patient-first-grid-1000"),
    pytest.param(10000, (F(9, 10), F(9, 10)), 200, id="equal-patience-grid-10000"),
    pytest.param(10000, (F(19, 20), F(9, 10)), 200, id="patient-first-grid-10000"),
]

GRIDS = [(100, 50), (1000, 100), (10000, 200)]  # shares, rounds


@pytest.mark.parametrize(("shares", "discounts", "rounds"), ALTERNATING)
def test_alternating_offers_equal_the_rational_recursion(
    shares: int, discounts: tuple[Fraction, Fraction], rounds: int
) -> None:
    """Source: Stahl 1972; recursion in tests/oracles/bargaining.py. Values to 1e-12, offers exactly."""
    game = cases.alternating_offers(shares, (float(discounts[0]), float(discounts[1])), rounds)
    solution = solve(game, math.inf)
    for t, expected in enumerate(bargaining.alternating_offers(shares, discounts, rounds)):
        policy = solution.policy(t, "table") if t in (0, 1, rounds - 1) else None
        for proposer in (0, 1):
            wanted = [float(value) for value in expected.values[proposer]]
            np.testing.assert_allclose(solution.values(t)[proposer], wanted, rtol=0, atol=1e-12)
            if policy is not None:
                offered = expected.offered[proposer]
                # Package 1 + j gives the first player j parts.
                first = None if offered is None else (1 - offered if proposer == 0 else offered)
                package = 0 if first is None else 1 + int(first * shares)
                assert policy.propose[proposer, proposer].argmax() == package
                assert policy.accept[proposer, proposer, 1 - proposer, package] == 1.0


def test_alternating_offers_leave_no_regret() -> None:
    laws.no_regret(solve(cases.alternating_offers(20, (0.9, 0.8), 12), math.inf))


@pytest.mark.parametrize(
    "discounts",
    [
        pytest.param((F(9, 10), F(9, 10)), id="equal-patience"),
        pytest.param((F(19, 20), F(9, 10)), id="patient-first"),
    ],
)
def test_alternating_offers_approach_rubinstein(discounts: tuple[Fraction, Fraction]) -> None:
    """Source: Rubinstein 1982, (1 - d2) / (1 - d1 d2). The distance shrinks with the grid: below 10 parts of it."""
    limit = float(bargaining.rubinstein(*discounts))
    distance = []
    for shares, rounds in GRIDS:
        game = cases.alternating_offers(shares, (float(discounts[0]), float(discounts[1])), rounds)
        distance.append(abs(solve(game, math.inf).values(0)[0, 0] - limit))
        assert distance[-1] < 10 / shares
    assert distance[0] > 2 * distance[1] > 4 * distance[2]


@pytest.mark.parametrize("discounts", [(F(9, 10), F(9, 10)), (F(1), F(1, 2)), (F(2, 3), F(1, 3)), (F(1), F(1))])
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_the_recursion_equals_a_search_over_all_shares(discounts: tuple[Fraction, Fraction], rounds: int) -> None:
    found = bargaining.alternating_offers(6, discounts, rounds)[0]
    for proposer in (0, 1):
        assert found.values[proposer] == bargaining.alternating_offers_by_search(6, discounts, rounds, proposer)


UNANIMITY = [
    pytest.param(4, 40, F(9, 10), 3, id="four-players-discount-.9"),
    pytest.param(3, 20, F(3, 4), 4, id="three-players-discount-.75"),
    pytest.param(2, 20, F(9, 10), 5, id="two-players-discount-.9"),
    pytest.param(5, 10, F(1, 2), 3, id="five-players-discount-.5"),
]


@pytest.mark.parametrize(("players", "step", "discount", "rounds"), UNANIMITY)
def test_unanimity_bargaining_equals_the_rational_recursion(
    players: int, step: int, discount: Fraction, rounds: int
) -> None:
    """Source: Baron and Ferejohn 1989 with rule k = n; recursion in tests/oracles/unanimity.py. Exact on the grid."""
    game = cases.unanimity(players, step, float(discount), rounds)
    solution = solve(game, math.inf)
    table = game.turns[0]
    for t, keep in enumerate(unanimity.proposer_keeps(players, discount, rounds)):
        assert (keep * step).denominator == 1, "the case is stated on a grid that does not contain its answer"
        propose = solution.policy(t, "table", [0]).propose[0]
        for p in range(players):
            package = int(propose[p].argmax())
            np.testing.assert_allclose(table.payoff[0, package, p], float(keep), rtol=0, atol=1e-12)
        np.testing.assert_allclose(solution.values(t)[0], 1 / players, rtol=0, atol=1e-12)


def test_four_players_at_discount_nine_tenths_keep_325_before_the_last_round() -> None:
    """Source: 1 - .9 * 3/4, by hand; the others get .225 each. In the last round the proposer keeps everything."""
    game = cases.unanimity(4, 40, 0.9, 3)
    solution = solve(game, math.inf)
    for t, wanted in ((0, [0.325, 0.225, 0.225, 0.225]), (1, [0.325, 0.225, 0.225, 0.225]), (2, [1.0, 0.0, 0.0, 0.0])):
        propose = solution.policy(t, "table", [0]).propose[0]
        for p in range(4):
            shares = game.turns[0].payoff[0, int(propose[p].argmax())]
            np.testing.assert_allclose(np.roll(shares, -p), np.roll(np.roll(wanted, p), -p), rtol=0, atol=1e-12)
