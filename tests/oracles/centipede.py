"""Logit agent play of the four-move centipede game (McKelvey and Palfrey 1998), node by node from the last."""

from __future__ import annotations

from math import exp

TAKEN = ((0.40, 0.10), (0.20, 0.80), (1.60, 0.40), (0.80, 3.20))
PASSED = (6.40, 1.60)


def take_probabilities(lam: float) -> tuple[float, ...]:
    """Return the chance of taking at each of the four nodes, given that it is reached; players move in turn."""
    value = PASSED
    found = []
    for node in reversed(range(4)):
        mover = node % 2
        taken = TAKEN[node]
        take = 1.0 / (1.0 + exp(-lam * (taken[mover] - value[mover])))
        value = (take * taken[0] + (1 - take) * value[0], take * taken[1] + (1 - take) * value[1])
        found.append(take)
    return tuple(found[::-1])
