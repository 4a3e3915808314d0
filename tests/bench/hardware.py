"""Ours against the machine: the same recursion as plain C loops, and what processor and memory can do at all."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from sim.game import Chance, Game, Move
from sim.model import compile
from sim.scenario import load
from sim.solver import solve
from sim.solver.backward import rationality_of
from tests.bench.solver import evaluations

SOURCE = Path(__file__).with_name("loop.c")
FLAGS = (
    ("-O2",),
    ("-O3", "-march=native"),
    ("-O3", "-march=native", "-ffast-math"),
    ("-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512"),
)
CLOSE = 1e-12
"""Largest difference of a value, as a share of the largest value."""
FLOPS, BYTES = 90, 72
"""Of one choice evaluation at a table of two, counted in the source: two exponentials (about 30 each) and the sums;
four values, an index and four payoffs read."""


class _Turn(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("kind", "states", "choices", "rows", "mover", "parties")),
        *((name, ctypes.c_void_p) for name in ("next_state", "stay")),
        *((name, ctypes.c_void_p) for name in ("payoff", "log_weights", "recognition", "probability")),
        ("party", ctypes.c_int64 * 8),
        ("recognition_rows", ctypes.c_int64),
    )


class Loop:
    """A game laid out for the C loops, which are compiled here with one set of flags.

    Raises
    ------
    FileNotFoundError : there is no C compiler.
    subprocess.CalledProcessError : the compiler does not know the flags.
    """

    def __init__(self, folder: Path, flags: tuple[str, ...]) -> None:
        compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
        if compiler is None:
            raise FileNotFoundError("no C compiler (gcc, cc or clang)")
        library = folder / f"loop-{abs(hash(flags))}.so"
        part = library.with_suffix(".o")
        words = [compiler, *flags, "-fopenmp", "-fPIC", "-c", "-o", str(part), str(SOURCE)]
        subprocess.run(words, check=True, capture_output=True)
        # linked without the flags: -ffast-math there would set the whole process to flush small numbers to nought
        words = [compiler, "-fopenmp", "-shared", "-o", str(library), str(part), "-lm"]
        subprocess.run(words, check=True, capture_output=True)
        self.library = ctypes.CDLL(str(library))
        self.library.multiply_add.restype = ctypes.c_double

    def values(self, game: Game, lam: Any, threads: int) -> Any:
        """Return the values at round boundaries, shape (T + 1, S_0, N)."""
        n = len(game.players)
        keep: list[Any] = []

        def place(array: Any, kind: Any = np.float64) -> int:
            keep.append(np.ascontiguousarray(array, kind))
            return int(keep[-1].ctypes.data)

        turns = (_Turn * len(game.turns))()
        for made, turn in zip(turns, game.turns, strict=True):
            made.states, made.choices = turn.next_state.shape
            made.next_state = place(turn.next_state, np.int32)
            if isinstance(turn, Chance):
                made.kind = 2
                made.probability = place(np.broadcast_to(turn.probability, turn.next_state.shape))
                continue
            made.rows = turn.payoff.shape[0]
            made.payoff, made.log_weights = place(turn.payoff), place(np.log(turn.weights))
            if isinstance(turn, Move):
                made.kind, made.mover = 0, _number(game, turn.player)
            else:
                made.kind, made.parties = 1, len(turn.parties)
                made.party[: made.parties] = [_number(game, party) for party in turn.parties]
                rows = np.atleast_2d(turn.recognition)
                made.recognition_rows, made.recognition = rows.shape[0], place(rows)
                made.stay = place(turn.stay, np.int32)
        states = game.n_states(0)
        half = max(turn.next_state.shape[0] for turn in game.turns) * n
        boundary, room = np.empty((game.rounds + 1, states, n)), np.empty(2 * half)
        numbers = [ctypes.c_int64(each) for each in (len(game.turns), n, game.rounds, states)]
        arrays = [game.flow, np.broadcast_to(game.discount, (n,)), game.terminal, np.broadcast_to(lam, (n,))]
        self.library.backward(
            turns,
            *numbers,
            *(ctypes.c_void_p(place(each)) for each in arrays),
            ctypes.c_void_p(boundary.ctypes.data),
            ctypes.c_void_p(room.ctypes.data),
            ctypes.c_int64(half),
            ctypes.c_int(threads),
        )
        return boundary


def _number(game: Game, player: int | str) -> int:
    return game.players.index(player) if isinstance(player, str) else int(player)


def measure(grid: str, repeats: int, folder: Path, *, small: bool = False) -> dict[str, Any]:
    """Return seconds of ours and of every C loop, the largest difference, and the machine's peaks.

    ``lines`` holds one dict a line: ``what, threads, seconds`` (list), ``difference`` (share of the largest value) and
    ``ratio`` (list: seconds of the best C loop with as many threads over ours, repeat by repeat).
    """
    model = compile(load("baseline"), grid)
    reference = solve(model.game, model.rationality).boundary
    scale = float(np.abs(reference).max())
    count = evaluations(model.game)
    loops: dict[str, Loop] = {}
    for flags in FLAGS:
        try:
            loops[" ".join(flags)] = Loop(folder, flags)
        except subprocess.CalledProcessError:
            continue  # this compiler does not know one of them
    lines: list[dict[str, Any]] = []
    lam = rationality_of(model.game, model.rationality)
    for threads in (1, 2):
        ours: list[float] = []
        theirs: dict[str, list[float]] = {name: [] for name in loops}
        far: dict[str, float] = {}
        for _ in range(repeats):
            begun = time.perf_counter()
            solve(model.game, model.rationality, threads=threads)
            ours.append(time.perf_counter() - begun)
            for name, loop in loops.items():
                begun = time.perf_counter()
                found = loop.values(model.game, lam, threads)
                theirs[name].append(time.perf_counter() - begun)
                far[name] = float(np.abs(found - reference).max()) / scale
        good = {name: seconds for name, seconds in theirs.items() if far[name] <= CLOSE}
        best = min(good, key=lambda name: min(good[name]), default=None)
        lines.append({"what": "ours", "threads": threads, "seconds": ours, "difference": 0.0, "ratio": []})
        for name, seconds in theirs.items():
            row = {"what": f"C {name}", "threads": threads, "seconds": seconds, "difference": far[name], "ratio": []}
            if name == best:
                row["what"] += " (best)"
                row["ratio"] = [c / mine for c, mine in zip(seconds, ours, strict=True)]
            lines.append(row)
    fastest = loops.get(" ".join(FLAGS[1])) or next(iter(loops.values()))
    return {
        "grid": grid,
        "evaluations": count,
        "flops_per_evaluation": FLOPS,
        "bytes_per_evaluation": BYTES,
        "lines": lines,
        "peaks": [peaks(fastest, threads, small) for threads in (1, 2)],
    }


def peaks(loop: Loop, threads: int, small: bool) -> dict[str, float]:
    """Return the most multiply-adds (two flops each) and bytes a second that simple loops reach here."""
    steps, n = (2_000_000, 2_000_000) if small else (20_000_000, 20_000_000)
    flops = fastest = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        done = loop.library.multiply_add(ctypes.c_int64(steps), ctypes.c_int(threads))
        flops = max(flops, done * threads / (time.perf_counter() - begun))
    a, b, c = np.zeros(n), np.ones(n), np.ones(n)
    for _ in range(5):
        begun = time.perf_counter()
        pointers = [ctypes.c_void_p(each.ctypes.data) for each in (a, b, c)]
        loop.library.triad(*pointers, ctypes.c_int64(n), ctypes.c_int(threads))
        fastest = max(fastest, 3 * 8 * n / (time.perf_counter() - begun))
    return {"threads": threads, "gigaflops": flops / 1e9, "gigabytes": fastest / 1e9}
