"""What moves the answer: a tornado, crossings, and the smallest changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.report.synthetic_dossier.parameters import PARAMETERS


def tornado() -> dict[str, Any]:
    """Swings of five parameters in two outcomes."""
    rows = []
    for outcome, scale in (("prisoners", 1.0), ("p_eu_relief", 0.0005)):
        for name, _, value, unit, low, high, source, _, at_low, at_high in PARAMETERS:
            ends = (scale * at_low, scale * at_high)
            rows.append(
                {
                    "outcome": outcome,
                    "month": 24,
                    "parameter": name,
                    "unit": unit,
                    "low": low,
                    "high": high,
                    "base": value,
                    "at_low": ends[0],
                    "at_high": ends[1],
                    "swing": abs(ends[1] - ends[0]),
                    "source": source,
                }
            )
    base = [
        {"outcome": "prisoners", "month": 24, "value": 1026.0},
        {"outcome": "p_eu_relief", "month": 24, "value": 0.16},
    ]
    return {
        "outcomes": ["prisoners", "p_eu_relief"],
        "units": {"prisoners": "persons", "p_eu_relief": "probability"},
        "months": [24],
        "base": base,
        "rows": rows,
        "notes": [],
    }


def tipping(number: int = 0, *, crossings: int = 1) -> dict[str, Any]:
    """The course over one parameter, with none, one or three crossings of 1,120."""
    name, _, value, unit, low, high, *_ = PARAMETERS[number]
    xs = [low + (high - low) * step / 16 for step in range(17)]
    shapes: dict[int, Callable[[float], float]] = {
        0: lambda s: 900 + 6 * s,
        1: lambda s: 905 + 18 * s,
        3: lambda s: 1120 + 90 * math.sin(0.7 * s + 0.4),
    }
    points = {0: [], 1: [0.747], 3: [0.245, 0.525, 0.806]}[crossings]
    found = [
        {"value": low + share * (high - low), "below": 0.0, "above": 0.0, "rising": True, "jump": False}
        for share in points
    ]
    verdict = {0: "none: prisoners stays below 1120", 1: "one crossing", 3: "not monotone: three crossings"}[crossings]
    return {
        "parameter": {"name": name, "low": low, "high": high, "value": value, "unit": unit, "whole": False},
        "outcome": "prisoners",
        "month": 24,
        "level": 1120.0,
        "unit": "persons",
        "base_value": 1026.0,
        "verdict": verdict,
        "crossings": found,
        "scan": {"parameter": xs, "outcome": [float(shapes[crossings](step)) for step in range(17)]},
    }


def inverse(*, flips: bool = True) -> dict[str, Any]:
    """Two parameters that flip the answer, three that do not; or none that does."""
    made = [
        {
            "parameter": name,
            "unit": unit,
            "low": low,
            "high": high,
            "base": value,
            "value": reading,
            "share": (reading - value) / (high - low),
            "figure": 1120.4,
            "jump": False,
            "finer": None,
        }
        for (name, _, value, unit, low, high, *_), reading in zip(PARAMETERS[:2], (9.7, 0.0372), strict=True)
    ]
    rest = [{"parameter": row[0], "nearest": max(row[8:])} for row in PARAMETERS[2 if flips else 0 :]]
    return {"base_figure": 1026.0, "flips": made if flips else [], "without": rest, "level": 1120.0}
