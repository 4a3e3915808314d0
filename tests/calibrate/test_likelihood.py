"""The filter against courses written out one by one, against sampled courses, and under changes that change nothing."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest

from sim.analyse.calibration.ledger import FREED, GIVEN, ITEMS, SIZES, Ledger, ledger_of_codes, shipped_ledger
from sim.analyse.calibration.likelihood import Likelihood, freed_label, log_likelihood, log_likelihoods, us_given
from sim.analyse.calibration.synthetic import miscoded, true_codes
from sim.errors import UsageError
from sim.forecast.histories import sample
from sim.model import Grid, compile
from sim.model.menu import package
from sim.scenario import load
from sim.solver import solve
from tests.calibrate.conftest import World
from tests.calibrate.enumerated import Truth, probability, truths

Happened = dict[tuple[Truth, ...], float]
ALL = [range(SIZES[item]) for item in ITEMS]


def code(truth: Truth) -> tuple[int, ...]:
    (us_freed, us_given), (eu_freed, eu_given), *flags = truth
    us = FREED.index(us_freed) * 4 + GIVEN.index(us_given)
    eu = FREED.index(eu_freed) * 2 + ("nothing", "relief").index(eu_given)
    return us, eu, *map(int, flags)


@pytest.fixture(scope="module")
def small() -> World:
    """Three lots and a menu so short that two months can be written out."""
    menu = {"menu.prisoners": [2], "menu.us_relief": [1], "menu.eu_relief": [1], "menu.pressing": False}
    lots = {"world.prisoner_capacity": 1400, "world.unasked_release": 2}
    scenario = load("january-2025", {**menu, **lots, "world.contact_fade": 0.3, "minsk.rationality": 1.0})
    model = compile(scenario, Grid("small", 700, 3))
    return World(scenario, model, solve(model.game, model.rationality, threads=1))


@pytest.fixture(scope="module")
def written_out(small: World) -> Happened:
    return truths(small.model, small.solution, 1)


@pytest.mark.parametrize("error", [0.0, 0.01, 0.3])
def test_one_month_is_what_its_courses_add_up_to(small: World, written_out: Happened, error: float) -> None:
    """Every label that a month can have, against courses followed one by one."""
    assert sum(written_out.values()) == pytest.approx(1.0, abs=1e-12)
    assert len(written_out) > 30
    codes = {history: tuple(code(truth) for truth in history) for history in written_out}
    found = np.exp(log_likelihoods(small.model, small.solution, list(codes.values()), error)).prod(axis=1)
    for (history, _), value in zip(codes.items(), found, strict=True):
        told = [list(truth) for truth in history]
        assert value == pytest.approx(probability(written_out, told, error), rel=1e-10)


def test_what_is_unknown_is_added_up_over(small: World, written_out: Happened) -> None:
    for missing in range(len(ITEMS)):
        history = max(written_out, key=written_out.__getitem__)
        told = [[None if j == missing else each for j, each in enumerate(truth)] for truth in history]
        row = tuple(None if j == missing else each for j, each in enumerate(code(history[0])))
        value = math.exp(log_likelihoods(small.model, small.solution, [(row,)], 0.02).sum())
        assert value == pytest.approx(probability(written_out, told, 0.02), rel=1e-10)
    nothing = (None,) * len(ITEMS)
    assert log_likelihoods(small.model, small.solution, [(nothing, nothing)], 0.02) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.slow
def test_two_months_are_what_their_courses_add_up_to() -> None:
    menu = {"menu.prisoners": [2], "menu.us_relief": [1], "menu.leaders": False, "menu.pressing": False}
    still = {"world.talks.stalled_to_active": 0.0, "start.prisoners": 700}
    scenario = load("january-2025", {**menu, **still, "world.contact_fade": 0.3, "minsk.rationality": 1.0})
    model = compile(scenario, Grid("small", 700, 3))
    small = World(scenario, model, solve(model.game, model.rationality, threads=1))
    happened = truths(small.model, small.solution, 2)
    ranked = sorted(happened, key=lambda history: -happened[history])
    some = [*ranked[:10], *ranked[len(ranked) // 2 : len(ranked) // 2 + 5], *ranked[-5:]]
    codes = [tuple(code(truth) for truth in history) for history in some]
    found = np.exp(log_likelihoods(small.model, small.solution, codes, 0.01)).prod(axis=1)
    for history, value in zip(some, found, strict=True):
        told = [list(truth) for truth in history]
        assert value == pytest.approx(probability(happened, told, 0.01), rel=1e-9)


def test_the_probabilities_of_all_ledgers_of_a_month_add_up_to_one(world: World) -> None:
    every = [(row,) for row in product(*ALL)]
    found = np.exp(log_likelihoods(world.model, world.solution, every, 0.02))
    assert len(every) == 16 * 8 * 8
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert (found > 0).all()


def test_sampled_courses_come_as_often_as_the_filter_says(world: World) -> None:
    """20,000 courses of two months, errors of coding included; the 30 commonest ledgers, each within 4.5 sigma."""
    count, error = 20_000, 0.03
    drawn = miscoded(true_codes(sample(world.model, world.solution, count=count, months=2, seed=5)), error, 5)
    seen = Counter(tuple(map(tuple, row)) for row in drawn.tolist())
    common = [ledger for ledger, _ in seen.most_common(30)]
    chance = np.exp(log_likelihoods(world.model, world.solution, common, error).sum(axis=1))
    share = np.array([seen[ledger] for ledger in common]) / count
    score = (share - chance) / np.sqrt(chance * (1 - chance) / count)
    assert np.abs(score).max() < 4.5
    assert (score**2).mean() < 2.2  # chi-square with 30 degrees of freedom exceeds 66 once in 5,000 times


def test_many_ledgers_at_once_are_each_as_alone(world: World) -> None:
    drawn = true_codes(sample(world.model, world.solution, count=40, months=3, seed=2))
    ledgers = [tuple(map(tuple, row)) for row in drawn.tolist()]
    together = log_likelihoods(world.model, world.solution, ledgers, 0.01)
    for ledger, row in zip(ledgers[:10], together, strict=False):
        assert log_likelihoods(world.model, world.solution, [ledger], 0.01)[0] == pytest.approx(row, rel=1e-12)


def test_months_stand_in_any_order_in_the_file(world: World) -> None:
    """The order in which events are written down is no information."""
    drawn = true_codes(sample(world.model, world.solution, count=1, months=3, seed=8))[0]
    ledger = ledger_of_codes(drawn, scenario="january-2025", id="drawn")
    tree = ledger.model_dump(mode="json", by_alias=True)
    turned = Ledger.model_validate({**tree, "month": [dict(reversed(month.items())) for month in tree["month"][::-1]]})
    assert turned.hash == ledger.hash
    assert log_likelihood(world.model, world.solution, turned) == log_likelihood(world.model, world.solution, ledger)


def test_events_that_commute_weigh_the_same_in_either_order(world: World) -> None:
    """A game in which no month differs from another and nothing done lasts: two months' entries can change places."""
    still = {"world.contact_fade": 1.0, "world.talks.stalled_to_active": 0.0, "world.arrests": 0.0}
    still |= {"start.prisoners": 2800, "world.prisoner_capacity": 5600}
    pays_nothing = {f"{player}.rationality": 0.0 for player in ("minsk", "washington", "brussels", "moscow")}
    scenario = load(
        "january-2025", {**still, **pays_nothing, "menu.prisoners": [2], "menu.us_relief": [], "menu.leaders": False}
    )
    model = compile(scenario, Grid("tiny", 700, 3))
    solution = solve(model.game, 0.0, threads=1)
    quiet, freed = (0, 0, 0, 0, 0), (4, 0, 0, 0, 0)
    eased = (0, 1, 0, 0, 0)
    first = log_likelihoods(model, solution, [(quiet, freed), (freed, quiet)], 0.01).sum(axis=1)
    # people freed one by one from a stock far from its edges: the next month's choices are the same
    assert first[0] == pytest.approx(first[1], rel=1e-9)
    # an easing lasts, so these do not commute: afterwards it can be taken back
    taken_back = (0, 0, 0, 1, 0)
    second = log_likelihoods(model, solution, [(eased, taken_back), (taken_back, eased)], 0.01).sum(axis=1)
    assert second[0] > second[1] + 1.0


def test_the_measure_of_an_evaluator_says_each_month(world: World) -> None:
    drawn = true_codes(sample(world.model, world.solution, count=1, months=3, seed=9))[0]
    ledger = ledger_of_codes(drawn, scenario="january-2025", id="drawn")
    found = Likelihood(ledger)(world.model, world.solution)
    assert list(found) == ["month_1", "month_2", "month_3"]
    assert sum(found.values()) == pytest.approx(log_likelihood(world.model, world.solution, ledger), rel=1e-12)


def test_an_impossible_ledger_without_errors(world: World) -> None:
    """The embassy before any envoy: impossible, unless it was put down wrongly."""
    assert GIVEN[2] == "embassy"
    embassy = ((2, 0, 0, 0, 0), (0, 0, 0, 0, 0))
    assert log_likelihoods(world.model, world.solution, [embassy], 0.0)[0, 0] == -math.inf
    assert np.isfinite(log_likelihoods(world.model, world.solution, [embassy], 0.01)).all()


def test_what_packages_look_like_from_outside() -> None:
    """The highest of each side counts, and pressing is not seen."""
    assert [freed_label(package(*given)) for given in ((0, 0, 1), (2,), (199,), (2, 1), (200,), (280, 1))] == [
        "nobody",
        "prisoners",
        "prisoners",
        "leader",
        "mass release",
        "mass release",
    ]
    assert us_given(package(2, pressing=True), 0) == "nothing"
    assert [us_given(package(2, contact=1, pressing=True), level) for level in (0, 1)] == ["envoys", "embassy"]
    assert us_given(package(2, us=1, contact=1), 0) == "relief"


@pytest.mark.parametrize("error", [-0.1, 0.5, math.nan])
def test_error_rates_that_make_no_sense(world: World, error: float) -> None:
    with pytest.raises(UsageError, match=r"error: found .*; allowed: 0 or above, below 0\.5"):
        log_likelihoods(world.model, world.solution, [((0, 0, 0, 0, 0),)], error)


def test_ledgers_that_do_not_fit(world: World) -> None:
    row = (0, 0, 0, 0, 0)
    with pytest.raises(UsageError, match="different lengths"):
        log_likelihoods(world.model, world.solution, [(row,), (row, row)], 0.01)
    with pytest.raises(UsageError, match="found 5 months; allowed: at most 4"):
        log_likelihoods(world.model, world.solution, [(row,) * 5], 0.01)
    summit = compile(load("january-2025", {"menu.summit": True, "menu.prisoners": [2]}), Grid("tiny", 700, 2))
    with pytest.raises(UsageError, match=r"menu\.summit: found true"):
        log_likelihoods(summit, world.solution, [(row,)], 0.01)


def test_the_shipped_ledger_says_what_the_events_say() -> None:
    """Coded by hand: one, three, one and fourteen people with a leader; visits in February, April and June."""
    codes = shipped_ledger().codes
    handful, with_visit, leader_visit = 4, 5, 9
    assert [row[0] for row in codes] == [handful, with_visit, 0, with_visit, 0, leader_visit]
    assert all(row[1:] == (0, 0, 0, 0) for row in codes)
    assert [month.freed for month in shipped_ledger().months] == [1, 3, 0, 1, 0, 14]
