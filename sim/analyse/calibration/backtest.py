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
from sim.analyse.calibration.identify import moved, noise_of
from sim.analyse.calibration.ledger import Ledger, shipped_ledger
from sim.analyse.calibration.likelihood import PREFIX, Likelihood
from sim.analyse.calibration.weights import effective_size, mean, quantile
from sim.analyse.variants import Progress, evaluate
from sim.errors import ScenarioError, UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
FEW = 20
"""Effective draws below which medians of what was learned are hardly to be trusted."""


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
    learned : every parameter, the one that moved most first: ``parameter, moved, before, after`` (medians), ``shift``
        (of the mean), ``visible`` (moved more than `noise`); empty without an update.
    effective : effective number of draws before and after; None without an update.
    sentences : all of that in words.
    before : id of the ledger whose rates the naive forecaster repeats.
    noise : gap that chance alone exceeds once in twenty, for the largest of all; None without an update.
    not_updated : why the weights were not updated; empty where they were.
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
    before: str = ""
    noise: float | None = None
    not_updated: str = ""

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

    The scores need nothing but the two; where the weights cannot be updated, the result says why.

    Parameters
    ----------
    before : the half-year whose rate the naive forecaster repeats; default: the ledger that ships.
    ensemble : the draws behind the forecast; with them the weights are updated.
    grid : of the update; default: the forecast's.

    Returns
    -------
    Backtest, and the ensemble with its new weights (None without an ensemble that they can be updated in).

    Raises
    ------
    UsageError : a ledger of other months or of another scenario than the forecast; an earlier one that is not earlier.
    """
    told = tuple(month.month for month in ledger.months)
    if told != forecast.months[: len(told)]:
        raise UsageError(
            f"{ledger.id}: found {told[0]} to {told[-1]}; allowed: months from {forecast.months[0]} on, "
            f"up to {forecast.months[-1]}"
        )
    # a scenario of one's own may be named by its id or its file
    if forecast.scenario not in (ledger.scenario, ledger.scenario.removesuffix(".toml")):
        raise UsageError(f"{ledger.id}: found scenario {ledger.scenario!r}; allowed: {forecast.scenario!r}")
    if before is not None and before.months[-1].number >= ledger.months[0].number:
        raise UsageError(
            f"{before.id}: found months up to {before.months[-1].month}; allowed: earlier ones than {told[0]}"
        )
    before = before or shipped_ledger()
    rows = events_scored(forecast, ledger, before)
    counts = counts_scored(forecast, ledger, before)
    totals = totals_of(rows, counts)
    worst = worst_of(rows)
    predictive: tuple[float, ...] = ()
    learned: tuple[Mapping[str, Any], ...] = ()
    effective = noise = updated = None
    why = "" if ensemble is not None else "no ensemble was given"
    if ensemble is not None:
        try:
            logs, updated = _update(forecast, ledger, ensemble, grid or forecast.grid, jobs, on_done)
        except (UsageError, ScenarioError) as error:
            why = str(error)
    if ensemble is not None and updated is not None:
        with np.errstate(divide="ignore"):  # a draw of weight 0 keeps it
            start = np.log(ensemble.weights)
        steps = np.logaddexp.reduce(start[:, None] + np.cumsum(logs, axis=1), axis=0)
        predictive = tuple(np.diff(np.concatenate([[0.0], steps])).tolist())
        noise = noise_of(ensemble.values, ensemble.weights, updated.weights)
        learned = tuple(_learned(ensemble, updated, noise))
        effective = (effective_size(ensemble.weights), effective_size(updated.weights))
    said = _sentences(ledger, rows, totals, worst)
    said.append(f"The forecaster 'repeat' takes its rates from {before.id}.")
    if effective is not None and noise is not None and ensemble is not None:
        said += _news(learned, effective, noise)
        if ensemble.current()["model"] != forecast.hashes.get("model"):
            said.append("The weights were updated by another model than the one that made the forecast.")
    else:
        said.append(f"The weights were not updated: {why}.")
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
        tuple(said),
        before.id,
        noise,
        why,
    )
    return made, updated


def _update(
    forecast: Frozen,
    ledger: Ledger,
    ensemble: Ensemble,
    grid: str | Grid,
    jobs: int | None,
    on_done: Progress | None,
) -> tuple[Floats, Ensemble]:
    """Return the log probabilities of months by draw, shape (n, months), and the updated ensemble."""
    if fingerprint(ensemble) != forecast.ensemble:
        raise UsageError("ensemble: found another than the forecast was made with; allowed: the same")
    # refused before anything is solved where a month is in the weights already
    reweighted(ensemble, np.zeros(ensemble.size), ledger)
    scenario = _scenario(forecast)
    if scenario.hash != forecast.scenario_hash:
        raise UsageError(
            f"{forecast.scenario}: found other values than those the forecast was made with; allowed: the same scenario"
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
    logs = np.where(np.isnan(logs), -np.inf, logs)
    return logs, reweighted(ensemble, logs.sum(axis=1), ledger)


def _scenario(forecast: Frozen) -> Scenario:
    """Return the scenario as the forecast keeps it; of forecasts of earlier versions, the shipped one of that id."""
    import tempfile
    from pathlib import Path

    from sim.scenario import load

    if not forecast.toml:
        return load(forecast.scenario)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{forecast.scenario}.toml"
        file.write_text(forecast.toml, encoding="utf-8")
        return load(file)


def _learned(before: Ensemble, after: Ensemble, noise: float) -> list[dict[str, Any]]:
    rows = []
    for j, name in enumerate(before.names):
        column = before.values[:, j]
        gap = moved(column, after.weights, before.weights)
        rows.append(
            {
                "parameter": name,
                "moved": gap,
                "before": float(quantile(column, before.weights, [0.5])[0]),
                "after": float(quantile(column, after.weights, [0.5])[0]),
                "shift": float(mean(column, after.weights) - mean(column, before.weights)),
                "visible": gap > noise,
            }
        )
    return sorted(rows, key=lambda row: (-float(row["moved"]), str(row["parameter"])))


def _sentences(
    ledger: Ledger,
    rows: Sequence[Mapping[str, Any]],
    totals: Mapping[str, Mapping[str, float | None]],
    worst: Sequence[Mapping[str, Any]],
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
    return said


def _news(learned: Sequence[Mapping[str, Any]], effective: tuple[float, float], noise: float) -> list[str]:
    """Return what the update taught in words."""
    seen = [f"{row['parameter']} {'up' if row['shift'] > 0 else 'down'}" for row in learned if row["visible"]]
    said = f"{len(seen)} of {len(learned)} parameters moved visibly: {', '.join(seen[:5])}"
    if not seen:
        said = f"None of the {len(learned)} parameters moved visibly"
    said += f" (chance alone moves the farthest by up to {noise:.2f} in 19 of 20)."
    few = ""
    if effective[1] < FEW:
        few = " So few draws tell little of what was learned: freeze with a larger ensemble."
    return [
        f"Updating the weights leaves the draws worth {effective[1]:.0f} equal ones (before: {effective[0]:.0f}).{few}",
        said,
    ]


def renewed(ensemble: Ensemble, command: str) -> Ensemble:
    """Return an ensemble that says how its weights came about."""
    return replace(ensemble, command=command)
