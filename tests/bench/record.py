"""The ratios that `tests.bench` keeps: minimum, median and maximum by name; their table, and what got worse."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.growth import UNITS

WORSE = 0.2
"""Share by which a median falls before it is told."""
Ratios = dict[str, list[float]]
"""Against what | at which work -> minimum, median and maximum of how many times as fast."""


def ratios(result: Mapping[str, Any]) -> Ratios:
    """Return what a record keeps: minimum, median and maximum of every ratio, more is better, by name."""
    found: Ratios = {}
    for each in result.get("steps", ()):
        pairs = zip(*(each["seconds"][how]["wall"] for how in ("one by one", "together")), strict=True)
        name = f"ours, {each['variants']} variants one at a time | together, grid {each['grid']}"
        found[name] = _three([one / many for one, many in pairs])
    measured = result.get("hardware")
    if isinstance(measured, dict):
        for row in measured["lines"]:
            if row["ratio"]:
                threads = "1 thread" if row["threads"] == 1 else f"{row['threads']} threads"
                found[f"best plain C loop, {threads} | the same recursion, grid {measured['grid']}"] = _three(
                    row["ratio"]
                )
    for row in result.get("peers", ()):
        if row["ratio"]:
            found[f"{row['peer']} | {row['work']}"] = _three(row["ratio"])
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in result.get("growth", ()):
        by_kind.setdefault(row["kind"], []).append(row)
    for kind, rows in by_kind.items():
        sizes = (rows[0]["size"], rows[-1]["size"])
        name = f"ours with {sizes[0]:,} {UNITS[kind]} | with {sizes[1]:,}: choice evaluations a second"
        first = statistics.median(rows[0]["evaluations"] / s for s in rows[0]["seconds"])
        found[name] = _three([rows[-1]["evaluations"] / s / first for s in rows[-1]["seconds"]])
    return found


def compared(record: Ratios, found: Ratios) -> str:
    """Return what got worse by more than `WORSE`, in words; programs are compared whatever their versions."""
    lines = []
    now_by_name = {_without_version(name): values for name, values in found.items()}
    for name, (_, before, _) in record.items():
        values = now_by_name.get(_without_version(name))
        if values is not None and values[1] < (1 - WORSE) * before:
            lines.append(f"worse: {name}: {before:.3g} before, {values[1]:.3g} now ({values[1] / before - 1:+.0%})")
    missing = [name for name in record if _without_version(name) not in now_by_name]
    lines += [f"not measured now: {name}" for name in missing]
    shared = len(record) - len(missing)
    return "\n".join(lines) if lines else f"nothing got worse by more than {WORSE:.0%} ({shared} ratios compared)"


def markdown(record: Mapping[str, Any]) -> str:
    """Return a record as the README's table."""
    rows = [
        f"| {name} | {_number(middle)} | {_number(low)} to {_number(high)} |"
        for name, (low, middle, high) in record["ratios"].items()
    ]
    return "\n".join(["| ours against | work | times as fast | range |", "|---|---|---|---|", *rows])


def _without_version(name: str) -> str:
    return " ".join(word for word in name.split() if not (word[0].isdigit() and word.count(".") >= 2))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _three(values: Sequence[float]) -> list[float]:
    return [min(values), statistics.median(values), max(values)]
