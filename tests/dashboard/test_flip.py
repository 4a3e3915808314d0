"""What would flip it: each question is the command it says; its answer is drawn; asking, waiting and stopping work."""

from __future__ import annotations

import math
import shlex
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard import state, work
from dashboard.components import flips, jobs_panel
from dashboard.keys import Key
from dashboard.views import flip as page
from sim.analyse import action_tipping, frontier, inverse, sweep, tipping, tornado
from sim.model import Grid
from sim.scenario import load
from tests.dashboard.conftest import Bench
from tests.dashboard.pages import Stand, as_printed, open_view, text

TINY = Grid("tiny", 1400, 4)
FIRST, SECOND = page.DEFAULTS
SETTINGS: dict[str, Any] = {"grid": TINY, "jobs": 1, "check": 0}


@pytest.fixture(autouse=True)
def stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stand, "made", [])
    monkeypatch.setattr(Stand, "answers", {})
    monkeypatch.setattr(jobs_panel, "Job", Stand)


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """What the commands print, worked out on a tiny grid."""
    base = load("baseline")
    one = tipping(base, FIRST, "freed", 1e6, at=4, points=4, **SETTINGS)
    middle = (float(one.scan.y.min()) + float(one.scan.y.max())) / 2
    return {
        "tornado": as_printed(tornado(base, parameters=[FIRST, SECOND], at=(4,), **SETTINGS)),
        "none": as_printed(one),
        "one": as_printed(tipping(base, FIRST, "freed", middle, at=4, points=4, **SETTINGS)),
        "turn": as_printed(action_tipping(base, FIRST, "moscow", grid=TINY, jobs=1)),
        "sweep": as_printed(
            sweep(base, {FIRST: (0.1, 0.4, 3), SECOND: (0.3, 2.0, 3)}, at=(4,), grid=TINY, jobs=1, check=0)
        ),
        "frontier": as_printed(frontier(base, FIRST, SECOND, "freed", middle, at=4, points=3, **SETTINGS)),
        "inverse": as_printed(inverse(base, "freed", 1e6, at=4, parameters=[FIRST], joint=True, points=3, **SETTINGS)),
    }


def chapter(name: str, **query: Any) -> AppTest:
    app = open_view("flip", **query)
    return app.button_group(page.CHAPTER).set_value(name).run() if name != page.WHICH else app


def asked(app: AppTest, name: str, answer: Any) -> AppTest:
    app.button(Key.JOBS.of(name)).click().run()
    assert not app.exception
    Stand.made[-1].outcome = answer
    app.run()
    assert not app.exception
    return app


def shown_command(app: AppTest) -> list[str]:
    return [code.value for code in app.code if code.value.startswith("grand-deal")]


def test_the_tornado_shows_every_swing(bench: Bench, answers: dict[str, Any]) -> None:
    app = asked(chapter(page.WHICH), "tornado", answers["tornado"])
    assert Stand.made[0].words == ("sensitivity", "-", "--method", "tornado", "--outcome", "freed", "--at", "24",
                                   "--grid", "fast", "--json")  # fmt: skip
    words = text(app)
    for row in answers["tornado"]["rows"]:
        if row["swing"]:
            assert f"{row['low']:.4g} to {row['high']:.4g}" in words
    assert words.count('class="swing"') == sum(bool(row["swing"]) for row in answers["tornado"]["rows"])


def test_no_swing_at_all_is_said(bench: Bench, answers: dict[str, Any]) -> None:
    still = {**answers["tornado"], "rows": [{**row, "swing": 0.0} for row in answers["tornado"]["rows"]]}
    assert "Nothing moves it" in text(asked(chapter(page.WHICH), "tornado", still))


def test_every_crossing_is_marked_or_none_is_said(bench: Bench, answers: dict[str, Any]) -> None:
    app = asked(chapter(page.ONE), "one", answers["none"])
    assert "No crossing." in text(app)
    assert answers["one"]["crossings"]
    Stand.answers = {"tipping": answers["one"]}
    app.number_input(f"{page.LEVEL}:freed").set_value(17.0).run()
    app.button(Key.JOBS.of("one")).click().run()
    words = text(app)
    assert "No crossing." not in words
    for crossing in answers["one"]["crossings"]:
        assert f"{crossing['value']:.4g}" in words
    assert "--level" in Stand.made[-1].words
    assert Stand.made[-1].words[Stand.made[-1].words.index("--level") + 1] == "17"


def test_the_share_of_the_ensemble_is_offered_once_the_crossing_is_known(bench: Bench, answers: dict[str, Any]) -> None:
    app = chapter(page.ONE)
    share = Key.JOBS.of("share")
    assert share not in [button.key for button in app.button]
    asked(app, "one", answers["one"])
    sentence = "Between the ends of the range the level is crossed <upwards>: so in 41% of the ensemble."
    asked(app, "share", {**answers["one"], "ensemble": {"sentence": sentence}})
    before, after = Stand.made[-2:]
    assert set(after.words) == {*before.words, "--ensemble"}
    assert sentence.replace("<", "&lt;").replace(">", "&gt;") in text(app)
    app.button_group(page.WATCH).set_value("moscow").run()
    asked(app, "one", answers["turn"])
    assert share not in [button.key for button in app.button]


def test_where_a_capital_changes_its_mind(bench: Bench, answers: dict[str, Any]) -> None:
    app = chapter(page.ONE)
    assert "summit" not in app.button_group(page.WATCH).options
    app.button_group(page.WATCH).set_value("moscow").run()
    asked(app, "one", answers["turn"])
    assert answers["turn"]["base_action"] in text(app)
    assert "--turn moscow" in shown_command(app)[0]
    switch = {"value": 0.2, "before": "tolerate", "behind": "<b>punish", "finer": False}
    switched = {**answers["turn"], "switches": [switch]}
    app.button_group(page.WATCH).set_value("us-table").run()
    asked(app, "one", switched)
    assert "--proposer minsk" in shown_command(app)[0]
    words = text(app)
    assert "&lt;b&gt;punish" in words
    assert "<b><b>punish" not in words
    assert "Not there on the finer grid: 0.2." in words


def test_two_assumptions_make_a_map_and_a_line(bench: Bench, answers: dict[str, Any]) -> None:
    app = chapter(page.TWO)
    Stand.answers = {"sweep": answers["sweep"], "tipping": answers["frontier"]}
    app.button(Key.JOBS.of("two")).click().run()
    assert not app.exception
    [chart] = app.get("vega_lite_chart")
    assert "lowest" in chart.proto.alt
    assert f"over {FIRST} and {SECOND}" in chart.proto.alt  # across and up as chosen, whatever the command's order
    assert "◆" not in text(app)
    app.button(Key.JOBS.of("line")).click().run()
    assert not app.exception
    assert "◆" in text(app)
    assert answers["frontier"]["verdict"] in text(app)


def test_the_smallest_changes_are_listed_or_none(bench: Bench, answers: dict[str, Any]) -> None:
    app = asked(chapter(page.TAKES), "inverse", answers["inverse"])
    words = text(app)
    assert answers["inverse"]["goal"] in words
    assert "No single change does it at any value looked at in its plausible range." in words
    move = {
        "parameter": FIRST,
        "unit": "points a month",
        "low": 0.1,
        "high": 0.4,
        "base": 0.25,
        "value": 0.31,
        "share": 0.2,
    }
    found = {
        **answers["inverse"],
        "flips": [{**move, "figure": 210.0, "jump": False, "finer": False}],
        "joint": {"found": True, "moves": [move], "distance": 0.2, "figure": 201.0, "finer": None, "message": "done"},
    }
    app.number_input(f"{page.LEVEL}:freed").set_value(210.0).run()
    asked(app, "inverse", found)
    words = text(app)
    assert "0.31" in words
    assert "+20%" in words
    assert "does not flip" in words
    assert "not checked" in words


def test_a_finer_grid_that_disagrees_is_told(bench: Bench, answers: dict[str, Any]) -> None:
    check = {
        "grid": "default",
        "variants": [0, 3],
        "rows": [{"outcome": "freed", "month": 4, "difference": 9.0, "relative": 0.49}],
    }
    app = asked(
        chapter(page.WHICH), "tornado", {**answers["tornado"], "check": check, "failed": [{"variant": 1, "error": "x"}]}
    )
    words = text(app)
    assert "differ by up to 49%" in words
    assert "1 variant could not be computed" in words


def test_while_it_works_the_page_goes_on_and_it_can_be_stopped(bench: Bench) -> None:
    app = chapter(page.WHICH)
    app.button(Key.JOBS.of("tornado")).click().run()
    [job] = Stand.made
    assert job.running
    assert app.button(Key.JOBS.of("tornado", "stop"))
    assert not [button for button in app.button if button.key == Key.JOBS.of("tornado")]
    app.selectbox(page.OUTCOME).set_value("prisoners").run()  # another question: the first one goes on
    assert not job.cancelled
    app.button(Key.JOBS.of("tornado")).click().run()  # until the new one is asked for
    assert job.cancelled
    app.button(Key.JOBS.of("tornado", "stop")).click().run()
    assert Stand.made[1].cancelled
    app.run()
    assert any("Stopped." in caption.value for caption in app.caption)
    assert app.button(Key.JOBS.of("tornado"))


def test_what_was_worked_out_is_kept_for_each_study(bench: Bench, answers: dict[str, Any]) -> None:
    app = asked(chapter(page.WHICH), "tornado", answers["tornado"])
    app.selectbox(Key.SCENARIO).set_value("no-buyer").run()
    assert "swing" not in text(app).partition("</style>")[2].replace(".swing", "")
    app.selectbox(Key.SCENARIO).set_value("baseline").run()
    assert 'class="swing"' in text(app)
    assert len(Stand.made) == 1


def test_what_goes_wrong_is_told(bench: Bench) -> None:
    app = asked(chapter(page.ONE), "one", "no such luck")
    assert [error.value for error in app.error] == ["This could not be worked out: no such luck"]


def test_a_session_keeps_no_more_than_so_many_answers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_panel, "KEPT", 2)
    app = chapter(page.WHICH)
    for outcome in ("freed", "prisoners", "contact"):
        app.selectbox(page.OUTCOME).set_value(outcome).run()
        app.button(Key.JOBS.of("tornado")).click().run()
    assert len(app.session_state[Key.JOBS].pieces) == 2


@pytest.mark.parametrize("name", [page.WHICH, page.ONE, page.TWO, page.TAKES])
def test_every_command_on_the_page_is_one_that_the_command_line_takes(bench: Bench, name: str) -> None:
    from sim.cli import app as program

    runner = CliRunner()
    app = chapter(name, v="1", scenario="no-buyer", set=["minsk.trade_value:11.5"])
    commands = shown_command(app)
    assert commands
    for command in commands:
        words = shlex.split(command)[1:]
        assert "minsk.trade_value=11.5" in words
        # a month that no grid has: everything before it is read and accepted
        words[words.index("--at") + 1] = "999"
        done = runner.invoke(program.app, [*words, "--grid", "1400x4"])
        assert "999" in done.stderr + done.stdout + str(done.exception), command


@pytest.mark.parametrize(("outcome", "here"), [("p_us_relief", 0.31), ("freed", 152.5), ("contact", 1.2)])
def test_the_level_offered_is_a_round_one_above_where_things_stand(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, outcome: str, here: float
) -> None:
    class Known:
        months = (24,)

        def at(self, name: str, month: int) -> float:
            return here

    monkeypatch.setattr(work.desk(), "glance", lambda scenario, lane: Known())
    monkeypatch.setattr(state, "scenario", lambda: load("baseline"))
    level = page._usual(outcome, 24)
    assert here < level < 2 * here + 1
    assert math.isclose(round(level * 20), level * 20)
    assert flips.ranged()
