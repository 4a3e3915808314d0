"""Sampled histories: possible courses of play, drawn from the equilibrium with named random streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Game
from sim.game.turns import Floats
from sim.model import Model
from sim.rng import stream
from sim.solver import Solution
from sim.solver.courses import play

END = "end"
LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


class States(Mapping[str, npt.NDArray[np.int32]]):
    """The states that courses pass through; those inside a month are followed from its start on request."""

    def __init__(self, game: Game, starts: npt.NDArray[np.int32], choices: Sequence[npt.NDArray[Any]]) -> None:
        self._game = game
        self._starts = starts
        self._choices = choices

    def __getitem__(self, turn: str) -> npt.NDArray[np.int32]:
        if turn == END:
            return self._starts[1:]
        if turn not in tuple(self):
            raise KeyError(turn)
        state = self._starts[:-1]
        for k in range(self._game.turn_index(turn)):
            state = self._game.turns[k].next_state[state, self._choices[k]]
        return state

    def __iter__(self) -> Iterator[str]:
        return iter((*(turn.name for turn in self._game.turns), END))

    def __len__(self) -> int:
        return self._game.n_turns + 1


@dataclass(frozen=True)
class Histories:
    """Sampled courses.

    Attributes
    ----------
    model : what was played.
    states : turn -> state before that turn, shape (months, n); ``end`` -> state of S_0 at each month's end.
    choices : turn -> number of the action, package (0: no deal) or outcome that came about, whole numbers of shape
        (months, n).
    """

    model: Model
    states: Mapping[str, npt.NDArray[np.int32]]
    choices: Mapping[str, npt.NDArray[Any]]

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
    edges = np.cumsum(model.start)
    start = np.searchsorted(edges / edges[-1], first, side="right").astype(np.int32)
    starts, choices = play(
        solution, start, months, lambda t, k: stream(seed, "histories", model.turns[k], t).random(count)
    )
    return Histories(model, States(game, starts, choices), dict(zip(model.turns, choices, strict=True)))


def quantiles(freed: Floats) -> dict[str, tuple[float, ...]]:
    """Return p10, p50 and p90 by month of people freed, each with its standard error, from courses, shape (months, n).

    The error is half the distance between the order statistics one binomial standard deviation to either side.
    """
    n = freed.shape[1]
    places: dict[str, tuple[int, ...]] = {}
    for name, level in LEVELS.items():
        spread = np.sqrt(n * level * (1 - level))
        around = (n * level - spread, n * level, n * level + spread)
        places[name] = tuple(int(np.clip(round(place), 0, n - 1)) for place in around)
    ordered = np.partition(freed, sorted({place for three in places.values() for place in three}), axis=1)
    found: dict[str, tuple[float, ...]] = {}
    for name, (low, middle, high) in places.items():
        found[name] = tuple(ordered[:, middle].tolist())
        found[f"{name}_se"] = tuple(((ordered[:, high] - ordered[:, low]) / 2).tolist())
    return found
