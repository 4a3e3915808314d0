"""Payoffs: every term at chosen states against numbers worked out by hand; sums; which parameter moves which term."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import FLOW, PLAYERS, Model, Term
from sim.model.flows import reopened_trade
from tests.model.conftest import at, small, term

# Round numbers, so that the expected values below can be checked without a computer.
ROUND: dict[str, Any] = {
    "minsk.trade_value": 10.0,
    "minsk.trade_us_share": 0.4,
    "minsk.trade_rho": -1.0,
    "minsk.trade_ces_share": 0.5,
    "minsk.contact_value.envoys": 0.5,
    "minsk.contact_value.embassy": 0.25,
    "minsk.leverage_value": 2.0,
    "minsk.leverage_scale": 100.0,
    "minsk.release_cost": 0.02,
    "minsk.leader_cost": 1.5,
    "minsk.crackdown_cost": 0.75,
    "minsk.punished_cost": 2.0,
    "minsk.supported_value": 0.5,
    "washington.release_credit": 0.01,
    "washington.leader_credit": 1.25,
    "washington.show_value": 0.3,
    "washington.geopolitical_value": 1.2,
    "washington.talks_factor.stalled": 0.5,
    "washington.talks_factor.active": 0.9,
    "washington.talks_factor.settled": 0.25,
    "washington.relief_cost.1": 0.1,
    "washington.relief_cost.2": 0.2,
    "washington.relief_cost.3": 0.4,
    "washington.contact_cost.envoys": 0.05,
    "washington.contact_cost.embassy": 0.2,
    "washington.held_cost": 0.001,
    "washington.pressing_cost": 0.8,
    "washington.snapback_cost": 2.5,
    "brussels.release_credit": 0.005,
    "brussels.leader_credit": 0.6,
    "brussels.held_cost": 0.002,
    "brussels.leaders_held_cost": 0.1,
    "brussels.relief_cost.1": 1.5,
    "brussels.relief_cost.2": 2.5,
    "brussels.settled_factor": 0.4,
    "brussels.cover_value": 1.75,
    "brussels.gap_cost": 0.6,
    "brussels.tightening_cost": 1.1,
    "moscow.drift_cost": 2.0,
    "moscow.slack.stalled": 0.5,
    "moscow.slack.active": 1.0,
    "moscow.slack.settled": 2.0,
    "moscow.contact_weight": 0.5,
    "moscow.us_weight": 0.8,
    "moscow.eu_weight": 0.6,
    "moscow.loophole_value": 0.3,
    "moscow.support_cost": 0.7,
    "moscow.support_pull": 0.4,
    "moscow.punishing_cost": 0.9,
    "world.unasked_release": 2,
    "world.crackdown_arrests": 28,
    "menu.summit": True,
}


@pytest.fixture(scope="module")
def model() -> Model:
    return small({**ROUND, "world.prisoner_capacity": 280})


FLOWS: list[tuple[str, str, dict[str, str], float]] = [
    # u = 1/3, e = 1/2: CES 1 / (.4 * 3 + .6 * 2) = 1/2.4, linear .4/3 + .3
    ("minsk", "trade reopened", {"us_relief": "1", "eu_relief": "1"}, 10 * (0.5 / 2.4 + 0.5 * (0.4 / 3 + 0.3))),
    ("minsk", "trade reopened", {"us_relief": "3", "eu_relief": "2"}, 10.0),
    ("minsk", "trade reopened", {"us_relief": "3"}, 2.0),
    ("minsk", "trade reopened", {"eu_relief": "2"}, 3.0),
    ("minsk", "trade reopened", {}, 0.0),
    ("minsk", "contact", {}, 0.0),
    ("minsk", "contact", {"contact": "envoys"}, 0.5),
    ("minsk", "contact", {"contact": "embassy"}, 0.75),
    ("minsk", "leverage of prisoners held", {"prisoners": "280"}, 2 * math.log(3.8)),
    ("minsk", "leverage of prisoners held", {"leaders": "3"}, 0.0),
    # (1 + 1/3 + 1/2) / 3 = 11/18
    (
        "washington",
        "geopolitical value",
        {"talks": "active", "contact": "embassy", "us_relief": "1", "eu_relief": "1"},
        1.2 * 0.9 * 11 / 18,
    ),
    ("washington", "geopolitical value", {"talks": "settled", "contact": "envoys"}, 0.05),
    ("washington", "geopolitical value", {"contact": "envoys"}, 0.1),
    ("washington", "US relief held", {}, 0.0),
    ("washington", "US relief held", {"us_relief": "1"}, -0.1),
    ("washington", "US relief held", {"us_relief": "2"}, -0.3),
    ("washington", "US relief held", {"us_relief": "3"}, -0.7),
    ("washington", "contact held", {}, 0.0),
    ("washington", "contact held", {"contact": "envoys"}, -0.05),
    ("washington", "contact held", {"contact": "embassy"}, -0.2),
    ("washington", "prisoners still held", {"prisoners": "280"}, -0.28),
    ("brussels", "prisoners still held", {"prisoners": "280"}, -0.56),
    ("brussels", "leaders still held", {"leaders": "2", "prisoners": "280"}, -0.2),
    ("brussels", "EU relief held", {"eu_relief": "1"}, -1.5),
    ("brussels", "EU relief held", {"eu_relief": "2", "talks": "active"}, -4.0),
    ("brussels", "EU relief held", {"eu_relief": "2", "talks": "settled"}, -1.6),
    ("brussels", "gap behind Washington", {"us_relief": "3", "eu_relief": "1"}, -0.3),
    ("brussels", "gap behind Washington", {"us_relief": "1"}, -0.2),
    ("brussels", "gap behind Washington", {"us_relief": "1", "eu_relief": "1"}, 0.0),
    # x = .5 + .8 * 2/3 + .6 * 1/2 = 4/3
    (
        "moscow",
        "drift to the West",
        {"contact": "embassy", "us_relief": "2", "eu_relief": "1"},
        -2 * (4 / 3 - 0.5),
    ),
    (
        "moscow",
        "drift to the West",
        {"talks": "active", "contact": "embassy", "us_relief": "2", "eu_relief": "1"},
        -2 / 3,
    ),
    (
        "moscow",
        "drift to the West",
        {"talks": "settled", "contact": "embassy", "us_relief": "3", "eu_relief": "2"},
        0.0,
    ),
    ("moscow", "drift to the West", {"contact": "embassy"}, 0.0),
    ("moscow", "sanctions loophole", {"us_relief": "2", "eu_relief": "1"}, 0.175),
]


@pytest.mark.parametrize(("player", "name", "dials", "expected"), FLOWS)
def test_monthly_terms(model: Model, player: str, name: str, dials: dict[str, str], expected: float) -> None:
    state = at(model, **{"prisoners": "0", **dials})  # type: ignore[arg-type]
    assert term(model, player, name).table[state] == pytest.approx(expected, abs=1e-12)


def test_every_monthly_term_has_a_case(model: Model) -> None:
    assert {(player, name) for player, name, _, _ in FLOWS} == {(t.player, t.name) for t in model.flow_terms}


SIGNED = {"minsk": -0.28 - 1.5, "washington": 0.14 + 1.25 + 0.3, "brussels": 0.07 + 0.6}


@pytest.mark.parametrize(
    ("table", "label", "expected"),
    [
        (
            "us-table",
            "13 people and a leader for one step of US relief and contact",
            {"minsk": -0.26 - 1.5, "washington": 0.13 + 1.25 + 0.3},
        ),
        ("us-table", "70 people for pressing Brussels", {"minsk": -1.4, "washington": 0.7 + 0.3 - 0.8}),
        ("us-table", "nothing for two steps of US relief, contact and pressing Brussels", {"washington": -0.8}),
        ("us-table", "a leader for nothing", {"minsk": -1.5, "washington": 1.25 + 0.3}),
        ("eu-table", "13 people and a leader for nothing", {"minsk": -1.76, "brussels": 0.065 + 0.6}),
        (
            "summit",
            "13 people and a leader for one step of US relief, one step of EU relief and contact",
            {"minsk": -1.76, "washington": 0.13 + 1.25 + 0.3, "brussels": 0.065 + 0.6},
        ),
        ("summit", "nothing for one step of EU relief", {}),
    ],
)
def test_what_a_package_pays_at_once(model: Model, table: str, label: str, expected: dict[str, float]) -> None:
    turn = model.game.turns[model.game.turn_index(table)]
    paid = turn.payoff[0, turn.packages.index(label)]  # type: ignore[union-attr]
    assert dict(zip(PLAYERS, paid, strict=True)) == pytest.approx(dict.fromkeys(PLAYERS, 0.0) | expected, abs=1e-12)


def test_cover_is_paid_once_a_package_that_eases_while_pressed(model: Model) -> None:
    cover = term(model, "brussels", "cover from Washington", "eu-table").table
    eases = np.array([offer.eu > 0 for offer in model.packages["eu-table"]])
    expected = 1.75 * np.outer(model.pressing("eu-table"), eases)
    np.testing.assert_array_equal(cover, expected)
    assert 0 < (cover > 0).mean() < 1
    two_steps = small({**ROUND, "menu.eu_relief": [1, 2]})
    assert set(np.unique(term(two_steps, "brussels", "cover from Washington", "eu-table").table)) == {0.0, 1.75}


@pytest.mark.parametrize(
    ("turn", "action", "expected"),
    [
        ("minsk", "hold", {}),
        ("minsk", "release a handful unasked", {"minsk": -0.04, "washington": 0.02, "brussels": 0.01}),
        ("minsk", "crack down", {"minsk": -0.75}),
        ("washington", "hold", {}),
        ("washington", "snap back", {"washington": -2.5}),
        ("brussels", "hold", {}),
        ("brussels", "tighten", {"brussels": -1.1}),
        ("moscow", "tolerate", {}),
        ("moscow", "support", {"minsk": 0.5, "moscow": -0.7}),
        ("moscow", "punish", {"minsk": -2.0, "moscow": -0.9}),
    ],
)
def test_what_a_move_pays_at_once(model: Model, turn: str, action: str, expected: dict[str, float]) -> None:
    move = model.game.turns[model.game.turn_index(turn)]
    quiet = at(model) if move.payoff.shape[0] > 1 else 0  # no drift there, so nothing to forgive
    paid = move.payoff[quiet, move.actions.index(action)]  # type: ignore[union-attr]
    assert dict(zip(PLAYERS, paid, strict=True)) == pytest.approx(dict.fromkeys(PLAYERS, 0.0) | expected, abs=1e-12)


@pytest.mark.parametrize(
    ("dials", "expected"),
    [
        # x - slack = 4/3 - 1/2 is above the pull of .4: all of it is forgiven
        ({"contact": "embassy", "us_relief": "2", "eu_relief": "1"}, 0.8),
        # x - slack = .5 + .8/3 - .5: only what there is
        ({"contact": "embassy", "us_relief": "1"}, 1.6 / 3),
        ({"contact": "embassy"}, 0.0),
    ],
)
def test_support_forgives_drift_in_the_month_it_is_given(model: Model, dials: dict[str, str], expected: float) -> None:
    state = at(model, **dials)  # type: ignore[arg-type]
    forgiven = term(model, "moscow", "drift forgiven", "moscow").table[state]
    np.testing.assert_allclose(forgiven, [0.0, expected, 0.0], atol=1e-12)


def added(parts: tuple[Term, ...], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    total = np.zeros((*shape, len(PLAYERS)))
    for part in parts:
        total[..., PLAYERS.index(part.player)] += part.table
    return total


def test_payoffs_are_exactly_the_sums_of_the_terms(model: Model) -> None:
    np.testing.assert_array_equal(model.game.flow, added(model.flow_terms, (model.axes.size,)))
    seen = len(model.flow_terms)
    for name, turn in zip(model.turns, model.game.turns, strict=True):
        parts = model.terms_at(name)
        seen += len(parts)
        if hasattr(turn, "payoff"):
            np.testing.assert_array_equal(turn.payoff, added(parts, turn.payoff.shape[:2]))
        else:
            assert not parts
    assert seen == len(model.terms), "a term stands at a turn that does not exist"
    assert not np.array_equal(model.game.flow, added(model.flow_terms[1:], (model.axes.size,)))


def test_only_cover_and_forgiven_drift_depend_on_the_state_at_a_turn(model: Model) -> None:
    wide = {(part.where, part.name) for part in model.terms if part.where != FLOW and part.table.ndim == 2}
    assert wide == {("eu-table", "cover from Washington"), ("moscow", "drift forgiven")}
    sizes = {turn.name: turn.payoff.shape[0] for turn in model.game.turns if hasattr(turn, "payoff")}
    assert {name for name, states in sizes.items() if states > 1} == {"eu-table", "moscow"}


def test_tables_cannot_be_written(model: Model) -> None:
    assert not any(part.table.flags.writeable for part in model.terms)


WANTS = [
    name
    for name in small().scenario.parameters()
    if name.split(".")[0] in PLAYERS and not name.endswith((".discount", ".rationality"))
]


@pytest.mark.parametrize("parameter", WANTS)
def test_a_parameter_moves_exactly_the_terms_that_name_it(model: Model, parameter: str) -> None:
    changed = small({**ROUND, "world.prisoner_capacity": 280, parameter: ROUND[parameter] * 0.5 + 0.02})
    moved = {
        (new.player, new.name, new.where)
        for new, old in zip(changed.terms, model.terms, strict=True)
        if not np.array_equal(new.table, old.table)
    }
    naming = {(part.player, part.name, part.where) for part in model.terms if parameter in part.parameters}
    assert moved == naming
    assert moved


shares = st.floats(0.0, 1.0)
weights = st.floats(0.01, 0.99)


@given(us=shares, eu=shares, alpha=weights, rho=st.floats(-50, 1), ces=shares)
def test_trade_lies_between_nothing_and_everything_and_is_symmetric(
    us: float, eu: float, alpha: float, rho: float, ces: float
) -> None:
    value = float(reopened_trade(np.array(us), np.array(eu), alpha, rho, ces))
    assert -1e-12 <= value <= 1 + 1e-9
    mirrored = float(reopened_trade(np.array(eu), np.array(us), 1 - alpha, rho, ces))
    assert value == pytest.approx(mirrored, abs=1e-6)
    assert float(reopened_trade(np.array(1.0), np.array(1.0), alpha, rho, ces)) == pytest.approx(1.0, abs=1e-8)


@given(us=st.floats(0.05, 1.0), eu=st.floats(0.05, 1.0), alpha=weights)
def test_trade_meets_its_textbook_cases(us: float, eu: float, alpha: float) -> None:
    def ces(rho: float, u: float = us, e: float = eu) -> float:
        return float(reopened_trade(np.array(u), np.array(e), alpha, rho, 1.0))

    cobb_douglas = us**alpha * eu ** (1 - alpha)
    assert ces(1.0) == pytest.approx(alpha * us + (1 - alpha) * eu)
    assert ces(0.0) == pytest.approx(cobb_douglas)
    assert ces(-1e-5) == pytest.approx(cobb_douglas, rel=1e-3)
    assert ces(-1.0) == pytest.approx(1 / (alpha / us + (1 - alpha) / eu))
    assert ces(-1.0, us, 0.0) == ces(0.0, us, 0.0) == ces(-4.0, 0.0, eu) == 0.0
    assert ces(0.5, us, 0.0) == pytest.approx(alpha**2 * us)
