"""Drawing courses of play: one choice for each course at one turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel


@kernel()
def mark(first: int, last: int, states: Any, seen: Any) -> None:
    """Set ``seen`` [S] at the states of the courses first to last of ``states`` [n]; all threads write the same."""
    for j in range(first, last):
        s = np.uint64(states[j])
        if not seen[s]:  # threads that only look do not hold each other up
            seen[s] = True


@kernel()
def edges_of(chances: Any, edges: Any, choice: Any, guide: Any) -> None:
    """Lay rows of chances [d, M] out for `draw_choices`.

    ``choice`` [d, M] lists the choices that can come about, ``edges`` [d, M] where each one's share of 0 to 1 ends; the
    rest of a row is filled with infinity. ``guide`` [d, G] says for each of G equal parts of 0 to 1 at which of them
    it begins. G is a power of two.
    """
    parts = guide.shape[1]
    for d in range(chances.shape[0]):
        total = 0.0
        for m in range(chances.shape[1]):
            total += chances[d, m]
        running, count, part = 0.0, 0, 0
        for m in range(chances.shape[1]):
            if chances[d, m] > 0.0:
                running += chances[d, m]
                edges[d, count] = running / total
                choice[d, count] = m
                while part < parts and part / parts < edges[d, count]:
                    guide[d, part] = count
                    part += 1
                count += 1
        edges[d, count - 1] = np.inf  # rounding must leave nothing beyond the last one
        for part_left in range(part, parts):
            guide[d, part_left] = count - 1


@kernel()
def draw_choices(
    first: int,
    last: int,
    state: Any,
    slot: Any,
    edges: Any,
    choice: Any,
    guide: Any,
    draws: Any,
    next_state: Any,
    taken: Any,
) -> None:
    """Draw for the courses first to last: fill ``taken`` [n] and move ``state`` [n] on.

    A choice is taken where the draw is at or above the end of the choice before it and below its own.
    """
    parts = guide.shape[1]
    for j in range(first, last):
        s = np.uint64(state[j])
        d = np.uint64(slot[s])
        at = np.uint64(guide[d, np.uint64(draws[j] * parts)])
        while edges[d, at] <= draws[j]:
            at += np.uint64(1)
        c = np.uint64(choice[d, at])
        taken[j] = c
        state[j] = next_state[s, c]
