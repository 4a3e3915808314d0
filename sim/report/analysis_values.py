"""Values of analyses as a reader wants them: outcomes, points, parameters and what these mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report import theme, words

Record = Mapping[str, Any]
VISIBLE = 0.005
"""Points below which a number with two decimals is 0."""


def signed(value: float) -> str:
    """Points with their sign and two decimals; 0 where that would say nothing."""
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= VISIBLE else "0"


def written(value: float, unit: str) -> str:
    """A headline outcome as a reader wants it."""
    if unit == "persons":
        return words.persons(value)
    return words.percent(value) if unit in ("probability", "share") else words.tenths(value)


def four_digits(value: object) -> str:
    """A parameter's value in at most four digits."""
    return f"{value:.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def meanings(dossier: Record) -> dict[str, str]:
    """Return parameter -> whose it is and what it means, in few words."""
    return {row["name"]: _meaning(row["name"], row["meaning"]) for row in dossier["sources"]}


def _meaning(name: str, meaning: str) -> str:
    owner, _, rest = name.partition(".")
    short = meaning
    for mark in (";", ":", ", times", " (lam)", ", on top", ", net"):
        short = short.partition(mark)[0]
    if owner in theme.CAPITALS:
        who = theme.CAPITALS[owner].name
    elif name.startswith("menu.recognition."):
        table = rest.split(".")[1].split("_")[0]
        who = f"{table.upper() if len(table) == 2 else table} table"
    else:
        who = {"world": "World", "start": "Start", "menu": "Menu"}.get(owner, owner)
    return f"{who}: {short}"
