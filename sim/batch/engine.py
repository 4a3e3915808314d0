"""One engine for everything that computes many variants: parts of a plan go to an executor and come back whole.

A part is what is kept together (a shard, a scenario of a batch); its tasks are what travels to a worker. Parts are
taken from their stream only as workers become free. A task that loses its worker every time is cut into single
variants, each of which is tried alone: so one that ends its worker is found and left out, and no other is lost with it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from sim.batch.executors import Executor

Part = TypeVar("Part")
Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Happened(Generic[Part, Answer]):
    """Something that happened to one task of one part.

    Attributes
    ----------
    kind : ``started``, ``retried`` or ``done``.
    part : as it came in the stream.
    place : number of the task in its part.
    answers : when done: one, or one a piece where the task had to be cut.
    whole : whether all tasks of the part are done now.
    """

    kind: str
    part: Part
    place: int
    answers: tuple[Answer, ...] = ()
    whole: bool = False


def process(
    executor: Executor,
    function: Callable[[Task], Answer],
    parts: Iterable[tuple[Part, Sequence[Task]]],
    *,
    pieces: Callable[[Task], Sequence[Task]],
    given_up: Callable[[Task], Answer],
) -> Generator[Happened[Part, Answer]]:
    """Work through parts.

    Parameters
    ----------
    parts : pairs of a part and its tasks (at least one), taken as workers become free.
    pieces : cuts a task into the smallest that make sense; one piece: it cannot be cut.
    given_up : what stands in for the answer of a piece that lost its worker alone, too.

    Closing the generator stops what is on its way.
    """
    on_way: dict[int, tuple[Part, int, Task, _Left]] = {}
    lost: list[tuple[Part, int, Task, _Left]] = []

    def stream() -> Iterator[Task]:
        number = 0
        for part, tasks in parts:
            left = _Left(len(tasks))
            for place, task in enumerate(tasks):
                on_way[number] = part, place, task, left
                number += 1
                yield task

    with closing(executor.work(function, stream())) as telling:
        for told in telling:
            part, place, _, left = on_way[told.number]
            if told.kind == "lost":
                lost.append(on_way.pop(told.number))
            elif told.kind == "done":
                del on_way[told.number]
                yield Happened("done", part, place, told.answers, left.one_less())
            else:
                yield Happened(told.kind, part, place)
    for part, place, task, left in lost:
        answers: list[Answer] = []
        for piece in pieces(task):
            answers += _alone(executor, function, piece) or (given_up(piece),)
        yield Happened("done", part, place, tuple(answers), left.one_less())


def _alone(executor: Executor, function: Callable[[Task], Answer], task: Task) -> tuple[Answer, ...]:
    with closing(executor.work(function, [task])) as telling:
        for told in telling:
            if told.kind == "done":
                return told.answers
    return ()


class _Left:
    """How many tasks of a part are still to be done."""

    def __init__(self, tasks: int) -> None:
        self._tasks = tasks

    def one_less(self) -> bool:
        self._tasks -= 1
        return self._tasks == 0
