"""Nash, Kalai-Smorodinsky, egalitarian and utilitarian points on two hulls, and on their corners alone."""

from __future__ import annotations

from collections.abc import Sequence

from sim.bargain.lotteries import lotteries
from sim.bargain.picks import picks
from tests.published.case import Case, Family

TRIANGLE = ((0, 0), (2, 0), (0, 1))
FOURSIDED = ((0, 0), (1, 0), (1, 1 / 2), (0, 1))

SOURCES = {
    "nash": "Nash, *Econometrica* 18 (1950) 155-162: the largest product of gains",
    "kalai_smorodinsky": "Kalai and Smorodinsky, *Econometrica* 43 (1975) 513-518: gains in proportion to the ideal "
    "point",
    "egalitarian": "Kalai, *Econometrica* 45 (1977) 1623-1630: equal gains",
    "utilitarian": "Thomson in *Handbook of Game Theory* 2 (1994), chapter 35: the largest sum",
}
HULLS = {
    "triangle": (
        TRIANGLE,
        {
            "nash": ((1, 1 / 2), "by hand: x (1 - x/2) is largest at x = 1"),
            "kalai_smorodinsky": (
                (1, 1 / 2),
                "by hand: the ideal is (2, 1), and y = x/2 meets x/2 + y = 1 at (1, 1/2)",
            ),
            "egalitarian": ((2 / 3, 2 / 3), "by hand: x = y meets x/2 + y = 1 at 2/3"),
            "utilitarian": ((2, 0), "by hand: x + 1 - x/2 grows up to the corner (2, 0)"),
        },
    ),
    "foursided": (
        FOURSIDED,
        {
            "nash": ((1, 1 / 2), "by hand: x (1 - x/2) is largest at x = 1, the corner"),
            "kalai_smorodinsky": ((2 / 3, 2 / 3), "by hand: the ideal is (1, 1), and y = x meets y = 1 - x/2 at 2/3"),
            "egalitarian": ((2 / 3, 2 / 3), "by hand: x = y meets y = 1 - x/2 at 2/3"),
            "utilitarian": ((1, 1 / 2), "by hand: x + 1 - x/2 is largest at x = 1"),
        },
    ),
}
TOLERANCES = {"nash": 1e-4, "kalai_smorodinsky": 1e-8, "egalitarian": 1e-8, "utilitarian": 1e-8}
BREAKS = "the disagreement point; the ideal point; a rule that compares units where it must not; a swapped axis"


def point(hull: Sequence[Sequence[float]], rule: str) -> Sequence[float]:
    return lotteries(hull)[rule].gains


def corner(packages: Sequence[Sequence[float]], rule: str) -> Sequence[float]:
    return picks(packages)[rule].gains


def _scaled(hull: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    return [(x, 8 * y) for x, y in hull]


FAMILY = Family(
    "Bargaining solutions on convex sets",
    "The triangle with corners (0,0), (2,0), (0,1), and the foursided set with corners (0,0), (1,0), (1,1/2), (0,1), "
    "which "
    "lies inside it; no agreement is (0,0). Nash's point is the same on both, as independence of irrelevant "
    "alternatives "
    "wants; Kalai and Smorodinsky's is not, because the ideal point moves. Nash's point on a hull is found by a search "
    "that ends within 1e-10 of the best logarithm of the product, hence its wider tolerance.",
    (
        *(
            Case(
                f"{rule.replace('_', '-')}-on-the-{name}-hull",
                f"the hull of {', '.join(f'({x:g},{y:g})' for x, y in hull)}",
                SOURCES[rule],
                by,
                lambda hull=hull, rule=rule: point(hull, rule),
                expected,
                TOLERANCES[rule],
                BREAKS,
            )
            for name, (hull, rules) in HULLS.items()
            for rule, (expected, by) in rules.items()
        ),
        *(
            Case(
                f"{rule.replace('_', '-')}-does-not-depend-on-units",
                "the foursided set with the second player's gains told in eighths: the same point in these units",
                SOURCES[rule],
                "by hand, as above, times 8",
                lambda rule=rule: point(_scaled(FOURSIDED), rule),
                (HULLS["foursided"][1][rule][0][0], 8 * HULLS["foursided"][1][rule][0][1]),
                8 * TOLERANCES[rule],
                BREAKS,
            )
            for rule in ("nash", "kalai_smorodinsky")
        ),
        Case(
            "egalitarian-depends-on-units",
            "the same units for the egalitarian rule: it picks another deal, the corner (1, 1/2) instead of (2/3, 2/3)",
            SOURCES["egalitarian"],
            "by hand: the first cannot have more than 1, which it has at (1, 1); of such points the second prefers "
            "(1, 4)",
            lambda: point(_scaled(FOURSIDED), "egalitarian"),
            (1, 4),
            1e-8,
            BREAKS,
        ),
        *(
            Case(
                f"{rule.replace('_', '-')}-among-four-packages",
                "the packages (3,1), (2,2), (1,4), (0,9) without lotteries",
                SOURCES[rule],
                by,
                lambda rule=rule: corner(((3, 1), (2, 2), (1, 4), (0, 9)), rule),
                expected,
                0.0,
                BREAKS,
            )
            for rule, expected, by in (
                ("egalitarian", (2, 2), "by hand: smallest gains 1, 2, 1, 0"),
                ("utilitarian", (0, 9), "by hand: sums 4, 4, 5, 9; nobody loses in (0,9)"),
                ("kalai_smorodinsky", (1, 4), "by hand: ideal (3, 9); smallest shares 1/9, 2/9, 1/3, 0"),
            )
        ),
    ),
)
