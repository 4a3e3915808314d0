"""``python -m tests.bench``: each step alone, ours against the hardware and other programs, how cost grows; in one run.

    python -m tests.bench [--quick] [--repeats 5] [--only hardware,peers] [--json FILE] [--record] [--compare FILE]

Prints tables with ratios (minimum, median, maximum over the repeats) and writes JSON. ``--record`` keeps the ratios in
``tests/bench/record.json`` and prints the README's table of them; ``--compare`` measures nothing and prints what got
worse by more than 20% between that record and a file written with ``--json``. It always ends with 0: times are told,
they decide nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import growth, hardware, peers, solver
from tests.bench.proof import processor
from tests.bench.record import compared, markdown, ratios

RECORD = Path(__file__).with_name("record.json")
PARTS = ("steps", "hardware", "peers", "growth")
VARIANTS = 8
"""How many are solved one by one and together."""


def run(parts: Sequence[str], repeats: int, quick: bool, limit: float, only: tuple[str, ...]) -> dict[str, Any]:
    """Measure everything asked for."""
    result: dict[str, Any] = {
        "machine": {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version()},
        "quick": quick,
        "repeats": repeats,
        "load_before": os.getloadavg()[0],
    }
    begun = time.perf_counter()
    if "steps" in parts:
        print("  step by step ...", file=sys.stderr, flush=True)
        grids, variants, courses = (("700x24",), 2, 200) if quick else (("fast", "default"), VARIANTS, solver.COURSES)
        result["steps"] = [solver.measure(grid, repeats, None, variants, courses) for grid in grids]
    if "hardware" in parts:
        print("  against C ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                grid = "350x6" if quick else "fast"
                result["hardware"] = hardware.measure(grid, repeats, Path(folder), small=quick)
            except FileNotFoundError as error:
                result["hardware"] = f"{peers.NOT_MEASURED}: {error}"
    if "peers" in parts:
        result["peers"] = peers.measure(repeats, quick, limit, only)
    if "growth" in parts:
        result["growth"] = growth.measure(1 if quick else min(repeats, 3), quick)
    result["seconds"] = time.perf_counter() - begun
    result["ratios"] = ratios(result)
    return result


def tables(result: dict[str, Any]) -> str:
    """Return everything as text."""
    machine = result["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; load before: "
        f"{result['load_before']:.1f}; {result['repeats']} repeats{' (quick)' if result['quick'] else ''}"
    ]
    if result.get("steps"):
        lines += ["", "Step by step: minimum, median, maximum by the clock and by the processor"]
        lines += [solver.table(each) for each in result["steps"]]
    measured = result.get("hardware")
    if isinstance(measured, str):
        lines += ["", f"Against C: {measured}"]
    elif measured:
        count = measured["evaluations"]
        lines += ["", f"Against C: the same recursion, grid {measured['grid']}, {count / 1e6:.0f} million evaluations"]
        head = ("what", "threads", "million a second", "C / ours: min", "median", "max", "largest difference")
        rows = [
            (row["what"], str(row["threads"]), f"{count / min(row['seconds']) / 1e6:.0f}", *_three(row["ratio"]),
             f"{row['difference']:.0e}" if row["difference"] else "0")
            for row in measured["lines"]
        ]  # fmt: skip
        lines += _aligned(head, rows)
        for peak in measured["peaks"]:
            own = [row for row in measured["lines"] if row["what"] == "ours" and row["threads"] == peak["threads"]]
            speed = count / min(own[0]["seconds"])
            flops, read = speed * measured["flops_per_evaluation"] / 1e9, speed * measured["bytes_per_evaluation"] / 1e9
            lines.append(
                f"  {peak['threads']} threads: ours {flops:.0f} of {peak['gigaflops']:.0f} gigaflops "
                f"({flops / peak['gigaflops']:.0%}); {read:.0f} GB/s read, mostly from cache (memory gives "
                f"{peak['gigabytes']:.0f})"
            )
    if result.get("peers"):
        lines += ["", "Against other programs: times faster than each"]
        head = ("program", "work", "ours a second", "theirs a second", "ratio: min", "median", "max", "")
        rows = [
            (row["peer"], row["work"], _si(row["ours_per_second"]), _si(row["theirs_per_second"]),
             *_three(row["ratio"]), _status(row))
            for row in result["peers"]
        ]  # fmt: skip
        lines += _aligned(head, rows)
    if result.get("growth"):
        lines += ["", "How cost grows"]
        head = ("what", "states", "seconds: min", "median", "max", "million evaluations a second", "peak MB")
        rows = [
            (f"{row['size']:,} {growth.UNITS[row['kind']]}", f"{row['states']:,}", *_three(row["seconds"], 3),
             f"{row['evaluations'] / min(row['seconds']) / 1e6:.0f}", f"{row['peak_mb']:.0f}")
            for row in result["growth"]
        ]  # fmt: skip
        lines += _aligned(head, rows)
    return "\n".join(lines)


def _three(values: Sequence[float], digits: int = 2) -> tuple[str, str, str]:
    if not values:
        return ("-", "-", "-")
    low, middle, high = min(values), statistics.median(values), max(values)
    return tuple(f"{each:.{digits}f}" if each < 100 else f"{each:,.0f}" for each in (low, middle, high))  # type: ignore[return-value]


def _si(values: Sequence[float]) -> str:
    if not values:
        return "-"
    best = max(values)
    for size, word in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if best >= size:
            return f"{best / size:.1f}{word}"
    return f"{best:.1f}"


def _status(row: dict[str, Any]) -> str:
    if row["status"] != "measured":
        return str(row["status"])
    return "" if row.get("agrees", True) else "ANSWERS DIFFER"


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[j]) for row in (head, *rows)) for j in range(len(head))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: about a minute, to see that all runs")
    parser.add_argument("--repeats", type=int, default=None, help="default 5; 2 with --quick")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--peers", default=",".join(peers.ALL), help="which other programs, with commas")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that a peer may take for one size")
    parser.add_argument("--json", default=None, help="also write everything to this file")
    parser.add_argument("--record", action="store_true", help=f"keep the ratios in {RECORD.name}")
    parser.add_argument("--compare", default=None, metavar="FILE", help="compare this file with the record, and stop")
    given = parser.parse_args(arguments)
    if given.compare:
        if not RECORD.is_file():
            print("there is no record yet; --record makes one")
            return 0
        record = json.loads(RECORD.read_text(encoding="utf-8"))
        print(compared(record["ratios"], json.loads(Path(given.compare).read_text(encoding="utf-8"))["ratios"]))
        return 0
    repeats = given.repeats or (2 if given.quick else 5)
    only = tuple(name for name in given.peers.split(",") if name)
    result = run(given.only.split(","), repeats, given.quick, given.limit, only)
    print(tables(result))
    if given.json:
        Path(given.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if given.record:
        kept = {name: result[name] for name in ("machine", "quick", "repeats", "ratios")}
        RECORD.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print("\nFor the README:\n\n" + markdown(kept))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
