"""Freezing a forecast, scoring an invented later ledger, learning from it; and the tutorial, block by block."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.analyse.calibration import (
    Ensemble,
    log_likelihood,
    shipped_ensemble,
    shipped_ledger,
    shipped_priors,
)
from sim.analyse.calibration.backtest import backtest
from sim.analyse.calibration.draws import hashes_of
from sim.analyse.calibration.ensemble import ensemble_from
from sim.analyse.calibration.events import EVENTS, happened, told_by
from sim.analyse.calibration.freeze import freeze
from sim.analyse.calibration.frozen import Frozen, fingerprint, month_names, read_frozen, write_frozen
from sim.analyse.calibration.identify import moved, noise_of
from sim.analyse.calibration.ledger import ITEMS, SIZES, Ledger, ledger_of_codes
from sim.analyse.calibration.likelihood import log_likelihoods
from sim.errors import UsageError
from sim.model import Grid, compile
from sim.scenario import load
from sim.solver import solve

COARSE = Grid("1400x4", 1400, 4)


QUIET = (0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def frozen(drawn: Ensemble) -> Frozen:
    return freeze("baseline", drawn, "2101-11", months=2, grid=COARSE, courses=400, jobs=1)


def later(*codes: tuple[int, ...], first: str = "2101-11") -> Ledger:
    return ledger_of_codes(codes, first=first, scenario="baseline", id="invented")


class TestFreezing:
    def test_probabilities_are_those_of_the_draws_together(self, drawn: Ensemble, frozen: Frozen) -> None:
        """First month's punishment against exact probabilities, draw by draw."""
        exact = 0.0
        for place, weight in enumerate(drawn.weights):
            model = compile(load("baseline", drawn.member(place)), COARSE)
            solution = solve(model.game, model.rationality, threads=1)
            told = ((None, None, None, None, 1),)
            exact += weight * math.exp(log_likelihoods(model, solution, [told], 0.0).sum())
        assert 0.02 < exact < 0.98
        assert frozen.events["punished"][0] == pytest.approx(exact, abs=4.5 * frozen.error)
        assert frozen.error < 0.02
        assert frozen.months == ("2101-11", "2101-12")
        assert all(len(row) == 100 for row in frozen.freed)
        assert (np.diff(frozen.freed[0]) >= 0).all()

    def test_it_stays_as_it_is(self, frozen: Frozen, tmp_path: Path) -> None:
        file = tmp_path / "forecast.json"
        write_frozen(frozen, file)
        assert read_frozen(file) == frozen
        with pytest.raises(UsageError, match="found a file already"):
            write_frozen(frozen, file)
        record = json.loads(file.read_text())
        record["events"]["punished"][0] = 0.999
        file.write_text(json.dumps(record))
        with pytest.raises(UsageError, match="changed after it was frozen"):
            read_frozen(file)

    @pytest.mark.parametrize("change", [{"events": {}}, {"months": []}, {"schema_version": 9}, {"freed": [[1.0]]}])
    def test_what_is_no_forecast_is_said(self, frozen: Frozen, tmp_path: Path, change: dict[str, object]) -> None:
        file = tmp_path / "forecast.json"
        file.write_text(json.dumps({**frozen.to_json(), **change}))
        with pytest.raises(UsageError, match="grand-deal backtest --freeze"):
            read_frozen(file)

    def test_months_across_a_year(self) -> None:
        assert month_names("2101-11", 3) == ("2101-11", "2101-12", "2102-01")
        for first, count in (("2101-13", 1), ("soon", 1), ("2101-01", 0)):
            with pytest.raises(UsageError, match="found"):
                month_names(first, count)

    def test_events_of_every_entry(self) -> None:
        """Each label of the entry for Washington, and those of the others, by hand."""
        codes = np.zeros((sum(SIZES.values()), 1, len(ITEMS)), dtype=np.int64)
        row = 0
        for item, name in enumerate(ITEMS):
            for value in range(SIZES[name]):
                codes[row, 0, item] = value
                row += 1
        found = {event: np.flatnonzero(rows[:, 0]).tolist() for event, rows in happened(codes).items()}
        us, eu, flags = range(16), range(16, 24), (25, 27, 29)
        assert found == {
            "release": [*us[4:], *eu[2:]],
            "leader": [*us[8:12], *eu[4:6]],
            "mass_release": [*us[12:], *eu[6:]],
            "visit": [1, 5, 9, 13],
            "embassy": [2, 6, 10, 14],
            "us_relief": [3, 7, 11, 15],
            "eu_relief": [17, 19, 21, 23],
            "us_taken_back": [flags[0]],
            "eu_taken_back": [flags[1]],
            "punished": [flags[2]],
        }
        assert set(found) == set(EVENTS)


class TestScoring:
    def test_scores_by_hand(self, frozen: Frozen) -> None:
        sure = replace(
            frozen,
            events={**dict.fromkeys(EVENTS, (0.0, 0.0)), "release": (0.8, 0.2)},
            freed=((2.0,) * 100, (2.0,) * 50 + (4.0,) * 50),
        )
        ledger = later((4, 0, 0, 0, 0), QUIET)
        months = [
            month.model_copy(update={"freed": number}) for month, number in zip(ledger.months, (2, 0), strict=True)
        ]
        found, updated = backtest(sure, ledger.model_copy(update={"months": tuple(months)}))
        assert updated is None
        assert len(found.rows) == 20
        brier = [row["brier"]["forecast"] for row in found.rows if row["event"] == "release"]
        assert brier == pytest.approx([0.04, 0.04])
        assert found.totals["forecast"]["brier"] == pytest.approx(0.08 / 20)
        logs = [row["log"]["forecast"] for row in found.rows if row["event"] == "release"]
        assert logs == pytest.approx([-math.log(0.8)] * 2)
        assert found.totals["coin"]["log"] == pytest.approx(math.log(2))
        assert found.totals["coin"]["crps"] is None
        # certain of 2 and right; then half on 2, half on 4, and 2 it stays: (4 - 2) / 4
        assert [row["crps"]["forecast"] for row in found.counts] == pytest.approx([0.0, 0.5])
        assert [row["crps"]["no change"] for row in found.counts] == [2.0, 2.0]
        # January to June 2025: a release in four of six months, by Jeffreys' rule 4.5 of 7
        rate = next(row for row in found.rows if row["event"] == "release")["brier"]["repeat"]
        assert rate == pytest.approx((1 - 4.5 / 7) ** 2)

    def test_the_month_that_hurts_is_named_with_its_reason(self, frozen: Frozen) -> None:
        sure = replace(frozen, events=dict.fromkeys(EVENTS, (0.01, 0.01)))
        found, _ = backtest(sure, later(QUIET, (0, 0, 0, 0, 1)))
        assert found.worst[0]["month"] == "2101-12"
        assert found.worst[0]["why"].startswith("Moscow punishes Minsk: happened, given 1%")
        assert found.totals["no change"]["log"] == pytest.approx(found.totals["forecast"]["log"])
        assert "not better than" in " ".join(found.sentences)

    def test_what_the_ledger_does_not_tell_is_not_scored(self, frozen: Frozen) -> None:
        tree = later(QUIET, QUIET).model_dump(mode="json", by_alias=True)
        tree["month"][0] |= {"us": "unknown", "punished": "unknown"}
        tree["month"][1] |= {"us": "unknown", "eu": {"freed": "leader", "for": "nothing"}}
        told = told_by(Ledger.model_validate(tree))
        assert set(told[0]) == {"eu_relief", "us_taken_back", "eu_taken_back"}
        # one side tells of a leader, so that happened, whatever the other side was
        assert told[1]["leader"]
        assert told[1]["release"]
        assert "mass_release" not in told[1]

    def test_weights_learn_what_the_likelihood_says(self, drawn: Ensemble, frozen: Frozen) -> None:
        ledger = later((0, 0, 0, 0, 1), (0, 0, 0, 0, 1))
        found, updated = backtest(frozen, ledger, ensemble=drawn, grid=COARSE, jobs=1)
        logs = []
        for place in range(drawn.size):
            model = compile(load("baseline", drawn.member(place)), COARSE)
            logs.append(log_likelihood(model, solve(model.game, model.rationality, threads=1), ledger))
        by_hand = drawn.weights * np.exp(logs)
        assert updated is not None
        assert updated.weights == pytest.approx(by_hand / by_hand.sum())
        assert sum(found.predictive) == pytest.approx(math.log(by_hand.sum()))
        # two punishments in two months: draws with a cheap one gain
        assert updated.weights[2] < drawn.weights[2]
        assert found.effective is not None

    def test_what_does_not_go_together_is_said(self, drawn: Ensemble, frozen: Frozen) -> None:
        with pytest.raises(UsageError, match="allowed: months from 2101-11 on"):
            backtest(frozen, later(QUIET, first="2101-12"))
        with pytest.raises(UsageError, match="found 2101-11 to 2102-01"):
            backtest(frozen, later(QUIET, QUIET, QUIET))
        other = later(QUIET).model_copy(update={"scenario": "no-buyer"})
        with pytest.raises(UsageError, match="found scenario 'no-buyer'; allowed: 'baseline'"):
            backtest(frozen, other)
        another = replace(drawn, weights=np.array([0.2, 0.4, 0.4]))
        assert fingerprint(another) != fingerprint(drawn)
        with pytest.raises(UsageError, match="allowed: earlier ones than 2101-11"):
            backtest(frozen, later(QUIET), before=later(QUIET))

    @pytest.mark.parametrize("error", [0.01, 0.0])
    def test_scores_need_no_update(self, drawn: Ensemble, frozen: Frozen, error: float) -> None:
        """Another ensemble, or a ledger that no draw allows: the same scores, and why nothing was updated."""
        # Washington takes back relief it never gave: impossible but for an entry put down wrongly
        ledger = later((0, 0, 1, 0, 0)).model_copy(update={"error": error})
        another = drawn if error == 0.0 else replace(drawn, weights=np.array([0.2, 0.4, 0.4]))
        plain, _ = backtest(frozen, ledger)
        found, updated = backtest(frozen, ledger, ensemble=another, grid=COARSE, jobs=1)
        assert updated is None
        assert (found.totals, found.rows, found.counts) == (plain.totals, plain.rows, plain.counts)
        why = "another than the forecast was made with" if error else "none under which the ledger is possible"
        assert why in found.not_updated
        assert found.not_updated in " ".join(found.sentences)
        assert found.learned == ()

    def test_a_draw_that_weighs_nothing_goes_on_weighing_nothing(self, drawn: Ensemble) -> None:
        none = replace(drawn, weights=np.array([0.5, 0.5, 0.0]))
        made = freeze("baseline", none, "2101-11", months=1, grid=COARSE, courses=10, jobs=1)
        found, updated = backtest(made, later((0, 0, 0, 0, 1)), ensemble=none, grid=COARSE, jobs=1)
        assert updated is not None
        assert updated.weights[2] == 0.0
        assert np.isfinite(found.predictive).all()

    def test_every_month_counts_once_and_the_ensemble_says_which(self, drawn: Ensemble, frozen: Frozen) -> None:
        _, updated = backtest(frozen, later(QUIET), ensemble=drawn, grid=COARSE, jobs=1)
        assert updated is not None
        (entry,) = updated.counted
        assert entry == {"ledger": "invented", "hash": later(QUIET).hash, "first": "2101-11", "last": "2101-11"}
        assert updated.effective == pytest.approx(1 / (updated.weights**2).sum())
        assert ensemble_from(json.loads(json.dumps(updated.to_json())), "it").counted == updated.counted
        onward = replace(frozen, ensemble=fingerprint(updated))
        found, again = backtest(onward, later(QUIET), ensemble=updated, grid=COARSE, jobs=1)
        assert again is None
        assert "counted already with 'invented'" in found.not_updated
        assert updated.overlaps(later(QUIET, first="2101-12")) is None
        shipped = shipped_ensemble()
        assert shipped is not None
        assert shipped.overlaps(later(QUIET, first="2025-06")) == "january-to-june-2025"

    def test_a_scenario_of_ones_own_is_scored_and_learned_from(self, drawn: Ensemble, tmp_path: Path) -> None:
        mine = tmp_path / "mine.toml"
        mine.write_text('extends = "baseline"\n[moscow]\nsupport_cost = 0.9\n')
        changes = {"minsk.release_cost": 0.03}
        made = freeze(mine, drawn, "2101-11", months=1, overrides=changes, grid=COARSE, courses=10, jobs=1)
        write_frozen(made, tmp_path / "forecast.json")
        mine.unlink()
        kept = read_frozen(tmp_path / "forecast.json")
        for name in ("mine", "mine.toml"):
            ledger = ledger_of_codes([QUIET], first="2101-11", scenario=name, id="invented")
            found, updated = backtest(kept, ledger, ensemble=drawn, grid=COARSE, jobs=1)
            assert updated is not None, found.not_updated

    def test_the_hashes_are_those_of_the_model_that_made_it(self, drawn: Ensemble, frozen: Frozen) -> None:
        now = hashes_of(load("january-2025"), shipped_priors(), shipped_ledger())
        assert frozen.hashes["model"] == now["model"]
        assert frozen.outdated == ("model",)
        shipped = shipped_ensemble()
        assert shipped is not None
        assert shipped.outdated() == ()
        assert replace(shipped, hashes={**shipped.hashes, "settings": "0"}).outdated() == ("settings",)
        other = replace(frozen, hashes={**frozen.hashes, "model": "0"})
        words = "updated by another model than the one that made the forecast"
        for made, said in ((frozen, False), (other, True)):
            found, _ = backtest(made, later(QUIET), ensemble=drawn, grid=COARSE, jobs=1)
            assert (words in " ".join(found.sentences)) == said

    def test_a_forecast_of_an_earlier_version_is_read(self, frozen: Frozen, tmp_path: Path) -> None:
        early = replace(frozen, toml="", outdated=())
        write_frozen(early, tmp_path / "early.json")
        assert not {"toml", "outdated"} & set(json.loads((tmp_path / "early.json").read_text()))
        assert read_frozen(tmp_path / "early.json") == early

    def test_the_half_year_that_is_repeated_can_be_named(self, frozen: Frozen) -> None:
        found, _ = backtest(frozen, later(QUIET), before=later((4, 0, 0, 0, 0), first="2101-10"))
        (rate,) = [row["brier"]["repeat"] for row in found.rows if row["event"] == "release"]
        assert rate == pytest.approx((1.5 / 2) ** 2)
        assert found.before == "invented"

    def test_what_is_below_the_noise_is_not_called_learned(self) -> None:
        """Weights that depend on one parameter of three: it is seen, the others in about one case of twenty."""
        rng = np.random.default_rng(4)
        even = np.full(200, 1 / 200)
        wrong = 0
        for _ in range(40):
            values = rng.random((200, 3))
            tilted = np.exp(3 * values[:, 0])
            tilted /= tilted.sum()
            noise = noise_of(values, even, tilted)
            first, *others = [moved(column, tilted, even) for column in values.T]
            assert first > noise
            wrong += max(others) > noise
        assert wrong <= 7  # more than that has a chance below 1 in 1,000
