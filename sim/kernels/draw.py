"""Drawing courses of play: one choice for each course at one turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel


@kernel()
def visited(states: Any, slot: Any, found: Any) -> int:
    """List the different numbers in ``states`` [n] in ``found``, and in ``slot`` [S] (-1 before) the place of each."""
    count = 0
    for j in range(states.shape[0]):
        s = np.uint64(states[j])
        if slot[s] < 0:
            slot[s] = count
            found[count] = s
            count += 1
    return count


@kernel()
def edges_of(chances: Any, edges: Any, choice: Any) -> None:
    """Lay rows of chances [d, M] out for `draw_choices`.

    ``choice`` [d, W] lists the choices that can come about, ``edges`` [d, W] where each one's share of 0 to 1 ends; the
    rest of a row is filled with infinity. W is a power of two, at least M.
    """
    for d in range(chances.shape[0]):
        total = 0.0
        for m in range(chances.shape[1]):
            total += chances[d, m]
        running, count = 0.0, 0
        for m in range(chances.shape[1]):
            if chances[d, m] > 0.0:
                running += chances[d, m]
                edges[d, count] = running / total
                choice[d, count] = m
                count += 1
        for w in range(count, edges.shape[1]):
            edges[d, w] = np.inf
            choice[d, w] = choice[d, count - 1]


@kernel()
def draw_choices(
    first: int, last: int, state: Any, slot: Any, edges: Any, choice: Any, draws: Any, next_state: Any, taken: Any
) -> None:
    """Draw for the courses first to last: fill ``taken`` [n] and move ``state`` [n] on.

    A choice is taken where the draw is at or above the end of the choice before it and below its own.
    """
    width = edges.shape[1]
    for j in range(first, last):
        s = np.uint64(state[j])
        d = np.uint64(slot[s])
        at, half = np.uint64(0), np.uint64(width // 2)
        while half > 0:
            at += half if edges[d, at + half - np.uint64(1)] <= draws[j] else np.uint64(0)
            half //= np.uint64(2)
        c = np.uint64(choice[d, at])
        taken[j] = c
        state[j] = next_state[s, c]
