"""From a validated scenario to a game with named dials, and everything needed to read its results."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.errors import Problem, ScenarioError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Turn
from sim.model.compiled import Model
from sim.model.dials import (
    PLAYERS,
    TALKS,
    Floats,
    Grid,
    grid_of,
)
from sim.model.measures import effects_of, measures_of, start_of
from sim.model.menu import PARTIES, Package, packages_of, weights_of
from sim.model.payoffs import summed, terms_of
from sim.model.terminal import idle_value
from sim.model.terms import FLOW, Term
from sim.model.transitions import (
    BRUSSELS_ACTIONS,
    MINSK_ACTIONS,
    MOSCOW_ACTIONS,
    WASHINGTON_ACTIONS,
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

_ACTIONS = {
    "minsk": MINSK_ACTIONS,
    "washington": WASHINGTON_ACTIONS,
    "brussels": BRUSSELS_ACTIONS,
    "moscow": MOSCOW_ACTIONS,
}


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
        start=start_of(scenario, space),
        packages=MappingProxyType(packages),
        terms=terms,
        effects=MappingProxyType(effects_of(space, rules, packages)),
        measures=MappingProxyType(measures_of(scenario, space)),
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
