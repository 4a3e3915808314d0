"""Laws of the model of the four capitals, on scenarios drawn over all parameters' plausible ranges."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.forecast import forecast, headlines, sample, solved
from sim.model import Grid, Model, talks_chain
from sim.scenario import parameter_info
from sim.solver import Solution

COARSE = Grid("coarse", 140, 24)
"""Large lots: every law here holds on any grid, and a coarse one lets many scenarios be drawn."""

DRAWN = {
    name: (info.low, info.high)
    for name, info in parameter_info().items()
    if info.low is not None
    and info.high is not None
    and info.low < info.high
    and not name.startswith(("start.", "menu."))
}


@st.composite
def overrides(
    draw: st.DrawFn, owners: tuple[str, ...] = ("minsk", "washington", "brussels", "moscow", "world")
) -> dict:
    names = [name for name in DRAWN if name.split(".")[0] in owners]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=6))
    return {name: draw(st.floats(*DRAWN[name])) for name in chosen}


def play(changes: Mapping[str, float], grid: Grid = COARSE) -> tuple[Model, Solution]:
    return solved("baseline", {k: round(v) if k in WHOLE else v for k, v in changes.items()}, grid=grid)


WHOLE = {"world.unasked_release", "world.prisoner_capacity"}


@given(overrides())
def test_expected_payoffs_add_up_to_the_value_at_the_start(changes: dict[str, float]) -> None:
    model, solution = play(changes)
    game = model.game
    forward = forecast(model, solution, game.rounds)
    powers = game.discount[None, :] ** np.arange(game.rounds + 1)[:, None]
    received = (powers[:-1] * forward.payoff).sum(axis=0) + powers[-1] * (forward.boundary[-1] @ game.terminal)
    expected = model.start @ solution.boundary[0]
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-9 * max(1.0, np.ptp(solution.boundary[0])))


@given(overrides(("minsk", "washington", "brussels", "moscow")))
def test_no_capital_has_a_lever_on_the_talks(changes: dict[str, float]) -> None:
    model, solution = play(changes)
    law = np.zeros(3)
    law[model.axes.levels[0].index(model.scenario.start.talks)] = 1.0
    forward = forecast(model, solution, 12)
    for t in range(12):
        law = law @ talks_chain(model.scenario)
        found = forward.boundary[t + 1].reshape(3, -1).sum(axis=1)
        np.testing.assert_allclose(found, law, rtol=0, atol=1e-12)


@given(overrides())
def test_expected_stock_is_the_start_plus_arrests_minus_releases(changes: dict[str, float]) -> None:
    model, solution = play({**changes, "world.prisoner_capacity": 2800})
    found = {name: np.array(values) for name, values in headlines(model, forecast(model, solution, 12)).items()}
    counted = model.start @ model.measures["prisoners"] + found["arrested"] - (found["freed"] - found["leaders_freed"])
    np.testing.assert_allclose(found["prisoners"], counted, rtol=0, atol=1e-6)


@cache
def courses(scenario: str) -> tuple[Model, Solution, "sim.forecast.Histories"]:
    model, solution = solved(scenario, grid="fast")
    return model, solution, sample(model, solution, count=5000, months=24, seed=7)


@pytest.mark.parametrize("scenario", ["baseline", "grand-deal-summit", "revolving-door"])
def test_every_change_of_the_stock_is_accounted_for_along_each_course(scenario: str) -> None:
    model, _, histories = courses(scenario)
    stock = model.measures["prisoners"]
    changes = {}
    for turn in model.turns:
        here = model.stock_change(turn)[histories.states[turn], histories.choices[turn]]
        assert not np.isnan(here).any(), f"{turn}: a choice that is not available was taken"
        changes[turn] = here
    before = stock[histories.states["nature"]]
    np.testing.assert_array_equal(before + sum(changes.values()), stock[histories.states["end"]])
    assert (changes["nature"] >= 0).all()
    for table in model.packages:
        assert (changes[table] <= 0).all()
        assert (changes[table.removesuffix("-table") + "-release"] <= 0).all()
    for turn in ("washington", "brussels", "moscow"):
        assert not changes[turn].any()


@pytest.mark.parametrize("scenario", ["baseline", "grand-deal-summit", "revolving-door"])
def test_sampled_means_agree_with_exact_ones(scenario: str) -> None:
    model, solution, histories = courses(scenario)
    exact = headlines(model, forecast(model, solution, 24))
    ends = histories.states["end"]
    sampled = {
        "freed": histories.total("freed"),
        "leaders_freed": histories.total("leaders"),
        "prisoners": model.measures["prisoners"][ends],
        "us_relief": model.measures["us"][ends],
        "eu_relief": model.measures["eu"][ends],
        "contact": model.measures["contact"][ends],
        "deal_share": model.measures["deal_share"][ends],
        "p_us_relief": (model.measures["us"][ends] > 0).astype(float),
        "p_punished": (np.cumsum(histories.choices["moscow"] == 2, axis=0) > 0).astype(float),
        "p_grand_deal": (np.cumsum(model.measures["grand_deal"][ends], axis=0) > 0).astype(float),
    }
    for name, values in sampled.items():
        n = values.shape[1]
        chance = np.array(exact[name])
        # an event has the spread of its exact probability; what is never sampled has none of its own: allow the rule
        # of three (and a hair of rounding)
        event = name.startswith("p_")
        spread = np.sqrt(chance * (1 - chance)) if event else values.std(axis=1)
        slack = 4 * spread / np.sqrt(n) + (1.0 if event else np.ptp(values)) * 3 / n + 1e-9
        assert (np.abs(values.mean(axis=1) - np.array(exact[name])) <= slack).all(), name


def test_courses_do_not_depend_on_how_many_months_are_drawn() -> None:
    model, solution, histories = courses("baseline")
    shorter = sample(model, solution, count=5000, months=6, seed=7)
    np.testing.assert_array_equal(shorter.states["end"], histories.states["end"][:6])


def test_another_seed_gives_other_courses() -> None:
    model, solution, histories = courses("baseline")
    other = sample(model, solution, count=5000, months=24, seed=8)
    assert (other.states["end"] != histories.states["end"]).any()
