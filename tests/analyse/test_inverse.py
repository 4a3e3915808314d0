"""The inverse question on closed forms: smallest changes, ranked, verified, or not found."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim.analyse.inverse import inverse
from sim.analyse.inverse_goal import Goal
from sim.analyse.inverse_joint import NO_SHORTER, shortest, strongest
from sim.analyse.inverse_record import Unmet
from sim.analyse.inverse_scan import scan, singles
from sim.analyse.nearest_point import nearest_point
from sim.analyse.parameter import Parameter
from sim.errors import UsageError
from tests.analyse.conftest import CLOSED, FINE

TRADE, COST = "minsk.trade_value", "brussels.relief_cost.1"
QUICK = {"grid": CLOSED, "finer": FINE, "jobs": 1}


def test_the_nearest_point_of_a_plane() -> None:
    start = np.array([0.2, 0.2, 0.5])
    found = nearest_point(lambda x: 3 * x[:, 0] + 4 * x[:, 1] - 5, start)
    # projection: start + (5 - 1.4) / 25 times the normal
    assert found.found
    assert found.point == pytest.approx(start + 3.6 / 25 * np.array([3, 4, 0]), abs=1e-4)
    assert found.gap >= 0


def test_the_nearest_point_of_a_plane_that_leaves_the_cube_lies_on_its_face() -> None:
    found = nearest_point(lambda x: 3 * x[:, 0] + 4 * x[:, 1] - 6.4, np.array([0.2, 0.2]))
    assert found.found
    assert found.point == pytest.approx([0.8, 1.0], abs=1e-4)


def test_the_nearest_point_of_a_sphere() -> None:
    start = np.array([0.1, 0.2, 0.2])
    found = nearest_point(lambda x: 0.3**2 - ((x - 0.8) ** 2).sum(axis=1), start)
    way = (0.8 - start) / np.linalg.norm(0.8 - start)
    assert found.found
    assert found.point == pytest.approx(0.8 - 0.3 * way, abs=2e-3)


def test_what_cannot_be_met_is_not_found() -> None:
    found = nearest_point(lambda x: -1.0 - (x**2).sum(axis=1), np.array([0.5, 0.5]))
    assert not found.found
    assert found.gap < 0
    assert "without meeting" in found.message
    flat = nearest_point(lambda x: np.full(len(x), -1.0), np.array([0.5]))
    assert not flat.found
    broken = nearest_point(lambda x: np.where(x[:, 0] > 0.5, np.nan, -1.0), np.array([0.5]))
    assert not broken.found
    assert nearest_point(lambda x: x[:, 0], np.array([0.5])).message == "the goal is met from the start"


def test_small_moves_are_taken_back() -> None:
    found = nearest_point(lambda x: x[:, 0] + 0.001 * x[:, 1] - 0.7, np.array([0.2, 0.2]))
    assert found.found
    assert found.point[1] == 0.2
    assert found.point[0] == pytest.approx(0.7 - 0.0002, abs=1e-4)


@pytest.mark.usefixtures("closed")
def test_single_changes_are_ranked_by_their_share_of_the_range(baseline) -> None:
    made = inverse(baseline, "p_eu_relief", 0.6, parameters=[TRADE, COST, "minsk.discount"], **QUICK)
    odds = math.log(0.6 / 0.4)
    by_cost, by_trade = -odds / 4 / 1.5, 2 * odds / 8
    assert made.goal == "p_eu_relief at month 24 at or above 0.6"
    assert [flip.move.parameter for flip in made.flips] == [COST, TRADE]
    assert [flip.move.share for flip in made.flips] == pytest.approx([by_cost, by_trade], abs=1e-4)
    for flip in made.flips:
        assert 0.6 <= flip.figure < 0.6001
        assert flip.finer is True
    assert made.without == (Unmet("minsk.discount", 0.5, 9),)
    joint = made.joint
    assert joint is not None
    assert joint.found
    assert joint.finer is True
    assert 0.6 <= joint.figure < 0.601
    # the plane 6 u + 4 w = log(1.5), in shares of the ranges, lies this far from the base
    assert joint.distance == pytest.approx(odds / math.hypot(6, 4), rel=1e-2)
    assert {move.parameter: move.share for move in joint.moves} == pytest.approx(
        {COST: -6 * odds / 52, TRADE: 4 * odds / 52}, rel=2e-2
    )
    json.dumps(made.to_json(), allow_nan=False)


@pytest.mark.usefixtures("closed")
def test_the_level_is_crossed_from_the_side_of_the_base(baseline) -> None:
    made = inverse(baseline, "p_eu_relief", 0.4, parameters=[COST], joint=False, **QUICK)
    check = made.basis.check
    assert check is not None
    assert (check.grid, len(check.variants), check.relative) == ("fine closed", 1, 0.0)
    assert made.goal.endswith("below 0.4")
    assert made.flips[0].move.value == pytest.approx(1.75 + math.log(1.5) / 4, abs=1e-3)
    assert made.flips[0].figure < 0.4
    assert made.joint is None


@pytest.mark.usefixtures("closed")
def test_the_nearer_of_two_crossings_counts(baseline) -> None:
    base = baseline.with_overrides({TRADE: 7.0})
    (flip,) = inverse(base, "eu_relief", 1.5, parameters=[TRADE], joint=False, **QUICK).flips
    assert flip.move.value == pytest.approx(6.5, abs=1e-3)  # not 9.5
    assert flip.move.share == pytest.approx(-0.5 / 8, abs=1e-3)


@pytest.mark.usefixtures("closed")
def test_whole_numbers_flip_at_a_whole_number(baseline) -> None:
    made = inverse(baseline, "leaders_freed", 5.0, parameters=["start.leaders"], **QUICK)
    (flip,) = made.flips
    assert (flip.move.value, flip.figure, flip.move.share) == (3.0, 9.0, 0.5)
    assert made.joint is not None
    assert not made.joint.found  # nothing that takes any value


@pytest.mark.usefixtures("closed")
def test_a_deal_becomes_the_likeliest(baseline) -> None:
    made = inverse(baseline, deal="none", parameters=["minsk.leader_cost", TRADE], **QUICK)
    (flip,) = made.flips
    assert flip.move.parameter == "minsk.leader_cost"
    assert flip.move.value == pytest.approx(2.5, abs=1e-3)
    assert made.base_figure == pytest.approx(2 / (1 + math.exp(1.2)) - 1)
    assert made.goal == "the likeliest first deal within 24 months is: none"


@pytest.mark.usefixtures("closed")
def test_wrong_questions_are_refused_in_words(baseline) -> None:
    with pytest.raises(UsageError, match="goal: found none, or two"):
        inverse(baseline, **QUICK)
    with pytest.raises(UsageError, match="goal: found none, or two"):
        inverse(baseline, "freed", 3.0, deal="none", **QUICK)
    with pytest.raises(UsageError, match=r"deal: found 'leader for contakt'.*Did you mean 'leader for contact'"):
        inverse(baseline, deal="leader for contakt", **QUICK)
    with pytest.raises(UsageError, match="the likeliest first deal already"):
        inverse(baseline, deal="leader for contact", **QUICK)


@pytest.mark.usefixtures("closed")
def test_of_several_crossings_on_one_side_the_nearest_counts(baseline) -> None:
    # sin(pi (x - 4) / 2) is at 1/2 at 5.667, 8.333 and 9.667; the base is at 7.2
    base = baseline.with_overrides({TRADE: 7.2})
    (flip,) = inverse(base, "contact", 0.5, parameters=[TRADE], joint=False, **QUICK).flips
    assert flip.move.value == pytest.approx(4 + 13 / 3, abs=1e-3)


@pytest.mark.usefixtures("closed")
def test_a_hump_between_the_first_values_is_found_and_a_narrower_one_is_not_denied(baseline) -> None:
    # the first values along the range, 4 to 12 by 1, all lie below 0.53; the hump reaches 1 at 6.4
    made = inverse(baseline, "p_punished", 0.9, parameters=[TRADE], joint=False, **QUICK)
    (flip,) = made.flips
    assert flip.move.value == pytest.approx(6.4 + 0.5 * math.sqrt(math.log(1 / 0.9)), abs=1e-3)
    blind = inverse(baseline, "p_punished", 0.9, parameters=[TRADE], joint=False, rounds=0, **QUICK)
    assert blind.flips == ()
    assert blind.without[0].looked == 9
    assert made.basis.variants < 60


@pytest.mark.usefixtures("closed")
def test_what_stays_far_from_the_level_is_looked_at_no_closer(baseline) -> None:
    made = inverse(baseline, "p_eu_relief", 3.0, parameters=[TRADE, COST], joint=False, **QUICK)
    assert {each.parameter: each.looked for each in made.without} == {TRADE: 9, COST: 9}


@pytest.mark.usefixtures("closed")
def test_two_parameters_with_the_same_grid_keep_their_own_bases(baseline) -> None:
    """Both run from 0 to 1; the nearest crossing of each is the one beside its own base."""
    # on the grid of both, so that neither adds a value of its own
    moved = [Parameter(name, 0.0, 1.0, value, "", False) for name, value in ((TRADE, 0.25), (COST, 0.75))]

    def wave(designs):
        """Met from 0.05 to 0.15, from 0.4 to 0.6 and from 0.85 to 0.95."""
        points = np.array([next(iter(design.values())) for design in designs])
        return np.min([np.abs(points - 0.1) - 0.05, np.abs(points - 0.5) - 0.1, np.abs(points - 0.9) - 0.05], axis=0)

    goal = Goal("freed", 0.0, None, 24, -1.0)
    scans = scan(wave, baseline, goal, moved, 41, 0)
    assert scans[0].x.tobytes() == scans[1].x.tobytes()
    flips, _ = singles(moved, scans, goal)
    assert {flip.move.parameter: flip.move.value for flip in flips} == pytest.approx(
        {TRADE: 0.15, COST: 0.85}, abs=1e-3
    )


@pytest.mark.usefixtures("closed")
def test_a_joint_change_is_never_longer_than_the_smallest_single_one(baseline) -> None:
    # the larger of two distances: moving the second parameter as well only makes the change longer
    made = inverse(baseline, "deal_share", 0.5, parameters=[TRADE, COST], **QUICK)
    joint = made.joint
    assert joint is not None
    assert joint.found
    assert [each.parameter for each in joint.moves] == [made.flips[0].move.parameter]
    assert joint.distance == abs(made.flips[0].move.share) == pytest.approx(0.25, abs=1e-3)
    assert joint.message == NO_SHORTER


def test_the_search_starts_from_known_answers_too() -> None:
    def gap(x):  # flat around the start: only the other place has a slope
        return np.where(x[:, 0] < 0.6, -1.0, 5 * (x[:, 0] + x[:, 1] - 1.2))

    start = np.array([0.3, 0.3])
    assert not nearest_point(gap, start).found
    found = nearest_point(gap, start, [np.array([0.95, 0.3])])
    assert found.found
    assert np.linalg.norm(found.point - start) < 0.5 < 0.65


@pytest.mark.usefixtures("closed")
def test_what_only_two_can_do_together_is_looked_for_where_both_are_at_their_best(baseline) -> None:
    """A flat start gives no slope to follow; each alone stays below the level, both together reach 0.8."""
    moved = [Parameter(name, 0.0, 1.0, 0.2, "", False) for name in (TRADE, COST)]

    def steps(designs):
        values = np.array([[design.get(TRADE, 0.2), design.get(COST, 0.2)] for design in designs])
        return 0.4 * (values > 0.6).sum(axis=1)

    goal = Goal("freed", 0.7, None, 24)
    scans = scan(steps, baseline, goal, moved, 9, 2)
    flips, without = singles(moved, scans, goal)
    assert flips == ()
    assert [each.nearest for each in without] == [0.4, 0.4]
    joint = shortest(steps, baseline, goal, strongest(moved, scans, flips), flips)
    assert joint.found
    assert joint.figure == pytest.approx(0.8)
    assert joint.distance < 0.6 * math.sqrt(2)


@pytest.mark.usefixtures("closed")
def test_parameters_of_the_computation_flip_nothing_unless_asked_for(baseline) -> None:
    made = inverse(baseline, "p_eu_relief", 0.6, joint=False, points=2, rounds=0, **QUICK)
    tried = {flip.move.parameter for flip in made.flips} | {each.parameter for each in made.without}
    assert TRADE in tried
    assert "world.prisoner_capacity" not in tried
    asked = inverse(baseline, "p_eu_relief", 0.6, parameters=["world.prisoner_capacity"], joint=False, **QUICK)
    assert asked.without[0].parameter == "world.prisoner_capacity"
