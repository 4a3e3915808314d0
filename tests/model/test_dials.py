"""States: order of the dials, sizes, and the start."""

import numpy as np
import pytest

from sim.errors import GameError, ScenarioError
from sim.model import GRIDS, Grid, Model, compile, grid_of
from sim.model.dials import DIALS, Space
from sim.scenario import load
from tests.model.conftest import SEVENTY, at, build


def test_dials_stand_in_the_stated_order_with_prisoners_innermost(coarse: Model) -> None:
    assert coarse.axes.names == ("talks", "leaders", "us_relief", "eu_relief", "contact", "prisoners")
    assert coarse.axes.shape == (3, 4, 4, 3, 3, 21)
    assert at(coarse, 70) == 1
    assert at(coarse, contact="envoys") == 21
    assert at(coarse, eu_relief="1") == 3 * 21
    assert at(coarse, us_relief="1") == 3 * 3 * 21
    assert at(coarse, leaders="1") == 4 * 3 * 3 * 21
    assert at(coarse, talks="active") == 4 * 4 * 3 * 3 * 21


@pytest.mark.parametrize(
    ("grid", "lot", "rounds", "states"),
    [("fast", 140, 60, 4_752), ("default", 28, 60, 22_032), ("fine", 14, 60, 43_632)],
)
def test_named_grids(grid: str, lot: int, rounds: int, states: int) -> None:
    assert GRIDS[grid] == Grid(grid, lot, rounds)
    model = build(grid=grid)
    assert model.axes.size == model.game.n_states(0) == states
    assert model.game.rounds == rounds


def test_strides_are_the_steps_between_neighbouring_levels() -> None:
    space = Space(50, 420)
    assert space.top == 8
    states = np.arange(space.size)
    recomposed = sum(space.levels[name] * space.strides[name] for name in DIALS)
    np.testing.assert_array_equal(recomposed, states)


def test_boundaries_inside_the_month_carry_pressing_and_pending() -> None:
    model = build({"world.unasked_release": 2, "world.crackdown_arrests": 28}, grid="default")
    size = model.axes.size
    sizes = {name: model.game.n_states(k) // size for k, name in enumerate(model.turns)}
    # sizes 2, 13, 70, 280 leave rests 2, 13, 14 and 0 of a lot of 28
    assert sizes == {
        "nature": 1,
        "us-table": 1,
        "us-release": 2 * 4,
        "eu-table": 2,
        "eu-release": 4,
        "minsk": 1,
        "minsk-release": 2,
        "washington": 1,
        "brussels": 1,
        "moscow": 1,
    }
    assert sorted(set(model.pending("us-release"))) == [0, 2, 13, 14]
    states = np.arange(model.game.n_states(2))
    np.testing.assert_array_equal(model.pressing("us-release"), states // size % 2 == 1)
    np.testing.assert_array_equal(model.outer_state("us-release"), states % size)
    assert not model.pressing("eu-release").any()


def test_turns_come_in_the_stated_order(coarse: Model, summit: Model) -> None:
    before = ("nature", "us-table", "us-release", "eu-table", "eu-release")
    after = ("minsk", "minsk-release", "washington", "brussels", "moscow")
    assert coarse.turns == before + after
    assert summit.turns == (*before, "summit", "summit-release", *after)
    assert coarse.game.players == ("minsk", "washington", "brussels", "moscow")


@pytest.mark.parametrize(("prisoners", "levels"), [(1120, {1120: 1.0}), (1100, {1092: 20 / 28, 1120: 8 / 28})])
def test_start_between_two_lots_is_a_lottery_with_the_right_mean(prisoners: int, levels: dict[int, float]) -> None:
    model = build({"start.prisoners": prisoners}, "default")
    held = model.measures["prisoners"]
    assert model.start.sum() == pytest.approx(1.0, abs=1e-15)
    assert model.start @ held == pytest.approx(prisoners, abs=1e-9)
    assert {int(held[s]): model.start[s] for s in np.flatnonzero(model.start)} == pytest.approx(levels)


def test_start_stands_at_the_scenario_s_dials() -> None:
    model = build({"start.talks": "active", "start.leaders": 3, "start.us_relief": 1, "start.contact": "embassy"})
    expected = at(model, 1120, talks="active", leaders="3", us_relief="1", contact="embassy")
    np.testing.assert_array_equal(np.flatnonzero(model.start), [expected])
    text = "talks active; 1,120 prisoners and 3 leaders held; US relief 1 of 3, EU relief 0 of 2; contact: embassy"
    assert model.describe(expected) == text


def test_unknown_grid_and_impossible_grid_are_refused() -> None:
    with pytest.raises(GameError, match="fast, default, fine"):
        grid_of("coarse")
    for lot, rounds in ((0, 5), (28, 0), (2.5, 5), (True, 5)):
        with pytest.raises(GameError, match="whole number"):
            Grid("own", lot, rounds)  # type: ignore[arg-type]


def test_start_above_the_last_whole_lot_is_refused_with_all_four_parts() -> None:
    scenario = load("baseline", {"start.prisoners": 1399, "world.prisoner_capacity": 1399})
    with pytest.raises(ScenarioError) as caught:
        compile(scenario, SEVENTY)
    problem = caught.value.problems[0]
    assert (problem.file, problem.key, problem.found) == ("baseline", "start.prisoners", "1399")
    assert "1330" in problem.allowed
    compile(load("baseline", {"start.prisoners": 1399}), SEVENTY)


def test_all_impossible_values_are_told_at_once() -> None:
    sizes = list(range(1, 13))
    changes = {"start.prisoners": 19_999, "world.prisoner_capacity": 19_999, "menu.prisoners": sizes}
    with pytest.raises(ScenarioError) as caught:
        build(changes, "fine")
    keys = list(dict.fromkeys(problem.key for problem in caught.value.problems))
    assert keys == ["start.prisoners", "world.prisoner_capacity"]


def test_a_table_too_large_to_compile_is_refused_before_any_array_is_made() -> None:
    sizes = list(range(1, 13))
    with pytest.raises(ScenarioError) as caught:
        build({"world.prisoner_capacity": 20_000, "menu.prisoners": sizes}, "fine")
    assert {problem.key for problem in caught.value.problems} == {"world.prisoner_capacity"}
    assert "us-table" in caught.value.problems[0].found


def test_a_grid_of_ones_own_is_written_as_lot_and_rounds() -> None:
    assert grid_of("140x120") == Grid("140x120", 140, 120)


@pytest.mark.parametrize(
    "text", ["140x", "x12", "0x12", "12x0", "140x1201", "140X12", "1.5x10", "-4x3", "¹4x12", "99999x9", ""]
)
def test_what_is_no_grid_is_refused(text: str) -> None:
    with pytest.raises(GameError, match="LOTxROUNDS"):
        grid_of(text)
