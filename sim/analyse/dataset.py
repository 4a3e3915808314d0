"""A finished dataset of variants: its manifest, the keys of its blocks, and computing a block again.

``dataset.json`` names the blocks of the last finished run with their checksums, and all that is needed to compute each
again. No byte of it or of a block depends on when, where or by how many workers it was computed (the manifest may name
the command that asked for it).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.block_file import OWN, block_bytes, checksum, restored, table_of
from sim.analyse.variants import OUTCOMES, Design, Evaluator
from sim.batch.plan import code_hash, versions
from sim.batch.store import DATASET, SHARDS, json_ready
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.scenario import Scenario

FORMAT = 2
SCHEMA_VERSION = 1


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
    own = {*OWN, *OUTCOMES}
    names = [name for name in table_of(data).column_names if name not in own]
    base = load("baseline", {name: restored(value) for name, value in manifest["scenario"]["values"].items()})
    rows = table_of(data).select(names).to_pylist()
    designs = tuple({name: restored(value) for name, value in row.items() if value is not None} for row in rows)
    lot, rounds = manifest["grid"]
    lam = restored(manifest["rationality"])
    settings = {"grid": Grid(f"{lot}x{rounds}", lot, rounds), "months": manifest["months"], "rationality": lam}
    with Evaluator(base, jobs=1, **settings) as evaluator:
        found = evaluator(designs)
    cube = np.stack([found.outcomes[name] for name in OUTCOMES], axis=1)
    made = block_bytes(chunk["first"], designs, cube, found.failed)
    return bool(checksum(made) == chunk["sha256"] == checksum(data))


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


class Manifest:
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

    def add(self, first: int, size: int, key: str, sha256: str, failed: Sequence[tuple[int, str]]) -> None:
        """Note a block that is kept, with the checksum of its file."""
        self._chunks.append((first, size, len(failed), key, sha256))

    def to_json(self) -> dict[str, Any]:
        """Return the object that the file holds, blocks in the order of the design."""
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
                    "sha256": sha256,
                }
                for first, size, failed, key, sha256 in chunks
            ],
        }


def block_key(base: Scenario, first: int, designs: Sequence[Design], settings: Mapping[str, Any]) -> str:
    """Return the sha256 (hex) of everything that determines a block's numbers.

    That is: the base's values, the designs, grid, months, lam, the code of the model, the versions of the libraries.
    """
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
