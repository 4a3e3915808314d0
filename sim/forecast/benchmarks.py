"""What stands beside every headline: the same position played without error, and with nobody ever acting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.forecast.explanation import Benchmarks
from sim.forecast.outcomes import forecast, headlines
from sim.game import Game, Move, Offer
from sim.game.turns import Floats
from sim.model import Model
from sim.solver import Solution, solve

MONTHS = 24
ROUNDING = 1e-12


def benchmarks(
    model: Model,
    solution: Solution | None = None,
    *,
    months: int = MONTHS,
    start: Floats | None = None,
    threads: int | None = None,
) -> Benchmarks:
    """Return the headline outcomes of one position in three ways of playing.

    Parameters
    ----------
    model : a compiled scenario.
    solution : its equilibrium, if it is solved already.
    months : how many months to report; at most those that the grid plays.
    start : probability of each state at the position, shape (S_0,); default: the scenario's start.
    threads : how many threads to solve with; the answer is the same for any number.

    Raises
    ------
    UsageError : months out of range.
    """
    if not 1 <= months <= model.game.rounds:
        raise UsageError(f"months: found {months}; allowed: 1 to {model.game.rounds}, the months that are played")
    at = model if start is None else replace(model, start=start)
    play = solve(model.game, model.rationality, threads=threads) if solution is None else solution
    ways = {
        "play": play,
        "sharp": solve(model.game, math.inf, threads=threads),
        "idle": solve(model.game, 0.0, fixed=idle(model.game), threads=threads),
    }
    found = {name: headlines(at, forecast(at, way, months)) for name, way in ways.items()}
    # what never happens is 1 less a sum that is 1 up to rounding
    found["idle"] = {name: tuple(v if abs(v) > ROUNDING else 0.0 for v in row) for name, row in found["idle"].items()}
    return Benchmarks(months=tuple(range(1, months + 1)), **found)


def idle(game: Game) -> dict[str | int, Mapping[str | int, Any]]:
    """Return policies, as `sim.solve` takes them in ``fixed``, by which nobody ever acts.

    Every player makes no offer, refuses every offer, and at its own turns takes its first action (to hold, to
    tolerate).
    """
    policies: dict[str | int, dict[str | int, Any]] = {player: {} for player in game.players}
    for k, turn in enumerate(game.turns):
        if not isinstance(turn, (Move, Offer)):
            continue
        first = np.zeros(turn.n_choices)
        first[0] = 1.0
        if isinstance(turn, Move):
            policies[game.players[int(turn.player)]][k] = first
        else:
            for party in turn.parties:
                policies[game.players[int(party)]][k] = (first, first)
    return {player: policy for player, policy in policies.items() if policy}
