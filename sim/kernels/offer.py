"""The offer turn: for each state every package's gains, the answers, the proposals, and what follows from them.

Symbols: S states, M packages, N players, P parties. ``fixed`` [P] marks parties whose proposals ``fixed_propose``
[P, F, M] and answers ``fixed_accept`` [P, Q, F, M] are given (F is S, or 1 for the same in every state; Q is P, or 1
for the same answers whoever proposes). ``lam`` [N] may be infinite; ``tol`` [N] is what counts as indifferent then.
``turn`` is the tuple (next_state, payoff, weights, stay, recognition, parties, lam, tol, fixed, fixed_propose,
fixed_accept).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel, part
from sim.kernels.mathematics import FLAGS, dot, exp_negative, logistic


@part(fastmath=FLAGS)
def _gains(s: int, turn: Any, after: Any, index: Any, gain: Any) -> int:
    """List the available packages of state s and every player's gain from each over no deal; return their number."""
    next_state, payoff, stay = turn[0], turn[1], turn[3]
    own = s if payoff.shape[0] > 1 else 0
    base = stay[s]
    count = 0
    for m in range(next_state.shape[1]):
        reached = next_state[s, m]
        if reached >= 0:
            index[count] = m
            for i in range(gain.shape[0]):
                gain[i, count] = payoff[own, m, i] + (after[reached, i] - after[base, i])
            count += 1
    return count


@part(fastmath=FLAGS)
def _answers(
    s: int, r: int, count: int, turn: Any, gain: Any, index: Any, passes: Any, accept: Any, keep: bool
) -> None:
    """Fill ``passes`` [M] with the chance that all answer yes to proposer r, and, if ``keep``, ``accept`` [P, M]."""
    parties, lam, tol = turn[5], turn[6], turn[7]
    fixed, fixed_accept = turn[8], turn[10]
    for j in range(count):
        passes[j] = 1.0
    for h in range(parties.shape[0] - 1, -1, -1):
        if h == r:
            continue
        i = parties[h]
        if keep:
            for j in range(count):
                accept[h, j] = passes[j]
        if fixed[h]:
            own = s if fixed_accept.shape[2] > 1 else 0
            asked = r if fixed_accept.shape[1] > 1 else 0
            for j in range(count):
                passes[j] *= fixed_accept[h, asked, own, index[j]]
            if keep:
                for j in range(count):
                    accept[h, j] = fixed_accept[h, asked, own, index[j]]
        elif np.isinf(lam[i]):
            for j in range(count):
                yes = 1.0 if passes[j] * gain[i, j] >= -tol[i] else 0.0
                passes[j] *= yes
                if keep:
                    accept[h, j] = yes
        else:
            rate = lam[i]
            if keep:
                for j in range(count):
                    accept[h, j] = logistic(rate * (passes[j] * gain[i, j]))
            for j in range(count):
                passes[j] *= logistic(rate * (passes[j] * gain[i, j]))
        passes[0] = 1.0
    if keep:
        for j in range(count):
            accept[r, j] = 1.0
        for h in range(parties.shape[0]):
            accept[h, 0] = 1.0


@part(fastmath=FLAGS)
def _proposal(s: int, r: int, count: int, turn: Any, gain: Any, index: Any, passes: Any, propose: Any) -> None:
    """Fill ``propose`` [M] with the chance that proposer r puts each available package."""
    weights, parties, lam, tol = turn[2], turn[5], turn[6], turn[7]
    fixed, fixed_propose = turn[8], turn[9]
    i = parties[r]
    if fixed[r]:
        own = s if fixed_propose.shape[1] > 1 else 0
        for j in range(count):
            propose[j] = fixed_propose[r, own, index[j]]
        return
    if np.isinf(lam[i]):
        best = 0.0  # no offer
        for j in range(count):
            best = max(best, passes[j] * gain[i, j])
            propose[j] = 0.0
        for j in range(count):
            if passes[j] * gain[i, j] >= best - tol[i]:
                propose[j] = 1.0
                break
        return
    rate = lam[i]
    top = 0.0
    for j in range(count):
        propose[j] = passes[j] * gain[i, j]
        top = max(top, propose[j])
    for j in range(count):  # the difference first: a huge lam must not overflow before it
        propose[j] = exp_negative(rate * (propose[j] - top))
    total = 0.0
    for j in range(count):
        propose[j] *= weights[index[j]]
        total += propose[j]
    for j in range(count):
        propose[j] /= total


@kernel(fastmath=FLAGS)
def offer_values(first: int, last: int, turn: Any, after: Any, out: Any) -> None:
    """Fill ``out`` [first:last, N] with the values before the turn; ``after`` [S', N] are those behind it."""
    recognition, parties = turn[4], turn[5]
    n_packages, n_players, n_parties = turn[0].shape[1], after.shape[1], parties.shape[0]
    index = np.empty(n_packages, np.int64)
    gain = np.empty((n_players, n_packages))
    passes = np.empty(n_packages)
    propose = np.empty(n_packages)
    made = np.empty(n_packages)
    unused = np.empty((1, 1))
    for s in range(first, last):
        count = _gains(s, turn, after, index, gain)
        for j in range(count):
            made[j] = 0.0
        for r in range(n_parties):
            chance = recognition[s if recognition.shape[0] > 1 else 0, r]
            if chance == 0.0:
                continue
            _answers(s, r, count, turn, gain, index, passes, unused, False)
            _proposal(s, r, count, turn, gain, index, passes, propose)
            for j in range(count):
                made[j] += chance * (propose[j] * passes[j])
        base = turn[3][s]
        for i in range(n_players):
            out[s, i] = after[base, i] + dot(made, gain[i], count)


@kernel(fastmath=FLAGS)
def offer_policy(first: int, last: int, states: Any, turn: Any, after: Any, propose: Any, accept: Any) -> None:
    """Fill ``propose`` [n, P, M] and ``accept`` [n, P proposer, P responder, M] for ``states`` [n], rows first to last.

    ``accept`` is NaN where a package is not available; the caller has filled it with NaN.
    """
    n_packages, n_players, n_parties = turn[0].shape[1], after.shape[1], turn[5].shape[0]
    index = np.empty(n_packages, np.int64)
    gain = np.empty((n_players, n_packages))
    passes = np.empty(n_packages)
    row = np.empty(n_packages)
    yes = np.empty((n_parties, n_packages))
    for a in range(first, last):
        s = states[a]
        count = _gains(s, turn, after, index, gain)
        for r in range(n_parties):
            _answers(s, r, count, turn, gain, index, passes, yes, True)
            _proposal(s, r, count, turn, gain, index, passes, row)
            for j in range(count):
                propose[a, r, index[j]] = row[j]
                for h in range(n_parties):
                    accept[a, r, h, index[j]] = yes[h, j]


@kernel(fastmath=FLAGS)
def offer_made(first: int, last: int, states: Any, turn: Any, after: Any, made: Any) -> None:
    """Fill ``made`` [n, M] with the chance that each package is proposed and accepted (column 0: no deal)."""
    recognition, parties = turn[4], turn[5]
    n_packages, n_players, n_parties = turn[0].shape[1], after.shape[1], parties.shape[0]
    index = np.empty(n_packages, np.int64)
    gain = np.empty((n_players, n_packages))
    passes = np.empty(n_packages)
    propose = np.empty(n_packages)
    unused = np.empty((1, 1))
    for a in range(first, last):
        s = states[a]
        count = _gains(s, turn, after, index, gain)
        made[a, :] = 0.0
        refused = 0.0
        for r in range(n_parties):
            chance = recognition[s if recognition.shape[0] > 1 else 0, r]
            if chance == 0.0:
                continue
            _answers(s, r, count, turn, gain, index, passes, unused, False)
            _proposal(s, r, count, turn, gain, index, passes, propose)
            for j in range(count):
                made[a, index[j]] += chance * (propose[j] * passes[j])
                refused += chance * (propose[j] * (1.0 - passes[j]))
        made[a, 0] += refused
