"""Scenario discovery over closed forms: the assumptions that matter come out, with limits in their own units."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.analyse.discover import discover, find_boxes
from sim.analyse.space import DesignSpace
from sim.errors import GrandDealError, UsageError
from tests.analyse.conftest import CLOSED, FINE

pytestmark = pytest.mark.usefixtures("closed")
TRADE, COST, LEADERS = "minsk.trade_value", "brussels.relief_cost.1", "start.leaders"
FOUR = [TRADE, COST, LEADERS, "minsk.discount"]
QUICK = {"grid": CLOSED, "finer": FINE, "jobs": 1}


def test_limits_come_out_in_their_own_units(baseline) -> None:
    # freed at month 1 is 10 x trade_value
    made = discover(baseline, "freed", above=90, at=1, parameters=FOUR, size=400, **QUICK)
    (box,) = made.boxes
    (limit,) = box.limits
    assert (limit.parameter, limit.unit, limit.high) == (TRADE, "points a month", None)
    assert limit.low == pytest.approx(9.0, abs=0.25)
    assert (limit.range_low, limit.range_high) == (4.0, 12.0)
    assert limit.quasi_p < 1e-10
    assert limit.again == 1.0
    assert box.coverage > 0.95
    assert box.density > 0.95
    assert box.unseen_density > 0.85
    assert (made.size, made.hits) == (400, 150)  # 3 of the 8 points of the range, on a Latin hypercube
    assert made.tree["parameter"] == TRADE
    assert made.tree["threshold"] == pytest.approx(9.0, abs=0.1)
    assert made.goal == "freed at month 1 at or above 90"
    assert [step["mass"] for step in box.trail] == sorted((step["mass"] for step in box.trail), reverse=True)


def test_whole_numbers_and_below(baseline) -> None:
    made = discover(baseline, "leaders_freed", below=3, at=1, parameters=FOUR, size=300, **QUICK)
    (limit,) = made.boxes[0].limits
    assert (limit.parameter, limit.low, limit.high) == (LEADERS, None, 1.0)
    between = discover(baseline, "leaders_freed", above=3, below=5, at=1, parameters=FOUR, size=300, **QUICK)
    (limit,) = between.boxes[0].limits
    assert (limit.low, limit.high) == (2.0, 2.0)


def test_a_second_box_covers_what_the_first_left(baseline) -> None:
    # p_us_relief is 1 at both ends of trade_value: two boxes
    made = discover(baseline, "p_us_relief", above=0.5, at=1, parameters=[TRADE], size=400, boxes=3, **QUICK)
    assert len(made.boxes) == 2
    assert {(box.limits[0].low is None) for box in made.boxes} == {True, False}
    assert sum(box.coverage for box in made.boxes) > 0.9
    assert all(box.density > 0.9 for box in made.boxes)


def test_two_planted_corners(baseline) -> None:
    space = DesignSpace.of(baseline, [TRADE, COST, "minsk.discount"])
    unit = np.random.default_rng(1).random((1500, 3))
    marks = ((unit[:, 0] < 0.4) & (unit[:, 1] < 0.4)) | ((unit[:, 0] > 0.6) & (unit[:, 2] > 0.6))
    first, second = find_boxes(space.low + unit * space.span, marks, space, boxes=2)
    assert first.coverage + second.coverage > 0.85
    assert min(first.density, second.density) > 0.85
    assert {limit.parameter for box in (first, second) for limit in box.limits} == {TRADE, COST, "minsk.discount"}


def test_the_step_is_the_users_to_choose(baseline) -> None:
    asked = {"above": 90, "at": 1, "parameters": FOUR, "size": 400, **QUICK}
    made = discover(baseline, "freed", step=3, **asked)
    assert made.boxes[0].step == 3
    assert made.boxes[0].coverage == 1.0
    assert made.boxes[0].density < 0.6
    with pytest.raises(UsageError, match="step: found 999"):
        discover(baseline, "freed", step=999, **asked)


def test_failed_draws_are_left_out_and_the_record_is_json(baseline, tmp_path) -> None:
    asked = {"above": 90, "at": 1, "parameters": [TRADE, "minsk.supported_value"], "size": 200, **QUICK}
    made = discover(baseline, "freed", folder=tmp_path, **asked)
    assert made.basis.failed
    assert made.size == 200 - len(made.basis.failed)
    assert np.isnan(made.columns()["freed"]).sum() == len(made.basis.failed)
    record = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert set(record["columns"]) == {TRADE, "freed"}
    assert record["columns"]["freed"].count(None) == len(made.basis.failed)
    assert record["share"] == made.hits / made.size
    assert discover(baseline, "freed", folder=tmp_path, **asked).to_json() == made.to_json()
    assert made.table()[0]["box"] == 1


def test_too_few_draws_either_way_are_said(baseline) -> None:
    with pytest.raises(UsageError, match=r"found in 0 of 100 draws.*choose another level"):
        discover(baseline, "freed", above=1000, at=1, parameters=FOUR, size=100, **QUICK)
    with pytest.raises(GrandDealError, match=r"no draw could be computed; the first: .*refused for the test"):
        discover(
            baseline.with_overrides({"minsk.supported_value": 0.75}),
            "freed",
            above=1,
            parameters=FOUR,
            size=30,
            **QUICK,
        )


def test_wrong_questions_are_refused_in_words(baseline) -> None:
    for wrong, message in (
        ({}, "level: found none"),
        ({"above": 5, "below": 4}, "found above 5 and below 4"),
        ({"above": 5, "design": "cube"}, "design: found 'cube'"),
        ({"above": 80, "boxes": 0, "parameters": [TRADE], "at": 1}, "boxes: found 0"),
        ({"above": 5, "size": 0}, "size: found 0 points"),
        ({"above": 5, "at": 99}, "month: found 99"),
        ({"above": 5, "parameters": ["minsk.discoun"]}, "Did you mean minsk.discount"),
    ):
        with pytest.raises(UsageError, match=message):
            discover(baseline, "freed", **{"size": 50, **wrong}, **QUICK)
