"""Vega-Lite specifications of the charts of analyses, their rows left out (the ``rows_...`` modules make them).

As in `sim.report.specs`: each is built once and kept, and Altair is imported inside functions.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sim.report import theme
from sim.report.specs import EXTENT, WIDE, _finish, _months, _y_axis

PLANE = 262  # side of a plane of gains, in SVG units
LEFT = 8  # room beside a plane, so that labels of points at its edge stay inside
Span = tuple[float, float]


def _paint(field: str = "token") -> Any:
    import altair as alt

    names = list(theme.TOKENS)
    scale = alt.Scale(domain=names, range=[theme.color(name) for name in names])
    return alt.Color(f"{field}:N", scale=scale, legend=None)


def _place(channel: Any, field: str) -> Any:
    return channel(f"{field}:Q", scale=None, axis=None)


@lru_cache(maxsize=1)
def diverging_spec() -> dict[str, Any]:
    """Rows of bars to both sides of a line; a row places its bar, its pale bar and its marks on a scale from 0 to 1."""
    import altair as alt

    base = alt.Chart(alt.NamedData(name="rows"))
    rows = base.transform_filter("datum.series == 'bar'")
    scale = alt.Scale(domain=[0, 1], nice=False)
    y, y2 = _place(alt.Y, "y"), alt.Y2("y2:Q")

    def bar(start: str, end: str, opacity: float) -> Any:
        return (
            rows.transform_filter(f"isValid(datum.{start})")
            .mark_rect(opacity=opacity, cornerRadius=1)
            .encode(x=alt.X(f"{start}:Q", scale=scale, axis=None), x2=f"{end}:Q", y=y, y2=y2, color=_paint())
        )

    def mark(field: str, token: str, width: float, dash: list[float] | None) -> Any:
        options: dict[str, Any] = {"strokeDash": dash} if dash else {}
        return (
            rows.transform_filter(f"isValid(datum.{field})")
            .transform_calculate(top="datum.y - 3", bottom="datum.y2 + 3")
            .mark_rule(color=theme.color(token), strokeWidth=width, **options)
            .encode(x=alt.X(f"{field}:Q", scale=scale, axis=None), y=_place(alt.Y, "top"), y2="bottom:Q")
        )

    def text(field: str, right: bool, size: float, token: str, weight: Any = "normal") -> Any:
        return (
            base.transform_filter(f"isValid(datum.{field})")
            .mark_text(
                align="right" if right else "left",
                baseline="alphabetic",
                fontSize=size,
                fontWeight=weight,
                color=theme.color(token),
            )
            .encode(x=alt.value(WIDE if right else 0), y=_place(alt.Y, f"y_{field}"), text=f"{field}:N")
        )

    track = rows.mark_rect(color=theme.color("grid")).encode(x=alt.value(0), x2=alt.value(WIDE), y=y, y2=y2)
    layers = [
        track,
        bar("from", "to", 1.0),
        bar("from_pale", "to_pale", 0.4),
        mark("zero", "ink", 1.25, None),
        mark("level", "moscow", 1.75, [3, 2]),
        text("label", False, 12, "ink"),
        text("note", False, 10.5, "muted"),
        text("text", True, 12, "ink", "bold"),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE))


@lru_cache(maxsize=32)
def curve_spec(x: Span, y: Span, unit: str) -> dict[str, Any]:
    """An outcome over a parameter: line, level, the scenario's own point and the crossings."""
    import altair as alt

    whole = unit == "persons" and y[1] - y[0] >= 10
    fmt = ".0%" if unit in ("probability", "share") else ",.0f" if whole else ",.1f"
    x_axis = alt.Axis(
        values=[x[0], x[1]],
        title=None,
        grid=False,
        labelFlush=True,
        labelPadding=6,
        labelExpr="format(datum.value, ',.4~r')",
    )
    ticks = [y[0], (y[0] + y[1]) / 2, y[1]]
    at = alt.X("x:Q", scale=alt.Scale(domain=list(x), nice=False), axis=x_axis)
    up = alt.Y("y:Q", scale=alt.Scale(domain=list(y), nice=False), axis=_y_axis("", ticks, fmt))
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=at, y=up)
    line, level, points = (base.transform_filter(f"datum.series == '{name}'") for name in ("line", "level", "point"))
    layers = [
        level.mark_line(color=theme.color("moscow"), strokeWidth=1.5, strokeDash=[4, 3]),
        line.mark_line(color=theme.color("minsk"), strokeWidth=2.25, strokeJoin="round"),
        points.mark_point(filled=True, opacity=1).encode(
            color=_paint(),
            shape=alt.Shape("shape:N", scale=None, legend=None),
            size=alt.Size("size:Q", scale=None, legend=None),
        ),
        points.mark_text(fontSize=11, fontWeight="bold", baseline="middle", color=theme.color("ink")).encode(
            x=alt.X("x_text:Q", scale=alt.Scale(domain=list(x), nice=False)),
            y=alt.Y("y_text:Q", scale=alt.Scale(domain=list(y), nice=False)),
            text="text:N",
        ),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT - 16, height=132))


@lru_cache(maxsize=16)
def plane_spec(x: Span, y: Span, across: str, up: str) -> dict[str, Any]:
    """Two capitals' gains against each other: packages or cells, the frontier, the lines of no deal, named points."""
    import altair as alt

    plain: dict[str, Any] = {"grid": False, "labelPadding": 5, "tickCount": 4, "format": "+,.3~g"}
    plain["labelExpr"] = "datum.value == 0 ? '0' : datum.label"
    aside: dict[str, Any] = {
        "titleAngle": 0,
        "titleAlign": "left",
        "titleBaseline": "bottom",
        "titleX": -EXTENT - 8,
        "titleY": -9,
    }
    aside |= {"minExtent": EXTENT + 8, "maxExtent": EXTENT + 8}
    x_scale, y_scale = alt.Scale(domain=list(x), nice=False), alt.Scale(domain=list(y), nice=False)

    def at(field: str) -> Any:
        axis = alt.Axis(title=f"{across}: gain over no deal, its points", **plain)
        return alt.X(f"{field}:Q", scale=x_scale, axis=axis)

    def high(field: str) -> Any:
        axis = alt.Axis(title=f"{up}: gain over no deal, its points", **plain, **aside)
        return alt.Y(f"{field}:Q", scale=y_scale, axis=axis)

    base = alt.Chart(alt.NamedData(name="rows"))

    def of(series: str) -> Any:
        return base.transform_filter(f"datum.series == '{series}'")

    opacity = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.12, 0.95]), legend=None)
    quarter: dict[str, Any] = {"color": theme.color("heat"), "opacity": 0.13}
    lines: dict[str, Any] = {"color": theme.color("muted"), "strokeWidth": 1, "strokeDash": [2, 2]}
    layers = [
        of("quarter").mark_rect(**quarter).encode(x=at("x"), x2="x2:Q", y=high("y"), y2="y2:Q"),
        of("cell").mark_rect().encode(x=at("x"), x2="x2:Q", y=high("y"), y2="y2:Q", color=_paint(), opacity=opacity),
        of("package").mark_point(filled=True, size=9, opacity=0.55).encode(x=at("x"), y=high("y"), color=_paint()),
        of("four").mark_point(filled=True, size=30, opacity=0.95).encode(x=at("x"), y=high("y"), color=_paint()),
        of("up").mark_rule(**lines).encode(x=at("x")),
        of("across").mark_rule(**lines).encode(y=high("y")),
        of("frontier")
        .mark_line(color=theme.color("ink"), strokeWidth=1.25, opacity=0.8)
        .encode(x=at("x"), y=high("y"), order="order:Q"),
        of("named")
        .mark_point(filled=True, opacity=1, stroke=theme.color("paper"), strokeWidth=1.25)
        .encode(
            x=at("x"),
            y=high("y"),
            color=_paint(),
            shape=alt.Shape("shape:N", scale=None, legend=None),
            size=alt.Size("size:Q", scale=None, legend=None),
        ),
        of("named")
        .mark_text(fontSize=12, fontWeight="bold", baseline="middle", color=theme.color("ink"))
        .encode(x=at("x_text"), y=high("y_text"), text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=PLANE, height=PLANE))


@lru_cache(maxsize=16)
def path_spec(peak: float, last: int) -> dict[str, Any]:
    """Two plots over each other: people in the offers of both sides, and the chance that an offer is accepted."""
    import altair as alt

    def panel(name: str, title: str, top: float, height: int, fmt: str, labels: bool) -> Any:
        scale = alt.Scale(domain=[0, top], nice=False)
        y = alt.Y("value:Q", scale=scale, axis=_y_axis(title, (0, top / 2, top), fmt))
        base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last, labels, 1.44), y=y, color=_paint())
        lines = base.transform_filter(f"datum.panel == '{name}' && datum.series == 'line'")
        ends = base.transform_filter(f"datum.panel == '{name}' && datum.series == 'end'")
        layers = [
            lines.mark_line(strokeWidth=2.25, strokeJoin="round").encode(detail="token:N"),
            ends.mark_point(filled=True, size=44, opacity=1).encode(
                shape=alt.Shape("shape:N", scale=None, legend=None)
            ),
            ends.mark_text(align="left", dx=8, baseline="middle", fontSize=11).encode(
                y=alt.Y("place:Q", scale=scale), text="text:N", color=alt.value(theme.color("ink"))
            ),
        ]
        return alt.layer(*layers).properties(width=WIDE - EXTENT, height=height)

    return _finish(
        alt.vconcat(
            panel("offer", "people in its offers, mean", peak, 96, ",.0f", False),
            panel("accepted", "chance that its offer is accepted", 1.0, 72, "%", True),
        )
    )


@lru_cache(maxsize=8)
def price_spec(peak: float, last: int) -> dict[str, Any]:
    """Persons freed per step of relief in the deals of each month."""
    import altair as alt

    scale = alt.Scale(domain=[0, peak], nice=False)
    y = alt.Y("value:Q", scale=scale, axis=_y_axis("persons per step of relief", (0, peak / 2, peak)))
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last), y=y)
    lines = base.transform_filter("datum.series == 'line'")
    ends = base.transform_filter("datum.series == 'end'")
    layers = [
        lines.mark_line(color=theme.color("minsk"), strokeWidth=2.25).encode(detail="piece:N"),
        lines.mark_point(color=theme.color("minsk"), filled=True, size=14, opacity=1),
        ends.mark_text(
            align="left", dx=7, baseline="middle", fontSize=12, fontWeight="bold", color=theme.color("ink")
        ).encode(text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT, height=112))


@lru_cache(maxsize=8)
def stock_spec(peak: float, top: float) -> dict[str, Any]:
    """Distribution of the number still held: bars, the number held now, and the expectation."""
    import altair as alt

    x_scale = alt.Scale(domain=[0, peak], nice=False)
    x_axis = alt.Axis(
        values=[0, peak / 2, peak], title=None, grid=False, labelFlush=True, labelPadding=6, format=",.0f"
    )
    y = alt.Y("share:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=_y_axis("probability", (0, top), ".0%"))
    base = alt.Chart(alt.NamedData(name="rows"))
    bars = base.transform_filter("datum.series == 'bar'")
    marks = base.transform_filter("datum.series == 'mark'")
    at = alt.X("x:Q", scale=x_scale, axis=x_axis)
    layers = [
        bars.mark_rect().encode(x=at, x2="x2:Q", y=y, y2=alt.datum(0), color=_paint()),
        marks.mark_rule(strokeWidth=1.5).encode(x=at, color=_paint()),
        marks.mark_text(fontSize=11, baseline="bottom", color=theme.color("ink"), fontWeight="bold").encode(
            x=alt.X("x_text:Q", scale=x_scale), y=_place(alt.Y, "y_text"), text="text:N"
        ),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT - 12, height=120))


@lru_cache(maxsize=1)
def map_spec() -> dict[str, Any]:
    """Positions by what the West and what Minsk have given, the stable ones marked, moves as lines."""
    import altair as alt

    def axis(title: str, start: str, end: str, values: list[float]) -> dict[str, Any]:
        expr = f"datum.value == 0 ? '{start}' : datum.value == 1 ? '{end}' : ''"
        return {"values": values, "title": title, "labelExpr": expr, "grid": True, "labelPadding": 6}

    scale = alt.Scale(domain=[-0.06, 1.06], nice=False)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]

    def at(field: str) -> Any:
        made = alt.Axis(**axis("what the West has given: relief, contact", "nothing", "all", ticks), labelFlush=True)
        return alt.X(f"{field}:Q", scale=scale, axis=made)

    def high(field: str) -> Any:
        made = alt.Axis(
            **axis("what Minsk has given: people, leaders", "nothing", "all", ticks),
            titleAngle=0,
            titleAlign="left",
            titleBaseline="bottom",
            titleX=-EXTENT - 8,
            titleY=-9,
            minExtent=EXTENT + 8,
            maxExtent=EXTENT + 8,
        )
        return alt.Y(f"{field}:Q", scale=scale, axis=made)

    base = alt.Chart(alt.NamedData(name="rows"))

    def of(series: str) -> Any:
        return base.transform_filter(f"datum.series == '{series}'")

    layers = [
        of("move")
        .mark_rule(strokeWidth=1.5, opacity=0.75)
        .encode(x=at("x"), x2="x2:Q", y=high("y"), y2="y2:Q", color=_paint()),
        of("arrow")
        .mark_point(filled=True, size=42, shape="triangle", opacity=0.9)
        .encode(x=at("x"), y=high("y"), color=_paint(), angle=alt.Angle("angle:Q", scale=None)),
        of("position")
        .mark_point(filled=True, size=14, color=theme.color("quiet"), opacity=0.6)
        .encode(x=at("x"), y=high("y")),
        of("answered")
        .mark_point(filled=False, size=95, strokeWidth=2, color=theme.color("minsk"), opacity=1)
        .encode(x=at("x"), y=high("y")),
        of("nash")
        .mark_point(filled=True, size=95, color=theme.color("minsk"), opacity=1)
        .encode(x=at("x"), y=high("y")),
        of("label")
        .mark_text(fontSize=12, fontWeight="bold", baseline="middle", color=theme.color("ink"))
        .encode(x=at("x"), y=high("y"), text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=PLANE, height=PLANE))
