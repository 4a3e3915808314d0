"""``grand-deal claims``: the table, the record, exit codes, robustness kept in a file, and misuse."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sim.analyse import claims_check, claims_robustness
from sim.analyse.calibration import calibrate, ensemble_of
from sim.analyse.claims_check import Asked
from sim.cli.app import Commands
from sim.cli.claims import claims
from sim.scenario import evidence

TINY = "700x24"
Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def found() -> claims_check.Claims:
    return claims_check.claims(grid=TINY, only=["18", "28"], jobs=1)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """Run the command in this process, in an empty folder, on three quick checks and one that cannot be expressed."""
    app = typer.Typer(cls=Commands, add_completion=False)
    app.command()(claims)
    app.command("other")(lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    few = Asked.of(evidence(), ["13a", "17", "18", "28"])
    monkeypatch.setattr(Asked, "of", classmethod(lambda cls, evidence, names=None: few))

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(app, ["claims", *map(str, words)], prog_name="grand-deal")

    return run


def test_the_table_names_claims_paragraphs_figures_and_the_command(call: Invoke) -> None:
    done = call("--grid", TINY)
    assert done.exit_code == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert set(rows) >= {"13a", "17", "18", "28"}
    assert "11" in rows["13a"].split()
    assert "holds" in rows["13a"]
    assert "built in" in rows["17"]
    assert "10.0%" in rows["18"]
    assert "explores a model and predicts nothing" in done.stdout
    assert f"grand-deal claims baseline --grid {TINY}" in done.stdout
    assert done.stderr == ""


def test_what_cannot_be_expressed_says_what_is_missing(call: Invoke) -> None:
    assert "28 not yet: Types of prisoner" in call("--grid", TINY).stdout


def test_a_narrow_terminal_keeps_the_figures(call: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = call("--grid", TINY)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80 or "The same again" in done.stdout
    assert "10.0%" in done.stdout


def test_the_record_is_one_object(call: Invoke) -> None:
    done = call("--grid", TINY, "--json")
    record = json.loads(done.stdout)
    assert record["schema_version"] == 1
    assert record["grid"] == TINY
    assert {row["name"] for row in record["findings"]} == {"13a", "17", "18", "28"}
    assert all({"status", "expected", "stored", "robustness"} <= set(row) for row in record["findings"])


def test_a_check_that_held_and_fails_ends_with_1(call: Invoke) -> None:
    done = call("--grid", TINY, "--set", "minsk.trade_rho=1")
    assert done.exit_code == 1
    assert "fails (baseline: built in)" in done.stdout
    assert "17" in done.stderr


@pytest.mark.parametrize(("stored", "code"), [("holds", 1), ("built in", 1), ("fails", 0), (None, 0), ("not yet", 0)])
def test_only_what_is_stored_as_holding_can_fail(
    stored: str | None, code: int, call: Invoke, found: claims_check.Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(dataclasses.replace(row, status="fails", stored=stored) for row in found.findings)
    monkeypatch.setattr(claims_check, "claims", lambda *_, **__: dataclasses.replace(found, findings=rows))
    assert call().exit_code == code
    assert call("--json").exit_code == code


def test_a_scenario_of_one_s_own(call: Invoke, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "gestures-only"\n')
    done = call("mine.toml", "--grid", TINY)
    assert done.exit_code == 0
    assert "mine" in done.stdout
    (tmp_path / "broken.toml").write_text("extends = 3\n")
    done = call("broken.toml")
    assert done.exit_code == 3
    assert "broken.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--draws", "5"),
        ("--out", "kept.json"),
        ("--robustness", "--draws", "0"),
        ("--robustness", "--grid", "default"),
        ("--robustness", "--rationality", "2"),
        ("--grid", "coarse"),
    ],
)
def test_misuse_is_refused(words: tuple[str, ...], call: Invoke, tmp_path: Path) -> None:
    done = call(*words)
    assert done.exit_code == 2
    assert done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tiny grid stand in for the fast one."""
    from sim.model import dials

    monkeypatch.setitem(dials.GRIDS, "fast", dials.Grid("fast", 700, 24))
    monkeypatch.setattr(claims_robustness, "_fingerprint", claims_robustness._fingerprint.__wrapped__)


@pytest.mark.usefixtures("quick")
def test_robustness_is_kept_and_shown(call: Invoke, tmp_path: Path) -> None:
    done = call("--robustness", "--draws", "2", "--out", "kept.json", "--jobs", "1")
    assert done.exit_code == 0, done.stderr
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert kept["draws"] == 2
    assert kept["command"] == "grand-deal claims baseline --robustness --draws 2 --seed 0 --out kept.json"
    assert kept["command"] in done.stdout
    assert "share of 2 draws" in done.stdout
    assert "100% (34% to 100%)" in done.stdout
    before = (tmp_path / "kept.json").read_bytes()
    again = call("--robustness", "--draws", "2", "--out", "kept.json", "--json")
    assert (tmp_path / "kept.json").read_bytes() == before
    assert json.loads(again.stdout)["draws"] == 2


@pytest.mark.usefixtures("quick")
def test_stale_shares_are_said_to_be_stale(call: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    made = claims_robustness.robustness(draws=1, jobs=1)
    old = dataclasses.replace(made, fingerprint="0" * 64)
    kept = {claims_robustness.FILE: made, claims_robustness.ENSEMBLE_FILE: None}
    monkeypatch.setattr(claims_robustness, "shipped", lambda file=claims_robustness.FILE: kept[file])
    assert "share of 1 draws" in call().stdout
    kept[claims_robustness.FILE] = old
    done = call()
    assert done.exit_code == 0
    assert "stale" in done.stdout
    assert "kept shares are stale" in done.stderr
    assert json.loads(call("--json").stdout)["robustness"] == "stale"
    kept[claims_robustness.ENSEMBLE_FILE] = old
    assert "Ensemble: the kept shares are stale" in call().stderr


@pytest.mark.usefixtures("quick")
def test_shares_of_the_ensemble_stand_beside_those_of_the_ranges(
    call: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ensemble_of(calibrate(4, grid=TINY, jobs=1), 3)
    monkeypatch.setattr("sim.analyse.calibration.shipped_ensemble", lambda: made)
    monkeypatch.setattr(claims_robustness, "_ensemble_hash", lambda: made.hash)
    done = call("--robustness", "--ensemble", "--out", "kept.json", "--jobs", "1")
    assert done.exit_code == 0, done.stderr
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert kept["command"] == "grand-deal claims baseline --robustness --ensemble --out kept.json"
    assert kept["draws"] == made.size
    heads = next(line for line in done.stdout.splitlines() if "robustness" in line)
    assert heads.split()[-1] == "ensemble"
    row = next(line for line in done.stdout.splitlines() if line.split()[:1] == ["18"])
    assert row.split()[-1] == "100%"


@pytest.mark.parametrize("words", [["--ensemble"], ["--robustness", "--ensemble", "--draws", "3"]])
def test_the_ensemble_goes_with_robustness_and_has_its_own_draws(call: Invoke, words: list[str]) -> None:
    done = call(*words)
    assert done.exit_code == 2
    assert "--ensemble goes with --robustness" in done.stderr


def test_without_an_ensemble_it_says_how_to_make_one(call: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.analyse.calibration.shipped_ensemble", lambda: None)
    done = call("--robustness", "--ensemble")
    assert done.exit_code == 2
    assert "grand-deal calibrate --ensemble" in done.stderr


def test_the_figures_of_both_grids_are_kept(call: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def quick(source: object, *, grid: str, **more: object) -> claims_check.Claims:
        asked.append(grid)
        return found

    found = claims_check.claims(grid=TINY, only=["18", "28"], jobs=1)
    monkeypatch.setattr(claims_check, "claims", quick)
    done = call("no-buyer", "--set", "minsk.trade_value=9", "--figures", "my figures.json")
    assert done.exit_code == 0, done.stderr
    assert asked == ["fast", "default"]
    kept = json.loads((tmp_path / "my figures.json").read_text())
    assert kept["command"] == "grand-deal claims no-buyer --set minsk.trade_value=9 --figures 'my figures.json'"
    assert [row["name"] for row in kept["findings"]["default"]] == [finding.name for finding in found.findings]
    assert kept["scenario"] == "no-buyer"


@pytest.mark.parametrize("more", [["--grid", "default"], ["--rationality", "2"], ["--robustness"]])
def test_figures_are_of_both_grids_and_nothing_else(call: Invoke, more: list[str]) -> None:
    done = call("--figures", "kept.json", *more)
    assert done.exit_code == 2
    assert "--figures works on both grids" in done.stderr
