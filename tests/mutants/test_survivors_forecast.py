"""What it took to notice mutants of the headline outcomes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.forecast.outcomes import forecast, going_price, headlines
from sim.model import Grid, compile
from sim.scenario import load
from sim.solver import solve


@pytest.mark.parametrize("start", [140, 126, 30])
def test_nobody_is_lost_between_arrests_and_releases(start: int) -> None:
    """Held at a month's end = held at the start + arrested - freed, also where the stock has hardly any room left."""
    model = compile(
        load("baseline", {"world.prisoner_capacity": 140, "start.prisoners": start, "world.arrests": 40.0}),
        Grid("small", 28, 3),
    )
    found = headlines(model, forecast(model, solve(model.game, model.rationality), 3))
    freed = np.subtract(found["freed"], found["leaders_freed"])
    np.testing.assert_allclose(found["prisoners"], start + np.array(found["arrested"]) - freed, rtol=0, atol=1e-9)
    assert found["arrested"][0] < 40.0 or start == 30


def test_the_going_price_leaves_gestures_out() -> None:
    """By hand: deals of 20 people for one step, 30 for two; five people freed for no relief count for nothing."""
    effects = SimpleNamespace(
        us=np.array([0.0, 0.0, 1.0, 1.0]), eu=np.array([0.0, 0.0, 0.0, 1.0]), freed=np.array([0.0, 5.0, 20.0, 30.0])
    )
    model: Any = SimpleNamespace(packages={"table": ()}, effects={"table": effects})
    flux = [[0.7, 0.3, 0.0, 0.0], [0.4, 0.3, 0.2, 0.1], [0.3, 0.2, 0.0, 0.5]]
    forward: Any = SimpleNamespace(rounds=3, flux=lambda t, table: np.array(flux[t]))
    first, second, third = going_price(model, forward)
    assert first is None
    assert second == pytest.approx((0.2 * 20 + 0.1 * 30) / (0.2 + 0.2))
    assert third == pytest.approx((0.2 * 20 + 0.6 * 30) / (0.2 + 1.2))
