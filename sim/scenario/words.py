"""How a message shows what was found: short, safe to print on any terminal, never an error of its own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

_LONGEST = 60


def printable(text: str, longest: int = 120) -> str:
    """Return ``text`` without control, bidirectional or broken characters, cut in the middle when it is long."""
    if len(text) > longest:
        text = text[: longest - 24] + " ... " + text[-19:]
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown(value: object, depth: int = 0) -> str:
    """Return what was found, written as in TOML where it can be, and shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Decimal digits of a very large whole number cost quadratic time, and Python refuses to write them.
        return str(value) if value.bit_length() < 128 else f"a whole number of {value.bit_length()} bits"
    if isinstance(value, float):
        return f"{value!r}" if type(value) is float else f"{float(value)!r}"
    if isinstance(value, str):
        return f'"{printable(value, _LONGEST)}"' if value else "an empty text"
    if isinstance(value, Mapping):
        return f"a table of {len(value)}" if value else "an empty table"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        if depth > 1:
            return "a list"
        inside = ", ".join(shown(item, depth + 1) for item in value[:6])
        return f"[{inside}, ... {len(value)} in all]" if len(value) > 6 else f"[{inside}]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return f"a value of type {printable(type(value).__name__, _LONGEST)}"


def nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the name in ``names`` most like ``name``, or None when none comes near."""
    close = difflib.get_close_matches(name[:64].lower(), names, n=1, cutoff=0.6)
    return close[0] if close else None
