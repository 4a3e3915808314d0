"""``sweep``: headline outcomes over one or two parameters, or over a design."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, varied
from sim.cli.output import DISCLAIMER, decimal, note, out, out_json, table
from sim.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.ensemble import Ensemble
    from sim.analyse.sweep import Sweep

_SHOWN = 60  # rows printed; the rest is in --out and --json


def sweep(
    scenario: options.Source,
    parameter: Annotated[
        list[str] | None,
        options.optional(
            "--parameter",
            "NAME[=LOW:HIGH[:POINTS]]",
            "A parameter, and where it goes; one or two of them, or any number with --design (repeatable).",
            autocompletion=varied._complete_parameter,
        ),
    ] = None,
    parameters: varied.Several = None,
    design: Annotated[
        str,
        typer.Option(
            "--design",
            metavar="KIND",
            help="grid, or a design in the space of assumptions: lhs or sobol; random for --out FOLDER.",
        ),
    ] = "grid",
    size: Annotated[
        int | None, options.optional("--size", "NUMBER", "Points of a design. [default: 256]", min=1)
    ] = None,
    outcome: varied.Outcomes = None,
    at: varied.Months = None,
    file: Annotated[
        Path | None,
        options.optional(
            "--out",
            "PLACE",
            "Also write the table: .csv or .parquet. With a design also a folder: all outcomes of every month are "
            "kept there as they are computed, for any number of points, and an interrupted run goes on.",
        ),
    ] = None,
    chart: Annotated[
        Path | None,
        options.optional(
            "--chart",
            "FILE",
            "Also draw the first outcome, .svg or .png: a line, courses by month, a map over two parameters, or, with "
            "--design, a fan.",
        ),
    ] = None,
    block: Annotated[
        int | None,
        options.optional(
            "--block",
            "NUMBER",
            "Variants in one file of the folder: fewer lose less when interrupted, more make fewer files. "
            "[default: 128]",
            min=1,
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
    """See how outcomes change over a range of assumptions.

    One or two parameters over a range, or a design over many. Exact for each variant; nothing here is a prediction.
    """
    base = varied.loaded(scenario, overrides)
    given = varied.ranges(parameter, points=True)
    names = varied.several(parameters, given) or []
    if chart is not None:
        _check_chart(chart)
    if file is not None and design != "grid" and not file.suffix and not file.is_file():
        if chart is not None:
            raise UsageError("--chart: found with a folder; allowed: without --out, or with a table")
        limits = {name: (pair[0], pair[1]) for name, pair in given.items() if pair is not None}
        lam = options.rationality(rationality)
        with options.workers(cluster), varied.progress("Variants:") as tell:
            from sim.analyse.ensemble import ensemble
            from sim.analyse.resume import BLOCK

            kept = ensemble(
                base,
                file,
                parameters=names or None,
                ranges=limits,
                design=design,
                size=size or 256,
                seed=seed,
                outcomes=outcome or ["freed"],
                at=at or [24],
                months=max([24, *(at or [])]),
                grid=grid,
                rationality=lam,
                block=block or BLOCK,
                jobs=jobs,
                command=shlex.join(["grand-deal", *sys.argv[1:]]),
                on_done=tell,
            )
        _tell_kept(kept, as_json)
        raise typer.Exit(1 if kept.failed else 0)
    if block is not None:
        raise UsageError("--block: found without a folder; allowed: with --design and --out FOLDER")
    place = varied.table_file(file)
    with options.workers(cluster), varied.progress("Variants:") as tell:
        from sim.analyse.sweep import sweep as compute

        wanted: dict[str, Any] = {name: given.get(name) for name in names}
        made = compute(
            base,
            wanted,
            outcomes=outcome or ["freed"],
            at=at or [24],
            design=design,
            size=size,
            grid=grid,
            rationality=options.rationality(rationality),
            seed=seed,
            jobs=jobs,
            check=0 if no_check else 5,
            on_done=tell,
        )
    if place is not None:
        varied.write_table(place, made.columns)
    if chart is not None:
        _draw(chart, made)
    if as_json:
        out_json(made.to_json())
        varied.failures(made.basis)
    else:
        out(f"{base.title} ({base.id})", _table(made))
        words = varied.parameter_words(given, parameters)
        if design != "grid":
            words += ["--design", design, "--seed", str(seed), *(["--size", str(size)] if size else [])]
        for name in made.outcomes:
            words += ["--outcome", name]
        for month in made.months:
            words += ["--at", str(month)]
        words += ["--no-check"] if no_check else []
        varied.close(
            made.basis,
            varied.again("sweep", scenario, words, overrides=overrides, grid=grid, rationality=rationality),
        )
    if made.basis.failed:
        raise typer.Exit(1)


def _check_chart(file: Path) -> None:
    """Refuse, before anything is computed, a chart that could not be written."""
    if file.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"--chart: found {str(file)!r}; allowed: a file that ends in .svg or .png")
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder; --chart takes a file")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: there is no such folder")


def _draw(file: Path, made: Sweep) -> None:
    from sim.batch.store import write_atomic
    from sim.report.sweep_chart import sweep_file

    try:
        write_atomic(file, sweep_file(made.to_json(), file.suffix.lower()[1:]))
    except ValueError as error:
        note(f"No chart: {error}")
    else:
        note(f"Chart: {file}")


def _tell_kept(kept: Ensemble, as_json: bool) -> None:
    from sim.forecast.result import OUTCOME_UNITS

    if as_json:
        out_json(kept.to_json())
    else:
        heads = ["mean", "lowest", "highest"]
        title = f"Outcomes over {kept.basis.variants:,} draws of {len(kept.parameters)} parameters"
        rows = table(title, "outcome", "month", *heads, numbers=["month", *heads], wide=("outcome",))
        for row in kept.rows:
            cells = [decimal(_known(row[name]), OUTCOME_UNITS[row["outcome"]]) for name in ("mean", "low", "high")]
            rows.add_row(row["outcome"], str(row["month"]), *cells)
        out(rows)
        first = kept.rows[0]
        question = f"select quantile_cont({first['outcome']}[{first['month']}], [0.1, 0.5, 0.9]) from variants"
        out(
            f"{DISCLAIMER} Scenario hash {kept.basis.scenario_hash[:12]}, grid {kept.basis.grid}.",
            f"Dataset: {kept.folder}. Ask it: {shlex.join(['grand-deal', 'query', kept.folder, question])}",
        )
    note(f"{kept.basis.variants - kept.failed:,} of {kept.basis.variants:,} variants kept, {kept.reused:,} reused.")
    varied.failures(kept.basis)


def _table(made: Sweep) -> Table:
    from sim.forecast.result import OUTCOME_UNITS

    if len(made.axes) > 2:
        return _spread(made)
    heads = [axis.name for axis in made.axes]
    numbers = [*heads, "month", *made.outcomes]
    rows = table("Outcomes over the range", *numbers, numbers=numbers)
    found = made.table()
    for row in found[:_SHOWN]:
        cells = [f"{row[name]:.4g}" for name in heads]
        values = [decimal(_known(row[name]), OUTCOME_UNITS[name]) for name in made.outcomes]
        rows.add_row(*cells, str(int(row["month"])), *values)
    if len(found) > _SHOWN:
        rows.caption = f"{len(found) - _SHOWN} more rows: --out FILE or --json"
        rows.caption_justify = "left"
    return rows


def _spread(made: Sweep) -> Table:
    """A design over many parameters as quantiles over its draws."""
    import numpy as np

    from sim.forecast.result import OUTCOME_UNITS

    heads = ["lowest", "10%", "median", "90%", "highest", "unchanged"]
    title = f"Outcomes over {made.basis.variants} draws of {len(made.axes)} parameters"
    rows = table(title, "outcome", "month", *heads, numbers=["month", *heads], wide=("outcome",))
    for name in made.outcomes:
        for month in made.months:
            column = made.columns[name][made.columns["month"] == month]
            values = np.nanquantile(column, [0, 0.1, 0.5, 0.9, 1]).tolist()
            cells = [decimal(value, OUTCOME_UNITS[name]) for value in (*values, made.base[name][month])]
            rows.add_row(name, str(month), *cells)
    return rows


def _known(value: float) -> float | None:
    return None if value != value else value
