"""Explore: payoffs under your hands, the answer on the first screen, the reason beside it."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from urllib.parse import urlencode

import streamlit as st

from dashboard import state, work
from dashboard.components import bands, charts, gallery, moves, told
from dashboard.components.headline import PROVISIONAL, headline, skeleton, unknown
from dashboard.components.payoffs import payoffs, table
from dashboard.components.sharing import open_file, share
from dashboard.components.tally import tally
from dashboard.components.told import plain
from dashboard.components.tour import tour
from dashboard.desk import Ticket
from dashboard.keys import Key
from dashboard.study import MONTHS, Study
from sim.errors import GrandDealError
from sim.scenario import Scenario

SLIDERS = 364
"""Height of the pane of sliders: as much as the answer beside it needs."""
REASONS = 218
"""Height of the reasons, so that nothing moves when they arrive."""
UNTIL, FAILED = "Working it out.", "no figures: they could not be worked out."
PINNING = "Keep this as B: everything else is then compared with it instead of with the baseline."


def view() -> None:
    """Draw the page.

    On a first visit all that needs no figures is drawn before these are there. Later it stands there anyway, and comes
    after the figures: drawing it would only keep the two cores from these.
    """
    study, scenario, beside = state.study(), state.scenario(), state.compared()
    work.ahead(scenario, beside.resolved() if beside else None)
    with st.container(key="top"):
        bar, asked = st.container(horizontal=True, gap="small", vertical_alignment="center"), st.container()
    with asked:
        words, months = st.columns([0.74, 0.26], gap="medium", vertical_alignment="center")
    head = st.container(key="headline")
    left, right = st.columns([0.345, 0.655], gap="medium")
    foot = st.container()
    with bar:
        _bar()
    with left:
        hands = st.container(key="hands")
    with head:
        figures = st.empty()
    with right:
        pictures = st.empty()
    first = Key.DRAWN not in st.session_state

    def meanwhile() -> None:
        if first:
            with figures:
                skeleton()
            with pictures:
                st.html('<div class="gd-blank gd-answer" role="status">Solving the game ...</div>')

    drawn, player = False, ""

    def draw_hands() -> None:
        nonlocal player
        if not player:
            with hands:
                player = payoffs(study, scenario, height=SLIDERS)

    if first:
        with words:
            spoken = st.empty()
        spoken.html(_question(study, beside, UNTIL))
        with months:
            _months()
        with bar:
            _take_away(study, scenario, None)
        draw_hands()

    def early(this: work.Heads, other: work.Heads | None) -> None:
        nonlocal drawn
        drawn = True
        figures.empty()
        with head:
            headline(this, other, state.month(), provisional=True)
        draw_hands()

    found, problem = None, ""
    try:
        found = work.figures(scenario, beside.resolved() if beside else None, meanwhile, early)
        st.session_state[Key.DRAWN] = True
    except GrandDealError as error:
        problem = str(error)
    draw_hands()
    if found is not None:
        found = replace(found, this=bands.banded(found.this, scenario))
    if drawn and found is not None and not found.provisional:  # the finer figures were finished meanwhile
        st.rerun()
    figures.empty()
    pictures.empty()
    told_now = _question(study, beside, _grid(found))
    if first:
        spoken.html(told_now)
    else:
        with words:
            st.html(told_now)
        with months:
            _months()
    tickets: tuple[Ticket, ...] = ()
    if found is None:
        with head:
            unknown(state.month())
        with right, st.container(key="failed"):
            _failed(problem)
    else:
        if not drawn:
            with head:
                headline(found.this, found.other, state.month(), provisional=found.provisional)
        with right:
            tickets = (*found.waiting, *_answer(found, scenario, _name(beside), player))
    with foot:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            tally(scenario)
            bands.offer(found.this if found is not None else None, scenario)
            st.space("stretch")
            as_table = st.toggle("All as a table", key=Key.TABLE, help="Every parameter and setting, to type over")
        if as_table:
            table(study, scenario)
    tour()
    if not first:
        with bar:
            _take_away(study, scenario, found)
    work.redraw_when_done(*tickets)


def _bar() -> None:
    gallery.choose(width=300)
    history, pinned = state.history(), state.pinned()
    st.button("Undo", key=Key.UNDO, on_click=state.undo, disabled=not history.can_undo)
    st.button("Redo", key=Key.REDO, on_click=state.redo, disabled=not history.can_redo)
    st.button("Reset", key=Key.RESET, on_click=state.reset, disabled=not state.study().changes)
    if pinned is None:
        st.button("Pin as B", key=Key.PIN, on_click=state.pin, args=(state.study(),), help=PINNING)
    else:
        st.button(
            "Swap with B", key=Key.SWAP, on_click=state.swap, help=f"B is: {plain(str(pinned))}. Look at it instead."
        )
        st.button("Unpin B", key=Key.UNPIN, on_click=state.pin, args=(None,), help="Compare with the baseline again.")


def _take_away(study: Study, scenario: Scenario, found: work.Figures | None) -> None:
    st.space("stretch")
    share(study, scenario, *((found.this, found.other) if found is not None else (None,)))
    open_file()


def _months() -> None:
    st.segmented_control(
        "By the end of month",
        MONTHS,
        default=state.month(),
        format_func=lambda month: f"{month} mo.",
        key=Key.MONTH,
        required=True,
        on_change=_month_chosen,
        label_visibility="collapsed",
        width="stretch",
    )


def _question(study: Study, beside: Study | None, grid: str) -> str:
    """Return the question and what the figures under it are, as HTML."""
    against = f"differences to {_name(beside)}. " if beside else "no changes made yet. "
    if study.changes and beside is None:
        against = "the same as B. "
    if grid == FAILED:
        against = ""
    return (
        f'<h1 class="gd-question">{escape(gallery.question())}</h1>'
        f'<p class="gd-sub" role="status" data-link="{escape(urlencode(state.link(), doseq=True))}">'
        f"At the end of month {state.month()}; {escape(against)}{grid} "
        "This explores a model; it predicts nothing.</p>"
    )


def _grid(found: work.Figures | None) -> str:
    """Say what the figures are, in a sentence or two."""
    if found is None:
        return FAILED
    over = " Ranges: p10 to p90 of the ensemble." if found.this.bands is not None else ""
    if found.failed:
        return f"{PROVISIONAL} figures of the fast grid; the finer ones could not be computed.{over}"
    return f"{PROVISIONAL} fast grid, finer figures follow.{over}" if found.provisional else f"Default grid.{over}"


def _failed(problem: str) -> None:
    """Say what went wrong and what can be done about it."""
    told.problem(problem)
    back = " Undo takes the last change back." if state.history().can_undo else ""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button("Try again", key=Key.RETRY, type="primary")  # a press is a new run, and that is all it takes
        st.caption(f"The sliders and the link keep what you set.{back}")


def _month_chosen() -> None:
    state.set_month(st.session_state[Key.MONTH])


def _name(beside: Study | None) -> str:
    if beside is None:
        return ""
    return "B" if state.pinned() is not None else "baseline"


def _answer(found: work.Figures, scenario: Scenario, beside: str, player: str) -> tuple[Ticket, ...]:
    result, other = found.this, found.other
    for column, chart in zip(st.columns(3, gap="small"), (charts.freed, charts.held, charts.relief), strict=True):
        with column:
            chart(result, other, state.month(), key=f"chart-{chart.__name__}", beside=beside)
    with st.container(key="reasons"):
        doing, reasons = st.columns([0.47, 0.53], gap="medium")
    with doing:
        moves.now(result)
    with reasons:
        return _reasons(scenario, player)


def _reasons(scenario: Scenario, player: str) -> tuple[Ticket, ...]:
    """The reasons take one place of one height, whether they are there already or not."""
    explanation, problem = None, ""
    tickets: tuple[Ticket, ...] = ()
    try:
        ticket = work.why(scenario)
        if ticket.done:
            explanation = ticket.result()
        else:
            tickets = (ticket,)
    except GrandDealError as error:
        problem = f"The reasons could not be worked out. {error}"
    moves.why(explanation, player, problem, height=REASONS)
    return tickets
