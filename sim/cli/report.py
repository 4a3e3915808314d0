"""``report``: one self-contained HTML page: several scenarios compared, or one with its analyses."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import command_line, note, out, out_json
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analyse.dossier import Tell
    from sim.batch.plan import Unit
    from sim.forecast.result import Result

STAGES = {
    "forecast": "the forecast",
    "why": "why each capital does what it does",
    "sure": "the same on another grid, and with a longer future",
    "deals": "the deals",
    "path": "how offers move",
    "stability": "what would stay put",
    "flip": "each parameter at the ends of its range, and tipping points",
    "evidence": "the smallest changes that flip the answer",
    "sweep": "one and two parameters over their ranges",
    "sobol": "shares of the variance",
    "discover": "where in the assumptions the answer turns",
    "power": "coalitions, and each capital alone",
    "claims": "the article's claims",
}
_TENTHS = 10


def _complete_section(incomplete: str) -> list[str]:
    from sim.analyse.dossier import SECTIONS

    return [name for name in SECTIONS if name.startswith(incomplete)]


def report(
    sources: options.Sources = None,
    results: Annotated[Path | None, options.optional("--results", "FOLDER", "Take a finished batch instead.")] = None,
    file: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write the page; - for standard output.")
    ] = Path("report.html"),
    sections: Annotated[
        str | None,
        options.optional(
            "--sections",
            "NAME,NAME,...",
            "One scenario: these sections, of why, flip, sweep, sure, sobol, discover, people, deals, power, path, "
            "stability, claims, evidence, sources. [default: all but sobol, discover and power; some minutes]",
            autocompletion=_complete_section,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One scenario: only what one solution answers; seconds.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="One scenario: every section; this takes minutes.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="One scenario: two pages to print.")] = False,
    outcome: Annotated[
        str | None,
        options.optional(
            "--outcome",
            "NAME",
            "What the answer is about, in flip and evidence. [default: prisoners, against as many as now]",
        ),
    ] = None,
    level: Annotated[float | None, options.optional("--level", "NUMBER", "The level at which that flips.")] = None,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    jobs: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """Write a report with charts.

    One HTML file that needs no network. About one scenario it goes deep: why, what would flip it, who gains and who
    blocks; about several, or a finished batch, it compares.
    """
    asked = _asked(sections, quick, full, brief)
    if results is not None and (sources or overrides or rationality is not None):
        raise UsageError("--results takes the batch as it is: leave out sources, --set and --rationality")
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder; --out takes a file")
    if str(file) != "-" and not file.parent.is_dir():
        raise UsageError(f"{file.parent}: there is no such folder")
    alone = sources[0] if results is None and sources and len(sources) == 1 and not Path(sources[0]).is_dir() else None
    if alone is None and (asked is not None or outcome is not None or level is not None):
        raise UsageError("--sections, --quick, --full, --brief, --outcome and --level take one scenario; name one")
    from sim.batch import read_results

    done: Sequence[Result]
    manifest: Mapping[str, Any]
    extra: dict[str, Any] = {"brief": True} if brief else {}
    if alone is not None:
        question = {"outcome": outcome, "level": level}
        words = _words(sections, quick, full, brief, question)
        done, manifest, extra["dossier"] = _deep(
            alone, asked, words, question, overrides, grid, seed, rationality, jobs
        )
    elif results is not None:
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

    page = render(done, manifest, **extra)
    dossier = extra.get("dossier")
    if str(file) == "-":
        sys.stdout.buffer.write(page.encode())
    else:
        from sim.batch.store import write_atomic

        write_atomic(file, page.encode())
        if as_json:
            about = {} if dossier is None else {name: dossier[name] for name in ("sections", "missing")}
            names = [result.scenario for result in done]
            out_json({"report": str(file), "scenarios": names, "failed": failed, **about})
        else:
            out(str(file))
    if failed or (dossier is not None and dossier["missing"]):
        raise typer.Exit(1)


def _asked(sections: str | None, quick: bool, full: bool, brief: bool) -> tuple[str, ...] | None:
    """Return the sections asked for; None where none of the options was given."""
    kinds = (("--sections", sections is not None), ("--quick", quick), ("--full", full))
    given = [name for name, used in kinds if used]
    if len(given) > 1:
        raise UsageError(f"{given[0]}: found with {given[1]}; allowed: one of them")
    if not given and not brief:
        return None
    from sim.analyse.dossier import BRIEF, QUICK, SECTIONS, sections_of

    if sections is not None:
        return sections_of([name.strip() for name in sections.split(",") if name.strip()])
    return SECTIONS if full else QUICK if quick else BRIEF


def _words(sections: str | None, quick: bool, full: bool, brief: bool, question: Mapping[str, Any]) -> list[str]:
    """Return the report's own options as words of a command line."""
    words = ["--sections", sections] if sections is not None else ["--full"] if full else ["--quick"] if quick else []
    words += ["--brief"] if brief else []
    for name, value in question.items():
        words += [f"--{name}", f"{value:.15g}" if isinstance(value, float) else value] if value is not None else []
    return words


def _deep(
    source: str,
    asked: tuple[str, ...] | None,
    words: list[str],
    question: Mapping[str, Any],
    overrides: list[str] | None,
    grid: str,
    seed: int,
    rationality: str | None,
    jobs: int | None,
) -> tuple[Sequence[Result], Mapping[str, Any], dict[str, Any] | None]:
    """Compute the dossier of one scenario."""
    from sim.batch import plan

    precision = options.rationality(rationality)
    made = plan([source], options.overrides(overrides), grid, seed, precision)
    if not made.units:
        return (), {"failed": [{"source": item.source, "error": item.error} for item in made.failed]}, None
    from sim.analyse.dossier import MAIN, USUAL, dossier
    from sim.cli.output import warn_of_range

    unit = made.units[0]
    warn_of_range([unit.scenario])
    with _progress() as tell:
        found = dossier(
            unit.scenario,
            sections=USUAL if asked is None else asked,
            outcome=question["outcome"] or MAIN,
            level=question["level"],
            grid=grid,
            seed=seed,
            rationality=precision,
            jobs=jobs,
            tell=tell,
        )
    for section, why in found.missing.items():
        note(f"Not computed: {section}: {why}")
    command = command_line(
        "report", [source, *words], overrides=overrides, grid=grid, seed=seed, rationality=rationality
    )
    return (
        (found.forecast,),
        _manifest(unit, command, made.overrides, grid, seed, precision),
        found.to_json(),
    )


def _manifest(
    unit: Unit, command: str, overrides: Mapping[str, Any], grid: str, seed: int, rationality: float | None
) -> dict[str, Any]:
    """Return what the page says about where its numbers come from, as a batch's manifest does."""
    from datetime import UTC, datetime

    from sim.batch.plan import versions
    from sim.batch.store import json_ready

    entry = {"id": unit.id, "source": unit.source, "hash": unit.scenario.hash, "changes": unit.changes}
    made: dict[str, Any] = json_ready(
        {
            "command": command,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
            "grid": grid,
            "seed": seed,
            "rationality": rationality,
            "overrides": overrides,
            "scenarios": [entry],
            "failed": [],
        }
    )
    return made


@contextmanager
def _progress() -> Iterator[Tell]:
    """Say on stderr what is being computed: a bar on a terminal, a line a stage and for every tenth elsewhere."""
    if sys.stderr.isatty():
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        from sim.cli.output import console

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console(stderr=True), transient=True) as bars:
            task = bars.add_task("Computing ...", total=None)
            now = ""

            def show(what: str, done: int, of: int) -> None:
                nonlocal now
                if what != now:
                    now = what
                    bars.reset(task, description=f"Computing {STAGES.get(what, what)} ...", total=None)
                bars.update(task, completed=done, total=of or None)

            yield show
        return
    told: set[tuple[str, int]] = set()

    def tell(what: str, done: int, of: int) -> None:
        tenth = done * _TENTHS // of if of else 0
        if (what, tenth) in told:
            return
        told.add((what, tenth))
        size = f" {done} of {of}" if of and done else ""
        note(f"Computing {STAGES.get(what, what)} ...{size}")

    yield tell


def _compute(
    sources: list[str] | None, overrides: list[str] | None, grid: str, seed: int, rationality: str | None
) -> tuple[Sequence[Result], Mapping[str, Any]]:
    """Run a batch in a folder that is gone afterwards."""
    from sim.batch import plan, run_batch
    from sim.cli.batch import progress

    made = plan(sources or (), options.overrides(overrides), grid, seed, options.rationality(rationality))
    again = command_line("report", sources or (), overrides=overrides, grid=grid, seed=seed, rationality=rationality)
    if not sources:
        note(f"Computing all {len(made.units)} scenarios; --results FOLDER takes those of a finished batch instead.")
    with TemporaryDirectory(prefix="grand-deal-") as scratch, progress(len(made.units)) as on_event:
        done = run_batch(made, scratch, options.cores(), on_event, command=again)
    return done.results, done.manifest
