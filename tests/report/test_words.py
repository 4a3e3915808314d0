"""Numbers are rounded with thought: nothing small becomes nothing, nobody is split, nothing certain is invented."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.forecast.result import Option
from sim.report import words
from tests.report import synthetic


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1e-9, "<1"), (0.5, "<1"), (0.51, "1"), (149.27361, "149"), (1182.6, "1,183")],
)
def test_persons_are_whole(value: float, text: str) -> None:
    assert words.persons(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0%"),
        (1e-12, "<1%"),
        (0.0099, "<1%"),
        (0.012, "1%"),
        (0.415, "42%"),
        (0.99, "99%"),
        (0.9901, ">99%"),
        (1 - 1e-12, ">99%"),
        (1.0, "100%"),
    ],
)
def test_percent_is_exact_only_where_the_number_is(value: float, text: str) -> None:
    assert words.percent(value) == text


@given(st.floats(0, 1))
def test_percent_says_never_and_always_only_of_zero_and_one(value: float) -> None:
    text = words.percent(value)
    assert (text == "0%") == (value == 0)
    assert (text == "100%") == (value == 1)


@given(st.floats(0, 5000))
def test_persons_never_carry_a_fraction(value: float) -> None:
    text = words.persons(value)
    assert "." not in text
    if not text.startswith("<"):
        assert abs(int(text.replace(",", "")) - value) <= 0.5
    assert (text == "0") == (value == 0)


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.0"), (0.01, "<0.1"), (0.25, "0.2"), (1.66, "1.7")])
def test_steps_have_one_decimal(value: float, text: str) -> None:
    assert words.tenths(value) == text


@pytest.mark.parametrize(("value", "text"), [(3.14, "+3.1"), (-9.04, "−9.0"), (-0.01, "0.0"), (0.04, "0.0")])
def test_points_carry_their_sign(value: float, text: str) -> None:
    assert words.points(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(4, "4"), (0.05, "0.05"), (1 / 3, repr(1 / 3)), (math.inf, "inf"), ([1, 2], "[1, 2]")]
)
def test_parameters_are_written_without_loss(value: object, text: str) -> None:
    assert words.number(value) == text


def test_split_keeps_the_likeliest_and_adds_up_the_rest() -> None:
    options = synthetic.result().now["us-table"]
    shown, rest = words.split(options, 3)
    assert [option.probability for option in shown] == sorted((o.probability for o in options), reverse=True)[:3]
    assert rest is not None
    total = sum(option.probability for option in options)
    assert math.isclose(sum(option.probability for option in shown) + rest.probability, total)
    assert f"{len(options) - 3} options" in rest.label


def test_split_never_hides_a_single_option_behind_all_else() -> None:
    options = synthetic.result().now["minsk"]
    shown, rest = words.split(options, len(options) - 1)
    assert len(shown) == len(options)
    assert rest is None


def test_split_leaves_out_what_cannot_be_done() -> None:
    impossible = Option("washington", "snap back", 0.0, 1.0, 0.0)
    shown, _ = words.split((*synthetic.result().now["washington"], impossible), 5)
    assert [option.action for option in shown] == ["hold"]


@pytest.mark.parametrize("months", [1, 2, 6, 12, 13, 24, 36])
def test_the_month_in_the_middle_is_one_of_the_result(months: int) -> None:
    result = synthetic.result(months=months)
    assert words.middle(result) in result.months
    assert words.middle(result) == 12 or months <= 12


def test_text_of_the_freed_chart_says_its_numbers() -> None:
    result, reference = synthetic.result("no-buyer", "No buyer", freed=17.3), synthetic.result()
    text = words.freed_text(result, reference)
    for month in (12, 24):
        assert words.persons(result.at("freed", month)) in text
        assert words.persons(result.at("prisoners", month)) in text
    assert "Baseline: 262 freed" in text


def test_likeliest_first_deal_may_be_none() -> None:
    result = synthetic.result(first_deals={"leader for contact": 0.3, "none": 0.7})
    assert words.top_kind(result) == ("none", 0.7)
    assert words.deal_name("none") == "no deal"
