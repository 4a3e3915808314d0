"""The sensitivity command with its three methods."""

from __future__ import annotations

import pytest

from tests.cli import analyses
from tests.cli.analyses import check_text, record, run

closed = analyses.closed
pytestmark = pytest.mark.usefixtures("closed")
TRADE, COST = "minsk.trade_value", "brussels.relief_cost.1"
STEEPEST = ("--set", f"{TRADE}=8", "--set", f"{COST}=1.75")  # where the logistic is 1/2
TWO = ("--parameters", f"{COST},{TRADE}")


def test_a_tornado() -> None:
    done = run("sensitivity", "--at", "2", *TWO)
    lines = done.stdout.splitlines()
    first = next(line for line in lines if line.lstrip().startswith((TRADE, COST)))
    assert TRADE in first
    assert "160.0" in first
    check_text(done)
    everything = record("sensitivity", code=1)
    assert len(everything["rows"]) > 60
    assert everything["method"] == "tornado"


def test_sobol_indices_resume(tmp_path, closed) -> None:
    words = ("sensitivity", "--method", "sobol", "--samples", "64", "--outcome", "p_eu_relief", *TWO, "--no-check")
    made = record(*words, "--out", str(tmp_path / "kept"))
    assert [row["parameter"] for row in made["rows"]] == [COST, TRADE]
    before = sum(closed)
    assert record(*words, "--out", str(tmp_path / "kept")) == made
    assert sum(closed) - before == 1  # the unchanged scenario
    check_text(run(*words))


def test_slopes() -> None:
    words = ("sensitivity", "--method", "gradient", "--outcome", "p_eu_relief", *TWO, *STEEPEST)
    done = run(*words)
    assert "-1" in done.stdout
    check_text(done)
    rows = record(*words)["rows"]
    assert rows[0]["slope"] == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "sobel"), "method: found 'sobel'; allowed: tornado, sobol, gradient"),
        (("--samples", "8"), "--samples: found with tornado; allowed: with sobol"),
        (("--out", "kept"), "--out: found with tornado"),
        (("--method", "sobol", "--samples", "9"), "a power of 2"),
        (("--parameters", "minsk.trad_value"), "Did you mean"),
        (("--outcome", "contakt"), "Did you mean contact"),
        (("--at", "0"), "month: found 0"),
    ],
)
def test_wrong_words_are_refused(words, message) -> None:
    done = run("sensitivity", *words, code=2)
    assert done.stdout == ""
    assert message in done.stderr
