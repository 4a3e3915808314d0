"""Payoffs under the hands: every parameter has its control, with unit and source, and its row in the table."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.payoffs import groups, step
from dashboard.keys import Key
from dashboard.study import BASELINE, Study, names
from sim.scenario import parameter_info
from tests.dashboard.conftest import expected, figures

Open = Callable[..., AppTest]
TRADE = Key.PARAMETER.of("minsk.trade_value")
BUYER = {"v": "1", "scenario": "no-buyer"}


@pytest.mark.parametrize("capital", ["minsk", "washington", "brussels", "moscow", "world"])
def test_every_parameter_has_a_control_with_unit_and_source(open_page: Open, capital: str) -> None:
    app = open_page()
    app.segmented_control(Key.CAPITAL).set_value(capital).run()
    assert not app.exception
    kinds = ("slider", "number_input", "toggle", "text_input", "segmented_control")
    controls = {widget.key: widget for kind in kinds for widget in getattr(app, kind)}
    for _, members in groups(capital):
        for name in members:
            widget = controls[Key.PARAMETER.of(name)]
            assert "Source: " in widget.help
            assert f"`{name}`" in widget.help
            assert not any(mark in widget.label for mark in (":gray", "**", "`", "[")), (
                widget.label
            )  # read aloud as it stands


def test_all_parameters_and_settings_are_in_one_tab() -> None:
    grouped = [
        name for tab in ("minsk", "washington", "brussels", "moscow", "world") for _, n in groups(tab) for name in n
    ]
    assert sorted(grouped) == sorted(names())


def test_settings_that_are_not_numbers(open_page: Open) -> None:
    app = open_page()
    app.segmented_control(Key.CAPITAL).set_value("world").run()
    app.toggle(Key.PARAMETER.of("menu.summit")).set_value(True).run()
    app.segmented_control(Key.PARAMETER.of("start.contact")).set_value("embassy").run()
    app.text_input(Key.PARAMETER.of("menu.prisoners")).set_value("2, 13").run()
    app.slider(Key.PARAMETER.of("menu.recognition.us_table.minsk")).set_value(0.25).run()
    assert not app.exception
    assert not app.warning
    assert figures(app) == expected(
        Study().with_changes(
            {
                "menu.summit": True,
                "start.contact": "embassy",
                "menu.prisoners": (2, 13),
                "menu.recognition.us_table.minsk": 0.25,
                "menu.recognition.us_table.washington": 0.75,
            }
        )
    )
    app.text_input(Key.PARAMETER.of("menu.prisoners")).set_value("many").run()
    assert app.warning[0].value.startswith("menu.prisoners: found")  # neither a file nor an option of a command
    assert app.text_input(Key.PARAMETER.of("menu.prisoners")).value == "2, 13"  # what was refused is gone


def test_a_widget_is_told_only_what_it_does_not_show(open_page: Open) -> None:
    """What a widget is told takes back what hands did to it since: a key pressed while the page was being drawn."""
    app = open_page(**BUYER)
    app.slider(TRADE).set_value(7.0).run()
    sliders = app.slider
    assert len(sliders) > 5
    assert not any(slider.proto.set_value for slider in sliders)
    app.run()  # as when finer figures come
    assert not any(slider.proto.set_value for slider in app.slider)
    app.button(Key.UNDO).click().run()
    assert [slider.key for slider in app.slider if slider.proto.set_value] == [TRADE]
    assert app.slider(TRADE).value == pytest.approx(parameter_info()["minsk.trade_value"].value)


def test_a_slider_with_other_ends_keeps_its_value(open_page: Open) -> None:
    """To Streamlit it is another widget, although it has the same key."""
    credit = "washington.release_credit"
    app = open_page(**BUYER, set=f"{credit}:0.01")
    app.segmented_control(Key.CAPITAL).set_value("washington").run()
    key = Key.PARAMETER.of(credit)
    assert (app.slider(key).min, app.slider(key).value) == (0.0, 0.01)
    app.query_params["scenario"] = BASELINE
    app.run()
    assert (app.slider(key).min, app.slider(key).value) == (parameter_info()[credit].low, 0.01)
    assert app.slider(key).proto.default == [0.01]
    assert figures(app) == expected(Study(BASELINE, ((credit, 0.01),)))


def test_an_infinite_precision_can_be_made_finite(open_page: Open) -> None:
    app = open_page(v="1", scenario=BASELINE, set="minsk.rationality:inf")
    assert figures(app) == expected(Study(BASELINE, (("minsk.rationality", math.inf),)))
    app.button(Key.PARAMETER.of("minsk.rationality")).click().run()
    assert figures(app) == expected(Study())


def test_the_table_holds_every_value(open_page: Open) -> None:
    app = open_page(v="1", scenario=BASELINE, set=["minsk.rationality:inf", "menu.prisoners:[2,13]"])
    app.toggle(Key.TABLE).set_value(True).run()
    assert not app.exception
    from dashboard.components.payoffs import rows

    study = Study().with_changes({"minsk.rationality": math.inf, "menu.prisoners": (2, 13)})
    columns = rows(study, study.resolved())
    assert columns["name"] == list(names())
    shown = dict(zip(columns["name"], columns["value"], strict=True))
    assert (shown["minsk.rationality"], shown["menu.prisoners"], shown["menu.summit"]) == ("inf", "2, 13", "false")
    # typing every value over by what is shown changes nothing
    assert Study().entered(shown) == study
    marked = [name for name, mark in zip(columns["name"], columns["changed"], strict=True) if mark]
    assert sorted(marked) == ["menu.prisoners", "minsk.rationality"]


def test_steps_of_sliders_are_round_and_fine() -> None:
    for info in parameter_info().values():
        if info.low < info.high:
            size = step(info)
            assert 80 - 1e-9 <= (info.high - info.low) / size <= 200 + 1e-9
            assert f"{size:.0e}"[0] in "125"
