"""Gains over no deal: recomputed through the game itself, by other roads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sim.errors import UsageError
from sim.forecast.deal_space import CONTENTS, Place, checked_parties
from sim.game import Game, Move, Offer
from sim.model import PLAYERS, Grid, Model, compile
from sim.model.position import position
from sim.scenario import load
from sim.solver import Solution, Until, propagate, solve

SMALL = {"world.prisoner_capacity": 140, "start.prisoners": 84, "start.contact": "isolated", "menu.eu_relief": [1, 2]}
THREE = ("minsk", "washington", "brussels")
MONTH = 1


@pytest.fixture(scope="module")
def model() -> Model:
    return compile(load("baseline", {**SMALL, "menu.summit": True}), Grid("tiny", 28, 3))


@pytest.fixture(scope="module")
def solution(model: Model) -> Solution:
    return solve(model.game, model.rationality)


def place(model: Model, solution: Solution, month: int = MONTH, **dials: str | float) -> Place:
    return Place(model, solution, position(model, dials), month)


def one_by_one(model: Model, contents: np.ndarray, signing: Sequence[str]) -> dict[str, float]:
    """Return what a package pays at once, thing by thing."""
    get = model.scenario.get
    prisoners, leaders, _, eu, _, pressing = contents
    paid = dict.fromkeys(PLAYERS, 0.0)
    paid["minsk"] = -prisoners * get("minsk.release_cost") - leaders * get("minsk.leader_cost")
    for name in {"washington", "brussels"} & set(signing):
        paid[name] = prisoners * get(f"{name}.release_credit") + leaders * get(f"{name}.leader_credit")
    if "washington" in signing:
        paid["washington"] += get("washington.show_value") if prisoners or leaders else 0.0
        paid["washington"] -= get("washington.pressing_cost") if pressing else 0.0
    if "brussels" in signing and eu and pressing:
        paid["brussels"] += get("brussels.cover_value")
    return paid


@pytest.mark.parametrize("table", ["us-table", "eu-table"])
def test_table_gains_are_what_the_parties_answer_by(model: Model, solution: Solution, table: str) -> None:
    """Acceptance is logistic in lam x gain: read the gain back from the policy."""
    here = place(model, solution)
    space = here.table(table)
    turn = model.game.turns[model.game.turn_index(table)]
    policy = solution.policy(MONTH, table, here.states)
    packages = [tuple(getattr(p, name) for name in CONTENTS) for p in model.packages[table]]
    compared = 0
    for row, contents in enumerate(map(tuple, space.contents.astype(int).tolist())):
        number = packages.index(contents)
        for responder, player in enumerate(turn.parties):
            yes = policy.accept[0, 1 - responder, responder, number]
            log_odds = solution.rationality[player] * space.gains[row, player]
            if number and abs(log_odds) < 8:
                assert np.log(yes / (1 - yes)) == pytest.approx(log_odds, abs=1e-9)
                compared += 1
    assert compared > 15
    available = (turn.next_state[here.states] >= 0).all(axis=0).sum()
    assert len(space.gains) == available
    assert not space.gains[0].any()


@pytest.mark.parametrize("dials", [{}, {"prisoners": 100, "us_relief": 1}, {"talks": "active", "contact": "envoys"}])
def test_combined_gains_agree_with_the_summits(model: Model, solution: Solution, dials: dict) -> None:
    """A summit's package is struck at one turn earlier, with the rest of a lot settled by the game's own lottery."""
    here = place(model, solution, **dials)
    summit = here.table("summit")
    assert {13.0, 2.0} & set(summit.contents[:, 0])  # no whole lots
    gains, punished = here.struck(summit.contents, THREE)
    np.testing.assert_allclose(gains, summit.gains, rtol=0, atol=1e-9)
    np.testing.assert_allclose(punished, summit.punished, rtol=0, atol=1e-12)


def last_moves(model: Model, solution: Solution, offer: Offer | None) -> Game:
    """Return the month from Minsk's turn on as a game of its own, an offer before it; what follows is the value."""
    game = model.game
    turns = game.turns[game.turn_index("minsk") :]
    after = solution.values(MONTH + 1)
    before = [offer] if offer is not None else []
    return Game(PLAYERS, [*before, *turns], game.flow, game.discount, after, 1, axes=game.axes)


@pytest.mark.parametrize("signing", [THREE, ("minsk", "washington"), ("minsk", "brussels")])
def test_combined_gains_from_offering_every_package(model: Model, solution: Solution, signing: tuple[str, ...]) -> None:
    here = place(model, solution)
    space = here.combined(signing)
    (state,) = here.states
    at = model.axes.label(int(state))
    payoff, after = np.zeros((len(space.contents), 4)), np.full((model.axes.size, len(space.contents)), -1)
    after[:, 0] = np.arange(model.axes.size)
    for row, contents in enumerate(space.contents):
        prisoners, leaders, us, eu, contact, _ = (int(part) for part in contents)
        after[state, row] = model.axes.index(
            talks=at["talks"],
            leaders=str(int(at["leaders"]) - leaders),
            us_relief=str(int(at["us_relief"]) + us),
            eu_relief=str(int(at["eu_relief"]) + eu),
            contact=["isolated", "envoys", "embassy"].index(at["contact"]) + contact,
            prisoners=str(int(at["prisoners"]) - prisoners),
        )
        payoff[row] = list(one_by_one(model, contents, signing).values())
    labels = [str(row) for row in range(len(space.contents))]
    # the last to answer is asked as if all before had agreed: its log odds are lam x gain
    for last in signing:
        order = [*(name for name in signing if name != last), last]
        offer = Offer(order, np.ones(len(order)) / len(order), labels, after, payoff, name="offer")
        solved = solve(last_moves(model, solution, offer), solution.rationality)
        yes = solved.policy(0, 0, [state]).accept[0, 0, len(order) - 1]
        player = PLAYERS.index(last)
        log_odds = solution.rationality[player] * space.gains[:, player]
        near = np.abs(log_odds) < 8
        near[0] = False
        assert near.sum() >= 2
        np.testing.assert_allclose(np.log(yes[near] / (1 - yes[near])), log_odds[near], rtol=0, atol=1e-9)
    value = solved.values(0, 1)
    np.testing.assert_allclose(payoff + value[after[state]] - value[state], space.gains, rtol=0, atol=1e-9)


def test_every_combination_is_there_once(model: Model, solution: Solution) -> None:
    here = place(model, solution)
    space = here.combined(THREE)
    # 84 held: 0, 28, 56, 84; two leaders; three steps of US relief, two of EU relief, two of contact; pressing with EU
    assert len(space.contents) == 4 * 3 * 4 * 3 * (1 + 2 * 2)
    assert len(np.unique(space.contents, axis=0)) == len(space.contents)
    assert not space.contents[0].any()
    assert not ((space.contents[:, 5] > 0) & (space.contents[:, 3] == 0)).any()
    assert space.contents.max(axis=0).tolist() == [84, 2, 3, 2, 2, 1]
    two = here.combined(("minsk", "brussels")).contents
    assert len(two) == 4 * 3 * 3
    assert not two[:, [2, 4, 5]].any()


def test_between_two_lots(model: Model, solution: Solution) -> None:
    """50 held: one lot or two. Gains are means over both; the last size frees everybody in either."""
    space = place(model, solution, prisoners=50).combined(THREE)
    assert sorted(set(space.contents[:, 0])) == [0, 28, 50]
    for given, then in ((28, (28, 28)), (50, (28, 56))):
        rows = np.flatnonzero(space.contents[:, 0] == given)
        expected = np.zeros((len(rows), 4))
        for held, share, freed in ((28, 6 / 28, then[0]), (56, 22 / 28, then[1])):
            contents = space.contents[rows].copy()
            contents[:, 0] = freed
            expected += share * place(model, solution, prisoners=held).struck(contents, THREE)[0]
        np.testing.assert_allclose(space.gains[rows], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("table", ["us-table", "eu-table", "summit"])
def test_one_offs_are_the_tables(model: Model, solution: Solution, table: str) -> None:
    """At the table of Minsk and Brussels there is cover only once Washington presses."""
    turn = model.game.turns[model.game.turn_index(table)]
    signing = {"us-table": THREE[:2], "eu-table": ("minsk", "brussels"), "summit": THREE}[table]
    contents = np.array([[getattr(p, name) for name in CONTENTS] for p in model.packages[table]], dtype=float)
    here = place(model, solution)
    np.testing.assert_allclose(here.one_offs(contents, signing), turn.payoff[0], rtol=0, atol=1e-12)
    if table == "eu-table":
        contents[:, 5] = 1
        np.testing.assert_allclose(here.one_offs(contents, signing), turn.payoff[-1], rtol=0, atol=1e-12)


def test_punishment_from_playing_the_month_on(model: Model, solution: Solution) -> None:
    here = place(model, solution, talks="stalled", contact="envoys")
    space = here.combined(THREE)
    moves = solve(last_moves(model, solution, None), solution.rationality)
    moscow = next(turn for turn in moves.game.turns if isinstance(turn, Move) and turn.name == "moscow")
    until = {"punished": Until(choices={"moscow": [moscow.actions.index("punish")]})}
    (state,) = here.states
    steps = np.array([here._stride[name] for name in ("prisoners", "leaders", "us_relief", "eu_relief", "contact")])
    lots = space.contents[:, 0] / model.grid.lot
    change = np.column_stack([-lots, -space.contents[:, 1], space.contents[:, 2:5]]) @ steps
    for row in (0, 5, len(change) // 2, len(change) - 1):
        forward = propagate(moves, int(state + change[row]), 1, until=until)
        assert space.punished[row] == pytest.approx(float(forward.reached["punished"][0]), abs=1e-12)
    assert np.ptp(space.punished) > 0.01


def test_gains_depend_on_the_month_and_the_position(model: Model, solution: Solution) -> None:
    first = place(model, solution, 0).combined(THREE)
    assert not np.allclose(first.gains, place(model, solution, 2).combined(THREE).gains)
    fewer = place(model, solution, leaders=1, us_relief=2, eu_relief=2, contact="embassy")
    assert fewer.combined(THREE).contents.max(axis=0).tolist() == [84, 1, 1, 0, 0, 0]
    nobody = place(model, solution, prisoners=0, leaders=0)
    assert nobody.combined(THREE).contents[:, :2].sum() == 0


@pytest.mark.parametrize(
    ("names", "said"),
    [(["belgium"], "belgium"), (["minsk"], "minsk with"), (["washington", "brussels"], "minsk with"), ([], "none")],
)
def test_refuses_parties_without_a_deal(names: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        checked_parties(names)


def test_refuses_what_does_not_fit(model: Model, solution: Solution) -> None:
    here = place(model, solution)
    with pytest.raises(UsageError, match="at most 84"):
        here.struck(np.array([[85.0, 0, 0, 0, 0, 0]]), THREE)
    with pytest.raises(UsageError, match="month"):
        place(model, solution, 3)
    with pytest.raises(UsageError, match="us-table"):
        here.table("kitchen-table")
    with pytest.raises(UsageError, match="shape"):
        Place(model, solution, np.ones(3))
    assert checked_parties(["Moscow", " brussels", "minsk"]) == ("minsk", "brussels", "moscow")


def test_rounding_is_no_gain(model: Model) -> None:
    """What the mean over a lottery leaves of a value that is the same in both states does not count as a gain."""
    here = place(model, solve(model.game, np.inf), talks="settled", us_relief=3, contact="embassy")
    people = np.zeros((84, 6))
    people[:, 0] = np.arange(84)
    gains, _ = here.struck(people, ("minsk", "brussels"))
    assert (gains[:, PLAYERS.index("moscow")] == 0).sum() > 5
    assert not ((gains != 0) & (np.abs(gains) < 1e-12)).any()
