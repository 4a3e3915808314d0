"""What tests let workers do; importable by name, so that it reaches any of them."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

from sim.batch.workers import Done, Task, compute


def double(number: int) -> int:
    """Return twice the number."""
    return 2 * number


def stumble(number: int) -> int:
    """Raise at three."""
    if number == 3:
        raise ArithmeticError("three is one too many")
    return number


def die_once(task: tuple[int, str]) -> int:
    """End the worker at number two, unless it has done so before: the file says it."""
    number, mark = task
    if number == 2 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die(number: int) -> int:
    """End the worker at number two, every time."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_of_any(numbers: tuple[int, ...]) -> list[int]:
    """Like `die`, for several numbers at once."""
    return [die(number) for number in numbers]


def die_once_and_rest(task: tuple[int, str]) -> tuple[float, float]:
    """Like `die_once`, but take half a second; return when it began and when it ended."""
    begun = time.time()
    die_once(task)
    time.sleep(0.5)
    return begun, time.time()


def die_answering_once(task: tuple[int, str]) -> int:
    """End the worker at number two after half of the answer has been written, unless it has done so before."""
    number, mark = task
    if number == 2 and not Path(mark).exists():
        Path(mark).touch()

        def half(channel: object, content: memoryview) -> None:
            os.write(channel.fileno(), bytes(content)[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

        Connection._send = half
    return number


def stop_answering(task: tuple[int, str]) -> int:
    """Stop the worker at number two in the middle of its answer, once a file says "go"; another says that it does."""
    number, folder = task
    if number == 2:
        while not Path(folder, "go").exists():
            time.sleep(0.02)

        def half(channel: object, content: memoryview) -> None:
            os.write(channel.fileno(), bytes(content)[: len(content) // 2])
            Path(folder, "half").touch()
            os.kill(os.getpid(), signal.SIGSTOP)

        Connection._send = half
    return number


def unpicklable(number: int) -> object:
    """Return what cannot be sent."""
    return lambda: number


def raise_unpicklable(number: int) -> object:
    """Raise what cannot be sent."""
    raise ArithmeticError("a lambda", lambda: number)


def rest(task: tuple[int, str]) -> int:
    """Put down that it has begun, and take a minute."""
    number, folder = task
    (Path(folder) / str(number)).touch()
    time.sleep(60)
    return number


def where(number: int) -> int:
    """Return the number of the process."""
    return os.getpid()


def compute_or_die(task: Task) -> Done:
    """Compute a forecast, but end the worker at the second scenario."""
    if task.scenario.id == "second":
        os.kill(os.getpid(), signal.SIGKILL)
    return compute(task)
