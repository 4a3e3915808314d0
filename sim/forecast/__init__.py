"""Where theory and the article's world meet: exact forecasts of a scenario, and sampled histories of it."""

from sim.forecast.histories import Histories, sample
from sim.forecast.outcomes import forecast, headlines
from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS, SCHEMA_VERSION, Option, Result
from sim.forecast.run import run, solved, stories
from sim.forecast.story import story

__all__ = [
    "OUTCOME_LABELS",
    "OUTCOME_UNITS",
    "SCHEMA_VERSION",
    "Histories",
    "Option",
    "Result",
    "forecast",
    "headlines",
    "run",
    "sample",
    "solved",
    "stories",
    "story",
]
