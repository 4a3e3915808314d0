"""A picture of the report for the README, by ``python -m tests.report.pictures REPORT.html FOLDER [NAME]``.

It needs chromium.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.chromium import MISSING, chromium, chromium_path

WIDTH, HEIGHT = 1280, 800


def main(report: str, folder: str, name: str = "report") -> int:
    """Write a PNG of the first screen."""
    if chromium_path() is None:
        print(MISSING, file=sys.stderr)
        return 1
    with chromium() as browser:
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        page.goto(Path(report).resolve().as_uri())
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
