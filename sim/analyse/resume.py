"""Long runs that go on where they stopped: blocks of variants kept in a folder, each under the hash of its content.

A block's key covers everything that determines its numbers: the base's values, the designs, grid, months, lam, the code
of the model and the versions of the libraries. A changed model or range therefore never meets an old number. Blocks
are written whole or not at all (`sim.batch.store`), so a run may be stopped at any time.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.record import Floats
from sim.analyse.variants import OUTCOMES, Design, Evaluator, Progress
from sim.batch.plan import code_hash, versions
from sim.batch.store import SHARDS, claim, json_ready, write_atomic

if TYPE_CHECKING:
    from sim.scenario import Scenario

BLOCK = 128
"""Variants in a block: what an interruption can cost."""
FORMAT = 1


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


def evaluate_kept(
    base: Scenario,
    designs: Sequence[Design],
    folder: str | Path | None = None,
    *,
    on_done: Progress | None = None,
    block: int = BLOCK,
    **settings: Any,
) -> Kept:
    """Evaluate variants in blocks, and keep each block in ``folder`` (None: nowhere).

    Parameters
    ----------
    base, designs, on_done, settings : as for `sim.analyse.evaluate` (grid, months, rationality, jobs).
    folder : made if need be; several runs may share it one after the other, but not at once.

    Raises
    ------
    UsageError : the folder is in use or cannot be written.
    """
    place = None if folder is None else Path(folder)
    parts: list[Floats] = []
    failed: list[tuple[int, str]] = []
    reused = 0
    lock: AbstractContextManager[None] = nullcontext() if place is None else claim(place, ())
    with lock, Evaluator(base, **settings) as evaluate:
        shape = (len(OUTCOMES), evaluate.months)
        if place is None:
            block = max(1, len(designs))
        for first in range(0, len(designs), block):
            some = designs[first : first + block]
            path = None if place is None else place / SHARDS / f"{_key(base, some, settings)}.npz"
            kept = None if path is None else _read(path, (len(some), *shape))
            if kept is None:

                def tell(done: int, _: int, first: int = first) -> None:
                    if on_done is not None:
                        on_done(first + done, len(designs))

                found = evaluate(some, tell)
                cube = np.stack([found.outcomes[name] for name in OUTCOMES], axis=1)
                kept = cube, found.failed
                if path is not None:
                    _write(path, cube, found.failed)
            else:
                reused += len(some)
                if on_done is not None:
                    on_done(first + len(some), len(designs))
            parts.append(kept[0])
            failed += [(first + number, error) for number, error in kept[1]]
    cube = np.concatenate(parts) if parts else np.empty((0, *shape))
    return Kept(cube, failed, reused)


def _key(base: Scenario, designs: Sequence[Design], settings: dict[str, Any]) -> str:
    from sim.model import grid_of

    grid = grid_of(settings.get("grid", "fast"))
    parts = {
        "format": FORMAT,
        "scenario": base.hash,
        "designs": json_ready([dict(design) for design in designs]),
        "grid": [grid.lot, grid.rounds],
        "months": settings.get("months"),
        "rationality": json_ready(settings.get("rationality")),
        "outcomes": OUTCOMES,
        "code": code_hash(),
        "libraries": dict(versions()),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _write(path: Path, cube: Floats, failed: Sequence[tuple[int, str]]) -> None:
    buffer = io.BytesIO()
    errors = json.dumps([list(pair) for pair in failed])
    np.savez_compressed(buffer, outcomes=cube, failed=np.array(errors))
    write_atomic(path, buffer.getvalue())


def _read(path: Path, shape: tuple[int, ...]) -> tuple[Floats, tuple[tuple[int, str], ...]] | None:
    """Return a block; None where there is none or it is damaged (then it is computed again)."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            cube, errors = file["outcomes"], json.loads(str(file["failed"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if cube.shape != shape or cube.dtype != np.float64:
        return None
    return cube, tuple((int(number), str(error)) for number, error in errors)
