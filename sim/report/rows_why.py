"""Rows of the charts on why a capital acts as it does, and on the people held."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import theme, words
from sim.report.analysis_values import VISIBLE, signed
from sim.report.ladder import ladder, sided, text_width
from sim.report.rows import Rows, nice
from sim.report.specs import WIDE

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
TERMS_SHOWN = 6


def terms(decision: Record) -> list[tuple[str, float]]:
    """Return what speaks for what a capital does rather than the runner-up, largest first; they add up to the margin.

    Points of the deciding capital; what the menu's weights count for is one of them.
    """
    found = [(str(part["term"]), -(part["now"] + part["later"] + part["after"])) for part in decision["difference"]]
    if abs(decision["weight"]) >= VISIBLE:
        found.append(("weights of the menu", -decision["weight"]))
    shown = sorted((item for item in found if abs(item[1]) >= VISIBLE), key=lambda item: -abs(item[1]))
    if len(shown) > TERMS_SHOWN:
        rest = sum(value for _, value in shown[TERMS_SHOWN - 1 :])
        shown = [*shown[: TERMS_SHOWN - 1], (f"all else ({len(shown) - TERMS_SHOWN + 1} terms)", rest)]
    return shown


def term_rows(decision: Record) -> Rows:
    """Bars of terms: to the right what speaks for the choice made, to the left what speaks for the other."""
    found = terms(decision)
    token = theme.capital(decision["player"]).token
    total = sum(value for _, value in found)
    reach = max([abs(value) for _, value in found] + [abs(total)]) or 1.0
    entries = [
        {"label": name, "text": signed(value), "bar": sided(value, reach, token if value > 0 else "quiet")}
        for name, value in found
    ]
    entries.append({"label": "together", "text": signed(total), "bar": sided(total, reach, "ink")})
    return ladder(entries)


def stock_rows(result: Result) -> tuple[Rows, float, float]:
    """How likely each number still held is in the last month; also the ends of both scales."""
    levels, shares = list(result.stock["levels"]), list(result.stock["probability"][-1])
    start = float(result.start["prisoners"])
    lot = float(levels[1] - levels[0]) if len(levels) > 1 else max(start, 1.0)
    joined = 1
    while len(levels) / joined > 48:  # thinner bars would not be seen
        joined += 1
    top_level = max((level for level, share in zip(levels, shares, strict=True) if share > 1e-4), default=levels[-1])
    peak = nice(max(float(top_level) + lot, start))
    rows: Rows = []
    for first in range(0, len(levels), joined):
        share = sum(shares[first : first + joined])
        left = max(levels[first] - lot / 2, 0.0)
        right = min(levels[min(first + joined, len(levels)) - 1] + lot / 2, peak)
        if share > 0 and right > left:
            gap = 0.0015 * peak
            token = "minsk" if (left + right) / 2 < start - 1e-9 else "moscow"
            rows.append({"series": "bar", "x": left + gap, "x2": right - gap, "share": share, "token": token})
    top = max((row["share"] for row in rows), default=1.0)
    top = math.ceil(top * 20) / 20 if top > 0.05 else math.ceil(top * 100) / 100
    marks = [("now", start, "ink"), ("expected", result.outcomes["prisoners"][-1], "muted")]
    width = WIDE - 44
    texts = [f"{name} {words.persons(value)}" for name, value, _ in marks]
    for index, (text, (_, value, token)) in enumerate(zip(texts, marks, strict=True)):
        half = text_width(text, 11) / 2 / width * peak
        place = min(max(value, half), peak - half)
        rows.append({"series": "mark", "x": value, "x_text": place, "y_text": -4 - 13 * index, "text": text})
        rows[-1]["token"] = token
    return rows, peak, top
