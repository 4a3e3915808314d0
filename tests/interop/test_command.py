"""The `export` command."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

import sim
from sim.cli import app as commands
from sim.cli.export import export
from sim.interop import truncate
from sim.model import position
from sim.solver import solve
from sim.solver.reach import start_distribution
from tests.interop import walk

Invoke = Callable[..., Result]
SMALL = ("--grid", "700x6", "--tables", "us-table", "--packages", "13 people for contact", "--only", "moscow=tolerate")


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command in this process, in an empty folder, with the project's handling of errors."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer(cls=commands.Commands)
    app.command("export")(export)
    app.command("other")(lambda: None)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["export", *words], prog_name="grand-deal")

    return run


def test_a_file_that_another_program_solves_to_the_same_values(invoke: Invoke, tmp_path: Path) -> None:
    state = "prisoners=42,contact=envoys"
    found = invoke("baseline", *SMALL, "--state", state, "--rounds", "2", "--nature", "likeliest", "--out", "g.efg")
    assert found.exit_code == 0, found.stderr
    data = (tmp_path / "g.efg").read_bytes()
    tree = walk.loaded(data.decode(), tmp_path)
    nodes = len(walk.every(tree))
    assert f"baseline, 2 months: {nodes:,} nodes as a tree." in found.stderr
    assert f"{hashlib.sha256(data).hexdigest()[:16]}" in found.stdout
    assert "prisoners=0" in data.decode().splitlines()[3]
    assert "prisoners=700" in data.decode().splitlines()[3]  # 42 persons: a lottery between no lot and one
    model = sim.compile(sim.load("baseline"), "700x6")
    labels = [package.label for package in model.packages["us-table"]]
    choices = {"us-table": [labels.index("13 people for contact")], "eu-table": [], "moscow": ["tolerate"]}
    game = truncate(model.game, rounds=2, choices=choices, likeliest=["nature"])
    start = start_distribution(game, position(model, {"prisoners": "42", "contact": "envoys"}))
    ours = start @ solve(game, float("inf")).values(0)
    np.testing.assert_allclose(walk.max_n_value(tree), ours, rtol=0, atol=1e-8)
    again = found.stdout.splitlines()[-1]
    assert again.startswith("The same again: grand-deal export baseline --rounds 2 --format efg --state prisoners=42")


def test_the_size_is_told_and_too_much_refused_before_anything_is_written(invoke: Invoke, tmp_path: Path) -> None:
    found = invoke("baseline", "--grid", "700x6", "--rounds", "3", "--out", "g.efg")
    assert found.exit_code == 2
    assert "nodes as a tree." in found.stderr
    assert "allowed: at most 200,000. Take fewer rounds, fewer tables" in found.stderr
    assert list(tmp_path.iterdir()) == []
    assert found.stdout == ""


def test_tables_and_pictures(invoke: Invoke, tmp_path: Path) -> None:
    found = invoke("baseline", *SMALL, "--format", "table", "--nature", "likeliest")
    assert found.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert {row["turn"] for row in rows} >= {"nature", "us-table", "minsk", "moscow", "end", "horizon"}
    assert "predicts nothing" in found.stderr
    for suffix in ("csv", "parquet"):
        assert invoke("baseline", *SMALL, "--format", "table", "--out", f"t.{suffix}").exit_code == 0
        assert (tmp_path / f"t.{suffix}").stat().st_size > 1000
    assert invoke("baseline", *SMALL, "--format", "dot", "--nature", "likeliest", "--out", "g.dot").exit_code == 0
    picture = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert picture.startswith("digraph")
    assert "probability below 1% are left out" in picture


def test_the_size_told_is_that_of_the_format(invoke: Invoke, tmp_path: Path) -> None:
    found = invoke("baseline", *SMALL, "--format", "table", "--out", "t.csv")
    rows = len((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert f", {rows:,} rows as a table." in found.stderr


def test_the_limit_of_a_picture_can_be_moved(invoke: Invoke) -> None:
    words = ("baseline", "--grid", "700x6", "--format", "dot")
    refused = invoke(*words)
    assert refused.exit_code == 2
    assert "arrows or more; allowed: at most 400" in refused.stderr
    drawn = invoke(*words, "--max-nodes", "100000")
    assert drawn.exit_code == 0, drawn.stderr
    assert drawn.stdout.count(" -> ") > 400
    assert "--max-nodes 100000" in drawn.stderr
    assert "left out of the picture" in drawn.stderr


def test_json_tells_what_was_written(invoke: Invoke, tmp_path: Path) -> None:
    words = ("baseline", *SMALL, "--equal-weights", "--after", "equilibrium", "--out", "g.efg", "--json")
    found = invoke(*words)
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    data = (tmp_path / "g.efg").read_bytes()
    assert told["schema_version"] == 1
    assert told["sha256"] == hashlib.sha256(data).hexdigest()
    assert told["nodes"] == len(data.decode().splitlines()) - 3
    assert "choices have weights" not in found.stderr


def test_what_follows_changes_the_payoffs(invoke: Invoke, tmp_path: Path) -> None:
    texts = set()
    for after in ("idle", "nothing", "equilibrium"):
        assert invoke("baseline", *SMALL, "--after", after, "--out", "g.efg").exit_code == 0
        texts.add((tmp_path / "g.efg").read_text(encoding="utf-8"))
    assert len(texts) == 3


WRONG = [
    pytest.param(("--state", "contact=envois"), "did you mean 'envoys'", id="level"),
    pytest.param(("--state", "prisners=3"), "did you mean 'prisoners'", id="dial"),
    pytest.param(("--state", "prisoners"), "allowed: dial=level", id="no-level"),
    pytest.param(("--tables", "us-tabel"), "did you mean 'us-table'", id="table"),
    pytest.param(("--packages", "17 ducks"), "--packages: us-table: found '17 ducks'", id="package"),
    pytest.param(("--tables", "none", "--packages", "contact"), "found no table to offer it at", id="no-table"),
    pytest.param(("--only", "moscow=bribe"), "moscow: found 'bribe'; allowed: for example tolerate", id="action"),
    pytest.param(("--only", "us-table=contact"), "allowed: minsk, washington", id="not-a-move"),
    pytest.param(("--only", "moscow"), "allowed: turn=action", id="no-action"),
    pytest.param(("--format", "tabel"), "did you mean 'table'", id="format"),
    pytest.param(("--nature", "calm"), "allowed: all, likeliest", id="nature"),
    pytest.param(("--after", "war"), "allowed: idle, nothing, equilibrium", id="after"),
    pytest.param(("--rounds", "9"), "--rounds: found 9; allowed: 1 to 6", id="rounds"),
    pytest.param(("--json",), "give --out FILE", id="json"),
    pytest.param(("--format", "table", "--out", "t.xls"), "allowed for a table: .csv, .parquet", id="suffix"),
    pytest.param(("--out", "no/such/g.efg"), "there is no folder", id="folder"),
    pytest.param(("--out", "."), "this is a folder", id="is-folder"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_wrong_words_are_told(words: tuple[str, ...], told: str, invoke: Invoke, tmp_path: Path) -> None:
    found = invoke("baseline", "--grid", "700x6", *words)
    assert found.exit_code == 2
    assert told in " ".join(found.stderr.replace("│", " ").split())
    assert "Traceback" not in found.output
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Whatever Python hashes strings with, and in whatever order sets come."""
    script = (
        "import sys\nfrom sim.cli.export import export\n"
        "export('baseline', grid='700x6', tables='us-table', packages=['13 people for contact'], file=None)\n"
    )
    seen = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            timeout=120,
        )
        assert done.stdout.startswith(b"EFG 2 R")
        seen.add(hashlib.sha256(done.stdout).hexdigest())
    assert len(seen) == 1


def test_the_documentation_can_be_followed(invoke: Invoke, tmp_path: Path) -> None:
    """Its command line and its Python, as they stand there."""
    blocks = re.findall(
        r"```(\w*)\n(.*?)```", files("sim.interop").joinpath("INTEROP.md").read_text("utf-8"), re.DOTALL
    )
    command = next(text for kind, text in blocks if not kind)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["grand-deal", "export"]
    found = invoke(*words[2:])
    assert found.exit_code == 0, found.stderr
    assert (tmp_path / "game.efg").is_file()
    told: dict[str, object] = {}
    exec(next(text for kind, text in blocks if kind == "python"), told)
    tree = walk.loaded(str(told["text"]))
    assert len(walk.every(tree)) > 50
