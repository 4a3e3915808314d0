"""A frozen forecast and naive forecasters beside it: what each gives to what a later ledger tells, and its scores.

Naive are: the rates of the half-year before repeat themselves; every event is a coin; nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.analyse.calibration.events import EVENTS, told_by
from sim.analyse.calibration.frozen import Frozen
from sim.analyse.calibration.ledger import Ledger
from sim.analyse.calibration.scores import brier, crps, log_score
from sim.analyse.calibration.weights import quantile

SURPRISE = 0.01
"""What the forecaster of no change gives to any event."""
NAIVE = ("repeat", "coin", "no change")
WORST = 3
"""Months that hurt most, at most."""


def events_scored(forecast: Frozen, ledger: Ledger, before: Ledger) -> list[dict[str, Any]]:
    """Return one row an event and month that the ledger tells (see `sim.analyse.calibration.backtest.Backtest`)."""
    earlier = told_by(before)
    rows = []
    for t, (month, says) in enumerate(zip(ledger.months, told_by(ledger), strict=True)):
        for event, value in says.items():
            known = [row[event] for row in earlier if event in row]
            # Jeffreys' rule keeps the rate away from 0 and 1
            rate = (sum(known) + 0.5) / (len(known) + 1.0)
            given = {
                "forecast": forecast.events[event][t],
                "repeat": rate,
                "coin": 0.5,
                "no change": SURPRISE,
            }
            rows.append(
                {
                    "month": month.month,
                    "event": event,
                    "says": EVENTS[event],
                    "happened": value,
                    "probability": given["forecast"],
                    "log": {name: log_score(chance, value) for name, chance in given.items()},
                    "brier": {name: brier(chance, value) for name, chance in given.items()},
                }
            )
    return rows


def counts_scored(forecast: Frozen, ledger: Ledger, before: Ledger) -> list[dict[str, Any]]:
    """Return one row a month up to which the ledger tells all numbers, with how many are freed since the start."""
    from sim.rng import stream

    past = [month.freed for month in before.months if month.freed is not None]
    rng = stream(0, "backtest", "repeat")
    repeats = np.cumsum(rng.choice(np.array(past or [0], dtype=np.float64), (2000, len(ledger.months))), axis=1)
    rows: list[dict[str, Any]] = []
    total = 0
    for t, month in enumerate(ledger.months):
        if month.freed is None:
            break
        total += month.freed
        values = np.array(forecast.freed[t])
        equal = np.ones(values.size)
        low, middle, high = quantile(values, equal, (0.1, 0.5, 0.9)).tolist()
        scores = {
            "forecast": crps(values, equal, total),
            "repeat": crps(repeats[:, t], np.ones(len(repeats)), total),
            "no change": crps([0.0], [1.0], total),
        }
        rows.append({"month": month.month, "freed": total, "p10": low, "p50": middle, "p90": high, "crps": scores})
    return rows


def totals_of(
    rows: Sequence[Mapping[str, Any]], counts: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, float | None]]:
    """Return forecaster -> mean scores over events and counts; None without any."""
    totals: dict[str, dict[str, float | None]] = {}
    for name in ("forecast", *NAIVE):
        numbers = [row["crps"][name] for row in counts if name in row["crps"]]
        totals[name] = {
            "log": float(np.mean([row["log"][name] for row in rows])) if rows else None,
            "brier": float(np.mean([row["brier"][name] for row in rows])) if rows else None,
            "crps": float(np.mean(numbers)) if numbers else None,
        }
    return totals


def worst_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the months at which the forecast's log score over all events is highest, with the reasons."""
    months: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        months.setdefault(row["month"], []).append(row)
    found: list[dict[str, Any]] = []
    for month, some in months.items():
        ranked = sorted(some, key=lambda row: -row["log"]["forecast"])
        why = "; ".join(
            f"{row['says']}: {'happened' if row['happened'] else 'did not happen'}, given {row['probability']:.0%}"
            for row in ranked[:2]
        )
        found.append({"month": month, "log": float(sum(row["log"]["forecast"] for row in some)), "why": why})
    return sorted(found, key=lambda row: (-float(row["log"]), str(row["month"])))[:WORST]
