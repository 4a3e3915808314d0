"""Explore: payoffs under your hands, the answer on the first screen, the reason beside it."""

from __future__ import annotations

import streamlit as st

from dashboard import state, work
from dashboard.components import charts, moves
from dashboard.components.headline import headline
from dashboard.components.payoffs import payoffs
from dashboard.desk import Ticket
from dashboard.keys import Key
from dashboard.study import BASELINE, Study
from sim.errors import GrandDealError
from sim.scenario import catalogue

MONTH = 24


def view() -> None:
    """Draw the page."""
    left, right = st.columns([0.36, 0.64], gap="medium")
    with left:
        _choose()
        payoffs(state.study(), state.scenario(), height=410)
    with right:
        try:
            _answer()
        except GrandDealError as error:
            st.error(str(error))


def _choose() -> None:
    entries = {entry.id: entry for entry in catalogue()}
    st.session_state[Key.SCENARIO] = state.study().scenario
    st.selectbox(
        "Scenario",
        list(entries),
        format_func=lambda name: entries[name].title,
        key=Key.SCENARIO,
        on_change=_chosen,
        label_visibility="collapsed",
    )
    st.caption(entries[state.study().scenario].question)
    with st.container(horizontal=True, gap="small"):
        history = state.history()
        st.button("Undo", key=Key.UNDO, on_click=state.undo, disabled=not history.can_undo)
        st.button("Redo", key=Key.REDO, on_click=state.redo, disabled=not history.can_redo)
        st.button("Reset", key=Key.RESET, on_click=state.reset, disabled=not state.study().changes)


def _chosen() -> None:
    state.go(Study(st.session_state[Key.SCENARIO]))


def _answer() -> None:
    scenario, beside = state.scenario(), state.pinned() or Study(BASELINE)
    found, ticket = work.worked(scenario)
    other = None
    if beside != state.study():
        other = work.desk().look(beside.resolved(), found.result.grid) or work.worked(beside.resolved())[0]
    result, compared = found.result, other.result if other else None
    headline(result, compared, MONTH, provisional=ticket is not None)
    columns = st.columns(3, gap="small")
    with columns[0]:
        charts.freed(result, compared, key="chart-freed")
    with columns[1]:
        charts.held(result, compared, key="chart-held")
    with columns[2]:
        charts.relief(result, compared, key="chart-relief")
    moves.now(result)
    if ticket is not None:
        _wait(ticket)


def _wait(ticket: Ticket) -> None:
    @st.fragment(run_every=0.25)
    def waiting() -> None:
        if ticket.done:
            st.rerun()

    waiting()
