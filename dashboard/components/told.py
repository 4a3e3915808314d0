"""Sentences that may hold words of others: shown as text, whatever they contain."""

from __future__ import annotations

import re

import streamlit as st

from dashboard import state
from dashboard.keys import Key

_MARKUP = re.compile(r"[\\`*\[\]!<>$~#|]")


def plain(text: str) -> str:
    """Return Markdown that shows a text as it stands: a link or a file must not put pictures or links on the page."""
    return _MARKUP.sub(lambda found: "\\" + found[0], text)


def notes() -> None:
    """Show what was refused, until it is dismissed or the study moves on."""
    sentences = state.notes()
    if not sentences:
        return
    with st.container(key="notes", horizontal=True, gap="small", vertical_alignment="center"):
        st.warning("  \n".join(map(plain, sentences)))
        st.button("Dismiss", key=Key.NOTES.of("dismiss"), type="tertiary", on_click=state.forget)


def problem(text: str) -> None:
    """Say what went wrong."""
    st.error(plain(text))
