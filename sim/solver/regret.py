"""How much a player could gain by leaving the equilibrium: for good (`regret`), or once (`one_shot_gain`).

Both are 0 at ``lam`` infinite, up to rounding and the tolerance that counts as indifferent; at finite ``lam`` they
measure what imprecision costs. Fixed players are measured too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game import Chance, Move, Offer
from sim.game.turns import Floats
from sim.solver.solution import Solution

CHUNK = 2048  # states at a time: bounds the memory for policies


@dataclass(frozen=True)
class Regret:
    """Best-response value minus equilibrium value, in payoff units of each player at each month.

    Attributes
    ----------
    by_round : at the start of every round, shape (T, S_0, N).
    max : the largest over all states at all boundaries inside and between rounds, per player, shape (N,).
    """

    by_round: Floats
    max: Floats


@dataclass(frozen=True)
class OneShotGain:
    """Gain from the best single deviation: at one turn, then back to the equilibrium.

    Attributes
    ----------
    by_turn : [t][k] -> shape (S_k, N); 0 for who does not act there. At an Offer the player is free in its proposal
        and, where another proposes, in its answers.
    max : the largest, per player, shape (N,).
    """

    by_turn: tuple[tuple[Floats, ...], ...]
    max: Floats


def regret(solution: Solution) -> Regret:
    """Return what each player could gain if it alone were free at all its own turns, the others as in ``solution``."""
    game = solution.game
    by_round = np.empty((game.rounds, game.n_states(0), game.n_players))
    best: Floats = np.array(game.terminal)
    largest = np.zeros(game.n_players)
    for t in range(game.rounds - 1, -1, -1):
        best = game.flow + game.discount * best
        for k in range(game.n_turns - 1, -1, -1):
            best = _before(solution, t, k, best, free=True)
            largest = np.maximum(largest, (best - solution.values(t, k)).max(axis=0))
        by_round[t] = best - solution.values(t, 0)
    for array in (by_round, largest):
        array.flags.writeable = False
    return Regret(by_round, largest)


def one_shot_gain(solution: Solution) -> OneShotGain:
    """Return what each player could gain by a single deviation at each turn."""
    game = solution.game
    rounds = []
    largest = np.zeros(game.n_players)
    for t in range(game.rounds):
        gains = []
        for k in range(game.n_turns):
            after = solution.values(t, k + 1)
            gain = _before(solution, t, k, after, free=True) - _before(solution, t, k, after, free=False)
            gain.flags.writeable = False
            largest = np.maximum(largest, gain.max(axis=0))
            gains.append(gain)
        rounds.append(tuple(gains))
    largest.flags.writeable = False
    return OneShotGain(tuple(rounds), largest)


def _before(solution: Solution, t: int, k: int, after: Floats, *, free: bool) -> Floats:
    """Values before turn k, column i under play in which only player i departs (if ``free``) from the policies."""
    turn = solution.game.turns[k]
    out = np.empty((turn.n_states, solution.game.n_players))
    for first in range(0, turn.n_states, CHUNK):
        states = np.arange(first, min(first + CHUNK, turn.n_states))
        reached = turn.next_state[states]
        available = reached >= 0
        behind = np.where(available[..., None], after[np.maximum(reached, 0)], 0.0)
        policy = solution.policy(t, k, states)
        if isinstance(turn, Chance):
            out[states] = (policy[..., None] * behind).sum(axis=1)
            continue
        assert isinstance(turn, (Move, Offer))
        paid = turn.payoff if turn.payoff.shape[0] == 1 else turn.payoff[states]
        if isinstance(turn, Move):
            out[states] = _move(int(turn.player), policy, paid + behind, available, free)
        else:
            stay = after[turn.stay[states]]
            gain = np.where(available[..., None], paid + behind - stay[:, None], 0.0)
            shares = turn.recognition if turn.recognition.shape[0] == 1 else turn.recognition[states]
            out[states] = stay + _offer(turn, policy, gain, available, shares, free)
    return out


def _move(mover: int, policy: Floats, value: Floats, available: npt.NDArray[np.bool_], free: bool) -> Floats:
    result: Floats = np.where(available[..., None], policy[..., None] * value, 0.0).sum(axis=1)
    if free:
        result[:, mover] = np.where(available, value[..., mover], -np.inf).max(axis=1)
    return result


def _offer(
    turn: Offer, policy: Any, gain: Floats, available: npt.NDArray[np.bool_], shares: Floats, free: bool
) -> Floats:
    """Expected gain over no deal, shape (n, N)."""
    result = np.zeros((gain.shape[0], gain.shape[2]))
    accept = np.nan_to_num(policy.accept, nan=0.0)
    places = range(len(turn.parties))
    for r in places:
        propose = policy.propose[:, r]
        passes = accept[:, r].prod(axis=1)
        made = (propose * passes)[..., None] * gain
        value = made.sum(axis=1)
        if free:
            for h in places:
                i = int(turn.parties[h])
                if h == r:
                    worth = np.where(available, passes * gain[..., i], -np.inf)
                    value[:, i] = worth.max(axis=1)
                else:
                    others = accept[:, r, [q for q in places if q != h]].prod(axis=1)
                    value[:, i] = (propose * others * np.maximum(gain[..., i], 0.0)).sum(axis=1)
        result += shares[:, r, None] * value
    return result
