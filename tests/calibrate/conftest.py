"""A small world: a coarse grid, a short menu, priors over a few parameters, and ledgers of three months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from sim.analyse.calibration import Ensemble
from sim.analyse.calibration.priors import Prior, Priors
from sim.model import Grid, Model, compile
from sim.scenario import Scenario, load
from sim.solver import Solution, solve

TINY = Grid("tiny", 700, 4)
MENU = {
    "menu.prisoners": [2, 280],
    "menu.us_relief": [1],
    "menu.pressing": False,
    "world.contact_fade": 0.3,
    "world.talks.stalled_to_active": 0.2,
}
FEW = Priors(
    (
        Prior("minsk.contact_value.envoys", "uniform", 0.3, 1.5, "tests"),
        Prior("minsk.release_cost", "hump", 0.005, 0.04, "tests"),
        Prior("washington.show_value", "uniform", 0.2, 1.2, "tests"),
        Prior("moscow.punishing_cost", "uniform", 0.5, 1.5, "tests"),
        Prior("menu.no_offer_weight", "uniform", 0.3, 0.7, "tests"),
    )
)


@dataclass(frozen=True)
class World:
    scenario: Scenario
    model: Model
    solution: Solution


@pytest.fixture(scope="package")
def january() -> Scenario:
    return load("january-2025", MENU)


@pytest.fixture(scope="package")
def world(january: Scenario) -> World:
    model = compile(january, TINY)
    return World(january, model, solve(model.game, model.rationality, threads=1))


@pytest.fixture(scope="module")
def drawn() -> Ensemble:
    """Three draws of two parameters, made up."""
    names = ("minsk.contact_value.envoys", "moscow.punishing_cost")
    values = np.array([[0.4, 0.6], [1.4, 0.6], [0.4, 1.4]])
    weights = np.array([0.5, 0.25, 0.25])
    hashes = {"model": "m", "settings": "s", "priors": "p", "ledger": "l"}
    return Ensemble(names, (0, 1, 2), weights, values, hashes, "made-up", "january-2025", "1400x4", 0, 3, 3.0)
