"""From a validated scenario to a game with named dials, and everything needed to read its results."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.errors import Problem, ScenarioError
from sim.game import Axes, Chance, Game, Move, Offer
from sim.game.turns import Turn
from sim.model.dials import (
    PLAYERS,
    TALKS,
    TOP_EU,
    TOP_US,
    Floats,
    Grid,
    Ints,
    Space,
    grid_of,
)
from sim.model.menu import PARTIES, Package, packages_of, weights_of
from sim.model.payoffs import summed, terms_of
from sim.model.terminal import idle_value
from sim.model.terms import FLOW, Term
from sim.model.transitions import (
    BRUSSELS_ACTIONS,
    MINSK_ACTIONS,
    MOSCOW_ACTIONS,
    RELEASE_OUTCOMES,
    WASHINGTON_ACTIONS,
    Bools,
    Rules,
    Step,
    arrest_lottery,
    nature_probability,
    space_of,
    steps_of,
)

if TYPE_CHECKING:
    from sim.scenario import Scenario

LARGEST_TABLE = 60_000_000
"""Most states x packages at one table that are compiled: about 240 MB of next states."""
QUARTER = 0.25
"""Share of the starting stock that may still be held when the grand deal counts as reached."""

_ACTIONS = {
    "minsk": MINSK_ACTIONS,
    "washington": WASHINGTON_ACTIONS,
    "brussels": BRUSSELS_ACTIONS,
    "moscow": MOSCOW_ACTIONS,
}


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


def compile(scenario: Scenario, grid: str | Grid = "default") -> Model:
    """Turn a scenario into a game with named dials.

    Parameters
    ----------
    scenario : a validated scenario.
    grid : ``fast``, ``default`` or ``fine``, or a `Grid` of one's own.

    Raises
    ------
    GameError : no grid of that name.
    ScenarioError : values that are allowed one by one but cannot be computed together on this grid.

    Notes
    -----
    The maps between states depend only on the menu, the grid and the numbers of people; they are kept for the last few
    scenarios, so that a change of payoffs alone compiles quickly.
    """
    chosen = grid_of(grid)
    packages = packages_of(scenario)
    _refuse_impossible(scenario, chosen, packages)
    full, more = arrest_lottery(float(scenario.get("world.arrests")), chosen.lot)
    rules = Rules(
        lot=chosen.lot,
        capacity=int(scenario.get("world.prisoner_capacity")),
        tables=tuple(packages.items()),
        unasked_release=int(scenario.get("world.unasked_release")),
        crackdown_arrests=float(scenario.get("world.crackdown_arrests")),
        arrest_lots=full,
    )
    space, steps = space_of(rules.lot, rules.capacity), steps_of(rules)
    terms = terms_of(scenario, rules, packages)
    talks, fade = talks_chain(scenario), float(scenario.get("world.contact_fade"))
    turns: list[Turn] = []
    for name, turn in _templates(rules).items():
        if name == "nature":
            turns.append(_variant(turn, probability=nature_probability(space, talks, more, fade)))
        elif name in packages:
            weights = weights_of(packages[name], float(scenario.get("menu.no_offer_weight")))
            payoff = _payoff(terms, name, steps[name])
            turns.append(_variant(turn, payoff=payoff, weights=weights, recognition=_recognition(scenario, name)))
        elif isinstance(turn, Move):
            turns.append(_variant(turn, payoff=_payoff(terms, name, steps[name])))
        else:
            turns.append(turn)
    flow = summed(terms, FLOW, (space.size,))
    discount = np.array([float(scenario.get(f"{player}.discount")) for player in PLAYERS])
    terminal = idle_value(space, flow, discount, talks=talks, fade=fade, arrests=(full, more))
    game = Game(PLAYERS, turns, flow, discount, terminal, chosen.rounds, axes=space.axes)
    return Model(
        scenario=scenario,
        grid=chosen,
        game=game,
        axes=space.axes,
        start=_start(scenario, space),
        packages=MappingProxyType(packages),
        terms=terms,
        effects=MappingProxyType(_effects(space, rules, packages)),
        measures=MappingProxyType(_measures(scenario, space)),
        _steps=steps,
    )


def talks_chain(scenario: Scenario) -> Floats:
    """Return the Markov chain of the talks, shape (3, 3): rows from, columns to; no choice of any capital enters."""
    chain = np.zeros((len(TALKS), len(TALKS)))
    for row, origin in enumerate(TALKS):
        for column, target in enumerate(TALKS):
            if origin != target:
                chain[row, column] = scenario.get(f"world.talks.{origin}_to_{target}")
        chain[row, row] = max(0.0, 1.0 - chain[row].sum())
    return chain


@lru_cache(maxsize=4)
def _templates(rules: Rules) -> Mapping[str, Turn]:
    """Return every turn by name, in order of play, with its map but without payoffs; copies share the maps."""
    tables = dict(rules.tables)
    turns: dict[str, Turn] = {}
    for name, step in steps_of(rules).items():
        n_choices = step.next_state.shape[1]
        free = np.zeros((n_choices, len(PLAYERS)))
        if name in tables:
            parties, labels = PARTIES[name], [offer.label for offer in tables[name]]
            equal = np.full(len(parties), 1.0 / len(parties))
            turns[name] = Offer(parties, equal, labels, step.next_state, free, step.stay, name=name)
        elif name == "nature" or step.probability is not None:
            chances = step.probability
            if chances is None:  # any law will do: every scenario brings its own
                possible = step.next_state >= 0
                chances = possible / possible.sum(axis=1, keepdims=True)
            turns[name] = Chance(step.next_state, chances, name=name)
        else:
            turns[name] = Move(name, _ACTIONS[name], step.next_state, free, name=name)
    return MappingProxyType(turns)


def _variant(template: Turn, **arrays: npt.ArrayLike) -> Turn:
    """Return a turn with other payoffs, weights, recognition or probabilities; the maps are shared, not copied."""
    turn = copy.copy(template)
    for key, value in arrays.items():
        match key:
            case "payoff":
                turn.payoff = turn._payoff(value, turn.n_choices)  # type: ignore[attr-defined]
                if isinstance(turn, Offer) and turn.payoff[:, 0].any():
                    raise turn._say("package 0", "a payoff", "no offer: payoff 0 to everyone")
            case "weights":
                turn.weights = turn._weights(value, turn.n_choices)  # type: ignore[attr-defined]
            case "recognition":
                turn.recognition = turn._recognition(value)  # type: ignore[attr-defined]
            case _:
                rows = turn._checked_rows(key, turn._floats(key, value))
                if ((turn.next_state < 0) & (rows > 0)).any():
                    raise turn._say(key, "above 0 for an impossible outcome", "0 there")
                turn.probability = rows  # type: ignore[attr-defined]
    return turn


def _recognition(scenario: Scenario, name: str) -> list[float]:
    table = name.replace("-", "_") if name.endswith("table") else name
    return [float(scenario.get(f"menu.recognition.{table}.{party}")) for party in PARTIES[name]]


def _payoff(terms: tuple[Term, ...], name: str, step: Step) -> Floats:
    """Add up a turn's terms; the array has an axis of states only if some term needs one."""
    n_states, n_choices = step.next_state.shape
    by_state = any(term.table.ndim == 2 for term in terms if term.where == name)
    return summed(terms, name, (n_states, n_choices) if by_state else (n_choices,))


def _start(scenario: Scenario, space: Space) -> Floats:
    begin = scenario.start
    lots, rest = divmod(int(begin.prisoners), space.lot)
    dials: dict[str, str | int] = {
        "talks": begin.talks,
        "leaders": int(begin.leaders),
        "us_relief": int(begin.us_relief),
        "eu_relief": int(begin.eu_relief),
        "contact": begin.contact,
    }
    start = np.zeros(space.size)
    start[space.axes.index(prisoners=lots, **dials)] = 1.0 - rest / space.lot
    if rest:
        start[space.axes.index(prisoners=lots + 1, **dials)] = rest / space.lot
    return _read_only(start)


def _measures(scenario: Scenario, space: Space) -> dict[str, npt.NDArray[Any]]:
    at = space.levels
    held, leaders = at["prisoners"] * float(space.lot), at["leaders"].astype(np.float64)
    us, eu, contact = (at[name].astype(np.float64) for name in ("us_relief", "eu_relief", "contact"))
    first, first_leaders = float(scenario.start.prisoners), int(scenario.start.leaders)
    deal = (us == TOP_US) & (eu == TOP_EU) & (leaders == 0) & (held <= QUARTER * first)
    # with nobody held at the start, that share of the deal is reached from the start
    leaders_out = np.clip((first_leaders - leaders) / first_leaders, 0, 1) if first_leaders else 1.0
    out = np.clip((first - held) / ((1 - QUARTER) * first), 0, 1) if first else held == 0
    share = (us / TOP_US + eu / TOP_EU + leaders_out + out) / 4.0
    measures = {"prisoners": held, "leaders": leaders, "us": us, "eu": eu, "contact": contact}
    measures |= {"grand_deal": deal, "deal_share": share}
    for array in measures.values():
        array.flags.writeable = False
    return measures


def _effects(space: Space, rules: Rules, packages: Mapping[str, tuple[Package, ...]]) -> dict[str, Effects]:
    """Collect what each turn's choices do. Nature's arrests are those of each outcome, while the stock has room."""
    lots = np.array([rules.arrest_lots, rules.arrest_lots + 1], dtype=np.float64)
    # outcomes in C order: talks x arrests x contact
    by_outcome = np.broadcast_to(lots[None, :, None], (len(TALKS), 2, 2)).reshape(-1)
    lapsed = np.tile([0.0, -1.0], len(TALKS) * 2)
    effects = {"nature": _effect(12, arrested=by_outcome * space.lot, contact=lapsed)}
    for table, offers in packages.items():
        given = {
            name: np.array([getattr(offer, name) for offer in offers])
            for name in ("prisoners", "leaders", "us", "eu", "contact")
        }
        effects[table] = _effect(len(offers), **given)
        effects[table.removesuffix("-table") + "-release"] = _effect(len(RELEASE_OUTCOMES))
    people = np.array([0.0, rules.unasked_release, 0.0])
    effects["minsk"] = _effect(3, prisoners=people, arrested=np.array([0.0, 0.0, rules.crackdown_arrests]))
    effects["minsk-release"] = _effect(len(RELEASE_OUTCOMES))
    effects["washington"] = _effect(2, us=np.array([0.0, -1.0]))
    effects["brussels"] = _effect(2, eu=np.array([0.0, -1.0]))
    effects["moscow"] = _effect(3, contact=np.array([0.0, 0.0, -1.0]))
    return effects


def _effect(n_choices: int, **given: Floats | Ints) -> Effects:
    names = ("prisoners", "leaders", "arrested", "us", "eu", "contact")
    return Effects(
        **{name: _read_only(np.array(given.get(name, np.zeros(n_choices)), dtype=np.float64)) for name in names}
    )


def _refuse_impossible(scenario: Scenario, grid: Grid, packages: Mapping[str, tuple[Package, ...]]) -> None:
    """Refuse what each value allows but the computation does not: all problems at once."""
    capacity, start = int(scenario.get("world.prisoner_capacity")), int(scenario.start.prisoners)
    held_at_most = capacity // grid.lot * grid.lot
    problems = []
    if start > held_at_most:
        allowed = f"at most {held_at_most}: whole lots of {grid.lot} within world.prisoner_capacity ({capacity})"
        hint = "Raise world.prisoner_capacity or take a finer grid"
        problems.append(Problem(scenario.id, "start.prisoners", str(start), allowed, hint))
    space = space_of(grid.lot, capacity)
    for table, offers in packages.items():
        cells = math.prod((space.size, len(offers), 2 if table == "eu-table" else 1))
        if cells > LARGEST_TABLE:
            problems.append(
                Problem(
                    scenario.id,
                    "world.prisoner_capacity",
                    f"{capacity}, with {len(offers)} packages at {table}: {cells:,} states x packages",
                    f"at most {LARGEST_TABLE:,} on a grid with lots of {grid.lot}",
                    "Lower it, shorten the menu, or take a coarser grid",
                )
            )
    if problems:
        raise ScenarioError(problems)


def _read_only(array: Floats) -> Floats:
    array.flags.writeable = False
    return array
