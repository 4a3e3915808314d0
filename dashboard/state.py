"""What one session remembers, and the only module that writes it.

Widgets of parameters never hold the truth: the truth is the study in the history. Before a widget is drawn its state is
set from the study, and its callback goes one step on from there; so undo, links and files move every slider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.keys import Key
from dashboard.study import History, Study, from_link, to_link
from sim.errors import ScenarioError
from sim.scenario import Scenario


def begin() -> None:
    """Set a new session up, from the link that opened it. Does nothing in one that is set up already."""
    if Key.HISTORY in st.session_state:
        return
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    read = from_link(query)
    st.session_state[Key.HISTORY] = History((Study(),)) if read.study == Study() else History((Study(), read.study), 1)
    st.session_state[Key.PINNED] = read.pinned
    st.session_state[Key.NOTES] = read.refused


def history() -> History:
    """Return the way that the session went."""
    found: History = st.session_state[Key.HISTORY]
    return found


def study() -> Study:
    """Return what is being looked at."""
    return history().now


def scenario() -> Scenario:
    """Return the scenario being looked at; every step was checked before it was taken."""
    return study().resolved()


def pinned() -> Study | None:
    """Return the study pinned beside it for comparison, if any."""
    found: Study | None = st.session_state.get(Key.PINNED)
    return found


def notes() -> tuple[str, ...]:
    """Return what a link or a file had refused, for showing once, and forget it."""
    found: tuple[str, ...] = st.session_state.get(Key.NOTES, ())
    st.session_state[Key.NOTES] = ()
    return found


def tell(*sentences: str) -> None:
    """Leave sentences to be shown at the top of the next run."""
    st.session_state[Key.NOTES] = (*st.session_state.get(Key.NOTES, ()), *sentences)


def go(to: Study) -> bool:
    """Go on to a study, unless its values do not fit together: then stay and tell why. Return whether it went."""
    try:
        to.resolved()
    except ScenarioError as error:
        tell(*(str(problem) for problem in error.problems))
        return False
    st.session_state[Key.HISTORY] = history().step(to)
    _write_link()
    return True


def change(values: Mapping[str, Any]) -> bool:
    """Go on to the same study with some parameters changed. Return whether it went."""
    return go(study().with_changes(values))


def undo() -> None:
    """Go one step back."""
    st.session_state[Key.HISTORY] = history().undo()
    _write_link()


def redo() -> None:
    """Take back going back."""
    st.session_state[Key.HISTORY] = history().redo()
    _write_link()


def reset() -> None:
    """Go on to the shipped scenario without changes."""
    go(Study(study().scenario))


def pin(what: Study | None) -> None:
    """Pin a study for comparison, or none."""
    st.session_state[Key.PINNED] = what
    _write_link()


def link() -> dict[str, list[str]]:
    """Return the query parameters that bring back all of this; empty for the plain baseline."""
    if study() == Study() and pinned() is None:
        return {}
    return to_link(study(), pinned())


def session() -> str:
    """Return the session's id; outside of a server, the same for all."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else "alone"


def _write_link() -> None:
    wanted = link()
    if {name: st.query_params.get_all(name) for name in st.query_params} != wanted:
        st.query_params.from_dict(wanted)
