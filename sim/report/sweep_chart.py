"""The chart of a sweep as a file of its own: a line, courses by month, a map over two parameters, or a fan of a design.

Takes the JSON object of `sim.analyse.sweep`; its first outcome is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.forecast.result import OUTCOME_LABELS
from sim.report import analysis_specs, rows_flip, rows_space, space_specs
from sim.report.analysis_values import four_digits, written
from sim.report.rows import Rows
from sim.report.specs import WIDE
from sim.report.svg import to_png, to_svg, with_rows

Record = Mapping[str, Any]
Spec = dict[str, Any]
FORMATS = {"probability": ".0%", "share": ".0%", "persons": ",.0f"}
NARROW = 10
"""Persons from end to end of a scale below which whole numbers would say nothing."""
LEVELS = (0.1, 0.5, 0.9)


def sweep_file(found: Record, kind: str) -> bytes:
    """Return the chart of a sweep as ``svg`` or ``png``.

    Raises
    ------
    ValueError : another kind, or no variant that could be computed.
    """
    if kind not in ("svg", "png"):
        raise ValueError(f"kind: found {kind!r}; allowed: svg, png")
    name = found["outcomes"][0]
    if all(figure is None for figure in found["columns"][name]):
        raise ValueError(f"chart: found no {name} at all; allowed: a sweep of which something could be computed")
    found = {**found, "outcomes": [name]}
    spec, title, text = _drawn(found)
    if kind == "png":
        return to_png(spec)
    return to_svg(spec, title=title, description=text, standalone=True).encode()


def _drawn(found: Record) -> tuple[Spec, str, str]:
    """Return the filled specification, a title and a text alternative."""
    axes, months = found["axes"], sorted(found["months"])
    label = OUTCOME_LABELS[found["outcomes"][0]]
    head = f"{label[:1].upper()}{label[1:]}"
    if found["design"] != "grid":
        spec, text = _fan(found, months)
        lines = [f"{head} by month", f"over draws of {len(axes)} assumptions; dashed: unchanged"]
    elif len(axes) == 2:
        last = _at(found, months[-1])
        rows, across, up = rows_space.heat(last)
        spec = with_rows(space_specs.heat_spec(across, up), rows)
        lines = [f"{head} at month {months[-1]}", f"across: {axes[0]['name']}", f"upwards: {axes[1]['name']}"]
        text = _ends(last)
    elif len(months) > 1:
        rows, span = rows_space.courses(found)
        token = rows_flip.token(axes[0]["name"])
        spec = with_rows(space_specs.courses_spec(span, months[-1], _format(found, span), token), rows)
        low, high = (four_digits(axes[0][end]) for end in ("low", "high"))
        lines = [f"{head} by month", f"{axes[0]['name']} from {low} (pale) to {high}; dashed: unchanged"]
        text = _ends(_at(found, months[-1]))
    else:
        spec, lines = _line(found), [f"{head} at month {months[0]}", f"over {axes[0]['name']}"]
        text = _ends(found)
    shown = {"text": lines[0], "subtitle": lines[1:], "fontSize": 12, "subtitleFontSize": 11, "limit": WIDE}
    return {**spec, "title": shown}, ", ".join(lines), text


def _format(found: Record, span: tuple[float, float]) -> str:
    unit = found["units"][found["outcomes"][0]]
    return ",.1f" if unit == "persons" and span[1] - span[0] < NARROW else FORMATS.get(unit, ",.1f")


def _at(found: Record, month: int) -> Record:
    """Return the sweep at one month alone."""
    here = [number for number, each in enumerate(found["columns"]["month"]) if each == month]
    columns = {name: [column[number] for number in here] for name, column in found["columns"].items()}
    return {**found, "months": [month], "columns": columns}


def _ends(found: Record) -> str:
    """Say where an outcome is least and most."""
    name, heads = found["outcomes"][0], [axis["name"] for axis in found["axes"]]
    unit, columns = found["units"][name], found["columns"]
    rows = [
        (figure, ", ".join(f"{head} {four_digits(columns[head][number])}" for head in heads))
        for number, figure in enumerate(columns[name])
        if figure is not None
    ]
    (least, low), (most, high) = min(rows), max(rows)
    told = f"least {written(least, unit)} at {low}; most {written(most, unit)} at {high}"
    return f"{OUTCOME_LABELS[name]} at month {found['months'][-1]}: {told}."


def _line(found: Record) -> Spec:
    (axis,), (name,) = found["axes"], found["outcomes"]
    unit, columns = found["units"][name], found["columns"]
    known = [(x, y) for x, y in zip(columns[axis["name"]], columns[name], strict=True) if y is not None]
    own = next(iter(found["base"][name].values()))
    figures = [y for _, y in known] + ([own] if own is not None else [])
    x, y = (axis["low"], axis["high"]), rows_flip.round_span(min(figures), max(figures), unit)
    rows: Rows = [{"series": "line", "x": at, "y": figure} for at, figure in known]
    if own is not None and x[0] <= axis["value"] <= x[1]:
        mark = {"x": axis["value"], "y": own, "token": "ink", "shape": "circle", "size": 60}
        rows += rows_flip.labelled([{**mark, "text": f"here {four_digits(axis['value'])}"}], known, x, y)
    return with_rows(analysis_specs.curve_spec(x, y, unit), rows)


def _fan(found: Record, months: list[int]) -> tuple[Spec, str]:
    name = found["outcomes"][0]
    unit = found["units"][name]
    month = np.array(found["columns"]["month"])
    figures = np.array([np.nan if figure is None else figure for figure in found["columns"][name]], dtype=float)
    spread = {each: np.nanquantile(figures[month == each], LEVELS).tolist() for each in months}
    own = {int(each): figure for each, figure in found["base"][name].items() if figure is not None}
    every = [value for three in spread.values() for value in three] + list(own.values())
    span = rows_flip.round_span(min(every), max(every), unit)
    rows: Rows = [
        {"series": "fan", "month": each, "low": low, "half": half, "high": high}
        for each, (low, half, high) in spread.items()
    ]
    rows += [{"series": "own", "month": each, "y": figure} for each, figure in own.items()]
    last = months[-1]
    labels = list(zip(spread[last], ("p10", "median", "p90"), strict=True))
    labels += [(own[last], "unchanged")] if last in own else []
    rows += rows_space.beside(labels, last, span)
    low, half, high = (written(value, unit) for value in spread[last])
    text = f"{OUTCOME_LABELS[name]} at month {last}: p10 {low}, median {half}, p90 {high} over the draws."
    return with_rows(space_specs.fan_spec(span, last, _format(found, span)), rows), text
