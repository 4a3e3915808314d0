"""Agent quantal response: centipede, ultimatum, `lam` 0, and what splitting nodes and packages does."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from sim.game import Game, Move, Offer
from sim.solver import propagate, solve
from sim.testing import rewrite
from tests.oracles import centipede as recursion
from tests.published.case import Case, Family

MP = "McKelvey and Palfrey, *Experimental Economics* 1 (1998) 9-41"
DECIMAL = "the definition, in decimal arithmetic of forty digits"
DEFINITION = "the definition"

# --- centipede --------------------------------------------------------------------------------------------------------

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
        "logit recursion, done apart from this program, to six digits",
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

# --- ultimatum --------------------------------------------------------------------------------------------------------

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

# --- splitting --------------------------------------------------------------------------------------------------------


def one_node(payoffs: tuple[float, ...]) -> Game:
    """One player picks among all at one node."""
    payoff = [[worth] for worth in payoffs]
    move = Move("a", [f"x{n}" for n in range(len(payoffs))], [[0] * len(payoffs)], payoff)
    return Game(("a",), (move,), [[0.0]], 1.0, [[0.0]], 1)


def two_nodes(payoffs: tuple[float, float, float]) -> Game:
    """The same player first picks the first or "one of the others", then which."""
    first = Move("a", ("x0", "others"), [[0, 1]], [[payoffs[0]], [0.0]])
    nothing = [[0.0], [0.0], [0.0]]
    second = Move("a", ("done", "x1", "x2"), [[0, -1, -1], [-1, 0, 0]], [nothing, [[0.0], *([p] for p in payoffs[1:])]])
    return Game(("a",), (first, second), [[0.0]], 1.0, [[0.0]], 1)


def picked(payoffs: tuple[float, float, float], lam: float) -> list[float]:
    """The chance of each action: at one node, then at two."""
    flat = solve(one_node(payoffs), lam).policy(0, 0)[0]
    split = solve(two_nodes(payoffs), lam)
    top, inner = split.policy(0, 0)[0], split.policy(0, 1)[1]
    return [*flat, top[0], top[1] * inner[1], top[1] * inner[2]]


def deal(*, split: bool, share_weight: bool) -> float:
    """The chance that the deal is proposed at lam 2: told once, or as two copies."""
    offer = Offer(("a", "b"), [1.0, 0.0], ("no offer", "deal"), [[0, 0]], [[0.0, 0.0], [1.0, 1.0]], name="table")
    game = Game(("a", "b"), (offer,), [[0.0, 0.0]], 1.0, [[0.0, 0.0]], 1)
    if split:
        game = rewrite.choice_split(game, "table", 1, 0.25)
        if not share_weight:
            game = game.replace(turns=[rewrite.changed(game, game.turns[0], weights=[1.0, 1.0, 1.0])])
    return float(solve(game, 2.0).policy(0, 0).propose[0, 0, 1:].sum())


INVARIANCE = (
    f"{MP}, abstract: agent QRE contradicts invariance in systematic ways; Schotter, Weigelt and Wilson, *Games and "
    "Economic "
    "Behavior* 6 (1994) 445-468, for play that does so too"
)
SPLITTING = (
    *(
        Case(
            f"splitting-a-node-changes-play-lam-{lam:g}",
            "one player picks among payoffs 2, 1, 1: at one node; then first 2 against the others, then which of them",
            INVARIANCE,
            f"{DECIMAL}; the two forms differ, and so do the figures",
            lambda lam=lam: picked((2.0, 1.0, 1.0), lam),
            (flat, (1 - flat) / 2, (1 - flat) / 2, split, (1 - split) / 2, (1 - split) / 2),
            1e-12,
            "a solver that is invariant where agent QRE is not",
        )
        for lam, flat, split in (
            (0.0, 1 / 3, 1 / 2),
            (1.0, 0.576116884765829, 0.731058578630005),
            (3.0, 0.909442998512742, 0.952574126822433),
        )
    ),
    Case(
        "splitting-a-node-with-unequal-payoffs-lam-1",
        "the same with payoffs 2 against 3 and 0",
        INVARIANCE,
        DECIMAL,
        lambda: picked((2.0, 3.0, 0.0), 1.0),
        (
            *(0.259496460342419, 0.705384512698241, 0.035119026959340),
            *(0.297815425195186, 0.668882858212877, 0.033301716591937),
        ),
        1e-12,
        "as above; the value of a node that is decided by logit",
    ),
    Case(
        "splitting-a-node-changes-nothing-at-infinite-lam",
        "the same at infinite lam, where both forms agree",
        "backward induction",
        "by hand",
        lambda: picked((2.0, 3.0, 0.0), math.inf),
        (0, 1, 0, 0, 1, 0),
        0.0,
        "best reply",
    ),
    Case(
        "splitting-a-package-that-shares-its-weight-changes-nothing",
        "one deal worth 1 to both at lam 2: told once; as copies with 1/4 and 3/4 of its weight; as copies with "
        "weight 1 "
        "each (which does change play)",
        "Matejka and McKay, *American Economic Review* 105 (2015) 272-298, theorem 1: weights as a prior; duplicates "
        "share the prior probability of the one option that they are",
        DECIMAL,
        lambda: [
            deal(split=False, share_weight=True),
            deal(split=True, share_weight=True),
            deal(split=True, share_weight=False),
        ],
        (0.853409204570903, 0.853409204570903, 0.920907484937717),
        1e-12,
        "weights left out, or not shared out",
    ),
)

# --- the definition ---------------------------------------------------------------------------------------------------


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

FAMILY = Family(
    "Agent quantal response equilibrium",
    "Every node is decided by its own agent with the precision lam of its player. The figures are agent QRE: "
    "normal-form "
    "QRE of the same games differs. Splitting a node into two changes agent QRE (that is a property of the concept, "
    "and "
    "the reason why the order of turns in a model matters); splitting a package into copies that share its weight does "
    "not change it here.",
    (*CENTIPEDE, *ULTIMATUM, *SPLITTING, *BY_DEFINITION),
)
