"""What a scenario is: every parameter with its meaning, unit and hard limits.

A scenario is data only. The dotted name of a parameter is the path through these models, with a field's alias where
it has one (``brussels.relief_cost.1``). Hard limits say what can be computed at all; plausible ranges and sources
stand beside the values in ``baseline.toml``. "Points" are units of payoff of the capital in question: points of
different capitals have no common measure. "A month" marks a flow, received at the end of every month; everything
else is paid once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, StrictBool, ValidationInfo, field_validator, model_validator

from sim.scenario.fields import (
    Number,
    PackageSizes,
    Paragraphs,
    Precision,
    UpToThree,
    UpToTwo,
    Whole,
    choice,
    discount,
    number,
    probability,
    rationality,
    refuse,
    sizes,
    switch,
    text,
    whole,
)

SCHEMA_VERSION = 1
"""Version of the scenario file's form; older files are brought forward by `sim.scenario.migrate`."""

Talks = Literal["stalled", "active", "settled"]
Contact = Literal["isolated", "envoys", "embassy"]
TALKS = ("stalled", "active", "settled")
CONTACT = ("isolated", "envoys", "embassy")
LARGEST_STOCK = 20_000
_PER_MONTH = "probability a month"


class Part(BaseModel):
    """Base of every part of a scenario: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# --- Minsk ------------------------------------------------------------------------------------------------------------


class MinskContactValue(Part):
    """What each level of contact is worth to Minsk; the embassy comes on top of envoys."""

    envoys: Number = number("value of being visited by envoys, against isolation", "points a month")
    embassy: Number = number("further value of a reopened embassy, on top of envoys", "points a month")


class Minsk(Part):
    """The capital that holds prisoners and wants trade and contact."""

    trade_value: Number = number("value of trade when US and EU relief are both complete", "points a month")
    trade_us_share: Number = number("weight of US relief in reopening trade; the EU has the rest", "share", 0.01, 0.99)
    trade_rho: Number = number(
        "substitution between US and EU relief in reopening trade: 1 each counts alone, far below 0 neither works "
        "without the other",
        "exponent of the CES form",
        -50.0,
        1.0,
    )
    trade_ces_share: Number = probability(
        "part of the trade value that follows the CES form; the rest is linear in relief", "share"
    )
    contact_value: MinskContactValue
    leverage_value: Number = number(
        "value of holding prisoners as leverage, times log(1 + prisoners / leverage_scale)", "points a month"
    )
    leverage_scale: Number = number("number held at which leverage begins to saturate", "persons", 1.0, 1e6)
    release_cost: Number = number("cost of freeing one prisoner", "points per person")
    leader_cost: Number = number("cost of freeing one senior leader", "points per person")
    crackdown_cost: Number = number("cost of a crackdown", "points")
    punished_cost: Number = number("cost of being punished by Moscow", "points")
    supported_value: Number = number("value of being supported by Moscow", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


# --- Washington -------------------------------------------------------------------------------------------------------


class TalksFactor(Part):
    """How much of the geopolitical value counts in each state of the talks."""

    stalled: Number = number("share of the geopolitical value that counts while talks are stalled", "factor", 0, 10)
    active: Number = number("share of the geopolitical value that counts while talks are active", "factor", 0, 10)
    settled: Number = number("share of the geopolitical value that counts once settled", "factor", 0, 10)


class WashingtonReliefCost(Part):
    """What each further step of US relief costs Washington while it is in force."""

    step_1: Number = number("cost of holding the first step of relief", "points a month", alias="1")
    step_2: Number = number("further cost of holding the second step", "points a month", alias="2")
    step_3: Number = number("further cost of holding the third step", "points a month", alias="3")

    @property
    def steps(self) -> tuple[float, float, float]:
        """Further cost of each step, points a month."""
        return (self.step_1, self.step_2, self.step_3)


class WashingtonContactCost(Part):
    """What each level of contact costs Washington (whole levels, not steps)."""

    envoys: Number = number("cost of keeping up visits by envoys", "points a month")
    embassy: Number = number("cost of keeping an embassy open", "points a month")


class Washington(Part):
    """The capital that can give contact and US relief, and can press Brussels."""

    release_credit: Number = number("credit for one prisoner freed in a deal or unasked", "points per person")
    leader_credit: Number = number("credit for one senior leader freed", "points per person")
    show_value: Number = number("value of any release at all to show in public", "points")
    geopolitical_value: Number = number(
        "value of a Minsk that moves westward: times the mean of the shares of contact, US relief and EU relief, "
        "times talks_factor",
        "points a month",
    )
    talks_factor: TalksFactor
    relief_cost: WashingtonReliefCost
    contact_cost: WashingtonContactCost
    held_cost: Number = number("cost of one prisoner still being held", "points per person a month")
    pressing_cost: Number = number("cost of pressing Brussels to ease", "points")
    snapback_cost: Number = number("cost of taking one step of relief back", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


# --- Brussels ---------------------------------------------------------------------------------------------------------


class BrusselsReliefCost(Part):
    """What each further step of EU relief costs Brussels while it is in force."""

    step_1: Number = number("cost of holding the first step of relief", "points a month", alias="1")
    step_2: Number = number("further cost of holding the second step", "points a month", alias="2")

    @property
    def steps(self) -> tuple[float, float]:
        """Further cost of each step, points a month."""
        return (self.step_1, self.step_2)


class Brussels(Part):
    """The European Union as one player, able to give EU relief."""

    release_credit: Number = number("credit for one prisoner freed in a deal or unasked", "points per person")
    leader_credit: Number = number("credit for one senior leader freed", "points per person")
    held_cost: Number = number("cost of one prisoner still being held", "points per person a month")
    leaders_held_cost: Number = number("cost of one senior leader still being held", "points per person a month")
    relief_cost: BrusselsReliefCost
    settled_factor: Number = number("factor on the cost of relief once the war is settled", "factor", 0, 10)
    cover_value: Number = number("value of political cover when it eases while Washington presses", "points")
    gap_cost: Number = number(
        "cost of lagging behind Washington, times the share of US relief above the share of EU relief",
        "points a month",
    )
    tightening_cost: Number = number("cost of taking one step of relief back", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


# --- Moscow -----------------------------------------------------------------------------------------------------------


class Slack(Part):
    """How much drift to the West Moscow lets pass in each state of the talks."""

    stalled: Number = number("drift that costs nothing while talks are stalled", "units of drift", 0, 100)
    active: Number = number("drift that costs nothing while talks are active", "units of drift", 0, 100)
    settled: Number = number("drift that costs nothing once settled", "units of drift", 0, 100)


class Moscow(Part):
    """The capital that watches Minsk's drift to the West and may support or punish."""

    drift_cost: Number = number("cost of one unit of drift above the slack", "points a month")
    slack: Slack
    contact_weight: Number = number("drift from full contact", "units of drift", 0, 100)
    us_weight: Number = number("drift from complete US relief", "units of drift", 0, 100)
    eu_weight: Number = number("drift from complete EU relief", "units of drift", 0, 100)
    loophole_value: Number = number(
        "use of Minsk as a way around sanctions, while relief is in force", "points a month"
    )
    support_cost: Number = number("cost of supporting Minsk", "points")
    support_pull: Number = number("drift forgiven in a month of support", "units of drift", 0, 100)
    punishing_cost: Number = number("cost of punishing Minsk", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


# --- The world --------------------------------------------------------------------------------------------------------


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


# --- The start --------------------------------------------------------------------------------------------------------


class Start(Part):
    """Where every dial stands before the first month."""

    talks: Talks = choice("state of the talks between Washington and Moscow", TALKS)
    prisoners: Whole = whole("political prisoners held, senior leaders apart", "persons", 0, LARGEST_STOCK)
    leaders: Whole = whole("senior leaders of the opposition held", "persons", 0, 3)
    us_relief: Whole = whole("steps of US relief in force", "steps of 3", 0, 3)
    eu_relief: Whole = whole("steps of EU relief in force", "steps of 2", 0, 2)
    contact: Contact = choice("contact between Washington and Minsk", CONTACT)


# --- The menu ---------------------------------------------------------------------------------------------------------


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


# --- The scenario -----------------------------------------------------------------------------------------------------

SECTIONS = ("minsk", "washington", "brussels", "moscow", "world", "start", "menu")
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$"


class Scenario(Part):
    """One complete, validated set of parameters, and the question that it asks."""

    schema_version: Whole = whole("version of the file's form", "version", SCHEMA_VERSION, SCHEMA_VERSION)
    id: str = text(
        "name of the scenario",
        64,
        "at most {} small letters, digits and hyphens, a letter or digit first",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
    )
    title: str = text("title in a few words", 120, pattern=_ONE_LINE)
    question: str = text("the question that the scenario asks, in plain words", 600, pattern=_ONE_LINE)
    paragraphs: Paragraphs = sizes("paragraphs of the article that raise the question", "paragraph numbers", 17, 17)
    note: str = text("what a reader should know about the values", 600, pattern=_ONE_LINE, default="")
    minsk: Minsk
    washington: Washington
    brussels: Brussels
    moscow: Moscow
    world: World
    start: Start
    menu: Menu

    @field_validator("start")
    @classmethod
    def _fits(cls, start: Start, info: ValidationInfo) -> Start:
        world = info.data.get("world")
        if isinstance(world, World) and start.prisoners > world.prisoner_capacity:
            raise refuse(
                f"{start.prisoners} held at the start and a capacity of {world.prisoner_capacity}",
                "a start.prisoners of at most world.prisoner_capacity",
                "start.prisoners",
                "world.prisoner_capacity",
            )
        return start

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the resolved values: equal values, equal hash, whatever the id, the texts or the file."""
        values = {name: "inf" if value == math.inf else value for name, value in self.values().items()}
        record = {"schema_version": self.schema_version, "values": values}
        return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def values(self) -> dict[str, Any]:
        """Return every parameter by dotted name, numbers and settings alike, in the order of the schema."""
        from sim.scenario.leaves import leaves

        return {name: leaf.read(self) for name, leaf in leaves().items()}

    def parameters(self) -> dict[str, float]:
        """Return every numeric parameter by dotted name, in the order of the schema."""
        from sim.scenario.leaves import leaves

        return {name: float(leaf.read(self)) for name, leaf in leaves().items() if leaf.numeric}

    def get(self, name: str) -> Any:
        """Return the value of one parameter by its dotted name.

        Raises
        ------
        ScenarioError : there is no such parameter; names the nearest one.
        """
        from sim.scenario.leaves import find

        return find(name).read(self)

    def with_overrides(self, overrides: Mapping[str, Any]) -> Scenario:
        """Return the scenario with some parameters changed (see `sim.scenario.load.load`).

        Raises
        ------
        ScenarioError : an unknown name or a value that is not allowed; all problems at once.
        """
        from sim.scenario.load import override

        return override(self, overrides)

    def changed(self, other: Scenario) -> dict[str, tuple[Any, Any]]:
        """Return the parameters in which two scenarios differ: name -> (mine, theirs)."""
        theirs = other.values()
        return {name: (mine, theirs[name]) for name, mine in self.values().items() if mine != theirs[name]}
