"""What follows the last month: the closed form against the same recursion written out."""

from typing import Any

import numpy as np
import pytest

from sim.game import Chance
from sim.model import Model
from tests.model.conftest import build, small


def one_month(model: Model, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Nature moves, nobody acts, flows are received, the rest is discounted."""
    nature = model.game.turns[0]
    assert isinstance(nature, Chance)
    received = model.game.flow + model.game.discount * value
    return np.einsum("sc,sci->si", nature.probability, received[nature.next_state])


@pytest.mark.parametrize("arrests", [0.0, 7.0, 28.0, 41.0, 900.0])
def test_equals_brute_force_iteration(arrests: float) -> None:
    model = small({"world.arrests": arrests, "minsk.discount": 0.8, "moscow.discount": 0.7})
    value = np.zeros_like(model.game.flow)
    for _ in range(700):
        value = one_month(model, value)
    scale = np.abs(value).max()
    np.testing.assert_allclose(model.game.terminal, value, atol=1e-11 * scale, rtol=0)


@pytest.mark.parametrize("grid", ["fast", "default", "fine"])
def test_is_the_fixed_point_on_every_grid(grid: str) -> None:
    model = build({"world.talks.settled_to_active": 0.05, "world.arrests": 19.0}, grid)
    value = model.game.terminal
    scale = np.abs(value).max()
    np.testing.assert_allclose(one_month(model, value), value, atol=1e-12 * scale, rtol=0)


def test_in_a_world_that_stands_still_it_is_a_geometric_sum() -> None:
    still = {f"world.talks.{a}_to_{b}": 0.0 for a, b in [("stalled", "active"), ("active", "stalled")]}
    still |= {"world.talks.active_to_settled": 0.0, "world.arrests": 0.0, "world.contact_fade": 0.0}
    model = small(still)
    np.testing.assert_allclose(model.game.terminal, model.game.flow / (1 - model.game.discount), rtol=1e-12, atol=1e-12)
