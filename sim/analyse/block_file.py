"""The file of a block of variants: Parquet, ``shards/<key>.parquet``, one row a variant.

A row has the variant's number, the parameters that it sets, the headline outcomes (each a list by month, so in SQL
``freed[24]`` is the one at the end of month 24), and ``error`` (null where there is none).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.record import Floats
from sim.analyse.variants import OUTCOMES, Design
from sim.batch.store import json_ready

if TYPE_CHECKING:
    import pyarrow as pa

OWN = ("variant", "error")
"""Columns that are neither parameters nor outcomes."""


def block_bytes(first: int, designs: Sequence[Design], cube: Floats, failed: Sequence[tuple[int, str]]) -> bytes:
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


def table_of(data: bytes) -> pa.Table:
    """Return the table in a block's file; raises an Arrow exception where the file is damaged."""
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(data), page_checksum_verification=True)


def read_block(path: Path, shape: tuple[int, ...]) -> tuple[Floats, tuple[tuple[int, str], ...], str] | None:
    """Return a block and its checksum; None where there is none or it is damaged (then it is computed again)."""
    import pyarrow as pa

    try:
        data = path.read_bytes()
        table = table_of(data)
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
    return cube, failed, checksum(data)


def checksum(data: bytes) -> str:
    """Return the sha256 (hex) of a file."""
    return hashlib.sha256(data).hexdigest()


def restored(value: Any) -> Any:
    """Undo `json_ready`'s word for infinity."""
    return float(value) if value in ("inf", "-inf") else value
