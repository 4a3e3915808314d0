"""Keeps the tables in MODEL.md in step with the code: ``python -m sim.model.document --check | --write | --measure``.

Everything between a pair of markers is written by this module; the rest of the document is written by hand.
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.model.compile import compile
from sim.model.dials import GRIDS, Grid
from sim.model.terms import FLOW
from sim.scenario import ParameterInfo, load, parameter_info, setting_info

DOCUMENT = Path(__file__).with_name("MODEL.md")
MEASURED_MONTHS = (12, 24)
LONG_ROUNDS = 120
NEGLIGIBLE = 1e-9
"""Outcomes smaller than this are not compared."""
_TITLES = {
    "minsk": "Minsk",
    "washington": "Washington",
    "brussels": "Brussels",
    "moscow": "Moscow",
    "world": "The world",
    "start": "The start",
    "menu": "The menu",
}


def parameter_tables() -> str:
    """Return every parameter with meaning, unit, default, plausible range and source, one table a section."""
    numbers, settings = parameter_info(), setting_info()
    sections: dict[str, list[str]] = {}
    for name in load("baseline").values():
        info = numbers[name] if name in numbers else settings[name]
        plausible = ""
        if isinstance(info, ParameterInfo):
            plausible = f"{info.low:g}" if info.low == info.high else f"{info.low:g} to {info.high:g}"
        backing = info.source if info.source == "assumption" else f"`{info.source}`"
        source = f"{backing}: {info.reason}" if info.reason else backing
        cells = (f"`{name}`", info.meaning, info.unit, _plain(info.value), plausible, source)
        sections.setdefault(name.split(".")[0], []).append(_row(cells))
    head = _head("parameter", "meaning", "unit", "default", "plausible range", "source")
    return "\n\n".join(f"#### {_TITLES[key]}\n\n{head}\n" + "\n".join(rows) for key, rows in sections.items())


def term_tables() -> str:
    """Return every payoff term with the turns at which it is paid, its formula and its parameters."""
    model = compile(load("baseline", {"menu.summit": True}), "fast")
    merged: dict[tuple[str, str], tuple[str, tuple[str, ...], list[str]]] = {}
    for term in model.terms:
        entry = merged.setdefault((term.player, term.name), (term.formula, term.parameters, []))
        entry[2].append("every month" if term.where == FLOW else f"`{term.where}`")
    rows: dict[str, list[str]] = {}
    for (player, name), (formula, parameters, where) in merged.items():
        listed = ", ".join(f"`{parameter.removeprefix(player + '.')}`" for parameter in parameters)
        rows.setdefault(player, []).append(_row((name, ", ".join(where), f"${formula}$", listed)))
    head = _head("term", "when", "formula, in points", "parameters")
    return "\n\n".join(f"#### {_TITLES[key]}\n\n{head}\n" + "\n".join(lines) for key, lines in rows.items())


def measurements() -> str:
    """Run the baseline on every grid and with a longer horizon; return the outcomes and their differences."""
    run: Callable[..., Any] = importlib.import_module("sim").run
    fine, usual = GRIDS["fine"], GRIDS["default"]
    longer = Grid(f"default, {LONG_ROUNDS} rounds", usual.lot, LONG_ROUNDS)
    results = {grid.name: run("baseline", grid=grid) for grid in (fine, usual, GRIDS["fast"], longer)}
    parts = []
    for month in MEASURED_MONTHS:
        at = {name: _outcomes(result, month) for name, result in results.items()}
        head = _head("outcome", "fine", "default against fine", "fast against fine", f"{LONG_ROUNDS} rounds against 60")
        rows = [
            _row(
                (
                    f"`{outcome}`",
                    f"{value:.5g}",
                    _difference(at["default"][outcome], value),
                    _difference(at["fast"][outcome], value),
                    _difference(at[longer.name][outcome], at["default"][outcome]),
                )
            )
            for outcome, value in at["fine"].items()
        ]
        parts.append(f"Baseline, month {month}:\n\n{head}\n" + "\n".join(rows))
    return "\n\n".join(parts)


BLOCKS: Mapping[str, Callable[[], str]] = {"terms": term_tables, "parameters": parameter_tables}
"""Blocks that ``--check`` compares and ``--write`` rewrites; the measurements take a while and have their own flag."""


def replaced(text: str, block: str, content: str) -> str:
    """Return the document with what stands between a block's markers replaced.

    Raises
    ------
    ValueError : the markers are missing.
    """
    begin, end = f"<!-- {block}:begin -->\n", f"<!-- {block}:end -->"
    if begin not in text or end not in text:
        raise ValueError(f"{DOCUMENT.name}: markers of block {block!r} not found")
    head, rest = text.split(begin, 1)
    return head + begin + content + "\n" + end + rest.split(end, 1)[1]


def refreshed(text: str) -> str:
    """Return the document with all checked blocks written anew."""
    for block, make in BLOCKS.items():
        text = replaced(text, block, make())
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or rewrite the document; returns the exit code: 1 if ``--check`` finds it stale."""
    parser = argparse.ArgumentParser(prog="python -m sim.model.document", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--check", action="store_true", help="exit 1 if a generated table is stale")
    wanted.add_argument("--write", action="store_true", help="rewrite the generated tables")
    wanted.add_argument("--measure", action="store_true", help="run the grids and rewrite the measurements")
    given = parser.parse_args(arguments)
    text = DOCUMENT.read_text(encoding="utf-8")
    if given.measure:
        DOCUMENT.write_text(replaced(text, "measurements", measurements()), encoding="utf-8")
        return 0
    fresh = refreshed(text)
    if given.write:
        DOCUMENT.write_text(fresh, encoding="utf-8")
        return 0
    if fresh != text:
        print(f"{DOCUMENT.name} is stale: run python -m sim.model.document --write", file=sys.stderr)
        return 1
    return 0


def _outcomes(result: Any, month: int) -> dict[str, float]:
    return {name: float(values[month - 1]) for name, values in result.outcomes.items()}


def _difference(value: float, reference: float) -> str:
    if max(abs(value), abs(reference)) < NEGLIGIBLE:
        return "both 0"
    if reference == 0.0:
        return f"{value:+.3g} (from 0)"
    return f"{(value / reference - 1.0) * 100.0:+.2f}%"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "inf" if math.isinf(value) else f"{value:g}"
    if isinstance(value, tuple | list):
        return ", ".join(_plain(item) for item in value) or "none"
    return str(value)


def _head(*names: str) -> str:
    return _row(names) + "\n" + _row(["---"] * len(names))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
