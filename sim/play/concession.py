"""The concession path: month by month, what each side would propose and accept in equilibrium, and how the price moves.

Two readings. ``course``: averaged over where play has come to by that month, from the start. ``standstill``: as if
nothing had happened yet, so that only the time left changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.forecast.run import horizon, solved
from sim.game import Offer
from sim.game.turns import Floats
from sim.model import Grid, Model
from sim.scenario import Scenario
from sim.solver import Solution, propagate

SCHEMA_VERSION = 1
READINGS = ("course", "standstill")


@dataclass(frozen=True, slots=True)
class Side:
    """What one party to a table does in one month.

    Attributes
    ----------
    month : 1 is the first.
    table, party : where, and who.
    offers : chance that it makes an offer if it is recognised.
    persons, relief, contact : what its offer contains on average, given that it makes one: people freed (leaders
        included), steps of relief (US and EU), steps of contact; None if it makes none.
    likeliest : the package it proposes most often among offers.
    accepted : chance that its offer is accepted.
    says_yes : chance that it accepts what the others offer, averaged over their offers; None if they make none.
    asks : persons per step of relief in its offers that carry relief; None without such offers.
    """

    month: int
    table: str
    party: str
    offers: float
    persons: float | None
    relief: float | None
    contact: float | None
    likeliest: str | None
    accepted: float | None
    says_yes: float | None
    asks: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True)
class Concession:
    """The path of one scenario.

    Attributes
    ----------
    reading : ``course`` or ``standstill``.
    sides : every party to every table in every month.
    price : by month, persons freed per step of relief in the deals struck in that month (not cumulative); None where
        hardly any relief is given. For ``standstill``: in the deals that would be struck.
    deals : by month, the expected number of deals.
    """

    scenario: str
    scenario_hash: str
    grid: str
    reading: str
    sides: tuple[Side, ...] = field(repr=False)
    price: tuple[float | None, ...]
    deals: tuple[float, ...]

    def table(self) -> list[dict[str, Any]]:
        """Return one row for each month, table and party."""
        return [side.to_json() for side in self.sides]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "grid": self.grid,
            "reading": self.reading,
            "units": "persons; steps of relief; price: persons freed per step of relief",
            "price": list(self.price),
            "deals": list(self.deals),
            "sides": self.table(),
        }


def concession(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | Mapping[str, float] | None = None,
    months: int | None = None,
    reading: str = "course",
    threads: int | None = None,
) -> Concession:
    """Return the concession path of a scenario's equilibrium; ``months`` None: 24, or all of a shorter grid.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    UsageError : months or reading out of range.
    """
    model, solution = solved(source, overrides, grid=grid, rationality=rationality, threads=threads)
    last = horizon(model, months)
    return concession_of(model, solution, last, reading)


def concession_of(model: Model, solution: Solution, months: int, reading: str = "course") -> Concession:
    """Return the concession path of a solved model. Arguments as for `concession`."""
    if reading not in READINGS:
        raise UsageError(f"reading: found {reading!r}; allowed: {', '.join(READINGS)}")
    forward = propagate(solution, model.start, months) if reading == "course" else None
    sides: list[Side] = []
    price: list[float | None] = []
    deals: list[float] = []
    for t in range(months):
        freed = steps = struck = 0.0
        for table in model.packages:
            k = model.game.turn_index(table)
            if forward is not None:
                place = forward.distribution(t, k)
            else:
                # nothing done yet: the start itself, reached at the table with nobody pressing and nobody pending
                place = np.zeros(model.game.n_states(k))
                place[: model.start.size] = model.start
            made = _table(model, solution, t, k, place, sides)
            effects = model.effects[table]
            relief = effects.us + effects.eu
            freed += float(made @ (effects.freed * (relief > 0)))
            steps += float(made @ relief)
            struck += float(made[1:].sum())
        price.append(freed / steps if steps > 1e-9 else None)
        deals.append(struck)
    scenario = model.scenario
    return Concession(scenario.id, scenario.hash, model.grid.name, reading, tuple(sides), tuple(price), tuple(deals))


def _table(model: Model, solution: Solution, t: int, k: int, place: Floats, sides: list[Side]) -> Floats:
    """Add what every party does at one table; return the chance of every package, shape (M,)."""
    turn = model.game.turns[k]
    assert isinstance(turn, Offer)
    states = np.flatnonzero(place > 1e-15)
    share = place[states] / place[states].sum()
    policy = solution.policy(t, k, states)
    accept = np.nan_to_num(policy.accept, nan=0.0)
    recognised = np.broadcast_to(turn.recognition, (turn.n_states, len(turn.parties)))[states]
    effects = model.effects[turn.name]
    relief = effects.us + effects.eu
    places = range(len(turn.parties))
    total = np.zeros(turn.n_choices)
    put = [share @ policy.propose[:, r] for r in places]
    passed = [share @ (policy.propose[:, r] * accept[:, r].prod(axis=1)) for r in places]
    for r in places:
        total += share @ (recognised[:, [r]] * policy.propose[:, r] * accept[:, r].prod(axis=1))
        offers = float(put[r][1:].sum())
        mine = np.append(0.0, put[r][1:])
        heard, agreed = 0.0, 0.0
        for other in places:
            if other != r:
                heard += float(put[other][1:].sum())
                agreed += float((share @ (policy.propose[:, other] * accept[:, other, r]))[1:].sum())
        paid = float(mine @ relief)
        some = offers > 1e-12
        sides.append(
            Side(
                month=t + 1,
                table=turn.name,
                party=model.game.players[int(turn.parties[r])],
                offers=offers,
                persons=float(mine @ effects.freed) / offers if some else None,
                relief=paid / offers if some else None,
                contact=float(mine @ effects.contact) / offers if some else None,
                likeliest=turn.packages[int(mine.argmax())] if some else None,
                accepted=float(passed[r][1:].sum()) / offers if some else None,
                says_yes=agreed / heard if heard > 1e-12 else None,
                asks=float(mine @ (effects.freed * (relief > 0))) / paid if paid > 1e-9 else None,
            )
        )
    return total
