"""What it took to notice mutants of the generic game."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import GameError
from sim.game import Chance, Move, Offer


def test_the_first_state_in_which_no_offer_moves_is_named() -> None:
    with pytest.raises(GameError, match=r"package 0: found next state 2 in state 1; .* stay \(1\)"):
        Offer(("a", "b"), [0.5, 0.5], ("no offer",), [[0], [2], [0]], np.zeros((1, 2)), name="table")


@pytest.mark.parametrize("axes", [(1, 2), (2, 1)])
def test_next_states_with_an_axis_too_many_are_refused(axes: tuple[int, int]) -> None:
    following = np.zeros((*axes, 2), dtype=int)
    with pytest.raises(GameError, match=r"next_state: found shape \(., ., 2\); allowed: 2 axes, none empty"):
        Move("a", tuple("xy"[: axes[1]]), following, np.zeros((axes[1], 1)), name="move")
    with pytest.raises(GameError, match=r"next_state: found shape \(., ., 2\); allowed: 2 axes, none empty"):
        Chance(following, np.ones((*axes, 2)) / 2, name="nature")
