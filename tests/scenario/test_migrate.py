"""Older files are brought forward step by step; newer ones are refused with a word on what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import ScenarioError
from sim.scenario import SCHEMA_VERSION, load
from sim.scenario import migrate as module
from sim.scenario.migrate import migrate


def _rename(old: str, new: str) -> Any:
    def step(tree: dict[str, Any]) -> dict[str, Any]:
        return {(new if key == old else key): value for key, value in tree.items()}

    return step


STEPS = {1: _rename("a", "b"), 2: _rename("b", "c")}


def test_current_and_unmarked_files_stay_as_they_are() -> None:
    assert migrate({"a": 1}, "f") == ({"a": 1}, [])
    assert migrate({"schema_version": SCHEMA_VERSION, "a": 1}, "f") == ({"a": 1}, [])


@pytest.mark.parametrize(("version", "name"), [(1, "c"), (2, "c"), (3, "a")])
def test_steps_are_taken_one_after_another(version: int, name: str) -> None:
    tree = {"schema_version": version, "b" if version == 2 else "a": 1}
    assert migrate(tree, "f", current=3, migrations=STEPS) == ({name: 1}, [])
    assert tree["schema_version"] == version  # the caller's tree is not written into


@pytest.mark.parametrize(("version", "allowed"), [(0, "from 1 to 3"), (-1, "from 1 to 3"), (4, "from 1 to 3")])
def test_versions_out_of_reach_are_refused(version: int, allowed: str) -> None:
    _, (problem,) = migrate({"schema_version": version}, "f", current=3, migrations=STEPS)
    assert (problem.file, problem.key, problem.found) == ("f", "schema_version", str(version))
    assert allowed in problem.allowed
    assert ("update the program" in problem.hint) == (version > 3)


def test_a_gap_in_the_table_is_refused() -> None:
    assert migrate({"schema_version": 1}, "f", current=3, migrations={1: STEPS[1]})[1]


def test_loading_goes_through_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def from_zero(tree: dict[str, Any]) -> dict[str, Any]:
        return {**tree, "minsk": {"trade_value": tree["minsk"]["trade_worth"]}}

    path = tmp_path / "old.toml"
    path.write_text('schema_version = 0\nextends = "baseline"\n[minsk]\ntrade_worth = 6\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="schema_version"):
        load(path)
    monkeypatch.setitem(module.MIGRATIONS, 0, from_zero)
    scenario = load(path)
    assert (scenario.get("minsk.trade_value"), scenario.schema_version) == (6.0, SCHEMA_VERSION)
