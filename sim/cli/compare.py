"""``compare``: scenarios side by side, with differences to the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import banded, options
from sim.cli.output import DISCLAIMER, busy, command_line, out, out_json, table, warn_of_range, width
from sim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.analyse.calibration import Paired
    from sim.forecast.result import Result

_COLUMN = 23  # width of one scenario's column: a value, its difference, and the gap
_PAIRED = 26  # that of a difference draw by draw
_LABELS = 46


def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO",
            help="Two or more shipped ids or scenario files; differences are to the first.",
            autocompletion=options.complete_source,
            show_default=False,
        ),
    ],
    month: Annotated[
        int, typer.Option("--month", min=1, max=24, metavar="NUMBER", help="At the end of which month.")
    ] = 12,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    bands: banded.Bands = False,
    as_json: options.Json = False,
) -> None:
    """Compare scenarios side by side.

    Headline outcomes at the end of one month, with differences to the first scenario.
    """
    if len(scenarios) < 2:
        raise UsageError("compare takes two or more scenarios; `grand-deal run` forecasts one")
    from sim.scenario import load

    changes = options.overrides(overrides)
    loaded = [load(scenario, changes) for scenario in scenarios]
    warn_of_range(loaded)
    with busy("Working out the scenarios ..."):
        from sim.forecast import run

        precision = options.rationality(rationality)
        results = [run(each, grid=grid, seed=seed, rationality=precision) for each in loaded]
    beside: list[dict[str, Paired] | None] = [None] * len(results)
    if bands:
        from sim.analyse.calibration import paired

        over = []
        for place, scenario in enumerate(loaded):
            results[place], found = banded.with_bands(results[place], scenario, precision)
            over.append(found)
            beside[place] = paired(over[0], found, month) if place else None
    if as_json:
        out_json(
            {
                "month": month,
                "grid": grid,
                "seed": seed,
                "rationality": precision,
                "scenarios": [
                    _entry(result, results[0], month, apart) for result, apart in zip(results, beside, strict=True)
                ],
            }
        )
        return
    _print(results, month)
    if bands:
        _print_paired(results, beside, month)
    again = command_line(
        "compare",
        [*scenarios, "--month", str(month)],
        overrides=overrides,
        grid=grid,
        seed=seed,
        rationality=rationality,
    )
    if bands:
        again += " --bands"
    out(DISCLAIMER, f"The same again: {again}")


def _entry(result: Result, first: Result, month: int, apart: Mapping[str, Paired] | None) -> dict[str, Any]:
    values = {name: result.at(name, month) for name in result.outcomes}
    return {
        "scenario": result.scenario,
        "title": result.title,
        "scenario_hash": result.scenario_hash,
        "outcomes": values,
        "bands": None
        if result.bands is None
        else {
            name: {level: row[result.months.index(month)] for level, row in rows.items()}
            for name, rows in result.bands.items()
        },
        "paired": None if apart is None else {name: each.to_json() for name, each in apart.items()},
        "differences": {name: value - first.at(name, month) for name, value in values.items()},
        "payoffs": dict(result.payoffs),
        "payoffs_total": dict(result.payoffs_total),
    }


def _print(results: list[Result], month: int) -> None:
    """Print as many scenarios side by side as the terminal takes, the first one always in front."""
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    first, others = results[0], results[1:]
    beside = max(1, (width() - _LABELS - _COLUMN // 2) // _COLUMN)
    for start in range(0, len(others), beside):
        group = others[start : start + beside]
        heads = [first.scenario, *(result.scenario for result in group)]
        rows = table(f"Expected by the end of month {month} (difference to {first.scenario})", "", *heads)
        for column in rows.columns[1:]:
            column.justify = "right"
        for name in first.outcomes:
            unit = OUTCOME_UNITS[name]
            base = first.at(name, month)
            cells = []
            for result in group:
                value, *band = banded.cell(result, name, month, unit).split("\n")
                difference = _difference(result.at(name, month) - base, unit)
                cells.append("\n".join((f"{value} ({difference})", *band)))
            rows.add_row(OUTCOME_LABELS[name], banded.cell(first, name, month, unit), *cells)
        if any(result.bands is not None for result in (first, *group)):
            rows.caption = f"Second line, {banded.NOTE}.\n"
            rows.caption_justify = "left"
        out(rows)


def _print_paired(results: list[Result], beside: Sequence[Mapping[str, Paired] | None], month: int) -> None:
    """Print how each scenario differs from the first in the same draws."""
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    others = [(result, apart) for result, apart in zip(results, beside, strict=True) if apart is not None]
    columns = max(1, (width() - _LABELS) // _PAIRED)
    for start in range(0, len(others), columns):
        group = others[start : start + columns]
        title = f"Difference to {results[0].scenario} by the end of month {month}, draw by draw over the ensemble"
        rows = table(title, "", *(result.scenario for result, _ in group))
        for column in rows.columns[1:]:
            column.justify = "right"
        for name in results[0].outcomes:
            unit = OUTCOME_UNITS[name]
            label = f"{OUTCOME_LABELS[name]}{', points' if unit == 'probability' else ''}"
            rows.add_row(label, *(banded.apart(apart[name], unit) for _, apart in group))
        rows.caption = (
            "p50 (p10 to p90) of the difference that the same draw of all parameters makes; shares of the ensemble.\n"
        )
        rows.caption_justify = "left"
        out(rows)


def _difference(value: float, unit: str) -> str:
    if unit == "probability":
        return f"{100 * value:+.1f} points"
    return f"{value:+,.1f}" if unit == "persons" else f"{value:+.2f}"
