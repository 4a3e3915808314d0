"""Laws that solve one game told in two ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.game import Chance, Game, Move, Offer
from sim.solver import solve
from sim.testing import rewrite
from sim.testing._compare import (
    Ints,
    Solver,
    boundaries,
    check,
    close,
    fail_unless,
    lam_of,
    places,
    same_policies,
    same_values,
    value_range,
)


def payoff_shift(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    player: str | int,
    amount: float,
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """Adding c to what one player gets from every action of a move shifts its values by c a round, and nothing else."""
    law, j, i = "payoff_shift", game.turn_index(turn), game.player_index(player)
    one = solve(game, rationality)
    other = solve(rewrite.payoff_added(game, j, i, amount), rationality)
    span = np.maximum(value_range(one), value_range(other))
    d = float(game.discount[i])
    for t, k in boundaries(game):
        left = game.rounds - t - (1 if k > j else 0)
        total = amount * (left if d == 1.0 else (1.0 - d**left) / (1.0 - d)) * (d if k > j else 1.0)
        shift = np.zeros(game.n_players)
        shift[i] = total if t < game.rounds else 0.0
        close(law, game, t, k, other.values(t, k), one.values(t, k) + shift, span)
    same_policies(law, one, other, span, states=states)


def weight_scale(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    factor: float,
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """Multiplying all weights of a turn by one number changes nothing: only their ratios count."""
    one = solve(game, rationality)
    other = solve(rewrite.weights_scaled(game, turn, factor), rationality)
    same_values("weight_scale", one, other, value_range(one))
    same_policies("weight_scale", one, other, value_range(one), states=states)


def unused_choices(game: Game, rationality: Any, *, solve: Solver = solve, states: int | None = None) -> None:
    """Closing every action and package that is never taken, in a state, in any round, changes nothing.

    At infinite `lam` these are the choices that are dominated, given what follows; at finite `lam` those whose chance
    is below the smallest number.
    """
    law, one = "unused_choices", solve(game, rationality)
    told = game
    for k, turn in enumerate(game.turns):
        if isinstance(turn, Chance):
            continue
        used = np.zeros(turn.next_state.shape, dtype=bool)
        for t in range(game.rounds):
            policy = one.policy(t, k)
            used |= (policy.propose.max(axis=1) if isinstance(turn, Offer) else policy) > 0
        if isinstance(turn, Offer):
            used[:, 0] = True
        told = rewrite.choices_closed(told, k, ~used)
    other = solve(told, rationality)
    span = value_range(one)
    same_values(law, one, other, span)

    def reopened(t: int, k: int, rows: Ints) -> Any:
        policy, found = other.policy(t, k, rows), one.policy(t, k, rows)
        if not isinstance(game.turns[k], Offer):
            return policy
        return policy.propose, np.where(np.isnan(policy.accept), found.accept, policy.accept)

    same_policies(law, one, other, span, reopened, states=states)


def outcome_split(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    outcome: int,
    share: float = 0.5,
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """An outcome of chance told as two that share its probability changes nothing."""
    law, j = "outcome_split", game.turn_index(turn)
    one = solve(game, rationality)
    other = solve(rewrite.outcome_split(game, j, outcome, share), rationality)
    same_values(law, one, other, value_range(one))

    def merged(t: int, k: int, rows: Ints) -> Any:
        policy = other.policy(t, k, rows)
        if k != j:
            return policy
        together = np.delete(policy, outcome + 1, axis=1)
        together[:, outcome] += policy[:, outcome + 1]
        return together

    same_policies(law, one, other, value_range(one), merged, states=states)


def idle_turn(
    game: Game,
    rationality: Any,
    *,
    place: int,
    kind: str = "move",
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """A further turn at which nothing can happen changes nothing (arguments: see `rewrite.idle_turn_added`)."""
    law, one = "idle_turn", solve(game, rationality)
    other = solve(rewrite.idle_turn_added(game, place, kind), rationality)
    span = value_range(one)
    for t, k in boundaries(game):
        there = k if k < place or t == game.rounds else k + 1
        close(law, game, t, k, other.values(t, there), one.values(t, k), span)
        if k == place:
            close(law, game, t, k, other.values(t, k), one.values(t, k), span)
    same_policies(
        law, one, other, span, lambda t, k, rows: other.policy(t, k + (1 if k >= place else 0), rows), states=states
    )


def bystander(game: Game, rationality: Any, *, solve: Solver = solve, states: int | None = None) -> None:
    """A further player who never acts and gets nothing changes nothing and gets nothing."""
    law, lam = "bystander", lam_of(game, rationality)
    one = solve(game, lam)
    other = solve(rewrite.bystander_added(game), np.append(lam, 1.0))
    for t, k in boundaries(game):
        found = other.values(t, k)
        nothing = found[:, -1]
        worst = int(np.abs(nothing).argmax())
        fail_unless(
            not nothing.any(),
            law,
            f"round {t}, turn {k}, state {worst}, the bystander",
            repr(float(nothing[worst])),
            "0",
        )
        close(law, game, t, k, found[:, :-1], one.values(t, k), value_range(one))
    same_policies(law, one, other, value_range(one), states=states)


def state_twin(
    game: Game,
    rationality: Any,
    *,
    boundary: int,
    state: int,
    solve: Solver = solve,
    states: int | None = None,
) -> None:
    """A state told as two twins has its value and its policy in both, and nothing else changes."""
    law, one = "state_twin", solve(game, rationality)
    other = solve(rewrite.state_copied(game, boundary, state), rationality)
    span = value_range(one)
    for t, k in boundaries(game):
        found = other.values(t, k)
        if k % game.n_turns == boundary:
            close(law, game, t, k, found[-1:], one.values(t, k)[[state]], span)
            found = found[:-1]
        close(law, game, t, k, found, one.values(t, k), span)
    same_policies(law, one, other, span, states=states)


def horizon(game: Game, rationality: Any, *, rounds: int, solve: Solver = solve, states: int | None = None) -> None:
    """What happens depends on how much is left, not on the date; and on what follows only through its value.

    The last ``rounds`` of the game are a game of that many rounds; the first rounds are the game that ends before them
    and pays their value.
    """
    law = "horizon"
    if not 1 <= rounds < game.rounds:
        raise ValueError(f"{law}: rounds: found {rounds}; allowed: 1 to {game.rounds - 1}, fewer than the game has")
    one = solve(game, rationality)
    span = value_range(one)
    gone = game.rounds - rounds
    late = solve(game.replace(rounds=rounds), rationality)
    early = solve(game.replace(rounds=gone, terminal=one.values(gone, 0)), rationality)
    for t, k in boundaries(late.game):
        close(law, game, gone + t, k, late.values(t, k), one.values(gone + t, k), span)
    for t, k in boundaries(early.game):
        close(law, game, t, k, early.values(t, k), one.values(t, k), span)

    def told(t: int, k: int, rows: Ints) -> Any:
        return early.policy(t, k, rows) if t < gone else late.policy(t - gone, k, rows)

    same_policies(law, one, early, span, told, states=states)


def playing_along(
    game: Game, rationality: Any, *, player: str | int, solve: Solver = solve, states: int | None = None
) -> None:
    """A player held fixed at what it does in equilibrium leaves everybody's play and values as they are.

    Raises
    ------
    GameError : the player answers an offer of three or more parties, where its answer depends on who proposes.
    """
    law, one = "playing_along", solve(game, rationality)
    name = game.players[game.player_index(player)]
    other = solve(game, rationality, fixed={name: one.strategy(name)})
    span = value_range(one)
    same_values(law, one, other, span)
    same_policies(law, one, other, span, states=states)


def indifference_at_zero(game: Game, *, solve: Solver = solve, states: int | None = None) -> None:
    """At `lam` 0 nobody looks at payoffs: choices go by weights, answers are a coin's."""
    law, one = "indifference_at_zero", solve(game, 0.0)
    for t, k, turn in places(game):
        if isinstance(turn, Chance):
            continue
        available = turn.next_state >= 0
        policy = one.policy(t, k)
        mass = np.where(available, turn.weights, 0.0)
        wanted = mass / mass.sum(axis=1, keepdims=True)
        if isinstance(turn, Move):
            check(law, game, t, k, np.abs(policy - wanted) <= 1e-12, policy, "its share of the weights")
            continue
        for p in range(len(turn.parties)):
            made = policy.propose[:, p]
            check(law, game, t, k, np.abs(made - wanted) <= 1e-12, made, "its share of the weights")
            for h in range(len(turn.parties)):
                coin = policy.accept[:, p, h]
                even = ~available | (coin == 0.5)
                even[:, 0] = True
                if h != p:
                    check(law, game, t, k, even, coin, "0.5")
