"""What each capital would do now, with probabilities, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.look import named
from sim.report import words

if TYPE_CHECKING:
    from sim.forecast import Result
    from sim.forecast.result import Option

SHOWN = 3


def now(result: Result) -> None:
    """Draw, for every turn, the likeliest things that would happen there."""
    for turn, options in result.now.items():
        st.markdown(
            f"**{words.turn_name(turn)}**: {told(options)}",
            help="If the position reached this turn with nothing done yet.",
        )


def told(options: tuple[Option, ...]) -> str:
    """Name the likeliest options; what nobody would notice is left out."""
    shown = [option for option in options[:SHOWN] if option.probability >= 0.01] or list(options[:1])
    return "; ".join(
        f"{option.action} {words.percent(option.probability)} ({named(option.proposer)})" for option in shown
    )
