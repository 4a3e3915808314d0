"""Alternating offers on a grid of shares, in rational numbers (Stahl 1972; Rubinstein 1982 in the limit).

Two players divide one unit. In round t the proposer names a share j/n for the answering player, who accepts or
refuses; a refusal costs a round and the roles change. After the last round nothing is left. Whoever is indifferent
accepts, so the answering player gets the least share on the grid that is worth waiting for, and no proposer does
better than by offering it or, where that pays more, by letting the round pass.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import NamedTuple


class Split(NamedTuple):
    """By who proposes: the values at the start of a round, and the share offered (None: no offer)."""

    values: dict[int, tuple[Fraction, Fraction]]
    offered: dict[int, Fraction | None]


def alternating_offers(shares: int, discounts: tuple[Fraction, Fraction], rounds: int) -> list[Split]:
    """Return for every round t = 0..rounds-1 the values and offers on a grid of 1/shares."""
    later: dict[int, tuple[Fraction, Fraction]] = {0: (Fraction(0),) * 2, 1: (Fraction(0),) * 2}
    path: list[Split] = []
    for _ in range(rounds):
        values, offered = {}, {}
        for proposer in (0, 1):
            answerer = 1 - proposer
            # After a refusal the other one proposes, a round later.
            wait = tuple(discounts[i] * later[answerer][i] for i in (0, 1))
            least = Fraction(ceil(wait[answerer] * shares), shares)
            pays = least <= 1 and 1 - least > wait[proposer]
            split = [Fraction(0), Fraction(0)]
            split[answerer], split[proposer] = least, 1 - least
            values[proposer] = (split[0], split[1]) if pays else (wait[0], wait[1])
            offered[proposer] = least if pays else None
        later = values
        path.append(Split(values, offered))
    return path[::-1]


def alternating_offers_by_search(
    shares: int, discounts: tuple[Fraction, Fraction], rounds: int, proposer: int = 0
) -> tuple[Fraction, Fraction]:
    """Return the values of the first round by trying every share: slow, and the check of the recursion above."""
    if rounds == 0:
        return Fraction(0), Fraction(0)
    answerer = 1 - proposer
    after = alternating_offers_by_search(shares, discounts, rounds - 1, answerer)
    wait = (discounts[0] * after[0], discounts[1] * after[1])
    best = wait
    for j in range(shares + 1):
        split = [Fraction(0), Fraction(0)]
        split[answerer], split[proposer] = Fraction(j, shares), 1 - Fraction(j, shares)
        accepted = split[answerer] >= wait[answerer]
        if accepted and split[proposer] > best[proposer]:
            best = (split[0], split[1])
    return best


def rubinstein(first: Fraction, second: Fraction) -> Fraction:
    """Return the first proposer's share without horizon or grid: (1 - d2) / (1 - d1 d2)."""
    return (1 - second) / (1 - first * second)
