"""Scores of forecasts: log score and Brier score of probabilities, CRPS of distributions of numbers. Lower is better.

Reference: T. Gneiting, A. E. Raftery (2007), Strictly proper scoring rules, prediction, and estimation, Journal of the
American Statistical Association 102:359-378.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEAST = 1e-6
"""Probabilities are taken to be at least this and at most 1 minus this, so that no log score is infinite."""


def log_score(probability: float, happened: bool) -> float:
    """Return minus the natural log of the probability given to what happened."""
    given = probability if happened else 1.0 - probability
    return -math.log(min(max(given, LEAST), 1.0 - LEAST))


def brier(probability: float, happened: bool) -> float:
    """Return the squared distance of the probability from 1 (it happened) or 0."""
    return (probability - float(happened)) ** 2


def crps(values: npt.ArrayLike, weights: npt.ArrayLike, observed: float) -> float:
    """Return the continuous ranked probability score of a discrete distribution, in the unit of the values.

    The integral over x of (F(x) - [x >= observed])^2, which is E|X - observed| - E|X - X'| / 2.

    Parameters
    ----------
    values, weights : the distribution, shape (n,); weights add up to anything above 0.
    """
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order] / w.sum()
    below = np.cumsum(w)
    # E|X - X'| = 2 * integral of F (1 - F)
    spread = float((below[:-1] * (1.0 - below[:-1]) * np.diff(x)).sum())
    return max(0.0, float((w * np.abs(x - observed)).sum()) - spread)
