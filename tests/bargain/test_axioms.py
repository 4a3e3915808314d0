"""The axioms that tell the rules apart, on abstract problems; lotteries against closed forms and a second method."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from sim.bargain import lotteries as hull
from sim.bargain import picks as rules
from sim.bargain.lotteries import Hull, lotteries
from tests.bargain import problems

SCALES = st.lists(st.floats(1e-4, 1e4), min_size=4, max_size=4)
CLOSE = 2e-6  # a gap of 1e-10 in the Nash score leaves this much room in the gains


def close(found: Any, expected: Any) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=CLOSE * max(1.0, float(np.abs(expected).max())))


# --- finite sets ------------------------------------------------------------------------------------------------------


@given(problems.problems(agreeable=True))
def test_picks_are_efficient_and_nobody_loses(gains: np.ndarray) -> None:
    efficient = problems.frontier(gains.tolist())
    for pick in rules.picks(gains).values():
        assert all(efficient[row] for row in pick.ties)
        assert (gains[list(pick.ties)] >= 0).all()


@given(problems.problems(agreeable=True), SCALES)
def test_nash_and_shares_do_not_depend_on_units(gains: np.ndarray, scales: list[float]) -> None:
    scaled = gains * scales[: gains.shape[1]]
    for rule in ("nash", "kalai_smorodinsky", "utilitarian_normalised"):
        assert rules.picks(scaled)[rule].ties == rules.picks(gains)[rule].ties


def test_the_other_two_do_depend_on_units() -> None:
    gains, factor = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 10.0])
    assert (rules.utilitarian(gains).index, rules.utilitarian(gains * factor).index) == (0, 1)
    gains = np.array([[4.0, 1.0], [2.0, 1.5]])
    assert (rules.egalitarian(gains).index, rules.egalitarian(gains * factor).index) == (1, 0)


@given(problems.problems(agreeable=True), st.data())
def test_nash_is_independent_of_irrelevant_alternatives(gains: np.ndarray, data: st.DataObject) -> None:
    ties = rules.nash(gains).ties
    kept = [row for row in range(len(gains)) if row in ties or data.draw(st.booleans())]
    assert [kept[row] for row in rules.nash(gains[kept]).ties] == list(ties)


def test_kalai_smorodinsky_is_not() -> None:
    gains = np.array([[10.0, 0.0], [6.0, 3.0], [3.5, 5.0], [0.0, 6.0]])
    assert rules.kalai_smorodinsky(gains).index == 1  # shares 6/10 and 3/6
    assert rules.kalai_smorodinsky(gains[1:]).index == 1  # shares 3.5/6 and 5/6, once nothing gives the first 10


@given(problems.problems(agreeable=True), st.permutations(range(4)))
def test_names_of_players_do_not_matter(gains: np.ndarray, order: list[int]) -> None:
    order = [i for i in order if i < gains.shape[1]]
    for rule, pick in rules.picks(gains).items():
        assert rules.picks(gains[:, order])[rule].ties == pick.ties


@given(problems.problems(players=3, most=4, agreeable=True))
def test_symmetric_problems_have_symmetric_picks(gains: np.ndarray) -> None:
    """A finite set has ties: then the set of picks is symmetric."""
    symmetric = with_all_orders(gains)
    for pick in rules.picks(symmetric).values():
        picked = {tuple(row) for row in symmetric[list(pick.ties)].tolist()}
        assert picked == {tuple(row[i] for i in order) for row in picked for order in permutations(range(3))}


def with_all_orders(gains: np.ndarray) -> np.ndarray:
    return np.unique(np.concatenate([gains[:, list(order)] for order in permutations(range(3))]), axis=0)


# --- lotteries --------------------------------------------------------------------------------------------------------

CLOSED_FORMS = [
    # a straight frontier x/2 + y = 1
    pytest.param(
        [(0, 0), (2, 0), (0, 1)],
        {"nash": (1, 1 / 2), "kalai_smorodinsky": (1, 1 / 2), "egalitarian": (2 / 3, 2 / 3), "utilitarian": (2, 0)},
        id="triangle",
    ),
    # frontier y = 1 - x/2 up to x = 1: x y is largest at the corner; the diagonal meets it at x = 2/3
    pytest.param(
        [(0, 0), (1, 0), (1, 1 / 2), (0, 1)],
        {
            "nash": (1, 1 / 2),
            "kalai_smorodinsky": (2 / 3, 2 / 3),
            "egalitarian": (2 / 3, 2 / 3),
            "utilitarian": (1, 1 / 2),
            "utilitarian_normalised": (1, 1 / 2),
        },
        id="cut-corner",
    ),
    # x + y + z = 1: Nash with equal weights, and all others, in the middle; ties of the sum go to the equal shares
    pytest.param(
        [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
        dict.fromkeys(rules.RULES, (1 / 3, 1 / 3, 1 / 3)),
        id="simplex",
    ),
    # the third has 1/2 whatever the others agree on, so it is held there and the others share
    pytest.param(
        [(1, 0, 1 / 2), (0, 1, 1 / 2)],
        dict.fromkeys(rules.RULES, (1 / 2, 1 / 2, 1 / 2)),
        id="third-fixed",
    ),
    # the third has the least, 1, in every package: that settles nothing for the first two, who then share
    pytest.param([(10, 2, 1), (2, 10, 1)], dict.fromkeys(rules.RULES, (6, 6, 1)), id="second-smallest"),
    # whatever the first two agree on, the third has more once they hold what they can have: 1 and 1
    pytest.param(
        [(1, 1, 1), (1, 1, 3), (2, 0, 0), (0, 2, 0)],
        {"nash": (1, 1, 3), "egalitarian": (1, 1, 3), "kalai_smorodinsky": (1, 1, 3), "utilitarian": (1, 1, 3)},
        id="lexicographic",
    ),
    # from (3, -1) and (-1, 3) only the part without losses counts: the ideal is 2, not 3
    pytest.param(
        [(3, -1), (-1, 3)],
        dict.fromkeys(rules.RULES, (1, 1)),
        id="losses",
    ),
    # the sum is largest at (8, -2), which the second refuses; on the side to (0, 2) it stops at (4, 0)
    pytest.param(
        [(8, -2), (0, 2)], {"utilitarian": (4, 0), "nash": (2, 1), "egalitarian": (4 / 3, 4 / 3)}, id="refused"
    ),
]


@pytest.mark.parametrize(("gains", "expected"), CLOSED_FORMS)
def test_lotteries_by_closed_form(gains: list[tuple[float, ...]], expected: dict[str, tuple[float, ...]]) -> None:
    found = lotteries(gains)
    for rule, wanted in expected.items():
        close(found[rule].gains, wanted)


def test_weighted_nash_by_closed_form() -> None:
    """On x + y + z = 1 the weighted Nash product is largest at shares in proportion to the weights."""
    close(lotteries(np.eye(3), [1, 2, 5])["nash"].gains, (1 / 8, 2 / 8, 5 / 8))


@pytest.mark.slow
@given(problems.problems(players=3, most=4, agreeable=True))
def test_symmetric_problems_have_symmetric_lotteries(gains: np.ndarray) -> None:
    for draw in lotteries(with_all_orders(gains)).values():
        close(draw.gains, np.full(3, np.mean(draw.gains)))


@pytest.mark.slow
@given(problems.problems(agreeable=True, most=20))
def test_lotteries_are_efficient_draws_among_few_packages(gains: np.ndarray) -> None:
    for draw in lotteries(gains).values():
        chance = np.array(draw.probability)
        assert (chance > 0).all()
        assert chance.sum() == pytest.approx(1.0, abs=1e-12)
        assert (np.diff(chance) <= 1e-15).all()
        assert len(draw.packages) <= gains.shape[1] + 1
        close(chance @ gains[list(draw.packages)], draw.gains)
        assert min(draw.gains) >= -1e-9
        assert better(gains, np.array(draw.gains)) <= 1e-4


def better(gains: np.ndarray, than: np.ndarray) -> float:
    """Return by how much a mixture of all packages can raise the sum of gains, nobody having less than ``than``."""
    n = len(gains)
    done = linprog(
        -gains.sum(axis=1), A_ub=-gains.T, b_ub=-than + 1e-9, A_eq=np.ones((1, n)), b_eq=[1.0], method="highs"
    )
    return float(-done.fun - than.sum())


@given(problems.problems(agreeable=True, most=20), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_nash_lottery_has_no_gap(gains: np.ndarray, weights: list[int]) -> None:
    """Kuhn-Tucker: at prices w/x no package is worth more than the mixture, whose worth is the sum of the weights."""
    weight = np.array(weights[: gains.shape[1]], dtype=float)
    draw = Hull(gains).nash(weight)
    worth = gains @ (weight / np.array(draw.gains))
    gap = worth.max() - weight.sum()
    assert gap <= 2e-10 * weight.sum() + 1e-12
    assert draw.gap == pytest.approx(max(0.0, gap), abs=1e-12 * weight.sum())
    for row in draw.packages:
        assert worth[row] == pytest.approx(weight.sum(), abs=1e-3)
    # no mixture of two packages and the pick does better either
    rng = np.random.default_rng(0)
    mixed = rng.dirichlet(np.full(len(gains), 0.3), size=200) @ gains
    good = mixed[(mixed > 0).all(axis=1)]
    assert (np.log(good) @ weight <= draw.score + 1e-9).all()


@given(problems.problems(players=2, agreeable=True, most=12), st.integers(1, 4), st.integers(1, 4))
def test_two_players_in_the_plane(gains: np.ndarray, w: int, v: int) -> None:
    """The edge of the hull walked corner by corner, in rational numbers."""
    rows = gains.tolist()
    found = Hull(gains)
    close(found.nash([w, v]).gains, problems.nash_in_the_plane(rows, Fraction(w), Fraction(v)))
    ideal = problems.ideal_in_the_plane(rows)
    close(found.ideal, [float(x) for x in ideal])
    for draw, ray in ((found.kalai_smorodinsky(), ideal), (found.egalitarian(), (Fraction(1), Fraction(1)))):
        assert (np.array(draw.gains) >= np.array(problems.on_ray(rows, *ray)) - 1e-8).all()


@pytest.mark.slow
@given(problems.problems(agreeable=True, most=20), SCALES)
def test_nash_lottery_does_not_depend_on_units(gains: np.ndarray, scales: list[float]) -> None:
    scale = np.array(scales[: gains.shape[1]])
    close(np.array(Hull(gains * scale).nash().gains) / scale, Hull(gains).nash().gains)


@pytest.mark.slow
@given(problems.problems(agreeable=True, most=20), SCALES)
def test_shares_of_the_ideal_do_not_depend_on_units(gains: np.ndarray, scales: list[float]) -> None:
    scale = np.array(scales[: gains.shape[1]])
    close(np.array(Hull(gains * scale).kalai_smorodinsky().gains) / scale, Hull(gains).kalai_smorodinsky().gains)


@given(problems.problems(agreeable=True, most=20), st.data())
def test_nash_lottery_is_independent_of_irrelevant_alternatives(gains: np.ndarray, data: st.DataObject) -> None:
    draw = Hull(gains).nash()
    kept = [row for row in range(len(gains)) if row in draw.packages or data.draw(st.booleans())]
    close(Hull(gains[kept]).nash().gains, draw.gains)


@pytest.mark.slow
@given(problems.problems(players=2, agreeable=True, most=8), problems.problems(players=2, most=6, high=8))
def test_kalai_smorodinsky_is_monotone(gains: np.ndarray, more: np.ndarray) -> None:
    """More to choose from, and the first's ideal as before: the second has no less."""
    wider = np.vstack([gains, more])
    before, after = Hull(gains), Hull(wider)
    assume(abs(before.ideal[0] - after.ideal[0]) < 1e-9)
    assert after.kalai_smorodinsky().gains[1] >= before.kalai_smorodinsky().gains[1] - 1e-7


def test_nash_is_not_monotone() -> None:
    """Kalai and Smorodinsky's complaint: a wider set with the same ideal leaves the second with less."""
    gains = np.array([[0, 1], [0.75, 0.75], [1, 0]])
    wider = np.vstack([gains, [[1, 0.7]]])
    assert lotteries(wider)["nash"].gains[1] < lotteries(gains)["nash"].gains[1] - 0.04
    assert lotteries(wider)["kalai_smorodinsky"].gains[1] > lotteries(gains)["kalai_smorodinsky"].gains[1]


@pytest.mark.slow
@given(problems.problems(agreeable=True, most=20))
def test_adding_columns_step_by_step_finds_the_same(gains: np.ndarray) -> None:
    """Linear programmes that start with a few packages and add others, against all packages at once."""
    expected = lotteries(gains)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hull, "_AT_ONCE", 1)
        patch.setattr(hull, "_JOINING", 1)
        for rule, draw in lotteries(gains).items():
            close(draw.gains, expected[rule].gains)


def test_many_packages_side_by_side() -> None:
    """On a quarter of a circle the weighted Nash product is largest where squares are in proportion to weights."""
    angle = np.linspace(0, np.pi / 2, 5000)
    gains, weight = np.column_stack([np.cos(angle), np.sin(angle)]), np.array([1.0, 2.0])
    draw = Hull(gains).nash(weight)
    assert (gains @ (weight / np.array(draw.gains))).max() - 3.0 <= 3.1e-10
    np.testing.assert_allclose(np.square(draw.gains), [1 / 3, 2 / 3], atol=1e-3)


def test_twenty_thousand_efficient_packages() -> None:
    """Points on a sphere, no two alike: the Nash lottery is near the point that the sphere itself has, (1,..,1)/2."""
    rng = np.random.default_rng(3)
    gains = np.abs(rng.normal(size=(20_000, 4)))
    gains /= np.linalg.norm(gains, axis=1, keepdims=True)
    draw = Hull(gains).nash()
    assert draw.gap is not None
    assert draw.gap <= 4e-10
    np.testing.assert_allclose(draw.gains, 0.5, atol=0.02)
