"""Sampled courses of play: all courses one turn on at a time, from the policies of the states that they visit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game.turns import Floats
from sim.solver.solution import Solution
from sim.solver.threads import breathe

Draws = Callable[[int, int], Floats]
SMALL = 50_000  # courses below which one thread is quicker than two
FEW = 2_000  # the same for drawing the next numbers meanwhile
PARTS = 16  # of 0 to 1, in each of which is known where to begin to look; a power of two
NUMBERS = 400_000  # about so many are drawn ahead


def play(
    solution: Solution, start: npt.NDArray[np.int32], rounds: int, draws: Draws
) -> tuple[npt.NDArray[np.int32], tuple[npt.NDArray[Any], ...]]:
    """Play n courses from given states.

    Parameters
    ----------
    solution : the equilibrium that is played.
    start : state of S_0 of every course, shape (n,).
    rounds : how many rounds.
    draws : (t, k) -> uniform numbers from 0 to 1, one for each course, shape (n,), for turn k of round t.

    Returns
    -------
    starts : state at the start of every round, shape (rounds + 1, n); the last are those at the end.
    choices : for each turn the choice that came about (package 0: no deal), whole numbers of shape (rounds, n).
    """
    game = solution.game
    starts = np.empty((rounds + 1, start.size), dtype=np.int32)
    starts[0] = start
    choices = tuple(np.empty((rounds, start.size), dtype=np.min_scalar_type(turn.n_choices)) for turn in game.turns)
    places = [(t, k) for t in range(rounds) for k in range(game.n_turns)]
    together = max(1, min(game.n_turns, NUMBERS // start.size))
    groups = [places[first : first + together] for first in range(0, len(places), together)]

    def drawn(group: Sequence[tuple[int, int]]) -> list[Floats]:
        return [draws(t, k) for t, k in group]

    ahead: Future[list[Floats]] | None = None
    for number, group in enumerate(groups):
        uniform = ahead.result() if ahead is not None else drawn(group)
        ahead = solution.aside(drawn, groups[number + 1]) if number + 1 < len(groups) and start.size >= FEW else None
        for (t, k), numbers in zip(group, uniform, strict=True):
            if k == 0:
                starts[t + 1] = starts[t]
            draw(solution, t, k, starts[t + 1], numbers, choices[k][t])
    return starts, choices


def draw(
    solution: Solution, t: int, k: int, state: npt.NDArray[np.int32], uniform: Floats, taken: npt.NDArray[Any]
) -> None:
    """Draw one choice for every course at turn k of round t: fill ``taken`` [n] and move ``state`` [n] on."""
    from sim.kernels import draw as kernels

    breathe()
    next_state = solution.game.turns[k].next_state
    seen = np.zeros(next_state.shape[0], dtype=np.bool_)
    solution.share(state.size, lambda a, b: kernels.mark(a, b, state, seen), SMALL)
    found = np.flatnonzero(seen)
    slot = np.empty(seen.size, dtype=np.int32)
    slot[found] = np.arange(found.size, dtype=np.int32)
    rows = solution.chances(t, k, found)
    edges, choice = np.empty(rows.shape), np.empty(rows.shape, dtype=np.int32)
    guide = np.empty((found.size, PARTS if rows.shape[1] > PARTS else 1), dtype=np.int32)
    kernels.edges_of(rows, edges, choice, guide)
    solution.share(
        state.size,
        lambda a, b: kernels.draw_choices(a, b, state, slot, edges, choice, guide, uniform, next_state, taken),
        SMALL,
    )
