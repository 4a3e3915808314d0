"""Power: what capitals could do together, what each adds, and what one of them alone can change.

Every coalition is solved as one player that maximises the weighted sum of its members' payoffs; its members do not
bargain with one another; the others each play their own equilibrium against it. That is the **gamma characteristic
function** (Chander and Tulkens 1997): a coalition reckons that the rest stays single. The worth of a coalition is the
weighted sum of its members' values at the start.

Utilities of different capitals have no common unit: worths, Shapley values, Banzhaf values and the core depend on the
weights. What does not: the probability of the grand deal under each coalition (with its own indices), and everything in
the second part, where one capital alone is removed, silent, or bound in advance (`sim.forecast.commitments`).

Reference: P. Chander, H. Tulkens (1997), The core of an economy with multilateral environmental externalities,
International Journal of Game Theory 26:379-401.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.bargain.coalitions import Core, banzhaf, banzhaf_index, core, members, shapley
from sim.bargain.merge import nobody, silenced
from sim.bargain.together import solve_together
from sim.errors import UsageError
from sim.forecast.commitments import COMMITMENTS, commitment
from sim.forecast.outcomes import forecast, headlines
from sim.forecast.run import horizon
from sim.game.turns import Floats
from sim.model import PLAYERS, Grid, Model, compile
from sim.scenario import Scenario, load
from sim.solver import Solution, solve

SCHEMA_VERSION = 1
NO_COMMON_UNIT = (
    "Utilities of different capitals have no common unit: sums over capitals, Shapley and Banzhaf values and the core "
    "depend on the weights."
)
METHOD = (
    "gamma characteristic function: a coalition acts as one player for the weighted sum of its members' points, those "
    "of each month discounted as each member itself does; the others each play their own equilibrium. At lam infinite "
    "a coalition does the best for that sum that the others leave it, and all together reach the largest sum there is; "
    "at a finite lam (the mean of its members', for points weighed 1 on average) it errs as its members do, and its "
    "worth is no maximum"
)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Together:
    """One coalition acting as one player.

    Attributes
    ----------
    capitals : its members.
    lam : its precision of choice, the mean of its members', 1/points weighed 1 on average; a single capital's own.
    worth : weighted sum of its members' values at the start.
    values : capital -> value at the start in its own points (all four, members or not).
    outcomes : headline outcome -> its value at the end of the last month.
    """

    capitals: tuple[str, ...]
    lam: float
    worth: float
    values: Mapping[str, float]
    outcomes: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready; an infinite lam is written ``inf``."""
        return {
            "capitals": list(self.capitals),
            "lam": "inf" if math.isinf(self.lam) else self.lam,
            "worth": self.worth,
            "values": dict(self.values),
            "outcomes": dict(self.outcomes),
        }


@dataclass(frozen=True)
class Indices:
    """A characteristic function and what follows from it.

    Attributes
    ----------
    coalitions : all 15, by size.
    shapley, banzhaf : capital -> value, in weighted points.
    banzhaf_index : capital -> share of the sum; None where the values add up to nothing.
    core : whether it is empty, a point, the least core (`sim.bargain.coalitions.Core`).
    grand_deal : coalition number (binary digits: capitals in order) -> probability of the grand deal.
    pivotal : capital -> mean change of that probability as it joins, over all orders (Shapley); probabilities have a
        common unit.
    swing : capital -> (largest change of that probability as it joins, the coalition that it then joins).
    """

    coalitions: tuple[Together, ...]
    shapley: Mapping[str, float]
    banzhaf: Mapping[str, float]
    banzhaf_index: Mapping[str, float] | None
    core: Core
    pivotal: Mapping[str, float]
    swing: Mapping[str, tuple[float, tuple[str, ...]]]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        found = self.core.to_json()
        found["leave"] = [[PLAYERS[i] for i in group] for group in self.core.leave]
        return {
            "coalitions": [item.to_json() for item in self.coalitions],
            "shapley": dict(self.shapley),
            "banzhaf": dict(self.banzhaf),
            "banzhaf_index": None if self.banzhaf_index is None else dict(self.banzhaf_index),
            "core": found,
            "pivotal": dict(self.pivotal),
            "swing": {name: {"change": by, "joins": list(group)} for name, (by, group) in self.swing.items()},
        }


@dataclass(frozen=True, slots=True)
class Alone:
    """What happens if one capital alone is removed, silent or bound in advance.

    ``outcomes`` are headline outcomes at the end of the last month, ``changes`` their differences from the equilibrium,
    ``own_change`` what it costs or brings the capital itself, in its own points.
    """

    capital: str
    commitment: str
    outcomes: Mapping[str, float]
    changes: Mapping[str, float]
    own_change: float

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "capital": self.capital,
            "commitment": self.commitment,
            "outcomes": dict(self.outcomes),
            "changes": dict(self.changes),
            "own_change": self.own_change,
        }


@dataclass(frozen=True)
class PowerResult:
    """Coalitions and single capitals: the whole answer of ``power``.

    Attributes
    ----------
    own : indices at the scenario's own precision of choice (or the one asked for).
    sharp : the same at lam infinite; None if not asked for.
    alone : every capital under every commitment.
    months : the last month of the outcomes.
    """

    scenario: str
    scenario_hash: str
    grid: str
    months: int
    weights: Mapping[str, float]
    own: Indices = field(repr=False)
    sharp: Indices | None = field(repr=False)
    alone: tuple[Alone, ...] = field(repr=False)

    def table(self) -> list[dict[str, Any]]:
        """Return one row for every capital and commitment, with the change of every headline outcome."""
        return [
            {"capital": a.capital, "commitment": a.commitment, "own_change": a.own_change, **a.changes}
            for a in self.alone
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``grand-deal power --json`` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "grid": self.grid,
            "months": self.months,
            "method": METHOD,
            "note": NO_COMMON_UNIT,
            "weights": dict(self.weights),
            "own": self.own.to_json(),
            "sharp": None if self.sharp is None else self.sharp.to_json(),
            "alone": [item.to_json() for item in self.alone],
        }


def power(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    months: int | None = None,
    sharp: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> PowerResult:
    """Solve every coalition and every commitment of a scenario.

    Parameters
    ----------
    weights : capital -> positive weight of its points in a coalition's sum; 1 by default.
    months : when to look at the outcomes; None: after 24 months, or at the end of a shorter grid.
    sharp : also solve all coalitions at lam infinite.
    progress : called with (done, all, what) after every solve.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    UsageError : weights or months out of range.
    """
    model = compile(load(source, overrides), grid)
    last = horizon(model, months)
    share = _weights(weights)
    lam = _lam(model, rationality)
    sharp = sharp and not np.isinf(lam).all()
    total = (12 * (1 + sharp)) + len(PLAYERS) * len(COMMITMENTS)
    count = 0

    def step(what: str) -> None:
        nonlocal count
        count += 1
        if progress is not None:
            progress(count, total, what)

    own = indices(model, lam, share, last, threads=threads, step=step)
    crisp = indices(model, np.full(len(PLAYERS), math.inf), share, last, threads=threads, step=step) if sharp else None
    equilibrium = own.coalitions[0]
    found = tuple(alone(model, lam, equilibrium, last, threads=threads, step=step))
    scenario = model.scenario
    return PowerResult(
        scenario=scenario.id,
        scenario_hash=scenario.hash,
        grid=model.grid.name,
        months=last,
        weights=dict(zip(PLAYERS, share.tolist(), strict=True)),
        own=own,
        sharp=crisp,
        alone=found,
    )


def indices(
    model: Model,
    lam: Floats,
    weights: Floats,
    months: int,
    *,
    threads: int | None = None,
    step: Callable[[str], None] = lambda what: None,
) -> Indices:
    """Solve all coalitions at one precision and return what follows. ``lam`` and ``weights`` have shape (players,)."""
    n = len(PLAYERS)
    worth, deal = np.zeros(1 << n), np.zeros(1 << n)
    rows: dict[int, Together] = {}
    single = solve(model.game, lam, threads=threads)
    outcomes, values = _outcomes(model, single, months)
    step("every capital on its own")
    for c in sorted(range(1, 1 << n), key=lambda number: (number.bit_count(), number)):
        group = members(c, n)
        names = tuple(PLAYERS[i] for i in group)
        precision = float(lam[list(group)].mean())
        if len(group) > 1:
            solution = solve_together(model.game, group, weights[list(group)], lam, threads=threads)
            outcomes, values = _outcomes(model, solution, months)
            step(" and ".join(names))
        worth[c] = float(weights[list(group)] @ [values[name] for name in names])
        deal[c] = outcomes["p_grand_deal"]
        rows[c] = Together(names, precision, float(worth[c]), values, outcomes)
    # nobody acting together is the equilibrium itself: joining changes its probability, not one counted from 0
    deal[0] = deal[1]
    swing = {name: _swing(deal, i) for i, name in enumerate(PLAYERS)}
    index = banzhaf_index(worth)
    return Indices(
        coalitions=tuple(rows.values()),
        shapley=_named(shapley(worth)),
        banzhaf=_named(banzhaf(worth)),
        banzhaf_index=None if index is None else _named(index),
        core=core(worth),
        pivotal=_named(shapley(deal - deal[0])),
        swing=swing,
    )


def alone(
    model: Model,
    lam: Floats,
    equilibrium: Together,
    months: int,
    *,
    threads: int | None = None,
    step: Callable[[str], None] = lambda what: None,
) -> Iterator[Alone]:
    """Solve every commitment of every capital; ``equilibrium`` is what to compare with."""
    for capital in PLAYERS:
        for kind in COMMITMENTS:
            solution = committed(model, lam, capital, kind, threads=threads)
            outcomes, values = _outcomes(model, solution, months)
            changes = {name: value - equilibrium.outcomes[name] for name, value in outcomes.items()}
            step(f"{capital}: {kind}")
            yield Alone(capital, kind, outcomes, changes, values[capital] - equilibrium.values[capital])


def committed(model: Model, lam: Floats, capital: str, kind: str, *, threads: int | None = None) -> Solution:
    """Solve the game in which one capital is removed, silent or bound in advance, and the others know it."""
    if kind == "silent":
        game = silenced(model.game, capital)
        return solve(game, np.append(lam, 0.0), nobody(game), threads=threads)
    return solve(model.game, lam, {capital: commitment(model, capital, kind)}, threads=threads)


def _outcomes(model: Model, solution: Solution, months: int) -> tuple[dict[str, float], dict[str, float]]:
    forward = forecast(model, solution, months)
    at_end = {name: row[-1] for name, row in headlines(model, forward).items()}
    value = solution.value_at(model.start)
    return at_end, {name: float(value[i]) for i, name in enumerate(PLAYERS)}


def _swing(deal: Floats, i: int) -> tuple[float, tuple[str, ...]]:
    without = [c for c in range(deal.size) if not c >> i & 1]
    best = max(without, key=lambda c: (abs(deal[c | 1 << i] - deal[c]), -c))
    return float(deal[best | 1 << i] - deal[best]), tuple(PLAYERS[j] for j in members(best, len(PLAYERS)))


def _named(values: Floats) -> dict[str, float]:
    return dict(zip(PLAYERS, map(float, values), strict=True))


def _weights(weights: Mapping[str, float] | None) -> Floats:
    given = dict(weights or {})
    for name, value in given.items():
        if name not in PLAYERS:
            raise UsageError(f"weights: found {name!r}; allowed: {', '.join(PLAYERS)}")
        if not 0 < value < math.inf:
            raise UsageError(f"weights: {name}: found {value!r}; allowed: a number above 0")
    return np.array([float(given.get(name, 1.0)) for name in PLAYERS])


def _lam(model: Model, rationality: float | Mapping[str, float] | None) -> Floats:
    if rationality is None:
        return model.rationality
    from sim.solver.backward import rationality_of

    return rationality_of(model.game, rationality)
