"""What every Vega-Lite drawing of the dashboard begins with: its paper, and its axes in the page's colours."""

from __future__ import annotations

from typing import Any

from dashboard.components.look import FONT


def frame(color: dict[str, str], *, right: int, top: int, bottom: int = 2) -> dict[str, Any]:
    """Return a specification without data and layers, in `look.paint`'s colours; margins in pixels."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "background": "transparent",
        "padding": {"left": 2, "right": right, "top": top, "bottom": bottom},
        # "fit" makes room for labels beside the marks by itself
        "autosize": {"type": "fit", "contains": "padding"},
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {
                "gridColor": color["grid"],
                "labelColor": color["muted"],
                "titleColor": color["muted"],
                "labelFontSize": 11,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "domain": False,
                "ticks": False,
            },
        },
    }


def above(room: int) -> dict[str, Any]:
    """Return what lets the title of an axis on the left stand above it, unturned; ``room`` for labels, in pixels."""
    return {
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleX": -room,
        "titleY": -12,
        "minExtent": room,
        "maxExtent": room,
    }
