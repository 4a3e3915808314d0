"""Invariants that every solution keeps: one function a law.

A law takes public objects and returns None, or raises an AssertionError that says what was broken, where and by how
much. Laws that solve take ``solve=`` so that another solver can be put to the same test. Tolerances are relative to
the range of each player's values. Laws that compare two solutions of one game told differently hold to rounding
only: where `lam` times the range of values is beyond about 1e4, or infinite in a game with ties that are not exact,
rounding can decide a choice.

Example
-------
>>> import math, sim
>>> from sim.game import Game, Move
>>> move = Move("Ann", ("stay", "go"), [[0, 0]], [[[0.0], [1.0]]])
>>> game = Game(players=("Ann",), turns=(move,), flow=[[0.0]], discount=0.9, terminal=[[0.0]], rounds=2)
>>> from sim.testing import laws
>>> laws.no_regret(sim.solve(game, rationality=math.inf))
>>> laws.no_regret(sim.solve(game, rationality=1.0), players=["Ann"])
Traceback (most recent call last):
AssertionError: no_regret: round 0, turn 0 (turn0), state 0, player Ann: found 0.51..., expected at most 1.39e-09 ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sim.game import Chance, Game, Move, Offer
from sim.solver import Solution, propagate, regret, solve, solve_many
from sim.solver import one_shot_gain as gain_of_one_deviation
from sim.testing import rewrite
from sim.testing._choices import (
    own_payoff_raises_choice,
    quantal_response,
    regret_not_negative,
    values_equal_play,
    values_within_bounds,
)
from sim.testing._compare import (
    TIGHT,
    Floats,
    Ints,
    Solver,
    boundaries,
    check,
    close,
    close_policy,
    fail_unless,
    fingerprint,
    identical,
    is_distribution,
    lam_of,
    no_gain,
    places,
    same_policies,
    same_values,
    sampled,
    value_range,
    where,
)
from sim.testing._courses import first_passages, realisation, start_mixing
from sim.testing._retold import (
    bystander,
    horizon,
    idle_turn,
    indifference_at_zero,
    outcome_split,
    payoff_shift,
    playing_along,
    state_twin,
    unused_choices,
    weight_scale,
)

__all__ = [
    "bystander",
    "choice_order",
    "choice_split",
    "first_passages",
    "flow_shift",
    "forward_equals_backward",
    "horizon",
    "idle_turn",
    "indifference_at_zero",
    "inputs_unchanged",
    "legal_states",
    "many_equals_one",
    "no_one_shot_gain",
    "no_regret",
    "outcome_split",
    "own_payoff_raises_choice",
    "payoff_scale",
    "payoff_shift",
    "player_order",
    "playing_along",
    "probabilities",
    "quantal_response",
    "realisation",
    "regret_not_negative",
    "same_bits",
    "start_mixing",
    "state_order",
    "state_twin",
    "unused_choices",
    "value_range",
    "values_equal_play",
    "values_within_bounds",
    "weight_scale",
]


def probabilities(solution: Solution, *, states: int | None = None) -> None:
    """Every policy is a probability distribution over available choices, in every state of every round.

    An answer is a probability; it is 1 for package 0 and for the proposer, and NaN where the package is unavailable.
    """
    law, game = "probabilities", solution.game
    for t, k, turn in places(game):
        rows = sampled(turn.n_states, states)
        shut = turn.next_state[rows] < 0
        policy = solution.policy(t, k, rows)
        if isinstance(turn, Offer):
            for p in range(len(turn.parties)):
                is_distribution(law, game, t, k, policy.propose[:, p], shut, rows)
                for h in range(len(turn.parties)):
                    answers = policy.accept[:, p, h]
                    check(
                        law, game, t, k, np.isnan(answers) == shut, answers, "a number where available, else NaN", rows
                    )
                    inside = shut | ((answers >= 0.0) & (answers <= 1.0))
                    check(law, game, t, k, inside, answers, "a probability", rows)
                    sure = shut | (answers == 1.0)
                    if h != p:
                        sure[:, 1:] = True
                    check(law, game, t, k, sure, answers, "1, as there is nothing to answer", rows)
        else:
            is_distribution(law, game, t, k, policy, shut, rows)


def legal_states(solution: Solution, start: Any, *, forward: Any = None) -> None:
    """Play from ``start`` keeps to states that an available choice leads to, with probabilities that sum to one.

    ``forward`` : what to judge; default `sim.propagate` of the solution.
    """
    law, game = "legal_states", solution.game
    forward = propagate(solution, start) if forward is None else forward
    possible = np.asarray(forward.distribution(0, 0)) > 0
    for t, k, turn in places(game):
        mass = np.asarray(forward.distribution(t, k))
        fail_unless(
            mass.shape == (turn.n_states,), law, where(game, t, k), f"shape {mass.shape}", f"({turn.n_states},)"
        )
        check(law, game, t, k, (mass >= 0) & np.isfinite(mass), mass, "a probability")
        check(law, game, t, k, possible | (mass == 0), mass, "0 in a state that no available choice leads to")
        total = float(mass.sum())
        fail_unless(abs(total - 1.0) <= TIGHT, law, where(game, t, k), f"a sum of {total!r}", "1")
        targets = turn.next_state[possible]
        open_ = targets >= 0
        if isinstance(turn, Chance):
            open_ &= turn.probability[possible] > 0
        following = np.zeros(game.n_states(k + 1), dtype=bool)
        following[targets[open_]] = True
        possible = following
    end = np.asarray(forward.distribution(game.rounds, 0))
    fail_unless(
        abs(float(end.sum()) - 1.0) <= TIGHT and not end[~possible].any(),
        law,
        "after the last round",
        f"{end.tolist()}",
        "probabilities that sum to 1 over states that can be reached",
    )


def forward_equals_backward(solution: Solution, start: Any, *, forward: Any = None, tolerance: float = TIGHT) -> None:
    """Expected payoffs, discounted and added up along play from ``start``, equal the backward value there.

    ``forward`` : what to judge; default `sim.propagate` of the solution.
    """
    game = solution.game
    forward = propagate(solution, start) if forward is None else forward
    powers = game.discount[None, :] ** np.arange(game.rounds + 1)[:, None]
    total = (powers[:-1] * forward.payoff).sum(axis=0)
    total = total + powers[-1] * (forward.distribution(game.rounds, 0) @ game.terminal)
    value = forward.distribution(0, 0) @ solution.values(0, 0)
    span = value_range(solution)
    for i, name in enumerate(game.players):
        fail_unless(
            abs(total[i] - value[i]) <= tolerance * span[i],
            "forward_equals_backward",
            f"player {name}",
            f"{float(total[i])!r} forward",
            f"{float(value[i])!r} backward (off by {float(total[i] - value[i]):.3g}, range of values {span[i]:.3g})",
        )


def no_regret(solution: Solution, *, players: Sequence[str | int] | None = None, tolerance: float = TIGHT) -> None:
    """Nobody with infinite `lam` gains by playing otherwise for good, in any state of any round, on the path or off it.

    ``players`` : who is judged; default all with infinite `lam` who are not fixed.
    """
    found = regret(solution).by_round
    no_gain("no_regret", solution, {(t, 0): gain for t, gain in enumerate(found)}, players, tolerance)


def no_one_shot_gain(
    solution: Solution, *, players: Sequence[str | int] | None = None, tolerance: float = TIGHT
) -> None:
    """Nobody with infinite `lam` gains by a single deviation. Arguments as for `no_regret`."""
    found = gain_of_one_deviation(solution).by_turn
    gains = {(t, k): gain for t, row in enumerate(found) for k, gain in enumerate(row)}
    no_gain("no_one_shot_gain", solution, gains, players, tolerance)


def flow_shift(
    game: Game, rationality: Any, *, player: str | int, amount: float, solve: Solver = solve, states: int | None = None
) -> None:
    """Adding c to a player's flow, terminal held, shifts its values by c (1 - d^(T-t)) / (1 - d) and nothing else."""
    i = game.player_index(player)
    one = solve(game, rationality)
    other = solve(rewrite.flow_added(game, i, amount), rationality)
    span = np.maximum(value_range(one), value_range(other))
    span[i] = max(span[i], abs(amount))
    shift = np.zeros(game.n_players)
    d = float(game.discount[i])
    for t in range(game.rounds + 1):
        left = game.rounds - t
        shift[i] = amount * (left if d == 1.0 else (1.0 - d**left) / (1.0 - d))
        close("flow_shift", game, t, 0, other.values(t, 0), one.values(t, 0) + shift, span)
    same_policies("flow_shift", one, other, span, states=states)


def payoff_scale(
    game: Game, rationality: Any, *, player: str | int, factor: float, solve: Solver = solve, states: int | None = None
) -> None:
    """Multiplying all of a player's payoffs by k > 0 and dividing its `lam` by k changes no policy."""
    i = game.player_index(player)
    lam = lam_of(game, rationality)
    divided = lam.copy()
    divided[i] /= factor
    one = solve(game, lam)
    other = solve(rewrite.payoffs_scaled(game, i, factor), divided)
    span = value_range(one)
    back = np.ones(game.n_players)
    back[i] = factor
    for t in range(game.rounds + 1):
        close("payoff_scale", game, t, 0, other.values(t, 0) / back, one.values(t, 0), span)
    same_policies("payoff_scale", one, other, span, states=states)


def choice_split(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    choice: int,
    share: float = 0.5,
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """Two copies of a choice that share its weight come about as often together as it did, and nothing else changes.

    ``choice`` : an action, or a package other than "no offer"; ``share`` : of the weight that goes to the first copy.
    """
    law = "choice_split"
    k = game.turn_index(turn)
    one = solve(game, rationality)
    other = solve(rewrite.choice_split(game, k, choice, share), rationality)
    span = value_range(one)
    same_values(law, one, other, span)
    found = one.game.turns[k]
    keep = np.delete(np.arange(found.n_choices + 1), choice + 1)

    def merged(taken: Floats) -> Floats:
        result: Floats = taken[..., keep].copy()
        result[..., choice] += taken[..., choice + 1]
        return result

    def merged_policy(t: int, j: int, rows: Ints) -> Any:
        policy = other.policy(t, j, rows)
        if j != k:
            return policy
        if isinstance(found, Move):
            return merged(policy)
        close_policy(law, one, t, k, policy.accept[..., choice], policy.accept[..., choice + 1], span, rows)
        return merged(policy.propose), policy.accept[..., keep]

    same_policies(law, one, other, span, merged_policy, states=states)


def player_order(
    game: Game, rationality: Any, *, order: Sequence[int], solve: Solver = solve, states: int | None = None
) -> None:
    """Another order of the players permutes the values and changes no policy; new player j is old ``order[j]``."""
    order = list(order)
    lam = lam_of(game, rationality)
    one = solve(game, lam)
    other = solve(rewrite.players_ordered(game, order), lam[order])
    span = value_range(one)
    for t, k in boundaries(game):
        close("player_order", game, t, k, other.values(t, k)[:, np.argsort(order)], one.values(t, k), span)
    same_policies("player_order", one, other, span, states=states)


def choice_order(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    order: Sequence[int],
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """Listing a turn's choices in another order permutes its policy and changes nothing else, where there are no ties.

    ``order`` : new choice c is old ``order[c]``; an offer's package 0 stays first.
    """
    law, k = "choice_order", game.turn_index(turn)
    back = np.argsort(list(order))
    one = solve(game, rationality)
    other = solve(rewrite.choices_ordered(game, k, order), rationality)
    span = value_range(one)
    same_values(law, one, other, span)

    def restored(t: int, j: int, rows: Ints) -> Any:
        policy = other.policy(t, j, rows)
        if j != k:
            return policy
        if isinstance(game.turns[k], Offer):
            return policy.propose[..., back], policy.accept[..., back]
        return policy[..., back]

    same_policies(law, one, other, span, restored, states=states)


def state_order(
    game: Game,
    rationality: Any,
    *,
    boundary: int,
    order: Sequence[int],
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """Another order of the states of boundary k permutes values and policies there; new s is old ``order[s]``."""
    law, back = "state_order", np.argsort(list(order))
    one = solve(game, rationality)
    other = solve(rewrite.states_ordered(game, boundary, order), rationality)
    span = value_range(one)
    for t, k in boundaries(game):
        here = k % game.n_turns == boundary
        found = other.values(t, k)
        close(law, game, t, k, found[back] if here else found, one.values(t, k), span)

    def restored(t: int, k: int, rows: Ints) -> Any:
        return other.policy(t, k, back[rows] if k == boundary else rows)

    same_policies(law, one, other, span, restored, states=states)


def same_bits(game: Game, rationality: Any, *, threads: Sequence[int] = (1, 2), solve: Solver = solve) -> None:
    """The answer has the same bits for any number of threads."""
    first = solve(game, rationality, threads=threads[0])
    for number in threads[1:]:
        identical("same_bits", first, solve(game, rationality, threads=number), f"{number} threads, not {threads[0]}")


def many_equals_one(
    games: Sequence[Game],
    rationality: Any,
    *,
    solve: Solver = solve,
    solve_many: Callable[..., Sequence[Solution]] = solve_many,
) -> None:
    """Solving variants of a game together gives each the bits that it has when solved alone."""
    together = solve_many(games, rationality)
    fail_unless(
        len(together) == len(games), "many_equals_one", "solve_many", f"{len(together)} solutions", f"{len(games)}"
    )
    for number, (game, solution) in enumerate(zip(games, together, strict=True)):
        identical("many_equals_one", solve(game, rationality), solution, f"game {number} of solve_many")


def inputs_unchanged(game: Game, rationality: Any, *, solve: Solver = solve) -> None:
    """Solving, propagating and asking for policies change no array of the game; a second answer has the same bits."""
    before = fingerprint(game)
    given = np.array(rationality, dtype=np.float64)
    asked = given.copy()
    solution = solve(game, given)
    for t, k, _ in places(game):
        solution.policy(t, k)
        solution.values(t, k)
    propagate(solution, 0)
    for name, (one, other) in {name: (before[name], now) for name, now in fingerprint(game).items()}.items():
        fail_unless(one == other, "inputs_unchanged", name, "other bytes after solving", "the same bytes")
    fail_unless(
        bool((given == asked).all()), "inputs_unchanged", "rationality", f"{given.tolist()}", f"{asked.tolist()}"
    )
    identical("inputs_unchanged", solution, solve(game, given), "the second time")
