"""The four-move centipede, as four turns of a round and as four rounds."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from sim.game import Game, Move
from sim.solver import propagate, solve
from tests.oracles import centipede as recursion
from tests.published.case import Case
from tests.published.quantal_response.sources import DECIMAL, MP

PAYOFFS = ((0.40, 0.10), (0.20, 0.80), (1.60, 0.40), (0.80, 3.20), (6.40, 1.60))


@cache
def centipede(*, over_rounds: bool) -> Game:
    """The four-move centipede: four turns of one round, or four rounds of two turns in which one player waits.

    ``over_rounds`` : one node a round, the mover by parity through the state; else four turns in one round.
    """
    players = ("first", "second")
    taken, passed = PAYOFFS[:4], PAYOFFS[4]
    if not over_rounds:
        turns = []
        for node in range(4):
            # States before every turn: 0 the game goes on, 1 it is over.
            payoff = np.zeros((2, 2, 2))
            payoff[0, 0] = taken[node]
            payoff[0, 1] = passed if node == 3 else (0.0, 0.0)
            turns.append(
                Move(
                    players[node % 2],
                    ("take", "pass"),
                    [[1, 1 if node == 3 else 0], [-1, 1]],
                    payoff,
                    name=f"node {node + 1}",
                )
            )
        return Game(players, turns, np.zeros((2, 2)), 1.0, np.zeros((2, 2)), 1)
    # States 0..3: at that node; 4: over. Only the owner of a node has a choice there.
    turns = []
    for who in (0, 1):
        following = np.full((5, 2), -1)
        payoff = np.zeros((5, 2, 2))
        for state in range(5):
            if state < 4 and state % 2 == who:
                following[state] = (4, 4 if state == 3 else state + 1)
                payoff[state, 0] = taken[state]
                payoff[state, 1] = passed if state == 3 else (0.0, 0.0)
            else:
                following[state, 1] = state
        turns.append(Move(players[who], ("take", "pass"), following, payoff, name=players[who]))
    return Game(players, turns, np.zeros((5, 2)), 1.0, np.zeros((5, 2)), 2)


def take(lam: float, *, over_rounds: bool) -> list[float]:
    """The chance of taking at each node, however the nodes lie in rounds and turns."""
    solution = solve(centipede(over_rounds=over_rounds), lam)
    if not over_rounds:
        return [float(solution.policy(0, node, [0])[0, 0]) for node in range(4)]
    return [float(solution.policy(node // 2, node % 2, [node])[0, 0]) for node in range(4)]


def still_going(lam: float) -> list[float]:
    forward = propagate(solve(centipede(over_rounds=False), lam), 0)
    return [float(forward.distribution(0, node)[0]) for node in range(4)]


TAKE = {
    0.0: (0.5, 0.5, 0.5, 0.5),
    0.5: (0.373594227844242, 0.375572530054600, 0.385072806310949, 0.689974481127612),
    1.0: (0.296256574927317, 0.277980285573591, 0.464883649356266, 0.832018385133924),
    2.0: (0.236192965529519, 0.376298744171306, 0.761576823557971, 0.960834277203236),
    5.0: (0.492704224791567, 0.851436105831690, 0.981847187874806, 0.999664649869534),
}
FOUR = "four-move centipede, payoffs .40/.10, .20/.80, 1.60/.40, .80/3.20, then 6.40/1.60"


def _centipede(lam: float, *, over_rounds: bool) -> Case:
    form = "one-node-a-round" if over_rounds else "four-turns-in-a-round"
    return Case(
        f"centipede-lam-{lam:g}-{form}",
        f"{FOUR}; {form.replace('-', ' ')}",
        f"{MP}: the game and agent QRE",
        DECIMAL,
        lambda: take(lam, over_rounds=over_rounds),
        TAKE[lam],
        1e-12,
        "the logit itself; accuracy of `exp`; lam of the wrong player; payoff added before or after the choice",
    )


CENTIPEDE = (
    *(_centipede(lam, over_rounds=over) for lam in TAKE for over in (False, True)),
    Case(
        "centipede-lam-1-six-digits",
        FOUR,
        MP,
        f"{DECIMAL}, rounded to six digits",
        lambda: take(1.0, over_rounds=False),
        (0.296257, 0.277980, 0.464884, 0.832018),
        6e-7,
        "as above",
    ),
    *(
        Case(
            f"centipede-lam-{lam:g}-by-recursion",
            FOUR,
            MP,
            "`oracles/centipede.py`, one line a node",
            lambda lam=lam: take(lam, over_rounds=True),
            recursion.take_probabilities(lam),
            1e-12,
            "overflow at high lam; accuracy at low lam",
        )
        for lam in (0.1, 20.0, 100.0)
    ),
    Case(
        "centipede-infinite-lam-is-taken-at-once",
        FOUR,
        f"{MP}; Rosenthal, *Journal of Economic Theory* 25 (1981) 92-100",
        "backward induction by hand",
        lambda: take(math.inf, over_rounds=False),
        (1.0, 1.0, 1.0, 1.0),
        0.0,
        "the switch from logit to best reply, off the path too",
    ),
    Case(
        "centipede-played-forward",
        f"{FOUR}; the chance that each node is reached at lam 1",
        MP,
        "the chain rule on the figures above, by hand",
        lambda: still_going(1.0),
        (1.0, 0.703743425072683, 0.508116626800442, 0.271901515034856),
        1e-12,
        "forward propagation",
    ),
)
