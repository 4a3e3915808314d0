"""``sensitivity``: which assumptions move an outcome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, varied
from sim.cli.output import decimal, out, out_json, table
from sim.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.sensitivity import Sensitivity

METHODS = ("tornado", "sobol", "gradient")
_TOP = 20  # parameters shown for each outcome


def sensitivity(
    scenario: options.Source,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="METHOD",
            help="tornado (each parameter at both ends of its range), sobol (shares of variance), gradient (slopes).",
        ),
    ] = "tornado",
    outcome: varied.Outcomes = None,
    at: varied.Months = None,
    parameters: varied.Several = None,
    samples: Annotated[
        int | None,
        options.optional(
            "--samples", "NUMBER", "With sobol: N, a power of 2; N x (parameters + 2) variants. [default: 1024]"
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        options.optional(
            "--out", "FOLDER", "With sobol: keep results here, so that an interrupted run goes on where it stopped."
        ),
    ] = None,
    overrides: options.Set = None,
    grid: options.Grid = "fast",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    no_check: varied.NoCheck = False,
    as_json: options.Json = False,
) -> None:
    """See which assumptions an outcome hangs on.

    Ranges are the plausible ones that `grand-deal show` prints. Exact for each variant; nothing here is a prediction.
    """
    if method not in METHODS:
        raise UsageError(f"method: found {method!r}; allowed: {', '.join(METHODS)}")
    if method != "sobol" and (samples is not None or folder is not None):
        raise UsageError(f"{'--samples' if samples is not None else '--out'}: found with {method}; allowed: with sobol")
    base = varied.loaded(scenario, overrides)
    names = varied.several(parameters, {})
    settings: dict[str, Any] = {
        "outcomes": outcome or ["freed"],
        "at": at or [24],
        "parameters": names,
        "grid": grid,
        "rationality": options.rationality(rationality),
        "jobs": jobs,
        "check": 0 if no_check else 5,
    }
    with options.workers(cluster), varied.progress("Variants:") as tell:
        from sim.analyse import gradient, sobol, tornado
        from sim.analyse.sensitivity import SAMPLES

        settings["on_done"] = tell
        if method == "tornado":
            made = tornado(base, **settings)
        elif method == "gradient":
            made = gradient(base, **settings)
        else:
            made = sobol(base, seed=seed, folder=folder, samples=samples or SAMPLES, **settings)
    if as_json:
        out_json(made.to_json())
        varied.failures(made.basis)
        raise typer.Exit(1 if made.basis.failed else 0)
    out(f"{base.title} ({base.id})")
    tables = {"tornado": _tornado, "sobol": _sobol, "gradient": _gradient}
    for name, month, value in made.base_values:
        rows = [row for row in made.rows if row["outcome"] == name and row["month"] == month]
        out(tables[method](rows, name, month, value))
        if len(rows) > _TOP:
            out(f"and {len(rows) - _TOP} more that matter less (--json lists them)")
    out(*made.notes)
    varied.close(made.basis, _again(made, scenario, overrides, grid, seed, rationality, parameters, samples, no_check))
    if made.basis.failed:
        raise typer.Exit(1)


def _again(
    made: Sensitivity,
    scenario: str,
    overrides: list[str] | None,
    grid: str,
    seed: int,
    rationality: str | None,
    parameters: str | None,
    samples: int | None,
    no_check: bool,
) -> str:
    words = ["--method", made.method]
    for name in made.outcomes:
        words += ["--outcome", name]
    for month in made.months:
        words += ["--at", str(month)]
    words += ["--parameters", parameters] if parameters else []
    if made.method == "sobol":
        words += ["--seed", str(seed), *(["--samples", str(samples)] if samples else [])]
    words += ["--no-check"] if no_check else []
    return varied.again("sensitivity", scenario, words, overrides=overrides, grid=grid, rationality=rationality)


def _title(name: str, month: int, value: float) -> str:
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    return f"{OUTCOME_LABELS[name]} at month {month}: {decimal(value, OUTCOME_UNITS[name])} in this scenario"


def _tornado(found: list[dict[str, Any]], name: str, month: int, value: float) -> Table:
    from sim.forecast.result import OUTCOME_UNITS

    numbers = ("low", "high", "outcome at low", "at high", "swing")
    rows = table(_title(name, month, value), "parameter", *numbers, numbers=numbers, wide=("parameter",))
    for row in found[:_TOP]:
        cells = [decimal(_known(row[key]), OUTCOME_UNITS[name]) for key in ("at_low", "at_high", "swing")]
        rows.add_row(row["parameter"], f"{row['low']:.4g}", f"{row['high']:.4g}", *cells)
    return rows


def _sobol(found: list[dict[str, Any]], name: str, month: int, value: float) -> Table:
    numbers = ("alone", "95% interval", "in all", "95% interval ")
    rows = table(_title(name, month, value), "parameter", *numbers, numbers=numbers, wide=("parameter",))
    for row in found[:_TOP]:
        rows.add_row(
            row["parameter"],
            f"{row['first']:.3f}",
            f"{row['first_low']:.3f} to {row['first_high']:.3f}",
            f"{row['total']:.3f}",
            f"{row['total_low']:.3f} to {row['total_high']:.3f}",
        )
    rows.caption = "shares of the outcome's variance over the ranges: through the parameter alone, and in all"
    rows.caption_justify = "left"
    return rows


def _gradient(found: list[dict[str, Any]], name: str, month: int, value: float) -> Table:
    numbers = ("slope", "error", "slope x range")
    rows = table(_title(name, month, value), "parameter", *numbers, "per", numbers=numbers, wide=("parameter",))
    for row in found[:_TOP]:
        cells = [f"{row['slope']:+.4g}", f"{row['error']:.1g}", f"{row['per_range']:+.4g}"]
        rows.add_row(row["parameter"], *cells, row["unit"])
    return rows


def _known(value: float) -> float | None:
    return None if value != value else value
