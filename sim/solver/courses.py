"""Sampled courses of play: all courses one turn on at a time, from the policies of the states that they visit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game.turns import Floats
from sim.solver.backward import breathe
from sim.solver.solution import Solution

Draws = Callable[[int, int], Floats]
SMALL = 50_000  # courses below which one thread is quicker than two


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
    ahead: Future[Floats] | None = None
    for number, (t, k) in enumerate(places):
        if k == 0:
            starts[t + 1] = starts[t]
        uniform = ahead.result() if ahead is not None else draws(t, k)
        following = places[number + 1] if number + 1 < len(places) else None
        ahead = solution.aside(draws, *following) if following is not None and start.size >= SMALL else None
        draw(solution, t, k, starts[t + 1], uniform, choices[k][t])
    return starts, choices


def draw(
    solution: Solution, t: int, k: int, state: npt.NDArray[np.int32], uniform: Floats, taken: npt.NDArray[Any]
) -> None:
    """Draw one choice for every course at turn k of round t: fill ``taken`` [n] and move ``state`` [n] on."""
    from sim.kernels import draw as kernels

    breathe()
    next_state = solution.game.turns[k].next_state
    slot = np.full(next_state.shape[0], -1, dtype=np.int32)
    found = np.empty(min(state.size, slot.size), dtype=np.int64)
    rows = solution.chances(t, k, found[: kernels.visited(state, slot, found)])
    width = 1 << (rows.shape[1] - 1).bit_length()
    edges, choice = np.empty((rows.shape[0], width)), np.empty((rows.shape[0], width), dtype=np.int32)
    kernels.edges_of(rows, edges, choice)
    solution.share(
        state.size,
        lambda a, b: kernels.draw_choices(a, b, state, slot, edges, choice, uniform, next_state, taken),
        SMALL,
    )
