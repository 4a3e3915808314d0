"""How much of the change between two scenarios each changed parameter carries (Shapley values over the parameters).

Structural differences (what is on the menu, whether there is a summit, the start) are coordinates like any other.
Parameters that make sense only together, such as the chances of who proposes at one table, are one coordinate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.record import CHECKED, FINER, SCHEMA_VERSION, Basis, Floats, basis_of, compare_grids
from sim.analyse.shapley import EXACT, PERMUTATIONS, Coalition, shapley
from sim.analyse.ties import CAPACITY, START, TABLES, TALKS_ROWS
from sim.analyse.variants import MONTHS, OUTCOMES, Design, Evaluated, Progress, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

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
    against, against_hash : the second scenario; the change goes from the first (see ``basis``) to this one.
    months : 1, 2, ...
    coordinates : what differs.
    method : ``exact`` (all combinations) or ``sampled`` (``permutations`` orders, with standard errors).
    before, after : outcome -> by month, in the outcome's unit.
    shares : outcome -> for each coordinate, by month; over the coordinates they add up to ``after - before``.
    errors : the same for their standard errors; None where the shares are exact.
    basis : what was run; its seed drew the orders (None where the shares are exact), and its check compares some of
        the combinations, both ends among them, with a finer grid at the last month.
    """

    against: str
    against_hash: str
    months: tuple[int, ...]
    coordinates: tuple[Changed, ...]
    method: str
    permutations: int
    before: Mapping[str, tuple[float, ...]]
    after: Mapping[str, tuple[float, ...]]
    shares: Mapping[str, tuple[tuple[float, ...], ...]]
    errors: Mapping[str, tuple[tuple[float, ...], ...]] | None
    basis: Basis

    @property
    def scenario(self) -> str:
        """Id of the first scenario."""
        return self.basis.scenario

    @property
    def grid(self) -> str:
        """Name of the grid."""
        return self.basis.grid

    @property
    def evaluations(self) -> int:
        """How many combinations were forecast."""
        return self.basis.variants

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
            "analysis": "attribution",
            **self.basis.to_json(),
            "against": self.against,
            "against_hash": self.against_hash,
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
    check: int = CHECKED,
    finer: str | Grid = FINER,
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
    check : how many combinations to compute again on ``finer``; 0: none.
    evaluate : forecasts variants of the first scenario; replaceable in tests.

    Raises
    ------
    UsageError : nothing differs, or a combination of both scenarios' values cannot be computed.
    """
    coordinates = changed(first, second)
    if not coordinates:
        raise UsageError(f"against: found {second.id!r}, the same as {first.id!r} in all parameters; allowed: another")

    designs: list[Design] = []
    values: dict[tuple[str, int], Floats] = {}

    def value(coalitions: Sequence[Coalition]) -> Floats:
        designs.extend(_design(coordinates, coalition) for coalition in coalitions)
        found = evaluate(first, designs, grid=grid, months=months, rationality=rationality, jobs=jobs, on_done=on_done)
        if found.failed:
            number, why = found.failed[0]
            mixed = ", ".join(designs[number]) or "nothing"
            raise UsageError(f"against: {first.id} with {mixed} as in {second.id} cannot be computed: {why}")
        values.update({(name, months): found.at(name, months) for name in OUTCOMES})
        return np.stack([found.outcomes[name] for name in OUTCOMES], axis=1)

    shares = shapley(len(coordinates), value, exact=exact, permutations=permutations, seed=seed)
    # from nothing changed to everything changed: the check takes both ends and some between
    order = sorted(range(len(designs)), key=lambda j: len(designs[j]))
    checked = compare_grids(
        first,
        [designs[j] for j in order],
        {pair: column[order] for pair, column in values.items()},
        grid=grid,
        rationality=rationality,
        jobs=jobs,
        size=check,
        finer=finer,
    )
    if checked is not None:
        checked = replace(checked, variants=tuple(order[j] for j in checked.variants))
    basis = basis_of(
        first,
        grid=grid,
        rationality=rationality,
        variants=shares.evaluations,
        seed=None if shares.errors is None else seed,
        check=checked,
    )
    return Attribution(
        against=second.id,
        against_hash=second.hash,
        months=tuple(range(1, months + 1)),
        coordinates=coordinates,
        method=shares.method,
        permutations=shares.permutations,
        before={name: tuple(shares.none[j].tolist()) for j, name in enumerate(OUTCOMES)},
        after={name: tuple(shares.all[j].tolist()) for j, name in enumerate(OUTCOMES)},
        shares=_by_outcome(shares.values),
        errors=None if shares.errors is None else _by_outcome(shares.errors),
        basis=basis,
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
