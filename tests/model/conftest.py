"""What the tests of the model share: a compiler of changed baselines, and a way to look up terms and states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from sim.model import Grid, Model, Term, compile
from sim.scenario import load

Compiled = Callable[..., Model]

SEVENTY = Grid("seventy", 70, 36)
"""Lots of 70, whatever the named grids are: the tests below state numbers of people in such lots."""
SMALL_CAPACITY = {"world.prisoner_capacity": 140, "start.prisoners": 84}
"""Six levels of stock with lots of 28: 2,592 states."""


def build(overrides: Mapping[str, Any] | None = None, grid: str | Grid = SEVENTY) -> Model:
    return compile(load("baseline", dict(overrides or {})), grid)


def small(overrides: Mapping[str, Any] | None = None, lot: int = 28) -> Model:
    return build({**SMALL_CAPACITY, **(overrides or {})}, Grid("small", lot, 3))


def term(model: Model, player: str, name: str, where: str = "flow") -> Term:
    found = [part for part in model.terms if (part.player, part.name, part.where) == (player, name, where)]
    assert len(found) == 1, f"{player}: {name} at {where}: {len(found)} terms"
    return found[0]


def at(model: Model, prisoners: int = 0, **dials: str) -> int:
    """Return a state by people held and the other dials; what is not given is at its lowest level."""
    usual = {"talks": "stalled", "leaders": "0", "us_relief": "0", "eu_relief": "0", "contact": "isolated"}
    return model.axes.index(prisoners=str(prisoners), **(usual | dials))


def lot_means(model: Model, table: str, release: str) -> np.ndarray[Any, Any]:
    """Return the mean change of the stock over a turn and its lottery: [states, choices], persons or NaN."""
    reached = model.game.turns[model.game.turn_index(table)].next_state
    lottery = model.game.turns[model.game.turn_index(release)]
    further = np.nansum(lottery.probability * np.nan_to_num(model.stock_change(release)), axis=1)
    return np.where(reached >= 0, model.stock_change(table) + further[reached], np.nan)


@pytest.fixture(scope="session")
def coarse() -> Model:
    return build()


@pytest.fixture(scope="session")
def summit() -> Model:
    return build({"menu.summit": True})
