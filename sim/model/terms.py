"""What a payoff term is.

A term is a table over states (where ``flow``: points a month, collected at the end of the month in the state
reached) or over the choices of one turn (points once, when the choice is carried out).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sim.model.dials import Floats

FLOW = "flow"
Get = Callable[[str], float]
"""Looks up a scenario's parameter by its dotted name."""


@dataclass(frozen=True)
class Term:
    """One named part of one player's payoff at one place.

    Attributes
    ----------
    player : whose payoff.
    name : the same for the same reason at several turns.
    where : ``flow`` or the name of a turn.
    formula : LaTeX, in the notation of MODEL.md.
    parameters : dotted names of the scenario's parameters in the formula.
    table : points; shape (S_0,) for a flow, (choices,) or (states before the turn, choices) for a turn. Read-only.
    """

    player: str
    name: str
    where: str
    formula: str
    parameters: tuple[str, ...]
    table: Floats = field(repr=False)


def term(player: str, name: str, where: str, formula: str, parameters: tuple[str, ...], table: Floats) -> Term:
    """Return a term with its table made read-only."""
    table = table + 0.0  # no negative zeros in printed tables
    table.flags.writeable = False
    return Term(player, name, where, formula, parameters, table)
