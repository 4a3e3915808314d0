"""Forecasts frozen and scored from the command line, and the tutorial."""

from __future__ import annotations

import builtins
import json
import re
import shlex
from pathlib import Path
from types import CodeType

import pytest
import typer
from typer.testing import CliRunner

from sim.analyse.calibration import (
    Ensemble,
    read_ensemble,
    write_ensemble,
)
from sim.analyse.calibration import backtest as package_name
from sim.cli.app import Commands
from sim.cli.backtest import backtest as backtest_command
from sim.cli.calibrate import calibrate as calibrate_command
from tests.calibrate.test_backtest import later

TUTORIAL = Path(package_name.__file__).with_name("TUTORIAL.md")


def app() -> typer.Typer:
    made = typer.Typer(cls=Commands)
    made.command("calibrate")(calibrate_command)
    made.command("backtest")(backtest_command)
    return made


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Blocks in their order: commands, the file that one of them reads, and Python in one session."""
    monkeypatch.chdir(tmp_path)
    session: dict[str, object] = {"__name__": "tutorial"}
    said = []
    assert {language for language, _ in blocks()} == {"console", "toml", "python"}
    for language, text in blocks():
        if language == "console":
            for line in text.splitlines():
                words = shlex.split(line.removeprefix("$ "))
                assert words[0] == "grand-deal"
                done = CliRunner().invoke(app(), words[1:], prog_name="grand-deal")
                assert done.exit_code == 0, done.output
                said.append(done.stdout)
        elif language == "toml":
            (tmp_path / text.splitlines()[0].removeprefix("# ")).write_text(text, encoding="utf-8")
        else:
            exec(compile_(text), session)
    assert "parameters" in said[0]
    assert "Moscow punishes Minsk" in said[1]
    assert "hurt" in said[2]
    assert "explores a model and predicts nothing" in said[2]
    printed = capsys.readouterr().out
    assert "2101-08" in printed
    assert "changed after it was frozen" in printed
    assert read_ensemble(tmp_path / "updated.json").weights.sum() == pytest.approx(1.0)


def compile_(text: str) -> CodeType:
    """The game has a compile of its own here."""
    return builtins.compile(text, TUTORIAL.name, "exec")


class TestCommands:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["backtest"], "a LEDGER to score, or --freeze FILE"),
            (["backtest", "--freeze", "f.json"], "the first month forecast"),
            (["backtest", "ledger.toml"], "--forecast FILE, frozen before"),
            (["backtest", "--freeze", "f.json", "--first", "2101-01", "--ensemble", "none.json"], "no such file"),
            (["calibrate", "--draws", "1", "--ledger", "none.toml"], "no such file"),
        ],
    )
    def test_wrong_usage_is_said(
        self, words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = CliRunner().invoke(app(), words, prog_name="grand-deal")
        assert done.exit_code in (2, 3)
        assert said in done.stderr
        assert not done.stdout

    @pytest.mark.slow
    def test_a_changed_scenario_of_ones_own_from_freezing_to_scores(
        self, drawn: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Scored with its ensemble and without it, which costs the update and no score."""
        monkeypatch.chdir(tmp_path)
        Path("mine.toml").write_text('extends = "baseline"\n[moscow]\nsupport_cost = 0.9\n')
        write_ensemble(drawn, "e.json")
        tree = later((0, 0, 0, 0, 1)).model_dump(mode="json", by_alias=True)
        (month,) = tree["month"]
        plain = {name: month[name] for name in ("month", "us_taken_back", "eu_taken_back", "punished")}
        lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
        lines += ['us = { freed = "nobody", for = "nothing" }', 'eu = { freed = "nobody", for = "nothing" }']
        head = 'schema_version = 1\nid = "it"\ntitle = "It"\nscenario = "mine.toml"\nerror = 0.01\n\n[[month]]\n'
        Path("later.toml").write_text(head + "\n".join(lines) + "\n")
        start = ["backtest", "--freeze", "f.json", "--scenario", "mine.toml", "--set", "minsk.release_cost=0.03"]
        rest = ["--first", "2101-11", "--months", "1", "--ensemble", "e.json", "--grid", "1400x4", "--jobs", "1"]
        done = CliRunner().invoke(app(), [*start, *rest], prog_name="grand-deal")
        assert done.exit_code == 0, done.output
        assert "its model changed: calibrate anew" in done.stderr
        assert "--set minsk.release_cost=0.03 --first" in " ".join(done.stdout.split())
        Path("mine.toml").unlink()
        score = ["backtest", "later.toml", "--forecast", "f.json", "--jobs", "1", "--json", "--updated", "u.json"]
        found = []
        for more in ([], ["--ensemble", "e.json"]):
            done = CliRunner().invoke(app(), [*score, *more], prog_name="grand-deal")
            assert done.exit_code == 0, done.output
            found.append(json.loads(done.stdout))
            assert ("no ensemble written" in done.stderr) == (not more)
        without, whole = found
        assert without["totals"] == whole["totals"]
        assert "found another" in without["not_updated"]
        assert not whole["not_updated"]
        assert [each["ledger"] for each in read_ensemble("u.json").counted] == ["it"]

    @pytest.mark.slow
    def test_calibrate_as_json(self, tmp_path: Path) -> None:
        words = [
            "calibrate",
            "--draws",
            "4",
            "--grid",
            "700x6",
            "--jobs",
            "1",
            "--out",
            str(tmp_path / "kept"),
            "--json",
        ]
        done = CliRunner().invoke(app(), words, prog_name="grand-deal")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert found["schema_version"] == 1
        assert found["draws"] == 4
        assert len(found["parameters"]) == 68
        assert {each["question"] for each in found["hypotheses"]} == {"moscow", "washington", "minsk"}
        assert all("too few draws" in each["sentence"] for each in found["hypotheses"])
        assert set(found["hashes"]) == {"model", "settings", "priors", "ledger"}
        assert list((tmp_path / "kept" / "shards").glob("*.npz"))
