"""How much another layout could gain at most: the arithmetic of an offer's choices alone, against a whole pass.

The arithmetic is measured on eight states with as many packages as a chunk of the model can have: everything stays in
the nearest cache, all eight lanes are full, nothing is gathered and no load is split. Working several variants through
side by side could not do better, as each choice of each variant needs its own two logistics and two exponentials.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from sim.game import Chance, Game, Offer
from sim.model import compile
from sim.rng import stream
from sim.scenario import load
from sim.solver import solve, solve_many
from sim.solver.backward import Pass
from sim.solver.fixed import Fixed
from sim.solver.program import Program
from tests.bench.solver import evaluations

PACKAGES = 80
ROUNDS = 400


def small() -> Game:
    """Return eight states in which two of four players can agree on any package, each with a place of its own."""
    draw = stream(0, "floor")
    following = np.arange(8)[:, None] + 8 * np.arange(PACKAGES)
    payoff = draw.normal(size=(1, PACKAGES, 4))
    payoff[:, 0] = 0.0
    names = [f"p{m}" for m in range(PACKAGES)]
    offer = Offer((0, 1), [[0.5, 0.5]], names, following, payoff, np.arange(8), np.ones(PACKAGES), name="table")
    back = Chance(np.arange(8 * PACKAGES)[:, None] % 8, np.ones((8 * PACKAGES, 1)), name="back")
    return Game("abcd", (offer, back), np.zeros((8, 4)), np.ones(4), draw.normal(size=(8, 4)), 1)


def offers(game: Game, lam: float | np.ndarray, repeats: int) -> tuple[float, int]:
    """Return the seconds that a game's offers take in one round, on one thread, and their choices for all proposers."""
    steps = Pass(game, np.broadcast_to(lam, 4).astype(float), Fixed(game, None), 1)
    seconds, choices = 0.0, 0
    for k, turn in enumerate(game.turns):
        table = steps.table(k)
        if table is None or not isinstance(turn, Offer):
            continue
        values = stream(k, "floor").normal(size=4 * table.plan.length)
        program, step = Program(1), steps._steps[k]
        assert step is not None
        program.add(step, values, np.empty((turn.n_states, 4)))
        done = int((turn.next_state >= 0).sum()) * len(turn.parties)
        rounds = max(1, ROUNDS * 8 * PACKAGES // done)
        seconds += fastest(lambda program=program, rounds=rounds: program.run(rounds), repeats) / rounds
        choices += done
    return seconds, choices


def fastest(work: Callable[[], object], repeats: int) -> float:
    """Return the least seconds of several repeats, after one that does not count."""
    work()
    spent = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return min(spent)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grid", default="fast")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--variants", type=int, default=32)
    given = parser.parse_args(arguments)
    model = compile(load("baseline"), given.grid)
    game, lam = model.game, model.rationality
    seconds, choices = offers(small(), 2.0, given.repeats)
    least = seconds / choices
    within, theirs = offers(game, lam, given.repeats)
    one = fastest(lambda: solve(game, lam, threads=1), given.repeats)
    alone = fastest(lambda: solve(game, lam, threads=2), given.repeats)
    together = fastest(lambda: solve_many([game] * given.variants, lam, threads=2), 2) / given.variants
    bound, share = game.rounds * theirs * least, game.rounds * theirs / evaluations(game)
    print(
        f"a choice in an offer: {1e9 * least:.2f} ns where nothing but the arithmetic counts, "
        f"{1e9 * within / theirs:.2f} in the model ({given.grid} grid)\n"
        f"offers are {game.rounds * within / one:.0%} of a pass on one thread ({1e3 * one:.0f} ms), "
        f"and {share:.0%} of its choices\n"
        f"if they took their arithmetic only, and all else nothing: {1e3 * bound:.0f} ms, "
        f"{one / bound:.1f} times as fast\n"
        f"a solve alone on two threads: {1e3 * alone:.0f} ms; of {given.variants} together: {1e3 * together:.0f} ms "
        f"each, {alone / together:.1f} times as fast; with that arithmetic only: {1e3 * bound / 2:.0f} ms each, "
        f"{2 * alone / bound:.1f} times"
    )


if __name__ == "__main__":
    main()
