"""What the commands that compute many variants share: parameters with ranges, progress, notes, tables in files."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, console, note, out, percent
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analyse.record import Basis
    from sim.scenario import Scenario

TABLES = (".csv", ".parquet")
_TENTHS = 10
_SHOWN_FAILURES = 3


def _complete_parameter(incomplete: str) -> list[tuple[str, str]]:
    from sim.scenario import parameter_info

    return [(name, info.meaning) for name, info in parameter_info().items() if name.startswith(incomplete)]


def _complete_outcome(incomplete: str) -> list[tuple[str, str]]:
    from sim.forecast.result import OUTCOME_LABELS

    return [(name, label) for name, label in OUTCOME_LABELS.items() if name.startswith(incomplete)]


Parameters = Annotated[
    list[str] | None,
    options.optional(
        "--parameter",
        "NAME[=LOW:HIGH]",
        "A parameter, with a range of your own instead of its plausible one (repeatable).",
        autocompletion=_complete_parameter,
    ),
]
Several = Annotated[str | None, options.optional("--parameters", "NAME,NAME,...", "Several parameters at once.")]
Outcome = Annotated[
    str,
    typer.Option(
        "--outcome", metavar="NAME", help="A headline outcome, as in `run --json`.", autocompletion=_complete_outcome
    ),
]
Outcomes = Annotated[
    list[str] | None,
    options.optional(
        "--outcome",
        "NAME",
        "A headline outcome, as in `run --json` (repeatable). [default: freed]",
        autocompletion=_complete_outcome,
    ),
]
At = Annotated[int, typer.Option("--at", metavar="MONTH", help="At the end of which month.")]
Months = Annotated[
    list[int] | None, options.optional("--at", "MONTH", "At the end of which month (repeatable). [default: 24]")
]
NoCheck = Annotated[
    bool, typer.Option("--no-check", help="Do not compute a sample of the variants again on the default grid.")
]


def ranges(texts: Sequence[str] | None, *, points: bool = False) -> dict[str, tuple[float, ...] | None]:
    """Return ``NAME``, ``NAME=LOW:HIGH`` and (with ``points``) ``NAME=LOW:HIGH:POINTS`` as a mapping, in order.

    Raises
    ------
    UsageError : another form, or a name given twice.
    """
    made: dict[str, tuple[float, ...] | None] = {}
    form = f"NAME or NAME=LOW:HIGH{'[:POINTS]' if points else ''}, as in brussels.relief_cost.1=0.5:2.5"
    for text in texts or ():
        name, equals, limits = (part.strip() for part in text.partition("="))
        if not name or (equals and not limits):
            raise UsageError(f"parameter: found {text!r}; allowed: {form}")
        if name in made:
            raise UsageError(f"{name}: found twice; allowed: every parameter once")
        parts = limits.split(":") if equals else []
        if equals and len(parts) not in ((2, 3) if points else (2,)):
            raise UsageError(f"parameter: found {text!r}; allowed: {form}")
        try:
            numbers = [float(part) for part in parts[:2]] + [int(part) for part in parts[2:]]
        except ValueError:
            raise UsageError(f"parameter: found {text!r}; allowed: {form}") from None
        made[name] = tuple(numbers) if equals else None
    return made


def several(text: str | None, given: Mapping[str, Any]) -> list[str] | None:
    """Return the names of ``--parameters`` after those of ``--parameter``; None where there are none at all."""
    listed = [name.strip() for name in (text or "").split(",") if name.strip()]
    twice = next((name for name in listed if name in given or listed.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice}: found twice; allowed: every parameter once")
    names = [*given, *listed]
    return names or None


class TimeLeft:
    """How long work will go on, from how long it took so far."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._free = 0

    def words(self, done: int, total: int, *, free: bool = False) -> str:
        """Return ``, about 3 min left``; nothing at the end, or while nobody can know.

        Parameters
        ----------
        done, total : how far the work is.
        free : whether the last one was there already; those do not count.
        """
        self._free += free
        worked = done - self._free
        if worked < 1 or done >= total:
            return ""
        seconds = (time.monotonic() - self._begun) / worked * (total - done)
        if seconds < 1:
            return ""
        if seconds < 100:
            return f", about {seconds:.0f} s left"
        return f", about {seconds / 60:.0f} min left" if seconds < 6000 else f", about {seconds / 3600:.1f} h left"


@contextmanager
def progress(text: str) -> Iterator[Callable[..., None]]:
    """Yield what is to be called with (done, of how many): a bar on a terminal, a line for every tenth elsewhere.

    Called with one number, where nobody knows how many there will be, it only counts.
    """
    if sys.stderr.isatty():
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            Remaining(elapsed_when_finished=False),
        )
        with Progress(*columns, console=console(stderr=True), transient=True) as bar:
            task = bar.add_task(text, total=None)

            def show(done: int, total: int | None = None) -> None:
                bar.update(task, completed=done, total=total)

            yield show
        return
    last, left = 0, TimeLeft()

    def tell(done: int, total: int | None = None) -> None:
        nonlocal last
        if total is None:
            if done // 200 > last:
                last = done // 200
                note(f"{text} {done} variants so far")
            return
        tenth = done * _TENTHS // total
        if tenth != last and total >= _TENTHS:
            note(f"{text} {done} of {total}{left.words(done, total)}")
        last = tenth

    yield tell


def again(
    command: str,
    scenario: str,
    words: Sequence[str],
    *,
    overrides: Sequence[str] | None,
    grid: str,
    rationality: str | None,
) -> str:
    """Return the command that gives the same numbers again, ready to paste into a shell."""
    line = ["grand-deal", command, scenario, *words]
    for pair in overrides or ():
        line += ["--set", pair]
    line += ["--grid", grid]
    if rationality is not None:
        line += ["--rationality", rationality]
    return shlex.join(line) + (" < FILE" if scenario == "-" else "")


def parameter_words(given: Mapping[str, tuple[float, ...] | None], listed: str | None = None) -> list[str]:
    """Return the words that name parameters with their ranges again."""
    words: list[str] = []
    for name, limits in given.items():
        written = "" if limits is None else "=" + ":".join(f"{number:.15g}" for number in limits)
        words += ["--parameter", name + written]
    return words + (["--parameters", listed] if listed else [])


def close(basis: Basis, command: str) -> None:
    """Print the last lines of an analysis: what was computed, how it compares, that it predicts nothing, and how again.

    Failures go to stderr.
    """
    from sim.analyse.record import COARSE

    check = basis.check
    if check is not None:
        out(
            f"{len(check.variants)} of the {basis.variants} variants computed again on the {check.grid} grid: largest "
            f"difference {percent(check.relative)} of the largest value."
        )
        if check.relative > COARSE:
            out(
                f"That is more than the {COARSE:.0%} that the {basis.grid} grid is meant to keep to: before relying on "
                f"these figures, compute them with --grid {check.grid}."
            )
    else:
        out(f"{basis.variants} variants on the {basis.grid} grid.")
    out(
        f"{DISCLAIMER} Scenario hash {basis.scenario_hash[:12]}, version {basis.versions.get('grand-deal', '?')}.",
        f"The same again: {command}",
    )
    failures(basis)


def failures(basis: Basis) -> None:
    """Tell on stderr which variants could not be computed."""
    for number, error in basis.failed[:_SHOWN_FAILURES]:
        note(f"Failed: variant {number}: {error}")
    if len(basis.failed) > _SHOWN_FAILURES:
        note(f"and {len(basis.failed) - _SHOWN_FAILURES} more failed")


def table_file(path: Path | None) -> Path | None:
    """Return where a table is to be written, checked before anything is computed.

    Raises
    ------
    UsageError : an ending other than .csv or .parquet, or a folder that does not exist.
    """
    if path is None:
        return None
    if path.suffix.lower() not in TABLES:
        raise UsageError(f"{path}: found the ending {path.suffix or 'none'!r}; allowed: {', '.join(TABLES)}")
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"{path}: found {'a folder' if path.is_dir() else 'no folder of this name'}; allowed: a file")
    return path


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """Write columns of numbers as .csv or .parquet, whole or not at all; an empty cell or null for NaN."""
    import io

    import numpy as np

    from sim.batch.store import write_atomic

    if path.suffix.lower() == ".csv":
        lists = [np.asarray(column).tolist() for column in columns.values()]
        lines = [",".join(columns)]
        lines += [",".join("" if cell != cell else repr(cell) for cell in row) for row in zip(*lists, strict=True)]
        write_atomic(path, ("\n".join(lines) + "\n").encode())
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(
            pa.table({name: pa.array(np.asarray(column), from_pandas=True) for name, column in columns.items()}), buffer
        )
        write_atomic(path, buffer.getvalue())
    note(f"Table: {path}")


def loaded(scenario: str, overrides: Sequence[str] | None) -> Scenario:
    """Load the scenario that a command names, with its changes."""
    from sim.cli.output import warn_of_range
    from sim.scenario import load

    made = load(scenario, options.overrides(overrides))
    warn_of_range([made])
    return made
