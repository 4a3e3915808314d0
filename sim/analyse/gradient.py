"""Slopes of outcomes by parameters, from one batch of variants, each with an estimate of its error.

Why a batch and not one differentiated pass: derivatives carried along by the solver would cost, for each parameter, at
least one pass over every kernel with twice the arithmetic, where a batch costs four plain solves that run on all cores
and share what variants have in common. So at best half the time could be saved, at the price of a second copy of every
kernel; a pass backwards, whose cost would not grow with the parameters, would have to keep or redo the choices of all
rounds as well. At lam infinite choices leap, and there is no slope to carry: a difference says so by its error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.numeric import numeric
from sim.analyse.record import CHECKED, FINER, Floats, basis_of, compare_grids, pairs_of
from sim.analyse.sensitivity import Sensitivity
from sim.analyse.space import DesignSpace
from sim.analyse.ties import with_rest
from sim.analyse.variants import MONTHS, OUTCOMES, Design, Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

STEP = 1e-3
"""Step of a finite difference, as a share of the range: rounding stays near 1e-9 of it, truncation is measured."""


def gradient(
    base: Scenario,
    *,
    outcomes: Sequence[str] | None = None,
    at: Sequence[int] = (MONTHS,),
    parameters: Sequence[str] | None = None,
    step: float = STEP,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Progress | None = None,
) -> Sensitivity:
    """Differentiate outcomes by parameters at the scenario's own values, from one batch of variants.

    Rows: ``outcome, month, parameter, unit, base, step`` (of the parameter), ``slope`` (outcome's unit per parameter's
    unit), ``error`` (of the slope, estimated from the same difference at twice the step), ``per_range`` (slope times
    the width of the plausible range, for comparing parameters). Largest ``per_range`` first.

    Central differences at the step and at twice the step, extrapolated (Richardson); one-sided where the base's value
    lies at the edge of what is allowed. Parameters of whole numbers have no slope and are left out.

    Parameters
    ----------
    outcomes : default: all headline outcomes.
    step : as a share of the plausible range.
    base, at, parameters, grid, rationality, jobs, check, finer, on_done : as for `sim.analyse.sweep`.

    Raises
    ------
    UsageError : an outcome, month, parameter or step that does not make sense.
    """
    from sim.model import grid_of

    pairs = pairs_of(OUTCOMES if outcomes is None else outcomes, at, grid_of(grid).rounds)
    if not 0 < step <= 0.1:
        raise UsageError(f"step: found {step:g}; allowed: above 0, at most 0.1 of a range")
    space = DesignSpace.of(base, parameters, grid=grid)
    names = [name for name, whole in zip(space.names, space.whole, strict=True) if not whole]
    span = {name: float(width) for name, width in zip(space.names, space.span, strict=True)}
    own = base.parameters()
    designs: list[Design] = [{}]
    stencils = []
    for name in names:
        h = step * span[name]
        offsets = stencil(partial(_allowed, base, name), own[name], h)
        stencils.append((name, h, offsets))
        designs += [with_rest(base, {name: own[name] + offset * h}) for offset in offsets]
    months = max(month for _, month in pairs)
    found = evaluate(base, designs, grid=grid, months=months, rationality=rationality, jobs=jobs, on_done=on_done)
    values = {pair: found.at(*pair) for pair in pairs}
    checked = compare_grids(
        base, designs, values, grid=grid, rationality=rationality, jobs=jobs, size=check, finer=finer
    )
    rows: list[dict[str, Any]] = []
    for (outcome, month), column in values.items():
        own_rows = []
        place = 1
        for name, h, offsets in stencils:
            around = column[place : place + len(offsets)]
            place += len(offsets)
            slope, error = difference(float(column[0]), around, offsets, h)
            own_rows.append(
                {
                    "outcome": outcome,
                    "month": month,
                    "parameter": name,
                    "unit": numeric(name).unit,
                    "base": own[name],
                    "step": h,
                    "slope": slope,
                    "error": error,
                    "per_range": slope * span[name],
                }
            )
        rows += sorted(own_rows, key=lambda row: -abs(np.nan_to_num(row["per_range"])))
    whole = [name for name, is_it in zip(space.names, space.whole, strict=True) if is_it]
    notes = ["Slopes at the scenario's own values: they say nothing about large changes."]
    if whole:
        notes.append(f"Left out, as whole numbers have no slope: {', '.join(whole)}.")
    return Sensitivity(
        "gradient",
        tuple(dict.fromkeys(name for name, _ in pairs)),
        tuple(dict.fromkeys(at)),
        tuple((*pair, float(column[0])) for pair, column in values.items()),
        tuple(rows),
        {"parameters": names, "left_out": whole, "step": step},
        tuple(notes),
        basis_of(base, grid=grid, rationality=rationality, variants=len(designs), failed=found.failed, check=checked),
    )


CENTRAL, FORWARD, BACKWARD = (-2, -1, 1, 2), (1, 2, 4), (-1, -2, -4)


def stencil(allowed: Callable[[float], bool], value: float, h: float) -> tuple[int, ...]:
    """Return the offsets, in steps of h, at which to evaluate beside ``value``: central, or to the side that exists."""
    for offsets in (CENTRAL, FORWARD, BACKWARD):
        if all(allowed(value + offset * h) for offset in offsets):
            return offsets
    return ()


def difference(centre: float, around: Floats, offsets: tuple[int, ...], h: float) -> tuple[float, float]:
    """Return slope and estimated error from the values at a `stencil`; NaN where there is none.

    Two estimates with steps h and 2h, whose leading errors stand 1 to 4, are extrapolated. The error is the size of
    that correction, plus half the gap between the slopes to the left and to the right (at a kink there is no one
    slope, and this says so), plus what rounding of the outcome (1e-12 of it) can do.
    """
    if not offsets:
        return np.nan, np.nan
    kink = 0.0
    if offsets == CENTRAL:
        far, near = (around[3] - around[0]) / (4 * h), (around[2] - around[1]) / (2 * h)
        right = (-3 * centre + 4 * around[2] - around[3]) / (2 * h)
        left = (3 * centre - 4 * around[1] + around[0]) / (2 * h)
        kink = abs(right - left) / 2
    else:
        side = float(np.sign(offsets[0]))
        near = side * (-3 * centre + 4 * around[0] - around[1]) / (2 * h)
        far = side * (-3 * centre + 4 * around[1] - around[2]) / (4 * h)
    slope = near + (near - far) / 3
    return float(slope), float(abs(near - far) / 3 + kink + 1e-12 * abs(centre) / h)


def _allowed(base: Scenario, name: str, value: float) -> bool:
    from sim.errors import ScenarioError
    from sim.scenario import load

    design = with_rest(base, {name: value})
    if any(isinstance(each, float) and not 0 <= each <= 1 for key, each in design.items() if key.startswith("menu.")):
        return False
    try:
        load(base, design)
    except ScenarioError:
        return False
    return True
