"""Where work is done: one small interface, and what stands behind it. Every executor gives the same bytes.

An executor takes one function and a stream of tasks and tells what becomes of each, in whatever order. `Serial` works
in this process, `Processes` in worker processes of this machine, `sim.batch.cluster.Cluster` on a Dask cluster. Tasks
are taken from the stream only as they are needed, so a stream of any length needs little memory.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from sim.batch.workers import Worker, no_interrupts
from sim.errors import GrandDealError, UsageError

PATIENCE = 10.0
"""Seconds that a worker with nothing to do has for ending by itself."""
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
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._start = False
        """Whether a worker is known to start here."""

    @property
    def workers(self) -> int:
        """As many as asked for."""
        return self._workers

    def close(self) -> None:
        """End all workers."""
        self._end(PATIENCE)

    def work(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Generator[Told[Answer]]:
        """Work through tasks; see `Executor.work`. A task whose worker ends is tried once more, alone."""
        waiting = enumerate(tasks)
        again: deque[tuple[int, Task]] = deque()
        tried: set[int] = set()
        busy: dict[Worker, tuple[int, Task]] = {}
        told: list[Told[Answer]] = []
        try:
            while True:
                second = bool(again) or any(number in tried for number, _ in busy.values())
                while len(busy) < (1 if second else self._workers):
                    following = again.popleft() if again else next(waiting, None)
                    if following is None:
                        break
                    busy[self._hand(function, following[1])] = following
                    told.append(Told("retried" if following[0] in tried else "started", following[0]))
                yield from told  # workers have been given more to do before
                if not busy:
                    return
                told = []
                for worker in Worker.heard(busy):
                    answers = worker.told()
                    self._start |= worker.begun
                    if answers is None:
                        number, task = busy.pop(worker)
                        self._bury(worker, number in tried)
                        if number in tried:
                            told.append(Told("lost", number))
                        else:
                            tried.add(number)
                            again.append((number, task))
                    elif answers:
                        self._idle.append(worker)
                        told.append(Told("done", busy.pop(worker)[0], answers))
        except BaseException:
            self._end(0.0)
            raise

    def _hand(self, function: Callable[[Task], Answer], task: Task) -> Worker:
        """Hand a task to a worker that has nothing to do, or a new one. Those that ended meanwhile are let go."""
        while self._idle:
            worker = self._idle.pop()
            if worker.hand(function, task):
                return worker
            self._bury(worker, False)
        with no_interrupts():
            worker = Worker()
            self._all.append(worker)
        worker.hand(function, task)  # if it ended as it started, that is heard of later
        return worker

    def _bury(self, worker: Worker, alone: bool) -> None:
        """Let go of a worker that has ended: perhaps by its task, unless it was alone and none has ever begun."""
        self._all.remove(worker)
        worker.end()
        if alone and not self._start:
            raise GrandDealError(
                "worker processes end as they start. A program that uses them must lie in a file and begin its work "
                "under if __name__ == '__main__':; with jobs=1 there are none"
            )

    def _end(self, patience: float) -> None:
        workers, self._all, self._idle = self._all, [], []
        try:
            for worker in workers:
                worker.dismiss()
            for worker in workers:
                worker.end(patience)
        finally:
            for worker in workers:
                worker.end()


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
