"""Planted boxes are found again, limits within tolerance; noise gives none; trees find planted questions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sim.analyse.prim import best_box, box_of, paste, peel, quasi_p, simplify, stability
from sim.analyse.tree import grow


def sample(n: int = 1500, d: int = 6, seed: int = 3):
    return np.random.default_rng(seed).random((n, d))


def planted(x):
    """Of interest: coordinate 2 below 0.4, and coordinate 4 between 0.3 and 0.8."""
    return (x[:, 2] < 0.4) & (x[:, 4] > 0.3) & (x[:, 4] < 0.8)


def test_a_planted_box_is_found() -> None:
    x = sample()
    box, step = best_box(x, planted(x), peel(x, planted(x)))
    assert np.flatnonzero(box.restricted).tolist() == [2, 4]
    assert box.low[2] == -np.inf
    assert (box.high[2], box.low[4], box.high[4]) == pytest.approx((0.4, 0.3, 0.8), abs=0.03)
    assert box.coverage > 0.95
    assert box.density > 0.9
    assert step > 0
    assert (box.holds(x).sum(), planted(x)[box.holds(x)].sum()) == (box.inside, box.hits)


def test_a_planted_box_is_found_behind_noise() -> None:
    x = sample(3000, 20)
    y = planted(x) ^ (np.random.default_rng(4).random(3000) < 0.1)
    box, _ = best_box(x, y, peel(x, y))
    assert np.flatnonzero(box.restricted).tolist() == [2, 4]
    assert (box.high[2], box.low[4], box.high[4]) == pytest.approx((0.4, 0.3, 0.8), abs=0.06)
    assert box.density > 0.8


def test_whole_numbers_are_peeled_by_value() -> None:
    x = sample()
    x[:, 0] = np.floor(3 * x[:, 0]) + 1  # 1, 2, 3
    y = x[:, 0] == 3
    box, _ = best_box(x, y, peel(x, y))
    assert np.flatnonzero(box.restricted).tolist() == [0]
    assert 2 < box.low[0] < 3
    assert (box.coverage, box.density) == (1.0, 1.0)


def test_pure_noise_gives_no_box() -> None:
    for seed in range(3):
        x = sample(1000, 8, seed)
        y = np.random.default_rng(seed + 100).random(1000) < 0.3
        box, _ = best_box(x, y, peel(x, y))
        assert box.restricted.sum() <= 1  # a limit in twenty may pass the test by chance


@given(st.integers(0, 10_000), st.floats(0.1, 0.9), st.integers(1, 4))
def test_a_trajectory_shrinks_and_its_counts_are_right(seed: int, share: float, d: int) -> None:
    x = sample(120, d, seed)
    y = (x[:, 0] + 0.3 * np.random.default_rng(seed).random(120)) < share
    trail = peel(x, y)
    assert trail[0].inside == 120
    for box, after in pairwise(trail):
        assert after.inside < box.inside
        assert (after.low >= box.low).all()
        assert (after.high <= box.high).all()
    for box in trail:
        again = box_of(x, y, box.low, box.high)
        assert (again.inside, again.hits) == (box.inside, box.hits)
        bigger = paste(x, y, box)
        assert bigger.density >= box.density
        assert bigger.inside >= box.inside


def test_quasi_p_is_the_binomial_test_without_that_limit() -> None:
    x = sample()
    y = planted(x)
    low, high = np.full(6, -np.inf), np.full(6, np.inf)
    high[2], high[0] = 0.5, 0.95  # one limit that matters, one that does not
    box = box_of(x, y, low, high)
    p = quasi_p(x, y, box)
    assert np.isnan(p[[1, 3, 4, 5]]).all()
    wide = x[:, 0] <= 0.95
    expected = binomtest(box.hits, box.inside, y[wide].mean(), alternative="greater").pvalue
    assert p[2] == pytest.approx(expected, rel=1e-6, abs=1e-300)
    assert p[2] < 1e-20
    assert p[0] > 0.05
    kept = simplify(x, y, box)
    assert np.flatnonzero(kept.restricted).tolist() == [2]


def test_stability_knows_a_true_limit_from_a_false_one() -> None:
    x = sample()
    y = planted(x)
    box, _ = best_box(x, y, peel(x, y))
    found = stability(x, y, box, np.random.default_rng(1), halves=6)
    assert found.restricted[[2, 4]].tolist() == [1.0, 1.0]
    assert found.restricted[[0, 1, 3, 5]].max() <= 0.5
    assert found.density > 0.85
    assert found.coverage > 0.85


def test_a_tree_asks_the_planted_questions() -> None:
    x = sample(3000, 5)
    y = (x[:, 1] > 0.6) & (x[:, 3] < 0.5)
    tree = grow(x, y)
    assert (tree.size, tree.hits) == (3000, int(y.sum()))
    asked = [(tree.coordinate, tree.threshold)]
    inner = tree.above if tree.coordinate == 1 else tree.below
    assert inner is not None
    asked.append((inner.coordinate, inner.threshold))
    assert sorted(asked) == [(1, pytest.approx(0.6, abs=0.01)), (3, pytest.approx(0.5, abs=0.01))]
    assert sorted(leaf.share for leaf in tree.leaves()) == [0.0, 0.0, 1.0]


@given(st.integers(0, 10_000), st.integers(0, 3))
def test_leaves_share_out_the_sample_and_are_not_small(seed: int, depth: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, (200, 3)).astype(float)
    y = rng.random(200) < 0.2 + 0.1 * x[:, 0]
    tree = grow(x, y, depth=depth, leaf=0.1)
    leaves = list(tree.leaves())
    assert sum(leaf.size for leaf in leaves) == 200
    assert sum(leaf.hits for leaf in leaves) == int(y.sum())
    assert len(leaves) <= 2**depth
    assert all(leaf.size >= 20 for leaf in leaves)


def test_nothing_to_ask() -> None:
    x = sample(50, 2)
    assert next(grow(x, np.ones(50, dtype=bool)).leaves()).share == 1.0
    assert grow(np.ones((50, 2)), x[:, 0] > 0.5).coordinate is None
