"""A compiled scenario: the game, and everything needed to read its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.game import Axes, Game
from sim.model.dials import PLAYERS, TOP_EU, TOP_US, Floats, Grid, Ints
from sim.model.menu import Package
from sim.model.terms import FLOW, Term
from sim.model.transitions import Bools, Step

if TYPE_CHECKING:
    from sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Effects:
    """What the choices of one turn do, each of shape (choices,).

    Attributes
    ----------
    prisoners, leaders : persons freed by the choice, as the deal names them (leaders are counted apart).
    arrested : mean persons arrested.
    us, eu, contact : steps given; negative where taken back.

    Notes
    -----
    The chance turns after a table only settle how many lots leave: their numbers are 0 here and counted at the table.
    """

    prisoners: Floats
    leaders: Floats
    arrested: Floats
    us: Floats
    eu: Floats
    contact: Floats

    @property
    def freed(self) -> Floats:
        """Persons freed, leaders included."""
        return self.prisoners + self.leaders


@dataclass(frozen=True)
class Model:
    """A compiled scenario.

    Attributes
    ----------
    scenario, grid : what was compiled.
    game : the game; its first boundary has the states of ``axes``.
    axes : names and levels of the dials of S_0.
    start : probability of each state at the start, shape (S_0,); a stock between two lots is a lottery over both.
    packages : what can be offered at each table: turn -> packages; package 0 is no offer.
    terms : all payoff terms; ``flow_terms`` are those received every month.
    effects : what the choices of each turn do: turn -> `Effects`.
    measures : per state of S_0, each of shape (S_0,): ``prisoners`` (persons, leaders apart), ``leaders``,
        ``us``, ``eu`` (steps), ``contact`` (level), ``grand_deal`` (whether reached), ``deal_share``.
    """

    scenario: Scenario
    grid: Grid
    game: Game = field(repr=False)
    axes: Axes = field(repr=False)
    start: Floats = field(repr=False)
    packages: Mapping[str, tuple[Package, ...]] = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    effects: Mapping[str, Effects] = field(repr=False)
    measures: Mapping[str, npt.NDArray[Any]] = field(repr=False)
    _steps: Mapping[str, Step] = field(repr=False)

    @property
    def flow_terms(self) -> tuple[Term, ...]:
        """The terms received every month."""
        return self.terms_at(FLOW)

    @property
    def turns(self) -> tuple[str, ...]:
        """Names of the turns in order of play."""
        return tuple(turn.name for turn in self.game.turns)

    @property
    def rationality(self) -> Floats:
        """The scenario's precision of choice of each player, shape (players,); may be infinite."""
        return np.array([float(self.scenario.get(f"{player}.rationality")) for player in PLAYERS])

    def terms_at(self, where: str) -> tuple[Term, ...]:
        """Return the terms at ``flow`` or at one turn, in the order in which they are added up."""
        return tuple(term for term in self.terms if term.where == where)

    def outer_state(self, turn: str | int) -> Ints:
        """Return, for each state at the boundary before a turn, its state of S_0 (the dials that outlive the month)."""
        k = turn if isinstance(turn, int) else self.game.turn_index(turn)
        return np.arange(self.game.n_states(k)) % self.axes.size

    def pressing(self, turn: str | int) -> Bools:
        """Return, for each state at the boundary before a turn, whether Washington presses Brussels."""
        k = self.game.turn_index(turn)
        states = np.arange(self.game.n_states(k))
        alive: bool = self.turns[k] in ("us-release", "eu-table")
        pressed: Bools = (states // self.axes.size % 2 == 1) & alive
        return pressed

    def pending(self, turn: str | int) -> Floats:
        """Return, for each state before a turn, the persons still to be settled: leaving above 0, arriving below."""
        k = self.game.turn_index(turn)
        levels = np.array(self._steps[self.turns[k - 1]].pending if k else (0.0,), dtype=np.float64)
        return np.repeat(levels, self.game.n_states(k) // len(levels))

    def stock_change(self, turn: str | int) -> Floats:
        """Return by how many persons the stock changes, shape (states before the turn, choices); NaN if unavailable.

        Added up along a course of play it accounts for the stock exactly; in the mean it agrees with `effects`.
        """
        k = self.game.turn_index(turn)
        stock, after = self.measures["prisoners"], self.game.turns[k].next_state
        reached = stock[after % self.axes.size]
        return np.where(after >= 0, reached - stock[self.outer_state(k)][:, None], np.nan)

    def describe(self, state: int) -> str:
        """Return one state of S_0 in words."""
        at = self.axes.label(state)
        leaders = f"{at['leaders']} leader{'' if at['leaders'] == '1' else 's'}"
        return (
            f"talks {at['talks']}; {int(at['prisoners']):,} prisoners and {leaders} held; "
            f"US relief {at['us_relief']} of {TOP_US}, EU relief {at['eu_relief']} of {TOP_EU}; "
            f"contact: {at['contact']}"
        )

    def __repr__(self) -> str:
        return (
            f"Model({self.scenario.id!r}, grid {self.grid.name!r}: lots of {self.grid.lot}, {self.grid.rounds} rounds, "
            f"{self.axes.size:,} states, {len(self.terms)} payoff terms)"
        )
