"""Pictures of the dashboard: ``python -m tests.dashboard.pictures FOLDER [--all]`` (needs chromium).

Those that the README shows; with ``--all`` every page in light, in dark and on a phone. The server is started and
stopped here. Each has a palette of 256 colours: less than half the size, and no visible difference.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.navigation import PAGES
from sim.report.theme import TOKENS
from tests.chromium import MISSING, chromium, chromium_path
from tests.dashboard.server import dashboard, free_port, served

PATIENCE = 300_000  # ms
STUDY = "?v=1&scenario=brussels-follows&set=minsk.trade_value:10.0"
DESK, PHONE = (1280, 800), (390, 844)
COLORS = 256
LARGEST = 250_000
"""Bytes that a picture in the README may have."""
DRAWN = """() => document.querySelector('h1') && !document.querySelector('.gd-blank')
  && document.querySelector('.stApp[data-test-script-state="notRunning"]')
  && !document.querySelector('[data-testid="stStatusWidget"], [data-testid="stSkeleton"], [data-stale="true"]')
  && !['finer figures follow', 'finer one follows', 'Splitting each choice'].some(
    words => document.body.innerText.includes(words))"""


@dataclass(frozen=True)
class Shot:
    """One picture: its file's name, the page, light or dark paper, and the window."""

    name: str
    path: str
    dark: bool = False
    size: tuple[int, int] = DESK
    chapter: str = ""


README = (
    Shot("explore", "explore"),
    Shot("explore-dark", "explore", dark=True),
    Shot("deals", "deals"),
    Shot("evidence", "evidence", chapter="Claims"),
    Shot("explore-phone", "explore", size=PHONE),
)


def every() -> Iterator[Shot]:
    """Every page in light, in dark and on a phone."""
    for page in PAGES:
        yield Shot(f"{page.path}-light", page.path)
        yield Shot(f"{page.path}-dark", page.path, dark=True)
        yield Shot(f"{page.path}-phone", page.path, size=PHONE)


def take(browser: Any, address: str, folder: Path, shots: Sequence[Shot]) -> Iterator[Path]:
    """Take pictures; give where each is when it is there."""
    for shot in shots:
        width, height = shot.size
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if shot.dark else "light"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/{shot.path if shot.path != PAGES[0].path else ''}{STUDY}")
        page.wait_for_function(DRAWN)
        if shot.chapter:
            page.get_by_role("radio", name=shot.chapter, exact=True).click()
            page.wait_for_timeout(500)
            page.wait_for_function(DRAWN)
        page.mouse.move(width - 2, height // 2)
        page.wait_for_timeout(1500)  # charts are drawn after the page says that it is done
        path = folder / f"{shot.name}.png"
        path.write_bytes(small(page.screenshot()))
        context.close()
        yield path


def small(picture: bytes) -> bytes:
    """Return a picture (PNG) with a palette: the theme's own colours as they are, then those that cover most of it."""
    from PIL import Image, ImageColor

    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    theme = [ImageColor.getrgb(color) for token in TOKENS.values() for color in (token.light, token.dark)]
    counted = whole.getcolors(whole.width * whole.height) or []
    often = [color for _, color in sorted(counted, key=lambda found: (-found[0], found[1]))]
    colors = list(dict.fromkeys([*theme, *often]))[:COLORS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for color in colors for part in color[:3]])
    out = io.BytesIO()
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(arguments: Sequence[str]) -> int:
    """Write the pictures; return an exit code: 1 where one is larger than the README should carry."""
    parser = argparse.ArgumentParser(description="Pictures of the dashboard.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every page in light, in dark and on a phone")
    given = parser.parse_args(arguments)
    if chromium_path() is None:
        print(MISSING, file=sys.stderr)
        return 1
    given.folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    large = 0
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "server.txt"
        with served(dashboard(port), port, log) as address, chromium() as browser:
            for path in take(browser, address, given.folder, tuple(every()) if given.all else README):
                size = path.stat().st_size
                large += size > LARGEST
                print(f"{path}  {size / 1000:.0f} kB{'  (too large for the README)' if size > LARGEST else ''}")
    return int(bool(large) and not given.all)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
