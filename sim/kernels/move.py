"""Moves and chance: small turns with one mover, or none. Symbols as in `sim.kernels.offer`; A actions, C outcomes.

Four players or four columns, the common case, have loops of their own with the four numbers side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel, part
from sim.kernels.lanes import exp, fma, larger, load, spread, store
from sim.kernels.mathematics import FLAGS, exp_negative

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


@part()
def _choices(chunk: int, turn: Any, after: Any, work: Any) -> None:
    """Work out the choices in eight neighbouring states; lam is finite.

    Fills in ``work``, for each action, what it is worth to every player [N, 8] and the mover's probability [8]. States
    beyond the last are as the last.
    """
    next_state, payoff, weights, mover, lam = turn[0], turn[1], turn[2], turn[3], turn[4]
    n, n_actions, n_states = after.shape[1], next_state.shape[1], next_state.shape[0]
    size = (n + 1) * 8
    top = spread(LEAST)
    for a in range(n_actions):
        at = a * size
        for j in range(8):
            s = min(chunk * 8 + j, n_states - 1)
            own = s if payoff.shape[0] > 1 else 0
            if next_state[s, a] < 0:
                for i in range(n):
                    work[at + i * 8 + j] = 0.0
                work[at + n * 8 + j] = LEAST
                continue
            reached = np.uint64(next_state[s, a])
            if n == 4:
                work[at + j] = payoff[own, a, 0] + after[reached, 0]
                work[at + 8 + j] = payoff[own, a, 1] + after[reached, 1]
                work[at + 16 + j] = payoff[own, a, 2] + after[reached, 2]
                work[at + 24 + j] = payoff[own, a, 3] + after[reached, 3]
            else:
                for i in range(n):
                    work[at + i * 8 + j] = payoff[own, a, i] + after[reached, i]
            work[at + n * 8 + j] = work[at + mover * 8 + j]
        top = larger(load(work, at + n * 8), top)
    total = spread(0.0)
    for a in range(n_actions):
        at = a * size + n * 8
        part = spread(weights[a]) * exp(spread(lam) * (load(work, at) - top))
        for j in range(8):
            if next_state[min(chunk * 8 + j, n_states - 1), a] < 0:
                store(work, at, part)
                work[at + j] = 0.0
                part = load(work, at)
        store(work, at, part)
        total = total + part
    for a in range(n_actions):
        at = a * size + n * 8
        store(work, at, load(work, at) / total)


@kernel()
def lanes_values(first: int, last: int, turn: Any, after: Any, out: Any) -> None:
    """Fill the rows of ``out`` [S, N] in the eights first to last with the values before the move; lam is finite."""
    n, n_states, n_actions = after.shape[1], out.shape[0], turn[0].shape[1]
    size = (n + 1) * 8
    work = np.empty(n_actions * size)
    for chunk in range(first, last):
        _choices(chunk, turn, after, work)
        for i in range(n):
            value = load(work, i * 8) * load(work, n * 8)
            for a in range(1, n_actions):
                value = fma(load(work, a * size + i * 8), load(work, a * size + n * 8), value)
            store(work, i * 8, value)
        for j in range(min(8, n_states - chunk * 8)):
            for i in range(n):
                out[chunk * 8 + j, i] = work[i * 8 + j]


@kernel(fastmath=FLAGS)
def move_policy(first: int, last: int, states: Any, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [n, A] with the mover's probabilities in ``states`` [n], rows first to last."""
    for n in range(first, last):
        _choice(states[n], turn, after, out[n])


@kernel(fastmath=FLAGS)
def chance_values(first: int, last: int, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [first:last, N] with expected values before nature moves."""
    next_state, probability = turn
    for s in range(first, last):
        if after.shape[1] == 4:
            v0 = v1 = v2 = v3 = 0.0
            for c in range(next_state.shape[1]):
                p = probability[s, c]
                if p > 0.0:
                    reached = np.uint64(next_state[s, c])
                    v0 += p * after[reached, 0]
                    v1 += p * after[reached, 1]
                    v2 += p * after[reached, 2]
                    v3 += p * after[reached, 3]
            out[s, 0], out[s, 1], out[s, 2], out[s, 3] = v0, v1, v2, v3
            continue
        for i in range(after.shape[1]):
            out[s, i] = 0.0
        for c in range(next_state.shape[1]):
            p = probability[s, c]
            if p > 0.0:
                for i in range(after.shape[1]):
                    out[s, i] += p * after[next_state[s, c], i]


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
    size = (n + 1) * 8
    work = np.empty(n_actions * size)
    for chunk in range((n_states + 7) // 8):
        some = 0.0
        for s in range(chunk * 8, min(chunk * 8 + 8, n_states)):
            some += mass[s, 0]
        if some == 0.0:
            continue
        _choices(chunk, turn, after, work)
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
