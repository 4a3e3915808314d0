"""How fast the dashboard answers: ``python -m tests.bench.dashboard [--moves 40] [--sessions 20] [--minutes 2]``.

In real chromium: from releasing a slider (the key that moves it) to the new headline figures, and to the new charts;
beside it the floor, the same on a page with one slider and one figure. Then sessions by plain websocket clients, each
moving a slider every ten seconds: time to the new figures, errors, mixing of one session's figures into another's,
and the server's memory. Machines differ; compare runs on one machine only.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.dashboard.server import MISSING, chromium, chromium_path, dashboard, free_port, served, streamlit

PATIENCE = 300_000  # ms
EVERY = 10.0  # seconds between two moves of a session
GOALS = {"headline": (350, 600), "charts": (700, 700)}
FLOOR = """
import streamlit as st
value = st.slider("x", 0.0, 100.0, 50.0, 1.0)
st.metric("Figure", f"{value * 7:.0f}")
"""
# measures in the page itself: from the key to the first frame in which the text of an element has changed
CLOCK = """
([watched, drawn]) => new Promise(resolve => {
  const read = () => [...document.querySelectorAll(watched)].map(e => e.textContent).join('|');
  const before = read(), begun = performance.now();
  let pixels = drawn ? document.querySelector(drawn) : null, first = null;
  const old = pixels ? pixels.toDataURL() : '';
  const look = () => {
    if (first === null && read() !== before) first = performance.now() - begun;
    const canvas = drawn ? document.querySelector(drawn) : null;
    const redrawn = !drawn || (canvas && canvas.toDataURL() !== old);
    if (first !== null && redrawn) return resolve([first, performance.now() - begun]);
    if (performance.now() - begun > 60000) return resolve([first, null]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})
"""
METRIC = '[data-testid="stMetricValue"]'
CHART = "[data-testid='stVegaLiteChart'] canvas"
SLIDER = ".st-key-parameter-minsk-trade_value input[type=range]"


def moves(page: Any, slider: str, drawn: str | None, count: int) -> list[tuple[float, float]]:
    """Move a slider by the keyboard; return milliseconds to the new figures and to the new chart, one pair a move."""
    found = []
    for number in range(count):
        page.locator(slider).focus()
        waiting = page.evaluate_handle(f"args => {{ window.measured = ({CLOCK})(args); return null }}", [METRIC, drawn])
        waiting.dispose()
        for _ in range(4):  # far enough that a figure changes
            page.keyboard.press("ArrowRight" if number % 20 < 10 else "ArrowLeft")
        first, last = page.evaluate("window.measured")
        if first is not None and last is not None:
            found.append((first, last))
        page.wait_for_timeout(300)
    return found


def told(name: str, values: Sequence[float], goal: tuple[int, int] | None) -> str:
    """Return a line of the table."""
    median = statistics.median(values)
    ninetieth = statistics.quantiles(values, n=10)[-1] if len(values) > 1 else median
    against = f"{goal[0]:>6} {goal[1]:>6}" if goal else f"{'':>13}"
    return f"{name:<34}{len(values):>6}{median:>10.0f}{ninetieth:>10.0f}  {against}"


def in_the_browser(count: int, scratch: Path) -> list[str]:
    """Measure in chromium; return lines."""
    floor = scratch / "floor.py"
    floor.write_text(FLOOR, encoding="utf-8")
    port, other = free_port(), free_port()
    lines = [f"{'from key to ...':<34}{'moves':>6}{'p50 ms':>10}{'p90 ms':>10}  {'goal':>6} {'goal':>6}"]
    with chromium() as browser:
        with served(streamlit(floor, other), other, scratch / "floor.txt") as address:
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector(METRIC)
            pairs = moves(page, "input[type=range]", None, count)
            lines.append(told("new figure on an empty page", [first for first, _ in pairs], None))
            page.close()
        with served(dashboard(port), port, scratch / "log.txt") as address:
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{address}/?v=1&scenario=baseline")
            page.wait_for_function("document.body.innerText.includes('Default grid.')")
            page.wait_for_timeout(3000)
            moves(page, SLIDER, CHART, 2)
            pairs = moves(page, SLIDER, CHART, count)
            lines.append(told("new headline figures", [first for first, _ in pairs], GOALS["headline"]))
            lines.append(told("new chart", [last for _, last in pairs], GOALS["charts"]))
            page.close()
    return lines


# --- sessions ---------------------------------------------------------------------------------------------------------


class Session:
    """A plain websocket client that speaks Streamlit's protocol: moves one slider and reads the figures."""

    def __init__(self, address: str, number: int) -> None:
        self.address = address.replace("http", "ws", 1) + "/_stcore/stream"
        self.number = number
        self.seconds: list[float] = []
        self.errors: list[str] = []
        self.slider = ""
        self.answers: dict[float, str] = {}

    async def run(self, until: float) -> None:
        """Move the slider every ten seconds until then; begin at a time of its own."""
        from websockets.asyncio.client import connect

        async with connect(self.address, max_size=None, subprotocols=["streamlit"]) as socket:  # type: ignore[list-item]
            await self.ask(socket, None)
            await asyncio.sleep(EVERY * self.number / 20)
            value = 4.0 + self.number * 0.05
            while time.monotonic() < until:
                begun = time.monotonic()
                value = 4.0 + (value - 4.0 + 1.35) % 8.0
                figure = await self.ask(socket, round(value, 2))
                self.seconds.append(time.monotonic() - begun)
                if figure is None:
                    self.errors.append("no figure")
                else:
                    self.answers[round(value, 2)] = figure
                await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - begun)))

    async def ask(self, socket: Any, value: float | None) -> str | None:
        """Ask for a run with the slider at a value; return the first figure of the answer."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string = "v=1&scenario=baseline"
        if value is not None:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self.slider
            state.double_array_value.data.append(value)
        await socket.send(message.SerializeToString())
        figure = None
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(socket.recv(), 120))
            kind = answer.WhichOneof("type")
            if kind == "delta":
                element = answer.delta.new_element
                which = element.WhichOneof("type")
                if which == "metric" and element.metric.label.startswith("Freed"):
                    figure = element.metric.body
                    if value is not None:
                        return figure
                elif which == "slider" and "minsk.trade_value" in element.slider.id:
                    self.slider = element.slider.id
                elif which == "exception":
                    self.errors.append(element.exception.message)
            elif kind == "script_finished":
                return figure


async def sessions(address: str, count: int, minutes: float) -> list[Session]:
    """Run sessions at once."""
    made = [Session(address, number) for number in range(count)]
    until = time.monotonic() + 60 * minutes
    results = await asyncio.gather(*(session.run(until) for session in made), return_exceptions=True)
    for session, result in zip(made, results, strict=True):
        if isinstance(result, BaseException):
            session.errors.append(repr(result))
    return made


def mixed(found: Sequence[Session]) -> int:
    """Return how many figures are not those of the value that was set, by the forecast itself on either grid."""
    from sim.forecast.run import run
    from sim.report import words

    wrong = 0
    known: dict[float, set[str]] = {}
    for session in found:
        for value, figure in list(session.answers.items())[-2:]:
            if value not in known:
                changes = {"minsk.trade_value": value}
                known[value] = {
                    words.persons(run("baseline", changes, grid=grid).at("freed", 24)) for grid in ("fast", "default")
                }
            wrong += figure not in known[value]
    return wrong


def memory(port: int) -> float:
    """Return the resident memory, MB, of the server on a port (Linux; 0 elsewhere)."""
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes().split(b"\0")
            if b"dashboard" in words and str(port).encode() in words:
                pages = int((status.parent / "statm").read_text().split()[1])
                return pages * 4096 / 1e6
        except OSError:
            continue
    return 0.0


def at_once(count: int, minutes: float, scratch: Path) -> list[str]:
    """Measure many sessions; return lines."""
    port = free_port()
    with served(dashboard(port), port, scratch / "many.txt") as address:
        asyncio.run(sessions(address, 1, 0.1))  # compiled and warm
        before = memory(port)
        found = asyncio.run(sessions(address, count, minutes))
        after = memory(port)
    seconds = sorted(1000 * second for session in found for second in session.seconds)
    errors = [error for session in found for error in session.errors]
    p95 = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else float("nan")
    return [
        f"{count} sessions for {minutes:g} minutes: {len(seconds)} moves; median {statistics.median(seconds):.0f} ms, "
        f"95th percentile {p95:.0f} ms; errors {len(errors)}; figures of another value {mixed(found)}; "
        f"memory {before:.0f} MB before, {after:.0f} MB after",
        *sorted(set(errors))[:5],
    ]


def main(arguments: Sequence[str]) -> int:
    """Print the table; return an exit code: 1 with errors or mixing."""
    parser = argparse.ArgumentParser(description="How fast the dashboard answers.")
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=2.0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if given.moves and chromium_path() is None:
            print(MISSING, file=sys.stderr)
            return 1
        if given.moves:
            print("\n".join(in_the_browser(given.moves, scratch)), flush=True)
        if given.sessions:
            lines = at_once(given.sessions, given.minutes, scratch)
            print("\n".join(lines))
            return int("errors 0; figures of another value 0;" not in lines[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
