"""The desk that all sessions of this server share, the kinds of work it does, and what a page asks of it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import streamlit as st

from dashboard import state
from dashboard.desk import Desk, Dropped, Lane, Ticket
from dashboard.keys import Key
from sim.errors import GrandDealError
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.forecast import Result
    from sim.forecast.explanation import Explanation
    from sim.forecast.result import Bands
    from sim.model import Model
    from sim.solver import Solution

FAST, DEFAULT, WHY = "fast", "default", "why"
PATIENCE = 60.0
"""Seconds that a page waits for the fast grid before it says so."""
RESULTS = 400
"""Forecasts kept for each grid; one takes about 50 kB."""
LOOK = 0.4
"""Seconds between two looks whether finer figures are there, while little else waits."""
CROWD = 4
"""Pieces of work that wait for each `LOOK` that a page looks later: looks of many pages hold everybody up."""
NOTICE = 0.4
"""Seconds after which somebody who waits wonders whether anything happens."""
SWITCH = 0.0005
"""Seconds for which a thread may keep Python to itself: a solve asks for it hundreds of times while pages are drawn."""


_settled: set[str] = set()


def _nothing() -> None:
    """Do nothing while somebody waits."""


@dataclass(frozen=True)
class Worked:
    """A scenario worked out on one grid: shared among sessions, so never to be changed."""

    model: Model = field(repr=False)
    solution: Solution = field(repr=False)
    result: Result = field(repr=False)


class Heads(Protocol):
    """Headline outcomes by month, of a whole forecast or of what is known before the rest."""

    def at(self, outcome: str, month: int) -> float:
        """Return an outcome at the end of a month, counted from 1."""

    def band(self, outcome: str, month: int) -> tuple[float, float] | None:
        """Return p10 and p90 of an outcome over the calibrated ensemble at the end of a month, or None."""


@dataclass(frozen=True)
class Early:
    """The headline outcomes by month, before anything else is known of a forecast; shared, so never to be changed."""

    outcomes: Mapping[str, tuple[float, ...]] = field(repr=False)
    bands: Bands | None = field(repr=False, default=None)

    def at(self, outcome: str, month: int) -> float:
        """Return an outcome at the end of a month, counted from 1."""
        return float(self.outcomes[outcome][month - 1])

    def band(self, outcome: str, month: int) -> tuple[float, float] | None:
        """Return p10 and p90 of an outcome over the calibrated ensemble at the end of a month, or None."""
        if self.bands is None:
            return None
        return self.bands[outcome]["p10"][month - 1], self.bands[outcome]["p90"][month - 1]


@dataclass(frozen=True)
class _Found:
    """Something worked out on one grid; ``waiting``: tickets of the default grid's, while this is the fast grid's."""

    waiting: tuple[Ticket, ...]

    @property
    def provisional(self) -> bool:
        """Whether the figures are the fast grid's, and finer ones follow."""
        return bool(self.waiting)

    @property
    def failed(self) -> bool:
        """Whether the default grid's figures could not be had."""
        return any(ticket.failed for ticket in self.waiting)


@dataclass(frozen=True)
class Figures(_Found):
    """The forecast looked at, and the one it is compared with (None: there is none), on one grid."""

    this: Result
    other: Result | None


@dataclass(frozen=True)
class Answer(_Found):
    """The scenario looked at, and the one it is compared with (None: there is none), worked out on one grid."""

    this: Worked
    other: Worked | None


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Return the desk, made when it is first needed.

    Whole pieces are large (about 25 MB on the fast grid, 120 MB on the default one), so few of them are kept.
    """
    sys.setswitchinterval(SWITCH)
    return Desk(
        {
            FAST: Lane(_fast, kept=6, servers=os.cpu_count() or 1, foretells=True, digest=_result, digests=RESULTS),
            DEFAULT: Lane(_default, kept=2, patient=True, digest=_result, digests=RESULTS),
            WHY: Lane(_why, kept=60, patient=True),
        }
    )


def ahead(scenario: Scenario, beside: Scenario | None) -> None:
    """Begin what `figures` will ask for, while the page draws what needs no figures."""
    for who, each in _wanted(scenario, beside):
        if desk().glance(each, DEFAULT) is None:
            with contextlib.suppress(GrandDealError):  # told when it is asked for
                desk().ask(who, each, FAST, digest=True)


def figures(
    scenario: Scenario,
    beside: Scenario | None,
    waiting: Callable[[], object] = _nothing,
    early: Callable[[Heads, Heads | None], object] | None = None,
) -> Figures:
    """Return the forecasts of a scenario, and of the one beside it: as `answer`, but kept for longer.

    ``early`` is called with the fast grid's headline outcomes of both as soon as they are known, unless all is there.
    """
    (this, *others), tickets = _best(scenario, beside, waiting, whole=False, early=early)
    return Figures(tickets, _titled(this, scenario), _titled(others[0], beside) if beside is not None else None)


def answer(scenario: Scenario, beside: Scenario | None, waiting: Callable[[], object] = _nothing) -> Answer:
    """Return a scenario, and the one beside it, worked out: on the default grid if that is finished, else on the fast.

    Parameters
    ----------
    scenario, beside : what is looked at, and what it is compared with.
    waiting : called once if the answer takes so long that somebody would notice.

    Raises
    ------
    GrandDealError : what went wrong, for the user.
    """
    (this, *others), tickets = _best(scenario, beside, waiting, whole=True)
    return Answer(tickets, _named(this, scenario), _named(others[0], beside) if beside is not None else None)


def _best(
    scenario: Scenario,
    beside: Scenario | None,
    waiting: Callable[[], object],
    *,
    whole: bool,
    early: Callable[[Heads, Heads | None], object] | None = None,
) -> tuple[list[Any], tuple[Ticket, ...]]:
    wanted = _wanted(scenario, beside)
    look = desk().look if whole else desk().glance
    best = [look(each, DEFAULT) for _, each in wanted]
    if all(found is not None for found in best):
        return best, ()
    soon = [desk().ask(who, each, FAST, digest=not whole) for who, each in wanted]
    if early is not None and not all(ticket.done for ticket in soon):
        known = [_wait(ticket, waiting, soon=True) for ticket in soon]
        heads = [found.result if isinstance(found, Worked) else found for found in known]
        early(heads[0], heads[1] if beside is not None else None)
    best = [_wait(ticket, waiting) for ticket in soon]
    tickets = tuple(desk().ask(who, each, DEFAULT, digest=not whole) for who, each in wanted)
    if all(ticket.done and not ticket.failed for ticket in tickets):  # finished in the meantime
        return [ticket.result() for ticket in tickets], ()
    return best, tickets


def _wanted(scenario: Scenario, beside: Scenario | None) -> list[tuple[str, Scenario]]:
    wanted = [(state.session(), scenario)]
    if beside is not None:
        # a session of its own, so that neither request takes the other's place
        wanted.append((f"{state.session()}/beside", beside))
    return wanted


def worked(scenario: Scenario) -> tuple[Worked, Ticket | None]:
    """Return a scenario worked out: on the default grid if that is finished, else on the fast one.

    The second value is the ticket of the default grid's figures, while they are not finished. Raises as `answer`.
    """
    found = answer(scenario, None)
    return found.this, found.waiting[0] if found.waiting else None


def fast(scenario: Scenario) -> Worked:
    """Return a scenario worked out on the fast grid. Raises as `answer`."""
    found: Worked = _wait(desk().ask(state.session(), scenario, FAST), _nothing)
    return _named(found, scenario)


def why(scenario: Scenario) -> Ticket:
    """Return the ticket of the reasons for what each capital would do now, on the fast grid."""
    return desk().ask(state.session(), scenario, WHY)


def redraw_when_done(*tickets: Ticket) -> None:
    """Look again every now and then, and draw the page anew when one more piece of work is done.

    Work that failed is not asked for again before something changes.
    """
    open_ = [ticket for ticket in tickets if not ticket.done]
    if not open_:
        return

    @st.fragment(run_every=LOOK * max(1.0, sum(desk().load.values()) / CROWD))
    def waiting() -> None:
        if any(ticket.done and not ticket.failed for ticket in open_):
            st.rerun()

    waiting()


def _wait(ticket: Ticket, waiting: Callable[[], object], *, soon: bool = False) -> Any:
    """Wait for a piece of work, or, ``soon``, for what is known of it before the rest."""
    begun, told = time.monotonic(), False
    while True:
        try:
            if soon and (heads := ticket.early(0.1)) is not None:
                return heads
            return ticket.result(0.1)
        except TimeoutError:
            # any look at the session lets a newer request of it interrupt this run
            _ = Key.HISTORY in st.session_state
            seconds = time.monotonic() - begun
            if seconds > PATIENCE:
                raise GrandDealError(
                    "This takes longer than usual; many people may be asking at this moment. Please try again."
                ) from None
            if seconds > NOTICE and not told:
                told = True
                waiting()
        except Dropped:
            st.rerun()


def _named(found: Worked, scenario: Scenario) -> Worked:
    return replace(found, result=_titled(found.result, scenario))


def _titled(found: Worked | Result, scenario: Scenario) -> Result:
    """Work is shared by all scenarios of equal values, whatever their names: put this one's on it."""
    result = found.result if isinstance(found, Worked) else found
    return replace(result, scenario=scenario.id, title=scenario.title, question=scenario.question)


def sealed(result: Result) -> Result:
    """Return a forecast whose mappings cannot be written to: sessions share it."""
    seen = {each.name: getattr(result, each.name) for each in fields(result)}
    proxies: dict[str, Any] = {name: MappingProxyType(it) for name, it in seen.items() if isinstance(it, dict)}
    return replace(result, **proxies)


def _result(found: Worked) -> Result:
    return found.result


def _fast(scenario: Scenario, foretell: Callable[[Early], object] | None = None, crowded: bool = False) -> Worked:
    """With others at work, one thread for each of them does more in all than all threads for one after another."""
    from sim.solver.threads import keeping_to_itself

    with keeping_to_itself() if crowded else contextlib.nullcontext():
        return _work_out(scenario, FAST, None, foretell)


def _default(scenario: Scenario, hold_still: Callable[[], None] = _nothing) -> Worked:
    from sim.solver.threads import yielding

    with yielding(hold_still):
        return _work_out(scenario, DEFAULT, 1)


def _work_out(
    scenario: Scenario, grid: str, threads: int | None, foretell: Callable[[Early], object] | None = None
) -> Worked:
    from sim.forecast.bands import kept_bands
    from sim.forecast.outcomes import forecast, headlines
    from sim.forecast.run import MONTHS, forecast_of, solved

    model, solution = solved(scenario, grid=grid, threads=threads, remember=MONTHS)
    forward = forecast(model, solution, MONTHS)
    if foretell is not None:  # courses are sampled after this, and take as long again
        foretell(Early(headlines(model, forward), kept_bands(scenario, MONTHS)))
    found = Worked(model, solution, sealed(forecast_of(model, solution, forward=forward)))
    _settle(grid)
    return found


def _why(scenario: Scenario, hold_still: Callable[[], None] = _nothing) -> Explanation:
    from sim.forecast.explain import explain_solved
    from sim.solver.threads import yielding

    with yielding(hold_still):
        found: Worked = desk().look(scenario, FAST) or _fast(scenario)
        explanation = explain_solved(found.model, found.solution, threads=1)
    _settle(WHY)
    return explanation


def _settle(lane: str) -> None:
    """After the first piece of each lane, leave what has been loaded by then out of further garbage collections.

    Streamlit collects all garbage after every run of a page, and after every look of a fragment; with compilers and
    models loaded that holds everybody up for a tenth of a second each time.
    """
    if lane not in _settled:
        _settled.add(lane)
        gc.collect()
        gc.freeze()
