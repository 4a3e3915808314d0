"""The page in a real browser: nothing leaves it, nothing complains, nothing overflows, and dark is dark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sim.report import render
from tests.chromium import browser
from tests.report import synthetic, synthetic_dossier

__all__ = ["browser"]

pytestmark = pytest.mark.browser
LONG = "Averylongwordthatnobodywouldwritebutafilemaycontain" * 3


def long_winded() -> dict[str, Any]:
    """A dossier whose every word from a file is long, with as much of everything as the pages show."""
    found = synthetic_dossier.dossier()
    for row in found["sources"]:
        row["meaning"] = f"cost of {LONG} and of what else there is to pay for in a year of talks"
    label = (
        "280 people and a leader for three steps of US relief, two steps of EU relief, contact and pressing Brussels"
    )
    found["deals"]["picks"] = dict.fromkeys(found["deals"]["picks"], synthetic_dossier.package(label))
    found["deals"]["likeliest"]["deal"] = synthetic_dossier.package(label)
    for decision in found["explanation"]["decisions"]:
        decision["other"] = label
    found["explanation"]["decisions"] *= 3
    found["grids"] *= 2
    found["inverse"]["flips"] *= 3
    return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    results = [*synthetic.results()[:4], synthetic.result(LONG, LONG, LONG, first_deals={LONG: 0.9, "none": 0.1})]
    manifest = synthetic.manifest(results, command=f"grand-deal batch {LONG}", failed=[{"source": LONG, "error": LONG}])
    dossier, wordy = synthetic_dossier.dossier(), long_winded()
    made = {
        "batch": render(results, manifest, title=LONG),
        "single": render(results[:1], manifest),
        "deep": render(results[:1], manifest, dossier=dossier),
        "wordy": render(results[:1], manifest, title=LONG, dossier=wordy),
        "brief": render(results[:1], manifest, dossier=dossier, brief=True),
        "wordy brief": render(results[:1], manifest, title=LONG, dossier=wordy, brief=True),
    }
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
@pytest.mark.parametrize("name", ["batch", "single", "deep", "wordy", "brief"])
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


@pytest.mark.parametrize("name", ["single", "deep"])
def test_answer_is_on_the_first_screen(browser: Any, pages: dict[str, Path], name: str) -> None:
    page, _ = visit(browser, pages[name], 1280)
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


@pytest.mark.parametrize("name", ["batch", "deep"])
def test_text_in_charts_stays_readable_on_a_telephone(browser: Any, pages: dict[str, Path], name: str) -> None:
    page, _ = visit(browser, pages[name], 390)
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('figure svg text')].map(text =>
            parseFloat(text.getAttribute('font-size')) * text.getScreenCTM().a))"""
    )
    assert smallest >= 10
    page.context.close()


@pytest.mark.parametrize(
    ("family", "over"),
    [pytest.param("Arial, 'Liberation Sans'", 2, id="usual"), pytest.param("'DejaVu Sans'", 40, id="wide")],
)
@pytest.mark.parametrize("name", ["single", "deep", "wordy"])
def test_no_label_of_a_chart_is_cut_off(
    browser: Any, pages: dict[str, Path], name: str, family: str, over: float
) -> None:
    """Every text lies within its picture in a font of the usual widths, and is never clipped in a wider one."""
    page, _ = visit(browser, pages[name], 1280)
    outside = page.evaluate(
        """([family, over]) => [...document.querySelectorAll('figure svg[viewBox]')].flatMap(svg => {
            const frame = svg.getBoundingClientRect();
            const clipped = getComputedStyle(svg).overflow !== 'visible';
            return [...svg.querySelectorAll('text')].filter(text => {
                text.style.fontFamily = family;
                const box = text.getBoundingClientRect();
                return clipped || box.left < frame.left - over || box.right > frame.right + over
                    || box.top < frame.top - 2 || box.bottom > frame.bottom + 2
                    || box.left < 0 || box.right > innerWidth;
            }).map(text => `${svg.querySelector('title').textContent}: ${text.textContent}`);
        })""",
        [family, over],
    )
    assert outside == []
    page.context.close()


@pytest.mark.parametrize("name", ["brief", "wordy brief"])
def test_the_brief_is_two_printed_pages_with_nothing_left_out(
    browser: Any, pages: dict[str, Path], tmp_path: Path, name: str
) -> None:
    page, seen = visit(browser, pages[name], 680, media="print")
    page.pdf(path=str(tmp_path / "brief.pdf"), prefer_css_page_size=True)
    printed = (tmp_path / "brief.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 2
    # 180 mm of paper between the margins are 680 of the browser's pixels
    heights = page.evaluate("[...document.querySelectorAll('.sheet')].map(sheet => sheet.offsetHeight)")
    assert max(heights) <= 268 / 180 * 680 + 1
    assert seen == []
    page.context.close()
