"""The whole journey in a real browser, on the server that users start; pictures of what it saw are kept."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.server import MISSING, chromium, chromium_path, dashboard, free_port, served, streamlit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 1000 * int(os.environ.get("GRAND_DEAL_PATIENCE", "120"))  # ms; machines are busy at times
# what is shown is what the address says, on the default grid
SETTLED = """() => {
  const told = document.querySelector('.gd-sub');
  const same = text => new URLSearchParams(text).toString();
  return told && told.textContent.includes('Default grid.') && same(told.dataset.link) === same(location.search);
}"""
METRIC = '[data-testid="stMetric"]'
TRADE, ENVOYS, EMBASSY = "minsk-trade_value", "minsk-contact_value-envoys", "minsk-contact_value-embassy"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept for looking at: GRAND_DEAL_PICTURES, or pytest's temporary folder."""
    named = os.environ.get("GRAND_DEAL_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with served(dashboard(port), port, tmp_path_factory.mktemp("server") / "log.txt") as found:
        yield found


class Visit:
    """A browser window of its own, everything it asked for, and everything it complained about."""

    def __init__(self, browser: Any, *, width: int = 1280, height: int = 800, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str, *, reasons: bool = False) -> Visit:
        self.page.goto(url)
        return self.settled(reasons=reasons)

    def settled(self, *, reasons: bool = False) -> Visit:
        """Wait until the default grid's figures are there, and the reasons if asked for."""
        self.page.wait_for_selector(METRIC)
        self.page.wait_for_function(SETTLED)
        if reasons:
            self.page.wait_for_selector(".st-key-why [data-testid='stVegaLiteChart']")
        self.quiet()
        return self

    def quiet(self) -> None:
        """Wait until the page has been drawn to its end."""
        self.page.wait_for_function(
            "!!document.querySelector('.stApp[data-test-script-state=\"notRunning\"]')"
            " && !document.querySelector('[data-testid=\"stStatusWidget\"]')"
            " && !document.querySelector('[data-stale=\"true\"]')"
        )

    def figures(self) -> list[str]:
        return [text.strip() for text in self.page.locator('[data-testid="stMetricValue"]').all_inner_texts()]

    def slider(self, name: str) -> Any:
        return self.page.locator(f".st-key-parameter-{name} input[type=range]")

    def press(self, name: str, key: str, times: int) -> None:
        """Move a slider by the keyboard, and wait until its value is in the address."""
        slider = self.slider(name)
        slider.focus()
        for _ in range(times):
            slider.press(key)
        value = float(slider.input_value())
        dotted = re.escape(name.replace("-", "."))
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).getAll('set').some("
            "pair => pair.split(':')[0] === name && Math.abs(parseFloat(pair.split(':')[1]) - value) < 1e-9)",
            arg=[dotted.replace("\\", ""), value],
        )

    def close(self) -> None:
        self.context.close()


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

    hosts = {
        re.sub(r"^(\w+)://([^/]+).*", r"\2", url) for url in visit.requests if not url.startswith(("data:", "blob:"))
    }
    assert hosts == {address.removeprefix("http://")}, "something left the machine"
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


def test_figures_keep_their_place_when_finer_ones_come(browser: Any, address: str) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{address}/?v=1&scenario=baseline&set=minsk.trade_value:9.15")
    visit.page.wait_for_selector(METRIC)
    parts = ("headline", "hands", "reasons", "foot")
    places = [visit.page.locator(f".st-key-{part}").first.bounding_box() for part in parts]
    visit.settled(reasons=True)
    assert [visit.page.locator(f".st-key-{part}").first.bounding_box() for part in parts] == places
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


def violations(page: Any) -> dict[str, list[str]]:
    """Return what axe finds: rule -> the elements."""
    import axe_playwright_python

    folder = Path(axe_playwright_python.__file__).parent
    page.evaluate((folder / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return {rule["id"]: [node["html"][:160] for node in rule["nodes"]] for rule in found["violations"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_more_than_on_a_bare_page(browser: Any, address: str, tmp_path: Path, scheme: str) -> None:
    port = free_port()
    with served(streamlit(Path(__file__).with_name("bare.py"), port), port, tmp_path / "log.txt") as bare:
        visit = Visit(browser, scheme=scheme)
        visit.page.goto(bare)
        visit.page.wait_for_selector('[data-testid="stVegaLiteChart"]')
        visit.quiet()
        allowed = violations(visit.page)
        visit.close()
    visit = Visit(browser, scheme=scheme).open(f"{address}/?v=1&scenario=no-buyer", reasons=True)
    found = violations(visit.page)
    visit.close()
    assert {rule: nodes for rule, nodes in found.items() if rule not in allowed} == {}
