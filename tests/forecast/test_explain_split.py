"""Values split into terms: closed forms on games written by hand, and exact additivity on the model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import sim
from sim.errors import GameError
from sim.forecast import solved
from sim.forecast.decisions import Place, decisions_at
from sim.forecast.decompose import Ledger, ledger_of, split
from sim.forecast.explain import deciding
from sim.forecast.explanation import Decision
from sim.game import Chance, Game, Move, Offer
from sim.model import Grid, Model
from sim.solver import Solution
from sim.testing.strategies import overrides

TINY = Grid("tiny", 700, 4)
COST, GAIN, DISCOUNT, LAM, AFTER = 3.0, 2.0, 0.9, 1.5, 7.0
"""Going costs 3 once; the place reached brings 2 a month, and 7 when the months are over."""


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def going(rounds: int) -> tuple[Game, Ledger]:
    """One player, two places: at home it can go, once; away it can only stay."""
    move = Move("a", ("hold", "go"), [[0, 1], [1, -1]], [[[0.0], [-COST]], [[0.0], [0.0]]], name="move")
    flow, terminal = np.array([[0.0], [GAIN]]), np.array([[0.0], [AFTER]])
    game = Game(("a",), (move,), flow, DISCOUNT, terminal, rounds)
    ledger = Ledger(
        columns=(("a", "cost"), ("a", "gain")),
        owner=np.array([0, 0]),
        flow=np.array([[0.0, 0.0], [0.0, GAIN]]),
        terminal=np.array([[0.0, 0.0], [0.0, AFTER]]),
        paid={0: ((0, np.array([0.0, -COST])),)},
    )
    # the move's payoff is by state only so that both shapes of table are met
    return game.replace(turns=(Move("a", ("hold", "go"), move.next_state, [[0.0], [-COST]], name="move"),)), ledger


def test_the_split_of_a_decision_over_two_months_is_what_one_finds_by_hand() -> None:
    game, ledger = going(2)
    solution = sim.solve(game, LAM)
    go_later = logistic(LAM * (-COST + GAIN + DISCOUNT * AFTER))  # the last month: gain, then what follows
    parts = split(solution, ledger)
    (decision,) = decisions_at(Place(parts, solution, 0, np.array([0]), np.ones(1)))
    go = {part.term: (part.now, part.later, part.after) for part in decision.option("go").parts}
    assert go["cost"] == pytest.approx((-COST, 0.0, 0.0), abs=1e-12)
    assert go["gain"] == pytest.approx((0.0, GAIN * (1 + DISCOUNT), DISCOUNT**2 * AFTER), abs=1e-12)
    hold = {part.term: (part.now, part.later, part.after) for part in decision.option("hold").parts}
    assert hold["cost"] == pytest.approx((0.0, -DISCOUNT * go_later * COST, 0.0), abs=1e-12)
    assert hold["gain"] == pytest.approx((0.0, DISCOUNT * go_later * GAIN, DISCOUNT**2 * go_later * AFTER), abs=1e-12)


def test_runner_up_margin_and_what_would_tip_it_are_what_one_finds_by_hand() -> None:
    game, ledger = going(1)
    solution = sim.solve(game, LAM)
    (decision,) = decisions_at(Place(split(solution, ledger), solution, 0, np.array([0]), np.ones(1)))
    worth = -COST + GAIN + DISCOUNT * AFTER  # 5.3: going is better by that
    assert (decision.action, decision.other) == ("go", "hold")
    assert decision.margin == pytest.approx(worth, abs=1e-12)
    assert decision.option("go").probability == pytest.approx(logistic(LAM * worth), abs=1e-12)
    assert {part.term: part.total for part in decision.difference} == pytest.approx(
        {"gain": -GAIN - DISCOUNT * AFTER, "cost": COST}, abs=1e-12
    )
    # holding loses the gain of 8.3 and saves the cost of 3: 5.3 more is 64% of the gain, but 177% of the cost
    assert decision.needed is not None
    assert decision.needed.term == "gain"
    assert decision.needed.by == pytest.approx(worth)
    assert decision.needed.to == pytest.approx(-3.0)


def test_away_nothing_else_is_possible() -> None:
    game, ledger = going(1)
    solution = sim.solve(game, LAM)
    (decision,) = decisions_at(Place(split(solution, ledger), solution, 0, np.array([1]), np.ones(1)))
    assert (decision.action, decision.other, decision.margin, decision.needed) == ("hold", "", None, None)


@pytest.mark.parametrize("lam", [0.0, 0.7, math.inf])
def test_the_terms_follow_play_at_any_precision(lam: float) -> None:
    game, ledger = going(5)
    solution = sim.solve(game, lam)
    parts = split(solution, ledger)
    np.testing.assert_allclose(parts.values(0, [0, 1]).sum(axis=(1, 2)), solution.values(0)[:, 0], atol=1e-12)


def bargain() -> tuple[Game, Ledger]:
    """Two parties, one package: it pays the buyer by two terms and costs the seller one; what follows is worth 0.5."""
    payoff = np.array([[0.0, 0.0], [-1.0, 2.5]])
    offer = Offer(("seller", "buyer"), (0.25, 0.75), ("no offer", "deal"), [[0, 1]], payoff, [0], name="table")
    end = Move("buyer", ("end",), [[0], [0]], np.zeros((1, 2)), name="end")
    flow = np.zeros((1, 2))
    stages = (offer, Chance([[0, 1], [0, 1]], [[1.0, 0.0], [0.0, 1.0]], name="wait"), end)
    game = Game(("seller", "buyer"), stages, flow, 1.0, flow, 1)
    ledger = Ledger(
        columns=(("seller", "cost"), ("buyer", "credit"), ("buyer", "show")),
        owner=np.array([0, 1, 1]),
        flow=np.zeros((1, 3)),
        terminal=np.zeros((1, 3)),
        paid={0: ((0, np.array([0.0, -1.0])), (1, np.array([[0.0, 2.0]])), (2, np.array([0.0, 0.5])))},
    )
    return game, ledger


def test_an_offer_is_worth_what_it_brings_times_the_chance_of_a_yes() -> None:
    game, ledger = bargain()
    solution = sim.solve(game, {"seller": 2.0, "buyer": 3.0})
    place = Place(split(solution, ledger), solution, 0, np.array([0]), np.ones(1))
    by_seller, answer_buyer, by_buyer, answer_seller = decisions_at(place)
    buyer_yes, seller_yes = logistic(3.0 * 2.5), logistic(2.0 * -1.0)
    deal = by_seller.option("deal")
    assert (by_seller.player, by_seller.kind, by_seller.reached) == ("seller", "proposal", 0.25)
    assert deal.accepted == pytest.approx(buyer_yes)
    assert deal.values == pytest.approx({"seller": -buyer_yes, "buyer": 2.5 * buyer_yes})
    assert {(p.player, p.term): p.now for p in deal.parts} == pytest.approx(
        {("seller", "cost"): -buyer_yes, ("buyer", "credit"): 2 * buyer_yes, ("buyer", "show"): 0.5 * buyer_yes}
    )
    assert (answer_buyer.player, answer_buyer.proposer, answer_buyer.package) == ("buyer", "seller", "deal")
    assert answer_buyer.action == "accept"
    assert answer_buyer.margin == pytest.approx(2.5)
    assert answer_buyer.reached == pytest.approx(0.25 * deal.probability)
    assert (answer_seller.action, answer_seller.margin) == ("refuse", pytest.approx(1.0))
    assert answer_seller.option("accept").probability == pytest.approx(seller_yes)
    assert by_buyer.option("deal").values == pytest.approx({"seller": -seller_yes, "buyer": 2.5 * seller_yes})


def test_the_weights_of_the_menu_count_in_the_margin() -> None:
    game, ledger = bargain()
    offer = game.turns[0]
    assert isinstance(offer, Offer)
    heavy = Offer(
        offer.parties, offer.recognition, offer.packages, offer.next_state, offer.payoff, offer.stay, [9.0, 1.0],
        name="table",
    )  # fmt: skip
    solution = sim.solve(game.replace(turns=(heavy, *game.turns[1:])), {"seller": 2.0, "buyer": 3.0})
    by_buyer = decisions_at(Place(split(solution, ledger), solution, 0, np.array([0]), np.ones(1)))[2]
    seller_yes = logistic(-2.0)
    assert by_buyer.action == "no offer"
    assert by_buyer.weight == pytest.approx(-math.log(9.0) / 3.0)
    assert by_buyer.margin == pytest.approx(math.log(9.0) / 3.0 - 2.5 * seller_yes)
    chances = [by_buyer.option(name).probability for name in ("no offer", "deal")]
    assert by_buyer.margin == pytest.approx(math.log(chances[0] / chances[1]) / 3.0)


def test_terms_that_are_not_the_games_are_refused() -> None:
    game, ledger = going(2)
    solution = sim.solve(game, LAM)
    for wrong in (
        replace(ledger, flow=ledger.flow + 0.1),
        replace(ledger, terminal=ledger.terminal * 2),
        replace(ledger, paid={}),
    ):
        with pytest.raises(GameError, match="do not add up"):
            split(solution, wrong)
    with pytest.raises(GameError, match=r"found 2; allowed: 0 to 1"):
        split(solution, ledger, 2)


def additive(model: Model, solution: Solution, t: int = 0) -> None:
    """In every state before every turn, and for every option of every decision, the terms add up to the value."""
    ledger = ledger_of(model)
    parts = split(solution, ledger, t)
    owner = np.eye(4)[ledger.owner]
    scale = max(1.0, float(np.abs(solution.boundary[0]).max()) / 100)
    for k in range(model.game.n_turns + 1):
        found = parts.values(k, np.arange(parts.boundary[k].shape[0])).sum(axis=2) @ owner
        np.testing.assert_allclose(found, solution.values(t, k), rtol=0, atol=1e-9 * scale)
    states = np.arange(0, model.axes.size, 97)
    for turn in deciding(model):
        for s in states:
            place = Place(parts, solution, model.game.turn_index(turn), np.array([s]), np.ones(1), None, 2)
            for decision in decisions_at(place):
                adds_up(decision, scale)


def adds_up(decision: Decision, scale: float = 1.0, *, whole: bool = True) -> None:
    for choice in decision.options:
        for player, value in choice.values.items():
            total = sum(part.total for part in choice.parts if part.player == player)
            assert total == pytest.approx(value, abs=1e-9 * scale)
    shown = sum(choice.probability for choice in decision.options)
    assert shown + decision.left_out_probability == pytest.approx(1.0, abs=1e-9)
    if decision.margin is not None:
        total = sum(part.total for part in decision.difference)
        assert total + decision.weight == pytest.approx(-decision.margin, abs=1e-9 * scale)
        lam, chances = decision.rationality, [decision.option(a).probability for a in (decision.action, decision.other)]
        # what the margin means: it is the logarithm of the odds, in points (at one position, not between two lots)
        # a chance of 1e-12 carries four digits at most: it is 1 less the others
        if whole and math.isfinite(lam) and min(chances) > 1e-9:
            assert decision.margin * lam == pytest.approx(math.log(chances[0] / chances[1]), abs=1e-6)


@pytest.mark.parametrize(
    ("source", "rationality", "t"),
    [("baseline", None, 0), ("grand-deal-summit", None, 1), ("mass-release", math.inf, 3), ("no-buyer", 0.4, 2)],
)
def test_terms_add_up_to_the_value_in_all_states_at_all_turns(source: str, rationality: float | None, t: int) -> None:
    additive(*solved(source, grid=Grid("tiny", 700, 4), rationality=rationality), t)


@pytest.mark.slow
@settings(max_examples=100)
@given(overrides())
def test_terms_add_up_over_the_space_of_assumptions(changes: dict[str, float]) -> None:
    model, solution = solved("baseline", changes, grid=Grid("tiny", 700, 2), threads=1)
    ledger = ledger_of(model)
    parts = split(solution, ledger, threads=1)
    owner = np.eye(4)[ledger.owner]
    scale = max(1.0, float(np.abs(solution.boundary[0]).max()) / 100)
    for k in range(model.game.n_turns + 1):
        found = parts.values(k, np.arange(parts.boundary[k].shape[0])).sum(axis=2) @ owner
        np.testing.assert_allclose(found, solution.values(0, k), rtol=0, atol=1e-9 * scale)
    start = np.flatnonzero(model.start)
    for k in range(model.game.n_turns):
        for decision in decisions_at(Place(parts, solution, k, start, model.start[start], 3)):
            adds_up(decision, scale, whole=False)


def test_a_term_is_worth_what_its_parameter_is_worth_at_fixed_play() -> None:
    """Doubling a parameter of one term while play is held fixed adds exactly that term's value once more."""
    model, solution = solved("baseline", grid=TINY)
    ledger = ledger_of(model)
    column = ledger.columns.index(("brussels", "prisoners still held"))
    found = split(solution, ledger).values(0, np.arange(model.axes.size))[:, column].sum(axis=1)
    held = model.scenario.get("brussels.held_cost")
    dearer, _ = solved("baseline", {"brussels.held_cost": 2 * held}, grid=TINY)
    fixed = {player: solution.strategy(player) for player in model.game.players}
    changed = sim.solve(dearer.game, solution.rationality, fixed=fixed)
    np.testing.assert_allclose(changed.values(0)[:, 2] - solution.values(0)[:, 2], found, atol=1e-9)


def test_the_same_bits_for_any_number_of_threads() -> None:
    model, solution = solved("baseline", grid=Grid("small", 140, 2))
    one, three = (split(solution, ledger_of(model), threads=n) for n in (1, 3))
    assert all(np.array_equal(a, b) for a, b in zip(one.boundary, three.boundary, strict=True))
