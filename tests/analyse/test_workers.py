"""Every analysis gives the same record, number for number, with one worker and with two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sim.analyse import (
    action_tipping,
    attribute,
    discover,
    frontier,
    gradient,
    inverse,
    sobol,
    sweep,
    tipping,
    tornado,
    variants,
)
from sim.batch import executors
from sim.batch.executors import Processes
from sim.model import Grid
from sim.scenario import Scenario, load

TINY = Grid("tiny", 1400, 3)
TRADE, RELEASE, COST = "minsk.trade_value", "minsk.release_cost", "brussels.relief_cost.1"
AT = {"at": 3}
ANALYSES: dict[str, Callable[..., Any]] = {
    "sweep": lambda base, **few: sweep(base, {TRADE: (4, 12, 9), RELEASE: (0.005, 0.04, 2)}, at=[3], **few),
    "tipping": lambda base, **few: tipping(base, TRADE, "freed", level(base), **AT, **few),
    "action tipping": lambda base, **few: action_tipping(base, TRADE, "minsk", **few),
    "frontier": lambda base, **few: frontier(base, TRADE, COST, "freed", level(base), points=3, **AT, **few),
    "inverse": lambda base, **few: inverse(base, "freed", level(base), parameters=[TRADE, RELEASE, COST], **AT, **few),
    "tornado": lambda base, **few: tornado(base, parameters=[TRADE, RELEASE, COST], at=[3], **few),
    "sobol": lambda base, **few: sobol(base, parameters=[TRADE, RELEASE], samples=8, at=[3], **few),
    "gradient": lambda base, **few: gradient(base, parameters=[TRADE, RELEASE, COST], at=[3], **few),
    "discover": lambda base, **few: discover(
        base, "freed", above=1.11 * level(base), parameters=[TRADE, RELEASE, COST], size=128, **AT, **few
    ),
    "attribution": lambda base, **few: attribute(base, load("kremlin-punishes"), months=3, **few),
}


def level(base: Scenario) -> float:
    """A level a little above the base's own outcome."""
    return 1.02 * float(variants.evaluate(base, [{}], grid=TINY, months=3, jobs=1).at("freed", 3)[0])


@pytest.fixture(scope="module")
def pool() -> Iterator[Processes]:
    """Two workers that stay for all analyses; to start others for each would only take time."""
    made = Processes(2)
    yield made
    made.close()


@pytest.mark.parametrize("name", list(ANALYSES))
def test_the_same_record_for_any_number_of_workers(name: str, pool: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    used = []

    class Kept(executors.Executor):
        threads = pool.threads

        @property
        def workers(self) -> int:
            return pool.workers

        def work(self, function: Any, tasks: Any) -> Any:
            used.append(name)
            return pool.work(function, tasks)

        def close(self) -> None:
            pass

    base = load("baseline")
    alone = ANALYSES[name](base, grid=TINY, jobs=1, check=0).to_json()
    assert not used
    monkeypatch.setattr(variants, "WORTH_WORKERS", 2)
    monkeypatch.setattr(executors, "Processes", lambda jobs: Kept())
    together = ANALYSES[name](base, grid=TINY, jobs=2, check=0).to_json()
    assert used  # the workers did it, not this process
    assert together == alone
