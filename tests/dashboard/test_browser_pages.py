"""Every page in a real browser: axe, the keyboard alone, a phone's width, nothing asked of other machines."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.navigation import PAGES
from dashboard.views import about, evidence, flip, power
from sim.batch.plan import plan
from sim.batch.run import run_batch
from sim.batch.store import MANIFEST
from tests.chromium import browser
from tests.dashboard.server import dashboard, free_port, served
from tests.dashboard.visit import Visit, allowed, beyond, pictures, violations

__all__ = ["allowed", "browser", "pictures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
LINK = "?v=1&scenario=no-buyer"
CHAPTERS = {
    "power": (power.ALONE, power.STABLE),
    "flip": (flip.WHICH, flip.ONE, flip.TWO, flip.TAKES),
    "evidence": (evidence.PARAGRAPHS, evidence.CLAIMS, evidence.NUMBERS, evidence.EVENTS),
    "about": (about.SHORT, about.MODEL, about.GLOSSARY, about.CITE),
}
"""What is seen of a page that has several faces."""
PHONE = 390
# still, with the figures of the default grid where there are any
DRAWN = """() => document.querySelector('h1') && !document.querySelector('.gd-blank')
  && !document.body.innerText.includes('finer one follows')"""
FOCUSED = """() => {
  const e = document.activeElement;
  const label = e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || '';
  return label.trim().replace(/\\s+/g, ' ').replace(/^keyboard_arrow_\\w+ /, '');  // an icon's name is no word
}"""
MOST_STEPS = 90
"""Most presses of the tabulator key from anywhere on a page to anywhere else."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with two batches under its root: a sound one, and one that lost a result."""
    root = tmp_path_factory.mktemp("root")
    run_batch(plan(["baseline", "no-buyer"], grid="1400x24"), root / "sound", command="grand-deal batch")
    shutil.copytree(root / "sound", root / "damaged")
    next((root / "damaged" / "shards").iterdir()).write_text("{")
    (root / "sound" / MANIFEST).touch()  # the newest is shown first
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with served(dashboard(port, "--results", str(root)), port, log) as found:
        yield found
    assert "Traceback" not in log.read_text(encoding="utf-8")


def go(visit: Visit, url: str) -> None:
    visit.page.goto(url)
    drawn(visit)


def drawn(visit: Visit) -> None:
    visit.page.wait_for_selector("h1")
    visit.quiet()
    visit.page.wait_for_function(DRAWN)
    visit.quiet()


def chapter(visit: Visit, name: str) -> None:
    tab = visit.page.get_by_role("radio", name=name, exact=True)
    if tab.get_attribute("aria-checked") != "true":
        tab.click()
    visit.page.wait_for_function(
        "name => [...document.querySelectorAll('[role=radio][aria-checked=true]')].some(e => e.innerText === name)",
        arg=name,
    )
    drawn(visit)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_for_everybody(
    browser: Any, address: str, allowed: dict[str, Counter[str]], pictures: Path, scheme: str
) -> None:
    """Axe finds no more than on a bare page; a phone needs no scrolling sideways; no request leaves the machine."""
    found: dict[str, Any] = {}
    visit = Visit(browser, scheme=scheme)
    page = visit.page
    for entry in PAGES[1:]:
        page.set_viewport_size({"width": 1280, "height": 800})
        go(visit, f"{address}/{entry.path}{LINK}")
        for name in CHAPTERS.get(entry.path, ("",)):
            if name:
                chapter(visit, name)
            seen = f"{entry.path}-{name.lower().replace(' ', '-')}".rstrip("-")
            page.screenshot(path=pictures / f"{seen}-{scheme}.png")
            if more := beyond(violations(page), allowed[scheme]):
                found[seen] = more
            if scheme == "light":
                page.set_viewport_size({"width": PHONE, "height": 844})
                page.wait_for_timeout(400)  # charts follow the width
                page.screenshot(path=pictures / f"{seen}-phone.png")
                if (wide := page.evaluate("document.documentElement.scrollWidth")) > PHONE:
                    found[f"{seen}, phone"] = wide
                page.set_viewport_size({"width": 1280, "height": 800})
    assert found == {}
    assert visit.outside(address) == set(), "something left the machine"
    assert visit.complaints == []
    visit.close()


# --- the keyboard alone -----------------------------------------------------------------------------------------------


def tab_to(visit: Visit, name: str) -> None:
    """Press the tabulator key until something of this name has the focus, and can be seen to have it."""
    page = visit.page
    passed = []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        passed.append(str(page.evaluate(FOCUSED)))
        if passed[-1].startswith(name):
            # the page has moved to it, and has told so: a list that is opened before is closed again by that
            page.evaluate("() => new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))")
            return
    pytest.fail(f"the keyboard did not reach {name!r}; it passed {passed}")


def shows_focus(visit: Visit) -> bool:
    """Return whether what has the focus looks different from without it."""
    return bool(
        visit.page.evaluate(
            """() => {
              const look = () => { let n = document.activeElement, all = '';
                for (let i = 0; n && i < 5; i++, n = n.parentElement) { const s = getComputedStyle(n);
                  all += [s.outline, s.boxShadow, s.border, s.backgroundColor].join() } return all };
              const e = document.activeElement, during = look(), chain = [];
              let n = e; for (let i = 0; n && i < 5; i++, n = n.parentElement) chain.push(n);
              e.blur();
              const after = chain.map(n => { const s = getComputedStyle(n);
                return [s.outline, s.boxShadow, s.border, s.backgroundColor].join() }).join('');
              e.focus();
              return during !== after;
            }"""
        )
    )


def deals_by_keyboard(visit: Visit) -> None:
    page = visit.page
    tab_to(visit, "Package")
    before = page.inner_text(".gd-bars")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.querySelector('.gd-bars').innerText !== before", arg=before)
    # and one that is on no list, part by part
    visit.quiet()
    tab_to(visit, "Put another package together")
    page.keyboard.press("Enter")
    page.locator(".st-key-deals-part-People-freed").wait_for()
    visit.quiet()
    tab_to(visit, "People freed")
    before = page.inner_text(".gd-bars")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.querySelector('.gd-bars').innerText !== before", arg=before)


def power_by_keyboard(visit: Visit) -> None:
    page = visit.page
    tab_to(visit, "Work it out")
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-job")
    tab_to(visit, "Stop")
    page.keyboard.press("Enter")
    page.wait_for_function("document.body.innerText.includes('Stopped.')")
    assert page.get_by_role("button", name="Work it out").is_enabled()


def flip_by_keyboard(visit: Visit) -> None:
    page = visit.page
    tab_to(visit, flip.WHICH)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("Assumption that is moved").wait_for()
    drawn(visit)
    tab_to(visit, "Find where it tips")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid='stVegaLiteChart']")  # the real thing, in a process of its own
    assert "forecasts on the" in page.inner_text("body")


def batch_by_keyboard(visit: Visit) -> None:
    page = visit.page
    tab_to(visit, "Find by name")
    page.keyboard.type("buyer")
    page.keyboard.press("Enter")
    page.wait_for_function("document.body.innerText.includes('1 of 2 scenarios')")
    visit.quiet()
    tab_to(visit, "Open in Explore")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid='stMetric']")
    assert "scenario=no-buyer" in page.url


def evidence_by_keyboard(visit: Visit) -> None:
    page = visit.page
    tab_to(visit, evidence.PARAGRAPHS)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("What the article says, in our words").wait_for()


def about_by_keyboard(visit: Visit) -> None:
    page = visit.page
    tab_to(visit, about.SHORT)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Next →").wait_for()
    first = page.inner_text(".st-key-document h2")
    tab_to(visit, "Next →")
    page.keyboard.press("Enter")
    another = "[...document.querySelectorAll('.st-key-document h2')].every(e => e.innerText !== first)"
    page.wait_for_function(f"first => {another}", arg=first)


JOURNEYS: dict[str, Callable[[Visit], None]] = {
    "deals": deals_by_keyboard,
    "power": power_by_keyboard,
    "flip": flip_by_keyboard,
    "batch": batch_by_keyboard,
    "evidence": evidence_by_keyboard,
    "about": about_by_keyboard,
}


def test_every_page_has_a_journey() -> None:
    assert list(JOURNEYS) == [page.path for page in PAGES[1:]]


@pytest.mark.parametrize("path", JOURNEYS)
def test_every_page_by_the_keyboard_alone(browser: Any, address: str, path: str) -> None:
    visit = Visit(browser)
    go(visit, f"{address}/about{LINK}" if path != "about" else f"{address}/evidence{LINK}")
    title = next(entry.title for entry in PAGES if entry.path == path)
    tab_to(visit, title)
    assert shows_focus(visit)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url(f"**/{path}?*")
    drawn(visit)
    JOURNEYS[path](visit)
    visit.close()
