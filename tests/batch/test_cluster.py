"""The cluster: addresses, other code on a worker, a scheduler that is gone, and the same files as without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sim.batch import cluster, plan, run_batch
from sim.batch.cluster import Cluster
from sim.batch.executors import Serial, current, using
from sim.batch.tables import NAMES
from sim.cli.options import workers
from sim.errors import GrandDealError, UsageError
from sim.kernels.host import processor
from tests.batch import deeds
from tests.batch.samples import page, write_scenarios
from tests.batch.test_executors import answers


@pytest.mark.parametrize(
    "address",
    ["", "local", "local:0", "local:-1", "local:two", "localhost:8786", "tcp://here", "http://here:1", "tcp://a b:1",
     "file:nowhere.json", "tcp://:8786"],
)  # fmt: skip
def test_addresses_that_are_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.1)
    with pytest.raises(UsageError, match=r"cluster: found .*allowed: tcp://HOST:PORT, tls://HOST:PORT, file:PATH"):
        Cluster(address)


@pytest.mark.parametrize("address", ["local:2", "tcp://10.0.0.1:8786", "tls://head.example:8786", "tcp://[::1]:8786"])
def test_addresses(address: str, tmp_path: Path) -> None:
    assert cluster.check(address) == address
    (tmp_path / "s.json").touch()
    assert cluster.check(f"file:{tmp_path / 's.json'}")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r'pip install "grand-deal\[cluster\]"'):
        Cluster("local:1")


@pytest.mark.slow
def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with pytest.raises(UsageError, match=r"cluster: nobody answers at tcp://127\.0\.0\.1:9"):
        Cluster("tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match=r"cluster: nobody answers at tls://127\.0\.0\.1:9"):
        Cluster("tls://127.0.0.1:9")  # no certificates in the configuration


def test_a_worker_with_other_code_is_refused() -> None:
    same = cluster.fingerprint()
    assert cluster._on_worker(same, deeds.double, 4) == 8
    with pytest.raises(GrandDealError, match=r"runs other code than this process \(code [0-9a-f]{16}, not code 0;"):
        cluster._on_worker(("code 0", "python 1", *same[2:]), deeds.double, 4)


@pytest.mark.slow
@pytest.mark.parametrize(("given", "expected"), [(None, ("268435456", "33554432")), (1234, ("1234", "None"))])
def test_local_workers_keep_freed_memory(
    given: int | None, expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask's default makes them ask the system for it again and again; what a user sets stays."""
    own = {} if given is None else {"distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": given}}
    config = pytest.importorskip("dask").config
    names = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")
    for name in names:  # Dask leaves them in this process when it starts a worker, and reads them there
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    with config.set(own), Cluster("local:1") as local:
        found = [local._client.submit(os.environ.get, name).result() for name in names]
    assert tuple(str(value) for value in found) == expected


@pytest.mark.parametrize("kinds", [("one with 9 features",), ("one with 9 features", "other with 7 features")])
def test_processors_of_different_types_are_told_of(
    kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Mixed(Serial):
        def __init__(self, address: str) -> None:
            assert address == "tcp://there:1"

        def processors(self) -> tuple[str, ...]:
            return kinds

    monkeypatch.setattr(cluster, "Cluster", Mixed)
    with workers("tcp://there:1"):
        assert isinstance(current(), Mixed)
    first, *more = capsys.readouterr().err.splitlines()
    assert first == "Cluster tcp://there:1: 1 worker."
    assert len(more) == len(kinds) - 1
    assert all("one with 9 features; other with 7 features" in line for line in more)


@pytest.mark.slow
def test_a_scheduler_elsewhere_that_ends_in_the_middle(tmp_path: Path) -> None:
    """A scheduler and a worker by Dask's own commands; then both are ended."""
    file = tmp_path / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    started = [
        subprocess.Popen(
            [*words, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
        ),
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "2",
             "--no-dashboard", "--no-nanny", "--local-directory", str(tmp_path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
        ),
    ]  # fmt: skip
    try:
        while not file.exists():
            assert started[0].poll() is None
        with Cluster(f"file:{file}", patience=30) as executor:
            assert answers(executor, deeds.double, range(5))[0] == {number: 2 * number for number in range(5)}
            assert executor.processes() == (started[1].pid,)
            telling = executor.work(deeds.rest, [(0, str(tmp_path))])
            assert next(telling).kind == "started"
            for process in started:
                process.send_signal(signal.SIGKILL)
            with pytest.raises(GrandDealError, match="connection to the scheduler was lost; finished parts are kept"):
                next(telling)
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_batch_on_a_cluster_gives_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.report.render", page)
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    write_scenarios(scenarios, ["first", "second", "third"])
    made = plan([scenarios], grid="700x24")
    alone = run_batch(made, tmp_path / "alone", jobs=1)
    with Cluster("local:2") as found, using(found):
        assert found.processors() == (processor(),)
        there = run_batch(made, tmp_path / "there", jobs=1)
    assert there.failed == ()
    assert alone.results == there.results
    for name in NAMES:
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
