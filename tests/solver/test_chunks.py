"""Offers on regular grids, worked out eight states at a time: the twin, the bits, the layout, the exponential."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.forecast.outcomes import forecast, headlines, headlines_each
from sim.game import Axes, Chance, Game, Move, Offer
from sim.kernels import lanes, mathematics
from sim.model import Grid, compile
from sim.rng import stream
from sim.scenario import load
from sim.solver import Solution, Until, propagate, propagate_many, solve, solve_each, solve_many
from tests.oracles import twin
from tests.solver.test_twin import assert_same_solution

TINY = Grid("tiny", 700, 4)


pytestmark = pytest.mark.usefixtures("even_small_games_are_laid_out")


def regular(
    shape: tuple[int, ...],
    moves: list[tuple[int, ...]],
    *,
    seed: int = 0,
    players: int = 3,
    parties: int = 2,
    inside: int = 1,
    by_state: bool = False,
    rounds: int = 2,
    axes: bool = True,
) -> Game:
    """Dials of ``shape``; each package moves every dial by a constant, where there is room; a move and chance follow.

    ``inside`` blocks of states live behind the table only: package m leads to block m % inside.
    """
    draw = stream(seed, "regular game")
    size = math.prod(shape)
    at = np.array(np.unravel_index(np.arange(size), shape))
    columns = [np.arange(size)]
    for m, move in enumerate(moves, start=1):
        to = at + np.array(move)[:, None]
        fits = ((to >= 0) & (to < np.array(shape)[:, None])).all(axis=0)
        reached = np.ravel_multi_index(tuple(np.where(fits, to, 0)), shape) + m % inside * size
        columns.append(np.where(fits, reached, -1))
    following = np.stack(columns, axis=1)
    payoff = draw.normal(size=(size if by_state else 1, len(columns), players))
    payoff[:, 0] = 0.0
    recognition = draw.dirichlet(np.ones(parties), size=size if by_state else 1)
    if not by_state:
        recognition[:, :1] = recognition[:, :1]
    names = [f"p{m}" for m in range(len(columns))]
    order = draw.permutation(players)[:parties].tolist()
    weights = draw.uniform(0.2, 2.0, size=len(columns))
    offer = Offer(order, recognition, names, following, payoff, np.arange(size), weights, name="table")
    states = np.arange(inside * size)
    back = np.stack([states % size, (states + 1) % size], axis=1)
    chance = Chance(back, draw.dirichlet([1.0, 1.0], size=inside * size), name="nature")
    mover = Move(
        0,
        ("x", "y", "z"),
        np.stack([np.arange(size), np.where(np.arange(size) > 2, np.arange(size) - 3, -1), np.arange(size)[::-1]], 1),
        draw.normal(size=(size if by_state else 1, 3, players)),
        draw.uniform(0.2, 2.0, size=3),
        name="move",
    )
    flow, terminal = draw.normal(size=(2, size, players))
    named = Axes([f"d{d}" for d in range(len(shape))], [[str(x) for x in range(n)] for n in shape]) if axes else None
    who = [f"player{i}" for i in range(players)]
    return Game(who, (offer, chance, mover), flow, draw.uniform(0.8, 1.0, players), terminal, rounds, axes=named)


def laid_out(solution: Solution, turn: int = 0) -> Any:
    return solution._steps.table(turn)


@st.composite
def regular_games(draw: st.DrawFn) -> Game:
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    move = st.tuples(*(st.integers(-2, 2) for _ in shape))
    players = draw(st.integers(2, 5))
    return regular(
        shape,
        draw(st.lists(move, max_size=6)),
        seed=draw(st.integers(0, 10_000)),
        players=players,
        parties=draw(st.integers(2, players)),
        inside=draw(st.integers(1, 3)),
        by_state=draw(st.booleans()),
        axes=draw(st.booleans()),
    )


@given(st.data(), regular_games())
def test_regular_games_equal_the_twin(data: st.DataObject, game: Game) -> None:
    """Values, policies, play and first passages, with dials of any size: rows shorter and longer than a chunk."""
    lam = data.draw(st.lists(st.floats(0.0, 6.0), min_size=game.n_players, max_size=game.n_players))
    solution, expected = solve(game, lam), twin.solve(game, np.array(lam))
    assert laid_out(solution) is not None
    assert_same_solution(solution, expected)
    watched = {"deal": Until(choices={"table": list(range(1, game.turns[0].n_choices))}), "none": Until({"table": [0]})}
    start = data.draw(st.integers(0, game.n_states(0) - 1))
    forward = propagate(solution, start, until=watched)
    seen, paid = twin.forward(expected, forward.distribution(0, 0))
    for t in range(game.rounds):
        for k in range(game.n_turns + 1):
            np.testing.assert_allclose(forward.distribution(t, k), seen[t][k], rtol=0, atol=1e-12)
        made = solution.chances(t, 0)
        np.testing.assert_allclose(made.sum(axis=1), 1.0, rtol=0, atol=1e-12)
        np.testing.assert_allclose(forward.flux(t, 0), forward.distribution(t, 0) @ made, rtol=0, atol=1e-12)
    np.testing.assert_allclose(forward.payoff, paid, rtol=0, atol=1e-11)
    for name, watch in watched.items():
        wanted = twin.first_passage(expected, forward.distribution(0, 0), {0: watch.choices["table"]})
        np.testing.assert_allclose(forward.reached[name], wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("lam", [1e9, 1e100, 1e300, 1.7e308])
def test_a_huge_lam_does_not_overflow(lam: float) -> None:
    game = regular((4, 5), [(1, 0), (0, -1), (1, 1)], players=4)
    found = solve(game, lam)
    assert laid_out(found) is not None
    np.testing.assert_allclose(found.boundary, solve(game, math.inf).boundary, rtol=0, atol=1e-9)


def test_players_at_infinity_and_fixed_players_are_worked_out_state_by_state() -> None:
    """And agree with the chunks where these have nothing special to say."""
    game = regular((4, 5), [(1, 0), (0, -1), (1, 1)])
    solution = solve(game, 2.0)
    who = game.players[int(game.turns[0].parties[0])]
    again = solve(game, 2.0, fixed={who: solution.strategy(who)})
    assert laid_out(solution) is not None
    assert laid_out(again) is None
    np.testing.assert_allclose(again.boundary, solution.boundary, rtol=0, atol=1e-12)
    assert laid_out(solve(game, math.inf)) is None
    ones = {t: (propagate(again, 7).flux(t, 0), propagate(solution, 7).flux(t, 0)) for t in range(2)}
    for one, other in ones.values():
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_a_grid_that_is_not_regular_is_not_laid_out() -> None:
    game = regular((4, 5), [(1, 0), (0, -1)])
    table = game.turns[0]
    moved = np.array(table.next_state)
    moved[3, 1] = 0
    other = Offer(table.parties, table.recognition, table.packages, moved, table.payoff, name="table")
    assert laid_out(solve(game)) is not None
    odd = game.replace(turns=(other, *game.turns[1:]))
    assert laid_out(solve(odd)) is None
    assert_same_solution(solve(odd, 2.0), twin.solve(odd, 2.0))


def test_dials_on_which_no_package_depends_run_fastest() -> None:
    """Eight neighbours then share their packages: hardly a lane is wasted although a row of the last dial has three."""
    game = regular((4, 9, 3), [(1, 0, 0), (0, 0, -1), (1, 0, -1), (1, 0, -2)])
    layout = laid_out(solve(game)).plan
    available = int((game.turns[0].next_state >= 0).sum())
    assert available <= 8 * layout.entries <= 1.25 * available
    plain = laid_out(solve(game.replace(axes=None))).plan
    assert plain.entries > 1.2 * layout.entries


@pytest.fixture(scope="module")
def variants() -> list[Any]:
    """The model on a tiny grid: other payoffs, weights, recognition, chances, discount and lam; one map."""
    changes: list[dict[str, Any]] = [
        {},
        {"minsk.trade_value": 9.0, "brussels.cover_value": 2.0},
        {"menu.no_offer_weight": 0.3, "world.contact_fade": 0.2},
        {"minsk.discount": 0.9, "washington.rationality": 2.0},
        {"menu.recognition.us_table.minsk": 0.8, "menu.recognition.us_table.washington": 0.2},
    ]
    return [compile(load("baseline", change), TINY) for change in changes]


def test_payoff_variants_share_their_maps_and_their_layout(variants: list[Any]) -> None:
    first, *others = variants
    for other in others:
        for k, turn in enumerate(first.game.turns):
            assert other.game.turns[k].next_state is turn.next_state
        assert laid_out(solve(other.game), 1).plan is laid_out(solve(first.game), 1).plan


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_same_bits_alone_and_together(variants: list[Any], threads: int) -> None:
    lams = [model.rationality for model in variants]
    games = [model.game for model in variants]
    alone = [solve(game, lam, threads=1) for game, lam in zip(games, lams, strict=True)]
    together = solve_many(iter(games), rationalities=lams, threads=threads)
    start = variants[0].start
    ahead = propagate_many(together, start, 3, threads=threads)
    for one, other, forward in zip(alone, together, ahead, strict=True):
        assert one.boundary.tobytes() == other.boundary.tobytes()
        single = propagate(one, start, 3)
        assert forward.boundary.tobytes() == single.boundary.tobytes()
        assert forward.payoff.tobytes() == single.payoff.tobytes()
    assert len({one.boundary.tobytes() for one in alone}) == len(alone)


@pytest.mark.parametrize("threads", [1, 2])
def test_headlines_of_many_scenarios_are_those_of_each(variants: list[Any], threads: int) -> None:
    each = [headlines(model, forecast(model, solve(model.game, model.rationality), 3)) for model in variants]
    assert list(headlines_each(iter(variants), 3, threads=threads)) == each
    sharp = list(headlines_each(variants[:1], 3, rationality=math.inf, threads=threads))
    assert sharp == [headlines(variants[0], forecast(variants[0], solve(variants[0].game, math.inf), 3))]


@pytest.mark.parametrize("threads", [2, 3])
def test_same_bits_for_any_number_of_threads(variants: list[Any], threads: int, monkeypatch: Any) -> None:
    """With every turn shared among the threads, however small."""
    from sim.solver import backward, program, table

    for module, name in ((backward, "SMALL"), (backward, "SMALL_PLAIN"), (table, "SMALL"), (program, "WORTH_HELP")):
        monkeypatch.setattr(module, name, 0)
    monkeypatch.setattr(program, "A_BLOCK", 1)
    model = variants[0]
    until = {"deal": Until(choices={"us-table": [1, 2, 3]}), "end": Until(states=model.measures["us"] > 0)}
    one, many = (solve(model.game, model.rationality, threads=n) for n in (1, threads))
    assert one.boundary.tobytes() == many.boundary.tobytes()
    here, there = (propagate(solution, model.start, until=until) for solution in (one, many))
    assert here.boundary.tobytes() == there.boundary.tobytes()
    assert here.payoff.tobytes() == there.payoff.tobytes()
    for name in until:
        assert here.reached[name].tobytes() == there.reached[name].tobytes()
    for k in range(model.game.n_turns):
        assert here.flux(1, k, "deal").tobytes() == there.flux(1, k, "deal").tobytes()


def test_the_model_equals_the_twin(variants: list[Any]) -> None:
    """All turns of the model, the last round: both tables laid out in chunks."""
    model = variants[1]
    game = model.game.replace(rounds=1)
    solution, expected = solve(game, model.rationality), twin.solve(game, model.rationality)
    assert laid_out(solution, 1) is not None
    assert laid_out(solution, 3) is not None
    for k in range(game.n_turns + 1):
        wanted = expected.values(0, k)
        np.testing.assert_allclose(solution.values(0, k), wanted, rtol=1e-12, atol=1e-12 * np.abs(wanted).max())


def test_solving_each_takes_games_as_they_are_needed() -> None:
    taken = []

    def games() -> Iterator[Game]:
        for seed in range(100):
            taken.append(seed)
            yield regular((2, 2), [(1, 0)], seed=seed)

    found = solve_each(games(), 1.0, threads=2)
    next(found)
    assert len(taken) < 10
    found.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_rationalities_than_games_is_told(count: int) -> None:
    from sim.errors import GameError

    games = [regular((2, 2), [(1, 0)], seed=seed) for seed in range(2)]
    with pytest.raises(GameError, match="rationalities: found another number than of games"):
        solve_many(games, rationalities=[1.0] * count)


@pytest.mark.parametrize("exponential", [lanes.exp2_array, mathematics.exp_array], ids=["lanes", "scalar"])
def test_exponential_is_within_its_stated_bound(exponential: Any) -> None:
    """Against NumPy's, itself within half a unit in the last place: relative error at most 1e-14 down to -708."""
    draw, exact = stream(1, "exp"), np.exp2 if exponential is lanes.exp2_array else np.exp
    x = np.concatenate(
        [-draw.uniform(0, 708, 40_000), -draw.exponential(1.0, 40_000), -np.logspace(-300, 2, 7_992), [0.0] * 8]
    )
    found = np.empty_like(x)
    exponential(x, found)
    assert (np.abs(found / exact(x) - 1.0)).max() <= 1e-14
    assert (found[-8:] == 1.0).all()
    below = np.full(8, -1e9)
    exponential(below, found[:8])
    assert (found[:8] <= 4e-308).all()


def test_the_chance_of_a_yes_is_within_the_same_bound() -> None:
    """1 / (1 + 2**x), also where 2**x is too large for a float64 or too small to count."""
    draw = stream(2, "logistic")
    x = np.concatenate([draw.uniform(-1020, 1020, 40_000), draw.normal(0, 3, 40_000)])
    found = np.empty_like(x)
    lanes.one_in_array(x, found)
    assert np.abs(found * (1.0 + np.exp2(x)) - 1.0).max() <= 1e-14
    far = np.array([-1e300, -1e5, -2000.0, 0.0, 1100.0, 2000.0, 1e5, 1e300])
    lanes.one_in_array(far, found[:8])
    assert found[:4].tolist() == [1.0, 1.0, 1.0, 0.5]
    assert (found[4:8] > 0.0).all()
    assert (found[4:8] < 1e-300).all()


def test_an_installation_that_cannot_be_written_to_still_works() -> None:
    """Where compiled code can be kept nowhere it is compiled anew, without a complaint."""
    code = """
import numpy as np
from numba.core import caching
caching.CacheImpl._locator_classes = []
from sim.kernels import draw, lanes, mathematics, move, offer, steps, table
x, out = np.array([0.0, -1.0]), np.empty(2)
mathematics.exp_array(x, out)
assert mathematics.exp_array.stats.cache_path is None
print(out[0])
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("1.0", "", 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_solves_too() -> None:
    """Its parent's threads are not there any more; it makes its own instead of waiting for them."""
    code = """
import os, sys, warnings
from sim.solver import backward, program, solve
from tests.solver.samples import wide
backward.SMALL = backward.SMALL_PLAIN = program.WORTH_HELP = 0
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of fork beside threads
game = wide(states=100, packages=4, rounds=1)
before = solve(game, threads=2).boundary.tobytes()
child = os.fork()
if not child:
    os._exit(0 if solve(game, threads=2).boundary.tobytes() == before else 1)
print(os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.strip() == "0", done.stderr
