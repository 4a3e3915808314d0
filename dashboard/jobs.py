"""Long work outside the page's process: a command of the command line, with progress, an answer, and a way to stop it.

What the page runs is what its "reproduce" line says. The scenario goes in through standard input; the answer comes out
as one JSON object. A job holds no more than how far it got and its answer. It yields to the pages, and
waits its turn where others run. Nothing here knows Streamlit.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import IO, Any

from sim.errors import GrandDealError

AT_ONCE = 2
"""Jobs that run at the same time, over all sessions; the others wait."""
WAITING = 12
"""Most jobs that may wait, over all sessions."""
NICENESS = 10
"""Priority of a job's processes: the pages go first."""
FULL = "Too much long work is asked for here already. Nothing was started; try again in some minutes."
PROGRAM = (sys.executable, "-m", "sim.cli")
PATIENCE = 5.0
"""Seconds that a job has to stop by itself before it is ended."""
_room = threading.Condition()
_running: set[Job] = set()
_queue: deque[Job] = deque()
_PROGRESS = re.compile(r"\b(\d+) of (\d+)\b")
"""How the commands tell how far they are, off a terminal: ``Variants: 40 of 122``."""


class Job:
    """One command, started at once (or as soon as there is room), in a process group of its own.

    Where too many wait already it has ended before it began, and its error says so.
    """

    def __init__(self, words: Sequence[str], scenario: str, program: Sequence[str] = PROGRAM) -> None:
        self.words = tuple(words)
        self.program = tuple(program)
        self.begun = time.monotonic()
        self.ended: float | None = None
        self.done, self.total = 0, 0
        self.answer: dict[str, Any] | None = None
        self.error: str = ""
        self.cancelled = False
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=(scenario.encode(),), name="job", daemon=True)
        with _room:
            if len(_running) >= AT_ONCE and len(_queue) >= WAITING:
                self.ended, self.error = self.begun, FULL
                return
            _queue.append(self)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still runs or waits for room."""
        return self.ended is None

    @property
    def waiting(self) -> bool:
        """Whether it waits for room."""
        return self.running and self._process is None

    @property
    def seconds(self) -> float:
        """How long it has been going, or went."""
        return (self.ended or time.monotonic()) - self.begun

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most some seconds; return whether it has."""
        if self.running:
            self._thread.join(timeout)
        return not self.running

    def cancel(self) -> None:
        """Stop it. What it had written to a folder stays there, for the next time."""
        with self._lock:
            self.cancelled = True
            process = self._process
        with _room:
            # one that waits makes room for another at once
            if self in _queue:
                _queue.remove(self)
            _room.notify_all()
        if process is None or process.poll() is not None:
            return
        _signal(process, signal.SIGINT)
        threading.Thread(target=_end, args=(process,), daemon=True).start()

    def _run(self, scenario: bytes) -> None:
        try:
            if self._turn():
                self._work(scenario)
        except Exception as error:
            self.error = f"The command could not be run ({type(error).__name__}: {error})."
        finally:
            self.ended = time.monotonic()
            with _room:
                _running.discard(self)
                _room.notify_all()

    def _turn(self) -> bool:
        """Wait for room, the first who asked first; return whether it is still wanted."""
        with _room:
            _room.wait_for(lambda: self.cancelled or (len(_running) < AT_ONCE and _queue[0] is self))
            if self.cancelled:
                return False
            _queue.popleft()
            _running.add(self)
            # there may be room for the next one too
            _room.notify_all()
            return True

    def _work(self, scenario: bytes) -> None:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
            given.write(scenario)
            given.seek(0)
            with self._lock:
                if self.cancelled:
                    return
                self._process = subprocess.Popen(
                    [*self.program, *self.words],
                    stdin=given,
                    stdout=printed,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    env={**os.environ, "NO_COLOR": "1"},
                    creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
                )
                _yielding(self._process)
            assert self._process.stderr is not None
            last = self._follow(self._process.stderr)
            code = self._process.wait()
            if self.cancelled:
                return
            printed.seek(0)
            try:
                self.answer = json.loads(printed.read())
            except ValueError:
                self.error = last or f"The command ended with code {code} and said nothing."

    def _follow(self, stderr: IO[bytes]) -> str:
        last = ""
        with stderr:
            for raw in stderr:
                line = raw.decode(errors="replace").strip()
                last = line or last
                if found := _PROGRESS.search(line):
                    self.done, self.total = int(found[1]), int(found[2])
        return last.removeprefix("Error: ")

    def result(self) -> dict[str, Any]:
        """Return the answer of a job that has ended.

        Raises
        ------
        GrandDealError : it has none; the message says why.
        """
        if self.answer is None:
            raise GrandDealError(self.error or ("Stopped." if self.cancelled else "Not finished yet."))
        return self.answer


@atexit.register
def _end_all() -> None:
    """A server that ends leaves nothing running behind it, not even what does not listen to an interrupt."""
    jobs = [*_running]
    for job in jobs:
        job.cancel()
    until = time.monotonic() + PATIENCE
    for process in [job._process for job in jobs if job._process is not None]:
        # other threads do not outlive this moment, so that this one has to see to the end
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        if process.poll() is None:
            _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _yielding(process: subprocess.Popen[bytes]) -> None:
    """Lower a process's priority before it has done anything; what it starts has the same."""
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, process.pid, min(19, own + NICENESS))


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
