"""Long work outside the page's process: a command of the command line, with progress, an answer, and a way to stop it.

What the page runs is what its "reproduce" line says. The scenario goes in through standard input; the answer comes out
as one JSON object. A job holds no more than how far it got and its answer. Nothing here knows Streamlit.
"""

from __future__ import annotations

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
from collections.abc import Sequence
from typing import IO, Any

from sim.errors import GrandDealError

AT_ONCE = 2
"""Jobs that run at the same time, over all sessions; the others wait."""
PROGRAM = (sys.executable, "-m", "sim.cli")
PATIENCE = 5.0
"""Seconds that a job has to stop by itself before it is ended."""
_slots = threading.BoundedSemaphore(AT_ONCE)
_PROGRESS = re.compile(r"\b(\d+) of (\d+)\b")
"""How the commands tell how far they are, off a terminal: ``Variants: 40 of 122``."""


class Job:
    """One command, started at once (or as soon as there is room), in a process group of its own."""

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
        self._thread.join(timeout)
        return not self.running

    def cancel(self) -> None:
        """Stop it. What it had written to a folder stays there, for the next time."""
        with self._lock:
            self.cancelled = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        _signal(process, signal.SIGINT)
        threading.Thread(target=_end, args=(process,), daemon=True).start()

    def _run(self, scenario: bytes) -> None:
        try:
            with _slots:
                self._work(scenario)
        except Exception as error:
            self.error = f"The command could not be run ({type(error).__name__}: {error})."
        finally:
            self.ended = time.monotonic()

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
                )
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
