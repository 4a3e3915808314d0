"""What a worker computes, and worker processes that never outlive this one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
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


class Worker:
    """A spawned process that does one task after another, and the only pipe to it.

    It shares nothing with other workers, no queue and no lock: one that is killed at whatever moment, even while its
    answer is on its way, holds up nobody, and which task it was at is known. (In the standard library's pool, a worker
    that dies in the middle of an answer leaves all others waiting for good.)

    Attributes
    ----------
    begun : whether it has said anything; one that has not may be unable to start.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._channel, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        try:
            self._process.start()
        finally:
            theirs.close()  # so that the end of the process is the end of the pipe
        self.begun = False

    def hand(self, function: Callable[[Any], Any], task: Any) -> bool:
        """Hand it a task; False if it has ended. To one that has just been started or has answered."""
        try:
            self._channel.send((function, task))
        except OSError:
            return False
        return True

    def told(self) -> tuple[Any, ...] | None:
        """Return its answer in a tuple, an empty one if it only says that it is ready, or None if it has ended.

        Raises
        ------
        Exception : what the function raised.
        """
        try:
            kind, what = self._channel.recv()
        except (EOFError, OSError):
            return None
        self.begun = True
        if kind == "raised":
            raise what
        return (what,) if kind == "answer" else ()

    def dismiss(self) -> None:
        """Let it end as soon as it has nothing to do."""
        self._channel.close()

    def end(self, patience: float = 0.0) -> None:
        """Wait until it has ended, by itself within so many seconds or else by force."""
        self._channel.close()
        try:
            self._process.join(patience)
        finally:
            self._process.kill()
            self._process.join()

    @staticmethod
    def heard(workers: Collection[Worker]) -> list[Worker]:
        """Wait until some of the workers say something, or end, and return these."""
        by_channel = {worker._channel: worker for worker in workers}
        return [by_channel[channel] for channel in connection.wait(list(by_channel))]  # type: ignore[index]


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


def _serve(channel: connection.Connection) -> None:
    """All that a worker does: one task after another, until the channel is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent reacts to it
    threading.Thread(target=_follow_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        channel.send(("ready", None))
        while True:
            _answer(channel, channel.recv_bytes())


def _answer(channel: connection.Connection, pickled: bytes) -> None:
    try:
        function, task = pickle.loads(pickled)
        answer = ForkingPickler.dumps(("answer", function(task)))
    except Exception as error:
        error.add_note("in a worker process:\n" + traceback.format_exc())
        try:
            answer = ForkingPickler.dumps(("raised", error))
        except Exception:  # it holds something that cannot travel
            answer = ForkingPickler.dumps(("raised", RuntimeError(f"{type(error).__name__}: {error}")))
    channel.send_bytes(answer)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
