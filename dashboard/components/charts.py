"""Charts of one forecast and of the one it is compared with. A drawing is cached; only its rows change.

Specifications are plain Vega-Lite, written for the screen: the report's are drawn for paper and are not resized.
Lines carry their labels at the end, moved apart where they would meet, so that there is no legend to look up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.components import vega
from dashboard.components.look import dark, paint
from sim.report import words
from sim.report.rows import apart, nice

if TYPE_CHECKING:
    from sim.forecast import Result

HEIGHT = 176
LABEL = 11.5
GAP = 0.1
"""Least distance of two labels, as a share of the height."""
FLAT = 0.02
"""Comparison lines nearer than this share of the height lie under the line and need no label of their own."""
PALE = 0.1
"""Opacity of a band over the ensemble, which lies under that of chance."""
Rows = list[dict[str, Any]]
LEVELS = {"isolated": 0.0, "envoys": 1.0, "embassy": 2.0}
# outcome, its top level, label, colour token, shape of the mark at the end
RELIEF = (
    ("contact", 2.0, "contact", "muted", "circle"),
    ("us_relief", 3.0, "US", "washington", "square"),
    ("eu_relief", 2.0, "EU", "brussels", "triangle-up"),
)


def freed(result: Result, other: Result | None, month: int, *, key: str, beside: str = "") -> None:
    """Draw people freed by month, with the spread of sampled courses; the other forecast's expectation dashed."""
    lows, highs = result.quantiles["p10"], result.quantiles["p90"]
    over = _band(result, "freed")
    top = nice(
        max(
            1.0,
            *highs,
            *(row["high"] for row in over),
            *result.outcomes["freed"],
            *(other.outcomes["freed"] if other else ()),
        )
    )
    rows: Rows = [*over, {"series": "band", "month": 0, "low": 0.0, "high": 0.0}]
    rows += [
        {"series": "band", "month": m, "low": low, "high": high}
        for m, low, high in zip(result.months, lows, highs, strict=True)
    ]
    ends = [("expected", result.outcomes["freed"][-1], "this"), ("p90", highs[-1], "quiet"), ("p10", lows[-1], "quiet")]
    rows += _courses(result, other, "freed") + _ends(result, other, "freed", ends, top, beside) + _rule(month)
    title = "people freed (band: 8 courses in 10)" if not over else "people freed (dark: chance, pale: ensemble)"
    text = words.band_text(result) + _over(result, "freed") + _beside(other, "freed", beside)
    _draw(_course(dark(), title, "minsk", top, result.months[-1]), rows, key, text)


def held(result: Result, other: Result | None, month: int, *, key: str, beside: str = "") -> None:
    """Draw people still held by month; the other forecast dashed."""
    over = _band(result, "prisoners")
    rows = _courses(result, other, "prisoners")
    top = nice(max(1.0, *(row["value"] for row in rows), *(row["high"] for row in over)))
    rows = [*over, *rows]
    ends = [("", result.outcomes["prisoners"][-1], "this")]
    rows += _ends(result, other, "prisoners", ends, top, beside) + _rule(month)
    text = words.freed_text(result) + _beside(other, "prisoners", beside)
    title = "people still held (pale: ensemble)" if over else "people still held"
    _draw(_course(dark(), title, "ink", top, result.months[-1]), rows, key, text)


def relief(result: Result, other: Result | None, month: int, *, key: str, beside: str = "") -> None:
    """Draw relief and contact by month as shares of their top level; the other forecast dashed."""
    rows: Rows = []
    for outcome, top, label, _, _ in RELIEF[1:]:
        rows += [{**row, "what": label} for row in _band(result, outcome, top)]
    for series, source in (("other", other), ("this", result)):
        if source is None:
            continue
        for outcome, top, label, _, _ in RELIEF:
            course = [(0, _start(source, outcome)), *zip(source.months, source.outcomes[outcome], strict=True)]
            rows += [{"series": series, "what": label, "month": m, "value": v / top} for m, v in course]
    values = [result.outcomes[outcome][-1] / top for outcome, top, *_ in RELIEF]
    places = apart(values, GAP, 0.03, 1.0)
    for (_, _, label, *_), value, place in zip(RELIEF, values, places, strict=True):
        end = {"series": "end", "what": label, "month": result.months[-1], "value": value, "place": place}
        rows.append(end | {"text": f"{label} {words.percent(value)}"})
    text = words.relief_text(result) + (f" For comparison, {beside}: {words.relief_text(other)}" if other else "")
    _draw(_relief(dark(), result.months[-1]), rows + _rule(month), key, text)


def _band(result: Result, outcome: str, top: float = 1.0) -> Rows:
    """p10 and p90 over the calibrated ensemble by month, as shares of ``top``; nothing where no bands are known."""
    if result.bands is None:
        return []
    start = _start(result, outcome)
    lows, highs = result.bands[outcome]["p10"], result.bands[outcome]["p90"]
    months = [(0, start, start), *zip(result.months, lows, highs, strict=True)]
    return [{"series": "over", "month": m, "low": low / top, "high": high / top} for m, low, high in months]


def _over(result: Result, outcome: str) -> str:
    month = result.months[-1]
    span = words.span(result, outcome, month, words.persons)
    return f" Over the calibrated ensemble: {span} by month {month}." if span else ""


def _draw(spec: dict[str, Any], rows: Rows, key: str, text: str) -> None:
    filled = {**spec, "datasets": {"rows": rows}}
    st.vega_lite_chart(filled, theme=None, width="stretch", height=HEIGHT, alt=text, key=key)


def _start(result: Result, outcome: str) -> float:
    start = result.start.get(outcome, 0.0)
    return LEVELS[start] if isinstance(start, str) else float(start)


def _beside(other: Result | None, outcome: str, name: str) -> str:
    if other is None:
        return ""
    return f" For comparison, {name}: {words.persons(other.outcomes[outcome][-1])} at month {other.months[-1]}."


def _courses(result: Result, other: Result | None, outcome: str) -> Rows:
    rows: Rows = []
    for series, source in (("other", other), ("this", result)):
        if source is None:
            continue
        course = [(0, _start(source, outcome)), *zip(source.months, source.outcomes[outcome], strict=True)]
        rows += [{"series": series, "month": month, "value": value} for month, value in course]
    return rows


def _ends(
    result: Result,
    other: Result | None,
    outcome: str,
    ends: Sequence[tuple[str, float, str]],
    top: float,
    beside: str,
) -> Rows:
    """Labels at the end of the lines: name, value and tone of each."""
    listed = list(ends)
    if other is not None:
        value = other.outcomes[outcome][-1]
        if abs(value - result.outcomes[outcome][-1]) > FLAT * top:
            listed.append((beside, value, "quiet"))
    places = apart([value / top for _, value, _ in listed], GAP, 0.03, 1.03)
    return [
        {
            "series": "end",
            "month": result.months[-1],
            "value": value,
            "place": place * top,
            "tone": tone,
            "text": f"{words.persons(value)} {name}".rstrip(),
        }
        for (name, value, tone), place in zip(listed, places, strict=True)
    ]


def _rule(month: int) -> Rows:
    return [{"series": "rule", "month": month}]


@lru_cache(maxsize=128)
def _course(is_dark: bool, title: str, token: str, peak: float, last: int) -> dict[str, Any]:
    color = paint()
    band: dict[str, Any] = {
        "transform": [{"filter": "datum.series == 'band'"}],
        "mark": {"type": "area", "color": color[token], "opacity": 0.16, "aria": False},
        "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
    }
    over = {**band, "transform": [{"filter": "datum.series == 'over'"}], "mark": {**band["mark"], "opacity": PALE}}
    tips = [("month", "month", "d"), ("value", "expected, persons", ",.0f")]
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, peak], "nice": False},
        "axis": {**_AXIS, "title": title, "values": [0, peak / 2, peak], "format": "~s" if peak < 1 else ",.0f"},
    }
    layer = [
        _month_rule(color),
        over,
        band,
        _line("datum.series == 'other'", color["quiet"], [4, 3], 1.5),
        _line("datum.series == 'this'", color[token], [1, 0], 2.25),
        _answers(tips),
        _label("datum.series == 'end' && datum.tone == 'this'", color[token], "bold"),
        _label("datum.series == 'end' && datum.tone != 'this'", color["muted"], "normal"),
    ]
    return _finished({"encoding": {"x": _months(last), "y": y}, "layer": layer}, color)


@lru_cache(maxsize=16)
def _relief(is_dark: bool, last: int) -> dict[str, Any]:
    color = paint()
    layers = [_month_rule(color)]
    for _, _, label, token, _ in RELIEF[1:]:
        layers.append(
            {
                "transform": [{"filter": f"datum.series == 'over' && datum.what == '{label}'"}],
                "mark": {"type": "area", "color": color[token], "opacity": PALE, "aria": False},
                "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            }
        )
    for series, dash, width in (("other", [4, 3], 1.25), ("this", [1, 0], 2.25)):
        for _, _, label, token, _ in RELIEF:
            layers.append(_line(f"datum.series == '{series}' && datum.what == '{label}'", color[token], dash, width))
    for _, _, label, token, shape in RELIEF:
        end = f"datum.series == 'end' && datum.what == '{label}'"
        mark = {"type": "point", "shape": shape, "filled": True, "size": 42, "color": color[token], "opacity": 1}
        here = {"y": {"field": "value", "type": "quantitative"}}
        layers += [{"transform": [{"filter": end}], "mark": mark, "encoding": here}, _label(end, color[token], "bold")]
    tips = [("what", "what", ""), ("month", "month", "d"), ("value", "share of the top level", ".0%")]
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {**_AXIS, "title": "relief and contact, share of the top level", "values": [0, 0.5, 1], "format": "%"},
    }
    return _finished({"encoding": {"x": _months(last), "y": y}, "layer": [*layers, _answers(tips)]}, color)


def _line(condition: str, stroke: str, dash: list[int], width: float) -> dict[str, Any]:
    return {
        "transform": [{"filter": condition}],
        # a comparison is told in the chart's text; where there is none, its empty marks must not be read aloud
        "mark": {
            "type": "line",
            "color": stroke,
            "strokeWidth": width,
            "strokeDash": dash,
            **({"aria": False} if "'other'" in condition else {}),
        },
        "encoding": {"y": {"field": "value", "type": "quantitative"}},
    }


def _label(condition: str, color: str, weight: str) -> dict[str, Any]:
    return {
        "transform": [{"filter": condition}],
        "mark": {"type": "text", "align": "left", "dx": 7, "color": color, "fontSize": LABEL, "fontWeight": weight},
        "encoding": {"y": {"field": "place", "type": "quantitative"}, "text": {"field": "text"}},
    }


def _month_rule(color: dict[str, str]) -> dict[str, Any]:
    """The month that the headline figures are of."""
    return {
        "transform": [{"filter": "datum.series == 'rule'"}],
        "mark": {"type": "rule", "color": color["rule"], "strokeWidth": 1.25},
        "encoding": {"y": {"value": 0}, "y2": {"value": "height"}},
    }


def _answers(tips: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Invisible marks at every month that answer the pointer."""
    fields = [{"field": name, "title": title, **({"format": how} if how else {})} for name, title, how in tips]
    for field in fields:
        field["type"] = "quantitative" if "format" in field else "nominal"
    return {
        "transform": [{"filter": "datum.series == 'this'"}],
        "mark": {"type": "point", "opacity": 0, "size": 140},
        "encoding": {"y": {"field": "value", "type": "quantitative"}, "tooltip": fields},
    }


_AXIS = vega.above(34)


def _months(last: int) -> dict[str, Any]:
    values = [month for month in (0, 6, 12, 18, 24, 36, 48, 60) if month <= last]
    return {
        "field": "month",
        "type": "quantitative",
        "scale": {"domain": [0, last], "nice": False},
        "axis": {
            "values": values,
            "title": None,
            "grid": False,
            "labelFlush": False,
            "labelPadding": 5,
            "labelExpr": "datum.value == 0 ? 'now' : datum.label",
        },
    }


def _finished(spec: dict[str, Any], color: dict[str, str]) -> dict[str, Any]:
    return {**vega.frame(color, right=4, top=6), "data": {"name": "rows"}, **spec}
