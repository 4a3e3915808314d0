"""`lam` infinite against a search of the whole tree: values and every decision in every state of every round.

Payoffs, probabilities and discounts are multiples of powers of 1/2, so that rounding decides nothing and ties are ties.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings

from sim.game import Chance, Game, Move, Offer
from sim.solver import solve
from sim.testing import strategies
from tests.oracles.tree import Tree

NODES = 30_000

small_games = strategies.games(min_players=2, max_turns=3, max_states=3, max_choices=3, max_rounds=2)


def assert_subgame_perfect(game: Game) -> None:
    tree, solution = Tree(game), solve(game, math.inf)
    for t in range(game.rounds):
        for k, turn in enumerate(game.turns):
            policy = solution.policy(t, k)
            for s in range(turn.n_states):
                wanted = [float(value) for value in tree.value(t, k, s)]
                np.testing.assert_allclose(solution.values(t, k)[s], wanted, rtol=0, atol=1e-12, err_msg=f"{t} {k} {s}")
                if isinstance(turn, Move):
                    assert policy[s].argmax() == tree.move(t, k, s), (t, k, s)
                    assert policy[s].max() == 1.0
                if isinstance(turn, Offer):
                    for p in range(len(turn.parties)):
                        assert policy.propose[s, p].argmax() == tree.proposal(t, k, s, p), (t, k, s, p)
                        assert policy.propose[s, p].max() == 1.0
                        for m in range(1, turn.n_choices):
                            if turn.next_state[s, m] >= 0:
                                for h, yes in tree.answers(t, k, s, p, m).items():
                                    assert policy.accept[s, p, h, m] == yes, (t, k, s, p, h, m)


@given(small_games)
def test_infinite_lam_is_backward_induction_on_the_tree(game: Game) -> None:
    assume(Tree(game).size() * game.n_states(0) < NODES)
    assert_subgame_perfect(game)


@given(
    strategies.games(min_players=3, max_turns=2, max_states=2, max_choices=3, max_rounds=2, kinds=("offer", "chance"))
)
def test_offers_among_three_and_four_are_backward_induction_on_the_tree(game: Game) -> None:
    assume(Tree(game).size() * game.n_states(0) < NODES)
    assert_subgame_perfect(game)


def ties() -> Game:
    """An offer and a move in which everyone is indifferent among everything."""
    offer = Offer(
        ("b", "a"),
        [0.5, 0.5],
        ("no offer", "one", "two"),
        [[0, 0, 0]],
        np.zeros((3, 2)),
        name="offer",
    )
    move = Move("a", ("x", "y", "z"), [[-1, 0, 0]], np.zeros((3, 2)), name="move")
    return Game(("a", "b"), (offer, move), np.zeros((1, 2)), 1.0, np.zeros((1, 2)), 2)


def test_ties_go_to_the_first_available_choice_and_an_indifferent_party_accepts() -> None:
    assert_subgame_perfect(ties())
    solution = solve(ties(), math.inf)
    np.testing.assert_array_equal(solution.policy(0, "move"), [[0.0, 1.0, 0.0]])
    np.testing.assert_array_equal(solution.policy(0, "offer").propose[0], [[1.0, 0.0, 0.0]] * 2)
    np.testing.assert_array_equal(solution.policy(0, "offer").accept, 1.0)


def test_the_search_tells_a_worse_choice() -> None:
    """The comparison fails when a payoff is off by a thousandth, or when play is not sharp."""
    move = Move("a", ("x", "y"), [[0, 0]], [[1.0, 0.0], [0.5, 2.0]], name="move")
    game = Game(("a", "b"), (move,), [[0.0, 0.0]], 0.5, [[1.0, 0.0]], 2)
    assert_subgame_perfect(game)
    assert Tree(game).value(0, 0, 0) == (Fraction(7, 4), Fraction(0))
    off = game.replace(turns=[Move("a", ("x", "y"), [[0, 0]], [[1.001, 0.0], [0.5, 2.0]], name="move")])
    assert abs(solve(off, math.inf).values(0)[0, 0] - 1.75) > 1e-4
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(solve(game, 3.0).values(0)[0], [1.75, 0.0], rtol=0, atol=1e-12)


def test_the_search_is_given_what_it_is_for() -> None:
    """The games small enough to search have every kind of turn, closed choices, and up to four parties."""
    seen: set[str] = set()

    @settings(max_examples=300)
    @given(small_games)
    def collect(game: Game) -> None:
        assume(Tree(game).size() * game.n_states(0) < NODES)
        offers = [turn for turn in game.turns if isinstance(turn, Offer)]
        seen.update(
            name
            for name, here in {
                "all kinds": {type(turn) for turn in game.turns} == {Move, Offer, Chance},
                "closed package": any((turn.next_state < 0).any() for turn in offers),
                "closed action": any((t.next_state < 0).any() for t in game.turns if isinstance(t, Move)),
                "unequal boundaries": len({game.n_states(k) for k in range(game.n_turns)}) > 1,
                "three parties": any(len(turn.parties) == 3 for turn in offers),
                "four parties": any(len(turn.parties) == 4 for turn in offers),
                "two players": game.n_players == 2,
                "four players": game.n_players == 4,
                "two rounds": game.rounds == 2,
            }.items()
            if here
        )

    collect()
    assert len(seen) == 9, seen
