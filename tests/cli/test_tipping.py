"""The tipping command in its four forms."""

from __future__ import annotations

import re

import pytest

from tests.cli import analyses
from tests.cli.analyses import check_text, record, run

closed = analyses.closed
pytestmark = pytest.mark.usefixtures("closed")
TRADE, COST = "minsk.trade_value", "brussels.relief_cost.1"
GOAL = ("--outcome", "p_eu_relief", "--level", "0.8")


def test_one_parameter() -> None:
    done = run("tipping", "--parameter", COST, *GOAL, "--set", f"{TRADE}=8")
    assert "Crossings: one crossing" in done.stdout
    assert "1.40343" in done.stdout
    check_text(done)
    made = record("tipping", "--parameter", f"{COST}=1:2", *GOAL, "--at", "3", "--set", f"{TRADE}=8")
    assert made["crossings"][0]["value"] == pytest.approx(1.40343, abs=1e-5)
    assert (made["parameter"]["high"], made["month"]) == (2.0, 3)


def test_a_crossing_that_the_finer_grid_does_not_have_is_no_fact() -> None:
    done = run("tipping", "--parameter", TRADE, "--outcome", "freed", "--level", "972")
    assert "not there" in done.stdout
    assert "1 of 1 crossing is not there on the finer grid" in done.stdout
    assert "On the finer grid freed is on the other side of the level at minsk.trade_value 4." in done.stdout
    assert "That is more than" not in done.stdout
    there = run("tipping", "--parameter", TRADE, "--outcome", "freed", "--level", "1992")
    assert "also there" in there.stdout
    assert "other side" not in there.stdout


def test_a_grid_that_is_far_off_is_told() -> None:
    done = run("sweep", "--parameter", f"{TRADE}=0.2:0.4:2", "--outcome", "freed")
    assert "That is more than the 5% that the fast grid is meant to keep to" in done.stdout


def test_none_is_said() -> None:
    done = run("tipping", "--parameter", COST, "--outcome", "p_eu_relief", "--level", "0.999")
    assert "Crossings: none: p_eu_relief is below 0.999 at all 18 values" in done.stdout


def test_two_parameters_give_a_curve() -> None:
    words = (
        "tipping",
        "--parameter",
        COST,
        "--parameter",
        f"{TRADE}=6:10",
        "--outcome",
        "p_eu_relief",
        "--level",
        "0.5",
    )
    check_text(run(*words))
    rows = record(*words)["rows"]
    assert [row["crossings"][0] for row in rows] == pytest.approx(
        [1.75 + (row["over"] - 8) / 8 for row in rows], abs=1e-5
    )


def test_a_capital_changes_its_mind() -> None:
    words = ("tipping", "--parameter", "minsk.crackdown_cost", "--turn", "eu-table", "--proposer", "brussels")
    done = run(*words)
    assert "Changes: one change" in done.stdout
    assert "relief" in done.stdout
    check_text(done)
    assert record(*words)["switches"][0]["before"] == "no offer"


def test_the_inverse_question() -> None:
    words = ("tipping", "--inverse", *GOAL, "--parameter", COST, "--parameter", TRADE)
    done = run(*words)
    assert "p_eu_relief at month 24 at or above 0.8" in done.stdout
    assert "a full solve confirms it" in done.stdout
    check_text(done)
    made = record(*words)
    assert [flip["parameter"] for flip in made["flips"]] == [COST, TRADE]
    assert made["joint"]["found"] is True
    check_text(run("tipping", "--inverse", "--deal", "none", "--parameter", "minsk.leader_cost", "--no-check"))


def test_nothing_flips_it() -> None:
    done = run("tipping", "--inverse", "--outcome", "p_eu_relief", "--level", "0.999999", "--parameter", COST)
    assert "No single change does it at any value looked at in its plausible range." in done.stdout
    assert re.search(r"1 parameter does not do it at the \d+ values looked at in the range", done.stdout)
    assert "anywhere" not in done.stdout
    assert "Several at once: not found" in done.stdout


def test_what_failed_is_told() -> None:
    done = run("tipping", "--parameter", "minsk.supported_value", "--outcome", "freed", "--level", "5", code=1)
    assert "refused for the test" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--parameter", COST), "--outcome: found none"),
        (("--parameter", COST, "--outcome", "freed"), "--level: found none"),
        (GOAL, "--parameter: found 0; allowed: one, two"),
        (("--parameter", COST, *GOAL, "--deal", "none"), "--deal: found without --inverse"),
        (("--parameter", COST, *GOAL, "--turn", "minsk"), "--turn: allowed: with one --parameter"),
        (("--parameter", COST, *GOAL, "--proposer", "minsk"), "--proposer: found without --turn"),
        (("--inverse", "--turn", "minsk"), "--turn: found with --inverse"),
        (("--inverse",), "found no goal"),
        (("--inverse", *GOAL, "--deal", "none"), "or two"),
        (("--inverse", *GOAL, "--parameter", f"{COST}=1:2"), "found a range with --inverse"),
        (("--parameter", COST, "--turn", "misnk"), "Did you mean minsk"),
        (("--parameter", "brussels.relief_cost.9", *GOAL), "Did you mean"),
        (("--parameter", f"{COST}=1:2:3", *GOAL), "allowed: NAME or NAME=LOW:HIGH"),
    ],
)
def test_what_does_not_go_together_is_refused(words, message) -> None:
    done = run("tipping", *words, code=2)
    assert done.stdout == ""
    assert message in done.stderr


def test_the_share_of_the_ensemble(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.analyse import tipping_ensemble
    from tests.analyse.test_tipping_ensemble import ENSEMBLE

    monkeypatch.setattr(tipping_ensemble, "shipped_ensemble", lambda: ENSEMBLE)
    words = ("tipping", "--parameter", COST, "--outcome", "p_eu_relief", "--level", "0.95", "--ensemble")
    done = run(*words)
    assert "so in 50% of the ensemble" in done.stdout
    check_text(done)
    assert record(*words)["ensemble"]["same"] == pytest.approx(0.5)
    wrong = run("tipping", "--inverse", *GOAL, "--ensemble", code=2)
    assert "--ensemble: allowed" in wrong.stderr
