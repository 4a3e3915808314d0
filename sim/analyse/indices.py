"""Sobol' indices from evaluations at Saltelli's points. Knows no model: values in, indices with intervals out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RESAMPLES = 1000
CONFIDENCE = 0.95


def saltelli(pair: Floats) -> Floats:
    """Return the points of all evaluations, shape (n (d + 2), d), from two samples A and B beside each other, (n, 2d).

    First A, then B, then for every column A with that column from B.
    """
    n, twice = pair.shape
    d = twice // 2
    a, b = pair[:, :d], pair[:, d:]
    mixed = np.repeat(a[None], d, axis=0)
    for j in range(d):
        mixed[j, :, j] = b[:, j]
    result: Floats = np.concatenate([a, b, mixed.reshape(d * n, d)])
    return result


def indices(values: Floats, d: int, *, seed: int = 0) -> list[dict[str, float]] | None:
    """Return first and total indices with intervals, from the values at `saltelli`'s points; None if they are constant.

    Estimators of Saltelli and others (2010), Computer Physics Communications 181:259-270, through
    `scipy.stats.sobol_indices`; percentile intervals from `scipy.stats.bootstrap` over the sample's points. (The
    bootstrap that comes with the indices takes no seed, so its intervals would differ from run to run.)
    """
    from scipy.stats import bootstrap, sobol_indices

    from sim.rng import stream

    n = values.size // (d + 2)
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return None
    # centred: the estimators lose digits far from 0, the indices stay the same
    centred = values - values[: 2 * n].mean()
    a, b, mixed = centred[None, :n], centred[None, n : 2 * n], centred[2 * n :].reshape(d, 1, n)

    def both(chosen: npt.NDArray[np.int64]) -> Floats:
        found = sobol_indices(func={"f_A": a[:, chosen], "f_B": b[:, chosen], "f_AB": mixed[..., chosen]}, n=n)
        result: Floats = np.stack([np.ravel(found.first_order), np.ravel(found.total_order)])
        return result

    places = np.arange(n)
    estimate = both(places)
    drawn = bootstrap(
        (places,),
        both,
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=stream(seed, "sobol indices"),
    ).confidence_interval
    rows = []
    for j in range(d):
        row = {}
        for place, name in enumerate(("first", "total")):
            row[name] = float(estimate[place, j])
            row[f"{name}_low"], row[f"{name}_high"] = float(drawn.low[place, j]), float(drawn.high[place, j])
        rows.append(row)
    return rows
