"""Sensitivity: which assumptions move an outcome, one at a time, in all combinations, and at the margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.indices import CONFIDENCE, RESAMPLES, indices, saltelli
from sim.analyse.numeric import numeric
from sim.analyse.record import (
    CHECKED,
    FINER,
    SCHEMA_VERSION,
    Basis,
    basis_of,
    compare_grids,
    pairs_of,
    without_nan,
)
from sim.analyse.resume import evaluate_kept
from sim.analyse.space import DesignSpace
from sim.analyse.ties import with_rest
from sim.analyse.variants import MONTHS, Design, Progress, evaluate
from sim.errors import GrandDealError, UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

MOST = 12
"""Parameters of Sobol' indices by default: those with the widest swings in the tornado."""
SAMPLES = 1024


@dataclass(frozen=True)
class Sensitivity:
    """A table of one method.

    Attributes
    ----------
    method : ``tornado``, ``sobol`` or ``gradient``.
    outcomes, months : what was looked at; every pair of them has its rows.
    base_values : (outcome, month) -> value in the unchanged scenario.
    rows : one a pair and parameter, most important first within a pair: see `tornado`, `sobol`, `gradient`.
    settings : the method's own: sizes, steps, confidence.
    notes : what a reader must know, in words.
    basis : what was run.
    """

    method: str
    outcomes: tuple[str, ...]
    months: tuple[int, ...]
    base_values: tuple[tuple[str, int, float], ...]
    rows: tuple[dict[str, Any], ...]
    settings: dict[str, Any]
    notes: tuple[str, ...]
    basis: Basis

    def table(self) -> list[dict[str, Any]]:
        """Return the rows."""
        return [dict(row) for row in self.rows]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "sensitivity",
            **self.basis.to_json(),
            "method": self.method,
            "outcomes": list(self.outcomes),
            "units": {name: OUTCOME_UNITS[name] for name in self.outcomes},
            "months": list(self.months),
            "base": [
                {"outcome": name, "month": month, "value": without_nan(value)}
                for name, month, value in self.base_values
            ],
            "settings": without_nan(self.settings),
            "notes": list(self.notes),
            "rows": without_nan(self.table()),
        }


def tornado(
    base: Scenario,
    *,
    outcomes: Sequence[str] = ("freed",),
    at: Sequence[int] = (MONTHS,),
    parameters: Sequence[str] | None = None,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Progress | None = None,
) -> Sensitivity:
    """Put each parameter at both ends of its plausible range, all others at the scenario's values.

    Rows: ``outcome, month, parameter, unit, low, high`` (the ends), ``base`` (the scenario's value), ``at_low,
    at_high`` (the outcome there), ``swing`` (largest less smallest of both ends and the base), ``source``. Widest
    swing first.

    Parameters
    ----------
    parameters : default: all that have a range and matter in this scenario.
    base, outcomes, at, grid, rationality, jobs, check, finer, on_done : as for `sim.analyse.sweep`.

    Raises
    ------
    UsageError : an outcome, month or parameter that does not make sense.
    """
    from sim.model import grid_of

    pairs = pairs_of(outcomes, at, grid_of(grid).rounds)
    space = DesignSpace.of(base, parameters, grid=grid)
    low, high = space.ends
    designs: list[Design] = [{}]
    for name, *both in zip(space.names, low.tolist(), high.tolist(), strict=True):
        designs += [with_rest(base, {name: end}) for end in both]
    months = max(month for _, month in pairs)
    found = evaluate(base, designs, grid=grid, months=months, rationality=rationality, jobs=jobs, on_done=on_done)
    values = {pair: found.at(*pair) for pair in pairs}
    checked = compare_grids(
        base, designs, values, grid=grid, rationality=rationality, jobs=jobs, size=check, finer=finer
    )
    own = base.parameters()
    rows: list[dict[str, Any]] = []
    for (outcome, month), column in values.items():
        ends = column[1:].reshape(-1, 2)
        reach = np.column_stack([ends, np.full(len(ends), column[0])])
        swing = reach.max(axis=1) - reach.min(axis=1)
        for j in np.lexsort((np.arange(space.size), -np.nan_to_num(swing, nan=-1.0))):
            info = numeric(space.names[j])
            rows.append(
                {
                    "outcome": outcome,
                    "month": month,
                    "parameter": info.name,
                    "unit": info.unit,
                    "low": float(low[j]),
                    "high": float(high[j]),
                    "base": own[info.name],
                    "at_low": float(ends[j, 0]),
                    "at_high": float(ends[j, 1]),
                    "swing": float(swing[j]),
                    "source": info.source,
                }
            )
    basis = basis_of(
        base, grid=grid, rationality=rationality, variants=len(designs), failed=found.failed, check=checked
    )
    return Sensitivity(
        "tornado",
        tuple(dict.fromkeys(outcomes)),
        tuple(dict.fromkeys(at)),
        tuple((*pair, float(column[0])) for pair, column in values.items()),
        tuple(rows),
        {"parameters": list(space.names)},
        ("One parameter at a time: what two do together does not show here; Sobol' indices show it.",),
        basis,
    )


def sobol(
    base: Scenario,
    *,
    outcomes: Sequence[str] = ("freed",),
    at: Sequence[int] = (MONTHS,),
    parameters: Sequence[str] | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    folder: str | Path | None = None,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Progress | None = None,
) -> Sensitivity:
    """Share out the variance of an outcome over the space of assumptions: first-order and total Sobol' indices.

    Rows: ``outcome, month, parameter, unit, low, high, first, first_low, first_high, total, total_low, total_high``
    (95% intervals from a bootstrap). Largest total first. Estimates can stray a little below 0 or above 1.

    Parameters
    ----------
    parameters : default: the twelve with the widest swings of the first outcome in the tornado.
    samples : N, a power of 2; N (parameters + 2) variants are computed.
    seed : of the sample and of the bootstrap.
    folder : where blocks of results are kept, so that an interrupted run goes on where it stopped.
    base, outcomes, at, grid, rationality, jobs, check, finer, on_done : as for `sim.analyse.sweep`.

    Raises
    ------
    UsageError : an outcome, month, parameter or number of samples that does not make sense.
    GrandDealError : a variant could not be computed: indices need them all.
    """
    from sim.model import grid_of

    pairs = pairs_of(outcomes, at, grid_of(grid).rounds)
    if samples < 2 or samples & (samples - 1):
        raise UsageError(f"samples: found {samples}; allowed: a power of 2, such as {SAMPLES}")
    notes = ["Parameters are drawn evenly and independently over their ranges, which are assumptions themselves."]
    if parameters is None:
        swings = tornado(
            base,
            outcomes=outcomes[:1],
            at=at[:1],
            grid=grid,
            rationality=rationality,
            jobs=jobs,
            check=0,
            on_done=on_done,
        )
        parameters = [row["parameter"] for row in swings.rows[:MOST]]
        notes.append(f"The {len(parameters)} parameters with the widest swings in the tornado; the others stay put.")
    space = DesignSpace.of(base, parameters, grid=grid)
    points = saltelli(space.sobol_pair(samples, seed))
    designs = space.designs(points)
    months = max(month for _, month in pairs)
    found = evaluate_kept(
        base, designs, folder, on_done=on_done, grid=grid, months=months, rationality=rationality, jobs=jobs
    )
    if found.failed:
        raise GrandDealError(
            f"{len(found.failed)} of {len(designs)} variants could not be computed, and indices need them all; "
            f"the first: {found.failed[0][1]}"
        )
    values = {pair: found.at(*pair) for pair in pairs}
    checked = compare_grids(
        base, designs, values, grid=grid, rationality=rationality, jobs=jobs, size=check, finer=finer
    )
    start = evaluate(base, [{}], grid=grid, months=months, rationality=rationality, jobs=1)
    rows: list[dict[str, Any]] = []
    for (outcome, month), column in values.items():
        found_rows = indices(column, space.size, seed=seed)
        if found_rows is None:
            notes.append(f"{outcome} at month {month} does not vary over this space: it has no indices.")
            continue
        order = sorted(range(space.size), key=lambda j: (-found_rows[j]["total"], j))
        rows += [
            {
                "outcome": outcome,
                "month": month,
                "parameter": space.names[j],
                "unit": numeric(space.names[j]).unit,
                "low": float(space.low[j]),
                "high": float(space.high[j]),
                **found_rows[j],
            }
            for j in order
        ]
    return Sensitivity(
        "sobol",
        tuple(dict.fromkeys(outcomes)),
        tuple(dict.fromkeys(at)),
        tuple((*pair, float(start.at(*pair)[0])) for pair in pairs),
        tuple(rows),
        {
            "parameters": list(space.names),
            "samples": samples,
            "confidence": CONFIDENCE,
            "resamples": RESAMPLES,
            "variance": [
                {"outcome": name, "month": month, "mean": float(column.mean()), "variance": float(column.var())}
                for (name, month), column in values.items()
            ],
        },
        tuple(notes),
        basis_of(
            base,
            grid=grid,
            rationality=rationality,
            variants=len(designs),
            failed=found.failed,
            seed=seed,
            check=checked,
        ),
    )
