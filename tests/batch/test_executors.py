"""One contract for every executor, and the engine above them."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sim.batch import executors
from sim.batch.engine import process
from sim.batch.executors import Executor, Processes, Serial, current, of_jobs, using
from sim.errors import UsageError
from tests.batch import deeds

KINDS = ("serial", pytest.param("processes", marks=pytest.mark.slow), pytest.param("cluster", marks=pytest.mark.slow))
MANY = 40


@pytest.fixture(scope="module", params=KINDS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with made(request.param) as executor:
        yield executor


def made(kind: str) -> Executor:
    if kind == "serial":
        return Serial()
    if kind == "processes":
        return Processes(2)
    from sim.batch.cluster import Cluster

    return Cluster("local:2")


def answers(executor: Executor, function, tasks) -> tuple[dict[int, Any], list[int]]:
    """Return answers by number, and the numbers of lost tasks; each task is told of once."""
    found: dict[int, Any] = {}
    lost: list[int] = []
    started: set[int] = set()
    with closing(executor.work(function, tasks)) as telling:
        for told in telling:
            if told.kind == "started":
                assert told.number not in started
                started.add(told.number)
            elif told.kind == "done":
                assert told.number not in found
                (found[told.number],) = told.answers
            elif told.kind == "lost":
                lost.append(told.number)
            else:
                assert told.kind == "retried"
    assert set(found) | set(lost) == started
    return found, lost


def test_every_task_is_answered_once(executor: Executor) -> None:
    found, lost = answers(executor, deeds.double, range(MANY))
    assert found == {number: 2 * number for number in range(MANY)}
    assert lost == []
    assert answers(executor, deeds.double, []) == ({}, [])


def test_tasks_are_taken_as_they_are_needed(executor: Executor) -> None:
    taken = 0

    def stream() -> Iterator[int]:
        nonlocal taken
        for number in range(10**9):
            taken += 1
            yield number

    done = 0
    with closing(executor.work(deeds.double, stream())) as telling:
        for told in telling:
            done += told.kind == "done"
            assert taken <= done + 3 * executor.workers + 1
            if done == MANY:
                break


def test_what_the_function_raises_is_raised_here(executor: Executor) -> None:
    with pytest.raises(ArithmeticError, match="three is one too many"):
        answers(executor, deeds.stumble, range(MANY))
    assert answers(executor, deeds.double, range(3))[0] == {0: 0, 1: 2, 2: 4}  # and it goes on working


def test_a_worker_that_ends_loses_nothing(executor: Executor, tmp_path: Path) -> None:
    mark = tmp_path / "died"
    if isinstance(executor, Serial):
        mark.touch()  # it has no worker to lose
    found, lost = answers(executor, deeds.die_once, [(number, str(mark)) for number in range(6)])
    assert mark.exists()
    assert found == {number: number for number in range(6)}
    assert lost == []


@pytest.mark.slow
def test_a_worker_that_ends_in_the_middle_of_its_answer_holds_up_nobody(tmp_path: Path) -> None:
    """Half an answer lies in the pipe, and no more will come."""
    mark = tmp_path / "died"
    with Processes(2) as executor:
        tasks = [(number, str(mark)) for number in range(6)]
        assert answers(executor, deeds.die_answering_once, tasks) == ({number: number for number in range(6)}, [])
    assert mark.exists()


@pytest.mark.slow
def test_a_task_that_is_tried_once_more_has_the_machine_to_itself(tmp_path: Path) -> None:
    with Processes(2) as executor:
        tasks = [(number, str(tmp_path / "died")) for number in range(5)]
        found, _ = answers(executor, deeds.die_once_and_rest, tasks)
    begun, ended = found[2]
    assert all(other[1] <= begun or ended <= other[0] for number, other in found.items() if number != 2)


@pytest.mark.slow
def test_stopping_does_not_wait_for_the_rest_of_an_answer(tmp_path: Path) -> None:
    others = set(multiprocessing.active_children())
    with Processes(2) as executor:
        telling = executor.work(deeds.stop_answering, [(1, str(tmp_path)), (2, str(tmp_path))])
        while (told := next(telling)).kind != "done":
            pass
        assert told.answers == (1,)
        (tmp_path / "go").touch()
        while not (tmp_path / "half").exists():
            time.sleep(0.02)
        with pytest.raises(KeyboardInterrupt):
            telling.throw(KeyboardInterrupt)
        assert set(multiprocessing.active_children()) == others


@pytest.mark.slow
def test_a_worker_that_ends_with_nothing_to_do_is_replaced_unseen() -> None:
    with Processes(2) as executor:
        others = set(multiprocessing.active_children())
        before = set(answers(executor, deeds.where, range(8))[0].values())
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()
            worker.join()
        kinds = [(told.kind, told.answers) for told in executor.work(deeds.where, range(8))]
    assert {kind for kind, _ in kinds} == {"started", "done"}
    assert not before & {where for kind, answer in kinds if kind == "done" for where in answer}


@pytest.mark.slow
@pytest.mark.parametrize("function", ["unpicklable", "raise_unpicklable"])
def test_what_cannot_travel_is_an_error(function: str) -> None:
    with Processes(2) as executor, pytest.raises(Exception, match="lambda") as raised:
        answers(executor, getattr(deeds, function), range(3))
    assert not isinstance(raised.value, EOFError)


@pytest.mark.slow
def test_where_in_a_worker_something_was_raised_is_told() -> None:
    with Processes(2) as executor, pytest.raises(ArithmeticError) as raised:
        answers(executor, deeds.stumble, range(MANY))
    (note,) = raised.value.__notes__
    assert "in a worker process" in note
    assert "in stumble" in note


UNGUARDED = """
from sim.batch.executors import Processes
from sim.errors import GrandDealError
try:
    with Processes(2) as workers:
        print(list(workers.work(abs, range(40))))
except GrandDealError as error:
    print("told:", error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("from_file", [True, False])
def test_workers_that_cannot_start_are_told_once(from_file: bool, tmp_path: Path) -> None:
    """Not task by task: each worker begins by running the program, which starts workers itself, or is not there."""
    path = tmp_path / "unguarded.py"
    path.write_text(UNGUARDED)
    words = [sys.executable, str(path) if from_file else "-"]
    done = subprocess.run(
        words, input=None if from_file else UNGUARDED, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1].startswith("told: worker processes end as they start")
    assert "jobs=1" in done.stdout
    assert done.stderr.count("Traceback") < 20


@pytest.mark.slow
def test_an_answer_that_ends_with_its_worker_is_computed_again(tmp_path: Path) -> None:
    """The worker answers the first task, and ends with the second before anybody has fetched that answer."""
    from sim.batch.cluster import Cluster

    mark = tmp_path / "died"
    found = {}
    with (
        Cluster("local:1") as cluster,
        closing(cluster.work(deeds.die_once, [(1, str(mark)), (2, str(mark))])) as all_told,
    ):
        for told in all_told:
            if told.kind == "started" and told.number == 1:
                until = time.monotonic() + 60
                while not mark.exists() and time.monotonic() < until:
                    time.sleep(0.02)
                time.sleep(0.2)  # until the scheduler knows
            elif told.kind == "done":
                found[told.number] = told.answers
    assert mark.exists()
    assert found == {0: (1,), 1: (2,)}


def test_a_task_that_ends_its_worker_every_time_is_lost_alone(executor: Executor) -> None:
    if isinstance(executor, Serial):
        pytest.skip("it works in this process, which would end")
    parts = [("first", [(0, 1), (2, 3), (4, 5)]), ("second", [(6, 7)])]
    found: dict[tuple[str, int], list[int]] = {}
    whole: list[str] = []
    happening = process(
        executor,
        deeds.die_of_any,
        parts,
        pieces=lambda task: [(number,) for number in task],
        given_up=lambda task: [-number for number in task],
    )
    with closing(happening):
        for happened in happening:
            if happened.kind == "done":
                found[happened.part, happened.place] = [value for answer in happened.answers for value in answer]
                whole += [happened.part] if happened.whole else []
    assert found == {("first", 0): [0, 1], ("first", 1): [-2, 3], ("first", 2): [4, 5], ("second", 0): [6, 7]}
    assert sorted(whole) == ["first", "second"]


def test_stopping_in_the_middle_is_quick_and_it_works_again(executor: Executor, tmp_path: Path) -> None:
    if isinstance(executor, Serial):
        pytest.skip("it works in this process, which stops by itself")
    begun = time.monotonic()
    telling = executor.work(deeds.rest, [(number, str(tmp_path)) for number in range(6)])
    assert [next(telling).number, next(telling).number] == [0, 1]
    while not any(tmp_path.iterdir()):
        time.sleep(0.02)
    with pytest.raises(KeyboardInterrupt):
        telling.throw(KeyboardInterrupt)
    assert time.monotonic() - begun < 50  # a task takes sixty
    if isinstance(executor, Processes):
        assert multiprocessing.active_children() == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", "cluster"])
def test_no_worker_is_left_behind(kind: str) -> None:
    import os

    with made(kind) as executor:
        processes = set(answers(executor, deeds.where, range(8))[0].values())
        assert os.getpid() not in processes
    for number in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(int(number), 0)


class TestChoice:
    def test_by_jobs(self) -> None:
        assert isinstance(of_jobs(1), Serial)
        assert isinstance(of_jobs(4, tasks=1), Serial)
        assert of_jobs(4, tasks=3).workers == 3
        assert of_jobs(None).workers == executors.cores()
        for jobs in (0, -2):
            with pytest.raises(UsageError, match=f"jobs: found {jobs}; allowed: 1 or more"):
                of_jobs(jobs)

    def test_using(self) -> None:
        assert current() is None
        with Serial() as outer, using(outer):
            assert current() is outer
            with using(None):
                assert current() is outer
            with Serial() as inner, using(inner):
                assert current() is inner
            assert current() is outer
        assert current() is None
