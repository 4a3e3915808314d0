"""Laws of the model of the four capitals: what every compiled scenario keeps, whatever its payoffs.

Each takes public objects and returns None, or raises an AssertionError that says what was broken, where and by how
much. ``forward`` is play from the start with what the headlines watch (`sim.forecast.forecast`); default: all rounds.

Example
-------
>>> from sim.forecast import solved
>>> from sim.testing import model_laws
>>> model, solution = solved("baseline", grid="600x2")
>>> model_laws.stock_accounted(model, solution)
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sim.forecast import forecast, headlines
from sim.game import Chance, Move, Offer
from sim.model import Model, talks_chain
from sim.model.dials import CONTACT, TALKS, TOP_CONTACT, TOP_EU, TOP_US
from sim.scenario import Scenario, load
from sim.solver import Forward, Solution
from sim.testing._compare import TIGHT, fail_unless

__all__ = [
    "leaders_accounted",
    "outcomes_in_range",
    "payoffs_are_their_terms",
    "scenario_told_again",
    "start_has_its_mean",
    "stock_accounted",
    "talks_exogenous",
]

PERSONS = 1e-6
"""Tolerance of head counts: persons."""


def talks_exogenous(model: Model, solution: Solution, *, forward: Forward | None = None) -> None:
    """The talks between Washington and Moscow move by their own chain: no capital has a lever on them."""
    law, forward = "talks_exogenous", _play(model, solution, forward)
    chances = np.zeros(len(TALKS))
    np.add.at(chances, model.axes.grid("talks"), model.start)
    chain = talks_chain(model.scenario)
    for t in range(1, forward.rounds + 1):
        chances = chances @ chain
        found = np.bincount(model.axes.grid("talks"), weights=forward.boundary[t], minlength=len(TALKS))
        n = int(np.abs(found - chances).argmax())
        fail_unless(
            bool(abs(found[n] - chances[n]) <= TIGHT),
            law,
            f"month {t}, talks {TALKS[n]}",
            f"a probability of {float(found[n])!r}",
            f"{float(chances[n])!r}, by the chain of the talks alone",
        )


def stock_accounted(model: Model, solution: Solution, *, forward: Forward | None = None) -> None:
    """Expected prisoners held are those at the start, plus arrests, less those freed, month by month."""
    forward = _play(model, solution, forward)
    found = headlines(model, forward)
    begin = float(model.start @ model.measures["prisoners"])
    for t, held in enumerate(found["prisoners"]):
        counted = begin + found["arrested"][t] - (found["freed"][t] - found["leaders_freed"][t])
        fail_unless(
            abs(held - counted) <= PERSONS * max(1.0, begin),
            "stock_accounted",
            f"month {t + 1}",
            f"{held!r} persons held",
            f"{counted!r}: {begin:g} at the start, plus arrests, less the freed (off by {held - counted:.3g})",
        )


def leaders_accounted(model: Model, solution: Solution, *, forward: Forward | None = None) -> None:
    """Expected leaders held are those at the start less those freed: nobody arrests them again."""
    forward = _play(model, solution, forward)
    freed, begin = headlines(model, forward)["leaders_freed"], float(model.scenario.start.leaders)
    for t in range(forward.rounds):
        held = float(forward.boundary[t + 1] @ model.measures["leaders"])
        fail_unless(
            abs(held + freed[t] - begin) <= PERSONS,
            "leaders_accounted",
            f"month {t + 1}",
            f"{held!r} leaders held and {freed[t]!r} freed",
            f"{begin:g} together",
        )


def outcomes_in_range(model: Model, solution: Solution, *, forward: Forward | None = None) -> None:
    """Every headline outcome lies where it can: probabilities, steps of relief, and totals that never fall."""
    law, found = "outcomes_in_range", headlines(model, _play(model, solution, forward))
    room = model.axes.shape[-1] * float(model.grid.lot)
    most = {"us_relief": TOP_US, "eu_relief": TOP_EU, "contact": TOP_CONTACT, "prisoners": room}
    most |= {"leaders_freed": float(model.scenario.start.leaders)}
    for name, values in found.items():
        limit = 1.0 if name.startswith("p_") or name == "deal_share" else most.get(name, np.inf)
        for t, value in enumerate(values):
            holds = -TIGHT <= value <= limit + TIGHT * max(1.0, min(limit, 1e6))
            fail_unless(holds, law, f"{name}, month {t + 1}", repr(value), f"between 0 and {limit:g}")
    for name in ("freed", "leaders_freed", "arrested", "p_punished", "p_grand_deal"):
        for t, (before, after) in enumerate(pairwise(found[name])):
            place = f"{name}, month {t + 2}"
            fail_unless(after >= before - PERSONS, law, place, repr(after), f"no less than {before!r}, a month before")
    for side, top in (("us", TOP_US), ("eu", TOP_EU)):
        for t, (some, steps) in enumerate(zip(found[f"p_{side}_relief"], found[f"{side}_relief"], strict=True)):
            holds = some - TIGHT <= steps <= top * some + TIGHT
            place = f"{side}_relief, month {t + 1}"
            fail_unless(holds, law, place, f"{steps!r} steps", f"1 to {top} times the chance of any, {some!r}")


def payoffs_are_their_terms(model: Model) -> None:
    """Every payoff of the game is the sum of its named terms, exactly, at each turn and every month."""
    law, game = "payoffs_are_their_terms", model.game
    tables = {turn.name: turn.payoff for turn in game.turns if isinstance(turn, (Move, Offer))}
    for place, table in {**tables, "flow": game.flow}.items():
        total = np.zeros_like(table)
        for term in model.terms_at(place):
            total[..., game.player_index(term.player)] += term.table
        differs = np.argwhere(total != table)
        if differs.size:
            n = tuple(int(x) for x in differs[0])
            fail_unless(False, law, f"{place} at {n}", repr(float(table[n])), f"{float(total[n])!r}, the sum of terms")
    for turn in game.turns:
        fail_unless(
            not (isinstance(turn, Chance) and model.terms_at(turn.name)), law, turn.name, "a term", "none there"
        )


def start_has_its_mean(model: Model) -> None:
    """The start is a lottery over states with the scenario's own number of prisoners in the mean, and its own dials."""
    law, begin = "start_has_its_mean", model.scenario.start
    total, held = float(model.start.sum()), float(model.start @ model.measures["prisoners"])
    fail_unless(abs(total - 1.0) <= TIGHT, law, "start", f"probabilities that sum to {total!r}", "1")
    fail_unless(abs(held - begin.prisoners) <= PERSONS, law, "start", f"{held!r} persons held", f"{begin.prisoners}")
    dials = {"leaders": begin.leaders, "us": begin.us_relief, "eu": begin.eu_relief}
    for name, level in {**dials, "contact": CONTACT.index(begin.contact)}.items():
        found = model.measures[name][model.start > 0]
        fail_unless(bool((found == level).all()), law, f"start, {name}", f"{found.tolist()}", f"{level}")


def scenario_told_again(scenario: Scenario) -> None:
    """A scenario told by its values alone, on top of the baseline, is the same scenario."""
    law, again = "scenario_told_again", load("baseline", scenario.values())
    for name, (mine, other) in scenario.changed(again).items():
        fail_unless(False, law, name, repr(other), repr(mine))
    fail_unless(again.hash == scenario.hash, law, "hash", again.hash, scenario.hash)


def _play(model: Model, solution: Solution, forward: Forward | None) -> Forward:
    return forecast(model, solution, model.grid.rounds) if forward is None else forward
