"""Selten's chain store."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from sim.game import Game, Move
from sim.solver import Solution, solve
from tests.published.case import Case, Family

OUT, COOPERATE, FIGHT = (5.0, 1.0), (2.0, 2.0), (0.0, 0.0)
"""Payoffs of the chain and of the entrant: it stays out; it enters and the chain is cooperative, or aggressive."""


def one_market(entrant: str, players: tuple[str, ...], name: str) -> tuple[Move, Move]:
    """The two moves in one market; states between them: 0 nobody entered, 1 the entrant is in."""
    who = players.index(entrant)

    def row(payoffs: tuple[float, float]) -> list[float]:
        found = [0.0] * len(players)
        found[0], found[who] = payoffs
        return found

    nothing = row((0.0, 0.0))
    enter = Move(entrant, ("stay out", "enter"), [[0, 1]], [row(OUT), nothing], name=f"{name} entrant")
    payoff = [[nothing] * 3, [nothing, row(COOPERATE), row(FIGHT)]]
    answer = Move("chain", ("nothing", "cooperate", "fight"), [[0, -1, -1], [-1, 0, 0]], payoff, name=f"{name} chain")
    return enter, answer


@cache
def in_rounds(lam: float, markets: int) -> Solution:
    """One market a round, all entrants in one role."""
    players = ("chain", "entrant")
    game = Game(players, one_market("entrant", players, "market"), np.zeros((1, 2)), 1.0, np.zeros((1, 2)), markets)
    return solve(game, lam)


@cache
def in_one_round(lam: float, markets: int) -> Solution:
    """Every market has an entrant of its own, and two turns of the one round."""
    players = ("chain", *(f"entrant {m + 1}" for m in range(markets)))
    turns = [turn for m in range(markets) for turn in one_market(f"entrant {m + 1}", players, f"market {m + 1}")]
    nothing = np.zeros((1, len(players)))
    return solve(Game(players, turns, nothing, 1.0, nothing, 1), lam)


def outcome(lam: float, markets: int) -> list[float]:
    """Values of the chain and of all entrants together; chance of entry and of a cooperative answer, first and last."""
    solution = in_rounds(lam, markets)
    policies = [(solution.policy(t, 0)[0, 1], solution.policy(t, 1)[1, 1]) for t in (0, markets - 1)]
    return [*solution.values(0, 0)[0], *policies[0], *policies[1]]


SELTEN = "Selten, *Theory and Decision* 9 (1978) 127-159, section 2: payoffs 5/1, 2/2, 0/0, twenty markets"
BREAKS = "backward induction over many rounds; a chance that depends on the past; who moves"

FAMILY = Family(
    "The chain store",
    "In each of twenty markets an entrant stays out (5 to the chain, 1 to it) or enters; the chain is then cooperative "
    "(2, 2) or aggressive (0, 0). By backward induction every entrant enters and the chain never fights: the paradox.",
    (
        Case(
            "chain-store-twenty-rounds",
            "one market a round: values of chain and entrants, chance of entry and of a cooperative answer, first "
            "and last",
            SELTEN,
            "Selten, by backward induction: 20 x 2 for the chain, 2 for each entrant",
            lambda: outcome(math.inf, 20),
            (40, 40, 1, 1, 1, 1),
            0.0,
            BREAKS,
        ),
        Case(
            "chain-store-twenty-entrants-of-their-own",
            "twenty markets as forty turns of one round, 21 players: values",
            SELTEN,
            "Selten, by backward induction",
            lambda: in_one_round(math.inf, 20).values(0, 0)[0],
            (40, *(2,) * 20),
            0.0,
            f"{BREAKS}; many players",
        ),
        *(
            Case(
                f"chain-store-lam-{lam:g}",
                "the same by agent QRE, one market a round: values, chances as above",
                "McKelvey and Palfrey, *Experimental Economics* 1 (1998) 9-41, for the concept",
                "the definition, in decimal arithmetic of forty digits; markets do not touch each other",
                lambda lam=lam: outcome(lam, 20),
                (*values, *chances, *chances),
                1e-11,
                "the logit; sums over rounds without discount",
            )
            for lam, values, chances in (
                (1.0, (55.847591419875955, 30.383570795438055), (0.681699742194526, 0.880797077977882)),
                (2.0, (46.989857134069383, 36.832577071893365), (0.873033999222800, 0.982013790037908)),
            )
        ),
    ),
)
