"""Small multiples: the same picture for every scenario of a batch, on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components import drawing

if TYPE_CHECKING:
    from dashboard.results import Row


def multiples(rows: Sequence[Row], outcome: str, month: int) -> None:
    """Draw one outcome by month for every row; all share the axes."""
    unit = drawing.unit(outcome)
    drawn = [row.result.outcomes[outcome] for row in rows]
    drawn += [row.result.bands[outcome]["p90"] for row in rows if row.result.bands is not None]
    top = max((max(values) for values in drawn), default=1.0) or 1.0
    bottom = min(0.0, min((min(row.result.outcomes[outcome]) for row in rows), default=0.0))
    longest = max((len(row.result.months) for row in rows), default=1)
    cells = "".join(_cell(row, outcome, month, bottom, top, longest, unit) for row in rows)
    over = " Pale: p10 to p90 over the calibrated ensemble, where it is known." if len(drawn) > len(rows) else ""
    st.html(
        f'<p class="gd-note">{escape(drawing.outcome(outcome))}, month 1 to {longest}, every picture from '
        f"{drawing.figure(bottom, unit)} to {drawing.figure(top, unit)}. The figure is that of month {month}.{over}</p>"
        f'<div class="gd-many">{cells}</div>'
    )


def _cell(row: Row, outcome: str, month: int, bottom: float, top: float, longest: int, unit: str) -> str:
    values = row.result.outcomes[outcome]
    at = min(month, len(values)) - 1

    def x(index: int) -> float:
        return 100.0 * (index + 1) / longest

    def y(value: float) -> float:
        return 100.0 * (1 - (value - bottom) / ((top - bottom) or 1.0))

    # an area cut out of a box: its colour follows the page's, and it needs no drawing library
    edge = ", ".join(f"{x(i):.2f}% {y(value):.2f}%" for i, value in enumerate(values))
    floor = y(max(bottom, 0.0))
    shape = f"{x(0):.2f}% {floor:.2f}%, {edge}, {x(len(values) - 1):.2f}% {floor:.2f}%"
    shown = drawing.figure(values[at], unit)
    band, said = "", ""
    if row.result.bands is not None:
        lows, highs = (row.result.bands[outcome][level] for level in ("p10", "p90"))
        around = [(i, high) for i, high in enumerate(highs)] + [(i, low) for i, low in reversed([*enumerate(lows)])]
        outline = ", ".join(f"{x(i):.2f}% {y(value):.2f}%" for i, value in around)
        band = f'<i class="gd-over" style="clip-path:polygon({outline})"></i>'
        low, high = (drawing.figure(each[at], unit) for each in (lows, highs))
        said = f", {low} to {high} over the ensemble"
    text = f"{row.result.title}: {drawing.outcome(outcome)} {shown}{said} at month {at + 1}"
    return (
        f"<figure><figcaption>{escape(row.result.title)}<b>{shown}</b></figcaption>"
        f'<div class="gd-area" role="img" aria-label="{escape(text, quote=True)}">'
        f'{band}<i style="clip-path:polygon({shape})"></i>'
        f'<b style="left:{x(at):.2f}%;top:{y(values[at]):.2f}%"></b></div></figure>'
    )
