"""Questions in SQL to the tables of a folder, answered by DuckDB, which can read those tables and nothing else.

The tables of a batch are its Parquet files by name (``outcomes``, ``headlines``, ...); a dataset of variants is one
table, ``variants``. DuckDB runs in memory with its files, extensions and settings locked away; the tables reach it
through Arrow, a few rows at a time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sim.batch.store import DATASET, MANIFEST, SHARDS
from sim.batch.tables import NAMES
from sim.errors import UsageError

EXTRA = 'queries need the package duckdb; install it with: pip install "grand-deal[query]"'
VARIANTS = "variants"
LOCKED = (
    "SET python_enable_replacements = false",  # no variable of this program is a table
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET temp_directory = ''",  # nothing is ever put on disk
    "SET enable_external_access = false",  # no file, no network, no other database
    "SET lock_configuration = true",  # and none of this can be undone
)
_ALLOWED = "one SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN)"


@dataclass(frozen=True)
class Answer:
    """What a query gave: names of the columns, their types in SQL, and the rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def query(folder: str | Path, sql: str) -> Answer:
    """Answer one question.

    Raises
    ------
    UsageError : DuckDB is not installed; the folder holds no tables; the text is not one reading statement, or DuckDB
        refuses it (its reason is told).
    """
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(EXTRA) from error
    import pyarrow.dataset as ds

    files = tables(folder)
    with duckdb.connect(":memory:") as connection:
        for name, paths in files.items():
            connection.register(name, ds.dataset([str(path) for path in paths], format="parquet"))
        for setting in LOCKED:
            connection.execute(setting)
        try:
            statements = connection.extract_statements(sql)
            kinds = [statement.type.name for statement in statements]
            if len(kinds) != 1 or kinds[0] not in ("SELECT", "EXPLAIN"):
                words = " and ".join(kinds) or "nothing"
                raise UsageError(f"query: found {words}; allowed: {_ALLOWED}, as folders are only read")
            if kinds[0] == "EXPLAIN" and _explains_more(connection, sql):
                raise UsageError(f"query: found EXPLAIN of something that writes; allowed: {_ALLOWED}")
            answer = connection.execute(statements[0])
            described = answer.description or []
            rows = tuple(answer.fetchall())
        except duckdb.Error as error:
            raise UsageError(f"query: {_first_words(str(error))}; tables here: {', '.join(files)}") from error
    return Answer(tuple(str(each[0]) for each in described), tuple(str(each[1]) for each in described), rows)


def tables(folder: str | Path) -> dict[str, tuple[Path, ...]]:
    """Return the tables of a folder and the Parquet files behind each.

    Raises
    ------
    UsageError : there are none.
    """
    place = Path(folder)
    found: dict[str, tuple[Path, ...]] = {}
    if (place / MANIFEST).is_file():
        found |= {Path(name).stem: (place / name,) for name in NAMES if (place / name).is_file()}
    if (place / DATASET).is_file():
        try:
            manifest = json.loads((place / DATASET).read_bytes())
            paths = tuple(place / _inside(str(chunk["file"])) for chunk in manifest["chunks"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(f"{place / DATASET}: not the manifest of a dataset; run the command again") from error
        gone = next((path for path in paths if not path.is_file()), None)
        if gone is not None:
            raise UsageError(f"{gone}: named in {DATASET}, but not there; run the command again")
        if paths:
            found[VARIANTS] = paths
    if not found:
        kept = sum(1 for _ in (place / SHARDS).glob("*.parquet"))
        if kept:
            raise UsageError(
                f"{place}: found {kept} finished file{'s' if kept > 1 else ''} of a run that has not ended; run the "
                "same command again: it goes on from there, and then the folder can be asked"
            )
        raise UsageError(
            f"{place}: found no finished tables; allowed: the folder of a `grand-deal batch`, or of a sweep, "
            "sensitivity or discovery that was kept with --out FOLDER"
        )
    return found


def plain(value: Any) -> Any:
    """Return a cell as JSON can hold it: lists and objects stay, times and the like become text, NaN nothing."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return str(value)


def csv(answer: Answer) -> str:
    """Return an answer as CSV; an empty cell for nothing, JSON for lists."""
    import csv as writing
    import io

    buffer = io.StringIO(newline="")
    writer = writing.writer(buffer, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    made = plain(value)
    if isinstance(made, list | dict):
        return json.dumps(made)
    return repr(made) if isinstance(made, float) else "" if made is None else made


def _explains_more(connection: Any, sql: str) -> bool:
    """Whether what is explained is something else than a SELECT: EXPLAIN ANALYZE carries it out."""
    words = sql.split()
    while words and words[0].upper() in ("EXPLAIN", "ANALYZE"):
        words = words[1:]
    inner: Sequence[Any] = connection.extract_statements(" ".join(words))
    return [statement.type.name for statement in inner] != ["SELECT"]


def _first_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "refused"


def _inside(name: str) -> str:
    """Return a file's name if it stays in the folder."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(name)
    return name
