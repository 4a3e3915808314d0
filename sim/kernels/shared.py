"""What a kernel shares with others outside numba's own arrays: memory by its address, and counters of several threads.

An array seen through its address is not counted by anybody: whoever gives an address holds on to the array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types  # type: ignore[attr-defined]

from sim.kernels.compiled import operation


@operation
def _pointer(typingctx: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), codegen


@njit(inline="always")
def floats(address: int, rows: int, columns: int) -> Any:
    """Return the float64 [rows, columns] at an address."""
    return carray(_pointer(address), (rows, columns), np.float64)


@njit(inline="always")
def numbers(address: int, n: int) -> Any:
    """Return the float64 [n] at an address."""
    return carray(_pointer(address), (n,), np.float64)


@njit(inline="always")
def wholes(address: int, n: int) -> Any:
    """Return the int64 [n] at an address."""
    return carray(_pointer(address), (n,), np.int64)


@njit(inline="always")
def halves(address: int, n: int) -> Any:
    """Return the int32 [n] at an address."""
    return carray(_pointer(address), (n,), np.int32)


@njit(inline="always")
def small(address: int, n: int) -> Any:
    """Return the uint8 [n] at an address."""
    return carray(_pointer(address), (n,), np.uint8)


@operation
def count(typingctx: Any, counters: Any, place: Any) -> Any:
    """Add one to an int64 of an array and return what it was, as one step for all threads."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        one = ir.Constant(ir.IntType(64), 1)
        return builder.atomic_rmw("add", builder.gep(data, [arguments[1]]), one, "seq_cst")

    return types.int64(counters, types.intp), codegen


@operation
def counted(typingctx: Any, counters: Any, place: Any) -> Any:
    """Return an int64 of an array as it is now; what was written before it was counted up can be read after."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load_atomic(builder.gep(data, [arguments[1]]), "acquire", 8)

    return types.int64(counters, types.intp), codegen


@operation
def borrowed(typingctx: Any, arrays: Any) -> Any:
    """Return the same array, or tuple of arrays, without a count of who uses it: threads would wait at every count.

    The caller holds on to them.
    """

    def uncounted(context: Any, builder: Any, kind: Any, item: Any) -> Any:
        if not isinstance(kind, types.Array):
            return item
        array = context.make_array(kind)(context, builder, item)
        array.meminfo = ir.Constant(array.meminfo.type, None)
        array.parent = ir.Constant(array.parent.type, None)
        return array._getvalue()

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, given = signature.return_type, arguments[0]
        if isinstance(kind, types.Array):
            return uncounted(context, builder, kind, given)
        items = [uncounted(context, builder, each, builder.extract_value(given, k)) for k, each in enumerate(kind)]
        return context.make_tuple(builder, kind, items)

    return arrays(arrays), codegen
