"""Sanctions games: what turns can express of them, and what they cannot."""

from __future__ import annotations

import itertools
import math

import numpy as np

from sim.game import Game, Move
from sim.solver import solve
from tests.published.case import Case, Family

# (sender, target): sanctions or not, against a target that violates or complies; no cell is an equilibrium of
# simultaneous moves. A penalty is what a sanctioned violation costs the target.
SANCTION_VIOLATE, IGNORE_VIOLATE = 1.0, 0.0
SANCTION_COMPLY, IGNORE_COMPLY = -1.0, 0.0
PRIZE = 2.0


def table(penalty: float) -> np.ndarray:
    """Payoffs [target's action, sender's action, (sender, target)]: violate, comply; sanction, ignore."""
    return np.array(
        [
            [[SANCTION_VIOLATE, -penalty], [IGNORE_VIOLATE, PRIZE]],
            [[SANCTION_COMPLY, 0.0], [IGNORE_COMPLY, 0.0]],
        ]
    )


def in_turn(penalty: float, first: str, lam: float) -> list[float]:
    """One player moves, the other sees it and answers: chance that the first action is taken, first; then after each.

    The target's first action is to violate, the sender's is to sanction.
    """
    payoff = table(penalty) if first == "target" else table(penalty).transpose(1, 0, 2)
    second = "sender" if first == "target" else "target"
    moves = (
        Move(first, ("one", "other"), [[0, 1]], np.zeros((2, 2)), name="first"),
        Move(second, ("one", "other"), [[0, 0], [0, 0]], payoff, name="second"),
    )
    solution = solve(Game(("sender", "target"), moves, np.zeros((1, 2)), 1.0, np.zeros((1, 2)), 1), lam)
    return [float(solution.policy(0, 0)[0, 0]), *(float(chance) for chance in solution.policy(0, 1)[:, 0])]


def mixed(penalty: float) -> tuple[float, float]:
    """The equilibrium of simultaneous moves in fractions of hand: chance of a violation, chance of a sanction."""
    violate = (IGNORE_COMPLY - SANCTION_COMPLY) / (SANCTION_VIOLATE - IGNORE_VIOLATE + IGNORE_COMPLY - SANCTION_COMPLY)
    return violate, PRIZE / (PRIZE + penalty)


def pure_equilibria(penalty: float) -> list[tuple[int, int]]:
    """Cells (target's action, sender's action) from which nobody gains by leaving alone."""
    payoff = table(penalty)
    return [
        (t, s)
        for t, s in itertools.product((0, 1), (0, 1))
        if payoff[t, s, 1] >= payoff[1 - t, s, 1] and payoff[t, s, 0] >= payoff[t, 1 - s, 0]
    ]


TSEBELIS = "Tsebelis, *Journal of Conflict Resolution* 34 (1990) 3-28, his two-by-two game with numbers of our own"
LIMIT = (
    "Tsebelis' game itself has both act at once, without seeing each other, and only a mixed equilibrium (here: a "
    "violation with chance 1/2 whatever the penalty, a sanction with chance 2 / (2 + penalty)). **Simultaneous moves "
    "are "
    "outside our class of games**: each turn is decided by somebody who knows the state. So that equilibrium is not "
    "among "
    "our cases; `test_simultaneous_moves_are_outside_the_class` shows that no order of turns gives it. What can be "
    "told are "
    "the games in which one side moves first and is seen."
)
BREAKS = "the wrong mover; payoff by state at the second turn; a swapped axis"

FAMILY = Family(
    "Sanctions, in turn",
    f"A target violates (worth 2 to it unless sanctioned) or complies; a sender sanctions or does not. {LIMIT}",
    (
        *(
            Case(
                f"sanctions-target-first-penalty-{penalty:g}",
                "the target moves and is seen: chance of a violation; of a sanction after a violation, after none",
                TSEBELIS,
                "backward induction by hand: a violation is sanctioned, compliance is not, so the target complies",
                lambda penalty=penalty: in_turn(penalty, "target", math.inf),
                (0, 1, 0),
                0.0,
                BREAKS,
            )
            for penalty in (1.0, 4.0)
        ),
        Case(
            "sanctions-sender-first",
            "the sender commits and is seen: chance of a sanction; of a violation under it, without it",
            TSEBELIS,
            "backward induction by hand: sanctions make the target comply at a cost of 1, none leaves 0 to the sender",
            lambda: in_turn(1.0, "sender", math.inf),
            (0, 0, 1),
            0.0,
            BREAKS,
        ),
        *(
            Case(
                f"sanctions-target-first-lam-1-penalty-{penalty:g}",
                "the first game by agent QRE: a higher penalty makes violations rarer, unlike in the simultaneous game",
                "McKelvey and Palfrey, *Experimental Economics* 1 (1998) 9-41, for the concept",
                "the definition, in decimal arithmetic of forty digits",
                lambda penalty=penalty: in_turn(penalty, "target", 1.0),
                (violation, 0.731058578630005, 0.268941421369995),
                1e-12,
                BREAKS,
            )
            for penalty, violation in ((1.0, 0.451855689223042), (4.0, 0.084219403551224))
        ),
    ),
)
