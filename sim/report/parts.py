"""The pieces of a page: escaped text, tables, figures, and how an outcome is headed and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape as _escape
from typing import TYPE_CHECKING

from sim.report import theme, words
from sim.report.svg import clean

if TYPE_CHECKING:
    pass

BASELINE = "baseline"
TEXT = ' class="text"'
_TAG = re.compile("<[^>]*>")

# Outcome -> heading of its column, unit, how its numbers are written.
COLUMNS: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "freed": ("Freed", "persons", words.persons),
    "leaders_freed": ("Senior leaders among them", "persons", words.tenths),
    "arrested": ("Newly arrested, net", "persons", words.persons),
    "prisoners": ("Still held", "persons", words.persons),
    "us_relief": ("US relief", "steps of 3", words.tenths),
    "eu_relief": ("EU relief", "steps of 2", words.tenths),
    "contact": ("Contact", "level 0 to 2", words.tenths),
    "p_us_relief": ("Chance of any US relief", "probability", words.percent),
    "p_eu_relief": ("Chance of any EU relief", "probability", words.percent),
    "deal_share": ("Share of the grand deal", "share", words.percent),
    "p_grand_deal": ("Chance of the grand deal", "probability", words.percent),
    "p_punished": ("Chance that Moscow has punished", "probability", words.percent),
}


def esc(text: object) -> str:
    """Return text that may stand anywhere in HTML, attributes included."""
    return _escape(clean(text), quote=True)


def who(player: str) -> str:
    """A capital's name with its glyph in its colour."""
    capital = theme.capital(player)
    return (
        f'<span class="who"><span class="{esc(capital.token)}" aria-hidden="true">{capital.glyph}</span> '
        f"{esc(capital.name)}</span>"
    )


def glyph(player: str) -> str:
    """A capital's glyph alone, for a heading that already names what it is about."""
    capital = theme.capital(player)
    return f'<span class="{esc(capital.token)}" aria-hidden="true">{capital.glyph}</span>'


def dot(token: str) -> str:
    """A small square in a token's colour, for a legend in running text."""
    return f'<span class="{esc(token)}" aria-hidden="true">■</span>'


def figure(caption: str, svg: str, note: str = "") -> str:
    """A chart under its caption; both are HTML already."""
    small = f'<span class="note">{note}</span>' if note else ""
    return f"<figure><figcaption>{caption}{small}</figcaption>{svg}</figure>\n"


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "", kind: str = "", text: Sequence[int] = ()
) -> str:
    """A table of ready HTML cells; the first cell of a row is its heading, columns in ``text`` read as words.

    With ``cards`` among the words of ``kind`` each row becomes a card on a telephone: cells then carry their column's
    title, and roles, since a table laid out as blocks is none to who listens to it.
    """
    cards = "cards" in kind.split()

    def role(name: str) -> str:
        return f' role="{name}"' if cards else ""

    def cell(index: int, content: str) -> str:
        if index == 0:
            return f'<th scope="row"{role("rowheader")}>{content}</th>'
        label = f' data-label="{_TAG.sub("", head[index])}"' if cards else ""
        return f"<td{TEXT if index in text else ''}{role('cell')}{label}>{content}</td>"

    titles = "".join(
        f'<th scope="col"{role("columnheader")}{TEXT if index in text else ""}>{title}</th>'
        for index, title in enumerate(head)
    )
    body = "".join(
        f"<tr{role('row')}>{''.join(cell(index, content) for index, content in enumerate(row))}</tr>\n" for row in rows
    )
    label = f"<caption>{caption}</caption>" if caption else ""
    look = f' class="{kind}"' if kind else ""
    return (
        f"<table{look}{role('table')}>{label}<thead{role('rowgroup')}><tr{role('row')}>{titles}</tr></thead>"
        f"<tbody{role('rowgroup')}>\n{body}</tbody></table>\n"
    )


def scrolling(content: str, label: str, kind: str = "") -> str:
    """A box that scrolls by itself, reachable by keyboard."""
    return f'<div class="scroll{kind}" tabindex="0" role="region" aria-label="{esc(label)}">{content}</div>\n'
