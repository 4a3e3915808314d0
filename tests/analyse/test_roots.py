"""All crossings by all kinds of function: as many as there are, to the tolerance, and none where there is none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim.analyse.roots import crossings, hiding, switches


def batch(*functions):
    """Several functions as one batch; the number of calls is kept."""

    def f(which, x):
        f.calls += 1
        return np.array([functions[i](value) for i, value in zip(which, x, strict=True)])

    f.calls = 0
    return f


def test_a_cubic_has_three_crossings_where_brent_finds_them_too() -> None:
    def cubic(x: float) -> float:
        return x**3 - x + 0.1

    (scan,) = crossings(batch(cubic), [np.linspace(-2, 2.1, 17)], 0.0)
    expected = [brentq(cubic, a, b, xtol=1e-13) for a, b in ((-2, -0.5), (-0.5, 0.5), (0.5, 2))]
    assert [crossing.value for crossing in scan.crossings] == pytest.approx(expected, abs=1e-6)
    assert [crossing.rising for crossing in scan.crossings] == [True, False, True]
    assert not any(crossing.jump for crossing in scan.crossings)
    assert not scan.monotone
    for crossing in scan.crossings:
        assert cubic(crossing.above) >= 0 > cubic(crossing.below)


def test_two_crossings_between_two_points_are_seen_and_a_near_miss_is_none() -> None:
    touching = batch(lambda x: (x - 0.1) ** 2 - 1e-4, lambda x: (x - 0.1) ** 2 + 1e-4, lambda x: 0.02 - (x - 0.33) ** 2)
    grid = np.linspace(-1, 1, 9)  # the first two roots, 0.09 and 0.11, lie between neighbours
    two, none, hill = crossings(touching, [grid] * 3, 0.0)
    assert [crossing.value for crossing in two.crossings] == pytest.approx([0.09, 0.11], abs=1e-6)
    assert none.crossings == ()
    assert [crossing.value for crossing in hill.crossings] == pytest.approx(
        [0.33 - 0.02**0.5, 0.33 + 0.02**0.5], abs=1e-6
    )


def test_a_leap_over_the_level_is_a_jump() -> None:
    (scan,) = crossings(batch(lambda x: float(x >= 0.3)), [np.linspace(0, 1, 5)], 0.5)
    (crossing,) = scan.crossings
    assert crossing.jump
    assert crossing.value == pytest.approx(0.3, abs=1e-6)
    assert crossing.below < 0.3 <= crossing.above
    assert scan.monotone


def test_at_the_level_counts_as_above() -> None:
    flat, kinked = crossings(batch(lambda x: 0.0, lambda x: min(x, 0.0)), [np.linspace(-1, 1, 5)] * 2, 0.0)
    assert flat.crossings == ()
    (crossing,) = kinked.crossings
    assert crossing.rising
    assert crossing.value == pytest.approx(0.0, abs=1e-6)
    assert crossing.above >= 0 > crossing.below


def test_all_functions_move_in_one_batch_a_step_each_with_its_own_level() -> None:
    f = batch(np.exp, np.exp, lambda x: -x)
    scans = crossings(f, [np.linspace(-3, 3, 7)] * 3, [0.5, 2.0, 1.0])
    found = [scan.crossings[0].value for scan in scans]
    assert found == pytest.approx([np.log(0.5), np.log(2.0), -1.0], abs=1e-6)
    assert f.calls < 25


def test_values_that_could_not_be_computed_hide_nothing_else() -> None:
    def broken(x: float) -> float:
        return np.nan if -0.6 < x < -0.1 else x - 0.7

    (scan,) = crossings(batch(broken), [np.linspace(-1, 1, 9)], 0.0)
    assert [crossing.value for crossing in scan.crossings] == pytest.approx([0.7], abs=1e-6)


@given(st.lists(st.integers(1, 39), min_size=1, max_size=5, unique=True))
def test_every_root_of_a_polynomial_is_found(places: list[int]) -> None:
    # roots at least 1/20 of the range apart, looked for with 100 points
    roots = sorted(2.0 * place / 40 - 1.0 + 0.0013 for place in places)
    (scan,) = crossings(
        batch(lambda x: float(np.prod([x - root for root in roots]))), [np.linspace(-1, 1.02, 100)], 0.0
    )
    assert [crossing.value for crossing in scan.crossings] == pytest.approx(roots, abs=1e-6)
    rising = [crossing.rising for crossing in scan.crossings]
    assert rising[-1] is True
    assert all(a != b for a, b in pairwise(rising))


def test_only_the_brackets_asked_for_are_refined() -> None:
    f = batch(lambda x: np.sin(6 * x))
    (scan,) = crossings(
        f, [np.linspace(0.1, 3, 20)], 0.0, keep=lambda _, scan: [(c.below, c.above) for c in scan.crossings[:1]]
    )
    assert [crossing.value for crossing in scan.crossings] == pytest.approx([np.pi / 6], abs=1e-6)


def test_labels_change_where_they_do_and_a_third_between_two_is_found() -> None:
    def label(which, x):
        return ["" if value > 0.9 else "a" if value < 0.1 else "b" if value < 0.12 else "c" for value in x]

    (found,) = switches(label, [np.linspace(-1, 1, 9)])
    assert [(before, behind) for _, before, behind in found] == [("a", "b"), ("b", "c")]
    assert [value for value, _, _ in found] == pytest.approx([0.1, 0.12], abs=3e-5)
    assert switches(lambda which, x: ["same"] * len(x), [np.linspace(0, 1, 3)]) == ((),)


def test_a_label_between_two_points_of_another_is_seen_where_its_lead_nearly_vanishes() -> None:
    def ahead(x):
        return np.abs(x - 0.31) - 0.04

    def label(_, x):
        return ["b" if value < 0 else "a" for value in ahead(x)]

    grid = np.linspace(0, 1, 9)  # the two places, 0.27 and 0.35, lie between neighbours
    assert switches(label, [grid]) == ((),)
    (found,) = switches(label, [grid], rounds=2, lead=lambda _, x: np.abs(ahead(x)))
    assert [(before, behind) for _, before, behind in found] == [("a", "b"), ("b", "a")]
    assert [place for place, _, _ in found] == pytest.approx([0.27, 0.35], abs=1e-4)


def test_no_closer_look_where_the_level_is_out_of_reach() -> None:
    x = np.linspace(0, 1, 5)
    assert hiding(x, np.array([-9.0, -9.5, -9.0, -9.2, -9.0])).size == 0
    assert hiding(x, np.full(5, -1.0)).size == 0
    # steep on the left, so that the gap there and the one beside it may hold more; failed values say nothing
    assert hiding(x, np.array([-9.0, -1.0, -1.1, np.nan, -1.0])).tolist() == [0.125, 0.375]
    assert hiding(x, np.array([-9.0, -1.0, 1.0, 1.1, 9.0])).tolist() == [0.125, 0.625, 0.875]
