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
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from sim.batch import executors, workers
from sim.batch.engine import process
from sim.batch.executors import Executor, cores
from sim.errors import GrandDealError, UsageError
from sim.forecast.result import OUTCOME_LABELS, Option

if TYPE_CHECKING:
    from sim.model import Grid, Model
    from sim.scenario import Scenario
    from sim.solver import Forward, Solution

Floats = npt.NDArray[np.float64]
Design = Mapping[str, Any]
Progress = Callable[[int, int], None]
Part = TypeVar("Part")
Measure = Callable[["Model", "Solution", "Forward"], Mapping[str, float]]

OUTCOMES = tuple(OUTCOME_LABELS)
MONTHS = 24
CHUNK = 8
"""Most variants that one worker gets at a time: enough to share what they have in common, few enough for progress."""
LARGE_CHUNK = 64
"""The same on a cluster of hundreds of workers."""
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
        self._own: executors.Processes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: Any) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None

    def __call__(self, designs: Sequence[Design], on_done: Progress | None = None) -> Evaluated:
        """Evaluate some variants; a variant that fails stops no other."""
        begun = time.perf_counter()
        report = on_done or self.on_done
        designs = tuple(dict(design) for design in designs)
        rows: dict[int, Row] = {}
        parts = [(None, designs)] if designs else []
        with closing(self.stream(parts, largest=len(designs))) as found:
            for _, first, some, _ in found:
                rows.update(enumerate(some, first))
                if report is not None:
                    report(len(rows), len(designs))
        return self._joined(designs, [rows[i] for i in range(len(designs))], time.perf_counter() - begun)

    def stream(
        self, parts: Iterable[tuple[Part, Sequence[Design]]], *, largest: int | None = None
    ) -> Generator[tuple[Part, int, list[Row], bool]]:
        """Evaluate parts of a stream that may be of any length, a few at a time.

        Parameters
        ----------
        parts : pairs of anything that names a part, and its designs (at least one).
        largest : how many variants there will be, if known: few are computed in this process.

        Yields
        ------
        The part, the number of a variant in it, the rows from that one on, and whether the part is complete now.
        """
        with self._executor(largest) as executor:
            size = self._size(executor, largest)
            chunk = replace(self._chunk, threads=executor.threads)

            def tasks() -> Iterator[tuple[tuple[Part, int], list[Chunk]]]:
                for part, designs in parts:
                    some = [
                        replace(chunk, designs=tuple(dict(design) for design in designs[i : i + size]))
                        for i in range(0, len(designs), size)
                    ]
                    yield (part, size), some

            happening = process(executor, compute, tasks(), pieces=_singly, given_up=_killed)
            with closing(happening):
                for happened in happening:
                    if happened.kind == "done":
                        part, width = happened.part
                        rows = [row for answer in happened.answers for row in answer]
                        self.done += len(rows)
                        yield part, happened.place * width, rows, happened.whole

    @contextmanager
    def _executor(self, largest: int | None) -> Iterator[Executor]:
        """Yield the executor to work with; this evaluator's own workers stay for the next time."""
        given = executors.current()
        if given is not None and (largest is None or largest > 1):
            yield given
        elif self.jobs == 1 or (largest is not None and largest < (2 if self._own else WORTH_WORKERS)):
            yield executors.Serial()
        else:
            if self._own is None:
                self._own = executors.Processes(self.jobs)
            yield self._own

    def _size(self, executor: Executor, largest: int | None) -> int:
        if isinstance(executor, executors.Serial):
            return 1
        # on a large cluster larger chunks: its one scheduler sees fewer tasks
        most = min(LARGE_CHUNK, max(CHUNK, executor.workers // CHUNK))
        return most if largest is None else max(1, min(most, math.ceil(largest / (4 * executor.workers))))

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
    return [_guarded(partial(_answer, chunk, design)) for design in chunk.designs]


def _answer(chunk: Chunk, design: Design) -> Row:
    """Compile, solve and propagate one variant; nothing of it is held on to (a compiled model can take 40 MB)."""
    from sim.forecast import forecast
    from sim.model import compile
    from sim.scenario import load
    from sim.solver import solve

    model = compile(load(chunk.base, design), chunk.grid)
    lam = model.rationality if chunk.rationality is None else chunk.rationality
    start = model.start if chunk.measure is None else None  # who measures may look anywhere
    solution = solve(model.game, lam, threads=chunk.threads, remember=chunk.months, start=start)
    forward = forecast(model, solution, chunk.months)
    solution.forget()
    return _read(chunk, model, solution, forward)


def _read(chunk: Chunk, model: Model, solution: Solution, forward: Forward) -> Row:
    from sim.forecast import headlines
    from sim.forecast.outcomes import first_deals, now

    by_month = headlines(model, forward)
    powers = model.game.discount[None, :] ** np.arange(chunk.months)[:, None]
    return Row(
        outcomes=np.array([by_month[name] for name in OUTCOMES]),
        payoffs=(powers * forward.payoff).sum(axis=0),
        payoffs_total=solution.value_at(model.start),
        measured=dict(chunk.measure(model, solution, forward)) if chunk.measure else {},
        now=now(model, solution) if chunk.decisions else {},
        first_deals=first_deals(model, forward) if chunk.decisions else {},
    )


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


def _singly(chunk: Chunk) -> list[Chunk]:
    return [replace(chunk, designs=(design,)) for design in chunk.designs]


def _killed(chunk: Chunk) -> list[Row]:
    return [_failed(workers.KILLED) for _ in chunk.designs]


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
