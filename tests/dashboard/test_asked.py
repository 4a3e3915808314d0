"""What is worked out on demand in Explore: the claims for other payoffs, bands, and whose decision is looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import bands, claims, jobs_panel, moves
from dashboard.keys import Key
from dashboard.study import BASELINE, Study
from sim.forecast.result import OUTCOME_LABELS
from sim.scenario import to_toml
from tests.dashboard.conftest import page_text
from tests.dashboard.pages import Stand

Open = Callable[..., AppTest]
TRADE = Key.PARAMETER.of("minsk.trade_value")
BUYER = {"v": "1", "scenario": "no-buyer"}


def test_the_claims_are_checked_again_for_the_payoffs_at_hand(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"findings": [{"status": "holds"}, {"status": "holds"}, {"status": "fails"}]}
    monkeypatch.setattr(jobs_panel, "Job", Stand)
    monkeypatch.setattr(Stand, "made", [])
    app = open_page(**BUYER)
    assert "on the baseline: " in page_text(app)
    app.button(Key.CLAIMS).click().run()
    assert "being checked for these payoffs: 40 of 122" in page_text(app)
    (job,) = Stand.made
    assert job.words == claims.COMMAND
    assert job.scenario == to_toml(Study("no-buyer").resolved())
    job.outcome = found
    app.run()
    assert "for these payoffs: ✓ 2 hold  ✗ 1 fail" in page_text(app)
    assert not [each for each in app.button if each.key == Key.CLAIMS]
    app.slider(TRADE).set_value(12.0).run()  # other payoffs: what was found is not theirs
    assert "on the baseline: " in page_text(app)


def test_bands_for_other_payoffs_are_worked_out_on_demand(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_panel, "Job", Stand)
    monkeypatch.setattr(Stand, "made", [])
    app = open_page(v="1", scenario=BASELINE, set="minsk.trade_value:12.0")
    button = Key.JOBS.of(bands.PIECE)
    app.button(button).click().run()
    (job,) = Stand.made
    assert job.words == bands.COMMAND
    assert job.scenario == to_toml(Study(BASELINE, (("minsk.trade_value", 12.0),)).resolved())
    assert "Bands for these payoffs: 40 of 122" in page_text(app)
    job.outcome = "no <b>room</b>"
    app.run()
    assert "No bands: no &lt;b&gt;room&lt;/b&gt;" in page_text(app)
    app.button(button).click().run()
    levels = {"p10": [11.0] * 24, "p50": [22.0] * 24, "p90": [33.0] * 24}
    Stand.made[1].outcome = {"bands": dict.fromkeys(OUTCOME_LABELS, levels)}
    app.run()
    assert not app.exception
    assert not [each for each in app.button if each.key == button]
    freed = app.metric[0]
    assert freed.proto.delta_description == "11 to 33"  # beside the difference to the baseline
    assert "p10 to p90 of the ensemble" in page_text(app)


def test_checking_the_claims_can_be_stopped_and_its_failure_is_told(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_panel, "Job", Stand)
    monkeypatch.setattr(Stand, "made", [])
    app = open_page(**BUYER)
    app.button(Key.CLAIMS).click().run()
    app.button(Key.CLAIMS.of("stop")).click().run()
    assert Stand.made[0].cancelled
    assert "on the baseline: " in page_text(app)
    app.button(Key.CLAIMS).click().run()
    Stand.made[1].outcome = "no room for <b>claims</b>"
    app.run()
    assert "could not be checked. no room for &lt;b&gt;claims&lt;/b&gt;" in page_text(app)


@pytest.mark.parametrize("sent", [None, "...", 7])
def test_a_decision_that_is_not_among_them_is_not_remembered(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered: dict[str, object] = {"decision": sent}
    monkeypatch.setattr(moves.st, "session_state", remembered)
    moves._keep("decision", ["Minsk: free 2"])
    assert remembered == {"decision": sent}
    remembered["decision"] = 0
    moves._keep("decision", ["Minsk: free 2"])
    assert "Minsk: free 2" in remembered.values()
