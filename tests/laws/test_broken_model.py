"""The laws of the model: each fails when what it guards is broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from sim.forecast import forecast, solved
from sim.testing import model_laws
from tests.laws.broken import fails


class Bent:
    """A compiled model or forward play of which some attributes are other than they should be."""

    def __init__(self, sound: Any, **changes: Any) -> None:
        self._sound, self._changes = sound, changes

    def __getattr__(self, name: str) -> Any:
        return self._changes[name] if name in self._changes else getattr(self._sound, name)


def model_cases() -> dict[str, list[Callable[[], None]]]:
    """Law of the model -> calls that must fail. Worked out when first needed."""
    model, solution = solved("baseline", {"start.leaders": 1}, grid="600x2")
    forward = forecast(model, solution, 2)
    stalled = model.axes.grid("talks") == 0
    tilted = np.array(forward.boundary)
    tilted[1:, stalled] *= 0.9
    tilted[1:, ~stalled] *= (1 - tilted[1:, stalled].sum(axis=1, keepdims=True)) / tilted[1:, ~stalled].sum(
        axis=1, keepdims=True
    )
    lost = np.array(forward.boundary)
    lost[1:] *= 0.99
    effects = dict(model.effects)
    table = effects["us-table"]
    effects["us-table"] = dataclasses.replace(table, prisoners=table.prisoners * 1.1, leaders=table.leaders * 1.1)
    twice = (*model.terms, model.terms_at("flow")[0])
    scenario = model.scenario
    return {
        "talks_exogenous": [
            lambda: model_laws.talks_exogenous(model, solution, forward=Bent(forward, boundary=tilted))
        ],
        "stock_accounted": [
            lambda: model_laws.stock_accounted(model, solution, forward=Bent(forward, boundary=lost)),
            lambda: model_laws.stock_accounted(Bent(model, effects=effects), solution, forward=forward),
        ],
        "leaders_accounted": [
            lambda: model_laws.leaders_accounted(Bent(model, effects=effects), solution, forward=forward)
        ],
        "outcomes_in_range": [
            lambda: model_laws.outcomes_in_range(model, solution, forward=Bent(forward, boundary=forward.boundary * 9)),
            lambda: model_laws.outcomes_in_range(
                Bent(model, measures={**model.measures, "us": -model.measures["us"]}), solution, forward=forward
            ),
        ],
        "payoffs_are_their_terms": [
            lambda: model_laws.payoffs_are_their_terms(
                Bent(model, terms_at=lambda place: tuple(term for term in twice if term.where == place))
            )
        ],
        "start_has_its_mean": [
            lambda: model_laws.start_has_its_mean(Bent(model, start=model.start * 0.5)),
            lambda: model_laws.start_has_its_mean(Bent(model, start=model.start[::-1])),
        ],
        "scenario_told_again": [
            lambda: model_laws.scenario_told_again(
                Bent(scenario, values=lambda: {**scenario.values(), "minsk.trade_value": 9.0})
            )
        ],
    }


def test_the_laws_of_the_model_fail_for_what_is_broken() -> None:
    for law, broken in model_cases().items():
        assert broken
        for call in broken:
            fails(law, call)
