"""Variants: the forecasts of `sim.run`, whatever the chunks and the workers; failures stay where they are."""

from __future__ import annotations

import gc
import os
import weakref

import numpy as np
import pytest

import sim
import sim.model
import sim.solver
from sim.analyse import variants
from sim.analyse.variants import OUTCOMES, Evaluator, evaluate
from sim.errors import UsageError
from tests.analyse.conftest import CLOSED, TINY

DESIGNS = [
    {"minsk.trade_value": 5.0},
    {"brussels.relief_cost.1": 1.2, "minsk.rationality": 2.0},
    {},
    {"start.prisoners": 900},
]


def payoff_of_moscow(model, solution, forward):
    return {"moscow": float(model.start @ solution.boundary[0][:, 3])}


def test_variants_are_the_forecasts_of_run(baseline) -> None:
    found = evaluate(baseline, DESIGNS, grid=TINY, months=3, jobs=1, decisions=True, measure=payoff_of_moscow)
    assert found.failed == ()
    for i, design in enumerate(DESIGNS):
        result = sim.run(baseline, design, grid=TINY, months=3)
        for name in OUTCOMES:
            assert tuple(found.outcomes[name][i].tolist()) == result.outcomes[name], name
            assert found.at(name, 3)[i] == result.at(name, 3)
        for player, value in result.payoffs.items():
            assert found.payoffs[player][i] == pytest.approx(value, rel=1e-12)
            assert found.payoffs_total[player][i] == pytest.approx(result.payoffs_total[player], rel=1e-12)
        assert found.now is not None
        assert found.now[i] == result.now
        assert found.first_deals is not None
        assert found.first_deals[i] == result.first_deals
    np.testing.assert_allclose(found.measured["moscow"], found.payoffs_total["moscow"], rtol=1e-12)


def test_rationality_for_all_overrides_each_scenarios_own(baseline) -> None:
    found = evaluate(baseline, [{"minsk.rationality": 5.0}, {}], grid=TINY, months=2, jobs=1, rationality=1.0)
    assert found.at("freed", 2)[0] == found.at("freed", 2)[1]
    assert found.at("freed", 2)[0] == sim.run(baseline, grid=TINY, months=2, rationality=1.0).at("freed", 2)


def test_a_variant_that_fails_stops_no_other(baseline) -> None:
    found = evaluate(
        baseline, [{}, {"minsk.nothing": 1}, {"start.prisoners": 5000}, {}], grid=TINY, months=1, jobs=1, decisions=True
    )
    assert [number for number, _ in found.failed] == [1, 2]
    assert "minsk.nothing" in found.failed[0][1]
    assert "start.prisoners" in found.failed[1][1]
    assert np.isnan(found.at("freed", 1)[1:3]).all()
    assert found.at("freed", 1)[0] == found.at("freed", 1)[3]
    assert found.now is not None
    assert found.now[1] == {}


@pytest.mark.slow
def test_workers_give_the_same_bits_and_report_progress(baseline) -> None:
    designs = [{"minsk.trade_value": value} for value in np.linspace(4, 12, 17).tolist()] + [{"minsk.nothing": 1}]
    alone = evaluate(baseline, designs, grid=TINY, months=4, jobs=1)
    told: list[tuple[int, int]] = []
    with Evaluator(baseline, grid=TINY, months=4, jobs=2, on_done=lambda *each: told.append(each)) as evaluator:
        side_by_side = evaluator(designs)
        again = evaluator(designs[:2])
    for name in OUTCOMES:
        np.testing.assert_array_equal(alone.outcomes[name], side_by_side.outcomes[name])
        np.testing.assert_array_equal(alone.outcomes[name][:2], again.outcomes[name])
    assert side_by_side.failed == alone.failed
    assert told[-3] == (18, 18)
    assert [done for done, _ in told[:-2]] == sorted({done for done, _ in told[:-2]})


def test_a_variant_that_fails_to_solve_leaves_the_others_of_its_chunk(baseline, monkeypatch) -> None:
    designs = ({}, {"minsk.trade_value": 5.0}, {"minsk.trade_value": 6.0})
    whole = variants.Chunk(baseline, designs, TINY, 1, None, False, None, 1)
    expected = [row.outcomes for row in variants.compute(whole)]
    real, calls = sim.solver.solve, []

    def fails_once(game, *arguments, **more):
        calls.append(game)
        if len(calls) == 2:
            raise RuntimeError("no")
        return real(game, *arguments, **more)

    monkeypatch.setattr(sim.solver, "solve", fails_once)
    rows = variants.compute(whole)
    assert [row.error for row in rows] == ["", "RuntimeError: no", ""]
    for place in (0, 2):
        np.testing.assert_array_equal(rows[place].outcomes, expected[place])


def test_a_chunk_holds_on_to_one_compiled_model(baseline, monkeypatch) -> None:
    """A model takes 40 MB on the default grid; a chunk can have 64 variants."""
    real, alive, most = sim.model.compile, weakref.WeakSet(), []

    def compiled(*arguments):
        model = real(*arguments)
        alive.add(model.game)
        gc.collect()
        most.append(len(alive))
        return model

    monkeypatch.setattr(sim.model, "compile", compiled)
    designs = tuple({"minsk.trade_value": 5.0 + number} for number in range(4))
    variants.compute(variants.Chunk(baseline, designs, TINY, 1, None, False, None, 1))
    assert len(most) == 4
    assert max(most) <= 2  # the one before may still be held while the next is made


@pytest.mark.usefixtures("closed")
def test_wrong_questions_are_refused_in_words(baseline) -> None:
    found = evaluate(baseline, [{}], grid=CLOSED, months=6, jobs=1)
    with pytest.raises(UsageError, match=r"allowed: freed, .*Did you mean prisoners\?"):
        found.at("prisoner", 1)
    with pytest.raises(UsageError, match="month: found 7; allowed: 1 to 6"):
        found.at("freed", 7)
    with pytest.raises(UsageError, match="months: found 61; allowed: 1 to 60"):
        evaluate(baseline, [{}], grid=CLOSED, months=61)
    with pytest.raises(UsageError, match="jobs: found 0"):
        evaluate(baseline, [{}], grid=CLOSED, jobs=0)


def test_no_variant_at_all(baseline, closed) -> None:
    found = evaluate(baseline, [], grid=CLOSED, jobs=1)
    assert found.at("freed", 24).shape == (0,)
    assert closed == []


def die_at_nine(model, solution, forward):
    if model.scenario.get("minsk.trade_value") == 9.0:
        os._exit(1)
    return {"alive": 1.0}


@pytest.mark.slow
def test_a_variant_that_kills_its_worker_is_told_and_stops_no_other(baseline) -> None:
    designs = [{"minsk.trade_value": float(value)} for value in range(1, 17)]
    found = evaluate(baseline, designs, grid=TINY, months=1, jobs=2, measure=die_at_nine)
    ((number, message),) = found.failed
    assert number == 8
    assert "its worker process was ended" in message
    assert np.isnan(found.measured["alive"]).tolist() == [i == 8 for i in range(16)]
