"""Colours of the theme that the page is shown in, and the same few marks everywhere."""

from __future__ import annotations

import streamlit as st

from sim.report import theme

WORLD = "world"
CAPITALS = (*theme.CAPITALS, WORLD)
"""Tabs of parameters: the four capitals, and apart from them what is nobody's choice."""


def dark() -> bool:
    """Return whether the page is shown on dark paper."""
    return st.context.theme.type == "dark"


def paint() -> dict[str, str]:
    """Return token -> colour for the paper at hand."""
    return {name: token.dark if dark() else token.light for name, token in theme.TOKENS.items()}


def named(player: str) -> str:
    """Return a capital's glyph and name, or ``World``: no reading depends on colour alone."""
    if player == WORLD:
        return "○ World"
    shown = theme.capital(player)
    return f"{shown.glyph} {shown.name}"
