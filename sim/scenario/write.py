"""Writes a scenario as a file that says only how it differs from a shipped one."""

from __future__ import annotations

import json
from typing import Any

from sim.scenario.load import load
from sim.scenario.schema import SCHEMA_VERSION, Scenario


def to_toml(scenario: Scenario, base: str = "baseline") -> str:
    """Return a scenario as TOML: reading it gives the same values, and so the same hash.

    Parameters
    ----------
    scenario : what to write.
    base : id of the shipped scenario that the file extends.

    Raises
    ------
    ScenarioError : no shipped scenario of that id.
    """
    changed = {name: mine for name, (mine, _) in scenario.changed(load(base)).items()}
    heading = {
        "schema_version": SCHEMA_VERSION,  # so that a later version can bring the file forward
        **{"extends": base, "id": scenario.id, "title": scenario.title, "question": scenario.question},
    }
    lines = [f"{name} = {_value(value)}" for name, value in heading.items()]
    if scenario.paragraphs:
        lines.append(f"paragraphs = {_value(scenario.paragraphs)}")
    section = ""
    for name, value in changed.items():
        table, _, key = name.partition(".")  # deeper parts stay dotted: a table may be opened only once
        if table != section:
            lines += ["", f"[{table}]"]
            section = table
        lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace(
            "\x7f", "\\u007f"
        )  # a JSON text is a TOML one but for that
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
