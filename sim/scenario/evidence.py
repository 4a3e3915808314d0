"""What the numbers rest on: the article's facts, causal claims and dated events, in our own words.

The files lie in ``seeds/``. Every entry has an id and the paragraphs of the article that it paraphrases. A
parameter's source is one of these ids, or the word ``assumption`` with a reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from sim.errors import Problem, ScenarioError
from sim.scenario.checks import AT_HAND, Check, Variant
from sim.scenario.resources import seed_text
from sim.scenario.words import nearest, shown

LAST_DAY = date(2025, 6, 21)
"""Nothing later than the visit of this day enters the evidence: what came after is for testing forecasts."""
PARAGRAPHS = 17

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[StrictStr, Field(min_length=1, max_length=600)]
Paragraphs = Annotated[tuple[Annotated[StrictInt, Field(ge=1, le=PARAGRAPHS)], ...], Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Article(_Entry):
    """The one source, as a bibliographic reference."""

    title: Words = Field(description="title as published")
    publication: Words = Field(description="where it appeared")
    published: Words = Field(description="when it appeared")
    adapted_from: Words = Field(description="publisher of the original")
    kind: Words = Field(description="what kind of text it is")
    paragraphs: StrictInt = Field(description="how many paragraphs it has; numbers count from 1")

    @property
    def reference(self) -> str:
        """The reference in one line."""
        return f'"{self.title}", {self.publication}, {self.published}; adapted from {self.adapted_from}.'


class Event(_Entry):
    """Something that happened, dated as closely as the article allows."""

    id: Id = Field(description="id, unique among all evidence")
    when: Words = Field(description="date or period in words")
    earliest: date = Field(date.min, description="first day on which it can have happened; left out: not told")
    latest: date = Field(description="last day on which it can have happened")
    what: Words = Field(description="what happened")
    released: StrictInt | None = Field(None, ge=0, description="people freed, leaders included; none: not told")
    leaders: StrictInt = Field(0, ge=0, description="senior leaders among them")
    contact: StrictBool = Field(False, description="whether an American official came or met the leadership")
    relief: StrictBool = Field(False, description="whether sanctions were eased in return, as far as is visible")
    in_ledger: StrictBool = Field(False, description="whether it counts among the releases a forecast is held to")
    paragraphs: Paragraphs

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if not self.earliest <= self.latest <= LAST_DAY:
            raise ValueError(f"dates out of order, or later than {LAST_DAY}")
        if self.in_ledger and self.released is None:
            raise ValueError("an entry of the ledger says how many were freed")
        if self.leaders > (self.released or 0):
            raise ValueError("more leaders than people freed")
        return self


class Claim(_Entry):
    """A causal claim of the article, and what the model should show if it holds there."""

    id: Id = Field(description="id, unique among all evidence")
    number: StrictInt = Field(ge=1, description="number in the list of claims")
    claim: Words = Field(description="the claim, in our words")
    shows: Words = Field(description="what the model should show")
    built_in: StrictBool = Field(False, description="true: the model's structure assumes it, so no check can fail")
    note: str = Field("", max_length=600, description="what part of it a payoff already encodes, if any")
    paragraphs: Paragraphs
    checks: tuple[Check, ...] = Field(alias="check", description="how it is put to the test, part by part")

    @model_validator(mode="after")
    def _parts(self) -> Self:
        parts = [check.part for check in self.checks]
        if parts not in ([""], list("abcdefgh"[: len(parts)])):
            raise ValueError(f"a claim has one check without a letter, or parts a, b, ... in order; found {parts}")
        return self


class Fact(_Entry):
    """Something the article says that a parameter can rest on."""

    id: Id = Field(description="id, unique among all evidence")
    says: Words = Field(description="what the passage says, in our words")
    paragraphs: Paragraphs


class Evidence(_Entry):
    """All of it, checked: ids unique, claims numbered without a gap, events in the order of their dates."""

    article: Article
    facts: tuple[Fact, ...]
    claims: tuple[Claim, ...]
    events: tuple[Event, ...]
    variants: tuple[Variant, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = self.ids
        if len(set(ids)) != len(ids):
            raise ValueError("an id is used twice")
        if [claim.number for claim in self.claims] != list(range(1, len(self.claims) + 1)):
            raise ValueError("claims are numbered 1, 2, ... in order")
        if list(self.events) != sorted(self.events, key=lambda event: event.earliest):
            raise ValueError("events stand in the order of their dates")
        known = [AT_HAND, *(variant.id for variant in self.variants)]
        if len(set(known)) != len(known):
            raise ValueError("a variant's id is used twice")
        sides = [side for claim in self.claims for check in claim.checks for side in check.sides]
        used = {name for side in sides for name in side.variants}
        if used - {AT_HAND} != set(known) - {AT_HAND}:
            raise ValueError(f"variants unknown or unused: {', '.join(sorted(used ^ set(known)))}")
        return self

    def __contains__(self, source: object) -> bool:
        return source in self.ids

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that a parameter may cite."""
        return tuple(entry.id for entry in self.entries())

    def entries(self) -> Iterator[Fact | Claim | Event]:
        """Run through facts, claims and events."""
        yield from self.facts
        yield from self.claims
        yield from self.events

    @property
    def ledger(self) -> tuple[Event, ...]:
        """The releases from January to June 2025 that a forecast from January is held to."""
        return tuple(event for event in self.events if event.in_ledger)


@lru_cache(maxsize=1)
def evidence() -> Evidence:
    """Return the shipped evidence, validated."""
    return build({name: tomllib.loads(seed_text(name)) for name in ("article", "facts", "claims", "events")})


def build(trees: Mapping[str, Mapping[str, Any]]) -> Evidence:
    """Return the evidence from the parsed files ``article``, ``facts``, ``claims`` and ``events``.

    Raises
    ------
    pydantic.ValidationError : an entry is malformed, an id is used twice, an event is too late.
    """
    return Evidence.model_validate(
        {
            "article": trees["article"]["article"],
            "facts": trees["facts"]["fact"],
            "claims": trees["claims"]["claim"],
            "events": trees["events"]["event"],
            "variants": trees["claims"].get("variant", ()),
        }
    )


def resolve(source: str) -> Fact | Claim | Event:
    """Return the entry that a parameter's source names.

    Raises
    ------
    ScenarioError : there is none; names the nearest id.
    """
    entries = {entry.id: entry for entry in evidence().entries()}
    if source in entries:
        return entries[source]
    close = nearest(source, tuple(entries))
    hint = f"Did you mean {close}?" if close else ""
    raise ScenarioError([Problem("seeds", "source", shown(source), "the id of a fact, claim or event", hint)])
