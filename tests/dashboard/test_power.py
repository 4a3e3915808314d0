"""Power and stability: what the page says is what the analyses compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.components import graph, jobs_panel, together
from dashboard.keys import Key
from dashboard.views import power as page
from sim.forecast.power import power
from sim.forecast.stability import StabilityResult, stability
from sim.model import Grid
from sim.scenario import load
from tests.dashboard.conftest import Bench
from tests.dashboard.pages import Stand, as_printed, open_view, text


@pytest.fixture(autouse=True)
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Stand, "made", [])
    monkeypatch.setattr(Stand, "answers", {})
    monkeypatch.setattr(jobs_panel, "Job", Stand)
    page._judged.clear()
    page._turned.clear()
    yield
    page._judged.clear()
    page._turned.clear()


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return as_printed(power(load("baseline"), grid=Grid("tiny", 1400, 4), months=4, sharp=False, threads=1))


@pytest.fixture(scope="module")
def map_() -> StabilityResult:
    return stability("baseline", grid=Grid("fast", 1400, 24))


def test_each_alone_says_who_could_change_most(bench: Bench, found: dict[str, Any]) -> None:
    app = open_view("power")
    app.button(Key.JOBS.of("power")).click().run()
    assert Stand.made[0].words == page.COMMAND
    Stand.made[0].outcome = found
    app.run()
    words = text(app)
    most = max(found["alone"], key=lambda row: abs(row["changes"]["freed"]))
    if abs(most["changes"]["freed"]) >= 0.5:
        assert f"{most['capital'].capitalize()} could change most" in words
    for row in found["alone"]:
        assert together.change(row["changes"]["freed"], "persons") in words
    assert "grand-deal power baseline --grid fast --no-sharp" in words


def test_a_change_that_is_none_is_said_so(bench: Bench, found: dict[str, Any]) -> None:
    still = {**found, "alone": [{**row, "changes": dict.fromkeys(row["changes"], 0.0)} for row in found["alone"]]}
    Stand.answers = {"power": still}
    app = open_view("power")
    app.button(Key.JOBS.of("power")).click().run()
    assert "No capital alone changes this outcome" in text(app)


def test_several_as_one_are_ranked_and_need_no_second_run(bench: Bench, found: dict[str, Any]) -> None:
    Stand.answers = {"power": found}
    app = open_view("power")
    app.button(Key.JOBS.of("power")).click().run()
    app.button_group(page.CHAPTER).set_value(page.TOGETHER).run()
    assert not app.exception
    assert len(Stand.made) == 1
    words = text(app)
    groups = [item for item in found["own"]["coalitions"] if len(item["capitals"]) > 1]
    places = [
        words.index(f"</span> {together._names(g['capitals'])}</th>")
        for g in sorted(groups, key=lambda g: -g["outcomes"]["freed"])
    ]
    assert places == sorted(places)
    assert "no common unit" in words
    shares = {"minsk": 0.2, "washington": 0.1, "brussels": 0.1, "moscow": -0.3}
    Stand.answers = {"power": {**found, "own": {**found["own"], "pivotal": dict.fromkeys(shares, 0.0)}}}
    app.selectbox(Key.SCENARIO).set_value("mass-release").run()
    app.button(Key.JOBS.of("power")).click().run()
    assert "Nothing to share out" in text(app)
    Stand.answers = {"power": {**found, "own": {**found["own"], "pivotal": shares}}}
    app.selectbox(Key.SCENARIO).set_value("no-buyer").run()
    app.button(Key.JOBS.of("power")).click().run()
    assert "−30 pts" in text(app)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.123, "probability", "+12 pts"),
        (-0.001, "share", "no change"),
        (-251.7, "persons", "−252"),
        (0.4, "persons", "no change"),
        (1.234, "steps of 3", "+1.23"),
    ],
)
def test_changes_carry_their_sign_and_unit(value: float, unit: str, shown: str) -> None:
    assert together.change(value, unit) == shown


def test_the_map_says_which_positions_stay_put(map_: StabilityResult) -> None:
    verdicts = map_.verdicts.together
    for s in range(len(map_.settings)):
        expected = (
            graph.KINDS[0]
            if verdicts["nash"][s]
            else graph.KINDS[1]
            if verdicts["seq"][s]
            else graph.KINDS[2]
            if verdicts["gmr"][s] or verdicts["smr"][s]
            else graph.KINDS[3]
        )
        assert graph.kind(map_, s) == expected
    held = [(p, n) for p in map_.levels["prisoners"] for n in map_.levels["leaders"]]
    places = {(row["x"], row["y"]) for row in (graph._place(map_, s, held) for s in range(len(map_.settings)))}
    assert len(places) == len(map_.settings)  # no position hides another


def test_the_page_tells_why_a_position_stays_or_not(bench: Bench, map_: StabilityResult) -> None:
    app = open_view("power")
    app.button_group(page.CHAPTER).set_value(page.STABLE).run()
    assert not app.exception
    assert app.selectbox(page.PLACE).value == map_.graph.states[map_.start]
    for s in (map_.start, map_.grand_deal()):
        app.selectbox(page.PLACE).set_value(map_.graph.states[s]).run()
        assert not app.exception
        words = text(app).replace("&#x27;", "'")
        for reason in map_.reasons(s, "seq").values():
            assert reason in words
        assert f"grand-deal stability baseline --grid fast --state prisoners={map_.settings[s]['prisoners']}" in words
    app.button_group(page.CONCEPT).set_value("nash").run()
    words = text(app).replace("&#x27;", "'")
    for reason in map_.reasons(map_.grand_deal(), "nash").values():
        assert reason in words


def test_every_position_can_be_reached_dial_by_dial(bench: Bench, map_: StabilityResult) -> None:
    app = open_view("power")
    app.button_group(page.CHAPTER).set_value(page.STABLE).run()
    wanted = map_.settings[-1]
    for name, value in wanted.items():
        app.selectbox(f"{page.DIAL}:{name}").set_value(value).run()
        assert not app.exception
    assert app.selectbox(page.PLACE).value == map_.graph.states[-1]


@pytest.mark.parametrize(
    ("points", "month", "shown"),
    [
        (0.0004, 0.0, "next to nothing more to it (less than 0.05 points in all)"),
        (0.31, 0.0031, "0.3 points more to it, that is less than 0.01 a month for ever"),
        (12.34, 0.5, "12.3 points more to it, that is 0.50 a month for ever"),
    ],
)
def test_little_is_not_written_as_nothing(points: float, month: float, shown: str) -> None:
    assert graph.more(points, month) == shown


def test_before_work_the_page_says_what_will_come(bench: Bench, found: dict[str, Any]) -> None:
    app = open_view("power")
    assert page.COMING[page.ALONE].replace("'", "&#x27;") in text(app)
    app.button(Key.JOBS.of("power")).click().run()
    Stand.made[0].outcome = found
    app.run()
    assert "What will stand here" not in text(app)
