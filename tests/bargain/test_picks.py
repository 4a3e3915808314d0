"""Each rule's pick against exact arithmetic, and what the records say."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bargain import picks as rules
from sim.bargain.lotteries import lotteries
from sim.errors import GameError
from tests.bargain import problems


@given(problems.problems(agreeable=True))
def test_finite_picks_are_those_of_exact_arithmetic(gains: np.ndarray) -> None:
    found = rules.picks(gains)
    ideal = [max(row[i] for row in gains.tolist() if min(row) >= 0) for i in range(gains.shape[1])]

    def share(row: list[Fraction]) -> list[Fraction]:
        return [x / Fraction(y) for x, y in zip(row, ideal, strict=True)]

    rows = gains.tolist()
    assert list(found["nash"].ties) == problems.best(rows, prod)
    assert list(found["kalai_smorodinsky"].ties) == problems.best(rows, lambda row: sorted(share(row)))
    assert list(found["egalitarian"].ties) == problems.best(rows, sorted)
    assert list(found["utilitarian"].ties) == problems.best(rows, sum)
    assert list(found["utilitarian_normalised"].ties) == problems.best(rows, lambda row: sum(share(row)))
    for pick in found.values():
        assert pick.index == pick.ties[0]
        assert list(pick.gains) == rows[pick.index]


def test_of_near_ties_none_is_dominated() -> None:
    for pick in rules.picks([[1.0, 1.0], [1.0, 1.0 + 1e-13], [1.0, 1.0 + 1e-13]]).values():
        assert pick.ties == (1, 2)


@given(problems.problems(players=3, agreeable=True), st.lists(st.integers(1, 3), min_size=3, max_size=3))
def test_a_weight_of_two_is_a_second_player_with_the_same_gains(gains: np.ndarray, weights: list[int]) -> None:
    """Kalai (1977): integer weights as replicas."""
    assert rules.nash(gains, weights).ties == rules.nash(np.repeat(gains, weights, axis=1)).ties


def test_scores_by_hand() -> None:
    gains = [[0, 0], [4, 1], [2, 3], [1, 6]]
    found = rules.picks(gains)
    assert found["nash"].ties == (2, 3)
    assert found["nash"].score == pytest.approx(np.log(6))
    assert rules.nash(gains, [2, 1]).index == 1
    assert (found["kalai_smorodinsky"].index, found["kalai_smorodinsky"].score) == (2, 0.5)
    assert (found["egalitarian"].index, found["egalitarian"].score) == (2, 2.0)
    assert (found["utilitarian"].index, found["utilitarian"].score) == (3, 7.0)
    # shares: 1 + 1/6, 1/2 + 1/2, 1/4 + 1
    assert found["utilitarian_normalised"].index == 3
    assert found["utilitarian_normalised"].score == pytest.approx(1.25)


@pytest.mark.parametrize("gains", [[[0, 0]], [[0, 0], [3, -1], [-1, 2]], [[5, 0], [0, 0]], [[-1, -1]]])
def test_no_agreement_is_said_and_not_picked(gains: list[list[float]]) -> None:
    assert not rules.zone(gains).any()
    for rule, pick in rules.picks(gains).items():
        assert pick == rules.Pick(rule, None, (), (), None, rules.NO_AGREEMENT)
        assert pick.to_json()["reason"]


def test_a_draw_can_agree_where_no_package_does() -> None:
    gains = [[0, 0], [3, -1], [-1, 3]]
    assert rules.nash(gains).index is None
    for draw in lotteries(gains).values():
        assert draw.gains == pytest.approx((1.0, 1.0))
        assert draw.probability == pytest.approx((0.5, 0.5))


def test_no_draw_agrees_either() -> None:
    for gains in ([[0, 0], [3, -1], [-1, 0.1]], [[0, 0]], [[1, 0]], [[-1, -2]], [[2, -1], [-2, 1]]):
        for draw in lotteries(gains).values():
            assert (draw.packages, draw.gains, draw.score) == ((), (), None)
            assert "no lottery" in draw.reason


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, np.nan], [1, 1, 1]])
def test_refuses_weights_that_make_no_sense(weights: list[float]) -> None:
    for rule in (rules.nash, lambda g, w: lotteries(g, w)):
        with pytest.raises(GameError, match="weights"):
            rule([[1, 1]], weights)
