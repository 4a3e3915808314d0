"""Sweeps: tidy tables of closed forms, and designs over the ranges."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.analyse.sweep import sweep
from sim.errors import UsageError
from tests.analyse.conftest import CLOSED, FINE

pytestmark = pytest.mark.usefixtures("closed")
TRADE, LEADERS = "minsk.trade_value", "start.leaders"


def test_one_parameter_at_two_months(baseline) -> None:
    made = sweep(
        baseline, {TRADE: (4, 8, 3)}, outcomes=["freed", "contact"], at=[2, 12], grid=CLOSED, finer=FINE, jobs=1
    )
    rows = made.table()
    assert [(row["point"], row[TRADE], row["month"]) for row in rows] == [
        (0, 4, 2),
        (0, 4, 12),
        (1, 6, 2),
        (1, 6, 12),
        (2, 8, 2),
        (2, 8, 12),
    ]
    assert [row["freed"] for row in rows] == [10 * row[TRADE] * row["month"] for row in rows]
    assert [row["contact"] for row in rows] == pytest.approx([0.0] * 6, abs=1e-12)
    assert made.base["freed"] == {2: 160.0, 12: 960.0}
    (axis,) = made.axes
    assert (axis.low, axis.high, axis.points, axis.value, axis.unit) == (4, 8, 3, 8, "points a month")
    assert (made.basis.grid, made.basis.variants, made.basis.seed) == ("closed", 3, None)


def test_the_check_says_how_far_a_finer_grid_is(baseline) -> None:
    made = sweep(baseline, {TRADE: (4, 8, 3)}, at=[10], grid=CLOSED, finer=FINE, jobs=1)
    check = made.basis.check
    assert check is not None
    assert (check.grid, check.variants) == ("fine closed", (0, 1, 2))
    # on the finer grid everything is 10 persons more, of at most 810
    assert check.rows[0]["difference"] == pytest.approx(10)
    assert check.relative == pytest.approx(10 / 810)
    assert sweep(baseline, {TRADE: (4, 8, 3)}, grid=CLOSED, jobs=1, check=0).basis.check is None
    assert sweep(baseline, {TRADE: (4, 8, 3)}, grid=FINE, finer=FINE, jobs=1).basis.check is None


def test_two_parameters_cross_and_whole_numbers_stay_whole(baseline) -> None:
    made = sweep(
        baseline,
        {TRADE: (4, 12, 2), LEADERS: (1, 3, 9)},
        outcomes=["leaders_freed"],
        at=[1],
        grid=CLOSED,
        finer=FINE,
        jobs=1,
    )
    found = {(row[TRADE], row[LEADERS]): row["leaders_freed"] for row in made.table()}
    assert found == {(trade, n): n**2 for trade in (4, 12) for n in (1, 2, 3)}
    assert [axis.points for axis in made.axes] == [2, 3]


def test_a_design_over_all_parameters(baseline) -> None:
    made = sweep(baseline, design="sobol", size=32, at=[1], seed=5, grid=CLOSED, finer=FINE, jobs=1)
    assert len(made.axes) > 60
    assert made.columns["freed"].shape == (32,)
    refused = made.columns["minsk.supported_value"] > 0.74
    np.testing.assert_array_equal(np.isnan(made.columns["freed"]), refused)
    assert [number for number, _ in made.basis.failed] == np.flatnonzero(refused).tolist()
    np.testing.assert_allclose(made.columns["freed"][~refused], 10 * made.columns[TRADE][~refused])
    assert made.basis.seed == 5
    other = sweep(baseline, {TRADE: (1, 2), LEADERS: None}, design="lhs", size=9, grid=CLOSED, finer=FINE, jobs=1)
    assert [(axis.name, axis.low, axis.high) for axis in other.axes] == [(TRADE, 1, 2), (LEADERS, 1, 3)]


def test_the_record_is_json(baseline) -> None:
    made = sweep(baseline, {"minsk.supported_value": (0.7, 0.8, 2)}, at=[3], grid=CLOSED, finer=FINE, jobs=1)
    record = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert record["columns"]["freed"] == [240.0, None]
    assert record["failed"][0]["variant"] == 1
    assert record["units"] == {"freed": "persons"}
    assert record["scenario_hash"] == baseline.hash


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"parameters": {}}, "found no parameter; allowed: one or two"),
        ({"parameters": {TRADE: None, LEADERS: None, "minsk.discount": None}}, "found 3 parameters"),
        ({"parameters": {TRADE: (4, 8, 1)}}, "found 1 points; allowed: 2 or more"),
        ({"parameters": {TRADE: (4, 8, 10**6)}}, "found 1,000,000 variants; allowed: at most 200,000"),
        ({"parameters": {TRADE: None}, "size": 5}, "size: found one for a grid"),
        ({"parameters": {TRADE: None}, "design": "cube"}, "found 'cube'; allowed: grid, lhs, sobol"),
        ({"parameters": {TRADE: None}, "outcomes": ["frede"]}, "Did you mean freed"),
        ({"parameters": {TRADE: None}, "outcomes": []}, "outcome: found none"),
        ({"parameters": {TRADE: None}, "at": [61]}, "month: found 61; allowed: 1 to 60"),
        ({"parameters": {TRADE: None}, "at": []}, "month: found none"),
        ({"design": "lhs", "size": 10**6}, "at most 200,000"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_words(baseline, wanted, message) -> None:
    with pytest.raises(UsageError, match=message):
        sweep(baseline, grid=CLOSED, jobs=1, **wanted)
