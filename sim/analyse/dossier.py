"""Everything that a full report of one scenario needs, computed once and kept in one frozen record.

One solution carries the forecast, the reasons, the deals, the path and the map of positions. What needs many variants
(what would flip the answer, power, claims) runs on the fast grid, or on the scenario's own where that is coarser.

``sim.report`` draws a dossier from its `Dossier.to_json` object and computes nothing itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import GrandDealError, ScenarioError, UsageError

if TYPE_CHECKING:
    from sim.analyse.claims_check import Claims
    from sim.analyse.inverse import Inverse
    from sim.analyse.planes import Window
    from sim.analyse.sensitivity import Sensitivity
    from sim.analyse.tipping import Tipping
    from sim.forecast.deal_records import Deals
    from sim.forecast.explanation import Explanation
    from sim.forecast.power import PowerResult
    from sim.forecast.result import Result
    from sim.forecast.stability import StabilityResult
    from sim.model import Grid, Model
    from sim.play.concession import Concession
    from sim.scenario import Scenario
    from sim.solver import Solution

SCHEMA_VERSION = 1
QUICK = ("why", "people", "sure", "deals", "path", "stability", "sources")
"""Sections that one solution answers (and two small ones beside it)."""
LONG = ("flip", "power", "claims", "evidence")
"""Sections that compute tens to hundreds of variants."""
SECTIONS = ("why", "flip", "sure", "people", "deals", "power", "path", "stability", "claims", "evidence", "sources")
"""All of them, in the order of the page."""
BRIEF = ("why", "flip", "sure", "people", "deals", "claims", "evidence")
"""What the two printed pages draw on."""
TIPPED = 4
"""Parameters whose course is drawn: those that flip the answer soonest, then those with the widest swings."""
EDGES = ("world.prisoner_capacity",)
"""Parameters of the computation, not of the world: nothing that one could find evidence on."""
SCREENED = 16
"""Parameters among which the smallest change that flips the answer is sought: those with the widest swings, and all
that flip it at an end of their range. The others could do so only in between, having hardly moved it at both ends."""
MONTHS = 24
MAIN = "prisoners"
ENSEMBLE = "fast"
Tell = Callable[[str, int, int], None]
"""Called with what is being computed, how much of it is done, and of how much (0: not known)."""


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
    power: PowerResult | None = field(repr=False, default=None)
    claims: Claims | None = field(repr=False, default=None)
    grids: tuple[OtherGrid, ...] = field(repr=False, default=())
    sources: tuple[Sourced, ...] = field(repr=False, default=())
    article: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON-ready object (see `sim.report.render`); the forecast is left out of it."""
        parts = {
            name: None if (record := getattr(self, name)) is None else record.to_json()
            for name in ("explanation", "deals", "path", "stability", "tornado", "inverse", "power", "claims")
        }
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
            "grids": [row.to_json() for row in self.grids],
            "sources": [row.to_json() for row in self.sources],
            "article": self.article,
            "missing": dict(self.missing),
        }


def sections_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return sections by name in the order of the page.

    Raises
    ------
    UsageError : none, or one that does not exist.
    """
    for name in names:
        if name not in SECTIONS:
            near = difflib.get_close_matches(name, SECTIONS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"section: found {name!r}; allowed: {', '.join(SECTIONS)}{hint}")
    if not names:
        raise UsageError(f"section: found none; allowed: {', '.join(SECTIONS)}")
    return tuple(name for name in SECTIONS if name in names)


def dossier(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    sections: Sequence[str] = QUICK,
    outcome: str = MAIN,
    level: float | None = None,
    months: int | None = None,
    grid: str | Grid = "default",
    ensemble: str | Grid = ENSEMBLE,
    seed: int = 0,
    rationality: float | None = None,
    jobs: int | None = None,
    tell: Tell | None = None,
) -> Dossier:
    """Compute what the sections of a report on one scenario need.

    Parameters
    ----------
    source, overrides, grid, seed, rationality : as for `sim.run`.
    sections : of `SECTIONS`.
    outcome, level : what the answer is about; default: people still held, against as many as at the start. For another
        outcome the level defaults to one half if it is a share or a probability, else to half of what is expected.
    months : how many to report; default 24, or as many as the grid plays.
    ensemble : grid of what needs many variants; where ``grid`` is coarser, that.
    jobs : worker processes of what needs many variants.
    tell : called as the work goes on.

    Raises
    ------
    ScenarioError, UsageError : as for `sim.run`; an unknown section or outcome. What fails later within one analysis
        is kept in ``missing``, and the others go on.
    """
    from sim.analyse.variants import check_outcome
    from sim.forecast.run import forecast_of
    from sim.model import compile, grid_of
    from sim.scenario import load
    from sim.solver import solve

    wanted = sections_of(sections)
    check_outcome(outcome)
    base = load(source, overrides)
    fine, coarse = grid_of(grid), grid_of(ensemble)
    coarse = fine if fine.lot >= coarse.lot else coarse
    last = min(MONTHS, fine.rounds, coarse.rounds) if months is None else months
    work = _Work(tell)
    work.say("forecast")
    model = compile(base, fine)
    solution = solve(model.game, model.rationality if rationality is None else rationality)
    result = forecast_of(model, solution, seed=seed, months=last)
    question = _question(outcome, level, result, last)
    settings = {"grid": coarse, "rationality": rationality, "jobs": jobs}
    made: dict[str, Any] = {}
    if "why" in wanted:
        made |= work.do("why", lambda: {"explanation": _explained(model, solution, last)})
    if "sure" in wanted:
        made |= work.do("sure", lambda: {"grids": _grids(base, result, fine, coarse, rationality)})
    if "deals" in wanted:
        made |= work.do("deals", lambda: _deals(model, solution))
    if "path" in wanted:
        made |= work.do("path", lambda: {"path": _path(model, solution, last)})
    if "stability" in wanted:
        made |= work.do("stability", lambda: {"stability": _stability(model)})
    if {"flip", "evidence"} & set(wanted):
        names = [name for name in ("flip", "evidence") if name in wanted]
        made |= work.do(names[0], lambda: _flips(base, question, "flip" in wanted, settings, work))
        if names[0] in work.missing:  # one computation, so both lack it
            work.missing |= dict.fromkeys(names, work.missing[names[0]])
    if "power" in wanted:
        made |= work.do("power", lambda: {"power": _power(base, coarse, rationality, last, work)})
    if "claims" in wanted:
        made |= work.do("claims", lambda: {"claims": _claims(base, coarse, rationality, jobs, work)})
    if {"sources", "evidence", "flip", "claims"} & set(wanted):
        made |= {"sources": sourced(base), "article": _article()}
    return Dossier(
        sections=wanted,
        ensemble=coarse.name,
        question=question,
        forecast=result,
        missing=dict(work.missing),
        **made,
    )


def sourced(base: Scenario) -> tuple[Sourced, ...]:
    """Return every parameter of a scenario that has a number, with its source."""
    from sim.scenario import parameter_info
    from sim.scenario.evidence import resolve

    own = base.parameters()
    rows = []
    for name, info in parameter_info().items():
        entry: Any = None if info.source == "assumption" else resolve(info.source)
        says = next((getattr(entry, key) for key in ("says", "claim", "what") if hasattr(entry, key)), "")
        rows.append(
            Sourced(
                name=name,
                meaning=info.meaning,
                value=own[name],
                shipped=info.value,
                unit=info.unit,
                low=info.low,
                high=info.high,
                source=info.source,
                paragraphs=() if entry is None else tuple(entry.paragraphs),
                says=says,
                reason=info.reason or "",
            )
        )
    return tuple(rows)


class _Work:
    """Says what is going on and keeps what went wrong."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell, self.missing, self.now = tell, dict[str, str](), ""

    def say(self, what: str) -> None:
        self.now = what
        self.step(0, 0)

    def step(self, done: int, of: int = 0) -> None:
        if self.tell is not None:
            self.tell(self.now, done, of)

    def do(self, section: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Compute one section; what does not make sense for this scenario leaves a reason instead."""
        self.say(section)
        with self._kept(section):
            return compute()
        return {}

    @contextmanager
    def _kept(self, section: str) -> Iterator[None]:
        try:
            yield
        except ScenarioError:
            raise
        except GrandDealError as error:
            self.missing[section] = str(error)


def _question(outcome: str, level: float | None, result: Result, month: int) -> Question:
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    unit = OUTCOME_UNITS[outcome]
    if level is None:
        if outcome == MAIN:
            level = float(result.start["prisoners"])
        else:
            level = 0.5 if unit in ("probability", "share") else result.at(outcome, month) / 2
    return Question(outcome, OUTCOME_LABELS[outcome], unit, month, float(level))


def _explained(model: Model, solution: Solution, months: int) -> Explanation:
    from dataclasses import replace

    from sim.forecast.benchmarks import benchmarks
    from sim.forecast.explain import explain_solved

    found = explain_solved(model, solution)
    return replace(found, benchmarks=benchmarks(model, solution, months=months, start=model.start))


def _deals(model: Model, solution: Solution) -> dict[str, Any]:
    from sim.analyse.planes import windows
    from sim.forecast.deals import deals_of

    found = deals_of(model, solution, model.start)
    return {"deals": found, "planes": windows(found)}


def _path(model: Model, solution: Solution, months: int) -> Concession:
    from sim.play.concession import concession_of

    return concession_of(model, solution, months)


def _stability(model: Model) -> StabilityResult:
    from sim.forecast.stability import stability_of

    return stability_of(model)


def _grids(
    base: Scenario, result: Result, fine: Grid, coarse: Grid, rationality: float | None
) -> tuple[OtherGrid, ...]:
    """Compute the headlines with other lots, and with twice as many months to be played."""
    from sim.model import Grid

    last = result.months[-1]
    own = {name: values[-1] for name, values in result.outcomes.items()}
    rows = []
    if coarse.lot != fine.lot:
        there = _headlines(base, coarse, rationality, last)
        what = f"prisoners counted in lots of {coarse.lot} instead of {fine.lot}"
        rows.append(OtherGrid(what, coarse.name, fine.name, here=own, there=there))
        near = there
    else:
        half = Grid(f"{fine.lot // 2}x{fine.rounds}", fine.lot // 2, fine.rounds)
        what = f"prisoners counted in lots of {half.lot} instead of {fine.lot}"
        there = _headlines(base, half, rationality, last)
        rows.append(OtherGrid(what, half.name, fine.name, here=own, there=there))
        near = own
    long = Grid(f"{coarse.lot}x{2 * coarse.rounds}", coarse.lot, 2 * coarse.rounds)
    what = f"{long.rounds} months played instead of {coarse.rounds}"
    there = _headlines(base, long, rationality, last)
    rows.append(OtherGrid(what, long.name, coarse.name, here=near, there=there))
    return tuple(rows)


def _headlines(base: Scenario, grid: Grid, rationality: float | None, month: int) -> dict[str, float]:
    from sim.forecast.outcomes import forecast, headlines
    from sim.model import compile
    from sim.solver import solve

    model = compile(base, grid)
    solution = solve(model.game, model.rationality if rationality is None else rationality)
    found = headlines(model, forecast(model, solution, month))
    return {name: float(row[-1]) for name, row in found.items()}


def _flips(
    base: Scenario, question: Question, curves: bool, settings: Mapping[str, Any], work: _Work
) -> dict[str, Any]:
    """Compute the tornado, the smallest single changes that flip the answer, and the courses of a few parameters."""
    from sim.analyse.inverse import inverse
    from sim.analyse.sensitivity import tornado
    from sim.analyse.space import DesignSpace
    from sim.analyse.tipping import tipping

    made: dict[str, Any] = {}
    outcomes = tuple(dict.fromkeys((question.outcome, "freed", "p_us_relief", "p_eu_relief", "p_grand_deal")))
    names = [name for name in DesignSpace.of(base, None, grid=settings["grid"]).names if name not in EDGES]
    made["tornado"] = tornado(
        base, outcomes=outcomes, at=(question.month,), parameters=names, check=0, on_done=work.step, **settings
    )
    work.say("evidence")
    goal = (question.outcome, question.level)
    tried = _screened(made["tornado"], question)
    found = inverse(
        base, *goal, at=question.month, parameters=tried, joint=False, check=0, on_done=work.step, **settings
    )
    made["inverse"] = found
    if curves:
        soonest = [flip.move.parameter for flip in found.flips]
        widest = [row["parameter"] for row in made["tornado"].rows if row["outcome"] == question.outcome]
        curved = []
        for name in list(dict.fromkeys([*soonest, *widest]))[:TIPPED]:
            work.say("flip")
            one = tipping(base, name, *goal, at=question.month, check=0, on_done=work.step, **settings)
            curved.append(one)
        made["tipping"] = tuple(curved)
    return made


def _screened(found: Sensitivity, question: Question) -> list[str]:
    """Return the parameters that move the outcome most, and all at whose ends it is on the other side of the level."""
    rows = [row for row in found.rows if row["outcome"] == question.outcome]
    (base,) = (value for name, _, value in found.base_values if name == question.outcome)
    above = base >= question.level
    return [
        row["parameter"]
        for number, row in enumerate(rows)
        if number < SCREENED or any((row[end] >= question.level) != above for end in ("at_low", "at_high"))
    ]


def _power(base: Scenario, grid: Grid, rationality: float | None, months: int, work: _Work) -> PowerResult:
    from sim.forecast.power import power

    return power(
        base,
        grid=grid,
        rationality=rationality,
        months=months,
        sharp=False,
        progress=lambda done, of, _: work.step(done, of),
    )


def _claims(base: Scenario, grid: Grid, rationality: float | None, jobs: int | None, work: _Work) -> Claims:
    from sim.analyse.claims_check import claims

    return claims(base, grid=grid, rationality=rationality, jobs=jobs, on_done=work.step)


def _article() -> str:
    from sim.scenario import evidence

    return evidence().article.reference
