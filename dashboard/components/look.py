"""Colours of the theme that the page is shown in, and the same few marks everywhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from sim.report import theme

WORLD = "world"
CAPITALS = (*theme.CAPITALS, WORLD)
"""Tabs of parameters: the four capitals, and apart from them what is nobody's choice."""
FONT = "Source Sans, Source Sans Pro, sans-serif"
"""Of the page, for charts: they know nothing of its style sheet."""
SHEET = Path(__file__).with_name("page.css")
# Streamlit's names for the colours that `dashboard.serve.look` gives to the capitals
_MARKUP = {"minsk": "green", "washington": "blue", "brussels": "orange", "moscow": "red", WORLD: "gray"}


def dark() -> bool:
    """Return whether the page is shown on dark paper."""
    return st.context.theme.type == "dark"


def paint() -> dict[str, str]:
    """Return token -> colour for the paper at hand."""
    return {name: token.dark if dark() else token.light for name, token in theme.TOKENS.items()}


def dress() -> None:
    """Put the style sheet on the page; it takes no room."""
    st.html(sheet(dark()))


@lru_cache(maxsize=2)
def sheet(is_dark: bool) -> str:
    """Return the style sheet with the tokens of one paper."""
    tokens = ((name, token.dark if is_dark else token.light) for name, token in theme.TOKENS.items())
    variables = "".join(f"--gd-{name}:{value};" for name, value in tokens)
    return f"<style>:root{{{variables}}}\n{SHEET.read_text(encoding='utf-8')}</style>"


def named(player: str) -> str:
    """Return a capital's glyph and name, or ``World``: no reading depends on colour alone."""
    if player == WORLD:
        return "○ World"
    shown = theme.capital(player)
    return f"{shown.glyph} {shown.name}"


def marked(player: str) -> str:
    """Return `named` as Markdown with the glyph in the capital's colour."""
    glyph, _, name = named(player).partition(" ")
    return f":{_MARKUP.get(player, 'gray')}[{glyph}] {name}"
