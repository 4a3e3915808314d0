"""What it took to notice mutants of the solver."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.errors import GameError
from sim.game import Game, Move, Offer
from sim.rng import stream
from sim.solver import Until, propagate, solve
from sim.solver.backward import payoff_bound
from tests.oracles import twin
from tests.solver.test_twin import assert_same_solution


def shifting(parties: int = 2, states: int = 16) -> Game:
    """States in a row and packages that move along it by one or two: a regular grid, laid out in chunks."""
    draw = stream(5, "row of states")
    at = np.arange(states)
    columns = [at] + [np.where((at + step >= 0) & (at + step < states), at + step, -1) for step in (1, -1, 2)]
    payoff = draw.normal(size=(4, 3))
    payoff[0] = 0.0
    share = draw.dirichlet(np.ones(parties))
    names = ("no offer", "up", "down", "two up")
    table = Offer(range(parties), share, names, np.stack(columns, axis=1), payoff, weights=[2, 1, 0.5, 1], name="table")
    flow, terminal = draw.normal(size=(2, states, 3))
    return Game(("a", "b", "c"), (table,), flow, [0.9, 0.8, 0.95], terminal, 3)


@pytest.mark.parametrize("lam", [(math.inf, 2.0, 1.0), (2.0, math.inf, 1.0), (1.0, 2.0, math.inf)])
@pytest.mark.parametrize("parties", [2, 3])
def test_one_sharp_party_among_others_on_a_regular_grid(lam: tuple[float, ...], parties: int) -> None:
    game = shifting(parties)
    solution = solve(game, lam)
    assert np.isfinite(solution.boundary).all()
    assert_same_solution(solution, twin.solve(game, lam))


@pytest.mark.parametrize("lam", [1.0, math.inf])
def test_what_is_done_before_an_event_adds_up_to_its_probability(lam: float) -> None:
    """An event comes about by a choice that is made for the first time: add up those over the rounds."""
    forward = propagate(solve(shifting(), lam), 5, until={"up": Until(choices={"table": [1, 3]}), "none": Until()})
    first = [forward.flux(t, "table", among="up") for t in range(3)]
    np.testing.assert_allclose(np.cumsum([flux[[1, 3]].sum() for flux in first]), forward.reached["up"], atol=1e-14)
    np.testing.assert_allclose(first[0], forward.flux(0, "table"), atol=1e-14)
    assert first[1].sum() == pytest.approx(1.0 - forward.reached["up"][0])
    assert forward.flux(1, "table", among="none").tolist() == forward.flux(1, "table").tolist()


def test_answers_that_depend_on_the_proposer_can_be_fixed_in_the_twin() -> None:
    """Whoever plays along as in the equilibrium changes nothing, in the twin as in the solver."""
    game, lam = shifting(3), np.array([1.0, 2.0, 3.0])
    expected = twin.solve(game, lam)
    for who in game.players:
        fixed: dict[str | int, Any] = {who: solve(game, lam).strategy(who)}
        assert fixed[who](0, 0)[1].ndim == 3
        assert_same_solution(solve(game, lam, fixed=fixed), twin.solve(game, lam, fixed=fixed))
        np.testing.assert_allclose(twin.solve(game, lam, fixed=fixed).values(0, 0), expected.values(0, 0), atol=1e-12)


def test_the_bound_on_payoffs_is_that_of_the_best_course() -> None:
    """One state, one action: 3 rounds of |2 - 5| at most 2 + 5, discounted by a half, then |terminal| = 16 at 1/8."""
    turn = Move("a", ("x",), [[0]], [[2.0, -1.0]])
    game = Game(("a", "b"), (turn,), [[-5.0, 0.0]], [0.5, 1.0], [[-16.0, 7.0]], 3)
    bound = payoff_bound(game)
    assert bound.tolist() == [(2 + 5) * (1 + 1 / 2 + 1 / 4) + 16 / 8, 3 * 1.0 + 7.0]


def wide_at_the_end() -> Game:
    """Two states between rounds, four before the last turn."""
    split = Move("a", ("x", "y"), [[0, 1], [2, 3]], [[0.0], [0.5]], name="split")
    join = Move("a", ("on",), [[0], [1], [0], [1]], [[0.0]], name="join")
    return Game(("a",), (split, join), [[0.0], [1.0]], 0.9, [[0.0], [0.0]], 2)


def test_states_to_watch_are_those_between_rounds() -> None:
    solution = solve(wide_at_the_end(), 1.0)
    forward = propagate(solution, 0, until={"one": Until(states=np.array([False, True]))})
    assert forward.reached["one"][0] == pytest.approx(forward.boundary[1][1], abs=1e-14)
    with pytest.raises(GameError, match=r"found states of shape \(4,\); allowed: \(2,\)"):
        propagate(solution, 0, until={"one": Until(states=np.ones(4, dtype=bool))})


@pytest.mark.parametrize("start", [["a", "b"], [True, False], [0.5, 0.25, 0.25], [[0.5, 0.5]]])
def test_a_start_that_is_no_distribution_is_refused_in_words(start: Any) -> None:
    with pytest.raises(GameError, match="start: found shape"):
        propagate(solve(wide_at_the_end(), 1.0), start)
