"""Help, version, completion, and how errors leave the program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli.app import app
from sim.errors import GameError, GrandDealError, Problem, ScenarioError, UsageError
from tests.cli.conftest import Command, Invoke

COMMANDS = tuple(str(command.name) for command in app.registered_commands)
DOES_NOT_READ = {"dashboard"}
"""Commands that give no answer, so they have no --json."""
HEAVY = {"numpy", "scipy", "numba", "pandas", "pyarrow", "altair", "rich", "sim.forecast", "sim.scenario"}


class TestHelp:
    def test_names_every_command_and_the_exit_codes(self, invoke: Invoke) -> None:
        result = invoke("--help")
        assert result.exit_code == 0
        assert result.stderr == ""
        assert all(re.search(rf"^  {name} ", result.stdout, re.MULTILINE) for name in COMMANDS)
        assert "130 interrupted" in " ".join(result.stdout.split())
        assert "predicts nothing" in " ".join(result.stdout.split())

    def test_of_every_command_in_one_sentence(self, invoke: Invoke) -> None:
        listed = invoke("--help").stdout.split("Commands:")[1].split("Exit codes")[0]
        assert "..." not in listed
        assert listed.count("." + "\n") == len(COMMANDS)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_of_every_command(self, invoke: Invoke, name: str) -> None:
        result = invoke(name, "--help")
        assert result.exit_code == 0
        assert ("--json" in result.stdout) == (name not in DOES_NOT_READ)

    def test_no_word_at_all_shows_help(self, invoke: Invoke) -> None:
        result = invoke()
        assert result.exit_code == 2
        assert "Usage: grand-deal" in result.output

    @pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("batch", "-h"), ("--version",)])
    def test_imports_nothing_heavy(self, words: tuple[str, ...]) -> None:
        code = (
            "import sys, sim.cli\n"
            f"sys.argv = ['grand-deal', *{list(words)!r}]\n"
            "try:\n    sim.cli.main()\n"
            "except SystemExit as end:\n    assert not end.code, end.code\n"
            f"heavy = {HEAVY} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout

    def test_listing_imports_no_numbers(self) -> None:
        code = (
            "import sys, sim.cli\nsys.argv = ['grand-deal', 'list', '--json']\n"
            "try:\n    sim.cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
            "assert not {'numpy', 'numba', 'sim.forecast'} & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


def test_version(invoke: Invoke) -> None:
    from importlib.metadata import version

    assert invoke("--version").stdout == f"grand-deal {version('grand-deal')}\n"


class TestDidYouMean:
    @pytest.mark.parametrize(("typo", "right"), [("lst", "list"), ("vlidate", "validate"), ("comapre", "compare")])
    def test_command(self, invoke: Invoke, typo: str, right: str) -> None:
        result = invoke(typo)
        assert result.exit_code == 2
        assert f"Did you mean '{right}'" in result.stderr
        assert result.stdout == ""

    def test_option(self, invoke: Invoke) -> None:
        result = invoke("run", "baseline", "--gird", "fast")
        assert result.exit_code == 2
        assert "--grid" in result.stderr

    def test_scenario(self, invoke: Invoke) -> None:
        result = invoke("run", "baselin")
        assert result.exit_code == 3
        assert "baseline" in result.stderr
        assert result.stdout == ""

    def test_grid(self, invoke: Invoke) -> None:
        result = invoke("run", "baseline", "--grid", "defualt")
        assert result.exit_code == 2
        assert "allowed: fast, default, fine, or LOTxROUNDS as in 140x120; did you mean 'default'?" in result.stderr

    def test_parameter(self, invoke: Invoke) -> None:
        result = invoke("run", "baseline", "--set", "minsk.trade_valu=12")
        assert result.exit_code == 3
        assert "--set: minsk.trade_valu" in result.stderr
        assert "minsk.trade_value" in result.stderr


def test_grids_are_the_models() -> None:
    from sim.cli.options import GRIDS
    from sim.model.dials import GRIDS as of_the_model

    assert set(GRIDS) == set(of_the_model)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run",), "Missing argument"),
        (("run", "baseline", "--seed", "-1"), "--seed"),
        (("run", "baseline", "--seed", "x"), "--seed"),
        (("run", "baseline", "--rationality", "-1"), "found '-1'; allowed: a number, 0 or above, or inf"),
        (("run", "baseline", "--rationality", "nan"), "found 'nan'"),
        (("run", "baseline", "--rationality", "much"), "found 'much'"),
        (("run", "baseline", "--set", "minsk.trade_value"), "allowed: name=value"),
        (("run", "baseline", "--set", "=12"), "allowed: name=value"),
        (("run", "baseline", "--story", "-2"), "--story"),
        (("compare", "baseline"), "two or more scenarios"),
        (("compare", "baseline", "no-buyer", "--month", "25"), "--month"),
        (("batch", "--jobs", "0"), "--jobs"),
        (("report", "--results", "nowhere"), "no finished batch here"),
        (("report", "baseline", "--results", "nowhere"), "--results takes the batch as it is"),
        (("report", "--results", "nowhere", "--set", "minsk.trade_value=5"), "--results takes the batch as it is"),
        (("report", "--out", "."), "this is a folder"),
        (("validate",), "Missing argument"),
    ],
)
def test_wrong_usage_is_2(invoke: Invoke, words: tuple[str, ...], message: str) -> None:
    result = invoke(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


PROBLEM = Problem("file.toml", "minsk.discount", "7", "a number above 0 and at most 1", "Perhaps 0.7?")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ScenarioError([PROBLEM, PROBLEM]), 3, f"Error: {PROBLEM}\nError: {PROBLEM}\n"),
        (UsageError("not like this"), 2, "Error: not like this\n"),
        (GameError("no such turn"), 1, "Error: no such turn\n"),
        (GrandDealError("cannot be written"), 1, "Error: cannot be written\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (MemoryError(), 1, "Error: not enough memory; try --grid fast, or fewer --jobs.\n"),
        (PermissionError(13, "Permission denied", "x.html"), 1, "Error: x.html: Permission denied\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_become_messages(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("sim.scenario.catalogue", fail)
    result = invoke("list")
    assert result.exit_code == code
    assert result.stderr == message
    assert result.stdout == ""


def test_the_unexpected_asks_for_a_report(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("sim.scenario.catalogue", fail)
    monkeypatch.delenv("GRAND_DEAL_DEBUG", raising=False)
    quiet = invoke("list")
    assert quiet.exit_code == 1
    assert "ZeroDivisionError: division by zero" in quiet.stderr
    assert "please report it" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    monkeypatch.setenv("GRAND_DEAL_DEBUG", "1")
    loud = invoke("list")
    assert loud.exit_code == 1
    assert "Traceback" in loud.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("words", ["list", "show baseline", "schema", "list --json"])
def test_a_reader_who_leaves_early_hears_no_complaint(tmp_path: Path, words: str) -> None:
    pipe = f'"{sys.executable}" -m sim.cli {words} 2>errors | head -c 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", pipe], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tmp_path / "errors").read_text() == ""
    assert done.stdout.endswith("0\n")


class TestOutput:
    def test_no_colour_off_a_terminal(self, command: Command) -> None:
        done = command("show", "no-buyer", "--changed")
        assert done.returncode == 0
        assert "\x1b" not in done.stdout + done.stderr
        assert not any(line != line.rstrip() for line in done.stdout.splitlines())

    def test_no_color_is_honoured_even_where_colour_is_forced(self, command: Command) -> None:
        forced = command("list", FORCE_COLOR="1")
        plain = command("list", FORCE_COLOR="1", NO_COLOR="1")
        colour = re.compile(r"\x1b\[[0-9;]*3[0-9]")
        assert not colour.search(plain.stdout)
        assert "baseline" in plain.stdout
        assert "baseline" in forced.stdout

    @pytest.mark.parametrize("columns", ["40", "60", "80", "200"])
    def test_fits_the_terminal(self, invoke: Invoke, monkeypatch, forecast, columns: str) -> None:
        monkeypatch.setenv("COLUMNS", columns)
        for words in (("list",), ("show", "no-buyer"), ("run", "baseline"), ("compare", "baseline", "no-buyer")):
            result = invoke(*words)
            assert result.exit_code == 0
            # a command to be pasted is left for the terminal to break
            lines = [line for line in result.stdout.splitlines() if not line.startswith("The same again: ")]
            assert max(map(len, lines)) <= int(columns), words

    def test_markup_in_a_scenario_is_only_text(self, invoke: Invoke, tmp_path: Path, forecast) -> None:
        text = 'extends = "baseline"\nid = "x"\ntitle = "[red]alert[/red] :smile:"\nquestion = "[b]why[/b]"\n'
        (tmp_path / "x.toml").write_text(text)
        shown = invoke("show", "x.toml")
        assert "[red]alert[/red] :smile: (x)" in shown.stdout
        assert "[b]why[/b]" in shown.stdout


class TestCompletion:
    def complete(self, line: str, folder: Path) -> list[str]:
        words = line.split(" ")
        environment = {
            **os.environ,
            "_GRAND_DEAL_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        done = subprocess.run(
            [sys.executable, "-m", "sim.cli"], env=environment, cwd=folder, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    def test_commands(self, tmp_path: Path) -> None:
        assert self.complete("grand-deal sh", tmp_path) == ["show"]

    def test_scenario_ids(self, tmp_path: Path) -> None:
        assert self.complete("grand-deal run base", tmp_path) == ["baseline"]
        assert "no-buyer" in self.complete("grand-deal compare baseline no", tmp_path)

    def test_files_and_folders(self, tmp_path: Path) -> None:
        (tmp_path / "mine.toml").touch()
        (tmp_path / "mineral").mkdir()
        (tmp_path / "mine.txt").touch()
        assert self.complete("grand-deal run mine", tmp_path) == ["mine.toml", "mineral/"]

    def test_parameter_names(self, tmp_path: Path) -> None:
        found = self.complete("grand-deal run baseline --set minsk.trade_v", tmp_path)
        assert found == ["minsk.trade_value="]

    def test_grids(self, tmp_path: Path) -> None:
        assert self.complete("grand-deal run baseline --grid f", tmp_path) == ["fast", "fine"]

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_scripts(self, command: Command, shell: str) -> None:
        done = command(_GRAND_DEAL_COMPLETE=f"source_{shell}")
        assert done.returncode == 0
        assert "_GRAND_DEAL_COMPLETE" in done.stdout
