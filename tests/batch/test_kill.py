"""Killed twenty times at random moments, the same command still gives the tables of an undisturbed run, to the byte."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.batch import store
from sim.batch.tables import NAMES
from tests.batch.samples import write_scenarios

KILLS = 20
KILLS_A_FOLDER = 5
ATTEMPTS = 30


def command(scenarios: Path, out: Path, jobs: int) -> list[str]:
    batch = [sys.executable, "-m", "sim.cli", "batch", str(scenarios), "--grid", "fast"]
    return [*batch, "--out", str(out), "--jobs", str(jobs)]


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in NAMES}


def kill_after(seconds: float, words: list[str]) -> bool:
    """Start the command in a process group of its own, kill that group after some seconds; True if it still ran."""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(timeout=seconds)
            return False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_twenty_kills_leave_no_trace(tmp_path: Path) -> None:
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    write_scenarios(scenarios, ["first", "second", "third"])
    undisturbed = tmp_path / "undisturbed"
    begun = time.perf_counter()
    subprocess.run(command(scenarios, undisturbed, 1), check=True, capture_output=True)
    length = time.perf_counter() - begun
    expected = tables(undisturbed)
    chance = random.Random(20250621)
    killed = 0
    for folder in range(KILLS // KILLS_A_FOLDER):
        out = tmp_path / f"out-{folder}"
        words = command(scenarios, out, 1 + folder % 2)
        here = 0
        for _ in range(ATTEMPTS):
            if here == KILLS_A_FOLDER:
                break
            if kill_after(chance.uniform(0.15, 1.0) * length, words):
                here += 1
            else:  # it had finished: begin anew
                shutil.rmtree(out)
            for shard in (out / store.SHARDS).glob("*.json"):
                if not shard.name.startswith(store.TEMPORARY):  # finished results are whole
                    assert store.read_shard(out, shard.stem) is not None
        subprocess.run(words, check=True, capture_output=True)
        assert tables(out) == expected
        assert not list(out.rglob(f"{store.TEMPORARY}*"))
        killed += here
    assert killed == KILLS
