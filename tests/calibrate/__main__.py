"""``python -m tests.calibrate``: coverage over synthetic ledgers on the fast grid, kept in a folder and recorded.

    python -m tests.calibrate --draws 256 --folder FOLDER --record tests/calibrate/coverage.json

Every draw from the shipped priors plays one ledger of six months, and all ledgers are held against all draws.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sim.analyse.calibration.coverage import Holds, Writes, places, summary
from sim.analyse.calibration.draws import evaluated, hashes_of
from sim.analyse.calibration.files import digest
from sim.analyse.calibration.ledger import ITEMS, shipped_ledger
from sim.analyse.calibration.priors import Priors, shipped_priors
from sim.model import Grid, grid_of
from sim.rng import stream
from sim.scenario import Scenario, load

MONTHS, SEED = 6, 20_000


def cover(
    scenario: Scenario,
    priors: Priors,
    grid: Grid,
    *,
    draws: int,
    months: int,
    error: float,
    folder: Path | None,
    jobs: int | None,
    seed: int = SEED,
    each: int = 1,
    block: int = 32,
) -> tuple[Any, Any]:
    """Return the draws' shares of the priors, and log probabilities of all ledgers under all draws."""
    unit = priors.unit(0, draws, seed)
    values = priors.values(unit)
    designs = priors.designs(scenario, values)
    basis = [hashes_of(scenario, priors, shipped_ledger()), grid.lot, grid.rounds, months, error, seed]

    def run(what: str, measure: Any) -> Any:
        def tell(done: int, of: int) -> None:
            if done % block == 0:
                print(f"{what}: {done} of {of}", file=sys.stderr, flush=True)

        def key(first: int, count: int) -> str:
            return digest([what, basis, first, count, digest([repr(measure)])])

        table, _, failed, _ = evaluated(
            scenario,
            designs,
            folder=folder,
            key=key,
            measure=measure,
            columns=measure.columns,
            grid=grid,
            months=1,
            jobs=jobs,
            block=block,
            on_done=tell,
        )
        if failed:
            raise SystemExit(f"draw {failed[0][0]} failed: {failed[0][1]}")
        return table

    codes = run("ledgers", Writes(months, error, seed, each)).astype(int).reshape(draws * each, months, len(ITEMS))
    ledgers = tuple(tuple(map(tuple, rows)) for rows in codes.tolist())
    return priors.shares(values), run("weights", Holds(ledgers, error))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=256)
    parser.add_argument("--grid", default="fast")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--record", type=Path, default=None)
    parser.add_argument("--jobs", type=int, default=None)
    given = parser.parse_args()
    scenario, priors, error = load("january-2025"), shipped_priors(), shipped_ledger().error
    shares, logs = cover(
        scenario,
        priors,
        grid_of(given.grid),
        draws=given.draws,
        months=MONTHS,
        error=error,
        folder=given.folder,
        jobs=given.jobs,
    )
    parts = stream(SEED, "places").random((logs.shape[1], shares.shape[1]))
    found = summary(places(shares, logs, parts), priors.names)
    wrong = summary(places(shares, -logs, parts), priors.names)
    record = {
        "command": f"python -m tests.calibrate --draws {given.draws} --grid {given.grid}",
        "months": MONTHS,
        "error_rate": error,
        "hashes": hashes_of(scenario, priors, shipped_ledger()),
        **found,
        "with_a_wrong_likelihood": {key: wrong[key] for key in ("coverage", "standard_error", "smallest_p")},
        "effective": float(np.median(np.exp(2 * np.logaddexp.reduce(logs) - np.logaddexp.reduce(2 * logs)))),
    }
    text = json.dumps(record, indent=1) + "\n"
    if given.record is not None:
        given.record.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
