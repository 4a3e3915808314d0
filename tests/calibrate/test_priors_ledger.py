"""Priors, ledgers and readings as files: what they say, and what is said of those that do not fit."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, kstest

from sim.analyse.calibration.files import shipped_tree
from sim.analyse.calibration.hypotheses import hypotheses_of, region, shipped_hypotheses
from sim.analyse.calibration.ledger import ITEMS, SIZES, ledger_of_codes, read_ledger, shipped_ledger
from sim.analyse.calibration.priors import Prior, priors_of, shipped_priors
from sim.errors import ScenarioError, UsageError
from sim.model import compile
from sim.scenario import evidence, load, parameter_info
from tests.calibrate.conftest import FEW

PRIORS = shipped_priors()


class TestPriors:
    def test_every_parameter_with_a_range_has_a_prior_over_just_that_range(self) -> None:
        found = {prior.name: prior for prior in (*PRIORS.drawn, *PRIORS.fixed)}
        ranged = {name: info for name, info in parameter_info().items() if info.low < info.high}
        rests = {"menu.recognition.us_table.washington", "menu.recognition.eu_table.brussels"}
        assert set(ranged) - set(found) == rests | {"menu.recognition.summit.brussels"}
        for name, prior in found.items():
            assert (prior.low, prior.high) == (ranged[name].low, ranged[name].high)
            assert len(prior.reason) > 10

    def test_nothing_is_recentred(self) -> None:
        """The median of every prior is the middle of its range, which was the first baseline's value."""
        for prior in PRIORS.drawn:
            if not prior.whole:
                middle = (prior.low + prior.high) / 2
                assert prior.values([0.5])[0] == pytest.approx(middle, abs=1e-5 * abs(middle))
        assert "lean towards more releases" in PRIORS.note

    @given(st.integers(0, 300), st.integers(1, 40), st.integers(0, 5))
    def test_the_first_draws_do_not_hang_on_how_many_there_are(self, first: int, count: int, seed: int) -> None:
        part = FEW.unit(first, count, seed)
        assert np.array_equal(part, FEW.unit(0, first + count + 17, seed)[first : first + count])

    def test_nor_do_those_of_all_parameters(self) -> None:
        assert np.array_equal(PRIORS.unit(1000, 5), PRIORS.unit(0, 3000)[1000:1005])

    def test_draws_spread_as_they_should(self) -> None:
        values = PRIORS.values(PRIORS.unit(0, 1024))
        for j, prior in enumerate(PRIORS.drawn):
            assert values[:, j].min() >= prior.low
            assert values[:, j].max() <= prior.high
            if not prior.whole:
                law = beta(2, 2) if prior.distribution == "hump" else beta(1, 1)
                unit = (values[:, j] - prior.low) / (prior.high - prior.low)
                assert kstest(unit, law.cdf).statistic < 0.03

    @given(st.sampled_from(PRIORS.drawn), st.integers(0, 2**30 - 1))
    def test_shares_are_the_way_back(self, prior: Prior, point: int) -> None:
        share = point / 2**30
        value = prior.values([share])
        assert prior.values(prior.share(value)) == pytest.approx(value, abs=2e-6 * max(abs(prior.low), abs(prior.high)))
        if not prior.whole:
            assert prior.share(value)[0] == pytest.approx(share, abs=1e-3)

    def test_every_draw_is_a_scenario_that_compiles(self) -> None:
        base = load("january-2025")
        corners = np.array([np.zeros(len(PRIORS.drawn)), np.ones(len(PRIORS.drawn)) - 1e-12])
        for design in PRIORS.designs(base, PRIORS.values(np.concatenate([corners, PRIORS.unit(0, 4)]))):
            compile(load(base, design), "1400x2")

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        tree = copy.deepcopy(shipped_tree("scenarios", "priors.toml"))
        tree["schema_version"] = 2
        tree["minsk"]["trade_valu"] = tree["minsk"].pop("trade_value")
        tree["minsk"]["release_cost"] = {"distribution": "normal"}
        tree["menu"]["recognition"]["us_table"]["washington"] = {"distribution": "uniform", "reason": "why not"}
        tree["world"]["arrests"]["low"] = 3
        with pytest.raises(ScenarioError) as caught:
            priors_of(tree)
        told = {problem.key: str(problem) for problem in caught.value.problems}
        assert set(told) == {
            "schema_version",
            "minsk.trade_valu",
            "minsk.trade_value",
            "minsk.release_cost.distribution",
            "minsk.release_cost.reason",
            "menu.recognition.us_table.washington",
            "world.arrests.low",
        }
        assert "Did you mean minsk.trade_value?" in told["minsk.trade_valu"]
        assert "uniform, hump, fixed" in told["minsk.release_cost.distribution"]

    def test_numbers_of_draws_that_make_no_sense(self) -> None:
        for first, count, seed in ((-1, 4, 0), (0, 2**25, 0), (0, 4, -1)):
            with pytest.raises(UsageError, match="found"):
                PRIORS.unit(first, count, seed)

    def test_reasons_do_not_change_the_hash_and_distributions_do(self) -> None:
        tree = copy.deepcopy(shipped_tree("scenarios", "priors.toml"))
        tree["minsk"]["trade_value"]["reason"] = "another reason"
        assert priors_of(tree).hash == PRIORS.hash
        tree["minsk"]["trade_value"]["distribution"] = "hump"
        assert priors_of(tree).hash != PRIORS.hash


LEDGER = """
schema_version = 1
id = "made-up"
title = "Two months that never were"
scenario = "baseline"
error = 0.01
[[month]]
month = "2101-02"
us = "unknown"
eu = { freed = "nobody", for = "relief" }
us_taken_back = false
eu_taken_back = false
punished = "unknown"
[[month]]
month = "2101-01"
us = { freed = "leader", for = "embassy" }
eu = { freed = "nobody", for = "nothing" }
us_taken_back = false
eu_taken_back = true
punished = true
freed = 3
leaders = 1
"""


class TestLedger:
    def test_it_agrees_with_the_dated_events(self) -> None:
        """Every event of the ledger in seeds/events.toml stands in its month, and with its numbers."""
        shipped = shipped_ledger()
        dated = {event.id: event for event in evidence().events if event.in_ledger}
        listed = {name: month for month in shipped.months for name in month.events}
        assert set(listed) == set(dated)
        for name, event in dated.items():
            month = listed[name]
            assert f"{event.latest:%Y-%m}" == month.month
            assert (month.freed, month.leaders) == (event.released, event.leaders)
            assert (month.us.given == "envoys") == event.contact  # type: ignore[union-attr]
        assert shipped.months[-1].month == "2025-06"
        assert sum(month.freed or 0 for month in shipped.months) == 19

    def test_one_of_your_own(self, tmp_path: Path) -> None:
        file = tmp_path / "ledger.toml"
        file.write_text(LEDGER)
        found = read_ledger(file)
        assert [month.month for month in found.months] == ["2101-01", "2101-02"]
        assert found.codes == ((10, 0, 0, 1, 1), (None, 1, 0, 0, None))

    @given(st.data())
    def test_codes_go_there_and_back(self, data: st.DataObject) -> None:
        row = st.tuples(*(st.integers(0, SIZES[item] - 1) for item in ITEMS))
        codes = tuple(data.draw(st.lists(row, min_size=1, max_size=6)))
        assert ledger_of_codes(codes, scenario="baseline", id="drawn").codes == codes

    @pytest.mark.parametrize(
        ("old", "new", "key", "allowed"),
        [
            ('"leader", for', '"lider", for', "month.2.us.UsDeal.freed", "'leader'"),
            ("punished = true", "punish = true", "month.2.punish", "the keys of this form"),
            ('"2101-02"', '"2101-05"', "whole file", "every month once and none left out"),
            ("error = 0.01", "error = 0.7", "error", "less than 0.5"),
            ("leaders = 1", "leaders = 9", "month.2", "at most as many leaders"),
            ("freed = 3\nleaders = 1", "freed = 0", "month.2", "people freed exactly where us or eu says so"),
            ("leaders = 1", "leaders = 0", "month.2", "found 0 where a leader is freed"),
            ('"leader", for', '"mass release", for', "month.2", "found 3 in a mass release; allowed: 200 or more"),
            ('"leader", for', '"prisoners", for', "month.2", "found 1 where no leader is freed"),
            ('month = "2101-01"', 'month = "January"', "month.2.month", "pattern"),
            ("schema_version = 1", "", "schema_version", "this entry is needed"),
        ],
    )
    def test_what_does_not_fit_is_said(self, tmp_path: Path, old: str, new: str, key: str, allowed: str) -> None:
        file = tmp_path / "ledger.toml"
        assert old in LEDGER
        file.write_text(LEDGER.replace(old, new))
        with pytest.raises(ScenarioError) as caught:
            read_ledger(file)
        found = [problem for problem in caught.value.problems if allowed in problem.allowed]
        assert found, str(caught.value)
        place = "1" if "2" in key and found[0].key.startswith("month.1") else "2"
        assert found[0].key == key.replace("month.2", f"month.{place}")

    def test_no_file_and_no_toml(self, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match="no such file"):
            read_ledger(tmp_path / "none.toml")
        (tmp_path / "bad.toml").write_text("= 3")
        with pytest.raises(ScenarioError, match="line 1"):
            read_ledger(tmp_path / "bad.toml")

    def test_words_do_not_change_the_hash_and_entries_do(self) -> None:
        shipped = shipped_ledger()
        tree = shipped.model_dump(mode="json", by_alias=True)
        tree["month"][0]["note"] = "told in other words"
        assert type(shipped).model_validate(tree).hash == shipped.hash
        tree["month"][0]["punished"] = True
        assert type(shipped).model_validate(tree).hash != shipped.hash


class TestHypotheses:
    def test_rival_readings_are_as_large_as_each_other_and_apart(self) -> None:
        shares = PRIORS.shares(PRIORS.values(PRIORS.unit(0, 2048)))
        for question in shipped_hypotheses(PRIORS).questions:
            sizes = [reading.share for reading in question.readings]
            assert max(sizes) == pytest.approx(min(sizes))
            inside = [region(reading, PRIORS, shares) for reading in question.readings]
            assert not np.logical_and.reduce(inside).any()
            for reading, rows in zip(question.readings, inside, strict=True):
                assert rows.mean() == pytest.approx(reading.share, abs=0.03)

    def test_what_does_not_fit_is_said(self) -> None:
        tree = copy.deepcopy(shipped_tree("seeds", "hypotheses.toml"))
        tree["question"][0]["reading"][0]["conditions"][0]["parameter"] = "moscow.drift_cots"
        with pytest.raises(ScenarioError, match=r"Did you mean moscow\.drift_cost\?"):
            hypotheses_of(tree, "mine.toml", PRIORS)
        tree = copy.deepcopy(shipped_tree("seeds", "hypotheses.toml"))
        tree["question"][0]["reading"][0]["conditions"][0] = {"parameter": "moscow.drift_cost"}
        with pytest.raises(ScenarioError, match="above, below or both"):
            hypotheses_of(tree, "mine.toml", PRIORS)
