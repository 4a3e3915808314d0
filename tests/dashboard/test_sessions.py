"""Several sessions at a real server at once, by plain websocket clients: no error, no mixing, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.keys import Key
from dashboard.work import DEFAULT, FAST
from tests.bench import clients
from tests.dashboard.conftest import TINY
from tests.dashboard.server import free_port, served, streamlit

SESSIONS, MOVES = 6, 3
WAIT = 120.0


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sessions") / "log.txt"


@pytest.fixture(scope="module")
def address(log: Path) -> Iterator[str]:
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINY_JOBS", str(log.parent))
        with served(streamlit(Path(__file__).with_name("tiny.py"), port), port, log) as address:
            yield address


def test_sessions_do_not_mix(address: str, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "PATIENCE", WAIT)
    found = clients.crowd(address, SESSIONS, WAIT, watch=lambda: 0.0, every=0.3, moves=MOVES)
    assert found.errors == []
    assert "Traceback" not in log.read_text(errors="replace")
    assert len(found.milliseconds) == SESSIONS * MOVES
    grids = {True: TINY[FAST], False: TINY[DEFAULT]}
    assert clients.mixed(found.sessions, 12, grids) == []
    # every session saw values of its own, and they lead to figures that can be told apart
    values = [{value for value, _, _ in session.answers} for session in found.sessions]
    assert all(len(mine) >= MOVES for mine in values)
    assert len({figure for session in found.sessions for _, _, figure in session.answers}) > MOVES
    # a figure that is another session's is noticed
    one, other = found.sessions[0], found.sessions[1]
    value, fast, figure = next(iter(one.answers))
    strange = next(theirs for _, _, theirs in other.answers if theirs != figure)
    one.answers = {(value, fast, strange)}
    assert clients.mixed([one], 1, grids) != []


def test_long_work_ends_when_its_page_is_closed(address: str, log: Path) -> None:
    asyncio.run(_ask_for_work_and_leave(address, log.parent))
    [number] = _jobs(log.parent)
    deadline = time.monotonic() + WAIT
    while _alive(number):
        assert time.monotonic() < deadline, "the work goes on although nobody is there"
        time.sleep(0.05)


async def _ask_for_work_and_leave(address: str, folder: Path) -> None:
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    url = address.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(url, max_size=None, subprotocols=["streamlit"]) as socket:  # type: ignore[list-item]

        async def run(pressed: str = "") -> list[str]:
            """Run the page, with a button pressed; return the buttons that it has."""
            message = BackMsg()
            message.rerun_script.query_string = "v=1&scenario=baseline"
            if pressed:
                state = message.rerun_script.widget_states.widgets.add()
                state.id, state.trigger_value = pressed, True
            await socket.send(message.SerializeToString())
            buttons = []
            while True:
                answer = ForwardMsg()
                answer.ParseFromString(await asyncio.wait_for(socket.recv(), WAIT))  # type: ignore[arg-type]
                kind = answer.WhichOneof("type")
                if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "button":
                    buttons.append(answer.delta.new_element.button.id)
                elif kind == "script_finished":
                    return buttons

        [check] = [name for name in await run() if name.endswith(f"-{Key.CLAIMS.value}")]
        await run(check)
        deadline = time.monotonic() + WAIT
        while not _jobs(folder):
            assert time.monotonic() < deadline, "the work never began"
            await asyncio.sleep(0.05)
        [number] = _jobs(folder)
        # while the page is there its work goes on, for longer than it would without
        await asyncio.sleep(0.6)
        assert _alive(number)


def _jobs(folder: Path) -> list[int]:
    return [int(file.name) for file in folder.iterdir() if file.name.isdigit()]


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("slider_first", [True, False])
def test_a_figure_counts_for_the_value_of_its_own_run_whichever_is_drawn_first(slider_first: bool) -> None:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    def drawn(value: float, figure: str) -> list[ForwardMsg]:
        slider, metric = ForwardMsg(), ForwardMsg()
        slider.delta.new_element.slider.id = f"$$ID-{clients.SLIDER}"
        slider.delta.new_element.slider.set_value = True
        slider.delta.new_element.slider.value.append(value)
        metric.delta.new_element.metric.label = f"Freed {clients.PROVISIONAL}"
        metric.delta.new_element.metric.body = figure
        return [slider, metric] if slider_first else [metric, slider]

    session = clients.Session(0)
    session._value = 6.0
    for value, figure in ((5.0, "old"), (6.0, "new")):
        session._begin()
        assert not session._figured.is_set()
        for message in drawn(value, figure):
            session._element(message.delta.new_element)
    assert session._figured.is_set()
    assert session.answers == {(5.0, True, "old"), (6.0, True, "new")}
