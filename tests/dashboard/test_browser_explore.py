"""The whole journey in a real browser, on the server that users start; pictures of what it saw are kept."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.chromium import browser
from tests.dashboard.server import dashboard, free_port, served
from tests.dashboard.visit import METRIC, Visit, allowed, beyond, kinds, pictures, violations

__all__ = ["allowed", "browser", "pictures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
TRADE, ENVOYS, EMBASSY = "minsk-trade_value", "minsk-contact_value-envoys", "minsk-contact_value-embassy"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with served(dashboard(port), port, tmp_path_factory.mktemp("server") / "log.txt") as found:
        yield found


def test_the_whole_journey(browser: Any, address: str, pictures: Path) -> None:
    visit = Visit(browser).open(address)
    page = visit.page
    baseline = visit.figures()
    page.screenshot(path=pictures / "explore-first-visit.png")
    page.get_by_role("button", name="Skip").click()

    # a scenario, by its question
    page.get_by_role("button", name=re.compile(r"All \d+ questions")).click()
    page.get_by_role("button", name=re.compile("nobody in the West gave anything")).click()
    page.wait_for_function("location.search.includes('no-buyer')")
    visit.settled()
    chosen = visit.figures()
    assert chosen != baseline

    # three payoffs, by the keyboard
    for name in (TRADE, ENVOYS, EMBASSY):
        visit.press(name, "ArrowRight", 10)
        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == visit.slider(name).get_attribute("aria-label"), "the keyboard lost its place"
    visit.settled()
    changed = visit.figures()
    assert changed != chosen
    assert "3 of 89 changed" in page.inner_text("body")
    page.screenshot(path=pictures / "explore-changed.png")

    # the link, by the clipboard, in a window that shares nothing with this one
    page.locator(".st-key-share button").first.click()
    code = page.locator('[data-testid="stCode"]').first
    code.hover()
    code.get_by_role("button").first.click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('no-buyer'))")
    link = page.evaluate("navigator.clipboard.readText()")
    page.screenshot(path=pictures / "explore-share.png")
    other = Visit(browser, scheme="dark").open(link)
    assert other.figures() == changed
    other.page.screenshot(path=pictures / "explore-dark.png")
    other.close()

    # the data
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    freed = next(float(row["value"]) for row in rows if row["outcome"] == "freed" and row["month"] == "24")
    assert f"{round(freed):,}" == changed[0]
    page.keyboard.press("Escape")

    # and all the way back
    undo = page.get_by_role("button", name="Undo")
    while undo.is_enabled():
        before = page.evaluate("location.search")
        undo.click()
        # or there was nothing left to undo, and the button had not heard of it
        page.wait_for_function(
            "before => location.search !== before || document.querySelector('.st-key-undo button').disabled", arg=before
        )
        visit.quiet()
    visit.settled()
    assert visit.figures() == baseline

    assert visit.outside(address) == set(), "something left the machine"
    assert visit.complaints == []
    visit.close()


def test_moving_a_slider_keeps_the_place_in_the_list(browser: Any, address: str) -> None:
    visit = Visit(browser).open(f"{address}/?v=1&scenario=baseline")
    pane = visit.page.locator(".st-key-sliders").first
    scroll = (
        "e => { let n = e; while (n && n.scrollHeight <= n.clientHeight + 1) n = n.parentElement; return n.scrollTop }"
    )
    visit.slider("minsk-discount").scroll_into_view_if_needed()
    before = pane.evaluate(scroll)
    assert before > 0
    visit.press("minsk-discount", "ArrowLeft", 3)
    visit.settled()
    assert abs(pane.evaluate(scroll) - before) < 2
    visit.close()


def test_the_first_screen_needs_no_scrolling(browser: Any, address: str, pictures: Path) -> None:
    for scheme in ("light", "dark"):
        visit = Visit(browser, scheme=scheme).open(f"{address}/?v=1&scenario=baseline", reasons=True)
        for part in ("headline", "hands", "changes", "reasons", "foot"):
            box = visit.page.locator(f".st-key-{part}").first.bounding_box()
            assert box is not None, part
            assert box["y"] + box["height"] <= 800, part
            assert box["x"] + box["width"] <= 1280, part
        visit.page.screenshot(path=pictures / f"explore-{scheme}.png")
        visit.close()


def test_a_phone_can_read_it(browser: Any, address: str, pictures: Path) -> None:
    visit = Visit(browser, width=390, height=844).open(f"{address}/?v=1&scenario=no-buyer")
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tabs = page.locator(".st-key-capital button")
    assert len({round(box["y"]) for box in (tabs.nth(n).bounding_box() for n in range(5))}) == 1
    assert page.locator(".st-key-headline").bounding_box()["y"] < 600  # the answer comes before the sliders
    page.screenshot(path=pictures / "explore-phone.png", full_page=True)
    visit.close()


# where the parts of the page are, put down in every frame that is drawn
WATCH = """() => {
  window.places = [];
  const look = () => {
    const now = ['headline', 'hands', 'reasons', 'foot'].map(part => {
      const box = document.querySelector('.st-key-' + part)?.getBoundingClientRect();
      return box ? [part, ...[box.x, box.y, box.width, box.height].map(Math.round)].join(' ') : part + ' is not there';
    }).join(', ');
    if (now !== window.places.at(-1)) window.places.push(now);
    requestAnimationFrame(look);
  };
  look();
}"""


def test_figures_keep_their_place_when_others_come(browser: Any, address: str) -> None:
    """From the slider's last step to the default grid's figures and their reasons, nothing moves, not for one frame."""
    visit = Visit(browser).open(f"{address}/?v=1&scenario=baseline&set=minsk.trade_value:9.1", reasons=True)
    visit.page.evaluate(WATCH)
    visit.press(TRADE, "ArrowRight", 1)
    visit.settled(reasons=True)
    visit.page.wait_for_timeout(500)
    places = visit.page.evaluate("window.places")
    assert len(places) == 1, "\n".join(places)
    assert "not there" not in places[0]
    visit.close()


def test_the_way_back_leads_to_the_plain_address_and_stays_there(browser: Any, address: str) -> None:
    visit = Visit(browser).open(address)
    value = visit.slider(TRADE).input_value()
    visit.page.get_by_role("button", name="Skip").click()
    visit.page.wait_for_function("location.search !== ''")
    visit.press(TRADE, "ArrowRight", 2)
    visit.settled()
    for _ in range(6):  # each key press is a step, and so is the end of the tour
        if visit.page.evaluate("location.search") == "":
            break
        before = visit.page.evaluate("location.search")
        visit.page.go_back()
        visit.page.wait_for_function("before => location.search !== before", arg=before)
        visit.quiet()
    assert visit.page.evaluate("location.search") == ""
    visit.page.wait_for_function(
        "([name, value]) => document.querySelector(`.st-key-parameter-${name} input[type=range]`).value === value",
        arg=[TRADE, value],
    )
    visit.quiet()
    assert visit.page.evaluate("location.search") == "", "the way back ends here"
    visit.close()


def test_the_tour_starts_from_every_page(browser: Any, address: str) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{address}/evidence?v=1&scenario=no-buyer")
    visit.page.get_by_role("button", name="Take the tour").click()
    visit.page.wait_for_selector(".st-key-tour")
    assert "/evidence" not in visit.page.url
    assert "no-buyer" in visit.page.url
    visit.close()


def test_the_server_restarts_under_an_open_page(browser: Any, tmp_path: Path) -> None:
    port = free_port()
    link = "?v=1&scenario=no-buyer&set=minsk.trade_value:11.0"
    with served(dashboard(port), port, tmp_path / "log.txt") as address:
        visit = Visit(browser).open(f"{address}/{link}")
        before = visit.figures()
    with served(dashboard(port), port, tmp_path / "log.txt"):
        # the page asks for its figures by itself, before anybody touches it
        visit.page.wait_for_selector('.stApp[data-test-connection-state="CONNECTED"][data-test-script-state="running"]')
        visit.page.wait_for_function("!document.querySelector('[role=dialog]')")
        visit.settled()
        visit.press(TRADE, "ArrowLeft", 1)  # it is alive
        visit.page.get_by_role("button", name="Undo").click()
        visit.page.wait_for_function("new URLSearchParams(location.search).get('set') === 'minsk.trade_value:11.0'")
        visit.settled()
        assert visit.figures() == before
        assert "Traceback" not in visit.page.inner_text("body")
    visit.close()


def test_reload_in_the_middle_and_a_second_tab(browser: Any, address: str) -> None:
    """What was set stands in the address from the first moment, and belongs to one tab alone."""
    visit = Visit(browser).open(f"{address}/?v=1&scenario=no-buyer")
    visit.press(TRADE, "ArrowRight", 5)
    link = visit.page.url
    visit.page.reload()  # the finer figures have not come yet
    tab = visit.context.new_page()
    tab.goto(f"{address}/?v=1&scenario=no-buyer&set=minsk.trade_value:5.0")
    visit.settled()
    tab.wait_for_selector(METRIC)
    assert visit.page.url == link
    mine = float(visit.slider(TRADE).input_value())
    assert mine != 5.0
    assert f"minsk.trade_value:{mine:g}" in unquote(link)
    assert float(tab.locator(f".st-key-parameter-{TRADE} input[type=range]").input_value()) == 5.0
    visit.page.get_by_role("button", name="Undo").click()
    visit.page.wait_for_function("!location.search.includes('set=')")
    assert "set=minsk.trade_value:5" in unquote(tab.url)
    visit.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_more_than_on_a_bare_page(
    browser: Any, address: str, allowed: dict[str, Counter[str]], pictures: Path, scheme: str
) -> None:
    """The page itself, with and without a comparison, and all that opens over it."""
    found: dict[str, Any] = {}

    def look(visit: Visit, name: str) -> None:
        visit.quiet()
        visit.page.mouse.move(2, 798)  # away from what has a tooltip: that is Streamlit's, and comes and goes
        visit.page.wait_for_timeout(500)  # what opens does so by and by; half drawn, it has no colours to judge
        visit.page.screenshot(path=pictures / f"explore-{name}-{scheme}.png")
        if more := beyond(violations(visit.page), allowed[scheme]):
            found[name] = more

    visit = Visit(browser, scheme=scheme).open(f"{address}/?v=1&scenario=no-buyer", reasons=True)
    look(visit, "compared")
    visit.page.get_by_text("All as a table").click()
    visit.page.wait_for_selector('[data-testid="stDataFrame"]')
    look(visit, "table")
    visit.close()
    visit = Visit(browser, scheme=scheme).open(address, reasons=True)
    look(visit, "tour")
    visit.page.get_by_role("button", name="Skip").click()
    visit.page.locator(".st-key-tour").wait_for(state="detached")
    visit.page.locator(".st-key-share button").first.click()
    visit.page.wait_for_selector('[data-testid="stCode"]')
    look(visit, "share")
    visit.page.keyboard.press("Escape")
    visit.page.locator('[data-testid="stCode"]').first.wait_for(state="hidden")
    visit.page.get_by_role("button", name=re.compile(r"All \d+ questions")).click()
    visit.page.wait_for_selector("[role=dialog]")
    look(visit, "gallery")
    visit.close()
    visit = Visit(browser, scheme=scheme).open(f"{address}/?v=2&scenario=nothing")
    look(visit, "notes")
    visit.close()
    assert found == {}


def test_more_of_what_a_bare_page_breaks_is_noticed() -> None:
    bare = {"region": ['<div id=":r1:" data-testid="menu">'], "label": ['<input type="text">']}
    most = kinds(bare)
    assert beyond({"region": ['<div id=":r9:" data-testid="menu">']}, most) == {}
    twice = {"region": ['<div id=":r1:" data-testid="menu">', '<div id=":r2:" data-testid="menu">']}
    assert beyond(twice, most) == twice
    other = {"label": ['<input type="range">']}
    assert beyond(other, most) == other
    assert beyond({"color-contrast": ["<p>"]}, kinds({"color-contrast": ["<p>"]})) != {}


# --- before the figures, and without them -----------------------------------------------------------------------------


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file without which the server of `held` works nothing out; what stands in it goes wrong."""
    return tmp_path / "gate"


@pytest.fixture
def held(tmp_path: Path, gate: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.dashboard.held", str(port), str(gate)]
    with served(command, port, tmp_path / "log.txt") as found:
        yield found


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_what_needs_no_figures_is_there_at_once_and_stays_where_it_is(
    browser: Any, held: str, gate: Path, pictures: Path, width: int, height: int
) -> None:
    visit = Visit(browser, width=width, height=height)
    page = visit.page
    page.goto(f"{held}/?v=1&scenario=no-buyer")
    page.wait_for_selector(".gd-skeleton")
    page.wait_for_selector(".gd-answer")
    assert "nobody in the West gave anything" in page.inner_text(".gd-question")
    page.wait_for_selector(".st-key-share button:visible")
    page.wait_for_selector(".st-key-open button:visible")
    page.screenshot(path=pictures / f"explore-waiting-{width}.png")
    page.evaluate(WATCH.replace(", 'reasons', 'foot'", ""))
    gate.write_text("")
    visit.settled()
    places = page.evaluate("window.places")
    assert len(places) == 1, "\n".join(places)
    visit.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_what_went_wrong_is_said_in_sight_and_can_be_tried_again(
    browser: Any, held: str, gate: Path, pictures: Path, width: int, height: int
) -> None:
    gate.write_text("this is too much")
    visit = Visit(browser, width=width, height=height)
    page = visit.page
    page.goto(f"{held}/?v=1&scenario=no-buyer")
    again = page.get_by_role("button", name="Try again")
    again.wait_for()
    visit.quiet()
    page.screenshot(path=pictures / f"explore-failed-{width}.png")
    box = again.bounding_box()
    assert box["y"] + box["height"] <= height
    if width < height:
        assert box["y"] < page.locator(".st-key-hands").bounding_box()["y"]
    head = page.locator(".st-key-headline").bounding_box()
    assert visit.figures() == ["–"] * 6
    assert "no figures" in page.inner_text(".gd-sub")
    gate.write_text("")
    again.click()
    visit.settled()
    assert page.locator(".st-key-headline").bounding_box() == head
    assert "–" not in visit.figures()
    visit.close()
