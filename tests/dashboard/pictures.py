"""Pictures of the dashboard for the README: ``python -m tests.dashboard.pictures FOLDER`` (needs chromium).

Every page of the navigation in light and in dark, and Explore on a phone; the server is started and stopped here.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from dashboard.navigation import PAGES
from tests.dashboard.server import MISSING, chromium, chromium_path, dashboard, free_port, served

PATIENCE = 300_000  # ms
STUDY = "?v=1&scenario=brussels-follows&set=minsk.trade_value:10.0"
QUIET = (
    "!document.querySelector('[data-testid=\"stStatusWidget\"]') && !document.querySelector('[data-stale=\"true\"]')"
    " && !document.body.innerText.includes('finer figures follow')"
    " && !document.body.innerText.includes('Splitting each choice')"
)
SIZES = {"light": (1280, 800), "dark": (1280, 800), "phone": (390, 844)}


def take(browser: Any, address: str, folder: Path) -> list[Path]:
    """Take all pictures; return where they are."""
    taken = []
    for size, (width, height) in SIZES.items():
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if size == "dark" else "light"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        for number, entry in enumerate(PAGES if size != "phone" else PAGES[:1]):
            page.goto(f"{address}/{entry.path if number else ''}{STUDY}")
            page.wait_for_selector("h1")
            page.wait_for_function(QUIET)
            page.wait_for_timeout(1500)  # charts are drawn after the page says that it is done
            taken.append(folder / f"{entry.path}-{size}.png")
            page.screenshot(path=taken[-1])
        context.close()
    return taken


def main(arguments: list[str]) -> int:
    """Write the pictures; return an exit code."""
    if len(arguments) != 1:
        print("usage: python -m tests.dashboard.pictures FOLDER", file=sys.stderr)
        return 2
    if chromium_path() is None:
        print(MISSING, file=sys.stderr)
        return 1
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "server.txt"
        with served(dashboard(port), port, log) as address, chromium() as browser:
            for path in take(browser, address, folder):
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
