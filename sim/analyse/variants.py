"""Exact forecasts of many variants of one scenario: what every analysis here is built on.

A variant is a design point, parameter -> value, on top of a base scenario. Nothing is sampled, so differences between
variants are never noise, and the numbers are the same for any number of worker processes.
"""

from __future__ import annotations

import difflib
import math
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from sim.batch import workers
from sim.errors import GrandDealError, UsageError
from sim.forecast.result import OUTCOME_LABELS, Option

if TYPE_CHECKING:
    from sim.model import Grid, Model
    from sim.scenario import Scenario
    from sim.solver import Forward, Solution

Floats = npt.NDArray[np.float64]
Design = Mapping[str, Any]
Progress = Callable[[int, int], None]
Measure = Callable[["Model", "Solution", "Forward"], Mapping[str, float]]

OUTCOMES = tuple(OUTCOME_LABELS)
MONTHS = 24
CHUNK = 8
"""Most variants that one worker gets at a time: enough to share what they have in common, few enough for progress."""
WORTH_WORKERS = 16
"""Fewer variants than this are computed in this process, which is quicker than starting others."""


@dataclass(frozen=True)
class Evaluated:
    """The forecasts of some variants, in the order of the designs. Rows of failed variants are NaN.

    Attributes
    ----------
    designs : what each variant changes.
    outcomes : headline outcome -> shape (n, months); units as in `sim.forecast.OUTCOME_UNITS`.
    payoffs, payoffs_total : player -> shape (n,); points of that player, discounted over the months, and for ever.
    measured : name -> shape (n,), from the caller's own ``measure``; empty without one.
    now : with ``decisions``: for each variant turn -> options as in `sim.forecast.Result.now`, empty where it failed;
        else None.
    first_deals : with ``decisions``: for each variant kind of the first deal -> probability; else None.
    failed : (number of the variant, why), in order.
    seconds : wall time.
    """

    designs: tuple[Design, ...]
    outcomes: Mapping[str, Floats]
    payoffs: Mapping[str, Floats]
    payoffs_total: Mapping[str, Floats]
    measured: Mapping[str, Floats]
    now: tuple[Mapping[str, tuple[Option, ...]], ...] | None
    first_deals: tuple[Mapping[str, float], ...] | None
    failed: tuple[tuple[int, str], ...]
    seconds: float

    def at(self, outcome: str, month: int) -> Floats:
        """Return one outcome at the end of one month (1 is the first), shape (n,).

        Raises
        ------
        UsageError : no such outcome, or a month beyond those computed.
        """
        check_outcome(outcome)
        column = self.outcomes[outcome]
        check_month(month, column.shape[1])
        result: Floats = column[:, month - 1]
        return result


@dataclass(frozen=True)
class Row:
    """The forecast of one variant, or why there is none (then the rest is empty)."""

    outcomes: Floats
    payoffs: Floats
    payoffs_total: Floats
    measured: Mapping[str, float]
    now: Mapping[str, tuple[Option, ...]]
    first_deals: Mapping[str, float]
    error: str = ""


@dataclass(frozen=True)
class Chunk:
    """Some variants on their way to a worker; pickled on the way."""

    base: Scenario
    designs: tuple[Design, ...]
    grid: str | Grid
    months: int
    rationality: float | Mapping[str, float] | None
    decisions: bool
    measure: Measure | None
    threads: int | None


class Evaluator:
    """Evaluates variants of one scenario, again and again, with workers that stay until the block is left.

    >>> with Evaluator(load("baseline"), jobs=2) as evaluate:   # doctest: +SKIP
    ...     evaluate([{"minsk.trade_value": 6.0}, {"minsk.trade_value": 9.0}]).at("freed", 24)

    Parameters
    ----------
    base : the scenario that the designs change.
    grid, months, rationality : as for `sim.run`.
    jobs : worker processes; None: one a core; 1: none, all in this process. The numbers are the same for any.
    decisions : also what each capital would do at the start, and the kind of the first deal.
    measure : also what this function of model, solution and propagation returns; it must be importable by name.
    on_done : called with (variants done, of how many) as they come.

    Raises
    ------
    UsageError : months that the grid does not have, or no worker at all.
    """

    def __init__(
        self,
        base: Scenario,
        *,
        grid: str | Grid = "fast",
        months: int = MONTHS,
        rationality: float | Mapping[str, float] | None = None,
        jobs: int | None = None,
        decisions: bool = False,
        measure: Measure | None = None,
        on_done: Progress | None = None,
    ) -> None:
        from sim.model import grid_of

        rounds = grid_of(grid).rounds
        if not 1 <= months <= rounds:
            raise UsageError(f"months: found {months}; allowed: 1 to {rounds} on this grid")
        if jobs is not None and jobs < 1:
            raise UsageError(f"jobs: found {jobs}; allowed: 1 or more worker processes")
        self.base = base
        self.grid = grid
        self.months = months
        self.jobs = jobs or cores()
        self.on_done = on_done
        self.done = 0
        """How many variants were evaluated so far."""
        self._chunk = Chunk(base, (), grid, months, rationality, decisions, measure, None)
        self._stack = ExitStack()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: Any) -> None:
        self._pool = None
        self._stack.__exit__(*what)

    def __call__(self, designs: Sequence[Design], on_done: Progress | None = None) -> Evaluated:
        """Evaluate some variants; a variant that fails stops no other."""
        begun = time.perf_counter()
        report = on_done or self.on_done
        designs = tuple(dict(design) for design in designs)
        rows: dict[int, Row] = {}
        for first, found in self._rows(designs):
            rows.update(enumerate(found, first))
            self.done += len(found)
            if report is not None:
                report(len(rows), len(designs))
        return self._joined(designs, [rows[i] for i in range(len(designs))], time.perf_counter() - begun)

    def _rows(self, designs: tuple[Design, ...]) -> Iterator[tuple[int, list[Row]]]:
        """Yield (number of the first variant, rows) as they are done."""
        alone = self.jobs == 1 or len(designs) < (2 if self._pool else WORTH_WORKERS)
        if alone:
            for i, design in enumerate(designs):
                yield i, compute(replace(self._chunk, designs=(design,)))
            return
        size = max(1, min(CHUNK, math.ceil(len(designs) / (4 * self.jobs))))
        chunk = replace(self._chunk, threads=1)
        waiting = deque((i, replace(chunk, designs=designs[i : i + size])) for i in range(0, len(designs), size))
        while waiting:
            # a dead worker breaks the whole pool, and nobody says at which variant: all on their way are suspects
            lost: list[tuple[int, Chunk]] = []
            yield from self._side_by_side(waiting, lost)
            for first, suspect in lost:
                for i, design in enumerate(suspect.designs, first):
                    again: list[tuple[int, Chunk]] = []
                    yield from self._side_by_side(deque([(i, replace(suspect, designs=(design,)))]), again)
                    if again:
                        yield i, [_failed(workers.KILLED)]

    def _side_by_side(
        self, waiting: deque[tuple[int, Chunk]], lost: list[tuple[int, Chunk]]
    ) -> Iterator[tuple[int, list[Row]]]:
        """Work through ``waiting`` until it is empty or the pool breaks; chunks on their way then are in ``lost``."""
        if self._pool is None:
            self._pool = self._stack.enter_context(workers.pool_of(self.jobs))
        running: dict[Future[list[Row]], tuple[int, Chunk]] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs + 1:  # one more, so that no worker waits for this loop
                    with workers.no_interrupts():
                        running[self._pool.submit(compute, waiting[0][1])] = waiting[0]
                    waiting.popleft()
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in [future for future in running if future in finished]:
                    rows = future.result()
                    yield running.pop(future)[0], rows
        except BrokenProcessPool:
            lost.extend(running.values())
            self._stack.close()
            self._pool = None

    def _joined(self, designs: tuple[Design, ...], rows: Sequence[Row], seconds: float) -> Evaluated:
        from sim.model import PLAYERS

        cube = np.full((len(rows), len(OUTCOMES), self.months), np.nan)
        received, total = np.full((2, len(rows), len(PLAYERS)), np.nan)
        names = next((list(row.measured) for row in rows if row.measured), [])
        measured = {name: np.full(len(rows), np.nan) for name in names}
        for i, row in enumerate(rows):
            if not row.error:
                cube[i], received[i], total[i] = row.outcomes, row.payoffs, row.payoffs_total
                for name in names:
                    measured[name][i] = row.measured[name]
        return Evaluated(
            designs=designs,
            outcomes={name: cube[:, j] for j, name in enumerate(OUTCOMES)},
            payoffs={name: received[:, j] for j, name in enumerate(PLAYERS)},
            payoffs_total={name: total[:, j] for j, name in enumerate(PLAYERS)},
            measured=measured,
            now=tuple(row.now for row in rows) if self._chunk.decisions else None,
            first_deals=tuple(row.first_deals for row in rows) if self._chunk.decisions else None,
            failed=tuple((i, row.error) for i, row in enumerate(rows) if row.error),
            seconds=seconds,
        )


def evaluate(
    base: Scenario,
    designs: Sequence[Design],
    *,
    grid: str | Grid = "fast",
    months: int = MONTHS,
    rationality: float | Mapping[str, float] | None = None,
    jobs: int | None = None,
    decisions: bool = False,
    measure: Measure | None = None,
    on_done: Progress | None = None,
) -> Evaluated:
    """Forecast variants of a scenario, once. Arguments as for `Evaluator`, which is for asking more than once."""
    with Evaluator(
        base,
        grid=grid,
        months=months,
        rationality=rationality,
        jobs=jobs,
        decisions=decisions,
        measure=measure,
        on_done=on_done,
    ) as evaluator:
        return evaluator(designs)


def compute(chunk: Chunk) -> list[Row]:
    """Evaluate one chunk. Never raises an Exception: whatever goes wrong becomes the error of that one variant."""
    models: list[Model | Row] = [_guarded(partial(_compiled, chunk, design)) for design in chunk.designs]
    ready = [model for model in models if not isinstance(model, Row)]
    try:
        answers: list[Row] = list(_answers(chunk, ready))
    except Exception:
        # one of them is at fault: find out which, one at a time
        answers = [_guarded(partial(_answer, chunk, model)) for model in ready]
    left = iter(answers)
    return [model if isinstance(model, Row) else next(left) for model in models]


def _answers(chunk: Chunk, models: Sequence[Model]) -> Iterator[Row]:
    """Solve and propagate compiled variants. The one place where they are worked through together."""
    from sim.forecast import forecast
    from sim.solver import solve

    for model in models:
        lam = model.rationality if chunk.rationality is None else chunk.rationality
        solution = solve(model.game, lam, threads=chunk.threads)
        yield _read(chunk, model, solution, forecast(model, solution, chunk.months))


def _answer(chunk: Chunk, model: Model) -> Row:
    return next(_answers(chunk, [model]))


def _read(chunk: Chunk, model: Model, solution: Solution, forward: Forward) -> Row:
    from sim.forecast import headlines
    from sim.forecast.outcomes import first_deals, now

    by_month = headlines(model, forward)
    powers = model.game.discount[None, :] ** np.arange(chunk.months)[:, None]
    return Row(
        outcomes=np.array([by_month[name] for name in OUTCOMES]),
        payoffs=(powers * forward.payoff).sum(axis=0),
        payoffs_total=model.start @ solution.boundary[0],
        measured=dict(chunk.measure(model, solution, forward)) if chunk.measure else {},
        now=now(model, solution) if chunk.decisions else {},
        first_deals=first_deals(model, forward) if chunk.decisions else {},
    )


def _compiled(chunk: Chunk, design: Design) -> Model:
    from sim.model import compile
    from sim.scenario import load

    return compile(load(chunk.base, design), chunk.grid)


def _guarded(work: Callable[[], Any]) -> Any:
    """Return what ``work`` returns, or a failed row with words for the user."""
    try:
        return work()
    except GrandDealError as error:
        return _failed(str(error))
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        if os.environ.get("GRAND_DEAL_DEBUG") == "1":
            message += "\n" + traceback.format_exc()
        return _failed(message)


def _failed(error: str) -> Row:
    none = np.empty(0)
    return Row(none, none, none, {}, {}, {}, error)


def check_outcome(outcome: str) -> None:
    """Refuse a name that is no headline outcome.

    Raises
    ------
    UsageError : names the nearest outcome and lists all.
    """
    if outcome not in OUTCOMES:
        near = difflib.get_close_matches(outcome, OUTCOMES, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"outcome: found {outcome!r}; allowed: {', '.join(OUTCOMES)}.{hint}")


def check_month(month: int, last: int) -> None:
    """Refuse a month outside 1 to ``last``.

    Raises
    ------
    UsageError : says which months there are.
    """
    if not 1 <= month <= last:
        raise UsageError(f"month: found {month}; allowed: 1 to {last}")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
