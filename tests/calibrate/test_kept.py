"""Bands that ship: kept as they were worked out, taken over where they fit, found by a scenario's values alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.analyse.calibration import Ensemble, bands, calibrate, ensemble_of, keep_bands, shipped_ensemble, stale_bands
from sim.analyse.calibration.rule import values_of
from sim.batch.plan import unit_key
from sim.errors import UsageError
from sim.forecast import bands as shipped
from sim.forecast.result import Result
from sim.scenario import load

TINY = "700x24"
IDS = ("no-buyer", "baseline")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return ensemble_of(calibrate(16, grid=TINY, jobs=1), 8)


@pytest.fixture(scope="module")
def file(ensemble: Ensemble, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "bands.json"
    keep_bands(path, ensemble, ids=IDS, grid=TINY, jobs=1, command="as it was made")
    return path


@pytest.fixture
def shipping(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """These bands as if they shipped."""
    text = file.read_text(encoding="utf-8")
    monkeypatch.setattr(shipped, "data_text", lambda kind, name: text)
    for cached in (shipped.kept_file, shipped._by_hash):
        cached.cache_clear()
    yield json.loads(text)
    monkeypatch.undo()
    for cached in (shipped.kept_file, shipped._by_hash):
        cached.cache_clear()


def test_the_file_holds_the_bands(file: Path, ensemble: Ensemble) -> None:
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept["ensemble"] == ensemble.hash
    assert list(kept["scenarios"]) == list(IDS)
    found = bands("no-buyer", None, ensemble, grid=TINY, jobs=1).bands()
    for name, rows in kept["scenarios"]["no-buyer"]["bands"].items():
        for level, row in rows.items():
            assert row == pytest.approx(found[name][level], rel=1e-5, abs=1e-300)
            assert len(row) == 24
    assert kept["scenarios"]["no-buyer"]["hash"] == load("no-buyer").hash


def test_what_fits_is_taken_over_and_the_rest_worked_out(file: Path, ensemble: Ensemble, tmp_path: Path) -> None:
    path = tmp_path / "bands.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    kept["scenarios"]["no-buyer"]["draws"] = 77  # a mark
    kept["scenarios"]["baseline"]["hash"] = "of other values"
    path.write_text(json.dumps(kept), encoding="utf-8")
    told: list[str] = []
    made = keep_bands(path, ensemble, ids=IDS, grid=TINY, jobs=1, on_done=lambda name, done, of: told.append(name))
    assert made["scenarios"]["no-buyer"]["draws"] == 77
    assert set(told) == {"baseline"}
    assert made["scenarios"]["baseline"] == json.loads(file.read_text(encoding="utf-8"))["scenarios"]["baseline"]
    other = replace(ensemble, weights=np.roll(ensemble.weights, 1) + 0.0) if np.ptp(ensemble.weights) else None
    other = other or replace(ensemble, values=ensemble.values * 0.999)
    assert keep_bands(path, other, ids=IDS[:1], grid=TINY, jobs=1)["scenarios"]["no-buyer"]["draws"] != 77


def test_the_draw_in_the_middle_is_kept(file: Path, ensemble: Ensemble) -> None:
    found = bands("no-buyer", None, ensemble, grid=TINY, jobs=1)
    kept = json.loads(file.read_text(encoding="utf-8"))["scenarios"]["no-buyer"]
    assert kept["medoid"] == found.medoid()
    values = values_of(ensemble, found.medoid(), load("baseline"))
    drawn = ensemble.member(ensemble.numbers.index(found.medoid()))
    assert all(values[name] == pytest.approx(value, rel=1e-3) for name, value in drawn.items())
    assert load("baseline", values).get("menu.recognition.us_table.minsk") == values["menu.recognition.us_table.minsk"]


def test_the_baseline_is_the_ensemble_s_middle_draw() -> None:
    ensemble = shipped_ensemble()
    assert ensemble is not None
    baseline = load("baseline")
    number = shipped.kept_file()["scenarios"]["baseline"]["medoid"]
    wrong = {
        name: (baseline.get(name), value)
        for name, value in values_of(ensemble, number, baseline).items()
        if baseline.get(name) != pytest.approx(value, rel=1e-9)
    }
    assert wrong == {}


def test_a_file_of_something_else_is_refused(ensemble: Ensemble, tmp_path: Path) -> None:
    path = tmp_path / "bands.json"
    path.write_text("[1, 2", encoding="utf-8")
    with pytest.raises(UsageError, match="allowed: bands that"):
        keep_bands(path, ensemble, ids=IDS, grid=TINY, jobs=1)
    assert path.read_text(encoding="utf-8") == "[1, 2"


def test_a_run_carries_the_bands_of_its_values(shipping: dict[str, Any]) -> None:
    result = sim.run("baseline", grid="700x24")
    assert result.bands is not None
    low, high = result.band("freed", 12) or (math.nan, math.nan)
    kept = shipping["scenarios"]["baseline"]["bands"]["freed"]
    assert (low, high) == (kept["p10"][11], kept["p90"][11])
    assert result.to_json()["bands"]["freed"] == kept
    assert Result.from_record(json.loads(json.dumps(result.to_record()))) == result
    # not with other values, nor for another precision of choice or a longer time
    assert sim.run("no-buyer", overrides={"minsk.trade_value": 5}, grid="700x24").bands is None
    assert sim.run("baseline", grid="700x24", rationality=math.inf).bands is None
    assert sim.run("baseline", grid="700x30", months=30).bands is None
    short = sim.run("baseline", grid="700x24", months=3)
    assert short.bands is not None
    assert short.bands["freed"]["p50"] == tuple(kept["p50"][:3])


def test_other_bands_are_another_result_of_a_batch(shipping: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load("baseline")
    before = unit_key(scenario, "fast", 0, None)
    exact = unit_key(scenario, "fast", 0, 3.0)
    shipping["scenarios"]["baseline"]["bands"]["freed"]["p50"][0] += 1.0
    monkeypatch.setattr(shipped, "data_text", lambda kind, name: json.dumps(shipping))
    for cached in (shipped.kept_file, shipped._by_hash):
        cached.cache_clear()
    assert unit_key(scenario, "fast", 0, None) != before
    assert unit_key(scenario, "fast", 0, 3.0) == exact


def test_bands_that_ship_fit_what_ships() -> None:
    assert shipped_ensemble() is not None
    assert stale_bands() == ()
