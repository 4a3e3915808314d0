"""The ultimatum over four units, as two moves and as one offer."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from sim.game import Game, Move, Offer
from sim.solver import solve
from tests.published.case import Case
from tests.published.quantal_response.sources import DECIMAL, MP

PIE = 4


@cache
def ultimatum() -> Game:
    """The proposer names how many of four units the other gets; the other says yes or no, in two moves."""
    # states: before the proposal 0; before the answer: the number offered
    propose = Move("proposer", [f"offer {x}" for x in range(PIE + 1)], [list(range(PIE + 1))], np.zeros((PIE + 1, 2)))
    payoff = np.zeros((PIE + 1, 2, 2))
    payoff[:, 0] = [(PIE - x, x) for x in range(PIE + 1)]
    answer = Move("responder", ("accept", "reject"), [[0, 0]] * (PIE + 1), payoff)
    return Game(("proposer", "responder"), (propose, answer), np.zeros((1, 2)), 1.0, np.zeros((1, 2)), 1)


@cache
def ultimatum_as_offer() -> Game:
    """The same as one offer; making no offer is a sixth choice, worth nothing to both."""
    payoff = [[0.0, 0.0], *([float(PIE - x), float(x)] for x in range(PIE + 1))]
    packages = ("no offer", *(f"offer {x}" for x in range(PIE + 1)))
    offer = Offer(("proposer", "responder"), [1.0, 0.0], packages, [[0] * (PIE + 2)], payoff)
    return Game(("proposer", "responder"), (offer,), np.zeros((1, 2)), 1.0, np.zeros((1, 2)), 1)


def ultimatum_play(lam: float) -> list[float]:
    solution = solve(ultimatum(), lam)
    return [*solution.policy(0, 0)[0], *solution.policy(0, 1)[:, 0]]


def ultimatum_offer_play(lam: float) -> list[float]:
    policy = solve(ultimatum_as_offer(), lam).policy(0, 0)
    return [*policy.propose[0, 0], *policy.accept[0, 0, 1, 1:]]


COIN = (0.5,) * 5
ACCEPT = {
    0.0: COIN,
    0.5: (0.5, 0.622459331201855, 0.731058578630005, 0.817574476193644, 0.880797077977882),
    1.0: (0.5, 0.731058578630005, 0.880797077977882, 0.952574126822433, 0.982013790037908),
    2.0: (0.5, 0.880797077977882, 0.982013790037908, 0.997527376843365, 0.999664649869534),
    5.0: (0.5, 0.993307149075715, 0.999954602131298, 0.999999694097773, 0.999999997938846),
}
PROPOSE = {
    0.0: (0.2,) * 5,
    0.5: (0.276123898735884, 0.258407725847990, 0.211010575290699, 0.152877494564390, 0.101580305561037),
    1.0: (0.286766817864978, 0.347875668009370, 0.225938663087170, 0.100609182519863, 0.038809668518619),
    2.0: (0.175517201417514, 0.634298408610112, 0.163333187900249, 0.023636492392200, 0.003214709679924),
    5.0: (0.007339806413190, 0.985273930155408, 0.007336475053752, 0.000049455150953, 0.000000333226696),
}
WITH_NO_OFFER = (
    *(0.037359749042347, 0.276053281515870, 0.334879120354601),
    *(0.217497651335270, 0.096850448709566, 0.037359749042347),
)
ULTIMATUM = (
    *(
        Case(
            f"ultimatum-lam-{lam:g}",
            "ultimatum over four units in two moves: chance of each offer 0 to 4, and of accepting each",
            f"{MP}, definition of logit agent QRE; Guth, Schmittberger and Schwarze, *Journal of Economic "
            "Behavior and Organization* 3 (1982) 367-388, for the game",
            f"{DECIMAL}: yes with chance 1 / (1 + exp(-lam x)); offers as exp(lam (4 - x) yes)",
            lambda lam=lam: ultimatum_play(lam),
            (*PROPOSE[lam], *ACCEPT[lam]),
            1e-12,
            "values of one turn behind the choices of the turn before; the logit",
        )
        for lam in PROPOSE
    ),
    Case(
        "ultimatum-as-an-offer-lam-1",
        "the same as an offer with its answer, where making no offer is a sixth choice",
        MP,
        DECIMAL,
        lambda: ultimatum_offer_play(1.0),
        (*WITH_NO_OFFER, *ACCEPT[1.0]),
        1e-12,
        "an answer's probability left out of the proposer's value; no offer counted wrongly",
    ),
    Case(
        "ultimatum-infinite-lam",
        "the same in two moves: nothing is offered, and accepted",
        "textbook; Rubinstein, *Econometrica* 50 (1982), with one round",
        "backward induction by hand: an indifferent responder takes the first action, accept",
        lambda: ultimatum_play(math.inf),
        (1, 0, 0, 0, 0, 1, 1, 1, 1, 1),
        0.0,
        "ties; best reply",
    ),
)
