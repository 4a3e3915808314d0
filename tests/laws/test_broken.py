"""The further laws of `sim.testing`: each fails when what it guards is broken, and says where.

(The first fourteen laws have their faults in test_sabotage.py, those of the model in test_broken_model.py.)
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.solver import solve
from sim.testing import laws, model_laws, rewrite
from tests.laws import test_sabotage
from tests.laws.broken import (
    EXAMPLE,
    REACHED,
    SOLUTION,
    UNTIL,
    Astray,
    Twisted,
    adding_one_to_weights,
    answers,
    at_move,
    contrary,
    counting_open_choices,
    counting_outcomes,
    counting_players,
    counting_states,
    counting_turns,
    fails,
    flux_of,
    moving_on_second_thoughts,
    never_indifferent,
    paying_everybody,
    remembering_the_date,
    satiated,
    start_mixing_of_another_kind,
)
from tests.laws.test_broken_model import model_cases

# law -> the call that holds, and the calls that break it
CASES: dict[str, tuple[Callable[[], None], dict[str, Callable[[], None]]]] = {
    "values_equal_play": (
        lambda: laws.values_equal_play(SOLUTION),
        {
            "a value too high": lambda: laws.values_equal_play(
                Twisted(SOLUTION, values=lambda t, k, v: v + 1e-3 * (k == 1))
            ),
            "discount applied twice": lambda: laws.values_equal_play(
                Twisted(SOLUTION, values=lambda t, k, v: v if k else v * EXAMPLE.discount)
            ),
            "another policy": lambda: laws.values_equal_play(Twisted(SOLUTION, policy=at_move(lambda p: p[:, ::-1]))),
        },
    ),
    "quantal_response": (
        lambda: laws.quantal_response(SOLUTION),
        {
            "play of another precision": lambda: laws.quantal_response(
                Twisted(SOLUTION, policy=lambda t, k, p: solve(EXAMPLE, 1.1).policy(t, k))
            ),
            "an answer a little too willing": lambda: laws.quantal_response(
                Twisted(SOLUTION, policy=answers(lambda a: np.where(a < 1, a + 1e-6, a)))
            ),
            "a worse action at infinite lam": lambda: laws.quantal_response(
                Twisted(solve(EXAMPLE, math.inf), policy=at_move(lambda p: np.where([[True], [False]], p[:, ::-1], p)))
            ),
        },
    ),
    "values_within_bounds": (
        lambda: laws.values_within_bounds(SOLUTION),
        {
            "more than can be had": lambda: laws.values_within_bounds(
                Twisted(SOLUTION, values=lambda t, k, v: v + 10.0 * (t < 3))
            ),
            "less than must be had": lambda: laws.values_within_bounds(
                Twisted(SOLUTION, values=lambda t, k, v: v - 10.0 * (t < 3))
            ),
        },
    ),
    "regret_not_negative": (
        lambda: laws.regret_not_negative(SOLUTION),
        {
            "values above what anything brings": lambda: laws.regret_not_negative(
                Twisted(SOLUTION, values=lambda t, k, v: v + 1.0 * (t == 0 and k == 0))
            )
        },
    ),
    "own_payoff_raises_choice": (
        lambda: laws.own_payoff_raises_choice(EXAMPLE, 1.0, turn="move", choice=1, player="a"),
        {
            "a payoff with the wrong sign": lambda: laws.own_payoff_raises_choice(
                EXAMPLE, 1.0, turn="move", choice=1, player="a", solve=contrary
            ),
            "an answer with the wrong sign": lambda: laws.own_payoff_raises_choice(
                EXAMPLE, 1.0, turn="offer", choice=1, player="b", solve=contrary
            ),
        },
    ),
    "payoff_shift": (
        lambda: laws.payoff_shift(EXAMPLE, 1.0, turn="move", player="b", amount=2.0),
        {"satiation": lambda: laws.payoff_shift(EXAMPLE, 1.0, turn="move", player="a", amount=2.0, solve=satiated)},
    ),
    "weight_scale": (
        lambda: laws.weight_scale(EXAMPLE, 1.0, turn="offer", factor=4.0),
        {
            "smoothed weights": lambda: laws.weight_scale(
                EXAMPLE, 1.0, turn="offer", factor=4.0, solve=adding_one_to_weights
            )
        },
    ),
    "unused_choices": (
        lambda: laws.unused_choices(EXAMPLE, math.inf),
        {
            "pay for open choices": lambda: laws.unused_choices(EXAMPLE, math.inf, solve=counting_open_choices),
        },
    ),
    "outcome_split": (
        lambda: laws.outcome_split(EXAMPLE, 1.0, turn="nature", outcome=0, share=0.25),
        {
            "outcomes counted by number": lambda: laws.outcome_split(
                EXAMPLE, 1.0, turn="nature", outcome=0, solve=counting_outcomes
            )
        },
    ),
    "idle_turn": (
        lambda: laws.idle_turn(EXAMPLE, 1.0, place=1, kind="offer"),
        {"discount once a turn": lambda: laws.idle_turn(EXAMPLE, 1.0, place=1, solve=counting_turns)},
    ),
    "bystander": (
        lambda: laws.bystander(EXAMPLE, 1.0),
        {
            "a bonus shared out": lambda: laws.bystander(EXAMPLE, 1.0, solve=counting_players),
            "a bonus for everybody": lambda: laws.bystander(EXAMPLE, 1.0, solve=paying_everybody),
        },
    ),
    "state_twin": (
        lambda: laws.state_twin(EXAMPLE, 1.0, boundary=0, state=1),
        {
            "the number of a state pays": lambda: laws.state_twin(
                EXAMPLE, 1.0, boundary=0, state=0, solve=counting_states
            )
        },
    ),
    "horizon": (
        lambda: laws.horizon(EXAMPLE, 1.0, rounds=1),
        {"the date counts": lambda: laws.horizon(EXAMPLE, 1.0, rounds=1, solve=remembering_the_date)},
    ),
    "playing_along": (
        lambda: laws.playing_along(EXAMPLE, 1.0, player="a"),
        {
            "others who notice": lambda: laws.playing_along(EXAMPLE, 1.0, player="a", solve=moving_on_second_thoughts),
        },
    ),
    "indifference_at_zero": (
        lambda: laws.indifference_at_zero(EXAMPLE),
        {"a precision that is never 0": lambda: laws.indifference_at_zero(EXAMPLE, solve=never_indifferent)},
    ),
    "realisation": (
        lambda: laws.realisation(SOLUTION, 0),
        {
            "a chance too much": lambda: laws.realisation(
                SOLUTION, 0, forward=Astray(flux=flux_of(lambda f: f * 1.001))
            ),
            "choices exchanged": lambda: laws.realisation(SOLUTION, 0, forward=Astray(flux=flux_of(lambda f: f[::-1]))),
            "a payoff too much": lambda: laws.realisation(SOLUTION, 0, forward=Astray(payoff=lambda p: p + 1e-6)),
            "states exchanged": lambda: laws.realisation(
                SOLUTION, 0, forward=Astray(distribution=lambda d: lambda t, k: d(t, k) if k == 0 else d(t, k)[::-1])
            ),
        },
    ),
    "start_mixing": (
        lambda: laws.start_mixing(SOLUTION, 0, 1, share=0.25),
        {
            "play that depends on the lottery": lambda: start_mixing_of_another_kind(),
        },
    ),
    "first_passages": (
        lambda: laws.first_passages(SOLUTION, 0, UNTIL),
        {
            "a chance that falls": lambda: laws.first_passages(
                SOLUTION, 0, UNTIL, forward=SimpleNamespace(reached=REACHED)
            ),
            "a union that is too small": lambda: laws.first_passages(
                SOLUTION,
                0,
                UNTIL,
                forward=SimpleNamespace(
                    reached={**REACHED, "one": np.array([0.3, 0.4]), "one or other": np.array([0.2, 0.3])}
                ),
            ),
            "no probability": lambda: laws.first_passages(
                SOLUTION, 0, UNTIL, forward=SimpleNamespace(reached={**REACHED, "one": np.array([0.3, 1.4])})
            ),
        },
    ),
}


def public(module: Any) -> set[str]:
    return {name for name in module.__all__ if inspect.isfunction(getattr(module, name))} - {"value_range"}


def test_every_law_has_a_fault_that_it_finds() -> None:
    assert public(laws) == set(CASES) | set(test_sabotage.CASES)
    assert public(model_laws) == set(model_cases())


@pytest.mark.parametrize("law", CASES)
def test_the_law_holds_for_what_is_sound(law: str) -> None:
    CASES[law][0]()


@pytest.mark.parametrize(("law", "fault"), [(law, name) for law, (_, broken) in CASES.items() for name in broken])
def test_the_law_fails_for_what_is_broken(law: str, fault: str) -> None:
    """The message names the law, the place, what was found and what was expected."""
    fails(law, CASES[law][1][fault])


def test_laws_refuse_what_they_cannot_judge() -> None:
    with pytest.raises(ValueError, match="allowed: a player who chooses there"):
        laws.own_payoff_raises_choice(EXAMPLE, 1.0, turn="move", choice=1, player="b")
    with pytest.raises(ValueError, match="fewer than the game has"):
        laws.horizon(EXAMPLE, 1.0, rounds=3)
    with pytest.raises(ValueError, match="allowed: a move, or a package from 1"):
        rewrite.payoff_added(EXAMPLE, "offer", "a", 1.0)
    with pytest.raises(ValueError, match="allowed: a move or an offer"):
        rewrite.weights_scaled(EXAMPLE, "nature", 2.0)
    with pytest.raises(ValueError, match="allowed: a turn of chance"):
        rewrite.outcome_split(EXAMPLE, "move", 0, 0.5)
