"""Some capitals follow behaviours: what becomes of everybody if the others do not react, and if they do.

The two questions are kept apart: the others keep the policies of the scenario's equilibrium, or they solve anew,
knowing which behaviours are followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from sim.errors import UsageError
from sim.forecast.outcomes import headlines, watched
from sim.forecast.run import horizon
from sim.model import PLAYERS, Grid, compile
from sim.play.behaviours import Behaviour, behaviour
from sim.play.hall import Hall
from sim.play.memory import begin, remember
from sim.scenario import Scenario, load
from sim.solver import Forward, Until, propagate, solve


@dataclass(frozen=True)
class Against:
    """Some capitals follow behaviours: what becomes of everybody, under the two separate questions.

    Attributes
    ----------
    seats : capital -> behaviour.
    kept : the others keep their old equilibrium policies: ``payoffs`` by capital (points), ``freed``, ``deal_share``.
    anew : the others solve anew, knowing it: ``payoffs`` and ``outcomes`` (all headline outcomes by month).
    """

    seats: Mapping[str, str]
    kept: Mapping[str, Any]
    anew: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {"seats": dict(self.seats), "kept": dict(self.kept), "anew": dict(self.anew)}


def against(
    source: str | Path | Scenario,
    seats: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | Mapping[str, float] | None = None,
    months: int | None = None,
    threads: int | None = None,
) -> Against:
    """Let some capitals follow behaviours while the others (a) keep their old policies or (b) solve anew.

    Parameters
    ----------
    seats : capital -> name of a behaviour; at least one.
    months : how long to count; None: 24 months, or all of a shorter grid.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    UsageError : an unknown capital or behaviour, months out of range.
    """
    for capital in seats:
        if capital not in PLAYERS:
            raise UsageError(f"seats: found {capital!r}; allowed: {', '.join(PLAYERS)}")
    if not seats:
        raise UsageError("seats: found none; allowed: one capital or more, as in minsk=hold")
    model = compile(load(source, overrides), grid)
    last = horizon(model, months)
    followed = {capital: behaviour(name) for capital, name in seats.items()}
    field_ = tuple({item.name: item for item in followed.values()}.values())
    solution = solve(model.game, model.rationality if rationality is None else rationality, threads=threads)
    return against_of(Hall(model, solution, field_, last), followed, threads=threads)


def against_of(hall: Hall, seats: Mapping[str, Behaviour], *, threads: int | None = None) -> Against:
    """Answer both questions for seats that follow behaviours of a hall's field."""
    model = hall.model
    numbers = {item.name: b for b, item in enumerate(hall.field)}
    profile = tuple(numbers[seats[p].name] if p in seats else len(hall.field) for p in PLAYERS)
    row = hall.play([profile])[0]
    kept = {"payoffs": dict(zip(PLAYERS, row[:4], strict=True)), "freed": row[4], "deal_share": row[5]}
    memories = hall.desk.memories(seats)
    game = remember(model.game, memories)
    fixed: dict[str | int, Any] = {p: hall.desk.policy(item, p, memories) for p, item in seats.items()}
    solution = solve(game, hall.solution.rationality, fixed, threads=threads)
    start = begin(model.start, memories)
    until = {
        name: Until(
            watch.choices, None if watch.states is None else np.tile(watch.states, start.size // model.start.size)
        )
        for name, watch in watched(model).items()
    }
    forward = propagate(solution, start, hall.months, until=until)
    value = solution.value_at(start)
    outcomes = headlines(model, cast(Forward, _Forgetful(forward, model.axes.size)))
    anew = {"payoffs": {p: float(value[i]) for i, p in enumerate(PLAYERS)}, "outcomes": outcomes}
    return Against({p: item.name for p, item in seats.items()}, kept, anew)


class _Forgetful:
    """A forward propagation read without its memories."""

    def __init__(self, forward: Forward, n_states: int) -> None:
        self.rounds, self.reached, self.flux = forward.rounds, forward.reached, forward.flux
        self.boundary = forward.boundary.reshape(forward.rounds + 1, -1, n_states).sum(axis=1)
