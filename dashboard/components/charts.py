"""Charts of one forecast and of the one it is compared with. A drawing is cached; only its rows change.

Specifications are plain Vega-Lite, written for the screen: the report's are drawn for paper and are not resized.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.components.look import dark, paint
from sim.report import words

if TYPE_CHECKING:
    from sim.forecast import Result

FONT = "Source Sans, Source Sans Pro, sans-serif"
HEIGHT = 196
Rows = list[dict[str, Any]]
# outcome, its top level, label, colour token, dash, shape of the mark at the end
RELIEF = (
    ("us_relief", 3.0, "US relief", "washington", "square"),
    ("eu_relief", 2.0, "EU relief", "brussels", "triangle-up"),
    ("contact", 2.0, "contact", "muted", "circle"),
)


def freed(result: Result, other: Result | None, *, key: str) -> None:
    """Draw people freed by month, with the spread of sampled courses; the other forecast's expectation dashed."""
    peak = max(*result.quantiles["p90"], *(other.outcomes["freed"] if other else ()))
    rows: Rows = [
        {"series": "band", "month": month, "low": low, "high": high}
        for month, low, high in zip(result.months, result.quantiles["p10"], result.quantiles["p90"], strict=True)
    ]
    rows += _courses(result, other, "freed")
    _draw(_course(dark(), "people freed", "minsk", _nice(peak), result.months[-1]), rows, words.band_text(result), key)


def held(result: Result, other: Result | None, *, key: str) -> None:
    """Draw people still held by month; the other forecast dashed."""
    rows = _courses(result, other, "prisoners")
    peak = max(row["value"] for row in rows)
    spec = _course(dark(), "people still held", "ink", _nice(peak), result.months[-1])
    _draw(spec, rows, words.freed_text(result, other), key)


def relief(result: Result, other: Result | None, *, key: str) -> None:
    """Draw relief and contact by month as shares of their top level; the other forecast dashed."""
    rows: Rows = []
    for series, source in (("other", other), ("this", result)):
        if source is None:
            continue
        for outcome, top, label, _, _ in RELIEF:
            months = zip(source.months, source.outcomes[outcome], strict=True)
            rows += [{"series": series, "what": label, "month": m, "value": v / top} for m, v in months]
    _draw(_relief(dark(), result.months[-1]), rows, words.relief_text(result), key)


def _draw(spec: dict[str, Any], rows: Rows, text: str, key: str) -> None:
    filled = {**spec, "datasets": {"rows": rows}}
    st.vega_lite_chart(filled, theme=None, width="stretch", height=HEIGHT, alt=text, key=key)


def _courses(result: Result, other: Result | None, outcome: str) -> Rows:
    rows: Rows = []
    for series, source in (("other", other), ("this", result)):
        if source is None:
            continue
        start = float(source.start[outcome]) if outcome in source.start else 0.0
        course = [(0, start), *zip(source.months, source.outcomes[outcome], strict=True)]
        rows += [{"series": series, "month": month, "value": value} for month, value in course]
    return rows


@lru_cache(maxsize=128)
def _course(is_dark: bool, title: str, token: str, peak: float, last: int) -> dict[str, Any]:
    color = paint()

    def line(series: str, stroke: str, dash: list[int], width: float) -> dict[str, Any]:
        return {
            "transform": [{"filter": f"datum.series == '{series}'"}],
            "mark": {"type": "line", "color": stroke, "strokeWidth": width, "strokeDash": dash},
            "encoding": {"y": {"field": "value", "type": "quantitative"}},
        }

    band = {
        "transform": [{"filter": "datum.series == 'band'"}],
        "mark": {"type": "area", "color": color[token], "opacity": 0.16},
        "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
    }
    answers = {  # invisible marks at every month that answer the pointer
        "transform": [{"filter": "datum.series == 'this'"}],
        "mark": {"type": "point", "opacity": 0, "size": 160},
        "encoding": {
            "y": {"field": "value", "type": "quantitative"},
            "tooltip": _tips(("month", "month"), ("value", "expected, persons")),
        },
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, peak], "nice": False},
        "axis": {**_AXIS, "title": title, "values": [0, peak / 2, peak], "format": ",.0f", "minExtent": 34},
    }
    layer = [band, line("other", color["quiet"], [4, 3], 1.5), line("this", color[token], [1, 0], 2.25), answers]
    return _finished({"width": "container", "encoding": {"x": _months(last), "y": y}, "layer": layer}, color)


@lru_cache(maxsize=16)
def _relief(is_dark: bool, last: int) -> dict[str, Any]:
    color = paint()
    layers = []
    for _, _, label, token, _ in RELIEF:
        for series, dash, width in (("other", [4, 3], 1.25), ("this", [1, 0], 2.25)):
            layers.append(
                {
                    "transform": [{"filter": f"datum.series == '{series}' && datum.what == '{label}'"}],
                    "mark": {"type": "line", "color": color[token], "strokeDash": dash, "strokeWidth": width},
                    "encoding": {"y": {"field": "value", "type": "quantitative"}},
                }
            )
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {**_AXIS, "title": "share of the top level", "values": [0, 0.5, 1], "format": "%", "minExtent": 34},
    }
    return _finished({"encoding": {"x": _months(last), "y": y}, "layer": layers, "width": "container"}, color)


_AXIS: dict[str, Any] = {
    "domain": False,
    "ticks": False,
    "titleAngle": 0,
    "titleAlign": "left",
    "titleAnchor": "end",
    "titleX": 0,
    "titleY": -10,
}


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
            "ticks": False,
            "domain": False,
            "labelExpr": "datum.value == 0 ? 'now' : datum.label",
        },
    }


def _tips(*fields: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"field": name, "title": title, "format": ",.0f", "type": "quantitative"} for name, title in fields]


def _finished(spec: dict[str, Any], color: dict[str, str]) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"name": "rows"},
        "background": "transparent",
        "padding": {"left": 2, "right": 6, "top": 14, "bottom": 2},
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {
                "gridColor": color["grid"],
                "labelColor": color["muted"],
                "titleColor": color["muted"],
                "labelFontSize": 11,
                "titleFontSize": 11.5,
                "titleFontWeight": "normal",
            },
        },
        **spec,
    }


def _nice(peak: float) -> float:
    from sim.report.rows import nice

    return nice(max(peak, 1.0))
