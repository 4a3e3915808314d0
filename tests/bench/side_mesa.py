"""Runs where Mesa is installed: courses of play of four agents that choose at random. Knows nothing of Grand Deal.

python side_mesa.py COURSES STEPS REPEATS prints seconds as JSON. Each month each of four agents draws one of four
actions with its own probabilities, and a stock of prisoners and two levels of relief follow.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import mesa

CHANCES = ((0.7, 0.1, 0.1, 0.1), (0.6, 0.2, 0.1, 0.1), (0.8, 0.1, 0.05, 0.05), (0.5, 0.3, 0.1, 0.1))


class Capital(mesa.Agent):
    """Draws one of four actions."""

    def __init__(self, model: mesa.Model, chances: tuple[float, ...]) -> None:
        super().__init__(model)
        self.chances = chances

    def step(self) -> None:
        self.model.act(self.random.choices(range(4), self.chances)[0])


class Table(mesa.Model):
    """Four capitals, a stock, two levels."""

    def __init__(self, seed: int) -> None:
        super().__init__(rng=seed)
        self.stock, self.first, self.second = 1200, 0, 0
        for chances in CHANCES:
            Capital(self, chances)

    def act(self, action: int) -> None:
        if action == 1:
            self.stock = max(0, self.stock - 14)
        elif action == 2:
            self.first = min(3, self.first + 1)
        elif action == 3:
            self.second = min(2, self.second + 1)

    def step(self) -> None:
        self.agents.do("step")


if __name__ == "__main__":
    courses, steps, repeats = map(int, sys.argv[1:])
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        for course in range(courses):
            model = Table(course)
            for _ in range(steps):
                model.step()
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"version": version("mesa"), "seconds": seconds}))
