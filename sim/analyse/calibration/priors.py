"""Priors: what is held about every parameter before a ledger is looked at, and draws from it.

A prior is a distribution over exactly the plausible range that the baseline states for the parameter. Draws are points
of one scrambled Sobol' sequence: the first n draws are the same however many are drawn, so a run can be extended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.files import digest, shipped_tree
from sim.analyse.numeric import is_whole
from sim.analyse.ties import TABLES, with_rest
from sim.errors import Problem, ScenarioError, UsageError
from sim.scenario.words import nearest, shown

if TYPE_CHECKING:
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]

FILE = "priors.toml"
SCHEMA_VERSION = 1
UNIFORM, HUMP, FIXED = DISTRIBUTIONS = ("uniform", "hump", "fixed")
MOST = 2**24
"""Most draws of one sequence."""
DIGITS = 6
"""Significant digits of a drawn value, so that an ensemble can be written down without loss."""


@dataclass(frozen=True)
class Prior:
    """The distribution of one parameter.

    Attributes
    ----------
    name : dotted name of the parameter.
    distribution : ``uniform``, ``hump`` (symmetric Beta(2, 2)) or ``fixed`` (at the scenario's own value).
    low, high : the range, in the parameter's unit.
    reason : why.
    whole : whether only whole numbers are drawn.
    """

    name: str
    distribution: str
    low: float
    high: float
    reason: str
    whole: bool = False

    def values(self, unit: npt.ArrayLike) -> Floats:
        """Return the quantiles at shares ``unit`` of the distribution, each from 0 to 1; whole numbers count alike."""
        from scipy.special import betaincinv

        share = np.asarray(unit, dtype=np.float64)
        if self.distribution == HUMP:
            share = betaincinv(2.0, 2.0, share)
        if self.whole:
            least, most = math.ceil(self.low), math.floor(self.high)
            found: Floats = np.minimum(least + np.floor(share * (most - least + 1)), float(most))
        else:
            found = np.clip(_rounded(self.low + (self.high - self.low) * share), self.low, self.high)
        return found

    def share(self, values: npt.ArrayLike) -> Floats:
        """Return the share of the distribution below values, the opposite of `values`; for a whole number the middle
        of its stretch."""
        from scipy.special import betainc

        found = np.asarray(values, dtype=np.float64)
        if self.whole:
            least, most = math.ceil(self.low), math.floor(self.high)
            unit = (found - least + 0.5) / (most - least + 1)
        else:
            unit = (found - self.low) / (self.high - self.low)
        result: Floats = betainc(2.0, 2.0, np.clip(unit, 0, 1)) if self.distribution == HUMP else np.clip(unit, 0, 1)
        return result


@dataclass(frozen=True)
class Priors:
    """The distributions of all parameters that have a plausible range.

    Attributes
    ----------
    drawn : those that are drawn, in the order of the parameters.
    fixed : those that stay as in the scenario at hand.
    note : what a reader must know.
    """

    drawn: tuple[Prior, ...]
    fixed: tuple[Prior, ...] = ()
    note: str = field(default="", compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the drawn parameters."""
        return tuple(prior.name for prior in self.drawn)

    @property
    def hash(self) -> str:
        """Sha256 (hex) of everything that determines a draw; reasons and notes do not."""
        rows = [[p.name, p.distribution, p.low, p.high, p.whole] for p in (*self.drawn, *self.fixed)]
        return digest({"version": SCHEMA_VERSION, "digits": DIGITS, "priors": sorted(rows)})

    def unit(self, first: int, count: int, seed: int = 0) -> Floats:
        """Return the draws first to first + count - 1 as points of the unit cube, shape (count, parameters).

        Raises
        ------
        UsageError : numbers of draws or a seed below 0, or more than `MOST` draws.
        """
        from scipy.stats import qmc

        from sim.rng import stream

        if seed < 0:
            raise UsageError(f"seed: found {seed}; allowed: a whole number, 0 or above")
        if first < 0 or count < 0 or first + count > MOST:
            raise UsageError(f"draws: found {first} to {first + count}; allowed: up to {MOST:,}")
        if not count:
            return np.empty((0, len(self.drawn)))
        # a whole power of two, cut: drawing a part in any other way would be another sequence
        size = 1 << max(0, (first + count - 1).bit_length())
        points: Floats = qmc.Sobol(len(self.drawn), rng=stream(seed, "calibrate", "sobol")).random(size)
        return points[first : first + count]

    def values(self, unit: Floats) -> Floats:
        """Return the parameters' values at points of the unit cube, shape (n, parameters)."""
        columns = [prior.values(unit[:, j]) for j, prior in enumerate(self.drawn)]
        return np.stack(columns, axis=1) if columns else np.empty((unit.shape[0], 0))

    def shares(self, values: Floats) -> Floats:
        """Return values as shares of their priors, shape (n, parameters)."""
        return np.stack([prior.share(values[:, j]) for j, prior in enumerate(self.drawn)], axis=1)

    def designs(self, base: Scenario, values: Floats) -> list[dict[str, Any]]:
        """Return draws as changes of a scenario; who was left out of a table gets the rest."""
        return [with_rest(base, dict(zip(self.names, row.tolist(), strict=True))) for row in values]


def shipped_priors() -> Priors:
    """Return the priors that ship with the package."""
    return priors_of(shipped_tree("scenarios", FILE), FILE)


def priors_of(tree: Mapping[str, Any], file: str = FILE) -> Priors:
    """Return the priors in a parsed file.

    Raises
    ------
    ScenarioError : an unknown parameter or distribution, a missing reason, a parameter with a range and no prior, all
        parties of a table drawn; all problems at once.
    """
    from sim.scenario import parameter_info

    known = parameter_info()
    wanted = {name for name, info in known.items() if info.low < info.high and name not in _rests()}
    problems: list[Problem] = []
    found: dict[str, Prior] = {}
    for key in tree:
        if key not in ("schema_version", "note") and not isinstance(tree[key], Mapping):
            problems.append(Problem(file, key, shown(tree[key]), "schema_version, note, and tables of priors"))
    if tree.get("schema_version") != SCHEMA_VERSION:
        problems.append(Problem(file, "schema_version", shown(tree.get("schema_version")), str(SCHEMA_VERSION)))
    for name, entry in _entries(tree):
        if name not in known:
            near = nearest(name, tuple(wanted))
            hint = f"Did you mean {near}?" if near else ""
            problems.append(Problem(file, name, "an unknown parameter", "a parameter with a plausible range", hint))
            continue
        if name not in wanted:
            why = "the rest of its table" if name in _rests() else "no plausible range"
            problems.append(Problem(file, name, f"a prior for a parameter that has {why}", "no prior"))
            continue
        distribution, reason = entry.get("distribution"), entry.get("reason")
        for odd in sorted(set(entry) - {"distribution", "reason"}):
            problems.append(Problem(file, f"{name}.{odd}", shown(entry[odd]), "distribution and reason"))
        if distribution not in DISTRIBUTIONS:
            problems.append(Problem(file, f"{name}.distribution", shown(distribution), ", ".join(DISTRIBUTIONS)))
        if not (isinstance(reason, str) and reason.strip()):
            problems.append(Problem(file, f"{name}.reason", shown(reason), "a text that says why"))
        info = known[name]
        found[name] = Prior(name, str(distribution), info.low, info.high, str(reason), is_whole(name))
    problems += [
        Problem(file, name, "nothing", f"a prior (distribution: {', '.join(DISTRIBUTIONS)}; reason)")
        for name in known
        if name in wanted and name not in found and not any(name == problem.key for problem in problems)
    ]
    if problems:
        raise ScenarioError(problems)
    ordered = [found[name] for name in known if name in found]
    return Priors(
        tuple(prior for prior in ordered if prior.distribution != FIXED),
        tuple(prior for prior in ordered if prior.distribution == FIXED),
        str(tree.get("note", "")),
    )


def _rests() -> set[str]:
    """The party of each table that gets what the others leave."""
    return {f"{table}.{parties[-1]}" for table, parties in TABLES.items()}


def _entries(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """Return (dotted name, table) of every table that says anything else than further tables."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            name = f"{prefix}{key}"
            inner = {part: item for part, item in value.items() if not isinstance(item, Mapping)}
            if inner or not value:
                found.append((name, inner))
            found += _entries(value, f"{name}.")
    return found


def _rounded(values: Floats) -> Floats:
    flat = [float(f"{value:.{DIGITS}g}") for value in np.ravel(values).tolist()]
    return np.array(flat, dtype=np.float64).reshape(np.shape(values))
