"""The dashboard with tiny grids, so that a page is worked out in milliseconds; the desk's own threads do the work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import work
from dashboard.components.headline import FIGURES
from dashboard.desk import Lane
from dashboard.study import Study
from dashboard.work import DEFAULT, FAST, WHY, Worked
from sim.errors import GrandDealError
from sim.model import Grid
from sim.scenario import Scenario

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
forecasts = import_module("sim.forecast.run")  # the package has a function of that name
MONTHS = 24
COURSES = 200
TINY = {FAST: Grid("fast", 1400, MONTHS), DEFAULT: Grid("default", 700, MONTHS)}
"""Named like the grids that they stand for."""
WAIT = 120.0


@dataclass
class Bench:
    """The desk behind the pages: what it worked on, and the finer grid's work held back until it is let go."""

    finer: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failing: Callable[[Scenario], None] = lambda scenario: None
    over: bool = False

    def wait(self) -> None:
        """Wait until finer work is let go."""
        assert self.finer.wait(WAIT)
        if self.over:
            raise GrandDealError("the test is over")


def _tiny(scenario: Scenario, grid: str) -> Worked:
    model, solution = forecasts.solved(scenario, grid=TINY[grid], threads=1)
    return Worked(model, solution, forecasts.forecast_of(model, solution))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Pages worked out on tiny grids."""
    bench = Bench()

    def fast(scenario: Scenario) -> Worked:
        bench.asked.append((FAST, scenario.hash))
        bench.failing(scenario)
        return _tiny(scenario, FAST)

    def default(scenario: Scenario) -> Worked:
        bench.wait()
        bench.asked.append((DEFAULT, scenario.hash))
        return _tiny(scenario, DEFAULT)

    def why(scenario: Scenario) -> Any:
        bench.wait()
        return work._why(scenario)

    monkeypatch.setattr(forecasts, "COURSES", COURSES)
    monkeypatch.setattr(work, "_fast", fast)
    monkeypatch.setattr(work, "_default", default)
    lanes = {name: Lane(does, 24, digest=work._result, digests=24) for name, does in ((FAST, fast), (DEFAULT, default))}
    made = work.Desk({**lanes, WHY: Lane(why, 24)})
    monkeypatch.setattr(work, "desk", lambda: made)
    yield bench
    bench.over = True
    made.close()
    bench.finer.set()


@pytest.fixture
def open_page(bench: Bench) -> Callable[..., AppTest]:
    """Open the dashboard as a browser would, with a link's query parameters; nothing may be left as a traceback."""

    def opened(**query: list[str] | str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=WAIT)
        for name, values in query.items():
            app.query_params[name.replace("b_", "b-")] = values
        app.run()
        assert not app.exception
        return app

    return opened


def figures(app: AppTest) -> dict[str, str]:
    """Return the headline figures: label (without the mark of the fast grid) -> value."""
    return {metric.label.removesuffix(" ≈"): metric.value for metric in app.metric}


def expected(study: Study, month: int = 24, grid: str = "fast") -> dict[str, str]:
    """The headline figures of a study, from the forecast itself and not through the dashboard's desk."""
    from sim.forecast.run import run

    result = run(study.resolved(), grid=TINY[grid], threads=1)
    return {figure.label: figure.write(result.at(figure.outcome, month)) for figure in FIGURES}


def page_text(app: AppTest) -> str:
    """Return all words of the page that are not in widgets."""
    parts = [element.value for kind in ("markdown", "caption", "warning", "error") for element in getattr(app, kind)]
    return "\n".join([*map(str, parts), *(str(element.value) for element in app.html)])
