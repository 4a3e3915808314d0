"""Bands in the report: beside every headline figure, behind the courses, explained once; nothing without them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.forecast.result import Result
from sim.report import charts, render, words
from sim.report.rows import frame, freed_rows, relief_rows
from tests.report import synthetic


def banded(result: Result) -> Result:
    """The result with bands from half of each figure to twice as much."""
    return replace(
        result,
        bands={
            name: {"p10": tuple(v / 2 for v in row), "p50": row, "p90": tuple(min(2 * v, _top(name)) for v in row)}
            for name, row in result.outcomes.items()
        },
    )


def _top(name: str) -> float:
    return 1.0 if name.startswith("p_") or name == "deal_share" else float("inf")


@pytest.fixture(scope="module")
def plain() -> Result:
    return next(result for result in synthetic.results() if result.scenario == "baseline")


@pytest.fixture(scope="module")
def result(plain: Result) -> Result:
    return banded(plain)


def test_spans_read_like_numbers(result: Result, plain: Result) -> None:
    month = result.months[-1]
    freed = result.at("freed", month)
    assert (
        words.span(result, "freed", month, words.persons) == f"{words.persons(freed / 2)} to {words.persons(2 * freed)}"
    )
    punished = result.at("p_punished", month)
    low, high = words.percent(punished / 2), words.percent(2 * punished)
    assert words.span(result, "p_punished", month, words.percent) == f"{low[:-1]} to {high}"
    assert words.span(plain, "freed", month, words.persons) == ""
    nothing = replace(
        result, bands={**(result.bands or {}), "p_grand_deal": dict.fromkeys(("p10", "p90"), (0.001,) * month)}
    )
    assert words.span(nothing, "p_grand_deal", month, words.percent) == "<1%"


def test_bands_lie_behind_the_courses_and_the_scales_take_them_in(result: Result, plain: Result) -> None:
    bands = [row for row in freed_rows(result, None) if row["series"] == "band"]
    last = [row for row in bands if row["month"] == result.months[-1]]
    assert [(row["panel"], row["low"], row["high"]) for row in last] == [
        ("freed", result.at("freed", 24) / 2, result.at("freed", 24) * 2),
        ("held", result.at("prisoners", 24) / 2, result.at("prisoners", 24) * 2),
    ]
    assert frame([result])[0] >= max(row["high"] for row in bands if row["panel"] == "freed")
    assert not [row for row in freed_rows(plain, None) if row["series"] == "band"]
    relief = [row for row in relief_rows(result) if row["series"] == "US-band"][-1]
    assert (relief["low"], relief["high"]) == pytest.approx(
        (result.at("us_relief", 24) / 6, result.at("us_relief", 24) / 1.5)
    )
    assert not [row for row in relief_rows(result) if row["series"] == "contact-band"]


def test_a_chart_with_bands_keeps_its_axes(result: Result, plain: Result) -> None:
    for draw in (
        lambda one: charts.freed_svg(one, None, frame([one]), "k"),
        lambda one: charts.relief_svg(one, frame([one]), "k"),
    ):
        with_bands, without = draw(result), draw(plain)
        assert 'opacity="0.1' in with_bands
        assert with_bands != without
        for title in ("people freed", "people still held", "share of the top level"):
            assert (f">{title}<" in with_bands) == (f">{title}<" in without)
    assert "Over the calibrated ensemble, at month 24" in charts.freed_svg(result, None, frame([result]), "k")


def test_the_page_says_them_and_what_they_are(result: Result, plain: Result) -> None:
    page = render([result], {})
    end = words.span(result, "freed", 24, words.persons)
    assert f"({end})" in page
    assert "p10 to p90 over the calibrated ensemble" in page
    assert "It is doubt about the numbers that go in" in page
    other = banded(next(each for each in synthetic.results() if each.scenario == "no-buyer"))
    several = render([result, other], {})
    assert several.count(f'<span class="q">{end}</span>') == 3  # in the ranking, its facts and beside the other's
    without = render([plain], {})
    assert "ensemble" not in without
