"""Explore: payoffs under your hands, the answer on the first screen."""

from __future__ import annotations

import streamlit as st

from dashboard import state


def view() -> None:
    """Draw the page."""
    st.title(state.scenario().title)
