"""The plain NumPy twin of the solver's kernels: the definitions, written down one state and one choice at a time
where speed does not matter and in whole arrays where it reads the same.

Backward, with V the values at the next boundary:

- move: Q[a] = payoff[a] + V[next[a]]; the mover takes a with probability proportional to w[a] exp(lam Q[a]);
- offer: the recognised party proposes m with probability proportional to w[m] exp(lam Q[m]), where
  Q[m] = V[stay] + a[m] (payoff[m] + V[next[m]] - V[stay]) and a[m] is the product of the answers; answerer h
  accepts with probability logistic(lam_h * P(all later ones accept) * (payoff_h + V_h[next] - V_h[stay]));
- chance: the expectation;
- end of a round: flow + discount * V of the next round; after the last one: terminal.

lam infinite: the first available choice within ``tolerance`` of the best; whoever is indifferent accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tests.oracles.plain import Plain, PlainTurn, read

TOLERANCE = 1e-12

Step = tuple[np.ndarray, Any]  # values before a turn, and what is played there


class Answers(NamedTuple):
    """propose : [S, P, M]; accept : [S, P, P, M], axes state, proposer, answerer, package."""

    propose: np.ndarray
    accept: np.ndarray


@dataclass
class TwinSolution:
    """value[t][k] : [S_k, N] for k = 0..K, and value[T][0] = terminal; play[t][k] : as the solver's `policy`."""

    plain: Plain
    lam: np.ndarray
    value: list[list[np.ndarray]]
    play: list[list[Any]]

    def values(self, t: int, k: int) -> np.ndarray:
        return self.value[t][k]

    def policy(self, t: int, k: int) -> Any:
        return self.play[t][k]


def payoff_scale(game: Plain) -> np.ndarray:
    """Return, player by player, a bound on the sum of payoffs along any course: what "indifferent" is measured by."""
    per_round = np.abs(game.flow).max(axis=0)
    for turn in game.turns:
        per_round = per_round + np.abs(turn.payoff).max(axis=(0, 1))
    return game.rounds * per_round + np.abs(game.terminal).max(axis=0)


def choose(score: np.ndarray, available: np.ndarray, weights: np.ndarray, lam: float, slack: float) -> np.ndarray:
    """Return the choice probabilities of every state: score [S, A], available [S, A] -> [S, A]."""
    chosen = np.zeros(score.shape)
    best = np.where(available, score, -np.inf).max(axis=1)
    if lam == np.inf:
        good = available & (score >= best[:, None] - slack)
        chosen[np.arange(len(score)), good.argmax(axis=1)] = 1.0
        return chosen
    for s in range(len(score)):
        on = available[s]
        with np.errstate(over="ignore", under="ignore"):
            mass = weights[on] * np.exp(lam * (score[s, on] - best[s]))
        chosen[s, on] = mass / mass.sum()
    return chosen


def logistic(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def answer(stake: np.ndarray, lam: float, slack: float) -> np.ndarray:
    """Return the probability of accepting when saying yes is worth ``stake`` more than saying no."""
    if lam == np.inf:
        return (stake >= -slack).astype(float)
    with np.errstate(over="ignore", under="ignore"):
        return logistic(lam * stake)


def solve(
    game: Any, rationality: Any = 3.0, fixed: Mapping[Any, Any] | None = None, tolerance: float = TOLERANCE
) -> TwinSolution:
    """Solve by one backward pass. ``fixed``: player -> {turn: policy} or a function of (t, k), as in the solver."""
    plain = read(game)
    lam = np.broadcast_to(np.array(rationality, dtype=float), (plain.n_players,)).copy()
    slack = tolerance * payoff_scale(plain)
    rules = {
        (list(game.players).index(who) if isinstance(who, str) else int(who)): _rule(game, policy)
        for who, policy in (fixed or {}).items()
    }
    n_turns = len(plain.turns)
    value: list[list[Any]] = [[None] * (n_turns + 1) for _ in range(plain.rounds)]
    play: list[list[Any]] = [[None] * n_turns for _ in range(plain.rounds)]
    value.append([plain.terminal])
    for t in reversed(range(plain.rounds)):
        value[t][n_turns] = plain.flow + plain.discount * value[t + 1][0]
        for k in reversed(range(n_turns)):
            given = {who: rule(t, k) for who, rule in rules.items()}
            step = {"move": _move, "offer": _offer, "chance": _chance}[plain.turns[k].kind]
            value[t][k], play[t][k] = step(plain.turns[k], value[t][k + 1], lam, slack, given)
    return TwinSolution(plain, lam, value, play)


def _rule(game: Any, policy: Any) -> Callable[[int, int], Any]:
    if callable(policy):
        return policy
    names = [turn.name for turn in game.turns]
    table = {(names.index(key) if isinstance(key, str) else int(key)): value for key, value in policy.items()}
    return lambda t, k: table.get(k)


def _per_state(policy: Any, states: int) -> np.ndarray:
    array = np.array(policy, dtype=float)
    return np.broadcast_to(array, (states, array.shape[-1]))


def _from(accept: Any, proposer: int) -> np.ndarray:
    """Return the answers to one proposer: [M] and [S, M] hold for all of them, [S, P, M] tells them apart."""
    array = np.array(accept, dtype=float)
    return array[:, proposer] if array.ndim == 3 else array


def _chance(
    turn: PlainTurn, after: np.ndarray, lam: np.ndarray, slack: np.ndarray, given: Any
) -> tuple[np.ndarray, Any]:
    value = np.zeros((len(turn.next), after.shape[1]))
    for c in range(turn.next.shape[1]):
        possible = turn.next[:, c] >= 0
        value[possible] += turn.probability[possible, c, None] * after[turn.next[possible, c]]
    return value, turn.probability


def _move(turn: PlainTurn, after: np.ndarray, lam: np.ndarray, slack: np.ndarray, given: Any) -> Step:
    available = turn.next >= 0
    q = np.where(available[:, :, None], turn.payoff + after[turn.next], 0.0)
    policy = given.get(turn.mover)
    if policy is None:
        policy = choose(q[:, :, turn.mover], available, turn.weights, lam[turn.mover], slack[turn.mover])
    else:
        policy = np.where(available, _per_state(policy, len(q)), 0.0)
    return np.einsum("sa,san->sn", policy, q), policy


def _offer(
    turn: PlainTurn, after: np.ndarray, lam: np.ndarray, slack: np.ndarray, given: Any
) -> tuple[np.ndarray, Any]:
    states, packages = turn.next.shape
    n_parties = len(turn.parties)
    available = turn.next >= 0
    refused = after[turn.stay]  # [S, N]
    gain = turn.payoff + np.where(available[:, :, None], after[turn.next], 0.0) - refused[:, None, :]
    propose = np.zeros((states, n_parties, packages))
    accept = np.full((states, n_parties, n_parties, packages), np.nan)
    value = np.zeros((states, after.shape[1]))
    for p, proposer in enumerate(turn.parties):
        passes = np.ones((states, packages))  # all of the answers so far, from the last one backwards
        for h in reversed(range(n_parties)):
            if h == p:
                accept[:, p, h] = 1.0
                continue
            who = turn.parties[h]
            if given.get(who) is None:
                yes = answer(passes * gain[:, :, who], lam[who], slack[who])
            else:
                yes = np.nan_to_num(_per_state(_from(given[who][1], p), states))  # none where it is not available
            yes[:, 0] = 1.0
            accept[:, p, h] = yes
            passes = passes * yes
        q = refused[:, None, :] + passes[:, :, None] * gain
        if given.get(proposer) is None:
            propose[:, p] = choose(q[:, :, proposer], available, turn.weights, lam[proposer], slack[proposer])
        else:
            propose[:, p] = np.where(available, _per_state(given[proposer][0], states), 0.0)
        value += turn.recognition[:, p, None] * np.einsum("sm,smn->sn", propose[:, p], q)
    for p in range(n_parties):
        for h in range(n_parties):
            accept[:, p, h][~available] = np.nan
    return value, Answers(propose, accept)


def transition(turn: PlainTurn, play: Any, without: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Return the law of one turn: [S, S'] chances of the next state, and [S, N] expected payments on the way.

    ``without`` : choices whose courses are dropped; 0 of an offer is no deal, refused offers included.
    """
    states, choices = turn.next.shape
    share = np.zeros((states, choices))  # chance that each choice takes effect
    back = np.zeros(states)  # chance that an offer was refused
    if turn.kind == "offer":
        n_parties = len(turn.parties)
        for p in range(n_parties):
            asked = turn.recognition[:, p, None] * play.propose[:, p]
            passes = np.ones((states, choices))
            for h in range(n_parties):
                if h != p:
                    passes = passes * np.nan_to_num(play.accept[:, p, h])
            share += asked * passes
            back += (asked * (1.0 - passes)).sum(axis=1)
    else:
        share = np.array(play, dtype=float)
    share[:, list(without)] = 0.0
    if 0 in without:
        back[:] = 0.0
    width = 1 + max(int(turn.next.max()), int(turn.stay.max()) if len(turn.stay) else 0)
    law = np.zeros((states, width))
    for s in range(states):
        for a in range(choices):
            if turn.next[s, a] >= 0:
                law[s, turn.next[s, a]] += share[s, a]
        if turn.kind == "offer":
            law[s, turn.stay[s]] += back[s]
    paid = np.einsum("sa,san->sn", share, turn.payoff)
    return law, paid


def forward(solution: TwinSolution, start: np.ndarray) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Return the distribution before every turn (and at the end), as [t][k] -> [S_k], and expected payments [T, N]."""
    plain = solution.plain
    n_turns = len(plain.turns)
    where = np.array(start, dtype=float)
    seen: list[list[np.ndarray]] = []
    paid = np.zeros((plain.rounds, plain.n_players))
    for t in range(plain.rounds):
        row = [where]
        for k, turn in enumerate(plain.turns):
            law, payment = transition(turn, solution.play[t][k])
            paid[t] += where @ payment
            size = len(plain.turns[(k + 1) % n_turns].next)
            where = np.pad(where @ law, (0, size - law.shape[1]))
            row.append(where)
        paid[t] += where @ plain.flow
        seen.append(row)
    seen.append([where])
    return seen, paid


def first_passage(
    solution: TwinSolution, start: np.ndarray, choices: Mapping[int, Sequence[int]], states: np.ndarray | None = None
) -> np.ndarray:
    """Return the chance, by round, that a choice at a turn, or a state at a round's end, has come about by its end."""
    plain = solution.plain
    left = np.array(start, dtype=float)
    passed = np.zeros(plain.rounds)
    for t in range(plain.rounds):
        for k, turn in enumerate(plain.turns):
            law, _ = transition(turn, solution.play[t][k], choices.get(k, ()))
            left = left @ law
            left = np.pad(left, (0, len(plain.turns[(k + 1) % len(plain.turns)].next) - len(left)))
        if states is not None:
            left = np.where(states, 0.0, left)
        passed[t] = 1.0 - left.sum()
    return passed


def best_response(solution: TwinSolution, player: int) -> list[np.ndarray]:
    """Return one player's value [S_0] before every round when it plays best against the others in ``solution``."""

    plain = solution.plain
    value = plain.terminal[:, player]
    result = [value]
    for t in reversed(range(plain.rounds)):
        value = plain.flow[:, player] + plain.discount[player] * value
        for k in reversed(range(len(plain.turns))):
            value = best_turn(plain.turns[k], value, player, solution.play[t][k])
        result.append(value)
    return result[::-1]


def best_turn(turn: PlainTurn, after: np.ndarray, player: int, play: Any) -> np.ndarray:
    """Return one player's value [S] before a turn at which it alone is free, from its values [S'] behind it."""
    available = turn.next >= 0
    states, choices = turn.next.shape
    q = np.where(available, turn.payoff[:, :, player] + after[turn.next], -np.inf)
    if turn.kind == "move" and turn.mover == player:
        return q.max(axis=1)
    if turn.kind != "offer":
        return np.where(play > 0, play * np.where(available, q, 0.0), 0.0).sum(axis=1)
    refused = after[turn.stay]
    value = np.zeros(states)
    for p, proposer in enumerate(turn.parties):
        passes = np.ones((states, choices))
        for h, who in enumerate(turn.parties):
            if h == p:
                continue
            if who == player:
                yes = np.where(available & (q >= refused[:, None]), 1.0, 0.0)
                yes[:, 0] = 1.0
            else:
                yes = np.nan_to_num(play.accept[:, p, h])
            passes = passes * yes
        worth = refused[:, None] + np.where(available, passes * (np.where(available, q, 0.0) - refused[:, None]), 0.0)
        if proposer == player:
            got = np.where(available, worth, -np.inf).max(axis=1)
        else:
            got = np.einsum("sm,sm->s", play.propose[:, p], worth)
        value += turn.recognition[:, p] * got
    return value
