"""Rival readings held against a ledger: Bayes factors between regions of the priors, with their error.

A reading is a region of the priors. How well it explains the ledger is the mean probability of the ledger over the
draws in the region; the Bayes factor of two readings is the ratio of these means (Kass and Raftery 1995, Journal of the
American Statistical Association 90:773-795). Both means are taken over a sample of draws: the interval is a bootstrap
over the draws (percentiles of 2,000 resamples), so it tells what the number of draws leaves open and nothing about the
model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator

from sim.analyse.calibration.draws import Calibration
from sim.analyse.calibration.files import checked, shipped_tree, tree_of
from sim.analyse.calibration.priors import Priors
from sim.errors import Problem, ScenarioError
from sim.scenario.words import nearest

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
FILE = "hypotheses.toml"
RESAMPLES = 2000
FEW = 30
"""Draws in a region below which no factor is told."""
Id = Annotated[StrictStr, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Text = Annotated[StrictStr, Field(min_length=1, max_length=300)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Entry):
    """A bound on one parameter, as a share of its prior."""

    parameter: Text
    above: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    below: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("above, below or both")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError("above smaller than below")
        return self


class Reading(_Entry):
    """A region of the priors."""

    id: Id
    says: Text
    conditions: tuple[Condition, ...] = Field(min_length=1)

    @property
    def share(self) -> float:
        """The region's share of the priors, its conditions being on different parameters."""
        return float(np.prod([(c.below or 1.0) - (c.above or 0.0) for c in self.conditions]))


class Question(_Entry):
    """Rival readings of one thing."""

    id: Id
    asks: Text
    paragraphs: tuple[StrictInt, ...] = ()
    readings: tuple[Reading, ...] = Field(alias="reading", min_length=2)

    @model_validator(mode="after")
    def _rival(self) -> Self:
        if len({reading.id for reading in self.readings}) < len(self.readings):
            raise ValueError("every reading of a question with an id of its own")
        for reading in self.readings:
            if len({c.parameter for c in reading.conditions}) < len(reading.conditions):
                raise ValueError("every parameter once in a reading")
        return self


class Hypotheses(_Entry):
    """All questions."""

    schema_version: Annotated[StrictInt, Field(ge=1, le=1)]
    questions: tuple[Question, ...] = Field(alias="question", min_length=1)


@dataclass(frozen=True)
class Contest:
    """Two readings of a question held against a ledger.

    Attributes
    ----------
    question, asks : which one.
    first, second : ids of the readings; ``says`` their words.
    draws : draws in the region of each.
    factor : Bayes factor, first over second; None where a region holds fewer than `FEW` draws, or none under which the
        ledger is possible.
    low, high : 95% of bootstrap resamples.
    sentence : all of that in words.
    """

    question: str
    asks: str
    first: str
    second: str
    says: tuple[str, str]
    draws: tuple[int, int]
    factor: float | None
    low: float | None
    high: float | None
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        from sim.analyse.record import plain

        result: dict[str, Any] = plain(self)
        return result


def shipped_hypotheses(priors: Priors) -> Hypotheses:
    """Return the readings that ship with the package, checked against the priors."""
    return hypotheses_of(shipped_tree("seeds", FILE), FILE, priors)


def read_hypotheses(path: str | Path, priors: Priors) -> Hypotheses:
    """Return the readings in a TOML file.

    Raises
    ------
    ScenarioError : everything that does not fit.
    """
    return hypotheses_of(tree_of(path), str(path), priors)


def hypotheses_of(tree: Mapping[str, Any], file: str, priors: Priors) -> Hypotheses:
    """Return the readings in a parsed file; every parameter must have a prior that is drawn."""
    made = checked(Hypotheses, tree, file)
    problems = []
    for question in made.questions:
        for reading in question.readings:
            for condition in reading.conditions:
                if condition.parameter not in priors.names:
                    near = nearest(condition.parameter, priors.names)
                    hint = f"Did you mean {near}?" if near else ""
                    key = f"{question.id}.{reading.id}"
                    problems.append(Problem(file, key, repr(condition.parameter), "a parameter that is drawn", hint))
    if problems:
        raise ScenarioError(problems)
    return made


def region(reading: Reading, priors: Priors, shares: Floats) -> Bools:
    """Return which draws lie in a reading's region, shape (n,), from their shares of the priors."""
    inside = np.ones(shares.shape[0], dtype=bool)
    for condition in reading.conditions:
        column = shares[:, priors.names.index(condition.parameter)]
        most = 1.0 if condition.below is None else condition.below
        inside &= (column >= (condition.above or 0.0)) & (column <= most)
    return inside


def contests(
    made: Calibration, hypotheses: Hypotheses | None = None, *, resamples: int = RESAMPLES
) -> tuple[Contest, ...]:
    """Hold every pair of rival readings against the calibration's ledger."""
    found = hypotheses or shipped_hypotheses(made.priors)
    shares = made.priors.shares(made.values)
    logs = np.where(np.isnan(made.log_likelihood), -np.inf, made.log_likelihood)
    top = logs.max(initial=-np.inf)
    likelihood = np.exp(logs - top) if np.isfinite(top) else np.zeros_like(logs)
    good = ~np.isnan(made.log_likelihood)
    results = []
    for question in found.questions:
        for one, two in combinations(question.readings, 2):
            inside = [region(reading, made.priors, shares) & good for reading in (one, two)]
            results.append(_contest(question, one, two, likelihood, inside, made, resamples))
    return tuple(results)


def bayes_factor(
    likelihood: Floats, first: Bools, second: Bools, *, resamples: int, seed: int, name: str = ""
) -> tuple[float, float, float] | None:
    """Return the Bayes factor of two regions and the ends of its 95% bootstrap interval; None where there is none."""
    from sim.rng import stream

    means = [float(likelihood[inside].mean()) if inside.any() else 0.0 for inside in (first, second)]
    if min(int(first.sum()), int(second.sum())) < FEW or min(means) <= 0.0:
        return None
    rng = stream(seed, "hypotheses", name)
    columns = []
    for inside in (first, second):
        values = likelihood[inside]
        counts = rng.multinomial(values.size, np.full(values.size, 1.0 / values.size), size=resamples)
        columns.append(counts @ values / values.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.nan_to_num(columns[0] / columns[1], nan=1.0, posinf=np.finfo(float).max)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return means[0] / means[1], float(low), float(high)


def _contest(
    question: Question,
    one: Reading,
    two: Reading,
    likelihood: Floats,
    inside: list[Bools],
    made: Calibration,
    resamples: int,
) -> Contest:
    counts = (int(inside[0].sum()), int(inside[1].sum()))
    name = f"{question.id}/{one.id}/{two.id}"
    found = bayes_factor(likelihood, *inside, resamples=resamples, seed=made.seed, name=name)
    factor, low, high = found if found is not None else (None, None, None)
    sentence = _sentence(one, two, counts, factor, low, high, len(made.ledger.months))
    return Contest(
        question.id, question.asks, one.id, two.id, (one.says, two.says), counts, factor, low, high, sentence
    )


def _sentence(
    one: Reading,
    two: Reading,
    counts: tuple[int, int],
    factor: float | None,
    low: float | None,
    high: float | None,
    months: int,
) -> str:
    said = f"'{one.says}' against '{two.says}'"
    if factor is None or low is None or high is None:
        return f"{said}: too few draws in a region to tell ({counts[0]} and {counts[1]})."
    told = f"{factor:.2g} (95% of resamples: {low:.2g} to {high:.2g})"
    if low <= 1.0 <= high or 1 / 3 < factor < 3:
        verdict = f"{months} months of events hardly distinguish them"
    else:
        better, worse = (one, two) if factor > 1 else (two, one)
        # grades of Kass and Raftery
        size = max(factor, 1 / factor)
        grade = "speak somewhat" if size < 20 else "speak strongly" if size < 150 else "speak very strongly"
        verdict = f"{months} months of events {grade} for '{better.says}' over '{worse.says}'"
    return f"{said}: Bayes factor {told}. {verdict[0].upper()}{verdict[1:]}."
