"""A visit to the dashboard in a real browser, as the tests that need one share it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.dashboard.server import free_port, served, streamlit

PATIENCE = 1000 * int(os.environ.get("GRAND_DEAL_PATIENCE", "120"))  # ms; machines are busy at times
# what is shown is what the address says, on the default grid
SETTLED = """() => {
  const told = document.querySelector('.gd-sub');
  const same = text => new URLSearchParams(text).toString();
  return told && told.textContent.includes('Default grid.') && same(told.dataset.link) === same(location.search);
}"""
QUIET = """() => document.querySelector('.stApp[data-test-script-state="notRunning"]')
  && !document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]')
  && document.getAnimations().every(
    a => a.playState !== 'running' || !a.effect || a.effect.getComputedTiming().endTime === Infinity)
"""
METRIC = '[data-testid="stMetric"]'


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept for looking at: GRAND_DEAL_PICTURES, or pytest's temporary folder."""
    named = os.environ.get("GRAND_DEAL_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def allowed(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """What axe finds on a bare page of the same widgets, on light and on dark paper, and with a menu open."""
    port, found = free_port(), {}
    popover = '[data-testid="stPopover"] button'
    log = tmp_path_factory.mktemp("bare") / "log.txt"
    with served(streamlit(Path(__file__).with_name("bare.py"), port), port, log) as address:
        for scheme in ("light", "dark"):
            visit = Visit(browser, scheme=scheme)
            visit.page.goto(address)
            visit.page.wait_for_selector('[data-testid="stVegaLiteChart"]')
            visit.quiet()
            shut = kinds(violations(visit.page))
            visit.page.locator(popover).first.click()
            visit.page.wait_for_selector('[data-testid="stCode"]')
            visit.quiet()
            found[scheme] = shut | kinds(violations(visit.page))  # the most of each kind
            visit.close()
    return found


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
        """Wait until the page has been drawn to its end, and nothing on it moves: a list is closed by what moves."""
        self.page.wait_for_function(QUIET)

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

    def outside(self, address: str) -> set[str]:
        """Return the hosts that were asked for anything, besides the dashboard's own."""
        asked = (url for url in self.requests if not url.startswith(("data:", "blob:")))
        return {urlsplit(url).netloc for url in asked} - {urlsplit(address).netloc}

    def close(self) -> None:
        self.context.close()


def violations(page: Any) -> dict[str, list[str]]:
    """Return what axe finds: rule -> the elements."""
    import axe_playwright_python

    folder = Path(axe_playwright_python.__file__).parent
    page.evaluate((folder / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return {rule["id"]: [node["html"][:160] for node in rule["nodes"]] for rule in found["violations"]}


def kinds(found: Mapping[str, Sequence[str]]) -> Counter[str]:
    """Count what axe found by rule and by kind of element: its tag, its attributes, its part in Streamlit.

    Colours are left out: they are ours, and whether they can be read is never left to Streamlit.
    """
    return Counter(
        f"{rule} {_kind(html)}" for rule, nodes in found.items() if rule != "color-contrast" for html in nodes
    )


def beyond(found: Mapping[str, Sequence[str]], allowed: Counter[str]) -> dict[str, Sequence[str]]:
    """Return the rules of which a page breaks more than the bare page does, with all their elements.

    A rule that the bare page breaks too is no pass: other elements count, and more of the same.
    """
    more = {kind.partition(" ")[0] for kind in kinds(found) - allowed}
    return {rule: nodes for rule, nodes in found.items() if rule in more or rule == "color-contrast"}


def _kind(html: str) -> str:
    """Return what stays of an element from run to run: no text, no made-up class or number."""
    tag = html.partition(">")[0]
    name = re.match(r"<([a-zA-Z]+)", tag)
    parts = sorted(set(re.findall(r"\s([a-z-]+)=", tag)))
    told = re.findall(r'(?:role|data-testid|type)="([^"]*)"', tag)
    return " ".join([name[1] if name else "", *parts, *told])
