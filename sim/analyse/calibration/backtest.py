"""Being proved wrong: a later ledger is held against a frozen forecast and naive forecasters, and then learned from.

The update of the ensemble's weights is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ensemble import Ensemble, designs_for, reweighted
from sim.analyse.calibration.forecasters import NAIVE, counts_scored, events_scored, totals_of, worst_of
from sim.analyse.calibration.frozen import Frozen, fingerprint
from sim.analyse.calibration.identify import moved
from sim.analyse.calibration.ledger import Ledger, shipped_ledger
from sim.analyse.calibration.likelihood import PREFIX, Likelihood
from sim.analyse.calibration.weights import effective_size, mean, quantile
from sim.analyse.variants import Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Backtest:
    """A later ledger held against a frozen forecast.

    Attributes
    ----------
    forecast : its hash.
    ledger, title : what it was held against.
    rows : one an event and month that the ledger tells: ``month, event, says, happened``, ``probability`` and the
        scores ``log`` and ``brier`` of the forecast, and of each naive forecaster by name.
    counts : one a month up to which all numbers are told: ``month, freed`` (since the start), ``p10, p50, p90``, and
        ``crps`` of the forecast and of those naive forecasters who tell numbers.
    totals : forecaster -> mean ``log``, ``brier`` (over rows) and ``crps`` (over counts; None without).
    worst : the months that hurt most: ``month, log`` (sum over events), ``why``.
    predictive : by month, log probability of its entries given those before, over the ensemble; empty without one.
    learned : parameters that the ledger moved most: ``parameter, moved, before, after`` (medians); empty without one.
    effective : effective number of draws before and after; None without an ensemble.
    sentences : all of that in words.
    """

    forecast: str
    ledger: str
    title: str
    rows: tuple[Mapping[str, Any], ...]
    counts: tuple[Mapping[str, Any], ...]
    totals: Mapping[str, Mapping[str, float | None]]
    worst: tuple[Mapping[str, Any], ...]
    predictive: tuple[float, ...]
    learned: tuple[Mapping[str, Any], ...]
    effective: tuple[float, float] | None
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        from sim.analyse.record import plain

        result: dict[str, Any] = plain(self)
        return result


def backtest(
    forecast: Frozen,
    ledger: Ledger,
    *,
    before: Ledger | None = None,
    ensemble: Ensemble | None = None,
    grid: str | Grid | None = None,
    jobs: int | None = None,
    on_done: Progress | None = None,
) -> tuple[Backtest, Ensemble | None]:
    """Score a later ledger against a frozen forecast, and learn from it.

    Parameters
    ----------
    before : the half-year whose rate the naive forecaster repeats; default: the ledger that ships.
    ensemble : the draws behind the forecast; with them the weights are updated.
    grid : of the update; default: the forecast's.

    Returns
    -------
    Backtest, and the ensemble with its new weights (None without an ensemble).

    Raises
    ------
    UsageError : a ledger of other months or of another scenario than the forecast; another ensemble.
    """
    told = tuple(month.month for month in ledger.months)
    if told != forecast.months[: len(told)]:
        raise UsageError(
            f"{ledger.id}: found {told[0]} to {told[-1]}; allowed: months from {forecast.months[0]} on, "
            f"up to {forecast.months[-1]}"
        )
    if ledger.scenario != forecast.scenario:
        raise UsageError(f"{ledger.id}: found scenario {ledger.scenario!r}; allowed: {forecast.scenario!r}")
    before = before or shipped_ledger()
    rows = events_scored(forecast, ledger, before)
    counts = counts_scored(forecast, ledger, before)
    totals = totals_of(rows, counts)
    worst = worst_of(rows)
    predictive: tuple[float, ...] = ()
    learned: tuple[Mapping[str, Any], ...] = ()
    effective = None
    updated = None
    if ensemble is not None:
        if fingerprint(ensemble) != forecast.ensemble:
            raise UsageError("ensemble: found another than the forecast was made with; allowed: the same")
        logs = _logs(forecast, ledger, ensemble, grid or forecast.grid, jobs, on_done)
        updated = reweighted(ensemble, logs.sum(axis=1))
        steps = np.logaddexp.reduce(np.log(ensemble.weights)[:, None] + np.cumsum(logs, axis=1), axis=0)
        predictive = tuple(np.diff(np.concatenate([[0.0], steps])).tolist())
        learned = tuple(_learned(ensemble, updated))
        effective = (effective_size(ensemble.weights), effective_size(updated.weights))
    sentences = tuple(_sentences(ledger, rows, totals, worst, learned, effective))
    made = Backtest(
        forecast.hash,
        ledger.id,
        ledger.title,
        tuple(rows),
        tuple(counts),
        totals,
        tuple(worst),
        predictive,
        learned,
        effective,
        sentences,
    )
    return made, updated


def _logs(
    forecast: Frozen,
    ledger: Ledger,
    ensemble: Ensemble,
    grid: str | Grid,
    jobs: int | None,
    on_done: Progress | None,
) -> Floats:
    from sim.scenario import load

    scenario = load(ledger.scenario)
    if scenario.hash != forecast.scenario_hash:
        raise UsageError(
            f"{ledger.scenario}: found other values than those the forecast was made with; allowed: the same scenario"
        )
    found = evaluate(
        scenario,
        designs_for(scenario, ensemble),
        grid=grid,
        months=len(ledger.months),
        jobs=jobs,
        measure=Likelihood(ledger),
        on_done=on_done,
    )
    columns = [found.measured[f"{PREFIX}{t + 1}"] for t in range(len(ledger.months))]
    logs = np.stack(columns, axis=1)
    return np.where(np.isnan(logs), -np.inf, logs)


def _learned(before: Ensemble, after: Ensemble) -> list[dict[str, Any]]:
    rows = []
    for j, name in enumerate(before.names):
        column = before.values[:, j]
        rows.append(
            {
                "parameter": name,
                "moved": moved(column, after.weights, before.weights),
                "before": float(quantile(column, before.weights, [0.5])[0]),
                "after": float(quantile(column, after.weights, [0.5])[0]),
                "shift": float(mean(column, after.weights) - mean(column, before.weights)),
            }
        )
    return sorted(rows, key=lambda row: (-float(row["moved"]), str(row["parameter"])))


def _sentences(
    ledger: Ledger,
    rows: Sequence[Mapping[str, Any]],
    totals: Mapping[str, Mapping[str, float | None]],
    worst: Sequence[Mapping[str, Any]],
    learned: Sequence[Mapping[str, Any]],
    effective: tuple[float, float] | None,
) -> list[str]:
    said = [f"{len(rows)} statements about {len(ledger.months)} months were scored; lower scores are better."]
    own = totals["forecast"]
    for measure, label in (("log", "log score"), ("brier", "Brier score"), ("crps", "CRPS, persons")):
        mine = own[measure]
        if mine is None:
            continue
        beaten = [name for name in NAIVE if (other := totals[name][measure]) is not None and mine < other]
        lost = [name for name in NAIVE if (other := totals[name][measure]) is not None and mine >= other]
        words = f"better than {', '.join(beaten)}" if beaten else ""
        words += ("; " if beaten and lost else "") + (f"not better than {', '.join(lost)}" if lost else "")
        said.append(f"Mean {label} {mine:.3g}: {words}.")
    said += [f"{row['month']} hurt ({row['log']:.2f}): {row['why']}." for row in worst]
    if effective is not None:
        said.append(
            f"Updating the weights leaves the draws worth {effective[1]:.0f} equal ones (before: {effective[0]:.0f}). "
            f"Moved most: {', '.join(row['parameter'] for row in learned[:3])}."
        )
    return said


def renewed(ensemble: Ensemble, command: str) -> Ensemble:
    """Return an ensemble that says how its weights came about."""
    return replace(ensemble, command=command)
