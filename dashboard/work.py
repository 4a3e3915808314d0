"""The desk that all sessions of this server share, the kinds of work it does, and what a page asks of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import state
from dashboard.desk import Desk, Lane, Ticket
from sim.errors import GrandDealError
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.forecast import Result
    from sim.forecast.explanation import Explanation
    from sim.model import Model
    from sim.solver import Solution

FAST, DEFAULT, WHY = "fast", "default", "why"
PATIENCE = 60.0
"""Seconds that a page waits for the fast grid before it says so."""


@dataclass(frozen=True)
class Worked:
    """A scenario worked out on one grid: shared among sessions, so never to be changed."""

    model: Model = field(repr=False)
    solution: Solution = field(repr=False)
    result: Result = field(repr=False)


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Return the desk, made when it is first needed."""
    return Desk({FAST: Lane(_fast, kept=24), DEFAULT: Lane(_default, kept=6, patient=True), WHY: Lane(_why, 48, True)})


def worked(scenario: Scenario) -> tuple[Worked, Ticket | None]:
    """Return a scenario worked out: on the default grid if that is finished, else on the fast one.

    The second value is the ticket of the default grid's figures, while they are not finished.

    Raises
    ------
    GrandDealError : what went wrong, for the user.
    """
    best: Worked | None = desk().look(scenario, DEFAULT)
    if best is not None:
        return best, None
    return fast(scenario), desk().ask(state.session(), scenario, DEFAULT)


def fast(scenario: Scenario) -> Worked:
    """Return a scenario worked out on the fast grid. Raises as `worked`."""
    try:
        found: Worked = desk().ask(state.session(), scenario, FAST).result(PATIENCE)
    except TimeoutError:
        raise GrandDealError("This takes longer than usual; many people may be asking at this moment.") from None
    return found


def why(scenario: Scenario) -> Ticket:
    """Return the ticket of the reasons for what each capital would do now, on the fast grid."""
    return desk().ask(state.session(), scenario, WHY)


def _fast(scenario: Scenario) -> Worked:
    return _work_out(scenario, FAST, None)


def _default(scenario: Scenario) -> Worked:
    return _work_out(scenario, DEFAULT, 1)


def _work_out(scenario: Scenario, grid: str, threads: int | None) -> Worked:
    from sim.forecast.run import forecast_of, solved

    model, solution = solved(scenario, grid=grid, threads=threads)
    return Worked(model, solution, forecast_of(model, solution))


def _why(scenario: Scenario) -> Explanation:
    from sim.forecast.explain import explain_solved

    found: Worked = desk().look(scenario, FAST) or _fast(scenario)
    return explain_solved(found.model, found.solution, answers=0)
