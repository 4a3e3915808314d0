"""The record of all analyses of one scenario, with what only it holds: the question, other grids, the sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analyse.claims_record import Claims
    from sim.analyse.discover import Discovery
    from sim.analyse.inverse_record import Inverse
    from sim.analyse.planes import Window
    from sim.analyse.sensitivity import Sensitivity
    from sim.analyse.sweep import Sweep
    from sim.analyse.tipping import Tipping
    from sim.forecast.deal_records import Deals
    from sim.forecast.explanation import Explanation
    from sim.forecast.power import PowerResult
    from sim.forecast.result import Result
    from sim.forecast.stability import StabilityResult
    from sim.play.concession import Concession

SCHEMA_VERSION = 1
_RECORDS = ("explanation", "deals", "path", "stability", "tornado", "inverse", "sobol", "discovery", "power", "claims")


@dataclass(frozen=True, slots=True)
class Question:
    """What the answer is about: an outcome at the end of a month, and the level on whose side it lies."""

    outcome: str
    label: str
    unit: str
    month: int
    level: float

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class OtherGrid:
    """Headline outcomes at the last month computed otherwise: ``here`` beside ``there``, and what differs, in words."""

    what: str
    grid: str
    against: str
    here: Mapping[str, float]
    there: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        mappings = {"here": dict(self.here), "there": dict(self.there)}
        return {"what": self.what, "grid": self.grid, "against": self.against, **mappings}


@dataclass(frozen=True, slots=True)
class Sourced:
    """A parameter with its value, unit, plausible range and source.

    ``paragraphs`` and ``says`` are empty for an assumption; ``reason`` says why the figures are what they are. Source
    and reason are those of ``shipped``, the baseline's value: where ``value`` differs, the scenario sets it.
    """

    name: str
    meaning: str
    value: Any
    shipped: Any
    unit: str
    low: float | None
    high: float | None
    source: str
    paragraphs: tuple[int, ...]
    says: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        made = {name: getattr(self, name) for name in self.__slots__}
        return {**made, "paragraphs": list(self.paragraphs)}


@dataclass(frozen=True)
class Dossier:
    """All analyses of one scenario that were asked for; None or empty for those that were not.

    Attributes
    ----------
    sections : what was asked for, in the order of the page.
    ensemble : grid of what needs many variants; the rest is on the grid of ``forecast``.
    question : see `Question`; by default whether fewer people are held after 24 months than now.
    planes : of the deals, for every pair of signatories.
    sweeps : of the parameter that moves the outcome most, month by month; of the two that do, at the last month.
    grids : the forecast's headlines on other grids and with more months to be played.
    missing : section -> why it could not be computed.
    article : reference of the source, in one line.
    """

    sections: tuple[str, ...]
    ensemble: str
    question: Question
    forecast: Result = field(repr=False)
    explanation: Explanation | None = field(repr=False, default=None)
    deals: Deals | None = field(repr=False, default=None)
    planes: tuple[Window, ...] = field(repr=False, default=())
    path: Concession | None = field(repr=False, default=None)
    stability: StabilityResult | None = field(repr=False, default=None)
    tornado: Sensitivity | None = field(repr=False, default=None)
    tipping: tuple[Tipping, ...] = field(repr=False, default=())
    inverse: Inverse | None = field(repr=False, default=None)
    sweeps: tuple[Sweep, ...] = field(repr=False, default=())
    sobol: Sensitivity | None = field(repr=False, default=None)
    discovery: Discovery | None = field(repr=False, default=None)
    power: PowerResult | None = field(repr=False, default=None)
    claims: Claims | None = field(repr=False, default=None)
    grids: tuple[OtherGrid, ...] = field(repr=False, default=())
    sources: tuple[Sourced, ...] = field(repr=False, default=())
    article: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON-ready object (see `sim.report.render`); the forecast is left out of it."""
        parts = {name: None if (record := getattr(self, name)) is None else record.to_json() for name in _RECORDS}
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.forecast.scenario,
            "scenario_hash": self.forecast.scenario_hash,
            "grid": self.forecast.grid,
            "ensemble": self.ensemble,
            "sections": list(self.sections),
            "question": self.question.to_json(),
            **parts,
            "planes": [window.to_json() for window in self.planes],
            "tipping": [found.to_json() for found in self.tipping],
            "sweeps": [found.to_json() for found in self.sweeps],
            "grids": [row.to_json() for row in self.grids],
            "sources": [row.to_json() for row in self.sources],
            "article": self.article,
            "missing": dict(self.missing),
        }
