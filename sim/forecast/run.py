"""From a scenario to a forecast in one call: load, compile, solve, propagate, read off."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import UsageError
from sim.forecast.bands import kept_bands
from sim.forecast.histories import quantiles, sample
from sim.forecast.outcomes import first_deals, forecast, going_price, headlines, now, stock
from sim.forecast.result import SCHEMA_VERSION, Result
from sim.forecast.story import story
from sim.model import PLAYERS, Grid, Model, compile, grid_of
from sim.scenario import Scenario, load
from sim.solver import Solution, solve

if TYPE_CHECKING:
    from sim.solver import Forward

MONTHS = 24
COURSES = 20_000


def run(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "default",
    seed: int = 0,
    rationality: float | Mapping[str, float] | None = None,
    months: int | None = None,
    threads: int | None = None,
) -> Result:
    """Solve a scenario and forecast it.

    Parameters
    ----------
    source : a shipped scenario's id, a TOML file, ``-`` for standard input, or a `Scenario`.
    overrides : parameter -> value, e.g. ``{"minsk.trade_value": 12}``.
    grid : ``fast`` (lots of 140, 60 months), ``default`` (28, 60) or ``fine`` (14, 60).
    seed : for the sampled histories behind ``quantiles``; nothing else is sampled.
    rationality : lam for all capitals, or by name; default: the scenario's own. ``math.inf`` is subgame-perfect play.
    months : how many months to report, at most the grid's rounds; default: 24, or all of a shorter grid.
    threads : how many threads to solve with; the answer is the same for any number.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense; all problems at once.
    UsageError : months, seed, grid or rationality out of range.
    """
    months = _months(grid, months)
    model, solution = _solved_ahead(months, source, overrides, grid=grid, rationality=rationality, threads=threads)
    return forecast_of(model, solution, seed=seed, months=months)


def forecast_of(
    model: Model, solution: Solution, *, seed: int = 0, months: int = MONTHS, forward: Forward | None = None
) -> Result:
    """Forecast a scenario solved already. Arguments and errors as for `run`; ``forward``: propagated already.

    What the solution remembers of the first rounds is let go of.

    Bands are those that ship (see `sim.forecast.bands`): none where somebody else's precision of choice is asked for.
    """
    check_sampling(model, seed, months)
    if forward is None:
        forward = forecast(model, solution, months)
    histories = sample(model, solution, count=COURSES, months=months, seed=seed)
    solution.forget()
    scenario = model.scenario
    own = np.array_equal(solution.rationality, model.rationality)
    discount = model.game.discount
    received = sum(discount**t * forward.payoff[t] for t in range(months))
    total = solution.value_at(model.start)
    return Result(
        schema_version=SCHEMA_VERSION,
        scenario=scenario.id,
        title=scenario.title,
        question=scenario.question,
        scenario_hash=scenario.hash,
        versions=versions(),
        grid=model.grid.name,
        seed=seed,
        rationality=dict(zip(PLAYERS, solution.rationality.tolist(), strict=True)),
        months=tuple(range(1, months + 1)),
        outcomes=headlines(model, forward),
        bands=kept_bands(scenario, months) if own else None,
        payoffs={name: float(value) for name, value in zip(PLAYERS, received, strict=True)},
        payoffs_total={name: float(value) for name, value in zip(PLAYERS, total, strict=True)},
        now=now(model, solution),
        price=going_price(model, forward),
        quantiles=quantiles(histories.total("freed")),
        stock=stock(model, forward),
        first_deals=first_deals(model, forward),
        start=start_of(scenario),
    )


def stories(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "default",
    seed: int = 0,
    rationality: float | Mapping[str, float] | None = None,
    months: int | None = None,
    count: int = 1,
    threads: int | None = None,
) -> tuple[str, ...]:
    """Return ``count`` possible courses as readable text. Arguments as for `run`."""
    months = _months(grid, months)
    model, solution = _solved_ahead(months, source, overrides, grid=grid, rationality=rationality, threads=threads)
    check_sampling(model, seed, months)
    histories = sample(model, solution, count=count, months=months, seed=seed)
    return tuple(story(histories, number) for number in range(count))


def solved(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "default",
    rationality: float | Mapping[str, float] | None = None,
    threads: int | None = None,
    remember: int = 0,
    whole: bool = True,
) -> tuple[Model, Solution]:
    """Load, compile and solve: for all states, or (not ``whole``) for those where the scenario's start can lead.

    Other arguments as for `run`, and for `sim.solve`.
    """
    model = compile(load(source, overrides), grid)
    lam = model.rationality if rationality is None else rationality
    start = None if whole else model.start
    return model, solve(model.game, lam, threads=threads, remember=remember, start=start)


def _solved_ahead(months: int, *what: Any, **how: Any) -> tuple[Model, Solution]:
    """Solve as `solved` does, for a forecast of so many months from the scenario's own start."""
    return solved(*what, **how, remember=months if isinstance(months, int) else 0, whole=False)


def _months(grid: str | Grid, months: int | None) -> int:
    return min(MONTHS, grid_of(grid).rounds) if months is None else months


def check_sampling(model: Model, seed: int, months: int) -> None:
    """Refuse a seed or a number of months that does not make sense."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed: found {seed!r}; allowed: a whole number, 0 or above")
    if not 1 <= months <= model.grid.rounds:
        raise UsageError(f"months: found {months}; allowed: 1 to {model.grid.rounds} on grid {model.grid.name!r}")


def horizon(model: Model, months: int | None) -> int:
    """Return how many months to look ahead: as asked; None: `MONTHS`, or all that a shorter grid has.

    Raises
    ------
    UsageError : more months than the grid has, or none.
    """
    found = min(MONTHS, model.grid.rounds) if months is None else months
    check_sampling(model, 0, found)
    return found


def start_of(scenario: Scenario) -> dict[str, float | str]:
    """Return the start position by dial."""
    start = scenario.start
    return {
        "talks": start.talks,
        "leaders": float(start.leaders),
        "us_relief": float(start.us_relief),
        "eu_relief": float(start.eu_relief),
        "contact": start.contact,
        "prisoners": float(start.prisoners),
    }


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    packages = {name: version(name) for name in ("grand-deal", "numpy", "numba")}
    return {**packages, "python": platform.python_version()}
