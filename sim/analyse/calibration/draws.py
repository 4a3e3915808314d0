"""Calibration: many draws from the priors, each with the probability of the ledger. Resumable, on all cores.

Each draw is solved once. Blocks of draws are kept in a folder under the hash of all that determines them (model,
settings, priors, ledger, grid, seed), so a run goes on where it stopped, and a longer one takes up a shorter one.
Numbers are the same for any number of workers and of threads.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.files import digest
from sim.analyse.calibration.ledger import Ledger, shipped_ledger
from sim.analyse.calibration.likelihood import PREFIX, Likelihood
from sim.analyse.calibration.priors import Priors, shipped_priors
from sim.analyse.calibration.weights import effective_size, weights_of
from sim.analyse.fingerprint import meaning_of
from sim.analyse.variants import OUTCOMES, Evaluator, Progress
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]

DRAWS = 1024
BLOCK = 64
"""Draws in a block: what an interruption can cost."""
FORMAT = 1
MODEL_CODE = ("model", "analyse/calibration/likelihood.py")


@dataclass(frozen=True)
class Calibration:
    """Draws from the priors with the probability of a ledger.

    Attributes
    ----------
    priors, ledger : what was drawn from, and what was held against it.
    scenario : from which the ledger was played, without the draws' values.
    grid : as LOTxROUNDS.
    seed : names the sequence of draws.
    unit, values : the draws as points of the unit cube and as values, shape (n, parameters).
    logs : log probability of each month's entries, given those before, shape (n, months); NaN where a draw failed.
    outcomes : headline outcomes in the ledger's months, shape (n, outcomes, months), as in `sim.forecast.Result`.
    failed : (number of the draw, why).
    reused : how many draws came from the folder.
    """

    priors: Priors
    ledger: Ledger
    scenario: Scenario
    grid: str
    seed: int
    unit: Floats
    values: Floats
    logs: Floats
    outcomes: Floats
    failed: tuple[tuple[int, str], ...] = ()
    reused: int = 0

    @property
    def size(self) -> int:
        """How many draws."""
        return int(self.unit.shape[0])

    @property
    def log_likelihood(self) -> Floats:
        """Log probability of the whole ledger, shape (n,); NaN where a draw failed."""
        result: Floats = self.logs.sum(axis=1)
        return result

    @property
    def weights(self) -> Floats:
        """Weights of the draws, adding up to 1, shape (n,)."""
        return weights_of(self.log_likelihood)

    @property
    def effective(self) -> float:
        """How many equally weighted draws the weights are worth."""
        return effective_size(self.weights)

    @property
    def log_evidence(self) -> float:
        """Log of the ledger's mean probability over the priors."""
        logs = self.log_likelihood[~np.isnan(self.log_likelihood)]
        return float(np.logaddexp.reduce(logs) - np.log(logs.size)) if logs.size else float("nan")

    def at(self, outcome: str, month: int) -> Floats:
        """Return a headline outcome at the end of a month of the ledger (1 is the first), shape (n,)."""
        result: Floats = self.outcomes[:, OUTCOMES.index(outcome), month - 1]
        return result

    def hashes(self) -> dict[str, str]:
        """Return the hashes of what the weights depend on: model, settings, priors, ledger."""
        return hashes_of(self.scenario, self.priors, self.ledger)


def calibrate(
    draws: int = DRAWS,
    *,
    ledger: Ledger | None = None,
    priors: Priors | None = None,
    source: str | Path | Scenario | None = None,
    overrides: Mapping[str, Any] | None = None,
    grid: str | Grid = "fast",
    seed: int = 0,
    folder: str | Path | None = None,
    jobs: int | None = None,
    block: int = BLOCK,
    on_done: Progress | None = None,
) -> Calibration:
    """Weigh draws from the priors by the probability of a ledger.

    Parameters
    ----------
    draws : how many; the first n are the same whatever their number.
    ledger, priors : default: those that ship.
    source, overrides : the scenario; default: the one that the ledger names.
    grid : of all draws.
    seed : names the sequence.
    folder : where finished blocks are kept, and taken from; None: nowhere.
    jobs : worker processes; default: one a core.
    on_done : called with (draws done, of how many).

    Raises
    ------
    UsageError : no draw at all; a folder in use or not writable; a ledger longer than the grid.
    ScenarioError : a scenario that cannot be loaded.
    """
    from sim.model import grid_of
    from sim.scenario import load

    if draws < 1:
        raise UsageError(f"draws: found {draws}; allowed: 1 or more")
    ledger, priors = ledger or shipped_ledger(), priors or shipped_priors()
    scenario = load(ledger.scenario if source is None else source, overrides)
    used = grid_of(grid)
    months = len(ledger.months)
    unit = priors.unit(0, draws, seed)
    values = priors.values(unit)
    designs = priors.designs(scenario, values)
    settings = (hashes_of(scenario, priors, ledger), (used.lot, used.rounds), seed)
    logs, outcomes, failed, reused = evaluated(
        scenario,
        designs,
        folder=folder,
        key=lambda first, count: digest([FORMAT, *settings, OUTCOMES, first, count]),
        measure=Likelihood(ledger),
        columns=[f"{PREFIX}{t + 1}" for t in range(months)],
        grid=used,
        months=months,
        jobs=jobs,
        block=block,
        on_done=on_done,
    )
    name = f"{used.lot}x{used.rounds}"
    return Calibration(priors, ledger, scenario, name, seed, unit, values, logs, outcomes, tuple(failed), reused)


def evaluated(
    scenario: Scenario,
    designs: Sequence[Mapping[str, Any]],
    *,
    folder: str | Path | None,
    key: Callable[[int, int], str],
    measure: Any,
    columns: Sequence[str],
    grid: Grid,
    months: int,
    jobs: int | None,
    block: int = BLOCK,
    on_done: Progress | None = None,
) -> tuple[Floats, Floats, list[tuple[int, str]], int]:
    """Return what is measured, shape (n, columns), and outcomes, (n, outcomes, months), block by block.

    Whole blocks are kept under ``key(first, count)``; the last one may be shorter and is then worked out again when the
    run is extended.
    """
    from sim.batch.store import SHARDS, claim

    place = None if folder is None else Path(folder)
    shapes = (len(columns),), (len(OUTCOMES), months)
    measured, cubes = [np.empty((0, *shapes[0]))], [np.empty((0, *shapes[1]))]
    failed: list[tuple[int, str]] = []
    reused = 0
    lock: AbstractContextManager[None] = nullcontext() if place is None else claim(place, ())
    with lock, Evaluator(scenario, grid=grid, months=months, jobs=jobs, measure=measure) as evaluate:
        for first in range(0, len(designs), block):
            some = designs[first : first + block]
            path = None if place is None else place / SHARDS / f"{key(first, len(some))}.npz"
            kept = None if path is None else _read(path, len(some), shapes)
            if kept is None:

                def tell(done: int, _: int, first: int = first) -> None:
                    if on_done is not None:
                        on_done(first + done, len(designs))

                found = evaluate(some, tell)
                nothing = np.full(len(some), np.nan)
                table = np.stack([found.measured.get(name, nothing) for name in columns], axis=1)
                kept = table, np.stack([found.outcomes[name] for name in OUTCOMES], axis=1), found.failed
                if path is not None:
                    _write(path, *kept)
            else:
                reused += len(some)
                if on_done is not None:
                    on_done(first + len(some), len(designs))
            measured.append(kept[0])
            cubes.append(kept[1])
            failed += [(first + number, error) for number, error in kept[2]]
    return np.concatenate(measured), np.concatenate(cubes), failed, reused


def hashes_of(scenario: Scenario, priors: Priors, ledger: Ledger) -> dict[str, str]:
    """Return sha256 (hex) of the model's code, of the settings that all draws share, of the priors and of the ledger.

    The solver is left out: it computes what the model says, and its own tests hold it to that. The values of parameters
    that are drawn are left out too: another baseline changes no weight.
    """
    from sim.batch.store import json_ready

    varied = {name for design in priors.designs(scenario, priors.values(priors.unit(0, 1))) for name in design}
    shared = {name: value for name, value in scenario.values().items() if name not in varied}
    return {
        "model": meaning_of(MODEL_CODE),
        "settings": digest(json_ready(shared)),
        "priors": priors.hash,
        "ledger": ledger.hash,
    }


def _write(path: Path, measured: Floats, outcomes: Floats, failed: Sequence[tuple[int, str]]) -> None:
    from sim.batch.store import write_atomic

    buffer = io.BytesIO()
    errors = json.dumps([list(pair) for pair in failed])
    np.savez_compressed(buffer, measured=measured, outcomes=outcomes, failed=np.array(errors))
    write_atomic(path, buffer.getvalue())


def _read(
    path: Path, count: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> tuple[Floats, Floats, tuple[tuple[int, str], ...]] | None:
    """Return a block; None where there is none or it is damaged (then it is computed again)."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            measured, outcomes, errors = file["measured"], file["outcomes"], json.loads(str(file["failed"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if measured.shape != (count, *shapes[0]) or outcomes.shape != (count, *shapes[1]):
        return None
    return measured, outcomes, tuple((int(number), str(error)) for number, error in errors)
