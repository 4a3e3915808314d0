"""The JSON Schema agrees with the loader on what a scenario file may say."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sim.scenario import json_schema, load
from sim.scenario.leaves import headings, leaves
from sim.scenario.resources import scenario_ids, scenario_text

from .malformed import CASES, Case

_FIRST = next(place for place, case in enumerate(CASES) if case.id == "misspelled-key")
JUDGED = CASES[_FIRST:]
"""The cases whose file is TOML at all."""

BEYOND_A_SCHEMA = {
    "not-a-number",
    "rationality-not-a-number",
    "sizes-out-of-order",
    "stock-above-capacity",
    "capacity-below-stock",
    "chances-above-one",
    "offers-not-shared-out",
    "range-upside-down",
    "unknown-source",
    "assumption-without-reason",
    "fault-in-the-parent",
    "syntax-in-the-parent",
    "endless-chain",
} | {case.id for case in CASES if case.id.startswith("extends-")} - {"extends-nothing", "extends-a-number"}
"""What a schema cannot say: order within a list, rules that join values, and what lies outside the one file."""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", scenario_ids())
def test_shipped_files_fit_the_schema(name: str, validator: Draft202012Validator) -> None:
    assert [error.message for error in validator.iter_errors(tomllib.loads(scenario_text(name)))] == []


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.id)
def test_the_schema_refuses_what_the_loader_refuses(
    case: Case, tmp_path: Path, validator: Draft202012Validator
) -> None:
    tree = tomllib.loads(case.build(tmp_path).read_text(encoding="utf-8"))
    assert validator.is_valid(json.loads(json.dumps(tree, default=str))) == (case.id in BEYOND_A_SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'extends = "baseline"',
        'extends = "mine.toml"\n[minsk]\ntrade_value = 3',
        'minsk.rationality = "inf"',
        "minsk.rationality = {value = 4.0, range = [2, 6]}",
        "menu.prisoners = []",
        'brussels.relief_cost.1 = {value = 2, source = "assumption", reason = "so"}',
    ],
)
def test_files_that_are_fine(text: str, validator: Draft202012Validator) -> None:
    tree = tomllib.loads(text)
    assert validator.is_valid(tree)
    tree.pop("extends", None)
    load("baseline", tree)


def test_every_parameter_is_described_in_the_schema() -> None:
    schema = json_schema()
    for name, leaf in (leaves() | headings()).items():
        node: Any = schema
        for key in name.split("."):
            node = node["properties"][key]
        assert name == "schema_version" or leaf.meaning in node["description"]
        assert name == "schema_version" or leaf.unit in node["description"]
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema
