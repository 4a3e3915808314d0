"""Shapley values of functions whose shares are known in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest

from sim.analyse.shapley import Coalition, shapley
from sim.errors import UsageError

WEIGHTS = np.array([3.0, -1.0, 0.5, 0.0, 2.0, 7.0, -4.0, 0.25])


def flags(coalitions: Sequence[Coalition]) -> np.ndarray:
    return np.array(coalitions, dtype=float)


def adding(coalitions: Sequence[Coalition]) -> np.ndarray:
    """10 and what each coordinate adds, whatever else is on; and twice that, as a second outcome."""
    found = 10.0 + flags(coalitions) @ WEIGHTS[: len(coalitions[0])]
    return np.stack([found, 2 * found], axis=1)


@pytest.mark.parametrize("n", [1, 4, 6])
def test_where_nothing_interacts_everybody_carries_its_own(n: int) -> None:
    shares = shapley(n, adding)
    np.testing.assert_allclose(shares.values, np.stack([WEIGHTS[:n], 2 * WEIGHTS[:n]], axis=1), atol=1e-12)
    assert (shares.method, shares.evaluations, shares.permutations) == ("exact", 2**n, 0)
    assert shares.none.tolist() == [10.0, 20.0]


def test_what_two_do_together_is_halved() -> None:
    shares = shapley(3, lambda found: flags(found)[:, 0] + 6.0 * flags(found)[:, 0] * flags(found)[:, 1])
    np.testing.assert_allclose(shares.values, [1.0 + 3.0, 3.0, 0.0], atol=1e-12)


def test_the_gloves_game() -> None:
    """One left glove, two right ones, a pair is worth 1: 2/3, 1/6, 1/6 (Shapley 1953 for such markets)."""
    shares = shapley(3, lambda found: flags(found)[:, 0] * np.maximum(flags(found)[:, 1], flags(found)[:, 2]))
    np.testing.assert_allclose(shares.values, [2 / 3, 1 / 6, 1 / 6], atol=1e-12)


def test_exact_shares_are_the_mean_over_all_orders() -> None:
    table = dict(enumerate(np.random.default_rng(5).normal(size=16)))

    def value(coalitions: Sequence[Coalition]) -> np.ndarray:
        return np.array([table[sum(on << i for i, on in enumerate(found))] for found in coalitions])

    by_hand = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        mask = 0
        for i in order:
            by_hand[i] += (table[mask | 1 << i] - table[mask]) / len(orders)
            mask |= 1 << i
    shares = shapley(4, value)
    np.testing.assert_allclose(shares.values, by_hand, atol=1e-12)
    assert abs(shares.values.sum() - (shares.all - shares.none)) < 1e-12


def three(coalitions: Sequence[Coalition]) -> np.ndarray:
    """Adding, and 9 that the first three bring together only: 3 each."""
    found = flags(coalitions)
    return found @ WEIGHTS + 9.0 * found[:, :3].prod(axis=1)


def test_sampled_shares_add_up_and_lie_within_their_errors() -> None:
    shares = shapley(8, three, permutations=40, seed=3)
    assert (shares.method, shares.permutations) == ("sampled", 40)
    assert shares.errors is not None
    assert abs(shares.values.sum() - (shares.all - shares.none)) < 1e-9
    truth = WEIGHTS + np.array([3.0] * 3 + [0.0] * 5)
    np.testing.assert_allclose(shares.values[3:], truth[3:], atol=1e-12)
    np.testing.assert_allclose(shares.errors[3:], 0.0, atol=1e-12)
    assert (shares.errors[:3] > 0).all()
    assert (np.abs(shares.values - truth)[:3] <= 4 * shares.errors[:3]).all()


def test_an_order_and_its_reverse_share_out_pairs_exactly() -> None:
    shares = shapley(8, lambda found: flags(found)[:, 0] * flags(found)[:, 5], permutations=4)
    np.testing.assert_allclose(shares.values, [0.5, 0, 0, 0, 0, 0.5, 0, 0], atol=1e-12)
    assert shares.errors is not None
    np.testing.assert_allclose(shares.errors, 0.0, atol=1e-12)


def test_the_standard_error_is_that_of_the_mean() -> None:
    """Over many samples, shares scatter as their standard errors say."""
    many = [shapley(8, three, permutations=40, seed=seed) for seed in range(200)]
    scatter = np.std([found.values[0] for found in many])
    stated = np.sqrt(np.mean([found.errors[0] ** 2 for found in many if found.errors is not None]))
    assert scatter == pytest.approx(stated, rel=0.2)


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    one, two, other = (shapley(8, three, seed=seed).values for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_coalitions_are_asked_for_once_each() -> None:
    asked: list[Coalition] = []

    def value(coalitions: Sequence[Coalition]) -> np.ndarray:
        asked.extend(coalitions)
        return three(coalitions)

    shares = shapley(8, value, permutations=30)
    assert len(asked) == len(set(asked)) == shares.evaluations


@pytest.mark.parametrize("count", [0, 2, 7])
def test_too_few_orders_for_an_error_are_refused(count: int) -> None:
    with pytest.raises(UsageError, match="an even number, 4 or more"):
        shapley(8, three, permutations=count)
