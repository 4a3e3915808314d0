"""The commands that compute many variants, on closed forms instead of the model."""

from __future__ import annotations

import json
from typing import Any

import typer
from typer.testing import CliRunner, Result

from sim.cli import discover, sensitivity, sweep, tipping
from sim.cli.app import Commands
from tests.analyse import conftest

closed = conftest.closed

app = typer.Typer(cls=Commands, pretty_exceptions_enable=False, rich_markup_mode=None)
for command in (sweep.sweep, tipping.tipping, sensitivity.sensitivity, discover.discover):
    app.command(command.__name__)(command)


def run(*words: str, code: int = 0) -> Result:
    """Run a command on the baseline with one worker; its exit code is checked."""
    done = CliRunner().invoke(app, [words[0], "baseline", "--jobs", "1", *words[1:]], prog_name="grand-deal")
    assert done.exit_code == code, (done.exit_code, done.stdout, done.stderr)
    return done


def record(*words: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json and return what it prints."""
    result: dict[str, Any] = json.loads(run(*words, "--json", code=code).stdout)
    return result


def same_again(done: Result) -> list[str]:
    """Return the words of the command that a text answer names as giving the same again, after the scenario."""
    import shlex

    line = done.stdout.rstrip().splitlines()[-1]
    prefix = "The same again: grand-deal "
    assert line.startswith(prefix), line
    words = shlex.split(line.removeprefix(prefix))
    assert words[1] == "baseline"
    return [words[0], *words[2:]]


def check_text(done: Result) -> None:
    """A text answer ends with the disclaimer and with a command that prints the same again."""
    assert "This explores a model and predicts nothing." in done.stdout
    assert run(*same_again(done)).stdout == done.stdout
