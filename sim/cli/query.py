"""``query``: questions in SQL to the folder of a batch or of a kept analysis, which is only read."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import options
from sim.cli.output import note, out, out_json, table
from sim.errors import UsageError

_SHOWN = 200  # rows printed as a table; the rest is in --csv and --json


def query(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Of a batch, or of an analysis kept with --out.", show_default=False),
    ],
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL",
            help="One SELECT, or - for standard input; none: list the tables and their columns.",
            show_default=False,
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    as_json: options.Json = False,
) -> None:
    """Ask the results in a folder, in SQL.

    DuckDB answers and can read the folder's tables only: no other file, no writing. Months count from 1, also in the
    lists of a dataset: freed[24] is the end of month 24.
    """
    if as_csv and as_json:
        raise UsageError("--csv and --json: found both; allowed: one of them")
    from sim.batch.query import csv, plain, tables
    from sim.batch.query import query as ask

    if sql is None:
        found = ask(folder, "select table_name, column_name, data_type from information_schema.columns order by all")
        names = list(tables(folder))
        rows_of = [row for name in names for row in found.rows if row[0] == name]
        found = type(found)(("table", "column", "type"), found.types, tuple(rows_of))
    else:
        found = ask(folder, sys.stdin.read() if sql == "-" else sql)
    if as_json:
        rows = [[plain(value) for value in row] for row in found.rows]
        out_json({"columns": list(found.columns), "types": list(found.types), "rows": rows})
        return
    if as_csv:
        sys.stdout.write(csv(found))
        return
    numbers = [name for name, kind in zip(found.columns, found.types, strict=True) if _is_number(kind)]
    shown = table("", *found.columns, numbers=numbers)
    for row in found.rows[:_SHOWN]:
        shown.add_row(*(_word(value) for value in row))
    out(shown)
    if len(found.rows) > _SHOWN:
        note(f"{len(found.rows) - _SHOWN} more rows: --csv or --json prints them all, LIMIT asks for fewer")


def _is_number(kind: str) -> bool:
    return kind.upper().split("(")[0] in ("NUMBER", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT", "DECIMAL")


def _word(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_word, value)) + "]"
    return str(value)
