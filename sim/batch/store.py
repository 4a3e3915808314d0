"""The folder of a batch: finished shards, a lock, and files that are written whole or not at all.

Layout: ``shards/<key>.json`` (one result each, with a checksum), ``*.parquet`` (see `sim.batch.tables`),
``manifest.json``, ``report.html`` and ``.grand-deal`` (marks the folder as ours, and is the lock). Nothing else in the
folder is ever touched.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sim.errors import GrandDealError, UsageError

if TYPE_CHECKING:
    from sim.forecast.result import Result

SCHEMA_VERSION = 1
MARK = ".grand-deal"
SHARDS = "shards"
MANIFEST = "manifest.json"
DATASET = "dataset.json"
REPORT = "report.html"
TEMPORARY = ".grand-deal-unfinished-"  # prefix of files that an interrupted write may leave behind


@dataclass(frozen=True)
class Shard:
    """A finished result as it lies on disk, and the seconds it took."""

    result: Result
    seconds: float


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: temporary file beside it, fsync, rename.

    Raises
    ------
    GrandDealError : the folder cannot be written or the disk is full; nothing is left behind then.
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if os.name == "posix":  # make the rename itself survive a power cut
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise GrandDealError(f"{path}: cannot be written: {error.strerror or error}") from error


def dump(value: Any) -> bytes:
    """Return JSON in the order given, which is part of a result. Raises ValueError for NaN and infinities."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, indent=1).encode() + b"\n"


def json_ready(value: Any) -> Any:
    """Return the value with tuples as lists and infinity as the word ``inf``, which is how scenario files write it."""
    if isinstance(value, Mapping):
        return {str(name): json_ready(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def write_shard(out: Path, key: str, record: Mapping[str, Any], seconds: float) -> None:
    """Keep one finished result (`Result.to_record`) under its key."""
    shard = {
        "schema_version": SCHEMA_VERSION,
        "key": key,
        "checksum": _checksum(record),
        "seconds": seconds,
        "record": record,
    }
    write_atomic(_shard_path(out, key), dump(shard))


def read_shard(out: Path, key: str) -> Shard | None:
    """Return the result kept under ``key``; None where there is none or it is damaged (then it is computed again)."""
    from sim.forecast.result import Result

    try:
        shard = json.loads(_shard_path(out, key).read_bytes())
        if shard["schema_version"] != SCHEMA_VERSION or shard["key"] != key:
            return None
        if shard["checksum"] != _checksum(shard["record"]):
            return None
        return Shard(Result.from_record(shard["record"]), float(shard["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def read_results(out: str | Path) -> tuple[tuple[Result, ...], dict[str, Any]]:
    """Read a finished batch back: its results in the manifest's order, and the manifest.

    Raises
    ------
    UsageError : the folder holds no finished batch, or a result in it is missing or damaged.
    """
    out = Path(out)
    try:
        manifest = json.loads((out / MANIFEST).read_bytes())
        written = manifest["schema_version"]
        entries = [(str(entry["id"]), str(entry["key"])) for entry in manifest["scenarios"]]
    except OSError as error:
        raise UsageError(
            f"{out}: no finished batch here ({error.strerror or error}); `grand-deal batch --out {out}` makes one"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{out / MANIFEST}: not the manifest of a batch; run the batch again") from error
    if written != SCHEMA_VERSION:
        raise UsageError(
            f"{out}: the batch was written with schema version {written}, this program reads {SCHEMA_VERSION}; "
            "run the batch again"
        )
    results = []
    for name, key in entries:
        shard = read_shard(out, key)
        if shard is None:
            raise UsageError(f"{out}: the result of {name} is missing or damaged; run the batch again")
        results.append(shard.result)
    return tuple(results), manifest


@contextmanager
def claim(out: Path, ours: tuple[str, ...]) -> Iterator[None]:
    """Make the folder, mark it as ours, and hold its lock until the end of the block.

    The lock is the operating system's and dies with its holder, however that ends; the number of the process written
    into it only serves the message. Whatever an interrupted batch left half written is cleared away.

    Raises
    ------
    UsageError : another batch is writing here, the folder cannot be written, or it holds files of these names
        (``ours``) that no batch of this program wrote.
    """
    with ExitStack() as stack:
        try:
            if out.exists() and not out.is_dir():
                raise UsageError(f"{out}: this is a file; --out takes a folder")
            foreign = [] if (out / MARK).exists() else [name for name in ours if (out / name).exists()]
            if foreign:
                raise UsageError(
                    f"{out}: holds {', '.join(foreign)}, which no batch of this program wrote; nothing was changed. "
                    "Choose another --out, or move them away."
                )
            (out / SHARDS).mkdir(parents=True, exist_ok=True)
            # "a+" keeps the holder's number readable for those who find the folder taken
            lock = stack.enter_context((out / MARK).open("a+"))
            _lock(lock, out)
            lock.seek(0)
            lock.truncate()
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            for folder in (out, out / SHARDS):
                for leftover in folder.glob(f"{TEMPORARY}*"):
                    leftover.unlink(missing_ok=True)
        except OSError as error:
            place = error.filename or out
            raise UsageError(f"{place}: cannot be written: {error.strerror or error}") from error
        yield


def _lock(lock: IO[str], out: Path) -> None:
    try:
        if os.name == "nt":
            import msvcrt

            # a byte far behind the text, so that others can still read who holds the folder
            lock.seek(1 << 20)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        lock.seek(0)
        holder = lock.read().strip()
        process = f" (process {holder})" if holder.isdigit() else ""
        raise UsageError(
            f"{out}: another batch is writing here{process}; wait for it, or choose another --out"
        ) from error


def _shard_path(out: Path, key: str) -> Path:
    return out / SHARDS / f"{key}.json"


def _checksum(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(dump(record)).hexdigest()
