"""Known parameters are found again as often as they should be, and a wrong likelihood is caught.

What size of fault is caught: evidence counted 2 times or more, on the toy in 40 of 40 tries and on the game's coarse
grid. Counted 1.5 times it is caught on the toy in 32 of 40 tries and not on the coarse grid; 1.25 times: 6 of 40.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sim.analyse.calibration.coverage import places, summary
from sim.analyse.calibration.draws import hashes_of
from sim.analyse.calibration.ledger import shipped_ledger
from sim.analyse.calibration.priors import Prior, Priors, shipped_priors
from sim.model import Grid
from sim.rng import stream
from sim.scenario import load
from tests.calibrate.__main__ import cover

RECORD = Path(__file__).with_name("coverage.json")


def chain(rng: np.random.Generator, rate: np.ndarray, months: int) -> np.ndarray:
    """Ledgers of a toy with a closed form: something happens in a month with the draw's own probability."""
    return np.asarray((rng.random((rate.size, months)) < rate[:, None]).sum(axis=1))


def toy(count: int = 400, months: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = stream(3, "toy")
    shares = rng.random((count, 2))
    rate = 0.1 + 0.8 * shares[:, 0]
    seen = chain(rng, rate, months)
    logs = seen[None] * np.log(rate)[:, None] + (months - seen[None]) * np.log(1 - rate)[:, None]
    return shares, logs, rng.random((count, 2))


def alarms(found: dict[str, object]) -> tuple[bool, bool]:
    """Whether coverage is further than 3.5 standard errors from 90%, and whether places are not uniform."""
    n = int(found["ledgers"])  # type: ignore[call-overload]
    worst = max(abs(row["coverage"] - 0.9) for row in found["parameters"])  # type: ignore[attr-defined]
    return worst > 3.5 * np.sqrt(0.09 / n), found["smallest_p"] < found["limit"]  # type: ignore[operator]


class TestTheCheckItself:
    """On a toy with a closed form: power against faults of a known kind."""

    def test_the_right_likelihood_passes(self) -> None:
        shares, logs, parts = toy()
        assert alarms(summary(places(shares, logs, parts), ("rate", "idle"))) == (False, False)

    @pytest.mark.parametrize(
        ("fault", "which"),
        [
            ("2 times the evidence", "coverage"),
            ("3 times the evidence", "coverage"),
            ("the wrong way round", "uniform"),
            ("a month too few", "uniform"),
        ],
    )
    def test_wrong_ones_are_caught(self, fault: str, which: str) -> None:
        shares, logs, parts = toy()
        rate = 0.1 + 0.8 * shares[:, :1]
        wrong = {
            "2 times the evidence": 2 * logs,
            "3 times the evidence": 3 * logs,
            "the wrong way round": -logs,
            "a month too few": logs - 3 * np.log(1 - rate),
        }[fault]
        found = alarms(summary(places(shares, wrong, parts), ("rate", "idle")))
        assert found[("coverage", "uniform").index(which)]

    def test_a_likelihood_that_learns_nothing_is_no_error_here(self) -> None:
        """Places under the prior are uniform too: this check is for what is wrong, not for what is weak."""
        shares, logs, parts = toy()
        assert alarms(summary(places(shares, 0 * logs, parts), ("rate", "idle"))) == (False, False)

    def test_places_by_hand(self) -> None:
        shares = np.array([[0.2], [0.6], [0.6]])
        logs = np.log(np.array([[0.5, 0.2, 0.1], [0.3, 0.3, 0.1], [0.2, 0.5, 0.8]]))
        found = places(shares, logs, np.full((3, 1), 0.5))[:, 0]
        assert found == pytest.approx([0.25, 0.2 + 0.4, 0.1 + 0.45])
        twice = places(shares, np.repeat(logs, 2, axis=1), np.full((6, 1), 0.5))[:, 0]
        assert twice == pytest.approx(np.repeat(found, 2))


@pytest.mark.slow
def test_the_game_on_a_coarse_grid() -> None:
    """200 ledgers of six months from fifty draws; a likelihood the wrong way round or too sure of itself is caught."""
    few = Priors(
        (
            Prior("menu.no_offer_weight", "uniform", 0.02, 0.98, "tests"),
            Prior("moscow.punishing_cost", "uniform", 0.0, 3.0, "tests"),
            Prior("minsk.trade_value", "hump", 4.0, 12.0, "tests"),
        )
    )
    menu = {"menu.prisoners": [2], "menu.us_relief": [], "menu.leaders": False, "menu.pressing": False}
    lots = {"start.prisoners": 1400}
    shares, logs = cover(
        load("january-2025", {**menu, **lots}),
        few,
        Grid("tiny", 1400, 6),
        draws=50,
        each=4,
        months=6,
        error=0.01,
        folder=None,
        jobs=1,
    )
    parts = stream(1, "places").random((logs.shape[1], shares.shape[1]))
    found = summary(places(shares, logs, parts), few.names)
    assert alarms(found) == (False, False)
    assert abs(found["coverage"] - 0.9) < 4 * found["standard_error"]
    for wrong in (-logs, 2 * logs, 3 * logs):
        assert any(alarms(summary(places(shares, wrong, parts), few.names)))


def test_the_recorded_run_on_the_fast_grid() -> None:
    record = json.loads(RECORD.read_text())
    assert record["ledgers"] >= 200
    assert abs(record["coverage"] - 0.9) < 3 * record["standard_error"]
    assert record["smallest_p"] > record["limit"]
    wrong = record["with_a_wrong_likelihood"]
    assert abs(wrong["coverage"] - 0.9) > 3 * wrong["standard_error"]
    assert wrong["smallest_p"] < record["limit"]
    assert record["error_rate"] == shipped_ledger().error
    priors = shipped_priors()
    assert record["hashes"] == hashes_of(load("january-2025"), priors, shipped_ledger())
    assert [row["parameter"] for row in record["parameters"]] == list(priors.names)
