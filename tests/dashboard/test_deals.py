"""Deals: what the page says is what `sim.forecast.deals` computes; every package can be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from dashboard import packages
from dashboard.components import plane
from dashboard.components.deal import candidates, signed, verdict
from dashboard.keys import Key
from dashboard.views import deals as page
from sim.errors import GrandDealError, UsageError
from sim.forecast.deal_records import Deals
from sim.forecast.deals import deals_of
from sim.model.position import position
from sim.scenario import Scenario, load
from tests.dashboard.conftest import TINY, Bench
from tests.dashboard.pages import open_view, text


@pytest.fixture(scope="module")
def found() -> Deals:
    model, solution = import_module("sim.forecast.run").solved(load("baseline"), grid=TINY["fast"], threads=1)
    return deals_of(model, solution, position(model), month=0)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    page._deals.clear()
    yield
    page._deals.clear()


def test_a_package_is_told_like_those_of_the_frontier(found: Deals) -> None:
    told = [deal for deal in found.top if deal.index is not None]
    assert told
    for deal in told:
        again = packages.deal_at(found, deal.index or 0)
        for name in (
            "label",
            "contents",
            "gains",
            "shares",
            "punished",
            "efficient",
            "efficient_all",
            "blockers",
            "hurt",
        ):
            assert getattr(again, name) == getattr(deal, name), name
        assert again.sweeteners == deal.sweeteners


@pytest.mark.parametrize("row", [-1, 10**6])
def test_a_package_that_is_not_there_is_refused(found: Deals, row: int) -> None:
    with pytest.raises(UsageError, match="package: found"):
        packages.deal_at(found, row)


def test_the_same_package_is_found_again_on_another_grid(found: Deals) -> None:
    contents = found.arrays.contents
    for row in range(1, len(contents), 7):
        assert packages.nearest(found, tuple(contents[row].tolist())) == row
    moved = contents[1] + np.array([3.0, 0, 0, 0, 0, 0])
    near = packages.nearest(found, tuple(moved.tolist()))
    assert np.array_equal(contents[near, 1:], contents[1, 1:])
    assert packages.nearest(found, (0.0, 9.0, 0.0, 0.0, 0.0, 0.0)) == 0


def test_every_package_can_be_put_together_part_by_part(found: Deals) -> None:
    contents = found.arrays.contents
    for row in range(1, len(contents), 97):
        at = candidates(found)[0]
        for _ in range(3):  # a part chosen last may move another that was chosen before
            for place in range(contents.shape[1]):
                at = packages.with_part(found, at, place, float(contents[row, place]))
                assert at > 0
                assert contents[at, place] == contents[row, place]
        assert at == row
    for place in range(contents.shape[1]):
        levels = packages.levels(found, place)
        assert levels == sorted(set(contents[:, place].tolist()))


def test_a_package_put_together_is_shown(bench: Bench, found: Deals) -> None:
    app = open_view("deals")
    first = packages.deal_at(found, candidates(found)[0])
    wanted = next(n for n in packages.levels(found, 0) if n not in (0.0, first.contents["prisoners"]))
    app.selectbox(page.PART + page.PARTS[0]).set_value(wanted).run()
    assert not app.exception
    row = packages.with_part(found, candidates(found)[0], 0, wanted)
    assert app.selectbox(page.LIST).value == row
    assert signed(packages.deal_at(found, row).gains["minsk"]) in text(app)


def test_the_verdict_names_who_blocks_and_what_moscow_does(found: Deals) -> None:
    rows = range(1, len(found.arrays.gains))
    blocked = next(packages.deal_at(found, row) for row in rows if (found.arrays.signed[row] < 0).any())
    said = verdict(found, blocked)
    assert said.startswith("Blocked by ")
    for name in blocked.blockers:
        assert name.capitalize() in said.partition("Moscow punishes")[0]
    agreed = [row for row in rows if (found.arrays.signed[row] >= 0).all()]
    if agreed:
        assert verdict(found, packages.deal_at(found, agreed[0])).startswith("Everybody who must sign")


def test_the_plane_shows_every_package_in_view_and_who_gains(found: Deals) -> None:
    drawn = found.plane("minsk", "washington", plane.MOST)
    box = plane.whole(found, drawn)
    assert box is not None
    columns = plane.points(found, drawn, box)
    assert sorted(columns["index"]) == list(range(1, len(found.arrays.gains)))
    for row, kind in zip(columns["index"], columns["kind"], strict=True):
        gains = found.arrays.gains[row]
        assert (kind == plane.KINDS[0]) == bool((gains > 0).all())
    near = plane.near(found, drawn)
    assert near is not None
    for x, y in drawn.named.values():
        assert near[0] <= x <= near[1]
        assert near[2] <= y <= near[3]
    assert near[0] < 0 < near[1]
    assert near[2] < 0 < near[3]


def test_a_plane_of_very_many_packages_is_binned(found: Deals) -> None:
    drawn = found.plane("minsk", "washington", 10)
    box = plane.whole(found, drawn)
    assert box is not None
    spec = plane.specification(found, drawn, None, box)
    assert "points" not in spec["datasets"]
    assert sum(cell["count"] for cell in spec["datasets"]["cells"]) == len(found.arrays.gains)


@pytest.mark.parametrize(("value", "shown"), [(1.234, "+1.23"), (-0.5, "−0.50"), (0.0, "0.00"), (-0.001, "0.00")])
def test_gains_carry_their_sign(value: float, shown: str) -> None:
    assert signed(value) == shown


def test_the_page_tells_the_deals_of_the_scenario(bench: Bench, found: Deals) -> None:
    app = open_view("deals")
    words = text(app)
    assert f"of {found.packages:,}" in words.lower()
    assert "predicts nothing" in words
    assert "grand-deal deals baseline --grid fast" in words
    rows = candidates(found)
    assert app.selectbox(page.LIST).options == [packages.label(found, row) for row in rows]
    first = packages.deal_at(found, rows[0])
    assert signed(first.gains["brussels"]) in words
    [chart] = app.get("vega_lite_chart")
    assert chart.proto.alt == plane.told(found, found.plane("minsk", "washington", plane.MOST))


def test_another_package_is_shown_when_it_is_chosen(bench: Bench, found: Deals) -> None:
    app = open_view("deals")
    rows = candidates(found)
    for row in rows[:4]:
        app.selectbox(page.LIST).set_value(row).run()
        assert not app.exception
        assert app.selectbox(page.LIST).value == row
        assert all(signed(gain) in text(app) for gain in packages.deal_at(found, row).gains.values())


def test_two_axes_never_show_the_same_capital(bench: Bench) -> None:
    app = open_view("deals")
    app.selectbox(page.ACROSS).set_value("washington").run()
    assert not app.exception
    assert (app.selectbox(page.ACROSS).value, app.selectbox(page.UP).value) == ("washington", "minsk")
    app.selectbox(page.UP).set_value("moscow").run()
    app.selectbox(page.UP).set_value("washington").run()
    assert (app.selectbox(page.ACROSS).value, app.selectbox(page.UP).value) == ("moscow", "washington")


def test_another_position_has_other_deals_and_the_command_says_so(bench: Bench) -> None:
    app = open_view("deals")
    app.slider(Key.DEALS.of("dial", "leaders")).set_value(0).run()
    app.slider(page.MONTH).set_value(3).run()
    assert not app.exception
    words = text(app)
    assert "0 leaders held" in words or "no leaders held" in words
    assert "--month 3 --state leaders=0" in words
    app.button(Key.DEALS.of("start")).click().run()
    assert "--state" not in text(app)


def test_where_nothing_is_left_to_give_the_page_says_so(bench: Bench) -> None:
    dials: dict[str, Any] = {"prisoners": 0, "leaders": 0, "us_relief": 3, "eu_relief": 2}
    app = open_view("deals")
    for name, value in dials.items():
        app.slider(Key.DEALS.of("dial", name)).set_value(value)
    app.button_group(Key.DEALS.of("dial", "contact")).set_value("embassy")
    app.run()
    assert not app.exception
    assert "No deal to look at" in text(app)


def test_what_goes_wrong_is_told_and_the_controls_stay(bench: Bench) -> None:
    def fail(scenario: Scenario) -> None:
        raise GrandDealError("the abacus is out of order")

    bench.failing = fail
    app = open_view("deals")
    assert [error.value for error in app.error] == ["the abacus is out of order"]
    assert app.slider(page.MONTH).value == 0


def test_another_scenario_begins_at_its_own_start(bench: Bench) -> None:
    app = open_view("deals")
    app.slider(Key.DEALS.of("dial", "prisoners")).set_value(280).run()
    assert "prisoners=280" in text(app)
    app.selectbox(Key.SCENARIO).set_value("january-2025").run()
    assert not app.exception
    assert "--state" not in text(app)
    assert app.slider(Key.DEALS.of("dial", "leaders")).value == int(load("january-2025").start.leaders)
