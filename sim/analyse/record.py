"""What an analysis says about itself: what was run on what, and how a sample of it compares on a finer grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.variants import OUTCOMES, Design, check_month, check_outcome, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
SCHEMA_VERSION = 1
CHECKED = 5
"""How many variants are computed again on the finer grid."""
FINER = "default"
COARSE = 0.05
"""Relative difference to a finer grid beyond which figures are more than the fast grid is meant to be off."""
NOTHING = 1e-9
"""Outcomes below this are nothing, and no share of them is taken."""


@dataclass(frozen=True)
class GridCheck:
    """A sample of variants computed again on a finer grid.

    Attributes
    ----------
    grid : the finer grid.
    variants : numbers of the variants in the sample.
    rows : one a pair of outcome and month: ``outcome, month``, ``difference`` (largest, in the outcome's unit), and
        ``relative`` (that, as a share of the largest absolute value in the sample on the finer grid; None where all
        are below 1e-9).
    """

    grid: str
    variants: tuple[int, ...]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def relative(self) -> float:
        """The largest relative difference of all."""
        return max((row["relative"] for row in self.rows if row["relative"] is not None), default=0.0)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        return {"grid": self.grid, "variants": list(self.variants), "rows": [dict(row) for row in self.rows]}


@dataclass(frozen=True)
class Basis:
    """What was run.

    Attributes
    ----------
    scenario, title, scenario_hash : the base that was varied.
    grid : name of the grid.
    rationality : lam for all capitals, or by capital; None: the scenario's own.
    seed : of the design, where there is one.
    variants : how many were evaluated.
    failed : (number of the variant, why) of those that could not be.
    versions : of this program and of the libraries behind the numbers.
    check : the comparison with a finer grid; None where none was made.
    """

    scenario: str
    title: str
    scenario_hash: str
    grid: str
    rationality: float | Mapping[str, float] | None
    seed: int | None
    variants: int
    failed: tuple[tuple[int, str], ...]
    versions: Mapping[str, str]
    check: GridCheck | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers (infinity as the word)."""
        from sim.batch.store import json_ready

        made = {name: value for name, value in self.__dict__.items() if name not in ("failed", "check")}
        failed = [{"variant": number, "error": error} for number, error in self.failed]
        check = None if self.check is None else self.check.to_json()
        result: dict[str, Any] = json_ready({**made, "failed": failed, "check": check})
        return result


def basis_of(
    base: Scenario,
    *,
    grid: str | Grid,
    rationality: float | Mapping[str, float] | None,
    variants: int,
    failed: Sequence[tuple[int, str]] = (),
    seed: int | None = None,
    check: GridCheck | None = None,
) -> Basis:
    """Return what was run."""
    from sim.forecast.run import versions
    from sim.model import grid_of

    return Basis(
        scenario=base.id,
        title=base.title,
        scenario_hash=base.hash,
        grid=grid_of(grid).name,
        rationality=rationality,
        seed=seed,
        variants=variants,
        failed=tuple(failed),
        versions=versions(),
        check=check,
    )


def compare_grids(
    base: Scenario,
    designs: Sequence[Design],
    values: Mapping[tuple[str, int], Floats],
    *,
    grid: str | Grid,
    rationality: float | Mapping[str, float] | None = None,
    jobs: int | None = None,
    size: int = CHECKED,
    finer: str | Grid = FINER,
) -> GridCheck | None:
    """Compute a sample of variants again on a finer grid.

    Parameters
    ----------
    designs : the variants that were computed on ``grid``.
    values : (outcome, month) -> their values, shape (n,), NaN where one failed; these pairs are compared. The sample
        is spread evenly over the variants that did not fail.
    size : how many variants; 0: no check.

    Returns
    -------
    GridCheck, or None where there is nothing to check (no sample, or ``grid`` is as fine).
    """
    fine = finer_than(grid, finer)
    good = np.flatnonzero(np.isfinite(list(values.values())).all(axis=0)) if values else np.empty(0, dtype=np.int64)
    if size < 1 or not good.size or fine is None:
        return None
    sample = good[np.unique(np.linspace(0, good.size - 1, min(size, good.size)).round().astype(int))]
    months = max(month for _, month in values)
    again = evaluate(base, [designs[i] for i in sample], grid=fine, months=months, rationality=rationality, jobs=jobs)
    rows = []
    for (outcome, month), column in values.items():
        reference = again.at(outcome, month)
        gap = np.abs(column[sample] - reference)
        largest, scale = (float(np.nanmax(each, initial=0.0)) for each in (gap, np.abs(reference)))
        relative = largest / scale if scale > NOTHING else None
        rows.append({"outcome": outcome, "month": month, "difference": largest, "relative": relative})
    return GridCheck(fine.name, tuple(sample.tolist()), tuple(rows))


def finer_than(grid: str | Grid, finer: str | Grid = FINER) -> Grid | None:
    """Return the finer grid with the rounds that ``grid`` has, so that only the lots differ; None if it is no finer."""
    from sim.model import Grid, grid_of

    coarse, fine = grid_of(grid), grid_of(finer)
    if coarse.lot <= fine.lot:
        return None
    return fine if fine.rounds == coarse.rounds else Grid(f"{fine.lot}x{coarse.rounds}", fine.lot, coarse.rounds)


def pairs_of(outcomes: Sequence[str], months: Sequence[int], last: int) -> tuple[tuple[str, int], ...]:
    """Return every (outcome, month) asked for, checked.

    Raises
    ------
    UsageError : no or an unknown outcome, no month, or one beyond ``last``.
    """
    if not outcomes:
        raise UsageError(f"outcome: found none; allowed: {', '.join(OUTCOMES)}")
    if not months:
        raise UsageError(f"month: found none; allowed: 1 to {last}")
    for outcome in outcomes:
        check_outcome(outcome)
    for month in months:
        check_month(month, last)
    return tuple((outcome, month) for outcome in dict.fromkeys(outcomes) for month in dict.fromkeys(months))


def plain(record: Any) -> Any:
    """Return a frozen record of plain values as a dict of lists and numbers; NaN becomes None."""
    return without_nan(asdict(record))


def without_nan(value: Any) -> Any:
    """Return nested plain values with arrays and tuples as lists, and None for NaN (JSON has none)."""
    if isinstance(value, Mapping):
        return {str(name): without_nan(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return without_nan(value.tolist())
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, np.generic):
        return without_nan(value.item())
    if isinstance(value, float) and value != value:
        return None
    return value
