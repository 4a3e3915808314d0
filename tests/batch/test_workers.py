"""Worker processes: the same tables as without, no worker survives, and a killed one is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from sim.batch import Event, plan, run_batch
from sim.batch.tables import NAMES
from tests.batch import deeds
from tests.batch.samples import write_scenarios

pytestmark = pytest.mark.slow
NAMES_OF_SCENARIOS = ("first", "second", "third")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios"
    path.mkdir()
    write_scenarios(path, NAMES_OF_SCENARIOS)
    return path


def files(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in NAMES}


def kill_workers() -> None:
    for process in multiprocessing.active_children():
        os.kill(process.pid or 0, signal.SIGKILL)


def test_the_same_tables_for_any_number_of_workers(folder: Path, tmp_path: Path) -> None:
    made = plan([folder], grid="fast")
    alone = run_batch(made, tmp_path / "alone", jobs=1)
    several = run_batch(made, tmp_path / "several", jobs=3)
    assert [result.scenario for result in several.results] == list(NAMES_OF_SCENARIOS)
    assert alone.results == several.results
    assert files(tmp_path / "alone") == files(tmp_path / "several")
    assert multiprocessing.active_children() == []


def test_a_killed_worker_is_replaced(folder: Path, tmp_path: Path) -> None:
    events: list[Event] = []

    def kill_once(event: Event) -> None:
        events.append(event)
        if [each.kind for each in events].count("started") == 2 and event.kind == "started":
            kill_workers()

    done = run_batch(plan([folder], grid="fast"), tmp_path / "out", jobs=2, on_event=kill_once)
    assert done.failed == ()
    assert [result.scenario for result in done.results] == list(NAMES_OF_SCENARIOS)
    assert "retried" in [event.kind for event in events]
    assert [event.done for event in events][-1] == 3


def test_a_scenario_that_kills_its_worker_every_time_is_listed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.batch.run.compute", deeds.compute_or_die)
    events: list[Event] = []
    done = run_batch(plan([folder], grid="fast"), tmp_path / "out", jobs=2, on_event=events.append)
    assert [result.scenario for result in done.results] == ["first", "third"]
    (failure,) = done.failed
    assert failure.source.endswith("second.toml")
    assert "ended from outside every time" in failure.error
    assert [(event.kind, event.unit.id) for event in events].count(("failed", "second")) == 1
    monkeypatch.undo()
    assert run_batch(plan([folder], grid="fast"), tmp_path / "out", jobs=1).reused == 2


def test_an_interruption_ends_all_workers(folder: Path, tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if event.kind == "finished":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(plan([folder], grid="fast"), tmp_path / "out", jobs=2, on_event=interrupt)
    assert multiprocessing.active_children() == []
    assert len(list((tmp_path / "out" / "shards").glob("*.json"))) == 1
