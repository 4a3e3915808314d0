"""``deals``: which deals everybody would take, which is best, who blocks, and at what price."""

from __future__ import annotations

import difflib
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli import options
from sim.cli.deal_tables import show
from sim.cli.output import DISCLAIMER, busy, note, out, out_json, warn_of_range

_TABLES = ("us-table", "eu-table", "summit")
_KINDS = (".parquet", ".csv")


def parties(text: str | None) -> tuple[str, ...] | None:
    """Return ``--parties minsk,washington`` as names; None where it was not given. (The model refuses wrong ones.)"""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def weights(text: str | None) -> dict[str, float]:
    """Return ``--weights minsk=2,washington=1`` as capital -> weight; empty where it was not given.

    Raises
    ------
    typer.BadParameter : a part that is not capital=number above 0, or a capital named twice.
    """
    found: dict[str, float] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not name or name in found or not (math.isfinite(value) and value > 0):
            raise typer.BadParameter(
                f"found {part.strip()!r}; allowed: capital=number above 0, each capital once, as in minsk=2"
            )
        found[name] = value
    return found


def _check_weights(text: str | None) -> str | None:
    weights(text)
    return text


def package(text: str | None) -> dict[str, str] | None:
    """Return ``--package prisoners=140,us=1,press=no`` as part -> number; None where it was not given.

    Raises
    ------
    typer.BadParameter : a part without ``=``, or one named twice. (The model refuses unknown parts.)
    """
    if text is None:
        return None
    found: dict[str, str] = {}
    for part in text.split(","):
        if not part.strip():
            continue
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not number or name in found:
            raise typer.BadParameter(
                f"found {part.strip()!r}; allowed: part=number, each part once, as in prisoners=140,us=1,press=no"
            )
        found[name] = number
    return found


def _check_package(text: str | None) -> str | None:
    package(text)
    return text


def _check_table(value: str | None) -> str | None:
    if value is not None and value not in _TABLES:
        near = difflib.get_close_matches(value, _TABLES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise typer.BadParameter(f"found {value!r}; allowed: {', '.join(_TABLES)}{hint}")
    return value


def _check_out(value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in _KINDS:
        raise typer.BadParameter(f"found {value.name!r}; allowed: a file that ends in {' or '.join(_KINDS)}")
    return value


def deals(
    scenario: options.Source,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    rationality: options.Rationality = None,
    month: options.Month = 0,
    state: options.State = None,
    signing: Annotated[
        str | None,
        options.optional(
            "--parties",
            "CAPITAL,...",
            "Who signs the combined packages: minsk with washington, brussels or both; moscow may be added. "
            "Default: minsk,washington,brussels.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        options.optional(
            "--table",
            "TABLE",
            "Look at this table's own packages instead: us-table, eu-table or summit.",
            callback=_check_table,
            autocompletion=lambda incomplete: [name for name in _TABLES if name.startswith(incomplete)],
        ),
    ] = None,
    nash_weights: Annotated[
        str | None,
        options.optional(
            "--weights",
            "CAPITAL=NUMBER,...",
            "Weights of the Nash product, 1 where not given.",
            callback=_check_weights,
        ),
    ] = None,
    asked: Annotated[
        str | None,
        options.optional(
            "--package",
            "PART=NUMBER,...",
            "Tell this package in full, as in prisoners=140,leaders=1,us=1,eu=0,contact=1,press=no: all four gains, "
            "who blocks and by how much, and what would bring them in. Parts not named are 0.",
            callback=_check_package,
        ),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=0, metavar="NUMBER", help="Tell so many packages of the frontier in full.")
    ] = 10,
    as_json: options.Json = False,
    file: Annotated[
        Path | None,
        options.optional(
            "--out",
            "FILE",
            "Write all packages with everybody's gains to FILE.parquet or FILE.csv.",
            callback=_check_out,
        ),
    ] = None,
) -> None:
    """Look at every deal: who gains, who blocks, at what price.

    Gains are over no deal, from the equilibrium of the model; nothing here is a prediction.
    """
    from sim.scenario import load

    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    with busy(f"Working out the deals of {loaded.id} ..."):
        from sim.forecast.deals import deals as work_out

        found = work_out(
            loaded,
            grid=grid,
            rationality=options.rationality(rationality),
            month=month,
            state=options.dials(state),
            parties=parties(signing),
            table=at,
            weights=weights(nash_weights),
            package=package(asked),
            top=top,
        )
    if file is not None:
        write(file, found.columns())
        note(f"Wrote {found.packages + 1:,} packages (the first is no deal) to {file}.")
    if as_json:
        out_json(found.to_json())
        return
    chosen = {"--parties": signing, "--table": at, "--weights": nash_weights, "--state": state, "--package": asked}
    show(found)
    again = ["grand-deal", "deals", scenario]
    for pair in overrides or ():
        again += ["--set", pair]
    again += ["--grid", grid, *(["--rationality", rationality] if rationality is not None else [])]
    again += [
        "--month",
        str(month),
        *(word for key, value in chosen.items() if value is not None for word in (key, value)),
    ]
    again += ["--top", str(top), *(["--out", str(file)] if file is not None else [])]
    out(
        f"{DISCLAIMER} Scenario hash {found.scenario_hash[:12]}, version {found.versions.get('grand-deal', '?')}.",
        f"The same again: {shlex.join(again)}{' < FILE' if scenario == '-' else ''}",
    )


def write(file: Path, columns: Mapping[str, Any]) -> None:
    """Write columns to a Parquet or a CSV file, by its ending."""
    import pyarrow as pa

    file.parent.mkdir(parents=True, exist_ok=True)
    rows = pa.table(dict(columns))
    if file.suffix.lower() == ".csv":
        import pyarrow.csv as csv

        csv.write_csv(rows, str(file))
    else:
        import pyarrow.parquet as pq

        pq.write_table(rows, str(file), compression="zstd")
