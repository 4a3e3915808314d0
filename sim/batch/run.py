"""Working a plan through: compute what is missing, keep every finished result at once, write the folder at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.batch import store
from sim.batch.engine import process
from sim.batch.executors import Executor, current, of_jobs
from sim.batch.plan import Failure, Plan, Unit, versions
from sim.batch.workers import KILLED, Done, Task, compute

if TYPE_CHECKING:
    from sim.forecast.result import Result


@dataclass(frozen=True)
class Event:
    """Something that happened to one unit: ``reused``, ``started``, ``finished``, ``failed`` or ``retried``.

    ``done`` of ``total`` units have been dealt with, this one included once it is.
    """

    kind: str
    unit: Unit
    done: int
    total: int
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class BatchResult:
    """What a batch left behind.

    Attributes
    ----------
    out : the folder written.
    results : in plan order, without the failed.
    failed : sources that did not load and scenarios that gave no result.
    manifest : the object in ``manifest.json``.
    reused : how many results were there already.
    """

    out: Path
    results: tuple[Result, ...]
    failed: tuple[Failure, ...]
    manifest: Mapping[str, Any]
    reused: int


def run_batch(
    plan: Plan,
    out: str | Path,
    jobs: int = 1,
    on_event: Callable[[Event], None] | None = None,
    *,
    command: str = "sim.batch.run_batch",
    executor: Executor | None = None,
) -> BatchResult:
    """Compute what the plan asks for and is not yet in the folder, then write tables, report and manifest.

    Parameters
    ----------
    out : folder; made if need be. Finished results in it are reused by key: an interrupted batch goes on where it was.
    jobs : worker processes; 1 computes in this process, with all threads.
    on_event : called in this process, in the order in which things happen.
    command : how the batch was called, for the manifest.
    executor : where to compute instead, such as a cluster; default: the one of `sim.batch.executors.using`, if any.

    Raises
    ------
    UsageError : the folder cannot be used (see `sim.batch.store.claim`).
    GrandDealError : a file could not be written. Finished results stay.
    KeyboardInterrupt : after workers have been ended; finished results stay.
    """
    from sim.batch import tables

    out = Path(out)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    timings = Timings()
    with store.claim(out, (*tables.NAMES, store.MANIFEST, store.REPORT, store.SHARDS)):
        shards, reused, failed = _collect(plan, out, jobs, executor or current(), on_event or (lambda event: None))
        kept = [unit for unit in plan.units if unit.key in shards]
        results = tuple(shards[unit.key].result for unit in kept)
        timings.took("compute")
        for name, data in tables.tables(results).items():
            store.write_atomic(out / name, data)
        timings.took("tables")
        manifest: dict[str, Any] = store.json_ready(
            {
                "schema_version": store.SCHEMA_VERSION,
                "command": command,
                "created": created,
                "versions": versions(),
                "grid": plan.grid,
                "seed": plan.seed,
                "rationality": plan.rationality,
                "overrides": plan.overrides,
                "jobs": jobs,
                "scenarios": [_entry(unit, shards[unit.key].seconds, unit.key in reused) for unit in kept],
                "failed": [{"source": failure.source, "error": failure.error} for failure in failed],
                "timings": timings.seconds,
            }
        )
        if results:
            from sim.report import render

            store.write_atomic(out / store.REPORT, render(results, manifest).encode())
        else:  # one from an earlier batch would tell of other results
            (out / store.REPORT).unlink(missing_ok=True)
        timings.took("report")
        # last, because it says that everything else is there
        manifest["timings"] = timings.seconds
        store.write_atomic(out / store.MANIFEST, store.dump(manifest))
    return BatchResult(out, results, tuple(failed), manifest, len(reused))


class Timings:
    """Seconds by stage; they go into the manifest and nowhere else."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def took(self, stage: str) -> None:
        """Note that this stage has just ended."""
        now = time.perf_counter()
        self.seconds[f"{stage}_seconds"] = round(now - self._last, 3)
        self._last = now


def _entry(unit: Unit, seconds: float, reused: bool) -> dict[str, Any]:
    return {
        "id": unit.id,
        "source": unit.source,
        "hash": unit.scenario.hash,
        "key": unit.key,
        "seconds": round(seconds, 3),
        "reused": reused,
        "changes": unit.changes,
    }


def _collect(
    plan: Plan, out: Path, jobs: int, given: Executor | None, on_event: Callable[[Event], None]
) -> tuple[dict[str, store.Shard], set[str], list[Failure]]:
    """Return shards by key (kept ones and new ones), the keys of those kept, and everything that failed."""
    shards: dict[str, store.Shard] = {}
    failed = list(plan.failed)
    done, total = 0, len(plan.units)
    missing: list[Unit] = []
    for unit in plan.units:
        shard = store.read_shard(out, unit.key)
        if shard is None:
            missing.append(unit)
            continue
        shards[unit.key] = shard
        done += 1
        on_event(Event("reused", unit, done, total, shard.seconds))
    reused = set(shards)
    with ExitStack() as stack:
        executor = given or stack.enter_context(of_jobs(jobs, max(1, len(missing))))
        happening = process(
            executor,
            compute,
            ((unit, [_task(unit, plan, executor.threads)]) for unit in missing),
            pieces=lambda task: [task],
            given_up=lambda task: Done({}, 0.0, KILLED),
        )
        for happened in stack.enter_context(closing(happening)):
            unit = happened.part
            if happened.kind != "done":
                on_event(Event(happened.kind, unit, done, total))
                continue
            (answer,) = happened.answers
            done += 1
            error = answer.error
            if not error:
                store.write_shard(out, unit.key, answer.record, answer.seconds)
                shard = store.read_shard(out, unit.key)  # what a later run will read, so both see the same
                if shard is None:
                    error = "the result was written but could not be read back"
                else:
                    shards[unit.key] = shard
            if error:
                failed.append(Failure(unit.source, error))
            on_event(Event("failed" if error else "finished", unit, done, total, answer.seconds, error))
    return shards, reused, failed


def _task(unit: Unit, plan: Plan, threads: int | None) -> Task:
    return Task(unit.scenario, plan.grid, plan.seed, plan.rationality, threads)
