"""What a batch would compute: scenarios found, loaded, and each given the key under which its result is kept."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.batch.store import json_ready
from sim.errors import GrandDealError, Problem, UsageError

if TYPE_CHECKING:
    from sim.scenario import Scenario

# The packages and modules of this program that determine numbers; scenario values are in the scenario's own hash.
MODEL_CODE = ("kernels", "game", "solver", "model", "forecast", "rng.py")
# What may change the last digits, or is named in the result.
LIBRARIES = ("grand-deal", "numpy", "scipy", "numba")
BASELINE = "baseline"


@dataclass(frozen=True)
class Unit:
    """One scenario to compute.

    Attributes
    ----------
    id, source : the scenario's id, and where it was found (a shipped id, a file's path, or ``-``).
    key : sha256 (hex) over everything that determines the stored result.
    scenario : the scenario with overrides applied.
    changes : what differs from the shipped baseline, ``{parameter: (value, baseline value)}``.
    """

    id: str
    source: str
    key: str
    scenario: Scenario
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A source or scenario that gave no result, and why (in words for the user)."""

    source: str
    error: str


@dataclass(frozen=True)
class Plan:
    """Units in the order asked for, and the sources that could not be loaded.

    ``grid``, ``seed`` and ``rationality`` (None: each scenario's own) hold for all units; ``overrides`` are already
    applied.
    """

    units: tuple[Unit, ...]
    failed: tuple[Failure, ...]
    overrides: Mapping[str, Any]
    grid: str
    seed: int
    rationality: float | None


def plan(
    sources: Sequence[str | Path] = (),
    overrides: Mapping[str, Any] | None = None,
    grid: str = "default",
    seed: int = 0,
    rationality: float | None = None,
) -> Plan:
    """Load every source and say what is to be computed.

    Parameters
    ----------
    sources : shipped ids, scenario files, folders (every ``*.toml`` inside but priors.toml, by name) or ``-``
        (standard input, once); none means all shipped scenarios. A source that does not load is listed in ``failed``
        and stops no other.
    overrides : ``{parameter: value}``, applied to every scenario.
    grid, seed, rationality : as for `sim.run`.

    Raises
    ------
    UsageError : a negative seed, or a rationality that is negative or not a number.
    ScenarioError : overrides that no scenario can take (checked once, on the baseline).
    """
    if seed < 0:
        raise UsageError(f"the seed is {seed}; a seed is a whole number, 0 or above")
    if rationality is not None and not rationality >= 0:
        raise UsageError(f"the rationality is {rationality}; it is a number, 0 or above, or inf")
    from sim.scenario import load

    baseline = load(BASELINE)
    changed = load(BASELINE, overrides)
    overrides = {name: changed.get(name) for name in overrides or ()}  # a text has become its value
    units: list[Unit] = []
    failed: list[Failure] = []
    for source in _expand(sources, failed):
        try:
            scenario = load(source, overrides)
        except GrandDealError as error:
            failed.append(Failure(source, str(error)))
            continue
        unit = Unit(
            scenario.id,
            source,
            unit_key(scenario, grid, seed, rationality),
            scenario,
            scenario.changed(baseline),
        )
        twin = next((other for other in units if other.id == unit.id), None)
        if twin is None:
            units.append(unit)
        elif twin.key != unit.key:
            failed.append(
                Failure(
                    source,
                    str(
                        Problem(
                            source,
                            "id",
                            f"{unit.id!r}, which {twin.source} has already",
                            "an id of its own for every scenario of a batch",
                            "Rename one of the two.",
                        )
                    ),
                )
            )
    return Plan(tuple(units), tuple(failed), overrides, grid, seed, rationality)


def _expand(sources: Sequence[str | Path], failed: list[Failure]) -> Iterator[str]:
    """Yield one name a scenario: folders give way to the files in them."""
    from sim.scenario import catalogue
    from sim.scenario.resources import NO_SCENARIO

    shipped = [entry.id for entry in catalogue()]
    if not sources:
        yield from shipped
        return
    seen: set[str] = set()
    for source in map(str, sources):
        folder = Path(source)
        if source in seen:
            continue
        seen.add(source)
        if source in shipped or source == "-" or not folder.is_dir():
            yield source
            continue
        try:
            named = (path for path in folder.iterdir() if path.suffix == ".toml" and path.stem not in NO_SCENARIO)
            files = sorted(path for path in named if path.is_file())
        except OSError as error:
            failed.append(Failure(source, f"{source}: the folder cannot be read ({error.strerror or error})"))
            continue
        if not files:
            failed.append(Failure(source, f"{source}: the folder holds no scenario file (*.toml)"))
        yield from map(str, files)


def unit_key(scenario: Scenario, grid: str, seed: int, rationality: float | None) -> str:
    """Return the key (sha256, hex) of one scenario's result: equal keys, equal results."""
    from sim.forecast.bands import bands_key
    from sim.forecast.result import SCHEMA_VERSION

    parts = {
        "schema_version": SCHEMA_VERSION,
        "id": scenario.id,
        "title": scenario.title,
        "question": scenario.question,
        "scenario": scenario.hash,
        "code": code_hash(),
        "libraries": versions(),
        "grid": grid,
        "seed": seed,
        "rationality": json_ready(rationality),
        "bands": bands_key(scenario) if rationality is None else None,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def code_hash() -> str:
    """Return the sha256 (hex) of the source files that determine numbers, line endings aside."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for name in MODEL_CODE:
        place = root / name
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        for file in files:
            digest.update(file.relative_to(root).as_posix().encode() + b"\0")
            digest.update(file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of this program, of Python and of the libraries behind the numbers."""
    from importlib.metadata import version

    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
