"""Results and scenario files for these tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.batch import store, tables
from sim.forecast.result import Result
from tests.report.synthetic import results


def some(*ids: str) -> tuple[Result, ...]:
    """Synthetic results of these scenarios, in this order."""
    by_id = {result.scenario: result for result in results()}
    return tuple(by_id[name] for name in ids)


def write_batch(folder: Path, *ids: str) -> None:
    """Write what a finished batch of these scenarios leaves in its folder: the tables, and a bare manifest."""
    for name, data in tables.tables(some(*ids)).items():
        (folder / name).write_bytes(data)
    (folder / store.MANIFEST).write_text("{}")


def page(results: Sequence[Result], manifest: object, *, title: str = "") -> str:
    """Stands in for `sim.report.render`, which takes its time over charts."""
    names = ", ".join(result.scenario for result in results)
    return f"<!doctype html><html>{names}</html>"


def write_scenario(folder: Path, name: str, *lines: str, title: str = "") -> Path:
    """Write a small scenario file that extends the baseline."""
    path = folder / f"{name}.toml"
    head = ['extends = "baseline"', f'id = "{name}"', f'title = "{title or name}"', f'question = "What if {name}?"']
    path.write_text("\n".join([*head, *lines]) + "\n")
    return path


def write_scenarios(folder: Path, names: Sequence[str]) -> None:
    """Write scenarios that differ in one number each."""
    for number, name in enumerate(names):
        write_scenario(folder, name, "[minsk]", f"trade_value = {5 + number}")
