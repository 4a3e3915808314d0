"""Explore, driven by its widgets' keys: what is set is what is computed, shown, linked and undone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import work
from dashboard.components import headline as head
from dashboard.components.headline import PROVISIONAL
from dashboard.components.tour import STEPS
from dashboard.keys import Key
from dashboard.study import BASELINE, Study, names
from dashboard.views import explore
from dashboard.work import DEFAULT, WHY, Early
from sim.errors import UsageError
from sim.forecast.bands import kept_bands
from sim.forecast.result import OUTCOME_LABELS
from sim.report.words import persons
from sim.scenario import Scenario, catalogue, load
from tests.dashboard.conftest import TINY, WAIT, Bench, expected, figures, page_text

Open = Callable[..., AppTest]
TRADE = Key.PARAMETER.of("minsk.trade_value")
BUYER = {"v": "1", "scenario": "no-buyer"}


def test_the_first_screen_answers_the_baseline(open_page: Open) -> None:
    app = open_page()
    assert figures(app) == expected(Study())
    text = page_text(app)
    kept = kept_bands(load(BASELINE), 24)
    assert kept is not None
    freed = [persons(kept["freed"][level][-1]) for level in ("p10", "p90")]
    assert next(metric.delta for metric in app.metric) == " to ".join(freed)
    assert all(" to " in metric.delta for metric in app.metric)
    assert "p10 to p90 of the ensemble" in text
    assert not [button for button in app.button if button.key == Key.JOBS.of("bands")]
    assert catalogue()[0].question.replace("'", "&#x27;") in text
    assert "predicts nothing" in text
    assert f"0 of {len(names())} changed" in text
    assert app.query_params == {}


def test_moving_a_slider_moves_the_answer_the_link_and_the_mark(open_page: Open) -> None:
    app = open_page()
    app.slider(TRADE).set_value(12.0).run()
    assert not app.exception
    study = Study(BASELINE, (("minsk.trade_value", 12.0),))
    assert figures(app) == expected(study)
    assert figures(app) != expected(Study())
    assert app.query_params == {"v": "1", "scenario": BASELINE, "set": "minsk.trade_value:12.0"}
    assert "1 of 89 changed: minsk.trade_value" in page_text(app)
    assert app.slider(TRADE).label.startswith("◂ ")
    assert f"was {load(BASELINE).get('minsk.trade_value'):g}" in app.slider(TRADE).label
    assert any(metric.delta != "no change" for metric in app.metric)
    assert not any(" to " in metric.delta for metric in app.metric)  # the bands that ship are of other payoffs

    app.button(Key.UNDO).click().run()
    assert figures(app) == expected(Study())
    assert app.slider(TRADE).value == load(BASELINE).get("minsk.trade_value")
    assert not app.slider(TRADE).label.startswith("◂ ")
    app.button(Key.REDO).click().run()
    assert figures(app) == expected(study)
    app.button(Key.RESET).click().run()
    assert figures(app) == expected(Study())
    app.button(Key.UNDO).click().run()
    assert app.slider(TRADE).value == 12.0


def test_a_link_opens_what_it_names(open_page: Open) -> None:
    app = open_page(v="1", scenario="no-buyer", set=["minsk.trade_value:11.0", "menu.summit:true"], month="6")
    study = Study("no-buyer").with_changes({"minsk.trade_value": 11.0, "menu.summit": True})
    assert figures(app) == expected(study, month=6)
    assert "minsk.trade_value" in page_text(app)
    assert Key.TOUR.of("next") not in [button.key for button in app.button]  # whoever has a link has been here


def test_a_bad_link_is_told_and_the_rest_of_it_shown(open_page: Open) -> None:
    app = open_page(v="1", scenario="no-buyer", set=["minsk.trade_value:11.0", "minsk.trade_valu:2", "x"], month="99")
    told = "\n".join(warning.value for warning in app.warning)
    assert "trade_valu'" in told
    assert "'x'" in told
    assert "'99'" in told
    assert figures(app) == expected(Study("no-buyer", (("minsk.trade_value", 11.0),)))
    app.run()
    assert app.warning, "the page is drawn anew by itself; what it told must not vanish with that"
    app.button(Key.NOTES.of("dismiss")).click().run()
    assert not app.warning


def test_what_was_refused_is_gone_when_the_study_moves_on(open_page: Open) -> None:
    app = open_page(v="1", scenario="no-buyer", month="99")
    assert app.warning
    app.slider(TRADE).set_value(12.0).run()
    assert not app.warning


@pytest.mark.parametrize("text", ["![x](http://e.x/a.png)", "[x](http://e.x)", "<img src=x>", "$x$", ":red[x]", "`x`"])
def test_words_of_a_link_are_shown_as_text(open_page: Open, text: str) -> None:
    app = open_page(
        v="1", scenario=text, set=f"{text}:1", b_scenario=BASELINE, b_title=text, b_set="minsk.discount:0.9"
    )
    shown = [app.warning[0].value, *(str(app.button(key).help) for key in (Key.SWAP,))]
    for value in shown:
        marks = re.findall(r"(?<!\\)(?:\\\\)*[\[\]<>!$`]", value)
        assert not marks, value


def test_the_browsers_way_back_is_followed(open_page: Open) -> None:
    app = open_page()
    app.slider(TRADE).set_value(12.0).run()
    app.slider(TRADE).set_value(5.0).run()
    app.query_params = {"v": "1", "scenario": BASELINE, "set": "minsk.trade_value:12.0"}
    app.run()
    assert app.slider(TRADE).value == 12.0
    app.button(Key.UNDO).click().run()
    assert app.slider(TRADE).value == 5.0


def test_choosing_a_scenario_by_name_and_by_question(open_page: Open) -> None:
    app = open_page()
    app.selectbox(Key.SCENARIO).set_value("no-buyer").run()
    assert figures(app) == expected(Study("no-buyer"))
    assert "if nobody in the West gave anything" in page_text(app)
    app.button(Key.GALLERY).click().run()
    app.button(Key.GALLERY.of("mass-release")).click().run()
    assert app.selectbox(Key.SCENARIO).value == "mass-release"
    assert figures(app) == expected(Study("mass-release"))


def test_pinning_compares_with_b(open_page: Open) -> None:
    app = open_page(**BUYER)
    app.button(Key.PIN).click().run()
    app.selectbox(Key.SCENARIO).set_value(BASELINE).run()
    freed = next(metric for metric in app.metric if metric.label.startswith("Freed"))
    mine, theirs = (int(expected(Study(name))["Freed"].replace(",", "")) for name in (BASELINE, "no-buyer"))
    assert (
        abs(int(freed.delta.replace(",", "").replace("−", "-")) - (mine - theirs)) <= 1
    )  # differences are rounded once
    assert "differences to B" in page_text(app)
    assert app.query_params["b-scenario"] == "no-buyer"
    app.button(Key.SWAP).click().run()
    assert figures(app) == expected(Study("no-buyer"))
    assert app.query_params["b-scenario"] == BASELINE
    app.button(Key.UNPIN).click().run()
    assert "b-scenario" not in app.query_params
    assert "differences to baseline" in page_text(app)


def test_another_month(open_page: Open) -> None:
    app = open_page(**BUYER)
    app.segmented_control(Key.MONTH).set_value(6).run()
    assert figures(app) == expected(Study("no-buyer"), month=6)
    assert app.query_params["month"] == "6"


def test_finer_figures_take_the_place_of_the_fast_ones(open_page: Open, bench: Bench) -> None:
    app = open_page(**BUYER)
    scenario = load("no-buyer")
    assert all(metric.label.endswith(PROVISIONAL) for metric in app.metric)
    places = [metric.label.removesuffix(f" {PROVISIONAL}") for metric in app.metric]
    bench.finer.set()
    for each in (scenario, load(BASELINE)):
        work.desk().ask("test", each, DEFAULT).result(WAIT)
    app.run()
    assert [metric.label for metric in app.metric] == places
    assert figures(app) == expected(Study("no-buyer"), grid="default")
    assert "Default grid." in page_text(app)


def test_reasons_are_told_when_they_are_there(open_page: Open, bench: Bench) -> None:
    app = open_page()
    assert "Splitting each choice" in page_text(app)
    bench.finer.set()
    explanation = work.desk().ask("test", load(BASELINE), WHY).result(WAIT)
    app.run()
    assert not app.exception
    first = next(d for d in explanation.decisions if d.other and d.player == "minsk")
    assert first.sentence.replace(" -", " −") in [markdown.value for markdown in app.markdown]
    app.segmented_control(Key.CAPITAL).set_value("brussels").run()
    mine = next(d for d in explanation.decisions if d.other and d.player == "brussels")
    assert mine.sentence.replace(" -", " −") in [markdown.value for markdown in app.markdown]


def test_what_cannot_be_computed_is_told_and_can_be_undone(open_page: Open, bench: Bench) -> None:
    def failing(scenario: Scenario) -> None:
        if scenario.get("minsk.trade_value") == 12.0:
            raise UsageError("this is too much: found 12")

    bench.failing = failing
    app = open_page()
    app.slider(TRADE).set_value(12.0).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["this is too much: found 12"]
    assert [metric.value for metric in app.metric] == ["–"] * 6  # the figures' place is kept
    assert "no figures: they could not be worked out" in page_text(app)
    assert "Working it out" not in page_text(app)
    assert "Undo takes the last change back" in page_text(app)
    app.button(Key.UNDO).click().run()
    assert not app.error
    assert figures(app) == expected(Study())


def test_what_could_not_be_computed_can_be_tried_again(open_page: Open, bench: Bench) -> None:
    def failing(scenario: Scenario) -> None:
        raise UsageError("not now")

    bench.failing = failing
    app = open_page()
    assert [error.value for error in app.error] == ["not now"]
    assert "Undo" not in page_text(app)  # there is nothing to take back
    bench.failing = lambda scenario: None
    app.button(Key.RETRY).click().run()
    assert not app.error
    assert figures(app) == expected(Study())


def test_whose_decision_was_chosen_is_kept_while_other_reasons_are_worked_out(open_page: Open, bench: Bench) -> None:
    def reasons(app: AppTest, study: Study) -> Any:
        work.desk().ask("test", study.resolved(), WHY).result(WAIT)
        app.run()
        assert not app.exception
        return app.selectbox(Key.DECISION.of("minsk"))

    bench.finer.set()
    app = open_page()
    box = reasons(app, Study())
    assert box.value == 0
    chosen = box.options[1]
    box.select_index(1).run()
    app.slider(TRADE).set_value(6.5).run()
    box = reasons(app, Study().with_changes({"minsk.trade_value": 6.5}))
    assert chosen in box.options
    assert box.options[box.value] == chosen
    assert app.session_state[Key.DECISION.of("minsk")] == box.value


@pytest.mark.parametrize(
    ("mine", "theirs", "shown", "color", "arrow"),
    [(10.0, 107.0, "−97", "inverse", "down"), (107.0, 10.0, "+97", "normal", "up")],
)
def test_a_loss_has_a_true_minus_and_the_colour_of_a_loss(
    monkeypatch: pytest.MonkeyPatch, mine: float, theirs: float, shown: str, color: str, arrow: str
) -> None:
    seen: list[tuple[Any, ...]] = []

    def metric(label: str, value: str, delta: str, **more: Any) -> None:
        seen.append((delta, more["delta_color"], more["delta_arrow"]))

    monkeypatch.setattr(head.st, "metric", metric)
    everything = {figure.outcome: (0.5,) for figure in head.FIGURES}
    this, other = (Early({**everything, "freed": (value,)}) for value in (mine, theirs))
    head.headline(this, other, 1, provisional=False)
    # to Streamlit what has a true minus is no loss: its colours are told the other way round
    assert seen[0] == (shown, color, arrow)


def test_the_tour_has_four_steps_and_is_remembered(open_page: Open) -> None:
    app = open_page()
    for number, (title, _, _) in enumerate(STEPS):
        assert f"**{title}** :gray[{number + 1} of 4]" in page_text(app)
        app.button(Key.TOUR.of("next")).click().run()
    assert "of 4]" not in page_text(app)
    assert app.query_params == {"v": "1", "scenario": BASELINE}  # so that a reload does not begin it again
    app.button(Key.TOUR.of("again")).click().run()
    assert "1 of 4]" in page_text(app)


def test_two_tabs_do_not_mix(open_page: Open) -> None:
    one, other = open_page(), open_page(**BUYER)
    one.slider(TRADE).set_value(12.0).run()
    other.slider(TRADE).set_value(5.0).run()
    one.run()
    assert figures(one) == expected(Study(BASELINE, (("minsk.trade_value", 12.0),)))
    assert figures(other) == expected(Study("no-buyer", (("minsk.trade_value", 5.0),)))


def test_equal_values_under_another_name_keep_their_own_name(open_page: Open) -> None:
    """Work is shared by values; a title that somebody gave must not be shown to anybody else."""
    open_page(v="1", scenario=BASELINE, title="Mine alone")
    named = load(BASELINE).model_copy(update={"id": "mine", "title": "Mine alone"})
    mine = work.answer(named, None).this.result
    theirs = work.answer(load(BASELINE), None).this.result
    assert (mine.title, theirs.title) == ("Mine alone", load(BASELINE).title)


def test_what_is_shown_early_is_the_forecast() -> None:
    heads: list[work.Early] = []
    found = work._work_out(load(BASELINE), TINY[work.FAST], 1, heads.append)
    assert [dict(early.outcomes) for early in heads] == [dict(found.result.outcomes)]
    assert heads[0].at("freed", 6) == found.result.at("freed", 6)


def test_figures_are_drawn_before_the_charts(open_page: Open, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page()
    told = work.Early(dict.fromkeys(OUTCOME_LABELS, (7.0,) * 24))
    known = threading.Event()
    drawn: list[str] = []
    plain_early, plain_headline = work.Ticket.early, explore.headline

    def early(self: work.Ticket, timeout: float | None = None) -> work.Early:
        known.set()
        return told

    def headline(this: work.Heads, *rest: Any, **more: Any) -> None:
        drawn.append(type(this).__name__)
        plain_headline(this, *rest, **more)

    bench.failing = lambda scenario: assert_(known.wait(WAIT))  # the rest is not worked out before that
    monkeypatch.setattr(work.Ticket, "early", early)
    monkeypatch.setattr(explore, "headline", headline)
    app.slider(TRADE).set_value(12.0).run()
    assert drawn == ["Early"]  # and not twice in one run
    assert [metric.value for metric in app.metric][:2] == ["7", "7"]
    monkeypatch.setattr(work.Ticket, "early", plain_early)
    study = Study(BASELINE, (("minsk.trade_value", 12.0),))
    bench.finer.set()
    work.desk().ask("test", study.resolved(), DEFAULT).result(WAIT)
    work.desk().ask("test", load(BASELINE), DEFAULT).result(WAIT)
    app.run()
    assert drawn == ["Early", "Result"]
    assert figures(app) == expected(study, grid=DEFAULT)


def assert_(good: bool) -> None:
    assert good
