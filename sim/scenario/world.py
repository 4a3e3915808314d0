"""The parameters of the world, which no capital decides, and of the start, where every dial stands before month 1."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from sim.scenario.fields import Number, Part, Whole, choice, number, probability, refuse, whole

Talks = Literal["stalled", "active", "settled"]
Contact = Literal["isolated", "envoys", "embassy"]
TALKS = ("stalled", "active", "settled")
CONTACT = ("isolated", "envoys", "embassy")
LARGEST_STOCK = 20_000
_PER_MONTH = "probability a month"


class TalksChain(Part):
    """How the talks between Washington and Moscow move in a month; no capital in the model has a hand in it.

    Staying put has the probability that is left over, so the two ways out of a state add up to at most one.
    """

    stalled_to_active: Number = probability("chance that stalled talks become active", _PER_MONTH)
    stalled_to_settled: Number = probability("chance that stalled talks end in a settlement", _PER_MONTH)
    active_to_stalled: Number = probability("chance that active talks stall", _PER_MONTH)
    active_to_settled: Number = probability("chance that active talks end in a settlement", _PER_MONTH)
    settled_to_stalled: Number = probability("chance that a settlement gives way to stalled talks", _PER_MONTH)
    settled_to_active: Number = probability("chance that a settlement gives way to active talks", _PER_MONTH)

    @field_validator("stalled_to_settled", "active_to_settled", "settled_to_active")
    @classmethod
    def _row(cls, second: float, info: ValidationInfo) -> float:
        name = str(info.field_name)
        origin = name.split("_")[0]
        other = next(key for key in cls.model_fields if key.startswith(origin) and key != name)
        first = info.data.get(other)
        if first is not None and first + second > 1.0 + 1e-12:
            raise refuse(
                f"{other} = {first!r} and {name} = {second!r}, together {first + second:.6g}",
                "two chances that add up to at most 1 (the rest is the chance that nothing changes)",
                f"world.talks.{name}",
                f"world.talks.{other}",
            )
        return second


class World(Part):
    """What no capital decides: the talks, arrests, the fading of contact, and the edge of the model."""

    talks: TalksChain
    arrests: Number = number("new prisoners, net of sentences served", "persons a month", 0, LARGEST_STOCK)
    crackdown_arrests: Number = number("new prisoners in a crackdown", "persons", 0, LARGEST_STOCK)
    contact_fade: Number = probability(
        "chance that contact by envoys lapses unless renewed; an embassy stays", _PER_MONTH
    )
    unasked_release: Whole = whole("prisoners freed when Minsk frees some unasked", "persons", 1, 5000)
    prisoner_capacity: Whole = whole("largest number held that the model distinguishes", "persons", 14, LARGEST_STOCK)


class Start(Part):
    """Where every dial stands before the first month."""

    talks: Talks = choice("state of the talks between Washington and Moscow", TALKS)
    prisoners: Whole = whole("political prisoners held, senior leaders apart", "persons", 0, LARGEST_STOCK)
    leaders: Whole = whole("senior leaders of the opposition held", "persons", 0, 3)
    us_relief: Whole = whole("steps of US relief in force", "steps of 3", 0, 3)
    eu_relief: Whole = whole("steps of EU relief in force", "steps of 2", 0, 2)
    contact: Contact = choice("contact between Washington and Minsk", CONTACT)
