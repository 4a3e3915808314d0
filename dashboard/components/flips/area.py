"""Two assumptions: a map of an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import streamlit as st

from dashboard.components import drawing, frame
from dashboard.components.flips.notes import Answer, basis
from dashboard.components.look import paint


def two(found: Answer, line: Answer | None, across_name: str, *, key: str) -> None:
    """Draw an outcome over two assumptions as a map, with the line of a level on it if that was found."""
    across, up = sorted(found["axes"], key=lambda axis: axis["name"] != across_name)  # the command has its own order
    outcome, month = found["outcomes"][0], found["months"][0]
    unit = found["units"][outcome]
    columns = found["columns"]
    cells = []
    dx, dy = (_step(columns[axis["name"]]) for axis in (across, up))
    for x, y, z in zip(columns[across["name"]], columns[up["name"]], columns[outcome], strict=True):
        if z is not None:
            cells.append({"x": x - dx / 2, "x2": x + dx / 2, "y": y - dy / 2, "y2": y + dy / 2, "z": z,
                          "text": drawing.figure(z, unit), "a": x, "b": y})  # fmt: skip
    if not cells:
        frame.empty("Nothing to draw", "None of these variants could be computed.")
        return
    color = paint()
    points = []
    if line is not None:
        names = (line["over"]["name"], line["along"]["name"])
        points = [
            {names[0]: row["over"], names[1]: value, "piece": i}
            for row in line["rows"]
            for i, value in enumerate(row["crossings"])
        ]
    spec = {
        "datasets": {
            "cells": cells,
            "base": [{"x": across["value"], "y": up["value"], "text": "here"}],
            "line": [{"x": p[across["name"]], "y": p[up["name"]]} for p in points],
        },
        "data": {"name": "cells"},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "scale": {"zero": False, "nice": False},
                  "axis": drawing.across(f"{drawing.parameter(across['name'])}, {across['unit']}")},
            "y": {"field": "y", "type": "quantitative", "scale": {"zero": False, "nice": False},
                  "axis": {**drawing.upright(f"{drawing.parameter(up['name'])}, {up['unit']}"), "titleLimit": 700,
                           "grid": False}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": color["paper"], "strokeWidth": 1},
                "encoding": {
                    "x2": {"field": "x2"},
                    "y2": {"field": "y2"},
                    "color": {
                        "field": "z",
                        "type": "quantitative",
                        "scale": {"range": [color["grid"], color["heat"]], "interpolate": "rgb"},
                        "legend": {"title": drawing.outcome(outcome), "format": drawing.form(unit),
                                   "labelColor": color["muted"], "titleColor": color["muted"], "titleLimit": 200,
                                   "orient": "right", "gradientLength": 160},
                    },
                    "tooltip": [
                        {"field": "a", "title": across["name"], "type": "quantitative", "format": ".4g"},
                        {"field": "b", "title": up["name"], "type": "quantitative", "format": ".4g"},
                        {"field": "text", "title": outcome},
                    ],
                },
            },
            {
                "data": {"name": "line"},
                "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 70, "color": color["ink"],
                         "opacity": 1},
            },
            {
                "data": {"name": "base"},
                "mark": {"type": "point", "size": 150, "strokeWidth": 2.5, "filled": False, "color": color["ink"],
                         "opacity": 1},
            },
            {
                "data": {"name": "base"},
                "mark": {"type": "text", "dy": -16, "color": color["ink"], "fontWeight": "bold", "fontSize": 11},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }  # fmt: skip
    lowest, highest = min(cells, key=lambda cell: cell["z"]), max(cells, key=lambda cell: cell["z"])
    alt = (
        f"{drawing.outcome(outcome)} at month {month} over {across['name']} and {up['name']}: lowest "
        f"{lowest['text']} at {lowest['a']:.3g} and {lowest['b']:.3g}, highest {highest['text']} at "
        f"{highest['a']:.3g} and {highest['b']:.3g}."
    )
    drawing.draw(spec, key=key, height=400, alt=alt)
    if line is not None:
        st.html(
            f'<p class="gd-note">◆ {escape(drawing.outcome(line["outcome"]))} is '
            f"{drawing.figure(line['level'], unit)}: "
            f"{escape(line['verdict'])}.</p>"
        )
    basis(found)


def _step(values: Sequence[float]) -> float:
    distinct = sorted(set(values))
    return min((b - a for a, b in pairwise(distinct)), default=1.0)
