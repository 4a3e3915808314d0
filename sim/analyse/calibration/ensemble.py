"""The ensemble: a few hundred weighted draws in a file, and what they change in a scenario.

The draws are taken from a calibration by systematic resampling (see `sim.analyse.calibration.weights.resampled`) with a
seeded offset; a draw that is taken k times of n weighs k / n. The file carries the hashes of the model, the settings,
the priors and the ledger; where one of them has changed, the ensemble is stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.draws import Calibration, hashes_of
from sim.analyse.calibration.files import digest, json_of, shipped_text
from sim.analyse.calibration.ledger import Ledger, shipped_ledger
from sim.analyse.calibration.priors import shipped_priors
from sim.analyse.calibration.weights import resampled
from sim.analyse.ties import TABLES, TALKS_ROWS, with_rest
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
SCHEMA_VERSION = 1
FILE = "ensemble.json"
SIZE = 200
RULE = "systematic resampling of the weighted draws, offset drawn by the seed; a draw taken k times of n weighs k / n"
_WORDS = "an ensemble that `grand-deal calibrate --ensemble` wrote"


@dataclass(frozen=True)
class Ensemble:
    """Weighted draws of all parameters that have a prior.

    Attributes
    ----------
    names : the parameters.
    numbers : number of each draw in its sequence.
    weights : add up to 1, shape (n,).
    values : shape (n, parameters).
    hashes : of model, settings, priors and ledger.
    ledger, scenario, grid, seed, draws, effective : of the calibration: the ledger's id, the scenario and grid it was
        played on, the seed, how many draws there were, and what their weights were worth.
    rule : how these draws were taken from those.
    command : what makes the file again.
    counted : later ledgers that the weights were updated with, in their order: ``ledger`` (id), ``hash``, ``first`` and
        ``last`` month. ``effective`` then is what the weights of these draws are worth.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    weights: Floats
    values: Floats
    hashes: Mapping[str, str]
    ledger: str
    scenario: str
    grid: str
    seed: int
    draws: int
    effective: float
    rule: str = RULE
    command: str = ""
    counted: tuple[Mapping[str, str], ...] = ()

    @property
    def size(self) -> int:
        """How many different draws."""
        return len(self.numbers)

    @property
    def hash(self) -> str:
        """The sha256 (hex) of the draws and their weights."""
        record = self.to_json()
        return digest([record["names"], record["members"]])

    def member(self, place: int) -> dict[str, float]:
        """Return one draw: parameter -> value."""
        return dict(zip(self.names, self.values[place].tolist(), strict=True))

    def stale(self) -> tuple[str, ...]:
        """Return what has changed since: some of model, settings, priors and ledger."""
        from sim.scenario import load

        now = hashes_of(load(self.scenario), shipped_priors(), shipped_ledger())
        return tuple(name for name, value in now.items() if self.hashes.get(name) != value)

    def current(self) -> dict[str, str]:
        """Return the hashes of the model as it is now, and of its settings where the priors are those that ship."""
        from sim.scenario import load

        now = hashes_of(load(self.scenario), shipped_priors(), shipped_ledger())
        # which settings all draws share depends on the priors
        known = ("model", "settings") if self.hashes.get("priors") == now["priors"] else ("model",)
        return {name: now[name] for name in known}

    def outdated(self) -> tuple[str, ...]:
        """Return what of model and settings has changed since, whatever priors and ledger it was made with."""
        return tuple(name for name, value in self.current().items() if self.hashes.get(name) != value)

    def overlaps(self, ledger: Ledger) -> str | None:
        """Return the id of a ledger in the weights already that tells one of this one's months; None without."""
        own = {month.month for month in ledger.months}
        first = shipped_ledger()
        known = [(each["ledger"], each["first"], each["last"]) for each in self.counted]
        if self.hashes.get("ledger") == first.hash:
            known.insert(0, (first.id, first.months[0].month, first.months[-1].month))
        return next((id for id, start, end in known if any(start <= month <= end for month in own)), None)

    def to_json(self) -> dict[str, Any]:
        """Return the object that the file holds."""
        rows = zip(self.numbers, self.weights.tolist(), self.values.tolist(), strict=True)
        plain = ("ledger", "scenario", "grid", "seed", "draws", "effective", "rule", "command")
        return {
            "schema_version": SCHEMA_VERSION,
            **{name: getattr(self, name) for name in plain},
            "hashes": dict(self.hashes),
            "counted": [dict(each) for each in self.counted],
            "names": list(self.names),
            "members": [{"draw": number, "weight": weight, "values": values} for number, weight, values in rows],
        }


def ensemble_of(made: Calibration, size: int = SIZE, *, command: str = "") -> Ensemble:
    """Return a compact ensemble of a calibration.

    Raises
    ------
    UsageError : no draw under which the ledger is possible, or no size.
    """
    from sim.rng import stream

    weights = made.weights
    counts = resampled(weights, size, float(stream(made.seed, "calibrate", "resample").random()))
    taken = np.flatnonzero(counts)
    return Ensemble(
        names=made.priors.names,
        numbers=tuple(taken.tolist()),
        weights=counts[taken] / counts.sum(),
        values=made.values[taken],
        hashes=made.hashes(),
        ledger=made.ledger.id,
        scenario=made.scenario.id,
        grid=made.grid,
        seed=made.seed,
        draws=made.size,
        effective=made.effective,
        command=command,
    )


def write_ensemble(made: Ensemble, path: str | Path) -> None:
    """Write an ensemble to a file, whole or not at all; one line a draw.

    Raises
    ------
    GrandDealError : it cannot be written.
    """
    from sim.batch.store import write_atomic

    record = made.to_json()
    members = record.pop("members")
    head = json.dumps(record, indent=1, ensure_ascii=False).removesuffix("\n}")
    rows = ",\n".join("  " + json.dumps(member) for member in members)
    write_atomic(Path(path), f'{head},\n "members": [\n{rows}\n ]\n}}\n'.encode())


def read_ensemble(path: str | Path) -> Ensemble:
    """Return the ensemble in a file.

    Raises
    ------
    UsageError : no such file, or something else in it.
    """
    return ensemble_from(json_of(path, _WORDS), str(path))


@lru_cache(maxsize=1)
def shipped_ensemble() -> Ensemble | None:
    """Return the ensemble that ships with the package, or None where there is none."""
    try:
        text = shipped_text("seeds", FILE)
    except KeyError:
        return None
    return ensemble_from(json.loads(text), FILE)


def ensemble_from(record: Mapping[str, Any], name: str) -> Ensemble:
    """Return the ensemble in a parsed file.

    Raises
    ------
    UsageError : something else.
    """
    try:
        members = record["members"]
        made = Ensemble(
            names=tuple(map(str, record["names"])),
            numbers=tuple(int(member["draw"]) for member in members),
            weights=np.array([member["weight"] for member in members], dtype=np.float64),
            values=np.array([member["values"] for member in members], dtype=np.float64),
            hashes={str(key): str(value) for key, value in record["hashes"].items()},
            ledger=str(record["ledger"]),
            scenario=str(record["scenario"]),
            grid=str(record["grid"]),
            seed=int(record["seed"]),
            draws=int(record["draws"]),
            effective=float(record["effective"]),
            rule=str(record["rule"]),
            command=str(record["command"]),
            counted=tuple(
                {name: str(each[name]) for name in ("ledger", "hash", "first", "last")}
                for each in record.get("counted", ())
            ),
        )
        shaped = made.values.shape == (made.size, len(made.names)) and np.isfinite(made.values).all()
        weighed = made.size and (made.weights >= 0).all() and abs(made.weights.sum() - 1.0) < 1e-9
        good = bool(shaped and weighed) and record["schema_version"] == SCHEMA_VERSION
    except (KeyError, TypeError, ValueError, AttributeError):
        good = False
    if not good:
        raise UsageError(f"{name}: found no ensemble; allowed: {_WORDS}")
    return made


def designs_for(scenario: Scenario, ensemble: Ensemble) -> list[dict[str, Any]]:
    """Return the ensemble's draws as changes of a scenario; what the scenario itself changes is left as it is.

    A scenario that says who makes the offers at a table says it for all of the table, and where it changes one way out
    of a state of the talks, a draw of the other way is cut to what is left.
    """
    from sim.scenario import load

    changed = set(scenario.changed(load("baseline")))
    for table, parties in TABLES.items():
        party_names = {f"{table}.{party}" for party in parties}
        if changed & party_names:
            changed |= party_names
    kept = [j for j, name in enumerate(ensemble.names) if name not in changed]
    names = tuple(ensemble.names[j] for j in kept)
    designs = []
    for row in ensemble.values[:, kept]:
        values = dict(zip(names, row.tolist(), strict=True))
        for ways in TALKS_ROWS:
            for way, other in (ways, ways[::-1]):
                if way in values and other in changed:
                    values[way] = min(values[way], 1.0 - float(scenario.get(other)))
        designs.append(with_rest(scenario, values))
    return designs


def reweighted(ensemble: Ensemble, logs: Floats, ledger: Ledger) -> Ensemble:
    """Return the ensemble with its weights multiplied by exp(logs), shape (n,), the probabilities of a later ledger.

    Raises
    ------
    UsageError : no draw under which the ledger is possible, or one of its months is in the weights already.
    """
    from sim.analyse.calibration.weights import effective_size, weights_of

    known = ensemble.overlaps(ledger)
    if known is not None:
        months = f"{ledger.months[0].month} to {ledger.months[-1].month}"
        raise UsageError(f"{ledger.id}: found {months}, counted already with {known!r}; allowed: every month once")
    with np.errstate(divide="ignore"):
        weights = weights_of(np.log(ensemble.weights) + logs)
    entry = {
        "ledger": ledger.id,
        "hash": ledger.hash,
        "first": ledger.months[0].month,
        "last": ledger.months[-1].month,
    }
    counted = (*ensemble.counted, entry)
    return replace(ensemble, weights=weights, effective=effective_size(weights), counted=counted)
