"""Rows of the charts of sweeps, of shares of variance, and of the trade-off of boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report import words
from sim.report.analysis_values import four_digits, meanings, written
from sim.report.ladder import ladder
from sim.report.rows import Rows
from sim.report.rows_flip import round_span, token

Record = Mapping[str, Any]
APART = 0.075
"""Least distance of two labels, as a share of the chart's height."""


def courses(found: Record) -> tuple[Rows, tuple[float, float]]:
    """Rows of an outcome by month for several values of one parameter, and the ends of the scale."""
    (axis,), (outcome,) = found["axes"], found["outcomes"]
    unit, columns = found["units"][outcome], found["columns"]
    drawn = [
        (value, month, figure)
        for value, month, figure in zip(columns[axis["name"]], columns["month"], columns[outcome], strict=True)
        if figure is not None
    ]
    own = [(int(month), figure) for month, figure in found["base"][outcome].items() if figure is not None]
    figures = [figure for _, _, figure in drawn] + [figure for _, figure in own]
    span = round_span(min(figures), max(figures), unit)
    reach = (axis["high"] - axis["low"]) or 1.0
    rows: Rows = [
        {"series": "course", "value": value, "strength": (value - axis["low"]) / reach, "month": month, "y": figure}
        for value, month, figure in drawn
    ]
    rows += [{"series": "own", "month": month, "y": figure} for month, figure in own]
    last = max(month for _, month, _ in drawn)
    ends = {value: figure for value, month, figure in drawn if month == last}
    labels = [(ends[value], f"at {four_digits(value)}") for value in {min(ends): 0, max(ends): 0}]
    labels += [(figure, "here") for month, figure in own if month == last]
    return rows + beside(labels, last, span), span


def beside(labels: list[tuple[float, str]], last: float, span: tuple[float, float]) -> Rows:
    """Place labels beside the ends of their lines, moved apart where they would lie over one another."""
    least = APART * (span[1] - span[0])
    rows: Rows = []
    place = -float("inf")
    for figure, text in sorted(labels):
        place = max(figure, place + least)
        rows.append({"series": "end", "month": last, "place": place, "text": text})
    over = place - span[1]
    return [{**row, "place": row["place"] - over} for row in rows] if over > 0 else rows


def heat(found: Record) -> tuple[Rows, int, int]:
    """Rows of an outcome over two parameters, and how many values each has: across, and upwards."""
    (across, up), (outcome,) = found["axes"], found["outcomes"]
    unit, columns = found["units"][outcome], found["columns"]
    at = [sorted(set(columns[axis["name"]])) for axis in (across, up)]
    figures = [figure for figure in columns[outcome] if figure is not None]
    low, reach = min(figures), (max(figures) - min(figures)) or 1.0
    rows: Rows = []
    for x, y, figure in zip(columns[across["name"]], columns[up["name"]], columns[outcome], strict=True):
        place = {"column": at[0].index(x), "row": len(at[1]) - 1 - at[1].index(y)}
        share, text = (0.0, "?") if figure is None else ((figure - low) / reach, written(figure, unit))
        rows.append({"series": "cell", **place, "share": share, "text": text})
    rows += [{"series": "across", "column": i, "text": four_digits(value)} for i, value in enumerate(at[0])]
    rows += [{"series": "up", "row": i, "text": four_digits(value)} for i, value in enumerate(reversed(at[1]))]
    inside = [axis["low"] <= axis["value"] <= axis["high"] and axis["high"] > axis["low"] for axis in (across, up)]
    if all(inside):
        x, y = ((axis["value"] - axis["low"]) / (axis["high"] - axis["low"]) for axis in (across, up))
        # the outermost values stand in the middle of the outermost cells
        rows.append({"series": "own", "column": x * (len(at[0]) - 1) + 0.5, "row": (1 - y) * (len(at[1]) - 1) + 0.5})
    return rows, len(at[0]), len(at[1])


def shares(dossier: Record) -> Rows:
    """A bar for each parameter: its share of the variance alone (full), and with all it does together (pale)."""
    meaning = meanings(dossier)
    entries = []
    for row in dossier["sobol"]["rows"]:
        first, total = (min(1.0, max(0.0, row[name])) for name in ("first", "total"))
        bar = {"zero": 0.0, "from": 0.0, "to": first, "from_pale": 0.0, "to_pale": total}
        note = "95% intervals: {} to {} alone, {} to {} in all".format(
            *(words.percent(max(0.0, row[name])) for name in ("first_low", "first_high", "total_low", "total_high"))
        )
        text = f"{words.percent(first)} alone, {words.percent(total)} in all"
        label = meaning[row["parameter"]]
        entries.append({"label": label, "note": note, "text": text, "bar": {**bar, "token": token(row["parameter"])}})
    return ladder(entries)


def trade(box: Record) -> Rows:
    """The trade-off of one box: coverage and density of every step."""
    return [
        {"step": number, "coverage": step["coverage"], "density": step["density"], "taken": number == box["step"]}
        for number, step in enumerate(box["trail"])
    ]
