"""A small game, and solvers, solutions and forward play that are wrong, each in its own way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.game import Chance, Game, Move, Offer
from sim.solver import Until, propagate, solve
from sim.testing import laws, rewrite


def example() -> Game:
    """Two players, two states, an offer, a move and chance; no ties; something unavailable at each."""
    offer = Offer(
        ("b", "a"),
        [[0.25, 0.75], [0.5, 0.5]],
        ("no offer", "deal", "other"),
        [[0, 1, 0], [1, 0, -1]],
        [[0.0, 0.0], [0.7, 0.4], [-0.3, 1.1]],
        weights=[2.0, 1.0, 0.5],
        name="offer",
    )
    move = Move("a", ("x", "y"), [[0, 1], [1, -1]], [[0.3, -0.2], [0.45, 0.6]], [3.0, 1.0], name="move")
    chance = Chance([[0, 1], [1, 0]], [[0.9, 0.1], [0.6, 0.4]], name="nature")
    flow, terminal = [[0.1, 0.9], [1.3, 0.2]], [[0.0, 0.5], [0.8, 0.3]]
    return Game(("a", "b"), (offer, move, chance), flow, [0.9, 0.8], terminal, 3)


EXAMPLE = example()
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


def fails(law: str, broken: Callable[[], None]) -> None:
    with pytest.raises(AssertionError) as caught:
        broken()
    text = str(caught.value)
    assert text.startswith(f"{law}: "), text
    assert " found " in text
    assert ", expected " in text
