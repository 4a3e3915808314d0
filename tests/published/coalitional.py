"""Shapley and Banzhaf values of glove and weighted voting games."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction as F

import numpy as np

from sim.bargain.coalitions import banzhaf_index, core, members, shapley
from tests.published.case import Case, Family


def worths(players: int, worth: Callable[[tuple[int, ...]], float]) -> np.ndarray:
    """The worth of every coalition, by the binary digits of its number."""
    return np.array([0.0 if c == 0 else float(worth(members(c, players))) for c in range(2**players)])


def gloves(left: int, right: int) -> np.ndarray:
    """Players hold one glove each, the first ``left`` of them a left one; a pair is worth 1."""
    return worths(left + right, lambda who: min(sum(i < left for i in who), sum(i >= left for i in who)))


def voting(quota: float, weights: Sequence[float]) -> np.ndarray:
    """A coalition is worth 1 if its weights reach the quota."""
    return worths(len(weights), lambda who: sum(weights[i] for i in who) >= quota)


def airport(costs: Sequence[float]) -> np.ndarray:
    """A coalition pays for the longest runway that one of its members needs."""
    return worths(len(costs), lambda who: max(costs[i] for i in who))


SHAPLEY = "Shapley in *Contributions to the Theory of Games* II (1953) 307-317"
SHUBIK = "Shapley and Shubik, *American Political Science Review* 48 (1954) 787-792"
BREAKS = "weights of the orders of arrival; a coalition read by the wrong binary digit; the empty coalition"


def _shapley(name: str, game: str, source: str, by: str, worth: np.ndarray, expected: Sequence[F]) -> Case:
    figure = ", ".join(str(share) for share in expected)
    return Case(
        f"shapley-{name}", game, source, by, lambda: shapley(worth), [float(x) for x in expected], 1e-12, BREAKS, figure
    )


COUNCIL = (7,) * 5 + (1,) * 6
"""The Security Council of 1954: 7 of 11 votes, those of all five permanent members among them: 39 of these weights."""

FAMILY = Family(
    "Shapley and Banzhaf values",
    "A coalition's worth is the number of pairs of gloves, 1 for a winning coalition, or the cost of a runway.",
    (
        _shapley(
            "one-left-two-right-gloves",
            "one left glove, two right ones",
            SHAPLEY,
            "by hand: the left one is pivotal unless it comes first (2/3), each right one if it comes second after "
            "it (1/6)",
            gloves(1, 2),
            (F(2, 3), F(1, 6), F(1, 6)),
        ),
        _shapley(
            "two-left-two-right-gloves",
            "two left gloves, two right ones",
            SHAPLEY,
            "by hand: two pairs among four alike in every respect",
            gloves(2, 2),
            (F(1, 2),) * 4,
        ),
        _shapley(
            "one-left-three-right-gloves",
            "one left glove, three right ones",
            SHAPLEY,
            "by hand: the left one is pivotal unless it comes first (3/4), the others share 1/4",
            gloves(1, 3),
            (F(3, 4), F(1, 12), F(1, 12), F(1, 12)),
        ),
        _shapley(
            "two-left-three-right-gloves",
            "two left gloves, three right ones",
            "Shapley and Shubik, *International Economic Review* 10 (1969) 337-362, markets with pairs of gloves",
            "published table: .650 and .233; by hand over the ten equally likely orders of kinds: 13/20 and 7/30",
            gloves(2, 3),
            (F(13, 20), F(13, 20), F(7, 30), F(7, 30), F(7, 30)),
        ),
        _shapley(
            "voting-51-of-50-49-1",
            "weighted voting [51; 50, 49, 1]",
            SHUBIK,
            "by hand: as powerful as the one left glove, whatever the weights",
            voting(51, (50, 49, 1)),
            (F(2, 3), F(1, 6), F(1, 6)),
        ),
        _shapley(
            "voting-apex",
            "weighted voting [3; 2, 1, 1, 1]: the large one with any other, or all the others",
            SHUBIK,
            "by hand: the large one is pivotal in second or third place, 1/2; the others share the rest",
            voting(3, (2, 1, 1, 1)),
            (F(1, 2), F(1, 6), F(1, 6), F(1, 6)),
        ),
        _shapley(
            "council-of-ministers-1958",
            "weighted voting [12; 4, 4, 4, 2, 2, 1]: the six of 1958",
            "Brams and Affuso, *Theory and Decision* 7 (1976) 29-56: Luxembourg had no power",
            "published: 14/60 each, 9/60 each, 0",
            voting(12, (4, 4, 4, 2, 2, 1)),
            (F(14, 60),) * 3 + (F(9, 60),) * 2 + (F(0),),
        ),
        _shapley(
            "security-council-1954",
            "the Security Council of 1954: 7 of 11 votes, with all five permanent members",
            f"{SHUBIK}: 76/77 of the power with the five",
            "by hand: a small one is pivotal if the five and one other small one came before it and four after it: "
            "5 x 6! x 4! / 11! = 1/462; the five share the rest",
            voting(37, COUNCIL),
            (F(76, 385),) * 5 + (F(1, 462),) * 6,
        ),
        _shapley(
            "airport",
            "runways costing 1, 2 and 4",
            "Littlechild and Owen, *Management Science* 20 (1973) 370-372: each stretch is shared by those who use it",
            "by hand: 1/3; 1/3 + 1/2; 1/3 + 1/2 + 2",
            airport((1, 2, 4)),
            (F(1, 3), F(5, 6), F(17, 6)),
        ),
        Case(
            "banzhaf-51-of-50-49-1",
            "weighted voting [51; 50, 49, 1]: Banzhaf's index",
            "Banzhaf, *Rutgers Law Review* 19 (1965) 317-343",
            "by hand: 3, 1 and 1 swings",
            lambda: banzhaf_index(voting(51, (50, 49, 1))),
            (3 / 5, 1 / 5, 1 / 5),
            1e-12,
            "swings counted among coalitions that hold the player",
        ),
        Case(
            "banzhaf-council-of-ministers-1958",
            "weighted voting [12; 4, 4, 4, 2, 2, 1]: Banzhaf's index",
            "Brams and Affuso, *Theory and Decision* 7 (1976) 29-56",
            "published: 10, 6 and 0 of 42 swings",
            lambda: banzhaf_index(voting(12, (4, 4, 4, 2, 2, 1))),
            (*(10 / 42,) * 3, *(6 / 42,) * 2, 0),
            1e-12,
            "as above",
        ),
        Case(
            "core-of-the-gloves",
            "one left glove, two right ones: the only point of the core",
            "Shapley and Shubik, *International Economic Review* 10 (1969) 337-362",
            "by hand: each right one can be left out, so it gets nothing",
            lambda: core(gloves(1, 2)).point,
            (1, 0, 0),
            1e-8,
            "a missing coalition in the linear programme",
        ),
        Case(
            "core-of-majority-is-empty",
            "any two of three share 1: whether the core is empty, and the smallest largest complaint",
            "textbook; Bondareva (1963), Shapley, *Naval Research Logistics Quarterly* 14 (1967) 453-460",
            "by hand: the three pairs together ask for 3 and there are 2 to give out; at (1/3, 1/3, 1/3) each pair "
            "misses 1/3",
            lambda: [float((found := core(voting(2, (1, 1, 1)))).empty), found.complaint],
            (1, 1 / 3),
            1e-8,
            "as above",
        ),
    ),
)
