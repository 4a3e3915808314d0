"""Evidence: what is said, assumed and shown is all there, and kept apart."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import claims, jobs_panel
from dashboard.keys import Key
from dashboard.shelf import Shelf
from dashboard.views import evidence as page
from sim.analyse.claims_kept import shipped
from sim.scenario import evidence, load
from sim.scenario.layers import ASSUMPTION
from tests.dashboard.conftest import Bench
from tests.dashboard.pages import SCRIPT, WAIT, Stand, open_view, text

COLUMN = re.compile(r'<div class="gd-(said|assumed|shown)">(.*?)</div>', re.DOTALL)


@pytest.fixture(autouse=True)
def stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stand, "made", [])
    monkeypatch.setattr(Stand, "answers", {})
    monkeypatch.setattr(jobs_panel, "Job", Stand)


def finding(name: str, status: str) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "unit": "persons",
        "direction": "rises",
        "baseline_figure": 100.0,
        "treated_figure": 123.4,
        "robustness": None,
    }


def answer(status: str = "holds") -> dict[str, Any]:
    names = [f"{claim.number}{check.part}" for claim in evidence().claims for check in claim.checks]
    return {"findings": [finding(name, status) for name in names]}


def test_every_entry_stands_in_its_own_column(bench: Bench) -> None:
    words = text(open_view("evidence"))
    columns: dict[str, str] = {"said": "", "assumed": "", "shown": ""}
    for kind, inside in COLUMN.findall(words):
        columns[kind] += inside
    plain = {kind: inside.replace("&#x27;", "'").replace("&quot;", '"') for kind, inside in columns.items()}
    for entry in evidence().entries():
        said = page._says(entry)
        assert said in plain["said"], entry.id
        assert said not in plain["assumed"] + plain["shown"], entry.id
    for claim in evidence().claims:
        assert claim.shows in plain["shown"]
    for name, info in page._info().items():
        assert (f"<code>{name}</code>" in plain["assumed"]) == (info.source not in (ASSUMPTION, "")), name


def test_claims_show_what_is_kept_until_they_are_checked_anew(bench: Bench) -> None:
    app = open_view("evidence")
    app.button_group(page.CHAPTER).set_value(page.CLAIMS).run()
    words = text(app)
    for claim in evidence().claims:
        for check in claim.checks:
            assert check.shows.replace("'", "&#x27;") in words
    kept = shipped()
    assert kept is not None
    for row in kept.on("fast").values():
        if row["treated_figure"] is not None:
            figure = escape(claims._figure(row["treated_figure"], row["unit"]))
            assert f"{figure}<small>{row['unit']}; {row['direction']}" in words
    counts = claims.tally()
    assert words.count("; ensemble ") == sum(counts.values()) - counts["not yet"]
    assert sum(counts.values()) == sum(len(claim.checks) for claim in evidence().claims)
    app.button_group(Key.EVIDENCE.of("status")).set_value("fails").run()
    assert text(app).count("✗ fails") >= counts["fails"]
    assert "✓ holds\n" not in text(app).partition("✓ holds:")[0]


def test_kept_figures_of_another_model_are_not_shown(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shipped()
    assert kept is not None
    monkeypatch.setattr("sim.analyse.claims_kept.shipped", lambda: replace(kept, fingerprint="0" * 64))
    app = open_view("evidence")
    app.button_group(page.CHAPTER).set_value(page.CLAIMS).run()
    assert "; rises" not in text(app)
    assert "✓ holds" in text(app)


def test_figures_of_both_grids_are_shown_where_they_differ() -> None:
    row = finding("1a", "holds")
    assert claims._figures(row, {**row, "treated_figure": 99.0}) == (
        "100.0 → 123.4\npersons; rises; default grid: 100.0 → 99.0"
    )
    assert claims._figures(row, row) == "100.0 → 123.4\npersons; rises; the same on both grids"
    assert claims._figures(row, None) == "100.0 → 123.4\npersons; rises"
    assert claims._figures({**row, "treated_figure": None}, row) == claims._figures(None, None) == "–"


def test_what_explore_had_checked_is_there_on_evidence(bench: Bench) -> None:
    shelf = Shelf()
    scenario = load("no-buyer")
    job: Any = Stand(claims.COMMAND, "")
    job.outcome = answer("fails")
    shelf.pieces[claims.PIECE, scenario.hash, claims.COMMAND] = job
    app = AppTest.from_string(SCRIPT.format(module="evidence"), default_timeout=WAIT)
    app.session_state[Key.JOBS] = shelf
    app.query_params["v"], app.query_params["scenario"] = "1", "no-buyer"
    app.run()
    app.button_group(page.CHAPTER).set_value(page.CLAIMS).run()
    assert "100.0 → 123.4" in text(app)
    assert not [each for each in app.button if each.key == Key.JOBS.of(claims.PIECE)]


def test_claims_are_checked_for_the_payoffs_at_hand(bench: Bench) -> None:
    app = open_view("evidence", v="1", scenario="no-buyer")
    app.button_group(page.CHAPTER).set_value(page.CLAIMS).run()
    app.button(Key.JOBS.of("claims")).click().run()
    [job] = Stand.made
    assert job.words == claims.COMMAND
    assert load("no-buyer").id in job.scenario
    assert "Working it out" in text(app) or app.button(Key.JOBS.of("claims", "stop")).label == "Stop"
    job.outcome = answer("fails")
    app.run()
    words = text(app)
    assert "100.0 → 123.4" in words
    assert "baseline: holds" in words
    assert "grand-deal claims no-buyer --grid fast" in words


def test_work_that_fails_says_why_and_can_be_tried_again(bench: Bench) -> None:
    Stand.answers = {"claims": "the ink has dried"}
    app = open_view("evidence")
    app.button_group(page.CHAPTER).set_value(page.CLAIMS).run()
    app.button(Key.JOBS.of("claims")).click().run()
    assert [error.value for error in app.error] == ["This could not be worked out: the ink has dried"]
    Stand.answers = {"claims": answer()}
    app.button(Key.JOBS.of("claims", "again")).click().run()
    assert not app.error
    assert "123.4" in text(app)


def test_every_number_has_its_source_and_can_be_found(bench: Bench) -> None:
    app = open_view("evidence", v="1", scenario="baseline", set=["minsk.trade_value:11.5"])
    app.button_group(page.CHAPTER).set_value(page.NUMBERS).run()
    words = text(app)
    every = page._info()
    assert all(name in words for name in every)
    assert "◂ 11.5" in words
    app.button_group(Key.EVIDENCE.of("kind")).set_value("passage").run()
    rows = text(app).partition("<tbody>")[2]
    for name, info in every.items():
        assert (f"<small>{name}</small>" in rows) == (info.source not in (ASSUMPTION, "")), name
    app.text_input(Key.EVIDENCE.of("find")).set_value("<b>zebra").run()
    assert "Nothing found" in text(app)
    assert "<b>zebra" not in text(app)


def test_events_are_listed_with_what_the_ledger_counts(bench: Bench) -> None:
    app = open_view("evidence")
    app.button_group(page.CHAPTER).set_value(page.EVENTS).run()
    words = text(app)
    for event in evidence().events:
        assert event.what.replace("'", "&#x27;") in words
    freed = sum(event.released or 0 for event in evidence().ledger)
    assert f"{freed} people together" in words
