"""Headline figures of a forecast, with the difference to the one it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from dashboard.components.bands import MEANING
from dashboard.components.drawing import MINUS, minus
from sim.forecast.result import OUTCOME_LABELS
from sim.report import words

if TYPE_CHECKING:
    from dashboard.work import Heads

Color = Literal["normal", "inverse", "off"]
OTHERWISE: dict[Color, Color] = {"normal": "inverse", "inverse": "normal", "off": "off"}
PROVISIONAL = "≈"
SAME = "no change"
NONE = "–"
WAITING = "Working it out"
WIDTH = 104
"""Least width of a figure: three of them fit on a phone."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline: the outcome, how it is written, and whether more of it means more people free.

    ``color`` is ``normal`` where more is better for those held, ``inverse`` where it is worse, and ``off`` where that
    depends on who looks.
    """

    outcome: str
    label: str
    write: Callable[[float], str]
    color: Color
    help: str


FIGURES = (
    Figure("freed", "Freed", words.persons, "normal", "expected number of people freed, leaders included"),
    Figure("prisoners", "Still held", words.persons, "inverse", "expected number of people held at that time"),
    Figure("p_us_relief", "Any US relief", words.percent, "off", "probability that any US relief is in force"),
    Figure("p_eu_relief", "Any EU relief", words.percent, "off", "probability that any EU relief is in force"),
    Figure("p_punished", "Punished", words.percent, "off", "probability that Moscow has punished Minsk by then"),
    Figure("deal_share", "Of grand deal", words.percent, "off", "share of the grand deal reached: mean of four shares"),
)


def headline(result: Heads, other: Heads | None, month: int, *, provisional: bool) -> None:
    """Draw the figures at the end of a month; ``provisional`` marks those of the fast grid."""
    grid = " From the fast grid; the finer one follows." if provisional else ""
    with st.container(horizontal=True, gap="small", horizontal_alignment="distribute"):
        for figure in FIGURES:
            value = result.at(figure.outcome, month)
            # six times "no difference" would be noise: the style sheet keeps the room
            delta = None if other is None else difference(figure, value, other.at(figure.outcome, month))
            band = words.span(result, figure.outcome, month, figure.write)
            plain, less = delta in (SAME, None), delta is not None and delta.startswith(MINUS)
            st.metric(
                f"{figure.label} {PROVISIONAL}" if provisional else figure.label,
                figure.write(value),
                delta or band or None,
                # Streamlit knows a loss by its hyphen only, and takes what has a true minus for a gain
                delta_color="off" if plain else OTHERWISE[figure.color] if less else figure.color,
                delta_arrow="off" if plain else "down" if less else "up",
                delta_description=band if delta and band else None,
                help=f"{_capital(OUTCOME_LABELS[figure.outcome])}: {figure.help}, month {month}.{grid}"
                + (f" {band}: {MEANING}." if band else ""),
                width=WIDTH,
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def difference(figure: Figure, value: float, other: float) -> str:
    """Write a difference with its sign, in persons or in percentage points; `SAME` below half a unit."""
    if figure.write is words.persons:
        whole = round(value - other)
        return minus(f"{whole:+,}") if whole else SAME
    whole = round(100 * (value - other))
    return minus(f"{whole:+d} pts") if whole else SAME


def unknown(month: int) -> None:
    """Draw the place of figures that could not be worked out, so that nothing below moves."""
    with st.container(horizontal=True, gap="small", horizontal_alignment="distribute"):
        for figure in FIGURES:
            name = _capital(OUTCOME_LABELS[figure.outcome])
            st.metric(figure.label, NONE, help=f"{name}: {figure.help}, month {month}. Not worked out.", width=WIDTH)


def skeleton() -> None:
    """Draw the place of the figures while the first ones are worked out; what they are of is known."""
    cells = "".join(f"<div><span>{figure.label}</span><i></i></div>" for figure in FIGURES)
    st.html(f'<div class="gd-skeleton" role="status" aria-label="{WAITING}">{cells}</div>')
