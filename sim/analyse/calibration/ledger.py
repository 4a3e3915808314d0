"""Ledgers: what was seen month by month, coded in the terms that the model can be held to.

``priors.toml``'s sister ``ledger.toml`` documents the form. A month has five entries: what was visible between Minsk
and Washington, between Minsk and Brussels, whether either took relief back, and whether Moscow punished.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from sim.analyse.calibration.files import checked, digest, shipped_tree, tree_of
from sim.model.menu import MASS_RELEASE

FILE = "ledger.toml"
SCHEMA_VERSION = 1
NOBODY, PRISONERS, LEADER, MASS = FREED = ("nobody", "prisoners", "leader", "mass release")
NOTHING, ENVOYS, EMBASSY, RELIEF = GIVEN = ("nothing", "envoys", "embassy", "relief")
EU_GIVEN = (NOTHING, RELIEF)
UNKNOWN = "unknown"
ITEMS = ("us", "eu", "us_taken_back", "eu_taken_back", "punished")
"""The entries of a month, in the order in which they come about."""
SIZES = {
    "us": len(FREED) * len(GIVEN),
    "eu": len(FREED) * len(EU_GIVEN),
    "us_taken_back": 2,
    "eu_taken_back": 2,
    "punished": 2,
}
"""How many different things each entry can say."""

Unknown = Literal["unknown"]
Text = Annotated[StrictStr, Field(min_length=1, max_length=600)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class UsDeal(_Entry):
    """What was visible between Minsk and Washington in a month, unasked releases included."""

    freed: Literal["nobody", "prisoners", "leader", "mass release"] = Field(description="who was freed")
    given: Literal["nothing", "envoys", "embassy", "relief"] = Field(alias="for", description="what Minsk got")

    @property
    def code(self) -> int:
        """Number of the label."""
        return FREED.index(self.freed) * len(GIVEN) + GIVEN.index(self.given)


class EuDeal(_Entry):
    """What was visible between Minsk and Brussels in a month."""

    freed: Literal["nobody", "prisoners", "leader", "mass release"] = Field(description="who was freed")
    given: Literal["nothing", "relief"] = Field(alias="for", description="what Minsk got")

    @property
    def code(self) -> int:
        """Number of the label."""
        return FREED.index(self.freed) * len(EU_GIVEN) + EU_GIVEN.index(self.given)


class Month(_Entry):
    """What was seen in one month; ``unknown`` where nothing is known."""

    month: Annotated[StrictStr, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] = Field(description="as in 2025-01")
    us: UsDeal | Unknown = Field(description="between Minsk and Washington")
    eu: EuDeal | Unknown = Field(description="between Minsk and Brussels")
    us_taken_back: StrictBool | Unknown = Field(description="whether Washington took relief back")
    eu_taken_back: StrictBool | Unknown = Field(description="whether Brussels took relief back")
    punished: StrictBool | Unknown = Field(description="whether Moscow punished")
    freed: StrictInt | None = Field(None, ge=0, description="people freed, leaders included; left out: not known")
    leaders: StrictInt | None = Field(None, ge=0, description="leaders among them; left out: not known")
    events: tuple[StrictStr, ...] = Field((), description="ids of dated events")
    note: str = Field("", max_length=600, description="how the coding was decided")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.freed is not None and (self.leaders or 0) > self.freed:
            raise ValueError("at most as many leaders as people freed")
        if self.freed is not None and self.us != UNKNOWN and self.eu != UNKNOWN:
            nobody = self.us.freed == self.eu.freed == NOBODY  # type: ignore[union-attr]
            if nobody != (self.freed == 0):
                raise ValueError("people freed exactly where us or eu says so")
        return self

    @model_validator(mode="after")
    def _sized(self) -> Self:
        """Hold the numbers to the words; what is unknown contradicts nothing."""
        said = {side.freed for side in (self.us, self.eu) if isinstance(side, UsDeal | EuDeal)}
        whole = UNKNOWN not in (self.us, self.eu)
        if MASS in said and self.freed is not None and self.freed < MASS_RELEASE:
            raise ValueError(f"freed: found {self.freed} in a mass release; allowed: {MASS_RELEASE} or more")
        if LEADER in said and self.leaders == 0:
            raise ValueError("leaders: found 0 where a leader is freed; allowed: 1 or more")
        if whole and self.leaders and not said & {LEADER, MASS}:
            raise ValueError(f"leaders: found {self.leaders} where no leader is freed; allowed: 0")
        return self

    @property
    def codes(self) -> tuple[int | None, ...]:
        """The number of what each entry of `ITEMS` says; None where nothing is known."""
        found = (getattr(self, item) for item in ITEMS)
        return tuple(None if each == UNKNOWN else each.code if hasattr(each, "code") else int(each) for each in found)

    @property
    def number(self) -> int:
        """Months since the year 0."""
        return int(self.month[:4]) * 12 + int(self.month[5:]) - 1


class Ledger(_Entry):
    """What was seen in a stretch of months, from the start of a scenario."""

    schema_version: Literal[1] = Field(description="of the form")
    id: Annotated[StrictStr, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] = Field(description="id")
    title: Text = Field(description="title")
    scenario: Text = Field(description="position from which it is played")
    error: float = Field(ge=0.0, lt=0.5, description="chance that one entry is put down wrongly")
    months: tuple[Month, ...] = Field(alias="month", min_length=1, max_length=60, description="month by month")

    @model_validator(mode="before")
    @classmethod
    def _in_order(cls, tree: Any) -> Any:
        """Put months in their order, whatever the order in the file."""
        months = tree.get("month") if isinstance(tree, dict) else None
        if isinstance(months, list) and all(isinstance(each, dict) for each in months):
            return {**tree, "month": sorted(months, key=lambda each: str(each.get("month")))}
        return tree

    @model_validator(mode="after")
    def _without_gaps(self) -> Self:
        numbers = [month.number for month in self.months]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            listed = ", ".join(month.month for month in self.months)
            raise ValueError(f"every month once and none left out (found {listed})")
        return self

    @property
    def codes(self) -> tuple[tuple[int | None, ...], ...]:
        """`Month.codes` of every month: all that the likelihood sees."""
        return tuple(month.codes for month in self.months)

    @property
    def hash(self) -> str:
        """Sha256 (hex) of what the likelihood depends on."""
        return digest({"scenario": self.scenario, "error": self.error, "codes": self.codes})


def shipped_ledger() -> Ledger:
    """Return the ledger of January to June 2025."""
    return checked(Ledger, shipped_tree("seeds", FILE), FILE)


def read_ledger(path: str | Path) -> Ledger:
    """Return the ledger in a TOML file.

    Raises
    ------
    ScenarioError : no such file, or something that does not fit the form; all problems at once.
    """
    return checked(Ledger, tree_of(path), str(path))


def ledger_of_codes(codes: Any, *, first: str = "2025-01", error: float = 0.01, scenario: str, id: str) -> Ledger:
    """Return a ledger from the numbers of its labels, shape (months, items): the opposite of `Ledger.codes`."""
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    months = []
    for t, row in enumerate(codes):
        us, eu, *flags = (int(each) for each in row)
        when = start + t
        months.append(
            {
                "month": f"{when // 12:04d}-{when % 12 + 1:02d}",
                "us": {"freed": FREED[us // len(GIVEN)], "for": GIVEN[us % len(GIVEN)]},
                "eu": {"freed": FREED[eu // len(EU_GIVEN)], "for": EU_GIVEN[eu % len(EU_GIVEN)]},
                **{item: bool(flag) for item, flag in zip(ITEMS[2:], flags, strict=True)},
            }
        )
    tree = {"schema_version": 1, "id": id, "title": id, "scenario": scenario, "error": error, "month": months}
    return checked(Ledger, tree, id)
