"""The one-call forecast: its record, its JSON object, and what it refuses."""

import json
import math

import numpy as np
import pytest

import sim
from sim.errors import GameError, ScenarioError, UsageError
from sim.forecast import OUTCOME_LABELS, OUTCOME_UNITS, Result, forecast, solved
from sim.model import PLAYERS

KEYS = [
    *("schema_version", "scenario", "scenario_hash", "versions", "grid", "seed", "rationality", "months"),
    *("outcomes", "bands", "payoffs", "payoffs_total", "now"),
]
OUTCOMES = [
    *("freed", "leaders_freed", "arrested", "p_punished", "p_grand_deal", "prisoners", "us_relief", "eu_relief"),
    *("contact", "p_us_relief", "p_eu_relief", "deal_share"),
]


@pytest.fixture(scope="module")
def result() -> Result:
    return sim.run("baseline", grid="fast")


def test_json_object_has_the_promised_keys_and_shapes(result: Result) -> None:
    found = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert list(found) == KEYS
    assert found["months"] == list(range(1, 25))
    assert sorted(found["outcomes"]) == sorted(OUTCOMES) == sorted(OUTCOME_LABELS) == sorted(OUTCOME_UNITS)
    assert all(len(values) == 24 for values in found["outcomes"].values())
    assert list(found["bands"]) == list(found["outcomes"])  # the baseline's ship
    assert all(set(rows) == {"p10", "p50", "p90"} for rows in found["bands"].values())
    assert list(found["payoffs"]) == list(found["payoffs_total"]) == list(found["rationality"]) == list(PLAYERS)
    assert list(found["now"]) == ["us-table", "eu-table", "minsk", "washington", "brussels", "moscow"]
    assert set(found["now"]["moscow"][0]) == {"proposer", "action", "proposed", "accepted", "probability"}


def test_record_comes_back_whole(result: Result) -> None:
    assert Result.from_record(json.loads(json.dumps(result.to_record()))) == result


def test_infinite_rationality_is_written_as_a_word() -> None:
    sharp = sim.run("baseline", grid="fast", rationality=math.inf)
    found = json.loads(json.dumps(sharp.to_json(), allow_nan=False))
    assert set(found["rationality"].values()) == {"inf"}
    assert Result.from_record(sharp.to_record()) == sharp


def test_what_each_capital_would_do_now_is_a_probability(result: Result) -> None:
    for turn, options in result.now.items():
        assert math.isclose(sum(option.proposed for option in options), 1.0, rel_tol=1e-9), turn
        for option in options:
            assert math.isclose(option.probability, option.proposed * option.accepted, rel_tol=1e-9, abs_tol=1e-15)
            assert 0.0 <= option.accepted <= 1.0


def test_now_is_what_the_first_month_does_where_nothing_comes_before(result: Result) -> None:
    """From the start with nothing done yet, the options at a table are the policy of the first month there."""
    model, solution = solved("baseline", grid="fast")
    k = model.game.turn_index("us-table")
    state = int(np.flatnonzero(model.start)[0])
    made = solution.chances(0, k, [state])[0]
    by_label = dict.fromkeys(model.game.turns[k].packages, 0.0)
    for option in result.now["us-table"]:
        by_label[option.action] += option.probability
    for label, chance in zip(model.game.turns[k].packages[1:], made[1:], strict=True):
        assert math.isclose(by_label[label], chance, rel_tol=1e-9, abs_tol=1e-15)


def test_outcomes_hang_together(result: Result) -> None:
    found = {name: np.array(values) for name, values in result.outcomes.items()}
    for name in ("freed", "leaders_freed", "arrested", "p_punished", "p_grand_deal"):
        assert (np.diff(found[name]) >= -1e-12).all(), f"{name} is cumulative"
    for name in ("p_punished", "p_grand_deal", "p_us_relief", "p_eu_relief", "deal_share"):
        assert ((found[name] >= 0) & (found[name] <= 1)).all(), name
    assert (found["p_us_relief"] <= found["us_relief"] + 1e-12).all()
    assert math.isclose(sum(result.first_deals.values()), 1.0, abs_tol=1e-9)
    for month, row in enumerate(result.stock["probability"]):
        assert math.isclose(sum(row), 1.0, abs_tol=1e-9)
        assert math.isclose(float(np.dot(row, result.stock["levels"])), found["prisoners"][month], rel_tol=1e-9)
    low, middle, high = (np.array(result.quantiles[name]) for name in ("p10", "p50", "p90"))
    assert ((low <= middle) & (middle <= high)).all()


def test_payoffs_of_the_months_and_what_follows_make_the_total(result: Result) -> None:
    model, solution = solved("baseline", grid="fast")
    after = forecast(model, solution, 24).boundary[24] @ solution.boundary[24]
    for i, player in enumerate(PLAYERS):
        total = result.payoffs[player] + model.game.discount[i] ** 24 * after[i]
        assert math.isclose(total, result.payoffs_total[player], rel_tol=1e-9, abs_tol=1e-9)


def test_same_numbers_for_any_number_of_threads() -> None:
    assert sim.run("baseline", grid="fast", threads=1) == sim.run("baseline", grid="fast", threads=2)


def test_overrides_change_the_answer_and_the_hash(result: Result) -> None:
    other = sim.run("baseline", {"minsk.contact_value.envoys": 0.3}, grid="fast")
    assert other.scenario_hash != result.scenario_hash
    assert other.at("freed", 12) != result.at("freed", 12)


def test_representation_says_what_it_is(result: Result) -> None:
    text = repr(result)
    assert "baseline" in text
    assert "predicts nothing" in text
    assert all(label in text for label in OUTCOME_LABELS.values())


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"months": 0}, UsageError),
        ({"months": 1000}, UsageError),
        ({"seed": -1}, UsageError),
        ({"grid": "huge"}, GameError),
        ({"rationality": -1.0}, GameError),
        ({"rationality": float("nan")}, GameError),
        ({"overrides": {"minsk.trade_valu": 1}}, ScenarioError),
        ({"overrides": {"minsk.trade_value": "much"}}, ScenarioError),
    ],
)
def test_what_does_not_make_sense_is_refused(arguments: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        sim.run("baseline", **{"grid": "fast", **arguments})


def test_a_story_tells_the_deals_own_numbers() -> None:
    text = sim.stories("baseline", grid="fast", seed=3, count=2)
    assert len(text) == 2
    assert text[0].startswith("Start: about 1120 people and 2 senior leaders held")
    assert "Month" in text[0]
    assert "freed in all" in text[0]
