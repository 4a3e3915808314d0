"""Every block of the tutorial runs: Python in one session, files where it names them, commands in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import sim.testing
from sim.cli.app import Commands
from sim.cli.check import check

TUTORIAL = Path(sim.testing.__file__).with_name("TUTORIAL.md")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
SESSION = [text for language, text in BLOCKS if language == "python" and not text.startswith("# file: ")]
COMMANDS = [text for language, text in BLOCKS if language == "console"]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {language for language, _ in BLOCKS} == {"python", "console", "toml"}
    assert len(SESSION) >= 6
    assert len(COMMANDS) == 2


@pytest.mark.slow
def test_the_python_of_the_tutorial_runs(capsys: pytest.CaptureFixture[str]) -> None:
    session: dict[str, object] = {"__name__": "tutorial"}
    for number, text in enumerate(SESSION):
        exec(compile(text, f"{TUTORIAL.name}, block {number + 1}", "exec"), session)
    printed = capsys.readouterr().out
    assert printed.startswith("Game(players=('Ann', 'Bob')")
    assert "flow_shift: " in printed


@pytest.mark.slow
def test_the_commands_of_the_tutorial_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named in their first line; what stands below a command is in its output."""
    monkeypatch.chdir(tmp_path)
    for _, text in BLOCKS:
        name = re.match(r"# (?:file: )?(\S+\.(?:py|toml))\n", text)
        if name:
            (tmp_path / name[1]).write_text(text, encoding="utf-8")
    app = typer.Typer(cls=Commands)
    app.command("check")(check)
    app.command("other")(lambda: None)
    for block in COMMANDS:
        command, *expected = block.splitlines()
        words = shlex.split(command.removeprefix("$ "))
        assert words[:2] == ["grand-deal", "check"]
        done = CliRunner().invoke(app, words[1:], prog_name="grand-deal")
        assert done.exit_code == (1 if any("Broken" in line for line in expected) else 0), done.output
        lines = done.stdout.splitlines()
        places = [lines.index(line) for line in expected]
        assert places == sorted(places)
