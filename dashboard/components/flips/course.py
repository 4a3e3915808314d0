"""One assumption: the course of an outcome over its range, and what a capital does there."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.components import drawing
from dashboard.components.flips.notes import Answer, basis
from dashboard.components.look import named, paint
from sim.report import words


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
        gone = ", though not on the finer grid" if c.get("finer") is False else ""
        told.append(f"{at} it {'rises' if c['rising'] else 'falls'} {how}{gone}")
    verdict = found["verdict"]
    verdict = verdict[:1].upper() + verdict[1:]
    return f"<strong>{escape(verdict)}</strong>: {escape(words.listed(told))}. {here}"


def switches(found: Answer) -> None:
    """Draw what a capital is likeliest to do over the range of one assumption."""
    where = found["parameter"]
    gone = [drawing.value(row["value"]) for row in found["switches"] if row.get("finer") is False]
    st.html(
        f'<p class="gd-lead">Here, {escape(named(found["player"]))} is likeliest to: '
        f"<strong>{escape(found['base_action'])}</strong>. "
        f"{escape(found['verdict'][:1].upper() + found['verdict'][1:])}."
        f"{f' Not there on the finer grid: {escape(words.listed(gone))}.' if gone else ''}</p>"
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
