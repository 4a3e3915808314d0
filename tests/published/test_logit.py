"""Logit play: the four-move centipede game, and `lam` 0."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.game import Game
from sim.solver import propagate, solve
from tests.oracles import centipede
from tests.published import cases

TAKE_AT_LAM_1 = (0.296257, 0.277980, 0.464884, 0.832018)

FORMS = [pytest.param(False, id="four-turns-in-a-round"), pytest.param(True, id="one-node-after-another-over-rounds")]


def take_probabilities(game: Game, lam: float) -> list[float]:
    """Read the chance of taking at each node, however the nodes lie in rounds and turns."""
    solution = solve(game, lam)
    if game.rounds == 1:
        return [float(solution.policy(0, node, [0])[0, 0]) for node in range(4)]
    return [float(solution.policy(node // 2, node % 2, [node])[0, 0]) for node in range(4)]


@pytest.mark.parametrize("over_rounds", FORMS)
def test_centipede_at_lam_1(over_rounds: bool) -> None:
    """Source: agent QRE of the four-move game of McKelvey and Palfrey 1998, lam 1; figures to six digits."""
    found = take_probabilities(cases.centipede(over_rounds=over_rounds), 1.0)
    np.testing.assert_allclose(found, TAKE_AT_LAM_1, rtol=0, atol=6e-7)


@pytest.mark.parametrize("lam", [0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0, 100.0])
@pytest.mark.parametrize("over_rounds", FORMS)
def test_centipede_equals_the_recursion(over_rounds: bool, lam: float) -> None:
    """Source: tests/oracles/centipede.py, node by node. To 1e-12."""
    found = take_probabilities(cases.centipede(over_rounds=over_rounds), lam)
    np.testing.assert_allclose(found, centipede.take_probabilities(lam), rtol=0, atol=1e-12)


def test_the_recursion_gives_the_published_figures() -> None:
    np.testing.assert_allclose(centipede.take_probabilities(1.0), TAKE_AT_LAM_1, rtol=0, atol=6e-7)


def test_centipede_at_infinite_lam_is_taken_at_once() -> None:
    """Source: backward induction by hand; off the path too."""
    assert take_probabilities(cases.centipede(over_rounds=False), math.inf) == [1.0] * 4


def test_centipede_ends_where_the_take_probabilities_say() -> None:
    """Source: the chain rule on the published figures."""
    game = cases.centipede(over_rounds=False)
    forward = propagate(solve(game, 1.0), 0)
    left = 1.0
    for node, take in enumerate(TAKE_AT_LAM_1):
        np.testing.assert_allclose(forward.distribution(0, node)[0], left, rtol=0, atol=3e-6)
        left *= 1.0 - take


WEIGHTS = [
    pytest.param((1.0, 1.0, 1.0, 1.0), (1 / 3, 1 / 3, 0.0, 1 / 3), id="equal-weights"),
    pytest.param((2.0, 1.0, 5.0, 1.0), (0.5, 0.25, 0.0, 0.25), id="half-on-no-offer"),
    pytest.param((0.1, 0.3, 9.0, 0.6), (0.1, 0.3, 0.0, 0.6), id="three-weights"),
]


@pytest.mark.parametrize(("weights", "expected"), WEIGHTS)
def test_lam_0_picks_by_weights_and_answers_by_a_coin(weights: tuple[float, ...], expected: tuple[float, ...]) -> None:
    """Source: the definition; what is not available has probability 0, whatever its weight."""
    solution = solve(cases.take_it_or_leave_it(weights), 0.0)
    for t in (0, 1):
        np.testing.assert_allclose(solution.policy(t, "move"), [expected], rtol=0, atol=1e-15)
        policy = solution.policy(t, "offer")
        for p in (0, 1):
            np.testing.assert_allclose(policy.propose[0, p], expected, rtol=0, atol=1e-15)
            np.testing.assert_array_equal(policy.accept[0, p, 1 - p], [1.0, 0.5, math.nan, 0.5])
            np.testing.assert_array_equal(policy.accept[0, p, p], [1.0, 1.0, math.nan, 1.0])


def test_one_answer_by_hand() -> None:
    """Source: the definition; the last party's answer is in the stake of the one before."""
    from sim.game import Offer

    payoff = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.25]]
    offer = Offer(("a", "b", "c"), [1.0, 0.0, 0.0], ("no offer", "deal"), [[0, 0]], payoff, name="offer")
    game = Game(("a", "b", "c"), (offer,), [[0.0] * 3], 1.0, [[0.0] * 3], 1)
    accept = solve(game, 2.0).policy(0, "offer").accept[0, 0]
    last = 1 / (1 + math.exp(-0.5))
    before = 1 / (1 + math.exp(-2 * last * 0.5))
    np.testing.assert_allclose(accept[:, 1], [1.0, before, last], rtol=0, atol=1e-14)
