"""Plain tables of HTML: bars from a middle line, and lists. Every cell is text; nothing in it is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from sim.report import theme

MOST = 49.0
"""Longest half of a bar, percent of its track."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: whose it is (a capital, or any text), the number in words, and its length from -1 to 1."""

    who: str
    text: str
    length: float
    note: str = ""


def bars(rows: Sequence[Bar], *, heads: tuple[str, str, str] = ("", "", ""), signed: bool = True) -> str:
    """Return rows of bars as HTML; without ``signed`` they start at the left."""
    middle = "50%" if signed else "0%"
    body = "".join(_bar(row, signed) for row in rows)
    sides = ("", ' class="bar"', ' class="n"')
    top = "".join(
        f'<th scope="col"{side}>{escape(name)}</th>' if name else f"<td{side}></td>"
        for name, side in zip(heads, sides, strict=True)
    )
    head = f"<thead><tr>{top}</tr></thead>" if any(heads) else ""
    return f'<table class="gd-bars" style="--middle:{middle}">{head}<tbody>{body}</tbody></table>'


def _bar(row: Bar, signed: bool) -> str:
    share = max(-1.0, min(1.0, row.length))
    wide = abs(share) * (MOST if signed else 2 * MOST)
    start = (50.0 - wide if share < 0 else 50.0) if signed else 0.0
    token = theme.capital(row.who).token if row.who in theme.CAPITALS else "muted"
    fill = f'<i style="left:{start:.1f}%;width:{wide:.1f}%;background:var(--gd-{token})"></i>' if wide else ""
    note = f"<small>{escape(row.note)}</small>" if row.note else ""
    return (
        f'<tr><th scope="row">{who(row.who)}{note}</th>'
        f'<td class="bar"><span class="track" aria-hidden="true">{fill}</span></td>'
        f'<td class="n">{escape(row.text)}</td></tr>'
    )


def who(name: str) -> str:
    """Return a capital with its glyph in its colour, as HTML; any other text as it is."""
    if name not in theme.CAPITALS:
        return escape(name)
    shown = theme.capital(name)
    glyph = f'<span class="gd-{shown.token}" aria-hidden="true">{shown.glyph}</span>'
    return f'<span class="gd-who">{glyph} {escape(shown.name)}</span>'


def listed(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    first: bool = True,
    wordy: bool = False,
) -> None:
    """Draw a table; columns in ``right`` are numbers, the first names its row unless told otherwise.

    ``wordy`` says that the names of rows are long, and keep room for some words on a narrow screen.
    """
    top = "".join(f'<th scope="col"{_side(i, right)}>{escape(head)}</th>' for i, head in enumerate(heads))
    body = "".join(f"<tr>{''.join(_cell(i, cell, right, first) for i, cell in enumerate(row))}</tr>" for row in rows)
    # a table wider than the screen scrolls by itself, and can be reached by keyboard for that
    kind = "gd-list gd-wordy" if wordy else "gd-list"
    st.html(
        '<div class="gd-scroll" tabindex="0" role="region" aria-label="Table">'
        f'<table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(number: int, cell: str, right: Sequence[int], first: bool) -> str:
    text, _, small = cell.partition("\n")
    inside = who(text) + (f"<small>{escape(small)}</small>" if small else "")
    if number == 0 and first:
        return f'<th scope="row">{inside}</th>'
    return f"<td{_side(number, right)}>{inside}</td>"


def _side(number: int, right: Sequence[int]) -> str:
    return ' class="r"' if number in right else ""
