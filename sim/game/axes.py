"""Named axes of a state space: dials with named levels, numbered in C order."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.errors import GameError


@dataclass(frozen=True)
class Axes:
    """The dials of a state space.

    Attributes
    ----------
    names : one name a dial; the first dial is the slowest in the numbering of states.
    levels : for each dial the names of its levels.

    Raises
    ------
    GameError : a name or a level that appears twice, an empty dial, or lengths that differ.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "levels", tuple(tuple(str(level) for level in dial) for dial in self.levels))
        if len(self.names) != len(self.levels):
            raise GameError(f"axes: found {len(self.names)} names and {len(self.levels)} lists of levels")
        if len(set(self.names)) != len(self.names):
            raise GameError(f"axes: found a name twice in {self.names}; allowed: different names")
        for name, dial in zip(self.names, self.levels, strict=True):
            if not dial or len(set(dial)) != len(dial):
                raise GameError(f"axes: {name}: found levels {dial}; allowed: at least one, all different")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of each dial."""
        return tuple(len(dial) for dial in self.levels)

    @property
    def size(self) -> int:
        """Number of states."""
        return math.prod(self.shape)

    def index(self, **dials: str | int) -> int:
        """Return the state at these levels: a level's name, or its number from 0. Every dial must be given.

        Raises
        ------
        GameError : an unknown or missing dial, or a level that it does not have.
        """
        for name in dials:
            if name not in self.names:
                raise GameError(f"state: found dial {name!r}; allowed: {', '.join(self.names)}")
        numbers = [self._number(name, dials[name]) for name in self.names if name in dials]
        if len(numbers) != len(self.names):
            missing = [name for name in self.names if name not in dials]
            raise GameError(f"state: found no value for {', '.join(missing)}; every dial must be given")
        return int(np.ravel_multi_index(tuple(numbers), self.shape)) if numbers else 0

    def label(self, index: int) -> dict[str, str]:
        """Return dial -> level name of one state."""
        numbers = np.unravel_index(index, self.shape)
        return {name: dial[int(number)] for name, dial, number in zip(self.names, self.levels, numbers, strict=True)}

    def grid(self, name: str) -> npt.NDArray[np.int64]:
        """Return the level number of one dial in every state, shape (size,)."""
        if name not in self.names:
            raise GameError(f"axes: found dial {name!r}; allowed: {', '.join(self.names)}")
        axis = self.names.index(name)
        shape = [1] * len(self.names)
        shape[axis] = self.shape[axis]
        column = np.arange(self.shape[axis], dtype=np.int64).reshape(shape)
        return np.broadcast_to(column, self.shape).reshape(-1)

    def _number(self, name: str, level: str | int) -> int:
        dial: Sequence[str] = self.levels[self.names.index(name)]
        if isinstance(level, str):
            if level in dial:
                return dial.index(level)
            near = difflib.get_close_matches(level, dial, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            shown = ", ".join(dial) if len(dial) <= 12 else f"{dial[0]}, {dial[1]}, ... {dial[-1]}"
            raise GameError(f"state: {name}: found {level!r}; allowed: {shown}{hint}")
        if not 0 <= level < len(dial):
            raise GameError(f"state: {name}: found level number {level}; allowed: 0 to {len(dial) - 1}")
        return int(level)
