"""Who does the work: how many threads, whether this one works alone, and how work is handed out to others.

None of this changes a number: what is handed out does not depend on who does it.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

from sim.errors import GameError

Item = TypeVar("Item")
Found = TypeVar("Found")

_this_thread = threading.local()


@contextmanager
def yielding(pause: Callable[[], None]) -> Iterator[None]:
    """Call ``pause`` before every turn that this thread solves or follows, so that what is urgent elsewhere goes first.

    All work stays on this thread, as that on others would not be held up. It changes no number.
    """
    before = getattr(_this_thread, "pause", None)
    _this_thread.pause = pause
    try:
        with keeping_to_itself():
            yield
    finally:
        _this_thread.pause = before


@contextmanager
def keeping_to_itself() -> Iterator[None]:
    """Let this thread do alone whatever it solves or follows. It changes no number."""
    before = getattr(_this_thread, "busy", False)
    _this_thread.busy = True
    try:
        yield
    finally:
        _this_thread.busy = before


def breathe() -> bool:
    """Let go of this thread for a while, if somebody asked for that (see `yielding`); return whether somebody did."""
    pause = getattr(_this_thread, "pause", None)
    if pause is not None:
        pause()
    return pause is not None


def thread_count(threads: int | None) -> int:
    """Return how many threads to use: what is asked for, else GRAND_DEAL_THREADS, else one a core."""
    if threads is None:
        given = os.environ.get("GRAND_DEAL_THREADS", "")
        threads = int(given) if given.isdecimal() else (os.cpu_count() or 1)
    if threads < 1:
        raise GameError(f"threads: found {threads}; allowed: 1 or more")
    return threads


def alone(threads: int) -> bool:
    """Return whether all work is done on the calling thread."""
    return threads == 1 or getattr(_this_thread, "busy", False)


def in_blocks(n: int, work: Callable[[int, int], None], threads: int) -> None:
    """Run ``work(first, last)`` over n things that do not depend on each other, on so many threads."""
    if alone(threads):
        work(0, n)
        return
    size = max(8, math.ceil(n / (4 * threads)))
    blocks = range(0, n, size)
    for_each(len(blocks), lambda block: work(blocks[block], min(blocks[block] + size, n)), threads)


def each_of(work: Callable[[Item], Found], items: Iterable[Item], threads: int) -> Iterator[Found]:
    """Do the same work on many items, one on each thread, and return the results in order.

    Items are taken and results made as they are needed: at most two for each thread wait at any time.
    """
    if alone(threads):
        yield from map(work, items)
        return

    def whole(item: Item) -> Found:
        with keeping_to_itself():
            return work(item)

    waiting: deque[Future[Found]] = deque()
    try:
        for item in items:
            waiting.append(_pool(threads).submit(whole, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def with_others(work: Callable[[], None], threads: int, give_up: Callable[[], None]) -> None:
    """Run ``work()`` on this thread and as many others as there are, until each of them comes back.

    ``work`` is done when this thread comes back; others help as soon as they are free. ``give_up()`` lets them come
    back early if this thread is interrupted.
    """
    helpers = [] if alone(threads) else [_pool(threads).submit(work) for _ in range(threads - 1)]
    try:
        work()
    except BaseException:
        give_up()
        raise
    finally:
        for helper in helpers:
            if not helper.cancel():
                helper.result()


def aside(work: Callable[..., Found], arguments: tuple[Any, ...], threads: int) -> Future[Found] | None:
    """Start ``work`` on another thread, which does all of it alone; None if there is only one."""
    if alone(threads):
        return None

    def whole() -> Found:
        with keeping_to_itself():
            return work(*arguments)

    return _pool(threads).submit(whole)


def for_each(tasks: int, work: Callable[[int], None], threads: int) -> None:
    """Run ``work(task)`` for every task, on so many threads."""
    waiting = iter(range(tasks))

    def take() -> None:
        for task in waiting:  # whoever is free takes the next one
            work(task)

    def give_up() -> None:
        deque(waiting, maxlen=0)

    with_others(take, threads, give_up)


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="grand-deal")


if hasattr(os, "register_at_fork"):
    # threads do not survive a fork: the child makes its own
    os.register_at_fork(after_in_child=_pool.cache_clear)
