"""Results of batch runs, read from folders under one root that was given when the server was started.

Nothing here knows Streamlit, and nothing a user types becomes a path: folders are found by looking, and chosen from the
list. Links that lead out of the root are not followed. Whatever lies in a folder may be damaged or made by somebody
else: every file is bounded, read as data, checked, and left out with a sentence where it does not fit.
"""

from __future__ import annotations

import json
import math
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.serve import ROOT_VARIABLE
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.forecast.result import Bands, Result

DEEPEST = 4
"""Folders are looked for down to this depth below the root."""
MOST_FOLDERS = 500
MOST_ROWS = 2000
LARGEST_MANIFEST = 20_000_000
LARGEST_SHARD = 5_000_000
"""Bytes; a manifest of a thousand scenarios has one million, a shard a tenth."""
MOST_KEPT = 2 * MOST_ROWS
"""Results that are kept for the next look at them, over all sessions; ten kB each."""
_read_before: OrderedDict[str, tuple[tuple[int, ...], Result | None]] = OrderedDict()
_reading = threading.Lock()
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Row:
    """One scenario of a batch: its outcomes by month, and what differs from the baseline (dotted name -> value).

    Of ``result`` only the titles, the hash, the months and the outcomes are there; it is shared among sessions.
    """

    id: str
    result: Result = field(repr=False)
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Batch:
    """What a folder holds.

    Attributes
    ----------
    name : of the folder, below the root.
    rows : the scenarios that could be read, in the manifest's order.
    problems : a sentence for each that could not be read, and for each that gave no result when the batch ran.
    command, created, grid : as the manifest has them.
    """

    name: str
    rows: tuple[Row, ...]
    problems: tuple[str, ...]
    command: str
    created: str
    grid: str


def root() -> Path | None:
    """Return the folder under which results may be opened; None if none was given or it is gone."""
    given = os.environ.get(ROOT_VARIABLE, "")
    place = Path(given).resolve() if given else None
    return place if place is not None and place.is_dir() else None


def folders() -> tuple[str, ...]:
    """Return the names of all folders under the root that hold a batch, newest first."""
    place = root()
    if place is None:
        return ()
    found: list[tuple[float, str]] = []
    for folder in _walk(place):
        if len(found) >= MOST_FOLDERS:
            break
        manifest = folder / _manifest()
        try:
            if manifest.is_file() and _inside(manifest, place):
                found.append((manifest.stat().st_mtime, folder.relative_to(place).as_posix()))
        except OSError:
            continue
    return tuple(name for _, name in sorted(found, key=lambda item: (-item[0], item[1])))


def opened(name: str) -> Batch:
    """Read one of `folders`.

    Raises
    ------
    UsageError : no such folder, or its manifest cannot be read.
    """
    place = root()
    if place is None or name not in folders():
        raise UsageError(f"results: found {name!r}; allowed: a folder with a batch under the root of this server")
    folder = place / name
    manifest = _read(folder / _manifest(), place, LARGEST_MANIFEST)
    listed = manifest.get("scenarios") if isinstance(manifest, dict) else None
    if not isinstance(listed, list):
        raise UsageError(f"{name}: its manifest is missing, damaged or too large; run the batch again")
    from sim.batch.store import SCHEMA_VERSION

    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(
            f"{name}: written with schema version {_text(manifest.get('schema_version'))}, this program reads "
            f"{SCHEMA_VERSION}; run the batch again"
        )
    rows, problems = [], []
    for entry in listed[:MOST_ROWS]:
        row = _row(folder, place, entry)
        if isinstance(row, str):
            problems.append(row)
        else:
            rows.append(row)
    if len(listed) > MOST_ROWS:
        problems.append(f"Only the first {MOST_ROWS:,} of {len(listed):,} scenarios are shown.")
    failed = manifest.get("failed")
    for entry in failed[:MOST_ROWS] if isinstance(failed, list) else []:
        if isinstance(entry, dict):
            problems.append(
                f"{_text(entry.get('source'))} gave no result when the batch ran: {_text(entry.get('error'), 300)}"
            )
    return Batch(
        name,
        tuple(rows),
        tuple(problems),
        _text(manifest.get("command"), 500),
        _text(manifest.get("created")),
        _text(manifest.get("grid")),
    )


def _row(folder: Path, place: Path, entry: Any) -> Row | str:
    """Return one scenario, or a sentence that says why it cannot be shown."""
    from sim.batch.store import SHARDS

    if not isinstance(entry, dict):
        return "An entry of the manifest is no scenario; it is left out."
    name, key = _text(entry.get("id")), entry.get("key")
    again = "run the batch again to have it back"
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return f"{name}: the manifest does not say properly where its result is; {again}."
    shard = folder / SHARDS / f"{key}.json"
    try:
        if not shard.is_file():
            return f"{name}: its result is missing; {again}."
        if not _inside(shard, place) or shard.stat().st_size > LARGEST_SHARD:
            return f"{name}: its result is not a plain file of this batch, or too large; it is left out."
        result = _kept(folder, key, shard)
    except OSError:
        result = None
    if result is None:
        return f"{name}: its result is damaged; {again}."
    changes = entry.get("changes")
    values = {
        _text(key): change[0]
        for key, change in (changes.items() if isinstance(changes, dict) else ())
        if isinstance(change, list) and len(change) == 2
    }
    return Row(name, result, values)


def _kept(folder: Path, key: str, shard: Path) -> Result | None:
    """Return the result in a file, or None where it is damaged; a file that has not changed is not read again.

    Raises
    ------
    OSError : the file cannot be looked at.
    """
    found = shard.stat()
    stamp = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    name = str(shard)
    with _reading:
        before = _read_before.get(name)
        if before is not None and before[0] == stamp:
            _read_before.move_to_end(name)
            return before[1]
    result = _slim(folder, key)
    with _reading:
        _read_before[name] = (stamp, result)
        _read_before.move_to_end(name)
        while len(_read_before) > MOST_KEPT:
            _read_before.popitem(last=False)
    return result


def _slim(folder: Path, key: str) -> Result | None:
    """Return what the page shows of a result: all but the outcomes by month is left out, a tenth in size."""
    from sim.batch.store import read_shard
    from sim.forecast.result import OUTCOME_LABELS

    try:
        read = read_shard(folder, key)
        if read is None or not _sound(read.result):
            return None
        result = read.result
        return replace(
            result,
            outcomes={name: result.outcomes[name] for name in OUTCOME_LABELS},
            bands=_bands(result),
            payoffs={},
            payoffs_total={},
            now={},
            price=(),
            quantiles={},
            stock={},
            first_deals={},
            start={},
        )
    except Exception:  # a file that anybody may have written: whatever it does, it is only left out
        return None


def _bands(result: Result) -> Bands | None:
    """Return p10 and p90 of the outcomes shown; None where there are none, or where they are no numbers by month."""
    from sim.forecast.result import OUTCOME_LABELS

    given: Any = result.bands
    if not isinstance(given, dict):
        return None
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for name in OUTCOME_LABELS:
        levels = given.get(name)
        if not isinstance(levels, dict):
            return None
        found[name] = {level: levels.get(level, ()) for level in ("p10", "p90")}
        if not all(_numbers(values, len(result.months)) for values in found[name].values()):
            return None
    return found


def _sound(result: Result) -> bool:
    """Return whether a result can be shown: all outcomes there, numbers, one a month."""
    from sim.forecast.result import OUTCOME_LABELS

    months = result.months
    texts = (result.scenario, result.title, result.question, result.scenario_hash, result.grid)
    return (
        all(isinstance(text, str) for text in texts)
        and 0 < len(months) <= 600
        and list(months) == list(range(1, len(months) + 1))
        and all(_numbers(result.outcomes.get(name, ()), len(months)) for name in OUTCOME_LABELS)
        and all(_numbers(result.quantiles.get(name, ()), len(months)) for name in ("p10", "p50", "p90"))
    )


def _numbers(values: Any, count: int) -> bool:
    return (
        isinstance(values, tuple)
        and len(values) == count
        and all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values)
    )


def _walk(place: Path) -> Iterator[Path]:
    """Run through the root and the folders below it, not following links."""
    for seen, (folder, inner, _) in enumerate(os.walk(place, followlinks=False)):
        here = Path(folder)
        depth = len(here.relative_to(place).parts)
        inner[:] = sorted(name for name in inner if depth < DEEPEST and not name.startswith(".") and name != "shards")
        if seen > 20 * MOST_FOLDERS:
            return
        yield here


def _inside(path: Path, place: Path) -> bool:
    return path.resolve().is_relative_to(place)


def _read(path: Path, place: Path, largest: int) -> Any:
    try:
        if not _inside(path, place) or path.stat().st_size > largest:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _manifest() -> str:
    from sim.batch.store import MANIFEST

    return MANIFEST


def _text(value: Any, longest: int = 100) -> str:
    shown = "".join(c if c.isprintable() else " " for c in str(value)) if isinstance(value, str | int | float) else "?"
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."
