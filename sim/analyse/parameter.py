"""A parameter that is moved through its range: its ends, the first values to look at, how closely a root is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analyse.numeric import is_whole, numeric
from sim.analyse.record import Floats
from sim.analyse.roots import TOLERANCE
from sim.analyse.space import DesignSpace
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario


@dataclass(frozen=True)
class Parameter:
    """A parameter that is moved: range, the base's value, unit, and whether it takes whole numbers only."""

    name: str
    low: float
    high: float
    value: float
    unit: str
    whole: bool


def parameter_of(base: Scenario, name: str, limits: tuple[float, float] | None, grid: str | Grid) -> Parameter:
    """Return a parameter with its range, checked (see `DesignSpace.of`)."""
    space = DesignSpace.of(base, [name], {} if limits is None else {name: limits}, grid=grid)
    low, high = (float(end[0]) for end in space.ends)
    if limits is not None and (low, high) != limits and not is_whole(name):
        raise UsageError(
            f"{name}: found a range from {limits[0]:g} to {limits[1]:g}; allowed beside the other values: "
            f"{low:g} to {high:g}"
        )
    return Parameter(name, low, high, base.parameters()[name], numeric(name).unit, is_whole(name))


def grid_points(parameter: Parameter, points: int) -> Floats:
    """Return the first values to look at: evenly spread, the base's own among them; whole where they must be."""
    if points < 2:
        raise UsageError(f"points: found {points}; allowed: 2 or more")
    line = np.linspace(parameter.low, parameter.high, points)
    if parameter.low < parameter.value < parameter.high:
        line = np.append(line, parameter.value)
    result: Floats = np.unique(line.round() if parameter.whole else line)
    return result


def tolerance_of(parameter: Parameter) -> float:
    """Return how closely a crossing is found, as a share of the range: down to two neighbours for whole numbers."""
    return 0.4 / (parameter.high - parameter.low) if parameter.whole else TOLERANCE
