"""The one place that computes for the pages: a bounded queue for each kind of work; a session's latest request wins.

Sessions share what is computed: equal requests become one piece of work, and finished work is kept, as long as there is
room, in frozen records that nobody can change. A request that its session has superseded before work on it began is
dropped; patient work also when it has begun. Patient work holds still while somebody waits on the spot for other work.
Nothing here knows Streamlit.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import GrandDealError

if TYPE_CHECKING:
    from sim.scenario import Scenario

WAITING = 64
"""Most requests that may wait for one kind of work."""
GRACE = 0.5
"""Seconds in which a program that ends under a piece of work has ended."""
NICENESS = 5
"""Priority of work that nobody waits for on the spot: it yields to the rest."""
DRAWING = 0.1
"""Seconds after a piece that somebody waited for in which its page is drawn, and other work holds still."""
HELD = 3.0
"""Most seconds for which a piece of patient work holds still at a stretch, however busy the rest is."""
YIELDS = 3.0
"""Seconds for which it holds still for each second that it works, while the rest is busy."""
Key = tuple[str, str]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """One kind of work, done in threads of its own.

    Attributes
    ----------
    work : what is done with a scenario. Its result is shared among sessions, so it must be frozen.
    servers : how many pieces are worked on at a time. With more than one, ``work`` takes a last argument: whether other
        pieces of its kind wait or are worked on, so that it should leave them their share of the machine.
    foretells : whether ``work`` takes a second argument, to be called once with what is known before the rest.
    kept : how many finished pieces are kept whole.
    patient : whether nobody waits on the spot, so that it yields to other work: ``work`` then takes a second argument,
        to be called now and then, which returns when nothing more urgent is going on.
    digest : the small part of a finished piece that most pages need; None: there is none.
    digests : how many of those are kept.
    """

    work: Callable[..., Any]
    kept: int
    servers: int = 1
    patient: bool = False
    foretells: bool = False
    digest: Callable[[Any], Any] | None = None
    digests: int = 0


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
        self.dropped = False
        self._finished = threading.Event()
        self._told = threading.Event()
        self._early: Any = None
        self._worked: Any = None
        self._error: GrandDealError | None = None

    @property
    def done(self) -> bool:
        """Whether `result` returns or raises at once."""
        return self._finished.is_set()

    @property
    def failed(self) -> bool:
        """Whether it is done and `result` raises."""
        return self.done and self._error is not None

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the work and return what came of it.

        Raises
        ------
        TimeoutError : not finished in time (seconds).
        GrandDealError : what went wrong, for the user; `Dropped` where a later request took its place.
        """
        if not self._finished.wait(timeout):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._worked

    def early(self, timeout: float | None = None) -> Any:
        """Wait for what is known before the rest and return it; None where the work was finished without.

        Raises
        ------
        TimeoutError : nothing known in time (seconds).
        """
        if not self._told.wait(timeout):
            raise TimeoutError
        return self._early

    def foretell(self, early: Any) -> None:
        """Hand on what is known before the rest. It is shared among sessions, so it must be frozen."""
        self._early = early
        self._told.set()

    def finish(self, worked: Any, error: GrandDealError | None = None) -> None:
        """Hand the work, or what went wrong, to all who wait."""
        self._worked, self._error = worked, error
        self._finished.set()
        self._told.set()


class Desk:
    """Takes requests of all sessions and works them out, in each lane as many at a time as it has servers."""

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        self._lanes = dict(lanes)
        self._changed = threading.Condition()
        self._waiting: dict[str, OrderedDict[Key, Ticket]] = {lane: OrderedDict() for lane in lanes}
        self._running: dict[Key, Ticket] = {}
        self._finished: dict[str, OrderedDict[Key, Any]] = {lane: OrderedDict() for lane in lanes}
        self._digests: dict[str, OrderedDict[Key, Any]] = {lane: OrderedDict() for lane in lanes}
        self._closed = False
        self._urgent = 0
        """Pieces that somebody waits for on the spot, waiting or worked on."""
        self._still_until = 0.0
        for lane, how in lanes.items():
            for _ in range(how.servers):
                threading.Thread(target=self._serve, args=(lane,), name=f"desk-{lane}", daemon=True).start()

    def close(self) -> None:
        """Begin no more work; who waits is told so."""
        with self._changed:
            self._closed = True
            for waiting in self._waiting.values():
                for ticket in waiting.values():
                    ticket.finish(None, Dropped("The server is stopping."))
                waiting.clear()
            self._changed.notify_all()

    def ask(self, session: str, scenario: Scenario, lane: str, *, digest: bool = False) -> Ticket:
        """Return the ticket of a piece of work; what the session still waits for in this lane is given up.

        With ``digest``, a digest that is kept counts as finished work: the ticket's result is one or the other.

        Raises
        ------
        Busy : more than `WAITING` requests wait already.
        """
        key = (scenario.hash, lane)
        with self._changed:
            waiting, finished = self._waiting[lane], self._finished[lane]
            self._give_up(session, lane, besides=key)
            for kept in (finished, self._digests[lane]) if digest else (finished,):
                if key in kept:
                    kept.move_to_end(key)
                    ticket = Ticket(key, scenario)
                    ticket.finish(kept[key])
                    return ticket
            running = self._running.get(key)
            if running is not None and running.dropped:
                running = None
            ticket = running or waiting.get(key) or Ticket(key, scenario)
            ticket.sessions.add(session)
            if running is None and key not in waiting:
                if len(waiting) >= WAITING:
                    raise Busy("Many people are asking at this moment; please try again in a few seconds.")
                waiting[key] = ticket
                self._count(lane, +1)
                self._changed.notify_all()
            return ticket

    def look(self, scenario: Scenario, lane: str) -> Any:
        """Return finished work if it is kept, else None, without asking for it."""
        return self._kept(self._finished[lane], (scenario.hash, lane))

    def glance(self, scenario: Scenario, lane: str) -> Any:
        """Return the digest of finished work if it is kept, else None, without asking for it."""
        return self._kept(self._digests[lane], (scenario.hash, lane))

    def _kept(self, kept: OrderedDict[Key, Any], key: Key) -> Any:
        with self._changed:
            if key in kept:
                kept.move_to_end(key)
            return kept.get(key)

    @property
    def load(self) -> dict[str, int]:
        """How many requests wait or are worked on, by lane."""
        with self._changed:
            running = [lane for _, lane in self._running]
            return {lane: len(waiting) + running.count(lane) for lane, waiting in self._waiting.items()}

    def _give_up(self, session: str, lane: str, besides: Key) -> None:
        for key, ticket in list(self._waiting[lane].items()):
            if key != besides and session in ticket.sessions:
                ticket.sessions.discard(session)
                if not ticket.sessions:
                    del self._waiting[lane][key]
                    self._count(lane, -1)
                    ticket.finish(None, Dropped("A later request took the place of this one."))

        for key, ticket in self._running.items():
            if key[1] == lane and key != besides:
                ticket.sessions.discard(session)

    def _count(self, lane: str, change: int) -> None:
        if not self._lanes[lane].patient:
            self._urgent += change

    def _holding_still(self, ticket: Ticket) -> Callable[[], None]:
        """Return what a piece of patient work calls now and then.

        It returns when nobody waits on the spot for other work, nor for a page that has just got its figures. It raises
        `Dropped` when nobody waits for this piece any more.
        """
        left, resumed = HELD, time.monotonic()

        def hold_still() -> None:
            nonlocal left, resumed
            if not ticket.sessions:
                with self._changed:
                    ticket.dropped = not ticket.sessions
                if ticket.dropped:
                    raise Dropped("A later request took the place of this one.")
            left = min(HELD, left + YIELDS * (time.monotonic() - resumed))
            while left > 0 and not self._closed:
                begun = time.monotonic()
                if not self._urgent and begun >= self._still_until:
                    break
                with self._changed:
                    self._changed.wait(min(left, 0.1 if self._urgent else max(0.01, self._still_until - begun)))
                left -= time.monotonic() - begun
            resumed = time.monotonic()

        return hold_still

    def _keep(self, lane: str, key: Key, worked: Any) -> None:
        how = self._lanes[lane]
        digest = how.digest(worked) if how.digest else None
        for kept, value, most in (
            (self._finished[lane], worked, how.kept),
            (self._digests[lane], digest, how.digests),
        ):
            kept[key] = value
            kept.move_to_end(key)
            while len(kept) > most:
                kept.popitem(last=False)

    def _serve(self, lane: str) -> None:
        if self._lanes[lane].patient:
            # on Linux a thread has a priority of its own; elsewhere it keeps the process's
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        newest = False
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting[lane])
                if self._closed:
                    return
                key, ticket = self._waiting[lane].popitem(last=newest)
                # the oldest of patient work is about to be superseded where its session goes on changing things; the
                # newest has time to be finished, but would let a session that rests wait for ever
                newest = self._lanes[lane].patient and not newest
                crowded = bool(self._waiting[lane]) or any(other == lane for _, other in self._running)
                self._running[key] = ticket
            worked, error = None, None
            try:
                how = self._lanes[lane]
                hold_still = self._holding_still(ticket)
                more: tuple[Any, ...] = (ticket.foretell,) if how.foretells else (hold_still,) if how.patient else ()
                more += (crowded,) if how.servers > 1 else ()
                if how.patient:
                    hold_still()
                worked = how.work(ticket.scenario, *more)
            except GrandDealError as problem:
                error = problem.with_traceback(None)  # its frames hold what was being computed, up to 100 MB
            except Exception:
                threading.main_thread().join(GRACE)
                if not threading.main_thread().is_alive():  # the program was ending under the work
                    return
                _log.exception("a piece of work failed")
                error = GrandDealError("Something unexpected happened while computing; the server's log says what.")
            with self._changed:
                del self._running[key]
                if error is None:
                    self._keep(lane, key, worked)
                if not how.patient:
                    self._count(lane, -1)
                    self._still_until = time.monotonic() + DRAWING
                    self._changed.notify_all()
            ticket.finish(worked, error)
