"""The page in a real browser: nothing leaves it, nothing complains, nothing overflows, and dark is dark."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.report import render
from tests.report import synthetic

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LONG = "Averylongwordthatnobodywouldwritebutafilemaycontain" * 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "chromium is not installed: the report has not been looked at in a browser"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    results = [*synthetic.results()[:4], synthetic.result(LONG, LONG, LONG, first_deals={LONG: 0.9, "none": 0.1})]
    manifest = synthetic.manifest(results, command=f"grand-deal batch {LONG}", failed=[{"source": LONG, "error": LONG}])
    made = {"batch": render(results, manifest, title=LONG), "single": render(results[:1], manifest)}
    paths = {}
    for name, text in made.items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(text, encoding="utf-8")
    return paths


def visit(browser: Any, path: Path, width: int, scheme: str = "light", media: str = "screen") -> tuple[Any, list[str]]:
    """Open the page; return it and everything it asked for or complained about."""
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    seen: list[str] = []
    address = path.as_uri()
    page.on("request", lambda request: None if request.url.split("#")[0] == address else seen.append(request.url))
    page.on("console", lambda message: seen.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.emulate_media(media=media, color_scheme=scheme)
    page.goto(address)
    return page, [entry for entry in seen if not entry.startswith("data:")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 760, 961, 1151, 1280])
@pytest.mark.parametrize("name", ["batch", "single"])
def test_quiet_and_within_the_window(browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    page, seen = visit(browser, pages[name], width, scheme)
    for summary in page.query_selector_all("summary"):
        summary.click()
    assert seen == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_the_policy_is_in_force(browser: Any, pages: dict[str, Path]) -> None:
    """The listener hears what the policy refuses, so its silence in the other tests means something."""
    text = pages["single"].read_text(encoding="utf-8")
    broken = pages["single"].with_name("broken.html")
    broken.write_text(text.replace("</main>", '<p style="color:red">x</p></main>'), encoding="utf-8")
    page, seen = visit(browser, broken, 1280)
    assert any("Content Security Policy" in entry for entry in seen)
    page.context.close()


def test_charts_follow_the_colour_scheme(browser: Any, pages: dict[str, Path]) -> None:
    ink = "getComputedStyle(document.querySelector('figure svg text')).fill"
    paper = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for scheme, media in (("light", "screen"), ("dark", "screen"), ("dark", "print")):
        page, _ = visit(browser, pages["batch"], 1280, scheme, media)
        seen[scheme, media] = (page.evaluate(ink), page.evaluate(paper))
        page.context.close()
    assert seen["light", "screen"][0] != seen["dark", "screen"][0]
    assert seen["light", "screen"][1] != seen["dark", "screen"][1]
    assert seen["dark", "print"][0] == seen["light", "screen"][0], "paper is white whatever the screen is"
    assert seen["dark", "print"][1] == "rgb(255, 255, 255)"


def test_answer_is_on_the_first_screen(browser: Any, pages: dict[str, Path]) -> None:
    page, _ = visit(browser, pages["single"], 1280)
    for selector in ("h1", ".lead", ".tiles"):
        box = page.query_selector(selector).bounding_box()
        assert box["y"] + box["height"] <= 800, selector
    page.context.close()


def test_tables_become_cards_on_a_telephone(browser: Any, pages: dict[str, Path]) -> None:
    display = "getComputedStyle(document.querySelector('.rank tbody tr')).display"
    label = "getComputedStyle(document.querySelector('.rank td'), '::before').content"
    wide, _ = visit(browser, pages["batch"], 1280)
    narrow, _ = visit(browser, pages["batch"], 390)
    assert wide.evaluate(display) == "table-row"
    assert narrow.evaluate(display) == "grid"
    assert "Freed, month 12" in narrow.evaluate(label)
    wide.context.close()
    narrow.context.close()


def test_text_in_charts_stays_readable_on_a_telephone(browser: Any, pages: dict[str, Path]) -> None:
    page, _ = visit(browser, pages["batch"], 390)
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('figure svg text')].map(text =>
            parseFloat(text.getAttribute('font-size')) * text.getScreenCTM().a))"""
    )
    assert smallest >= 10
    page.context.close()
