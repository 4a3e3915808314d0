"""Charts of sweeps as files: each kind of sweep has its own, with words that say its numbers."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from sim.report.sweep_chart import sweep_file
from tests.report.synthetic_dossier import sweeps


def line() -> dict[str, Any]:
    """The first sweep at month 24 alone."""
    found = sweeps()[0]
    here = [number for number, month in enumerate(found["columns"]["month"]) if month == 24]
    columns = {name: [column[number] for number in here] for name, column in found["columns"].items()}
    return {**found, "months": [24], "columns": columns, "base": {"prisoners": {24: 1024.0}}}


def fan() -> dict[str, Any]:
    """Eleven draws of one assumption, by month: evenly spread from 1,000 to 1,100 at the end."""
    found = sweeps()[0]
    pairs = [(draw, month) for draw in range(11) for month in (12, 24)]
    columns = {"month": [float(month) for _, month in pairs], found["axes"][0]["name"]: [float(d) for d, _ in pairs]}
    columns["prisoners"] = [1000.0 + 10 * draw * month / 24 for draw, month in pairs]
    return {
        **found,
        "design": "lhs",
        "months": [12, 24],
        "columns": columns,
        "base": {"prisoners": {12: 1100.0, 24: 1080.0}},
    }


KINDS = {"line": line, "courses": lambda: sweeps()[0], "map": lambda: sweeps()[1], "fan": fan}
SAID = {
    "line": "least 736 at world.arrests 2; most 1,312 at world.arrests 12",
    "courses": "least 736 at world.arrests 2; most 1,312 at world.arrests 12",
    "map": "least 810",
    "fan": "p10 1,010, median 1,050, p90 1,090 over the draws",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_sweep_is_drawn_and_told(kind: str) -> None:
    svg = sweep_file(KINDS[kind](), "svg").decode()
    root = ElementTree.fromstring(svg)
    told = {child.tag.partition("}")[2]: child.text or "" for child in root}
    assert told["title"].startswith("People still held")
    assert SAID[kind] in told["desc"]
    assert "…" not in svg, "no label is cut off"
    assert sweep_file(KINDS[kind](), "svg").decode() == svg
    assert sweep_file(KINDS[kind](), "png").startswith(b"\x89PNG")


def test_a_chart_of_nothing_and_another_kind_are_refused() -> None:
    empty = sweeps()[1]
    empty["columns"]["prisoners"] = [None] * 36
    with pytest.raises(ValueError, match="found no prisoners at all"):
        sweep_file(empty, "svg")
    with pytest.raises(ValueError, match="allowed: svg, png"):
        sweep_file(line(), "pdf")
