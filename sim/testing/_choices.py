"""Laws of one solution: what is chosen follows from the values, and the values from what is chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.game import Chance, Game, Move, Offer
from sim.solver import Solution, one_shot_gain, regret, solve
from sim.testing import rewrite
from sim.testing._compare import (
    PROBABILITY,
    TIGHT,
    Floats,
    Ints,
    Solver,
    check,
    close,
    fail_unless,
    places,
    sampled,
    steepness,
    value_range,
    where,
)


def values_equal_play(solution: Solution, *, states: int | None = None) -> None:
    """A value is what the policies yield: now, and in the states they lead to; a round's end is flow and what follows.

    ``states`` : most states of a turn that are looked at, evenly spread; default all.
    """
    law, game = "values_equal_play", solution.game
    span = value_range(solution)
    for t in range(game.rounds):
        for k, turn in enumerate(game.turns):
            rows = sampled(turn.n_states, states)
            stay, gain, _ = _behind(solution, t, k, rows)
            policy = solution.policy(t, k, rows)
            if isinstance(turn, Offer):
                made = _made(turn, policy, rows)
                expected = stay + (made[..., None] * gain).sum(axis=1)
            else:
                expected = (policy[..., None] * gain).sum(axis=1)
            found = solution.values(t, k)[rows]
            _close_rows(law, game, t, k, found, expected, span, rows)
        later = game.flow + game.discount * solution.values(t + 1, 0)
        close(law, game, t, game.n_turns, solution.values(t, game.n_turns), later, span)


def quantal_response(solution: Solution, *, states: int | None = None) -> None:
    """Choices follow the logit rule, answers the logistic of what a yes is worth; at infinite `lam` the best is taken.

    Judged from the solution's own values behind each choice; fixed players are left out.
    """
    law, game = "quantal_response", solution.game
    span = value_range(solution)
    limit = TIGHT * steepness(solution, span)
    for t, k, turn in places(game):
        if isinstance(turn, Chance):
            continue
        rows = sampled(turn.n_states, states)
        stay, gain, available = _behind(solution, t, k, rows)
        policy = solution.policy(t, k, rows)
        if isinstance(turn, Move):
            if not _fixed(solution, turn.player):
                _follows(law, solution, t, k, turn.player, policy, gain, available, rows, limit, span)
            continue
        assert isinstance(turn, Offer)
        for p, proposer in enumerate(turn.parties):
            passes = np.ones(available.shape)
            for h in reversed(range(len(turn.parties))):
                if h == p:
                    continue
                answers = policy.accept[:, p, h]
                i = int(turn.parties[h])
                if not _fixed(solution, i):
                    wanted = _answers(passes * gain[..., i], float(solution.rationality[i]), TIGHT * span[i])
                    asked = available.copy()
                    asked[:, 0] = False
                    right = ~asked | np.isnan(wanted) | (np.abs(answers - wanted) <= limit)
                    check(law, game, t, k, right, answers, "the logistic of lam times what a yes is worth", rows)
                passes = passes * np.nan_to_num(answers)
            if not _fixed(solution, proposer):
                worth = stay[:, None] + passes[..., None] * gain
                _follows(law, solution, t, k, proposer, policy.propose[:, p], worth, available, rows, limit, span)


def values_within_bounds(solution: Solution) -> None:
    """No value lies outside the worst and the best that any play at all could bring from that state."""
    law, game = "values_within_bounds", solution.game
    span = value_range(solution)
    low = high = np.array(game.terminal)
    for t in reversed(range(game.rounds)):
        low, high = game.flow + game.discount * low, game.flow + game.discount * high
        for k in reversed(range(game.n_turns)):
            low, high = _extreme(game, k, low, np.min, np.inf), _extreme(game, k, high, np.max, -np.inf)
            found = solution.values(t, k)
            slack = TIGHT * span
            check(law, game, t, k, found >= low - slack, found, "no less than the worst that can happen")
            check(law, game, t, k, found <= high + slack, found, "no more than the best that can happen")


def regret_not_negative(solution: Solution, *, tolerance: float = TIGHT) -> None:
    """The best response is worth no less than what a player does, nor than the best single deviation."""
    law, game = "regret_not_negative", solution.game
    limit = tolerance * value_range(solution)
    for_good, once = regret(solution).by_round, one_shot_gain(solution).by_turn
    for t in range(game.rounds):
        for k, gain in enumerate(once[t]):
            check(law, game, t, k, gain >= -limit, gain, "a gain of 0 or more from the best single deviation")
        check(law, game, t, 0, for_good[t] >= -limit, for_good[t], "a regret of 0 or more")
        more = for_good[t] >= once[t][0] - limit
        check(law, game, t, 0, more, for_good[t], "no less than the gain from the best single deviation")


def own_payoff_raises_choice(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    choice: int,
    player: str | int,
    amount: float = 1.0,
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """Adding ``amount`` > 0 to what a choice pays its chooser never makes it rarer, nor any other choice more frequent.

    Seen in the last round, where nothing of the change comes back through later rounds. At an offer ``player`` is a
    party, and its answers to the package do not become less willing either.
    """
    law, k, i = "own_payoff_raises_choice", game.turn_index(turn), game.player_index(player)
    found = game.turns[k]
    choosers = (found.player,) if isinstance(found, Move) else found.parties if isinstance(found, Offer) else ()
    if i not in choosers:
        raise ValueError(f"{law}: found {game.players[i]} at {found.name!r}; allowed: a player who chooses there")
    one = solve(game, rationality)
    other = solve(rewrite.payoff_added(game, k, i, amount, choice), rationality)
    t, rows = game.rounds - 1, sampled(found.n_states, states)
    before, after = one.policy(t, k, rows), other.policy(t, k, rows)
    slack = PROBABILITY * max(steepness(one, value_range(one)), steepness(other, value_range(other)))
    if isinstance(found, Offer):
        place = found.parties.index(i)
        for p in range(len(found.parties)):
            rise = np.nan_to_num(after.accept[:, p, place, choice] - before.accept[:, p, place, choice])
            check(law, game, t, k, rise >= -slack, rise, "an answer no less willing than before", rows)
        before, after = before.propose[:, place], after.propose[:, place]
    change = after - before
    change[:, choice] *= -1.0
    check(law, game, t, k, change <= slack, change, "no choice moved against the change of payoff", rows)


def _behind(solution: Solution, t: int, k: int, rows: Ints) -> tuple[Floats, Floats, Any]:
    """Return the value of staying [n, N], each choice's payoff and value beyond it [n, A, N], and what is available."""
    turn, after = solution.game.turns[k], solution.values(t, k + 1)
    following = turn.next_state[rows]
    available = following >= 0
    gain = after[np.maximum(following, 0)]
    stay = np.zeros((rows.size, after.shape[1]))
    if isinstance(turn, (Move, Offer)):
        gain = gain + (turn.payoff if turn.payoff.shape[0] == 1 else turn.payoff[rows])
    if isinstance(turn, Offer):
        stay = after[turn.stay[rows]]
        gain = gain - stay[:, None]
    return stay, np.where(available[..., None], gain, 0.0), available


def _made(turn: Offer, policy: Any, rows: Ints) -> Floats:
    """Return the chance that each package is proposed and accepted, [n, M]."""
    shares = turn.recognition if turn.recognition.shape[0] == 1 else turn.recognition[rows]
    passed = np.nan_to_num(policy.accept).prod(axis=2)
    result: Floats = (shares[..., None] * policy.propose * passed).sum(axis=1)
    return result


def _fixed(solution: Solution, player: Any) -> bool:
    return solution.game.players[int(player)] in solution.fixed


def _follows(
    law: str,
    solution: Solution,
    t: int,
    k: int,
    player: Any,
    taken: Floats,
    worth: Floats,
    available: Any,
    rows: Ints,
    limit: float,
    span: Floats,
) -> None:
    game, i = solution.game, int(player)
    lam, own = float(solution.rationality[i]), worth[..., i]
    best = np.where(available, own, -np.inf).max(axis=1, keepdims=True)
    if np.isinf(lam):
        good = (taken == 0) | (own >= best - TIGHT * span[i])
        check(law, game, t, k, good, taken, f"0, as {game.players[i]} has something better", rows)
        return
    turn = game.turns[k]
    assert isinstance(turn, (Move, Offer))
    with np.errstate(over="ignore", under="ignore"):
        mass = np.where(available, turn.weights * np.exp(lam * np.where(available, own - best, 0.0)), 0.0)
    wanted = mass / mass.sum(axis=1, keepdims=True)
    error = np.abs(taken - wanted)
    if not (error <= limit).all():
        n, a = (int(x) for x in np.argwhere(~(error <= limit))[0])
        place = f"{where(game, t, k)}, state {int(rows[n])}, choice {a} of {game.players[i]}"
        expected = f"{float(wanted[n, a])!r} by the logit rule (off by {error[n, a]:.3g}, allowed {limit:.3g})"
        fail_unless(False, law, place, repr(float(taken[n, a])), expected)


def _answers(stake: Floats, lam: float, slack: float) -> Floats:
    """Return the chance of a yes; NaN where rounding could decide it."""
    if np.isinf(lam):
        sharp: Floats = np.where(np.abs(stake) <= slack, np.nan, (stake > 0).astype(np.float64))
        return sharp
    with np.errstate(over="ignore", under="ignore"):
        small = np.exp(-np.abs(lam * stake))
    result: Floats = np.where(stake >= 0, 1.0, small) / (1.0 + small)
    return result


def _extreme(game: Game, k: int, after: Floats, pick: Any, never: float) -> Floats:
    """Return the least or the most that can come of turn k, state by state, shape (S_k, N)."""
    turn = game.turns[k]
    open_ = turn.next_state >= 0
    if isinstance(turn, Chance):
        open_ &= turn.probability > 0
    reached = after[np.maximum(turn.next_state, 0)]
    if isinstance(turn, (Move, Offer)):
        reached = reached + turn.payoff
    result: Floats = pick(np.where(open_[..., None], reached, never), axis=1)
    return result


def _close_rows(
    law: str, game: Game, t: int, k: int, found: Floats, expected: Floats, span: Floats, rows: Ints
) -> None:
    error = np.abs(found - expected)
    if not (error <= TIGHT * span).all():
        n, i = (int(x) for x in np.argwhere(~(error <= TIGHT * span))[0])
        fail_unless(
            False,
            law,
            f"{where(game, t, k)}, state {int(rows[n])}, player {game.players[i]}",
            repr(float(found[n, i])),
            f"{float(expected[n, i])!r} (off by {error[n, i]:.3g}, range of values {span[i]:.3g})",
        )
