"""How kernels are compiled: without the interpreter's lock, and kept on disk where there is a place to keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def part(**flags: Any) -> Callable[[Any], Any]:
    """Return a decorator for what only kernels call: compiled as a part of them."""

    def compiled(function: Any) -> Any:
        return njit(nogil=True, error_model="numpy", **flags)(function)

    return compiled


def kernel(**flags: Any) -> Callable[[Any], Any]:
    """Return a decorator that compiles a kernel at its first call.

    The machine code is kept beside the package, or in the user's cache, or in ``NUMBA_CACHE_DIR``. Where none of them
    can be written to (a read-only installation), every process compiles for itself.
    """

    def compiled(function: Any) -> Any:
        try:
            return njit(cache=True, nogil=True, error_model="numpy", **flags)(function)
        except RuntimeError:  # "no locator available"
            return njit(nogil=True, error_model="numpy", **flags)(function)

    return compiled
