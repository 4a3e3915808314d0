"""A whole pass as one program: turns in any order, threads that wait, help late, or are interrupted."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np
import pytest

from sim.game import Game
from sim.kernels import steps
from sim.solver import backward, plan, program, propagate, solve, threads
from tests.oracles import twin
from tests.solver.test_chunks import regular
from tests.solver.test_twin import assert_same_solution

MOVES = [(1, 0), (0, -1), (1, 1), (-2, 0)]


def in_order(order: tuple[int, ...], players: int = 4, rounds: int = 2) -> Game:
    """A game whose turns are an offer (0), chance (1) and a move (2), in this order; every turn leads back to S_0."""
    game = regular((4, 5), MOVES, players=players, rounds=rounds)
    turns = [type(game.turns[k])(**_given(game.turns[k], f"turn{place}")) for place, k in enumerate(order)]
    return game.replace(turns=tuple(turns))


def _given(turn: Any, name: str) -> dict[str, Any]:
    names = set(type(turn).__init__.__code__.co_varnames) & set(dir(turn))
    return {key: getattr(turn, key) for key in names} | {"name": name}


@pytest.mark.parametrize("players", [3, 4])
@pytest.mark.parametrize("order", [*itertools.permutations(range(3)), (0, 0, 2, 0), (1, 1, 0, 2)], ids=str)
def test_turns_in_any_order_equal_the_twin(
    monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...], players: int
) -> None:
    """Whoever reads a turn's values has them laid out as it needs them: by state, or by place before an offer."""
    monkeypatch.setattr(plan, "SMALLEST", 1)
    game = in_order(order, players)
    lam = np.linspace(0.5, 3.0, players)
    assert all(backward.Pass(game, lam, backward.Fixed(game, None), 1)._steps)
    assert_same_solution(solve(game, lam), twin.solve(game, lam))


@pytest.fixture
def finely_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state a block, few blocks a call, and help for the smallest work."""
    for name, value in (("A_BLOCK", 1), ("A_CALL", 200), ("WORTH_HELP", 0)):
        monkeypatch.setattr(program, name, value)


@pytest.mark.usefixtures("finely_split")
@pytest.mark.parametrize("number", [2, 3, 5])
def test_many_calls_of_many_blocks_have_the_same_bits(number: int) -> None:
    game = in_order((0, 1, 2), rounds=12)
    whole = solve(game, 2.0, threads=1)
    for _ in range(5):
        assert solve(game, 2.0, threads=number).boundary.tobytes() == whole.boundary.tobytes()


def two_steps() -> tuple[Any, Any, list[Any]]:
    """Copies of eight states one after the other: from the first array to the second, from there to the third."""
    values = [np.full((8, 2), float(n)) for n in range(3)]
    step = program.between_step(8, 2)
    rows = np.zeros((2, steps.FIELDS), dtype=np.int64)
    for k in range(2):
        fields = {
            **step.fields,
            steps.BLOCKS: 2,
            steps.FROM: values[k].ctypes.data,
            steps.TO: values[k + 1].ctypes.data,
        }
        rows[k, list(fields)] = list(fields.values())
    return rows, np.array([2, 4]), values


def test_a_block_waits_until_all_that_it_needs_is_done() -> None:
    """A thread that holds a ticket of the second step comes back with it while a block of the first is not done."""
    rows, until, values = two_steps()
    scratch, index = np.empty(16), np.empty(16, dtype=np.int64)
    shared = np.zeros(32, dtype=np.int64)
    shared[steps.NEXT_TICKET], shared[steps.DONE] = 2, 1
    held = steps.work_on(rows, until, shared, 4, 0, -1, scratch, index)
    assert held == 2
    assert (values[2] == 2.0).all()
    shared[steps.DONE] = 2  # as the other thread would
    values[1][:] = 7.0
    assert steps.work_on(rows, until, shared, 4, 0, held, scratch, index) == -1
    assert (values[2] == 7.0).all()
    assert shared[steps.DONE] == 4


@pytest.mark.usefixtures("finely_split")
def test_a_thread_that_waits_for_long_goes_on_with_its_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call begins by coming back with a ticket, as if others had kept it waiting; no block is done twice."""
    whole = solve(in_order((0, 1, 2), rounds=4), 2.0, threads=1)
    real, slept = steps.work_on, []

    def kept_waiting(*arguments: Any) -> int:
        shared, last, ticket = arguments[2], arguments[3], arguments[5]
        if ticket >= 0:
            return int(real(*arguments))
        shared[steps.NEXT_TICKET] += 1
        taken = int(shared[steps.NEXT_TICKET]) - 1
        return taken if taken < last else -1

    monkeypatch.setattr(steps, "work_on", kept_waiting)
    monkeypatch.setattr(program.time, "sleep", slept.append)
    assert solve(in_order((0, 1, 2), rounds=4), 2.0, threads=1).boundary.tobytes() == whole.boundary.tobytes()
    assert slept
    assert all(0.0 < seconds < 0.01 for seconds in slept)


@pytest.mark.usefixtures("finely_split")
def test_an_interrupt_lets_helpers_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that was asked is interrupted while it holds a ticket; the other does not wait for it for ever."""
    real = steps.work_on
    here = []

    def interrupted(*arguments: Any) -> int:
        if threading.current_thread() is threading.main_thread():
            here.append(arguments[2])
            arguments[2][steps.NEXT_TICKET] += 1  # a ticket that nobody will work on
            raise KeyboardInterrupt
        return int(real(*arguments))

    monkeypatch.setattr(steps, "work_on", interrupted)
    with pytest.raises(KeyboardInterrupt):
        solve(in_order((0, 1, 2), rounds=12), 2.0, threads=3)
    assert here
    monkeypatch.undo()
    assert solve(in_order((0, 1, 2)), 2.0, threads=3).boundary.shape == (3, 20, 4)


@pytest.mark.usefixtures("finely_split")
def test_helpers_that_never_come_are_not_waited_for() -> None:
    """The pool is busy with others: this thread does all of the work, with the same bits."""
    game = in_order((0, 1, 2), rounds=6)
    alone = propagate(solve(game, 2.0, threads=1), 0)
    gate = threading.Event()
    busy = [threads._pool(2).submit(gate.wait) for _ in range(2)]
    try:
        found = propagate(solve(game, 2.0, threads=2), 0)
    finally:
        gate.set()
    assert found.boundary.tobytes() == alone.boundary.tobytes()
    assert found.payoff.tobytes() == alone.payoff.tobytes()
    assert [each.result() for each in busy] == [True, True]


def test_work_aside_is_done_by_one_other_thread_alone() -> None:
    def who() -> tuple[bool, bool]:
        return threading.current_thread() is threading.main_thread(), threads.alone(2)

    assert threads.aside(who, (), 1) is None
    with threads.keeping_to_itself():
        assert threads.aside(who, (), 2) is None
    begun = threads.aside(who, (), 2)
    assert begun is not None
    assert begun.result() == (False, True)
