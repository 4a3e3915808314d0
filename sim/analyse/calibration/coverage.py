"""Simulation-based calibration: whether draws that made a ledger are found again as often as they should be.

Every draw plays ledgers of its own; every ledger is then held against all draws. Among these n draws, each equally
likely beforehand, the weights are the exact posterior, so the truth's place in it is uniform from 0 to 1, whatever n
is: place = weight of the draws below the truth + a random part of the weight of those equal to it. Intervals from 5%
to 95% therefore hold the truth in 90% of ledgers. No importance sampling enters, so a failure is the likelihood's.

Reference: S. Talts, M. Betancourt, D. Simpson, A. Vehtari, A. Gelman (2018), Validating Bayesian inference algorithms
with simulation-based calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.files import digest
from sim.analyse.calibration.ledger import ITEMS
from sim.analyse.calibration.likelihood import Codes, log_likelihoods
from sim.analyse.calibration.synthetic import miscoded, true_codes
from sim.analyse.calibration.weights import weights_of

if TYPE_CHECKING:
    from sim.model import Model
    from sim.solver import Forward, Solution

Floats = npt.NDArray[np.float64]
INTERVAL = 0.9
BINS = 10


@dataclass(frozen=True)
class Writes:
    """The ledgers of some courses that a draw plays: a measure of `sim.analyse.Evaluator`."""

    months: int
    error: float
    seed: int
    count: int = 1

    def __call__(self, model: Model, solution: Solution, forward: Forward | None = None) -> Mapping[str, float]:
        """Return ``code_c_t_i``: what entry i of month t says in ledger c."""
        from sim.forecast.histories import sample

        own = int(digest([self.seed, model.scenario.hash])[:12], 16)
        played = true_codes(sample(model, solution, count=self.count, months=self.months, seed=own))
        told = miscoded(played, self.error, own)
        return dict(zip(self.columns, told.astype(np.float64).ravel().tolist(), strict=True))

    @property
    def columns(self) -> list[str]:
        """Names of what is measured, in order."""
        return [f"code_{c}_{t}_{i}" for c in range(self.count) for t in range(self.months) for i in range(len(ITEMS))]


@dataclass(frozen=True)
class Holds:
    """Log probabilities of many ledgers under one draw: a measure of `sim.analyse.Evaluator`."""

    ledgers: tuple[Codes, ...]
    error: float

    def __call__(self, model: Model, solution: Solution, forward: Forward | None = None) -> Mapping[str, float]:
        """Return ``ledger_i``: log probability of ledger i."""
        found = log_likelihoods(model, solution, self.ledgers, self.error).sum(axis=1)
        # minus infinity would be taken for a failure
        return dict(zip(self.columns, np.maximum(found, -1e6).tolist(), strict=True))

    @property
    def columns(self) -> list[str]:
        """Names of what is measured, in order."""
        return [f"ledger_{i}" for i in range(len(self.ledgers))]


def places(shares: Floats, logs: Floats, parts: Floats) -> Floats:
    """Return the place of each truth in its posterior, shape (ledgers, parameters).

    Parameters
    ----------
    shares : of the draws, shape (n, parameters).
    logs : log probability of ledger j under draw i, shape (n, ledgers). Every draw played as many ledgers, one draw's
        after the other's.
    parts : uniform numbers, shape (ledgers, parameters): the random part of the weight of those equal to the truth.
    """
    found = np.empty((logs.shape[1], shares.shape[1]))
    each = logs.shape[1] // shares.shape[0]
    for j in range(logs.shape[1]):
        weights, truth = weights_of(logs[:, j]), shares[j // each]
        below = (weights[:, None] * (shares < truth)).sum(axis=0)
        equal = (weights[:, None] * (shares == truth)).sum(axis=0)
        found[j] = below + parts[j] * equal
    return found


def summary(found: Floats, names: Sequence[str]) -> dict[str, Any]:
    """Return coverage and uniformity of places, shape (ledgers, parameters).

    Returns
    -------
    dict : ``ledgers``; ``coverage``, share of truths in their 90% interval over all parameters, and its
        ``standard_error`` (ledgers as clusters); ``parameters``: name, ``coverage``, ``chi2`` of the places in 10 bins
        and its ``p``; ``smallest_p`` and what it must exceed for a chance of 5% of a false alarm in all (``limit``,
        Sidak).
    """
    from scipy.stats import chi2

    n, d = found.shape
    inside = (found >= (1 - INTERVAL) / 2) & (found <= (1 + INTERVAL) / 2)
    rows: list[dict[str, Any]] = []
    for j, name in enumerate(names):
        counts = np.bincount(np.minimum((found[:, j] * BINS).astype(int), BINS - 1), minlength=BINS)
        value = float(((counts - n / BINS) ** 2).sum() / (n / BINS))
        rows.append(
            {
                "parameter": name,
                "coverage": float(inside[:, j].mean()),
                "chi2": value,
                "p": float(chi2.sf(value, BINS - 1)),
            }
        )
    by_ledger = inside.mean(axis=1)
    return {
        "ledgers": n,
        "coverage": float(inside.mean()),
        "standard_error": float(by_ledger.std(ddof=1) / np.sqrt(n)),
        "smallest_p": min(float(row["p"]) for row in rows),
        "limit": float(1 - 0.95 ** (1 / d)),
        "parameters": rows,
    }
