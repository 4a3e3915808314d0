"""From a file, standard input or a text to a parsed tree, or to the problem that stands in the way.

A scenario file is small. Size, nesting and the length of dotted keys are limited before anything is parsed, because the
parser needs memory and time beyond all measure for some short malicious texts.
"""

from __future__ import annotations

import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

from sim.errors import Problem
from sim.scenario.words import nearest, printable, shown

LARGEST_FILE = 256 * 1024
DEEPEST = 8
MOST_PARTS = 16
STDIN = "standard input"

_WHOLE_FILE = "whole file"
_A_FILE = "a scenario file (TOML text)"
_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(
    rf"(?:^|[{{,])[ \t]*+\[{{0,2}}[ \t]*+{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_PARTS}}}", re.MULTILINE
)
_PLACE = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL)


def read_file(path: Path, file: str) -> bytes | Problem:
    """Return the bytes of a regular file of at most `LARGEST_FILE` bytes; ``file`` is its name in messages."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return Problem(file, _WHOLE_FILE, "a folder", _A_FILE)
        if not stat.S_ISREG(mode):
            # Opening a pipe could wait for ever, and a device never ends.
            return Problem(file, _WHOLE_FILE, "a pipe or a device", _A_FILE, 'The name "-" reads standard input.')
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return Problem(file, _WHOLE_FILE, "no such file", _A_FILE, neighbour(path))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "a name that cannot be used"
        return Problem(file, _WHOLE_FILE, f"a file that cannot be read ({printable(reason)})", _A_FILE)
    return _limited(data, file)


def read_stdin() -> bytes | Problem:
    """Return what standard input holds, at most `LARGEST_FILE` bytes."""
    source = sys.stdin
    try:
        if source is None:
            return Problem(STDIN, _WHOLE_FILE, "nothing", _A_FILE)
        buffer = getattr(source, "buffer", None)
        data = buffer.read(LARGEST_FILE + 1) if buffer is not None else source.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        return Problem(STDIN, _WHOLE_FILE, f"nothing readable ({printable(str(error))})", _A_FILE)
    return _limited(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, STDIN)


def parse(data: bytes, file: str) -> dict[str, Any] | Problem:
    """Return the tree of a TOML text in UTF-8 (a leading byte-order mark is allowed)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1}"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return Problem(file, where, "text in UTF-16", "text in UTF-8", "Save the file as UTF-8.")
        return Problem(file, where, f"the byte 0x{data[error.start]:02x}", "text in UTF-8", "Save the file as UTF-8.")
    return parse_text(text, file)


def parse_text(text: str, file: str) -> dict[str, Any] | Problem:
    """Return the tree of a TOML text."""
    long_key = _LONG_KEY.search(text)
    if long_key is not None:
        line = text.count("\n", 0, long_key.start() + 1) + 1
        return Problem(
            file, f"line {line}", "a key of very many parts", f"keys of at most {MOST_PARTS} parts, joined by dots"
        )
    try:
        # The grammar ends a line with a line feed; a lone carriage return is refused there as a control character.
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _syntax(error, text, file)
    except RecursionError:
        return _too_deep(file)
    except (ValueError, OverflowError) as error:  # a whole number of thousands of digits, an impossible date
        return Problem(file, _WHOLE_FILE, f"a value that cannot be read ({printable(str(error), 80)})", "TOML values")
    return _too_deep(file) if _depth_exceeds(tree, DEEPEST) else tree


def _limited(data: bytes, file: str) -> bytes | Problem:
    if len(data) <= LARGEST_FILE:
        return data
    size = f"more than {LARGEST_FILE // 1024} KiB"
    return Problem(file, _WHOLE_FILE, size, f"at most {LARGEST_FILE // 1024} KiB (a scenario is a few lines)")


def _syntax(error: tomllib.TOMLDecodeError, text: str, file: str) -> Problem:
    match = _PLACE.match(str(error))
    if match is None or match["line"] is None:
        what = match["what"] if match else str(error)
        return Problem(file, "end of file", f"a file that stops too early ({printable(what)})", "complete TOML")
    number, column = int(match["line"]), int(match["column"])
    # Split as the parser counts: by line feeds alone, not by every character that Unicode calls a line's end.
    lines = text.replace("\r\n", "\n").split("\n")
    line = lines[number - 1].strip() if number <= len(lines) else ""
    return Problem(file, f"line {number}, column {column}", shown(line), f"valid TOML ({printable(match['what'])})")


def _too_deep(file: str) -> Problem:
    return Problem(file, _WHOLE_FILE, "very deep nesting", f"tables and lists at most {DEEPEST} deep")


def _depth_exceeds(tree: object, limit: int) -> bool:
    """Say whether containers are nested deeper than ``limit``; no recursion, since dotted keys nest without it."""
    level: list[object] = [tree]
    for _ in range(limit + 1):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def neighbour(path: Path) -> str:
    """Return "Did you mean ...?" with the scenario file in the same folder whose name is nearest, or nothing."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == ".toml")[:1000]
    except (OSError, ValueError):
        return ""
    close = nearest(path.name, names)
    return f"Did you mean {printable(close)}?" if close else ""
