"""Measure compiling, solving, playing forward and sampling on this machine, all in one run.

    python -m tests.bench.solver --grid fast --grid default --repeats 5 [--threads 2] [--variants 8]
        [--courses 20000] [--json FILE]

Each repeat runs every task once, one after the other, so that a load from outside strikes all of them alike. Seconds
are given by the clock on the wall and by the processor (all threads added up): on a shared machine only the second
says much. A choice evaluation is one available action, package or outcome, for one proposer, in one state of one round,
for all players.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.forecast import forecast, headlines, sample
from sim.game import Game, Offer
from sim.model import compile
from sim.scenario import load
from sim.solver import propagate_many, solve, solve_many

MONTHS, COURSES = 24, 20_000


def evaluations(game: Game) -> int:
    """Return how many choices are evaluated in one backward pass."""
    a_round = sum(
        int((turn.next_state >= 0).sum()) * (len(turn.parties) if isinstance(turn, Offer) else 1) for turn in game.turns
    )
    return a_round * game.rounds


def measure(grid: str, repeats: int, threads: int | None, variants: int, courses: int = COURSES) -> dict[str, Any]:
    """Return for every task its seconds in each repeat, ``wall`` and ``cpu``; the first, uncounted run compiles."""
    changes = [{"minsk.trade_value": 5.0 + 0.1 * v} for v in range(variants)]
    models = [compile(load("baseline", change), grid) for change in changes]
    model = compile(load("baseline"), grid)
    lams = [each.rationality for each in models]
    found: dict[str, Any] = {}

    def one_by_one() -> list[Any]:
        return [solve(each.game, lam, threads=threads) for each, lam in zip(models, lams, strict=True)]

    tasks: dict[str, Callable[[], Any]] = {
        "compile": lambda: compile(load("baseline", {"minsk.trade_value": 6.789}), grid),
        "solve": lambda: solve(model.game, model.rationality, threads=threads),
        "solve for a start": lambda: solve(model.game, model.rationality, threads=threads, start=model.start),
        "forward": lambda: headlines(model, forecast(model, found["solve"], MONTHS)),
        "forward for a start": lambda: headlines(model, forecast(model, found["solve for a start"], MONTHS)),
        "sample": lambda: sample(model, found["solve"], count=courses, months=MONTHS, seed=0),
        "one by one": one_by_one,
        "together": lambda: solve_many((each.game for each in models), rationalities=lams, threads=threads),
        "together for a start": lambda: solve_many(
            (each.game for each in models), rationalities=lams, threads=threads, start=model.start
        ),
        "forward, together": lambda: propagate_many(found["together"], model.start, MONTHS, threads=threads),
    }
    seconds: dict[str, dict[str, list[float]]] = {name: {"wall": [], "cpu": []} for name in tasks}
    for repeat in range(repeats + 1):
        for name, task in tasks.items():
            wall, cpu = time.perf_counter(), time.process_time()
            found[name] = task()
            spent = time.perf_counter() - wall, time.process_time() - cpu
            if repeat:
                seconds[name]["wall"].append(spent[0])
                seconds[name]["cpu"].append(spent[1])
    return {"grid": grid, "evaluations": evaluations(model.game), "variants": variants, "seconds": seconds}


def table(result: dict[str, Any]) -> str:
    """Return one grid's measurements as text: minimum, median and maximum in milliseconds, and ratios."""
    seconds, variants = result["seconds"], result["variants"]
    lines = [f"{result['grid']}: {result['evaluations'] / 1e6:.0f} million choice evaluations a solve"]
    for name, both in seconds.items():
        each = variants if "one by one" in name or "together" in name else 1
        columns = []
        for clock, spent in both.items():
            low, middle, high = (1e3 * f(spent) / each for f in (min, statistics.median, max))
            columns.append(f"{clock} {low:8.1f} {middle:8.1f} {high:8.1f}")
        lines.append(f"  {name:20s} {'   '.join(columns)}  ms{' each' if each > 1 else ''}")
    for clock in ("wall", "cpu"):
        rate = result["evaluations"] / min(seconds["solve"][clock]) / 1e6
        pairs = zip(seconds["one by one"][clock], seconds["together"][clock], strict=True)
        ratio = statistics.median(one / many for one, many in pairs)
        ahead, started = (
            statistics.median(
                forward / solved
                for forward, solved in zip(seconds[f"forward{how}"][clock], seconds[f"solve{how}"][clock], strict=True)
            )
            for how in ("", " for a start")
        )
        lines.append(
            f"  by {clock}: {rate:.0f} million evaluations a second; forward takes {ahead:.2f} of a solve, "
            f"both for a start {started:.2f}; "
            f"a variant alone takes {ratio:.2f} of one of {variants} together"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the grids asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grid", action="append", help="fast, default or fine; may be given more than once")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--variants", type=int, default=8)
    parser.add_argument("--courses", type=int, default=COURSES, help="how many are sampled")
    parser.add_argument("--json", default=None, help="also write the seconds to this file")
    given = parser.parse_args(arguments)
    results = []
    for grid in given.grid or ["fast"]:
        results.append(measure(grid, given.repeats, given.threads, given.variants, given.courses))
        print(table(results[-1]), flush=True)
    if given.json:
        Path(given.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
