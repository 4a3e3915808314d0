"""Carrying many values at once backwards along a given law of play: one column for each payoff term."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel


@kernel()
def carry(first: int, last: int, next_state: Any, chances: Any, plain: Any, paying: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [first:last, C] with the expected values before a turn from those behind it, ``after`` [S', C].

    ``chances`` [S, A] is the law of play, 0 where a choice is not available; ``plain`` [A, P] what a choice pays in any
    state, in the columns ``paying`` [P].
    """
    for s in range(first, last):
        for j in range(out.shape[1]):
            out[s, j] = 0.0
        for c in range(next_state.shape[1]):
            p = chances[s, c]
            if p > 0.0:
                reached = np.uint64(next_state[s, c])
                for j in range(out.shape[1]):
                    out[s, j] += p * after[reached, j]
                for j in range(paying.shape[0]):
                    out[s, paying[j]] += p * plain[c, j]
