"""The quiet line at the foot of every page."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import state
from dashboard.keys import Key

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def foot(home: StreamlitPage) -> None:
    """Say what this is and is not, and offer the tour again, which goes through the page ``home``."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="foot"):
        st.markdown(
            f"Grand Deal {_version()} explores a model; it predicts nothing. Every payoff is read from one article or "
            "assumed. Nothing you do here leaves the machine that serves it."
        )
        st.space("stretch")
        if st.button("Take the tour", key=Key.TOUR.of("again"), type="tertiary", on_click=state.set_tour, args=(0,)):
            st.switch_page(home)  # where the tour is


@lru_cache(maxsize=1)
def _version() -> str:
    return version("grand-deal")
