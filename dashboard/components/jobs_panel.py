"""Long work that a page asks for: started by a button, followed without holding the page up, stopped by another.

What was worked out is kept for the session, a few pieces for each question, each with the values it was asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components import told
from dashboard.jobs import Job
from dashboard.keys import Key
from dashboard.shelf import Piece, Shelf, Visit
from sim.errors import GrandDealError
from sim.scenario import Scenario, to_toml

KEPT = 24
"""Finished pieces that a session keeps."""
LOOK = 0.5
"""Seconds between two looks at work that is going on."""


def answer(
    name: str, scenario: Scenario, words: Sequence[str], *, label: str, note: str = "", primary: bool = True
) -> dict[str, Any] | None:
    """Draw the button, the progress or what went wrong, and return the answer once there is one.

    Parameters
    ----------
    name : of the question; one piece of work of a name runs at a time in a session.
    scenario : what the command is run on, through its standard input.
    words : the command, without the program: ``("tipping", "-", "--json")``.
    label, note : of the button, and a sentence beside it.
    """
    piece = (name, scenario.hash, tuple(words))
    job = _kept().get(piece)
    if job is None or job.cancelled:
        _offer(piece, scenario, label, note if job is None else f"Stopped. {note}", primary)
        return None
    if job.running:
        _follow(name, job)
        return None
    try:
        return job.result()
    except GrandDealError as error:
        told.problem(f"This could not be worked out: {error}")
        st.button("Try again", key=Key.JOBS.of(name, "again"), on_click=ask, args=(piece, to_toml(scenario)))
        return None


def kept(name: str, scenario: Scenario, words: Sequence[str]) -> dict[str, Any] | None:
    """Return the answer of a piece of work that is finished, without drawing anything; else None."""
    job = _kept().get((name, scenario.hash, tuple(words)))
    return None if job is None or job.running else job.answer


def running(name: str, scenario: Scenario, words: Sequence[str]) -> Job | None:
    """Return a piece of work that goes on, without drawing anything; else None."""
    job = _kept().get((name, scenario.hash, tuple(words)))
    return job if job is not None and job.running and not job.cancelled else None


def failure(name: str, scenario: Scenario, words: Sequence[str]) -> str:
    """Return what went wrong with a piece of work, without drawing anything; empty where nothing did."""
    job = _kept().get((name, scenario.hash, tuple(words)))
    if job is None or job.running or job.cancelled or job.answer is not None:
        return ""
    try:
        job.result()
    except GrandDealError as error:
        return str(error)
    return ""


def line(name: str, job: Job, what: str) -> None:
    """Draw in one line how far a piece of work is, and the button that stops it."""

    @st.fragment(run_every=LOOK)
    def following() -> None:
        if not job.running:
            st.rerun()
        done = f"{job.done} of {job.total}" if job.total else "waiting for room" if job.waiting else "starting"
        st.html(f'<p class="gd-line" role="status">{escape(what)}: {done} ...</p>', width="content")

    following()
    st.button("Stop", key=Key.JOBS.of(name, "stop"), type="tertiary", on_click=job.cancel)


def stop(piece: Piece) -> None:
    """Stop a piece of work."""
    if (job := _kept().get(piece)) is not None:
        job.cancel()


def ask(piece: Piece, scenario: str) -> None:
    """Start a piece of work; an earlier one of the same name that still runs is stopped."""
    kept = _kept()
    for other, job in kept.items():
        if other[0] == piece[0] and job.running:
            job.cancel()
    kept[piece] = Job(piece[2], scenario)
    kept.move_to_end(piece)
    while len(kept) > KEPT:
        kept.popitem(last=False)[1].cancel()


def _offer(piece: Piece, scenario: Scenario, label: str, note: str, primary: bool) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            label,
            key=Key.JOBS.of(piece[0]),
            type="primary" if primary else "secondary",
            on_click=ask,
            args=(piece, to_toml(scenario)),
        )
        if note:
            st.caption(note)


def _follow(name: str, job: Job) -> None:
    with st.container(key="job"):

        @st.fragment(run_every=LOOK)
        def following() -> None:
            if not job.running:
                st.rerun()
            share = min(1.0, job.done / job.total) if job.total else 0.0
            st.progress(share, text=far(job))
            st.button("Stop", key=Key.JOBS.of(name, "stop"), on_click=job.cancel)

        following()


def far(job: Job) -> str:
    """Say how far a piece of work is."""
    if job.waiting:
        return "Waiting for room: other long work is going on here."
    if job.cancelled:
        return "Stopping ..."
    count = f"{job.done:,} of {job.total:,} forecasts, " if job.total else ""
    return f"Working it out in a process of its own: {count}{job.seconds:.0f} seconds so far. The page goes on."


def present() -> None:
    """Tell that the page is open: work that was asked for is stopped some time after it has gone."""
    shelf = st.session_state.get(Key.JOBS)
    # a run that its session has left behind has no page any more
    if shelf is not None and get_script_run_ctx(suppress_warning=True) is not None:
        _visit(shelf.name, shelf)


@st.cache_resource(scope="session", on_release=Visit.end, show_spinner=False)
def _visit(name: str, _shelf: Shelf) -> Visit:
    """Streamlit keeps this as long as the page is connected, and says when it is not."""
    return _shelf.visited()


def _kept() -> OrderedDict[Piece, Job]:
    shelf: Shelf = st.session_state.setdefault(Key.JOBS, Shelf())
    present()
    return shelf.pieces
