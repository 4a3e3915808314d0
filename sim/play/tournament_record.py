"""The record of a tournament: the table of payoffs over all profiles and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from sim.game.turns import Floats
from sim.model import PLAYERS
from sim.play.metagame import Trace, regrets

SCHEMA_VERSION = 1
MEANING = (
    "In the tournament nobody reacts: every capital follows its behaviour from the first month on, and 'equilibrium' "
    "goes on with the scenario's equilibrium policies whoever it meets."
)


@dataclass(frozen=True)
class Tournament:
    """The table of payoffs and what follows from it.

    Attributes
    ----------
    behaviours : names, in the order of the table's axes, the equilibrium last.
    payoff : expected discounted payoffs, what follows the last month included, in points of each capital; shape
        (B, B, B, B, 4), one axis a seat (Minsk, Washington, Brussels, Moscow).
    freed : people freed within ``months``, shape (B, B, B, B); leaders included.
    deal_share : share of the grand deal reached after ``months``, same shape.
    equilibria : all pure equilibria, as names by seat.
    logit : the logit equilibrium traced from lam 0.
    exploitability : capital -> behaviour -> what the capital could gain by its best reply in the whole game, if it
        followed the behaviour while the others keep to the equilibrium.
    anew : capital -> behaviour -> what becomes of everybody if the others solve anew against it; None if not asked.
    """

    scenario: str
    scenario_hash: str
    grid: str
    months: int
    behaviours: tuple[str, ...]
    meanings: Mapping[str, str] = field(repr=False)
    payoff: Floats = field(repr=False)
    freed: Floats = field(repr=False)
    deal_share: Floats = field(repr=False)
    equilibria: tuple[tuple[str, ...], ...]
    logit: Trace = field(repr=False)
    exploitability: Mapping[str, Mapping[str, float]] = field(repr=False)
    anew: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = field(repr=False)

    def regret(self) -> Floats:
        """Return what each capital could gain in each profile by another behaviour, same shape as payoff."""
        return regrets(self.payoff)

    def table(self) -> list[dict[str, Any]]:
        """Return one row a profile."""
        rows = []
        gain = self.regret()
        for profile in product(range(len(self.behaviours)), repeat=len(PLAYERS)):
            row: dict[str, Any] = {p: self.behaviours[b] for p, b in zip(PLAYERS, profile, strict=True)}
            row |= {f"payoff_{p}": float(self.payoff[profile][i]) for i, p in enumerate(PLAYERS)}
            row |= {f"regret_{p}": float(gain[profile][i]) for i, p in enumerate(PLAYERS)}
            rows.append(row | {"freed": float(self.freed[profile]), "deal_share": float(self.deal_share[profile])})
        return rows

    def scores(self) -> list[dict[str, Any]]:
        """Return one row for each capital and behaviour: means over all the others' profiles, and the two regrets."""
        gain = self.regret()
        rows = []
        for i, capital in enumerate(PLAYERS):
            for b, name in enumerate(self.behaviours):
                own = np.take(self.payoff[..., i], b, axis=i)
                lost = np.take(gain[..., i], b, axis=i)
                rows.append(
                    {
                        "capital": capital,
                        "behaviour": name,
                        "mean_payoff": float(own.mean()),
                        "worst_payoff": float(own.min()),
                        "mean_regret": float(lost.mean()),
                        "largest_regret": float(lost.max()),
                        "exploitability": self.exploitability[capital][name],
                        "mean_freed": float(np.take(self.freed, b, axis=i).mean()),
                    }
                )
        return rows

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``grand-deal tournament --json`` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "grid": self.grid,
            "months": self.months,
            "meaning": MEANING,
            "units": "points of each capital; no common unit between capitals",
            "behaviours": {name: self.meanings[name] for name in self.behaviours},
            "seats": list(PLAYERS),
            "payoff": self.payoff.tolist(),
            "freed": self.freed.tolist(),
            "deal_share": self.deal_share.tolist(),
            "scores": self.scores(),
            "equilibria": [list(profile) for profile in self.equilibria],
            "logit": self.logit.to_json(),
            "anew": None if self.anew is None else {p: dict(rows) for p, rows in self.anew.items()},
        }
