"""The sweep command."""

from __future__ import annotations

import csv

import pyarrow.parquet as pq
import pytest

from tests.cli import analyses
from tests.cli.analyses import check_text, record, run

closed = analyses.closed
pytestmark = pytest.mark.usefixtures("closed")
TRADE = "minsk.trade_value"


def test_prints_a_table_and_how_to_get_it_again() -> None:
    done = run("sweep", "--parameter", f"{TRADE}=4:8:3", "--outcome", "freed", "--at", "2")
    assert "80.0" in done.stdout
    assert "160.0" in done.stdout
    assert "3 of the 3 variants computed again on the default grid" in done.stdout
    check_text(done)


def test_json_and_progress() -> None:
    words = ("sweep", "--parameter", f"{TRADE}=4:8:11", "--parameter", "start.leaders", "--at", "2", "--at", "3")
    made = record(*words)
    assert made["schema_version"] == 1
    assert made["analysis"] == "sweep"
    assert made["columns"]["freed"][:2] == [80.0, 120.0]
    assert made["variants"] == 33
    assert "Variants: 34 of 34" in run(*words).stderr


def test_a_design_writes_its_draws(tmp_path) -> None:
    words = ("sweep", "--design", "lhs", "--size", "12", "--parameters", f"{TRADE},start.leaders,minsk.discount")
    for name in ("draws.csv", "draws.parquet"):
        done = run(*words, "--out", str(tmp_path / name))
        assert "lowest" in done.stdout
        assert f"Table: {tmp_path / name}" in done.stderr
    with (tmp_path / "draws.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["freed"]) for row in rows] == pytest.approx([240 * float(row[TRADE]) for row in rows])
    table = pq.read_table(tmp_path / "draws.parquet").to_pydict()
    assert table["freed"] == [float(row["freed"]) for row in rows]
    check_text(run(*words))


def test_a_chart_is_drawn_beside_the_table(tmp_path) -> None:
    for name, begins in (("chart.svg", b"<svg"), ("chart.png", b"\x89PNG")):
        done = run("sweep", "--parameter", f"{TRADE}=4:8:3", "--at", "2", "--chart", str(tmp_path / name))
        assert f"Chart: {tmp_path / name}" in done.stderr
        assert (tmp_path / name).read_bytes().startswith(begins)


def test_failures_are_told_and_change_the_exit_code() -> None:
    done = run("sweep", "--parameter", "minsk.supported_value=0.7:0.8:2", "--no-check", code=1)
    assert "Failed: variant 1: minsk.supported_value: refused for the test" in done.stderr
    assert " - " in done.stdout or done.stdout.count("-\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--parameter", "minsk.trade_valu"), "Did you mean minsk.trade_value"),
        (("--parameter", f"{TRADE}=8:4"), "the lower end first"),
        (("--parameter", f"{TRADE}=8"), "allowed: NAME or NAME=LOW:HIGH[:POINTS]"),
        (("--parameter", f"{TRADE}=a:b"), "allowed: NAME or NAME=LOW:HIGH[:POINTS]"),
        (("--parameter", f"{TRADE}=1:2:2.5"), "allowed: NAME or NAME=LOW:HIGH[:POINTS]"),
        (("--parameter", f"{TRADE}="), "allowed: NAME or NAME=LOW:HIGH[:POINTS]"),
        (("--parameter", TRADE, "--parameter", TRADE), "found twice"),
        (("--parameter", TRADE, "--parameters", TRADE), "found twice"),
        (("--parameter", TRADE, "--outcome", "fred"), "Did you mean freed"),
        (("--parameter", TRADE, "--at", "70"), "month: found 70; allowed: 1 to 60"),
        (("--parameter", TRADE, "--out", "table.xlsx"), "allowed: .csv, .parquet"),
        (("--parameter", TRADE, "--out", "nowhere/table.csv"), "no folder of this name"),
        (("--parameter", "menu.summit"), "found a setting that is not a number"),
        (("--parameter", TRADE, "--chart", "chart.pdf"), "allowed: a file that ends in .svg or .png"),
        (("--parameter", TRADE, "--chart", "nowhere/chart.svg"), "nowhere: there is no such folder"),
        (("--design", "lhs", "--out", "folder", "--chart", "chart.svg"), "--chart: found with a folder"),
        (("--parameter", TRADE, "--block", "8"), "--block: found without a folder"),
        ((), "found no parameter"),
    ],
)
def test_wrong_words_are_refused(words, message) -> None:
    done = run("sweep", *words, code=2)
    assert done.stdout == ""
    assert message in done.stderr
