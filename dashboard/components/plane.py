"""The plane of gains of two capitals: every package a point, the line of no deal, the frontier, and who picks what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.components import vega
from dashboard.components.drawing import minus
from dashboard.components.look import named, paint
from sim.report import theme, words

if TYPE_CHECKING:
    from sim.forecast.deal_records import Deals, Plane

HEIGHT = 400
MOST = 6000
"""A plane with more packages is binned; fewer are points that can be chosen."""
NEAR, ALL = "Near agreement", "All packages"
ROOM = 0.35
"""Room around what a near view must show, as a share of it."""
SAME = 0.012
"""Picks nearer to one another than this share of the plane carry one label."""
PICK = "package"
KINDS = ("all four gain", "all who sign gain", "somebody who signs loses")
# rule -> the letters by which it is marked, and its name
MARKS = {
    "nash": ("N", "Nash"),
    "kalai_smorodinsky": ("KS", "Kalai-Smorodinsky"),
    "egalitarian": ("E", "egalitarian (compares units)"),
    "utilitarian": ("U", "utilitarian (compares units)"),
    "utilitarian_normalised": ("Un", "utilitarian, normalised"),
    "likeliest": ("L", "likeliest in the equilibrium"),
}
Box = tuple[float, float, float, float]


def draw(found: Deals, plane: Plane, chosen: int | None, view: str, *, key: str, on_pick: Callable[[], None]) -> None:
    """Draw the plane; ``on_pick`` is called when a point was chosen (see `picked`)."""
    box = near(found, plane) if view == NEAR else whole(found, plane)
    if box is None:
        st.html('<div class="gd-empty">There is nothing to deal in here.</div>')
        return
    spec = specification(found, plane, chosen, box)
    st.vega_lite_chart(
        spec,
        theme=None,
        width="stretch",
        height=HEIGHT,
        alt=told(found, plane),
        key=key,
        on_select=on_pick,
        selection_mode=PICK,
    )


def picked(key: str) -> int | None:
    """Return the row of the package whose point was chosen; None if the choice was taken back."""
    event = st.session_state.get(key)
    points = event["selection"].get(PICK, []) if event else []
    return int(points[0]["index"]) if isinstance(points, list) and points and "index" in points[0] else None


def legend() -> None:
    """Say what the marks are."""
    marks = "".join(f"<li><b>{letters}</b> {name}</li>" for letters, name in MARKS.values())
    st.html(
        '<ul class="gd-keys"><li><b>●</b> all four gain</li><li><b>○</b> all who sign gain</li>'
        "<li><b>·</b> somebody who signs loses</li><li><b>- -</b> these two cannot both do better</li>"
        f"<li><b>◆</b> picked by a rule:</li>{marks}</ul>"
    )


def told(found: Deals, plane: Plane) -> str:
    """Say what the plane shows."""
    across, up = (theme.capital(name).name for name in plane.players)
    picks = "; ".join(
        minus(f"{MARKS[name][1]}: {across} {x:+.1f}, {up} {y:+.1f}")
        for name, (x, y) in plane.named.items()
        if name in MARKS
    )
    return (
        f"Gains of {across} (across) and {up} (up) over no deal, points, of {words.plural(found.packages, 'package')}. "
        f"All four capitals gain from {found.zone_all}. {picks or 'No rule picks a package.'}"
    )


def near(found: Deals, plane: Plane) -> Box | None:
    """Return the part of the plane around no deal, the picks, the zone, and the deals that come closest to it."""
    across, up = plane.players
    shown = [(deal.gains[across], deal.gains[up]) for deal in found.top] + list(plane.named.values())
    zone = found.arrays.gains[(found.arrays.signed > 0).all(axis=1)]
    columns = [_PLAYERS.index(across), _PLAYERS.index(up)]
    return _box([(0.0, 0.0), *shown, *map(tuple, zone[:, columns].tolist())], ROOM) if found.packages else None


def whole(found: Deals, plane: Plane) -> Box | None:
    """Return all of the plane; None without a package."""
    columns = [_PLAYERS.index(name) for name in plane.players]
    ends = found.arrays.gains[:, columns]
    return _box([tuple(ends.min(axis=0).tolist()), tuple(ends.max(axis=0).tolist())], 0.04) if found.packages else None


def _box(points: list[tuple[float, ...]], room: float) -> Box:
    sides = []
    for values in zip(*points, strict=True):
        low, high = min(values), max(values)
        more = room * max(high - low, 1e-6)
        sides += [low - more, high + more]
    return (sides[0], sides[1], sides[2], sides[3])


def specification(found: Deals, plane: Plane, chosen: int | None, box: Box) -> dict[str, Any]:
    """Return the Vega-Lite drawing of the plane."""
    color = paint()
    x0, x1, y0, y1 = box
    x = {"field": "x", "type": "quantitative", "scale": {"domain": [x0, x1], "nice": False},
         "axis": {**_AXIS, "title": f"gain of {named(plane.players[0])}, points →"}}  # fmt: skip
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [y0, y1], "nice": False},
         "axis": {**_AXIS, "title": f"↑ gain of {named(plane.players[1])}, points", **vega.above(34)}}  # fmt: skip
    zero = {"strokeWidth": 1.25, "color": color["quiet"]}
    layer: list[dict[str, Any]] = [
        {
            "data": {"name": "both"},
            "mark": {"type": "rect", "color": color["heat"], "opacity": 0.1, "clip": True},
            "encoding": {"x": {"field": "x"}, "x2": {"field": "x2"}, "y": {"field": "y"}, "y2": {"field": "y2"}},
        },
        {"data": {"name": "none"}, "mark": {"type": "rule", **zero}, "encoding": {"x": {"datum": 0}}},
        {"data": {"name": "none"}, "mark": {"type": "rule", **zero}, "encoding": {"y": {"datum": 0}}},
    ]
    datasets: dict[str, Any] = {
        "both": [{"x": 0, "x2": max(x1, 0), "y": 0, "y2": max(y1, 0)}],
        "none": [{"x": 0, "y": 0, "text": "no deal"}],
        "frontier": [{"x": a, "y": b} for a, b in zip(plane.frontier["x"], plane.frontier["y"], strict=True)],
        "named": _labels(plane, box),
        "chosen": _at(found, plane, chosen),
    }
    if plane.points is not None:
        datasets["points"] = points(found, plane, box)
        layer += _points(color)
    else:
        datasets["cells"] = cells(plane)
        layer.append(_cells(color))
    layer += [
        {
            "data": {"name": "frontier"},
            "mark": {"type": "line", "color": color["ink"], "strokeWidth": 1.25, "strokeDash": [5, 3], "clip": True},
            "encoding": {"order": {"field": "x"}},
        },
        {
            "data": {"name": "named"},
            "mark": {"type": "point", "shape": "diamond", "size": 95, "filled": True, "color": color["ink"],
                     "opacity": 1, "clip": True},
            "encoding": {"tooltip": {"field": "names", "title": "picked by"}},
        },
        {
            "data": {"name": "named"},
            "mark": {"type": "text", "align": "left", "dx": 8, "dy": -8, "fontWeight": "bold", "fontSize": 12,
                     "color": color["ink"], "clip": True},
            "encoding": {"text": {"field": "text"}},
        },
        {
            "data": {"name": "none"},
            "mark": {"type": "text", "align": "right", "baseline": "top", "dx": -5, "dy": 5, "fontSize": 11,
                     "color": color["muted"]},
            "encoding": {"text": {"field": "text"}},
        },
        {
            "data": {"name": "chosen"},
            "mark": {"type": "point", "shape": "circle", "size": 320, "filled": False, "strokeWidth": 2.5,
                     "color": color["ink"], "opacity": 1, "clip": True},
        },
    ]  # fmt: skip
    return {
        **vega.frame(color, right=12, top=20),
        "datasets": datasets,
        "data": {"name": "none"},
        "encoding": {"x": x, "y": y},
        "layer": layer,
    }


def _points(color: dict[str, str]) -> list[dict[str, Any]]:
    """Packages from which all four gain stand out; the others are quiet. All of them can be chosen."""
    tips = [
        {"field": "package", "title": "package", "type": "nominal"},
        {"field": "x", "title": "across, points", "type": "quantitative", "format": "+.2f"},
        {"field": "y", "title": "up, points", "type": "quantitative", "format": "+.2f"},
    ]
    return [
        {
            "data": {"name": "points"},
            "params": [{"name": PICK, "select": {"type": "point", "fields": ["index"], "on": "click"}}],
            "mark": {"type": "point", "clip": True, "cursor": "pointer", "strokeWidth": 1.5},
            "encoding": {
                "tooltip": tips,
                "fill": _kind("range", [color["ink"], color["paper"], color["quiet"]]),
                "stroke": _kind("range", [color["ink"], color["muted"], color["paper"]]),
                "size": {
                    "condition": [
                        {"test": f"datum.kind == '{kind}'", "value": size}
                        for kind, size in zip(KINDS, (80, 60, 24), strict=True)
                    ],
                    "value": 24,
                },
                "opacity": {"condition": {"test": f"datum.kind == '{KINDS[2]}'", "value": 0.8}, "value": 1},
            },
        }
    ]


def _kind(what: str, values: list[Any]) -> dict[str, Any]:
    return {"field": "kind", "type": "nominal", "scale": {"domain": list(KINDS), what: values}, "legend": None}


def _cells(color: dict[str, str]) -> dict[str, Any]:
    count = {"field": "count", "type": "quantitative", "title": "packages"}
    return {
        "data": {"name": "cells"},
        "params": [{"name": PICK, "select": {"type": "point", "fields": ["index"], "on": "click"}}],
        "mark": {"type": "rect", "clip": True},
        "encoding": {
            "x2": {"field": "x2"},
            "y2": {"field": "y2"},
            "color": {**count, "scale": {"type": "log", "range": [color["grid"], color["heat"]]}, "legend": None},
            "tooltip": [count, {"field": "all_four", "type": "quantitative", "title": "all four gain from"}],
        },
    }


def points(found: Deals, plane: Plane, box: Box) -> dict[str, list[Any]]:
    """Return the packages inside a part of the plane, as columns; those who gain last, so that they lie on top."""
    import numpy as np

    from dashboard.packages import label

    assert plane.points is not None
    x, y = np.array(plane.points["x"]), np.array(plane.points["y"])
    every = np.array(plane.points["all_four"], dtype=bool)
    signed = (found.arrays.signed > 0).all(axis=1)
    rank = np.where(every, 2, np.where(signed, 1, 0))
    inside = np.flatnonzero((x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3]))
    inside = inside[inside > 0]  # no deal has its own mark
    inside = inside[np.argsort(rank[inside], kind="stable")]
    kinds = np.array(KINDS[::-1])
    return {
        "index": inside.tolist(),
        "x": x[inside].tolist(),
        "y": y[inside].tolist(),
        "kind": kinds[rank[inside]].tolist(),
        "package": [label(found, row) for row in inside.tolist()],
    }


def cells(plane: Plane) -> list[dict[str, Any]]:
    """Return the bins of a plane with very many packages."""
    assert plane.bins is not None
    columns, rows = plane.bins["column"], plane.bins["row"]
    x, y = plane.bins["x_edges"], plane.bins["y_edges"]
    counts, every = plane.bins["count"], plane.bins["all_four"]
    return [
        {"x": x[i], "x2": x[i + 1], "y": y[j], "y2": y[j + 1], "count": n, "all_four": good}
        for i, j, n, good in zip(columns, rows, counts, every, strict=True)
    ]


def _labels(plane: Plane, box: Box) -> list[dict[str, Any]]:
    """Marks of the rules; rules that pick the same package, or nearly, share one."""
    wide, high = box[1] - box[0], box[3] - box[2]
    groups: list[dict[str, Any]] = []
    for name, (x, y) in plane.named.items():
        if name not in MARKS:
            continue
        letters, full = MARKS[name]
        for group in groups:
            if abs(group["x"] - x) < SAME * wide and abs(group["y"] - y) < SAME * high:
                group["text"] += f", {letters}"
                group["names"] += f", {full}"
                break
        else:
            groups.append({"x": x, "y": y, "text": letters, "names": full})
    return groups


def _at(found: Deals, plane: Plane, row: int | None) -> list[dict[str, float]]:
    if row is None:
        return []
    gains = found.arrays.gains[row]
    return [{"x": float(gains[_PLAYERS.index(plane.players[0])]), "y": float(gains[_PLAYERS.index(plane.players[1])])}]


_PLAYERS = tuple(theme.CAPITALS)
_AXIS: dict[str, Any] = {"tickCount": 6, "labelFlush": False, "format": "~g"}
