"""The record that a forecast returns: frozen, JSON-ready, and readable in a notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

SCHEMA_VERSION = 1

Bands = Mapping[str, Mapping[str, tuple[float, ...]]]
"""Outcome -> ``p10``, ``p50``, ``p90`` -> one value a month, in the outcome's unit."""

OUTCOME_LABELS: dict[str, str] = {
    "freed": "people freed since the start",
    "leaders_freed": "senior leaders freed",
    "arrested": "people newly arrested (net)",
    "p_punished": "chance that Moscow has punished",
    "p_grand_deal": "chance that the grand deal has been reached",
    "prisoners": "people still held",
    "us_relief": "US relief",
    "eu_relief": "EU relief",
    "contact": "contact",
    "p_us_relief": "chance of any US relief",
    "p_eu_relief": "chance of any EU relief",
    "deal_share": "share of the grand deal reached",
}
OUTCOME_UNITS: dict[str, str] = {
    "freed": "persons",
    "leaders_freed": "persons",
    "arrested": "persons",
    "p_punished": "probability",
    "p_grand_deal": "probability",
    "prisoners": "persons",
    "us_relief": "steps of 3",
    "eu_relief": "steps of 2",
    "contact": "level: 0 isolated, 1 envoys, 2 embassy",
    "p_us_relief": "probability",
    "p_eu_relief": "probability",
    "deal_share": "share",
}


@dataclass(frozen=True, slots=True)
class Option:
    """What one capital would do at a turn.

    ``proposed`` is the probability that ``proposer`` is recognised and proposes (or simply takes) ``action``,
    ``accepted`` the probability that the others then accept, ``probability`` their product.
    """

    proposer: str
    action: str
    proposed: float
    accepted: float
    probability: float


@dataclass(frozen=True)
class Result:
    """An exact forecast of one scenario. Tuples of outcomes run over ``months`` (1, 2, ...).

    ``price`` is cumulative: people freed in deals that carry relief, per step of relief; None where none is expected.
    ``quantiles`` come from sampled histories (p10, p50, p90 of people freed, each with its standard error ``..._se``).
    ``stock`` holds ``levels`` (people held) and ``probability`` [month][level]. ``first_deals`` maps the kind of the
    first deal within the months to its probability ("none" included). ``bands`` holds p10, p50 and p90 of every outcome
    by month over the calibrated ensemble (fast grid), or is None where no bands are kept for the scenario's values.
    Payoffs are in points of each capital: there is no common unit.
    """

    schema_version: int
    scenario: str
    title: str
    question: str
    scenario_hash: str
    versions: Mapping[str, str]
    grid: str
    seed: int
    rationality: Mapping[str, float]
    months: tuple[int, ...]
    outcomes: Mapping[str, tuple[float, ...]]
    bands: Bands | None
    payoffs: Mapping[str, float]
    payoffs_total: Mapping[str, float]
    now: Mapping[str, tuple[Option, ...]]
    price: tuple[float | None, ...]
    quantiles: Mapping[str, tuple[float, ...]]
    stock: Mapping[str, Any]
    first_deals: Mapping[str, float]
    start: Mapping[str, float | str]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``grand-deal run --json`` prints."""
        return {
            "schema_version": self.schema_version,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "versions": dict(self.versions),
            "grid": self.grid,
            "seed": self.seed,
            "rationality": {name: _number(value) for name, value in self.rationality.items()},
            "months": list(self.months),
            "outcomes": {name: list(values) for name, values in self.outcomes.items()},
            "bands": None
            if self.bands is None
            else {name: {level: list(row) for level, row in rows.items()} for name, rows in self.bands.items()},
            "payoffs": dict(self.payoffs),
            "payoffs_total": dict(self.payoffs_total),
            "now": {
                turn: [{f.name: getattr(option, f.name) for f in fields(option)} for option in options]
                for turn, options in self.now.items()
            },
        }

    def to_record(self) -> dict[str, Any]:
        """Return everything, JSON-ready and without loss (see `from_record`)."""
        return {
            **self.to_json(),
            "title": self.title,
            "question": self.question,
            "price": list(self.price),
            "quantiles": {name: list(values) for name, values in self.quantiles.items()},
            "stock": {
                "levels": list(self.stock["levels"]),
                "probability": [list(row) for row in self.stock["probability"]],
            },
            "first_deals": dict(self.first_deals),
            "start": dict(self.start),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Result:
        """Rebuild a result from `to_record`'s object, as read back from JSON."""
        values = {field.name: record[field.name] for field in fields(cls)}
        values["rationality"] = {name: float(value) for name, value in record["rationality"].items()}
        values["months"] = tuple(record["months"])
        values["price"] = tuple(record["price"])
        if record["bands"] is not None:
            values["bands"] = {
                name: {level: tuple(row) for level, row in rows.items()} for name, rows in record["bands"].items()
            }
        for name in ("outcomes", "quantiles"):
            values[name] = {key: tuple(row) for key, row in record[name].items()}
        values["now"] = {turn: tuple(Option(**option) for option in options) for turn, options in record["now"].items()}
        values["stock"] = {
            "levels": tuple(record["stock"]["levels"]),
            "probability": tuple(tuple(row) for row in record["stock"]["probability"]),
        }
        return cls(**values)

    def at(self, outcome: str, month: int) -> float:
        """Return one outcome at the end of one month (1 is the first)."""
        return self.outcomes[outcome][self.months.index(month)]

    def band(self, outcome: str, month: int) -> tuple[float, float] | None:
        """Return p10 and p90 of one outcome over the calibrated ensemble at the end of one month, or None."""
        if self.bands is None:
            return None
        rows, place = self.bands[outcome], self.months.index(month)
        return rows["p10"][place], rows["p90"][place]

    def __repr__(self) -> str:
        last = self.months[-1]
        rows = [
            f"Result {self.scenario} ({self.title}), grid {self.grid}, hash {self.scenario_hash[:12]}",
            f"  explores a model, predicts nothing; exact expectations at month {last}:",
        ]
        for name, values in self.outcomes.items():
            rows.append(f"  {OUTCOME_LABELS[name]:<46}{values[-1]:>10.3f}  {OUTCOME_UNITS[name]}")
        likely = max(self.first_deals, key=lambda kind: self.first_deals[kind])
        rows.append(f"  likeliest first deal: {likely} ({self.first_deals[likely]:.0%})")
        return "\n".join(rows)


def _number(value: float) -> float | str:
    """JSON has no infinity: write it as the word."""
    return "inf" if math.isinf(value) else value
