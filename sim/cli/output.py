"""Printing: tables and JSON to stdout, messages and progress to stderr."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from sim.scenario import Scenario

SCHEMA_VERSION = 1
DISCLAIMER = "This explores a model and predicts nothing."
_SHOWN_WARNINGS = 3
_TEXT_WIDTH = 12
_PIPED_WIDTH = 200  # off a terminal: rows stay whole, for grep and for reading later


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal (or ``COLUMNS``); colours only on a terminal without ``NO_COLOR``."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS", "").isdigit() else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def out(*parts: RenderableType) -> None:
    """Print to stdout. Text is taken as it is: no markup; a command for the same again stays in one line."""
    printer = console()
    with printer.capture() as captured:
        for part in parts:
            printer.print(part, soft_wrap=isinstance(part, str) and part.startswith("The same again: "))
    # tables are padded to their full width, which only disturbs who reads them from a file
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def note(text: str) -> None:
    """Print a message to stderr."""
    print(text, file=sys.stderr, flush=True)


def out_json(value: Any) -> None:
    """Print one JSON object to stdout; it says its schema version, and infinity is written as the word."""
    from sim.batch.store import json_ready

    value = json_ready({"schema_version": SCHEMA_VERSION, **value})
    whole = (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")
    print(json.dumps(value, ensure_ascii=not whole, indent=2, allow_nan=False))


def table(title: str, *columns: str, numbers: Sequence[str] = (), wide: Sequence[str] = ()) -> Table:
    """Return an empty table.

    Columns in ``numbers`` are set flush right and never broken, those in ``wide`` keep room for a word or two.
    """
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        if column in numbers:
            made.add_column(column, justify="right", no_wrap=True)
        else:
            made.add_column(column, overflow="fold", min_width=_TEXT_WIDTH if column in wide else None)
    return made


def width() -> int:
    """Return how many characters a line of stdout takes."""
    return console().width


def decimal(value: float | None, unit: str = "") -> str:
    """Write a value as people read it: persons with one decimal, probabilities in percent, the rest with two."""
    if value is None:
        return "-"
    if unit == "probability":
        return percent(value)
    if unit == "persons":
        return f"{value:z,.1f}"
    return f"{value:z.2f}"


def signed(value: float, spec: str = ".2f") -> str:
    """Write a change with its sign; a change that rounds to zero has none."""
    text = format(value, f"+z{spec}")
    return text if any(digit in text for digit in "123456789") else text.lstrip("+")


def percent(value: float) -> str:
    """Write a probability in percent; never 0 or 100 for what is only near it."""
    if 0 < value < 0.001:
        return "<0.1%"
    if 0.999 < value < 1:
        return ">99.9%"
    return f"{value:z.1%}"


def plain_value(value: Any) -> str:
    """Write a parameter's value as ``--set`` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(plain_value, value))}]"
    return str(value)


def warn_of_range(scenarios: Sequence[Scenario]) -> None:
    """Say on stderr which values lie outside their plausible range: that is allowed, but should be known."""
    from sim.scenario import warnings_for

    for scenario in scenarios:
        warnings = [str(warning) for warning in warnings_for(scenario)]
        if len(warnings) > _SHOWN_WARNINGS:
            rest = len(warnings) - _SHOWN_WARNINGS
            warnings[_SHOWN_WARNINGS:] = [f"and {rest} more; `grand-deal show` marks them"]
        for warning in warnings:
            note(f"Note: {scenario.id}: {warning}")


def command_line(
    command: str,
    sources: Sequence[str],
    *,
    overrides: Sequence[str] | None,
    grid: str,
    seed: int,
    rationality: str | None,
) -> str:
    """Return the command that gives the same numbers again, ready to paste into a shell."""
    words = ["grand-deal", command, *sources]
    for pair in overrides or ():
        words += ["--set", pair]
    words += ["--grid", grid, "--seed", str(seed)]
    if rationality is not None:
        words += ["--rationality", rationality]
    return shlex.join(words)


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Show on a terminal that work goes on; elsewhere stay silent."""
    if not sys.stderr.isatty():
        yield
        return
    with console(stderr=True).status(text):
        yield
