"""The goal of an inverse question: an outcome beyond a level, or a kind of deal in the lead."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np

from sim.analyse.record import Floats
from sim.analyse.variants import Evaluated
from sim.errors import UsageError


@dataclass(frozen=True)
class Goal:
    """What is asked for: that ``outcome`` crosses ``level`` by ``month``, or that the kind of deal ``deal`` leads.

    ``sign`` is 1 where the goal lies above the base, -1 where it lies below.
    """

    outcome: str | None
    level: float
    deal: str | None
    month: int
    sign: float = 1.0

    def figures(self, found: Evaluated) -> Floats:
        """Return the outcome, or the deal's lead in probability over the next kind of first deal, shape (n,)."""
        if self.deal is None:
            assert self.outcome is not None
            return found.at(self.outcome, self.month)
        assert found.first_deals is not None
        leads = []
        for kinds in found.first_deals:
            others = [value for kind, value in kinds.items() if kind != self.deal]
            leads.append(kinds.get(self.deal, 0.0) - max(others) if others else np.nan)
        return np.array(leads)

    def gap(self, figures: Floats) -> Floats:
        """Return how far beyond the level the figures are, on the side away from the base; at or above 0: met."""
        result: Floats = self.sign * (figures - self.level)
        return result

    def words(self) -> str:
        """Return the goal in words."""
        if self.deal is not None:
            return f"the likeliest first deal within {self.month} months is: {self.deal}"
        side = "at or above" if self.sign > 0 else "below"
        return f"{self.outcome} at month {self.month} {side} {self.level:g}"


def check_deal(deal: str, start: Evaluated) -> None:
    """Refuse a kind of deal that the unchanged scenario, as evaluated, does not know.

    Raises
    ------
    UsageError : names the kinds that there are, and the nearest.
    """
    assert start.first_deals is not None
    kinds = sorted(start.first_deals[0])
    if deal not in kinds:
        near = difflib.get_close_matches(deal, kinds, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"deal: found {deal!r}; allowed: {', '.join(kinds)}.{hint}")
