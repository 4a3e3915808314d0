"""Solved for a start only: the same bits where it leads, nothing elsewhere."""

from __future__ import annotations

import copy
import gc
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import GameError
from sim.forecast import run, solved
from sim.forecast.run import forecast_of
from sim.game import Chance, Game, Move
from sim.model import Grid, compile
from sim.rng import stream
from sim.scenario import load
from sim.solver import Until, propagate, reach, regret, solve, solve_many
from sim.solver.reach import Kept, reached
from tests.solver.test_chunks import regular

TINY = Grid("tiny", 700, 6)


pytestmark = pytest.mark.usefixtures("even_small_games_are_laid_out")


def one_way(game: Game, seed: int) -> Game:
    """Let nature and the mover stay where they are in most states, so that not everything can be reached."""
    draw = stream(seed, "one way")
    table, chance, move = game.turns
    assert isinstance(chance, Chance)
    assert isinstance(move, Move)
    probability = np.where(draw.uniform(size=(chance.n_states, 1)) < 0.8, [[1.0, 0.0]], chance.probability)
    following = np.where(draw.uniform(size=move.next_state.shape) < 0.8, -1, move.next_state)
    following[:, 0] = np.arange(move.n_states)
    turns = (
        table,
        Chance(chance.next_state, probability, name="nature"),
        Move(move.player, move.actions, following, move.payoff, move.weights, name="move"),
    )
    return Game(game.players, turns, game.flow, game.discount, game.terminal, 3, axes=game.axes)


@st.composite
def one_way_games(draw: st.DrawFn) -> Game:
    shape = draw(st.sampled_from([(8,), (4, 4), (3, 8), (2, 3, 4), (16,), (5, 3), (7,)]))
    move = st.tuples(*(st.integers(0, 2) for _ in shape))
    players = draw(st.integers(2, 5))
    game = regular(
        shape,
        draw(st.lists(move, max_size=4)),
        seed=draw(st.integers(0, 10_000)),
        players=players,
        parties=draw(st.integers(2, players)),
        inside=draw(st.integers(1, 2)),
        by_state=draw(st.booleans()),
        axes=draw(st.booleans()),
    )
    return one_way(game, draw(st.integers(0, 10_000)))


def places(game: Game, start: int) -> list[set[int]]:
    """Where play can be before each turn and at the end, one state at a time."""
    found: list[set[int]] = [set() for _ in range(game.n_turns + 1)]
    todo = [(0, start)]
    while todo:
        k, s = todo.pop()
        if s in found[k]:
            continue
        found[k].add(s)
        if k == game.n_turns:
            todo.append((0, s))
            continue
        turn = game.turns[k]
        for c, following in enumerate(turn.next_state[s]):
            if turn.probability[s, c] > 0 if isinstance(turn, Chance) else following >= 0:
                todo.append((k + 1, int(following)))
    return found


def assert_same_where_it_leads(game: Game, lam: Any, start: int, threads: int = 1) -> float:
    """Return the share of states that can be reached."""
    whole, part = solve(game, lam, threads=threads), solve(game, lam, threads=threads, start=start)
    assert part.reached is not None
    wanted = places(game, start)
    for k, mask in enumerate(part.reached):
        assert set(np.flatnonzero(mask)) == wanted[k]
    np.testing.assert_array_equal(part.boundary[:-1, part.reached[0]], whole.boundary[:-1, part.reached[0]])
    np.testing.assert_array_equal(part.boundary[-1], game.terminal)
    assert np.isnan(part.boundary[:-1, ~part.reached[0]]).all()
    for t in range(game.rounds):
        for k, mask in enumerate(part.reached):
            np.testing.assert_array_equal(part.values(t, k)[mask], whole.values(t, k)[mask])
            assert np.isnan(part.values(t, k)[~mask]).all()
            if k < game.n_turns:
                rows = np.flatnonzero(mask)
                np.testing.assert_array_equal(part.chances(t, k, rows), whole.chances(t, k, rows))
    watched = {"deal": Until(choices={0: list(range(1, game.turns[0].n_choices))})}
    one, other = (propagate(solution, start, until=watched) for solution in (part, whole))
    np.testing.assert_array_equal(one.boundary, other.boundary)
    np.testing.assert_array_equal(one.payoff, other.payoff)
    np.testing.assert_array_equal(one.reached["deal"], other.reached["deal"])
    np.testing.assert_array_equal(part.value_at(start), whole.value_at(start))
    return float(part.reached[0].mean())


@given(st.data(), one_way_games())
def test_the_same_bits_where_a_start_leads(data: st.DataObject, game: Game) -> None:
    lam = data.draw(st.lists(st.floats(0.0, 6.0), min_size=game.n_players, max_size=game.n_players))
    assert_same_where_it_leads(game, lam, data.draw(st.integers(0, game.n_states(0) - 1)))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_model_of_the_capitals(threads: int) -> None:
    model = compile(load("baseline"), TINY)
    start = int(model.start.argmax())
    assert assert_same_where_it_leads(model.game, model.rationality, start, threads) < 0.8


def test_chunks_without_a_reached_state_are_left_out_and_masks_are_of_reached_states() -> None:
    game = one_way(regular((8, 8), [(1, 0)], inside=1), 3)
    reach = solve(game, 1.0, start=0)
    assert reach.reached is not None
    table = reach._steps.table(0)
    assert table is not None
    states = reach.reached[0].reshape(8, 8)
    lanes = table.plan.arrays[0].reshape(-1, 8)
    assert sum(map(int, table.plan.arrays[5])) > 0
    assert all(reach.reached[0][chunk].any() for chunk in lanes)
    assert table.plan.chunks < 8 or states.any(axis=1).all()


class TestWhatItWasNotSolvedFor:
    GAME = one_way(regular((8,), [(1,)]), 13)

    def solution(self, start: Any = 7) -> Any:
        found = solve(self.GAME, 1.0, start=start)
        assert found.reached is not None
        assert not found.reached[0][0]
        return found

    def test_states_are_refused(self) -> None:
        solution = self.solution()
        for ask in (lambda: solution.policy(0, 0), lambda: solution.chances(1, 2, [0]), lambda: regret(solution)):
            with pytest.raises(GameError, match=r"found 0 before turn [02], which cannot be reached"):
                ask()
        assert solution.policy(0, "move", [7]).shape == (1, 3)

    def test_another_start_is_refused(self) -> None:
        with pytest.raises(GameError, match="cannot be reached from the start that was solved for"):
            propagate(self.solution(), 0)
        with pytest.raises(GameError, match="cannot be reached from the start that was solved for"):
            self.solution().value_at(0)

    def test_a_start_that_is_none_is_refused(self) -> None:
        with pytest.raises(GameError, match="start: found state 8; allowed: 0 to 7"):
            solve(self.GAME, 1.0, start=8)

    def test_it_says_so(self) -> None:
        assert "where a start leads" in repr(self.solution())
        assert "where a start leads" not in repr(solve(self.GAME, 1.0))

    def test_every_state_of_a_distribution_counts(self) -> None:
        start = np.zeros(8)
        start[[0, 7]] = 0.5
        both = solve(self.GAME, 1.0, start=start).reached
        one, other = (solve(self.GAME, 1.0, start=s).reached for s in (0, 7))
        assert both is not None
        assert one is not None
        assert other is not None
        for k, mask in enumerate(both):
            np.testing.assert_array_equal(mask, one[k] | other[k])

    def test_with_sharp_players_all_is_solved(self) -> None:
        solution = solve(self.GAME, math.inf, start=7)
        assert solution.reached is None
        np.testing.assert_array_equal(solution.boundary, solve(self.GAME, math.inf).boundary)


def test_many_are_solved_for_one_start() -> None:
    model = compile(load("baseline"), TINY)
    found = solve_many([model.game] * 2, model.rationality, start=model.start)
    assert all(solution.reached is not None for solution in found)


def test_a_run_is_that_of_a_whole_solution() -> None:
    changes = {"minsk.trade_value": 8.0}
    assert run("baseline", changes, grid="600x4") == forecast_of(*solved("baseline", changes, grid="600x4"), months=4)


def test_what_nature_can_do_counts() -> None:
    game = one_way(regular((8,), [(1,)]), 13)
    table, chance, move = game.turns
    assert isinstance(chance, Chance)
    onward = copy.copy(chance)
    onward.probability = np.tile([0.0, 1.0], (8, 1))
    other = Game(game.players, (table, onward, move), game.flow, game.discount, game.terminal, 3, axes=game.axes)
    assert all(a.next_state is b.next_state for a, b in zip(game.turns, other.turns, strict=True))
    for each in (game, other):
        found = reached(each, np.eye(8)[7])
        assert [set(np.flatnonzero(mask)) for mask in found] == places(each, 7)
    assert places(game, 7) != places(other, 7)


def test_what_was_found_is_kept_while_the_maps_live(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Kept[Any] = Kept(8)
    monkeypatch.setattr(reach, "_REACHED", kept)
    game = one_way(regular((8,), [(1,)]), 13)
    begin, other = np.eye(8)[3], np.eye(8)[4]
    assert reached(game, begin) is reached(game, begin)
    assert reached(game, other) is not reached(game, begin)
    assert not np.array_equal(reached(game, other)[0], reached(game, begin)[0])
    assert len(kept) == 2
    del game
    gc.collect()
    assert len(kept) == 0


def test_only_the_last_few_are_kept() -> None:
    kept: Kept[int] = Kept(6)
    array, made = np.zeros(2), []
    for number in (1, 2, 3, 4, 5, 6, 1, 7, 7, 2, 1, 3):
        assert kept.get([array], number, lambda number=number: made.append(number) or number) == number
    assert made == [1, 2, 3, 4, 5, 6, 7, 1]  # 7 takes the place of 1, and 1 that of 2
    assert len(kept) == 6
    del array
    assert len(kept) == 0
