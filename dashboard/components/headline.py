"""Headline figures of a forecast, with the difference to the one it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from sim.forecast.result import OUTCOME_LABELS
from sim.report import words

if TYPE_CHECKING:
    from sim.forecast import Result

Color = Literal["normal", "inverse", "off"]


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
    Figure(
        "prisoners", "Still held", words.persons, "inverse", "expected number of people held at the end of the month"
    ),
    Figure("p_us_relief", "US relief", words.percent, "off", "probability that any US relief is in force"),
    Figure("p_eu_relief", "EU relief", words.percent, "off", "probability that any EU relief is in force"),
    Figure("p_punished", "Punished", words.percent, "off", "probability that Moscow has punished Minsk by then"),
    Figure("deal_share", "Grand deal", words.percent, "off", "share of the grand deal reached: mean of four shares"),
)


def headline(result: Result, other: Result | None, month: int, *, provisional: bool) -> None:
    """Draw the figures at the end of a month; ``provisional`` marks those of the fast grid."""
    grid = " (fast grid; the finer one follows)" if provisional else ""
    for column, figure in zip(st.columns(len(FIGURES), gap="small"), FIGURES, strict=True):
        value = result.at(figure.outcome, month)
        delta = None if other is None else difference(figure, value, other.at(figure.outcome, month))
        about = f"{OUTCOME_LABELS[figure.outcome]}: {figure.help}, at the end of month {month}{grid}."
        with column:
            st.metric(
                figure.label,
                ("≈ " if provisional else "") + figure.write(value),
                delta,
                delta_color="off" if delta == SAME else figure.color,
                delta_arrow="off" if delta == SAME else "auto",
                help=about,
            )


SAME = "same"


def difference(figure: Figure, value: float, other: float) -> str:
    """Write a difference with its sign, in persons or in percentage points; ``same`` below half a unit."""
    if figure.write is words.persons:
        whole = round(value - other)
        return f"{whole:+,}" if whole else SAME
    whole = round(100 * (value - other))
    return f"{whole:+d} pts" if whole else SAME
