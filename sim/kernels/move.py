"""Moves and chance: small turns with one mover, or none. Symbols as in `sim.kernels.offer`; A actions, C outcomes.

Four players or four columns, the common case, have loops of their own with the four numbers side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel, part
from sim.kernels.lanes import columns_of_four, either, exp2, larger, load, spread, store, where
from sim.kernels.mathematics import FLAGS, LOG2E, STEEPEST, exp_negative
from sim.kernels.shared import borrowed

LEAST = -1e308  # below every value


@part(fastmath=FLAGS)
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


@kernel(fastmath=FLAGS)
def move_values(first: int, last: int, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [first:last, N] with the values before the move."""
    next_state, payoff = turn[0], turn[1]
    row = np.empty(next_state.shape[1])
    for s in range(first, last):
        _choice(s, turn, after, row)
        own = s if payoff.shape[0] > 1 else 0
        if after.shape[1] == 4:
            v0 = v1 = v2 = v3 = 0.0
            for a in range(next_state.shape[1]):
                reached = next_state[s, a]
                if reached >= 0:
                    v0 += row[a] * (payoff[own, a, 0] + after[reached, 0])
                    v1 += row[a] * (payoff[own, a, 1] + after[reached, 1])
                    v2 += row[a] * (payoff[own, a, 2] + after[reached, 2])
                    v3 += row[a] * (payoff[own, a, 3] + after[reached, 3])
            out[s, 0], out[s, 1], out[s, 2], out[s, 3] = v0, v1, v2, v3
            continue
        for i in range(after.shape[1]):
            out[s, i] = 0.0
        for a in range(next_state.shape[1]):
            reached = next_state[s, a]
            if reached >= 0:
                for i in range(after.shape[1]):
                    out[s, i] += row[a] * (payoff[own, a, i] + after[reached, i])


@part(inline="always")
def choices(chunk: int, turn: Any, after: Any, n_states: int, work: Any, index: Any) -> None:
    """Work out the choices in eight neighbouring states by finite lam.

    ``turn`` is the tuple (next_state [S * A], payoff [rows * A, N], weights [A], mover, lam). Fills in ``work``, for
    each action, what it is worth to every player [N, 8] and the mover's probability [8]. States beyond the last are as
    the last. ``index`` [16 + A] is scratch.
    """
    next_state, payoff, weights, mover, lam = turn
    n, n_actions = after.shape[1], weights.shape[0]
    size = (n + 1) * 8
    least = spread(LEAST)
    top = least
    for a in range(n_actions):
        at = a * size
        bits = np.int64(0)
        for j in range(8):
            own = min(chunk * 8 + j, n_states - 1) * n_actions + a
            reached = next_state[own]
            bits |= np.int64(reached >= 0) << j
            index[j] = max(reached, 0)
            index[8 + j] = own if payoff.shape[0] > n_actions else a
        index[16 + a] = bits
        if n == 4:  # the general case below, row by row
            gain0, gain1, gain2, gain3 = columns_of_four(after, index, 0)
            paid0, paid1, paid2, paid3 = columns_of_four(payoff, index, 8)
            store(work, at, paid0 + gain0)
            store(work, at + 8, paid1 + gain1)
            store(work, at + 16, paid2 + gain2)
            store(work, at + 24, paid3 + gain3)
        else:
            for j in range(8):
                for i in range(n):
                    work[at + i * 8 + j] = payoff[index[8 + j], i] + after[index[j], i]
        worth = either(np.uint8(bits), load(work, at + mover * 8), least)
        store(work, at + n * 8, worth)
        top = larger(worth, top)
    total = spread(0.0)
    rate = spread(min(lam * LOG2E, STEEPEST))
    for a in range(n_actions):
        at = a * size + n * 8
        part = where(np.uint8(index[16 + a]), spread(weights[a])) * exp2(rate * (load(work, at) - top))
        store(work, at, part)
        total = total + part
    for a in range(n_actions):
        at = a * size + n * 8
        store(work, at, load(work, at) / total)


@kernel(fastmath=FLAGS)
def move_policy(first: int, last: int, states: Any, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [n, A] with the mover's probabilities in ``states`` [n], rows first to last."""
    for n in range(first, last):
        _choice(states[n], turn, after, out[n])


@part(fastmath={"nnan", "nsz"})
def _send(reached: int, p: float, s: int, c: int, keep: Any, mass: Any, out: Any, flux: Any) -> None:
    if mass.shape[1] == 4:
        m0, m1, m2, m3 = p * mass[s, 0], p * mass[s, 1], p * mass[s, 2], p * mass[s, 3]
        flux[c, 0] += m0
        flux[c, 1] += m1
        flux[c, 2] += m2
        flux[c, 3] += m3
        out[reached, 0] += m0 * keep[c, 0]
        out[reached, 1] += m1 * keep[c, 1]
        out[reached, 2] += m2 * keep[c, 2]
        out[reached, 3] += m3 * keep[c, 3]
        return
    for e in range(mass.shape[1]):
        moved = p * mass[s, e]
        flux[c, e] += moved
        out[reached, e] += moved * keep[c, e]


@kernel(fastmath={"nnan", "nsz"})
def chance_push(turn: Any, keep: Any, mass: Any, out: Any, flux: Any) -> None:
    """Send ``mass`` [S, E] through nature's move.

    Adds to ``out`` [S', E] what arrives (column e only where ``keep`` [C, E] is 1), to ``flux`` [C, E] what takes each
    outcome.
    """
    next_state, probability = turn
    for c in range(next_state.shape[1]):
        if mass.shape[1] != 4:
            for s in range(mass.shape[0]):
                p = probability[s, c]
                if p > 0.0 and mass[s, 0] > 0.0:
                    _send(np.uint64(next_state[s, c]), p, s, c, keep, mass, out, flux)
            continue
        k0, k1, k2, k3 = keep[c, 0], keep[c, 1], keep[c, 2], keep[c, 3]
        f0 = f1 = f2 = f3 = 0.0
        for s in range(mass.shape[0]):
            p = probability[s, c]
            if p > 0.0 and mass[s, 0] > 0.0:
                reached = np.uint64(next_state[s, c])
                m0, m1, m2, m3 = p * mass[s, 0], p * mass[s, 1], p * mass[s, 2], p * mass[s, 3]
                f0 += m0
                f1 += m1
                f2 += m2
                f3 += m3
                out[reached, 0] += m0 * k0
                out[reached, 1] += m1 * k1
                out[reached, 2] += m2 * k2
                out[reached, 3] += m3 * k3
        flux[c, 0], flux[c, 1], flux[c, 2], flux[c, 3] = f0, f1, f2, f3


@kernel(fastmath={"nnan", "nsz"})
def lanes_push(turn: Any, after: Any, keep: Any, mass: Any, out: Any, flux: Any, received: Any) -> None:
    """Send ``mass`` [S, E] through a move by finite lam, as `chance_push`.

    Adds to ``received`` [N] the payoffs of column 0.
    """
    next_state, payoff = turn[0], turn[1]
    n, n_states, n_actions = after.shape[1], mass.shape[0], next_state.shape[1]
    rows = payoff.shape[0] * n_actions
    smooth = borrowed((next_state.reshape(-1), payoff.reshape((rows, n)), turn[2], turn[3], turn[4]))
    size = (n + 1) * 8
    work, index = np.empty(n_actions * size), np.empty(16 + n_actions, np.int64)
    for chunk in range((n_states + 7) // 8):
        some = 0.0
        for s in range(chunk * 8, min(chunk * 8 + 8, n_states)):
            some += mass[s, 0]
        if some == 0.0:
            continue
        choices(chunk, smooth, after, n_states, work, index)
        here = min(8, n_states - chunk * 8)
        for a in range(n_actions):
            at = a * size + n * 8
            if mass.shape[1] == 4:
                k0, k1, k2, k3 = keep[a, 0], keep[a, 1], keep[a, 2], keep[a, 3]
                f0, f1, f2, f3 = flux[a, 0], flux[a, 1], flux[a, 2], flux[a, 3]
                for j in range(here):
                    p, s = work[at + j], chunk * 8 + j
                    if p > 0.0:
                        reached = np.uint64(next_state[s, a])
                        m0, m1, m2, m3 = p * mass[s, 0], p * mass[s, 1], p * mass[s, 2], p * mass[s, 3]
                        f0 += m0
                        f1 += m1
                        f2 += m2
                        f3 += m3
                        out[reached, 0] += m0 * k0
                        out[reached, 1] += m1 * k1
                        out[reached, 2] += m2 * k2
                        out[reached, 3] += m3 * k3
                flux[a, 0], flux[a, 1], flux[a, 2], flux[a, 3] = f0, f1, f2, f3
            else:
                for j in range(here):
                    if work[at + j] > 0.0:
                        s = chunk * 8 + j
                        _send(np.uint64(next_state[s, a]), work[at + j], s, a, keep, mass, out, flux)
            if payoff.shape[0] > 1:
                for j in range(here):
                    s = chunk * 8 + j
                    paid = work[at + j] * mass[s, 0]
                    for i in range(n):
                        received[i] += paid * payoff[s, a, i]
    if payoff.shape[0] == 1:
        for a in range(n_actions):
            for i in range(n):
                received[i] += flux[a, 0] * payoff[0, a, i]


@kernel()
def push(
    states: Any, next_state: Any, chances: Any, payoff: Any, keep: Any, mass: Any, out: Any, flux: Any, received: Any
) -> None:
    """Send the mass of ``states`` [n] along ``chances`` [n, C]; the other arguments as for `lanes_push`."""
    for a in range(states.shape[0]):
        s = states[a]
        own = s if payoff.shape[0] > 1 else 0
        for c in range(next_state.shape[1]):
            p = chances[a, c]
            if p > 0.0:
                _send(np.uint64(next_state[s, c]), p, s, c, keep, mass, out, flux)
                for i in range(received.shape[0]):
                    received[i] += p * mass[s, 0] * payoff[own, c, i]
