"""The Pareto frontier against comparing every package with every other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bargain import frontier
from sim.bargain.frontier import pareto
from sim.errors import GameError
from tests.bargain import problems


@given(problems.problems(most=60))
def test_is_what_comparing_all_pairs_gives(gains: np.ndarray) -> None:
    assert pareto(gains).tolist() == problems.frontier(gains.tolist())


@given(problems.problems(most=60, low=0, high=3), st.integers(1, 7), st.integers(1, 7), st.integers(1, 9))
def test_blocks_and_their_sizes_do_not_matter(gains: np.ndarray, first: int, largest: int, together: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frontier, "_FIRST_BLOCK", first)
        patch.setattr(frontier, "_LARGEST_BLOCK", max(first, largest))
        patch.setattr(frontier, "_TOGETHER", together)
        assert pareto(gains).tolist() == problems.frontier(gains.tolist())


def brute(gains: np.ndarray) -> np.ndarray:
    return np.array([not ((gains >= row).all(axis=1) & (gains > row).any(axis=1)).any() for row in gains])


@pytest.mark.parametrize("players", [2, 3, 4, 5])
def test_a_thousand_packages_of_all_kinds(players: int) -> None:
    rng = np.random.default_rng(players)
    sphere = np.abs(rng.normal(size=(600, players)))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    below = sphere[rng.integers(0, 600, 600)] - 1e-9 * rng.random((600, players))
    for gains in (
        rng.normal(size=(1200, players)),
        rng.permutation(np.vstack([sphere, below])),
        rng.permutation(np.vstack([sphere, sphere])),
        rng.integers(-5, 6, size=(1200, players)).astype(float) * 10.0 ** rng.integers(-200, 200, size=players),
    ):
        np.testing.assert_array_equal(pareto(gains), brute(gains))


def test_planted_frontier_among_many() -> None:
    """Every planted package is efficient: their sums are equal and they all differ. The others lie below one.

    20,000 efficient packages of 200,000: the worst case that is promised to be handled.
    """
    gains, expected = problems.planted(20_000, 180_000)
    assert (expected.sum(), len(gains)) == (20_000, 200_000)
    np.testing.assert_array_equal(pareto(gains), expected)


def test_equal_packages_stand_or_fall_together() -> None:
    assert pareto([[1, 2], [1, 2], [0, 2], [0, 2], [2, 1]]).tolist() == [True, True, False, False, True]
    assert pareto([[3.0]] * 5).all()


def test_differences_that_a_rounded_sum_would_lose_count() -> None:
    big = 2.0**53
    assert pareto([[big, 0.0], [big, 1.0]]).tolist() == [False, True]
    assert pareto([[1e308, -1e308], [-1e308, 1e308], [1e308, -1.1e308]]).tolist() == [True, True, False]
    assert pareto([[1.0, np.nextafter(1.0, 2.0)], [1.0, 1.0]]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("gains", "said"),
    [([1.0, 2.0], "shape"), ([[]], "shape"), ([[np.nan]], "NaN"), ([[np.inf]], "finite"), ([["a"]], "numbers")],
)
def test_refuses_what_is_no_gains(gains: object, said: str) -> None:
    with pytest.raises(GameError, match=said):
        pareto(gains)  # type: ignore[arg-type]
