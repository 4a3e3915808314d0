"""What the strategies shrink to: small, readable cases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, settings

from sim.game import Chance, Game, Move, Offer
from sim.scenario import load
from sim.testing import strategies

TURNS = strategies.turns(players=("a", "b", "c"), states=2, next_states=2)


def smallest(strategy: Any, condition: Any) -> Any:
    rules = settings(max_examples=2000, derandomize=True, database=None, phases=(Phase.generate, Phase.shrink))
    return find(strategy, condition, settings=rules)


@pytest.mark.slow
def test_overrides_shrink_to_the_few_that_count_at_the_low_end() -> None:
    for size in (6, None):
        draws = strategies.overrides(max_size=size, steps=40)
        assert smallest(draws, lambda changes: True) == {}
        assert smallest(draws, lambda changes: "minsk.trade_value" in changes) == {"minsk.trade_value": 4.0}
        found = smallest(draws, lambda changes: changes.get("minsk.trade_value", 0.0) > 8)
        assert found == {"minsk.trade_value": 8.2}
    both = smallest(
        strategies.overrides(max_size=None),
        lambda changes: changes.get("minsk.trade_value", 0.0) > 8 and changes.get("world.arrests", 0.0) > 5,
    )
    assert both == {"minsk.trade_value": 9.0, "world.arrests": 5.75}


def test_overrides_keep_to_stated_ranges_and_names() -> None:
    draws = strategies.overrides(names=["world.arrests"], ranges={"world.arrests": (0.0, 1.0)}, max_size=None, steps=10)
    assert smallest(draws, lambda changes: changes.get("world.arrests", 0.0) > 0.45) == {"world.arrests": 0.5}
    assert smallest(draws, bool) == {"world.arrests": 0.0}
    assert smallest(strategies.overrides(names=[]), lambda changes: True) == {}


def test_one_seat_at_a_table_leaves_the_rest_to_the_others() -> None:
    name = "menu.recognition.summit.minsk"
    for size in (6, None):
        found = smallest(strategies.overrides(names=[name], max_size=size), bool)
        assert found[name] == 0.2
        assert sum(value for key, value in found.items() if ".summit." in key) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda lam: True, 0.0),
        (lambda lam: isinstance(lam, float) and lam > 1, 1.25),
        (lambda lam: isinstance(lam, float) and lam > 5, 1e3),
        (lambda lam: isinstance(lam, tuple), (0.0, 0.0)),
        (lambda lam: isinstance(lam, tuple) and math.inf in lam, (0.0, math.inf)),
    ],
)
def test_rationalities_shrink_to_one_small_number(condition: Any, expected: Any) -> None:
    assert smallest(strategies.rationalities(players=2), condition) == expected


def test_start_states_shrink_to_the_first_state() -> None:
    move = Move("a", ("x",), [[0], [1], [2]], [[0.0]])
    game = Game(("a",), (move,), np.zeros((3, 1)), 0.9, np.zeros((3, 1)), 1)
    draws = strategies.start_states(game=game)
    assert smallest(draws, lambda start: True) == 0
    assert smallest(draws, lambda start: start == 2) == 2
    assert sorted(smallest(draws, lambda start: isinstance(start, tuple))) == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        (Move, lambda turn: isinstance(turn, Move)),
        (Offer, lambda turn: isinstance(turn, Offer)),
        (Chance, lambda turn: isinstance(turn, Chance)),
    ],
)
def test_turns_shrink_to_one_choice_that_pays_nothing(kind: type, condition: Any) -> None:
    turn = smallest(TURNS, condition)
    assert type(turn) is kind
    assert turn.n_choices == 1
    if isinstance(turn, (Move, Offer)):
        assert not turn.payoff.any()
        assert set(turn.weights) == {1.0}
    if isinstance(turn, Offer):
        assert len(turn.parties) == 2


def test_scenarios_shrink_to_the_one_they_start_from() -> None:
    draws = strategies.scenarios(base="no-buyer", names=["minsk.trade_value", "world.arrests"])
    assert smallest(draws, lambda scenario: True).hash == load("no-buyer").hash
    found = smallest(draws, lambda scenario: scenario.get("world.arrests") > 9)
    assert set(found.changed(load("no-buyer"))) == {"world.arrests"}
