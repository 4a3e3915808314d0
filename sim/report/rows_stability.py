"""Rows of the map of positions: what both sides have given, which positions are stable, and the moves between."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sim.report import theme
from sim.report.ladder import text_width
from sim.report.rows import Rows

Record = Mapping[str, Any]


def map_rows(stability: Record) -> Rows:
    """Positions by what both sides have given; the stable ones, the start and the grand deal marked; moves as lines."""
    levels = stability["levels"]
    positions = {row["state"]: row for row in stability["positions"]}
    places = {state: _given(row, levels) for state, row in positions.items()}
    rows: Rows = [
        {"series": "position", "x": x, "y": y}
        for x, y in sorted({place for state, place in places.items() if positions[state]["punishing"] == "no"})
    ]
    for arc in stability["arcs"]:
        (x, y), (x2, y2) = places[arc["from"]], places[arc["to"]]
        if (x, y) == (x2, y2):
            continue
        token = theme.capital(arc["player"]).token
        angle = math.degrees(math.atan2(x2 - x, y2 - y))
        rows.append({"series": "move", "x": x, "y": y, "x2": x2, "y2": y2, "token": token})
        middle = {"x": x + 0.55 * (x2 - x), "y": y + 0.55 * (y2 - y), "angle": angle, "token": token}
        rows.append({"series": "arrow", **middle})
    nash, seq = set(stability["stable"]["nash"]), set(stability["stable"]["seq"])
    rows += [{"series": "answered", "x": x, "y": y} for x, y in sorted({places[s] for s in seq - nash})]
    rows += [{"series": "nash", "x": x, "y": y} for x, y in sorted({places[s] for s in nash})]
    for name, state in (("start", stability["start"]), ("grand deal", stability["grand_deal"])):
        x, y = places[state]
        half = text_width(name, 12) / 2 / 262 * 1.12
        at = min(max(x, half - 0.04), 1.04 - half)
        rows.append({"series": "label", "x": at, "y": y + 0.055 if y < 0.9 else y - 0.06, "text": name})
    return rows


def _given(row: Record, levels: Mapping[str, Sequence[Any]]) -> tuple[float, float]:
    """Return how much of what it can give the West and Minsk have given at a position, 0 to 1."""

    def share(name: str) -> float:
        listed = levels[name]
        return listed.index(row[name]) / (len(listed) - 1) if len(listed) > 1 else 0.0

    held = levels["prisoners"]
    span = held[0] - held[-1]
    people = (held[0] - row["prisoners"]) / span if span else 0.0
    leaders = share("leaders") if len(levels["leaders"]) > 1 else people
    west = (share("us_relief") + share("eu_relief") + share("contact")) / 3
    return round(west, 4), round((people + leaders) / 2, 4)
