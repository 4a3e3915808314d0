"""A picture of the report for the README, by ``python -m tests.report.pictures REPORT.html FOLDER [NAME]``.

It needs chromium.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.report.test_browser import FLAGS

WIDTH, HEIGHT = 1280, 800


def main(report: str, folder: str, name: str = "report") -> int:
    """Write a PNG of the first screen."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        print("chromium is not installed; install it with your system's package manager", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        page.goto(Path(report).resolve().as_uri())
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
