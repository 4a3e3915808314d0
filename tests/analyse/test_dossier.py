"""The dossier: everything from one solution agrees with the single analyses, and its page can be drawn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sim.analyse import dossier as module
from sim.analyse.dossier import BRIEF, LONG, QUICK, SECTIONS, USUAL, Dossier, dossier, sections_of
from sim.analyse.planes import windows
from sim.errors import GrandDealError, ScenarioError, UsageError
from sim.model import Grid
from sim.report import render
from sim.scenario import load

TINY = Grid("tiny", 700, 4)
MANIFEST = {"command": "grand-deal report baseline", "scenarios": []}


@pytest.fixture(scope="module")
def told() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def quick(told: list[tuple[str, int, int]]) -> Dossier:
    return dossier("baseline", sections=QUICK, grid=TINY, jobs=1, tell=lambda *step: told.append(step))


class TestQuick:
    def test_sections_are_all_there_are(self) -> None:
        assert set(USUAL) | set(LONG) == set(SECTIONS)
        assert not set(USUAL) & set(LONG)
        assert set(QUICK) < set(USUAL)
        assert set(BRIEF) <= set(SECTIONS)

    def test_numbers_are_those_of_the_single_analyses(self, quick: Dossier) -> None:
        from sim.forecast import run
        from sim.forecast.deals import deals
        from sim.forecast.explain import explain
        from sim.forecast.stability import stability
        from sim.play.concession import concession

        assert quick.forecast == run("baseline", grid=TINY, months=4)
        assert quick.explanation == explain("baseline", grid=TINY)
        assert quick.deals == deals("baseline", grid=TINY)
        assert quick.path == concession("baseline", grid=TINY, months=4)
        assert quick.stability is not None
        assert quick.stability.to_json() == stability("baseline", grid=TINY).to_json()
        assert quick.missing == {}

    def test_what_was_not_asked_for_is_not_computed(self, quick: Dossier, told: list[tuple[str, int, int]]) -> None:
        assert (quick.tornado, quick.inverse, quick.power, quick.claims, quick.tipping) == (None, None, None, None, ())
        assert [what for what, _, _ in told] == ["forecast", "why", "sure", "deals", "path", "stability"]

    def test_other_grids_are_forecast_on_their_own(self, quick: Dossier) -> None:
        from sim.forecast import run

        finer, longer = quick.grids
        assert (finer.grid, longer.grid) == ("350x4", "700x8")
        for row, grid in ((finer, Grid("half", 350, 4)), (longer, Grid("long", 700, 8))):
            expected = run("baseline", grid=grid, months=4)
            for name, value in row.there.items():
                assert value == pytest.approx(expected.outcomes[name][-1], rel=1e-9, abs=1e-12)
            assert row.here["prisoners"] == quick.forecast.outcomes["prisoners"][-1]

    def test_the_question_is_whether_fewer_are_held_than_now(self, quick: Dossier) -> None:
        asked = quick.question
        assert (asked.outcome, asked.unit, asked.month, asked.level) == ("prisoners", "persons", 4, 1120.0)

    def test_every_parameter_is_sourced(self, quick: Dossier) -> None:
        from sim.scenario import parameter_info

        rows = {row.name: row for row in quick.sources}
        assert set(rows) == set(parameter_info())
        assert all((row.source == "assumption") == (not row.paragraphs) for row in rows.values())
        assert all(row.says for row in rows.values() if row.paragraphs)
        assert rows["minsk.release_cost"].unit == "points per person"

    def test_a_value_that_the_scenario_sets_is_told_apart(self) -> None:
        found = dossier("baseline", {"minsk.trade_value": 11}, sections=["sources"], grid=TINY)
        (row,) = (row for row in found.sources if row.name == "minsk.trade_value")
        assert (row.value, row.shipped) == (11, load("baseline").get("minsk.trade_value"))

    def test_its_pages_can_be_drawn_from_json(self, quick: Dossier) -> None:
        record = json.loads(json.dumps(quick.to_json(), allow_nan=False))
        text = render([quick.forecast], MANIFEST, dossier=record)
        for section in QUICK:
            assert f'id="a-{section}"' in text
        assert "could not be computed" not in text
        brief = render([quick.forecast], MANIFEST, dossier=record, brief=True)
        assert brief.count('class="sheet"') == 2


class TestPlanes:
    def test_every_package_is_inside_or_counted_outside(self, quick: Dossier) -> None:
        assert quick.deals is not None
        for window in quick.planes:
            assert window.inside + window.outside == quick.deals.packages
            assert window.points is not None
            assert len(window.points["x"]) == window.inside
            assert all(window.x[0] <= x <= window.x[1] for x in window.points["x"])

    def test_no_deal_and_named_deals_lie_inside(self, quick: Dossier) -> None:
        for window in quick.planes:
            for x, y in [(0.0, 0.0), *window.named.values()]:
                assert window.x[0] < x < window.x[1]
                assert window.y[0] < y < window.y[1]

    def test_binned_above_a_number_of_packages(self, quick: Dossier) -> None:
        assert quick.deals is not None
        for window, points in zip(windows(quick.deals, 0), quick.planes, strict=True):
            assert window.points is None
            assert window.bins is not None
            assert sum(window.bins["count"]) == points.inside
            assert points.points is not None
            assert sum(window.bins["all_four"]) == sum(points.points["all_four"])
            assert np.all(np.array(window.bins["x2"]) > window.bins["x"])


class TestAsked:
    def test_sections_in_the_order_of_the_page(self) -> None:
        assert sections_of(["sources", "why"]) == ("why", "sources")

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["wy"], "section: found 'wy'; allowed: why, .*did you mean 'why'"),
            ([], "section: found none"),
        ],
    )
    def test_sections_that_are_not(self, names: list[str], message: str) -> None:
        with pytest.raises(UsageError, match=message):
            dossier("baseline", sections=names, grid=TINY)

    def test_an_outcome_that_is_not(self) -> None:
        with pytest.raises(UsageError, match="outcome"):
            dossier("baseline", sections=["people"], outcome="freedom", grid=TINY)

    def test_a_level_of_its_own(self) -> None:
        found = dossier("baseline", sections=["people"], outcome="p_eu_relief", grid=TINY)
        assert found.question.level == 0.5
        assert dossier("baseline", sections=["people"], level=900, grid=TINY).question.level == 900

    def test_what_fails_leaves_a_reason_and_the_rest_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any) -> None:
            raise GrandDealError("no such luck")

        monkeypatch.setattr(module, "_stability", broken)
        found = dossier("baseline", sections=["stability", "path"], grid=TINY)
        assert found.missing == {"stability": "no such luck"}
        assert found.stability is None
        assert found.path is not None
        assert "no such luck" in render([found.forecast], MANIFEST, dossier=found.to_json())

    @pytest.mark.parametrize(
        ("step", "lacking"), [("flips", ["flip", "evidence"]), ("swings", ["flip", "sweep", "sobol", "evidence"])]
    )
    def test_all_sections_of_one_computation_say_why(
        self, monkeypatch: pytest.MonkeyPatch, step: str, lacking: list[str]
    ) -> None:
        def broken(*_: Any) -> None:
            raise GrandDealError("no such luck")

        monkeypatch.setattr(module, "swings", lambda *_: None)
        monkeypatch.setattr(module, step, broken)
        found = dossier("baseline", sections=lacking, grid=TINY)
        assert found.missing == dict.fromkeys(lacking, "no such luck")
        assert render([found.forecast], MANIFEST, dossier=found.to_json()).count("no such luck") == len(lacking)

    def test_a_scenario_that_does_not_make_sense_stops_it(self) -> None:
        with pytest.raises(ScenarioError):
            dossier("baseline", {"minsk.discount": 7}, sections=QUICK, grid=TINY)

    def test_many_variants_run_on_a_coarser_grid(self) -> None:
        fine = Grid("fine", 560, 4)
        found = dossier("baseline", sections=["sure"], grid=fine, ensemble=TINY)
        assert found.ensemble == "tiny"
        assert [row.what for row in found.grids] == [
            "prisoners counted in lots of 700 instead of 560",
            "8 months played instead of 4",
        ]
        assert dossier("baseline", sections=["people"], grid=TINY, ensemble=fine).ensemble == "tiny"


@pytest.fixture(scope="module")
def full() -> Dossier:
    return dossier("baseline", sections=SECTIONS, level=1100, months=2, grid=Grid("tiny", 700, 3), jobs=1)


@pytest.mark.slow
class TestFull:
    def test_flips_agree_with_the_curves(self, full: Dossier) -> None:
        assert full.inverse is not None
        assert full.tornado is not None
        assert full.inverse.base_figure == pytest.approx(full.forecast.outcomes["prisoners"][-1])
        assert len(full.tipping) == 4
        assert "world.prisoner_capacity" not in {row["parameter"] for row in full.tornado.rows}
        by_name = {flip.move.parameter: flip.move.value for flip in full.inverse.flips}
        for found in full.tipping:
            values = [crossing.value for crossing in found.scan.crossings]
            if found.parameter.name in by_name:
                assert min(abs(value - by_name[found.parameter.name]) for value in values) < 0.02 * (
                    found.parameter.high - found.parameter.low
                )

    def test_sweeps_and_shares_are_of_the_widest_swings(self, full: Dossier) -> None:
        assert full.tornado is not None
        assert full.sobol is not None
        widest = [row["parameter"] for row in full.tornado.rows if row["outcome"] == "prisoners"]
        one, two = full.sweeps
        assert [axis.name for axis in one.axes] == widest[:1]
        assert {axis.name for axis in two.axes} == set(widest[:2])
        assert one.months == (1, 2)
        (row,) = (row for row in full.tornado.rows if (row["outcome"], row["parameter"]) == ("prisoners", widest[0]))
        last = [
            figure for figure, month in zip(one.columns["prisoners"], one.columns["month"], strict=True) if month == 2
        ]
        assert (last[0], last[-1]) == pytest.approx((row["at_low"], row["at_high"]))
        assert {row["parameter"] for row in full.sobol.rows} == set(widest[:6])

    def test_the_box_is_of_the_other_answer(self, full: Dossier) -> None:
        assert full.discovery is not None
        here = full.forecast.outcomes["prisoners"][-1]
        other = full.discovery.above if here < 1100 else full.discovery.below
        assert other == 1100
        assert "world.prisoner_capacity" not in {row["parameter"] for row in full.discovery.parameters}

    def test_claims_that_need_two_years_say_so(self, full: Dossier) -> None:
        assert full.claims is None
        assert "24" in full.missing["claims"]

    def test_the_whole_page_can_be_drawn(self, full: Dossier) -> None:
        record = json.loads(json.dumps(full.to_json(), allow_nan=False))
        text = render([full.forecast], MANIFEST, dossier=record)
        for section in SECTIONS:
            assert f'id="a-{section}"' in text
        assert text.count("could not be computed") == 1

    def test_claims_with_their_figures_can_be_drawn(self) -> None:
        found = dossier("baseline", sections=["claims"], grid=Grid("tiny", 700, 24), jobs=1)
        assert found.claims is not None
        text = render([found.forecast], MANIFEST, dossier=json.loads(json.dumps(found.to_json(), allow_nan=False)))
        assert all(row.shows.split()[0] in text for row in found.claims.findings)

    def test_another_scenario(self) -> None:
        found = dossier(load("no-buyer"), sections=QUICK, grid=TINY)
        assert found.missing == {}
        assert 'id="a-deals"' in render([found.forecast], MANIFEST, dossier=found.to_json())
