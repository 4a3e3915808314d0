"""Headline outcomes over the ensemble: bands, and how two scenarios differ draw by draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ensemble import Ensemble, designs_for, shipped_ensemble
from sim.analyse.calibration.weights import medoid, quantile
from sim.analyse.variants import MONTHS, OUTCOMES, Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
HEADLINE_MONTHS = (6, 12, 24)
"""Months at which the metric of the medoid compares outcomes."""
SAME = 1e-9
"""Differences up to this share of the larger figure are rounding."""


@dataclass(frozen=True)
class Bands:
    """Headline outcomes over an ensemble.

    Attributes
    ----------
    scenario, grid : what was forecast.
    months : how many.
    weights : of the draws that did not fail, adding up to 1.
    outcomes : of those draws, shape (n, outcomes, months).
    numbers : numbers of those draws.
    failed : (number of the draw, why).
    """

    scenario: str
    grid: str
    months: int
    weights: Floats
    outcomes: Floats
    numbers: tuple[int, ...]
    failed: tuple[tuple[int, str], ...]

    def bands(self) -> dict[str, dict[str, tuple[float, ...]]]:
        """Return outcome -> ``p10``, ``p50``, ``p90`` by month, in the outcome's unit: `Result.bands`."""
        found = quantile(self.outcomes, self.weights, list(LEVELS.values()))
        return {
            name: {level: tuple(found[q, j].tolist()) for q, level in enumerate(LEVELS)}
            for j, name in enumerate(OUTCOMES)
        }

    def share(self, holds: Sequence[bool] | npt.NDArray[np.bool_]) -> float:
        """Return in what share of the ensemble something holds, told draw by draw."""
        return float(self.weights[np.asarray(holds, dtype=bool)].sum())

    def medoid(self) -> int:
        """Return the number of the draw nearest the weighted mean of all headline outcomes after 6, 12 and 24 months.

        See `sim.analyse.calibration.weights.medoid` for the metric.
        """
        at = [month - 1 for month in HEADLINE_MONTHS if month <= self.months] or [self.months - 1]
        place, _ = medoid(self.outcomes[:, :, at].reshape(len(self.numbers), -1), self.weights)
        return self.numbers[place]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        return {
            "scenario": self.scenario,
            "grid": self.grid,
            "months": list(range(1, self.months + 1)),
            "draws": len(self.numbers),
            "bands": self.bands(),
            "failed": [{"draw": number, "error": error} for number, error in self.failed],
        }


def bands(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    ensemble: Ensemble | None = None,
    *,
    grid: str | Grid = "fast",
    months: int = MONTHS,
    rationality: float | Mapping[str, float] | None = None,
    jobs: int | None = None,
    on_done: Progress | None = None,
) -> Bands:
    """Forecast a scenario with every draw of an ensemble.

    What the scenario (or ``overrides``) changes from the baseline is changed in every draw; everything else that has a
    prior takes the draw's value.

    Parameters
    ----------
    source, overrides : the scenario.
    ensemble : default: the one that ships.
    grid, months, rationality, jobs, on_done : as for `sim.analyse.evaluate`.

    Raises
    ------
    UsageError : no ensemble, or no draw that could be forecast.
    """
    from sim.model import grid_of
    from sim.scenario import load

    ensemble = ensemble or shipped_ensemble()
    if ensemble is None:
        raise UsageError("ensemble: found none; allowed: one made with `grand-deal calibrate --ensemble FILE`")
    scenario = load(source, overrides)
    found = evaluate(
        scenario,
        designs_for(scenario, ensemble),
        grid=grid,
        months=months,
        rationality=rationality,
        jobs=jobs,
        on_done=on_done,
    )
    bad = dict(found.failed)
    good = [i for i in range(ensemble.size) if i not in bad]
    if not good:
        raise UsageError(f"ensemble: found no draw that could be forecast ({next(iter(bad.values()))})")
    weights = ensemble.weights[good]
    return Bands(
        scenario.id,
        grid_of(grid).name,
        months,
        weights / weights.sum(),
        np.stack([found.outcomes[name][good] for name in OUTCOMES], axis=1),
        tuple(ensemble.numbers[i] for i in good),
        tuple((ensemble.numbers[i], error) for i, error in found.failed),
    )


@dataclass(frozen=True)
class Paired:
    """One outcome of two scenarios, draw by draw: what the same parameters make of both.

    Attributes
    ----------
    p10, p50, p90 : of the difference (second minus first), in the outcome's unit.
    more, less : shares of the ensemble in which the second has more, and less; the rest has the same.
    draws : how many draws could be forecast in both.
    """

    p10: float
    p50: float
    p90: float
    more: float
    less: float
    draws: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain numbers."""
        return asdict(self)


def paired(first: Bands, second: Bands, month: int) -> dict[str, Paired]:
    """Compare two scenarios at the end of a month over the same ensemble; return outcome -> difference.

    Bands of two scenarios may overlap although one has more in every draw.

    Raises
    ------
    UsageError : no draw that could be forecast in both.
    """
    places = {number: i for i, number in enumerate(second.numbers)}
    both = [(i, places[number]) for i, number in enumerate(first.numbers) if number in places]
    if not both:
        raise UsageError(f"ensemble: found no draw that could be forecast in {first.scenario} and {second.scenario}")
    ones, others = (list(side) for side in zip(*both, strict=True))
    weights = first.weights[ones] / first.weights[ones].sum()
    before, after = first.outcomes[ones, :, month - 1], second.outcomes[others, :, month - 1]
    changes = after - before
    changes[np.abs(changes) <= SAME * np.maximum(np.abs(before), np.abs(after))] = 0.0
    low, middle, high = quantile(changes, weights, list(LEVELS.values()))
    more, less = weights @ (changes > 0), weights @ (changes < 0)
    return {
        name: Paired(float(low[j]), float(middle[j]), float(high[j]), float(more[j]), float(less[j]), len(both))
        for j, name in enumerate(OUTCOMES)
    }
