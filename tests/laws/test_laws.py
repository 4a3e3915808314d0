"""The laws of `sim.testing.laws` as properties of random games. That each law can fail: test_sabotage.py."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from sim.game import Chance, Game, Offer
from sim.solver import solve
from sim.testing import laws, strategies

GAMES = strategies.games()
TIE_FREE = strategies.games(tie_free=True)


def moderate(data: st.DataObject, game: Game) -> Any:
    """A precision at which rounding decides nothing, finite for all or infinite for some."""
    ordinary = st.integers(0, 20).map(lambda quarter: quarter / 4)
    each = st.lists(ordinary | st.just(math.inf), min_size=game.n_players, max_size=game.n_players)
    return data.draw(ordinary | each, label="rationality")


def any_lam(data: st.DataObject, game: Game) -> Any:
    return data.draw(strategies.rationalities(players=game.n_players), label="rationality")


def finite_or_sharp(data: st.DataObject, game: Game) -> Any:
    return data.draw(st.integers(0, 20).map(lambda quarter: quarter / 4) | st.just(math.inf), label="rationality")


@given(st.data(), GAMES)
def test_probabilities_sum_to_one_over_available_choices(data: st.DataObject, game: Game) -> None:
    laws.probabilities(solve(game, any_lam(data, game)))


@given(st.data(), GAMES)
def test_play_never_leaves_legal_states(data: st.DataObject, game: Game) -> None:
    laws.legal_states(solve(game, any_lam(data, game)), data.draw(strategies.start_states(game=game)))


@given(st.data(), GAMES)
def test_forward_expected_payoffs_equal_the_backward_value(data: st.DataObject, game: Game) -> None:
    laws.forward_equals_backward(solve(game, any_lam(data, game)), data.draw(strategies.start_states(game=game)))


@given(st.data(), GAMES)
def test_nobody_with_infinite_lam_regrets(data: st.DataObject, game: Game) -> None:
    """Whatever the precision of the others, and in every state: also off the path."""
    others = st.sampled_from((0.0, 1.0, 3.0, math.inf))
    lam = data.draw(st.lists(others, min_size=game.n_players, max_size=game.n_players))
    solution = solve(game, lam)
    laws.no_regret(solution)
    laws.no_one_shot_gain(solution)


@given(GAMES)
def test_nobody_regrets_in_a_subgame_perfect_equilibrium(game: Game) -> None:
    solution = solve(game, math.inf)
    laws.no_regret(solution, players=game.players)
    laws.no_one_shot_gain(solution, players=game.players)


@given(st.data(), GAMES)
def test_added_flow_shifts_values_and_nothing_else(data: st.DataObject, game: Game) -> None:
    player = data.draw(st.sampled_from(game.players))
    amount = data.draw(st.integers(-16, 16)) / 4
    laws.flow_shift(game, moderate(data, game), player=player, amount=amount)


@given(st.data(), GAMES)
def test_scaled_payoffs_at_divided_lam_change_no_policy(data: st.DataObject, game: Game) -> None:
    player = data.draw(st.sampled_from(game.players))
    factor = data.draw(st.sampled_from((0.125, 0.5, 2.0, 16.0, 0.1, 3.0)))
    laws.payoff_scale(game, moderate(data, game), player=player, factor=factor)


@given(st.data(), GAMES)
def test_copies_that_share_a_weight_change_nothing(data: st.DataObject, game: Game) -> None:
    """At every precision: a copy lies right behind its twin, so that ties are broken alike."""
    splittable = [
        (k, choice)
        for k, turn in enumerate(game.turns)
        if not isinstance(turn, Chance)
        for choice in range(1 if isinstance(turn, Offer) else 0, turn.n_choices)
    ]
    assume(splittable)
    turn, choice = data.draw(st.sampled_from(splittable))
    share = data.draw(st.sampled_from((0.5, 0.25, 0.1)))
    laws.choice_split(game, moderate(data, game), turn=turn, choice=choice, share=share)


@given(st.data(), TIE_FREE)
def test_the_order_of_players_changes_nothing(data: st.DataObject, game: Game) -> None:
    order = data.draw(st.permutations(range(game.n_players)))
    laws.player_order(game, moderate(data, game), order=order)


@given(st.data(), TIE_FREE)
def test_the_order_of_choices_changes_nothing_without_ties(data: st.DataObject, game: Game) -> None:
    k = data.draw(st.integers(0, game.n_turns - 1))
    turn = game.turns[k]
    order = data.draw(st.permutations(range(turn.n_choices)))
    if isinstance(turn, Offer):
        order = [0, *(choice for choice in order if choice != 0)]
    laws.choice_order(game, finite_or_sharp(data, game), turn=k, order=order)


@given(st.data(), TIE_FREE)
def test_the_order_of_states_changes_nothing(data: st.DataObject, game: Game) -> None:
    k = data.draw(st.integers(0, game.n_turns - 1))
    order = data.draw(st.permutations(range(game.n_states(k))))
    laws.state_order(game, moderate(data, game), boundary=k, order=order)


@given(st.data(), GAMES)
def test_any_number_of_threads_gives_the_same_bits(data: st.DataObject, game: Game) -> None:
    laws.same_bits(game, any_lam(data, game), threads=(1, 2, 3))


@given(st.data(), GAMES)
def test_solving_changes_no_input(data: st.DataObject, game: Game) -> None:
    laws.inputs_unchanged(game, any_lam(data, game))


@given(st.data(), GAMES)
def test_solving_variants_together_gives_the_bits_of_each_alone(data: st.DataObject, game: Game) -> None:
    """Variants in payoffs, flow, terminal and discount, with the transitions shared."""
    variants = [game, game.replace(discount=0.5)]
    amounts = data.draw(st.lists(st.integers(-8, 8), max_size=3))
    variants += [game.replace(flow=game.flow + amount / 4, terminal=game.terminal * amount) for amount in amounts]
    laws.many_equals_one(variants, any_lam(data, game))
