"""A Dask cluster as an executor: `--cluster tcp://host:port` and its kin. See CLUSTER.md beside this file.

Security (TLS certificates, encryption required or not) is whatever Dask's own configuration says. `distributed` is
imported when a connection is made, not before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sim.batch.executors import Executor, Told
from sim.batch.workers import no_interrupts
from sim.errors import GrandDealError, UsageError

Task = TypeVar("Task")
Answer = TypeVar("Answer")

ALLOWED = "tcp://HOST:PORT, tls://HOST:PORT, file:PATH of a scheduler file, or local:N for N workers on this machine"
EXTRA = 'a cluster needs the package distributed; install it with: pip install "grand-deal[cluster]"'
AHEAD = 2
"""Tasks on their way for every worker: one that it works on and one that lies there already."""
CONNECT = 20.0
"""Seconds to wait for the scheduler's answer."""
PATIENCE = 600.0
"""Seconds to wait for workers while there is none at all."""
_TICK = 0.5
_LOST = ("lost", "pending")
"""Of an answer that was there and ended with its worker: Dask has it computed again, but calls nobody back."""
_LOCAL = re.compile(r"local:([1-9]\d{0,3})", re.ASCII)
_REMOTE = re.compile(r"(tcp|tls)://[^\s/:]+(:[^\s/:]+)*:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:.%]+\]:\d{1,5}")


class Cluster(Executor):
    """A Dask cluster, for the length of a ``with`` block.

    A worker that ends takes nothing with it: Dask gives its tasks to others. A task that was on several workers as they
    ended is told as lost. Workers may come and go.

    Parameters
    ----------
    address : ``tcp://HOST:PORT`` or ``tls://HOST:PORT`` of a scheduler, ``file:PATH`` of the file that a scheduler
        wrote, or ``local:N`` for a scheduler and N workers on this machine that end with the block.
    patience : seconds to wait while the cluster has no worker.

    Raises
    ------
    UsageError : another form of address, `distributed` is not installed, or nobody answers there.
    """

    def __init__(self, address: str, *, patience: float = PATIENCE) -> None:
        check(address)
        self.address = address
        self._patience = patience
        self._cluster: Any = None
        self._client = self._connected()

    @property
    def workers(self) -> int:
        """Threads of all workers now, at least 1."""
        return max(1, self._threads())

    def processes(self) -> tuple[int, ...]:
        """Return the numbers of the workers' processes on their machines."""
        found = self._client.run(os.getpid, on_error="ignore")  # one of them may be ending just now
        return tuple(sorted(each for each in found.values() if isinstance(each, int)))

    def processors(self) -> tuple[str, ...]:
        """Return the types of processor here and on the workers that are there now, each once."""
        from sim.kernels.host import processor

        found = self._client.run(processor, on_error="ignore")
        return tuple(sorted({processor(), *(each for each in found.values() if isinstance(each, str))}))

    def close(self) -> None:
        """Leave the cluster; a local one is ended."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def work(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Generator[Told[Answer]]:
        """Work through tasks; see `Executor.work`.

        Raises
        ------
        GrandDealError : the scheduler is gone, there was no worker for too long, or a worker runs other code than this
            process (then its numbers could be others, too).
        """
        killed: Any = import_module("distributed").KilledWorker
        same = fingerprint()
        waiting = iter(enumerate(tasks))
        ready: SimpleQueue[Any] = SimpleQueue()
        running: dict[Any, int] = {}
        lost: list[Any] = []
        more, room, alone_since, looked = True, self.workers * AHEAD, time.monotonic(), time.monotonic()
        try:
            while True:
                while more and len(running) < room:
                    following = next(waiting, None)
                    if following is None:
                        more = False
                        break
                    future = self._client.submit(_on_worker, same, function, following[1], pure=False)
                    running[future] = following[0]
                    future.add_done_callback(ready.put)
                    yield Told("started", following[0])
                if not running:
                    return
                there = [*_all(ready), *lost]
                if not there or time.monotonic() - looked > _TICK:
                    self._alive()
                    looked, threads = time.monotonic(), self._threads()
                    room = max(1, threads) * AHEAD
                    alone_since = looked if threads else alone_since
                    if looked - alone_since > self._patience:
                        raise GrandDealError(
                            f"{self.address}: no worker for {self._patience:.0f} s; finished parts are kept, the same "
                            "command goes on from them"
                        )
                now = [(future, future.status) for future in there]
                finished = [future for future, status in now if status == "finished"]
                lost = [future for future, status in now if status in _LOST]
                # all at once: each trip to the workers and back takes milliseconds
                try:
                    answers = self._client.gather(finished)
                except killed:  # an answer was lost with its worker, and computing it again ended others: look anew
                    lost = there
                    continue
                except (OSError, asyncio.CancelledError, CancelledError) as error:
                    raise self._gone() from error
                for future, answer in zip(finished, answers, strict=True):
                    yield Told("done", running.pop(future), (answer,))
                for future in [future for future, status in now if status == "error"]:
                    raised = future.exception()
                    if not isinstance(raised, killed):
                        raise raised
                    yield Told("lost", running.pop(future))
                if any(status == "cancelled" for _, status in now):  # called back by a scheduler that ends
                    raise self._gone()
        finally:
            if running and self._client.status == "running":
                self._client.cancel(list(running))

    def _threads(self) -> int:
        return sum(int(each) for each in self._client.nthreads().values())

    def _alive(self) -> None:
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> GrandDealError:
        return GrandDealError(
            f"{self.address}: the connection to the scheduler was lost; finished parts are kept, the same command goes "
            "on from them"
        )

    def _connected(self) -> Any:
        dask: Any
        distributed: Any
        try:
            dask, distributed = import_module("dask"), import_module("distributed")
        except ImportError as error:
            raise UsageError(EXTRA) from error
        if os.environ.get("GRAND_DEAL_DEBUG") != "1":  # its own reports, such as of restarted workers, help nobody here
            logging.getLogger("distributed").setLevel(logging.CRITICAL)
        local = _LOCAL.fullmatch(self.address)
        try:
            if local:
                # Ctrl-C reaches a terminal's whole group of processes: held back here, it is held back in the workers
                with no_interrupts(), dask.config.set(_settings(dask)):
                    self._cluster = distributed.LocalCluster(
                        n_workers=int(local[1]),
                        threads_per_worker=1,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.CRITICAL,
                    )
                    return distributed.Client(self._cluster, set_as_default=False)
            if self.address.startswith("file:"):
                file = Path(self.address[len("file:") :])
                until = time.monotonic() + CONNECT  # the scheduler may be starting just now
                while not file.is_file():
                    if time.monotonic() > until:
                        raise UsageError(f"cluster: found {self.address!r}, where there is no file; allowed: {ALLOWED}")
                    time.sleep(0.1)
                return distributed.Client(scheduler_file=str(file), timeout=CONNECT, set_as_default=False)
            return distributed.Client(self.address, timeout=CONNECT, set_as_default=False)
        except UsageError:
            raise
        except (OSError, TypeError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UsageError(f"cluster: nobody answers at {self.address} ({reason}); allowed: {ALLOWED}") from error


def _settings(dask: Any) -> dict[str, Any]:
    """Return what this machine's own cluster is set up with, beside Dask's configuration.

    By Dask's default a worker gives freed memory back to the system at once and asks for it again: a third of the time
    of a variant. What somebody has set for the workers stays as it is.
    """
    own, usual = "distributed.nanny.pre-spawn-environ", 65536
    settings: dict[str, Any] = {"distributed.scheduler.allowed-failures": 1}
    environ = dask.config.get(own, {})
    if environ.get("MALLOC_TRIM_THRESHOLD_") == usual:
        settings[own] = {**environ, "MALLOC_TRIM_THRESHOLD_": 2**28, "MALLOC_MMAP_THRESHOLD_": 2**25}
    return settings


def check(address: str) -> str:
    """Return an address as it is, if it has one of the forms.

    Raises
    ------
    UsageError : another form.
    """
    if not (_LOCAL.fullmatch(address) or _REMOTE.fullmatch(address) or (address.startswith("file:") and address[5:])):
        raise UsageError(f"cluster: found {address!r}; allowed: {ALLOWED}")
    return address


def fingerprint() -> tuple[str, ...]:
    """Return what must be the same on every machine: the code behind the numbers, and the libraries' versions."""
    from sim.batch.plan import code_hash, versions

    return (f"code {code_hash()[:16]}", *(f"{name} {version}" for name, version in versions().items()))


def _all(ready: SimpleQueue[Any]) -> list[Any]:
    """Return everything that is ready, at least one thing unless nothing comes for a while."""
    found: list[Any] = []
    with contextlib.suppress(Empty):
        found.append(ready.get(timeout=_TICK))
        while True:
            found.append(ready.get_nowait())
    return found


_ONE_AT_A_TIME = threading.Lock()


def _on_worker(same: tuple[str, ...], function: Callable[[Any], Any], task: Any) -> Any:
    """Run on a worker: refuse other code, and compute one task at a time even where a worker has several threads."""
    here = fingerprint()
    if here != same:
        import platform

        other = [f"{mine}, not {theirs}" for mine, theirs in zip(here, same, strict=True) if mine != theirs]
        raise GrandDealError(
            f"the worker on {platform.node()} runs other code than this process ({'; '.join(other)}), so its numbers "
            "could be others; allowed: the same versions everywhere"
        )
    with _ONE_AT_A_TIME:
        return function(task)
