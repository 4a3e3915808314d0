"""Variants whose outcomes are closed forms of the parameters, so that every algorithm has an answer to compare with."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sim.analyse import variants
from sim.analyse.variants import OUTCOMES, Chunk, Row
from sim.forecast.result import Option
from sim.model import Grid
from sim.scenario import Scenario, load, parameter_info

TINY = Grid("tiny", 700, 4)
CLOSED = Grid("closed", 140, 60)  # nothing is solved on it
FINE = Grid("fine closed", 28, 60)


MIDDLES = {name: (info.low + info.high) / 2 for name, info in parameter_info().items() if info.low < info.high}
"""Every parameter that has a plausible range at its middle: the closed forms below are told in these."""


@pytest.fixture(scope="session")
def baseline() -> Scenario:
    return load("baseline").with_overrides(MIDDLES)


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def closed_form(value: Callable[[str], float], lot: int) -> dict[str, float]:
    """The outcomes at one month; everything else is 0."""
    trade = value("minsk.trade_value")
    cost = value("brussels.relief_cost.1")
    centred = {name: 2 * math.pi * (value(name) - low) / (high - low) - math.pi for name, low, high in ISHIGAMI}
    a, b, c = centred.values()
    return {
        "freed": 10 * trade + (1.0 if lot < 100 else 0.0),
        "p_eu_relief": logistic(4 * (1.75 - cost) + 0.5 * (trade - 8)),
        "p_us_relief": (trade - 8) ** 2 / 16,
        "contact": math.sin(math.pi * (trade - 4) / 2),
        "leaders_freed": value("start.leaders") ** 2,
        "arrested": math.sin(a) + 7 * math.sin(b) ** 2 + 0.1 * c**4 * math.sin(a),
        "us_relief": float(trade >= 7.3),
        "eu_relief": abs(trade - 8),
        "p_punished": math.exp(-(((trade - 6.4) / 0.5) ** 2)),
        "deal_share": max(abs(trade - 8) / 4, abs(cost - 1.75) / 0.75),
    }


ISHIGAMI = (
    ("minsk.release_cost", 0.005, 0.04),
    ("minsk.leader_cost", 0.8, 3.0),
    ("minsk.crackdown_cost", 0.5, 1.5),
)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let closed forms stand in for the model; returns the sizes of the chunks asked for."""
    asked: list[int] = []

    def compute(chunk: Chunk) -> list[Row]:
        from sim.model import grid_of

        asked.append(len(chunk.designs))
        rows = []
        for design in chunk.designs:
            values = {**chunk.base.parameters(), **design}
            if values["minsk.supported_value"] > 0.74:
                rows.append(variants._failed("minsk.supported_value: refused for the test"))
                continue
            lot = grid_of(chunk.grid).lot
            found = closed_form(values.__getitem__, lot)
            outcomes = np.array([[found.get(name, 0.0)] * chunk.months for name in OUTCOMES])
            outcomes[OUTCOMES.index("freed")] *= np.arange(1, chunk.months + 1)
            # on the finer grid one choice turns a little later, the other much later
            likely = logistic(10 * (values["minsk.crackdown_cost"] - (0.84 if lot < 100 else 0.8)))
            relief = logistic(10 * (values["minsk.crackdown_cost"] - (0.95 if lot < 100 else 0.8)))
            options = [
                Option("minsk", "hold", likely, 1.0, likely),
                Option("minsk", "crack down", 1 - likely, 1.0, 1 - likely),
            ]
            table = [
                Option("minsk", "leader", 0.3, 0.5, 0.15),
                Option("minsk", "no offer", 0.2, 1.0, 0.2),
                Option("brussels", "relief", 0.5 * relief, 0.1, 0.05),
                Option("brussels", "no offer", 0.5 - 0.5 * relief, 1.0, 0.5 - 0.5 * relief),
            ]
            lead = logistic(2 * (values["minsk.leader_cost"] - 2.5))
            rows.append(
                Row(
                    outcomes,
                    np.zeros(4),
                    np.zeros(4),
                    {},
                    {"minsk": tuple(options), "eu-table": tuple(table)} if chunk.decisions else {},
                    {"none": lead, "leader for contact": 1 - lead} if chunk.decisions else {},
                )
            )
        return rows

    monkeypatch.setattr(variants, "compute", compute)
    return asked
