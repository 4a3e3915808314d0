"""Rows of the charts on power: indices, and the outcome under each coalition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report import theme, words
from sim.report.analysis_values import signed, written
from sim.report.ladder import ladder
from sim.report.rows import Rows

Record = Mapping[str, Any]


def value_rows(values: Mapping[str, float]) -> Rows:
    """Bars of values in points, in the capitals' colours; below 0 to the left."""
    low, high = min(0.0, *values.values()), max(0.0, *values.values())
    span = (high - low) or 1.0
    entries = []
    for player, value in values.items():
        bar = {"from": -low / span, "to": (value - low) / span, "zero": -low / span}
        capital = theme.capital(player)
        entries.append(
            {"label": capital.name, "text": f"{signed(value)} points", "bar": {**bar, "token": capital.token}}
        )
    return ladder(entries)


def together_rows(power: Record, outcome: str, unit: str) -> Rows:
    """The outcome under each coalition of two or more, beside the equilibrium; largest change first."""
    single, *rest = (item for item in power["own"]["coalitions"])
    base = single["outcomes"][outcome]
    groups = [item for item in rest if len(item["capitals"]) > 1]
    ordered = sorted(groups, key=lambda item: -abs(item["outcomes"][outcome] - base))
    values = [base, *(item["outcomes"][outcome] for item in groups)]
    low, high = min(values), max(values)
    room = 0.03 * ((high - low) or 1.0)
    low, span = low - room, (high - low + 2 * room) or 1.0
    entries = []
    for item in ordered:
        value = item["outcomes"][outcome]
        bar = {"from": (base - low) / span, "to": (value - low) / span, "zero": (base - low) / span, "token": "heat"}
        label = words.listed([theme.capital(name).name for name in item["capitals"]])
        if len(item["capitals"]) == len(power["weights"]):
            label = "all four"
        entries.append({"label": label, "text": written(value, unit), "bar": bar})
    return ladder(entries)
