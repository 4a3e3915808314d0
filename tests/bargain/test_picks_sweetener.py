"""The cheapest single change, against a search by hand on small menus."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bargain.sweetener import scale_of, sweetener
from sim.errors import GameError

MENU = np.array(list(product((0, 10, 50), (0, 1), (0, 1, 2))), dtype=float)
NUMBERS = st.lists(st.integers(-9, 9), min_size=len(MENU) * 4, max_size=len(MENU) * 4)


def by_hand(gains: np.ndarray, package: int, blocker: int, signing: list[int], unit: list[float]) -> tuple | None:
    """Walk through the menu; return (cost, size of the change, row) of the best answer."""
    answers = []
    for row, contents in enumerate(MENU.tolist()):
        changes = [(a, b) for a, b in zip(contents, MENU[package].tolist(), strict=True) if a != b]
        if len(changes) != 1 or gains[row][blocker] < 0 or row == 0:
            continue
        others = [i for i in signing if i != blocker]
        if any(gains[row][i] < 0 <= gains[package][i] for i in others):
            continue
        cost = sum(max(0.0, gains[package][i] - gains[row][i]) / unit[i] for i in others)
        answers.append((round(cost, 9), abs(changes[0][0] - changes[0][1]), row))
    return min(answers, default=None)


@given(NUMBERS, st.sampled_from([[0, 1], [0, 2], [0, 1, 2], [1, 0, 3], [0, 1, 2, 3]]))
def test_equals_a_search_by_hand(numbers: list[int], signing: list[int]) -> None:
    gains = np.array(numbers, dtype=float).reshape(-1, 4)
    unit = [2.0, 3.0, 5.0, 7.0]
    for package in range(len(MENU)):
        for blocker in signing:
            if gains[package, blocker] >= 0:
                continue
            found = sweetener(gains, MENU, package, blocker, signing, unit, excluded=[0])
            expected = by_hand(gains, package, blocker, signing, unit)
            if expected is None:
                assert (found.index, found.dimension, found.cost, found.agreed) == (None, None, None, False)
                continue
            assert found.index == expected[2]
            assert found.cost == pytest.approx(expected[0], abs=1e-8)
            assert MENU[found.index, found.dimension] - MENU[package, found.dimension] == found.change
            assert found.agreed == all(gains[found.index, i] >= 0 for i in signing)


def test_one_more_step_or_forty_more_prisoners() -> None:
    # contents: prisoners, steps. The buyer wants people, the seller steps.
    contents = np.array([[0, 0], [10, 0], [50, 0], [0, 1], [10, 1], [50, 1]], dtype=float)
    seller = -0.1 * contents[:, 0] + 3 * contents[:, 1]
    buyer = 0.2 * contents[:, 0] - 4 * contents[:, 1]
    gains = np.column_stack([seller, buyer])
    found = sweetener(gains, contents, 4, 1, [0, 1])  # 10 people for a step: 2, -2
    assert (found.index, found.dimension, found.change) == (None, None, 0.0)  # 50 people would cost the seller 2
    dearer = gains.copy()
    dearer[5, 0] += 3
    found = sweetener(dearer, contents, 4, 1, [0, 1])
    assert (found.index, found.dimension, found.change, found.agreed) == (5, 0, 40.0, True)
    assert found.cost == pytest.approx(1 / scale_of(dearer)[0] * (2 - 1))


def test_scale_is_the_ideal_or_the_largest_stake() -> None:
    assert scale_of([[0, 0], [4, -1], [2, 3], [9, -5]]).tolist() == [2, 3]
    assert scale_of([[0, 0], [4, -1], [-6, 0]]).tolist() == [6, 1]
    assert scale_of([[0, 0]]).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"contents": MENU[:3]}, "contents"),
        ({"package": 99}, "package"),
        ({"blocker": 3}, "signatories"),
        ({"blocker": 1}, "a player who loses"),
    ],
)
def test_refuses_questions_that_make_no_sense(change: dict, said: str) -> None:
    question = {"gains": np.tile([-1.0, 1.0], (len(MENU), 1)), "contents": MENU, "package": 2, "blocker": 0}
    with pytest.raises(GameError, match=said):
        sweetener(**{**question, **change}, signatories=[0, 1])
