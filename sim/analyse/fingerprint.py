"""What a part of the program computes, as one hash: it changes with the code's meaning and not with its words."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_NO_NUMBERS = ("document.py",)
"""Files in the packages named that determine no number."""


def meaning_of(names: Sequence[str]) -> str:
    """Return the sha256 (hex) of the syntax trees of modules and packages, named from ``sim`` on.

    Comments, docstrings, annotations and formatted text do not count; names and where things stand do.
    """
    return _meaning(tuple(names))


@cache
def _meaning(names: tuple[str, ...]) -> str:
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for name in names:
        place = root / name
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            if file.name not in _NO_NUMBERS:
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(repr(shape(ast.parse(file.read_bytes()))).encode())
    return digest.hexdigest()


def shape(node: Any) -> Any:
    """Return a syntax tree as nested tuples that say what it computes, the same for every version of Python.

    Docstrings, annotations and formatted text are left out, and so are fields that are empty.
    """
    if isinstance(node, list):
        return tuple(shape(part) for part in node if not _is_text(part))
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.JoinedStr):
        return "text"
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return "declared"
    fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
    skipped = ("annotation", "returns", "ctx", "kind", "type_comment")
    return (type(node).__name__, *((name, shape(value)) for name, value in fields if name not in skipped))


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
