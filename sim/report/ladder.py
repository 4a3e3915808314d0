"""Rows of bars below one another, each under its label; texts are broken where they would be too wide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.report.rows import Rows
from sim.report.specs import WIDE
from sim.report.svg import clean

Record = Mapping[str, Any]
BAR, GAP = 9, 15
_NARROW, _WIDE_LETTERS = "iljtfrI.,:;'|!()[] ", "mwMW%"


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is drawn, a little too wide rather than too narrow."""
    return size * sum(
        0.32 if letter in _NARROW else 0.88 if letter in _WIDE_LETTERS else 0.7 if letter.isupper() else 0.57
        for letter in text
    )


def wrap(text: str, room: float, size: float) -> list[str]:
    """Return a text in lines no wider than ``room``; a single word that is wider is broken."""
    lines: list[str] = []
    line = ""
    for word in clean(text).split():
        while text_width(word, size) > room:
            cut = max(1, int(len(word) * room / text_width(word, size)) - 1)
            lines += [line] if line else []
            lines.append(word[:cut])
            line, word = "", word[cut:]
        if line and text_width(f"{line} {word}", size) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line or not lines else lines


def ladder(entries: Iterable[Record]) -> Rows:
    """Place entries below one another: label (and note) above a bar, the number to the right.

    An entry has ``label``, ``text`` and ``bar`` (values placed on a scale from 0 to 1), and may have a ``note``.
    """
    rows: Rows = []
    y = 0.0
    for entry in entries:
        y += 12
        rows.append({"series": "text", "text": clean(entry["text"]), "y_text": y})
        first = WIDE - text_width(str(entry["text"]), 12) - 12
        for number, line in enumerate(wrap(str(entry["label"]), first, 12)):
            y += 14 if number else 0
            rows.append({"series": "text", "label": line, "y_label": y})
        for line in wrap(str(entry["note"]), WIDE, 10.5) if entry.get("note") else ():
            y += 13
            rows.append({"series": "text", "note": line, "y_note": y})
        y += 5
        rows.append({"series": "bar", "y": y, "y2": y + BAR, **entry["bar"]})
        y += BAR + GAP
    return rows


def tall(rows: Rows) -> int:
    """Return the height that placed rows need."""
    return int(max((row["y2"] for row in rows if "y2" in row), default=0.0)) + 6


def sided(value: float, reach: float, token: str) -> dict[str, Any]:
    """A bar from the middle of the scale: to the right above 0, to the left below; ``reach`` is the longest."""
    middle = 0.5
    return {"from": middle, "to": middle + value / reach / 2, "zero": middle, "token": token}
