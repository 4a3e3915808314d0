"""What ships: every scenario loads and says what it asks; every number has unit, range and source."""

from __future__ import annotations

import tomllib

import pytest

from sim.errors import ScenarioError
from sim.scenario import catalogue, load, parameter_info, resolve, setting_info, warnings_for
from sim.scenario.layers import ASSUMPTION, Problems, layer_of
from sim.scenario.leaves import leaves
from sim.scenario.resources import scenario_ids, scenario_text

EXPECTED = {
    "baseline",
    "brussels-follows",
    "brussels-holds-out",
    "brussels-when-pressed",
    "gestures-only",
    "kremlin-punishes",
    "kremlin-approves",
    "talks-advance",
    "talks-settle",
    "talks-collapse",
    "local-wins-washington",
    "desperate-washington",
    "moralising-washington",
    "mass-release",
    "drip-release",
    "revolving-door",
    "no-buyer",
    "grand-deal-summit",
    "january-2025",
}


def test_exactly_these_ship_and_the_baseline_comes_first() -> None:
    assert set(scenario_ids()) == EXPECTED
    assert [entry.id for entry in catalogue()] == list(scenario_ids())
    assert scenario_ids()[0] == "baseline"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_shipped_scenario_says_what_it_asks(name: str) -> None:
    scenario = load(name)
    assert scenario.id == name
    assert scenario.title
    assert scenario.question.endswith("?")
    assert scenario.paragraphs
    entry = next(entry for entry in catalogue() if entry.id == name)
    assert (entry.title, entry.question, entry.paragraphs) == (scenario.title, scenario.question, scenario.paragraphs)


@pytest.mark.parametrize("name", sorted(EXPECTED - {"baseline"}))
def test_a_shipped_scenario_is_short_and_says_why(name: str) -> None:
    text = scenario_text(name)
    tree = tomllib.loads(text)
    changed = load(name).changed(load("baseline"))
    assert tree["extends"] == "baseline"
    assert changed
    assert "\n# " in text
    assert len(text.splitlines()) < 35
    given = layer_of(tree, name, Problems())
    assert given is not None
    assert {key for key in given.values if key in leaves()} - {"start.talks"} <= set(changed), "a value not changed"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_values_leave_their_plausible_range_only_where_the_file_says_so(name: str) -> None:
    if warnings_for(load(name)):
        assert "outside" in scenario_text(name)
    else:
        assert "outside" not in scenario_text(name)


def test_what_some_scenarios_are_about() -> None:
    assert load("gestures-only").menu.us_relief == load("gestures-only").menu.eu_relief == ()
    assert load("gestures-only").menu.contact
    buyer = load("no-buyer").parameters()
    valued = ("credit", "show_value", "geopolitical_value", "held_cost")
    assert {buyer[key] for key in buyer if key.startswith(("washington.", "brussels.")) and key.endswith(valued)} == {
        0.0
    }
    assert load("grand-deal-summit").menu.summit
    start = load("january-2025").start
    assert (start.contact, start.leaders, start.talks) == ("isolated", 3, "stalled")
    collapse = load("talks-collapse")
    assert (collapse.start.talks, collapse.world.talks.stalled_to_active) == ("active", 0.0)


# --- ranges and sources -----------------------------------------------------------------------------------------------


def test_every_number_has_unit_range_and_source() -> None:
    infos = parameter_info()
    assert list(infos) == [name for name, leaf in leaves().items() if leaf.numeric]
    assert [info.name for info in infos.values() if not (info.meaning and info.unit and info.allowed)] == []
    assert [name for name, info in infos.items() if _unbacked(info.source, info.reason)] == []


def test_every_setting_has_a_source() -> None:
    infos = setting_info()
    assert set(infos) | set(parameter_info()) == set(leaves())
    assert [name for name, info in infos.items() if _unbacked(info.source, info.reason)] == []


@pytest.mark.parametrize(
    ("source", "reason"), [("", ""), (ASSUMPTION, ""), ("no-such-passage", "because"), ("trade-needs-bot", "")]
)
def test_a_source_that_does_not_resolve_is_noticed(source: str, reason: str) -> None:
    assert _unbacked(source, reason)


def _unbacked(source: str, reason: str) -> bool:
    if source == ASSUMPTION:
        return not reason
    try:
        return not resolve(source).paragraphs
    except ScenarioError:
        return True


def test_a_sabotaged_baseline_is_noticed_on_reading() -> None:
    good, bad = Problems(), Problems()
    text = scenario_text("baseline")
    layer_of(tomllib.loads(text), "baseline", good)
    layer_of(tomllib.loads(text.replace('"trade-needs-both"', '"trade-needs-none"', 1)), "baseline", bad)
    assert not good
    assert [problem.key for problem in bad.error().problems] == ["minsk.trade_value.source"]


def test_the_baseline_lies_within_every_range_and_says_by_which_rule() -> None:
    for info in parameter_info().values():
        assert info.low <= info.value <= info.high, info.name
    assert warnings_for(load("baseline")) == ()
    assert load("baseline").note.startswith("By rule")


def test_every_number_carries_its_range_in_the_file() -> None:
    layer = layer_of(tomllib.loads(scenario_text("baseline")), "baseline", Problems())
    assert layer is not None
    assert [name for name in parameter_info() if layer.annotations[name].range is None] == []


def test_every_range_lies_within_the_hard_limits() -> None:
    baseline = load("baseline")
    for info in parameter_info().values():
        if info.name.startswith("menu.recognition."):
            continue  # bound to the other shares of its table
        for value in (info.low, info.high):
            assert baseline.with_overrides({info.name: value}).get(info.name) == value


def test_values_outside_their_range_are_said() -> None:
    scenario = load("baseline", {"minsk.trade_value": 20, "start.us_relief": 1})
    assert [str(warning) for warning in warnings_for(scenario)] == [
        "minsk.trade_value is 20; plausible is 4 to 12 (points a month)",
        "start.us_relief is 1; plausible is 0 (steps of 3)",
    ]
