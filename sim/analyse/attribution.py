"""How much of the change between two scenarios each changed parameter carries (Shapley values over the parameters).

Structural differences (what is on the menu, whether there is a summit, the start) are coordinates like any other.
Parameters that make sense only together, such as the chances of who proposes at one table, are one coordinate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.shapley import EXACT, PERMUTATIONS, Coalition, shapley
from sim.analyse.ties import CAPACITY, START, TABLES, TALKS_ROWS
from sim.analyse.variants import MONTHS, OUTCOMES, Design, Evaluated, Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
SCHEMA_VERSION = 1
Evaluate = Callable[..., Evaluated]


@dataclass(frozen=True)
class Changed:
    """One coordinate: parameters that differ, with their values in the first scenario and in the second."""

    names: tuple[str, ...]
    before: tuple[Any, ...]
    after: tuple[Any, ...]

    @property
    def label(self) -> str:
        """Its name in tables."""
        return " + ".join(self.names)


@dataclass(frozen=True)
class Attribution:
    """The change of every headline outcome from one scenario to another, shared out among what differs.

    Attributes
    ----------
    scenario, against : the first and the second scenario; the change goes from the first to the second.
    scenario_hash, against_hash : of both.
    grid, months : what was computed; months 1, 2, ...
    coordinates : what differs.
    method : ``exact`` (all combinations) or ``sampled`` (``permutations`` orders, with standard errors).
    evaluations : how many variants were forecast.
    before, after : outcome -> by month, in the outcome's unit.
    shares : outcome -> for each coordinate, by month; over the coordinates they add up to ``after - before``.
    errors : the same for their standard errors; None where the shares are exact.
    """

    scenario: str
    against: str
    scenario_hash: str
    against_hash: str
    grid: str
    months: tuple[int, ...]
    coordinates: tuple[Changed, ...]
    method: str
    permutations: int
    evaluations: int
    before: Mapping[str, tuple[float, ...]]
    after: Mapping[str, tuple[float, ...]]
    shares: Mapping[str, tuple[tuple[float, ...], ...]]
    errors: Mapping[str, tuple[tuple[float, ...], ...]] | None

    def rows(self, month: int | None = None) -> list[dict[str, Any]]:
        """Return a tidy table: one row an outcome, a coordinate and a month (default: all months)."""
        found = []
        for outcome, shares in self.shares.items():
            for j, changed in enumerate(self.coordinates):
                for m in self.months if month is None else (month,):
                    error = self.errors[outcome][j][m - 1] if self.errors else None
                    row = {"outcome": outcome, "month": m, "parameter": changed.label, "share": shares[j][m - 1]}
                    found.append({**row, "standard_error": error})
        return found

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "against": self.against,
            "scenario_hash": self.scenario_hash,
            "against_hash": self.against_hash,
            "grid": self.grid,
            "months": list(self.months),
            "coordinates": [
                {"names": list(each.names), "before": _plain(each.before), "after": _plain(each.after)}
                for each in self.coordinates
            ],
            "method": self.method,
            "permutations": self.permutations,
            "evaluations": self.evaluations,
            "before": {name: list(values) for name, values in self.before.items()},
            "after": {name: list(values) for name, values in self.after.items()},
            "shares": {name: [list(row) for row in rows] for name, rows in self.shares.items()},
            "errors": self.errors and {name: [list(row) for row in rows] for name, rows in self.errors.items()},
        }


def changed(first: Scenario, second: Scenario) -> tuple[Changed, ...]:
    """Return what differs between two scenarios, in the order of the schema; headings such as titles do not count."""
    before, after = first.values(), second.values()
    names = [name for name in before if before[name] != after[name]]
    groups = [tuple(name for name in group if name in names) for group in _together(before, after)]
    found, seen = [], set[str]()
    for name in names:
        if name in seen:
            continue
        group = next((group for group in groups if name in group), (name,))
        seen.update(group)
        found.append(Changed(group, tuple(before[each] for each in group), tuple(after[each] for each in group)))
    return tuple(found)


def attribute(
    first: Scenario,
    second: Scenario,
    *,
    grid: str | Grid = "fast",
    months: int = MONTHS,
    rationality: float | Mapping[str, float] | None = None,
    exact: int = EXACT,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    jobs: int | None = None,
    on_done: Progress | None = None,
    evaluate: Evaluate = evaluate,
) -> Attribution:
    """Share out the change of every headline outcome among the parameters that differ.

    Parameters
    ----------
    first, second : the change goes from the first to the second.
    grid, months, rationality, jobs, on_done : as for `sim.analyse.variants.evaluate`.
    exact : most coordinates for which all combinations are forecast: 2 to that power; beyond, orders are sampled.
    permutations, seed : of the sample.
    evaluate : forecasts variants of the first scenario; replaceable in tests.

    Raises
    ------
    UsageError : nothing differs, or a combination of both scenarios' values cannot be computed.
    """
    from sim.model import grid_of

    coordinates = changed(first, second)
    if not coordinates:
        raise UsageError(f"against: found {second.id!r}, the same as {first.id!r} in all parameters; allowed: another")

    def value(coalitions: Sequence[Coalition]) -> Floats:
        designs = [_design(coordinates, coalition) for coalition in coalitions]
        found = evaluate(first, designs, grid=grid, months=months, rationality=rationality, jobs=jobs, on_done=on_done)
        if found.failed:
            number, why = found.failed[0]
            mixed = ", ".join(designs[number]) or "nothing"
            raise UsageError(f"against: {first.id} with {mixed} as in {second.id} cannot be computed: {why}")
        return np.stack([found.outcomes[name] for name in OUTCOMES], axis=1)

    shares = shapley(len(coordinates), value, exact=exact, permutations=permutations, seed=seed)
    return Attribution(
        scenario=first.id,
        against=second.id,
        scenario_hash=first.hash,
        against_hash=second.hash,
        grid=grid_of(grid).name,
        months=tuple(range(1, months + 1)),
        coordinates=coordinates,
        method=shares.method,
        permutations=shares.permutations,
        evaluations=shares.evaluations,
        before={name: tuple(shares.none[j].tolist()) for j, name in enumerate(OUTCOMES)},
        after={name: tuple(shares.all[j].tolist()) for j, name in enumerate(OUTCOMES)},
        shares=_by_outcome(shares.values),
        errors=None if shares.errors is None else _by_outcome(shares.errors),
    )


def _design(coordinates: Sequence[Changed], coalition: Coalition) -> Design:
    switched = [each for each, on in zip(coordinates, coalition, strict=True) if on]
    return {name: value for each in switched for name, value in zip(each.names, each.after, strict=True)}


def _by_outcome(table: Floats) -> dict[str, tuple[tuple[float, ...], ...]]:
    """``table`` has shape (coordinates, outcomes, months)."""
    return {name: tuple(tuple(row) for row in table[:, j].tolist()) for j, name in enumerate(OUTCOMES)}


def _together(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the parameters of which one alone, taken from the other scenario, may make no sense."""
    groups = [tuple(f"{table}.{party}" for party in parties) for table, parties in TABLES.items()]
    for row in TALKS_ROWS:
        if sum(max(before[name], after[name]) for name in row) > 1.0:
            groups.append(row)
    if max(before[START], after[START]) > min(before[CAPACITY], after[CAPACITY]):
        groups.append((CAPACITY, START))
    return groups


def _plain(values: Sequence[Any]) -> list[Any]:
    return [list(value) if isinstance(value, tuple) else value for value in values]
