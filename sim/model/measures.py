"""What is read off a compiled scenario: where it starts, what its states hold, what its choices do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.model.compiled import Effects
from sim.model.dials import TALKS, TOP_EU, TOP_US, Floats, Ints, Space
from sim.model.menu import Package
from sim.model.transitions import RELEASE_OUTCOMES, Rules

if TYPE_CHECKING:
    from sim.scenario import Scenario

QUARTER = 0.25
"""Share of the starting stock that may still be held when the grand deal counts as reached."""


def start_of(scenario: Scenario, space: Space) -> Floats:
    """Return the probability of each state at the start, shape (S,); a stock between two lots is a lottery."""
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


def measures_of(scenario: Scenario, space: Space) -> dict[str, npt.NDArray[Any]]:
    """Return what each state holds, each of shape (S,), as `Model.measures` lists them."""
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


def effects_of(space: Space, rules: Rules, packages: Mapping[str, tuple[Package, ...]]) -> dict[str, Effects]:
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


def _read_only(array: Floats) -> Floats:
    array.flags.writeable = False
    return array
