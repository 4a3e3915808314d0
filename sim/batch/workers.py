"""What a worker computes, and worker processes that never outlive this one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from sim.errors import GrandDealError

if TYPE_CHECKING:
    from sim.scenario import Scenario

KILLED = "its worker process was ended from outside every time (killed, or out of memory); try --jobs 1"


@dataclass(frozen=True)
class Done:
    """What became of one unit: `Result.to_record`'s object, or an error for the user (then the record is empty)."""

    record: Mapping[str, Any]
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Task:
    """Everything a worker needs; pickled on its way there."""

    scenario: Scenario
    grid: str
    seed: int
    rationality: float | None
    threads: int | None


def compute(task: Task) -> Done:
    """Compute one forecast. Never raises an Exception: whatever goes wrong becomes the error of this one unit."""
    begun = time.perf_counter()
    try:
        from sim.batch.store import dump
        from sim.forecast import run

        record = run(
            task.scenario,
            grid=task.grid,
            seed=task.seed,
            rationality=task.rationality,
            threads=task.threads,
        ).to_record()
        dump(record)  # a value that JSON cannot hold is this unit's error too
    except GrandDealError as error:
        return Done({}, time.perf_counter() - begun, str(error))
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        if os.environ.get("GRAND_DEAL_DEBUG") == "1":
            message += "\n" + traceback.format_exc()
        return Done({}, time.perf_counter() - begun, message)
    return Done(record, time.perf_counter() - begun)


@contextlib.contextmanager
def pool_of(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of spawned workers that is gone, workers included, when the block is left in any way."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_prepare)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def no_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back while a worker is started: it inherits that, so only the parent process ever reacts to it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare() -> None:
    """First thing in a worker: leave Ctrl-C to the parent, and end when the parent ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
