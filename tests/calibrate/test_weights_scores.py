"""Weights, quantiles, resampling, the draw in the middle, and scores, against hand computation and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from sim.analyse.calibration.scores import brier, crps, log_score
from sim.analyse.calibration.weights import effective_size, medoid, quantile, resampled, weights_of
from sim.errors import UsageError

LOGS = st.lists(st.floats(-700, 0), min_size=1, max_size=30)


@given(LOGS, st.floats(-1e4, 1e4))
def test_weights_do_not_hang_on_the_scale_of_the_likelihood(logs: list[float], shift: float) -> None:
    found = weights_of(logs)
    assert found.sum() == pytest.approx(1.0)
    assert weights_of(np.array(logs) + shift) == pytest.approx(found, abs=1e-9)


def test_failed_draws_weigh_nothing_and_none_left_is_said() -> None:
    assert weights_of([math.nan, 0.0, -math.inf, math.log(3)]).tolist() == pytest.approx([0, 0.25, 0, 0.75])
    with pytest.raises(UsageError, match="found none under which the ledger is possible"):
        weights_of([math.nan, -math.inf])


def test_effective_size_by_hand() -> None:
    assert effective_size(np.full(7, 1 / 7)) == pytest.approx(7)
    assert effective_size(np.array([1.0, 0.0])) == 1
    assert effective_size(np.array([0.5, 0.25, 0.25])) == pytest.approx(1 / 0.375)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.floats(0.01, 0.99), st.data())
def test_a_weighted_quantile_is_that_of_the_draws_written_out(
    counts: list[int], level: float, data: st.DataObject
) -> None:
    values = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=len(counts), max_size=len(counts))), dtype=float)
    written = np.sort(np.repeat(values, counts))
    place = math.ceil(level * written.size - 1e-9) - 1
    assert quantile(values, np.array(counts, dtype=float), [level])[0] == written[max(0, place)]


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda w: sum(w) > 1e-6),
    st.integers(1, 300),
    st.floats(0, 0.999),
)
def test_systematic_resampling_takes_each_draw_as_often_as_it_weighs(
    weights: list[float], size: int, offset: float
) -> None:
    share = np.array(weights) / sum(weights)
    counts = resampled(np.array(weights), size, offset)
    assert counts.sum() == size
    assert (np.abs(counts - size * share) <= 1 + 1e-9).all()


def test_resampling_is_right_in_the_mean() -> None:
    share = np.array([0.07, 0.33, 0.6])
    counts = np.mean([resampled(share, 10, (i + 0.5) / 1000) for i in range(1000)], axis=0)
    assert counts == pytest.approx(10 * share, abs=0.02)


def test_the_medoid_by_hand() -> None:
    """Mean 2 of the first figure, 20 of the second; in their own deviations the third draw is nearest."""
    outcomes = np.array([[0.0, 40.0, 5.0], [4.0, 0.0, 5.0], [2.0, 22.0, 5.0], [2.0, np.nan, 5.0]])
    place, distance = medoid(outcomes, np.array([0.25, 0.25, 0.5, 0.0]))
    assert place == 2
    assert math.isnan(distance[3])
    assert medoid(np.array([[1.0], [1.0]]), np.array([0.0, 1.0]))[0] == 1


def test_the_medoid_does_not_hang_on_units() -> None:
    rng = np.random.default_rng(4)
    outcomes, weights = rng.normal(size=(40, 6)), rng.random(40)
    scaled = outcomes * np.array([1, 1e3, 1e-3, 7, 1, 2]) + np.arange(6)
    assert medoid(outcomes, weights)[0] == medoid(scaled, weights)[0]


def test_scores_by_hand() -> None:
    assert log_score(0.25, True) == pytest.approx(math.log(4))
    assert log_score(0.25, False) == pytest.approx(math.log(4 / 3))
    assert math.isfinite(log_score(0.0, True))
    assert brier(0.3, True) == pytest.approx(0.49)
    assert crps([3.0], [1.0], 5.0) == 2.0  # of a point: the distance


@given(st.floats(0.001, 0.999), st.booleans())
def test_the_crps_of_an_event_is_its_brier_score(chance: float, happened: bool) -> None:
    found = crps([1.0, 0.0], [chance, 1 - chance], float(happened))
    assert found == pytest.approx(brier(chance, happened), abs=1e-12)


def test_the_crps_of_many_normal_draws_is_the_normals() -> None:
    """Closed form for a standard normal (Gneiting and Raftery 2007, section 4.2)."""
    values = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for y in (-1.5, 0.0, 2.0):
        closed = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / math.sqrt(math.pi)
        assert crps(values, np.ones(values.size), y) == pytest.approx(closed, abs=2e-4)


def test_the_crps_is_the_area_between_the_distributions() -> None:
    values, weights, y = np.array([1.0, 4.0, 9.0]), np.array([0.5, 0.2, 0.3]), 5.0
    area, _ = quad(lambda x: (weights[values <= x].sum() - (x >= y)) ** 2, 0, 10, points=[1, 4, 5, 9], limit=200)
    assert crps(values, weights, y) == pytest.approx(area, abs=1e-6)


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_scores_are_proper(chance: float) -> None:
    """Nobody expects a better score by saying something else than what is believed."""
    for score in (log_score, brier):
        expected = [chance * score(p, True) + (1 - chance) * score(p, False) for p in np.linspace(0.01, 0.99, 99)]
        assert np.linspace(0.01, 0.99, 99)[int(np.argmin(expected))] == pytest.approx(chance)
