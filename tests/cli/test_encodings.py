"""Output in letters that a terminal or a file cannot hold, and files damaged in every way, end in words."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim
from sim.cli.app import app
from sim.errors import ScenarioError
from tests.cli.conftest import Command
from tests.scenario.fuzz import mutations

CYRILLIC = 'extends = "baseline"\nid = "mine"\ntitle = "Минск ждёт"\nquestion = "Что дальше?"\n'


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_letters_that_the_output_cannot_hold(command: Command, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "mine.toml").write_text(CYRILLIC, encoding="utf-8")
    shown = command("show", "mine.toml", "--changed", PYTHONIOENCODING=encoding)
    assert shown.returncode == 0, shown.stderr
    assert "\\u041c" in shown.stdout
    listed = command("list", "--json", PYTHONIOENCODING=encoding)
    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)["scenarios"]) == 19


@pytest.mark.slow
def test_five_hundred_damaged_files_on_the_command_line(tmp_path: Path) -> None:
    """Exit code 0 or 3, never a traceback; what is valid can be compiled, or says why not."""
    path = tmp_path / "mutant.toml"
    codes = []
    for name, data in mutations(500):
        path.write_bytes(data)
        done = CliRunner().invoke(app, ["validate", str(path)], prog_name="grand-deal")
        assert done.exit_code in (0, 3), (name, done.output)
        assert "Traceback" not in done.output
        assert "defect" not in done.output, (name, done.output)
        codes.append(done.exit_code)
        if done.exit_code == 0:
            with suppress(ScenarioError):  # more people held than a lot of this grid has room for
                sim.compile(sim.load(path), grid="1400x2")
    assert {0, 3} == set(codes)
