"""What is wrong with a file is told in four parts, all of it at once, and never as anything but ScenarioError."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import Problem, ScenarioError
from sim.scenario import load
from sim.scenario.layers import MOST_PROBLEMS

from .malformed import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused_in_four_parts(case: Case, tmp_path: Path) -> None:
    path = case.build(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    problems = caught.value.problems
    assert all(part for problem in problems for part in (problem.file, problem.key, problem.found, problem.allowed))
    assert any(_matches(problem, case) for problem in problems), caught.value
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    assert all(len(str(problem)) < 700 for problem in problems)


def _matches(problem: Problem, case: Case) -> bool:
    return (
        Path(problem.file).name == case.file
        and case.key in problem.key
        and case.found in problem.found
        and case.allowed in problem.allowed
        and case.hint in problem.hint
    )


def test_the_table_is_large_and_its_ids_differ() -> None:
    assert len(CASES) >= 40
    assert len({case.id for case in CASES}) == len(CASES)


def test_one_fault_is_one_problem(tmp_path: Path) -> None:
    """A message that buries the fault among its consequences does not help."""
    for case in CASES:
        folder = tmp_path / case.id
        folder.mkdir()
        with pytest.raises(ScenarioError) as caught:
            load(case.build(folder))
        assert len(caught.value.problems) == 1, (case.id, caught.value)


def test_all_problems_at_once_and_each_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "parent.toml").write_text(
        'extends = "baseline"\n[minsk]\ndiscount = 2.0\ntrade_valu = 1.0\n', encoding="utf-8"
    )
    child = tmp_path / "child.toml"
    child.write_text(
        'extends = "parent.toml"\ntitle = 3\n[start]\nprisoners = -1\n[world.talks]\nactive_to_stalled = 0.99\n',
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        load(child, {"moscow.drift": 1.0, "minsk.trade_value": "much"})
    told = {(Path(problem.file).name, problem.key) for problem in caught.value.problems}
    assert told == {
        ("parent.toml", "minsk.discount"),
        ("parent.toml", "minsk.trade_valu"),
        ("child.toml", "title"),
        ("child.toml", "start.prisoners"),
        ("child.toml", "world.talks.active_to_stalled"),
        ("--set", "moscow.drift"),
        ("--set", "minsk.trade_value"),
    }


def test_a_broken_chain_does_not_hide_faults_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text('extends = "nowhere"\n[minsk]\ndiscount = 2.0\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert [problem.key for problem in caught.value.problems] == ["extends", "minsk.discount"]


def test_a_file_of_nonsense_is_told_in_bounded_length(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text('extends = "baseline"\n' + "".join(f"k{i} = 1\n" for i in range(15_000)), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    problems = caught.value.problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1].found == f"{15_000 - MOST_PROBLEMS} further problems"


def test_missing_parameters_are_told_beside_a_misspelled_one(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text("[minsk]\ntrade_valu = 8.0\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert {problem.key for problem in caught.value.problems} == {"minsk.trade_valu", "extends"}


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "case.toml"
    path.write_text('extends = "baseline"\n', encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.key == "whole file"
    assert "Permission denied" in problem.found


@pytest.mark.parametrize("source", ["", "basline", "a\x00.toml", "x" * 5000 + ".toml", None, 3, b"baseline", "./"])
def test_sources_that_name_nothing(source: object) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(source)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert problem.file
    assert problem.found
    assert problem.allowed


def test_the_nearest_shipped_id_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"Did you mean no-buyer\?"):
        load("no-buyers")
