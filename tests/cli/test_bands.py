"""``--bands`` of ``run`` and ``compare``: two draws, made up."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sim.analyse.calibration import Bands
from sim.analyse.variants import OUTCOMES
from sim.cli import banded
from tests.cli.conftest import Invoke

MONTHS = 24
OF_MONTH = {"baseline": (2.0, 30.0), "no-buyer": (1.0, 40.0)}
"""People freed a month in the first and in the second draw."""


@pytest.fixture(autouse=True)
def two_draws(monkeypatch: pytest.MonkeyPatch, forecast: list[dict[str, object]]) -> list[dict[str, Any]]:
    """Three quarters of the weight lie on the first draw; returns what was asked for."""
    asked: list[dict[str, Any]] = []

    def bands(scenario: Any, **settings: Any) -> Bands:
        asked.append({"scenario": scenario.id, "changed": scenario.get("minsk.trade_value"), **settings})
        outcomes = np.full((2, len(OUTCOMES), MONTHS), 0.25)
        outcomes[:, OUTCOMES.index("freed")] = np.outer(OF_MONTH[scenario.id], np.arange(1, MONTHS + 1))
        settings["on_done"](1, 2)
        return Bands(scenario.id, "fast", MONTHS, np.array([0.75, 0.25]), outcomes, (4, 9), ())

    monkeypatch.setattr("sim.analyse.calibration.bands", bands)
    return asked


def test_run(invoke: Invoke, two_draws: list[dict[str, Any]]) -> None:
    words = ("run", "baseline", "--bands", "--set", "minsk.trade_value=9", "--rationality", "2")
    made = json.loads(invoke(*words, "--json").stdout)
    (asked,) = two_draws
    assert (asked["changed"], asked["months"], asked["rationality"]) == (9.0, MONTHS, 2.0)
    assert made["bands"]["freed"] == {
        "p10": [2.0 * month for month in made["months"]],
        "p50": [2.0 * month for month in made["months"]],
        "p90": [30.0 * month for month in made["months"]],
    }
    done = invoke(*words)
    assert "48 to 720" in done.stdout  # by month 24
    assert " --bands" in done.stdout.splitlines()[-1]


def test_compare_tells_the_difference_draw_by_draw(invoke: Invoke) -> None:
    done = invoke("compare", "baseline", "no-buyer", "--bands")
    assert "24 to 360" in done.stdout
    assert "12 to 480" in done.stdout
    assert "Difference to baseline by the end of month 12, draw by draw over the ensemble" in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if "(-12 to +120)" in line]
    assert row.split()[-4:] == ["-12", "(-12", "to", "+120)"]
    assert "more in 25%\n" in done.stdout
    assert "more in 0%, the same in 100%" in done.stdout
    assert " --bands" in done.stdout.splitlines()[-1]
    first, second = json.loads(invoke("compare", "baseline", "no-buyer", "--bands", "--json").stdout)["scenarios"]
    assert first["paired"] is None
    assert second["paired"]["freed"] == {"p10": -12, "p50": -12, "p90": 120, "more": 0.25, "less": 0.75, "draws": 2}
    assert second["bands"]["freed"] == {"p10": 12, "p50": 12, "p90": 480}


def test_without_it_nothing_is_worked_out(invoke: Invoke, two_draws: list[dict[str, Any]]) -> None:
    entries = json.loads(invoke("compare", "baseline", "no-buyer", "--json").stdout)["scenarios"]
    assert [entry["paired"] for entry in entries] == [None, None]
    assert two_draws == []


@pytest.mark.parametrize(
    ("band", "unit", "written"),
    [
        ((12.0, 240.4), "persons", "12 to 240"),
        ((2.84, 6.66), "persons", "2.8 to 6.7"),
        ((0.09, 0.58), "probability", "9 to 58%"),
        ((0.001, 0.58), "probability", "<1 to 58%"),
        ((0.001, 0.004), "probability", "<1%"),
        ((0.0, 0.995), "probability", "0 to >99%"),
    ],
)
def test_bands_in_words(band: tuple[float, float], unit: str, written: str) -> None:
    assert banded.span(band, unit) == written


@pytest.mark.parametrize(
    ("unit", "difference", "written"),
    [
        ("persons", (-42.4, 57.0, 730.2), "+57 (-42 to +730)"),
        ("persons", (-0.04, 0.2, 1.26), "+0.2 (0.0 to +1.3)"),
        ("probability", (-0.06, 0.0001, 0.551), "0 (-6 to +55)"),
        ("steps", (-0.004, -0.01, 1.0), "-0.01 (0.00 to +1.00)"),
    ],
)
def test_differences_in_words(unit: str, difference: tuple[float, float, float], written: str) -> None:
    from sim.analyse.calibration import Paired

    text = banded.apart(Paired(*difference, more=0.75, less=0.25, draws=2), unit)
    assert text == f"{written}\nmore in 75%"
