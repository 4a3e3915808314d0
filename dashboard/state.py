"""What one session remembers, and the only module that writes it.

Widgets of parameters never hold the truth: the truth is the study in the history. Before a widget is drawn its state is
set from the study, and its callback goes one step on from there; so undo, links and files move every slider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.keys import Key
from dashboard.study import LAST_MONTH, History, Read, Study, from_link, own, to_link
from sim.errors import ScenarioError
from sim.scenario import Scenario
from sim.scenario.load import OVERRIDE


def begin() -> None:
    """Set a new session up from the link that opened it; in a running one, follow the address when somebody changed it.

    The address changes by itself when the browser's way back is taken; on another page it starts without our part.
    """
    query = own({name: st.query_params.get_all(name) for name in st.query_params})
    page, before = _page(), st.session_state.get(Key.PAGE)
    st.session_state[Key.PAGE] = page
    back = not query and page == before and bool(st.session_state.get(Key.WRITTEN))
    if Key.HISTORY not in st.session_state:
        read = from_link(query)
        steps = (Study(),) if read.study == Study() else (Study(), read.study)
        st.session_state[Key.HISTORY] = History(steps, len(steps) - 1)
        _take(read)
        st.session_state[Key.TOUR] = None if query else 0
    elif back or (query and query != st.session_state.get(Key.WRITTEN)):
        read = from_link(query)
        st.session_state[Key.HISTORY] = history().step(read.study)
        _take(read)
        st.session_state[Key.PLAIN] = back  # or the way back would end here
    _write_link()


def _page() -> str:
    """Return which page is being drawn; outside of a server, always the same."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return context.page_script_hash if context else ""


def _take(read: Read) -> None:
    st.session_state[Key.PINNED] = read.pinned
    st.session_state[Key.MONTH] = read.month
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
    """Return what a link, a file or a value typed in had refused.

    It stands there until it is dismissed or the study moves on: a page is drawn anew by itself when finer figures come.
    """
    found: tuple[str, ...] = st.session_state.get(Key.NOTES, ())
    return found


def tell(*sentences: str) -> None:
    """Show sentences at the top of the page, in place of those that stand there."""
    st.session_state[Key.NOTES] = sentences


def forget() -> None:
    """Take the sentences away."""
    tell()


def go(to: Study) -> bool:
    """Go on to a study, unless its values do not fit together: then stay and tell why. Return whether it went."""
    try:
        to.resolved()
    except ScenarioError as error:
        _refuse(error)
        return False
    _move(history().step(to))
    return True


def enter(texts: Mapping[str, str]) -> bool:
    """Go on to the same study with some values typed in. Return whether it went."""
    try:
        return go(study().entered(texts))
    except ScenarioError as error:
        _refuse(error)
        return False


def change(values: Mapping[str, Any]) -> bool:
    """Go on to the same study with some parameters changed. Return whether it went."""
    return go(study().with_changes(values))


def _refuse(error: ScenarioError) -> None:
    """Tell what is wrong with values set by hand; on a page they come from no file and no option."""
    tell(*(str(problem).removeprefix(f"{OVERRIDE}: ") for problem in error.problems))


def undo() -> None:
    """Go one step back."""
    _move(history().undo())


def redo() -> None:
    """Take back going back."""
    _move(history().redo())


def reset() -> None:
    """Go on to the scenario without changes: the shipped one, or the file as it was opened."""
    opened: Study | None = st.session_state.get(Key.OPENED)
    mine = opened is not None and opened.name == study().name and opened.title == study().title
    go(opened if mine and opened is not None else Study(study().scenario))


def open_study(opened: Study) -> None:
    """Go on to a study that came from a file, and remember what `reset` goes back to."""
    if go(opened):
        st.session_state[Key.OPENED] = opened


def pin(what: Study | None) -> None:
    """Pin a study for comparison, or none."""
    st.session_state[Key.PINNED] = what
    _write_link()


def swap() -> None:
    """Look at what is pinned, and pin what was looked at."""
    now, beside = study(), pinned()
    if beside is not None and go(beside):
        pin(now)


def compared() -> Study | None:
    """Return what the study is compared with: the pinned one or the baseline; None where that is the study itself."""
    beside = pinned() or Study()
    return None if beside == study() else beside


def month() -> int:
    """Return the month whose headline figures are looked at."""
    chosen: int = st.session_state.get(Key.MONTH, LAST_MONTH)
    return chosen


def set_month(chosen: int) -> None:
    """Look at another month."""
    st.session_state[Key.MONTH] = chosen
    _write_link()


def tour() -> int | None:
    """Return the step of the tour that is shown, counted from 0; None without one."""
    found: int | None = st.session_state.get(Key.TOUR)
    return found


def set_tour(step: int | None) -> None:
    """Show a step of the tour, or end it; that it has ended is remembered in the address."""
    st.session_state[Key.TOUR] = step
    _write_link()


def link() -> dict[str, list[str]]:
    """Return the query parameters that bring back all of this; empty for the plain baseline on a first visit."""
    plain = tour() is not None or st.session_state.get(Key.PLAIN, False)
    if study() == Study() and pinned() is None and month() == LAST_MONTH and plain:
        return {}
    return to_link(study(), pinned(), month())


def hold(key: str, value: Any) -> bool:
    """Let the widget of this key show a value when it is drawn next. Return whether that had to be told.

    Told is only what it does not show yet: whatever is told takes back what hands did to the widget meanwhile, the
    press of a key or half a word.
    """
    if key in st.session_state and st.session_state[key] == value:
        return False
    st.session_state[key] = value
    return True


def session() -> str:
    """Return the session's id; outside of a server, the same for all."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else "alone"


def _move(to: History) -> None:
    st.session_state[Key.HISTORY] = to
    forget()
    _write_link()


def _write_link() -> None:
    """Write our part of the address; what else stands there belongs to the page."""
    wanted = link()
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    if own(given) != wanted:
        st.query_params.from_dict({**{n: v for n, v in given.items() if n not in own(given)}, **wanted})
    st.session_state[Key.WRITTEN] = wanted
