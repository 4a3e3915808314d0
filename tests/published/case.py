"""One published or closed-form case: what our code is asked, what the answer must be, and who says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes
    ----------
    id : descriptive, unique among all families.
    game : the game in words.
    source : who published it, with the page or proposition where one is meant.
    by : who computed the figure; never our own solver.
    found : asks our code.
    expected : the figure.
    tolerance : largest absolute difference allowed; 0: exactly equal.
    breaks : what in our code would break it.
    figure : the expected figure in words, where the numbers do not speak for themselves.
    """

    id: str
    game: str
    source: str
    by: str
    found: Callable[[], Any]
    expected: Any
    tolerance: float
    breaks: str
    figure: str = ""

    def check(self) -> None:
        """Compare what our code finds with the figure."""
        found = np.asarray(self.found(), dtype=float)
        np.testing.assert_allclose(found, np.asarray(self.expected, dtype=float), rtol=0, atol=self.tolerance)

    @property
    def shown(self) -> str:
        """The figure for the README."""
        if self.figure:
            return self.figure
        numbers = np.asarray(self.expected, dtype=float).reshape(-1)
        return ", ".join(f"{number:.6g}" for number in numbers[:6]) + (", ..." if numbers.size > 6 else "")


@dataclass(frozen=True)
class Family:
    """Cases of one kind: a title, what they are about, and the cases."""

    title: str
    about: str
    cases: tuple[Case, ...]
