"""How kernels are compiled: without the interpreter's lock, and kept on disk where there is a place to keep them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.extending import intrinsic

SHARED = ("compiled.py", "lanes.py", "mathematics.py", "move.py", "shared.py", "table.py")
"""The modules here that others are built from."""
FIRST = "Compiling the solver for this machine, about 10 seconds; the first time only."
_made: list[Any] = []


def _stamp(folder: Path) -> str:
    total = hashlib.sha256()
    for name in SHARED:
        file = folder / name
        total.update(file.read_bytes() if file.is_file() else b"")
    return total.hexdigest()


SOURCES = _stamp(Path(__file__).parent)
"""Hash of what every kernel is built from."""


def part(**flags: Any) -> Callable[[Any], Any]:
    """Return a decorator for what only kernels call: compiled as a part of them."""

    def compiled(function: Any) -> Any:
        return njit(nogil=True, error_model="numpy", **flags)(function)

    return compiled


def operation(function: Any) -> Any:
    """Make what kernels call from its instructions (see `numba.extending.intrinsic`)."""
    return intrinsic(function)


def kernel(**flags: Any) -> Callable[[Any], Any]:
    """Return a decorator that compiles a kernel at its first call.

    The machine code is kept beside the package, or in the user's cache, or in ``NUMBA_CACHE_DIR``, and counts only with
    the very sources that it was compiled from. Where none of these places can be written to (a read-only installation),
    every process compiles for itself.
    """

    def compiled(function: Any) -> Any:
        try:
            found = njit(cache=True, nogil=True, error_model="numpy", **flags)(function)
        except RuntimeError:  # "no locator available"
            return njit(nogil=True, error_model="numpy", **flags)(function)
        # numba stamps kept code with the kernel's own file alone; what it has inlined counts as well
        kept = found._cache._cache_file
        kept._source_stamp = (kept._source_stamp, SOURCES)
        _made.append(found)
        return found

    return compiled


def announce() -> None:
    """Say once, to whoever listens to the log ``sim``, that kernels will be compiled, unless they are kept already."""
    if _made and not any(any(Path(found.stats.cache_path).glob("*.nbc")) for found in _made):
        logging.getLogger("sim").info(FIRST)
    _made.clear()
