"""The discover command."""

from __future__ import annotations

import csv

import pytest

from tests.cli import analyses
from tests.cli.analyses import check_text, record, run

closed = analyses.closed
pytestmark = pytest.mark.usefixtures("closed")
TRADE = "minsk.trade_value"
WORDS = ("discover", "--above", "90", "--at", "1", "--size", "200", "--parameters", f"{TRADE},minsk.discount")


def test_prints_box_trade_off_and_tree() -> None:
    done = run(*WORDS)
    assert "Of interest: freed at month 1 at or above 90 (persons)" in done.stdout
    assert "It happens in 75 of 200 draws (37.5%)." in done.stdout
    assert "Box 1" in done.stdout
    assert f"{TRADE} at most 9" in done.stdout
    assert "trade-off" in done.stdout
    check_text(done)


def test_json_and_a_folder_to_resume_from(tmp_path, closed) -> None:
    made = record(*WORDS, "--no-check", "--out", str(tmp_path / "kept"))
    assert made["boxes"][0]["limits"][0]["parameter"] == TRADE
    before = sum(closed)
    assert record(*WORDS, "--no-check", "--out", str(tmp_path / "kept")) == made
    assert sum(closed) == before
    with (tmp_path / "kept" / "draws.csv").open() as file:
        assert len(list(csv.reader(file))) == 201


def test_ranges_of_ones_own() -> None:
    made = record(
        "discover", "--above", "90", "--at", "1", "--size", "100", "--parameter", f"{TRADE}=8:10", "--no-check"
    )
    assert made["parameters"] == [{"parameter": TRADE, "unit": "points a month", "low": 8.0, "high": 10.0}]
    assert made["share"] == 0.5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "level: found none; allowed: above, below, or both"),
        (("--above", "1e9", "--size", "30"), "choose another level, or more draws"),
        (("--above", "9", "--below", "8"), "the first less than the second"),
        (("--above", "9", "--outcome", "freeed"), "Did you mean freed"),
        (("--above", "9", "--parameter", "start.contact"), "found a setting that is not a number"),
        (("--above", "9", "--design", "sobol", "--size", "100"), "a power of 2, such as 128"),
    ],
)
def test_wrong_words_are_refused(words, message) -> None:
    done = run("discover", *words, code=2)
    assert done.stdout == ""
    assert message in done.stderr
