"""Where theory and the article's world meet: exact forecasts of a scenario, and sampled histories of it."""

from sim.forecast.benchmarks import benchmarks
from sim.forecast.explain import explain, explain_solved
from sim.forecast.explanation import Benchmarks, Choice, Decision, Explanation, Needed, Part
from sim.forecast.fork import Fork, fork
from sim.forecast.histories import Histories, sample
from sim.forecast.outcomes import forecast, headlines
from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS, SCHEMA_VERSION, Option, Result
from sim.forecast.run import run, solved, stories
from sim.forecast.story import story

__all__ = [
    "OUTCOME_LABELS",
    "OUTCOME_UNITS",
    "SCHEMA_VERSION",
    "Benchmarks",
    "Choice",
    "Decision",
    "Explanation",
    "Fork",
    "Histories",
    "Needed",
    "Option",
    "Part",
    "Result",
    "benchmarks",
    "explain",
    "explain_solved",
    "forecast",
    "fork",
    "headlines",
    "run",
    "sample",
    "solved",
    "stories",
    "story",
]
