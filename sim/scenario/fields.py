"""The parts of a scenario and the kinds of value that they may hold, each with its hard limits in words.

A kind is a type that pydantic checks plus a function that makes the field: meaning, unit, limits. The words given here
become the error messages, the JSON Schema and the reference tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

LARGEST = 1e6
"""Largest amount of points, people or rate that a scenario may state; keeps sums of payoffs finite."""


class Part(BaseModel):
    """Base of every part of a scenario: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def refuse(found: str, allowed: str, *keys: str) -> PydanticCustomError:
    """Return the error for a rule that joins several values; ``keys`` are their dotted names (none: the section)."""
    return PydanticCustomError("rule", "not allowed", {"keys": keys, "found": found, "allowed": allowed})


def _real(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise PydanticCustomError("kind", "not a number")
    try:
        return float(value) + 0.0  # -0.0 becomes 0.0: equal values have equal hashes
    except OverflowError:
        raise PydanticCustomError("kind", "too large") from None


def _precision(value: object) -> object:
    number = math.inf if isinstance(value, str) and value == "inf" else _real(value)
    if number != number:
        raise PydanticCustomError("kind", "not a number")
    return number


def _integer(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise PydanticCustomError("kind", "not a whole number")
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    if not number.is_integer():  # NaN and infinities are not whole either
        raise PydanticCustomError("kind", "not a whole number")
    return int(number)


def _sizes(value: object) -> object:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise PydanticCustomError("kind", "not a list")
    sizes = tuple(_integer(item) for item in value)
    if any(low >= high for low, high in pairwise(sizes)):  # type: ignore[operator]
        raise PydanticCustomError("kind", "not increasing")
    return sizes


Number = Annotated[float, BeforeValidator(_real)]
Whole = Annotated[int, BeforeValidator(_integer)]
Precision = Annotated[float, BeforeValidator(_precision)]
PackageSizes = Annotated[tuple[Annotated[int, Field(ge=1, le=5000)], ...], BeforeValidator(_sizes)]
Paragraphs = Annotated[tuple[Annotated[int, Field(ge=1, le=17)], ...], BeforeValidator(_sizes)]
UpToThree = Annotated[tuple[Annotated[int, Field(ge=1, le=3)], ...], BeforeValidator(_sizes)]
UpToTwo = Annotated[tuple[Annotated[int, Field(ge=1, le=2)], ...], BeforeValidator(_sizes)]


def number(meaning: str, unit: str, low: float = 0.0, high: float = LARGEST, *, alias: str | None = None) -> Any:
    """Return the field of a finite number from ``low`` to ``high``, both included."""
    return _field(
        meaning,
        unit,
        f"a number from {low:g} to {high:{',.0f' if high >= 1e4 else 'g'}}",
        ge=low,
        le=high,
        allow_inf_nan=False,
        alias=alias,
    )


def probability(meaning: str, unit: str = "probability") -> Any:
    """Return the field of a number from 0 to 1."""
    return number(meaning, unit, 0.0, 1.0)


def discount(meaning: str) -> Any:
    """Return the field of a discount factor: above 0, and clear of 1, as what follows the last month has no end."""
    return _field(meaning, "per month", "a number above 0 and at most 0.9999", gt=0.0, le=0.9999, allow_inf_nan=False)


def rationality(meaning: str) -> Any:
    """Return the field of a precision: 0 (picks by weights) to inf (always the best)."""
    return _field(meaning, "1/points", 'a number from 0 up, or "inf"', ge=0.0)


def whole(meaning: str, unit: str, low: int, high: int) -> Any:
    """Return the field of a whole number from ``low`` to ``high``, both included."""
    return _field(meaning, unit, f"a whole number from {low} to {high}", ge=low, le=high)


def sizes(meaning: str, unit: str, high: int, most: int) -> Any:
    """Return the field of a strictly increasing list of at most ``most`` whole numbers from 1 to ``high``."""
    allowed = f"a list of at most {most} whole numbers from 1 to {high}, each larger than the one before (may be empty)"
    return _field(meaning, unit, allowed, max_length=most)


def choice(meaning: str, levels: Sequence[str]) -> Any:
    """Return the field of one word out of ``levels``."""
    return _field(meaning, "level", "one of " + ", ".join(f'"{level}"' for level in levels))


def switch(meaning: str) -> Any:
    """Return the field of a yes or no."""
    return _field(meaning, "yes or no", "true or false")


def text(meaning: str, most: int, allowed: str = "a text of at most {} characters on one line", **more: Any) -> Any:
    """Return the field of a printable text of at most ``most`` characters."""
    return _field(meaning, "text", allowed.format(most), max_length=most, **more)


def _field(meaning: str, unit: str, allowed: str, **more: Any) -> Any:
    return Field(description=meaning, json_schema_extra={"unit": unit, "allowed": allowed}, **more)
