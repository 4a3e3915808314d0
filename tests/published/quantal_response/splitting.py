"""What splitting nodes and packages does."""

from __future__ import annotations

import math

from sim.game import Game, Move, Offer
from sim.solver import solve
from sim.testing import rewrite
from tests.published.case import Case
from tests.published.quantal_response.sources import DECIMAL, MP


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
