"""Plain websocket clients that speak Streamlit's protocol as its page does, many at once.

Like the page, a client runs fragments again when the server asks for it, sends the address that the server last wrote,
and takes the figures of the finer grid when they come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.model import Grid

EVERY = 10.0
"""Seconds between two moves of a session."""
PATIENCE = 60.0
"""Seconds after which a move without a new figure counts as an error."""
SLIDER = "minsk.trade_value"
LOW, SPAN, STEP, APART = 4.05, 7.8, 1.35, 0.04
"""Values of the slider: where they begin, how far they go, from one move to the next, from one session to the next."""
PROVISIONAL = "≈"
GRIDS = {True: "fast", False: "default"}


@dataclass
class Session:
    """One client: it moves a slider and reads the first headline figure.

    Attributes
    ----------
    milliseconds : from each move to the new figure.
    answers : (value, whether it is the fast grid's, figure), as shown.
    errors : what went wrong.
    """

    number: int
    milliseconds: list[float] = field(default_factory=list)
    answers: set[tuple[float, bool, str]] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    _slider: str = ""
    _value: float | None = None
    _shown: float | None = None
    _figures: list[tuple[float, bool, str]] = field(default_factory=list)
    _came: float = 0.0
    _query: str = "v=1&scenario=baseline"
    _ticks: list[asyncio.Task[None]] = field(default_factory=list)
    _finished: asyncio.Event = field(default_factory=asyncio.Event)
    _figured: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, address: str, until: float, of: int, every: float, moves: int | None) -> None:
        """Move the slider every few seconds until then, or so often; begin at a time of its own."""
        from websockets.asyncio.client import connect

        url = address.replace("http", "ws", 1) + "/_stcore/stream"
        async with connect(url, max_size=None, subprotocols=["streamlit"]) as socket:  # type: ignore[list-item]
            reader = asyncio.create_task(self._read(socket))
            try:
                await self._send(socket)
                await asyncio.wait_for(self._finished.wait(), 2 * PATIENCE)
                await asyncio.sleep(every * self.number / max(1, of))
                value = LOW + self.number * APART
                made = 0
                while time.monotonic() < until and made != moves and not reader.done():
                    made += 1
                    value = LOW + (value - LOW + STEP) % SPAN
                    begun = time.monotonic()
                    await self._move(socket, round(value, 2), begun)
                    await asyncio.sleep(max(0.0, every - (time.monotonic() - begun)))
                if reader.done():
                    self.errors.append(f"the connection ended: {reader.exception()!r}")
            finally:
                self._still()
                reader.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await reader

    async def _move(self, socket: Any, value: float, begun: float) -> None:
        self._value = value
        self._figured.clear()
        await self._send(socket)
        try:
            await asyncio.wait_for(self._figured.wait(), PATIENCE)
            self.milliseconds.append(1000 * (self._came - begun))
        except TimeoutError:
            self.errors.append(f"no figure for {value} in {PATIENCE:.0f} seconds")

    async def _send(self, socket: Any, fragment: str = "") -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = self._query
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        if self._value is not None:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._slider
            state.double_array_value.data.append(self._value)
        await socket.send(message.SerializeToString())

    async def _read(self, socket: Any) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            message = ForwardMsg()
            message.ParseFromString(await socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._element(message.delta.new_element)
            elif kind == "new_session" and not message.metadata.run.fragment_ids:
                self._begin()
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "auto_rerun":
                again = self._again(socket, message.auto_rerun.interval, message.auto_rerun.fragment_id)
                self._ticks.append(asyncio.create_task(again))
            elif kind == "script_finished":
                self._finished.set()

    def _begin(self) -> None:
        """A run begins: what it draws belongs together."""
        self._still()
        self._shown = None
        self._figures.clear()

    def _element(self, element: Any) -> None:
        """Read what a run draws: its figures belong to the value that its slider shows, whichever it draws first."""
        kind = element.WhichOneof("type")
        if kind == "slider" and SLIDER in element.slider.id:
            self._slider = element.slider.id
            given = element.slider.value if element.slider.set_value else ()
            self._shown = round(given[0], 9) if given else self._value
            self._match()
        elif kind == "metric" and element.metric.label.startswith("Freed"):
            self._figures.append((time.monotonic(), PROVISIONAL in element.metric.label, element.metric.body))
            self._match()
        elif kind == "exception":
            self.errors.append(element.exception.message or element.exception.type)
        elif kind == "alert":
            self.errors.append(element.alert.body)

    def _match(self) -> None:
        if self._shown is None:
            return
        for came, fast, figure in self._figures:
            self.answers.add((self._shown, fast, figure))
            if self._shown == self._value and not self._figured.is_set():
                self._came = came
                self._figured.set()
        self._figures.clear()

    async def _again(self, socket: Any, interval: float, fragment: str) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._send(socket, fragment)

    def _still(self) -> None:
        for tick in self._ticks:
            tick.cancel()
        self._ticks.clear()


@dataclass(frozen=True)
class Crowd:
    """What came of many sessions: themselves, and the server's memory (MB), looked at before, while and after."""

    sessions: Sequence[Session]
    memory: Sequence[float]

    @property
    def milliseconds(self) -> list[float]:
        """Every move of every session."""
        return [value for session in self.sessions for value in session.milliseconds]

    @property
    def errors(self) -> list[str]:
        """Everything that went wrong."""
        return [error for session in self.sessions for error in session.errors]


def crowd(
    address: str,
    count: int,
    minutes: float,
    *,
    watch: Callable[[], float],
    every: float = EVERY,
    moves: int | None = None,
) -> Crowd:
    """Run sessions at once for some minutes, or until each has made so many moves."""
    return asyncio.run(_crowd(address, count, minutes, watch, every, moves))


async def _crowd(
    address: str, count: int, minutes: float, watch: Callable[[], float], every: float, moves: int | None
) -> Crowd:
    made = [Session(number) for number in range(count)]
    until = time.monotonic() + 60 * minutes
    memory = [watch()]

    async def look() -> None:
        while True:
            await asyncio.sleep(5)
            memory.append(watch())

    looking = asyncio.create_task(look())
    results = await asyncio.gather(
        *(one.run(address, until, count, every, moves) for one in made), return_exceptions=True
    )
    looking.cancel()
    memory.append(watch())
    for session, result in zip(made, results, strict=True):
        if isinstance(result, BaseException):
            session.errors.append(repr(result))
    return Crowd(made, memory)


def mixed(sessions: Sequence[Session], most: int = 40, grids: Mapping[bool, str | Grid] = GRIDS) -> list[str]:
    """Return a sentence for each figure that is not the one of its value, worked out here without the dashboard.

    At most ``most`` values are worked out, spread over all sessions; each has been seen on one grid or on both: whether
    it is the fast one -> ``grids``.
    """
    from sim.forecast.run import run
    from sim.report import words

    values = sorted({value for session in sessions for value, _, _ in session.answers})
    checked = set(values[:: max(1, -(-len(values) // most))])
    known: dict[tuple[float, bool], str] = {}
    wrong = []
    for session in sessions:
        for value, fast, figure in session.answers:
            if value not in checked:
                continue
            if (value, fast) not in known:
                found = run("baseline", {SLIDER: value}, grid=grids[fast])
                known[value, fast] = words.persons(found.at("freed", 24))
            if known[value, fast] != figure:
                wrong.append(f"session {session.number} at {value}: shown {figure}, is {known[value, fast]}")
    return wrong
