"""The dials of the model and how their settings are numbered.

A state is a setting of six dials, in this order, the last one running fastest: talks, leaders, us_relief,
eu_relief, contact, prisoners. Prisoners are counted in lots of ``Grid.lot`` persons; senior leaders are
counted apart from them.

Two dials live only inside a round. ``pressing`` (no, yes) says whether Washington presses Brussels this
month; ``pending`` says how many people of the last deal are still to be turned into a whole lot or none
(see `sim.model.transitions`). At a boundary inside the round the state number is ``(pending * 2 + pressing)
* S_0 + s``, without the dials that are not alive there.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Axes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PLAYERS = ("minsk", "washington", "brussels", "moscow")
TALKS = ("stalled", "active", "settled")
CONTACT = ("isolated", "envoys", "embassy")
TOP_LEADERS, TOP_US, TOP_EU, TOP_CONTACT = 3, 3, 2, 2
DIALS = ("talks", "leaders", "us_relief", "eu_relief", "contact", "prisoners")


@dataclass(frozen=True, slots=True)
class Grid:
    """How finely prisoners are counted and how far the game looks ahead.

    Attributes
    ----------
    name : what to call it in results.
    lot : persons in a lot, at least 1.
    rounds : months that are played, at least 1.

    Raises
    ------
    GameError : a lot or a number of rounds below 1.
    """

    name: str
    lot: int
    rounds: int

    def __post_init__(self) -> None:
        for key, value in (("lot", self.lot), ("rounds", self.rounds)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise GameError(f"grid {self.name!r}: {key}: found {value!r}; allowed: a whole number, 1 or more")


GRIDS = {
    "fast": Grid("fast", 140, 60),
    "default": Grid("default", 28, 60),
    "fine": Grid("fine", 14, 60),
}


LONGEST = 1200
"""Most rounds of a grid of one's own: a hundred years."""
_OWN_GRID = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})", re.ASCII)


def grid_of(grid: str | Grid) -> Grid:
    """Return the named grid, the grid written as ``LOTxROUNDS`` (``140x120``), or the grid itself.

    Raises
    ------
    GameError : no grid of that name, or more than `LONGEST` rounds.
    """
    if isinstance(grid, Grid):
        return grid
    if grid in GRIDS:
        return GRIDS[grid]
    own = _OWN_GRID.fullmatch(grid)
    if own is None or int(own[2]) > LONGEST:
        allowed = f"{', '.join(GRIDS)}, or LOTxROUNDS as in 140x120, with at most {LONGEST} rounds"
        raise GameError(f"grid: found {grid!r}; allowed: {allowed}")
    return Grid(grid, int(own[1]), int(own[2]))


@dataclass(frozen=True)
class Space:
    """The states of S_0 for one lot and one capacity.

    Attributes
    ----------
    lot : persons in a lot.
    capacity : most persons that can be held; the stock stops at ``capacity // lot`` lots.
    """

    lot: int
    capacity: int

    @property
    def top(self) -> int:
        """Most lots that can be held."""
        return self.capacity // self.lot

    @cached_property
    def axes(self) -> Axes:
        """The named dials of S_0; levels of prisoners are named by persons."""
        counted = (range(TOP_LEADERS + 1), range(TOP_US + 1), range(TOP_EU + 1))
        stock = tuple(str(lots * self.lot) for lots in range(self.top + 1))
        return Axes(DIALS, (TALKS, *(tuple(map(str, levels)) for levels in counted), CONTACT, stock))

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of the six dials."""
        return self.axes.shape

    @property
    def size(self) -> int:
        """Number of states S_0."""
        return self.axes.size

    @cached_property
    def levels(self) -> dict[str, Ints]:
        """Level number of each dial in every state: name -> shape (S_0,)."""
        return {name: self.axes.grid(name) for name in DIALS}

    @cached_property
    def strides(self) -> dict[str, int]:
        """By how much the state number grows when a dial goes up by one."""
        steps = np.cumprod((1, *self.shape[:0:-1]))[::-1]
        return {name: int(step) for name, step in zip(DIALS, steps, strict=True)}

    def along(self, name: str, values: npt.ArrayLike | None = None) -> Floats:
        """Return one value for each level of a dial (its number by default), shaped to broadcast over all dials."""
        axis = DIALS.index(name)
        column = np.arange(self.shape[axis]) if values is None else np.asarray(values)
        shape = [1] * len(DIALS)
        shape[axis] = self.shape[axis]
        return column.astype(np.float64).reshape(shape)

    def spread(self, table: Floats) -> Floats:
        """Return a table over some of the dials as one read-only number for each state, shape (S_0,)."""
        full = np.ascontiguousarray(np.broadcast_to(table, self.shape)).reshape(-1)
        full.flags.writeable = False
        return full

    def lots_for(self, persons: float) -> int:
        """Return the number of lots that so many persons may take up, rounded up."""
        return math.ceil(persons / self.lot)
