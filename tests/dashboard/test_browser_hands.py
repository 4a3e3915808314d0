"""Hands on the pages in a real browser, on tiny grids: files of any kind, a table typed over, marks clicked."""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import load, to_toml
from tests.chromium import browser
from tests.dashboard.server import free_port, served, streamlit
from tests.dashboard.visit import Visit

__all__ = ["browser"]
pytestmark = pytest.mark.browser
SET = "value => new URLSearchParams(location.search).getAll('set').includes(value)"
LINK = "?v=1&scenario=baseline"


class Trap:
    """Opened as what it is, it would leave a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hands") / "log.txt"


@pytest.fixture(scope="module")
def address(log: Path) -> Iterator[str]:
    port = free_port()
    # as the command that users start has it
    command = [*streamlit(Path(__file__).with_name("tiny.py"), port), "--server.maxUploadSize=1"]
    with served(command, port, log) as found:
        yield found


@pytest.fixture
def visit(browser: Any, address: str, log: Path) -> Iterator[Visit]:
    made = Visit(browser)
    yield made
    assert made.complaints == []
    assert made.page.locator('[data-testid="stException"]').count() == 0
    made.close()
    assert "Traceback" not in log.read_text(errors="replace")


def packed() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("scenario.toml", 'extends = "baseline"')
    return whole.getvalue()


def test_files_of_any_kind_are_told_about_and_change_nothing(visit: Visit, address: str, tmp_path: Path) -> None:
    page = visit.open(f"{address}/{LINK}&set=minsk.trade_value:11.5").page
    before = visit.figures()
    trace = tmp_path / "trace"
    files = {
        "bytes.toml": bytes(range(256)) * 40,
        "sixteen.toml": 'extends = "baseline"\n'.encode("utf-16"),
        "packed.toml": packed(),
        "pickled.toml": pickle.dumps(Trap(trace)),
        "nothing.toml": b"",
        "script.toml": b"<script>document.title = 'taken'</script>",
    }
    page.locator(".st-key-open button").first.click()
    upload = page.locator('.st-key-load input[type="file"]')
    notes = page.locator(".st-key-notes")
    for name, data in files.items():
        upload.set_input_files({"name": name, "mimeType": "application/toml", "buffer": data})
        notes.filter(has_text=name).wait_for()
    visit.settled()
    assert visit.figures() == before
    assert "minsk.trade_value" in page.url
    assert page.title() != "taken"
    assert not trace.exists()
    # too large: refused by the server's own limit, before any of it is read
    upload.set_input_files({"name": "huge.toml", "mimeType": "application/toml", "buffer": b"#" * 2_000_000})
    page.locator(".st-key-load").filter(has_text=re.compile("huge.toml")).wait_for()
    page.locator(".st-key-load").filter(has_text=re.compile("1(.0)? ?MB or smaller|exceed|1(.0)? ?MB")).wait_for()
    assert visit.figures() == before
    # another name than that of a scenario
    upload.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG"})
    page.locator(".st-key-load").filter(has_text="not allowed").wait_for()
    # and one that is a scenario is opened
    theirs = to_toml(load("no-buyer", {"minsk.trade_value": 7.5})).encode()
    upload.set_input_files({"name": "mine.toml", "mimeType": "application/toml", "buffer": theirs})
    page.wait_for_function(SET, arg="minsk.trade_value:7.5")


def test_a_value_is_typed_into_the_table_and_a_wrong_one_is_refused(visit: Visit, address: str) -> None:
    from playwright.sync_api import TimeoutError as Late

    page = visit.open(f"{address}/{LINK}", reasons=True).page
    page.locator(".st-key-table label").first.click()
    canvas = page.locator('[data-testid="stDataFrame"] canvas').first
    editor = page.locator("#portal textarea, #portal input").first
    canvas.wait_for()

    def type_over(text: str) -> None:
        """Type into the first row's value: columns of 28 and 225 pixels stand before it."""
        visit.settled(reasons=True)
        canvas.scroll_into_view_if_needed()
        for _ in range(5):  # a table that has just been drawn anew may miss the first one
            box = canvas.bounding_box()
            page.mouse.click(box["x"] + 290, box["y"] + 60)
            visit.quiet()
            page.keyboard.press("Enter")
            with suppress(Late):
                editor.wait_for(timeout=5000)
                break
        editor.fill(text)
        editor.press("Enter")

    type_over("11.5")
    page.wait_for_function(SET, arg="minsk.trade_value:11.5")
    visit.settled(reasons=True)
    before = visit.figures()
    type_over("much")
    page.locator(".st-key-notes").filter(has_text="minsk.trade_value").wait_for()
    visit.settled()
    assert visit.figures() == before
    page.wait_for_function(SET, arg="minsk.trade_value:11.5")
    # what was refused does not stand in the table: the same place can be typed over again
    type_over("12.0")
    page.wait_for_function(SET, arg="minsk.trade_value:12.0")
    page.locator(".st-key-notes").wait_for(state="detached")


def test_a_package_is_chosen_by_a_click_on_its_mark(visit: Visit, address: str) -> None:
    page = visit.page
    page.goto(f"{address}/deals{LINK}")
    mark = page.locator('[data-testid="stVegaLiteChart"] .mark-symbol path')
    mark.first.wait_for()
    visit.quiet()
    before = page.inner_text(".gd-bars")
    # marks lie on one another: one that is on top where it is
    for number in range(mark.count()):
        box = mark.nth(number).bounding_box()
        if box is None or not box["width"]:
            continue
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(300)
        visit.quiet()
        if page.inner_text(".gd-bars") != before:
            return
    pytest.fail("no click on any mark chose a package")
