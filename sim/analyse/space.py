"""The space of assumptions: numeric parameters with ranges, and design points in it that are valid by construction.

Points live in the unit cube. A coordinate is mapped to its parameter's range, narrowed by what the coordinates before
it left open (`sim.analyse.ties`). So every point is a scenario that can be computed, and coordinates stay independent,
as Sobol' indices need them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from sim.analyse.numeric import is_whole, numeric
from sim.analyse.ranges import check_range, plausible, swept
from sim.analyse.ties import CAPACITY, START, TABLES, TALKS_ROWS, refuse_whole_tables, rule_of, with_rest
from sim.errors import UsageError

if TYPE_CHECKING:
    from scipy.stats import qmc

    from sim.model import Grid
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
SLACK = 1e-12  # of sums that should be 1


@dataclass(frozen=True)
class DesignSpace:
    """Some parameters of a base scenario, each with a range.

    Attributes
    ----------
    base : the scenario that is varied; parameters outside the space keep its values.
    names : dotted names of the coordinates, in the order in which they are mapped.
    low, high : ranges, shape (d,).
    whole : which coordinates take whole numbers only, shape (d,).
    lot : persons in a lot of the grid the points are meant for.
    """

    base: Scenario
    names: tuple[str, ...]
    low: Floats
    high: Floats
    whole: npt.NDArray[np.bool_]
    lot: int
    _fixed: Mapping[str, float] = field(repr=False)

    @classmethod
    def of(
        cls,
        base: Scenario,
        names: Sequence[str] | None = None,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        *,
        grid: str | Grid = "fast",
    ) -> Self:
        """Return the space of some parameters.

        Parameters
        ----------
        base : the scenario to vary.
        names : parameters; default: all that have a plausible range and matter in this scenario.
        ranges : name -> (low, high), instead of the plausible range; names given here belong to the space too.
        grid : the grid that the points are meant for.

        Raises
        ------
        UsageError : an unknown name (names the nearest), a setting that is no number, a range that is reversed, empty
            or impossible, a parameter named twice.
        """
        from sim.model import grid_of
        from sim.scenario import parameter_info

        ranges = dict(ranges or {})
        if names is None and not ranges:
            names = swept(base)
        wanted = list(dict.fromkeys([*(names or ()), *ranges]))
        if names is not None and len(set(names)) < len(names):
            twice = next(name for name in names if list(names).count(name) > 1)
            raise UsageError(f"{twice}: found twice; allowed: every parameter once")
        if not wanted:
            raise UsageError("parameters: found none; allowed: one or more (`grand-deal show baseline` lists them)")
        for name in wanted:
            numeric(name)
        known = parameter_info()
        order = list(known)
        if CAPACITY in wanted:
            order.remove(START)
            order.append(START)  # what the capacity holds must be known first
        wanted.sort(key=order.index)
        refuse_whole_tables(wanted)
        bounds = [ranges.get(name) or plausible(known[name]) for name in wanted]
        for name, (low, high) in zip(wanted, bounds, strict=True):
            check_range(base, name, low, high)
        made = cls(
            base,
            tuple(wanted),
            np.array([low for low, _ in bounds], dtype=np.float64),
            np.array([high for _, high in bounds], dtype=np.float64),
            np.array([is_whole(name) for name in wanted]),
            grid_of(grid).lot,
            base.parameters(),
        )
        made._limits(np.empty((0, made.size)))  # refuses ranges that can never be kept
        return made

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.names)

    @property
    def span(self) -> Floats:
        """Width of each range, shape (d,)."""
        return self.high - self.low

    @property
    def middle(self) -> Floats:
        """The base's own values, moved into the ranges where they lie outside, shape (d,)."""
        own = np.array([self._fixed[name] for name in self.names])
        result: Floats = np.clip(own, self.low, self.high)
        return result

    def lhs(self, n: int, seed: int = 0) -> Floats:
        """Return a Latin hypercube of n points in the unit cube, shape (n, d)."""
        from scipy.stats import qmc

        _check_count(n, "points")
        result: Floats = qmc.LatinHypercube(self.size, rng=_rng(seed, "lhs")).random(n)
        return result

    def sobol(self, n: int, seed: int = 0) -> Floats:
        """Return the first n points of a scrambled Sobol' sequence in the unit cube, shape (n, d); n a power of 2."""
        _check_count(n, "points")
        if n & (n - 1):
            near = 2 ** round(math.log2(n))
            raise UsageError(f"size: found {n}; allowed for a Sobol' design: a power of 2, such as {near}")
        result: Floats = self.sobol_sequence(seed).random(n)
        return result

    def sobol_sequence(self, seed: int = 0) -> qmc.Sobol:
        """Return the scrambled Sobol' sequence whose first points `sobol` gives, to be drawn some at a time."""
        from scipy.stats import qmc

        return qmc.Sobol(self.size, rng=_rng(seed, "sobol"))

    def sobol_pair(self, n: int, seed: int = 0) -> Floats:
        """Return two independent samples beside each other, shape (n, 2d), from one Sobol' sequence; n a power of 2."""
        from scipy.stats import qmc

        result: Floats = qmc.Sobol(2 * self.size, rng=_rng(seed, "sobol pair")).random(n)
        return result

    def values(self, unit: npt.ArrayLike) -> Floats:
        """Return the parameters' values at points of the unit cube, shape (n, d)."""
        points = np.atleast_2d(np.asarray(unit, dtype=np.float64))
        if points.shape[1] != self.size:
            raise UsageError(f"points: found {points.shape[1]} coordinates; allowed: {self.size}")
        found = np.empty((points.shape[0], 0))
        for j in range(self.size):
            low, high = self._limit(j, found)
            if self.whole[j]:
                least, most = np.ceil(low - SLACK), np.floor(high + SLACK)
                column = np.minimum(least + np.floor(points[:, j] * (most - least + 1)), most)
            else:
                column = low + (high - low) * points[:, j]
            found = np.column_stack([found, np.clip(column, low, high)])
        return found

    def unit(self, values: npt.ArrayLike) -> Floats:
        """Return the points of the unit cube that `values` maps to these values, shape (n, d).

        A whole number comes from the middle of its stretch; where a coordinate is forced, 1/2 is returned.
        """
        rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
        points = np.empty_like(rows)
        for j in range(self.size):
            low, high = self._limit(j, rows[:, :j])
            if self.whole[j]:
                least, most = np.ceil(low - SLACK), np.floor(high + SLACK)
                points[:, j] = (rows[:, j] - least + 0.5) / (most - least + 1)
            else:
                wide = high - low > 0
                points[:, j] = np.where(wide, (rows[:, j] - low) / np.where(wide, high - low, 1.0), 0.5)
        return points

    @property
    def ends(self) -> tuple[Floats, Floats]:
        """The lowest and the highest value of each coordinate that can stand beside the base's other values, (d,)."""
        pairs = []
        for j, name in enumerate(self.names):
            alone = type(self)(
                self.base,
                (name,),
                self.low[j : j + 1],
                self.high[j : j + 1],
                self.whole[j : j + 1],
                self.lot,
                self._fixed,
            )
            pairs.append(alone.values([[0.0], [1.0]])[:, 0])
        low, high = np.array(pairs).T
        return low, high

    def designs(self, unit: npt.ArrayLike) -> tuple[dict[str, float], ...]:
        """Return the variants at points of the unit cube, for `sim.analyse.evaluate`: parameter -> value."""
        return self.at(self.values(unit))

    def at(self, values: npt.ArrayLike) -> tuple[dict[str, float], ...]:
        """Return the variants with these values of the coordinates, shape (n, d); those left out get the rest."""
        rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
        return tuple(with_rest(self.base, dict(zip(self.names, row.tolist(), strict=True))) for row in rows)

    def _limits(self, found: Floats) -> None:
        """Refuse ranges that leave nothing to draw, whatever the coordinates before."""
        corner = np.empty((1, 0))
        for j in range(self.size):
            low, _ = self._limit(j, corner)
            corner = np.column_stack([corner, low])

    def _limit(self, j: int, found: Floats) -> tuple[Floats, Floats]:
        """Return lowest and highest value of coordinate j for each row of the values before it, each shape (n,)."""
        name = self.names[j]
        n = found.shape[0]
        low, high = np.full(n, self.low[j]), np.full(n, self.high[j])
        if name == CAPACITY:
            least = float(self.low[self.names.index(START)]) if START in self.names else self._fixed[START]
            low = np.maximum(low, math.ceil(least / self.lot) * self.lot)
        if name == START:
            capacity = self._before(CAPACITY, found)
            high = np.minimum(high, capacity // self.lot * self.lot)
        for row in TALKS_ROWS:
            if name in row:
                other = row[1 - row.index(name)]
                # a sibling still to come needs room for its own lowest value
                high = np.minimum(high, 1.0 - self._before(other, found, to_come=self.low))
        table, _, party = name.rpartition(".")
        if table in TABLES and len(TABLES[table]) > 2:
            low, high = self._share_of_three(table, party, found, low, high)
        if (low > high + SLACK).any():
            raise UsageError(
                f"{name}: found a range from {self.low[j]:g} to {self.high[j]:g}; allowed beside the other values: "
                f"{float(low.max()):g} to {float(high.min()):g} ({rule_of(name)})"
                if name == CAPACITY
                else f"{name}: found a range from {self.low[j]:g} to {self.high[j]:g}; allowed beside the other "
                f"values: at most {float(high.min()):g} ({rule_of(name)})"
            )
        return low, np.maximum(low, high)

    def _before(self, name: str, found: Floats, to_come: Floats | None = None) -> Floats:
        """Return a parameter's values: drawn already, its lowest if still to come, or the base's."""
        n = found.shape[0]
        if name not in self.names:
            return np.full(n, self._fixed[name])
        place = self.names.index(name)
        if place < found.shape[1]:
            return found[:, place]
        assert to_come is not None
        return np.full(n, to_come[place])

    def _share_of_three(
        self, table: str, party: str, found: Floats, low: Floats, high: Floats
    ) -> tuple[Floats, Floats]:
        """Keep the shares of the parties that are not coordinates within their plausible ranges where that can be."""
        from sim.scenario import parameter_info

        known = parameter_info()
        others = [other for other in TABLES[table] if other != party]
        drawn = [f"{table}.{other}" for other in others if f"{table}.{other}" in self.names]
        rest = [f"{table}.{other}" for other in others if f"{table}.{other}" not in self.names]
        earlier = [name for name in drawn if self.names.index(name) < found.shape[1]]
        later = [name for name in drawn if name not in earlier]
        left = 1.0 - sum((self._before(name, found) for name in earlier), np.zeros(found.shape[0]))
        least = sum(float(self.low[self.names.index(name)]) for name in later) + sum(known[name].low for name in rest)
        most = sum(float(self.high[self.names.index(name)]) for name in later) + sum(known[name].high for name in rest)
        narrow_low, narrow_high = np.maximum(low, left - most), np.minimum(high, left - least)
        kept = narrow_low <= narrow_high
        return np.where(kept, narrow_low, np.minimum(low, left)), np.where(kept, narrow_high, np.minimum(high, left))


def _check_count(n: int, what: str) -> None:
    if n < 1:
        raise UsageError(f"size: found {n} {what}; allowed: 1 or more")


def _rng(seed: int, name: str) -> np.random.Generator:
    from sim.rng import stream

    if seed < 0:
        raise UsageError(f"seed: found {seed}; allowed: a whole number, 0 or above")
    return stream(seed, "design", name)
