"""The one-call explanation: its record and its JSON, positions and months, benchmarks, forks, and what it refuses."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim.errors import GameError, UsageError
from sim.forecast import forecast, headlines, solved
from sim.forecast.benchmarks import benchmarks, idle
from sim.forecast.decisions import Place, decisions_at
from sim.forecast.decompose import ledger_of, split
from sim.forecast.explain import explain, explain_solved, later
from sim.forecast.explanation import Explanation
from sim.forecast.fork import _walk, fork
from sim.model import Grid, Model
from sim.model.position import position
from sim.solver import Solution, propagate, solve

TINY = Grid("tiny", 280, 4)
TURNS = ["us-table", "eu-table", "minsk", "washington", "brussels", "moscow"]


@pytest.fixture(scope="module")
def baseline() -> tuple[Model, Solution]:
    return solved("baseline", grid=TINY)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain("baseline", grid=TINY)


def test_every_turn_is_explained_in_order(explanation: Explanation) -> None:
    assert list(dict.fromkeys(decision.turn for decision in explanation.decisions)) == TURNS
    kinds = [(d.kind, d.player) for d in explanation.at("us-table")]
    assert kinds == [
        ("proposal", "minsk"),
        ("answer", "washington"),
        ("proposal", "washington"),
        ("answer", "minsk"),
    ]
    assert all(decision.sentence.endswith(".") for decision in explanation.decisions)


def test_the_record_comes_back_whole_from_json(explanation: Explanation) -> None:
    found = json.loads(json.dumps(explanation.to_json(), allow_nan=False))
    assert list(found) == [
        *("schema_version", "scenario", "title", "scenario_hash", "versions", "grid", "rationality", "month"),
        *("position", "pressing", "decisions", "benchmarks", "reached"),
    ]
    assert set(found["decisions"][0]["options"][0]) == {
        *("action", "probability", "accepted", "available", "values", "parts"),
    }
    assert set(found["decisions"][0]["options"][0]["parts"][0]) == {"player", "term", "now", "later", "after"}
    assert Explanation.from_json(found) == explanation
    assert Explanation.from_json({name: value for name, value in found.items() if name != "reached"}) == explanation


def test_infinite_precision_is_written_as_a_word() -> None:
    sharp = explain("baseline", grid=Grid("tiny", 700, 3), rationality=math.inf, turn="moscow", with_benchmarks=False)
    found = json.loads(json.dumps(sharp.to_json(), allow_nan=False))
    assert found["decisions"][0]["rationality"] == "inf"
    assert Explanation.from_json(found) == sharp
    (decision,) = sharp.decisions
    best = max(choice.values["moscow"] for choice in decision.options)
    assert decision.option(decision.action).values["moscow"] == pytest.approx(best)
    assert decision.option(decision.action).probability == 1.0
    assert decision.margin is not None
    assert decision.margin >= 0
    assert decision.weight == 0.0


def test_probabilities_are_those_of_the_forecast(baseline: tuple[Model, Solution], explanation: Explanation) -> None:
    from sim.forecast.outcomes import now

    for turn, options in now(*baseline).items():
        for decision in explanation.at(turn):
            if decision.kind == "answer":
                continue
            for choice in decision.options:
                (match,) = [o for o in options if (o.proposer, o.action) == (decision.player, choice.action)]
                assert decision.reached * choice.probability == pytest.approx(match.proposed, abs=1e-12)
                assert choice.accepted == pytest.approx(match.accepted, abs=1e-12)


def test_a_later_month_is_the_same_as_solving_the_whole_game(baseline: tuple[Model, Solution]) -> None:
    model, solution = baseline
    states = np.flatnonzero(model.start)
    found = explain("baseline", grid=TINY, month=3, state={}, turn="us-table", top=3, with_benchmarks=False)
    assert found.month == 3
    place = Place(split(solution, ledger_of(model), 3), solution, 1, states, model.start[states], 3)
    assert found.decisions == decisions_at(place)


def test_a_later_month_is_explained_where_play_has_got_to(baseline: tuple[Model, Solution]) -> None:
    model, solution = baseline
    found = explain("baseline", grid=TINY, month=3, turn="us-table", top=3, with_benchmarks=False)
    there = propagate(solution, model.start, 3).distribution(3)
    state = int(there.argmax())
    assert found.reached == pytest.approx(there[state], abs=1e-12)
    assert found.reached < 1
    label = model.axes.label(state)
    assert found.position["talks"] == label["talks"]
    assert found.position["prisoners"] == model.measures["prisoners"][state]
    place = Place(split(solution, ledger_of(model), 3), solution, 1, np.array([state]), np.ones(1), 3)
    assert found.decisions == decisions_at(place)
    assert explain("baseline", grid=TINY, month=3, state={}, turn="us-table", with_benchmarks=False).reached is None
    assert Explanation.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_positions_and_pressing_are_looked_at(baseline: tuple[Model, Solution]) -> None:
    held = explain("baseline", grid=TINY, state={"eu_relief": "1", "prisoners": 350}, turn="brussels")
    assert held.position["eu_relief"] == 1.0
    assert held.position["prisoners"] == pytest.approx(350)
    assert {choice.action for choice in held.decisions[0].options} == {"hold", "tighten"}
    plain, pressed = (
        explain("baseline", grid=TINY, turn="eu-table", top=None, pressing=flag, with_benchmarks=False)
        for flag in (False, True)
    )
    eased = "2 people for one step of EU relief"

    def cover(found: Explanation) -> float:
        parts = found.decisions[0].option(eased).parts
        return sum(p.now for p in parts if p.term == "cover from Washington")

    assert cover(plain) == 0.0
    accepted = pressed.decisions[0].option(eased).accepted
    assert cover(pressed) == pytest.approx(accepted * baseline[0].scenario.get("brussels.cover_value"))


def test_between_two_lots_values_are_means_over_both(baseline: tuple[Model, Solution]) -> None:
    model, solution = baseline
    start = position(model, {"prisoners": 140})  # nobody, or 280, with equal chances
    found = explain_solved(model, solution, start=start, turns=["minsk"], top=None)
    (decision,) = found.decisions
    assert decision.option("release a handful unasked").available == pytest.approx(0.5)
    assert "release a handful unasked" not in (decision.action, decision.other)
    assert sum(choice.probability for choice in decision.options) == pytest.approx(1.0)
    for choice in decision.options:
        for player, value in choice.values.items():
            assert sum(p.total for p in choice.parts if p.player == player) == pytest.approx(value, abs=1e-9)


def test_benchmarks_are_lam_infinite_and_nobody_acting(baseline: tuple[Model, Solution]) -> None:
    model, solution = baseline
    found = benchmarks(model, months=4)
    assert found.play == headlines(model, forecast(model, solution, 4))
    assert found.sharp == headlines(model, forecast(model, solve(model.game, math.inf), 4))
    nothing = found.idle
    for name in ("freed", "leaders_freed", "p_punished", "us_relief", "eu_relief", "p_us_relief", "p_eu_relief"):
        assert nothing[name] == (0.0,) * 4
    # nature alone: arrests in the mean, while the lot below the top is not full, and contact that fades
    arrests, fade = (model.scenario.get(f"world.{name}") for name in ("arrests", "contact_fade"))
    assert nothing["arrested"][0] == pytest.approx(arrests)
    assert nothing["contact"] == pytest.approx([(1 - fade) ** month for month in range(1, 5)])


def test_what_nobody_does_is_worth_what_the_terminal_value_says(baseline: tuple[Model, Solution]) -> None:
    """The value after the horizon is that of nobody ever acting, so months of nobody acting change nothing."""
    model, _ = baseline
    still = solve(model.game, 0.0, fixed=idle(model.game))
    np.testing.assert_allclose(still.values(0), model.game.terminal, atol=1e-9)


def test_a_fixed_capital_is_not_explained_by_values(baseline: tuple[Model, Solution]) -> None:
    model, _ = baseline
    held = solve(model.game, 3.5, fixed={"moscow": idle(model.game)["moscow"]})
    (decision,) = explain_solved(model, held, turns=["moscow"]).decisions
    assert decision.fixed
    assert decision.needed is None
    assert decision.sentence == "Moscow looks on (100%): it is set to, whatever it gains or loses by that."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"turn": "us-tabel"}, r"turn: found 'us-tabel'.*did you mean 'us-table'"),
        ({"turn": "nature"}, r"turn: found 'nature'; allowed: us-table"),
        ({"month": 4}, r"month: found 4; allowed: 0 to 3"),
        ({"month": -1}, r"month: found -1"),
        ({"state": {"prisonrs": 3}}, r"did you mean 'prisoners'"),
        ({"state": {"contact": "envoi"}}, r"did you mean 'envoys'"),
        ({"top": 0}, r"top 1 or more"),
        ({"grid": "huge"}, r"grid"),
    ],
)
def test_what_does_not_exist_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises((UsageError, GameError), match=message):
        explain("baseline", **{"grid": TINY, "with_benchmarks": False, **arguments})


def test_two_scenarios_part_where_the_likeliest_action_differs(baseline: tuple[Model, Solution]) -> None:
    harsh = solved("baseline", {"moscow.punishing_cost": 0.0, "moscow.drift_cost": 30.0}, grid=TINY)
    found = fork(baseline, harsh, 4)
    assert found is not None
    assert found.differs
    first, second = found.probabilities[found.before], found.probabilities[found.after]
    assert first[0] > second[0]
    assert first[1] < second[1]
    assert found.month == 0
    for decision in explain_solved(*baseline, turns=[found.turn], answers=200).decisions:
        if (decision.player, decision.kind, decision.package) == (found.player, found.kind, found.package):
            assert decision.option(found.before).probability == pytest.approx(first[0])
            assert decision.sentence == found.because[0]
            return
    pytest.fail("the decision at which they part is not among those of its turn")


def test_the_largest_change_stands_in_where_no_likeliest_action_differs(baseline: tuple[Model, Solution]) -> None:
    near = solved("baseline", {"moscow.support_cost": 0.61}, grid=TINY)
    found = fork(baseline, near, 4)
    assert found is not None
    assert not found.differs
    assert (found.turn, found.player) == ("moscow", "moscow")  # its own cost moves Moscow more than anybody else
    ((_, (first, second)),) = found.probabilities.items()
    assert first != second


def test_no_fork_without_a_change_of_play(baseline: tuple[Model, Solution]) -> None:
    assert fork(baseline, baseline, 4) is None
    elsewhere = solved("baseline", {"start.contact": "isolated"}, grid=TINY)
    assert fork(baseline, elsewhere, 4) is None  # the same play, from another start


def test_a_fork_between_menus_and_tables_that_differ() -> None:
    coarse = Grid("coarse", 700, 3)
    first = solved("baseline", grid=coarse)
    for other in ("mass-release", "grand-deal-summit", "gestures-only"):
        second = solved(other, grid=coarse)
        there, back = fork(first, second, 3), fork(second, first, 3)
        assert there is not None
        assert back is not None
        assert all((*there.because, *back.because))


def test_the_walk_follows_what_is_likeliest() -> None:
    """Brussels takes its one step back, so Moscow decides where there is none."""
    played = solved("baseline", {"start.eu_relief": 1}, grid=Grid("coarse", 700, 3))
    model = played[0]
    start = int(np.argmax(model.start))
    walked = {one.key[1:3]: one for one, _ in _walk(played, played, 0, start, start)}
    assert walked["brussels", "move"].likeliest == "tighten"
    relief = {player: model.measures["eu"][walked[player, "move"].state] for player in ("brussels", "moscow")}
    assert relief == {"brussels": 1.0, "moscow": 0.0}


def test_a_fork_between_stocks_that_do_not_match_stops_there() -> None:
    first = solved("baseline", grid=Grid("coarse", 700, 2))
    smaller = {"world.prisoner_capacity": 700, "start.prisoners": 600}
    second = solved("baseline", {**smaller, "moscow.support_cost": 3.0}, grid=Grid("coarse", 700, 2))
    assert fork(first, second, 2) is None  # 1,400 held is no position of the second


def test_fewer_months_are_left_later(baseline: tuple[Model, Solution]) -> None:
    model, solution = baseline
    short = later(model, 2)
    np.testing.assert_array_equal(solve(short.game, solution.rationality).values(0), solution.values(2))
