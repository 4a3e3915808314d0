"""Tipping points of closed forms: all of them, or none."""

from __future__ import annotations

import json
import math

import pytest

from sim.analyse.tipping import tipping
from sim.analyse.tipping_actions import action_tipping
from sim.analyse.tipping_frontier import frontier
from sim.errors import UsageError
from tests.analyse.conftest import CLOSED, FINE

pytestmark = pytest.mark.usefixtures("closed")
TRADE, COST = "minsk.trade_value", "brussels.relief_cost.1"
QUICK = {"grid": CLOSED, "finer": FINE, "jobs": 1}


def test_one_crossing(baseline) -> None:
    made = tipping(baseline, COST, "p_eu_relief", 0.8, **QUICK)
    (crossing,) = made.scan.crossings
    # logistic(4 (1.75 - c)) = 0.8
    assert crossing.value == pytest.approx(1.75 - math.log(4) / 4, abs=1e-6)
    assert not crossing.rising
    assert made.verdict == "one crossing"
    assert made.base_value == pytest.approx(0.5)
    assert (made.parameter.low, made.parameter.high, made.unit) == (1.0, 2.5, "probability")


def test_three_crossings_are_three_and_none_is_none(baseline) -> None:
    made = tipping(baseline, TRADE, "contact", 0.2, **QUICK)
    # sin(pi (x - 4) / 2) = 0.2 on 4 .. 12: two full waves
    first = 2 / math.pi * math.asin(0.2)
    expected = [4 + first, 6 - first, 8 + first, 10 - first]
    assert [crossing.value for crossing in made.scan.crossings] == pytest.approx(expected, abs=1e-5)
    assert made.verdict == "not monotone: four crossings"
    none = tipping(baseline, TRADE, "contact", 1.5, **QUICK)
    assert none.scan.crossings == ()
    assert none.verdict == "none: contact is below 1.5 at all 17 values of minsk.trade_value looked at, from 4 to 12"
    assert "is at or above -1.5" in tipping(baseline, TRADE, "contact", -1.5, **QUICK).verdict


def test_a_narrow_dip_between_two_points_is_seen(baseline) -> None:
    made = tipping(baseline, TRADE, "p_us_relief", 1e-3, limits=(4.1, 12), points=5, **QUICK)
    gap = math.sqrt(16e-3)
    assert [crossing.value for crossing in made.scan.crossings] == pytest.approx([8 - gap, 8 + gap], abs=1e-5)


def test_a_leap_is_said(baseline) -> None:
    (crossing,) = tipping(baseline, TRADE, "us_relief", 0.5, **QUICK).scan.crossings
    assert crossing.jump
    assert crossing.value == pytest.approx(7.3, abs=1e-5)


def test_both_sides_of_a_crossing_are_asked_on_the_finer_grid(baseline) -> None:
    # 24 months of 10 x, and on the finer grid 24 persons more: the crossing lies at 0.1 less there
    there = tipping(baseline, TRADE, "freed", 240 * 8.3, **QUICK)
    (crossing,) = there.scan.crossings
    assert (crossing.value, crossing.finer) == (pytest.approx(8.3), True)
    assert there.other_side == ()
    gone = tipping(baseline, TRADE, "freed", 240 * 4.05, **QUICK)
    (crossing,) = gone.scan.crossings
    assert (crossing.value, crossing.finer) == (pytest.approx(4.05), False)
    assert gone.other_side == (4.0,)
    assert gone.to_json()["crossings"][0]["finer"] is False
    unseen = tipping(baseline, TRADE, "freed", 240 * 12.05, **QUICK)
    assert unseen.scan.crossings == ()
    assert unseen.other_side == (12.0,)
    check = gone.basis.check
    assert check is not None
    assert len(check.variants) == len(set(check.variants)) >= 4  # both sides and both ends
    assert check.rows[0]["difference"] == pytest.approx(24)
    unchecked = tipping(baseline, TRADE, "freed", 240 * 4.05, **{**QUICK, "check": 0})
    assert (unchecked.scan.crossings[0].finer, unchecked.basis.check) == (None, None)


def test_of_several_crossings_each_has_its_own_sides(baseline) -> None:
    made = tipping(baseline, TRADE, "contact", 0.2, **QUICK)
    assert [crossing.finer for crossing in made.scan.crossings] == [True] * 4


def test_whole_numbers_tip_between_neighbours(baseline) -> None:
    made = tipping(baseline, "start.leaders", "leaders_freed", 5.0, **QUICK)
    (crossing,) = made.scan.crossings
    assert (crossing.below, crossing.above, crossing.rising) == (2.0, 3.0, True)
    assert made.scan.x.tolist() == [1.0, 2.0, 3.0]


def test_the_record_is_json_and_says_what_failed(baseline) -> None:
    made = tipping(baseline, "minsk.supported_value", "freed", 5.0, at=2, **QUICK)
    record = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert record["scan"]["outcome"][-1] is None
    assert record["failed"]
    assert record["verdict"].startswith("none")
    assert record["check"]["grid"] == "fine closed"


def test_where_a_capital_changes_its_mind(baseline) -> None:
    made = action_tipping(baseline, "minsk.crackdown_cost", "minsk", **QUICK)
    (switch,) = made.switches
    assert (switch.before, switch.behind) == ("crack down", "hold")
    assert switch.value == pytest.approx(0.8, abs=2e-5)
    assert made.base_action == "hold"
    assert made.verdict == "one change"
    assert made.points[0]["action"] == "crack down"
    assert made.points[0]["probability"] == pytest.approx(1 / (1 + math.exp(-3)))
    json.dumps(made.to_json(), allow_nan=False)


def test_a_change_of_mind_says_whether_the_finer_grid_has_it(baseline) -> None:
    cost = "minsk.crackdown_cost"
    (there,) = action_tipping(baseline, cost, "minsk", **QUICK).switches
    assert there.finer is True
    made = action_tipping(baseline, cost, "eu-table", "brussels", **QUICK)
    (gone,) = made.switches
    assert (gone.value, gone.finer) == (pytest.approx(0.8, abs=2e-5), False)
    assert set(made.other_action.values()) == {"no offer"}
    assert all(0.8 < value < 0.95 for value in made.other_action)
    assert len(made.checked) >= 4
    unchecked = action_tipping(baseline, cost, "minsk", **{**QUICK, "check": 0})
    assert (unchecked.switches[0].finer, unchecked.checked) == (None, ())


def test_a_proposer_is_named_at_a_table_and_what_it_proposes_counts(baseline) -> None:
    cost = "minsk.crackdown_cost"
    made = action_tipping(baseline, cost, "eu-table", "brussels", **QUICK)
    assert [(switch.before, switch.behind) for switch in made.switches] == [("no offer", "relief")]
    steady = action_tipping(baseline, cost, "eu-table", "minsk", **QUICK)
    assert steady.switches == ()
    assert steady.verdict == "none: leader is the likeliest for minsk at eu-table at all 17 values looked at"
    with pytest.raises(UsageError, match="proposer at eu-table: found none; allowed: minsk, brussels"):
        action_tipping(baseline, cost, "eu-table", **QUICK)
    with pytest.raises(UsageError, match=r"turn: found 'eu-tabel'.*Did you mean eu-table"):
        action_tipping(baseline, cost, "eu-tabel", **QUICK)


def test_a_frontier_follows_the_level_curve(baseline) -> None:
    made = frontier(baseline, COST, TRADE, "p_eu_relief", 0.5, points=5, limits=((1.0, 2.5), (4, 12)), **QUICK)
    # 4 (1.75 - c) + 0.5 (v - 8) = 0
    assert [row["over"] for row in made.rows] == [4, 6, 8, 10, 12]
    for row in made.rows:
        expected = 1.75 + (row["over"] - 8) / 8
        assert row["crossings"] == pytest.approx([expected] if 1.0 <= expected <= 2.5 else [], abs=1e-6)
    assert made.verdict == "crossed at 5 of 5 values of minsk.trade_value"
    assert made.table()[2] == {TRADE: 8.0, COST: pytest.approx(1.75)}
    assert frontier(baseline, COST, TRADE, "p_eu_relief", 1.5, points=3, **QUICK).verdict.startswith("none")
    json.dumps(made.to_json(), allow_nan=False)


def test_wrong_questions_are_refused_in_words(baseline) -> None:
    for wrong, message in (
        ({"parameter": "brussels.relief_cost"}, "found a section"),
        ({"outcome": "p_eu"}, "outcome: found 'p_eu'"),
        ({"at": 0}, "month: found 0"),
        ({"level": math.nan}, "level: found nan; allowed: a number, in probability"),
        ({"limits": (2.0, 1.0)}, "the lower end first"),
        ({"points": 1}, "points: found 1"),
    ):
        asked = {"parameter": COST, "outcome": "p_eu_relief", "level": 0.5, **wrong}
        with pytest.raises(UsageError, match=message):
            tipping(baseline, asked.pop("parameter"), asked.pop("outcome"), asked.pop("level"), **QUICK, **asked)
    with pytest.raises(UsageError, match="twice"):
        frontier(baseline, COST, COST, "p_eu_relief", 0.5, **QUICK)
    with pytest.raises(UsageError, match=r"from 0.5 to 0.99; allowed beside the other values: 0.5 to 0.97"):
        tipping(baseline, "world.talks.active_to_stalled", "freed", 1.0, limits=(0.5, 0.99), **QUICK)
