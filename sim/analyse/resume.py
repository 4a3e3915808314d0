"""Long runs that go on where they stopped: blocks of variants kept in a folder, each under the hash of its content.

A block's key covers everything that determines its numbers (`sim.analyse.dataset.block_key`). A changed model or range
therefore never meets an old number. Blocks are written whole or not at all (`sim.batch.store`), so a run may be stopped
at any time. The files are described in `sim.analyse.block_file` and `sim.analyse.dataset`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.block_file import block_bytes, checksum, read_block
from sim.analyse.dataset import Manifest, block_key
from sim.analyse.record import Floats
from sim.analyse.variants import OUTCOMES, Design, Evaluator, Progress, Row
from sim.batch.store import DATASET, SHARDS, claim, dump, write_atomic
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.scenario import Scenario

BLOCK = 128
"""Variants in a block."""


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
        manifest = Manifest(base, settings, evaluator.months, about)
        shape = (len(OUTCOMES), evaluator.months)
        there: list[tuple[int, int, Path]] = []
        done = 0

        def parts() -> Iterator[tuple[_Open, Sequence[Design]]]:
            for first, some in _cut(designs, block):
                key = block_key(base, first, some, settings)
                path = None if place is None else place / SHARDS / f"{key}.parquet"
                kept = None if path is None else read_block(path, (len(some), *shape))
                if path is None or kept is None:
                    yield _Open(first, some, key), some
                else:
                    manifest.add(first, len(some), key, kept[2], kept[1])
                    there.append((first, len(some), path))  # only its name: there may be thousands of them

        def reused() -> Iterator[Block]:
            found = there[:]
            there.clear()
            for first, n, path in found:
                kept = read_block(path, (n, *shape))
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
                        data = block_bytes(part.first, part.designs, cube, failed)
                        write_atomic(place / SHARDS / f"{part.key}.parquet", data)
                        manifest.add(part.first, len(part.designs), part.key, checksum(data), failed)
                    yield Block(part.first, len(part.designs), cube, failed, False)
        for each in reused():
            done += each.size
            yield each
            if on_done is not None:
                on_done(done, size)
        if place is not None:
            write_atomic(place / DATASET, dump(manifest.to_json()))


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
