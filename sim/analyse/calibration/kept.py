"""Bands that ship: every shipped scenario forecast with every draw of the ensemble, once, and kept in a file.

A scenario's entry is written as soon as it is done; entries that still fit are kept, so an interrupted run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sim.analyse.calibration.ensemble import Ensemble
from sim.analyse.calibration.files import json_of
from sim.analyse.calibration.spread import bands
from sim.analyse.fingerprint import meaning_of
from sim.forecast.bands import SCHEMA_VERSION, kept_file
from sim.scenario import catalogue, load

MODEL_CODE = ("model", "forecast/outcomes.py")
GRID, MONTHS = "fast", 24
DIGITS = 6
"""Significant digits of a figure in the file."""


def keep_bands(
    path: str | Path,
    ensemble: Ensemble,
    *,
    ids: tuple[str, ...] | None = None,
    grid: str = GRID,
    jobs: int | None = None,
    command: str = "",
    on_done: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Forecast scenarios with every draw of an ensemble, write their bands to a file, and return its object.

    Parameters
    ----------
    path : the file; entries in it that still fit are taken over.
    ids : shipped scenarios; default: all.
    grid, jobs : as for `bands`.
    command : what makes the file again.
    on_done : called with (scenario, forecasts done, of how many).

    Raises
    ------
    UsageError : something else in the file, or no draw that could be forecast.
    """
    from sim.batch.store import write_atomic

    path = Path(path)
    before = json_of(path, "bands that `grand-deal calibrate --bands` wrote") if path.exists() else {}
    head = {"schema_version": SCHEMA_VERSION, "ensemble": ensemble.hash, "model": meaning_of(MODEL_CODE), "grid": grid}
    fits = {name: before.get(name) for name in head} == head
    entries: dict[str, Any] = {}
    for name in ids or tuple(entry.id for entry in catalogue()):
        scenario = load(name)
        known = before.get("scenarios", {}).get(name) if fits else None
        if known is None or known["hash"] != scenario.hash:

            def tell(done: int, total: int, name: str = name) -> None:
                if on_done is not None:
                    on_done(name, done, total)

            found = bands(scenario, None, ensemble, grid=grid, months=MONTHS, jobs=jobs, on_done=tell)
            known = {
                "hash": scenario.hash,
                "draws": len(found.numbers),
                "failed": len(found.failed),
                "medoid": found.medoid(),
                "bands": _rounded(found.bands()),
            }
        entries[name] = known
        record = {**head, "command": command, "scenarios": entries}
        write_atomic(path, _text(record).encode())
    return record


@cache
def stale_bands() -> tuple[str, ...]:
    """Return the shipped scenarios whose kept bands no longer fit the ensemble, the model or their values."""
    from sim.analyse.calibration.ensemble import shipped_ensemble

    ensemble, kept = shipped_ensemble(), kept_file()
    names = tuple(entry.id for entry in catalogue())
    if ensemble is None or kept.get("ensemble") != ensemble.hash or kept.get("model") != meaning_of(MODEL_CODE):
        return names
    hashes = {name: entry["hash"] for name, entry in kept["scenarios"].items()}
    return tuple(name for name in names if hashes.get(name) != load(name).hash)


def _rounded(found: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, dict[str, list[float]]]:
    return {
        name: {level: [float(f"{value:.{DIGITS}g}") for value in row] for level, row in rows.items()}
        for name, rows in found.items()
    }


def _text(record: Mapping[str, Any]) -> str:
    """Write one line a scenario and outcome, so that a change can be read."""
    head = json.dumps({key: value for key, value in record.items() if key != "scenarios"}, indent=1)
    scenarios = []
    for name, entry in record["scenarios"].items():
        about = json.dumps({key: value for key, value in entry.items() if key != "bands"})[:-1]
        rows = ",\n".join(f"    {json.dumps(outcome)}: {json.dumps(rows)}" for outcome, rows in entry["bands"].items())
        scenarios.append(f'  {json.dumps(name)}: {about}, "bands": {{\n{rows}\n  }}}}')
    return head.removesuffix("\n}") + ',\n "scenarios": {\n' + ",\n".join(scenarios) + "\n }\n}\n"
