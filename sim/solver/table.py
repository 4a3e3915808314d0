"""An offer turn on a regular grid, laid out by chunks of eight states, and how play is followed through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from sim.game import Offer
from sim.game.turns import Floats
from sim.solver.plan import Plan
from sim.solver.threads import alone, for_each, in_blocks

LINE = 8  # numbers in a line of the cache
SMALL = 60_000
"""Choices, for one proposer, below which one thread is quicker than two."""


class Table:
    """An offer turn laid out by chunks of eight states; see `sim.kernels.table`."""

    def __init__(self, turn: Offer, plan: Plan, parties: npt.NDArray[np.int64], lam: Floats, n_players: int) -> None:
        from sim.kernels import table

        self.turn = turn
        self.plan = plan
        self.n_players = n_players
        rows = np.zeros(plan.chunks, dtype=np.int64)
        payoff = turn.payoff.reshape(-1)
        if turn.payoff.shape[0] > 1:
            table.payoff_rows(plan.arrays[0], payoff, turn.n_choices * n_players, rows)
        self.arrays = (payoff, rows, turn.weights, turn.recognition, parties, lam)
        self._worth = 8 * plan.entries * len(parties) >= SMALL
        self._spare: list[Floats] = []
        self._empty: list[Floats] = []  # nothing but 0, to be used again

    def made(self, threads: int, after: Floats, mass: Floats) -> Floats:
        """Return the chances of every entry in the chunks in which there is ``mass`` [S, C], flat, [8 entries]."""
        from sim.kernels import table

        plan, arrays, n = self.plan.arrays, self.arrays, self.n_players
        made: Floats = np.empty(8 * self.plan.entries)
        with self.arranged(after) as rows:

            def work(first: int, last: int) -> None:
                room = scratch(table.room_for(self.plan.longest, n))
                table.table_made(first, last, plan, arrays, rows, self.plan.length, mass, n, room, made)

            in_blocks(self.plan.chunks, work, threads if self._worth else 1)
        return made

    def push(self, threads: int, made: Floats, mass: Floats, keep: Floats, out: Floats, received: Floats) -> Floats:
        """Send ``mass`` [S, C] along ``made``: add to ``out`` [S', C] and ``received`` [N]; return the flux [M, C]."""
        from sim.kernels import table

        plan, length = self.plan.arrays, self.plan.length
        columns, n_packages = mass.shape[1], self.turn.n_choices
        try:
            rows = self._empty.pop()
        except IndexError:
            rows = np.zeros(0)
        rows = rows if rows.size == columns * length else np.zeros(columns * length)
        flux, counted = np.zeros(columns * n_packages * 8), np.empty((n_packages, columns))
        parts = 1 if alone(threads) or 8 * self.plan.entries <= SMALL else min(threads, columns)

        def send(part: int) -> None:
            begin, end = columns * part // parts, columns * (part + 1) // parts
            table.table_push(begin, end, plan, made, mass, keep, length, rows, flux)

        for_each(parts, send, parts)
        table.collect(self.plan.place, rows, length, out)
        self._empty.append(rows)
        table.eighths(flux, counted)
        if self.turn.payoff.shape[0] == 1:
            received += counted[:, 0] @ self.turn.payoff[0]
        else:
            table.table_received(plan, self.arrays, made, mass, received)
        return counted

    def chances(self, made: Floats, states: npt.NDArray[np.int64]) -> Floats:
        """Return the chances of every package in ``states`` [n], shape (n, M); column 0: no deal."""
        from sim.kernels import table

        out: Floats = np.empty((states.size, self.turn.n_choices))
        table.table_rows(self.plan.arrays, self.plan.position[states], made, out)
        return out

    @contextmanager
    def arranged(self, after: Floats) -> Iterator[Floats]:
        """Lend the values behind the turn by place; the space is used again."""
        from sim.kernels import table

        try:
            rows = self._spare.pop()
        except IndexError:
            rows = np.zeros(self.n_players * self.plan.length)
        table.arrange(self.plan.place, after, rows, self.plan.length)
        yield rows
        self._spare.append(rows)


def scratch(size: int) -> Floats:
    """Return so many numbers of scratch that begin with a line of the cache."""
    room: Floats = np.empty(size + LINE)
    skip = -(room.ctypes.data // 8) % LINE
    return room[skip : skip + size]
