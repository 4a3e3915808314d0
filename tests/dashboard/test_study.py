"""What is looked at, its link, and the way back, as laws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dashboard import study as studies
from dashboard.components import sharing
from dashboard.study import BASELINE, MONTHS, History, Study, balanced, from_link, names, of_scenario, own, to_link
from sim.errors import ScenarioError
from sim.scenario import catalogue, load, parameter_info, setting_info, to_toml

IDS = [entry.id for entry in catalogue()]
CHANCES = [name for name in names() if name.startswith("menu.recognition.")]
# values that are allowed alone and together, for every kind of setting
SETTINGS: dict[str, some.SearchStrategy[Any]] = {
    "start.talks": some.sampled_from(["stalled", "active", "settled"]),
    "start.contact": some.sampled_from(["isolated", "envoys", "embassy"]),
    "menu.prisoners": some.lists(some.integers(1, 5000), unique=True, max_size=12).map(sorted).map(tuple),
    "menu.us_relief": some.sets(some.integers(1, 3)).map(sorted).map(tuple),
    "menu.eu_relief": some.sets(some.integers(1, 2)).map(sorted).map(tuple),
    **{f"menu.{name}": some.booleans() for name in ("leaders", "contact", "pressing", "summit")},
}


@some.composite
def values(draw: some.DrawFn, name: str) -> Any:
    """A value of one parameter or setting."""
    if name in SETTINGS:
        return draw(SETTINGS[name])
    info = parameter_info()[name]
    if isinstance(load(BASELINE).get(name), int):
        return draw(some.integers(math.ceil(info.low), math.floor(info.high)))
    if name.endswith(".rationality") and draw(some.booleans()):
        return math.inf
    return draw(some.floats(info.low, info.high))


@some.composite
def a_study(draw: some.DrawFn) -> Study:
    """A study as a session can reach it."""
    chosen = Study(draw(some.sampled_from(IDS)), title=draw(some.sampled_from(["", "Mine", "a: b & c=d #1 ü"])))
    # chances at one table depend on each other, and the stock on the capacity: they have tests of their own
    free = [n for n in names() if n not in CHANCES and n not in ("start.prisoners", "world.prisoner_capacity")]
    for name in draw(some.lists(some.sampled_from(free), max_size=6, unique=True)):
        chosen = chosen.with_changes({name: draw(values(name))})
    if draw(some.booleans()):
        name = draw(some.sampled_from(CHANCES))
        share = draw(some.integers(0, 1000)) / 1000
        chosen = chosen.with_changes(balanced(chosen.resolved(), name, share))
    return chosen


def through_an_address(link: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What a browser makes of it."""
    return parse_qs(urlencode(link, doseq=True), keep_blank_values=True)


def test_every_setting_is_drawn() -> None:
    assert set(SETTINGS) == set(setting_info())


@given(a_study(), some.none() | a_study(), some.sampled_from(MONTHS))
def test_a_link_brings_back_the_study_and_all_beside_it(study: Study, pinned: Study | None, month: int) -> None:
    read = from_link(through_an_address(to_link(study, pinned, month)))
    assert read == studies.Read(study, pinned, month, ())
    assert read.study.resolved().hash == study.resolved().hash


@given(a_study())
def test_changes_are_what_differs_from_the_shipped_scenario(study: Study) -> None:
    shipped = load(study.scenario)
    resolved = study.resolved()
    assert dict(study.changes) == {name: mine for name, (mine, _) in resolved.changed(shipped).items()}
    back = study.with_changes({name: shipped.get(name) for name, _ in study.changes})
    assert back == Study(study.scenario, (), study.title)


@given(a_study())
def test_a_saved_file_opens_as_the_same_scenario(study: Study) -> None:
    from dashboard.components.sharing import opened

    again = opened("mine.toml", to_toml(study.resolved()).encode())
    assert again.resolved().hash == study.resolved().hash
    assert again == of_scenario(study.resolved())


JUNK = some.text(max_size=30)
NAMES = (
    some.sampled_from([*names(), "minsk", "minsk.nothing", "title", "__class__", "", "../etc", "world.talks"]) | JUNK
)
TEXTS = (
    some.sampled_from(["1", "-1", "1e999", "nan", "inf", "true", "[1,2]", "{a=1}", "", "9" * 120, "0.5", "'"]) | JUNK
)
PAIRS = some.builds(lambda name, text: f"{name}:{text}", NAMES, TEXTS) | JUNK
PARTS = {
    "v": some.lists(JUNK, max_size=2),
    "scenario": some.lists(some.sampled_from(IDS) | JUNK, max_size=2),
    "set": some.lists(PAIRS, max_size=8),
    "title": some.lists(JUNK, max_size=2),
    "month": some.lists(some.sampled_from(["6", "24", "7", "-1"]) | JUNK, max_size=2),
    "b-scenario": some.lists(some.sampled_from(IDS) | JUNK, max_size=2),
    "b-set": some.lists(PAIRS, max_size=4),
}


@given(some.fixed_dictionaries({}, optional=PARTS), some.dictionaries(JUNK, some.lists(JUNK, max_size=2), max_size=2))
def test_junk_in_a_link_is_told_and_left_out(query: dict[str, list[str]], foreign: dict[str, list[str]]) -> None:
    read = from_link({**foreign, **query})
    read.study.resolved()  # whatever came in, what is looked at can be computed
    if read.pinned is not None:
        read.pinned.resolved()
    assert read.month in MONTHS
    assert all(len(sentence) < 400 and sentence.isprintable() for sentence in read.refused)
    assert from_link(to_link(read.study, read.pinned, read.month)).refused == ()


def test_every_bad_value_is_told_and_the_good_ones_stay() -> None:
    pairs = ["minsk.trade_value:11", "minsk.trade_valu:3", "minsk.release_cost:cheap", "world.contact_fade:2", "junk"]
    read = from_link({"v": ["9"], "scenario": ["no-such"], "set": pairs, "month": ["7"]})
    assert read.study == Study(BASELINE, (("minsk.trade_value", 11.0),))
    told = "\n".join(read.refused)
    for name in ("'9'", "no-such", "minsk.trade_valu", "minsk.release_cost", "world.contact_fade", "junk", "'7'"):
        assert name in told
    assert "0 to 1" in told  # what is allowed


def test_a_link_with_too_many_changes_is_cut() -> None:
    read = from_link({"set": [f"minsk.trade_value:{number}" for number in range(1, 1000)]})
    assert read.study == Study(BASELINE, (("minsk.trade_value", float(studies.LONGEST_LINK)),))
    assert "999 changes" in read.refused[0]


def test_a_plain_baseline_needs_no_link() -> None:
    assert from_link({}) == from_link({"utm_source": ["mail"]}) == studies.Read()
    assert own({"utm_source": ["mail"], "v": ["1"]}) == {"v": ["1"]}


@given(some.sampled_from(CHANCES), some.lists(some.integers(0, 10_000), min_size=1, max_size=4))
def test_chances_to_make_the_offer_always_add_up(name: str, moves: list[int]) -> None:
    study = Study()
    for move in moves:
        changes = balanced(study.resolved(), name, move / 10_000)
        assert changes[name] == move / 10_000
        assert math.isclose(sum(changes.values()), 1.0, abs_tol=1e-9)
        study = study.with_changes(changes)
        assert study.resolved().get(name) == move / 10_000


def test_others_at_a_table_keep_their_proportions() -> None:
    halved = load(BASELINE, {"menu.recognition.summit": {"minsk": 0.2, "washington": 0.6, "brussels": 0.2}})
    changes = balanced(halved, "menu.recognition.summit.minsk", 0.6)
    assert changes["menu.recognition.summit.washington"] == pytest.approx(0.3)
    assert changes["menu.recognition.summit.brussels"] == pytest.approx(0.1)


def test_values_are_typed_as_in_a_file() -> None:
    typed = {"minsk.trade_value": "11", "moscow.rationality": "inf", "menu.prisoners": "2, 13", "menu.summit": "true"}
    study = Study().entered(typed)
    assert study.overrides == {
        "minsk.trade_value": 11.0,
        "moscow.rationality": math.inf,
        "menu.prisoners": (2, 13),
        "menu.summit": True,
    }
    with pytest.raises(ScenarioError, match=r"minsk\.trade_value"):
        study.entered({"minsk.trade_value": "a lot"})


class Walk(RuleBasedStateMachine):
    """Undo and redo against the plain list of what was visited."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.visited = [Study()]
        self.at = 0

    @rule(value=some.integers(4, 12))
    def step(self, value: int) -> None:
        study = Study(BASELINE, (("minsk.trade_value", float(value)),))
        self.history = self.history.step(study)
        if study != self.visited[self.at]:
            self.visited = [*self.visited[: self.at + 1], study]
            self.at += 1

    @rule()
    def undo(self) -> None:
        self.history = self.history.undo()
        self.at = max(0, self.at - 1)

    @rule()
    def redo(self) -> None:
        self.history = self.history.redo()
        self.at = min(len(self.visited) - 1, self.at + 1)

    @invariant()
    def same(self) -> None:
        assert self.history.now == self.visited[self.at]
        assert self.history.can_undo == (self.at > 0)
        assert self.history.can_redo == (self.at < len(self.visited) - 1)


TestWalk = Walk.TestCase


def test_old_steps_are_forgotten() -> None:
    history = History()
    for number in range(studies.KEPT_STEPS + 50):
        history = history.step(Study(BASELINE, (("minsk.trade_value", 4 + number / 100),)))
    assert len(history.steps) == studies.KEPT_STEPS
    assert history.now == Study(BASELINE, (("minsk.trade_value", 4 + (studies.KEPT_STEPS + 49) / 100),))


def test_an_older_link_is_brought_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say a parameter was called otherwise two versions ago, and the month stood elsewhere one version ago."""

    def renamed(query: studies.Query) -> studies.Query:
        return {**query, "set": [text.replace("minsk.trade:", "minsk.trade_value:") for text in query.get("set", ())]}

    def moved(query: studies.Query) -> studies.Query:
        return {**query, "month": query.get("at", ())}

    monkeypatch.setattr(studies, "LINK_VERSION", 3)
    monkeypatch.setattr(studies, "MIGRATIONS", {1: renamed, 2: moved})
    monkeypatch.setattr(studies, "_NAMES", studies._NAMES | {"at"})
    read = from_link({"v": ["1"], "scenario": ["no-buyer"], "set": ["minsk.trade:11.0"], "at": ["6"]})
    assert read.refused == ()
    assert (read.study.scenario, read.study.overrides, read.month) == ("no-buyer", {"minsk.trade_value": 11.0}, 6)
    # only the steps that are needed
    read = from_link({"v": ["2"], "scenario": ["no-buyer"], "set": ["minsk.trade:11.0"], "at": ["6"]})
    assert (read.month, len(read.refused)) == (6, 1)
    assert "minsk.trade'" in read.refused[0]


@pytest.mark.parametrize("version", ["0", "2", "99999999999999999999", "-1", "x", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_link_of_an_unknown_version_is_read_as_far_as_it_goes(version: str) -> None:
    read = from_link({"v": [version], "scenario": ["no-buyer"], "set": ["minsk.trade_value:11.0"]})
    assert read.study == Study("no-buyer", (("minsk.trade_value", 11.0),))
    assert len(read.refused) == 1
    assert "reads version 1" in read.refused[0]


def test_a_misspelt_name_in_a_link_is_answered_with_the_name_that_was_meant() -> None:
    """The hint of the refusal reaches the reader, not only what was found and what is allowed."""
    read = from_link({"v": ["1"], "set": ["minsk.trade_valu:1.0"]})
    assert len(read.refused) == 1
    assert "Did you mean minsk.trade_value?" in read.refused[0]


def test_a_file_keeps_its_id_title_and_question_through_link_and_file() -> None:
    text = 'extends = "no-buyer"\nid = "my-case"\ntitle = "Mine"\nquestion = "What if?"\n[minsk]\ntrade_value = 11.0\n'
    opened = sharing.opened("my-case.toml", text.encode())
    resolved = opened.resolved()
    assert (resolved.id, resolved.title, resolved.question) == ("my-case", "Mine", "What if?")
    assert from_link(to_link(opened)).study == opened
    again = sharing.opened("saved.toml", to_toml(resolved).encode())
    assert again == opened
    assert to_toml(resolved).startswith("schema_version = 1\n")


def test_an_id_in_a_link_is_refused_unless_it_could_be_one() -> None:
    read = from_link({"scenario": ["baseline"], "name": ["../etc/passwd"]})
    assert read.study.name == ""
    assert "allowed: small letters, digits and hyphens" in read.refused[0]


def test_only_what_does_not_fit_is_left_out_of_a_link() -> None:
    """Chances at a table must sum to one; the other changes are taken."""
    table = next(name for name in studies.names() if name.startswith("menu.recognition."))
    read = from_link({"scenario": ["baseline"], "set": ["minsk.trade_value:11.0", f"{table}:0.9"]})
    assert read.study == Study(BASELINE, (("minsk.trade_value", 11.0),))
    assert any(table in sentence for sentence in read.refused)
