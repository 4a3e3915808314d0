"""The desk that all sessions of this server share, and what a page asks of it."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.desk import Desk, Ticket, Worked, work_out
from sim.errors import GrandDealError
from sim.scenario import Scenario

FAST, DEFAULT = "fast", "default"
PATIENCE = 60.0
"""Seconds that a page waits for the fast grid before it says so."""


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Return the desk, made when it is first needed."""
    return Desk(work_out)


def worked(scenario: Scenario) -> tuple[Worked, Ticket | None]:
    """Return a scenario worked out: on the default grid if that is finished, else on the fast one.

    The second value is the ticket of the default grid's figures, while they are not finished.

    Raises
    ------
    GrandDealError : what went wrong, for the user.
    """
    best = desk().look(scenario, DEFAULT)
    if best is not None:
        return best, None
    session = state.session()
    fast = desk().ask(session, scenario, FAST)
    try:
        found = fast.result(PATIENCE)
    except TimeoutError:
        raise GrandDealError("This takes longer than usual; many people may be asking at this moment.") from None
    return found, desk().ask(session, scenario, DEFAULT)
