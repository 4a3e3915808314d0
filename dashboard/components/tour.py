"""Four steps for a first visit: a card over the page and a frame around what it speaks of."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.keys import Key

# title, text, the key of the part of the page that is framed
STEPS = (
    (
        "A question",
        "Every scenario asks one about four capitals, prisoners and sanctions. Pick one here; the first is how things "
        "stood after the visit of 21 June 2025. What you see explores a model and predicts nothing.",
        "top",
    ),
    (
        "Payoffs under your hands",
        "What each capital wants, and how much. Move a slider: its help says what it means and whether it rests on "
        "the article or on an assumption. World has what nobody chooses.",
        "hands",
    ),
    (
        "The answer",
        "Exact expectations, month by month, and how they differ from the baseline. Pin any state as B to compare "
        "with that instead. ≈ marks quick figures that finer ones replace.",
        "headline",
    ),
    (
        "The reason",
        "What each would do now and why, split term by term. Share gives a link, files and the command that prints "
        "the same figures.",
        "reasons",
    ),
)


def tour() -> None:
    """Draw the step of the tour that the session is at, if it is in it."""
    step = state.tour()
    if step is None:
        return
    title, text, part = STEPS[step]
    # the card keeps clear of what it speaks of
    side = "left:1.5rem;right:auto" if part == "reasons" else "right:1.5rem"
    st.html(
        f"<style>.st-key-{part}{{outline:2px solid var(--gd-ink);outline-offset:5px;border-radius:4px}}"
        f".st-key-tour{{{side}}}</style>"
    )
    last = step == len(STEPS) - 1
    with st.container(key="tour"):
        st.markdown(f"**{title}** :gray[{step + 1} of {len(STEPS)}]  \n{text}")
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Done" if last else "Next",
                key=Key.TOUR.of("next"),
                type="primary",
                on_click=state.set_tour,
                args=(None if last else step + 1,),
            )
            if step:
                st.button("Back", key=Key.TOUR.of("back"), on_click=state.set_tour, args=(step - 1,))
            if not last:
                st.button("Skip", key=Key.TOUR.of("skip"), type="tertiary", on_click=state.set_tour, args=(None,))
