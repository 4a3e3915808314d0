"""The figures that claims are checked on, read off one solved and propagated variant.

Headline outcomes are read off the forecast as they are; everything else is computed here: how many deals of a kind are
struck, what a capital would choose in a position, what a payoff term is worth there, and two numbers that the structure
keeps at zero. Everything is exact; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.errors import GrandDealError, UsageError
from sim.scenario.checks import (
    Deal,
    Level,
    Measure,
    OfAnswer,
    OfChoice,
    OfDeals,
    OfLaw,
    OfMonthEnd,
    OfOutcome,
    OfPrice,
    OfTerm,
)

if TYPE_CHECKING:
    from sim.model import Model, Package
    from sim.solver import Forward, Solution

Floats = npt.NDArray[np.float64]


def key_of(measure: Measure) -> str:
    """Return the name under which a figure is kept: the same for equal figures."""
    return measure.model_dump_json(exclude_defaults=True, by_alias=True)


def unit_of(measure: Measure) -> str:
    """Return the unit of a figure, in words."""
    from sim.forecast.result import OUTCOME_UNITS

    match measure:
        case OfOutcome(share_of_month=int()):
            return "share"
        case OfOutcome():
            return OUTCOME_UNITS.get(measure.outcome, "")
        case OfDeals(among=Deal()):
            return "share"
        case OfDeals():
            return "deals a month" if measure.a_month else "deals"
        case OfChoice() | OfAnswer() | OfMonthEnd():
            return "probability"
        case OfTerm():
            return "points a month"
        case OfPrice():
            return "points per person"
        case OfLaw(law="choices that move the talks"):
            return "choices"
    return "probability"


class Figures:
    """Computes some figures of a variant: a ``measure`` for `sim.analyse.variants`, and pickled with it.

    Parameters
    ----------
    measures : the figures; headline outcomes among them are left to the forecast.
    """

    def __init__(self, measures: Sequence[Measure]) -> None:
        self.measures = {key_of(measure): measure for measure in measures if not isinstance(measure, OfOutcome)}

    def __call__(self, model: Model, solution: Solution, forward: Forward) -> Mapping[str, float]:
        """Return name -> figure; NaN where the variant does not have it (a position off its grid, no such deal)."""
        found = {}
        for name, measure in self.measures.items():
            try:
                found[name] = figure(measure, model, solution, forward)
            except GrandDealError:
                found[name] = np.nan
        return found


def figure(measure: Measure, model: Model, solution: Solution, forward: Forward) -> float:
    """Return one figure that is not a headline outcome.

    Raises
    ------
    UsageError : a turn, an action, a term or a position that the variant does not have.
    """
    match measure:
        case OfDeals():
            return _deals(measure, model, forward)
        case OfChoice():
            return _choice(measure, model, solution)
        case OfAnswer():
            return _answer(measure, model, solution)
        case OfMonthEnd():
            return _month_end(measure, model, solution)
        case OfTerm():
            return _term(measure, model)
        case OfPrice():
            return _price(measure, model)
        case OfLaw(law="choices that move the talks"):
            return _moving_choices(model)
        case OfLaw():
            return _distance_from_chain(model, forward)
    raise UsageError(f"figure: found {measure.kind!r}; allowed: a figure that is not a headline outcome")


def matches(package: Package, which: Deal) -> bool:
    """Whether a package is a deal of this kind; no offer is none."""
    if package.kind == "no offer":
        return False
    has = {
        "frees": package.freed > 0,
        "leader": package.leaders > 0,
        "relief": package.us + package.eu > 0,
        "contact": package.contact > 0,
        "pressing": package.pressing,
    }
    return all(wanted is None or has[name] == wanted for name, wanted in which)


def _deals(measure: OfDeals, model: Model, forward: Forward) -> float:
    number = _count(model, forward, measure.which, measure.months)
    if measure.among is not None:
        among = _count(model, forward, measure.among, measure.months)
        return number / among if among > 0 else np.nan
    return number / (measure.months[1] - measure.months[0] + 1) if measure.a_month else number


def _count(model: Model, forward: Forward, which: Deal, months: tuple[int, int]) -> float:
    if months[1] > forward.rounds:
        raise UsageError(f"month: found {months[1]}; allowed: 1 to {forward.rounds}")
    total = 0.0
    for table, packages in model.packages.items():
        chosen = np.array([matches(package, which) for package in packages])
        if chosen.any():
            total += sum(float(forward.flux(t, table)[chosen].sum()) for t in range(months[0] - 1, months[1]))
    return total


def _choice(measure: OfChoice, model: Model, solution: Solution) -> float:
    k = _turn(model, measure.turn)
    states, share = _before(model, measure.turn, measure.at, measure.pressed)
    chances = share @ np.nan_to_num(solution.chances(0, k, states))
    if measure.action is not None:
        actions = getattr(model.game.turns[k], "actions", ())
        if measure.action not in actions:
            raise UsageError(f"action: found {measure.action!r}; allowed at {measure.turn}: {', '.join(actions)}")
        return float(chances[list(actions).index(measure.action)])
    packages = model.packages.get(measure.turn, ())
    chosen = [m for m, package in enumerate(packages) if matches(package, measure.which or Deal())]
    if not chosen:
        raise UsageError(f"deal: found none of this kind at {measure.turn}")
    return float(chances[chosen].sum())


def _answer(measure: OfAnswer, model: Model, solution: Solution) -> float:
    from sim.game import Offer

    k = _turn(model, measure.turn)
    table = model.game.turns[k]
    assert isinstance(table, Offer)
    states, share = _before(model, measure.turn, measure.at, False)
    minsk = [int(party) for party in table.parties].index(model.game.players.index("minsk"))
    accepted = share @ solution.policy(0, k, states).accept[:, 1 - minsk, minsk]
    chosen = [m for m, package in enumerate(model.packages[measure.turn]) if matches(package, measure.which)]
    answers = accepted[chosen]
    if not np.isfinite(answers).any():
        raise UsageError(f"deal: found none of this kind on offer at {measure.turn}")
    return float(np.nanmax(answers))


def _month_end(measure: OfMonthEnd, model: Model, solution: Solution) -> float:
    states, share = _before(model, measure.turn, measure.at, measure.pressed)
    for k in range(_turn(model, measure.turn), model.game.n_turns):
        after = model.game.turns[k].next_state[states]
        moved = share[:, None] * np.where(after >= 0, np.nan_to_num(solution.chances(0, k, states)), 0.0)
        mass = _added_up(np.maximum(after, 0).ravel(), moved.ravel(), model.game.n_states(k + 1))
        states = np.flatnonzero(mass)
        share = mass[states]
    relief = model.measures["us" if measure.outcome == "p_us_relief" else "eu"]
    return float(share @ (relief[states] > 0))


def _term(measure: OfTerm, model: Model) -> float:
    found = [term for term in model.flow_terms if (term.player, term.name) == (measure.player, measure.term)]
    if len(found) != 1:
        raise UsageError(f"term: found {measure.player}: {measure.term}; allowed: a monthly payoff term of the model")
    table = found[0].table
    value = float(_position(model, measure.at) @ table)
    return value if measure.minus is None else value - float(_position(model, measure.minus) @ table)


def _price(measure: OfPrice, model: Model) -> float:
    counted = "leaders" if measure.whom == "a leader" else "prisoners"
    name = "leader released" if counted == "leaders" else "prisoners released"
    table = next(term.table for term in model.terms_at("us-table") if (term.player, term.name) == ("minsk", name))
    for m, package in enumerate(model.packages["us-table"]):
        people = getattr(package, counted)
        if people:
            return -float(table[m]) / float(people)
    raise UsageError(f"deal: found none at us-table that frees {measure.whom}")


def _moving_choices(model: Model) -> float:
    """Count the choices, over all states of all turns but nature's, that end in another state of the talks."""
    count = 0
    for k, turn in enumerate(model.game.turns):
        if turn.name == "nature":
            continue
        before = model.axes.grid("talks")[model.outer_state(k)]
        reached = model.axes.grid("talks")[np.maximum(turn.next_state, 0) % model.axes.size]
        count += int(((turn.next_state >= 0) & (reached != before[:, None])).sum())
    return float(count)


def _distance_from_chain(model: Model, forward: Forward) -> float:
    """Return the largest distance, over the months, of the forecast talks from the chain stated in the scenario."""
    from sim.model import talks_chain

    talks = model.axes.grid("talks")
    chain = talks_chain(model.scenario)
    expected = _added_up(talks, forward.boundary[0], len(chain))
    worst = 0.0
    for month in range(1, forward.rounds + 1):
        expected = expected @ chain
        found = _added_up(talks, forward.boundary[month], len(chain))
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def _added_up(where: npt.NDArray[np.int64], mass: Floats, size: int) -> Floats:
    total = np.zeros(size)
    np.add.at(total, where, mass)
    return total


def _position(model: Model, at: Mapping[str, Level]) -> Floats:
    from sim.model import position

    return position(model, dict(at))


def _before(model: Model, turn: str, at: Mapping[str, Level], pressed: bool) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the states before a turn with nothing done yet in the month, and their probabilities."""
    k = _turn(model, turn)
    where = _position(model, at)
    states = np.flatnonzero(where)
    share: Floats = where[states]
    if pressed:
        states = states + model.axes.size
        if model.game.n_states(k) <= int(states.max()) or not model.pressing(turn)[states].all():
            raise UsageError(f"pressing: found at {turn}; allowed: at eu-table, where the menu has it")
    return states, share


def _turn(model: Model, turn: str) -> int:
    if turn not in model.turns:
        raise UsageError(f"turn: found {turn!r}; allowed: {', '.join(model.turns)}")
    return model.game.turn_index(turn)
