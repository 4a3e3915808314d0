"""``check``: property-test a scenario of one's own."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, console, note, out, out_json, plain_value, table
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.testing.check import CheckResult, LawResult


def _complete_law(incomplete: str) -> Iterable[tuple[str, str]]:
    try:
        from sim.testing.catalogue import shipped
    except ModuleNotFoundError:
        return
    yield from ((law.name, law.meaning) for law in shipped().values() if law.name.startswith(incomplete))


def check(
    scenario: options.Source,
    examples: Annotated[
        int,
        typer.Option("--examples", min=1, max=1_000_000, metavar="NUMBER", help="How many scenarios, itself included."),
    ] = 500,
    law: Annotated[
        list[str] | None,
        options.optional(
            "--law",
            "NAME",
            "Check this law only, on every example (repeatable); default: all laws.",
            autocompletion=_complete_law,
        ),
    ] = None,
    laws: Annotated[
        Path | None,
        options.optional(
            "--laws",
            "FILE.py",
            "A Python file with laws of your own. The file is run as a program: name only files you trust.",
        ),
    ] = None,
    overrides: options.Set = None,
    seed: options.Seed = 0,
    grid: Annotated[
        str | None,
        options.optional(
            "--grid",
            "GRID",
            "As for run; default: two months and the largest lots that fit (baseline: 600x2), to be quick.",
            callback=lambda value: None if value is None else options._grid(value),
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Property-test a scenario of your own against every law.

    The laws say what must hold in this model whatever the parameters: chances add up to one, nobody is lost or counted
    twice, payoffs are the sum of their terms, no capital moves the talks, and so on. Exit code 1 if one is broken.
    """
    try:
        from sim.testing.check import check as property_test
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise UsageError(
            "check: found no Hypothesis, which draws the examples; install it with "
            'python -m pip install "grand-deal[check]"'
        ) from None
    from sim.scenario.load import load_with_ranges

    given = options.overrides(overrides)
    loaded, ranges = load_with_ranges(scenario, given)
    with _progress(loaded.id, examples) as progress:
        result = property_test(
            loaded,
            laws=law or None,
            laws_file=laws,
            examples=examples,
            seed=seed,
            grid=grid,
            ranges=ranges,
            progress=progress,
        )

    def again(found: LawResult) -> str:
        """Return the command that shows a failure alone."""
        changes = {**given, **{name: _exact(value) for name, value in (found.counterexample or {}).items()}}
        return _command(scenario, changes, [found.name], laws, 1, seed, result.grid)

    if as_json:
        record = result.to_json()
        for entry, found in zip(record["laws"], result.laws, strict=True):
            entry["command"] = None if found.holds else again(found)
        out_json(record)
    else:
        _tell(result, again)
        out(
            f"{DISCLAIMER} Scenario hash {result.scenario_hash[:12]}.",
            f"The same again: {_command(scenario, given, law or [], laws, examples, seed, result.grid)}",
        )
    if not result.ok:
        raise typer.Exit(1)


def _tell(result: CheckResult, again: Callable[[LawResult], str]) -> None:
    title = f"Laws checked on {result.scenario} and on scenarios drawn around it"
    rows = table(title, "law", "checked", "found", "what it says", numbers=("checked",), wide=("what it says",))
    for law in result.laws:
        name = f"{law.name} (yours)" if law.own else law.name
        found = "BROKEN" if not law.holds else "holds" if law.checked else "says nothing"
        rows.add_row(name, str(law.checked), found, law.meaning)
    out(rows)
    for law in result.failures:
        out(f"Broken: {law.name}", f"  {law.message}")
        if law.counterexample:
            drawn = "the smallest found" if law.shrunk else "as it was drawn"
            out(f"  by these changes ({drawn}):")
            out(*(f"    --set {name}={_exact(value)}" for name, value in law.counterexample.items()))
        else:
            out("  by the scenario itself, without any change.")
        out(f"  Shown alone by: {again(law)}", "")
    rejected = f" ({result.rejected} more could not be computed)" if result.rejected else ""
    silent = [law.name for law in result.laws if law.holds and not law.checked]
    verdict = f"{len(result.failures)} of {len(result.laws)} laws broken" if result.failures else "Every law held"
    if silent:
        verdict = f"{verdict}, but {', '.join(silent)} said nothing of any scenario"
    months = result.grid.partition("x")[2]
    counts = [law.checked for law in result.laws]
    each = (
        f"every law on each of {result.examples} scenarios"
        if min(counts) == result.examples
        else f"each law on {min(counts)} to {max(counts)} of {result.examples} scenarios"
    )
    out(f"{verdict}: {each}{rejected}, grid {result.grid} ({months} months), seed {result.seed}.")
    if min(counts) < result.examples and not result.failures:
        out("Laws that take longer come in turn; --law NAME checks one on every scenario.")


def _exact(value: Any) -> str:
    """Write a value as ``--set`` takes it, with all its digits."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return plain_value(value)


def _command(
    source: str,
    changes: Mapping[str, str],
    laws: Iterable[str],
    laws_file: Path | None,
    examples: int,
    seed: int,
    grid: str,
) -> str:
    words = ["grand-deal", "check", source]
    for name, value in changes.items():
        words += ["--set", f"{name}={value}"]
    for law in laws:
        words += ["--law", law]
    if laws_file is not None:
        words += ["--laws", str(laws_file)]
    words += ["--examples", str(examples), "--seed", str(seed), "--grid", grid]
    return shlex.join(words) + (" < FILE" if source == "-" else "")


@contextmanager
def _progress(scenario: str, examples: int) -> Iterator[Callable[[int, int, str], None]]:
    """Show on a terminal how far the check is; elsewhere say once that it runs."""
    if not sys.stderr.isatty():
        note(f"Checking {scenario} and {examples - 1} scenarios drawn around it ...")
        yield lambda done, total, doing: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(scenario, total=examples)
        yield lambda done, total, doing: bar.update(task, completed=done, total=total, description=doing)
