"""Work for a desk that goes on only when a test lets it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sim.scenario import Scenario

WAIT = 30.0


@dataclass(frozen=True)
class Named:
    """All that the desk looks at in a scenario."""

    hash: str


def named(name: str) -> Scenario:
    return cast(Scenario, Named(name))


@dataclass
class Gate:
    """Work that goes on only when it is let, and remembers what it was asked for."""

    asked: list[str] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    may_go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    answer: Callable[[str], Any] = field(default=lambda name: f"worked {name}")

    def work(self, scenario: Scenario) -> Any:
        self.asked.append(scenario.hash)
        self.begun.release()
        assert self.may_go.acquire(timeout=WAIT)
        return self.answer(scenario.hash)

    def begins(self) -> None:
        """Wait until one more piece of work has begun."""
        assert self.begun.acquire(timeout=WAIT)

    def go(self, pieces: int = 1) -> None:
        self.may_go.release(pieces)
