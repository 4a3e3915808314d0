"""``backtest``: freeze a forecast, then score a later ledger against it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, varied
from sim.cli.output import DISCLAIMER, note, out, out_json, percent, table
from sim.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.calibration import Ensemble
    from sim.analyse.calibration.backtest import Backtest
    from sim.analyse.calibration.frozen import Frozen


_TOP = 15  # parameters shown


def backtest(
    ledger: Annotated[
        Path | None,
        typer.Argument(metavar="LEDGER", help="A later ledger (TOML), to be scored.", show_default=False),
    ] = None,
    freeze: Annotated[
        Path | None,
        options.optional("--freeze", "FILE", "Write a forecast to this new file, before anything is known."),
    ] = None,
    forecast: Annotated[Path | None, options.optional("--forecast", "FILE", "The frozen forecast to score.")] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="SCENARIO", help="With --freeze: the position to go on from.")
    ] = "baseline",
    assign: options.Set = None,
    first: Annotated[
        str | None, options.optional("--first", "YYYY-MM", "With --freeze: the first month forecast.")
    ] = None,
    months: Annotated[
        int, typer.Option("--months", min=1, max=60, metavar="NUMBER", help="With --freeze: how many months.")
    ] = 6,
    before: Annotated[
        Path | None,
        options.optional("--before", "LEDGER", "The ledger whose rates `repeat` repeats; else January to June 2025."),
    ] = None,
    ensemble: Annotated[
        Path | None, options.optional("--ensemble", "FILE", "An ensemble of your own instead of the shipped.")
    ] = None,
    updated: Annotated[
        Path | None, options.optional("--updated", "FILE", "Write the ensemble with its new weights here.")
    ] = None,
    grid: options.Grid = "fast",
    seed: options.Seed = 0,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    as_json: options.Json = False,
) -> None:
    """Freeze a forecast, and score it when its months have passed.

    A frozen forecast carries a hash, so that it cannot be put right afterwards. Nothing here is a prediction.
    """
    if (freeze is None) == (ledger is None):
        raise UsageError("backtest: found both or neither; allowed: a LEDGER to score, or --freeze FILE")
    if freeze is not None and first is None:
        raise UsageError("first: found none; allowed with --freeze: the first month forecast, as in 2025-07")
    if freeze is None and assign:
        raise UsageError("set: found with a ledger; allowed with --freeze (a frozen forecast keeps its scenario)")
    if ledger is not None and forecast is None:
        raise UsageError("forecast: found none; allowed with a ledger: --forecast FILE, frozen before")
    words = ["grand-deal", "backtest"]
    if freeze is not None and first is not None:
        if freeze.exists():
            raise UsageError(f"{freeze}: found a file already; allowed: a new one (a frozen forecast stays as it is)")
        with options.workers(cluster), varied.progress("Draws:") as tell:
            from sim.analyse.calibration.freeze import freeze as frozen_by
            from sim.analyse.calibration.frozen import write_frozen

            draws = _ensemble(ensemble)
            if draws is None:
                raise UsageError(
                    "ensemble: found none; allowed: --ensemble FILE, made with `grand-deal calibrate --ensemble`"
                )
            made = frozen_by(
                scenario,
                draws,
                first,
                months=months,
                overrides=options.overrides(assign),
                grid=grid,
                seed=seed,
                jobs=jobs,
                on_done=tell,
            )
        if made.outdated:
            note(f"Note: since the ensemble was made, its {' and '.join(made.outdated)} changed: calibrate anew.")
        write_frozen(made, freeze)
        words += ["--freeze", freeze.name, "--scenario", scenario]
        words += [word for pair in assign or () for word in ("--set", pair)]
        words += ["--first", first, "--months", str(months)]
        words += ["--ensemble", ensemble.name] if ensemble is not None else []
        words += ["--grid", grid, "--seed", str(seed)]
        if as_json:
            out_json({"analysis": "forecast", **made.to_json()})
            return
        out(f"Frozen: {scenario}, {made.months[0]} to {made.months[-1]}", "", _frozen(made))
        out(f"Hash {made.hash}", DISCLAIMER, f"The same again: {shlex.join(words)}")
        return
    assert ledger is not None
    assert forecast is not None
    with options.workers(cluster), varied.progress("Draws:") as tell:
        from sim.analyse.calibration import read_ledger, write_ensemble
        from sim.analyse.calibration.backtest import backtest as score
        from sim.analyse.calibration.backtest import renewed
        from sim.analyse.calibration.frozen import read_frozen

        later, frozen = read_ledger(ledger), read_frozen(forecast)
        earlier = None if before is None else read_ledger(before)
        draws = _ensemble(ensemble)
        found, after = score(frozen, later, before=earlier, ensemble=draws, jobs=jobs, on_done=tell)
    words += [ledger.name, "--forecast", forecast.name]
    words += ["--before", before.name] if before is not None else []
    words += ["--ensemble", ensemble.name] if ensemble is not None else []
    if updated is not None and after is None:
        note(f"Note: no ensemble written: {found.not_updated}")
    if updated is not None and after is not None:
        words += ["--updated", updated.name]
        write_ensemble(renewed(after, shlex.join(words)), updated)
        note(f"Ensemble written to {updated}")
    if as_json:
        out_json({"analysis": "backtest", **found.to_json(), "command": shlex.join(words)})
        return
    out(found.title, "", _scores(found))
    if any(row["visible"] for row in found.learned):
        out(_learned(found))
    out(*found.sentences, "")
    out(DISCLAIMER, f"The same again: {shlex.join(words)}")


def _ensemble(file: Path | None) -> Ensemble | None:
    from sim.analyse.calibration import read_ensemble, shipped_ensemble

    return shipped_ensemble() if file is None else read_ensemble(file)


def _frozen(made: Frozen) -> Table:
    from sim.analyse.calibration.events import EVENTS

    rows = table("Probability by month", "event", *made.months, numbers=made.months, wide=("event",))
    for event, values in made.events.items():
        rows.add_row(EVENTS[event], *map(percent, values))
    middle = [f"{sorted(row)[len(row) // 2]:,.0f}" for row in made.freed]
    rows.add_row("freed since the start, median", *middle)
    rows.caption = f"sampled from every draw; standard error at most {made.error:.2%}"
    rows.caption_justify = "left"
    return rows


def _scores(found: Backtest) -> Table:
    numbers = ("log score", "Brier score", "CRPS, persons")
    rows = table("Mean scores, lower is better", "forecaster", *numbers, numbers=numbers)
    for name, scores in found.totals.items():
        cells = ["-" if scores[key] is None else f"{scores[key]:.3f}" for key in ("log", "brier", "crps")]
        rows.add_row("this forecast" if name == "forecast" else name, *cells)
    return rows


def _learned(found: Backtest) -> Table:
    numbers = ("moved", "median before", "median after")
    rows = table("What the ledger moved", "parameter", *numbers, "way", numbers=numbers, wide=("parameter",))
    for row in [row for row in found.learned if row["visible"]][:_TOP]:
        medians = (f"{row[key]:.3g}" for key in ("before", "after"))
        rows.add_row(row["parameter"], f"{row['moved']:.2f}", *medians, "up" if row["shift"] > 0 else "down")
    return rows
