"""``batch``: many scenarios at once, into one folder; a second run goes on where the first one stopped."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import banded, options
from sim.cli.output import DISCLAIMER, console, note, out, out_json, table, width
from sim.cli.varied import TimeLeft

if TYPE_CHECKING:
    from rich.table import Table

    from sim.batch import Event, Failure, Plan
    from sim.forecast.result import Result

# (outcome, month) in the table that compares scenarios, the ones that a narrow terminal leaves out last
COMPARED = (
    ("freed", 12),
    ("prisoners", 24),
    ("p_grand_deal", 24),
    ("freed", 24),
    ("us_relief", 24),
    ("eu_relief", 24),
    ("contact", 24),
    ("deal_share", 24),
    ("freed", 3),
)
_COLUMN, _BANDED, _SCENARIO = 11, 16, 22  # characters
_HEADS = {
    "freed": "freed",
    "prisoners": "held",
    "us_relief": "US relief",
    "eu_relief": "EU relief",
    "contact": "contact",
    "deal_share": "share of deal",
    "p_grand_deal": "grand deal",
}


def batch(
    sources: options.Sources = None,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    folder: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Folder for tables, report and manifest.")
    ] = Path("results"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be computed; write nothing.")] = False,
    as_json: options.Json = False,
) -> None:
    """Forecast many scenarios into one folder.

    Results already there are reused, and an interrupted batch goes on where it was.
    """
    from sim.batch import plan, run_batch

    made = plan(sources or (), options.overrides(overrides), grid, seed, options.rationality(rationality))
    if not made.units:
        _list_failures(made.failed)
        note("Error: no scenario could be loaded.")
        raise typer.Exit(3)
    if dry_run:
        _dry_run(made, folder, as_json)
        raise typer.Exit(1 if made.failed else 0)
    with options.workers(cluster), progress(len(made.units)) as on_event:
        done = run_batch(
            made, folder, jobs or options.cores(), on_event, command=shlex.join(["grand-deal", *sys.argv[1:]])
        )
    if as_json:
        out_json(dict(done.manifest))
    elif done.results:
        out(comparison(done.results))
        out(f"{DISCLAIMER} Grid {made.grid}, seed {made.seed}.")
    note(f"{len(done.results)} of {len(done.results) + len(done.failed)} scenarios done, {done.reused} of them reused.")
    if done.results:
        note(f"Report: {folder / 'report.html'}")
    _list_failures(done.failed)
    if done.failed:
        raise typer.Exit(1)


def comparison(results: Sequence[Result]) -> Table:
    """Return the table with one row a scenario."""
    from sim.forecast.result import OUTCOME_UNITS

    some = any(result.bands is not None for result in results)
    column = _BANDED if some else _COLUMN
    shown = sorted(
        COMPARED[: max(3, (width() - _SCENARIO) // column)], key=lambda pair: (list(_HEADS).index(pair[0]), pair[1])
    )
    heads = [f"{_HEADS[name]}\nmonth {month}" for name, month in shown]
    rows = table("Expected outcomes", "scenario", *heads, numbers=heads, wide=("scenario",))
    for result in results:
        values = (banded.cell(result, name, month, OUTCOME_UNITS[name]) for name, month in shown)
        rows.add_row(result.scenario, *values)
    rows.caption = "freed, held: persons; relief: steps (US of 3, EU of 2); contact: 0 isolated to 2 embassy"
    if some:
        rows.caption += f"\nsecond line, {banded.NOTE}"
    rows.caption_justify = "left"
    return rows


def _dry_run(plan: Plan, folder: Path, as_json: bool) -> None:
    from sim.batch.store import read_shard

    ready = {unit.key: read_shard(folder, unit.key) is not None for unit in plan.units}
    if as_json:
        out_json(
            {
                "grid": plan.grid,
                "seed": plan.seed,
                "rationality": plan.rationality,
                "scenarios": [
                    {
                        "id": unit.id,
                        "source": unit.source,
                        "hash": unit.scenario.hash,
                        "key": unit.key,
                        "reused": ready[unit.key],
                    }
                    for unit in plan.units
                ],
                "failed": [{"source": failure.source, "error": failure.error} for failure in plan.failed],
            }
        )
        return
    rows = table("", "scenario", "source", "key", "what would happen")
    for unit in plan.units:
        rows.add_row(
            unit.id, unit.source, unit.key[:12], "is there already" if ready[unit.key] else "would be computed"
        )
    out(rows)
    _list_failures(plan.failed)


def _list_failures(failed: Sequence[Failure]) -> None:
    for failure in failed:
        prefix = "" if failure.error.startswith(f"{failure.source}:") else f"{failure.source}: "
        note(f"Failed: {prefix}{failure.error}")


@contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """Yield what is to be told about every event: a bar on a terminal, a line a scenario elsewhere."""
    if not sys.stderr.isatty():
        left = TimeLeft()

        def tell(event: Event) -> None:
            if event.kind != "started":
                note(f"{_line(event)}{left.words(event.done, total, free=event.kind == 'reused')}")

        yield tell
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console(stderr=True)) as bar:
        task = bar.add_task("", total=total)

        def show(event: Event) -> None:
            if event.kind in ("failed", "retried"):
                bar.console.print(_line(event))
            now = event.unit.id if event.done < event.total else "tables and report"
            bar.update(task, completed=event.done, description=now)

        yield show
        bar.update(task, description="")


def _line(event: Event) -> str:
    what = {
        "reused": "is there already",
        "finished": f"{event.seconds:.1f} s",
        "retried": "its worker died; once more",
        "failed": f"failed: {event.error}",
        "started": "started",
    }[event.kind]
    return f"[{event.done}/{event.total}] {event.unit.id}: {what}"
