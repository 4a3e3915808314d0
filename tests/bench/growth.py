"""How cost grows with states, rounds, packages and variants: seconds and memory, each point in a process of its own.

python -m tests.bench.growth POINT SIZE REPEATS prints one point as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

POINTS: dict[str, tuple[int, ...]] = {
    "states": (1, 2, 4, 8),
    "rounds": (24, 60, 120, 240),
    "packages": (10, 50, 100, 200),
    "variants": (1, 8, 64, 1024),
}
UNITS = {
    "states": "x the states of lots of 280",
    "rounds": "rounds on lots of 140",
    "packages": "packages of two parties in 2,000 states, 24 rounds",
    "variants": "variants of a game on lots of 700, 24 rounds",
}
LOT = 280


def point(kind: str, size: int, repeats: int, quick: bool = False) -> dict[str, Any]:
    """Measure one point in this process."""
    from sim.game import Game, Offer
    from sim.model import compile
    from sim.scenario import load
    from sim.solver import solve, solve_each
    from tests.bench.solver import evaluations

    base = load("baseline")
    if kind == "packages":
        states = 100 if quick else 2_000
        rng = np.random.default_rng(1)
        following = (np.arange(states)[:, None] + np.arange(size)) % states
        payoff = np.concatenate([np.zeros((1, 2)), rng.normal(size=(size - 1, 2))])
        turn = Offer(("one", "other"), (0.5, 0.5), range(size), following, payoff)
        flow = rng.normal(size=(states, 2))
        game = Game(players=("one", "other"), turns=(turn,), flow=flow, discount=0.9, terminal=flow, rounds=24)
        lam: Any = 3.0
    else:
        grid = {
            "states": f"{LOT // size}x{6 if quick else 24}",
            "rounds": f"{700 if quick else 140}x{size}",
            "variants": "700x24",
        }[kind]
        model = compile(base, grid)
        game, lam = model.game, model.rationality
    count = evaluations(game)
    solve(game, lam)
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        if kind == "variants":
            models = (compile(load(base, {"minsk.trade_value": 4 + 8 * v / size}), "700x24") for v in range(size))
            total = sum(float(solution.boundary[0][0, 0]) for solution in solve_each((m.game for m in models), lam))
            assert np.isfinite(total)
        else:
            solve(game, lam)
        seconds.append(time.perf_counter() - begun)
    return {
        "kind": kind,
        "size": size,
        "states": game.n_states(0),
        "evaluations": count * (size if kind == "variants" else 1),
        "seconds": seconds,
        "peak_mb": peak(),
    }


def peak() -> float:
    """Return this process's largest resident memory in MB (what `getrusage` tells is also that of who started it)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1e3
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure(repeats: int, quick: bool) -> list[dict[str, Any]]:
    """Return all points, one dict a line."""
    found = []
    for kind, sizes in POINTS.items():
        print(f"  growth: {kind} ...", file=sys.stderr, flush=True)
        for size in sizes[:2] if quick else sizes:
            words = [sys.executable, "-m", "tests.bench.growth", kind, str(size), str(repeats), *(["quick"] * quick)]
            done = subprocess.run(
                words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
            )  # fmt: skip
            found.append(json.loads(done.stdout))
    return found


if __name__ == "__main__":
    print(json.dumps(point(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "quick" in sys.argv[4:])))
