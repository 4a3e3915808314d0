"""Being proved wrong: a forecast is frozen first, then a later ledger is scored against it and naive forecasters.

A frozen forecast is a file with the probability of stated events in every month, the distribution of how many are
freed, and a hash over all of it: nothing can be put right afterwards without being seen. Probabilities are shares of
courses sampled from every draw of the ensemble (their error is stated); the update of the ensemble's weights is exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ensemble import Ensemble, designs_for, reweighted
from sim.analyse.calibration.files import digest, json_of
from sim.analyse.calibration.identify import moved
from sim.analyse.calibration.ledger import (
    EMBASSY,
    ENVOYS,
    EU_GIVEN,
    FREED,
    GIVEN,
    LEADER,
    MASS,
    NOBODY,
    RELIEF,
    Ledger,
    shipped_ledger,
)
from sim.analyse.calibration.likelihood import PREFIX, Likelihood
from sim.analyse.calibration.scores import brier, crps, log_score
from sim.analyse.calibration.synthetic import true_codes
from sim.analyse.calibration.weights import effective_size, mean, quantile
from sim.analyse.variants import Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid, Model
    from sim.scenario import Scenario
    from sim.solver import Forward, Solution

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SCHEMA_VERSION = 1
EVENTS = {
    "release": "somebody is freed",
    "leader": "a leader is freed",
    "mass_release": "200 people or more are freed",
    "visit": "envoys come where there were none",
    "embassy": "the embassy reopens",
    "us_relief": "Washington eases sanctions",
    "eu_relief": "Brussels eases sanctions",
    "us_taken_back": "Washington takes relief back",
    "eu_taken_back": "Brussels takes relief back",
    "punished": "Moscow punishes Minsk",
}
COURSES = 200
"""Courses sampled from every draw."""
MONTHS = 6
SURPRISE = 0.01
"""What the forecaster of no change gives to any event."""
NAIVE = ("repeat", "coin", "no change")
_LEVELS = (np.arange(100) + 0.5) / 100
_WORDS = "a forecast that `grand-deal backtest --freeze` wrote"
_WORST = 3


@dataclass(frozen=True)
class Frozen:
    """A forecast that is fixed before anything is known.

    Attributes
    ----------
    scenario, scenario_hash, grid, seed, courses : what was forecast and how.
    ensemble : hash of the draws and weights.
    hashes : of model, settings, priors and ledger behind the ensemble.
    version : of this program.
    months : "2025-07" and so on.
    events : event of `EVENTS` -> probability by month.
    error : largest standard error of these probabilities, from sampling courses.
    freed : by month, 100 equally likely numbers of people freed since the start (the middles of percentiles).
    """

    scenario: str
    scenario_hash: str
    grid: str
    seed: int
    courses: int
    ensemble: str
    hashes: Mapping[str, str]
    version: str
    months: tuple[str, ...]
    events: Mapping[str, tuple[float, ...]]
    error: float
    freed: tuple[tuple[float, ...], ...]

    @property
    def hash(self) -> str:
        """Sha256 (hex) of everything."""
        return digest(self._plain())

    def to_json(self) -> dict[str, Any]:
        """Return the object that the file holds."""
        return {"schema_version": SCHEMA_VERSION, "hash": self.hash, **self._plain()}

    def _plain(self) -> dict[str, Any]:
        from sim.analyse.record import plain

        result: dict[str, Any] = plain(self)
        return result


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


def happened(codes: Ints) -> dict[str, npt.NDArray[np.bool_]]:
    """Return event -> whether it happens, shape (courses, months), from entries of shape (courses, months, items)."""
    us_freed, us_given = np.divmod(codes[..., 0], len(GIVEN))
    eu_freed, eu_given = np.divmod(codes[..., 1], len(EU_GIVEN))

    def whom(name: str) -> npt.NDArray[np.bool_]:
        number = FREED.index(name)
        return np.asarray((us_freed == number) | (eu_freed == number))

    nobody = FREED.index(NOBODY)
    return {
        "release": (us_freed != nobody) | (eu_freed != nobody),
        "leader": whom(LEADER),
        "mass_release": whom(MASS),
        "visit": us_given == GIVEN.index(ENVOYS),
        "embassy": us_given == GIVEN.index(EMBASSY),
        "us_relief": us_given == GIVEN.index(RELIEF),
        "eu_relief": eu_given == EU_GIVEN.index(RELIEF),
        "us_taken_back": codes[..., 2] == 1,
        "eu_taken_back": codes[..., 3] == 1,
        "punished": codes[..., 4] == 1,
    }


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
        hashes=dict(ensemble.hashes),
        version=version("grand-deal"),
        months=names,
        events=events,
        error=worst / float(np.sqrt(courses)),
        freed=tuple(freed),
    )


def write_frozen(made: Frozen, path: str | Path) -> None:
    """Write a forecast to a new file; one that is there already is never written over.

    Raises
    ------
    UsageError : there is such a file, or it cannot be written.
    """
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(json.dumps(made.to_json(), indent=1, ensure_ascii=False) + "\n")
    except FileExistsError:
        raise UsageError(
            f"{path}: found a file already; allowed: a new one (a frozen forecast stays as it is)"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def read_frozen(path: str | Path) -> Frozen:
    """Return the forecast in a file.

    Raises
    ------
    UsageError : no such file, something else in it, or a forecast that was changed after it was frozen.
    """
    record = json_of(path, _WORDS)
    try:
        if record["schema_version"] != SCHEMA_VERSION:
            raise ValueError
        told = str(record["hash"])
        values = {name: record[name] for name in Frozen.__dataclass_fields__}
        made = Frozen(
            **{
                **values,
                "months": tuple(map(str, values["months"])),
                "events": {str(name): tuple(map(float, row)) for name, row in values["events"].items()},
                "freed": tuple(tuple(map(float, row)) for row in values["freed"]),
            }
        )
        n = len(made.months)
        shaped = all(len(row) == n for row in made.events.values()) and len(made.freed) == n
        if not (n and shaped and set(made.events) == set(EVENTS) and all(made.freed)):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"{path}: found something else; allowed: {_WORDS}") from None
    if made.hash != told:
        found = "a forecast that was changed after it was frozen"
        raise UsageError(f"{path}: found {found}; allowed: {_WORDS}, unchanged")
    return made


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
    rows = _event_rows(forecast, ledger, before)
    counts = _count_rows(forecast, ledger, before)
    totals = _totals(rows, counts)
    worst = _worst(rows)
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


def fingerprint(ensemble: Ensemble) -> str:
    """Return the sha256 (hex) of an ensemble's draws and weights."""
    return digest([list(ensemble.names), ensemble.weights.tolist(), ensemble.values.tolist()])


def month_names(first: str, count: int) -> tuple[str, ...]:
    """Return the names of months in a row.

    Raises
    ------
    UsageError : a first month in another form than 2025-07, or no month at all.
    """
    import re

    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", first, re.ASCII) is None:
        raise UsageError(f"month: found {first!r}; allowed: year and month, as in 2025-07")
    if not 1 <= count <= 60:
        raise UsageError(f"months: found {count}; allowed: 1 to 60")
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, start + count))


def told_by(ledger: Ledger) -> list[dict[str, bool]]:
    """Return for each month event -> whether it happened, as far as the ledger tells."""
    found = []
    for month in ledger.months:
        us, eu, *flags = month.codes
        row = np.array([[[us or 0, eu or 0, *(flag or 0 for flag in flags)]]], dtype=np.int64)
        says = {event: bool(each[0, 0]) for event, each in happened(row).items()}
        unknown = set()
        if us is None:
            unknown |= {"visit", "embassy", "us_relief"}
        if eu is None:
            unknown |= {"eu_relief"}
        if us is None or eu is None:  # what one of them tells to have happened did, whatever the other is
            unknown |= {event for event in ("release", "leader", "mass_release") if not says[event]}
        unknown |= {
            event
            for event, flag in zip(("us_taken_back", "eu_taken_back", "punished"), flags, strict=True)
            if flag is None
        }
        found.append({event: value for event, value in says.items() if event not in unknown})
    return found


def _event_rows(forecast: Frozen, ledger: Ledger, before: Ledger) -> list[dict[str, Any]]:
    earlier = told_by(before)
    rows = []
    for t, (month, says) in enumerate(zip(ledger.months, told_by(ledger), strict=True)):
        for event, value in says.items():
            known = [row[event] for row in earlier if event in row]
            # Jeffreys' rule keeps the rate away from 0 and 1
            rate = (sum(known) + 0.5) / (len(known) + 1.0)
            given = {
                "forecast": forecast.events[event][t],
                "repeat": rate,
                "coin": 0.5,
                "no change": SURPRISE,
            }
            rows.append(
                {
                    "month": month.month,
                    "event": event,
                    "says": EVENTS[event],
                    "happened": value,
                    "probability": given["forecast"],
                    "log": {name: log_score(chance, value) for name, chance in given.items()},
                    "brier": {name: brier(chance, value) for name, chance in given.items()},
                }
            )
    return rows


def _count_rows(forecast: Frozen, ledger: Ledger, before: Ledger) -> list[dict[str, Any]]:
    from sim.rng import stream

    past = [month.freed for month in before.months if month.freed is not None]
    rng = stream(0, "backtest", "repeat")
    repeats = np.cumsum(rng.choice(np.array(past or [0], dtype=np.float64), (2000, len(ledger.months))), axis=1)
    rows: list[dict[str, Any]] = []
    total = 0
    for t, month in enumerate(ledger.months):
        if month.freed is None:
            break
        total += month.freed
        values = np.array(forecast.freed[t])
        equal = np.ones(values.size)
        low, middle, high = quantile(values, equal, (0.1, 0.5, 0.9)).tolist()
        scores = {
            "forecast": crps(values, equal, total),
            "repeat": crps(repeats[:, t], np.ones(len(repeats)), total),
            "no change": crps([0.0], [1.0], total),
        }
        rows.append({"month": month.month, "freed": total, "p10": low, "p50": middle, "p90": high, "crps": scores})
    return rows


def _totals(
    rows: Sequence[Mapping[str, Any]], counts: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, float | None]]:
    totals: dict[str, dict[str, float | None]] = {}
    for name in ("forecast", *NAIVE):
        numbers = [row["crps"][name] for row in counts if name in row["crps"]]
        totals[name] = {
            "log": float(np.mean([row["log"][name] for row in rows])) if rows else None,
            "brier": float(np.mean([row["brier"][name] for row in rows])) if rows else None,
            "crps": float(np.mean(numbers)) if numbers else None,
        }
    return totals


def _worst(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    months: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        months.setdefault(row["month"], []).append(row)
    found: list[dict[str, Any]] = []
    for month, some in months.items():
        ranked = sorted(some, key=lambda row: -row["log"]["forecast"])
        why = "; ".join(
            f"{row['says']}: {'happened' if row['happened'] else 'did not happen'}, given {row['probability']:.0%}"
            for row in ranked[:2]
        )
        found.append({"month": month, "log": float(sum(row["log"]["forecast"] for row in some)), "why": why})
    return sorted(found, key=lambda row: (-float(row["log"]), str(row["month"])))[:_WORST]


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
