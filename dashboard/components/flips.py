"""Pictures of what an answer hangs on: a tornado, one assumption, two assumptions, and the smallest changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import streamlit as st

from dashboard.components import drawing, frame
from dashboard.components.look import named, paint
from dashboard.components.tables import listed
from sim.report import words
from sim.scenario import parameter_info
from sim.scenario.layers import ASSUMPTION

ROWS = 14
"""Assumptions shown in a tornado; the others matter less."""
Answer = Mapping[str, Any]


def tornado(found: Answer) -> None:
    """Draw, for each assumption, how far the outcome goes between both ends of its plausible range."""
    base, unit = found["base"][0]["value"], found["units"][found["outcomes"][0]]
    rows = [row for row in found["rows"] if row["swing"]]
    if not rows:
        frame.empty("Nothing moves it", "No assumption changes this outcome within its plausible range.")
        return
    ends = [end for row in rows for end in (row["at_low"], row["at_high"]) if end is not None]
    low, high = min([base, *ends]), max([base, *ends])
    body = "".join(_swing(row, base, low, high, unit) for row in rows[:ROWS])
    st.html(
        '<div class="gd-scroll" tabindex="0" role="region" aria-label="Tornado"><table class="gd-bars gd-tornado">'
        '<thead><tr><th scope="col">Assumption, widest swing first</th>'
        f'<th scope="col">□ at its low end, ■ at its high end; line: here, {drawing.figure(base, unit)}</th>'
        '<th scope="col" class="r">low end</th><th scope="col" class="r">high end</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    if len(rows) > ROWS:
        st.html(f'<p class="gd-note">{len(rows) - ROWS} more matter less than these.</p>')
    basis(found)


def _swing(row: Answer, base: float, low: float, high: float, unit: str) -> str:
    def place(value: float) -> float:
        return 100.0 * (value - low) / ((high - low) or 1.0)

    ends = [end for end in (row["at_low"], row["at_high"]) if end is not None]
    left, right = place(min([base, *ends])), place(max([base, *ends]))
    marks = "".join(
        f'<b class="{kind}" style="left:{place(end):.1f}%"></b>'
        for kind, end in (("lo", row["at_low"]), ("hi", row["at_high"]))
        if end is not None
    )
    source = "assumption" if row["source"] in ("", ASSUMPTION) else "from a passage"
    scope = (
        f"{drawing.value(row['low'])} to {drawing.value(row['high'])} {row['unit']}; here {drawing.value(row['base'])}"
    )
    return (
        f'<tr><th scope="row">{escape(drawing.parameter(row["parameter"]))}'
        f"<small>{escape(scope)}, {source}</small></th>"
        '<td class="bar"><span class="swing" aria-hidden="true">'
        f'<i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
        f'<u style="left:{place(base):.1f}%"></u>{marks}</span></td>'
        f'<td class="r">{drawing.figure(row["at_low"], unit)}</td>'
        f'<td class="r">{drawing.figure(row["at_high"], unit)}</td></tr>'
    )


def one(found: Answer, *, key: str) -> None:
    """Draw an outcome over the range of one assumption, with the level and every crossing, or say that none is."""
    unit, where = found["unit"], found["parameter"]
    x, y = found["scan"]["parameter"], found["scan"]["outcome"]
    crossings = found["crossings"]
    st.html(f'<p class="gd-lead">{_crossed(found)}</p>')
    color = paint()
    percent = unit in ("probability", "share")
    level = found["level"]
    scale = {"type": "quantitative", "axis": {**drawing.upright(drawing.outcome(found["outcome"])),
             "format": drawing.form(unit)}, "scale": {"zero": False, "nice": True}}  # fmt: skip
    ends = [abs((end if end is not None else level) - level) for end in (y[0], y[-1])]
    side = "left" if ends[0] >= ends[1] else "right"  # the label of the level stands where the course is far from it
    marks = [{"x": c["value"], "y": level, "text": drawing.value(c["value"])} for c in crossings]
    spec = {
        "datasets": {
            "course": [{"x": a, "y": b} for a, b in zip(x, y, strict=True) if b is not None],
            "base": [{"x": where["value"], "y": found["base_value"], "text": "here"}],
            "level": [{"y": level, "text": f"level {drawing.figure(level, unit)}"}],
            "crossings": marks,
        },
        "data": {"name": "course"},
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "scale": {"domain": [where["low"], where["high"]], "nice": False},
                "axis": drawing.across(f"{drawing.parameter(where['name'])}, {where['unit']}"),
            },
            "y": {"field": "y", **scale},
        },
        "layer": [
            {
                "data": {"name": "level"},
                "mark": {"type": "rule", "color": color["quiet"], "strokeDash": [4, 3]},
                "encoding": {"x": {"value": 0}, "x2": {"value": "width"}},
            },
            {
                "data": {"name": "level"},
                "mark": {"type": "text", "align": side, "dx": 4 if side == "left" else -4, "dy": -7,
                         "color": color["muted"], "fontSize": 11},
                "encoding": {"x": {"value": 0 if side == "left" else "width"}, "text": {"field": "text"}},
            },
            {"mark": {"type": "line", "color": color["ink"], "strokeWidth": 2}},
            {
                "mark": {"type": "point", "filled": True, "size": 22, "color": color["ink"], "opacity": 1},
                "encoding": {
                    "tooltip": [
                        {"field": "x", "title": where["name"], "type": "quantitative", "format": ".4g"},
                        {"field": "y", "title": found["outcome"], "type": "quantitative",
                         "format": ".1%" if percent else ".1f"},
                    ]
                },
            },
            {
                "data": {"name": "crossings"},
                "mark": {"type": "rule", "color": color["ink"], "strokeDash": [2, 2]},
                "encoding": {"y": {"field": "y"}, "y2": {"value": "height"}},
            },
            {
                "data": {"name": "crossings"},
                "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 130, "color": color["ink"],
                         "opacity": 1},
            },
            {
                "data": {"name": "crossings"},
                "mark": {"type": "text", "dy": -14, "fontWeight": "bold", "color": color["ink"], "fontSize": 12},
                "encoding": {"text": {"field": "text"}},
            },
            {
                "data": {"name": "base"},
                "mark": {"type": "point", "filled": False, "size": 110, "strokeWidth": 2, "color": color["ink"],
                         "opacity": 1},
            },
            {
                "data": {"name": "base"},
                "mark": {"type": "text", "dy": 16, "color": color["muted"], "fontSize": 11},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }  # fmt: skip
    alt = (
        f"{drawing.outcome(found['outcome'])} at month {found['month']} for {where['name']} from {where['low']:g} to "
        f"{where['high']:g}: {drawing.figure(y[0], unit)} at the low end, {drawing.figure(y[-1], unit)} at the high "
        "end. "
        f"{found['verdict']}."
    )
    drawing.draw(spec, key=key, height=330, alt=alt)
    basis(found)


def _crossed(found: Answer) -> str:
    where, unit, crossings = found["parameter"], found["unit"], found["crossings"]
    here = f"Here it is {drawing.figure(found['base_value'], unit)}."
    if not crossings:
        text = found["verdict"].partition(": ")[2] or found["verdict"]
        text = text.replace(where["name"], f"“{drawing.parameter(where['name'])}”")
        return f"<strong>No crossing.</strong> {escape(text[:1].upper() + text[1:])}. {here}"
    told = []
    for c in crossings:
        at = (
            f"between {min(c['below'], c['above']):g} and {max(c['below'], c['above']):g}"
            if where["whole"]
            else f"at {drawing.value(c['value'])}"
        )
        how = "over the level with a leap" if c["jump"] else "through the level"
        told.append(f"{at} it {'rises' if c['rising'] else 'falls'} {how}")
    verdict = found["verdict"]
    verdict = verdict[:1].upper() + verdict[1:]
    return f"<strong>{escape(verdict)}</strong>: {escape(words.listed(told))}. {here}"


def switches(found: Answer) -> None:
    """Draw what a capital is likeliest to do over the range of one assumption."""
    where = found["parameter"]
    st.html(
        f'<p class="gd-lead">Here, {escape(named(found["player"]))} is likeliest to: '
        f"<strong>{escape(found['base_action'])}</strong>. "
        f"{escape(found['verdict'][:1].upper() + found['verdict'][1:])}.</p>"
    )
    ends = [where["low"], *(row["value"] for row in found["switches"]), where["high"]]
    does = [found["base_action"]]
    if found["switches"]:
        does = [found["switches"][0]["before"], *(row["behind"] for row in found["switches"])]
    wide = (where["high"] - where["low"]) or 1.0
    parts = []
    for low, high, action in zip(ends, ends[1:], does, strict=False):
        here = low <= where["value"] <= high
        mark = " · here" if here else ""
        parts.append(
            f'<li style="flex:{max(0.06, (high - low) / wide):.3f}"{" class=here" if here else ""}>'
            f"<b>{escape(action)}</b><small>{drawing.value(low)} to {drawing.value(high)}{mark}</small></li>"
        )
    what = f"{drawing.parameter(where['name'])}, {where['unit']}"
    st.html(f'<ol class="gd-switch">{"".join(parts)}</ol><p class="gd-note">{escape(what)}</p>')
    basis(found)


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


def inverse(found: Answer) -> None:
    """Draw the smallest changes that flip the answer: one assumption alone, and several together."""
    deal = found["deal"] is not None

    def written(value: float | None) -> str:
        return (
            "–"
            if value is None
            else f"{100 * value:+.0f} points ahead"
            if deal
            else drawing.figure(value, found["unit"])
        )

    st.html(
        f'<p class="gd-lead">The goal: <strong>{escape(found["goal"])}</strong>. '
        f"Here: {written(found['base_figure'])}.</p>"
    )
    frame.section("One assumption alone, smallest change first")
    if found["flips"]:
        rows: list[list[str]] = [
            [
                f"{drawing.parameter(flip['parameter'])}\n{flip['parameter']}, {flip['unit']}",
                drawing.value(flip["base"]),
                drawing.value(flip["value"]),
                _share(flip["share"]),
                _finer(flip["finer"]),
            ]
            for flip in found["flips"]
        ]
        heads = ["Assumption", "Here", "It takes", "Of its range", "On the finer grid"]
        listed(heads, rows[:ROWS], right=(1, 2, 3))
        if rows[ROWS:]:
            with st.expander(f"{len(rows) - ROWS} more that need larger changes"):
                listed(heads, rows[ROWS:], right=(1, 2, 3))
    else:
        frame.empty("None", "No single change within its plausible range does it.")
    if found["without"]:
        st.html(
            f'<p class="gd-note">{words.plural(len(found["without"]), "assumption does", "assumptions do")} not do it '
            "anywhere in their range.</p>"
        )
    joint = found["joint"]
    if joint is None:
        basis(found)
        return
    frame.section("Several a little, together")
    if not joint["found"]:
        frame.empty(
            "None found", f"{joint['message'][:1].upper()}{joint['message'][1:]}; nearest: {written(joint['figure'])}."
        )
    else:
        rows = [
            [
                f"{drawing.parameter(move['parameter'])}\n{move['parameter']}, {move['unit']}",
                drawing.value(move["base"]),
                drawing.value(move["value"]),
                _share(move["share"]),
            ]
            for move in joint["moves"]
        ]
        listed(["Assumption", "Here", "It takes", "Of its range"], rows, right=(1, 2, 3))
        st.html(
            f'<p class="gd-note">Then: {written(joint["figure"])}. On the finer grid: {_finer(joint["finer"])}. '
            "A small change that was found; there may be a smaller one.</p>"
        )
    basis(found)


def _share(value: float) -> str:
    return f"{value:+.0%}".replace("-", "−")


def _finer(value: bool | None) -> str:
    return "not checked" if value is None else "flips too" if value else "does not flip"


def basis(found: Answer) -> None:
    """Say what was computed, how far a finer grid differs, and what could not be computed."""
    parts = [f"{words.plural(found['variants'], 'forecast')} on the {found['grid']} grid."]
    check = found.get("check")
    if check:
        differences = [row["relative"] for row in check["rows"] if row["relative"] is not None]
        worst = max(differences, default=0.0)
        warn = " Read the picture with that in mind." if worst > 0.1 else ""
        parts.append(
            f"{len(check['variants'])} of them computed again on the {check['grid']} grid: they differ by up to "
            f"{words.percent(worst)} of the largest value.{warn}"
        )
    if found.get("failed"):
        parts.append(f"{words.plural(len(found['failed']), 'variant')} could not be computed and are left out.")
    st.html(f'<p class="gd-note">{escape(" ".join(parts))}</p>')


def ranged() -> list[str]:
    """Return the assumptions that have a plausible range."""
    return [name for name, info in parameter_info().items() if info.low != info.high]
