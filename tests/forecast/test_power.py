"""Power in a scenario: coalitions as one player, and what one capital alone can change."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim.bargain.merge import merged
from sim.errors import UsageError
from sim.forecast.commitments import COMMITMENTS, OWN_MOVE, asks_of, commitment
from sim.forecast.power import PowerResult, committed, power
from sim.forecast.run import run, solved
from sim.game import Chance, Offer
from sim.model import PLAYERS, Grid, Model, compile, package
from sim.scenario import load
from sim.solver import solve

TINY = Grid("tiny", 700, 4)
EQUAL = {f"{name}.discount": 0.9 for name in PLAYERS}


@pytest.fixture(scope="module")
def result() -> PowerResult:
    return power("baseline", EQUAL, grid=TINY, months=4)


@pytest.fixture(scope="module")
def model() -> Model:
    return compile(load("baseline", EQUAL), TINY)


def joint_maximum(model: Model) -> float:
    """Best sum of all four from the start, by a dynamic programme of its own on the compiled arrays."""
    game = model.game
    later = game.terminal.sum(axis=1)
    for _ in range(game.rounds):
        now = game.flow.sum(axis=1) + 0.9 * later
        for turn in reversed(game.turns):
            reached = turn.next_state
            if isinstance(turn, Chance):
                now = (turn.probability * now[reached]).sum(axis=1)
            else:
                now = np.where(reached >= 0, turn.payoff.sum(axis=2) + now[reached], -np.inf).max(axis=1)
        later = now
    return float(model.start @ later)


def patient_maximum(model: Model) -> float:
    """Best sum of all four from the start, each capital's points discounted as it does itself."""
    game, n = model.game, model.game.rounds
    counts = game.discount ** np.arange(n + 1)[:, None]
    now = game.terminal @ counts[n]
    for t in range(n - 1, -1, -1):
        now = now + game.flow @ counts[t]
        for turn in reversed(game.turns):
            behind = now[turn.next_state]
            if isinstance(turn, Chance):
                now = (turn.probability * behind).sum(axis=1)
            else:
                now = np.where(turn.next_state >= 0, turn.payoff @ counts[t] + behind, -np.inf).max(axis=1)
    return float(model.start @ now)


class TestCoalitions:
    def test_one_capital_is_the_equilibrium(self, result: PowerResult) -> None:
        values = run("baseline", EQUAL, grid=TINY, months=4).payoffs_total
        for item in result.own.coalitions:
            if len(item.capitals) == 1:
                assert item.worth == pytest.approx(values[item.capitals[0]], abs=1e-12)
        assert [item.capitals for item in result.own.coalitions[:5]] == [(p,) for p in PLAYERS] + [PLAYERS[:2]]

    def test_all_four_at_lam_infinite_maximise_together(self, result: PowerResult, model: Model) -> None:
        assert result.sharp is not None
        everyone = result.sharp.coalitions[-1]
        assert everyone.capitals == PLAYERS
        assert everyone.lam == math.inf
        assert everyone.worth == pytest.approx(joint_maximum(model), abs=1e-9)
        for item in (*result.own.coalitions, *result.sharp.coalitions):
            assert sum(item.values.values()) <= everyone.worth + 1e-9

    def test_all_four_at_lam_infinite_with_discounts_of_their_own(self) -> None:
        # the baseline's capitals do not count the future alike
        grid = Grid("tiny", 700, 12)
        model = compile(load("baseline"), grid)
        assert len(set(model.game.discount.tolist())) > 1
        found = power("baseline", grid=grid, months=12, rationality=math.inf)
        everyone = found.own.coalitions[-1]
        assert everyone.worth == pytest.approx(patient_maximum(model), abs=1e-9)
        for item in found.own.coalitions:
            assert sum(item.values.values()) <= everyone.worth + 1e-9
        assert "largest sum" in found.to_json()["method"]

    def test_weights_in_another_unit_change_nothing_else(self) -> None:
        given = {"minsk": 1.0, "washington": 3.0, "brussels": 2.0, "moscow": 0.5}
        once, twice = (
            power("baseline", grid=TINY, months=4, sharp=False, weights={n: w * unit for n, w in given.items()})
            for unit in (1.0, 2.0)
        )
        for one, two in zip(once.own.coalitions, twice.own.coalitions, strict=True):
            assert two.worth == pytest.approx(2 * one.worth)
            assert two.values == pytest.approx(one.values)
            assert two.outcomes == pytest.approx(one.outcomes, abs=1e-12)

    def test_efficiency(self, result: PowerResult) -> None:
        assert result.sharp is not None
        for indices in (result.own, result.sharp):
            assert sum(indices.shapley.values()) == pytest.approx(indices.coalitions[-1].worth)
            assert indices.core.empty == (indices.core.point is None)
            assert sum(indices.core.least) == pytest.approx(indices.coalitions[-1].worth)

    def test_pivotal_adds_up(self, result: PowerResult) -> None:
        deals = {item.capitals: item.outcomes["p_grand_deal"] for item in result.own.coalitions}
        assert sum(result.own.pivotal.values()) == pytest.approx(deals[PLAYERS] - deals[("minsk",)], abs=1e-12)
        for name, (by, group) in result.own.swing.items():
            joined = tuple(p for p in PLAYERS if p in (*group, name))
            before = deals[group] if group else deals[("minsk",)]
            assert by == pytest.approx(deals[joined] - before)

    def test_weights_scale_the_worth(self, result: PowerResult) -> None:
        # the same weight for all is another unit: with lam infinite nothing is chosen otherwise
        doubled = power(
            "baseline", EQUAL, grid=TINY, months=4, rationality=math.inf, weights=dict.fromkeys(PLAYERS, 2.0)
        )
        assert doubled.sharp is None
        assert result.sharp is not None
        for twice, once in zip(doubled.own.coalitions, result.sharp.coalitions, strict=True):
            assert twice.worth == pytest.approx(2 * once.worth)
            assert twice.outcomes == once.outcomes

    def test_tables_of_members_become_moves(self, model: Model) -> None:
        pair = merged(model.game, ("minsk", "washington"))
        kinds = {turn.name: type(turn).__name__ for turn in pair.turns}
        assert kinds["us-table"] == "Move"
        assert kinds["eu-table"] == "Offer"
        eu = pair.turns[pair.turn_index("eu-table")]
        assert isinstance(eu, Offer)
        assert eu.parties == (4, 2)
        assert pair.players[4] == "minsk+washington"

    def test_summit_with_all_three_sizes_of_coalition(self) -> None:
        found = power("baseline", {"menu.summit": True}, grid=Grid("tiny", 1400, 2), months=2, sharp=False)
        assert len(found.own.coalitions) == 15
        assert len(found.alone) == 20

    def test_refusals(self) -> None:
        for weights in ({"paris": 1.0}, {"minsk": 0.0}, {"minsk": math.nan}):
            with pytest.raises(UsageError, match="allowed"):
                power("baseline", grid=TINY, weights=weights)
        with pytest.raises(UsageError, match="months"):
            power("baseline", grid=TINY, months=5)


class TestAlone:
    def test_every_capital_and_commitment(self, result: PowerResult) -> None:
        assert [(a.capital, a.commitment) for a in result.alone] == [(p, c) for p in PLAYERS for c in COMMITMENTS]
        base = result.own.coalitions[0].outcomes
        for item in result.alone:
            for name, change in item.changes.items():
                assert change == pytest.approx(item.outcomes[name] - base[name])

    def test_what_follows_by_definition(self, result: PowerResult) -> None:
        found = {(a.capital, a.commitment): a.outcomes for a in result.alone}
        for kind in ("removed", "hold", "punish"):
            assert found["minsk", kind]["freed"] == pytest.approx(0, abs=1e-12)
            assert found["washington", kind]["us_relief"] == pytest.approx(0, abs=1e-12)
            assert found["brussels", kind]["eu_relief"] == pytest.approx(0, abs=1e-12)
        for kind in ("removed", "silent", "hold", "ease"):
            assert found["moscow", kind]["p_punished"] == pytest.approx(0, abs=1e-12)
        assert found["moscow", "punish"]["p_punished"] == pytest.approx(1)
        assert found["washington", "hold"]["contact"] <= found["washington", "ease"]["contact"]

    def test_removing_who_never_acts_changes_nothing(self) -> None:
        # Moscow without stake, at lam infinite: support and punishment only cost it
        changes = {"moscow.drift_cost": 0.0, "moscow.loophole_value": 0.0}
        found = power("baseline", changes, grid=TINY, months=4, rationality=math.inf)
        base = found.own.coalitions[0]
        assert base.values["moscow"] == 0
        for item in found.alone:
            if item.capital == "moscow" and item.commitment in ("removed", "silent", "hold"):
                assert item.outcomes == base.outcomes

    def test_silent_still_answers(self, model: Model) -> None:
        silent = committed(model, model.rationality, "washington", "silent")
        removed = committed(model, model.rationality, "washington", "removed")
        state = int(model.start.argmax())
        k = model.game.turn_index("us-table")
        assert silent.chances(0, k, state)[0, 0] < 1
        assert removed.chances(0, k, state)[0, 0] == pytest.approx(1)
        snap = model.game.turn_index("washington")
        assert (silent.policy(0, snap)[:, 0] == 1).all()

    def test_policies_are_what_they_say(self, model: Model) -> None:
        game = model.game
        for capital in PLAYERS:
            for kind in ("removed", "hold", "ease", "punish"):
                policy = commitment(model, capital, kind)
                own = game.turn_index(capital)
                action = OWN_MOVE[capital].get(kind, 0)
                can = game.turns[own].next_state[:, action] >= 0
                assert (policy[own][can, action] == 1).all()
                for k in set(policy) - {own}:
                    offers = model.packages[game.turns[k].name]
                    propose, accept = policy[k]
                    asked = np.array([asks_of(capital, offer) for offer in offers])
                    if kind == "hold":
                        assert (accept == ~asked).all()
                    put = np.atleast_2d(propose)
                    assert (put.sum(axis=1) == 1).all()
                    assert (put[:, 1:].sum() > 0) == (kind == "ease")
                    if kind == "ease":
                        offered = [offers[m] for m in np.flatnonzero(put[:, 1:].any(axis=0)) + 1]
                        assert all(asks_of(capital, o) for o in offered)
                        assert not any(asks_of(p, o) for p in PLAYERS if p != capital for o in offered)
        assert asks_of("washington", package(prisoners=2, pressing=True))
        assert not asks_of("brussels", package(prisoners=2, us=1))
        for words in (("paris", "hold"), ("minsk", "silent"), ("minsk", "bluff")):
            with pytest.raises(UsageError, match="allowed"):
                commitment(model, *words)

    def test_committed_to_its_equilibrium_changes_nothing(self, model: Model) -> None:
        # an announced policy that is the equilibrium's own leaves everything as it is
        _, equilibrium = solved("baseline", EQUAL, grid=TINY)
        again = solve(model.game, model.rationality, {"minsk": equilibrium.strategy("minsk")})
        assert np.allclose(again.boundary, equilibrium.boundary, atol=1e-9)


def test_json(result: PowerResult) -> None:
    from sim.batch.store import json_ready

    data = json.loads(json.dumps(json_ready(result.to_json()), allow_nan=False))
    assert "no common unit" in data["note"]
    assert "gamma" in data["method"]
    assert data["sharp"]["coalitions"][-1]["lam"] == "inf"
    assert len(data["own"]["coalitions"]) == 15
    assert len(result.table()) == 20
