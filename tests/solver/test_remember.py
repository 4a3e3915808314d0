"""What a solution remembers of the first rounds saves work and changes nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.model import Grid, compile
from sim.scenario import load
from sim.solver import Solution, backward, program, propagate, solve, table
from sim.solver.threads import yielding

ROUNDS = 6


@pytest.fixture(scope="module")
def model():
    return compile(load("grand-deal-summit"), Grid("small", 350, ROUNDS))


def everything(solution: Solution, start) -> list[np.ndarray]:
    forward = propagate(solution, start, 4)
    tables = [k for k, turn in enumerate(solution.game.turns) if turn.name.endswith("-table") or turn.name == "summit"]
    found = [forward.boundary, forward.payoff, solution.boundary]
    found += [forward.flux(t, k) for t in range(4) for k in range(solution.game.n_turns)]
    found += [solution.chances(t, k) for t in (0, 3, 5) for k in tables]
    return found + [solution.values(t, k) for t in (5, 0, 2) for k in (0, 3, solution.game.n_turns)]


@pytest.mark.parametrize("lam", [2.5, math.inf])
@pytest.mark.parametrize("remember", [1, 3, 100, -1])
def test_the_same_bits(model, lam: float, remember: int) -> None:
    plain = everything(solve(model.game, lam), model.start)
    remembering = solve(model.game, lam, remember=remember)
    for expected, found in zip(plain, everything(remembering, model.start), strict=True):
        assert np.array_equal(expected, found, equal_nan=True)
    remembering.forget()
    for expected, found in zip(plain, everything(remembering, model.start), strict=True):
        assert np.array_equal(expected, found, equal_nan=True)


def tables_solved(monkeypatch: pytest.MonkeyPatch, solution: Solution, start) -> int:
    """How often an offer is worked out while four rounds are followed."""
    count = []
    run, made = program.Program.run, table.Table.made

    def ran(self, rounds=1, latest=None):
        count.extend(step for step, _ in self._steps if step.table is not None)
        return run(self, rounds, latest)

    def worked_out(self, *arguments):
        count.append(self)
        return made(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(program.Program, "run", ran)
        patch.setattr(table.Table, "made", worked_out)
        propagate(solution, start, 4)
    return len(count)


def test_nothing_is_worked_out_twice(model, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = sum(turn.name.endswith("-table") or turn.name == "summit" for turn in model.game.turns)
    assert tables_solved(monkeypatch, solve(model.game, 2.5, remember=4), model.start) == 0
    assert tables_solved(monkeypatch, solve(model.game, 2.5, remember=3), model.start) == turns
    forgotten = solve(model.game, 2.5, remember=4)
    forgotten.forget()
    assert tables_solved(monkeypatch, forgotten, model.start) == 4 * turns


def test_memory_is_bounded(model, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = solve(model.game, 2.5, remember=4)
    sizes = [sum(array.nbytes for array in whole.prepare(t).values()) for t in range(4)]
    assert len(set(sizes)) == 1
    monkeypatch.setattr(backward, "KEPT", 2 * sizes[0] + 1)
    turns = sum(turn.name.endswith("-table") or turn.name == "summit" for turn in model.game.turns)
    assert tables_solved(monkeypatch, solve(model.game, 2.5, remember=4), model.start) == 2 * turns


def test_who_is_to_yield_is_asked_at_every_turn(model) -> None:
    asked = 0

    def pause() -> None:
        nonlocal asked
        asked += 1

    with yielding(pause):
        solution = solve(model.game, 2.5, threads=1)
        assert asked == ROUNDS * (model.game.n_turns + 1)  # every turn, and what is between two rounds
        propagate(solution, model.start, 1)
    before = asked
    assert before > ROUNDS * model.game.n_turns
    assert np.array_equal(solution.boundary, solve(model.game, 2.5, threads=1).boundary)
    assert asked == before
