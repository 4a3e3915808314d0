"""What would flip the answer of a dossier: the smallest single changes, and the course of a few parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analyse.dossier_record import Question
    from sim.analyse.dossier_work import Work
    from sim.analyse.sensitivity import Sensitivity
    from sim.scenario import Scenario

TIPPED = 4
"""Parameters whose course is drawn: those that flip the answer soonest, then those with the widest swings."""
SCREENED = 16
"""Parameters among which the smallest change that flips the answer is sought: those with the widest swings, and all
that flip it at an end of their range. The others could do so only in between, having hardly moved it at both ends."""


def flips(
    base: Scenario,
    question: Question,
    swings: Sensitivity,
    curves: bool,
    settings: Mapping[str, Any],
    work: Work,
) -> dict[str, Any]:
    """Compute the smallest single changes, and the courses of a few parameters; ``swings`` is the tornado."""
    from sim.analyse.inverse import inverse
    from sim.analyse.tipping import tipping

    made: dict[str, Any] = {}
    work.say("evidence")
    goal = (question.outcome, question.level)
    tried = _screened(swings, question)
    found = inverse(
        base, *goal, at=question.month, parameters=tried, joint=False, check=0, on_done=work.step, **settings
    )
    made["inverse"] = found
    if curves:
        soonest = [flip.move.parameter for flip in found.flips]
        widest = [row["parameter"] for row in swings.rows if row["outcome"] == question.outcome]
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
