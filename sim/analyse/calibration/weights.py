"""Weights of draws: how many draws they are worth, quantiles, resampling, the draw in the middle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SLACK = 1e-12


def weights_of(logs: npt.ArrayLike) -> Floats:
    """Return weights that add up to 1, in proportion to exp(logs), shape (n,); NaN (a failed draw) weighs nothing.

    Raises
    ------
    UsageError : no draw under which the ledger is possible.
    """
    rows = np.asarray(logs, dtype=np.float64)
    rows = np.where(np.isnan(rows), -np.inf, rows)
    top = rows.max(initial=-np.inf)
    if not np.isfinite(top):
        raise UsageError("draws: found none under which the ledger is possible; allowed: an error rate above 0")
    found = np.exp(rows - top)
    result: Floats = found / found.sum()
    return result


def effective_size(weights: Floats) -> float:
    """Return Kish's effective sample size: how many equal weights would give as precise a mean.

    Reference
    ---------
    L. Kish (1965), Survey Sampling, section 8.2.
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def quantile(values: Floats, weights: Floats, levels: npt.ArrayLike) -> Floats:
    """Return weighted quantiles along the first axis: the least value with at least that share of weight up to it.

    Parameters
    ----------
    values : shape (n, ...).
    weights : shape (n,), any positive total.
    levels : shares from 0 to 1, shape (q,).

    Returns
    -------
    ndarray, shape (q, ...).
    """
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    below = np.cumsum(weights[order], axis=0) / weights.sum()
    found = []
    for level in np.atleast_1d(np.asarray(levels, dtype=np.float64)):
        place = np.minimum((below < level - SLACK).sum(axis=0), values.shape[0] - 1)
        found.append(np.take_along_axis(ordered, place[None], axis=0)[0])
    return np.stack(found)


def mean(values: Floats, weights: Floats) -> Floats:
    """Return the weighted mean along the first axis."""
    result: Floats = np.tensordot(weights, values, axes=1) / weights.sum()
    return result


def resampled(weights: Floats, size: int, offset: float) -> Ints:
    """Return how often each draw is taken by systematic resampling, shape (n,), adding up to ``size``.

    Pointers stand at (offset + i) / size for i = 0 to size - 1 along the cumulated weights, so a draw of weight w is
    taken size * w times, rounded down or up, and exactly so in the mean.

    Parameters
    ----------
    offset : from 0 to less than 1, drawn by chance.

    Reference
    ---------
    R. Douc, O. Cappe, E. Moulines (2005), Comparison of resampling schemes for particle filtering.
    """
    if size < 1:
        raise UsageError(f"size: found {size}; allowed: 1 or more")
    edges = np.cumsum(weights) / weights.sum()
    pointers = (offset + np.arange(size)) / size
    chosen = np.minimum(np.searchsorted(edges, pointers, side="right"), weights.size - 1)
    return np.bincount(chosen, minlength=weights.size).astype(np.int64)


def medoid(outcomes: Floats, weights: Floats) -> tuple[int, Floats]:
    """Return the draw nearest the weighted mean of the outcomes, and the distances of all draws, shape (n,).

    The metric: each figure (an outcome at a month) is measured in its own weighted standard deviations, and the squares
    of the differences from the weighted mean are averaged over the figures (a diagonal Mahalanobis distance). Figures
    that do not vary do not count. Of draws equally near the first is taken; draws of weight 0 are not.

    Parameters
    ----------
    outcomes : shape (n, figures); rows with NaN (failed) are never chosen.
    weights : shape (n,).

    Raises
    ------
    UsageError : no draw with a weight and outcomes.
    """
    good = np.isfinite(outcomes).all(axis=1) & (weights > 0)
    if not good.any():
        raise UsageError("draws: found none with a weight and outcomes; allowed: one or more")
    kept, share = outcomes[good], weights[good]
    centre = mean(kept, share)
    spread = np.sqrt(mean((kept - centre) ** 2, share))
    varies = spread > SLACK * np.maximum(1.0, np.abs(centre))
    distance = np.full(weights.size, np.nan)
    scaled = (kept[:, varies] - centre[varies]) / spread[varies]
    distance[good] = np.sqrt((scaled**2).mean(axis=1)) if varies.any() else 0.0
    return int(np.nanargmin(np.round(distance, 12))), distance
