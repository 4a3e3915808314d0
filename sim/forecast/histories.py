"""Sampled histories: possible courses of play, drawn from the equilibrium with named random streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game.turns import Floats
from sim.model import Model
from sim.rng import stream
from sim.solver import Solution

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


@dataclass(frozen=True)
class Histories:
    """Sampled courses.

    Attributes
    ----------
    model : what was played.
    states : turn -> state before that turn, shape (months, n); ``end`` -> state of S_0 at each month's end.
    choices : turn -> number of the action, package (0: no deal) or outcome that came about, shape (months, n).
    """

    model: Model
    states: Mapping[str, npt.NDArray[np.int32]]
    choices: Mapping[str, npt.NDArray[np.int32]]

    @property
    def count(self) -> int:
        """How many courses."""
        return int(self.states["end"].shape[1])

    @property
    def months(self) -> int:
        """How many months each."""
        return int(self.states["end"].shape[0])

    def total(self, name: str) -> Floats:
        """Return, for each course, the running total of an effect (``freed``, ``leaders``, ...), shape (months, n).

        Counted by the numbers that the deals themselves name.
        """
        each = np.zeros((self.months, self.count))
        for turn, effects in self.model.effects.items():
            amount = getattr(effects, name)
            if amount.any():
                each += amount[self.choices[turn]]
        result: Floats = np.cumsum(each, axis=0)
        return result


def sample(model: Model, solution: Solution, *, count: int, months: int, seed: int) -> Histories:
    """Draw courses of play from the scenario's start.

    Parameters
    ----------
    model, solution : the compiled scenario and its equilibrium.
    count : how many courses.
    months : how many months each.
    seed : names the random streams, together with the turn and the month.

    Raises
    ------
    GameError : no course at all, or more months than the game has.
    """
    game = model.game
    if count < 1 or not 1 <= months <= game.rounds:
        raise GameError(f"histories: found {count} courses of {months} months; allowed: 1 or more, 1 to {game.rounds}")
    first = stream(seed, "histories", "start").random(count)
    state = _draw(model.start[None], np.zeros(count, dtype=np.int64), first)
    states = {turn.name: np.empty((months, count), dtype=np.int32) for turn in game.turns}
    choices = {turn.name: np.empty((months, count), dtype=np.int32) for turn in game.turns}
    ends = np.empty((months, count), dtype=np.int32)
    for t in range(months):
        for k, turn in enumerate(game.turns):
            states[turn.name][t] = state
            different, which = np.unique(state, return_inverse=True)
            draws = stream(seed, "histories", turn.name, t).random(count)
            taken = _draw(solution.chances(t, k, different), which, draws)
            choices[turn.name][t] = taken
            state = turn.next_state[state, taken].astype(np.int64)
        ends[t] = state
    return Histories(model, {**states, "end": ends}, choices)


def quantiles(freed: Floats) -> dict[str, tuple[float, ...]]:
    """Return p10, p50 and p90 by month of people freed, each with its standard error, from courses, shape (months, n).

    The error is half the distance between the order statistics one binomial standard deviation to either side.
    """
    ordered = np.sort(freed, axis=1)
    n = ordered.shape[1]
    found: dict[str, tuple[float, ...]] = {}
    for name, level in LEVELS.items():
        spread = np.sqrt(n * level * (1 - level))
        low, middle, high = (
            int(np.clip(round(place), 0, n - 1)) for place in (n * level - spread, n * level, n * level + spread)
        )
        found[name] = tuple(ordered[:, middle].tolist())
        found[f"{name}_se"] = tuple(((ordered[:, high] - ordered[:, low]) / 2).tolist())
    return found


def _draw(chances: Floats, rows: npt.NDArray[np.int64], uniform: Floats) -> npt.NDArray[np.int64]:
    """Draw one choice for each course: row ``rows[j]`` of ``chances`` by ``uniform[j]``."""
    edges = np.cumsum(chances, axis=1)
    edges /= edges[:, -1:]
    drawn = np.empty(rows.size, dtype=np.int64)
    # course by course of one state, so that memory stays at one row of edges each
    order = np.argsort(rows, kind="stable")
    bounds = np.searchsorted(rows[order], np.arange(edges.shape[0] + 1))
    for row in range(edges.shape[0]):
        here = order[bounds[row] : bounds[row + 1]]
        drawn[here] = np.searchsorted(edges[row], uniform[here], side="right")
    return drawn
