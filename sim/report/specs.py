"""Vega-Lite specifications of the charts, by Altair, with their rows left out (`sim.report.rows` makes those).

Building one is slow and depends on few things (peaks, months), so each is cached. Altair is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sim.report import theme
from sim.report.rows import RELIEF

PANEL = 252  # widths, in SVG units: the plot of a small panel, a row of bars, the numbers beside a plot
WIDE = 330
EXTENT = 32


def _finish(chart: Any) -> dict[str, Any]:
    """Return a specification with the theme, its rows left to be filled in."""
    import altair as alt

    base = (
        chart.configure(
            font=theme.CHART_FONT,
            aria=False,
            background="transparent",
            padding={"left": 0, "right": 2, "top": 4, "bottom": 2},
        )
        .configure_view(stroke=None)
        .configure_concat(spacing=16)
        .configure_title(anchor="start", fontSize=13, color=theme.color("ink"))
        .configure_axis(
            domain=False,
            ticks=False,
            gridColor=theme.color("grid"),
            labelColor=theme.color("muted"),
            labelFontSize=10.5,
            titleColor=theme.color("muted"),
            titleFontSize=11,
            titleFontWeight="normal",
        )
    )
    base.datasets = alt.Undefined
    spec: dict[str, Any] = base.to_dict()
    spec["datasets"] = {"rows": []}
    return spec


def _months(last: int, labels: bool = True, room: float = 1.2) -> Any:
    import altair as alt

    values = [month for month in (0, 6, 12, 18, 24, 36, 48, 60) if month <= last]
    if len(values) < 3:
        values = list(range(last + 1))
    values = [month for month in values if month == last or last - month > 0.12 * last]
    axis = alt.Axis(
        values=values if last in values else [*values, last],
        title=None,
        labels=labels,
        labelFlush=False,
        labelExpr=f"datum.value == {last} ? 'month {last}' : datum.value == 0 ? 'start' : datum.label",
        labelAlign="center",
        labelPadding=6,
        grid=False,
    )
    return alt.X("month:Q", axis=axis, scale=alt.Scale(domain=[0, last * room], nice=False))


def _y_axis(title: str, values: Sequence[float], fmt: str = ",.0f") -> Any:
    """An axis of fixed width with its title above: panels align, whatever their numbers."""
    import altair as alt

    return alt.Axis(
        values=list(values),
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="bottom",
        titleX=-EXTENT,
        titleY=-9,
        labelPadding=5,
        minExtent=EXTENT,
        maxExtent=EXTENT,
        format=fmt,
    )


def _line(chart: Any, where: str, token: str, width: float, dash: Sequence[float] = ()) -> Any:
    options: dict[str, Any] = {"strokeDash": list(dash)} if dash else {}
    return chart.transform_filter(where).mark_line(
        color=theme.color(token), strokeWidth=width, strokeCap="round", strokeJoin="round", clip=False, **options
    )


@lru_cache(maxsize=32)
def freed_spec(freed: float, held: float, last: int, banded: bool = False) -> dict[str, Any]:
    """Two plots over each other, freed and held, for scales up to ``freed`` and ``held`` persons; ``banded``: bands."""
    import altair as alt

    def panel(name: str, title: str, peak: float, height: int, token: str, labels: bool) -> Any:
        scale = alt.Scale(domain=[0, peak], nice=False)
        axis = _y_axis(title, (0, peak / 2, peak))
        y = alt.Y("value:Q", scale=scale, axis=axis)
        base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last, labels), y=y)
        mine = f"datum.panel == '{name}' && datum.series == "
        end = base.transform_filter(mine + "'end'")
        under = base.transform_filter(mine + "'this'").mark_area(color=theme.color(token), opacity=0.1)
        band = base.transform_filter(mine + "'band'").mark_area(color=theme.color(token), opacity=0.16)
        layers = [
            band.encode(y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q") if banded else under,
            _line(base, mine + "'reference'", "quiet", 1.25, (3, 2.5)),
            _line(base, mine + "'this'", token, 2.25),
            end.mark_point(color=theme.color(token), filled=True, size=34, opacity=1),
            end.mark_text(
                align="left", dx=7, baseline="middle", fontSize=13, fontWeight="bold", color=theme.color("ink")
            ).encode(text="text:N"),
        ]
        return alt.layer(*layers).properties(width=PANEL, height=height)

    return _finish(
        alt.vconcat(
            panel("freed", "people freed", freed, 96, "minsk", False),
            panel("held", "people still held", held, 72, "ink", True),
        )
    )


@lru_cache(maxsize=8)
def relief_spec(last: int, banded: bool = False) -> dict[str, Any]:
    """Three lines on a scale from none to all; ``banded``: with bands."""
    import altair as alt

    axis = _y_axis("share of the top level", (0, 0.5, 1), "%")
    scale = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("value:Q", scale=scale, axis=axis)
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last, room=1.42), y=y)
    layers = []
    for _outcome, _top, label, token, _shape in RELIEF:
        band = base.transform_filter(f"datum.series == '{label}-band'").mark_area(
            color=theme.color(token), opacity=0.14
        )
        if banded and label != "contact":
            layers.append(band.encode(y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"))
    for _outcome, _top, label, token, shape in reversed(RELIEF):
        layers.append(_line(base, f"datum.series == '{label}'", token, 2.25, (1, 3.5) if label == "contact" else ()))
        end = base.transform_filter(f"datum.series == '{label}-end'")
        layers.append(end.mark_point(color=theme.color(token), filled=True, size=46, shape=shape, opacity=1))
        layers.append(
            end.mark_text(align="left", dx=8, baseline="middle", fontSize=11, color=theme.color("ink")).encode(
                text="text:N", y=alt.Y("place:Q")
            )
        )
    return _finish(alt.layer(*layers).properties(width=PANEL, height=112))


def _weight() -> Any:
    import altair as alt

    return alt.expr("datum.strong ? 'bold' : 'normal'")


def _row_label(base: Any, x: int = 0, room: int = 46) -> Any:
    import altair as alt

    return base.mark_text(
        align="left",
        baseline="alphabetic",
        fontSize=12,
        limit=WIDE - room,
        color=theme.color("ink"),
        fontWeight=_weight(),
    ).encode(
        x=alt.value(x),
        y=alt.Y("y_label:Q", scale=None, axis=None),
        text="label:N",
    )


@lru_cache(maxsize=1)
def bars_spec() -> dict[str, Any]:
    """Rows of bars on a scale from 0 to 1, labels above, each in the colour its row names."""
    import altair as alt

    names = list(theme.TOKENS)
    base = alt.Chart(alt.NamedData(name="rows")).transform_calculate(paint="isValid(datum.token) ? datum.token : 'ink'")
    paint = alt.Color(
        "paint:N", scale=alt.Scale(domain=names, range=[theme.color(name) for name in names]), legend=None
    )
    x_scale = alt.Scale(domain=[0, 1], nice=False)
    y, y2 = alt.Y("y:Q", scale=None, axis=None), alt.Y2("y2:Q")

    def bar(field: str, opacity: float) -> Any:
        return base.mark_rect(opacity=opacity, cornerRadius=1.5).encode(
            x=alt.X(f"{field}:Q", scale=x_scale, axis=None), x2=alt.datum(0), y=y, y2=y2, color=paint
        )

    track = base.mark_rect(color=theme.color("grid")).encode(x=alt.value(0), x2=alt.value(WIDE), y=y, y2=y2)
    glyph = (
        base.transform_filter("isValid(datum.shape)")
        .mark_point(filled=True, size=52, opacity=1)
        .encode(
            x=alt.value(5),
            y=alt.Y("y_glyph:Q", scale=None, axis=None),
            color=paint,
            shape=alt.Shape("shape:N", scale=None, legend=None),
        )
        .transform_calculate(y_glyph="datum.y_label - 4")
    )
    plain = _row_label(base.transform_filter("!isValid(datum.shape)"))
    moved = _row_label(base.transform_filter("isValid(datum.shape)"), x=15, room=52)
    text = base.mark_text(
        align="right", baseline="alphabetic", fontSize=12, fontWeight="bold", color=theme.color("ink")
    ).encode(x=alt.value(WIDE), y=alt.Y("y_label:Q", scale=None, axis=None), text="text:N")
    tick = (
        base.transform_filter("isValid(datum.tick)")
        .mark_rule(color=theme.color("ink"), strokeWidth=1.5)
        .encode(x=alt.X("tick:Q", scale=x_scale, axis=None), y=alt.Y("y_tick:Q", scale=None), y2="y_tick2:Q")
        .transform_calculate(y_tick="datum.y - 2", y_tick2="datum.y2 + 2")
    )
    chart = alt.layer(track, bar("pale", 0.3), bar("full", 1.0), tick, glyph, plain, moved, text)
    return _finish(chart.properties(width=WIDE))


@lru_cache(maxsize=1)
def dots_spec() -> dict[str, Any]:
    """Two marks a row on a scale from 0 to 1, Washington's square and Brussels' triangle."""
    import altair as alt

    base = alt.Chart(alt.NamedData(name="rows"))
    scale = alt.Scale(domain=[0, 1], range=[6, WIDE - 6], nice=False)
    y = alt.Y("y_mark:Q", scale=None, axis=None)
    rail = base.mark_rule(color=theme.color("grid"), strokeWidth=2).encode(x=alt.value(0), x2=alt.value(WIDE), y=y)
    span = base.mark_rule(color=theme.color("quiet"), strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale, axis=None), x2="high:Q", y=y
    )
    marks = [
        base.mark_point(filled=True, shape=shape, color=theme.color(token), size=70, opacity=1).encode(
            x=alt.X(f"{field}:Q", scale=scale, axis=None), y=y
        )
        for field, shape, token in (("us", "square", "washington"), ("eu", "triangle-up", "brussels"))
    ]
    text = base.mark_text(align="right", baseline="alphabetic", fontSize=11, color=theme.color("muted")).encode(
        x=alt.value(WIDE), y=alt.Y("y_label:Q", scale=None, axis=None), text="text:N"
    )
    return _finish(alt.layer(rail, span, *marks, _row_label(base, room=112), text).properties(width=WIDE))


@lru_cache(maxsize=64)
def band_spec(peak: float, last: int) -> dict[str, Any]:
    """A band, a line and a dashed line on a scale up to ``peak`` persons."""
    import altair as alt

    scale = alt.Scale(domain=[0, peak], nice=False)
    axis = _y_axis("people freed", (0, peak / 2, peak))
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last, room=1.36))
    rows = base.transform_filter("datum.series == 'band'")
    ends = base.transform_filter("datum.series == 'end'")

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    layers = [
        rows.mark_area(color=theme.color("minsk"), opacity=0.18).encode(y=y("low"), y2="high:Q"),
        rows.mark_line(color=theme.color("minsk"), strokeWidth=2.25).encode(y=y("half")),
        rows.mark_line(color=theme.color("ink"), strokeWidth=1.25, strokeDash=[3, 2.5]).encode(y=y("mean")),
        ends.mark_text(
            align="left", dx=7, baseline="middle", fontSize=11, fontWeight=_weight(), color=theme.color("ink")
        ).encode(y=y("place"), text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT, height=190))


@lru_cache(maxsize=32)
def matrix_spec(columns: int, darkest: float) -> dict[str, Any]:
    """Scenarios by kinds of deal; ``darkest`` is the share drawn in the full colour."""
    import altair as alt

    left, cell = 272, 80
    base = alt.Chart(alt.NamedData(name="rows"))
    cells = base.transform_filter("datum.series == 'cell'").transform_calculate(
        x=f"{left} + {cell} * datum.column",
        x2=f"{left} + {cell} * (datum.column + 1) - 2",
        x_text=f"{left} + {cell} * (datum.column + 0.5) - 1",
    )
    kinds = base.transform_filter("datum.series == 'kind'").transform_calculate(
        x_text=f"{left} + {cell} * (datum.column + 0.5) - 1"
    )
    names = base.transform_filter("datum.series == 'name'")
    opacity = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, darkest], range=[0.04, 1.0]), legend=None)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", scale=None, axis=None)

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", scale=None, axis=None)

    layers = [
        cells.mark_rect(color=theme.color("heat")).encode(x=x("x"), x2="x2:Q", y=y("y"), y2="y2:Q", opacity=opacity),
        cells.mark_text(fontSize=12, baseline="alphabetic", color=theme.color("ink")).encode(
            x=x("x_text"), y=y("y_text"), text="text:N"
        ),
        names.mark_text(
            align="left",
            baseline="alphabetic",
            fontSize=12,
            limit=left - 8,
            color=theme.color("ink"),
            fontWeight=_weight(),
        ).encode(x=alt.value(0), y=y("y"), text="text:N"),
        kinds.mark_text(fontSize=11, lineHeight=13, baseline="top", color=theme.color("muted")).encode(
            x=x("x_text"), y=alt.value(0), text="lines:N"
        ),
    ]
    return _finish(alt.layer(*layers).properties(width=left + cell * columns))
