"""What a dossier needs of the space of assumptions: sweeps of the widest swings, shares of variance, and a box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analyse.dossier_record import Question
    from sim.analyse.dossier_work import Work
    from sim.analyse.sensitivity import Sensitivity
    from sim.scenario import Scenario

COURSES = 7
"""Values of the parameter with the widest swing, from one end of its range to the other."""
CELLS = 6
"""Values of each of the two with the widest swings, together."""
SHARED = 6
"""Parameters among which the variance is shared out."""
SAMPLES = 64
"""N of the Sobol' indices: enough to tell the large from the small; their intervals say how far."""
DRAWS = 500
"""Draws in which a box is looked for."""


def swings(base: Scenario, question: Question, settings: Mapping[str, Any], work: Work) -> Sensitivity:
    """Move each parameter to both ends of its range."""
    from sim.analyse.sensitivity import tornado

    outcomes = tuple(dict.fromkeys((question.outcome, "freed", "p_us_relief", "p_eu_relief", "p_grand_deal")))
    names = _assumptions(base, settings)
    return tornado(
        base, outcomes=outcomes, at=(question.month,), parameters=names, check=0, on_done=work.step, **settings
    )


def _assumptions(base: Scenario, settings: Mapping[str, Any]) -> list[str]:
    """Return the parameters that are assumptions about the world, not about where the model's grid ends."""
    from sim.analyse.inverse_scan import EDGES
    from sim.analyse.space import DesignSpace

    return [name for name in DesignSpace.of(base, None, grid=settings["grid"]).names if name not in EDGES]


def widest(found: Sensitivity, question: Question, most: int) -> list[dict[str, Any]]:
    """Return the tornado's rows of the parameters that move the outcome most."""
    rows = [row for row in found.rows if row["outcome"] == question.outcome and row["swing"]]
    return rows[:most]


def courses(
    base: Scenario, question: Question, found: Sensitivity, settings: Mapping[str, Any], work: Work
) -> dict[str, Any]:
    """Sweep the widest swing by month, and the two widest together at the last month."""
    from sim.analyse.sweep import sweep

    rows = widest(found, question, 2)
    asked: dict[str, Any] = {"outcomes": (question.outcome,), "check": 0, "on_done": work.step, **settings}
    made = []
    if rows:
        first = {rows[0]["parameter"]: (rows[0]["low"], rows[0]["high"], COURSES)}
        made.append(sweep(base, first, at=range(1, question.month + 1), **asked))
    if len(rows) > 1:
        both = {row["parameter"]: (row["low"], row["high"], CELLS) for row in rows}
        made.append(sweep(base, both, at=(question.month,), **asked))
    return {"sweeps": tuple(made)}


def shares(
    base: Scenario, question: Question, found: Sensitivity, settings: Mapping[str, Any], seed: int, work: Work
) -> dict[str, Any]:
    """Share the outcome's variance out among the parameters with the widest swings."""
    from sim.analyse.sensitivity import sobol

    names = [row["parameter"] for row in widest(found, question, SHARED)]
    asked: dict[str, Any] = {"outcomes": (question.outcome,), "at": (question.month,), "parameters": names}
    return {"sobol": sobol(base, **asked, samples=SAMPLES, seed=seed, check=0, on_done=work.step, **settings)}


def region(
    base: Scenario, question: Question, here: float, settings: Mapping[str, Any], seed: int, work: Work
) -> dict[str, Any]:
    """Find where in the space of assumptions the answer is another one than here."""
    from sim.analyse.discover import discover

    goal: dict[str, Any] = {"below" if here >= question.level else "above": question.level}
    asked: dict[str, Any] = {"at": question.month, "size": DRAWS, "seed": seed, "check": 0, "on_done": work.step}
    asked["parameters"] = _assumptions(base, settings)
    return {"discovery": discover(base, question.outcome, **goal, **asked, **settings)}
