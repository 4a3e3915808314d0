"""Ours against what one would pick instead, each on the same work.

A peer lives in an environment of its own: the folder ``bench`` (QuantEcon and Mesa, versions in ``peers.txt``), or
``gambit`` and ``negmas`` as `tests.peers` makes them, all in ``.venv-peers/`` or the folder named in ``PEERS_VENV``.
OpenSpiel is part of the development environment. Nothing is installed here (`make bench-peers` does that); what is not
there is not measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.game import Game, Move

HERE = Path(__file__).parent
NOT_MEASURED = "not measured"
LONGEST = 9
"""Months of the longest tree that others are asked about: about 1.7 million nodes."""


def python_of(peer: str) -> Path | None:
    """Return the interpreter of a peer's environment; None where there is none."""
    root = Path(os.environ.get("PEERS_VENV") or HERE.parents[1] / ".venv-peers")
    python = root / peer / "bin" / "python"
    return python if python.exists() else None


def asked(peer: str, *words: str | int | Path, limit: float) -> list[dict[str, Any]] | str:
    """Return the JSON lines that a peer printed before the limit (seconds), or why there are none."""
    python = python_of(peer)
    return f"{NOT_MEASURED}: no environment" if python is None else _said(python, words, limit)


def asked_here(*words: str | int | Path, limit: float) -> list[dict[str, Any]] | str:
    """As `asked`, of a peer that is part of this environment."""
    return _said(Path(sys.executable), words, limit)


def _said(python: Path, words: Sequence[str | int | Path], limit: float) -> list[dict[str, Any]] | str:
    try:
        done = subprocess.run([str(python), *map(str, words)], capture_output=True, text=True, timeout=limit)
        text, error = done.stdout, done.stderr.strip().splitlines()
    except subprocess.TimeoutExpired as stopped:
        raw = stopped.stdout or b""
        text, error = raw.decode() if isinstance(raw, bytes) else raw, [f"stopped after {limit:.0f} s"]
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    if lines:
        return lines
    reason = error[-1] if error else "said nothing"
    return reason if reason.startswith("stopped") else f"{NOT_MEASURED}: {reason}"


def timed(work: Callable[[], Any], repeats: int) -> list[float]:
    """Return the seconds of each repeat; a first run, which may compile, does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return seconds


def line(
    what: str, work: str, count: float, ours: list[float], theirs: list[float] | str, **more: Any
) -> dict[str, Any]:
    """Return one comparison: units of work a second of both, and how many times ours is faster, repeat by repeat.

    ``theirs`` may be the reason why there is none. ``more`` may hold ``count_theirs`` where they did other amounts.
    """
    counted = more.pop("count_theirs", count)
    row = {"peer": what, "work": work, "ours_per_second": [count / each for each in ours], **more}
    if isinstance(theirs, str):
        return {**row, "status": theirs, "theirs_per_second": [], "ratio": []}
    speed = [counted / each for each in theirs]
    pairs = zip(row["ours_per_second"], speed, strict=False)
    return {**row, "status": "measured", "theirs_per_second": speed, "ratio": [mine / other for mine, other in pairs]}


def decision_problem(states: int, actions: int, rounds: int) -> Game:
    """Return the problem of `side_quantecon` as a game of one player."""
    s, a = np.meshgrid(np.arange(states), np.arange(actions), indexing="ij")
    turn = Move("one", range(actions), (s + a) % states, np.cos(s + 2.0 * a)[..., None])
    return Game(
        players=("one",), turns=(turn,), flow=np.zeros((states, 1)), discount=0.95, terminal=np.zeros((states, 1)),
        rounds=rounds,
    )  # fmt: skip


def quantecon(repeats: int, quick: bool, limit: float) -> Iterator[dict[str, Any]]:
    """Backward induction of one decision maker: their maximum, our logit choice and our maximum."""
    from sim.solver import solve

    size = (960, 60, 8) if quick else (9_600, 300, 24)
    game = decision_problem(*size)
    count = float(np.prod(size))
    found = asked("bench", HERE / "side_quantecon.py", *size, repeats, limit=limit)
    theirs: Any = found if isinstance(found, str) else found[0]["seconds"]
    named = "QuantEcon" if isinstance(found, str) else f"QuantEcon {found[0]['version']}"
    work = "state-action-rounds, {} states x {} actions x {} rounds".format(*size)
    for lam, word in ((np.inf, "backward induction"), (3.0, "logit (theirs: maximum)")):
        ours = timed(lambda lam=lam: solve(game, lam), repeats)
        row = line(f"{named}, {word}", work, count, ours, theirs)
        if lam == np.inf and not isinstance(found, str):
            value = float(solve(game, lam).values(0)[:, 0].sum())
            row["agrees"] = abs(value - found[0]["check"]) <= 1e-9 * abs(value)
        yield row


def grown(named: str, repeats: int, quick: bool, ask: Callable[[Path], list[float] | str]) -> Iterator[dict[str, Any]]:
    """Compare on ever longer beginnings of the baseline until a peer gives up: the longest it took, and the next."""
    from sim.interop.tree import node_count
    from sim.solver import solve
    from tests.peers.cases import months_game

    last: dict[str, Any] | None = None
    for months in range(1, 3) if quick else range(2, LONGEST + 1):
        game, start, text = months_game(months)
        nodes = node_count(game, start)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "game.efg"
            file.write_text(text)
            theirs = ask(file)
        work = f"nodes of the tree of {months} months ({nodes:,})"
        if isinstance(theirs, str):
            if last is not None:
                yield last
            yield line(named, work, nodes, timed(lambda game=game: solve(game, 1.0), repeats), theirs)
            return
        last = line(named, work, nodes, timed(lambda game=game: solve(game, 1.0), repeats), theirs)
    if last is not None:
        yield last


def gambit(repeats: int, quick: bool, limit: float) -> Iterator[dict[str, Any]]:
    """Logit equilibria of trees, per node: the largest of one family that Gambit ends within the limit."""
    side = HERE.parent / "peers" / "side_gambit.py"

    def ask(file: Path) -> list[float] | str:
        seconds: list[float] = []
        for _ in range(repeats):
            found = asked("gambit", side, file, "1.0", limit=limit)
            if isinstance(found, str):
                return found
            seconds.append(max(found[0]["solved"][0]["seconds"], 1e-3))
        return seconds

    yield from grown("Gambit, logit solver", repeats, quick, ask)


def openspiel(repeats: int, quick: bool, limit: float) -> Iterator[dict[str, Any]]:
    """A walk over the whole tree in C++ (expected payoffs of uniform play), against our equilibrium of it."""

    def ask(file: Path) -> list[float] | str:
        found = asked_here(HERE / "side_openspiel.py", file, repeats, limit=limit)
        return found if isinstance(found, str) else [each["seconds"] for each in found]

    yield from grown("OpenSpiel, tree walk", repeats, quick, ask)


def negmas(repeats: int, quick: bool, limit: float) -> Iterator[dict[str, Any]]:
    """The Pareto frontier of packages of four parties; theirs grows with the square of their number."""
    from sim.bargain.frontier import pareto
    from tests.bargain.problems import planted

    sizes = (2_000,) if quick else (5_000, 50_000, 200_000)
    cases = [(f"{size:,}", np.random.default_rng(20250621).normal(size=(size, 4))) for size in sizes]
    if not quick:
        cases.append(("200,000, of which 20,000 efficient", planted(20_000, 180_000)[0]))
    for named_size, gains in cases:
        size = len(gains)
        ours = timed(lambda gains=gains: pareto(gains), repeats)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "gains.npy"
            np.save(file, gains)
            found = asked("negmas", HERE / "side_frontier.py", file, repeats, limit=limit)
        theirs: Any = found if isinstance(found, str) else [each["seconds"] for each in found]
        named = "NegMAS" if isinstance(found, str) else f"NegMAS {found[0]['version']}"
        row = line(f"{named}, Pareto frontier", f"packages of four parties ({named_size})", size, ours, theirs)
        if not isinstance(found, str):
            row["agrees"] = found[0]["size"] == int(pareto(gains).sum())
        yield row


def mesa(repeats: int, quick: bool, limit: float) -> Iterator[dict[str, Any]]:
    """Courses of play a second; ours follow the equilibrium of the fast grid, theirs draw from fixed chances."""
    from sim.forecast import sample
    from sim.model import compile
    from sim.scenario import load
    from sim.solver import solve

    grid, count, few = ("700x24", 2_000, 20) if quick else ("fast", 100_000, 1_000)
    model = compile(load("baseline"), grid)
    solution = solve(model.game, model.rationality)
    ours = timed(lambda: sample(model, solution, count=count, months=24, seed=0), repeats)
    found = asked("bench", HERE / "side_mesa.py", few, 24, repeats, limit=limit)
    theirs: Any = found if isinstance(found, str) else found[0]["seconds"]
    named = "Mesa" if isinstance(found, str) else f"Mesa {found[0]['version']}"
    yield line(f"{named}, four agents", "courses of 24 months", count, ours, theirs, count_theirs=few)


def numpy(repeats: int, quick: bool, limit: float) -> Iterator[dict[str, Any]]:
    """The same equilibrium in plain NumPy (the tests' twin)."""
    from sim.model import compile
    from sim.scenario import load
    from sim.solver import solve
    from tests.bench.solver import evaluations
    from tests.oracles import twin

    grid = "700x4" if quick else "140x12"
    model = compile(load("baseline"), grid)
    count = evaluations(model.game)
    ours = timed(lambda: solve(model.game, model.rationality), repeats)
    theirs = timed(lambda: twin.solve(model.game, model.rationality), min(repeats, 2))
    yield line(f"NumPy {np.__version__}, the tests' twin", f"choice evaluations, grid {grid}", count, ours, theirs)


ALL = {"quantecon": quantecon, "gambit": gambit, "openspiel": openspiel, "negmas": negmas, "mesa": mesa, "numpy": numpy}


def measure(repeats: int, quick: bool, limit: float, only: tuple[str, ...] = tuple(ALL)) -> list[dict[str, Any]]:
    """Return all comparisons, one dict a line."""
    found = []
    for name in only:
        print(f"  against {name} ...", file=sys.stderr, flush=True)
        found += list(ALL[name](repeats, quick, limit))
    return found
