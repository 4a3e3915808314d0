"""Making a forecast to be frozen, with every draw of an ensemble.

Probabilities are shares of courses sampled from every draw; their error is stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.calibration.ensemble import Ensemble, designs_for
from sim.analyse.calibration.events import EVENTS, happened
from sim.analyse.calibration.files import digest
from sim.analyse.calibration.frozen import Frozen, fingerprint, month_names
from sim.analyse.calibration.synthetic import true_codes
from sim.analyse.calibration.weights import quantile
from sim.analyse.variants import Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid, Model
    from sim.scenario import Scenario
    from sim.solver import Forward, Solution

COURSES = 200
"""Courses sampled from every draw."""
MONTHS = 6
_LEVELS = (np.arange(100) + 0.5) / 100


@dataclass(frozen=True)
class Played:
    """What happens in sampled courses of one draw: a measure of `sim.analyse.Evaluator`."""

    months: int
    courses: int
    seed: int

    def __call__(self, model: Model, solution: Solution, forward: Forward | None = None) -> Mapping[str, float]:
        """Return ``EVENT_t``, the share of courses, and ``freed_t_i``, people freed by month t in course i."""
        from sim.forecast.histories import sample

        # every draw has courses of its own, whatever its place among the others
        own = int(digest([self.seed, model.scenario.hash])[:12], 16)
        histories = sample(model, solution, count=self.courses, months=self.months, seed=own)
        happens = happened(true_codes(histories))
        found = {
            f"{event}_{t}": float(share) for event, rows in happens.items() for t, share in enumerate(rows.mean(axis=0))
        }
        total = histories.total("freed")
        found.update({f"freed_{t}_{i}": float(total[t, i]) for t in range(self.months) for i in range(self.courses)})
        return found


def freeze(
    source: str | Path | Scenario,
    ensemble: Ensemble,
    first: str,
    *,
    months: int = MONTHS,
    overrides: Mapping[str, Any] | None = None,
    grid: str | Grid = "fast",
    seed: int = 0,
    courses: int = COURSES,
    jobs: int | None = None,
    on_done: Progress | None = None,
) -> Frozen:
    """Make the forecast of stated events in stated months, with every draw of an ensemble.

    Parameters
    ----------
    source, overrides : the position from which the months follow.
    first : the first month, as in ``2025-07``.
    months : how many.
    courses : sampled from every draw.

    Raises
    ------
    UsageError : a month in another form; no draw that could be forecast.
    """
    from importlib.metadata import version

    from sim.model import grid_of
    from sim.scenario import load
    from sim.scenario.write import to_toml

    names = month_names(first, months)
    if courses < 1:
        raise UsageError(f"courses: found {courses}; allowed: 1 or more")
    scenario = load(source, overrides)
    found = evaluate(
        scenario,
        designs_for(scenario, ensemble),
        grid=grid,
        months=months,
        jobs=jobs,
        measure=Played(months, courses, seed),
        on_done=on_done,
    )
    bad = {number for number, _ in found.failed}
    good = [i for i in range(ensemble.size) if i not in bad]
    if not good:
        raise UsageError(f"ensemble: found no draw that could be forecast ({found.failed[0][1]})")
    weights = ensemble.weights[good] / ensemble.weights[good].sum()
    table = {name: column[good] for name, column in found.measured.items()}
    events = {event: tuple(float(weights @ table[f"{event}_{t}"]) for t in range(months)) for event in EVENTS}
    worst = max(
        float(np.sqrt(weights**2 @ (table[f"{event}_{t}"] * (1 - table[f"{event}_{t}"]))))
        for event in EVENTS
        for t in range(months)
    )
    each = np.repeat(weights / courses, courses)
    freed = []
    for t in range(months):
        values = np.stack([table[f"freed_{t}_{i}"] for i in range(courses)], axis=1).ravel()
        freed.append(tuple(quantile(values, each, _LEVELS).tolist()))
    used = grid_of(grid)
    return Frozen(
        scenario=scenario.id,
        scenario_hash=scenario.hash,
        grid=f"{used.lot}x{used.rounds}",
        seed=seed,
        courses=courses,
        ensemble=fingerprint(ensemble),
        hashes={**ensemble.hashes, **ensemble.current()},
        version=version("grand-deal"),
        months=names,
        events=events,
        error=worst / float(np.sqrt(courses)),
        freed=tuple(freed),
        toml=to_toml(scenario),
        outdated=ensemble.outdated(),
    )
