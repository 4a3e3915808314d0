"""``report``: one self-contained HTML page, from fresh forecasts or from a finished batch."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import note, out, out_json
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.forecast.result import Result


def report(
    sources: options.Sources = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="FOLDER", help="Take a finished batch instead.", show_default=False),
    ] = None,
    file: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write the page; - for standard output.")
    ] = Path("report.html"),
    overrides: options.Set = None,
    grid: options.Grid = "default",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    as_json: options.Json = False,
) -> None:
    """Write a report with charts.

    One HTML file that needs no network, from fresh forecasts or from a finished batch.
    """
    if results is not None and (sources or overrides or rationality is not None):
        raise UsageError("--results takes the batch as it is: leave out sources, --set and --rationality")
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder; --out takes a file")
    from sim.batch import read_results

    done: Sequence[Result]
    manifest: Mapping[str, Any]
    if results is not None:
        done, manifest = read_results(results)
    else:
        done, manifest = _compute(sources, overrides, grid, seed, rationality)
    failed = manifest["failed"]
    for failure in failed:
        note(f"Failed: {failure['source']}: {failure['error']}")
    if not done:
        note("Error: there is no result to report on.")
        raise typer.Exit(1 if results is not None else 3)
    from sim.report import render

    page = render(done, manifest)
    if str(file) == "-":
        sys.stdout.buffer.write(page.encode())
    else:
        _write(file, page)
        if as_json:
            out_json({"report": str(file), "scenarios": [result.scenario for result in done], "failed": failed})
        else:
            out(str(file))
    if failed:
        raise typer.Exit(1)


def _compute(
    sources: list[str] | None, overrides: list[str] | None, grid: str, seed: int, rationality: str | None
) -> tuple[Sequence[Result], Mapping[str, Any]]:
    """Run a batch in a folder that is gone afterwards."""
    from sim.batch import plan, run_batch
    from sim.cli.batch import progress

    made = plan(sources or (), options.overrides(overrides), grid, seed, options.rationality(rationality))
    with TemporaryDirectory(prefix="grand-deal-") as scratch, progress(len(made.units)) as on_event:
        done = run_batch(made, scratch, options.cores(), on_event)
    return done.results, done.manifest


def _write(file: Path, page: str) -> None:
    from sim.batch.store import write_atomic

    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: there is no such folder")
    write_atomic(file, page.encode())
