"""Two ways to run the command line: in this process (quick), and as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

Invoke = Callable[..., Result]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """Run the command line in this process, in an empty folder."""
    from sim.cli.app import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*words: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], prog_name="grand-deal", input=stdin)

    return run


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run the command line in a process of its own, in an empty folder, off a terminal."""

    def run(*words: str | Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
        return subprocess.run(
            [sys.executable, "-m", "sim.cli", *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**kept, "PYTHONIOENCODING": "utf-8", **environment},
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def forecast(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Let synthetic results stand in for forecasts, and a bare page for the report; returns what was asked for."""
    import dataclasses

    from tests.batch.samples import page, some

    asked: list[dict[str, object]] = []

    def run(scenario, **settings: object):
        asked.append({"scenario": scenario, **settings})
        result = some(scenario.id if scenario.id in SYNTHETIC else "baseline")[0]
        return dataclasses.replace(
            result, scenario=scenario.id, scenario_hash=scenario.hash, grid=settings["grid"], seed=settings["seed"]
        )

    def stories(scenario, *, count: int, **settings: object) -> tuple[str, ...]:
        return tuple(f"Month 1: course {number}." for number in range(count))

    monkeypatch.setattr("sim.forecast.run", run)
    monkeypatch.setattr("sim.report.render", page)
    monkeypatch.setattr("sim.forecast.stories", stories)
    return asked


SYNTHETIC = ("baseline", "no-buyer", "mass-release", "gestures-only")
