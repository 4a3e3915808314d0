"""Tornado, Sobol' indices and slopes against closed forms; the Ishigami function has known indices."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from scipy.stats import qmc

from sim.analyse.gradient import BACKWARD, CENTRAL, FORWARD, difference, gradient, stencil
from sim.analyse.indices import indices, saltelli
from sim.analyse.sensitivity import sobol, tornado
from sim.analyse.variants import evaluate
from sim.errors import GrandDealError, UsageError
from tests.analyse.conftest import CLOSED, FINE, ISHIGAMI, TINY

TRADE, COST = "minsk.trade_value", "brussels.relief_cost.1"
QUICK = {"grid": CLOSED, "finer": FINE, "jobs": 1}

# Ishigami and Homma 1990, with a = 7, b = 0.1: variances by part, in closed form
V1 = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2
V2 = 7**2 / 8
V13 = 8 * 0.1**2 * math.pi**8 / 225
TOTAL = V1 + V2 + V13
FIRST_INDICES = [V1 / TOTAL, V2 / TOTAL, 0.0]
TOTAL_INDICES = [(V1 + V13) / TOTAL, V2 / TOTAL, V13 / TOTAL]


def ishigami(x):
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_indices_of_the_ishigami_function() -> None:
    points = saltelli(qmc.Sobol(6, rng=np.random.default_rng(2)).random(4096))
    rows = indices(ishigami(2 * np.pi * points - np.pi) + 1000, 3)
    assert rows is not None
    assert [row["first"] for row in rows] == pytest.approx(FIRST_INDICES, abs=0.015)
    assert [row["total"] for row in rows] == pytest.approx(TOTAL_INDICES, abs=0.015)
    for row, first, total in zip(rows, FIRST_INDICES, TOTAL_INDICES, strict=True):
        assert row["first_low"] < first < row["first_high"]
        assert row["total_low"] < total < row["total_high"]
        assert row["first_high"] - row["first_low"] < 0.15


def test_a_constant_has_no_indices() -> None:
    assert indices(np.full(64 * 5, 3.0), 3) is None


def test_saltellis_points() -> None:
    pair = np.arange(8.0).reshape(2, 4)  # two points, two parameters
    assert saltelli(pair).tolist() == [[0, 1], [4, 5], [2, 3], [6, 7], [2, 1], [6, 5], [0, 3], [4, 7]]


@pytest.mark.usefixtures("closed")
def test_sobol_over_the_ranges_of_a_scenario(baseline) -> None:
    names = [name for name, _, _ in ISHIGAMI]
    made = sobol(baseline, outcomes=["arrested", "us_relief"], at=[3], parameters=names, samples=1024, **QUICK)
    found = {row["parameter"]: row for row in made.rows if row["outcome"] == "arrested"}
    assert [found[name]["first"] for name in names] == pytest.approx(FIRST_INDICES, abs=0.05)
    assert [found[name]["total"] for name in names] == pytest.approx(TOTAL_INDICES, abs=0.05)
    totals = [row["total"] for row in made.rows]
    assert totals == sorted(totals, reverse=True)
    assert made.settings["variance"][0]["mean"] == pytest.approx(3.5, abs=0.1)
    assert made.settings["variance"][0]["variance"] == pytest.approx(TOTAL, rel=0.05)
    assert any("us_relief at month 3 does not vary" in text for text in made.notes)
    assert made.basis.variants == 1024 * 5
    again = sobol(baseline, outcomes=["arrested", "us_relief"], at=[3], parameters=names, samples=1024, **QUICK)
    assert again.to_json() == made.to_json()


@pytest.mark.usefixtures("closed")
def test_sobol_takes_the_widest_of_the_tornado_and_needs_every_variant(baseline) -> None:
    with pytest.raises(GrandDealError, match=r"variants could not be computed.*refused for the test"):
        sobol(baseline, parameters=["minsk.supported_value", TRADE], samples=16, **QUICK)
    made = sobol(baseline.with_overrides({"minsk.supported_value": 0.5}), outcomes=["p_eu_relief"], samples=16, **QUICK)
    assert {row["parameter"] for row in made.rows[:2]} == {TRADE, COST}
    assert len(made.settings["parameters"]) == 12
    with pytest.raises(UsageError, match="samples: found 100; allowed: a power of 2"):
        sobol(baseline, samples=100, **QUICK)


@pytest.mark.usefixtures("closed")
def test_a_tornado_ranks_swings(baseline) -> None:
    made = tornado(
        baseline, outcomes=["freed", "p_us_relief"], at=[2], parameters=[COST, TRADE, "start.leaders"], **QUICK
    )
    freed = [row for row in made.rows if row["outcome"] == "freed"]
    assert [row["parameter"] for row in freed] == [TRADE, COST, "start.leaders"]
    assert (freed[0]["at_low"], freed[0]["at_high"], freed[0]["swing"]) == (80.0, 240.0, 160.0)
    assert freed[1]["swing"] == 0.0
    # both ends on one side: the swing counts the base too
    relief = next(row for row in made.rows if row["outcome"] == "p_us_relief" and row["parameter"] == TRADE)
    assert (relief["at_low"], relief["at_high"], relief["swing"]) == (1.0, 1.0, 1.0)
    assert made.base_values == (("freed", 2, 160.0), ("p_us_relief", 2, 0.0))
    json.dumps(made.to_json(), allow_nan=False)


@pytest.mark.usefixtures("closed")
def test_a_tornado_over_everything_shows_what_failed_last(baseline) -> None:
    made = tornado(baseline, outcomes=["freed"], at=[1], **QUICK)
    assert made.rows[0]["parameter"] == TRADE
    assert made.rows[-1]["parameter"] == "minsk.supported_value"
    assert math.isnan(made.rows[-1]["at_high"])
    assert len(made.basis.failed) == 1


@pytest.mark.usefixtures("closed")
def test_slopes_of_closed_forms(baseline) -> None:
    made = gradient(
        baseline,
        outcomes=["p_eu_relief", "freed", "eu_relief"],
        at=[2],
        parameters=[TRADE, COST, "start.leaders"],
        **QUICK,
    )
    found = {(row["outcome"], row["parameter"]): row for row in made.rows}
    # logistic has slope 1/4 at 0
    for key, expected in ((("p_eu_relief", COST), -1.0), (("p_eu_relief", TRADE), 0.125), (("freed", TRADE), 20.0)):
        assert found[key]["slope"] == pytest.approx(expected, rel=1e-7)
        assert abs(found[key]["slope"] - expected) <= found[key]["error"] < 1e-4
    # |x - 8| has no slope at 8, and the error says so
    assert found["eu_relief", TRADE]["slope"] == pytest.approx(0.0, abs=1e-9)
    assert found["eu_relief", TRADE]["error"] >= 0.9
    assert found["p_eu_relief", COST]["per_range"] == pytest.approx(-1.5)
    assert made.settings["left_out"] == ["start.leaders"]
    assert "start.leaders" in made.notes[-1]
    json.dumps(made.to_json(), allow_nan=False)


@pytest.mark.usefixtures("closed")
def test_at_the_edge_of_what_is_allowed_slopes_are_one_sided(baseline) -> None:
    base = baseline.with_overrides({TRADE: 0.0})
    (row,) = gradient(base, outcomes=["p_us_relief"], at=[1], parameters=[TRADE], **QUICK).rows
    assert row["slope"] == pytest.approx(-1.0, rel=1e-8)  # (x - 8)^2 / 16 at 0


def test_differences_are_exact_for_cubics_and_their_errors_cover() -> None:
    for offsets in (CENTRAL, FORWARD, BACKWARD):
        slope, error = difference(math.exp(0.3), np.exp(0.3 + 1e-3 * np.array(offsets)), offsets, 1e-3)
        assert abs(slope - math.exp(0.3)) <= error < 1e-5
        coarse, _ = difference(math.exp(0.3), np.exp(0.3 + 4e-3 * np.array(offsets)), offsets, 4e-3)
        assert slope == pytest.approx(coarse, rel=1e-6)
    assert np.isnan(difference(1.0, np.empty(0), (), 1e-3)).all()
    assert stencil(lambda value: 0 <= value <= 1, 0.0, 0.1) == FORWARD
    assert stencil(lambda value: 0 <= value <= 1, 1.0, 0.1) == BACKWARD
    assert stencil(lambda value: 0 <= value <= 1, 0.5, 0.1) == CENTRAL
    assert stencil(lambda value: False, 0.5, 0.1) == ()
    with pytest.raises(UsageError, match=r"step: found 0.5"):
        gradient(None, step=0.5, grid=CLOSED)  # type: ignore[arg-type]


def test_slopes_of_the_model_agree_with_differences_at_another_step(baseline) -> None:
    names = ["minsk.release_cost", "menu.recognition.us_table.minsk", "minsk.discount"]
    settings = {"outcomes": ["freed", "contact"], "at": [3], "parameters": names, "grid": TINY, "jobs": 1, "check": 0}
    fine, coarse = gradient(baseline, **settings), gradient(baseline, step=4e-3, **settings)
    other = {(row["outcome"], row["parameter"]): row for row in coarse.rows}
    for row in fine.rows:
        twin = other[row["outcome"], row["parameter"]]
        assert abs(row["slope"] - twin["slope"]) <= row["error"] + twin["error"]
        assert row["slope"] == pytest.approx(twin["slope"], rel=1e-3)
        assert row["slope"] != 0


def test_slopes_at_fixed_play_are_those_of_the_polynomial_that_an_outcome_then_is(baseline) -> None:
    """At lam 0 nobody minds payoffs, so play is fixed: a chance of nature taken once a month makes an outcome after
    four months a polynomial of degree four in it, which its values at far apart points give exactly.
    """
    chances, payoffs = ["world.contact_fade", "world.talks.stalled_to_active"], ["minsk.trade_value", COST]
    settings = {"grid": TINY, "rationality": 0.0, "jobs": 1}
    outcomes = ["contact", "freed", "p_us_relief"]
    made = gradient(baseline, outcomes=outcomes, at=[4], parameters=chances + payoffs, check=0, **settings)
    slopes = {(row["outcome"], row["parameter"]): row["slope"] for row in made.rows}
    for outcome in outcomes:
        for name in payoffs:
            assert slopes[outcome, name] == pytest.approx(0.0, abs=1e-9)
    nodes = 0.25 + 0.2 * np.cos(np.pi * (np.arange(6) + 0.5) / 6)
    moving = 0
    for name in chances:
        found = evaluate(baseline, [{name: float(node)} for node in nodes], months=4, **settings)
        own = baseline.parameters()[name]
        for outcome in outcomes:
            exact = Polynomial.fit(nodes, found.at(outcome, 4), 4)
            assert exact(nodes) == pytest.approx(found.at(outcome, 4), abs=1e-11)  # a polynomial of degree four it is
            assert slopes[outcome, name] == pytest.approx(float(exact.deriv()(own)), rel=1e-6, abs=1e-8)
            moving += abs(slopes[outcome, name]) > 1e-3
    assert moving >= 2
