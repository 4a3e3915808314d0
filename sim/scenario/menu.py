"""The parameters of the menu: what can be put on the tables, and who makes the offer at each."""

from __future__ import annotations

import math
from typing import Self

from pydantic import StrictBool, model_validator

from sim.scenario.fields import (
    Number,
    PackageSizes,
    Part,
    UpToThree,
    UpToTwo,
    number,
    probability,
    refuse,
    sizes,
    switch,
)


class Table(Part):
    """Who gets to make the offer at a table; the chances add up to one."""

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        shares = {name: getattr(self, name) for name in type(self).model_fields}
        total = math.fsum(shares.values())
        if abs(total - 1.0) > 1e-9:
            found = " + ".join(f"{value:.6g} ({name})" for name, value in shares.items())
            raise refuse(f"{found} = {total:.6g}", "chances that add up to 1")
        return self


class UsTable(Table):
    """The table of Minsk and Washington."""

    minsk: Number = probability("chance that Minsk makes the offer")
    washington: Number = probability("chance that Washington makes the offer")


class EuTable(Table):
    """The table of Minsk and Brussels."""

    minsk: Number = probability("chance that Minsk makes the offer")
    brussels: Number = probability("chance that Brussels makes the offer")


class SummitTable(Table):
    """The table of Minsk, Washington and Brussels."""

    minsk: Number = probability("chance that Minsk makes the offer")
    washington: Number = probability("chance that Washington makes the offer")
    brussels: Number = probability("chance that Brussels makes the offer")


class Recognition(Part):
    """Who gets to make the offer at each table."""

    us_table: UsTable
    eu_table: EuTable
    summit: SummitTable


class Menu(Part):
    """What can be put on the tables."""

    prisoners: PackageSizes = sizes("how many prisoners a deal may free", "persons", 5000, 12)
    leaders: StrictBool = switch("whether a deal may free a senior leader")
    us_relief: UpToThree = sizes("how many further steps of US relief a deal may grant", "steps of 3", 3, 3)
    eu_relief: UpToTwo = sizes("how many further steps of EU relief a deal may grant", "steps of 2", 2, 2)
    contact: StrictBool = switch("whether a deal may raise contact by one level")
    pressing: StrictBool = switch("whether Washington may promise to press Brussels")
    summit: StrictBool = switch("whether the three sit at one table each month, with everything in one package")
    no_offer_weight: Number = number(
        "weight of making no offer; the kinds of deal share the rest", "share", 0.001, 0.999
    )
    recognition: Recognition
