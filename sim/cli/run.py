"""``run``: the forecast of one scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import banded, options
from sim.cli.output import DISCLAIMER, busy, command_line, decimal, out, out_json, percent, table, warn_of_range, width

if TYPE_CHECKING:
    from rich.table import Table

    from sim.forecast.result import Result

_TOP = 4  # options shown of each turn
_MEDIUM, _NARROW = 100, 76  # below these widths less important columns are left out
_RARE = 0.01  # options and first deals below this probability are left to --json
TURNS = {
    "us-table": "table of Minsk and Washington",
    "eu-table": "table of Minsk and Brussels",
    "summit": "summit of all three",
    "minsk": "Minsk's own turn",
    "washington": "Washington's own turn",
    "brussels": "Brussels' own turn",
    "moscow": "Moscow's turn",
}


def run(
    scenario: options.Source,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    story: Annotated[
        int,
        typer.Option(
            "--story", min=0, max=1000, metavar="NUMBER", help="Also tell this many possible courses, drawn by chance."
        ),
    ] = 0,
    bands: banded.Bands = False,
    as_json: options.Json = False,
) -> None:
    """Forecast one scenario month by month.

    Exact expectations and probabilities in the model; nothing here is a prediction.
    """
    from sim.scenario import load

    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    with busy(f"Working out {loaded.id} ..."):
        from sim.forecast import run as forecast
        from sim.forecast import stories as tell

        precision = options.rationality(rationality)
        result = forecast(loaded, grid=grid, seed=seed, rationality=precision)
        stories: Sequence[str] = ()
        if story:
            stories = tell(loaded, grid=grid, seed=seed, rationality=precision, count=story)
    if bands:
        result, _ = banded.with_bands(result, loaded, precision)
    if as_json:
        out_json({**result.to_json(), **({"stories": list(stories)} if story else {})})
        return
    out(
        f"{result.title} ({result.scenario})",
        result.question,
        "",
        _outcomes(result),
        _now(result),
        _first_deals(result),
    )
    for number, text in enumerate(stories, start=1):
        out(f"One possible course, drawn by chance ({number} of {story})", text, "")
    again = command_line("run", [scenario], overrides=overrides, grid=grid, seed=seed, rationality=rationality)
    if story:
        again += f" --story {story}"
    if bands:
        again += " --bands"
    out(
        f"{DISCLAIMER} Scenario hash {result.scenario_hash[:12]}, version {result.versions.get('grand-deal', '?')}.",
        f"The same again: {again}{' < FILE' if scenario == '-' else ''}",
    )


def _outcomes(result: Result) -> Table:
    from sim.batch.tables import HEADLINE_MONTHS
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    months = [month for month in HEADLINE_MONTHS if month in result.months]
    if width() < _NARROW:
        months = months[-3:]
    heads = [str(month) for month in months]
    units = ("unit",) if width() >= _MEDIUM else ()
    rows = table("Expected by the end of month", "outcome", *heads, *units, numbers=heads, wide=("outcome", "unit"))
    for name in result.outcomes:
        unit = OUTCOME_UNITS[name]
        values = [banded.cell(result, name, month, unit) for month in months]
        rows.add_row(OUTCOME_LABELS[name], *values, *(["" if unit == "probability" else unit] if units else []))
    if result.bands is not None:
        rows.caption = f"Second line, {banded.NOTE}.\n"
        rows.caption_justify = "left"
    price = [decimal(result.price[result.months.index(month)]) for month in months]
    rows.add_row("going price of relief", *price, *(["persons freed per step"] if units else []))
    return rows


def _now(result: Result) -> Table:
    """What each capital would do if the start position reached its turn with nothing done yet."""
    numbers = ("proposed", "accepted", "happens") if width() >= _MEDIUM else ("happens",)
    rows = table("What each capital would do now", "at", "who", "what", *numbers, numbers=numbers, wide=("what",))
    for turn, choices in result.now.items():
        shown = [option for option in choices[:_TOP] if option.probability >= _RARE] or list(choices[:1])
        for rank, option in enumerate(shown):
            chances = (option.proposed, option.accepted, option.probability)[-len(numbers) :]
            rows.add_row(
                TURNS.get(turn, turn) if rank == 0 else "",
                option.proposer,
                option.action,
                *map(percent, chances),
                end_section=rank == len(shown) - 1,
            )
    return rows


def _first_deals(result: Result) -> Table:
    rows = table(f"First deal within {result.months[-1]} months", "kind", "probability", numbers=("probability",))
    ranked = sorted(result.first_deals.items(), key=lambda pair: -pair[1])
    for kind, probability in [pair for pair in ranked if pair[1] >= _RARE] or ranked[:1]:
        rows.add_row("no deal" if kind == "none" else kind, percent(probability))
    return rows
