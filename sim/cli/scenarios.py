"""``list``, ``show``, ``validate``, ``schema``: what scenarios there are and what stands in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import SCHEMA_VERSION, note, out, out_json, plain_value, table, width

if TYPE_CHECKING:
    from sim.scenario import ParameterInfo, SettingInfo


def list_(as_json: options.Json = False) -> None:
    """List the shipped scenarios."""
    from sim.scenario import catalogue

    entries = catalogue()
    if as_json:
        out_json(
            {
                "scenarios": [
                    {
                        "id": entry.id,
                        "title": entry.title,
                        "question": entry.question,
                        "paragraphs": list(entry.paragraphs),
                    }
                    for entry in entries
                ]
            }
        )
        return
    rows = table("", "id", "title", "question", "¶", wide=("title", "question"))
    rows.columns[0].no_wrap = True
    for entry in entries:
        rows.add_row(entry.id, entry.title, entry.question, ", ".join(map(str, entry.paragraphs)))
    out(rows)


def show(
    scenario: options.Source,
    changed: Annotated[bool, typer.Option("--changed", help="Only what differs from the baseline.")] = False,
    overrides: options.Set = None,
    as_toml: Annotated[bool, typer.Option("--toml", help="Print a scenario file that says only what differs.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what stands in a scenario.

    Every parameter with its value, unit, plausible range and source; marks what differs from the baseline.
    """
    from sim.scenario import load, parameter_info, setting_info, to_toml, warnings_for

    loaded = load(scenario, options.overrides(overrides))
    if as_toml:
        print(to_toml(loaded), end="")
        return
    differs = loaded.changed(load("baseline"))
    outside = {warning.name for warning in warnings_for(loaded)}
    parameters = {name: info for name, info in parameter_info().items() if not changed or name in differs}
    settings = {name: info for name, info in setting_info().items() if not changed or name in differs}
    every: dict[str, ParameterInfo | SettingInfo] = {**parameters, **settings}
    if as_json:
        about: dict[str, dict[str, Any]] = {
            name: {
                "value": loaded.get(name),
                "baseline": info.value,
                "changed": name in differs,
                "unit": info.unit,
                "meaning": info.meaning,
                "allowed": info.allowed,
                "source": info.source,
                "reason": info.reason,
            }
            for name, info in every.items()
        }
        for name, numeric in parameters.items():
            about[name] |= {"range": [numeric.low, numeric.high], "outside_range": name in outside}
        out_json(
            {
                "scenario": loaded.id,
                "title": loaded.title,
                "question": loaded.question,
                "paragraphs": list(loaded.paragraphs),
                "note": loaded.note,
                "scenario_hash": loaded.hash,
                "parameters": {name: about[name] for name in parameters},
                "settings": {name: about[name] for name in settings},
            }
        )
        return
    paragraphs = ", ".join(f"¶{number}" for number in loaded.paragraphs)
    raised = f"Raised by {paragraphs} of the article." if paragraphs else ""
    out(*filter(None, (f"{loaded.title} ({loaded.id})", loaded.question, raised, loaded.note)))
    if every:
        # what a narrow terminal has no room for stands in --json
        spare = {"baseline": 80, "plausible": 60, "unit": 100, "source": 100}
        columns = [name for name, least in spare.items() if width() >= least]
        rows = table("", "", "parameter", "value", *columns, numbers=("value",), wide=("parameter", "source"))
        rows.columns[0].no_wrap = True
        for name, info in every.items():
            number = parameters.get(name)
            cells = {
                "baseline": plain_value(info.value) if name in differs else "",
                "plausible": f"{number.low:g} to {number.high:g}" if number else "",
                "unit": info.unit,
                "source": info.source,
            }
            marks = ("*" if name in differs else " ") + ("!" if name in outside else " ")
            rows.add_row(marks, name, plain_value(loaded.get(name)), *(cells[column] for column in columns))
        out(rows)
    out("* differs from the baseline" if differs else "Nothing differs from the baseline.")
    if outside:
        out("! outside its plausible range")


def validate(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Scenario files, shipped ids, or - for standard input.",
            autocompletion=options.complete_source,
            show_default=False,
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Check scenario files.

    Lists every problem with file, key, what was found and what is allowed.
    """
    from sim.errors import Problem, ScenarioError
    from sim.scenario import load

    found: dict[str, tuple[Problem, ...]] = {}
    for file in files:
        try:
            load(file)
            found[file] = ()
        except ScenarioError as error:
            found[file] = error.problems
    if as_json:
        out_json(
            {
                "files": [
                    {
                        "file": file,
                        "valid": not problems,
                        "problems": [
                            {
                                "file": problem.file,
                                "key": problem.key,
                                "found": problem.found,
                                "allowed": problem.allowed,
                                "hint": problem.hint,
                            }
                            for problem in problems
                        ],
                    }
                    for file, problems in found.items()
                ]
            }
        )
    else:
        for file, problems in found.items():
            if not problems:
                out(f"{file}: valid")
            for problem in problems:
                note(f"Error: {problem}")
    if any(found.values()):
        raise typer.Exit(3)


def schema(
    as_json: Annotated[bool, typer.Option("--json", help="The schema is JSON anyway; accepted for symmetry.")] = False,
) -> None:
    """Print the JSON Schema of scenario files.

    For editors that check while one types.
    """
    from sim.scenario import json_schema

    print(json.dumps({"schema_version": SCHEMA_VERSION, **json_schema()}, ensure_ascii=False, indent=2))
