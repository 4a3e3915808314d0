"""Where every choice leads: the maps between boundaries, which no payoff touches.

A number of people that is no multiple of a lot: the full lots move at the turn itself, the remainder
becomes ``pending`` and is settled by the chance turn that follows, where one more lot moves with
probability remainder / lot. So the mean of the stock is exact on every grid. The chance turn is there even
when no size leaves a remainder; then it does nothing.

Levels of ``pending`` at a turn are the remainders that its choices can leave: 0, the releases' (above 0),
and the crackdown's (below 0: people who arrive).

Every change of a dial is a constant added to the state number, the same in all states in which the choice
is available.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sim.model.dials import CONTACT, TALKS, TOP_CONTACT, TOP_EU, TOP_US, Floats, Ints, Space
from sim.model.menu import Package

Bools = npt.NDArray[np.bool_]
Next = npt.NDArray[np.int32]

MINSK_ACTIONS = ("hold", "release a handful unasked", "crack down")
WASHINGTON_ACTIONS = ("hold", "snap back")
BRUSSELS_ACTIONS = ("hold", "tighten")
MOSCOW_ACTIONS = ("tolerate", "support", "punish")
RELEASE_OUTCOMES = ("no more", "one more lot")


@dataclass(frozen=True, slots=True)
class Step:
    """The map of one turn.

    Attributes
    ----------
    next_state : shape (states before, choices), read-only; -1 where a choice is not available.
    stay : shape (states before,), where a refused offer leads; None at turns without offers.
    probability : shape (states before, choices) at the chance turns after a table; None elsewhere.
    pending : the levels of ``pending`` after a table or Minsk's move, in persons; (0,) elsewhere.
    """

    next_state: Next
    stay: Next | None = None
    probability: Floats | None = None
    pending: tuple[float, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the maps depend on. Hashable: the maps are kept for the last few sets of rules.

    Attributes
    ----------
    lot, capacity : persons.
    tables : name and packages of each table, in order of play.
    unasked_release, crackdown_arrests : persons.
    arrest_lots : full lots arrested by nature every month; the remainder is a lottery.
    """

    lot: int
    capacity: int
    tables: tuple[tuple[str, tuple[Package, ...]], ...]
    unasked_release: int
    crackdown_arrests: float
    arrest_lots: int


@lru_cache(maxsize=4)
def steps_of(rules: Rules) -> Mapping[str, Step]:
    """Return the map of every turn by name, in order of play. The same object comes back for the same rules."""
    space = space_of(rules.lot, rules.capacity)
    tables = dict(rules.tables)
    steps = {"nature": _nature(space, rules.arrest_lots)}
    us = _table(space, tables["us-table"], before=1, after=2)
    steps |= {"us-table": us, "us-release": _release(space, us.pending, pressing=2)}
    eu = _table(space, tables["eu-table"], before=2, after=1)
    steps |= {"eu-table": eu, "eu-release": _release(space, eu.pending, pressing=1)}
    if "summit" in tables:
        summit = _table(space, tables["summit"], before=1, after=1)
        steps |= {"summit": summit, "summit-release": _release(space, summit.pending, pressing=1)}
    minsk = _minsk(space, rules.unasked_release, rules.crackdown_arrests)
    steps |= {"minsk": minsk, "minsk-release": _release(space, minsk.pending, pressing=1)}
    return steps | _others(space)


@lru_cache(maxsize=8)
def space_of(lot: int, capacity: int) -> Space:
    """Return the space of a lot and a capacity; kept, because its arrays are used in every compilation."""
    return Space(lot, capacity)


def arrest_lottery(mean: float, lot: int) -> tuple[int, float]:
    """Split a mean number of arrests into full lots and the probability of one more, so that the mean is exact."""
    full = int(mean // lot)
    return full, mean / lot - full


def nature_probability(space: Space, talks: Floats, more: float, fade: float) -> Floats:
    """Return the probability of nature's outcomes, shape (S_0, 12).

    Parameters
    ----------
    talks : the chain of the talks, shape (3, 3), rows sum to 1.
    more : probability that one lot more is arrested.
    fade : probability that envoy contact lapses.

    Notes
    -----
    Outcomes in C order: talks afterwards (3) x arrests (full lots, one more) x contact (as before, lapsed).
    """
    lapse = np.where(np.array(CONTACT) == "envoys", fade, 0.0)
    kept = np.stack([1.0 - lapse, lapse], axis=-1)
    law = np.einsum("ab,l,cf->acblf", talks, np.array([1.0 - more, more]), kept)
    by_dials = law.reshape(len(TALKS), len(CONTACT), -1)
    of_state: Floats = by_dials[space.levels["talks"], space.levels["contact"]]
    return of_state


def _nature(space: Space, arrest_lots: int) -> Step:
    at, stride = space.levels, space.strides
    states = np.arange(space.size)
    columns = []
    for talks in range(len(TALKS)):
        for lots in (arrest_lots, arrest_lots + 1):
            moved = states + (talks - at["talks"]) * stride["talks"]
            moved = moved + np.minimum(lots, space.top - at["prisoners"]) * stride["prisoners"]
            lapsed = np.where(at["contact"] == CONTACT.index("envoys"), moved - stride["contact"], -1)
            columns += [moved, lapsed]
    return Step(_frozen(columns))


def _table(space: Space, packages: Sequence[Package], *, before: int, after: int) -> Step:
    """Map a table; ``before`` and ``after`` are the levels of pressing alive at its two boundaries."""
    pending = _pending([offer.prisoners % space.lot for offer in packages])
    states = np.tile(np.arange(space.size), before)
    columns = []
    for offer in packages:
        block = pending.index(offer.prisoners % space.lot) * after + int(offer.pressing)
        fits = np.tile(_fits(space, offer), before)
        moved = states + block * space.size + change(space, offer)
        columns.append(np.where(fits, moved, -1))
    return Step(_frozen(columns), stay=_frozen([states])[:, 0], pending=pending)


def change(space: Space, offer: Package) -> int:
    """Return what a package adds to the state number at its table: full lots, leader, relief and contact."""
    stride = space.strides
    return (
        -(offer.prisoners // space.lot) * stride["prisoners"]
        - offer.leaders * stride["leaders"]
        + offer.us * stride["us_relief"]
        + offer.eu * stride["eu_relief"]
        + offer.contact * stride["contact"]
    )


def _fits(space: Space, offer: Package) -> Bools:
    at = space.levels
    fits: Bools = (
        (at["prisoners"] >= space.lots_for(offer.prisoners))
        & (at["leaders"] >= offer.leaders)
        & (at["us_relief"] + offer.us <= TOP_US)
        & (at["eu_relief"] + offer.eu <= TOP_EU)
        & (at["contact"] + offer.contact <= TOP_CONTACT)
    )
    return fits


def _pending(remainders: Sequence[float]) -> tuple[float, ...]:
    return (0, *sorted(set(remainders) - {0}))


def _release(space: Space, pending: Sequence[float], *, pressing: int) -> Step:
    """Map the chance turn that settles ``pending`` persons; the levels of pressing pass through."""
    states = np.arange(pressing * space.size)
    lots = np.tile(space.levels["prisoners"], pressing)
    moved, chance = [], []
    for persons in pending:
        possible = (lots > 0) if persons > 0 else (lots < space.top) & (persons < 0)
        after = states - int(np.sign(persons)) * space.strides["prisoners"]
        moved.append(np.stack([states, np.where(possible, after, -1)], axis=1))
        one_more = np.where(possible, abs(persons) / space.lot, 0.0)
        chance.append(np.stack([1.0 - one_more, one_more], axis=1))
    probability = np.concatenate(chance)
    probability.flags.writeable = False
    joined = np.concatenate(moved).astype(np.int32)
    joined.flags.writeable = False
    return Step(joined, probability=probability)


def _minsk(space: Space, unasked: int, crackdown: float) -> Step:
    pending = _pending([unasked % space.lot, -(crackdown % space.lot)])
    states, lots, stride = np.arange(space.size), space.levels["prisoners"], space.strides["prisoners"]
    released = states - (unasked // space.lot) * stride
    released += pending.index(unasked % space.lot) * space.size
    arrested = states + int(crackdown // space.lot) * stride
    arrested += pending.index(-(crackdown % space.lot)) * space.size
    columns = [
        states,
        np.where(lots >= space.lots_for(unasked), released, -1),
        np.where(lots + space.lots_for(crackdown) <= space.top, arrested, -1),
    ]
    return Step(_frozen(columns), pending=pending)


def _others(space: Space) -> dict[str, Step]:
    """Map the moves of the other three. Moscow can punish even where there is no contact left to cut."""
    states, at, stride = np.arange(space.size), space.levels, space.strides
    snapped = np.where(at["us_relief"] > 0, states - stride["us_relief"], -1)
    tightened = np.where(at["eu_relief"] > 0, states - stride["eu_relief"], -1)
    punished = states - np.minimum(at["contact"], 1) * stride["contact"]
    return {
        "washington": Step(_frozen([states, snapped])),
        "brussels": Step(_frozen([states, tightened])),
        "moscow": Step(_frozen([states, states, punished])),
    }


def _frozen(columns: Sequence[Ints]) -> Next:
    array = np.stack(columns, axis=1).astype(np.int32)
    array.flags.writeable = False
    return array
