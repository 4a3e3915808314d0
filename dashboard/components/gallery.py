"""The shipped scenarios, chosen by name or by the question that they ask."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.keys import Key
from dashboard.study import Study
from sim.scenario import catalogue


def choose(*, width: int) -> None:
    """Draw the list of scenarios, and the button that opens the gallery of questions."""
    entries = {entry.id: entry for entry in catalogue()}
    state.hold(Key.SCENARIO, state.study().scenario)
    st.selectbox(
        "Scenario",
        list(entries),
        format_func=lambda name: entries[name].title,
        key=Key.SCENARIO,
        on_change=_chosen,
        label_visibility="collapsed",
        width=width,
    )
    if st.button(f"All {len(entries)} questions", key=Key.GALLERY, help="Choose by the question that is asked"):
        _gallery()


def question() -> str:
    """Return the question that the scenario at hand asks, or the title of one that was opened from a file."""
    study = state.study()
    entry = next(entry for entry in catalogue() if entry.id == study.scenario)
    return study.question or study.title or entry.question


def _chosen() -> None:
    _go(st.session_state[Key.SCENARIO])


def _go(scenario: str) -> None:
    state.go(Study(scenario))


@st.dialog("Which question?", width="large")
def _gallery() -> None:
    columns = st.columns(2, gap="small")
    for number, entry in enumerate(catalogue()):
        with columns[number % 2]:
            here = entry.id == state.study().scenario
            if st.button(
                f"**{entry.title}**  \n{entry.question}",
                key=Key.GALLERY.of(entry.id),
                type="primary" if here else "secondary",
                width="stretch",
                on_click=_go,
                args=(entry.id,),
            ):
                st.rerun()
