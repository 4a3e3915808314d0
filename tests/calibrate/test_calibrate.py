"""Calibration on a coarse grid: resumed, extended, shared out; ensembles, bands, readings, what was learned."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.analyse import Evaluator
from sim.analyse.calibration import (
    Calibration,
    bands,
    calibrate,
    contests,
    ensemble_of,
    identify,
    read_ensemble,
    shipped_ensemble,
    shipped_ledger,
    shipped_priors,
    write_ensemble,
)
from sim.analyse.calibration import draws as module
from sim.analyse.calibration.ensemble import Ensemble, designs_for, ensemble_from
from sim.analyse.calibration.hypotheses import Hypotheses, bayes_factor
from sim.analyse.calibration.ledger import Ledger, ledger_of_codes
from sim.analyse.calibration.likelihood import Likelihood, log_likelihood
from sim.errors import UsageError
from sim.model import compile
from sim.scenario import Scenario, load
from sim.solver import solve
from tests.calibrate.conftest import FEW, MENU, TINY

RELEASES = ledger_of_codes(
    [(5, 0, 0, 0, 0), (0, 0, 0, 0, 0), (5, 0, 0, 0, 0)], scenario="january-2025", error=0.01, id="releases"
)


def weigh(count: int, **settings: object) -> Calibration:
    kept: dict[str, object] = {
        "ledger": RELEASES,
        "priors": FEW,
        "overrides": MENU,
        "grid": TINY,
        "jobs": 1,
        "block": 8,
    }
    return calibrate(count, **{**kept, **settings})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made() -> Calibration:
    return weigh(24)


@pytest.fixture(scope="module")
def some(made: Calibration) -> Ensemble:
    return ensemble_of(made, 12)


class TestDraws:
    def test_each_weight_is_the_probability_of_the_ledger(self, made: Calibration, january: Scenario) -> None:
        for i in (0, 23):
            design = FEW.designs(january, made.values[[i]])[0]
            model = compile(load(january, design), TINY)
            value = log_likelihood(model, solve(model.game, model.rationality, threads=1), RELEASES)
            assert made.log_likelihood[i] == value
        assert made.weights == pytest.approx(np.exp(made.log_likelihood) / np.exp(made.log_likelihood).sum())
        assert made.log_evidence == pytest.approx(np.log(np.exp(made.log_likelihood).mean()))

    def test_a_run_goes_on_where_it_stopped(self, made: Calibration, tmp_path: Path) -> None:
        class Stopped(Exception):
            pass

        def stop(done: int, of: int) -> None:
            if done > 12:
                raise Stopped

        with pytest.raises(Stopped):
            weigh(24, folder=tmp_path, on_done=stop)
        again = weigh(24, folder=tmp_path)
        assert again.reused == 8
        assert np.array_equal(again.logs, made.logs)
        assert np.array_equal(again.outcomes, made.outcomes)

    def test_a_longer_run_takes_up_a_shorter_one(self, made: Calibration, tmp_path: Path) -> None:
        weigh(4, folder=tmp_path, block=4)
        longer = weigh(8, folder=tmp_path, block=4)
        assert longer.reused == 4
        assert np.array_equal(longer.logs, made.logs[:8])

    def test_what_was_kept_for_another_ledger_or_prior_is_not_taken(self, tmp_path: Path) -> None:
        weigh(2, folder=tmp_path)
        assert weigh(2, folder=tmp_path).reused == 2
        other = RELEASES.model_copy(update={"error": 0.02})
        wider = replace(FEW, drawn=(replace(FEW.drawn[0], high=1.4), *FEW.drawn[1:]))
        for change in (
            {"ledger": other},
            {"priors": wider},
            {"seed": 1},
            {"overrides": {**MENU, "menu.leaders": False}},
        ):
            assert weigh(2, folder=tmp_path, **change).reused == 0

    def test_a_damaged_block_is_worked_out_again(self, made: Calibration, tmp_path: Path) -> None:
        weigh(4, folder=tmp_path)
        (block,) = (tmp_path / "shards").glob("*.npz")
        block.write_bytes(block.read_bytes()[:-40])
        again = weigh(4, folder=tmp_path)
        assert again.reused == 0
        assert np.array_equal(again.logs, made.logs[:4])

    @pytest.mark.slow
    def test_the_same_numbers_for_any_number_of_workers(self, made: Calibration) -> None:
        found = weigh(24, jobs=2, block=24)
        assert np.array_equal(found.logs, made.logs[:24])
        assert np.array_equal(found.outcomes, made.outcomes[:24])

    @pytest.mark.slow
    def test_the_same_numbers_on_a_cluster(self, made: Calibration) -> None:
        from sim.batch.executors import using

        with using("local:2"):
            found = weigh(24, block=6)
        assert np.array_equal(found.logs, made.logs)
        assert np.array_equal(found.outcomes, made.outcomes)

    def test_a_draw_that_fails_stops_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = Likelihood.__call__

        def breaks(self, model, solution, forward=None):  # type: ignore[no-untyped-def]
            if model.scenario.get("minsk.contact_value.envoys") > 1.2:
                raise UsageError("refused for the test")
            return whole(self, model, solution, forward)

        monkeypatch.setattr(Likelihood, "__call__", breaks)
        found = weigh(8)
        bad = [i for i in range(8) if found.values[i, 0] > 1.2]
        assert bad
        assert [number for number, _ in found.failed] == bad
        assert np.flatnonzero(np.isnan(found.log_likelihood)).tolist() == bad
        assert (found.weights[bad] == 0).all()
        assert identify(found).draws == 8

    def test_requests_that_make_no_sense(self) -> None:
        with pytest.raises(UsageError, match="draws: found 0"):
            weigh(0)

    def test_another_baseline_changes_no_hash_and_another_menu_does(self, january: Scenario) -> None:
        """Making a draw the baseline must not make the ensemble stale that it was taken from."""
        ledger, plain = shipped_ledger(), load("january-2025")
        priors = shipped_priors()
        moved = load(
            "january-2025",
            {
                "minsk.trade_value": 5.0,
                "menu.recognition.us_table.minsk": 0.4,
                "menu.recognition.us_table.washington": 0.6,
            },
        )
        assert module.hashes_of(moved, priors, ledger) == module.hashes_of(plain, priors, ledger)
        assert (
            module.hashes_of(january, priors, ledger)["settings"] != module.hashes_of(plain, priors, ledger)["settings"]
        )


class TestEnsemble:
    def test_there_and_back_through_a_file(self, some: Ensemble, tmp_path: Path) -> None:
        write_ensemble(some, tmp_path / "ensemble.json")
        found = read_ensemble(tmp_path / "ensemble.json")
        assert found.to_json() == some.to_json()
        assert some.weights.sum() == pytest.approx(1.0)
        assert some.size <= 12
        assert set(np.round(some.weights * 12, 9)) <= set(range(13))

    def test_what_is_no_ensemble_is_said(self, some: Ensemble, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no such file"):
            read_ensemble(tmp_path / "none.json")
        (tmp_path / "bad.json").write_text("[1")
        with pytest.raises(UsageError, match="cannot be read"):
            read_ensemble(tmp_path / "bad.json")
        record = json.loads(json.dumps(some.to_json()))
        record["members"][0]["weight"] += 0.1
        with pytest.raises(UsageError, match="found no ensemble"):
            ensemble_from(record, "mine")

    def test_bands_are_quantiles_of_one_forecast_a_draw(self, some: Ensemble, january: Scenario) -> None:
        found = bands(january, None, some, grid=TINY, months=2, jobs=1)
        rows = []
        with Evaluator(january, grid=TINY, months=2, jobs=1) as evaluate:
            for place in range(some.size):
                rows.append(evaluate([some.member(place)]).at("freed", 2)[0])
        order = np.argsort(rows)
        below = np.cumsum(some.weights[order])
        for level, name in ((0.1, "p10"), (0.5, "p50"), (0.9, "p90")):
            by_hand = rows[order[int(np.searchsorted(below, level - 1e-12))]]
            assert found.bands()["freed"][name][1] == pytest.approx(by_hand)
        for three in found.bands().values():
            assert (np.array(three["p10"]) <= three["p50"]).all()
            assert (np.array(three["p50"]) <= three["p90"]).all()
        assert found.medoid() in some.numbers
        assert found.share([True] * some.size) == pytest.approx(1.0)

    def test_a_change_is_made_in_every_draw(self, some: Ensemble, january: Scenario) -> None:
        for design in designs_for(load(january, {"minsk.release_cost": 0.03}), some):
            assert "minsk.release_cost" not in design
        designs = designs_for(january, some)
        # what the scenario at hand says of the menu stays too
        assert all("menu.prisoners" not in design and "minsk.release_cost" in design for design in designs)

    def test_chances_that_the_scenario_changes_keep_adding_up(self, january: Scenario) -> None:
        names = ("menu.recognition.us_table.minsk", "world.talks.active_to_stalled")
        drawn = Ensemble(names, (0,), np.ones(1), np.array([[0.6, 0.4]]), {}, "", "january-2025", "1x1", 0, 1, 1.0)
        shared = {"menu.recognition.us_table.washington": 0.8, "menu.recognition.us_table.minsk": 0.2}
        (design,) = designs_for(load(january, {**shared, "world.talks.active_to_settled": 0.7}), drawn)
        assert design == {"world.talks.active_to_stalled": pytest.approx(0.3)}

    def test_no_ensemble_no_bands(self, january: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
        from sim.analyse.calibration import spread

        monkeypatch.setattr(spread, "shipped_ensemble", lambda: None)
        with pytest.raises(UsageError, match="grand-deal calibrate --ensemble"):
            bands(january, grid=TINY)

    def test_scaling_laws_hold_in_every_draw(self, some: Ensemble, january: Scenario) -> None:
        """Payoffs of a capital times c, and its precision divided by c: the same forecast, draw by draw.

        Every payoff of Moscow's is proportional to one of its five costs and values.
        """
        costs = [f"moscow.{name}" for name in ("drift_cost", "loophole_value", "support_cost", "punishing_cost")]
        with Evaluator(january, grid=TINY, months=2, jobs=1) as evaluate:
            for place in (0, some.size - 1):
                drawn = {**some.member(place)}
                whole = load(january, drawn)
                c = 2.0
                scaled = {name: c * float(whole.get(name)) for name in costs}
                scaled["moscow.rationality"] = float(whole.get("moscow.rationality")) / c
                one, two = evaluate([drawn, {**drawn, **scaled}]).outcomes["p_punished"]
                assert one == pytest.approx(two, rel=1e-9)

    def test_the_shipped_ensemble_is_not_stale(self) -> None:
        found = shipped_ensemble()
        assert found is not None
        assert found.stale() == ()
        assert set(found.names) == set(shipped_priors().names)
        assert 150 <= found.size <= 200
        assert found.draws >= 10_000
        assert found.weights.sum() == pytest.approx(1.0)
        # each draw is the one of its number
        some = found.numbers[:3]
        unit = np.concatenate([shipped_priors().unit(number, 1, found.seed) for number in some])
        assert np.array_equal(shipped_priors().values(unit), found.values[:3])

    def test_staleness_is_seen(self, some: Ensemble) -> None:
        from sim.analyse.calibration.draws import hashes_of

        now = hashes_of(load("january-2025"), shipped_priors(), shipped_ledger())
        assert replace(some, hashes=now).stale() == ()
        assert replace(some, hashes={**now, "ledger": "another"}).stale() == ("ledger",)


class TestLearned:
    def test_a_parameter_that_decides_moves_and_one_that_does_not_stays(self) -> None:
        """Weights made by hand from one parameter: it moves, up, and nothing else visibly does."""
        count = 512
        unit = FEW.unit(0, count)
        values = FEW.values(unit)
        logs = np.stack([np.where(unit[:, 0] > 0.5, 0.0, -3.0)] * 3, axis=1)
        found = identify(
            Calibration(FEW, RELEASES, load("january-2025"), "1x1", 0, unit, values, logs, np.zeros((count, 12, 3)))
        )
        first, *rest = found.parameters
        assert first["parameter"] == FEW.names[0]
        assert first["visible"]
        assert first["shift"] > 0.5
        # the upper half of a uniform: the largest gap is just under one half
        assert first["moved"] == pytest.approx(0.5, abs=0.02)
        assert not any(row["visible"] for row in rest)
        assert "1 of 5 parameters moved visibly: minsk.contact_value.envoys up" in " ".join(found.sentences)

    def test_a_trade_off_is_named(self) -> None:
        count = 1024
        unit = FEW.unit(0, count)
        logs = -60.0 * (unit[:, [0]] + unit[:, [2]] - 1.0) ** 2
        found = identify(
            Calibration(
                FEW, RELEASES, load("january-2025"), "1x1", 0, unit, FEW.values(unit), logs, np.zeros((count, 12, 3))
            )
        )
        best = found.pairs[0]
        assert {best["first"], best["second"]} == {FEW.names[0], FEW.names[2]}
        assert best["correlation"] < -0.7
        assert [pair["visible"] for pair in found.pairs[:2]] == [True, False]
        assert "one high where the other is low" in " ".join(found.sentences)

    def test_nothing_learned_is_said(self) -> None:
        count = 256
        unit = FEW.unit(0, count)
        even = Calibration(
            FEW,
            RELEASES,
            load("january-2025"),
            "1x1",
            0,
            unit,
            FEW.values(unit),
            np.zeros((count, 3)),
            np.zeros((count, 12, 3)),
        )
        found = identify(even)
        assert found.effective == pytest.approx(count)
        assert max(row["moved"] for row in found.parameters) == pytest.approx(0.0, abs=1e-12)
        assert "None of the 5 parameters moved" in " ".join(found.sentences)
        assert "No pair" in " ".join(found.sentences)


class TestReadings:
    def test_the_factor_and_its_error_by_hand(self) -> None:
        """Half of one region explains the ledger, a quarter of the other: factor 2, log error by the delta method."""
        likelihood = np.concatenate([np.tile([1.0, 0.0], 200), np.tile([1.0, 0.0, 0.0, 0.0], 100)])
        first = np.arange(800) < 400
        found = bayes_factor(likelihood, first, ~first, resamples=4000, seed=0)
        assert found is not None
        factor, low, high = found
        assert factor == 2.0
        error = np.sqrt(0.5 / (0.5 * 400) + 0.75 / (0.25 * 400))
        assert np.log(low) == pytest.approx(np.log(2) - 1.96 * error, abs=0.05)
        assert np.log(high) == pytest.approx(np.log(2) + 1.96 * error, abs=0.05)

    def test_too_few_draws_tell_nothing(self) -> None:
        first = np.arange(100) < 10
        assert bayes_factor(np.ones(100), first, ~first, resamples=100, seed=0) is None
        assert bayes_factor(np.zeros(100), first, first, resamples=100, seed=0) is None

    @pytest.mark.parametrize(
        ("tilt", "words"), [(0.0, "hardly distinguish them"), (4.0, "speak somewhat"), (12.0, "speak very strongly")]
    )
    def test_the_sentence_says_what_the_numbers_say(self, tilt: float, words: str) -> None:
        count = 1024
        unit = FEW.unit(0, count)
        logs = np.stack([tilt * (unit[:, 0] - 0.5)] * 3, axis=1) / 3  # factors of exp(tilt / 2)
        sides = [("low", {"below": 0.5}), ("high", {"above": 0.5})]
        tree = {
            "schema_version": 1,
            "question": [
                {
                    "id": "envoys",
                    "asks": "Are envoys worth much?",
                    "reading": [
                        {"id": name, "says": f"worth {name}", "conditions": [{"parameter": FEW.names[0], **bound}]}
                        for name, bound in sides
                    ],
                }
            ],
        }
        made = Calibration(
            FEW, RELEASES, load("january-2025"), "1x1", 0, unit, FEW.values(unit), logs, np.zeros((count, 12, 3))
        )
        (found,) = contests(made, Hypotheses.model_validate(tree))
        assert words in found.sentence
        assert found.draws == (512, 512)
        assert found.low is not None
        assert found.high is not None
        assert found.factor is not None
        assert found.low <= found.factor <= found.high
        if tilt:
            assert found.factor < 1  # "low" comes first and is the worse reading
            assert "'worth high' over 'worth low'" in found.sentence

    def test_the_ledger_class_keeps_its_word(self) -> None:
        assert isinstance(RELEASES, Ledger)
