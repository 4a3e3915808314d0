"""A report's sections on the space of assumptions: sweeps, shares of the variance, and boxes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.report import rows_space
from tests.report import synthetic_dossier as made
from tests.report.test_analyses import page, whole
from tests.report.test_html import Page

__all__ = ["whole"]


def test_every_course_and_this_scenarios_own_are_drawn() -> None:
    (one, _) = made.sweeps()
    rows, (low, high) = rows_space.courses(one)
    courses = [row for row in rows if row["series"] == "course"]
    assert len(courses) == 7 * 24
    assert sorted({row["strength"] for row in courses}) == pytest.approx([step / 6 for step in range(7)])
    assert [row["y"] for row in rows if row["series"] == "own"] == [1120.0 - 4 * month for month in range(1, 25)]
    assert all(low <= row["y"] <= high for row in courses)
    assert [row["text"] for row in rows if row["series"] == "end"] == ["at 2", "here", "at 12"]


def test_labels_at_the_ends_lie_apart_and_inside() -> None:
    one = made.sweeps()[0]
    one["columns"]["prisoners"] = [1000.0 for _ in one["columns"]["prisoners"]]
    one["base"]["prisoners"] = dict.fromkeys(range(1, 25), 1000.0)
    rows, (low, high) = rows_space.courses(one)
    places = [row["place"] for row in rows if row["series"] == "end"]
    gaps = [b - a for a, b in pairwise(places)]
    assert min(gaps) == pytest.approx(rows_space.APART * (high - low))
    assert max(places) <= high


def test_a_map_has_a_cell_for_each_pair_and_says_what_is_missing() -> None:
    rows, across, up = rows_space.heat(made.sweeps()[1])
    cells = {(row["column"], row["row"]): row for row in rows if row["series"] == "cell"}
    assert len(cells) == across * up == 36
    assert cells[0, 5]["text"] == "?", "the lowest values of both stand lower left"
    assert cells[5, 0] | {"text": "1,150", "share": 1.0} == cells[5, 0]
    (own,) = (row for row in rows if row["series"] == "own")
    name, _, value, _, low, high, *_ = made.PARAMETERS[0]
    assert own["column"] == pytest.approx(0.5 + 5 * (value - low) / (high - low)), name


def test_shares_stay_between_nothing_and_all() -> None:
    bars = [row for row in rows_space.shares(made.dossier()) if row["series"] == "bar"]
    assert bars[0]["to"] == pytest.approx(0.42)
    assert bars[0]["to_pale"] == pytest.approx(0.57)
    assert bars[-1]["to"] == 0.0, "an estimate below 0 is drawn as 0"


def test_words_say_how_much_alone_and_where_it_turns(whole: str) -> None:
    section = Page(whole[whole.index('id="a-sobol"') : whole.index('id="a-discover"')]).visible
    assert "Alone they account for 102% of the variance" not in section
    assert "Alone they account for 100% of the variance" in section
    section = Page(whole[whole.index('id="a-discover"') : whole.index('id="a-people"')]).visible
    assert "In 30% of 500 draws" in section
    assert "people still held at month 24: 1,120 or more" in section
    assert "it happens in 50% of them, which are 80% of all" in section
    assert "above 6.5" in section


def test_without_any_box_or_any_swing_the_page_says_so() -> None:
    none = made.discovery(boxes=0)
    none["tree"] = {"size": 500, "hits": 150, "share": 0.3}
    text = page(discovery=none, sweeps=[])
    assert "No part of the ranges was found" in text
    assert "A few questions" not in text
    assert "No parameter alone moves this outcome" in text
