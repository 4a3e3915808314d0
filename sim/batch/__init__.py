"""Batches: many scenarios worked through once, kept in one folder, resumed after any interruption.

`plan` says what would be computed and under which keys, `run_batch` computes what is missing and writes the folder,
`read_results` reads a finished folder back. Nothing heavy is imported before it is needed.
"""

from sim.batch.plan import Failure, Plan, Unit, plan
from sim.batch.run import BatchResult, Event, run_batch
from sim.batch.store import read_results

__all__ = ["BatchResult", "Event", "Failure", "Plan", "Unit", "plan", "read_results", "run_batch"]
