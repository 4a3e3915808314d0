"""Long runs that go on where they stopped: blocks of variants kept in a folder, each under the hash of its content.

A block's key covers everything that determines its numbers: the base's values, the designs, grid, months, lam, the code
of the model and the versions of the libraries. A changed model or range therefore never meets an old number. Blocks
are written whole or not at all (`sim.batch.store`), so a run may be stopped at any time.

A block is a Parquet file, ``shards/<key>.parquet``: one row a variant with its number, the parameters that it sets, the
headline outcomes (each a list by month, so in SQL ``freed[24]`` is the one at the end of month 24), and ``error`` (null
where there is none). ``dataset.json`` names the blocks of the last finished run with their checksums, and all that is
needed to compute each again. No byte of either depends on when, where or by how many workers it was computed (the
manifest may name the command that asked for it).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.record import Floats
from sim.analyse.variants import OUTCOMES, Design, Evaluator, Progress, Row
from sim.batch.plan import code_hash, versions
from sim.batch.store import DATASET, SHARDS, claim, dump, json_ready, write_atomic
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.scenario import Scenario

BLOCK = 128
"""Variants in a block."""
FORMAT = 2
SCHEMA_VERSION = 1
_OWN = ("variant", "error")


class Kept:
    """Headline outcomes of many variants, from a folder where they are there already.

    Attributes
    ----------
    outcomes : shape (n, outcomes, months); NaN rows where a variant failed.
    failed : (number of the variant, why).
    reused : how many variants came from the folder.
    """

    def __init__(self, outcomes: Floats, failed: Sequence[tuple[int, str]], reused: int) -> None:
        self.outcomes = outcomes
        self.failed = tuple(failed)
        self.reused = reused

    def at(self, outcome: str, month: int) -> Floats:
        """Return one outcome at the end of one month, shape (n,)."""
        result: Floats = self.outcomes[:, OUTCOMES.index(outcome), month - 1]
        return result


@dataclass(frozen=True)
class Block:
    """Some variants that stand together in the design, with what became of them.

    Attributes
    ----------
    first, size : number of the first, and how many.
    outcomes : shape (n, outcomes, months); NaN rows where a variant failed.
    failed : (number in the block, why).
    reused : whether the block was there already.
    """

    first: int
    size: int
    outcomes: Floats
    failed: tuple[tuple[int, str], ...]
    reused: bool


def evaluate_kept(
    base: Scenario,
    designs: Sequence[Design],
    folder: str | Path | None = None,
    *,
    on_done: Progress | None = None,
    block: int = BLOCK,
    about: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Kept:
    """Evaluate variants in blocks, and keep each block in ``folder`` (None: nowhere).

    Parameters
    ----------
    base, designs, on_done, settings : as for `sim.analyse.evaluate` (grid, months, rationality, jobs).
    folder : made if need be; several runs may share it one after the other, but not at once.
    about : more for the dataset's manifest, such as the command.

    Raises
    ------
    UsageError : the folder is in use or cannot be written.
    """
    cube: Floats | None = None
    failed: list[tuple[int, str]] = []
    reused = 0
    blocks = stream_kept(
        base, designs, folder, size=len(designs), on_done=on_done, block=block, about=about, **settings
    )
    with closing(blocks):
        for each in blocks:
            if cube is None:
                cube = np.empty((len(designs), *each.outcomes.shape[1:]))
            cube[each.first : each.first + each.size] = each.outcomes
            failed += [(each.first + number, error) for number, error in each.failed]
            reused += each.size if each.reused else 0
    if cube is None:
        with Evaluator(base, **settings) as evaluator:
            cube = np.empty((0, len(OUTCOMES), evaluator.months))
    return Kept(cube, sorted(failed), reused)


def stream_kept(
    base: Scenario,
    designs: Iterable[Design],
    folder: str | Path | None,
    *,
    size: int,
    on_done: Progress | None = None,
    block: int = BLOCK,
    about: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Generator[Block]:
    """Evaluate a stream of variants and yield its blocks as they are complete, the ones kept already among them.

    Only blocks on their way are in memory, whatever the number of variants.

    Parameters
    ----------
    designs : taken a few blocks ahead of what is done.
    size : how many there are.
    base, folder, on_done, block, about, settings : as for `evaluate_kept`.
    """
    if block < 1:
        raise UsageError(f"block: found {block}; allowed: 1 or more variants")
    place = None if folder is None else Path(folder)
    lock: AbstractContextManager[None] = nullcontext() if place is None else claim(place, (DATASET,))
    with lock, Evaluator(base, **settings) as evaluator:
        manifest = _Manifest(base, settings, evaluator.months, about)
        shape = (len(OUTCOMES), evaluator.months)
        there: list[tuple[int, int, Path]] = []
        done = 0

        def parts() -> Iterator[tuple[_Open, Sequence[Design]]]:
            for first, some in _cut(designs, block):
                key = _key(base, first, some, settings)
                path = None if place is None else place / SHARDS / f"{key}.parquet"
                kept = None if path is None else _read(path, (len(some), *shape))
                if path is None or kept is None:
                    yield _Open(first, some, key), some
                else:
                    manifest.add(first, len(some), key, kept[2], kept[1])
                    there.append((first, len(some), path))  # only its name: there may be thousands of them

        def reused() -> Iterator[Block]:
            found = there[:]
            there.clear()
            for first, n, path in found:
                kept = _read(path, (n, *shape))
                if kept is None:
                    raise UsageError(f"{path}: was there a moment ago and is damaged or gone; run the command again")
                yield Block(first, n, kept[0], kept[1], True)

        with closing(evaluator.stream(parts(), largest=size)) as found:
            for part, number, rows, whole in found:
                for each in reused():
                    done += each.size
                    yield each
                part.rows.update(enumerate(rows, number))
                done += len(rows)
                if on_done is not None:
                    on_done(done, size)
                if whole:
                    cube, failed = part.joined(shape)
                    if place is not None:
                        data = _parquet(part.first, part.designs, cube, failed)
                        write_atomic(place / SHARDS / f"{part.key}.parquet", data)
                        manifest.add(part.first, len(part.designs), part.key, _sha(data), failed)
                    yield Block(part.first, len(part.designs), cube, failed, False)
        for each in reused():
            done += each.size
            yield each
            if on_done is not None:
                on_done(done, size)
        if place is not None:
            write_atomic(place / DATASET, dump(manifest.to_json()))


def reproduce(folder: str | Path, number: int = 0) -> bool:
    """Compute one block of a finished dataset again, from the dataset alone; return whether it has the same bytes.

    Parameters
    ----------
    number : which block, from 0.

    Raises
    ------
    UsageError : no finished dataset there, no such block, or a base scenario that this version cannot read.
    """
    from sim.model import Grid
    from sim.scenario import load

    place = Path(folder)
    manifest = read_manifest(place)
    if not 0 <= number < len(manifest["chunks"]):
        raise UsageError(f"block: found {number}; allowed: 0 to {len(manifest['chunks']) - 1}")
    chunk = manifest["chunks"][number]
    data = (place / chunk["file"]).read_bytes()
    own = {*_OWN, *OUTCOMES}
    names = [name for name in _table(data).column_names if name not in own]
    base = load("baseline", {name: _value(value) for name, value in manifest["scenario"]["values"].items()})
    rows = _table(data).select(names).to_pylist()
    designs = tuple({name: _value(value) for name, value in row.items() if value is not None} for row in rows)
    lot, rounds = manifest["grid"]
    lam = manifest["rationality"]
    settings = {"grid": Grid(f"{lot}x{rounds}", lot, rounds), "months": manifest["months"], "rationality": _value(lam)}
    with Evaluator(base, jobs=1, **settings) as evaluator:
        found = evaluator(designs)
    cube = np.stack([found.outcomes[name] for name in OUTCOMES], axis=1)
    made = _parquet(chunk["first"], designs, cube, found.failed)
    return bool(_sha(made) == chunk["sha256"] == _sha(data))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a finished dataset.

    Raises
    ------
    UsageError : there is none, or it is of another version.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / DATASET).read_bytes())
        good = manifest["schema_version"] == SCHEMA_VERSION and manifest["kind"] == "variants"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        raise UsageError(f"{folder}: found no finished dataset of variants; allowed: a folder with a {DATASET}")
    return manifest


@dataclass(frozen=True)
class _Open:
    """A block that is being computed."""

    first: int
    designs: tuple[Design, ...]
    key: str
    rows: dict[int, Row] = field(default_factory=dict)

    def joined(self, shape: tuple[int, ...]) -> tuple[Floats, tuple[tuple[int, str], ...]]:
        """Return the outcomes, shape (n, outcomes, months), and the failures; the rows are forgotten."""
        cube = np.full((len(self.designs), *shape), np.nan)
        failed = tuple((i, row.error) for i, row in sorted(self.rows.items()) if row.error)
        for i, row in self.rows.items():
            if not row.error:
                cube[i] = row.outcomes
        self.rows.clear()
        return cube, failed


class _Manifest:
    """What `dataset.json` says; grows block by block."""

    def __init__(
        self, base: Scenario, settings: Mapping[str, Any], months: int, about: Mapping[str, Any] | None
    ) -> None:
        self._head = {
            "schema_version": SCHEMA_VERSION,
            "kind": "variants",
            **json_ready(dict(about or {})),
            **_settled(base, settings),
            "months": months,
            "scenario": {"id": base.id, "hash": base.hash, "values": json_ready(dict(base.values()))},
            "units": {name: OUTCOME_UNITS[name] for name in OUTCOMES},
        }
        self._chunks: list[tuple[int, int, int, str, str]] = []

    def add(self, first: int, size: int, key: str, checksum: str, failed: Sequence[tuple[int, str]]) -> None:
        self._chunks.append((first, size, len(failed), key, checksum))

    def to_json(self) -> dict[str, Any]:
        chunks = sorted(self._chunks)
        return {
            **self._head,
            "variants": sum(size for _, size, *_ in chunks),
            "failed": sum(failed for _, _, failed, *_ in chunks),
            "chunks": [
                {
                    "file": f"{SHARDS}/{key}.parquet",
                    "first": first,
                    "variants": size,
                    "failed": failed,
                    "key": key,
                    "sha256": checksum,
                }
                for first, size, failed, key, checksum in chunks
            ],
        }


def _settled(base: Scenario, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what determines the numbers of all blocks."""
    from sim.model import grid_of

    grid = grid_of(settings.get("grid", "fast"))
    return {
        "grid": [grid.lot, grid.rounds],
        "rationality": json_ready(settings.get("rationality")),
        "code": code_hash(),
        "libraries": dict(versions()),
    }


def _key(base: Scenario, first: int, designs: Sequence[Design], settings: Mapping[str, Any]) -> str:
    parts = {
        **_settled(base, settings),
        "format": FORMAT,
        "scenario": base.hash,
        "first": first,
        "designs": json_ready([dict(design) for design in designs]),
        "months": settings.get("months"),
        "outcomes": OUTCOMES,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _cut(designs: Iterable[Design], block: int) -> Iterator[tuple[int, tuple[Design, ...]]]:
    """Yield (number of the first, designs) of one block after another."""
    first, some = 0, list[Design]()
    for design in designs:
        some.append(dict(design))
        if len(some) == block:
            yield first, tuple(some)
            first, some = first + block, []
    if some:
        yield first, tuple(some)


def _drained(ready: list[Block]) -> list[Block]:
    found = ready[:]
    ready.clear()
    return found


def _parquet(first: int, designs: Sequence[Design], cube: Floats, failed: Sequence[tuple[int, str]]) -> bytes:
    """Return a block's file. Page checksums make damage visible."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    errors = dict(failed)
    n, _, months = cube.shape
    columns: dict[str, Any] = {"variant": pa.array(np.arange(first, first + n), pa.int64())}
    for name in dict.fromkeys(name for design in designs for name in design):
        columns[name] = _column([design.get(name) for design in designs])
    missing = np.array([i in errors for i in range(n)])
    for j, name in enumerate(OUTCOMES):
        flat = pa.array(np.ascontiguousarray(cube[:, j]).reshape(-1), from_pandas=True)
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, months, mask=pa.array(missing))
    columns["error"] = pa.array([errors.get(i) for i in range(n)], pa.string())
    buffer = io.BytesIO()
    pq.write_table(
        pa.table(columns),
        buffer,
        compression="zstd",
        version="2.6",
        data_page_version="1.0",
        write_page_checksum=True,
    )
    return buffer.getvalue()


def _column(values: Sequence[Any]) -> pa.Array:
    """Return a parameter as a column: numbers where all are, else JSON text."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array(values, pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    return pa.array([None if value is None else json.dumps(json_ready(value)) for value in values], pa.string())


def _table(data: bytes) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(data), page_checksum_verification=True)


def _read(path: Path, shape: tuple[int, ...]) -> tuple[Floats, tuple[tuple[int, str], ...], str] | None:
    """Return a block and its checksum; None where there is none or it is damaged (then it is computed again)."""
    import pyarrow as pa

    try:
        data = path.read_bytes()
        table = _table(data)
        failed = tuple((i, str(error)) for i, error in enumerate(table["error"].to_pylist()) if error is not None)
        cube = np.full(shape, np.nan)
        whole = np.array([i not in dict(failed) for i in range(shape[0])])
        for j, name in enumerate(OUTCOMES):
            column = table[name].combine_chunks()
            if len(column) != shape[0]:
                return None
            cube[whole, j] = column.drop_null().flatten().to_numpy(zero_copy_only=False).reshape(-1, shape[2])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    return cube, failed, _sha(data)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _value(value: Any) -> Any:
    """Undo `json_ready`'s word for infinity."""
    return float(value) if value in ("inf", "-inf") else value


__all__ = ["BLOCK", "Block", "Kept", "evaluate_kept", "read_manifest", "reproduce", "stream_kept"]
