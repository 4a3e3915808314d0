"""One page by itself: AppTest cannot go to a page of `st.navigation`, so each is drawn by a script of three lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from streamlit.testing.v1 import AppTest

from sim.errors import GrandDealError

WAIT = 120.0
SCRIPT = """
import streamlit as st
from dashboard import state
from dashboard.components import look, told
from dashboard.views.{module} import view
state.begin()
look.dress()
told.notes()
view()
"""


def open_view(module: str, **query: list[str] | str) -> AppTest:
    """Open one page as a browser would, with a link's query parameters; nothing may be left as a traceback."""
    app = AppTest.from_string(SCRIPT.format(module=module), default_timeout=WAIT)
    for name, values in query.items():
        app.query_params[name] = values
    app.run()
    assert not app.exception, app.exception
    return app


def text(app: AppTest) -> str:
    """Return all words of the page that are not in widgets, and the code that it shows."""
    kinds = ("markdown", "caption", "warning", "error", "html", "code", "text")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind, ()))


class Stand:
    """A piece of long work without a process: it goes on until it is told what came of it."""

    made: ClassVar[list[Stand]] = []
    answers: ClassVar[Mapping[str, Any]] = {}
    """What the work comes to at once: first word of the command -> answer, or what went wrong."""

    def __init__(self, words: Sequence[str], scenario: str) -> None:
        self.words, self.scenario = tuple(words), scenario
        self.done, self.total, self.seconds = 40, 122, 3.0
        self.waiting = self.cancelled = False
        self.outcome: Any = self.answers.get(self.words[0])
        Stand.made.append(self)

    @property
    def running(self) -> bool:
        return self.outcome is None and not self.cancelled

    @property
    def answer(self) -> Any:
        return None if isinstance(self.outcome, str) else self.outcome

    def result(self) -> dict[str, Any]:
        if not isinstance(self.outcome, dict):
            raise GrandDealError(str(self.outcome))
        return self.outcome

    def cancel(self) -> None:
        self.cancelled = True


def as_printed(record: Any) -> dict[str, Any]:
    """Return a record of an analysis as its command prints it."""
    from sim.batch.store import json_ready

    read: dict[str, Any] = json.loads(json.dumps(json_ready(record.to_json()), allow_nan=False))
    return read
