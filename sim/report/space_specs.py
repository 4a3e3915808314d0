"""Vega-Lite specifications of the charts of sweeps, as `sim.report.analysis_specs`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sim.report import theme
from sim.report.specs import EXTENT, WIDE, _finish, _months, _y_axis

LEFT, TOP, CELL = 58, 4, 30
"""Room beside the cells of a map for the values of the one parameter, above them, and a cell's height."""


@lru_cache(maxsize=32)
def courses_spec(y: tuple[float, float], last: int, fmt: str, token: str) -> dict[str, Any]:
    """An outcome by month for several values of one parameter, the scenario's own course dashed."""
    import altair as alt

    scale = alt.Scale(domain=list(y), nice=False)
    axis = _y_axis("", (y[0], (y[0] + y[1]) / 2, y[1]), fmt)
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last, room=1.34))
    high = alt.Y("y:Q", scale=scale, axis=axis)
    strength = alt.Opacity("strength:Q", scale=alt.Scale(domain=[0, 1], range=[0.25, 1]), legend=None)
    layers = [
        base.transform_filter("datum.series == 'course'")
        .mark_line(color=theme.color(token), strokeWidth=1.75, strokeJoin="round")
        .encode(y=high, detail="value:Q", opacity=strength),
        base.transform_filter("datum.series == 'own'")
        .mark_line(color=theme.color("ink"), strokeWidth=1.75, strokeDash=[4, 3])
        .encode(y=high),
        base.transform_filter("datum.series == 'end'")
        .mark_text(align="left", dx=7, baseline="middle", fontSize=11, color=theme.color("ink"))
        .encode(y=alt.Y("place:Q", scale=scale), text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT, height=180))


@lru_cache(maxsize=32)
def fan_spec(y: tuple[float, float], last: int, fmt: str) -> dict[str, Any]:
    """An outcome by month over a design: eight draws in ten, the median, the unchanged scenario dashed."""
    import altair as alt

    scale = alt.Scale(domain=list(y), nice=False)
    axis = _y_axis("", (y[0], (y[0] + y[1]) / 2, y[1]), fmt)
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=_months(last, room=1.34))
    fan = base.transform_filter("datum.series == 'fan'")

    def high(field: str) -> Any:
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    layers = [
        fan.mark_area(color=theme.color("quiet"), opacity=0.3).encode(y=high("low"), y2="high:Q"),
        fan.mark_line(color=theme.color("ink"), strokeWidth=2).encode(y=high("half")),
        base.transform_filter("datum.series == 'own'")
        .mark_line(color=theme.color("ink"), strokeWidth=1.5, strokeDash=[4, 3])
        .encode(y=high("y")),
        base.transform_filter("datum.series == 'end'")
        .mark_text(align="left", dx=7, baseline="middle", fontSize=11, color=theme.color("ink"))
        .encode(y=alt.Y("place:Q", scale=scale), text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT, height=180))


@lru_cache(maxsize=8)
def heat_spec(columns: int, rows: int) -> dict[str, Any]:
    """An outcome over two parameters: a cell for each pair of values, with its number."""
    import altair as alt

    width = (WIDE - LEFT) / columns
    base = alt.Chart(alt.NamedData(name="rows"))
    cells = base.transform_filter("datum.series == 'cell'").transform_calculate(
        x=f"{LEFT} + {width} * datum.column",
        x2=f"{LEFT} + {width} * (datum.column + 1) - 2",
        y=f"{TOP} + {CELL} * datum.row",
        y2=f"{TOP} + {CELL} * (datum.row + 1) - 2",
        x_text=f"{LEFT} + {width} * (datum.column + 0.5) - 1",
        y_text=f"{TOP} + {CELL} * (datum.row + 0.5)",
    )
    across = base.transform_filter("datum.series == 'across'").transform_calculate(
        x_text=f"{LEFT} + {width} * (datum.column + 0.5) - 1", y_text=f"{TOP} + {CELL * rows} + 14"
    )
    up = base.transform_filter("datum.series == 'up'").transform_calculate(y_text=f"{TOP} + {CELL} * (datum.row + 0.5)")
    own = base.transform_filter("datum.series == 'own'").transform_calculate(
        x=f"{LEFT} + {width} * datum.column", y=f"{TOP} + {CELL} * datum.row"
    )
    opacity = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 1.0]), legend=None)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", scale=None, axis=None)

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", scale=None, axis=None)

    muted: dict[str, Any] = {"fontSize": 10.5, "baseline": "middle", "color": theme.color("muted")}
    layers = [
        cells.mark_rect(color=theme.color("heat")).encode(x=x("x"), x2="x2:Q", y=y("y"), y2="y2:Q", opacity=opacity),
        cells.mark_text(fontSize=11, baseline="middle", color=theme.color("ink")).encode(
            x=x("x_text"), y=y("y_text"), text="text:N"
        ),
        own.mark_point(
            filled=False, opacity=1, size=620, strokeWidth=1.75, strokeDash=[4, 3], color=theme.color("ink")
        ).encode(x=x("x"), y=y("y")),
        across.mark_text(align="center", **muted).encode(x=x("x_text"), y=y("y_text"), text="text:N"),
        up.mark_text(align="right", **muted).encode(x=alt.value(LEFT - 8), y=y("y_text"), text="text:N"),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE, height=TOP + CELL * rows + 20))


@lru_cache(maxsize=1)
def trade_spec() -> dict[str, Any]:
    """Coverage against density of ever smaller boxes, and the one taken."""
    import altair as alt

    def axis(title: str) -> dict[str, Any]:
        return {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".0%", "title": title, "labelPadding": 6}

    scale = alt.Scale(domain=[0, 1.02], nice=False)
    x = alt.X("coverage:Q", scale=scale, axis=alt.Axis(**axis("of all such draws, inside"), labelFlush=True))
    aside: dict[str, Any] = {"titleAngle": 0, "titleAlign": "left", "titleBaseline": "bottom"}
    aside |= {"titleX": -EXTENT - 8, "titleY": -9, "minExtent": EXTENT + 8, "maxExtent": EXTENT + 8}
    y = alt.Y("density:Q", scale=scale, axis=alt.Axis(**axis("of the draws inside, such"), **aside))
    base = alt.Chart(alt.NamedData(name="rows")).encode(x=x, y=y)
    layers = [
        base.mark_line(color=theme.color("quiet"), strokeWidth=1.25).encode(order="step:Q"),
        base.mark_point(filled=True, size=16, opacity=1, color=theme.color("quiet")),
        base.transform_filter("datum.taken").mark_point(
            filled=True, size=90, opacity=1, color=theme.color("moscow"), shape="diamond"
        ),
    ]
    return _finish(alt.layer(*layers).properties(width=WIDE - EXTENT - 24, height=150))
