"""The figures that claims are judged by, each read off the model and its forecast in its own way."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from sim.analyse.claims_check import Asked
from sim.analyse.claims_figures import Figures, figure, key_of, matches
from sim.errors import UsageError
from sim.forecast import forecast
from sim.model import Grid, compile, package
from sim.scenario import evidence, load
from sim.scenario.checks import Deal, OfAnswer, OfChoice, OfDeals, OfLaw, OfMonthEnd, OfTerm
from sim.solver import solve

TINY = Grid("tiny", 700, 24)


@pytest.fixture(scope="module")
def tiny() -> tuple[Any, Any, Any]:
    model = compile(load("baseline"), TINY)
    solution = solve(model.game, model.rationality)
    return model, solution, forecast(model, solution, 24)


def test_deals_are_told_apart_by_what_they_hold() -> None:
    offer = package(prisoners=13, contact=1)
    assert matches(offer, Deal(frees=True, relief=False, contact=True))
    assert not matches(offer, Deal(relief=True))
    assert not matches(offer, Deal(frees=False))
    assert not matches(offer, Deal(leader=True))
    assert not matches(package(), Deal())
    assert matches(package(eu=1), Deal(relief=True, frees=False))
    assert matches(package(pressing=True), Deal(pressing=True, contact=False))


def test_deals_of_all_kinds_are_all_deals(tiny: tuple[Any, Any, Any]) -> None:
    model, _, forward = tiny
    parts = [figure(OfDeals(kind="deals", which=Deal(relief=relief), months=(2, 7)), *tiny) for relief in (True, False)]
    expected = sum(forward.flux(t, table)[1:].sum() for table in model.packages for t in range(1, 7))
    assert sum(parts) == pytest.approx(expected, rel=1e-12)
    share = OfDeals(kind="deals", which=Deal(relief=True), among=Deal(), months=(2, 7))
    assert figure(share, *tiny) == pytest.approx(parts[0] / expected, rel=1e-12)
    rate = OfDeals(kind="deals", which=Deal(relief=True), months=(2, 7), a_month=True)
    assert figure(rate, *tiny) == pytest.approx(parts[0] / 6, rel=1e-12)


def test_choices_at_a_turn_add_up_to_one(tiny: tuple[Any, Any, Any]) -> None:
    where = {"contact": "embassy", "us_relief": 1}
    chances = [
        figure(OfChoice(kind="choice", turn="moscow", action=action, at=where), *tiny)
        for action in ("tolerate", "support", "punish")
    ]
    assert sum(chances) == pytest.approx(1.0, abs=1e-12)
    assert min(chances) > 0


def test_a_choice_at_the_start_is_what_the_forecast_says(tiny: tuple[Any, Any, Any]) -> None:
    model, solution, _ = tiny
    from sim.forecast.outcomes import now

    said = sum(option.probability for option in now(model, solution)["us-table"] if "relief" in option.action)
    found = figure(OfChoice(kind="choice", turn="us-table", which=Deal(relief=True)), *tiny)
    assert found == pytest.approx(said, rel=1e-9)


def test_the_end_of_the_month_agrees_with_the_forecast(tiny: tuple[Any, Any, Any]) -> None:
    model, _, forward = tiny
    found = figure(OfMonthEnd(kind="month end", turn="nature", outcome="p_eu_relief"), *tiny)
    assert found == pytest.approx(float(forward.boundary[1] @ (model.measures["eu"] > 0)), rel=1e-9)


def test_pressing_changes_what_brussels_is_offered(tiny: tuple[Any, Any, Any]) -> None:
    chances = [
        figure(OfChoice(kind="choice", turn="eu-table", which=Deal(relief=True), pressed=pressed), *tiny)
        for pressed in (False, True)
    ]
    assert chances[1] > chances[0] > 0


def test_minsk_s_best_answer_is_a_probability_and_rises_with_the_price(tiny: tuple[Any, Any, Any]) -> None:
    paid = figure(OfAnswer(kind="answer", turn="us-table", which=Deal(leader=True)), *tiny)
    unpaid = figure(
        OfAnswer(kind="answer", turn="us-table", which=Deal(leader=True, contact=False, relief=False)), *tiny
    )
    assert 0 < unpaid < paid <= 1


def test_a_term_is_its_formula(tiny: tuple[Any, Any, Any]) -> None:
    scenario = tiny[0].scenario
    leverage = OfTerm(
        kind="term", player="minsk", term="leverage of prisoners held", at={"prisoners": 1400}, minus={"prisoners": 700}
    )
    scale = scenario.minsk.leverage_scale
    expected = scenario.minsk.leverage_value * np.log((1 + 1400 / scale) / (1 + 700 / scale))
    assert figure(leverage, *tiny) == pytest.approx(expected, rel=1e-12)


def test_the_talks_have_no_lever_and_a_lever_would_be_seen(tiny: tuple[Any, Any, Any]) -> None:
    model, solution, forward = tiny
    law = OfLaw(kind="law", law="choices that move the talks")
    assert figure(law, *tiny) == 0
    turn = next(turn for turn in model.game.turns if turn.name == "minsk")
    moved = turn.next_state.copy()
    stalled, active = (int(model.axes.grid("talks").searchsorted(level)) for level in (0, 1))
    moved[stalled, 0] += active - stalled

    class Bent:
        name, next_state = "minsk", moved

    class Game:
        turns = tuple(Bent if each is turn else each for each in model.game.turns)

    class Other:
        game, axes, outer_state = Game, model.axes, staticmethod(model.outer_state)

    assert figure(law, Other, solution, forward) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "measure",
    [
        OfChoice(kind="choice", turn="summit", which=Deal()),
        OfChoice(kind="choice", turn="moscow", action="invade"),
        OfChoice(kind="choice", turn="us-table", which=Deal(), pressed=True),
        OfChoice(kind="choice", turn="minsk", which=Deal()),
        OfTerm(kind="term", player="minsk", term="glory", at={}),
        OfTerm(kind="term", player="minsk", term="contact", at={"prisoners": 9999}),
        OfAnswer(kind="answer", turn="us-table", which=Deal(leader=True), at={"leaders": 0}),
    ],
)
def test_what_a_variant_does_not_have_is_refused_and_becomes_no_figure(
    measure: Any, tiny: tuple[Any, Any, Any]
) -> None:
    with pytest.raises(UsageError):
        figure(measure, *tiny)
    assert np.isnan(Figures([measure])(*tiny)[key_of(measure)])


def test_figures_travel_to_workers(tiny: tuple[Any, Any, Any]) -> None:
    figures = Asked.of(evidence(), ["13a", "15a", "27"]).figures
    assert pickle.loads(pickle.dumps(figures))(*tiny) == figures(*tiny)
