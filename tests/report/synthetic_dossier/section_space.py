"""Sweeps, shares of variance and a box: numbers of no model."""

from __future__ import annotations

from itertools import product
from typing import Any

from tests.report.synthetic_dossier.parameters import PARAMETERS


def _axis(number: int, points: int) -> dict[str, Any]:
    name, _, value, unit, low, high, *_ = PARAMETERS[number]
    return {"name": name, "low": low, "high": high, "points": points, "value": value, "unit": unit}


def _values(axis: dict[str, Any]) -> list[float]:
    low, high, points = axis["low"], axis["high"], axis["points"]
    return [low + (high - low) * step / (points - 1) for step in range(points)]


def sweeps() -> list[dict[str, Any]]:
    """One parameter by month, and two at month 24 of which one pair could not be computed."""
    one, two = _axis(0, 7), [_axis(0, 6), _axis(1, 6)]
    pairs = list(product(range(7), range(1, 25)))
    cells = list(product(_values(two[0]), _values(two[1])))
    shared = {"outcomes": ["prisoners"], "units": {"prisoners": "persons"}, "design": "grid"}
    return [
        {
            **shared,
            "axes": [one],
            "months": list(range(1, 25)),
            "base": {"prisoners": {month: 1120.0 - 4 * month for month in range(1, 25)}},
            "columns": {
                one["name"]: [_values(one)[step] for step, _ in pairs],
                "month": [float(month) for _, month in pairs],
                "prisoners": [1120.0 + (4.0 * step - 16) * month for step, month in pairs],
            },
        },
        {
            **shared,
            "axes": two,
            "months": [24],
            "base": {"prisoners": {24: 1026.0}},
            "columns": {
                two[0]["name"]: [x for x, _ in cells],
                two[1]["name"]: [y for _, y in cells],
                "month": [24.0 for _ in cells],
                "prisoners": [None, *(800.0 + 10 * number for number in range(1, len(cells)))],
            },
        },
    ]


def sobol() -> dict[str, Any]:
    """Shares of five parameters; estimates stray below 0."""
    rows = []
    for number, (name, _, _, unit, low, high, *_) in enumerate(PARAMETERS):
        first = 0.42 - 0.11 * number
        row = {"outcome": "prisoners", "month": 24, "parameter": name, "unit": unit, "low": low, "high": high}
        row |= {"first": first, "first_low": first - 0.1, "first_high": first + 0.1}
        rows.append(row | {"total": first + 0.15, "total_low": first, "total_high": first + 0.3})
    return {"rows": rows, "notes": ["drawn evenly over their ranges"], "settings": {"samples": 64}}


def discovery(*, boxes: int = 1) -> dict[str, Any]:
    """A box of two limits with its trade-off, and a tree of two questions."""
    limits = [
        {
            "parameter": name,
            "unit": unit,
            "low": low + (high - low) / 3 if number else None,
            "high": None if number else high - (high - low) / 3,
            "range_low": low,
            "range_high": high,
            "quasi_p": 0.001,
            "again": 0.95,
        }
        for number, (name, _, _, unit, low, high, *_) in enumerate(PARAMETERS[:2])
    ]
    trail = [{"coverage": 1 - 0.1 * k, "density": 0.3 + 0.09 * k, "mass": 1 - 0.12 * k, "limits": k} for k in range(6)]
    shares = {"coverage": 0.8, "density": 0.5, "mass": 0.45, "unseen_coverage": 0.75, "unseen_density": 0.47}
    leaf = {"size": 120, "hits": 30, "share": 0.25}
    deeper = {**leaf, "parameter": PARAMETERS[1][0], "threshold": 0.02, "below": leaf, "above": leaf}
    tree = {"size": 500, "hits": 150, "share": 0.3, "parameter": PARAMETERS[0][0], "threshold": 6.5}
    return {
        "outcome": "prisoners",
        "above": 1120.0,
        "below": None,
        "size": 500,
        "hits": 150,
        "parameters": [{"parameter": row[0]} for row in PARAMETERS],
        "boxes": [{**shares, "limits": limits, "trail": trail, "step": 2}] * boxes,
        "tree": {**tree, "below": leaf, "above": deeper},
    }
