"""Ensembles: a design of any size worked through in a stream, kept as a dataset of Parquet files.

Nothing here holds more than a few blocks in memory: the design is drawn as it is needed, and outcomes go to the folder
(see `sim.analyse.dataset` for its layout). What comes back is a summary; the rest is asked of the dataset, with
``grand-deal query``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.record import SCHEMA_VERSION, Basis, Floats, basis_of, pairs_of, without_nan
from sim.analyse.resume import BLOCK, stream_kept
from sim.analyse.space import DesignSpace
from sim.analyse.sweep import LARGEST
from sim.analyse.variants import MONTHS, OUTCOMES, Design, Progress
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

DESIGNS = ("random", "sobol", "lhs")
MOST = 2**30
"""Most variants of an ensemble: as far as a Sobol' sequence of 30 bits goes."""
_DRAWN = 1024
_TOLD = 100


@dataclass(frozen=True)
class Ensemble:
    """What an ensemble came to.

    Attributes
    ----------
    folder : where its dataset is.
    design : ``random``, ``sobol`` or ``lhs``.
    parameters : what was drawn, with unit and range.
    rows : one an outcome and month: ``outcome, month, unit, mean, low, high`` over the variants that did not fail.
    reused : how many variants were there already.
    failed : how many failed; the first of them are in ``basis``.
    basis : what was run.
    """

    folder: str
    design: str
    parameters: tuple[dict[str, Any], ...]
    rows: tuple[dict[str, Any], ...]
    reused: int
    failed: int
    basis: Basis

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "ensemble",
            **self.basis.to_json(),
            "folder": self.folder,
            "design": self.design,
            "parameters": [dict(each) for each in self.parameters],
            "rows": without_nan([dict(row) for row in self.rows]),
            "reused": self.reused,
            "failures": self.failed,
        }


def ensemble(
    base: Scenario,
    folder: str | Path,
    *,
    parameters: Sequence[str] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    design: str = "random",
    size: int = 1024,
    seed: int = 0,
    outcomes: Sequence[str] = ("freed",),
    at: Sequence[int] = (MONTHS,),
    months: int = MONTHS,
    block: int = BLOCK,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    command: str = "",
    on_done: Progress | None = None,
) -> Ensemble:
    """Forecast the variants of a design and keep all headline outcomes of all months in a folder.

    Parameters
    ----------
    base : the scenario; parameters outside the space keep its values.
    folder : made if need be; finished blocks in it are reused.
    parameters, ranges : the space; default: all parameters that have a range and matter.
    design : ``random`` (independent draws) and ``sobol`` are drawn in a stream; ``lhs`` is drawn at once, so up to
        200,000.
    size, seed : of the design. More random draws go on where fewer stopped.
    outcomes, at : what the summary tells of.
    months, block : months kept, and variants in a file.
    grid, rationality, jobs, on_done : as for `sim.analyse.evaluate`.
    command : for the manifest.

    Raises
    ------
    UsageError : an outcome, month, space, design or size that does not make sense; a folder that cannot be used.
    """
    pairs = pairs_of(outcomes, at, months)
    if design not in DESIGNS:
        raise UsageError(f"design: found {design!r}; allowed for an ensemble: {', '.join(DESIGNS)}")
    most = LARGEST if design == "lhs" else MOST
    if not 1 <= size <= most:
        raise UsageError(f"size: found {size:,}; allowed for {design}: 1 to {most:,}")
    space = DesignSpace.of(base, parameters, ranges, grid=grid)
    told = tuple(
        {"parameter": name, "low": float(low), "high": float(high)}
        for name, low, high in zip(space.names, space.low, space.high, strict=True)
    )
    blocks = stream_kept(
        base,
        _designs(space, design, size, seed),
        folder,
        size=size,
        on_done=on_done,
        block=block,
        about={"command": command, "design": {"kind": design, "size": size, "seed": seed, "space": list(told)}},
        grid=grid,
        months=months,
        rationality=rationality,
        jobs=jobs,
    )
    places = [(OUTCOMES.index(outcome), month - 1) for outcome, month in pairs]
    parts: dict[int, tuple[Floats, Floats, Floats, int]] = {}
    reused, failures, failed = 0, 0, list[tuple[int, str]]()
    with closing(blocks):
        for each in blocks:
            values = each.outcomes[:, [j for j, _ in places], [month for _, month in places]]
            good = values[np.isfinite(values).all(axis=1)]
            if len(good):
                parts[each.first] = good.sum(axis=0), good.min(axis=0), good.max(axis=0), len(good)
            reused += each.size if each.reused else 0
            failures += len(each.failed)
            failed = sorted([*failed, *((each.first + i, error) for i, error in each.failed)])[:_TOLD]
    return Ensemble(
        folder=str(folder),
        design=design,
        parameters=told,
        rows=_rows(pairs, [parts[first] for first in sorted(parts)]),
        reused=reused,
        failed=failures,
        basis=basis_of(base, grid=grid, rationality=rationality, variants=size, failed=failed, seed=seed),
    )


def _rows(
    pairs: Sequence[tuple[str, int]], parts: Sequence[tuple[Floats, Floats, Floats, int]]
) -> tuple[dict[str, Any], ...]:
    """Join blocks in their order, so that sums are the same whatever was done first."""
    n = sum(each[3] for each in parts)
    found = []
    for j, (outcome, month) in enumerate(pairs):
        mean = math.fsum(float(each[0][j]) for each in parts) / n if n else math.nan
        low = min((float(each[1][j]) for each in parts), default=math.nan)
        high = max((float(each[2][j]) for each in parts), default=math.nan)
        unit = OUTCOME_UNITS[outcome]
        found.append({"outcome": outcome, "month": month, "unit": unit, "mean": mean, "low": low, "high": high})
    return tuple(found)


def _designs(space: DesignSpace, design: str, size: int, seed: int) -> Iterator[Design]:
    """Yield the design points one by one, drawn some at a time."""
    first = 0
    for unit in _units(space, design, size, seed):
        yield from space.at(space.values(unit[: size - first]))
        first += len(unit)


def _units(space: DesignSpace, design: str, size: int, seed: int) -> Iterator[Floats]:
    """Yield points of the unit cube, shape (at most 1024, d), until there are enough."""
    from sim.rng import stream

    if design == "lhs":
        drawn = space.lhs(size, seed)
        yield from (drawn[i : i + _DRAWN] for i in range(0, size, _DRAWN))
        return
    if design == "sobol":
        sequence = space.sobol_sequence(seed)
        yield from (sequence.random(_DRAWN) for _ in range(0, size, _DRAWN))
        return
    for number in range(math.ceil(size / _DRAWN)):
        yield stream(seed, "ensemble", number).random((_DRAWN, space.size))
