"""Rows of the charts on the path of offers: who offers what by month, and the going price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report import theme, words
from sim.report.rows import Rows, apart, nice

Record = Mapping[str, Any]


def path_rows(path: Record, table: str) -> tuple[Rows, float]:
    """People in each party's offers and the chance that its offers are accepted, by month; and the scale's end."""
    sides = [side for side in path["sides"] if side["table"] == table]
    parties = list(dict.fromkeys(side["party"] for side in sides))
    peak = nice(max((side["persons"] or 0.0 for side in sides), default=1.0))
    rows: Rows = []
    for panel, field, top, gap in (("offer", "persons", peak, 0.16), ("accepted", "accepted", 1.0, 0.21)):
        ends = []
        for party in parties:
            capital = theme.capital(party)
            course = [(s["month"], s[field]) for s in sides if s["party"] == party and s[field] is not None]
            line = {"panel": panel, "series": "line", "token": capital.token}
            rows += [{**line, "month": month, "value": value} for month, value in course]
            if course:
                text = words.persons(course[-1][1]) if panel == "offer" else words.percent(course[-1][1])
                end = {"panel": panel, "series": "end", "month": course[-1][0], "value": course[-1][1]}
                ends.append({**end, "token": capital.token, "shape": capital.shape, "text": f"{capital.name} {text}"})
        places = apart([end["value"] / top for end in ends], gap=gap, low=0.03, high=1.0)
        rows += [{**end, "place": place * top} for end, place in zip(ends, places, strict=True)]
    return rows, peak


def price_rows(path: Record) -> tuple[Rows, float, int]:
    """The going price by month, and the ends of the scales."""
    price = path["price"]
    known = [(month, value) for month, value in enumerate(price, 1) if value is not None]
    rows: Rows = []
    piece = 0
    for index, (month, value) in enumerate(known):
        piece += int(index > 0 and month != known[index - 1][0] + 1)
        rows.append({"series": "line", "month": month, "value": value, "piece": piece})
    if known:
        month, value = known[-1]
        rows.append({"series": "end", "month": month, "value": value, "text": f"{value:,.1f}"})
    return rows, nice(max((value for _, value in known), default=1.0)), len(price)
