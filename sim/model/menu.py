"""What can be offered at each table: the full product of the menu's lists, grouped by kind of deal.

A kind is what Minsk gives (nothing, prisoners, a leader, a mass release of `MASS_RELEASE` or more) crossed
with what the West gives (nothing, contact, pressing Brussels, relief by Washington, by Brussels, by both).
The highest counts: a mass release ranks above a leader and a leader above prisoners; relief ranks above
pressing and pressing above contact.

Weights: no offer has ``menu.no_offer_weight``; the rest is shared equally among the kinds on the table, and
within a kind equally among its packages. So listing one more size of the same deal does not make that kind
of deal likelier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from sim.model.dials import Floats

if TYPE_CHECKING:
    from sim.scenario import Scenario

MASS_RELEASE = 200
TABLES = ("us-table", "eu-table", "summit")
PARTIES = {
    "us-table": ("minsk", "washington"),
    "eu-table": ("minsk", "brussels"),
    "summit": ("minsk", "washington", "brussels"),
}
_STEPS = ("no", "one", "two", "three")


@dataclass(frozen=True, slots=True)
class Package:
    """One offer: what Minsk gives and what it gets.

    Attributes
    ----------
    prisoners : persons freed, leaders not counted.
    leaders : senior leaders freed besides them.
    us, eu : steps of relief by Washington and by Brussels.
    contact : steps of contact.
    pressing : whether Washington presses Brussels this month.
    kind : what is traded for what, e.g. ``prisoners for contact``.
    label : the package in words, unique within a table.
    """

    prisoners: int = 0
    leaders: int = 0
    us: int = 0
    eu: int = 0
    contact: int = 0
    pressing: bool = False
    kind: str = "no offer"
    label: str = "no offer"

    @property
    def freed(self) -> int:
        """Persons freed, leaders included."""
        return self.prisoners + self.leaders


def package(
    prisoners: int = 0, leaders: int = 0, us: int = 0, eu: int = 0, contact: int = 0, pressing: bool = False
) -> Package:
    """Return a package with its kind and its label; nothing for nothing is "no offer"."""
    contents = (prisoners, leaders, us, eu, contact, pressing)
    if not any(contents):
        return Package()
    return Package(*contents, kind=_kind(*contents), label=_label(*contents))


def packages_of(scenario: Scenario) -> dict[str, tuple[Package, ...]]:
    """Return the packages of every table in the scenario; package 0 is no offer.

    The summit appears only if ``menu.summit`` is set. Nobody presses there: Brussels sits at the table.
    """
    menu = scenario.menu
    sizes = _with_nothing(menu.prisoners)
    leaders = (0, 1) if menu.leaders else (0,)
    us, eu = _with_nothing(menu.us_relief), _with_nothing(menu.eu_relief)
    contact = (0, 1) if menu.contact else (0,)
    pressing = (False, True) if menu.pressing else (False,)
    nothing, no = (0,), (False,)
    lists = {
        "us-table": (sizes, leaders, us, nothing, contact, pressing),
        "eu-table": (sizes, leaders, nothing, eu, nothing, no),
        "summit": (sizes, leaders, us, eu, contact, no),
    }
    tables = TABLES if menu.summit else TABLES[:2]
    return {table: tuple(package(*contents) for contents in product(*lists[table])) for table in tables}


def weights_of(packages: Sequence[Package], no_offer_weight: float) -> Floats:
    """Return the weights of a table's packages, shape (M,), sum 1; package 0 is no offer."""
    counts = Counter(offer.kind for offer in packages[1:])
    if not counts:
        return np.ones(1)
    each_kind = (1.0 - no_offer_weight) / len(counts)
    return np.array([no_offer_weight, *(each_kind / counts[offer.kind] for offer in packages[1:])])


def _with_nothing(options: Sequence[int]) -> tuple[int, ...]:
    return (0, *sorted({int(option) for option in options} - {0}))


def _kind(prisoners: int, leaders: int, us: int, eu: int, contact: int, pressing: bool) -> str:
    if prisoners >= MASS_RELEASE:
        given = "mass release"
    elif leaders:
        given = "leader"
    else:
        given = "prisoners" if prisoners else "nothing"
    if us or eu:
        got = "both reliefs" if us and eu else "US relief" if us else "EU relief"
    elif pressing:
        got = "pressing"
    else:
        got = "contact" if contact else "nothing"
    return f"{given} for {got}"


def _label(prisoners: int, leaders: int, us: int, eu: int, contact: int, pressing: bool) -> str:
    given = [_people(prisoners)] if prisoners else []
    if leaders:
        given.append("a leader" if leaders == 1 else f"{leaders} leaders")
    got = [f"{_steps(steps)} of {who} relief" for who, steps in (("US", us), ("EU", eu)) if steps]
    if contact:
        got.append("contact" if contact == 1 else f"{_steps(contact)} of contact")
    if pressing:
        got.append("pressing Brussels")
    return f"{_listed(given)} for {_listed(got)}"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _steps(number: int) -> str:
    return f"{_STEPS[number]} step{'s' if number > 1 else ''}"


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return parts[0] if parts else "nothing"
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
