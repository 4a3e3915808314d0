"""Moves and chance: small turns with one mover, or none. Symbols as in `sim.kernels.offer`; A actions, C outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.kernels.mathematics import FLAGS, exp_negative


@njit(nogil=True, fastmath=FLAGS, error_model="numpy")
def _choice(s: int, turn: Any, after: Any, row: Any) -> None:
    """Fill ``row`` [A] with the mover's probabilities in state s."""
    next_state, payoff, weights, mover, lam, tol, fixed = turn
    n_actions = next_state.shape[1]
    if fixed.shape[0] > 0:
        own = s if fixed.shape[0] > 1 else 0
        for a in range(n_actions):
            row[a] = fixed[own, a]
        return
    own = s if payoff.shape[0] > 1 else 0
    top = -np.inf
    for a in range(n_actions):
        reached = next_state[s, a]
        if reached >= 0:
            row[a] = payoff[own, a, mover] + after[reached, mover]
            top = max(top, row[a])
    if np.isinf(lam):
        taken = False
        for a in range(n_actions):
            best = not taken and next_state[s, a] >= 0 and row[a] >= top - tol
            row[a] = 1.0 if best else 0.0
            taken = taken or best
        return
    total = 0.0
    for a in range(n_actions):
        row[a] = weights[a] * exp_negative(lam * (row[a] - top)) if next_state[s, a] >= 0 else 0.0
        total += row[a]
    for a in range(n_actions):
        row[a] /= total


@njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")
def move_values(first: int, last: int, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [first:last, N] with the values before the move."""
    next_state, payoff = turn[0], turn[1]
    row = np.empty(next_state.shape[1])
    for s in range(first, last):
        _choice(s, turn, after, row)
        own = s if payoff.shape[0] > 1 else 0
        for i in range(after.shape[1]):
            out[s, i] = 0.0
        for a in range(next_state.shape[1]):
            reached = next_state[s, a]
            if reached >= 0:
                for i in range(after.shape[1]):
                    out[s, i] += row[a] * (payoff[own, a, i] + after[reached, i])


@njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")
def move_policy(first: int, last: int, states: Any, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [n, A] with the mover's probabilities in ``states`` [n], rows first to last."""
    for n in range(first, last):
        _choice(states[n], turn, after, out[n])


@njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")
def chance_values(first: int, last: int, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [first:last, N] with expected values before nature moves."""
    next_state, probability = turn
    for s in range(first, last):
        for i in range(after.shape[1]):
            out[s, i] = 0.0
        for c in range(next_state.shape[1]):
            p = probability[s, c]
            if p > 0.0:
                for i in range(after.shape[1]):
                    out[s, i] += p * after[next_state[s, c], i]


@njit(cache=True, nogil=True, error_model="numpy")
def push(
    states: Any, next_state: Any, chances: Any, payoff: Any, keep: Any, mass: Any, out: Any, flux: Any, received: Any
) -> None:
    """Send the ``mass`` [n, E] of ``states`` [n] along ``chances`` [n, C].

    Adds to ``out`` [S', E] what arrives (column e only where ``keep`` [C, E] is 1), to ``flux`` [C, E] what takes each
    choice, to ``received`` [N] the expected payoff of column 0.
    """
    for a in range(states.shape[0]):
        s = states[a]
        own = s if payoff.shape[0] > 1 else 0
        for c in range(next_state.shape[1]):
            p = chances[a, c]
            if p > 0.0:
                reached = next_state[s, c]
                for e in range(mass.shape[1]):
                    moved = p * mass[a, e]
                    flux[c, e] += moved
                    out[reached, e] += moved * keep[c, e]
                for i in range(received.shape[0]):
                    received[i] += p * mass[a, 0] * payoff[own, c, i]
