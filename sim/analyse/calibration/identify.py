"""What a ledger taught and what it did not: priors against posteriors, and trade-offs that it cannot tell apart.

Each parameter is measured as a share of its prior, so that without any news it would be uniform from 0 to 1. How far it
moved is the largest gap between its distribution and that one (Kolmogorov-Smirnov). A finite sample moves too: what
chance alone does is found by dealing the same weights out to the draws at random, 200 times. A parameter has visibly
moved, and a pair is visibly tied, where it exceeds what the largest of all does in 19 of 20 such deals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.draws import Calibration
from sim.analyse.calibration.weights import mean, quantile

Floats = npt.NDArray[np.float64]
DEALS = 200
"""How often the weights are dealt out at random."""
SURE = 0.95
SLACK = 1e-9
_LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Identification:
    """What was learned.

    Attributes
    ----------
    parameters : one row a parameter, the one that moved most first: ``parameter``, ``unit``, ``moved`` (largest gap
        between posterior and prior, 0 to 1), ``visible`` (more than a sample of this size moves by itself), ``prior``
        and ``posterior`` (p10, p50, p90), ``shift`` (of the mean, in standard deviations of the prior), ``narrowed``
        (standard deviation of the posterior over the prior's).
    pairs : trade-offs, strongest first: ``first``, ``second``, ``correlation`` (of shares of the priors, in the
        posterior), ``visible``.
    noise, noise_pair : gap and correlation that chance alone exceeds once in twenty, for the largest of all.
    effective, draws : effective and real number of draws.
    evidence : log of the ledger's mean probability under the priors.
    predictive : outcome -> ``prior`` and ``posterior`` (p10, p50, p90) at the ledger's end, and ``ledger`` if it says.
    sentences : all of that in words.
    """

    parameters: tuple[Mapping[str, Any], ...]
    pairs: tuple[Mapping[str, Any], ...]
    noise: float
    noise_pair: float
    effective: float
    draws: int
    evidence: float
    predictive: Mapping[str, Mapping[str, Any]]
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        from sim.analyse.record import plain

        result: dict[str, Any] = plain(self)
        return result


def identify(made: Calibration, *, pairs: int = 10) -> Identification:
    """Return what a ledger taught.

    Parameters
    ----------
    made : a calibration.
    pairs : how many trade-offs to list.

    Raises
    ------
    UsageError : no draw under which the ledger is possible.
    """
    from sim.scenario import parameter_info

    known = parameter_info()
    weights = made.weights
    effective = made.effective
    good = ~np.isnan(made.log_likelihood)
    shares = made.priors.shares(made.values)
    equal = good / good.sum()
    noise, limit = _chance(shares[good], weights[good], made.seed)
    rows = []
    for j, prior in enumerate(made.priors.drawn):
        column, values = shares[:, j], made.values[:, j]
        gap = moved(column, weights, equal)
        before, after = (mean(values, each) for each in (equal, weights))
        spread = [np.sqrt(mean((values - m) ** 2, w)) for m, w in ((before, equal), (after, weights))]
        rows.append(
            {
                "parameter": prior.name,
                "unit": known[prior.name].unit,
                "moved": gap,
                "visible": bool(gap > noise + SLACK),
                "prior": quantile(values, equal, _LEVELS).tolist(),
                "posterior": quantile(values, weights, _LEVELS).tolist(),
                "shift": float((after - before) / spread[0]) if spread[0] else 0.0,
                "narrowed": float(spread[1] / spread[0]) if spread[0] else 1.0,
            }
        )
    rows.sort(key=lambda row: (-row["moved"], row["parameter"]))
    found = _pairs(made.priors.names, shares, weights, limit)
    predictive = _predictive(made, equal, weights)
    return Identification(
        tuple(rows),
        tuple(found[:pairs]),
        noise,
        limit,
        effective,
        made.size,
        made.log_evidence,
        predictive,
        tuple(_sentences(rows, found, effective, made, predictive)),
    )


def moved(shares: Floats, weights: Floats, reference: Floats) -> float:
    """Return the largest gap between two weighted distributions of the same draws, from 0 to 1."""
    order = np.argsort(shares, kind="stable")
    gaps = np.cumsum((weights - reference)[order])
    last = np.append(np.diff(shares[order]) > 0, True)  # between equal values there is no step
    return float(np.abs(gaps[last]).max())


def _chance(shares: Floats, weights: Floats, seed: int) -> tuple[float, float]:
    """Return the largest gap and the strongest correlation of all that chance alone exceeds once in twenty."""
    from sim.rng import stream

    rng = stream(seed, "calibrate", "chance")
    order = np.argsort(shares, axis=0, kind="stable")
    ordered = np.take_along_axis(shares, order, axis=0)
    last = np.concatenate([np.diff(ordered, axis=0) > 0, np.ones((1, shares.shape[1]), dtype=bool)])
    gaps, ties = [], []
    for _ in range(DEALS):
        dealt = rng.permutation(weights)
        steps = np.cumsum(dealt[order] - 1.0 / weights.size, axis=0)
        gaps.append(np.abs(np.where(last, steps, 0.0)).max())
        table = np.abs(_correlations(shares, dealt))
        np.fill_diagonal(table, 0.0)
        ties.append(table.max(initial=0.0))
    return float(np.quantile(gaps, SURE)), float(np.quantile(ties, SURE))


def noise_of(values: Floats, before: Floats, after: Floats) -> float:
    """Return the largest gap of all that chance alone exceeds once in twenty when weights are updated.

    What the update multiplies each weight with is dealt out at random to the draws.

    Parameters
    ----------
    values : shape (n, parameters).
    before, after : weights, shape (n,), each adding up to 1.
    """
    from sim.rng import stream

    rng = stream(0, "backtest", "chance")
    has = before > 0
    values, before = values[has], before[has]
    factors = after[has] / before
    gaps = []
    for _ in range(DEALS):
        dealt = before * rng.permutation(factors)
        if dealt.sum() > 0:
            gaps.append(max(moved(column, dealt / dealt.sum(), before) for column in values.T))
    return float(np.quantile(gaps, SURE))


def _correlations(shares: Floats, weights: Floats) -> Floats:
    centred = shares - mean(shares, weights)
    spread = np.sqrt(mean(centred**2, weights))
    scaled = centred / np.where(spread > 0, spread, 1.0)
    table: Floats = (scaled * weights[:, None]).T @ scaled
    return table


def _pairs(names: Sequence[str], shares: Floats, weights: Floats, limit: float) -> list[dict[str, Any]]:
    table = _correlations(shares, weights)
    first, second = np.triu_indices(len(names), 1)
    found: list[dict[str, Any]] = [
        {
            "first": names[i],
            "second": names[j],
            "correlation": float(table[i, j]),
            "visible": bool(abs(table[i, j]) > limit + SLACK),
        }
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
    ]
    found.sort(key=lambda row: (-abs(row["correlation"]), row["first"], row["second"]))
    return found


def _predictive(made: Calibration, equal: Floats, weights: Floats) -> dict[str, dict[str, Any]]:
    last = len(made.ledger.months)
    told = {
        "freed": [month.freed for month in made.ledger.months],
        "leaders_freed": [month.leaders for month in made.ledger.months],
    }
    found: dict[str, dict[str, Any]] = {}
    for name in ("freed", "leaders_freed", "p_us_relief", "p_eu_relief", "p_punished", "contact"):
        column = np.nan_to_num(made.at(name, last))
        numbers = told.get(name)
        found[name] = {
            "prior": quantile(column, equal, _LEVELS).tolist(),
            "posterior": quantile(column, weights, _LEVELS).tolist(),
            "ledger": None if numbers is None or None in numbers else float(sum(each or 0 for each in numbers)),
        }
    return found


def _sentences(
    rows: Sequence[Mapping[str, Any]],
    pairs: Sequence[Mapping[str, Any]],
    effective: float,
    made: Calibration,
    predictive: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    seen = [row for row in rows if row["visible"]]
    months = len(made.ledger.months)
    said = [
        f"{months} months of events were held against {made.size:,} draws of {len(rows)} parameters; the weighted "
        f"draws are worth {effective:.0f} equal ones."
    ]
    if seen:
        listed = "; ".join(f"{row['parameter']} {_way(row)}" for row in seen[:8])
        more = f"; and {len(seen) - 8} more" if len(seen) > 8 else ""
        said.append(
            f"{len(seen)} of {len(rows)} parameters moved visibly: {listed}{more}. About the other "
            f"{len(rows) - len(seen)} the ledger says nothing that this many draws can show."
        )
    else:
        said.append(f"None of the {len(rows)} parameters moved by more than a sample of this size moves by itself.")
    tied = [pair for pair in pairs if pair["visible"]]
    for pair in tied[:5]:
        way = "high together or low together" if pair["correlation"] > 0 else "one high where the other is low"
        said.append(
            f"The ledger cannot tell {pair['first']} from {pair['second']}: {way} ({pair['correlation']:+.2f})."
        )
    if not tied:
        said.append("No pair of parameters is visibly tied together.")
    freed = predictive["freed"]
    if freed["ledger"] is not None:
        low, middle, high = freed["posterior"]
        said.append(
            f"People freed in these months, as the draws expect it: {freed['prior'][1]:.0f} (10% to 90% of draws: "
            f"{freed['prior'][0]:.0f} to {freed['prior'][2]:.0f}) before, {middle:.0f} ({low:.0f} to {high:.0f}) "
            f"after; the ledger has {freed['ledger']:.0f}. The likelihood matches kinds of events and not numbers."
        )
    return said


def _way(row: Mapping[str, Any]) -> str:
    if abs(row["shift"]) >= 0.2:
        return "up" if row["shift"] > 0 else "down"
    return "narrower" if row["narrowed"] < 1 else "wider"
