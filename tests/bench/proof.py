"""An ensemble at size on a local Dask cluster, with one worker killed half-way.

    python -m tests.bench.proof --variants 20000 --default 500 --workers 2 [--out FOLDER] [--json FILE]

Measures wall time, throughput, and peak memory of this process and of the workers; checks that nothing was lost and
that a sample of the variants, computed again one by one in this process, has the same bits. Then measures what one task
costs apart from its work, and reckons from all that what ten million variants on a hundred nodes would take. A
second run with the same --out goes on where the first one stopped; its times are then those of the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sim.analyse.block_file import block_bytes
from sim.analyse.dataset import block_key, read_manifest, reproduce
from sim.analyse.ensemble import ensemble
from sim.analyse.variants import OUTCOMES, Chunk, compute, evaluate
from sim.batch.cluster import AHEAD, Cluster
from sim.batch.executors import cores, using
from sim.batch.store import write_atomic
from sim.scenario import load
from tests.batch.deeds import double

GOAL, NODES = 10_000_000, 100
CHUNKS = (1, 8, 64, 512)
PROBES = 1000


class Memory(threading.Thread):
    """The largest resident memory seen of some processes, in MB, looked at four times a second."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.cluster = cluster
        self.workers: dict[int, float] = {}
        self.own = 0.0
        self._over = threading.Event()

    def run(self) -> None:
        known: tuple[int, ...] = ()
        for tick in range(10**9):
            if tick % 40 == 0:  # the cluster may have replaced one
                known = self.cluster.processes()
            for number in known:
                self.workers[number] = max(self.workers.get(number, 0.0), resident(number))
            self.own = max(self.own, resident(os.getpid()))
            if self._over.wait(0.25):
                return

    def over(self) -> None:
        self._over.set()
        self.join()


def resident(process: int) -> float:
    """Return the resident memory of a process in MB; 0 where there is none of this number, or no /proc."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def watched(cluster: Cluster) -> Iterator[Memory]:
    """Watch memory during the block."""
    memory = Memory(cluster)
    memory.start()
    try:
        yield memory
    finally:
        memory.over()


def run(cluster: Cluster, grid: str, size: int, folder: Path, sample: int) -> dict[str, Any]:
    """Work an ensemble through, kill a worker half-way, and compare a sample with one by one."""
    base = load("baseline")
    killed: list[int] = []
    first: list[tuple[float, int]] = []

    def watch(done: int, total: int) -> None:
        if not first:
            first.append((time.perf_counter(), done))
        if not killed and done >= total // 2:
            killed.append(cluster.processes()[0])
            os.kill(killed[0], signal.SIGKILL)
            print(f"  {grid}: worker {killed[0]} killed at {done} of {total}", flush=True)

    begun = time.perf_counter()
    with using(cluster), watched(cluster) as memory:
        made = ensemble(base, folder, design="random", size=size, grid=grid, on_done=watch)
    seconds = time.perf_counter() - begun
    computed = size - made.reused
    manifest = read_manifest(folder)
    sizes = [(folder / chunk["file"]).stat().st_size for chunk in manifest["chunks"]]
    numbers, equal = compared(folder, grid, size, sample)
    return {
        "grid": grid,
        "variants": size,
        "computed": computed,
        "failed": made.failed,
        "kept": manifest["variants"],
        "worker_killed": bool(killed),
        "seconds": seconds,
        "seconds_after_first": time.perf_counter() - first[0][0] if first else None,
        "variants_per_second": computed / seconds,
        "worker_seconds_per_variant": seconds * cluster.workers / max(1, computed),
        "peak_mb": {"this process": memory.own, "largest worker": max(memory.workers.values(), default=0.0)},
        "bytes_per_variant": sum(sizes) / size,
        "sample": numbers,
        "sample_equal": equal,
        "block_reproduced": reproduce(folder, 0) if manifest["chunks"][0]["variants"] <= sample else None,
    }


def compared(folder: Path, grid: str, size: int, sample: int) -> tuple[list[int], bool]:
    """Return numbers of variants spread over the dataset, and whether serial forecasts have the same bits."""
    import pyarrow.dataset as ds

    numbers = np.unique(np.linspace(0, size - 1, min(sample, size)).round().astype(int)).tolist()
    files = [folder / chunk["file"] for chunk in read_manifest(folder)["chunks"]]
    table = ds.dataset(files, format="parquet").to_table(filter=ds.field("variant").isin(numbers))
    rows = sorted(table.to_pylist(), key=lambda row: row["variant"])
    own = {"variant", "error", *OUTCOMES}
    designs = [{name: value for name, value in row.items() if name not in own} for row in rows]
    found = evaluate(load("baseline"), designs, grid=grid, jobs=1)
    same = [row["variant"] for row in rows] == numbers
    for i, row in enumerate(rows):
        for name in OUTCOMES:
            if row["error"] is None:
                same &= found.outcomes[name][i].tolist() == row[name]
    return numbers, bool(same)


def overheads(cluster: Cluster, probes: int = PROBES) -> dict[str, Any]:
    """Measure what a task costs apart from its work: on the scheduler, on the wire, and on disk."""
    begun = time.perf_counter()
    done = sum(told.kind == "done" for told in cluster.work(double, range(probes)))
    seconds = time.perf_counter() - begun
    base = load("baseline")
    from sim.analyse.ensemble import _designs
    from sim.analyse.space import DesignSpace

    designs = tuple(_designs(DesignSpace.of(base, grid="700x24"), "random", 128, 0))
    chunk = Chunk(base, designs[:8], "700x24", 24, None, False, None, 1)
    rows = compute(chunk)
    bare = len(pickle.dumps(Chunk(base, (), "fast", 24, None, False, None, 1)))
    cube = np.stack([rows[i % 8].outcomes for i in range(128)]) + np.random.default_rng(0).random((128, 1, 1))
    begun = time.perf_counter()
    for _ in range(20):
        block_key(base, 0, designs, {"grid": "fast"})
    keys = (time.perf_counter() - begun) / 20
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        for number in range(20):
            data = block_bytes(0, designs, cube, ())
            write_atomic(Path(folder) / f"{number}", data)
        shards = (time.perf_counter() - begun) / 20
    return {
        "tasks_per_second": done / seconds,
        "task_bytes": bare,
        "design_bytes": (len(pickle.dumps(chunk)) - bare) / 8,
        "answer_bytes_per_variant": len(pickle.dumps(rows)) / 8,
        "client_seconds_per_variant": (keys + shards) / 128,
        "shard_bytes_per_variant": len(data) / 128,
    }


def paper(fast: float, measured: dict[str, Any], node_cores: int) -> list[dict[str, Any]]:
    """Reckon what the goal takes on many nodes, for several chunk sizes; each bottleneck as a share of what is there.

    Parameters
    ----------
    fast : seconds of one worker for one variant.
    measured : by `overheads`.
    node_cores : workers a node.
    """
    workers = NODES * node_cores
    rate = workers / fast
    found = []
    for chunk in CHUNKS:
        tasks = rate / chunk
        wire = rate * (measured["design_bytes"] + measured["answer_bytes_per_variant"] + measured["task_bytes"] / chunk)
        found.append(
            {
                "node_cores": node_cores,
                "chunk": chunk,
                "hours": GOAL / rate / 3600,
                "core_hours": GOAL * fast / 3600,
                "tasks_per_second": tasks,
                "scheduler_load": tasks / measured["tasks_per_second"],
                "client_load": rate * measured["client_seconds_per_variant"],
                "network_mb_per_second": wire / 1e6,
                "terabytes": GOAL * measured["shard_bytes_per_variant"] / 1e12,
                "client_gb_on_way": workers * AHEAD * chunk * 5_000 / 1e9,
            }
        )
    return found


def table(result: dict[str, Any]) -> str:
    """Return everything as text."""
    lines = []
    for each in result["runs"]:
        peak = each["peak_mb"]
        lines.append(
            f"{each['grid']}: {each['computed']} variants in {each['seconds']:.0f} s on {result['workers']} workers, "
            f"{each['variants_per_second']:.2f} a second ({each['worker_seconds_per_variant']:.2f} s of a worker "
            f"each); "
            f"peak {peak['this process']:.0f} MB here, {peak['largest worker']:.0f} MB in a worker; "
            f"{each['bytes_per_variant']:.0f} bytes a variant on disk; "
            f"{'one worker killed, ' if each['worker_killed'] else ''}{each['kept']} kept, {each['failed']} failed; "
            f"{len(each['sample'])} one by one: {'the same bits' if each['sample_equal'] else 'DIFFERENT'}"
        )
    cost = result["overheads"]
    lines.append(
        f"apart from the work: {cost['tasks_per_second']:.0f} tasks a second; {cost['task_bytes']} bytes a task, "
        f"{cost['design_bytes']:.0f} a design, {cost['answer_bytes_per_variant']:.0f} an answer; "
        f"{1e3 * cost['client_seconds_per_variant']:.2f} ms of this process a variant kept"
    )
    lines.append(f"{GOAL:,} variants on {NODES} nodes:")
    lines.append("  cores/node  chunk  hours  tasks/s  scheduler  client  MB/s  TB on disk  GB on their way")
    for row in result["paper"]:
        lines.append(
            f"  {row['node_cores']:10d}  {row['chunk']:5d}  {row['hours']:5.1f}  {row['tasks_per_second']:7.1f}  "
            f"{row['scheduler_load']:9.0%}  {row['client_load']:6.0%}  {row['network_mb_per_second']:4.1f}  "
            f"{row['terabytes']:10.3f}  {row['client_gb_on_way']:15.2f}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 0 if nothing was lost and the sample agrees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=20_000, help="on the fast grid")
    parser.add_argument("--default", type=int, default=500, help="on the default grid; 0: none")
    parser.add_argument("--grid", default="fast", help="instead of the fast grid")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=20, help="how many are computed again one by one")
    parser.add_argument("--probes", type=int, default=PROBES, help="empty tasks that measure the scheduler")
    parser.add_argument("--out", default=None, help="folder for the datasets; default: one that is removed again")
    parser.add_argument("--json", default=None, help="also write everything to this file")
    given = parser.parse_args(arguments)
    runs = []
    with tempfile.TemporaryDirectory() as scratch, Cluster(f"local:{given.workers}") as cluster:
        place = Path(given.out or scratch)
        for grid, size in ((given.grid, given.variants), ("default", given.default)):
            if size:
                runs.append(run(cluster, grid, size, place / grid, given.sample))
                print(f"  {grid}: done in {runs[-1]['seconds']:.0f} s", flush=True)
        measured = overheads(cluster, given.probes)
    spent = runs[0]["worker_seconds_per_variant"] if runs else 0.5
    result = {
        "machine": {"cores": cores(), "system": platform.platform(), "processor": processor()},
        "workers": given.workers,
        "runs": runs,
        "overheads": measured,
        "paper": [row for node_cores in (2, 32) for row in paper(spent, measured, node_cores)],
    }
    print(table(result))
    if given.json:
        Path(given.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    good = all(each["sample_equal"] and each["kept"] == each["variants"] for each in runs)
    return 0 if good else 1


def processor() -> str:
    """Return the processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    raise SystemExit(main())
