"""A memory as one more dial of the game."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import GameError
from sim.game import Axes, Chance, Game, Move, Offer
from sim.play.memory import Memory, begin, level_of, remember
from sim.solver import propagate, solve
from sim.testing.strategies import games


def small() -> Game:
    offer = Offer(("a", "b"), (0.5, 0.5), ("no", "deal"), [[0, 1], [1, -1]], [[0.0, 0.0], [2.0, 1.0]], name="table")
    move = Move("b", ("hold", "hit"), [[0, 0], [1, 0]], [[0.0, 0.0], [-1.0, 0.5]], name="own")
    axes = Axes(("deal",), (("no", "yes"),))
    return Game(("a", "b"), (offer, move), [[0.0, 0.0], [1.0, 1.0]], 0.9, [[0.0, 0.0]] * 2, 3, axes=axes)


HIT = Memory("hit", ("never", "once"), 0, {"own": (-1, 1)})


@st.composite
def with_memories(draw: st.DrawFn) -> tuple[Game, list[Memory]]:
    game = draw(games())
    memories = []
    for number in range(draw(st.integers(0, 2))):
        size = draw(st.integers(2, 3))
        updates = {
            turn.name: tuple(draw(st.integers(-1, size - 1)) for _ in range(turn.n_choices))
            for turn in game.turns
            if draw(st.booleans())
        }
        initial = draw(st.integers(0, size - 1))
        memories.append(Memory(f"m{number}", tuple("xyz"[:size]), initial, updates))
    return game, memories


class TestLaws:
    @given(with_memories(), st.sampled_from([0.0, 1.5, math.inf]))
    def test_what_nobody_reads_changes_nothing(self, drawn: tuple[Game, list[Memory]], lam: float) -> None:
        game, memories = drawn
        wide = remember(game, memories)
        blocks = wide.n_states(0) // game.n_states(0)
        assert np.array_equal(
            solve(wide, lam, threads=1).boundary,
            np.tile(solve(game, lam, threads=1).boundary, (1, blocks, 1)),
        )

    @given(with_memories())
    def test_probabilities_fold_back(self, drawn: tuple[Game, list[Memory]]) -> None:
        game, memories = drawn
        start = np.full(game.n_states(0), 1 / game.n_states(0))
        wide = propagate(solve(remember(game, memories), 1.0, threads=1), begin(start, memories))
        plain = propagate(solve(game, 1.0, threads=1), start)
        folded = wide.boundary.reshape(game.rounds + 1, -1, game.n_states(0)).sum(axis=1)
        assert folded == pytest.approx(plain.boundary, abs=1e-12)


class TestByHand:
    def test_who_hit_is_remembered(self) -> None:
        wide = remember(small(), [HIT])
        assert wide.axes is not None
        assert wide.axes.names == ("memory hit", "deal")
        own = wide.turns[1]
        # states: (never, no), (never, yes), (once, no), (once, yes); hitting undoes the deal and is remembered
        assert own.next_state.tolist() == [[0, 2], [1, 2], [2, 2], [3, 2]]
        table = wide.turns[0]
        assert table.next_state.tolist() == [[0, 1], [1, -1], [2, 3], [3, -1]]

    def test_a_policy_that_reads_it(self) -> None:
        # b hits once and never again: fixed by what it remembers; expected path by hand
        wide = remember(small(), [HIT])
        never = np.array([[0.0, 1.0]] * 2 + [[1.0, 0.0]] * 2)
        deal = np.array([[0.0, 1.0], [1.0, 0.0]] * 2)
        both = {"a": {"table": (deal, np.ones(2))}, "b": {"table": (deal, np.ones(2)), "own": never}}
        forward = propagate(solve(wide, 1.0, both), begin([1.0, 0.0], [HIT]))
        # month 1: deal (2, 1), hit (-1, .5), no deal left; month 2: deal again, nothing undone
        assert forward.payoff[:2].tolist() == [[1.0, 1.5], [3.0, 2.0]]
        assert forward.boundary[2].tolist() == [0.0, 0.0, 0.0, 1.0]

    def test_levels(self) -> None:
        other = Memory("o", ("x", "y", "z"), 2, {})
        assert level_of(HIT, [HIT, other], 1).tolist() == [0, 0, 0, 1, 1, 1]
        assert level_of(other, [HIT, other], 2).tolist() == [0, 0, 1, 1, 2, 2] * 2
        assert begin([0.25, 0.75], [HIT, other]).tolist() == [0] * 4 + [0.25, 0.75] + [0] * 6
        assert begin([1.0], []).tolist() == [1.0]

    def test_nature_may_be_remembered(self) -> None:
        game = Game(("a",), (Chance([[0, 0]], [[0.25, 0.75]], name="coin"),), [[0.0]], 1.0, [[0.0]], 1)
        tails = Memory("coin", ("heads", "tails"), 0, {"coin": (0, 1)})
        forward = propagate(solve(remember(game, [tails]), 1.0), begin([1.0], [tails]))
        assert forward.boundary[1].tolist() == [0.25, 0.75]

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: Memory("m", ("a",), 0, {}), "2 to 3"),
            (lambda: Memory("m", tuple("abcd"), 0, {}), "2 to 3"),
            (lambda: Memory("m", ("a", "b"), 2, {}), "initial"),
            (lambda: Memory("m", ("a", "b"), 0, {"own": (0, 2)}), "-1 to 1"),
            (lambda: remember(small(), [HIT, HIT]), "different names"),
            (lambda: remember(small(), [Memory("m", ("a", "b"), 0, {"else": (0,)})]), "else"),
            (lambda: remember(small(), [Memory("m", ("a", "b"), 0, {"own": (0,)})]), "allowed: 2"),
        ],
    )
    def test_refusals(self, make: object, words: str) -> None:
        with pytest.raises(GameError, match=words):
            make()  # type: ignore[operator]
