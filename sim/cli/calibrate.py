"""``calibrate``: what six months of events say about the parameters, and the ensemble that bands are made of."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, varied
from sim.cli.output import DISCLAIMER, note, out, out_json, table
from sim.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.calibration import Ensemble, Identification

_TOP = 15  # parameters shown
_ENSEMBLE = 200


def calibrate(
    draws: Annotated[
        int,
        typer.Option("--draws", min=1, metavar="NUMBER", help="Draws from the priors; the first ones never change."),
    ] = 1024,
    ledger: Annotated[
        Path | None,
        options.optional("--ledger", "FILE", "A ledger of your own (TOML) instead of January to June 2025."),
    ] = None,
    priors: Annotated[
        Path | None, options.optional("--priors", "FILE", "Priors of your own (TOML) instead of the shipped.")
    ] = None,
    hypotheses: Annotated[
        Path | None, options.optional("--hypotheses", "FILE", "Rival readings of your own (TOML).")
    ] = None,
    folder: Annotated[
        Path | None,
        options.optional(
            "--out", "FOLDER", "Keep finished draws here: an interrupted or longer run goes on where this one stopped."
        ),
    ] = None,
    ensemble: Annotated[Path | None, options.optional("--ensemble", "FILE", "Write the compact ensemble here.")] = None,
    bands: Annotated[
        Path | None,
        options.optional(
            "--bands", "FILE", "Forecast every shipped scenario with the compact ensemble and write the bands here."
        ),
    ] = None,
    size: Annotated[
        int, typer.Option("--size", min=1, metavar="NUMBER", help="Draws of the compact ensemble.")
    ] = _ENSEMBLE,
    grid: options.Grid = "fast",
    seed: options.Seed = 0,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    as_json: options.Json = False,
) -> None:
    """See what six months of events say about the parameters.

    And what they do not. The events are those of January to June 2025. Each draw from the priors is solved and weighed
    by the probability of the ledger, exactly. Nothing is predicted.
    """
    from sim.analyse.calibration.files import tree_of
    from sim.analyse.calibration.priors import priors_of

    if folder is None and draws > 2048:
        note("Note: without --out nothing is kept if this is interrupted.")
    with options.workers(cluster), varied.progress("Draws:") as tell:
        from sim.analyse.calibration import calibrate as weigh
        from sim.analyse.calibration import contests, ensemble_of, identify, read_ledger, write_ensemble
        from sim.analyse.calibration.hypotheses import read_hypotheses

        own = None if priors is None else priors_of(tree_of(priors), str(priors))
        made = weigh(
            draws,
            ledger=None if ledger is None else read_ledger(ledger),
            priors=own,
            grid=grid,
            seed=seed,
            folder=folder,
            jobs=jobs,
            on_done=tell,
        )
    if len(made.failed) == made.size:
        raise UsageError(f"draws: found none that could be computed ({made.failed[0][1]})")
    again = _again(draws, ledger, priors, hypotheses, grid, seed, size, ensemble, bands)
    found = identify(made)
    rivals = contests(made, None if hypotheses is None else read_hypotheses(hypotheses, made.priors))
    compact = ensemble_of(made, size, command=again)
    if ensemble is not None:
        write_ensemble(compact, ensemble)
        note(f"Ensemble written to {ensemble}")
    if bands is not None:
        _keep(bands, compact, grid, jobs, cluster, again)
    if as_json:
        out_json(
            {
                "analysis": "calibrate",
                "ledger": made.ledger.id,
                "scenario": made.scenario.id,
                "grid": made.grid,
                "seed": seed,
                "hashes": made.hashes(),
                "failed": [{"draw": number, "error": error} for number, error in made.failed],
                **found.to_json(),
                "hypotheses": [contest.to_json() for contest in rivals],
                "command": again,
            }
        )
        raise typer.Exit(1 if made.failed else 0)
    out(made.ledger.title, "", _parameters(found), "")
    out(*found.sentences, "", *(contest.sentence for contest in rivals), "")
    if made.priors.note:
        out(made.priors.note)
    for number, error in made.failed[:3]:
        note(f"Draw {number} failed: {error}")
    out(DISCLAIMER, f"The same again: {again}")
    if made.failed:
        raise typer.Exit(1)


def _keep(path: Path, ensemble: Ensemble, grid: str, jobs: int | None, cluster: str | None, command: str) -> None:
    from sim.analyse.calibration import keep_bands
    from sim.scenario import catalogue

    names = [entry.id for entry in catalogue()]
    with options.workers(cluster), varied.progress("Bands:") as tell:
        kept = keep_bands(
            path,
            ensemble,
            grid=grid,
            jobs=jobs,
            command=command,
            on_done=lambda name, done, of: tell(names.index(name) * of + done, len(names) * of),
        )
    note(f"Bands written to {path}; the draw in the middle, which is the baseline by rule: {_medoid(kept)}")


def _medoid(kept: Mapping[str, Any]) -> int:
    from sim.batch.plan import BASELINE

    return int(kept["scenarios"][BASELINE]["medoid"])


def _parameters(found: Identification) -> Table:
    numbers = ("moved", "prior p10 to p90", "posterior p10 to p90", "shift")
    rows = table("What the ledger moved", "parameter", *numbers, "visible", numbers=numbers, wide=("parameter",))
    for row in found.parameters[:_TOP]:
        before, after = (f"{row[key][0]:.3g} to {row[key][2]:.3g}" for key in ("prior", "posterior"))
        visible = "yes" if row["visible"] else "no"
        rows.add_row(row["parameter"], f"{row['moved']:.2f}", before, after, f"{row['shift']:+.2f}", visible)
    rows.caption = (
        f"moved: largest gap between posterior and prior, 0 to 1 (chance alone: up to {found.noise:.2f} in 19 of 20); "
        "shift: of the mean, in standard deviations of the prior"
    )
    rows.caption_justify = "left"
    return rows


def _again(
    draws: int,
    ledger: Path | None,
    priors: Path | None,
    hypotheses: Path | None,
    grid: str,
    seed: int,
    size: int,
    ensemble: Path | None,
    bands: Path | None,
) -> str:
    words = ["grand-deal", "calibrate", "--draws", str(draws)]
    for option, file in (("--ledger", ledger), ("--priors", priors), ("--hypotheses", hypotheses)):
        words += [option, file.name] if file is not None else []
    words += ["--grid", grid, "--seed", str(seed)]
    words += ["--ensemble", ensemble.name, "--size", str(size)] if ensemble is not None else []
    words += ["--bands", bands.name] if bands is not None else []
    return shlex.join(words)
