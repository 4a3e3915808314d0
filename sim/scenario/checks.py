"""How a causal claim of the article is put to the test: variants of the scenario at hand, a figure, a direction.

A check compares one figure in two variants, or holds it against a level. Figures are read off the exact forecast.
``holds``: the difference goes in the stated direction and is at least ``margin`` times the baseline figure (and at
least ``least``). Direction and margin are fixed before a check is first evaluated.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

MARGIN = 0.05
LAST_MONTH = 24
AT_HAND = "at-hand"
"""The variant that changes nothing."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[StrictStr, Field(min_length=1, max_length=600)]
Month = Annotated[StrictInt, Field(ge=1, le=LAST_MONTH)]
Level = StrictStr | StrictInt
Status = Literal["holds", "fails", "built in", "not yet"]
Direction = Literal["rises", "falls", "at least", "at most"]


class Part(BaseModel):
    """Base of every part of a check: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Variant(Part):
    """A change of the scenario at hand.

    A value is a number or setting; ``low`` and ``high`` stand for the ends of the parameter's plausible range.
    """

    id: Id = Field(description="id, unique among the variants")
    title: Words = Field(description="the variant in a few words, as the table names it")
    like: Id | None = Field(None, description="a shipped scenario whose differences from the baseline are taken over")
    values: dict[str, StrictBool | StrictInt | StrictFloat | StrictStr | tuple[StrictInt, ...]] = Field(
        default_factory=dict, alias="set", description="parameter -> value"
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.id == AT_HAND:
            raise ValueError(f"{AT_HAND} is the scenario itself and needs no entry")
        if not self.values and self.like is None:
            raise ValueError("a variant changes something")
        return self


class Deal(Part):
    """Which deals count; what is left out does not matter."""

    frees: StrictBool | None = Field(default=None, description="whether it frees anybody")
    leader: StrictBool | None = Field(default=None, description="whether it frees a leader")
    relief: StrictBool | None = Field(default=None, description="whether it eases US or EU sanctions")
    contact: StrictBool | None = Field(default=None, description="whether it gives a step of contact")
    pressing: StrictBool | None = Field(default=None, description="whether Washington presses Brussels")


class OfOutcome(Part):
    """A headline outcome at a month's end; less an earlier or another value, or as a share of another month's."""

    kind: Literal["outcome"]
    outcome: StrictStr = Field(description="name of the headline outcome")
    month: Month = Field(description="at the end of which month")
    since: StrictInt = Field(0, ge=0, lt=LAST_MONTH, description="the value at the end of this month is taken off")
    less: StrictStr | None = Field(None, description="another headline outcome of the same month is taken off")
    share_of_month: Month | None = Field(None, description="divided by the value at the end of this month")


class OfDeals(Part):
    """Expected number of deals of a kind in some months."""

    kind: Literal["deals"]
    which: Deal
    months: tuple[Month, Month] = Field(description="first and last month")
    among: Deal | None = Field(None, description="divided by the number of these")
    a_month: StrictBool = Field(False, description="divided by the number of months")


class OfChoice(Part):
    """Probability of a choice at a turn of the first month, in a position with nothing done yet that month."""

    kind: Literal["choice"]
    turn: StrictStr
    action: StrictStr | None = Field(None, description="the action, at a capital's own turn")
    which: Deal | None = Field(None, description="the deals that count, at a table")
    at: dict[str, Level] = Field(default_factory=dict, description="dials set otherwise than at the start")
    pressed: StrictBool = Field(False, description="whether Washington presses Brussels this month")


class OfAnswer(Part):
    """The largest probability with which Minsk accepts one of some packages at a table, in the first month."""

    kind: Literal["answer"]
    turn: Literal["us-table", "eu-table"]
    which: Deal
    at: dict[str, Level] = Field(default_factory=dict, description="dials set otherwise than at the start")


class OfMonthEnd(Part):
    """Probability that relief is in force at the end of the first month, from a turn of that month on."""

    kind: Literal["month end"]
    turn: StrictStr
    outcome: Literal["p_us_relief", "p_eu_relief"]
    at: dict[str, Level] = Field(default_factory=dict, description="dials set otherwise than at the start")
    pressed: StrictBool = Field(False, description="whether Washington presses Brussels this month")


class OfTerm(Part):
    """A monthly payoff term in one position, less the same in another."""

    kind: Literal["term"]
    player: StrictStr
    term: StrictStr
    at: dict[str, Level] = Field(description="dials set otherwise than at the start")
    minus: dict[str, Level] | None = Field(None, description="the position taken off")


class OfPrice(Part):
    """What it costs Minsk to free one person, by the payoff terms of the table of Minsk and Washington."""

    kind: Literal["cost of freeing"]
    whom: Literal["a leader", "a prisoner"]


class OfLaw(Part):
    """A number that the structure keeps at zero."""

    kind: Literal["law"]
    law: Literal["choices that move the talks", "distance of the talks from their chain"]


Measure = Annotated[
    OfOutcome | OfDeals | OfChoice | OfAnswer | OfMonthEnd | OfTerm | OfPrice | OfLaw, Field(discriminator="kind")
]


class Side(Part):
    """One side of a check: a variant, or the effect of one (what it adds to another)."""

    variant: Id = Field(AT_HAND, description="id of a variant; left out: the scenario at hand")
    minus: Id | None = Field(None, description="the variant whose figure is taken off")
    measure: Measure | None = Field(None, description="this side's own figure, if the sides have different ones")

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants it reads."""
        return (self.variant,) if self.minus is None else (self.variant, self.minus)


class Check(Part):
    """One check of a claim, or of a part of it."""

    part: str = Field("", pattern=r"^[a-z]?$", description="letter of the part; none where the claim is one piece")
    shows: Words = Field(description="what is compared, in words")
    measure: Measure | None = Field(None, description="the figure that both sides share")
    baseline: Side | None = Field(None, description="what is compared with")
    treated: Side | None = Field(None, description="what is compared")
    direction: Direction | None = Field(None, description="how the treated figure should differ from the baseline's")
    level: float | None = Field(None, description="what the figure is held against, for at least and at most")
    margin: float = Field(MARGIN, ge=0, description="smallest difference, as a share of the baseline figure")
    least: float = Field(0.0, ge=0, description="smallest difference, in units of the figure")
    built_in: StrictBool = Field(False, description="the model assumes it; the check only shows that it does")
    missing: str = Field("", max_length=600, description="what the model lacks to express it")
    test: str = Field("", max_length=200, description="the test that holds the model to a built-in claim")
    expected: Status = Field(description="status expected before the first evaluation")
    reason: Words = Field(description="why it is expected")
    status: Status | None = Field(None, description="status found on the baseline, fast grid")
    on_default: Status | None = Field(None, description="status found on the baseline, default grid")
    finding: str = Field("", max_length=900, description="what was found, where it fails or surprises")
    revised: str = Field("", max_length=600, description="what was changed after the first evaluation, and why")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = (self.measure, self.baseline, self.treated, self.direction, self.level)
        if self.missing:
            if any(part is not None for part in given) or self.built_in or self.expected != "not yet":
                raise ValueError("what cannot be expressed has no figures, and not yet is expected")
            return self
        if self.treated is None or self.direction is None:
            raise ValueError("a check has a treated side and a direction, or says what is missing")
        against_level = self.direction in ("at least", "at most")
        if against_level != (self.level is not None) or against_level == (self.baseline is not None):
            raise ValueError("at least and at most take a level and no baseline; rises and falls take a baseline")
        if (self.measure is None) != all(side.measure is not None for side in self.sides):
            raise ValueError("every side has a figure: the shared one or its own")
        if (self.expected == "built in") != self.built_in or self.expected == "not yet":
            raise ValueError("built in is expected of what is built in, and of nothing else")
        if self.built_in and not self.test:
            raise ValueError("what is built in names the test that shows it")
        return self

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that have figures."""
        return tuple(side for side in (self.baseline, self.treated) if side is not None)

    def measure_of(
        self, side: Side
    ) -> OfOutcome | OfDeals | OfChoice | OfAnswer | OfMonthEnd | OfTerm | OfPrice | OfLaw:
        """Return the figure of one side."""
        measure = side.measure or self.measure
        assert measure is not None
        return measure
