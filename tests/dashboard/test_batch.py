"""Batch: whatever lies under the root, the page shows what is sound and says what is not; nothing outside is read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import results
from dashboard.keys import Key
from dashboard.serve import ROOT_VARIABLE
from dashboard.study import BASELINE, Study
from dashboard.views import batch as page
from sim.batch.plan import plan
from sim.batch.run import run_batch
from sim.batch.store import MANIFEST, SHARDS
from sim.errors import UsageError
from sim.scenario import load, to_toml
from tests.dashboard.pages import open_view, text

GRID = "1400x24"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of two shipped scenarios and one of somebody's own."""
    folder = tmp_path_factory.mktemp("made")
    own = folder / "mine.toml"
    own.write_text('extends = "no-buyer"\nid = "mine"\ntitle = "My <b>own</b>"\n\n[minsk]\ntrade_value = 11.5\n')
    run_batch(
        plan(["baseline", "no-buyer", str(own)], grid=GRID), folder / "first", command="grand-deal batch mine.toml"
    )
    return folder / "first"


@pytest.fixture
def root(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "results" / "first")
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path / "results"))
    return tmp_path / "results"


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return read


def rewrite(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    found = manifest(folder)
    changed = change(found)
    (folder / MANIFEST).write_text(json.dumps(found if changed is None else changed))


def shard(folder: Path, number: int) -> Path:
    return folder / SHARDS / f"{manifest(folder)['scenarios'][number]['key']}.json"


def test_a_batch_is_read_back_whole(root: Path) -> None:
    assert results.folders() == ("first",)
    batch = results.opened("first")
    assert [row.id for row in batch.rows] == ["baseline", "no-buyer", "mine"]
    assert batch.problems == ()
    assert (batch.grid, batch.command) == (GRID, "grand-deal batch mine.toml")
    assert batch.rows[2].changes["minsk.trade_value"] == 11.5


def test_without_a_root_nothing_can_be_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    assert results.root() is None
    assert results.folders() == ()
    with pytest.raises(UsageError, match="results: found"):
        results.opened("first")
    assert "No folder was given" in text(open_view("batch"))
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path / "gone"))
    assert results.root() is None
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    assert "No batch here yet" in text(open_view("batch"))


@pytest.mark.parametrize("name", ["..", "../other", "/etc", "first/../../other", "first/shards", "", "second"])
def test_only_folders_from_the_list_are_opened(root: Path, made: Path, name: str) -> None:
    shutil.copytree(made, root.parent / "other")
    with pytest.raises(UsageError, match="allowed: a folder with a batch"):
        results.opened(name)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_links_out_of_the_root_are_not_followed(root: Path, made: Path) -> None:
    outside = root.parent / "outside"
    shutil.copytree(made, outside)
    (root / "link").symlink_to(outside, target_is_directory=True)
    inside = root / "manifest-link"
    shutil.copytree(made, inside)
    (inside / MANIFEST).unlink()
    (inside / MANIFEST).symlink_to(outside / MANIFEST)
    assert results.folders() == ("first",)
    # one result of a good batch is a link to a file elsewhere
    place = shard(root / "first", 0)
    place.unlink()
    place.symlink_to(shard(outside, 0))
    batch = results.opened("first")
    assert [row.id for row in batch.rows] == ["no-buyer", "mine"]
    assert "not a plain file of this batch" in batch.problems[0]
    # all results are behind a linked folder
    shutil.rmtree(root / "first" / SHARDS)
    (root / "first" / SHARDS).symlink_to(outside / SHARDS, target_is_directory=True)
    assert results.opened("first").rows == ()


def test_a_key_cannot_lead_elsewhere(root: Path, made: Path) -> None:
    key = manifest(made)["scenarios"][0]["key"]
    shutil.copytree(made, root.parent / "other")

    def escape(found: dict[str, Any]) -> None:
        found["scenarios"][0]["key"] = f"../../../other/{SHARDS}/{key}"
        found["scenarios"][1]["key"] = 7

    rewrite(root / "first", escape)
    batch = results.opened("first")
    assert [row.id for row in batch.rows] == ["mine"]
    assert ["does not say properly where" in problem for problem in batch.problems] == [True, True]


def test_a_result_is_read_once_and_again_when_it_has_changed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    before = results._slim

    def counted(folder: Path, key: str) -> Any:
        read.append(key)
        return before(folder, key)

    monkeypatch.setattr(results, "_slim", counted)
    first = results.opened("first")
    assert len(read) == 3
    assert results.opened("first") == first
    assert len(read) == 3
    place = shard(root / "first", 1)
    whole = place.read_text()
    place.write_text(whole.replace('"record"', '"rekord"', 1))  # as long as it was
    assert [row.id for row in results.opened("first").rows] == ["baseline", "mine"]
    assert len(read) == 4
    place.write_text(whole)
    assert results.opened("first") == first
    place.unlink()
    assert len(results.opened("first").rows) == 2
    assert len(read) == 5


def test_no_more_than_so_many_results_are_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_KEPT", 2)
    assert len(results.opened("first").rows) == 3
    assert len(results._read_before) == 2


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda place: place.unlink(),
    "empty": lambda place: place.write_text(""),
    "not text": lambda place: place.write_bytes(b"\xff\xfe\x00"),
    "another kind": lambda place: place.write_text("[1, 2, 3]"),
    "deep": lambda place: place.write_text("[" * 100_000),
    "changed": lambda place: place.write_text(place.read_text().replace('"record": {', '"record": {"x": 1,', 1)),
    "folder": lambda place: place.rename(place.with_suffix(".old")).with_suffix(".json").mkdir(),
    "too large": lambda place: place.write_bytes(b" " * (results.LARGEST_SHARD + 1)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_result_is_told_and_the_rest_shown(root: Path, damage: Callable[[Path], object]) -> None:
    damage(shard(root / "first", 1))
    batch = results.opened("first")
    assert [row.id for row in batch.rows] == ["baseline", "mine"]
    [problem] = batch.problems
    assert problem.startswith("no-buyer: ")
    app = open_view("batch")
    assert "1 thing is missing or damaged" in app.warning[0].value
    assert problem in text(app)
    assert "2 of 2 scenarios" in text(app)


def forged(record: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    from sim.batch.store import _checksum

    change(record["record"])
    return {**record, "checksum": _checksum(record["record"])}


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "text for a number": lambda record: record["outcomes"].update(freed=["many"] * 24),
    "too few months": lambda record: record["outcomes"].update(freed=[1.0]),
    "an outcome left out": lambda record: record["outcomes"].pop("contact"),
    "months out of order": lambda record: record.update(months=list(range(24, 0, -1))),
    "no months": lambda record: record.update(months=[]),
    "title is a list": lambda record: record.update(title=["x"]),
    "an endless number": lambda record: record["outcomes"].update(freed=[10**400] * 24),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_result_with_a_right_checksum_is_left_out(
    root: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    place = shard(root / "first", 0)
    place.write_text(json.dumps(forged(json.loads(place.read_text()), change)))
    batch = results.opened("first")
    assert [row.id for row in batch.rows] == ["no-buyer", "mine"]
    assert "damaged" in batch.problems[0]


def test_bands_of_a_batch_are_shown_where_they_are_known(root: Path) -> None:
    from sim.forecast.bands import kept_bands

    first, second, third = results.opened("first").rows
    kept = kept_bands(load("baseline"), 24)
    assert kept is not None
    assert first.result.band("freed", 24) == (kept["freed"]["p10"][23], kept["freed"]["p90"][23])
    assert second.result.bands is not None
    assert third.result.bands is None, "none are known for values of one's own"
    app = open_view("batch")
    assert not app.exception
    assert "Pale: p10 to p90 over the calibrated ensemble" in text(app)
    assert text(app).count('class="gd-over"') == 2
    table = app.dataframe[0].value
    assert sorted(bool(cell) for cell in table[page.SPREAD]) == [False, True, True]


@pytest.mark.parametrize("given", ["many", {"freed": {"p10": [1.0]}}, {"freed": "x"}, []])
def test_forged_bands_are_left_out_and_the_rest_shown(root: Path, given: Any) -> None:
    place = shard(root / "first", 0)
    place.write_text(json.dumps(forged(json.loads(place.read_text()), lambda record: record.update(bands=given))))
    batch = results.opened("first")
    assert [row.result.bands is not None for row in batch.rows if row.id != "baseline"] == [True, False]
    if "baseline" in [row.id for row in batch.rows]:
        assert batch.rows[0].result.bands is None
        assert batch.problems == ()
    else:  # the reader of results refused the whole
        assert any("baseline" in problem and "damaged" in problem for problem in batch.problems)


MANIFESTS: dict[str, Any] = {
    "not json": "{",
    "a list": "[]",
    "no scenarios": '{"schema_version": 1}',
    "another version": '{"schema_version": 99, "scenarios": []}',
    "scenarios is text": '{"schema_version": 1, "scenarios": "all"}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("written", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_damaged_manifest_is_told(root: Path, written: str) -> None:
    (root / "first" / MANIFEST).write_text(written)
    with pytest.raises(UsageError, match="first: "):
        results.opened("first")
    [error] = open_view("batch").error
    assert error.value.startswith("first: ")


def test_strange_entries_are_told_and_shown_as_text(root: Path) -> None:
    def strange(found: dict[str, Any]) -> None:
        found["scenarios"] += [None, 3, {"id": "<script>alert(1)</script>"}]
        found["failed"] = [{"source": "<i>x</i>", "error": "no such file"}, 5]

    rewrite(root / "first", strange)
    app = open_view("batch")
    assert not app.exception
    shown = "\n".join(str(html.value) for html in app.html)
    assert "<script>" not in shown
    assert "<i>x" not in shown
    assert any("no such file" in each.value for each in app.text)


def test_filters_narrow_what_is_shown(root: Path) -> None:
    app = open_view("batch")
    assert "3 of 3 scenarios" in text(app)
    assert "My &lt;b&gt;own&lt;/b&gt;" in text(app)
    app.text_input(page.FIND).set_value("trade_value").run()
    assert "1 of 3 scenarios" in text(app)
    app.text_input(page.FIND).set_value("zebra").run()
    assert "Nothing fits" in text(app)
    app.text_input(page.FIND).set_value("").run()
    [ends] = [slider for slider in app.slider if str(slider.key).startswith(page.RANGE)]
    low, high = ends.value
    ends.set_value((low + 0.5 * (high - low), high)).run()
    assert not app.exception
    assert "3 of 3 scenarios" not in text(app)
    for outcome in ("p_us_relief", "contact"):
        app.selectbox(page.OUTCOME).set_value(outcome).run()
        assert not app.exception


def test_names_of_what_differs_are_never_cut_off() -> None:
    assert page.differs([]) == "nothing"
    assert page.differs(["a.b", "c.d"]) == "a.b, c.d"
    names = [f"washington.payoff_{number}" for number in range(9)]
    assert page.differs(names) == "washington.payoff_0, washington.payoff_1 and 7 more"
    assert page.differs(["x" * 80, "y"]) == f"{'x' * 80} and 1 more"


@pytest.mark.parametrize("name", ["baseline", "no-buyer", "mine"])
def test_a_row_becomes_the_study_that_it_was_made_with(root: Path, name: str) -> None:
    row = next(row for row in results.opened("first").rows if row.id == name)
    study, note = page.study_of(row)
    assert note == ""
    assert study.resolved().hash == row.result.scenario_hash
    assert study.title == ("My <b>own</b>" if name == "mine" else "")


def test_a_row_with_values_that_do_not_fit_is_told(root: Path) -> None:
    row = results.opened("first").rows[0]
    for changes in ({"minsk.trade_value": "much"}, {"minsk.trade_value": 9.5}, {"minsk.trade_value": {"x": 1}}):
        study, note = page.study_of(results.Row(row.id, row.result, changes))
        assert note
        assert study.scenario == BASELINE
    study, note = page.study_of(results.Row(row.id, row.result, {"no.such": 3}))
    assert (study, note) == (Study(), "")


def test_a_shipped_scenario_whose_own_differences_were_undone_is_the_baseline(root: Path) -> None:
    baseline = results.opened("first").rows[0]
    study, note = page.study_of(results.Row("no-buyer", baseline.result, {}))
    assert study.scenario == "no-buyer"
    assert study.resolved().hash == load("baseline").hash
    assert note == ""


def test_a_row_is_opened_in_explore(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[Any] = []
    monkeypatch.setattr("streamlit.switch_page", went.append)
    app = open_view("batch")
    app.selectbox(page.ROW).set_value("mine").run()
    app.button(Key.BATCH.of("open")).click().run()
    assert not app.exception
    assert [each.title for each in went] == ["Explore"]
    now = app.session_state[Key.HISTORY].now
    assert now.resolved().hash == load(_saved(root)).hash


def _saved(root: Path) -> Path:
    path = root / "again.toml"
    path.write_text(to_toml(load("no-buyer", {"minsk.trade_value": 11.5})))
    return path
