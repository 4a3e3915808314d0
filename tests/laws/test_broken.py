"""The further laws of `sim.testing` and those of the model: each fails when what it guards is broken, and says where.

(The first fourteen laws have their faults in test_sabotage.py.)
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.forecast import forecast, solved
from sim.game import Chance, Game, Move, Offer
from sim.solver import Until, propagate, solve
from sim.testing import laws, model_laws, rewrite
from tests.laws import test_sabotage

EXAMPLE = Game(
    ("a", "b"),
    (
        Offer(
            ("b", "a"),
            [[0.25, 0.75], [0.5, 0.5]],
            ("no offer", "deal", "other"),
            [[0, 1, 0], [1, 0, -1]],
            [[0.0, 0.0], [0.7, 0.4], [-0.3, 1.1]],
            weights=[2.0, 1.0, 0.5],
            name="offer",
        ),
        Move("a", ("x", "y"), [[0, 1], [1, -1]], [[0.3, -0.2], [0.45, 0.6]], [3.0, 1.0], name="move"),
        Chance([[0, 1], [1, 0]], [[0.9, 0.1], [0.6, 0.4]], name="nature"),
    ),
    [[0.1, 0.9], [1.3, 0.2]],
    [0.9, 0.8],
    [[0.0, 0.5], [0.8, 0.3]],
    3,
)
SOLUTION = solve(EXAMPLE, 1.0)


class Twisted:
    """A solution whose values or policies are changed on their way out."""

    def __init__(self, solution: Any, *, values: Any = None, policy: Any = None) -> None:
        self._solution, self._values, self._policy = solution, values, policy
        self.boundary = solution.boundary
        if values is not None:
            self.boundary = np.stack([values(t, 0, np.array(found)) for t, found in enumerate(solution.boundary)])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._solution, name)

    def values(self, t: int, k: int = 0) -> Any:
        found = np.array(self._solution.values(t, k))
        return self._values(t, k, found) if self._values else found

    def policy(self, t: int, k: Any, states: Any = None) -> Any:
        found = self._solution.policy(t, k, states)
        return self._policy(t, k, found) if self._policy else found


def remembering_the_date(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver for which the date counts: another precision when there are few rounds."""
    return solve(game, np.asarray(rationality) * (1.0 + 0.01 * game.rounds), **more)


def counting_players(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that shares a bonus among all players, so that one more player makes it smaller."""
    flow = np.array(game.flow)
    flow[:, 0] += 1.0 / game.n_players
    return solve(game.replace(flow=flow), rationality, **more)


def paying_everybody(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that pays one and the same bonus to all, whoever they are."""
    return solve(game.replace(flow=game.flow + 0.5), rationality, **more)


def counting_turns(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that discounts once a turn."""
    return solve(game.replace(discount=game.discount ** (1.0 + 0.01 * game.n_turns)), rationality, **more)


def counting_states(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that pays for the number of a state."""
    flow = game.flow + 0.01 * np.arange(game.n_states(0))[:, None]
    return solve(game.replace(flow=flow), rationality, **more)


def counting_outcomes(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that takes all outcomes of chance to be equally likely."""
    turns = []
    for turn in game.turns:
        if isinstance(turn, Chance):
            open_ = turn.next_state >= 0
            turn = rewrite.changed(game, turn, probability=open_ / open_.sum(axis=1, keepdims=True))
        turns.append(turn)
    return solve(game.replace(turns=turns), rationality, **more)


def adding_one_to_weights(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that smooths weights."""
    turns = [
        turn if isinstance(turn, Chance) else rewrite.changed(game, turn, weights=turn.weights + 1.0)
        for turn in game.turns
    ]
    return solve(game.replace(turns=turns), rationality, **more)


def counting_open_choices(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that pays for having a choice: the number of open ones is added to the flow."""
    number = sum(int((turn.next_state >= 0).sum()) for turn in game.turns)
    return solve(game.replace(flow=game.flow + 0.01 * number), rationality, **more)


def contrary(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver with the sign of the payoffs at moves and tables the wrong way round."""
    turns = [
        turn if isinstance(turn, Chance) else rewrite.changed(game, turn, payoff=-turn.payoff) for turn in game.turns
    ]
    return solve(game.replace(turns=turns), rationality, **more)


def moving_on_second_thoughts(game: Game, rationality: Any, fixed: Any = None, **more: Any) -> Any:
    """A solver in which the others notice that somebody is held fixed."""
    return solve(game, np.asarray(rationality) * (0.9 if fixed else 1.0), fixed, **more)


def satiated(game: Game, rationality: Any, **more: Any) -> Any:
    """A player who does not care for more than half a point at a turn."""
    turns = [
        turn if isinstance(turn, Chance) else rewrite.changed(game, turn, payoff=np.minimum(turn.payoff, 0.5))
        for turn in game.turns
    ]
    return solve(game.replace(turns=turns), rationality, **more)


def never_indifferent(game: Game, rationality: Any, **more: Any) -> Any:
    return solve(game, np.maximum(rationality, 0.1), **more)


def at_move(change: Callable[[Any], Any]) -> Callable[[int, int, Any], Any]:
    return lambda t, k, found: change(np.array(found)) if (t, k) == (1, 1) else found


def answers(change: Callable[[Any], Any]) -> Callable[[int, int, Any], Any]:
    return lambda t, k, found: dataclasses.replace(found, accept=change(found.accept)) if k == 0 else found


class Astray:
    """Forward play of which something is told otherwise."""

    def __init__(self, **changes: Any) -> None:
        self._forward = propagate(SOLUTION, 0)
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._forward, name)
        return self._changes[name](found) if name in self._changes else found


def flux_of(change: Callable[[Any], Any]) -> Any:
    return lambda found: lambda t, k: change(np.array(found(t, k)))


UNTIL = {"one": Until(choices={"move": [1]}), "other": Until(states=np.array([False, True]))}
REACHED = {"one": np.array([0.5, 0.4]), "other": np.array([0.1, 0.2]), "one or other": np.array([0.55, 0.5])}

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


def start_mixing_of_another_kind() -> None:
    """Propagation that squares probabilities is not linear in the start."""
    import sim.testing._courses as home

    real = home.propagate

    class Squared:
        def __init__(self, forward: Any) -> None:
            self._forward, self.payoff = forward, forward.payoff

        def distribution(self, t: int, k: int) -> Any:
            found = self._forward.distribution(t, k)
            return found if t == 0 else found**2 / (found**2).sum()

    home.propagate = lambda *given: Squared(real(*given))
    try:
        laws.start_mixing(SOLUTION, 0, 1, share=0.25)
    finally:
        home.propagate = real


def public(module: Any) -> set[str]:
    return {name for name in module.__all__ if inspect.isfunction(getattr(module, name))} - {"value_range"}


def test_every_law_has_a_fault_that_it_finds() -> None:
    assert public(laws) == set(CASES) | set(test_sabotage.CASES)
    assert public(model_laws) == set(model_cases())


@pytest.mark.parametrize("law", CASES)
def test_the_law_holds_for_what_is_sound(law: str) -> None:
    CASES[law][0]()


def fails(law: str, broken: Callable[[], None]) -> None:
    with pytest.raises(AssertionError) as caught:
        broken()
    text = str(caught.value)
    assert text.startswith(f"{law}: "), text
    assert " found " in text
    assert ", expected " in text


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


# --- laws of the model ------------------------------------------------------------------------------------------------


class Bent:
    """A compiled model or forward play of which some attributes are other than they should be."""

    def __init__(self, sound: Any, **changes: Any) -> None:
        self._sound, self._changes = sound, changes

    def __getattr__(self, name: str) -> Any:
        return self._changes[name] if name in self._changes else getattr(self._sound, name)


def model_cases() -> dict[str, list[Callable[[], None]]]:
    """Law of the model -> calls that must fail. Worked out when first needed."""
    model, solution = solved("baseline", {"start.leaders": 1}, grid="600x2")
    forward = forecast(model, solution, 2)
    stalled = model.axes.grid("talks") == 0
    tilted = np.array(forward.boundary)
    tilted[1:, stalled] *= 0.9
    tilted[1:, ~stalled] *= (1 - tilted[1:, stalled].sum(axis=1, keepdims=True)) / tilted[1:, ~stalled].sum(
        axis=1, keepdims=True
    )
    lost = np.array(forward.boundary)
    lost[1:] *= 0.99
    effects = dict(model.effects)
    table = effects["us-table"]
    effects["us-table"] = dataclasses.replace(table, prisoners=table.prisoners * 1.1, leaders=table.leaders * 1.1)
    twice = (*model.terms, model.terms_at("flow")[0])
    scenario = model.scenario
    return {
        "talks_exogenous": [
            lambda: model_laws.talks_exogenous(model, solution, forward=Bent(forward, boundary=tilted))
        ],
        "stock_accounted": [
            lambda: model_laws.stock_accounted(model, solution, forward=Bent(forward, boundary=lost)),
            lambda: model_laws.stock_accounted(Bent(model, effects=effects), solution, forward=forward),
        ],
        "leaders_accounted": [
            lambda: model_laws.leaders_accounted(Bent(model, effects=effects), solution, forward=forward)
        ],
        "outcomes_in_range": [
            lambda: model_laws.outcomes_in_range(model, solution, forward=Bent(forward, boundary=forward.boundary * 9)),
            lambda: model_laws.outcomes_in_range(
                Bent(model, measures={**model.measures, "us": -model.measures["us"]}), solution, forward=forward
            ),
        ],
        "payoffs_are_their_terms": [
            lambda: model_laws.payoffs_are_their_terms(
                Bent(model, terms_at=lambda place: tuple(term for term in twice if term.where == place))
            )
        ],
        "start_has_its_mean": [
            lambda: model_laws.start_has_its_mean(Bent(model, start=model.start * 0.5)),
            lambda: model_laws.start_has_its_mean(Bent(model, start=model.start[::-1])),
        ],
        "scenario_told_again": [
            lambda: model_laws.scenario_told_again(
                Bent(scenario, values=lambda: {**scenario.values(), "minsk.trade_value": 9.0})
            )
        ],
    }


def test_the_laws_of_the_model_fail_for_what_is_broken() -> None:
    for law, broken in model_cases().items():
        assert broken
        for call in broken:
            fails(law, call)
