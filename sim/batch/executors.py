"""Where work is done: one small interface, and what stands behind it. Every executor gives the same bytes.

An executor takes one function and a stream of tasks and tells what becomes of each, in whatever order. `Serial` works
in this process, `Processes` in worker processes of this machine, `sim.batch.cluster.Cluster` on a Dask cluster. Tasks
are taken from the stream only as they are needed, so a stream of any length needs little memory.
"""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from sim.batch.workers import no_interrupts, pool_of
from sim.errors import GrandDealError, UsageError

LOOK = 1.0
"""Seconds without any answer after which it is looked whether the workers are still there."""
Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Told(Generic[Answer]):
    """What happened to one task.

    Attributes
    ----------
    kind : ``started``; ``retried`` (its worker ended, it is tried once more); ``done``; or ``lost`` (its worker ended
        every time: the task may be to blame, or its neighbours). Every task ends with one ``done`` or one ``lost``.
    number : place of the task in the stream, from 0.
    answers : what the function returned, in a tuple of one, when done; else empty.
    """

    kind: str
    number: int
    answers: tuple[Answer, ...] = ()


class Executor(ABC):
    """Runs one function on many tasks; to be used in a ``with`` block, which ends its workers.

    Attributes
    ----------
    threads : how many threads a task may use; None: all of this machine.
    """

    threads: int | None = 1

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many tasks are worked on at once; may change while a cluster grows or shrinks."""

    @abstractmethod
    def work(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Generator[Told[Answer]]:
        """Work through tasks and tell what happens as it happens.

        Parameters
        ----------
        function : importable by name. What it raises is raised here, and ends the work.
        tasks : taken one by one, a few more than there are workers. They must be picklable.

        Closing the generator, or an exception where it is used, stops what is on its way.
        """

    @abstractmethod
    def close(self) -> None:
        """End all workers."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.close()


class Serial(Executor):
    """One task after another in this process, with all threads."""

    threads = None

    @property
    def workers(self) -> int:
        """One."""
        return 1

    def close(self) -> None:
        """Nothing to end."""

    def work(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Generator[Told[Answer]]:
        """Work through tasks; see `Executor.work`."""
        for number, task in enumerate(tasks):
            yield Told("started", number)
            yield Told("done", number, (function(task),))


class Processes(Executor):
    """Worker processes of this machine, one thread each. They are started when first needed and stay until closed.

    Raises
    ------
    UsageError : no worker at all.
    GrandDealError : when work begins: no worker can start in this program.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise UsageError(f"jobs: found {workers}; allowed: 1 or more worker processes")
        self._workers = workers
        self._stack = ExitStack()
        self._pool: ProcessPoolExecutor | None = None
        self._start = False
        """Whether a worker is known to start here."""

    @property
    def workers(self) -> int:
        """As many as asked for."""
        return self._workers

    def close(self) -> None:
        """End all workers."""
        self._pool = None
        self._stack.close()

    def work(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Generator[Told[Answer]]:
        """Work through tasks; see `Executor.work`. A task whose worker ends is tried once more, alone."""
        waiting = iter(enumerate(tasks))
        while True:
            # a dead worker breaks the whole pool, and nobody says at which task: all on their way are suspects
            suspects: list[tuple[int, Task]] = []
            yield from self._until_broken(function, waiting, suspects)
            for number, task in suspects:
                yield Told("retried", number)
                again: list[tuple[int, Task]] = []
                for told in self._until_broken(function, iter([(number, task)]), again):
                    if told.kind == "done":
                        yield told
                if again:
                    yield Told("lost", number)
            if not suspects:
                return

    def _until_broken(
        self,
        function: Callable[[Task], Answer],
        waiting: Iterator[tuple[int, Task]],
        lost: list[tuple[int, Task]],
    ) -> Iterator[Told[Answer]]:
        """Work until nothing is left or the pool breaks; tasks on their way then end up in ``lost``."""
        running: dict[Future[Answer], tuple[int, Task]] = {}
        try:
            while True:
                while len(running) <= self._workers:  # one more, so that no worker waits for this loop
                    following = next(waiting, None)
                    if following is None:
                        break
                    future = self._submit(function, following[1])
                    if future is None:
                        lost.append(following)
                    else:
                        running[future] = following
                    yield Told("started", following[0])
                    if lost:
                        break
                if lost or not running:
                    break
                finished, _ = wait(running, LOOK, return_when=FIRST_COMPLETED)
                if not finished and self._is_broken():
                    break
                for future in [future for future in running if future in finished]:
                    if isinstance(future.exception(), BrokenProcessPool):
                        continue  # stays among those that are running, and is found there below
                    answer = future.result()
                    self._start = True
                    yield Told("done", running.pop(future)[0], (answer,))
                if any(future in finished for future in running):
                    break
        except BaseException:
            stack, self._stack, self._pool = self._stack, ExitStack(), None
            stack.__exit__(*sys.exc_info())
            raise
        lost[:0] = running.values()
        if lost:
            self._drop()
            self._try()

    def _is_broken(self) -> bool:
        """Return whether the pool has broken unnoticed: it forgets a task that was handed over at that very moment."""
        asked = self._submit(abs, 0)
        if asked is not None:
            asked.cancel()
        return asked is None

    def _try(self) -> None:
        """Tell apart tasks that end their workers from workers that cannot even start: then no task is to blame."""
        if self._start:
            return
        try:
            with no_interrupts(), pool_of(1) as pool:
                pool.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise GrandDealError(
                "worker processes end as they start. A program that uses them must lie in a file and begin its work "
                "under if __name__ == '__main__':; with jobs=1 there are none"
            ) from error
        self._start = True

    def _drop(self) -> None:
        """End a broken pool. A worker that was being started as it broke is never told by the pool itself."""
        stack, self._stack, self._pool = self._stack, ExitStack(), None
        with suppress(BrokenProcessPool), stack:
            raise BrokenProcessPool

    def _submit(self, function: Callable[[Task], Answer], task: Task) -> Future[Answer] | None:
        """Hand a task to the pool; None where the pool turns out to be broken."""
        with no_interrupts():
            if self._pool is None:
                self._pool = self._stack.enter_context(pool_of(self._workers))
            try:
                return self._pool.submit(function, task)
            except BrokenProcessPool:
                return None
            except OSError:  # breaking while a worker is being started, it has closed what that was to inherit
                try:
                    self._pool.submit(abs, 0).cancel()
                except BrokenProcessPool:
                    return None
                raise


def of_jobs(jobs: int | None, tasks: int | None = None) -> Executor:
    """Return the executor for a number of worker processes (None: one a core), at most one a task."""
    jobs = cores() if jobs is None else jobs
    if jobs < 1:
        raise UsageError(f"jobs: found {jobs}; allowed: 1 or more worker processes")
    jobs = jobs if tasks is None else min(jobs, tasks)
    return Serial() if jobs <= 1 else Processes(jobs)


_CURRENT: ContextVar[Executor | None] = ContextVar("executor", default=None)


def current() -> Executor | None:
    """Return the executor of the innermost `using` block, if there is one."""
    return _CURRENT.get()


@contextmanager
def using(executor: Executor | str | None) -> Iterator[Executor | None]:
    """Let everything inside the block work on this executor, whatever number of jobs it would take by itself.

    Parameters
    ----------
    executor : an executor (it stays open), or a cluster's address as for `sim.batch.cluster.Cluster` (the connection is
        closed with the block); None changes nothing.

    >>> with using("local:4"):   # doctest: +SKIP
    ...     discover(load("baseline"), "p_grand_deal", above=0.2)
    """
    with ExitStack() as stack:
        if isinstance(executor, str):
            from sim.batch.cluster import Cluster

            executor = stack.enter_context(Cluster(executor))
        token = _CURRENT.set(executor if executor is not None else _CURRENT.get())
        try:
            yield executor
        finally:
            _CURRENT.reset(token)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
