"""``check``: a scenario put to the laws from the command line."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sim.cli.app import Commands
from sim.cli.check import check

Run = Callable[..., Result]

LAWS = '''"""Laws of a user."""


def trade_stays_low(scenario):
    """Trade is worth less than 11 points a month."""
    assert scenario.get("minsk.trade_value") < 11, "too much trade"


def nobody_is_lost(outcomes):
    """More are held or freed than nobody."""
    assert outcomes["prisoners"][-1] + outcomes["freed"][-1] > 0
'''


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run ``check`` in an empty folder, with the command line's way of telling errors."""
    app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command("check")(check)
    app.command("other")(lambda: None)  # so that the name of the command is given
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def invoke(*words: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, ["check", *map(str, words)], prog_name="grand-deal", input=stdin)

    return invoke


def test_laws_that_hold(run: Run) -> None:
    done = run("baseline", "--law", "start_has_its_mean", "--law", "stock_accounted", "--examples", 3)
    assert done.exit_code == 0, done.stderr
    assert done.stderr == "Checking baseline and 2 scenarios drawn around it ...\n"
    assert "Every law held: every law on each of 3 scenarios, grid 600x2 (2 months), seed 0.\n" in done.stdout
    assert re.search(r"stock_accounted +3 +holds +Expected prisoners held are", done.stdout)
    assert "predicts nothing" in done.stdout
    last = done.stdout.splitlines()[-1].removeprefix("The same again: ")
    assert last == (
        "grand-deal check baseline --law start_has_its_mean --law stock_accounted --examples 3 --seed 0 --grid 600x2"
    )
    assert run(*shlex.split(last)[2:]).stdout == done.stdout


def test_a_broken_law_is_shown_by_the_smallest_change_and_its_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LAWS, encoding="utf-8")
    asked = ("--laws", "mine.py", "--law", "trade_stays_low", "--law", "nobody_is_lost", "--examples", 20)
    done = run("baseline", *asked, "--set", "minsk.leader_cost=1.5")
    assert done.exit_code == 1
    assert "    --set minsk.trade_value=11\n" in done.stdout
    assert done.stdout.count("    --set ") == 1
    assert "mine.py, line 6: too much trade" in done.stdout
    assert re.search(r"trade_stays_low \(yours\) +20 +BROKEN +Trade is worth less", done.stdout)
    assert re.search(r"nobody_is_lost \(yours\) +20 +holds", done.stdout)
    assert "1 of 2 laws broken: every law on each of 20 scenarios" in done.stdout
    alone = " ".join(done.stdout.split("Shown alone by: ")[1].split("\n\n")[0].split())
    assert alone == (
        "grand-deal check baseline --set minsk.leader_cost=1.5 --set minsk.trade_value=11 --law trade_stays_low "
        "--laws mine.py --examples 1 --seed 0 --grid 600x2"
    )
    again = run(*shlex.split(alone)[2:])
    assert again.exit_code == 1
    assert "by the scenario itself, without any change" in again.stdout


def test_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LAWS, encoding="utf-8")
    asked = ("--laws", "mine.py", "--law", "trade_stays_low", "--examples", 5, "--json")
    done = run("baseline", *asked, "--set", "minsk.trade_value=11.5")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert list(found) == [
        *("schema_version", "scenario", "title", "scenario_hash", "grid", "examples", "rejected", "seed", "ok", "laws"),
    ]
    assert (found["schema_version"], found["ok"], found["examples"]) == (1, False, 5)
    law = found["laws"][0]
    assert (law["name"], law["own"], law["holds"], law["shrunk"]) == ("trade_stays_low", True, False, True)
    assert law["counterexample"] == {}
    assert law["command"].startswith("grand-deal check baseline --set minsk.trade_value=11.5 --law trade_stays_low")


@pytest.mark.slow
@pytest.mark.parametrize("source", ["mine.toml", "-"])
def test_ranges_in_the_file_are_drawn_from(run: Run, tmp_path: Path, source: str) -> None:
    scenario = 'extends = "baseline"\n[minsk.trade_value]\nvalue = 20.5\nrange = [20, 21]\n'
    (tmp_path / "mine.toml").write_text(scenario, encoding="utf-8")
    text = 'def near(scenario):\n    """x"""\n    assert 20 <= scenario.get("minsk.trade_value") < 20.9, "no"\n'
    (tmp_path / "laws.py").write_text(text, encoding="utf-8")
    done = run(source, "--laws", "laws.py", "--law", "near", "--examples", 40, stdin=scenario)
    assert done.exit_code == 1
    assert "    --set minsk.trade_value=20.9\n" in done.stdout


def test_laws_in_turn_and_laws_that_say_nothing_are_told_as_such(run: Run, tmp_path: Path) -> None:
    text = "from hypothesis import assume\n\ndef silent(scenario):\n    assume(False)\n"
    (tmp_path / "laws.py").write_text(text, encoding="utf-8")
    done = run("baseline", "--laws", "laws.py", "--law", "silent", "--examples", 2)
    assert done.exit_code == 0, done.stderr
    assert re.search(r"silent \(yours\) +0 +says nothing", done.stdout)
    assert "but silent said nothing of any scenario" in done.stdout
    few = run("baseline", "--examples", 2)
    assert few.exit_code == 0, few.stderr
    assert "each law on 1 to 2 of 2 scenarios" in few.stdout
    assert "come in turn" in few.stdout


def test_standard_input(run: Run) -> None:
    text = 'extends = "baseline"\nid = "mine"\n[minsk]\ntrade_value = 12\n'
    done = run("-", "--law", "start_has_its_mean", "--examples", 1, stdin=text)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith(" < FILE\n")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["baseline", "--law", "stock_acounted"], 2, "did you mean stock_accounted?"),
        (["baseline", "--laws", "none.py"], 2, "laws: found no file none.py"),
        (["baseline", "--examples", "0"], 2, "greater than or equal to 1"),
        (["baseline", "--grid", "coarse"], 2, "LOTxROUNDS"),
        (["baseline", "--seed", "-1"], 2, "greater than or equal to 0"),
        (["baselin"], 3, "Did you mean baseline?"),
        (["baseline", "--set", "minsk.trade_valu=1"], 3, "minsk.trade_value"),
        (["baseline", "--grid", "2000x2"], 3, "start.prisoners"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(run: Run, words: list[str], code: int, message: str) -> None:
    done = run(*words)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_of_laws_is_run_only_when_it_is_named(run: Run, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "laws.py").write_text(f"open({str(mark)!r}, 'w').close()\ndef law(): pass\n", encoding="utf-8")
    assert run("baseline", "--law", "start_has_its_mean", "--examples", 1).exit_code == 0
    assert not mark.exists()
    assert run("baseline", "--laws", "laws.py", "--law", "law", "--examples", 1).exit_code == 0
    assert mark.exists()


def test_without_hypothesis_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sim.testing.check", "sim.testing.strategies"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    done = run("baseline", "--examples", 1)
    assert done.exit_code == 2
    assert 'python -m pip install "grand-deal[check]"' in done.stderr


def test_laws_are_completed_by_name() -> None:
    from sim.cli.check import _complete_law

    found = dict(_complete_law("stock"))
    assert list(found) == ["stock_accounted"]
    assert found["stock_accounted"].startswith("Expected prisoners held are those at the start")
