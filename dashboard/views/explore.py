"""Explore: payoffs under your hands, the answer on the first screen, the reason beside it."""

from __future__ import annotations

import streamlit as st

from dashboard import state, work
from dashboard.components import charts, moves
from dashboard.components.headline import headline
from dashboard.components.payoffs import payoffs
from dashboard.components.sharing import share
from dashboard.desk import Ticket
from dashboard.keys import Key
from dashboard.study import BASELINE, Study
from sim.errors import GrandDealError
from sim.scenario import Scenario, catalogue

MONTH = 24
PINNING = "Keep this as B: everything else is then compared with it instead of with the baseline."


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
        pinned = state.pinned()
        if pinned is None:
            st.button("Pin as B", key=Key.PIN, on_click=state.pin, args=(state.study(),), help=PINNING)
        else:
            st.button("Unpin B", key=Key.UNPIN, on_click=state.pin, args=(None,), help=f"B is: {pinned}")
            st.button("Swap", key=Key.SWAP, on_click=_swap, help="Look at B, and compare it with this.")


def _swap() -> None:
    now, beside = state.study(), state.pinned()
    if beside is not None and state.go(beside):
        state.pin(now)


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
    with st.container(horizontal=True, gap="small"):
        share(state.study(), scenario, result)
    _reasons(scenario)
    if ticket is not None:
        _wait(ticket)


def _reasons(scenario: Scenario) -> None:
    st.subheader("Why")
    ticket = work.why(scenario)
    if ticket.done:
        moves.why(ticket.result())
        return
    st.caption("Splitting each choice into what speaks for and against it ...")
    _wait(ticket)


def _wait(ticket: Ticket) -> None:
    """Look again four times a second, and draw the page anew when the work is done."""

    @st.fragment(run_every=0.25)
    def waiting() -> None:
        if ticket.done:
            st.rerun()

    waiting()
