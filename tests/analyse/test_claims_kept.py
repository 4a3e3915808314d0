"""The kept figures of the claims: those of the model as it is, on both grids, and never shown when stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.analyse.claims_check import claims
from sim.analyse.claims_kept import FIELDS, GRIDS, KeptFigures, from_text, keep, shipped, write
from sim.analyse.claims_robustness import check_hashes
from sim.errors import UsageError
from sim.model import Grid
from sim.scenario import evidence, load

TINY = Grid("tiny", 700, 24)
AGAIN = "stale: grand-deal claims baseline --figures seeds/claims_figures.json"


@pytest.fixture(scope="module")
def kept() -> KeptFigures:
    found = shipped()
    assert found is not None
    return found


def test_what_ships_fits_the_model_and_the_checks(kept: KeptFigures) -> None:
    assert kept.current(load("baseline")), AGAIN
    assert "figures" in kept.command


def test_what_ships_says_what_the_seeds_say(kept: KeptFigures) -> None:
    fast, default = kept.on("fast"), kept.on("default")
    for claim in evidence().claims:
        for check in claim.checks:
            name = f"{claim.number}{check.part}"
            assert (fast[name]["status"], default[name]["status"]) == (check.status, check.on_default), name
            assert (fast[name]["treated_figure"] is None) == (name not in check_hashes()), name


def test_what_ships_is_what_the_model_comes_to(kept: KeptFigures) -> None:
    for finding in claims(only=["1a", "13a", "18"], jobs=1).findings:
        row = kept.on("fast")[finding.name]
        assert set(row) == set(FIELDS)
        assert (row["status"], row["unit"], row["direction"]) == (finding.status, finding.unit, finding.direction)
        assert row["baseline_figure"] == pytest.approx(finding.baseline_figure, rel=1e-5)
        assert row["treated_figure"] == pytest.approx(finding.treated_figure, rel=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"scenario_hash": "0"}, {"fingerprint": "0"}, {"checks": {}}, {"sizes": {"fast": "1x1", "default": "1x1"}}],
)
def test_figures_of_something_else_are_stale(kept: KeptFigures, change: dict[str, Any]) -> None:
    assert not replace(kept, **change).current(load("baseline"))
    assert not kept.current(load("no-buyer"))


def test_findings_are_kept_and_read_back(tmp_path: Path) -> None:
    found = claims(grid=TINY, only=["18", "28"], jobs=1)
    made = keep(load("baseline"), dict.fromkeys(GRIDS, found), command="by hand")
    write(made, tmp_path / "deeper" / "figures.json")
    assert from_text((tmp_path / "deeper" / "figures.json").read_text(), "figures") == made
    assert made.current(load("baseline"))
    assert [row["status"] for row in made.findings["fast"]] == [finding.status for finding in found.findings]
    assert made.on("default")["28"]["treated_figure"] is None
    with pytest.raises(UsageError, match="cannot be written"):
        write(made, tmp_path / "deeper" / "figures.json" / "x.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("sizes"),
        lambda record: record.update(schema_version=99),
        lambda record: record.update(more=1),
        lambda record: record["findings"].pop("default"),
        lambda record: record["findings"]["fast"][0].pop("unit"),
        lambda record: record.update(findings=3),
    ],
)
def test_a_spoilt_file_is_refused(kept: KeptFigures, spoil: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads(json.dumps(kept.to_json()))
    assert from_text(json.dumps(record), "kept") == kept
    spoil(record)
    with pytest.raises(UsageError, match="no figures of claims"):
        from_text(json.dumps(record), "kept")
