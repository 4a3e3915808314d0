"""Working a plan through in one process: reuse, failures, interruptions. The forecast is a stand-in here."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.batch import Event, plan, read_results, run_batch
from sim.batch.tables import NAMES
from sim.errors import GrandDealError, UsageError
from sim.forecast.result import Result
from tests.batch.samples import page, some

IDS = ("baseline", "no-buyer", "mass-release")


class Forecast:
    """Stands in for `sim.forecast.run`: answers with synthetic results, counts its calls, fails where told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.errors: dict[str, BaseException] = {}

    def __call__(self, scenario, *, grid: str, seed: int, rationality: float | None, threads: int | None) -> Result:
        self.calls.append(scenario.id)
        if scenario.id in self.errors:
            raise self.errors[scenario.id]
        (result,) = some(scenario.id)
        return dataclasses.replace(result, grid=grid, seed=seed, scenario_hash=scenario.hash)


@pytest.fixture
def forecast(monkeypatch: pytest.MonkeyPatch) -> Forecast:
    stand_in = Forecast()
    monkeypatch.setattr("sim.forecast.run", stand_in)
    monkeypatch.setattr("sim.report.render", page)
    return stand_in


def files(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in NAMES}


def test_writes_the_folder(tmp_path: Path, forecast: Forecast) -> None:
    done = run_batch(plan(IDS, {"minsk.trade_value": 11}, "fast", 3), tmp_path, command="grand-deal batch")
    assert [result.scenario for result in done.results] == list(IDS)
    assert {path.name for path in tmp_path.iterdir()} == {
        *NAMES,
        "manifest.json",
        "report.html",
        "shards",
        ".grand-deal",
    }
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest == done.manifest
    assert manifest["command"] == "grand-deal batch"
    assert (manifest["grid"], manifest["seed"], manifest["rationality"]) == ("fast", 3, None)
    assert manifest["overrides"] == {"minsk.trade_value": 11}
    assert [entry["id"] for entry in manifest["scenarios"]] == list(IDS)
    assert manifest["scenarios"][0]["changes"]["minsk.trade_value"][0] == 11
    assert not any(entry["reused"] for entry in manifest["scenarios"])
    assert {"python", "numpy", "numba"} <= set(manifest["versions"])
    assert set(manifest["timings"]) == {"compute_seconds", "tables_seconds", "report_seconds"}
    assert (tmp_path / "report.html").read_text() == page(done.results, manifest)
    assert read_results(tmp_path) == (done.results, manifest)


def test_a_second_run_computes_nothing(tmp_path: Path, forecast: Forecast) -> None:
    run_batch(plan(IDS), tmp_path)
    before, forecast.calls = files(tmp_path), []
    done = run_batch(plan(IDS), tmp_path)
    assert forecast.calls == []
    assert done.reused == 3
    assert all(entry["reused"] for entry in done.manifest["scenarios"])
    assert files(tmp_path) == before


def test_a_change_computes_only_what_it_touches(tmp_path: Path, forecast: Forecast) -> None:
    run_batch(plan(IDS[:2]), tmp_path)
    forecast.calls = []
    done = run_batch(plan(IDS), tmp_path)
    assert forecast.calls == ["mass-release"]
    assert [result.scenario for result in done.results] == list(IDS)
    run_batch(plan(IDS, seed=1), tmp_path)
    assert forecast.calls == ["mass-release", *IDS]


def test_order_of_rows_is_the_plan_whatever_was_there_before(tmp_path: Path, forecast: Forecast) -> None:
    run_batch(plan(IDS), tmp_path / "fresh")
    run_batch(plan(IDS[::-1]), tmp_path / "other")
    run_batch(plan(IDS), tmp_path / "other")
    assert files(tmp_path / "fresh") == files(tmp_path / "other")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("lost its way"), "RuntimeError: lost its way"),
        (MemoryError(), "MemoryError"),
        (GrandDealError("does not add up"), "does not add up"),
    ],
)
def test_one_failing_scenario_stops_nothing(tmp_path: Path, forecast: Forecast, error: Exception, words: str) -> None:
    forecast.errors["no-buyer"] = error
    events: list[Event] = []
    done = run_batch(plan([*IDS, "nowhere"]), tmp_path, on_event=events.append)
    assert [result.scenario for result in done.results] == ["baseline", "mass-release"]
    assert [failure.source for failure in done.failed] == ["nowhere", "no-buyer"]
    assert words in done.failed[1].error
    assert "Traceback" not in done.failed[1].error
    assert [entry["source"] for entry in done.manifest["failed"]] == ["nowhere", "no-buyer"]
    assert [(event.kind, event.unit.id, event.done) for event in events] == [
        ("started", "baseline", 0),
        ("finished", "baseline", 1),
        ("started", "no-buyer", 1),
        ("failed", "no-buyer", 2),
        ("started", "mass-release", 2),
        ("finished", "mass-release", 3),
    ]
    forecast.errors.clear()
    assert [result.scenario for result in run_batch(plan(IDS), tmp_path).results] == list(IDS)


def test_a_result_that_is_no_number_is_a_failure(tmp_path: Path, forecast: Forecast, monkeypatch) -> None:
    (good,) = some("baseline")
    bad = dataclasses.replace(good, payoffs={**good.payoffs, "minsk": float("nan")})
    monkeypatch.setattr("sim.forecast.run", lambda scenario, **settings: bad)
    done = run_batch(plan(["baseline"]), tmp_path)
    assert done.results == ()
    assert "ValueError" in done.failed[0].error
    assert list((tmp_path / "shards").iterdir()) == []


def test_nothing_left_leaves_no_report_of_something_else(tmp_path: Path, forecast: Forecast) -> None:
    run_batch(plan(IDS), tmp_path)
    forecast.errors["baseline"] = RuntimeError("no")
    done = run_batch(plan(["baseline"], seed=9), tmp_path)
    assert done.results == ()
    assert not (tmp_path / "report.html").exists()
    assert read_results(tmp_path)[0] == ()


def test_tracebacks_only_on_request(tmp_path: Path, forecast: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    forecast.errors["baseline"] = RuntimeError("no")
    monkeypatch.setenv("GRAND_DEAL_DEBUG", "1")
    assert "Traceback" in run_batch(plan(["baseline"]), tmp_path).failed[0].error


def test_an_interrupted_batch_goes_on_where_it_was(tmp_path: Path, forecast: Forecast) -> None:
    run_batch(plan(IDS), tmp_path / "undisturbed")
    forecast.calls, forecast.errors["no-buyer"] = [], KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run_batch(plan(IDS), tmp_path / "out")
    assert len(list((tmp_path / "out" / "shards").iterdir())) == 1
    assert not (tmp_path / "out" / "manifest.json").exists()
    forecast.calls, forecast.errors = [], {}
    done = run_batch(plan(IDS), tmp_path / "out")
    assert forecast.calls == ["no-buyer", "mass-release"]
    assert done.reused == 1
    assert files(tmp_path / "out") == files(tmp_path / "undisturbed")


def test_an_interruption_between_two_tables_is_mended(
    tmp_path: Path, forecast: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.batch import store

    run_batch(plan(IDS), tmp_path / "undisturbed")
    whole = store.write_atomic

    def stop(path: Path, data: bytes) -> None:
        if path.name == "now.parquet":
            raise KeyboardInterrupt
        whole(path, data)

    monkeypatch.setattr(store, "write_atomic", stop)
    with pytest.raises(KeyboardInterrupt):
        run_batch(plan(IDS), tmp_path / "out")
    with pytest.raises(UsageError, match="no finished batch here"):
        read_results(tmp_path / "out")
    monkeypatch.undo()
    monkeypatch.setattr("sim.forecast.run", Forecast())
    monkeypatch.setattr("sim.report.render", page)
    run_batch(plan(IDS), tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "undisturbed")


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data.replace(b'"freed"', b'"fraud"')])
def test_a_damaged_result_is_computed_again(
    tmp_path: Path, forecast: Forecast, damage: Callable[[bytes], bytes]
) -> None:
    run_batch(plan(IDS), tmp_path)
    before, forecast.calls = files(tmp_path), []
    made = plan(IDS)
    shard = tmp_path / "shards" / f"{made.units[1].key}.json"
    shard.write_bytes(damage(shard.read_bytes()))
    done = run_batch(made, tmp_path)
    assert forecast.calls == ["no-buyer"]
    assert done.reused == 2
    assert files(tmp_path) == before


def test_files_of_others_stay(tmp_path: Path, forecast: Forecast) -> None:
    (tmp_path / "notes.md").write_text("mine")
    run_batch(plan(IDS), tmp_path)
    assert (tmp_path / "notes.md").read_text() == "mine"
    other = tmp_path / "other"
    other.mkdir()
    (other / "report.html").write_text("mine")
    with pytest.raises(UsageError, match=r"holds report\.html"):
        run_batch(plan(IDS), other)
    assert (other / "report.html").read_text() == "mine"
