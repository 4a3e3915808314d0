"""What ships: the list of scenarios, and the baseline's parameters with their ranges and sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.scenario.layers import ASSUMPTION, Annotation, Layer, Problems
from sim.scenario.leaves import Leaf, leaves
from sim.scenario.load import load, shipped_layer
from sim.scenario.resources import scenario_ids
from sim.scenario.schema import Scenario

BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Entry:
    """One shipped scenario: its id, title, the question it asks and the paragraphs that raise it."""

    id: str
    title: str
    question: str
    paragraphs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """One numeric parameter.

    Attributes
    ----------
    name : dotted name.
    meaning, unit, allowed : in words; ``allowed`` are the hard limits.
    low, high : the plausible range.
    value : the baseline's value.
    source : id of a fact, claim or event of the evidence, or ``assumption``.
    reason : why, or how the passage leads to the range.
    """

    name: str
    meaning: str
    unit: str
    allowed: str
    low: float
    high: float
    value: float
    source: str
    reason: str

    @property
    def assumed(self) -> bool:
        """Whether no passage of the article supports it."""
        return self.source == ASSUMPTION


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One parameter that is not a number: a level, a list or a yes or no (fields as in `ParameterInfo`)."""

    name: str
    meaning: str
    unit: str
    allowed: str
    value: Any
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A value that is allowed but lies outside its plausible range."""

    name: str
    value: float
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.name} is {self.value:g}; plausible is {self.low:g} ({self.unit})"
        return f"{self.name} is {self.value:g}; plausible is {self.low:g} to {self.high:g} ({self.unit})"


def catalogue() -> tuple[Entry, ...]:
    """Return the shipped scenarios, the baseline first; reads their headings and computes nothing."""
    entries = []
    for scenario_id in scenario_ids():
        values = _layer(scenario_id).values
        entries.append(
            Entry(
                id=str(values.get("id", scenario_id)),
                title=str(values.get("title", scenario_id)),
                question=str(values.get("question", "")),
                paragraphs=tuple(values.get("paragraphs", ())),
            )
        )
    return tuple(entries)


@lru_cache(maxsize=1)
def parameter_info() -> dict[str, ParameterInfo]:
    """Return every numeric parameter by dotted name, in the order of the schema."""
    baseline, annotations = load(BASELINE), _layer(BASELINE).annotations
    infos = {}
    for name, leaf in leaves().items():
        if leaf.numeric:
            note, value = annotations.get(name, Annotation()), float(leaf.read(baseline))
            low, high = note.range or (value, value)
            infos[name] = ParameterInfo(
                name, leaf.meaning, leaf.unit, leaf.allowed, low, high, value, *_backing(leaf, note)
            )
    return infos


@lru_cache(maxsize=1)
def setting_info() -> dict[str, SettingInfo]:
    """Return every parameter that is not a number, by dotted name, in the order of the schema."""
    baseline, annotations = load(BASELINE), _layer(BASELINE).annotations
    return {
        name: SettingInfo(
            name,
            leaf.meaning,
            leaf.unit,
            leaf.allowed,
            leaf.read(baseline),
            *_backing(leaf, annotations.get(name, Annotation())),
        )
        for name, leaf in leaves().items()
        if not leaf.numeric
    }


def warnings_for(scenario: Scenario) -> tuple[OutOfRange, ...]:
    """Return the values outside their plausible range, in the order of the schema; they are allowed, and said."""
    values = scenario.parameters()
    return tuple(
        OutOfRange(name, values[name], info.low, info.high, info.unit)
        for name, info in parameter_info().items()
        if not info.low <= values[name] <= info.high
    )


def _backing(leaf: Leaf, note: Annotation) -> tuple[str, str]:
    return note.source or "", note.reason


def _layer(scenario_id: str) -> Layer:
    problems = Problems()
    layer = shipped_layer(scenario_id, problems)
    if layer is None:
        raise problems.error()
    return layer
