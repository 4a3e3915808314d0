"""Bargaining under unanimity with equal recognition (Baron and Ferejohn 1989, closed rule, k = n), in rational numbers.

n players divide one unit; every round one of them, drawn with equal chances, proposes, and all others must accept. By
symmetry everyone expects 1/n of what the round yields, so whoever answers accepts d/n and whoever proposes keeps
1 - (n - 1) d / n; in the last round answering parties are indifferent at nothing.
"""

from __future__ import annotations

from fractions import Fraction


def proposer_keeps(players: int, discount: Fraction, rounds: int) -> list[Fraction]:
    """Return what a proposer keeps in every round t = 0..rounds-1."""
    expected = Fraction(0)  # what anyone expects of the round that follows a refusal
    kept = []
    for _ in range(rounds):
        keep = 1 - (players - 1) * discount * expected
        expected = (keep + (players - 1) * discount * expected) / players
        kept.append(keep)
    return kept[::-1]
