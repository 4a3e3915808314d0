"""The laws of `sim.testing.laws` as properties of random games. That each law can fail: test_sabotage.py and
test_broken.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.game import Chance, Game, Move, Offer
from sim.solver import Until, solve
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


def choices(game: Game, *kinds: type) -> list[tuple[int, int]]:
    """(turn, choice) of everything that can be chosen or drawn; "no offer" left out."""
    return [
        (k, c)
        for k, turn in enumerate(game.turns)
        if isinstance(turn, kinds)
        for c in range(1 if isinstance(turn, Offer) else 0, turn.n_choices)
    ]


@given(st.data(), GAMES)
def test_laws_of_one_solution(data: st.DataObject, game: Game) -> None:
    """Values are what the policies yield, choices follow the logit rule, and so on: on one and the same game."""
    solution = solve(game, any_lam(data, game))
    laws.values_equal_play(solution)
    laws.quantal_response(solution)
    laws.values_within_bounds(solution)
    laws.regret_not_negative(solution)


@given(st.data(), GAMES)
def test_a_choice_that_pays_more_is_not_chosen_less(data: st.DataObject, game: Game) -> None:
    found = choices(game, Move, Offer)
    assume(found)
    k, choice = data.draw(st.sampled_from(found))
    turn = game.turns[k]
    player = data.draw(st.sampled_from([turn.player] if isinstance(turn, Move) else turn.parties))
    amount = data.draw(st.sampled_from((0.25, 1.0, 8.0)))
    laws.own_payoff_raises_choice(game, any_lam(data, game), turn=k, choice=choice, player=player, amount=amount)


@pytest.mark.slow
@given(st.data(), GAMES)
def test_a_constant_for_every_action_shifts_values_and_nothing_else(data: st.DataObject, game: Game) -> None:
    moves = [k for k, turn in enumerate(game.turns) if isinstance(turn, Move)]
    assume(moves)
    player = data.draw(st.sampled_from(game.players))
    amount = data.draw(st.integers(-16, 16)) / 4
    laws.payoff_shift(game, moderate(data, game), turn=data.draw(st.sampled_from(moves)), player=player, amount=amount)


@pytest.mark.slow
@given(st.data(), GAMES)
def test_only_ratios_of_weights_count(data: st.DataObject, game: Game) -> None:
    places = [k for k, turn in enumerate(game.turns) if not isinstance(turn, Chance)]
    assume(places)
    factor = data.draw(st.sampled_from((1e-3, 0.5, 2.0, 7.0, 1e6)))
    laws.weight_scale(game, moderate(data, game), turn=data.draw(st.sampled_from(places)), factor=factor)


@pytest.mark.slow
@given(st.data(), GAMES)
def test_choices_that_nobody_takes_can_be_closed(data: st.DataObject, game: Game) -> None:
    laws.unused_choices(game, any_lam(data, game))


@pytest.mark.slow
@given(st.data(), GAMES)
def test_an_outcome_told_as_two_changes_nothing(data: st.DataObject, game: Game) -> None:
    found = choices(game, Chance)
    assume(found)
    k, outcome = data.draw(st.sampled_from(found))
    share = data.draw(st.sampled_from((0.0, 0.25, 0.5, 1.0)))
    laws.outcome_split(game, moderate(data, game), turn=k, outcome=outcome, share=share)


@pytest.mark.slow
@given(st.data(), GAMES)
def test_a_turn_at_which_nothing_can_happen_changes_nothing(data: st.DataObject, game: Game) -> None:
    kinds = ("move", "chance", *(("offer",) if game.n_players > 1 else ()))
    place = data.draw(st.integers(0, game.n_turns))
    laws.idle_turn(game, moderate(data, game), place=place, kind=data.draw(st.sampled_from(kinds)))


@pytest.mark.slow
@given(st.data(), GAMES)
def test_a_bystander_changes_nothing(data: st.DataObject, game: Game) -> None:
    laws.bystander(game, any_lam(data, game))


@pytest.mark.slow
@given(st.data(), GAMES)
def test_a_state_told_as_two_twins_changes_nothing(data: st.DataObject, game: Game) -> None:
    k = data.draw(st.integers(0, game.n_turns - 1))
    state = data.draw(st.integers(0, game.n_states(k) - 1))
    laws.state_twin(game, moderate(data, game), boundary=k, state=state)


@pytest.mark.slow
@given(st.data(), GAMES)
def test_the_date_does_not_count_only_what_is_left(data: st.DataObject, game: Game) -> None:
    longer = game.replace(rounds=game.rounds + 1)
    laws.horizon(longer, moderate(data, game), rounds=data.draw(st.integers(1, game.rounds)))


@pytest.mark.slow
@given(st.data(), GAMES)
def test_playing_along_with_ones_own_equilibrium_changes_nothing(data: st.DataObject, game: Game) -> None:
    player = data.draw(st.integers(0, game.n_players - 1))
    alone = [turn for turn in game.turns if isinstance(turn, Offer) and player in turn.parties]
    assume(all(len(turn.parties) == 2 for turn in alone))
    laws.playing_along(game, moderate(data, game), player=player)


@given(GAMES)
def test_at_lam_0_nobody_looks_at_payoffs(game: Game) -> None:
    laws.indifference_at_zero(game)


@given(st.data(), GAMES)
def test_laws_of_play_forward(data: st.DataObject, game: Game) -> None:
    """Forward play is what the policies say, linear in the start, and what has happened stays so."""
    solution = solve(game, any_lam(data, game))
    starts = strategies.start_states(game=game)
    start = data.draw(starts)
    laws.realisation(solution, start)
    laws.start_mixing(solution, start, data.draw(starts), share=data.draw(st.integers(0, 4)) / 4)
    laws.first_passages(solution, start, data.draw(watches(game)))


@st.composite
def watches(draw: st.DrawFn, game: Game) -> dict[str, Until]:
    """Two things to watch: some choices, some states, or both."""
    kinds = choices(game, Move, Offer, Chance)
    each = st.lists(st.sampled_from(kinds), max_size=3) if kinds else st.just([])
    until = {}
    for name in ("one", "other"):
        watched: dict[int, list[int]] = {}
        for k, choice in draw(each):
            watched.setdefault(k, []).append(choice)
        states = draw(st.none() | st.lists(st.booleans(), min_size=game.n_states(0), max_size=game.n_states(0)))
        until[name] = Until(choices=watched, states=None if states is None else np.array(states))
    return until
