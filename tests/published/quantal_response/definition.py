"""What follows from the definition: `lam` 0, and answers in a row."""

from __future__ import annotations

import numpy as np

from sim.game import Game, Move, Offer
from sim.solver import solve
from tests.published.case import Case
from tests.published.quantal_response.sources import DECIMAL

DEFINITION = "the definition"


def weighted(weights: tuple[float, ...]) -> Game:
    """An offer and a move with four choices, of which one is not available; lam 0 must not look at the payoffs."""
    following = [[0, 0, -1, 0]]
    payoff = np.array([[0.0, 0.0], [5.0, -3.0], [100.0, 100.0], [-7.0, 2.0]])
    offer = Offer(
        ("a", "b"), [0.25, 0.75], ("no offer", "p1", "p2", "p3"), following, payoff, None, weights, name="offer"
    )
    move = Move("b", ("m0", "m1", "m2", "m3"), following, payoff, weights, name="move")
    return Game(("a", "b"), (offer, move), [[0.0, 0.0]], 0.9, [[0.0, 0.0]], 2)


def at_lam_0(weights: tuple[float, ...]) -> list[float]:
    """Both rounds: the move, both proposals, and the answers to the three packages that can be had."""
    solution = solve(weighted(weights), 0.0)
    found: list[float] = []
    for t in (0, 1):
        policy = solution.policy(t, "offer")
        found += [*solution.policy(t, "move")[0], *policy.propose[0, 0], *policy.propose[0, 1]]
        found += [*policy.accept[0, 0, 1, [0, 1, 3]], *policy.accept[0, 1, 0, [0, 1, 3]]]
    return found


def three_answers() -> list[float]:
    payoff = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.25]]
    offer = Offer(("a", "b", "c"), [1.0, 0.0, 0.0], ("no offer", "deal"), [[0, 0]], payoff, name="offer")
    game = Game(("a", "b", "c"), (offer,), [[0.0] * 3], 1.0, [[0.0] * 3], 1)
    return [float(chance) for chance in solve(game, 2.0).policy(0, "offer").accept[0, 0, :, 1]]


def _zero(name: str, weights: tuple[float, ...], shares: tuple[float, ...]) -> Case:
    return Case(
        f"lam-0-{name}",
        "an offer and a move of four choices, one of them closed, with payoffs of up to 100: chances by weight, "
        "answers "
        "by a coin",
        DEFINITION,
        "by hand",
        lambda: at_lam_0(weights),
        2 * (3 * shares + 2 * (1.0, 0.5, 0.5)),
        1e-15,
        "weights left out, or given to what is closed; payoffs that leak into lam 0",
        ", ".join(f"{share:.6g}" for share in shares),
    )


BY_DEFINITION = (
    _zero("equal-weights", (1.0, 1.0, 1.0, 1.0), (1 / 3, 1 / 3, 0.0, 1 / 3)),
    _zero("half-on-no-offer", (2.0, 1.0, 5.0, 1.0), (0.5, 0.25, 0.0, 0.25)),
    _zero("three-weights", (0.1, 0.3, 9.0, 0.6), (0.1, 0.3, 0.0, 0.6)),
    Case(
        "answers-in-a-row-lam-2",
        "one offer to two answering parties, who gain .5 and .25: the later answer is in the stake of the earlier",
        DEFINITION,
        DECIMAL,
        three_answers,
        (1.0, 0.650777678214700, 0.622459331201855),
        1e-14,
        "order of answers; the chance of the later yes left out",
    ),
)
