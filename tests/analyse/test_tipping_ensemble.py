"""The share of an ensemble in which a parameter tips an outcome: counted by hand on closed forms."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sim.analyse.calibration import Ensemble
from sim.analyse.tipping import tipping
from sim.analyse.tipping_ensemble import ensemble_share
from sim.errors import UsageError
from sim.scenario import Scenario, load
from tests.analyse.conftest import CLOSED, FINE

pytestmark = pytest.mark.usefixtures("closed")
TRADE, COST, BROKEN = "minsk.trade_value", "brussels.relief_cost.1", "minsk.supported_value"
QUICK = {"grid": CLOSED, "finer": FINE, "jobs": 1}


def made_by_hand(*rows: tuple[float, float, float], weights: tuple[float, ...]) -> Ensemble:
    """Draws of trade value, relief cost and supported value."""
    return Ensemble(
        names=(TRADE, COST, BROKEN),
        numbers=tuple(range(len(rows))),
        weights=np.array(weights),
        values=np.array(rows),
        hashes={},
        ledger="",
        scenario="january-2025",
        grid="140x60",
        seed=0,
        draws=len(rows),
        effective=float(len(rows)),
    )


# p_eu_relief = logistic(4 (1.75 - cost) + (trade - 8) / 2): the first part is 3 and -3 at cost 1 and 2.5
ENSEMBLE = made_by_hand(
    (8.0, 1.1, 0.5), (12.0, 2.0, 0.5), (4.0, 1.5, 0.5), (8.0, 2.4, 0.9), weights=(0.1, 0.2, 0.3, 0.4)
)


@pytest.fixture
def baseline() -> Scenario:
    """As it ships: what a scenario changes is not drawn."""
    return load("baseline")


def test_the_share_is_counted_by_weight(baseline: Scenario) -> None:
    made = tipping(baseline, COST, "p_eu_relief", 0.5, **QUICK)
    found = ensemble_share(baseline, made, ENSEMBLE, grid=CLOSED, jobs=1)
    # trade 8: from .95 to .05; 12: .99 to .27; 4: .73 to .007; the fourth draw cannot be computed and is left out
    assert found.own == "crossed downwards"
    assert (found.draws, found.same) == (3, pytest.approx(1.0))
    # at the level .88: 8 reaches .9526, 12 reaches .993, 4 only .731 (the baseline: .90)
    higher = replace(made, level=0.88)
    found = ensemble_share(baseline, higher, ENSEMBLE, grid=CLOSED, jobs=1)
    assert found.shares == {
        "crossed upwards": 0.0,
        "crossed downwards": pytest.approx(0.5),
        "at or above at both ends": 0.0,
        "below at both ends": pytest.approx(0.5),
    }
    assert found.sentence == (
        "Between the ends of the range the level is crossed downwards: so in 50% of the ensemble (otherwise: below at "
        "both ends 50%)."
    )


def test_none_is_a_finding_too(baseline: Scenario) -> None:
    made = tipping(baseline, COST, "p_eu_relief", 0.2, limits=(1.0, 1.5), **QUICK)
    assert made.verdict.startswith("none")
    found = ensemble_share(baseline, made, ENSEMBLE, grid=CLOSED, jobs=1)
    # at cost 1.5 the exponent is 1 plus (trade - 8) / 2: trade 4 gives .27, so all stay above .2
    assert (found.own, found.same) == ("at or above at both ends", pytest.approx(1.0))


def test_the_record_carries_it(baseline: Scenario) -> None:
    made = tipping(baseline, COST, "p_eu_relief", 0.5, **QUICK)
    assert made.to_json()["ensemble"] is None
    with_share = replace(made, ensemble=ensemble_share(baseline, made, ENSEMBLE, grid=CLOSED, jobs=1))
    assert json.loads(json.dumps(with_share.to_json()))["ensemble"]["draws"] == 3


def test_an_ensemble_that_cannot_be_computed_is_refused(baseline: Scenario) -> None:
    made = tipping(baseline, COST, "p_eu_relief", 0.5, **QUICK)
    with pytest.raises(UsageError, match="refused for the test"):
        ensemble_share(baseline, made, made_by_hand((8.0, 1.1, 0.9), weights=(1.0,)), grid=CLOSED, jobs=1)
