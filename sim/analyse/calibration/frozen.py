"""A forecast that is frozen before anything is known: its record and its file.

It holds the probability of stated events in every month, the distribution of how many are freed, and a hash over all
of it: nothing can be put right afterwards without being seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.analyse.calibration.ensemble import Ensemble
from sim.analyse.calibration.events import EVENTS
from sim.analyse.calibration.files import digest, json_of
from sim.errors import UsageError

SCHEMA_VERSION = 1
_LATER = ("toml", "outdated")
_WORDS = "a forecast that `grand-deal backtest --freeze` wrote"


@dataclass(frozen=True)
class Frozen:
    """A forecast that is fixed before anything is known.

    Attributes
    ----------
    scenario, scenario_hash, grid, seed, courses : what was forecast and how.
    ensemble : hash of the draws and weights.
    hashes : of the model and settings that made it, and of the priors and ledger behind the ensemble.
    version : of this program.
    months : "2025-07" and so on.
    events : event of `EVENTS` -> probability by month.
    error : largest standard error of these probabilities, from sampling courses.
    freed : by month, 100 equally likely numbers of people freed since the start (the middles of percentiles).
    toml : the scenario as a file, with all changes; empty in forecasts of earlier versions.
    outdated : what of model and settings had changed since the ensemble was made, as in `Ensemble.outdated`.
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
    toml: str = ""
    outdated: tuple[str, ...] = ()

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
        # forecasts of earlier versions have neither: their hashes must stay what they are
        return {name: value for name, value in result.items() if value or name not in _LATER}


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
        values = {name: record[name] for name in Frozen.__dataclass_fields__ if name not in _LATER}
        made = Frozen(
            **{
                **values,
                "months": tuple(map(str, values["months"])),
                "events": {str(name): tuple(map(float, row)) for name, row in values["events"].items()},
                "freed": tuple(tuple(map(float, row)) for row in values["freed"]),
                "toml": str(record.get("toml", "")),
                "outdated": tuple(map(str, record.get("outdated", ()))),
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


def fingerprint(ensemble: Ensemble) -> str:
    """Return the sha256 (hex) of an ensemble's draws and weights."""
    return digest([list(ensemble.names), ensemble.weights.tolist(), ensemble.values.tolist()])


def month_names(first: str, count: int) -> tuple[str, ...]:
    """Return the names of months in a row.

    Raises
    ------
    UsageError : a first month in another form than 2025-07, or no month at all.
    """
    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", first, re.ASCII) is None:
        raise UsageError(f"month: found {first!r}; allowed: year and month, as in 2025-07")
    if not 1 <= count <= 60:
        raise UsageError(f"months: found {count}; allowed: 1 to 60")
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, start + count))
