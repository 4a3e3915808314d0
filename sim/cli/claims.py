"""``claims``: the article's causal claims put to the test on a scenario."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, console, decimal, note, out, out_json, percent, table, warn_of_range, width
from sim.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.calibration import Ensemble
    from sim.analyse.claims_record import Claims, Finding
    from sim.analyse.claims_robustness import Robustness

_WIDE = 110  # below this width the words of each check are left to --json
_STEPS = 10  # lines of progress off a terminal
_STALE = (
    "Robustness: the kept shares are stale (the model, a range or a check has changed) and are not shown. Anew: "
    "grand-deal claims --robustness --out FILE"
)
_STALE_ENSEMBLE = (
    "Ensemble: the kept shares are stale and are not shown. Anew: grand-deal claims --robustness --ensemble --out FILE"
)


def claims(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="A shipped scenario's id, a scenario file, or - for standard input.",
            autocompletion=options.complete_source,
        ),
    ] = "baseline",
    overrides: options.Set = None,
    grid: options.Grid = "fast",
    rationality: options.Rationality = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Also judge every check at many draws of all parameters; this is long.")
    ] = False,
    ensemble: Annotated[
        bool,
        typer.Option("--ensemble", help="With --robustness: at the draws of the calibrated ensemble that ships."),
    ] = False,
    draws: Annotated[
        int | None, options.optional("--draws", "NUMBER", "How many draws for --robustness; default 500.", min=1)
    ] = None,
    seed: options.Seed = 0,
    folder: Annotated[
        Path | None,
        options.optional("--out", "FILE", "Keep what --robustness finds; an interrupted run goes on from there."),
    ] = None,
    figures: Annotated[
        Path | None,
        options.optional("--figures", "FILE", "Also work the checks out on the default grid; keep the figures."),
    ] = None,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    as_json: options.Json = False,
) -> None:
    """Put the article's causal claims to the test.

    Each is a comparison of variants of the scenario, with direction and margin fixed before anything was computed. Exit
    code 1 if a check fails that holds in the baseline.
    """
    from sim.scenario import load

    if ensemble and (not robustness or draws is not None):
        raise UsageError("--ensemble goes with --robustness, and takes all of the ensemble's draws: leave out --draws")
    if not robustness and (draws is not None or folder is not None):
        raise UsageError("--draws and --out belong to --robustness; found one of them without it")
    if cluster is not None and not robustness:
        raise UsageError("--cluster belongs to --robustness; found it without")
    if robustness and (grid != "fast" or rationality is not None):
        raise UsageError(
            "--robustness works on grid fast with rationality drawn like all else; leave those options out"
        )
    if figures is not None and (robustness or grid != "fast" or rationality is not None):
        raise UsageError("--figures works on both grids; leave out --robustness, --grid and --rationality")
    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    from sim.analyse.claims_check import claims as check
    from sim.analyse.claims_robustness import DRAWS
    from sim.analyse.claims_robustness import robustness as judge

    number = draws or DRAWS
    shares: Robustness | None = None
    if robustness:
        with options.workers(cluster), _progress("Judging the claims at many draws") as on_done:
            command = _again(scenario, overrides, None, None, number, seed, folder, ensemble)
            taken = _shipped_ensemble() if ensemble else None
            shares = judge(
                loaded,
                draws=number,
                seed=seed,
                out=folder,
                jobs=jobs,
                ensemble=taken,
                command=command,
                on_done=on_done,
            )
    with _progress("Judging the claims") as on_done:
        precision = options.rationality(rationality)
        found = check(loaded, grid=grid, rationality=precision, robustness=shares, jobs=jobs, on_done=on_done)
    if figures is not None:
        from sim.analyse.claims_kept import keep, write

        command = (
            f"{_again(scenario, overrides, None, None, None, seed, None, False)} --figures {shlex.quote(figures.name)}"
        )
        with _progress("Judging the claims on the default grid") as on_done:
            kept = keep(loaded, {"fast": found}, jobs=jobs, command=command, on_done=on_done)
        write(kept, figures)
    if as_json:
        out_json(found.to_json())
    else:
        _print(found)
        again = _again(scenario, overrides, grid, rationality, number if robustness else None, seed, folder, ensemble)
        out(
            f"{DISCLAIMER} Scenario hash {found.scenario_hash[:12]}, version {found.versions.get('grand-deal', '?')}.",
            f"The same again: {again}{' < FILE' if scenario == '-' else ''}",
        )
    if found.robustness == "stale":
        note(_STALE)
    if found.ensemble == "stale":
        note(_STALE_ENSEMBLE)
    if found.failing:
        note(f"Failing although it holds in the baseline: {', '.join(finding.name for finding in found.failing)}")
        raise typer.Exit(1)


def _shipped_ensemble() -> Ensemble:
    from sim.analyse.calibration import shipped_ensemble

    found = shipped_ensemble()
    if found is None:
        raise UsageError("--ensemble: found no ensemble; allowed with one that `grand-deal calibrate --ensemble` made")
    return found


def _print(found: Claims) -> None:
    out(f"The article's claims in {found.title} ({found.scenario})", "", _table(found))
    for finding in found.findings:
        if finding.note and finding.status != "built in":
            # what was found begins with the status itself
            out(f"{finding.name}: {finding.note}" if finding.status in ("holds", "fails") else _lacking(finding))
    counts = Counter(finding.status for finding in found.findings)
    out("", "Checks: " + ", ".join(f"{count} {status}" for status, count in counts.most_common()) + ".")
    out("Built in: a payoff or the structure assumes it, which proves nothing. Grid " + found.grid + ".")
    if found.robustness == "current":
        out(f"Robustness: share of {found.draws} draws of all parameters over their ranges in which a check holds.")
    elif found.robustness == "of another scenario":
        out("Robustness: kept for the baseline's settings only; --robustness works it out for this scenario.")
    if found.ensemble == "current":
        out("Ensemble: share of the draws, by weight, that six months of events left plausible.")


def _table(found: Claims) -> Table:
    wide = width() >= _WIDE
    words = ("what is compared",) if wide else ()
    numbers = ("compared with", "figure", "robustness", *(["ensemble"] if found.ensemble == "current" else []))
    rows = table("", "claim", "¶", *words, "status", *numbers, numbers=numbers, wide=words)
    for finding in found.findings:
        rows.add_row(
            finding.name,
            ",".join(map(str, finding.paragraphs)),
            *([finding.shows] if wide else []),
            _status(finding),
            *(_figure(value, finding.unit) for value in (finding.baseline_figure, finding.treated_figure)),
            _share(finding, found.robustness),
            *(["-" if finding.ensemble is None else f"{finding.ensemble:.0%}"] if "ensemble" in numbers else []),
        )
    return rows


def _lacking(finding: Finding) -> str:
    return f"{finding.name} {finding.status}: {finding.note}"


def _status(finding: Finding) -> str:
    return f"{finding.status} (baseline: {finding.stored})" if finding.differs else finding.status


def _figure(value: float | None, unit: str) -> str:
    if value is not None and unit == "share":
        return percent(value)
    if value is not None and 0 < abs(value) < 0.005 and unit not in ("probability", "persons"):
        return f"{value:.0e}"
    return decimal(value, unit)


def _share(finding: Finding, standing: str) -> str:
    if finding.robustness is None:
        return "stale" if standing == "stale" and finding.baseline_figure is not None else "-"
    low, high = finding.robustness["low"], finding.robustness["high"]
    return f"{finding.robustness['share']:.0%} ({low:.0%} to {high:.0%})"


def _again(
    scenario: str,
    overrides: list[str] | None,
    grid: str | None,
    rationality: str | None,
    draws: int | None,
    seed: int,
    file: Path | None,
    ensemble: bool,
) -> str:
    words = ["grand-deal", "claims", scenario]
    for pair in overrides or ():
        words += ["--set", pair]
    if draws is not None:
        words += ["--robustness", *(["--ensemble"] if ensemble else ["--draws", str(draws), "--seed", str(seed)])]
        words += ["--out", file.name] if file is not None else []
    elif grid is not None:
        words += ["--grid", grid]
    if rationality is not None:
        words += ["--rationality", rationality]
    return shlex.join(words)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what is to be told (done, of how many): a bar on a terminal, a few lines elsewhere."""
    if not sys.stderr.isatty():
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            step = done * _STEPS // max(total, 1)
            if total > 100 and step > told:
                told = step
                note(f"{what}: {done} of {total} forecasts")

        yield tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
