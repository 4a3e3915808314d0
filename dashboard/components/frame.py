"""What every page beside Explore begins and ends with: the scenario, a heading, the command to reproduce it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.components import gallery
from dashboard.navigation import PAGES, Page
from dashboard.study import Study, value_text

SHEET = Path(__file__).with_name("pages.css")
BARS, COURSE, MAP, ROWS = "bars", "course", "map", "rows"
SKETCHED = {BARS: 10, COURSE: 3, MAP: 55, ROWS: 12}
"""Kinds of sketches, and of how many pieces each is made."""
NOTHING = "This explores a model; it predicts nothing."


def frame(title: str, lead: str = "", *, scenario: bool = True) -> None:
    """Draw the top of a page: which scenario is looked at, the page's question, and a sentence under it."""
    st.html(_sheet())
    if scenario:
        study = state.study()
        with st.container(key="top"), st.container(horizontal=True, gap="small", vertical_alignment="center"):
            gallery.choose(width=300)
            changed = f"{len(study.changes)} changed" if study.changes else "as shipped"
            st.page_link(registered(PAGES[0]), label=f"Payoffs: {changed}. Change them in Explore")
    heading(title, lead)


def heading(title: str, lead: str = "") -> None:
    """Draw the page's question and a sentence under it. ``lead`` is text; nothing in it is markup."""
    under = f'<p class="gd-sub">{escape(lead)}</p>' if lead else ""
    st.html(f'<h1 class="gd-question">{escape(title)}</h1>{under}')


def section(title: str, note: str = "") -> None:
    """Draw the heading of a part of the page."""
    under = f'<p class="gd-note">{escape(note)}</p>' if note else ""
    st.html(f'<h2 class="gd-heading">{escape(title)}</h2>{under}')


def empty(title: str, text: str) -> None:
    """Say that there is nothing to show here, and what to do about it."""
    st.html(f'<div class="gd-empty" role="status"><strong>{escape(title)}</strong>{escape(text)}</div>')


def coming(text: str, sketch: str) -> None:
    """Say what will stand here once it has been asked for, over a pale sketch: `BARS`, `COURSE`, `MAP` or `ROWS`."""
    st.html(
        f'<div class="gd-coming"><div class="gd-sketch gd-{sketch}" aria-hidden="true">{"<i></i>" * SKETCHED[sketch]}'
        f"</div><p><strong>What will stand here</strong>{escape(text)}</p></div>"
    )


def reproduce(*commands: str) -> None:
    """Show the commands that print the same figures."""
    with st.expander("Reproduce these figures"):
        for command in commands:
            st.code(command, language="bash", wrap_lines=True)
        st.caption(NOTHING)


def command(verb: str, study: Study, words: Sequence[str] = ()) -> str:
    """Return a command of the command line for the study at hand; ``words`` are its options."""
    sets = [word for name, value in study.changes for word in ("--set", f"{name}={value_text(value)}")]
    return shlex.join(["grand-deal", verb, study.scenario, *sets, *words])


def registered(page: Page) -> st.Page:
    """Return a page as `st.navigation` knows it, for links and for going there."""
    return st.Page(page.draw, title=page.title, url_path=page.path, default=page is PAGES[0])


@lru_cache(maxsize=1)
def _sheet() -> str:
    return f"<style>{SHEET.read_text(encoding='utf-8')}</style>"
