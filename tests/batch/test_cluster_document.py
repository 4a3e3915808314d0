"""CLUSTER.md: the commands in it that can be run are run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim.batch
from sim.cli.app import app

DOCUMENT = Path(sim.batch.__file__).with_name("CLUSTER.md")
BLOCKS = re.findall(r"^```sh run\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_there_are_blocks_to_run() -> None:
    assert len(BLOCKS) == 3
    assert "FIGURES" not in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("number", range(3))
def test_blocks(tmp_path: Path, number: int) -> None:
    block = BLOCKS[number]
    if "openssl" in block and shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if "query" in block and not any(command.name == "query" for command in app.registered_commands):
        pytest.skip("the command line has no query yet")
    # job control for `kill %1`, as in a shell that one types into; background jobs keep no pipe open
    begin = "set -em\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    script = begin + block.replace(" &\n", " >/dev/null 2>&1 &\n")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "predicts nothing" in done.stdout
    assert re.search(r"Cluster \S+: [12] workers?\.", done.stderr)
    if "query" in block:
        assert "16" in done.stdout.split("variants")[-1]
