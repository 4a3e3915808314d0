"""What the solver takes and returns: shapes, units of place, read-only arrays, errors, memory, threads."""

from __future__ import annotations

import math
import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import GameError
from sim.game import Axes, Chance, Game, Move, Offer
from sim.solver import one_shot_gain, propagate, regret, solve, solve_many, threads
from sim.testing import laws, rewrite, strategies
from tests.solver.samples import wide


def example() -> Game:
    """Three players; 2, 3 and 2 states at the boundaries; something unavailable at each turn."""
    offer = Offer(
        ("c", "a", "b"),
        [0.5, 0.25, 0.25],
        ("no offer", "deal", "other", "third"),
        [[0, 1, 2, 0], [1, 0, -1, 2]],
        [[0.0, 0.0, 0.0], [0.7, 0.4, 0.2], [-0.3, 1.1, 0.3], [0.3, 0.1, 0.15]],
        [0, 1],
        [2.0, 1.0, 0.5, 0.5],
        name="offer",
    )
    move = Move("b", ("x", "y"), [[0, 1], [1, -1], [0, 0]], np.arange(18).reshape(3, 2, 3) / 10, name="move")
    nature = Chance([[0, 1], [1, -1]], [[0.75, 0.25], [1.0, 0.0]], name="nature")
    flow = [[0.1, 0.9, 0.2], [1.3, 0.2, 0.4]]
    axes = Axes(("talks",), (("stalled", "active"),))
    return Game(("a", "b", "c"), (offer, move, nature), flow, [0.9, 0.8, 1.0], np.zeros((2, 3)), 4, axes=axes)


GAME = example()


def test_values_have_the_states_of_their_boundary_and_are_read_only() -> None:
    solution = solve(GAME, 2.0)
    for t in range(4):
        for k, states in enumerate((2, 2, 3, 2)):
            if k < 3:
                assert GAME.n_states(k) == (2, 3, 2)[k]
            found = solution.values(t, k)
            assert found.shape == (GAME.n_states(k), 3)
            assert found.dtype == np.float64
            assert not found.flags.writeable, states
    assert solution.boundary.shape == (5, 2, 3)
    assert not solution.boundary.flags.writeable
    assert solution.rationality.tolist() == [2.0, 2.0, 2.0]
    assert not solution.rationality.flags.writeable


def test_values_are_in_the_units_of_their_month() -> None:
    """k = K is flow plus the discounted next month; (T, 0) is terminal; both as the definition has it."""
    solution = solve(GAME, 2.0)
    np.testing.assert_array_equal(solution.values(4, 0), GAME.terminal)
    for t in range(4):
        np.testing.assert_allclose(
            solution.values(t, 3), GAME.flow + GAME.discount * solution.values(t + 1, 0), rtol=0, atol=1e-15
        )
        np.testing.assert_array_equal(solution.values(t, 0), solution.boundary[t])


def test_policies_have_the_documented_axes() -> None:
    solution = solve(GAME, 2.0)
    policy = solution.policy(1, "offer")
    assert policy.propose.shape == (2, 3, 4)
    assert policy.accept.shape == (2, 3, 3, 4)
    assert solution.policy(1, "move").shape == (3, 2)
    np.testing.assert_array_equal(solution.policy(1, "nature"), GAME.turns[2].probability)
    np.testing.assert_array_equal(solution.policy(1, 1), solution.policy(1, "move"))


def test_unavailable_packages_are_nan_in_answers_and_zero_in_proposals() -> None:
    policy = solve(GAME, 2.0).policy(0, "offer")
    assert np.isnan(policy.accept[1, :, :, 2]).all()
    assert (policy.propose[1, :, 2] == 0).all()
    assert not np.isnan(policy.accept[0]).any()
    assert (solve(GAME, 2.0).policy(0, "move")[1] == [1.0, 0.0]).all()


def test_no_offer_and_the_proposer_need_no_answer() -> None:
    accept = solve(GAME, 2.0).policy(0, "offer").accept
    np.testing.assert_array_equal(accept[..., 0], 1.0)
    for p in range(3):
        np.testing.assert_array_equal(accept[0, p, p], 1.0)


def test_policies_of_some_states_are_rows_of_those_of_all() -> None:
    solution = solve(GAME, 2.0)
    rows = [2, 0, 2]
    np.testing.assert_array_equal(solution.policy(2, "move", rows), solution.policy(2, "move")[rows])
    some, all_ = solution.policy(2, "offer", [1]), solution.policy(2, "offer")
    np.testing.assert_array_equal(some.propose, all_.propose[[1]])
    np.testing.assert_array_equal(some.accept, all_.accept[[1]])
    assert solution.policy(2, "move", 1).shape == (1, 2)
    assert solution.policy(2, "move", []).shape == (0, 2)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.values(5, 0), "round: found 5; allowed: 0 to 3"),
        (lambda s: s.values(4, 1), "round: found 4"),
        (lambda s: s.values(-1, 0), "round: found -1"),
        (lambda s: s.values(0, 4), "turn: found 4; allowed: 0 to 3"),
        (lambda s: s.values(0, -1), "turn: found -1"),
        (lambda s: s.policy(4, 0), "round: found 4"),
        (lambda s: s.policy(0, 3), "found 3; allowed: offer, move, nature, or 0 to 2"),
        (lambda s: s.policy(0, "lunch"), "found 'lunch'; allowed: offer, move, nature"),
        (lambda s: s.policy(0, "move", [3]), "states: found .*; allowed: numbers from 0 to 2"),
        (lambda s: s.policy(0, "move", -1), "states: found -1"),
        (lambda s: s.strategy("d"), "found 'd'; allowed: a, b, c"),
        (lambda s: propagate(s, 2), "state 2; allowed: 0 to 1"),
        (lambda s: propagate(s, -1), "state -1"),
        (lambda s: propagate(s, [0.5, 0.6]), "a sum of .*1.1"),
        (lambda s: propagate(s, [1.5, -0.5]), "start"),
        (lambda s: propagate(s, [math.nan, 1.0]), "start"),
        (lambda s: propagate(s, [1.0, 0.0, 0.0]), "shape"),
        (lambda s: propagate(s, {"talks": "frozen"}), "talks: found 'frozen'; allowed: stalled, active"),
        (lambda s: propagate(s, {"weather": 1}), "found dial 'weather'"),
        (lambda s: propagate(s, 0, 5), "rounds: found 5; allowed: 1 to 4"),
        (lambda s: propagate(s, 0).distribution(0, 4), "found round 0, turn 4"),
        (lambda s: propagate(s, 0, 2).distribution(3, 0), "found round 3"),
    ],
)
def test_places_that_do_not_exist_are_told(ask: Any, message: str) -> None:
    with pytest.raises(GameError, match=message):
        ask(solve(GAME, 2.0))


@pytest.mark.parametrize(
    ("rationality", "message"),
    [
        (-1.0, "found .*-1.0.*; allowed: 0 or above"),
        (math.nan, "found .*nan"),
        ([1.0, 2.0], r"found shape \(2,\)"),
        ([1.0, 2.0, math.nan], "found .*nan"),
        ([[1.0, 2.0, 3.0]], "found shape"),
        ("clever", "found 'clever'"),
        ({"a": 1.0, "b": 2.0}, "found none for c"),
        ({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, "found 'd'"),
        (None, "rationality: found"),
    ],
)
def test_precisions_that_make_no_sense_are_told(rationality: Any, message: str) -> None:
    with pytest.raises(GameError, match=message):
        solve(GAME, rationality)


def test_precision_may_be_a_number_one_a_player_or_named() -> None:
    one = solve(GAME, [1.0, math.inf, 2.0])
    named = solve(GAME, {"c": 2.0, "a": 1.0, "b": math.inf})
    assert one.boundary.tobytes() == named.boundary.tobytes()
    assert solve(GAME, 3).boundary.tobytes() == solve(GAME).boundary.tobytes()


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_is_told(threads: int) -> None:
    with pytest.raises(GameError, match=f"threads: found {threads}; allowed: 1 or more"):
        solve(GAME, threads=threads)


TWO = Game(
    ("a", "b"),
    (
        Offer(("a", "b"), [0.5, 0.5], ("no offer", "deal"), [[0, 0]], [[0.0, 0.0], [1.0, -0.5]], name="offer"),
        Move("b", ("x", "y", "z"), [[0, 0, -1]], [[0.0, 0.0], [0.5, 0.25], [0.0, 0.0]], name="move"),
    ),
    [[0.0, 0.0]],
    0.5,
    [[0.0, 0.0]],
    2,
)
PLAY = {"offer": ([0.25, 0.75], [1.0, 0.5]), "move": [0.5, 0.5, 0.0]}


def test_a_fixed_player_plays_along() -> None:
    solution = solve(TWO, math.inf, fixed={"b": PLAY})
    assert solution.fixed == ("b",)
    for t in (0, 1):
        policy = solution.policy(t, "offer")
        np.testing.assert_array_equal(policy.propose[0], [[0.0, 1.0], [0.25, 0.75]])
        np.testing.assert_array_equal(policy.accept[0, 0, 1], [1.0, 0.5])
        np.testing.assert_array_equal(policy.accept[0, 1, 0], [1.0, 1.0])
        np.testing.assert_array_equal(solution.policy(t, "move"), [[0.5, 0.5, 0.0]])
    # By hand: a proposes (half pass), b proposes three times in four (a accepts); then b's coin.
    month = np.array([1.0, -0.5]) * (0.5 * 0.5 + 0.5 * 0.75) + np.array([0.25, 0.125])
    np.testing.assert_allclose(solution.values(0), [1.5 * month], rtol=0, atol=1e-15)


def test_a_fixed_policy_may_be_a_function_of_the_round() -> None:
    def late(t: int, k: int) -> Any:
        return ([0.0, 1.0], [1.0, 1.0]) if k == 0 else [0.0, 1.0, 0.0] if t == 1 else [1.0, 0.0, 0.0]

    solution = solve(TWO, 1.0, fixed={1: late})
    np.testing.assert_array_equal(solution.policy(0, "move"), [[1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(solution.policy(1, "move"), [[0.0, 1.0, 0.0]])


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        ({"z": PLAY}, "found 'z'; allowed: a, b"),
        ({"b": {"lunch": [1.0]}}, "found 'lunch'; allowed: offer, move"),
        ({"b": {"move": [0.5, 0.5, 0.0]}}, "b at offer: found no policy"),
        ({"b": PLAY | {"move": [0.5, 0.5]}}, "b at move: found shape"),
        ({"b": PLAY | {"move": [0.5, 0.4, 0.0]}}, "b at move: found a sum of .*0.9"),
        ({"b": PLAY | {"move": [0.5, 0.25, 0.25]}}, "b at move: found weight on a choice not available in state 0"),
        ({"b": PLAY | {"move": [1.5, -0.5, 0.0]}}, "b at move: found numbers outside 0 to 1"),
        ({"b": PLAY | {"move": [math.nan, 1.0, 0.0]}}, "b at move: found"),
        ({"b": PLAY | {"move": "x"}}, "b at move: found str"),
        ({"b": PLAY | {"offer": [0.5, 0.5]}}, "b at offer: found"),
        ({"b": PLAY | {"offer": ([0.5, 0.5], [1.0, 2.0])}}, "b at offer: found numbers outside 0 to 1"),
        ({"b": PLAY | {"offer": ([0.5, 0.5], [1.0])}}, "b at offer: found shape"),
    ],
)
def test_fixed_policies_that_make_no_sense_are_told(fixed: Any, message: str) -> None:
    with pytest.raises(GameError, match=message):
        solve(TWO, 1.0, fixed=fixed)


@pytest.mark.parametrize("lam", [1e3, 1e6, 1e12, 1e100, 1e300, 1.7e308])
@pytest.mark.parametrize("size", [1.0, 1e3])
def test_very_large_lam_is_infinite_lam(lam: float, size: float) -> None:
    """Where no two courses of play are worth nearly the same; nothing overflows on the way."""
    game = GAME
    for player in game.players:
        game = rewrite.payoffs_scaled(game, player, size)
    sharp = solve(game, math.inf)
    found = solve(game, lam)
    for t in range(game.rounds):
        np.testing.assert_allclose(found.values(t), sharp.values(t), rtol=0, atol=1e-9 * size)
    laws.probabilities(found)


def test_infinite_and_finite_lam_mix() -> None:
    """Whoever is at infinity answers the other's logit play exactly; the method says so."""
    solution = solve(GAME, [math.inf, 1.0, 0.0])
    assert solution.policy(0, "offer").propose[:, 1].max(axis=-1).tolist() == [1.0, 1.0]  # a is the second party
    assert "some players at lam = inf" in solution.method
    assert "subgame-perfect" in solve(GAME, math.inf).method
    assert "quantal response" in solve(GAME, 1.0).method
    laws.no_regret(solution)


@pytest.mark.parametrize("lam", [2.0, math.inf, [0.5, math.inf, 1.0]], ids=str)
@pytest.mark.parametrize("who", ["a", "b", "c"])
def test_three_party_strategies_can_be_fixed_although_answers_depend_on_the_proposer(lam: Any, who: str) -> None:
    solution = solve(GAME, lam)
    again = solve(GAME, lam, fixed={who: solution.strategy(who)})
    np.testing.assert_allclose(again.boundary, solution.boundary, rtol=0, atol=1e-12)
    one, other = again.policy(1, "offer"), solution.policy(1, "offer")
    np.testing.assert_allclose(one.accept, other.accept, rtol=0, atol=1e-12)
    np.testing.assert_allclose(one.propose, other.propose, rtol=0, atol=1e-12)


def test_answers_of_the_first_party_do_depend_on_the_proposer() -> None:
    """So that the test above says something."""
    answers = solve(GAME, 2.0).policy(0, "offer").accept[:, :, 1, 1]  # a is the second party; who comes before differs
    assert (np.abs(answers[:, 0] - answers[:, 2]) > 1e-3).all()


def test_fixed_answers_may_tell_proposers_apart() -> None:
    """Three parties, one package: the answer to each proposer by hand."""
    offer = Offer(("a", "b", "c"), [0.5, 0.25, 0.25], ("no offer", "deal"), [[0, 0]], [[0.0] * 3, [1.0] * 3], name="o")
    game = Game(("a", "b", "c"), (offer,), [[0.0] * 3], 1.0, [[0.0] * 3], 1)
    always = {"o": ([0.0, 1.0], [1.0, 1.0])}
    picky = {"o": ([0.0, 1.0], [[1.0, 0.5], [1.0, 0.0], [1.0, 0.25]])}  # by proposer: a, b (not read), c
    solution = solve(game, 1.0, fixed={"a": always, "b": picky, "c": always})
    np.testing.assert_allclose(solution.values(0), [[0.5 * 0.5 + 0.25 + 0.25 * 0.25] * 3], rtol=0, atol=1e-15)
    by_state = {"o": ([0.0, 1.0], np.array([picky["o"][1]]))}
    again = solve(game, 1.0, fixed={"a": always, "b": by_state, "c": always})
    np.testing.assert_array_equal(again.boundary, solution.boundary)


def test_solving_many_takes_any_iterable() -> None:
    assert solve_many([]) == ()
    found = solve_many((game for game in (GAME, TWO)), 2.0)
    assert [solution.game for solution in found] == [GAME, TWO]


def test_regret_and_one_shot_gain_have_documented_shapes() -> None:
    solution = solve(GAME, 1.0)
    found, once = regret(solution), one_shot_gain(solution)
    assert found.by_round.shape == (4, 2, 3)
    assert found.max.shape == once.max.shape == (3,)
    assert [[gain.shape for gain in row] for row in once.by_turn] == [[(2, 3), (3, 3), (2, 3)]] * 4
    assert (found.max >= once.max.clip(0) - 1e-12).all()
    assert (found.by_round > -1e-12).all()


@given(st.data(), strategies.games())
def test_frequencies_of_choices_are_those_of_play(data: st.DataObject, game: Game) -> None:
    """How often a choice comes about: the chance of a state times that of the choice being played and passed there."""
    lam = data.draw(strategies.rationalities(players=game.n_players))
    solution = solve(game, lam)
    forward = propagate(solution, data.draw(strategies.start_states(game=game)))
    for t in range(game.rounds):
        for k, turn in enumerate(game.turns):
            policy, mass = solution.policy(t, k), forward.distribution(t, k)
            found = forward.flux(t, k)
            np.testing.assert_allclose(found.sum(), 1.0, rtol=0, atol=1e-12)
            if isinstance(turn, Offer):
                passed = np.nan_to_num(policy.accept).prod(axis=2)
                shares = np.broadcast_to(turn.recognition, (turn.n_states, len(turn.parties)))
                taken = np.einsum("s,sp,spm,spm->m", mass, shares, policy.propose, passed)
                np.testing.assert_allclose(found[1:], taken[1:], rtol=0, atol=1e-12)
            else:
                np.testing.assert_allclose(found, mass @ policy, rtol=0, atol=1e-12)


def test_propagation_of_some_rounds_is_the_beginning_of_that_of_all() -> None:
    solution = solve(GAME, 2.0)
    some, all_ = propagate(solution, {"talks": "active"}, 2), propagate(solution, 1)
    np.testing.assert_array_equal(some.payoff, all_.payoff[:2])
    np.testing.assert_array_equal(some.boundary, all_.boundary[:3])


def test_only_values_at_round_boundaries_are_kept() -> None:
    """What stays allocated after solving is little more than [T + 1, S_0, N], whatever happens inside a round."""
    walk = np.arange(400)[:, None]
    turns = [Move("a", ("on",), (walk + k) % 400, [[0.0, 0.0]], name=f"turn {k}") for k in range(30)]
    game = Game(("a", "b"), turns, np.zeros((400, 2)), 0.9, np.zeros((400, 2)), 50)
    solve(game, threads=1)  # whatever is compiled or cached once
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        solution = solve(game, threads=1)
        kept = tracemalloc.get_traced_memory()[0] - before
        solution.policy(10, 3)
        with_a_round = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    boundary, inside = 51 * 400 * 2 * 8, 31 * 400 * 2 * 8
    assert boundary <= kept < 1.2 * boundary
    assert with_a_round < 1.2 * (boundary + inside)


def test_large_turns_are_shared_among_threads_with_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of turn, finite and infinite lam; and threads really are used."""
    game = wide()
    asked: list[int] = []
    pool = threads._pool

    def counted(number: int) -> Any:
        asked.append(number)
        return pool(number)

    monkeypatch.setattr(threads, "_pool", counted)
    for lam in (2.0, [math.inf, 1.0, 3.0], math.inf):
        laws.same_bits(game, lam, threads=(1, 2, 3))
    assert {2, 3} <= set(asked)


def test_reprs_say_what_a_reader_wants_to_know() -> None:
    text = repr(solve(TWO, [1.0, math.inf]))
    for part in ("a 1", "b inf", "rounds=2", "Offer offer"):
        assert part in text
    assert re.search(r"fixed: b", repr(solve(TWO, 1.0, fixed={"b": PLAY})))
    assert "rounds=2" in repr(propagate(solve(TWO), 0))
