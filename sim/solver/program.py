"""A backward pass as a program for `sim.kernels.steps`: turns and what is between rounds, in whole numbers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game import Chance, Move
from sim.game.turns import Floats
from sim.solver.table import Table, scratch
from sim.solver.threads import alone, breathe, with_others

A_BLOCK = 6_000
"""Choices in a block: less is not worth taking a ticket for."""
A_CALL = 100_000_000
"""Choices in one call of the kernel, a fifth of a second: an interrupt is heard between two."""
WORTH_HELP = 200_000
"""Choices below which other threads are not called."""
Units = npt.NDArray[np.int64] | None
"""Numbers of the states, or chunks, that a step works out; None: all."""


@dataclass(frozen=True)
class Step:
    """What does not change from round to round.

    Attributes
    ----------
    fields : place in the program's row -> number.
    held : the arrays whose addresses are among them.
    choices : how many are weighed in all states.
    longest : numbers that a chunk needs as scratch.
    table : the layout, if it is one.
    """

    fields: Mapping[int, int]
    held: tuple[Any, ...]
    choices: int
    longest: int
    table: Table | None = None


def address(array: npt.NDArray[Any], kind: type) -> int:
    """Return where the numbers of an array stand; it must stay alive, in order and of this kind."""
    assert array.dtype == kind
    assert array.flags.c_contiguous
    found: int = array.ctypes.data
    return found


def chance_step(turn: Chance, behind: int, n_players: int, at: Units = None) -> Step:
    """Describe nature's move; ``behind`` it are so many states. ``at``: only these states."""
    from sim.kernels import steps

    units = turn.n_states if at is None else at.size
    fields = {
        steps.KIND: steps.CHANCE,
        steps.UNITS: units,
        steps.PROBABILITY: address(turn.probability, np.float64),
    } | _listed(at)
    return _turn_step(turn, behind, n_players, fields, (at,), choices=units * turn.n_choices // 2)


def move_step(turn: Move, behind: int, lam: Floats, at: Units = None) -> Step:
    """Describe a move by finite lam. ``at``: only these chunks of eight states."""
    from sim.kernels import steps

    n, units = lam.size, -(-turn.n_states // 8) if at is None else at.size
    fields = {
        steps.KIND: steps.MOVE,
        steps.UNITS: units,
        steps.PAYOFF: address(turn.payoff, np.float64),
        steps.PAYOFF_ROWS: turn.payoff.shape[0],
        steps.WEIGHTS: address(turn.weights, np.float64),
        steps.LAM: address(lam, np.float64),
        steps.MOVER: int(turn.player),
    } | _listed(at)
    longest = turn.n_choices * (n + 1) * 8
    return _turn_step(turn, behind, n, fields, (lam, at), 16 * units * turn.n_choices, longest)


def table_step(table: Table, behind: int, n_players: int) -> Step:
    """Describe an offer on a regular grid."""
    from sim.kernels import steps
    from sim.kernels.table import room_for

    plan = table.plan
    payoff, rows, weights, recognition, parties, lam = table.arrays
    order, places, first, package, shift, mask, straight = plan.arrays
    turn = table.turn
    fields = {
        steps.KIND: steps.TABLE,
        steps.UNITS: plan.chunks,
        steps.ENTRIES: plan.entries,
        steps.PAYOFF: address(payoff, np.float64),
        steps.PAYOFF_ROWS: turn.payoff.shape[0],
        steps.ROWS: address(rows, np.int64),
        steps.WEIGHTS: address(weights, np.float64),
        steps.RECOGNITION: address(recognition, np.float64),
        steps.RECOGNITION_ROWS: recognition.shape[0],
        steps.PARTIES: address(parties, np.int64),
        steps.N_PARTIES: parties.size,
        steps.LAM: address(lam, np.float64),
        steps.ORDER: address(order, np.int64),
        steps.PLACES: address(places, np.int64),
        steps.FIRST: address(first, np.int64),
        steps.PACKAGE: address(package, np.int32),
        steps.SHIFT: address(shift, np.int32),
        steps.MASK: address(mask, np.uint8),
        steps.STRAIGHT: address(straight, np.bool_),
    }
    choices = 8 * plan.entries * parties.size
    return _turn_step(turn, behind, n_players, fields, (table,), choices, room_for(plan.longest, n_players), table)


def _turn_step(
    turn: Any,
    behind: int,
    n_players: int,
    fields: dict[int, int],
    held: tuple[Any, ...] = (),
    choices: int = 0,
    longest: int = 0,
    table: Table | None = None,
) -> Step:
    from sim.kernels import steps

    fields |= {
        steps.PLAYERS: n_players,
        steps.STATES: turn.n_states,
        steps.CHOICES: turn.n_choices,
        steps.BEHIND: behind,
        steps.NEXT_STATE: address(turn.next_state, np.int32),
    }
    return Step(fields, (turn, *held), choices, longest, table)


def between_step(
    n_states: int, n_players: int, discount: Floats | None = None, flow: Floats | None = None, at: Units = None
) -> Step:
    """Describe what comes between two rounds; without a flow values are copied, to the places of an offer's grid.

    ``at``: only these states.
    """
    from sim.kernels import steps

    fields = {
        steps.KIND: steps.ROUND_END,
        steps.UNITS: n_states if at is None else at.size,
        steps.STATES: n_states,
        steps.PLAYERS: n_players,
        steps.BEHIND: n_states,
    } | _listed(at)
    if discount is not None and flow is not None:
        fields |= {steps.DISCOUNT: address(discount, np.float64), steps.FLOW: address(flow, np.float64)}
    return Step(fields, (discount, flow, at), n_states, 0)


def _listed(at: Units) -> dict[int, int]:
    from sim.kernels import steps

    return {} if at is None else {steps.AT: address(at, np.int64)}


class Program:
    """Steps one after the other, each with the values that it reads and writes.

    Attributes
    ----------
    threads : how many may work on it.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._steps: list[tuple[Step, dict[int, int]]] = []
        self._held: list[Any] = []

    def add(
        self,
        step: Step,
        after: Floats,
        to: Floats,
        *,
        place: npt.NDArray[np.int64] | None = None,
        by_round: Sequence[bool] = (False, False),
        made: Sequence[Floats] = (),
    ) -> None:
        """Append a step that reads ``after`` and writes ``to``.

        Parameters
        ----------
        after, to : [S, N]; flat, rows by place, behind an offer on a regular grid. The first of an array with one for
            each round, where ``by_round`` says so.
        place : the places, if ``to`` is such rows.
        made : chances of an offer's entries, [8 entries] for each of the first rounds, to be filled.
        """
        from sim.kernels import steps

        fields, n = step.fields, step.fields[steps.PLAYERS]
        row = {
            **fields,
            steps.FROM: address(after, np.float64),
            steps.FROM_ROUND: 8 * fields[steps.BEHIND] * n if by_round[0] else 0,
            steps.FROM_STRIDE: after.size // n,
            steps.TO: address(to, np.float64),
            steps.TO_ROUND: 8 * fields[steps.STATES] * n if by_round[1] else 0,
        }
        if place is not None:
            row |= {steps.TO_STRIDE: to.size // n, steps.TO_PLACE: address(place, np.int64)}
        addresses = np.array([address(each, np.float64) for each in made], dtype=np.int64)
        row |= {steps.MADE: address(addresses, np.int64), steps.MADE_ROUNDS: addresses.size}
        self._steps.append((step, row))
        self._held += (after, to, place, made, addresses)

    def run(self, rounds: int = 1, latest: int | None = None) -> None:
        """Do all steps for so many rounds, the last first; ``latest`` is its number, default: rounds - 1."""
        from sim.kernels import steps

        choices = sum(step.choices for step, _ in self._steps)
        helped = not alone(self.threads) and choices * rounds >= WORTH_HELP
        program = np.zeros((len(self._steps), steps.FIELDS), dtype=np.int64)
        until: list[int] = []
        for k, (step, row) in enumerate(self._steps):
            program[k, list(row)] = list(row.values())
            most = min(8 * self.threads, row[steps.UNITS]) if helped else 1
            program[k, steps.BLOCKS] = blocks = max(1, min(step.choices // A_BLOCK, most))
            until.append(blocks + (until[-1] if until else 0))
        tickets = until[-1] * rounds
        a_call = max(1, A_CALL * until[-1] // max(choices, 1))
        begin, ends = rounds - 1 if latest is None else latest, np.array(until, dtype=np.int64)
        for first, last in self._calls(tickets, a_call):
            shared = np.zeros(32, dtype=np.int64)
            shared[[steps.NEXT_TICKET, steps.DONE]] = first

            def take(shared: npt.NDArray[np.int64] = shared, last: int = last) -> None:
                work, index = self._scratch()
                ticket = -1
                while (ticket := steps.work_on(program, ends, shared, last, begin, ticket, work, index)) >= 0:
                    time.sleep(5e-5)  # who is waited for may need this processor

            def give_up(shared: npt.NDArray[np.int64] = shared) -> None:
                shared[[steps.NEXT_TICKET, steps.DONE]] = np.iinfo(np.int64).max // 2

            with_others(take, self.threads if helped else 1, give_up)

    def _calls(self, tickets: int, a_call: int) -> Iterable[tuple[int, int]]:
        first = 0
        while first < tickets:
            last = first + 1 if breathe() else min(first + a_call, tickets)
            yield first, last
            first = last

    def _scratch(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        from sim.kernels import steps

        most = max(row.get(steps.CHOICES, 0) for _, row in self._steps)
        return scratch(max(step.longest for step, _ in self._steps)), np.empty(steps.INDEX + most, dtype=np.int64)
