"""Everything that a full report of one scenario needs, computed once and kept in one frozen record.

One solution carries the forecast, the reasons, the deals, the path and the map of positions. What needs many variants
(what would flip the answer, power, claims) runs on the fast grid, or on the scenario's own where that is coarser.

``sim.report`` draws a dossier from its `Dossier.to_json` object and computes nothing itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analyse.dossier_flips import flips
from sim.analyse.dossier_grids import grids
from sim.analyse.dossier_record import Dossier, Question
from sim.analyse.dossier_sources import article, sourced
from sim.analyse.dossier_space import courses, region, shares, swings
from sim.analyse.dossier_work import Tell, Work
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analyse.claims_record import Claims
    from sim.forecast.explanation import Explanation
    from sim.forecast.power import PowerResult
    from sim.forecast.result import Result
    from sim.forecast.stability import StabilityResult
    from sim.model import Grid, Model
    from sim.play.concession import Concession
    from sim.scenario import Scenario
    from sim.solver import Solution

__all__ = ["BRIEF", "LONG", "MAIN", "QUICK", "SECTIONS", "USUAL", "Dossier", "Tell", "dossier", "sections_of"]

SECTIONS = (
    *("why", "flip", "sweep", "sure", "sobol", "discover", "people", "deals", "power", "path", "stability"),
    *("claims", "evidence", "sources"),
)
"""All of them, in the order of the page."""
QUICK = ("why", "sure", "people", "deals", "path", "stability", "sources")
"""Sections that one solution answers (and two small ones beside it): seconds."""
LONG = ("sobol", "discover", "power")
"""Sections that take minutes."""
USUAL = tuple(name for name in SECTIONS if name not in LONG)
"""What a report has if nothing else is asked for: some three minutes on two cores."""
BRIEF = ("why", "flip", "sure", "people", "deals", "claims", "evidence")
"""What the two printed pages draw on."""
MONTHS = 24
MAIN = "prisoners"
ENSEMBLE = "fast"


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
    sections: Sequence[str] = USUAL,
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
    work = Work(tell)
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
        made |= work.do("sure", lambda: {"grids": grids(base, result, fine, coarse, rationality)})
    if "deals" in wanted:
        made |= work.do("deals", lambda: _deals(model, solution))
    if "path" in wanted:
        made |= work.do("path", lambda: {"path": _path(model, solution, last)})
    if "stability" in wanted:
        made |= work.do("stability", lambda: {"stability": _stability(model)})
    made |= _space(base, question, result, wanted, settings, seed, work)
    if "power" in wanted:
        made |= work.do("power", lambda: {"power": _power(base, coarse, rationality, last, work)})
    if "claims" in wanted:
        made |= work.do("claims", lambda: {"claims": _claims(base, coarse, rationality, jobs, work)})
    if {"sources", "evidence", "flip", "sweep", "sobol", "discover", "claims"} & set(wanted):
        made |= {"sources": sourced(base), "article": article()}
    return Dossier(
        sections=wanted,
        ensemble=coarse.name,
        question=question,
        forecast=result,
        missing=dict(work.missing),
        **made,
    )


def _space(
    base: Scenario,
    question: Question,
    result: Result,
    wanted: Sequence[str],
    settings: Mapping[str, Any],
    seed: int,
    work: Work,
) -> dict[str, Any]:
    """Compute what moves assumptions; sections that rest on one computation all lack it where it fails."""

    def do(names: Sequence[str], compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        names = [name for name in names if name in wanted and name not in work.missing]
        found = work.do(names[0], compute) if names else {}
        if names and names[0] in work.missing:
            work.missing |= dict.fromkeys(names, work.missing[names[0]])
        return found

    made = do(("flip", "sweep", "sobol", "evidence"), lambda: {"tornado": swings(base, question, settings, work)})
    made |= do(("flip", "evidence"), lambda: flips(base, question, made["tornado"], "flip" in wanted, settings, work))
    made |= do(("sweep",), lambda: courses(base, question, made["tornado"], settings, work))
    made |= do(("sobol",), lambda: shares(base, question, made["tornado"], settings, seed, work))
    here = result.at(question.outcome, question.month)
    made |= do(("discover",), lambda: region(base, question, here, settings, seed, work))
    return made


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


def _power(base: Scenario, grid: Grid, rationality: float | None, months: int, work: Work) -> PowerResult:
    from sim.forecast.power import power

    return power(
        base,
        grid=grid,
        rationality=rationality,
        months=months,
        sharp=False,
        progress=lambda done, of, _: work.step(done, of),
    )


def _claims(base: Scenario, grid: Grid, rationality: float | None, jobs: int | None, work: Work) -> Claims:
    from sim.analyse.claims_check import claims

    return claims(base, grid=grid, rationality=rationality, jobs=jobs, on_done=work.step)
