"""A dashboard that works nothing out before it is let: ``python -m tests.dashboard.held PORT GATE``.

It waits until the file GATE is there; words in that file are told as what went wrong.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from dashboard import work
from dashboard.serve import serve
from sim.errors import GrandDealError

LOOK = 0.05
"""Seconds between two looks."""


def main(port: int, gate: Path) -> None:
    """Serve until stopped."""
    real = work._work_out

    def held(*arguments: Any) -> work.Worked:
        while not gate.exists():
            time.sleep(LOOK)
        if wrong := gate.read_text(encoding="utf-8"):
            raise GrandDealError(wrong)
        return real(*arguments)

    work._work_out = held
    serve(port=port, browser=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
