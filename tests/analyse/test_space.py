"""The space of assumptions: every point is a scenario, points come back from values, bad ranges are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analyse.ranges import swept
from sim.analyse.space import DesignSpace
from sim.analyse.ties import TABLES, with_rest
from sim.errors import UsageError
from sim.model import compile
from sim.scenario import load, parameter_info
from tests.analyse.conftest import TINY

TALKS = {"world.talks.active_to_stalled": (0.2, 0.9), "world.talks.active_to_settled": (0.05, 0.8)}
CHANGED = load("baseline", {"menu.summit": True})
EVERYTHING = DesignSpace.of(CHANGED, swept(CHANGED), TALKS)
UNIT = st.integers(0, 8).map(lambda eighth: eighth / 8)


@given(st.lists(UNIT, min_size=EVERYTHING.size, max_size=EVERYTHING.size))
def test_every_point_is_a_scenario_within_the_ranges(point: list[float]) -> None:
    (values,) = EVERYTHING.values(point)
    (design,) = EVERYTHING.designs(point)
    load(CHANGED, design)  # refuses chances that do not add up, and too many prisoners
    assert (values >= EVERYTHING.low - 1e-12).all()
    assert (values <= EVERYTHING.high + 1e-12).all()
    for table, parties in TABLES.items():
        shares = [design[f"{table}.{party}"] for party in parties]
        assert sum(shares) == pytest.approx(1.0, abs=1e-12)
        info = parameter_info()[f"{table}.{parties[-1]}"]
        assert info.low - 1e-9 <= shares[-1] <= info.high + 1e-9
    assert design["start.prisoners"] <= design["world.prisoner_capacity"] // 140 * 140


@given(st.lists(st.floats(0.01, 0.99), min_size=EVERYTHING.size, max_size=EVERYTHING.size))
def test_points_come_back_from_values(point: list[float]) -> None:
    values = EVERYTHING.values(point)
    back = EVERYTHING.unit(values)
    smooth = ~EVERYTHING.whole
    np.testing.assert_allclose(back[0, smooth], np.array(point)[smooth], atol=1e-9)
    np.testing.assert_allclose(EVERYTHING.values(back), values, rtol=1e-12)


def test_designs_can_be_computed_on_a_coarse_grid(baseline) -> None:
    space = DesignSpace.of(baseline, grid=TINY)
    for design in space.designs(space.lhs(6, seed=3)):
        compile(load(baseline, design), TINY)


def test_whole_numbers_are_drawn_evenly(baseline) -> None:
    space = DesignSpace.of(baseline, ["start.leaders"])
    counted = np.unique(space.values(space.lhs(300)), return_counts=True)
    assert counted[0].tolist() == [1.0, 2.0, 3.0]
    assert counted[1].tolist() == [100, 100, 100]


def test_designs_fill_the_cube_and_follow_the_seed(baseline) -> None:
    space = DesignSpace.of(baseline, ["minsk.trade_value", "minsk.release_cost"])
    lhs = space.lhs(50, seed=1)
    for column in lhs.T:  # one point in every fiftieth
        assert sorted((column * 50).astype(int).tolist()) == list(range(50))
    sobol = space.sobol(64, seed=1)
    for column in sobol.T:
        assert np.bincount((column * 8).astype(int)).tolist() == [8] * 8
    assert (lhs == space.lhs(50, seed=1)).all()
    assert (lhs != space.lhs(50, seed=2)).any()
    assert space.sobol_pair(8).shape == (8, 4)


def test_the_default_space_leaves_out_what_follows_or_does_nothing(baseline) -> None:
    names = swept(baseline)
    assert "minsk.trade_value" in names
    assert "menu.recognition.us_table.minsk" in names
    assert "menu.recognition.us_table.washington" not in names  # the rest
    assert "menu.recognition.summit.minsk" not in names  # no summit in the menu
    assert "menu.recognition.summit.minsk" in swept(CHANGED)
    assert "start.us_relief" not in names  # no range


def test_who_is_left_out_gets_the_rest_in_proportion() -> None:
    base = load(
        CHANGED,
        {
            f"menu.recognition.summit.{who}": p
            for who, p in (("minsk", 0.5), ("washington", 0.375), ("brussels", 0.125))
        },
    )
    design = with_rest(base, {"menu.recognition.summit.minsk": 0.2})
    assert design["menu.recognition.summit.washington"] == pytest.approx(0.6)
    assert design["menu.recognition.summit.brussels"] == pytest.approx(0.2)
    assert with_rest(base, {"start.leaders": 1.6}) == {"start.leaders": 2}


def test_ends_keep_the_capacity_above_those_held(baseline) -> None:
    low, high = DesignSpace.of(baseline, ["world.prisoner_capacity"], grid=TINY).ends
    assert (low[0], high[0]) == (1400.0, 1600.0)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"names": ["minsk.trade_valu"]}, "minsk.trade_valu: found an unknown name.*Did you mean minsk.trade_value"),
        ({"names": ["minsk"]}, "found a section"),
        ({"names": ["menu.summit"]}, r"menu.summit: found a setting that is not a number.*--set menu.summit"),
        ({"names": ["start.us_relief"]}, "found no plausible range"),
        ({"names": ["minsk.trade_value"] * 2}, "minsk.trade_value: found twice"),
        ({"names": []}, "parameters: found none"),
        ({"ranges": {"minsk.trade_value": (5, 2)}}, "from 5 to 2; allowed: the lower end first"),
        ({"ranges": {"minsk.trade_value": (5, 5)}}, "which is one value"),
        ({"ranges": {"minsk.trade_value": (-5, 2)}}, "found -5 as an end.*a number from 0 to 1,000,000"),
        ({"ranges": {"minsk.trade_value": (1, float("inf"))}}, "two finite numbers"),
        ({"ranges": {"start.leaders": (1.2, 2.9)}}, "two whole numbers"),
        ({"ranges": {"world.talks.active_to_stalled": (0.98, 1)}}, "at most 0.97"),
        ({"ranges": {"start.prisoners": (1500, 1600)}}, "at most 1400"),
        (
            {"names": ["menu.recognition.us_table.minsk", "menu.recognition.us_table.washington"]},
            "found all parties.*leave out menu.recognition.us_table.washington",
        ),
    ],
)
def test_what_cannot_be_varied_is_refused_in_words(baseline, wanted, message) -> None:
    with pytest.raises(UsageError, match=message):
        DesignSpace.of(baseline, **wanted)


def test_sizes_and_seeds_are_checked(baseline) -> None:
    space = DesignSpace.of(baseline, ["minsk.trade_value"])
    with pytest.raises(UsageError, match="found 100; allowed for a Sobol' design: a power of 2, such as 128"):
        space.sobol(100)
    with pytest.raises(UsageError, match="found 0 points"):
        space.lhs(0)
    with pytest.raises(UsageError, match="seed: found -1"):
        space.lhs(3, seed=-1)
    with pytest.raises(UsageError, match="found 2 coordinates; allowed: 1"):
        space.values([[0.1, 0.2]])
