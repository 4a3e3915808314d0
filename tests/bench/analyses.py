"""Measure every analysis as a user starts it, in a process of its own, and print the table.

    python -m tests.bench.analyses [--only NAME ...] [--large] [--json FILE]

Seconds are given by the clock on the wall and by the processor (all processes added up). A goal is a goal for two
quiet cores; nothing here decides a test. ``--large`` adds what takes many minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Task:
    """A command line to measure.

    Attributes
    ----------
    words : what stands behind ``grand-deal``.
    goal : seconds on two quiet cores, None where there is none.
    large : whether it takes many minutes.
    """

    words: str
    goal: float | None = None
    large: bool = False


TASKS = {
    "run": Task("run baseline --grid fast"),
    "run, default grid": Task("run baseline"),
    "explain": Task("explain baseline --grid fast"),
    "explain, default grid": Task("explain baseline"),
    "deals, default grid": Task("deals baseline"),
    "stability": Task("stability baseline --grid fast"),
    "power": Task("power baseline --grid fast"),
    "tornado, all parameters": Task("sensitivity baseline --outcome prisoners --no-check", 15.0),
    "gradient, all parameters": Task("sensitivity baseline --method gradient --outcome prisoners --no-check"),
    "tipping, one parameter": Task(
        "tipping baseline --parameter brussels.relief_cost.1 --outcome p_eu_relief --at 24 --level 0.5 --no-check"
    ),
    "claims": Task("claims", 60.0),
    "report of one scenario": Task("report baseline --out report.html"),
    "Sobol', 4 parameters, N = 64": Task(
        "sensitivity baseline --method sobol --samples 64 --no-check --outcome prisoners --parameters "
        "minsk.contact_value.envoys,minsk.leverage_value,minsk.release_cost,moscow.punishing_cost"
    ),
    "discover, 200 draws": Task("discover baseline --outcome prisoners --below 1120 --size 200 --no-check"),
    "tournament, 5 behaviours": Task(
        "tournament baseline --out tournament --behaviours hold,reciprocate,late,early,squeeze", None, True
    ),
    "inverse, all parameters": Task("tipping baseline --inverse --outcome prisoners --at 24 --level 1120", None, True),
    "Sobol', 12 parameters, N = 1024": Task(
        "sensitivity baseline --method sobol --samples 1024 --no-check --outcome prisoners --parameters "
        "minsk.contact_value.envoys,minsk.contact_value.embassy,minsk.leverage_value,minsk.release_cost,"
        "minsk.leader_cost,minsk.trade_value,washington.geopolitical_value,washington.show_value,"
        "brussels.relief_cost.1,moscow.punishing_cost,moscow.rationality,world.contact_fade",
        1200.0,
        True,
    ),
    "discover, 2,000 draws": Task("discover baseline --outcome prisoners --below 1120 --size 2000", None, True),
}


def measure(task: Task, folder: Path) -> dict[str, Any]:
    """Return the seconds of one command, ``wall`` and ``cpu``, and its ``exit`` code."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli", *task.words.split()],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "exit": done.returncode}


def main(words: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.analyses", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="tasks whose names begin like this")
    parser.add_argument("--large", action="store_true", help="also what takes many minutes")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(words)
    chosen = {
        name: task
        for name, task in TASKS.items()
        if (any(name.startswith(each) for each in given.only) if given.only else given.large or not task.large)
    }
    console = Console()
    table = Table("analysis", "s, wall", "s, processor", "goal", "command", title=f"{os.cpu_count()} cores")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, task in chosen.items():
            one = found[name] = measure(task, Path(folder)) | {"command": f"grand-deal {task.words}", "goal": task.goal}
            failed = "" if one["exit"] == 0 else f" (exit {one['exit']})"
            goal = "" if task.goal is None else f"{task.goal:.0f}"
            console.print(f"{name}: {one['wall']:.1f} s{failed}", style="dim", highlight=False)
            table.add_row(name, f"{one['wall']:.1f}{failed}", f"{one['cpu']:.1f}", goal, one["command"])
    console.print(table)
    if given.json:
        given.json.write_text(json.dumps({"cores": os.cpu_count(), "analyses": found}, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
