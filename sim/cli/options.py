"""Arguments and options that several commands share, their checks, and what the shell completes for them."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

GRIDS = ("fast", "default", "fine")
_OWN_GRID = re.compile(r"[1-9]\d{0,3}x[1-9]\d{0,3}", re.ASCII)


def overrides(pairs: Sequence[str] | None) -> dict[str, str]:
    """Return ``--set name=value`` pairs as a mapping; a name given twice takes its last value.

    Raises
    ------
    typer.BadParameter : a pair without a name and ``=``. (Unknown names and values are the scenario's to refuse.)
    """
    values: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            raise typer.BadParameter(f"found {pair!r}; allowed: name=value, as in --set minsk.trade_value=12")
        values[name] = text
    return values


def _grid(value: str) -> str:
    if value not in GRIDS and not _OWN_GRID.fullmatch(value):
        near = difflib.get_close_matches(value, GRIDS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        allowed = f"{', '.join(GRIDS)}, or LOTxROUNDS as in 140x120"
        raise typer.BadParameter(f"found {value!r}; allowed: {allowed}{hint}")
    return value


def dials(text: str | None) -> dict[str, str]:
    """Return ``--state "prisoners=600,contact=envoys"`` as dial -> level; empty where it was not given.

    Raises
    ------
    typer.BadParameter : a part without ``=``, or a dial named twice. (Unknown dials are the model's to refuse.)
    """
    values: dict[str, str] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, equals, level = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not level:
            raise typer.BadParameter(f"found {part.strip()!r}; allowed: dial=level, as in prisoners=600,contact=envoys")
        if name in values:
            raise typer.BadParameter(f"found {name!r} twice; allowed: every dial once")
        values[name] = level
    return values


def _check_dials(text: str | None) -> str | None:
    dials(text)
    return text


def rationality(text: str | None) -> float | None:
    """Return ``--rationality`` as a number; None where it was not given.

    Raises
    ------
    typer.BadParameter : neither a number from 0 up nor ``inf``.
    """
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0:
        raise typer.BadParameter(f"found {text!r}; allowed: a number, 0 or above, or inf")
    return value


def _check_rationality(text: str | None) -> str | None:
    rationality(text)
    return text


def _check_overrides(pairs: list[str] | None) -> list[str] | None:
    overrides(pairs)
    return pairs


def _files(incomplete: str) -> list[str]:
    """Return folders and scenario files that the incomplete path may become."""
    head, _, tail = incomplete.rpartition("/")
    folder = Path(head or ("/" if incomplete.startswith("/") else "."))
    prefix = f"{head}/" if "/" in incomplete else ""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [
        f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in entries
        if entry.name.startswith(tail)
        and (entry.is_dir() or entry.suffix == ".toml")
        and not entry.name.startswith(".")
    ]


def complete_source(incomplete: str) -> Iterable[tuple[str, str]]:
    """Offer shipped scenarios by id, then files."""
    from sim.scenario import catalogue

    yield from ((entry.id, entry.title) for entry in catalogue() if entry.id.startswith(incomplete))
    yield from ((name, "file") for name in _files(incomplete))


def complete_file(incomplete: str) -> list[str]:
    """Offer scenario files and folders."""
    return _files(incomplete)


def complete_override(incomplete: str) -> Iterable[tuple[str, str]]:
    """Offer parameter names with what they mean, ready for a value."""
    from sim.scenario import parameter_info

    for name, info in parameter_info().items():
        if name.startswith(incomplete):
            yield f"{name}=", info.meaning


def _complete_grid(incomplete: str) -> list[str]:
    return [grid for grid in GRIDS if grid.startswith(incomplete)]


def optional(name: str, metavar: str, meaning: str, **more: Any) -> Any:
    """Return an option that may be left out and has no default to show; ``more`` goes to ``typer.Option``."""
    return typer.Option(name, metavar=metavar, help=meaning, show_default=False, **more)


Source = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A shipped scenario's id, a scenario file, or - for standard input.",
        autocompletion=complete_source,
        show_default=False,
    ),
]
Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="Shipped ids, files, and folders of scenario files; none: all shipped scenarios.",
        autocompletion=complete_source,
        show_default=False,
    ),
]
Set = Annotated[
    list[str] | None,
    optional(
        "--set",
        "NAME=VALUE",
        "Change a parameter (repeatable); `grand-deal show baseline` lists them.",
        autocompletion=complete_override,
        callback=_check_overrides,
    ),
]
Grid = Annotated[
    str,
    typer.Option(
        "--grid",
        metavar="GRID",
        help="How finely prisoners are counted: fast, default, fine, or persons in a lot x months, as in 140x120.",
        autocompletion=_complete_grid,
        callback=_grid,
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="NUMBER", help="Seed of everything that is sampled.")]
Rationality = Annotated[
    str | None,
    optional(
        "--rationality",
        "NUMBER",
        "How sharply all capitals choose, 0 to inf, instead of each scenario's own.",
        callback=_check_rationality,
    ),
]
State = Annotated[
    str | None,
    optional(
        "--state",
        "DIAL=LEVEL,...",
        "Another position than the start, as in prisoners=600,contact=envoys; dials not named keep their start.",
        callback=_check_dials,
    ),
]
Month = Annotated[
    int,
    typer.Option("--month", min=0, metavar="NUMBER", help="How many months have passed when play is there; 0: now."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (with schema_version) instead of tables.")]
Jobs = Annotated[int | None, optional("--jobs", "NUMBER", "Worker processes; default: one a core.", min=1)]
Cluster = Annotated[
    str | None,
    optional("--cluster", "ADDRESS", "Compute on a Dask cluster: tcp://host:port, or local:N for N workers here."),
]


@contextmanager
def workers(cluster: str | None) -> Iterator[None]:
    """Compute everything inside the block on a cluster, if one is named; tell on stderr that it answers."""
    if cluster is None:
        yield
        return
    from sim.batch.cluster import Cluster as Connection
    from sim.batch.executors import using
    from sim.cli.output import note

    with Connection(cluster) as executor, using(executor):
        note(f"Cluster {cluster}: {executor.workers} worker{'s' if executor.workers > 1 else ''}.")
        kinds = executor.processors()
        if len(kinds) > 1:
            note(
                f"Processors of different types ({'; '.join(kinds)}): a last digit may depend on which of them "
                "computes a variant. Where the bytes must be the same again, keep to one type."
            )
        yield


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
