"""How fast the dashboard answers: ``python -m tests.bench.dashboard [--moves 40] [--sessions 20] [--minutes 3]``.

In real chromium: from releasing a slider's thumb to the new headline figures, to the last of the new charts, and to the
finer grid's figures; beside it the floor, the same on a page with one slider and one figure. Then sessions by plain
websocket clients (`tests.bench.clients`), each moving a slider every ten seconds, and the server's memory while they
do. One table; exit code 1 with errors or mixing. Machines differ; compare runs on one machine only.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.clients import Crowd, crowd, mixed
from tests.chromium import MISSING, chromium, chromium_path
from tests.dashboard.server import dashboard, free_port, served, streamlit

PATIENCE = 300_000  # ms
AFTER = 350  # ms without a new picture after which the charts are taken to be finished
GOALS = {"headline": (350, 600), "charts": (700, 700)}
SETTLED = "document.querySelector('.gd-sub') && document.querySelector('.gd-sub').innerText.includes('Default grid.')"
FLOOR = """
import streamlit as st
value = st.slider("x", 0.0, 100.0, 50.0, 0.5)
st.metric("Figure", f"{value * 7:.0f}")
"""
# In the page itself. The clock starts when the mouse is let go. Figures: the first frame in which their text differs.
# Charts: the frame after which none of the first ones is drawn differently any more; an observer says when to compare.
CLOCK = """
([figures, charts, after]) => {
  const text = () => [...document.querySelectorAll(figures)].map(e => e.textContent).join('|');
  const shown = () => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].slice(0, charts);
  const drawn = () => shown().map(e => e.innerHTML).join();
  const oldText = text();
  let picture = drawn(), changed = false, begun = null, first = null, last = null;
  const watch = new MutationObserver(() => { changed = true });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  window.gdMeasured = new Promise(resolve => {
    const look = () => {
      if (changed) {
        changed = false;
        if (first === null && text() !== oldText) first = performance.now() - begun;
        if (charts) {
          const here = drawn();
          if (here !== picture) { picture = here; last = performance.now() - begun }
        }
      }
      const since = performance.now() - begun;
      const done = first !== null && (!charts || (last !== null && since > Math.max(first, last) + after));
      if (done || since > 20000) { watch.disconnect(); return resolve([first, last]) }
      requestAnimationFrame(look);
    };
    const release = () => { begun = performance.now(); look() };
    window.addEventListener('pointerup', release, { once: true, capture: true });
  });
}
"""
METRIC = '[data-testid="stMetricValue"]'
EXPLORE_SLIDER = ".st-key-parameter-minsk-contact_value-envoys [data-testid='stSlider']"
EXPLORE_CHARTS = 3
"""Those of people freed, people held, and relief; the fourth is the reasons', which come in their own time."""


@dataclass(frozen=True)
class Line:
    """One line of the table: milliseconds, and the goals for the median and for the 90th percentile."""

    name: str
    values: Sequence[float]
    goal: tuple[int, int] | None = None

    def __str__(self) -> str:
        if not self.values:
            return f"{self.name:<46}{0:>6}"
        p90, p95 = (percentile(self.values, share) for share in (90, 95))
        told = f"{self.name:<46}{len(self.values):>6}{statistics.median(self.values):>9.0f}{p90:>9.0f}{p95:>9.0f}"
        return told + (f"   p50 {self.goal[0]}, p90 {self.goal[1]}" if self.goal else "")


HEAD = f"{'milliseconds from letting go of a slider':<46}{'moves':>6}{'p50':>9}{'p90':>9}{'p95':>9}   goal"


def percentile(values: Sequence[float], share: int) -> float:
    """Return a percentile; the only value where there is one."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else values[0]


def moves(page: Any, slider: str, charts: int, places: Iterable[float], *, finer: bool) -> list[list[float]]:
    """Drag a slider's thumb to each place (share of its width); return milliseconds: figures, charts, finer figures."""
    found: list[list[float]] = [[], [], []]
    rail = page.locator(slider)
    thumb = rail.get_by_role("slider").or_(rail.locator("[data-testid='stSliderThumbValue']")).first
    for number, place in enumerate(places):
        rail.scroll_into_view_if_needed()
        # the input's box begins at the thumb's middle and reaches beyond the rail where the thumb is far to the right
        box, at = rail.bounding_box(), thumb.bounding_box()
        page.mouse.move(at["x"], at["y"] + at["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + place * box["width"], at["y"] + at["height"] / 2, steps=4)
        page.wait_for_timeout(60)
        page.evaluate(CLOCK, [METRIC, charts, AFTER])
        page.mouse.up()
        measured = page.evaluate("window.gdMeasured")
        if measured[0] is None:
            raise RuntimeError(f"no figure changed within 20 s of moving the slider to {place:.0%} of its width")
        for values, value in zip(found, measured, strict=False):
            if value is not None:
                values.append(value)
        if finer and number % 4 == 3:
            begun = page.evaluate("performance.now()")
            page.wait_for_function(SETTLED)
            found[2].append(
                page.evaluate("performance.now()") - begun + max(v for v in measured if v is not None) + AFTER
            )
        page.wait_for_timeout(500)
    return found


def in_the_browser(count: int, scratch: Path) -> list[Line]:
    """Measure in chromium; return lines."""
    floor = scratch / "floor.py"
    floor.write_text(FLOOR, encoding="utf-8")
    port, other = free_port(), free_port()
    # places that differ, so that no answer is there already, and that lie apart, so that a figure changes
    inner = [0.06 + 0.88 * number / max(1, count + 2) for number in range(count + 3)]
    half = len(inner) // 2
    places = [place for pair in zip(inner[:half], inner[half:], strict=False) for place in pair]
    with chromium() as browser:
        with served(streamlit(floor, other), other, scratch / "floor.txt") as address:
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector(METRIC)
            empty, _, _ = moves(page, "[data-testid='stSlider']", 0, places[: count + 2], finer=False)
            page.close()
        with served(dashboard(port), port, scratch / "log.txt") as address:
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{address}/?v=1&scenario=baseline")
            page.wait_for_function(SETTLED)
            page.wait_for_timeout(3000)
            moves(page, EXPLORE_SLIDER, EXPLORE_CHARTS, places[:2], finer=True)  # warm
            figures, charts, finer = moves(page, EXPLORE_SLIDER, EXPLORE_CHARTS, places[2 : count + 2], finer=True)
            page.close()
    return [
        Line("floor: new figure on an empty page", empty[2:]),
        Line("new headline figures, fast grid", figures, GOALS["headline"]),
        Line("all charts drawn anew", charts, GOALS["charts"]),
        Line("figures of the default grid in their place", finer),
    ]


def at_once(count: int, minutes: float, scratch: Path) -> tuple[Line, list[str], bool]:
    """Measure many sessions; return a line of the table, what else there is to say, and whether all was well."""
    port = free_port()
    with served(dashboard(port), port, scratch / "many.txt") as address:
        crowd(address, 1, 10.0, watch=lambda: memory(port), moves=1)  # compiled and warm, however long that takes
        found: Crowd = crowd(address, count, minutes, watch=lambda: memory(port))
        log = (scratch / "many.txt").read_text(encoding="utf-8", errors="replace")
    wrong = mixed(found.sessions)
    errors = [*found.errors, *(["a traceback in the server's log"] if "Traceback" in log else [])]
    first, *_, last = found.memory or [0.0, 0.0]
    said = [
        f"{count} sessions at once for {minutes:g} minutes, a move every 10 s each: errors {len(errors)}; "
        f"figures that belong to another value {len(wrong)} of {sum(len(s.answers) for s in found.sessions)}",
        f"memory of the server, MB: {first:.0f} before, {max(found.memory or [0.0]):.0f} at most, {last:.0f} after",
        *sorted({*errors, *wrong})[:8],
    ]
    return Line(f"new headline figures, {count} sessions at once", found.milliseconds), said, not errors and not wrong


def memory(port: int) -> float:
    """Return the resident memory, MB, of the server on a port and of what it started (Linux; 0 elsewhere)."""
    sizes, parents = {}, {}
    server = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            number = int(folder.name)
            sizes[number] = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
            parents[number] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if b"dashboard" in words and str(port).encode() in words:
            server = number
    return sum(size for number, size in sizes.items() if server and server in (number, parents[number]))


def main(arguments: Sequence[str]) -> int:
    """Print the table; return an exit code: 1 with errors or mixing."""
    parser = argparse.ArgumentParser(description="How fast the dashboard answers.")
    parser.add_argument("--moves", type=int, default=40, help="moves of a slider in chromium; 0: leave that out")
    parser.add_argument("--sessions", type=int, default=20, help="websocket sessions at once; 0: leave that out")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long they go on")
    given = parser.parse_args(arguments)
    random.seed(0)
    said: list[str] = []
    good = True
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if given.moves and chromium_path() is None:
            print(MISSING, file=sys.stderr)
            return 1
        print(HEAD, flush=True)
        if given.moves:
            for line in in_the_browser(given.moves, scratch):
                print(line, flush=True)
        if given.sessions:
            line, said, good = at_once(given.sessions, given.minutes, scratch)
            print(line)
    print("\n".join(said))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
