"""Rows of the charts on what would flip the answer: the tornado, and tipping points on an outcome's curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from sim.report import theme
from sim.report.analysis_values import four_digits, meanings, written
from sim.report.ladder import ladder, text_width
from sim.report.rows import Rows
from sim.report.specs import WIDE

Record = Mapping[str, Any]
SWINGS_SHOWN = 10


def swings(dossier: Record, outcome: str | None = None) -> list[Record]:
    """Return the tornado's rows of one outcome that are not nothing, widest first."""
    found = dossier["tornado"]
    name = outcome or dossier["question"]["outcome"]
    largest = max((row["swing"] or 0.0 for row in found["rows"] if row["outcome"] == name), default=0.0)
    return [row for row in found["rows"] if row["outcome"] == name and (row["swing"] or 0.0) > 1e-3 * largest]


def tornado_rows(dossier: Record, outcome: str | None = None, most: int = SWINGS_SHOWN) -> Rows:
    """A bar for each parameter: the outcome at the low end of its range (pale) and at the high end (full)."""
    shown = swings(dossier, outcome)[:most]
    question = dossier["question"]
    name = outcome or question["outcome"]
    unit = dossier["tornado"]["units"][name]
    base = next(item["value"] for item in dossier["tornado"]["base"] if item["outcome"] == name)
    level: float | None = question["level"] if name == question["outcome"] else None
    values: list[float] = [base, *(row[end] for row in shown for end in ("at_low", "at_high") if row[end] is not None)]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    if level is not None and not low - 0.6 * span <= level <= high + 0.6 * span:
        level = None  # too far out to be drawn
    if level is not None:
        low, high = min(low, level), max(high, level)
    room = 0.02 * ((high - low) or 1.0)
    low, span = low - room, (high - low) + 2 * room

    def at(value: float) -> float:
        return (value - low) / span

    meaning = meanings(dossier)
    entries = []
    for row in shown:
        bar: dict[str, Any] = {"zero": at(base), "token": token(row["parameter"])}
        if row["at_high"] is not None:
            bar |= {"from": at(base), "to": at(row["at_high"])}
        if row["at_low"] is not None:
            bar |= {"from_pale": at(base), "to_pale": at(row["at_low"])}
        if level is not None:
            bar["level"] = at(level)
        ends = [row[end] for end in ("at_low", "at_high")]
        text = " to ".join("?" if end is None else written(end, unit) for end in ends)
        note = f"{four_digits(row['low'])} to {four_digits(row['high'])} {row['unit']}; here {four_digits(row['base'])}"
        entries.append({"label": meaning[row["parameter"]], "note": note, "text": text, "bar": bar})
    return ladder(entries)


def token(parameter: str) -> str:
    """Return the colour token of the capital whose parameter it is."""
    owner = parameter.partition(".")[0]
    return theme.CAPITALS[owner].token if owner in theme.CAPITALS else "muted"


def curve(found: Record) -> tuple[Rows, tuple[float, float], tuple[float, float]]:
    """Rows of one tipping point and the ends of both scales."""
    parameter, scan = found["parameter"], found["scan"]
    known = [(x, y) for x, y in zip(scan["parameter"], scan["outcome"], strict=True) if y is not None]
    level, unit = found["level"], found["unit"]
    x = (parameter["low"], parameter["high"])
    ys = [value for _, value in known] + [level]
    if found["base_value"] is not None:
        ys.append(found["base_value"])
    y = round_span(min(ys), max(ys), unit)
    rows: Rows = [{"series": "line", "x": at, "y": value} for at, value in known]
    rows += [{"series": "level", "x": end, "y": level} for end in x]
    points: list[dict[str, Any]] = []
    inside = x[0] <= parameter["value"] <= x[1]
    if found["base_value"] is not None and inside:
        points.append({"x": parameter["value"], "y": found["base_value"], "token": "ink", "shape": "circle"})
        points[-1] |= {"size": 60, "text": f"here {four_digits(parameter['value'])}"}
    for crossing in found["crossings"]:
        mark = {"x": crossing["value"], "y": level, "token": "moscow", "shape": "diamond", "size": 90}
        points.append({**mark, "text": four_digits(crossing["value"])})
    return rows + labelled(points, known, x, y), x, y


def labelled(
    points: list[dict[str, Any]],
    line: Sequence[tuple[float, float]],
    x: tuple[float, float],
    y: tuple[float, float],
) -> Rows:
    """Put each point's label above or below it, within the picture, over no other label and off the line if may be."""
    width, height = WIDE - 48.0, 132.0
    taken: list[tuple[float, float, float]] = []
    rows: Rows = []
    for point in points:
        half = text_width(point["text"], 11) / 2 / width * (x[1] - x[0])
        at = min(max(point["x"], x[0] + half), x[1] - half)
        step = 13 / height * (y[1] - y[0])
        places = [point["y"] + offset * step for offset in (1, -1, 1.6, -1.6, 2.4, -2.4, 3.2, -3.2)]
        fitting = [place for place in places if y[0] + step / 2 <= place <= y[1] - step / 2] or places[:1]
        free = [p for p in fitting if all(abs(p - b) >= step or abs(at - a) >= half + h for a, b, h in taken)]
        marks = [(p["x"], p["y"]) for p in points if p is not point]
        free = [p for p in free if all(abs(p - b) >= step or abs(at - a) >= 1.3 * half for a, b in marks)] or free
        near = [_on(line, at + part * half) for part in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        clear = [p for p in free if all(abs(p - value) > 0.75 * step for value in near)]
        place = (clear or free or fitting)[0]
        taken.append((at, place, half))
        rows.append({"series": "point", **point, "x_text": at, "y_text": place})
    return rows


def _on(line: Sequence[tuple[float, float]], at: float) -> float:
    """Return the height of a line of points at one place."""
    for (x, y), (x2, y2) in pairwise(line):
        if x <= at <= x2 and x2 > x:
            return y + (y2 - y) * (at - x) / (x2 - x)
    return line[-1][1] if line and at > line[-1][0] else line[0][1] if line else math.nan


def round_span(low: float, high: float, unit: str) -> tuple[float, float]:
    """Return ends of a scale that hold the values, on round numbers; shares and probabilities within 0 and 1."""
    room = 0.16 * ((high - low) or abs(high) or 1.0)
    step = 10.0 ** math.floor(math.log10(max((high - low) + 2 * room, 1e-9) / 4))
    made = (math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step)
    if unit in ("probability", "share"):
        return max(0.0, round(made[0], 6)), min(1.0, round(made[1], 6))
    return max(0.0, round(made[0], 6)), round(made[1], 6)
