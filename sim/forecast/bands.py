"""Bands that ship with the package: headline outcomes of the shipped scenarios over the calibrated ensemble.

Worked out beforehand (`sim.analyse.calibration.keep_bands`), because a forecast with every draw takes about a minute.
They hold for equal values, whatever the scenario is called, and for each draw's own precision of choice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from sim.forecast.result import Bands
from sim.scenario import Scenario
from sim.scenario.resources import data_text

FILE = "bands.json"
SCHEMA_VERSION = 1


def kept_bands(scenario: Scenario, months: int) -> Bands | None:
    """Return the bands of a scenario's first months, or None where none are kept for its values."""
    found = _by_hash().get(scenario.hash)
    if found is None:
        return None
    kept: Mapping[str, Mapping[str, list[float]]] = found["bands"]
    if any(len(row) < months for rows in kept.values() for row in rows.values()):
        return None
    return {name: {level: tuple(row[:months]) for level, row in rows.items()} for name, rows in kept.items()}


def bands_key(scenario: Scenario) -> str | None:
    """Return a hash (sha256, hex) of the bands kept for a scenario's values, or None."""
    found = _by_hash().get(scenario.hash)
    return None if found is None else hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


@cache
def kept_file() -> Mapping[str, Any]:
    """Return the object in the shipped file; without scenarios where there is no file of this version."""
    try:
        record = json.loads(data_text("seeds", FILE))
    except KeyError:
        record = {}
    return record if record.get("schema_version") == SCHEMA_VERSION else {"scenarios": {}}


@cache
def _by_hash() -> Mapping[str, Any]:
    return {entry["hash"]: entry for entry in kept_file()["scenarios"].values()}
