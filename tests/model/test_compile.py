"""From scenario to game: the same each time, every shipped scenario, what is measured."""

import numpy as np
import pytest

from sim.model import Model, compile
from sim.scenario import catalogue, load
from tests.model.conftest import at, build, small


@pytest.mark.parametrize("scenario_id", [entry.id for entry in catalogue()])
def test_every_shipped_scenario_compiles(scenario_id: str) -> None:
    scenario = load(scenario_id)
    model = compile(scenario, "fast")
    assert model.start @ model.measures["prisoners"] == pytest.approx(scenario.start.prisoners)
    assert np.isfinite(model.game.terminal).all()
    assert model.scenario is scenario
    assert scenario_id in repr(model)


def test_compiling_twice_gives_the_same_bits() -> None:
    one, other = build(), build()
    np.testing.assert_array_equal(one.game.flow, other.game.flow)
    np.testing.assert_array_equal(one.game.terminal, other.game.terminal)
    for left, right in zip(one.game.turns, other.game.turns, strict=True):
        np.testing.assert_array_equal(left.next_state, right.next_state)
        for key in ("payoff", "weights", "probability", "recognition", "stay"):
            if hasattr(left, key):
                np.testing.assert_array_equal(getattr(left, key), getattr(right, key))


def test_discount_and_rationality_are_the_scenario_s() -> None:
    model = small({"minsk.discount": 0.9, "washington.rationality": float("inf"), "moscow.rationality": 0.0})
    others = [model.scenario.get(f"{name}.discount") for name in ("washington", "brussels", "moscow")]
    assert model.game.discount.tolist() == [0.9, *others]
    assert model.rationality[1:].tolist()[0] == float("inf")
    assert model.rationality[3] == 0.0


def test_measures_read_the_dials(coarse: Model) -> None:
    state = at(coarse, 490, leaders="2", us_relief="3", eu_relief="1", contact="embassy")
    read = {name: float(coarse.measures[name][state]) for name in ("prisoners", "leaders", "us", "eu", "contact")}
    assert read == {"prisoners": 490, "leaders": 2, "us": 3, "eu": 1, "contact": 2}
    with pytest.raises(ValueError, match="read-only"):
        coarse.measures["deal_share"][0] = 1.0


def test_grand_deal_needs_all_four_parts(coarse: Model) -> None:
    reached = coarse.measures["grand_deal"]
    # 1,120 at the start: at most 280 may still be held
    assert reached[at(coarse, 280, us_relief="3", eu_relief="2", talks="active")]
    assert not reached[at(coarse, 350, us_relief="3", eu_relief="2")]
    assert not reached[at(coarse, 280, us_relief="2", eu_relief="2")]
    assert not reached[at(coarse, 280, us_relief="3", eu_relief="1")]
    assert not reached[at(coarse, 280, us_relief="3", eu_relief="2", leaders="1")]


def test_share_of_the_grand_deal_is_the_mean_of_four_shares(coarse: Model) -> None:
    share = coarse.measures["deal_share"]
    assert share[coarse.start.argmax()] == 0.0
    # u 1/3, e 1/2, one of two leaders, half of the way from 1,120 to 280
    assert share[at(coarse, 700, us_relief="1", eu_relief="1", leaders="1")] == pytest.approx(
        (1 / 3 + 0.5 + 0.5 + 0.5) / 4
    )
    assert share[at(coarse, 1400, leaders="3")] == 0.0
    np.testing.assert_array_equal(share == 1.0, coarse.measures["grand_deal"])


def test_with_nobody_to_free_those_shares_are_reached_from_the_start() -> None:
    model = small({"start.leaders": 0, "start.prisoners": 0})
    assert model.measures["deal_share"][model.start.argmax()] == 0.5


def test_everything_that_a_scenario_can_reach_is_legal(coarse: Model) -> None:
    start = np.flatnonzero(coarse.start)
    unreachable = coarse.game.unreachable(start)
    leaders = coarse.axes.grid("leaders")
    assert unreachable[0][leaders == 3].all(), "nobody jails a leader anew"
    assert not unreachable[0][leaders < 3].all()
