"""What the inverse question found: single changes that flip the answer, and the smallest change of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.analyse.record import SCHEMA_VERSION, Basis, plain, without_nan


@dataclass(frozen=True)
class Move:
    """One parameter's part in a change: from the base's value to another; ``share`` of its range, with its sign."""

    parameter: str
    unit: str
    low: float
    high: float
    base: float
    value: float
    share: float


@dataclass(frozen=True)
class Flip:
    """A change of one parameter that flips the answer.

    ``figure`` is the outcome there (for a deal: its lead over the next one), ``jump`` whether it leaps there, and
    ``finer`` whether the answer also flips on the finer grid (None: not checked).
    """

    move: Move
    figure: float
    jump: bool
    finer: bool | None = None


@dataclass(frozen=True)
class Unmet:
    """A parameter that does not flip the answer at any value looked at.

    ``nearest`` is the figure that comes nearest to the goal (NaN: none could be computed), ``looked`` at how many
    values that is. What is narrower than the gaps between them stays unseen.
    """

    parameter: str
    nearest: float
    looked: int


@dataclass(frozen=True)
class Joint:
    """The smallest change of several parameters that was found; never longer than the smallest single one.

    Attributes
    ----------
    found : whether the goal is met at these moves, by a full solve.
    moves : largest first; one alone where no change of several that is shorter was found.
    distance : length of the change (root of the summed squares of the shares).
    figure : the outcome (or lead) there.
    finer : whether the goal is also met on the finer grid; None: not checked.
    searched : the parameters that could move.
    message : how the search ended, in words.
    """

    found: bool
    moves: tuple[Move, ...]
    distance: float
    figure: float
    finer: bool | None
    searched: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Inverse:
    """What would flip the answer.

    Attributes
    ----------
    goal : in words.
    outcome, month, level : the outcome and level; for a deal ``outcome`` is None and ``deal`` the kind.
    unit : of the figures.
    base_figure : in the unchanged scenario: the outcome, or the deal's lead over the next likeliest.
    flips : single changes that flip it, smallest first.
    without : parameters that do not flip it at any value looked at in their range, nearest to the goal first.
    joint : the smallest change of several; None where it was not asked for.
    basis : what was run.
    """

    goal: str
    outcome: str | None
    month: int
    level: float | None
    deal: str | None
    unit: str
    base_figure: float
    flips: tuple[Flip, ...]
    without: tuple[Unmet, ...]
    joint: Joint | None
    basis: Basis

    def table(self) -> list[dict[str, Any]]:
        """Return the single changes, one a row, smallest first."""
        return [
            {**flip.move.__dict__, "figure": flip.figure, "jump": flip.jump, "finer": flip.finer} for flip in self.flips
        ]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "inverse",
            **self.basis.to_json(),
            "goal": self.goal,
            "outcome": self.outcome,
            "month": self.month,
            "level": self.level,
            "deal": self.deal,
            "unit": self.unit,
            "base_figure": without_nan(self.base_figure),
            "flips": without_nan(self.table()),
            "without": [plain(each) for each in self.without],
            "joint": None if self.joint is None else plain(self.joint),
        }
