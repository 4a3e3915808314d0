"""Wars of attrition with perfect information: who can wait longer wins at once."""

from __future__ import annotations

import math

import numpy as np

from sim.game import Chance, Game, Move
from sim.solver import Solution, solve
from tests.published.case import Case, Family

PRIZE, COST = 3.0, 1.0


def with_deadline(order: tuple[str, str], rounds: int, lam: float, discount: float = 1.0) -> Solution:
    """Each round both, in ``order``, stay or concede; who concedes leaves the prize to the other; waiting costs both.

    States: 0 on, 1 over. Nobody gets the prize after the last round.
    """
    players = ("a", "b")
    turns = []
    for who in order:
        payoff = np.zeros((2, 2, 2))
        payoff[0, 1, 1 - players.index(who)] = PRIZE
        turns.append(Move(who, ("stay", "concede"), [[0, 1], [1, -1]], payoff, name=who))
    flow = [[-COST, -COST], [0.0, 0.0]]
    return solve(Game(players, turns, flow, discount, np.zeros((2, 2)), rounds), lam)


def deadline(order: tuple[str, str], rounds: int, discount: float = 1.0) -> list[float]:
    """Values of a and b, and the chance that each stays at its first turn while the war is on."""
    solution = with_deadline(order, rounds, math.inf, discount)
    stays = {who: solution.policy(0, who)[0, 0] for who in order}
    return [*solution.values(0, 0)[0], stays["a"], stays["b"]]


def one_round(lam: float) -> list[float]:
    """Chance that a stays, that b concedes, and the values of both."""
    solution = with_deadline(("a", "b"), 1, lam)
    return [float(solution.policy(0, 0)[0, 0]), float(solution.policy(0, 1)[0, 1]), *solution.values(0, 0)[0]]


MONTHS = 6
BOTH, LARGE, SMALL, NOBODY = range(4)


def declining_industry(large_until: int, small_until: int) -> list[float]:
    """Values of the large and the small firm, and the chance that each stays in the first month.

    States: month x who is left. Two firms lose 1 each a month; one alone earns 2 up to its last good month, and loses 1
    a month after it. Who leaves stays out.
    """
    players = ("large", "small")
    months = MONTHS + 1
    states = np.arange(4 * months).reshape(months, 4)
    turns: list[Move | Chance] = []
    for firm, alone, other in ((0, LARGE, SMALL), (1, SMALL, LARGE)):
        following = np.full((4 * months, 2), -1)
        following[:, 0] = states.reshape(-1)
        following[states[:, BOTH], 1] = states[:, other]
        following[states[:, alone], 1] = states[:, NOBODY]
        turns.append(Move(players[firm], ("stay", "leave"), following, np.zeros((2, 2)), name=players[firm]))
    # the month goes by: flow is what was earned in it, and stands with the month that has begun
    later = np.minimum(np.arange(months) + 1, months - 1)
    turns.append(Chance(states[later].reshape(-1, 1), [1.0], name="month"))
    flow = np.zeros((months, 4, 2))
    for begun in range(1, months):
        month = begun - 1
        flow[begun, BOTH] = (-1.0, -1.0)
        flow[begun, LARGE, 0] = 2.0 if month <= large_until else -1.0
        flow[begun, SMALL, 1] = 2.0 if month <= small_until else -1.0
    nothing = np.zeros((4 * months, 2))
    solution = solve(Game(players, turns, flow.reshape(-1, 2), 1.0, nothing, MONTHS), math.inf)
    stays = [float(solution.policy(0, firm, [states[0, BOTH]])[0, 0]) for firm in players]
    return [*solution.values(0, 0)[states[0, BOTH]], *stays]


DEADLINE = (
    "by hand: in the last round whoever moves last saves the cost and concedes; the other waits for it; so it does in "
    "every round before"
)
WAR = "Hendricks, Weiss and Wilson, *International Economic Review* 29 (1988) 663-680, in discrete time with turns"
EXIT = "Ghemawat and Nalebuff, *RAND Journal of Economics* 16 (1985) 184-194: the firm that is viable longer stays"
BREAKS = "flow before or after the discount; order of turns; a state that stays for good; an off-by-one round"

FAMILY = Family(
    "Wars of attrition",
    "Moves are taken in turn and seen by all. With a deadline and a cost of waiting, whoever would have to give way "
    "last "
    "gives way at once; in a declining industry the firm that is viable for a shorter time leaves at once.",
    (
        *(
            Case(
                f"attrition-{rounds}-rounds-second-concedes",
                f"prize 3, cost 1 a round, {rounds} rounds, a before b: values, who stays",
                WAR,
                DEADLINE,
                lambda rounds=rounds: deadline(("a", "b"), rounds, 0.9),
                (3, 0, 1, 0),
                0.0,
                BREAKS,
            )
            for rounds in (1, 2, 5, 12)
        ),
        Case(
            "attrition-order-reversed",
            "the same with b before a, five rounds",
            WAR,
            DEADLINE,
            lambda: deadline(("b", "a"), 5),
            (0, 3, 0, 1),
            0.0,
            BREAKS,
        ),
        Case(
            "attrition-one-round-lam-1",
            "one round at lam 1: chance that a stays, that b concedes, values",
            "McKelvey and Palfrey, *Experimental Economics* 1 (1998) 9-41, for the concept",
            "the definition, in decimal arithmetic of forty digits",
            lambda: one_round(1.0),
            (0.872609871164909, 0.731058578630005, 1.679105857284412, 0.147489447452693),
            1e-12,
            "flow left out of the stake of the last mover",
        ),
        Case(
            "exit-small-firm-viable-longer",
            "six months; alone the large firm earns for three months, the small one for five",
            EXIT,
            "by hand: from month 3 the large firm leaves even if alone, so the small one waits for it in month 2 (-1 "
            "+ 4), "
            "and so in every month before; the large one leaves at once, the small one earns 5 x 2",
            lambda: declining_industry(2, 4),
            (0, 10, 0, 1),
            0.0,
            BREAKS,
        ),
        Case(
            "exit-large-firm-viable-longer",
            "the same with the firms' times exchanged",
            EXIT,
            "by hand, as above: the small firm leaves at once, the large one earns 5 x 2",
            lambda: declining_industry(4, 2),
            (10, 0, 1, 0),
            0.0,
            BREAKS,
        ),
    ),
)
