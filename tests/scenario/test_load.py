"""Loading, chains of ``extends``, overrides, and the resolved scenario."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.errors import ScenarioError
from sim.scenario import Scenario, load
from sim.scenario.leaves import leaves

CHILD = """
extends = "baseline"
title = "Mine"
[minsk]
trade_value = 10
"""


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return load("baseline")


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# --- the baseline and its values --------------------------------------------------------------------------------------


def test_values_by_name_and_by_attribute(baseline: Scenario) -> None:
    own = baseline.with_overrides({"minsk.trade_value": 8, "brussels.relief_cost.1": 1.75})
    own = own.with_overrides({f"washington.relief_cost.{i}": cost for i, cost in ((1, 0.25), (2, 0.325), (3, 0.55))})
    assert own.get("minsk.trade_value") == own.minsk.trade_value == 8.0
    assert own.get("brussels.relief_cost.1") == own.brussels.relief_cost.step_1 == 1.75
    assert own.washington.relief_cost.steps == (0.25, 0.325, 0.55)
    assert baseline.get("menu.prisoners") == baseline.menu.prisoners == (2, 13, 70, 280)
    assert baseline.get("start.talks") == "stalled"
    thirds = baseline.with_overrides(
        {f"menu.recognition.summit.{one}": 1 / 3 for one in ("minsk", "washington", "brussels")}
    )
    assert thirds.menu.recognition.summit.brussels == pytest.approx(1 / 3)


def test_parameters_are_the_numbers_in_the_order_of_the_schema(baseline: Scenario) -> None:
    parameters = baseline.parameters()
    assert list(parameters) == [name for name, leaf in leaves().items() if leaf.numeric]
    assert all(type(number) is float for number in parameters.values())
    assert list(parameters)[:2] == ["minsk.trade_value", "minsk.trade_us_share"]
    assert "start.prisoners" in parameters
    assert "menu.summit" not in parameters  # a yes is not a number
    assert set(baseline.values()) == set(leaves())


def test_a_scenario_is_frozen_and_hashable(baseline: Scenario) -> None:
    with pytest.raises(ValidationError):
        baseline.minsk.trade_value = 9.0
    assert hash(baseline) == hash(load("baseline"))


def test_unknown_name_names_the_nearest(baseline: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"Did you mean minsk\.trade_value\?"):
        baseline.get("minsk.tradevalue")


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_child_says_only_what_differs(baseline: Scenario, tmp_path: Path) -> None:
    scenario = load(_write(tmp_path / "my case.toml", CHILD))
    assert scenario.changed(baseline) == {"minsk.trade_value": (10.0, baseline.minsk.trade_value)}
    assert (scenario.id, scenario.title, scenario.question, scenario.paragraphs) == ("my-case", "Mine", "", ())
    assert scenario.note == baseline.note


def test_a_child_of_a_child(tmp_path: Path) -> None:
    _write(tmp_path / "one.toml", 'extends = "no-buyer"\nquestion = "one?"\n[minsk]\ntrade_value = 5\ndiscount = 0.9\n')
    scenario = load(_write(tmp_path / "two.toml", 'extends = "one.toml"\n[minsk]\ntrade_value = 6\n'))
    assert scenario.get("minsk.trade_value") == 6.0
    assert scenario.get("minsk.discount") == 0.9
    assert scenario.get("washington.show_value") == 0.0
    assert (scenario.id, scenario.question) == ("two", "")


def test_a_list_replaces_the_inherited_list(tmp_path: Path) -> None:
    scenario = load(_write(tmp_path / "case.toml", 'extends = "baseline"\nmenu.prisoners = []\n'))
    assert scenario.menu.prisoners == ()


def test_a_file_may_be_called_like_a_shipped_scenario(tmp_path: Path) -> None:
    """``extends = "baseline"`` always means the shipped one, so this is no circle."""
    assert load(_write(tmp_path / "baseline.toml", CHILD)).get("minsk.trade_value") == 10.0


def test_a_complete_file_needs_no_parent(baseline: Scenario, tmp_path: Path) -> None:
    lines = [f"{name} = {_toml(value)}" for name, value in baseline.values().items()]
    scenario = load(_write(tmp_path / "whole.toml", "\n".join(lines)))
    assert scenario.hash == baseline.hash


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return str(list(value)) if isinstance(value, tuple) else repr(value)


def test_annotated_values_are_read_in_any_file(tmp_path: Path) -> None:
    text = (
        'extends = "baseline"\n[minsk.trade_value]\nvalue = 9\nrange = [8, 10]\n'
        'source = "assumption"\nreason = "asked an economist"\n'
        '[minsk.leader_cost]\nvalue = 2\nsource = "leaders-cost-more"\n'
    )
    scenario = load(_write(tmp_path / "case.toml", text))
    assert (scenario.minsk.trade_value, scenario.minsk.leader_cost) == (9.0, 2.0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_windows_files_load(encoding: str, newline: str, tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(CHILD.replace("\n", newline).encode(encoding))
    assert load(path).get("minsk.trade_value") == 10.0


def test_names_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    _write(tmp_path / "sub" / "case.toml", CHILD)
    monkeypatch.chdir(tmp_path)
    assert load("sub/case.toml").title == "Mine"
    assert load("case.toml", directory=tmp_path / "sub").title == "Mine"
    assert load(str(tmp_path / "sub" / "case.toml"), directory="elsewhere").title == "Mine"
    with pytest.raises(ScenarioError):
        load("case.toml")


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    _write(tmp_path / "real.toml", CHILD)
    (tmp_path / "link.toml").symlink_to(tmp_path / "real.toml")
    assert load(_write(tmp_path / "case.toml", 'extends = "link.toml"\n')).get("minsk.trade_value") == 10.0


# --- standard input ---------------------------------------------------------------------------------------------------


def _stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _stdin(monkeypatch, CHILD.encode())
    scenario = load("-")
    assert (scenario.id, scenario.get("minsk.trade_value")) == ("stdin", 10.0)
    _write(tmp_path / "parent.toml", CHILD)
    _stdin(monkeypatch, b'extends = "parent.toml"\n')
    assert load("-", directory=tmp_path).get("minsk.trade_value") == 10.0


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "nothing, and 89 parameters are missing"),
        (b"x" * 300_000, "more than 256 KiB"),
        (b"\xff\xfe", "UTF-16"),
        (b'extends = "parent.toml"', "parent.toml"),
    ],
)
def test_bad_standard_input(data: bytes, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _stdin(monkeypatch, data)
    with pytest.raises(ScenarioError) as caught:
        load("-")
    assert [problem.file for problem in caught.value.problems] == ["standard input"]
    assert found in caught.value.problems[0].found


def test_no_standard_input_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ScenarioError, match="standard input"):
        load("-")


# --- overrides --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("minsk.trade_value", 12, 12.0),
        ("minsk.trade_value", "12", 12.0),
        ("minsk.trade_value", np.float64(12), 12.0),
        ("start.prisoners", np.int64(600), 600),
        ("start.prisoners", 600.0, 600),
        ("brussels.relief_cost.2", "0.5", 0.5),
        ("minsk.rationality", "inf", math.inf),
        ("minsk.rationality", '"inf"', math.inf),
        ("minsk.rationality", math.inf, math.inf),
        ("minsk.rationality", 0, 0.0),
        ("start.talks", "active", "active"),
        ("start.talks", '"active"', "active"),
        ("menu.summit", "true", True),
        ("menu.prisoners", "[5, 50]", (5, 50)),
        ("menu.prisoners", (5, 50), (5, 50)),
        ("menu.us_relief", [], ()),
        ("minsk.trade_value", {"value": 3, "source": "assumption", "reason": "a test"}, 3.0),
    ],
)
def test_overrides(name: str, given: object, expected: object, baseline: Scenario) -> None:
    value = load("baseline", {name: given}).get(name)
    assert value == expected
    assert type(value) is type(expected)
    assert baseline.with_overrides({name: given}).get(name) == expected


def test_a_whole_section_can_be_overridden(baseline: Scenario) -> None:
    shares = {"menu.recognition.us_table": "{minsk = 0.75, washington = 0.25}"}
    assert baseline.with_overrides(shares).menu.recognition.us_table.minsk == 0.75


@pytest.mark.parametrize(
    ("name", "given", "key", "hint"),
    [
        ("minsk.tradevalue", 1, "minsk.tradevalue", "minsk.trade_value"),
        ("trade_value", 1, "trade_value", "minsk.trade_value"),
        ("minsk", 1, "minsk", "trade_value"),
        ("minsk.contact_value", "0.5", "minsk.contact_value", "minsk.contact_value.envoys"),
        ("minsk.trade_value.value", 1, "minsk.trade_value.value", ""),
        ("title", "x", "title", ""),
        ("extends", "no-buyer", "extends", ""),
        ("", 1, "", ""),
        (3, 1, "int", ""),
        ("minsk.trade_value", "12\nminsk.discount = 0.1", "minsk.trade_value", ""),
        ("minsk.trade_value", None, "minsk.trade_value", ""),
        ("minsk.trade_value", np.True_, "minsk.trade_value", ""),
        ("minsk.trade_value", "[" * 9000, "minsk.trade_value", ""),
        ("minsk.trade_value", "9" * 20_000, "minsk.trade_value", ""),
        ("minsk.trade_value", 10**400, "minsk.trade_value", ""),
        ("menu.prisoners", np.array([1, 2]), "menu.prisoners", ""),
        ("start.talks", "actve", "start.talks", ""),
    ],
)
def test_bad_overrides(name: Any, given: object, key: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("baseline", {name: given})
    (problem,) = caught.value.problems
    assert problem.file == "--set"
    assert key in problem.key
    assert hint in problem.hint
    assert problem.found
    assert problem.allowed


def test_overrides_that_do_not_go_together_are_blamed_on_the_override() -> None:
    with pytest.raises(ScenarioError) as caught:
        load("baseline", {"world.talks.active_to_stalled": 0.99})
    assert [(problem.file, problem.key) for problem in caught.value.problems] == [
        ("--set", "world.talks.active_to_stalled")
    ]


def test_overriding_leaves_the_original_alone(baseline: Scenario) -> None:
    before = baseline.values()
    changed = baseline.with_overrides({"minsk.trade_value": 1})
    assert baseline.values() == before
    own = baseline.minsk.trade_value
    assert changed.changed(baseline) == {"minsk.trade_value": (1.0, own)}
    assert baseline.changed(changed) == {"minsk.trade_value": (own, 1.0)}
    assert (changed.id, changed.title) == (baseline.id, baseline.title)
    assert baseline.with_overrides({}) is baseline
    assert load(baseline, {"minsk.trade_value": 1}) == changed


def test_all_parameters_can_be_given_back(baseline: Scenario) -> None:
    assert baseline.with_overrides(baseline.parameters()).hash == baseline.hash


# --- the hash ---------------------------------------------------------------------------------------------------------


def test_the_hash_depends_on_every_value_and_on_nothing_else(baseline: Scenario, tmp_path: Path) -> None:
    seen = {baseline.hash}
    for leaf in leaves().values():
        old = leaf.read(baseline)
        changed = baseline.model_copy(deep=True)
        seen.add(_forced(changed, leaf.path, _other(old)).hash)
    assert len(seen) == len(leaves()) + 1
    renamed = load(
        _write(tmp_path / "other.toml", 'extends = "baseline"\ntitle = "x"\nquestion = "y?"\nparagraphs = [3]\n')
    )
    assert renamed.hash == baseline.hash


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    return (*value, 9) if isinstance(value, tuple) else value + 1


def _forced(scenario: Scenario, path: tuple[str, ...], value: Any) -> Scenario:
    """Change one value without validation, since some values are bound to others."""
    part: Any = scenario
    for attribute in path[:-1]:
        part = getattr(part, attribute)
    part.__dict__[path[-1]] = value
    scenario.__dict__.pop("hash", None)
    return scenario


def test_the_hash_is_the_same_however_a_value_is_written(baseline: Scenario) -> None:
    spellings = [0, 0.0, -0.0, "0", "0e0", "+0.0"]
    assert len({baseline.with_overrides({"washington.held_cost": zero}).hash for zero in spellings}) == 1
    infinite = [math.inf, "inf", '"inf"']
    assert len({baseline.with_overrides({"minsk.rationality": value}).hash for value in infinite}) == 1


def test_the_hash_is_the_same_in_another_process(baseline: Scenario) -> None:
    code = "from sim.scenario import load; print(load('baseline').hash)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == baseline.hash


# --- imports ----------------------------------------------------------------------------------------------------------


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from sim.scenario import load, catalogue, evidence, parameter_info, json_schema;"
        "load('no-buyer'); catalogue(); evidence(); parameter_info(); json_schema();"
        "print(sorted({'numpy', 'pandas', 'numba', 'altair', 'pyarrow', 'scipy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
