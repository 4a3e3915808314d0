"""What the laws of a check are given: one drawn scenario, compiled and solved, each part worked out on demand."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from sim.forecast import forecast, headlines
from sim.game import Game
from sim.model import Grid, Model, compile
from sim.rng import stream
from sim.scenario import Scenario
from sim.solver import Forward, Solution, solve
from sim.testing._compare import Floats

GENTLE = 20.0
"""Highest precision at which a game told in two ways is compared: there rounding cannot decide a choice."""

NAMES = (
    "scenario",
    "model",
    "game",
    "rationality",
    "start",
    "solution",
    "forward",
    "outcomes",
    "rng",
)
"""What a law may ask for by the names of its arguments (see `Case`)."""


class Case:
    """One drawn scenario on a small grid.

    Attributes
    ----------
    scenario : the scenario (`sim.Scenario`).
    model : compiled (`sim.model.Model`): axes, packages, terms, measures.
    game : the game (`sim.Game`); ``game.rounds`` months.
    rationality : lam of each capital, shape (4,), 1/points.
    start : probability of each state at the start, shape (S_0,).
    solution : the equilibrium (`sim.Solution`).
    forward : play from the start over all months (`sim.Forward`).
    outcomes : headline outcome -> values by month, as in ``grand-deal run --json``.
    rng : a random generator that depends on nothing but the scenario's values and the law, so that a failure is found
        again.
    """

    def __init__(self, scenario: Scenario, grid: Grid) -> None:
        self.scenario = scenario
        self.grid = grid

    @cached_property
    def model(self) -> Model:
        """Return the compiled scenario."""
        return compile(self.scenario, self.grid)

    @property
    def game(self) -> Game:
        """Return the game."""
        return self.model.game

    @property
    def rationality(self) -> Floats:
        """Return lam of each capital."""
        return self.model.rationality

    @property
    def gentle(self) -> Floats:
        """The precision of each capital, `GENTLE` at most."""
        return np.minimum(self.rationality, GENTLE)

    @property
    def start(self) -> Floats:
        """Return the start."""
        return self.model.start

    @cached_property
    def solution(self) -> Solution:
        """Return the equilibrium."""
        return solve(self.game, self.rationality)

    @cached_property
    def forward(self) -> Forward:
        """Return play from the start."""
        return forecast(self.model, self.solution, self.game.rounds)

    @cached_property
    def outcomes(self) -> dict[str, tuple[float, ...]]:
        """Return the headline outcomes."""
        return headlines(self.model, self.forward)

    def rng(self, law: str) -> np.random.Generator:
        """Return the random generator of this scenario and law."""
        return stream(0, "check", law, self.scenario.hash)

    def given(self, law: str, name: str) -> Any:
        """Return what an argument of this name stands for."""
        return self.rng(law) if name == "rng" else getattr(self, name)
