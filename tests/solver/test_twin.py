"""The kernels against their plain NumPy twin, on random games: values, policies, play, regret."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.game import Chance, Game, Move, Offer
from sim.solver import Until, one_shot_gain, propagate, regret, solve
from sim.testing import laws, strategies
from tests.oracles import twin
from tests.solver.samples import wide

TOLERANCE = 1e-10


def assert_same_solution(solution: Any, expected: twin.TwinSolution) -> None:
    game = solution.game
    span = laws.value_range(solution)
    steep = max([1.0, *(lam * width for lam, width in zip(expected.lam, span, strict=True) if lam < math.inf)])
    for t in range(game.rounds):
        for k in range(game.n_turns + 1):
            error = np.abs(solution.values(t, k) - expected.values(t, k))
            assert (error <= TOLERANCE * span).all(), ("values", t, k, error.max())
        for k, turn in enumerate(game.turns):
            found, wanted = solution.policy(t, k), expected.policy(t, k)
            parts = (
                [(found.propose, wanted.propose), (found.accept, wanted.accept)]
                if isinstance(turn, Offer)
                else [(found, wanted)]
            )
            for one, other in parts:
                np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE * steep, err_msg=f"policy {t} {k}")


@given(st.data(), strategies.games())
def test_values_and_policies_equal_the_twin(data: st.DataObject, game: Game) -> None:
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    assert_same_solution(solve(game, lam), twin.solve(game, lam))


@given(st.data(), strategies.games())
def test_players_at_zero_and_infinite_lam_equal_the_twin(data: st.DataObject, game: Game) -> None:
    lam = data.draw(st.lists(st.sampled_from((0.0, 1.0, math.inf)), min_size=game.n_players, max_size=game.n_players))
    assert_same_solution(solve(game, lam), twin.solve(game, lam))


@pytest.mark.parametrize("packages", [7, 8, 9, 16, 37])
@pytest.mark.parametrize("lam", [0.0, 1.5, [0.5, math.inf, 2.0], math.inf], ids=str)
def test_long_menus_equal_the_twin(packages: int, lam: Any) -> None:
    """Menus around and beyond the width of the vector loops, over a hundred states."""
    game = wide(states=101, packages=packages, rounds=2)
    assert_same_solution(solve(game, lam), twin.solve(game, lam))


@given(st.data(), strategies.games(tie_free=True, max_rounds=2))
def test_values_at_extreme_lam_equal_the_twin(data: st.DataObject, game: Game) -> None:
    """Where lam is so large that rounding passed through it matters, the tolerance follows it; nothing overflows."""
    lam = np.array(
        data.draw(st.lists(st.sampled_from((1e-9, 1e3, 1e12, 1e300)), min_size=game.n_players, max_size=game.n_players))
    )
    solution, expected = solve(game, lam), twin.solve(game, lam)
    span = laws.value_range(solution)
    for t in range(game.rounds):
        for k in range(game.n_turns + 1):
            found = solution.values(t, k)
            assert np.isfinite(found).all()
            assert (np.abs(found - expected.values(t, k)) <= 1e-6 * span).all(), (t, k)


@given(st.data(), strategies.games(max_players=2))
def test_fixed_players_equal_the_twin(data: st.DataObject, game: Game) -> None:
    """A fixed player is given at every turn of its own, for all states or state by state."""
    who = data.draw(st.sampled_from(game.players))
    policy = data.draw(fixed_policies(game, game.player_index(who)))
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    solution = solve(game, lam, fixed={who: policy})
    expected = twin.solve(game, lam, fixed={who: policy})
    assert solution.fixed == (who,)
    assert_same_solution(solution, expected)


@given(st.data(), strategies.games(max_players=2))
def test_a_player_fixed_at_its_own_strategy_changes_nothing(data: st.DataObject, game: Game) -> None:
    who = data.draw(st.sampled_from(game.players))
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    solution = solve(game, lam)
    again = solve(game, lam, fixed={who: solution.strategy(who)})
    np.testing.assert_allclose(
        again.boundary, solution.boundary, rtol=0, atol=TOLERANCE * laws.value_range(solution).max()
    )


@given(st.data(), strategies.games())
def test_play_equals_the_twin(data: st.DataObject, game: Game) -> None:
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    start = data.draw(strategies.start_states(game=game))
    forward = propagate(solve(game, lam), start)
    seen, paid = twin.forward(twin.solve(game, lam), forward.distribution(0, 0))
    for t in range(game.rounds):
        for k in range(game.n_turns + 1):
            np.testing.assert_allclose(forward.distribution(t, k), seen[t][k], rtol=0, atol=1e-9)
    np.testing.assert_allclose(forward.distribution(game.rounds, 0), seen[-1][0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(forward.payoff, paid, rtol=0, atol=1e-8)


@given(st.data(), strategies.games())
def test_first_passages_equal_the_twin(data: st.DataObject, game: Game) -> None:
    """Choices at some turns, states at the end of a round, and both; watching changes nothing of what is watched."""
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    choices = {
        k: data.draw(st.lists(st.integers(0, turn.n_choices - 1), unique=True, min_size=1))
        for k, turn in enumerate(game.turns)
        if data.draw(st.booleans())
    }
    n_states = game.n_states(0)
    states = np.array(data.draw(st.lists(st.booleans(), min_size=n_states, max_size=n_states)))
    named = {game.turns[k].name: found for k, found in choices.items()}
    until = {"choice": Until(choices=named), "state": Until(states=states), "both": Until(choices, states)}
    solution, expected = solve(game, lam), twin.solve(game, lam)
    watched, plain = propagate(solution, 0, until=until), propagate(solution, 0)
    start = plain.distribution(0, 0)
    np.testing.assert_array_equal(watched.payoff, plain.payoff)
    np.testing.assert_array_equal(watched.boundary, plain.boundary)
    for name, wanted in {
        "choice": twin.first_passage(expected, start, choices),
        "state": twin.first_passage(expected, start, {}, states),
        "both": twin.first_passage(expected, start, choices, states),
    }.items():
        np.testing.assert_allclose(watched.reached[name], wanted, rtol=0, atol=1e-9, err_msg=name)


@given(st.data(), strategies.games())
def test_regret_equals_best_response_of_the_twin(data: st.DataObject, game: Game) -> None:
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    found = regret(solve(game, lam))
    expected = twin.solve(game, lam)
    for i in range(game.n_players):
        best = twin.best_response(expected, i)
        for t in range(game.rounds):
            gain = best[t] - expected.values(t, 0)[:, i]
            np.testing.assert_allclose(found.by_round[t, :, i], gain, rtol=0, atol=1e-8)
        assert found.max[i] >= found.by_round[:, :, i].max() - 1e-12


@given(st.data(), strategies.games())
def test_one_shot_gain_equals_one_free_turn_of_the_twin(data: st.DataObject, game: Game) -> None:
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    found = one_shot_gain(solve(game, lam))
    expected = twin.solve(game, lam)
    for t in range(game.rounds):
        for k in range(game.n_turns):
            for i in range(game.n_players):
                best = twin.best_turn(
                    expected.plain.turns[k], expected.values(t, k + 1)[:, i], i, expected.policy(t, k)
                )
                gain = best - expected.values(t, k)[:, i]
                np.testing.assert_allclose(found.by_turn[t][k][:, i], gain, rtol=0, atol=1e-8)


@st.composite
def fixed_policies(draw: st.DrawFn, game: Game, player: int) -> dict[str, Any]:
    """Draw a policy for one player, by turn name, with weight on available choices only."""

    def rows(turn: Any, whole: bool) -> Any:
        shared = (turn.next_state >= 0).all(axis=0) if whole else None
        if whole and not shared.any():
            return rows(turn, False)
        result = []
        for available in [shared] if whole else turn.next_state >= 0:
            parts = np.array(draw(st.lists(st.integers(0, 3), min_size=turn.n_choices, max_size=turn.n_choices)))
            parts = np.where(available, parts, 0)
            parts[np.flatnonzero(available)[0]] += not parts.any()
            result.append(parts / parts.sum())
        return result[0] if whole else np.array(result)

    policy: dict[str, Any] = {}
    for turn in game.turns:
        if isinstance(turn, Move) and turn.player == player:
            policy[turn.name] = rows(turn, draw(st.booleans()))
        if isinstance(turn, Offer) and player in turn.parties:
            yes = st.sampled_from((0.0, 0.25, 1.0))
            answers = draw(st.lists(yes, min_size=turn.n_choices, max_size=turn.n_choices))
            policy[turn.name] = (rows(turn, draw(st.booleans())), np.array(answers))
    return policy


def test_the_twin_tells_a_wrong_kernel() -> None:
    """The comparison fails for another lam, another discount and a dropped weight."""
    move = Move("a", ("x", "y"), [[0, 0]], [[1.0], [0.0]], [2.0, 1.0], name="m")
    game = Game(("a",), (move,), [[0.5]], 0.9, [[1.0]], 2)
    right = twin.solve(game, 1.0)
    assert_same_solution(solve(game, 1.0), right)
    plain = Move("a", ("x", "y"), [[0, 0]], [[1.0], [0.0]], name="m")
    for wrong in (
        solve(game, 1.0001),
        solve(game.replace(discount=0.90001), 1.0),
        solve(game.replace(turns=[plain]), 1.0),
    ):
        with pytest.raises(AssertionError):
            assert_same_solution(wrong, right)


def test_chance_is_no_player() -> None:
    game = Game(("a",), (Chance([[0, 1], [1, 0]], [0.25, 0.75]),), [[0.0], [1.0]], 1.0, [[0.0], [0.0]], 1)
    np.testing.assert_array_equal(solve(game).boundary[0], [[0.75], [0.25]])
