"""What a search asks of the model: a goal that makes sense, and an evaluator that remembers what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sim.analyse.record import Basis, Floats, GridCheck, basis_of, compare_grids
from sim.analyse.variants import Design, Evaluated, Evaluator, check_month, check_outcome
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario


class Asked(AbstractContextManager["Asked"]):
    """An evaluator that remembers what was asked and what failed, and tells how far it is."""

    def __init__(self, base: Scenario, on_done: Callable[[int], None] | None, **settings: Any) -> None:
        self.base = base
        self.settings = settings
        self.evaluate = Evaluator(base, **settings)
        self.on_done = on_done
        self.failed: list[tuple[int, str]] = []
        self.designs: list[Design] = []
        self.seen: list[Floats] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.evaluate.__exit__(kind, error, trace)

    def __call__(self, designs: Sequence[Design]) -> Evaluated:
        """Evaluate, remember failures, report."""
        begun = self.evaluate.done

        def tell(done: int, _: int) -> None:
            if self.on_done is not None:
                self.on_done(begun + done)

        found = self.evaluate(designs, tell)
        self.failed += [(begun + number, error) for number, error in found.failed]
        return found

    def at(self, designs: Sequence[Design], outcome: str, month: int) -> Floats:
        """Evaluate one outcome, shape (n,), and remember the values for the comparison with a finer grid."""
        values = self(designs).at(outcome, month)
        self.designs += designs
        self.seen.append(values)
        return values

    def check(self, outcome: str, month: int, size: int, finer: str | Grid) -> GridCheck | None:
        """Compare a sample of what was asked with a finer grid."""
        return compare_grids(
            self.base,
            self.designs,
            {(outcome, month): np.concatenate(self.seen)},
            grid=self.settings["grid"],
            rationality=self.settings["rationality"],
            jobs=self.settings["jobs"],
            size=size,
            finer=finer,
        )

    def basis(self, check: GridCheck | None = None) -> Basis:
        """Return what was run."""
        return basis_of(
            self.base,
            grid=self.settings["grid"],
            rationality=self.settings["rationality"],
            variants=self.evaluate.done,
            failed=self.failed,
            check=check,
        )


def check_goal(outcome: str, level: float, at: int, grid: str | Grid) -> None:
    """Refuse an outcome, level or month that does not make sense.

    Raises
    ------
    UsageError : an unknown outcome, a level that is not finite, a month that the grid does not play.
    """
    from sim.model import grid_of

    check_outcome(outcome)
    check_month(at, grid_of(grid).rounds)
    if not np.isfinite(level):
        raise UsageError(f"level: found {level}; allowed: a number, in {OUTCOME_UNITS[outcome]}")
