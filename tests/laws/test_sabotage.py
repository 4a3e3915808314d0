"""Each law fails when what it guards is broken, says so in its own name, and passes when nothing is."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.game import Chance, Game, Move
from sim.solver import OfferPolicy, propagate, solve, solve_many
from sim.testing import laws, rewrite
from tests.laws.broken import EXAMPLE as GAME
from tests.laws.broken import example


class Tampered:
    """A solution of which the policies or the values are changed on their way out."""

    def __init__(self, solution: Any, *, policy: Any = None, values: Any = None) -> None:
        self._solution, self._policy, self._values = solution, policy, values

    def __getattr__(self, name: str) -> Any:
        return getattr(self._solution, name)

    def policy(self, t: int, k: int, states: Any = None) -> Any:
        found = self._solution.policy(t, k, states)
        return self._policy(t, k, found) if self._policy else found

    def values(self, t: int, k: int = 0) -> Any:
        found = self._solution.values(t, k)
        return self._values(t, k, found) if self._values else found


def tampered(game: Game, rationality: Any, **changes: Any) -> Any:
    return Tampered(solve(game, rationality), **changes)


class Astray:
    """Forward propagation that puts probability or payoffs where they do not belong."""

    def __init__(self, *, mass: Any = None, payoff: float = 0.0) -> None:
        self._forward = propagate(solve(GAME, 1.0), 0)
        self._mass = mass
        self.payoff = self._forward.payoff + payoff

    def distribution(self, t: int, k: int) -> Any:
        found = np.array(self._forward.distribution(t, k))
        return self._mass(t, k, found) if self._mass else found


def at(turn: int, change: Callable[[Any], Any]) -> Callable[[int, int, Any], Any]:
    """Change what is found at one turn of round 1, on a copy."""

    def apply(t: int, k: int, found: Any) -> Any:
        if (t, k) != (1, turn):
            return found
        if isinstance(found, OfferPolicy):
            return change(OfferPolicy(found.propose.copy(), found.accept.copy()))
        return change(np.array(found))

    return apply


def put(part: str | None, place: tuple[int, ...], value: float) -> Callable[[Any], Any]:
    def change(found: Any) -> Any:
        (getattr(found, part) if part else found)[place] = value
        return found

    return change


STUCK = GAME.replace(
    turns=[Move("a", ("x",), [[0], [1]], [[0.0, 0.0]], name="stuck")],
)


def clipped(game: Game, rationality: Any, **more: Any) -> Any:
    """A player who does not care for more than 1 a month."""
    return solve(game.replace(flow=np.minimum(game.flow, 1.0)), rationality, **more)


def deaf(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that does not look at the precision it is given."""
    return solve(game, 1.0, **more)


def weightless(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that leaves the weights out."""
    turns = [
        turn if isinstance(turn, Chance) else rewrite.changed(game, turn, weights=np.ones(turn.n_choices))
        for turn in game.turns
    ]
    return solve(game.replace(turns=turns), rationality, **more)


def partial(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that gives whoever stands first in the list of players a bonus for the last action."""
    turns = []
    for turn in game.turns:
        if isinstance(turn, Move):
            payoff = np.array(turn.payoff)
            payoff[:, -1, 0] += 0.25
            turn = rewrite.changed(game, turn, payoff=payoff)
        turns.append(turn)
    return solve(game.replace(turns=turns), rationality, **more)


def first_counts_double(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that weighs the first action of a move twice."""
    turns = []
    for turn in game.turns:
        if isinstance(turn, Move):
            weights = np.array(turn.weights)
            weights[0] *= 2
            turn = rewrite.changed(game, turn, weights=weights)
        turns.append(turn)
    return solve(game.replace(turns=turns), rationality, **more)


def first_state_pays(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that pays in state 0, whichever that is."""
    flow = np.array(game.flow)
    flow[0] += 0.125
    return solve(game.replace(flow=flow), rationality, **more)


def other_bits_with_threads(game: Game, rationality: Any, *, threads: int = 1) -> Any:
    """The last bit of a value depends on the number of threads."""
    return tampered(
        game, rationality, values=lambda t, k, found: np.nextafter(found, math.inf) if threads > 1 else found
    )


def scribbling(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver that writes into the caller's game."""
    solution = solve(game, rationality, **more)
    game.flow.flags.writeable = True
    game.flow[0, 0] += 1.0
    return solution


def moody(game: Game, rationality: Any, **more: Any) -> Any:
    """A solver whose second answer is another."""
    MOOD.append(len(MOOD))
    return solve(game, np.asarray(rationality) + 0.001 * len(MOOD), **more)


MOOD: list[int] = []


def together_by_another_route(games: Any, rationality: Any) -> Any:
    return [tampered(game, rationality, values=lambda t, k, found: found * (1 + 1e-15)) for game in games]


def too_few(games: Any, rationality: Any) -> Any:
    return solve_many(games[1:], rationality)


SOLUTION = solve(GAME, 1.0)
SHARP = solve(GAME, math.inf)

# law -> the call that holds, and the calls that break it
CASES: dict[str, tuple[Callable[[], None], dict[str, Callable[[], None]]]] = {
    "probabilities": (
        lambda: laws.probabilities(SOLUTION),
        {
            f"{name}": (
                lambda turn=turn, change=change: laws.probabilities(tampered(GAME, 1.0, policy=at(turn, change)))
            )
            for name, turn, change in (
                ("a move that sums to more than one", 1, put(None, (0, 0), 0.999)),
                ("a move with a negative chance", 1, put(None, (0, 1), -1e-6)),
                ("a move to where nothing is", 1, put(None, (1, 1), 1e-9)),
                ("a move that is not a number", 1, put(None, (0, 1), math.nan)),
                ("a proposal of a closed package", 0, put("propose", (1, 0, 2), 1e-9)),
                ("proposals that sum to less than one", 0, put("propose", (0, 1, 1), 0.0)),
                ("an answer above one", 0, put("accept", (0, 0, 1, 1), 1.001)),
                ("an answer that is not a number", 0, put("accept", (0, 0, 1, 1), math.nan)),
                ("an answer where nothing can be proposed", 0, put("accept", (1, 0, 1, 2), 0.5)),
                ("an answer to no offer", 0, put("accept", (0, 0, 1, 0), 0.5)),
                ("a proposer who refuses", 0, put("accept", (0, 1, 1, 1), 0.5)),
                ("chances of nature that sum to less than one", 2, put(None, (0, 0), 0.8)),
            )
        },
    ),
    "legal_states": (
        lambda: laws.legal_states(solve(STUCK, 1.0), 0),
        {
            "a state that nothing leads to": lambda: laws.legal_states(
                solve(STUCK, 1.0),
                0,
                forward=Astray(mass=lambda t, k, mass: np.array([1.0, 0.0] if t < 2 else [0.5, 0.5])),
            ),
            "mass lost": lambda: laws.legal_states(SOLUTION, 0, forward=Astray(mass=lambda t, k, mass: mass * 0.99)),
            "mass lost at the very end": lambda: laws.legal_states(
                SOLUTION, 0, forward=Astray(mass=lambda t, k, mass: mass * (0.99 if t == 3 else 1.0))
            ),
            "a negative chance": lambda: laws.legal_states(
                SOLUTION, 0, forward=Astray(mass=lambda t, k, mass: mass + ([0.0, 0.0] if t == 0 else [1.0, -1.0]))
            ),
            "too many states": lambda: laws.legal_states(
                SOLUTION, 0, forward=Astray(mass=lambda t, k, mass: np.append(mass, 0.0) if t == 1 else mass)
            ),
        },
    ),
    "forward_equals_backward": (
        lambda: laws.forward_equals_backward(SOLUTION, 0),
        {
            "a payoff too much": lambda: laws.forward_equals_backward(SOLUTION, 0, forward=Astray(payoff=1e-7)),
            "values of another month": lambda: laws.forward_equals_backward(
                tampered(GAME, 1.0, values=lambda t, k, found: found / GAME.discount), 0
            ),
            "play of another precision": lambda: laws.forward_equals_backward(
                SOLUTION, 0, forward=propagate(solve(GAME, 2.0), 0)
            ),
            "the end state left out": lambda: laws.forward_equals_backward(
                SOLUTION, 0, forward=Astray(mass=lambda t, k, mass: mass * (0.0 if t == 3 else 1.0))
            ),
        },
    ),
    "no_regret": (
        lambda: laws.no_regret(SHARP),
        {
            "play that is not sharp": lambda: laws.no_regret(SOLUTION, players=["a"]),
            "a precision that is nearly sharp": lambda: laws.no_regret(solve(GAME, 20.0), players=["a", "b"]),
        },
    ),
    "no_one_shot_gain": (
        lambda: laws.no_one_shot_gain(SHARP),
        {
            "play that is not sharp": lambda: laws.no_one_shot_gain(SOLUTION, players=["b"]),
            "a fixed player": lambda: laws.no_one_shot_gain(
                solve(GAME, math.inf, fixed={"a": solve(GAME, 0.0).strategy("a")}), players=["a"]
            ),
        },
    ),
    "flow_shift": (
        lambda: laws.flow_shift(GAME, 1.0, player="a", amount=2.0),
        {"satiation": lambda: laws.flow_shift(GAME, 1.0, player="a", amount=2.0, solve=clipped)},
    ),
    "payoff_scale": (
        lambda: laws.payoff_scale(GAME, 1.0, player="b", factor=4.0),
        {"a precision that is not looked at": lambda: laws.payoff_scale(GAME, 1.0, player="b", factor=4.0, solve=deaf)},
    ),
    "choice_split": (
        lambda: laws.choice_split(GAME, 1.0, turn="offer", choice=1, share=0.25),
        {
            "packages counted by name": lambda: laws.choice_split(GAME, 1.0, turn="offer", choice=1, solve=weightless),
            "actions counted by name": lambda: laws.choice_split(GAME, 1.0, turn="move", choice=1, solve=weightless),
        },
    ),
    "player_order": (
        lambda: laws.player_order(GAME, [1.0, 2.0], order=[1, 0]),
        {"a favour for whoever is first": lambda: laws.player_order(GAME, 1.0, order=[1, 0], solve=partial)},
    ),
    "choice_order": (
        lambda: laws.choice_order(GAME, 1.0, turn="move", order=[1, 0]),
        {
            "a first action that counts double": lambda: laws.choice_order(
                GAME, 1.0, turn="move", order=[1, 0], solve=first_counts_double
            ),
            "ties, at infinite lam": lambda: laws.choice_order(
                GAME.replace(turns=[Move("a", ("x", "y"), [[0, 0], [1, 1]], np.zeros((2, 2)), name="tied")]),
                math.inf,
                turn="tied",
                order=[1, 0],
            ),
        },
    ),
    "state_order": (
        lambda: laws.state_order(GAME, 1.0, boundary=0, order=[1, 0]),
        {"a state that pays": lambda: laws.state_order(GAME, 1.0, boundary=0, order=[1, 0], solve=first_state_pays)},
    ),
    "same_bits": (
        lambda: laws.same_bits(GAME, 1.0),
        {"a last bit": lambda: laws.same_bits(GAME, 1.0, solve=other_bits_with_threads)},
    ),
    "many_equals_one": (
        lambda: laws.many_equals_one([GAME, GAME.replace(discount=0.5)], 1.0),
        {
            "another order of sums": lambda: laws.many_equals_one([GAME], 1.0, solve_many=together_by_another_route),
            "an answer too few": lambda: laws.many_equals_one([GAME, GAME], 1.0, solve_many=too_few),
        },
    ),
    "inputs_unchanged": (
        lambda: laws.inputs_unchanged(GAME, 1.0),
        {
            "a solver that writes into the game": lambda: laws.inputs_unchanged(example(), 1.0, solve=scribbling),
            "a solver that remembers": lambda: laws.inputs_unchanged(GAME, 1.0, solve=moody),
        },
    ),
}


def public_laws() -> set[str]:
    names = {
        name
        for name, function in inspect.getmembers(laws, inspect.isfunction)
        if function.__module__ == laws.__name__ and not name.startswith("_")
    }
    return names - {"value_range"}


def test_every_law_has_a_sabotage() -> None:
    assert set(CASES) == public_laws()


@pytest.mark.parametrize("law", CASES)
def test_the_law_holds_for_what_is_sound(law: str) -> None:
    CASES[law][0]()


@pytest.mark.parametrize(("law", "sabotage"), [(law, name) for law, (_, broken) in CASES.items() for name in broken])
def test_the_law_fails_for_what_is_broken(law: str, sabotage: str) -> None:
    """The message names the law, the place, what was found and what was expected."""
    with pytest.raises(AssertionError) as caught:
        CASES[law][1][sabotage]()
    text = str(caught.value)
    assert text.startswith(f"{law}: ")
    assert " found " in text
    assert ", expected " in text
