"""The one place that computes for the pages: a bounded queue for each grid, in which a session's latest request wins.

Sessions share what is computed: equal requests become one piece of work, and finished work is kept, as long as there is
room, in frozen records that nobody can change. A request that its session has superseded before work on it began is
dropped. Nothing here knows Streamlit.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.errors import GrandDealError

if TYPE_CHECKING:
    from sim.forecast import Result
    from sim.model import Model
    from sim.scenario import Scenario
    from sim.solver import Solution

LANES = {"fast": 24, "default": 6}
"""The grids that are computed, each in a thread of its own, and how many finished pieces of work are kept of each."""
WAITING = 64
"""Most sessions whose request may wait for one grid."""
NICE = {"default": 10}
"""The default grid yields to the fast one, whose figures somebody is waiting for."""
Key = tuple[str, str]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worked:
    """A scenario worked out on one grid: shared among sessions, so never to be changed."""

    model: Model = field(repr=False)
    solution: Solution = field(repr=False)
    result: Result = field(repr=False)


class Dropped(GrandDealError):
    """The request was superseded by a later one of the same session."""


class Busy(GrandDealError):
    """Too many sessions wait already."""


class Ticket:
    """A piece of work that some sessions wait for."""

    def __init__(self, key: Key, scenario: Scenario) -> None:
        self.key = key
        self.scenario = scenario
        self.sessions: set[str] = set()
        self._finished = threading.Event()
        self._worked: Worked | None = None
        self._error: GrandDealError | None = None

    @property
    def done(self) -> bool:
        """Whether `result` returns or raises at once."""
        return self._finished.is_set()

    def result(self, timeout: float | None = None) -> Worked:
        """Wait for the work and return it.

        Raises
        ------
        TimeoutError : not finished in time (seconds).
        GrandDealError : what went wrong, for the user; `Dropped` where a later request took its place.
        """
        if not self._finished.wait(timeout):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        assert self._worked is not None
        return self._worked

    def finish(self, worked: Worked | None, error: GrandDealError | None = None) -> None:
        """Hand the work, or what went wrong, to all who wait."""
        self._worked, self._error = worked, error
        self._finished.set()


class Desk:
    """Takes requests of all sessions and works them out, one at a time on each grid."""

    def __init__(self, work: Callable[[Scenario, str], Worked], lanes: dict[str, int] | None = None) -> None:
        self._work = work
        self._kept = LANES if lanes is None else lanes
        self._changed = threading.Condition()
        self._waiting: dict[str, OrderedDict[Key, Ticket]] = {lane: OrderedDict() for lane in self._kept}
        self._running: dict[Key, Ticket] = {}
        self._finished: dict[str, OrderedDict[Key, Worked]] = {lane: OrderedDict() for lane in self._kept}
        for lane in self._kept:
            threading.Thread(target=self._serve, args=(lane,), name=f"desk-{lane}", daemon=True).start()

    def ask(self, session: str, scenario: Scenario, grid: str) -> Ticket:
        """Return the ticket of a piece of work; what the session still waits for on this grid is given up.

        Raises
        ------
        Busy : more than `WAITING` requests wait already.
        """
        key = (scenario.hash, grid)
        with self._changed:
            waiting, finished = self._waiting[grid], self._finished[grid]
            self._give_up(session, grid, besides=key)
            if key in finished:
                finished.move_to_end(key)
                ticket = Ticket(key, scenario)
                ticket.finish(finished[key])
                return ticket
            ticket = self._running.get(key) or waiting.get(key) or Ticket(key, scenario)
            ticket.sessions.add(session)
            if key not in waiting and key not in self._running:
                if len(waiting) >= WAITING:
                    raise Busy("Many people are asking at this moment; please try again in a few seconds.")
                waiting[key] = ticket
                self._changed.notify_all()
            return ticket

    def look(self, scenario: Scenario, grid: str) -> Worked | None:
        """Return finished work if it is kept, without asking for it."""
        with self._changed:
            return self._finished[grid].get((scenario.hash, grid))

    @property
    def load(self) -> dict[str, int]:
        """How many requests wait or are worked on, by grid."""
        with self._changed:
            running = [grid for _, grid in self._running]
            return {lane: len(waiting) + running.count(lane) for lane, waiting in self._waiting.items()}

    def _give_up(self, session: str, grid: str, besides: Key) -> None:
        for key, ticket in list(self._waiting[grid].items()):
            if key != besides and session in ticket.sessions:
                ticket.sessions.discard(session)
                if not ticket.sessions:
                    del self._waiting[grid][key]
                    ticket.finish(None, Dropped("A later request took the place of this one."))

    def _serve(self, lane: str) -> None:
        if lane in NICE:
            # on Linux a thread has a priority of its own; elsewhere it keeps the process's
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE[lane])
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting[lane])
                key, ticket = self._waiting[lane].popitem(last=False)
                self._running[key] = ticket
            worked, error = None, None
            try:
                worked = self._work(ticket.scenario, lane)
            except GrandDealError as problem:
                error = problem
            except Exception:
                _log.exception("a piece of work failed")
                error = GrandDealError("Something unexpected happened while computing; the server's log says what.")
            with self._changed:
                del self._running[key]
                if worked is not None:
                    finished = self._finished[lane]
                    finished[key] = worked
                    while len(finished) > self._kept[lane]:
                        finished.popitem(last=False)
            ticket.finish(worked, error)


def work_out(scenario: Scenario, grid: str) -> Worked:
    """Solve and forecast a scenario: what `grand-deal run` does."""
    from sim.forecast.run import forecast_of, solved

    model, solution = solved(scenario, grid=grid, threads=1 if grid == "default" else None)
    return Worked(model, solution, forecast_of(model, solution))
