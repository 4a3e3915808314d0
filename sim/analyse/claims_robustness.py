"""How far the article's claims depend on the numbers: the share of design points at which each check holds.

All checks are judged on the same draws of all parameters, on the fast grid: over their plausible ranges, or those of
the calibrated ensemble with their weights. Over the ranges each draw has a random stream of its own, so more draws go
on where fewer stopped. The verdicts are the same for any number of workers. They are kept as data: one character a
draw and check (1 holds, 0 fails, - not computed), with the fingerprints
of what they depend on. Kept verdicts that no longer fit the model are stale, and no share is shown from them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sim.analyse.fingerprint import meaning_of
from sim.errors import UsageError
from sim.scenario.checks import LAST_MONTH, Check

if TYPE_CHECKING:
    from sim.analyse.calibration.ensemble import Ensemble
    from sim.analyse.claims_check import Asked
    from sim.model import Grid
    from sim.scenario import Scenario

SCHEMA_VERSION = 1
DRAWS = 500
GRID = "fast"
CONFIDENCE = 0.95
BATCH = 10
"""Draws between two savings of the file."""
FILE = "robustness.json"
ENSEMBLE_FILE = "claims_ensemble.json"
MODEL_CODE = ("model", "forecast/outcomes.py", "analyse/claims_figures.py")
_WORDS_ONLY = ("status", "on_default", "finding", "revised", "expected", "reason", "shows", "test", "part")
"""Fields of a check on which its verdict does not depend."""


@dataclass(frozen=True)
class Robustness:
    """Verdicts at design points.

    Attributes
    ----------
    scenario : id of the scenario whose settings (what has no range, such as the menu) all design points share.
    settings : hash of those settings.
    seed, draws, grid : of the design; the grid as LOTxROUNDS.
    fingerprint : `model_fingerprint` when it was made.
    checks : name of a check -> hash of what it compares.
    verdicts : name of a check -> one character a draw: 1, 0 or -.
    command : what makes the file again.
    ensemble, weights : hash and weights of the ensemble's draws; empty over the ranges.
    """

    scenario: str
    settings: str
    seed: int
    draws: int
    grid: str
    fingerprint: str
    checks: Mapping[str, str]
    verdicts: Mapping[str, str]
    command: str
    ensemble: str = ""
    weights: tuple[float, ...] = ()

    def share(self, name: str) -> dict[str, float] | None:
        """Return ``share`` and ``draws`` (those computed) of one check, over the ranges with a 95% Wilson interval.

        Its ends are ``low`` and ``high``. Over an ensemble the share is of the weights.
        """
        found = self.verdicts.get(name, "")
        good, known = found.count("1"), found.count("1") + found.count("0")
        if not known:
            return None
        if self.weights:
            pairs = list(zip(found, self.weights, strict=False))
            total = sum(weight for letter, weight in pairs if letter != "-")
            return {"share": sum(weight for letter, weight in pairs if letter == "1") / total, "draws": float(known)}
        low, high = wilson(good, known)
        return {"share": good / known, "low": low, "high": high, "draws": float(known)}

    def standing(self, scenario: Scenario, rationality: float | None = None) -> str:
        """Return ``current``, ``stale`` or ``of another scenario``."""
        if rationality is not None or self.settings != settings_hash(scenario):
            return "of another scenario"
        return "current" if self.current() else "stale"

    def current(self) -> bool:
        """Whether model, ranges and checks are still those the verdicts were made with."""
        fits = not self.ensemble or self.ensemble == _ensemble_hash()
        return fits and self.fingerprint == model_fingerprint() and dict(self.checks) == check_hashes()

    def to_json(self) -> dict[str, Any]:
        """Return the object that the file holds."""
        return {"schema_version": SCHEMA_VERSION, **{name: getattr(self, name) for name in self.__dataclass_fields__}}


def wilson(good: int, known: int) -> tuple[float, float]:
    """Return the ends of the 95% Wilson score interval of a share.

    Reference
    ---------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    from scipy.stats import binomtest

    interval = binomtest(good, known).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def robustness(
    source: str | Path | Scenario = "baseline",
    overrides: Mapping[str, Any] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    grid: str | Grid = GRID,
    out: str | Path | None = None,
    jobs: int | None = None,
    asked: Asked | None = None,
    ensemble: Ensemble | None = None,
    command: str = "sim.analyse.robustness",
    on_done: Callable[[int, int], None] | None = None,
) -> Robustness:
    """Judge every check at many design points over all parameters' ranges, or at the draws of an ensemble.

    Parameters
    ----------
    source, overrides : the scenario whose settings the design points share.
    draws : how many design points; each costs one forecast a distinct variant.
    seed : names the streams of the draws.
    grid : the grid of all forecasts.
    out : file to keep the verdicts in; it is written every few draws, and a fitting one is taken up where it stopped.
    jobs : worker processes; default: one a core.
    asked : the checks; default: all that ship.
    ensemble : whose draws are taken, all of them, instead of draws over the ranges.
    on_done : called with (variants done, of how many).

    Raises
    ------
    UsageError : no draw at all, a seed below 0, or a file that holds something else.
    """
    from sim.analyse.calibration.ensemble import designs_for
    from sim.analyse.claims_check import Asked
    from sim.analyse.variants import Evaluator
    from sim.model import grid_of
    from sim.scenario import evidence, load

    if draws < 1:
        raise UsageError(f"draws: found {draws}; allowed: 1 or more")
    if seed < 0:
        raise UsageError(f"seed: found {seed}; allowed: a whole number, 0 or above")
    scenario, used = load(source, overrides), grid_of(grid)
    asked = asked or Asked.of(evidence())
    if ensemble is not None:
        draws, seed = ensemble.size, ensemble.seed
    names = [f"{claim.number}{check.part}" for claim, check in asked.checks if not check.missing]
    made = Robustness(
        scenario=scenario.id,
        settings=settings_hash(scenario),
        seed=seed,
        draws=0,
        grid=f"{used.lot}x{used.rounds}",
        fingerprint=model_fingerprint(),
        checks=check_hashes(),
        verdicts=dict.fromkeys(names, ""),
        command=command,
        ensemble="" if ensemble is None else ensemble.hash,
        weights=() if ensemble is None else tuple(ensemble.weights.tolist()),
    )
    path = None if out is None else Path(out)
    made = _taken_up(made, path, draws)
    begun, per_draw = made.draws, len(asked.variants)
    if ensemble is None:
        points = design_points(scenario, range(made.draws, draws), seed, grid)
    else:
        points = designs_for(scenario, ensemble)[made.draws :]
    with Evaluator(scenario, grid=grid, months=LAST_MONTH, jobs=jobs, measure=asked.figures) as evaluate:
        for first in range(0, len(points), BATCH):
            done = (made.draws - begun) * per_draw

            def report(finished: int, _: int, done: int = done) -> None:
                if on_done is not None:
                    on_done(done + finished, (draws - begun) * per_draw)

            batch = points[first : first + BATCH]
            evaluated = evaluate([design for point in batch for design in asked.designs(point)], report)
            verdicts = dict(made.verdicts)
            for (_, check), name in zip(_judged(asked), names, strict=True):
                verdicts[name] += "".join(map(_letter, asked.judged(check, evaluated).holds))
            made = replace(made, draws=made.draws + len(batch), verdicts=verdicts)
            if path is not None:
                write(made, path)
    return made


def design_points(scenario: Scenario, numbers: range, seed: int, grid: str | Grid = GRID) -> list[dict[str, Any]]:
    """Return the design points of these numbers: parameter -> value, uniform over the plausible ranges."""
    from sim.analyse.space import DesignSpace
    from sim.rng import stream

    space = DesignSpace.of(scenario, grid=grid)
    if not len(numbers):
        return []
    unit = np.array([stream(seed, "claims", number).random(space.size) for number in numbers])
    return [dict(design) for design in space.designs(unit)]


def model_fingerprint() -> str:
    """Return the sha256 (hex) of what the verdicts depend on, the checks apart.

    It covers the syntax trees of `MODEL_CODE` (the model, the headline outcomes, the figures; comments, docstrings and
    formatted text do not count), the baseline's settings, every plausible range, the fast grid, and how draws become
    parameters. The solver is left out: it computes what the model says, and its own tests hold it to that.
    """
    return _fingerprint(GRID)


@cache
def _fingerprint(grid: str) -> str:
    from sim.model import grid_of
    from sim.scenario import load, parameter_info

    baseline = load("baseline")
    used = grid_of(grid)
    first = design_points(baseline, range(1), 0, grid)[0]
    parts = {
        "code": meaning_of(MODEL_CODE),
        "settings": settings_hash(baseline),
        "ranges": {name: (info.low, info.high) for name, info in parameter_info().items()},
        "grid": (used.lot, used.rounds),
        "first draw": {name: float(f"{value:.6g}") for name, value in first.items()},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def settings_hash(scenario: Scenario) -> str:
    """Return the sha256 (hex) of what all design points of a scenario share: values without a plausible range.

    Who makes the offers at a summit counts only where there is one.
    """
    drawn = {name for point in design_points(scenario, range(1), 0) for name in point}
    if not scenario.get("menu.summit"):
        drawn |= {name for name in scenario.values() if name.startswith("menu.recognition.summit.")}
    fixed = {
        name: "inf" if value == math.inf else value for name, value in scenario.values().items() if name not in drawn
    }
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()


def check_hashes() -> dict[str, str]:
    """Return name of a check -> sha256 (hex) of what it compares, with the variants it uses."""
    from sim.scenario import evidence

    shipped = {variant.id: variant for variant in evidence().variants}
    found = {}
    for claim in evidence().claims:
        for check in claim.checks:
            if not check.missing:
                found[f"{claim.number}{check.part}"] = _check_hash(check, shipped)
    return found


def shipped(file: str = FILE) -> Robustness | None:
    """Return the verdicts that ship with the package (`FILE` or `ENSEMBLE_FILE`), or None where there are none."""
    from sim.scenario.resources import data_text

    try:
        return from_text(data_text("seeds", file), file)
    except KeyError:
        return None


def read(path: Path) -> Robustness | None:
    """Return the verdicts kept in a file, or None where there is no such file.

    Raises
    ------
    UsageError : it holds something else.
    """
    try:
        return from_text(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: found a file that cannot be read ({error}); allowed: verdicts of claims") from None


def from_text(text: str, name: str) -> Robustness:
    """Return the verdicts in a file's text.

    Raises
    ------
    UsageError : it holds something else.
    """
    try:
        record = json.loads(text)
        version = record.pop("schema_version")
        found = Robustness(**{**record, "weights": tuple(record.get("weights", ()))})
        lengths = {len(verdict) for verdict in found.verdicts.values()}
        letters = set("".join(found.verdicts.values()))
        weighed = not found.weights or sum(found.weights) > 0
        good = weighed and version == SCHEMA_VERSION and lengths <= {found.draws} and letters <= set("01-")
    except (ValueError, TypeError, AttributeError, KeyError):
        good = False
    if not good:
        raise UsageError(f"{name}: found no verdicts of claims; allowed: a file that `grand-deal claims --out` wrote")
    return found


class Record(Protocol):
    """What can be kept as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""


def write(made: Record, path: Path) -> None:
    """Write verdicts or figures of claims to a file, whole or not at all.

    Raises
    ------
    UsageError : it cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(made.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: found a place that cannot be written ({error.strerror or error})") from None


def _taken_up(fresh: Robustness, path: Path | None, draws: int) -> Robustness:
    """Return what a file already holds of the same design, cut to the draws asked for; else a fresh start."""
    kept = None if path is None else read(path)
    if kept is None:
        return fresh
    if replace(kept, draws=0, verdicts=fresh.verdicts, command=fresh.command, scenario=fresh.scenario) != fresh or set(
        kept.verdicts
    ) != set(fresh.verdicts):
        return fresh
    number = min(kept.draws, draws)
    return replace(fresh, draws=number, verdicts={name: kept.verdicts[name][:number] for name in fresh.verdicts})


@cache
def _ensemble_hash() -> str:
    from sim.analyse.calibration.ensemble import shipped_ensemble

    ensemble = shipped_ensemble()
    return "" if ensemble is None else ensemble.hash


def _judged(asked: Asked) -> list[tuple[Any, Check]]:
    return [(claim, check) for claim, check in asked.checks if not check.missing]


def _letter(holds: float) -> str:
    return "-" if math.isnan(holds) else "1" if holds else "0"


def _check_hash(check: Check, shipped: Mapping[str, Any]) -> str:
    from sim.analyse.claims_check import overrides_of

    used = sorted({name for side in check.sides for name in side.variants if name in shipped})
    parts = {
        "check": check.model_dump(mode="json", by_alias=True, exclude=set(_WORDS_ONLY)),
        "variants": {name: overrides_of(shipped[name]) for name in used},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
