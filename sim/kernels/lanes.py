"""Eight states at a time: a vector of eight float64 as a type of numba, with the arithmetic that the kernels need.

The operations map one to one on LLVM's vector instructions, whatever the width of the machine's registers; none carries
a flag that reassociates or contracts, and a fused multiply-add stands only where `fma` is written. So a lane's result
does not depend on its neighbours, and the same bits come out wherever a state stands.

``exp`` is that of `sim.kernels.mathematics`: relative error at most 1e-14 from -708 to 0.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from sim.kernels.compiled import kernel
from sim.kernels.mathematics import LN2_HIGH, LN2_LOW, LOG2E, LOWEST, MAGIC

WIDTH = 8
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_WHOLE = ir.VectorType(ir.IntType(64), WIDTH)


def _operation(function: Any) -> Any:
    return intrinsic(function)


class LanesType(types.Type):
    """Eight float64 in a register."""

    def __init__(self) -> None:
        super().__init__("Lanes")


LANES = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


def _address(context: Any, builder: Any, array: Any, kind: Any, start: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _VECTOR.as_pointer())


@_operation
def load(typingctx: Any, array: Any, start: Any) -> Any:
    """Return the eight numbers of a one-dimensional array from ``start``; the bounds are not checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.load(_address(context, builder, arguments[0], signature.args[0], arguments[1]))
        found.align = 8
        return found

    return LANES(array, types.intp), codegen


@_operation
def store(typingctx: Any, array: Any, start: Any, lanes: Any) -> Any:
    """Put eight numbers into a one-dimensional array from ``start``; the bounds are not checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, arguments[0], signature.args[0], arguments[1])
        builder.store(arguments[2], address).align = 8
        return context.get_dummy_value()

    return types.none(array, types.intp, LANES), codegen


def _spread(builder: Any, value: Any) -> Any:
    first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), zeros)


@_operation
def spread(typingctx: Any, value: Any) -> Any:
    """Return eight times the same number."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _spread(builder, arguments[0])

    return LANES(types.float64), codegen


@_operation
def where(typingctx: Any, bits: Any, lanes: Any) -> Any:
    """Return the lanes whose bit is set (bit 0: the first lane), 0 in the others."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mask = builder.bitcast(arguments[0], ir.VectorType(ir.IntType(1), WIDTH))
        return builder.select(mask, arguments[1], ir.Constant(_VECTOR, [0.0] * WIDTH))

    return LANES(types.uint8, LANES), codegen


@_operation
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _fma(builder, *arguments)

    return LANES(LANES, LANES, LANES), codegen


@_operation
def larger(typingctx: Any, a: Any, b: Any) -> Any:
    """Return the larger number lane by lane."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, second = arguments
        return builder.select(builder.fcmp_ordered(">", first, second), first, second)

    return LANES(LANES, LANES), codegen


@_operation
def any_above(typingctx: Any, a: Any, b: Any) -> Any:
    """Return whether some lane of a is above that of b."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.bitcast(builder.fcmp_ordered(">", *arguments), ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", found, ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(LANES, LANES), codegen


@_operation
def exp(typingctx: Any, x: Any) -> Any:
    """Return exp(x) for x <= 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _exp(builder, arguments[0])

    return LANES(LANES), codegen


@_operation
def logistic(typingctx: Any, x: Any) -> Any:
    """Return 1 / (1 + exp(-x)) without overflow."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, one = arguments[0], _constant(1.0)
        positive = builder.fcmp_ordered(">=", x, _constant(0.0))
        small = _exp(builder, builder.select(positive, builder.fneg(x), x))
        return builder.fdiv(builder.select(positive, one, small), builder.fadd(one, small))

    return LANES(LANES), codegen


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * WIDTH)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{WIDTH}f64")  # type: ignore[no-untyped-call]
    return builder.call(function, [a, b, c])


def _exp(builder: Any, x: Any) -> Any:
    """Follow `sim.kernels.mathematics.exp_negative`."""
    lowest = _constant(LOWEST)
    x = builder.select(builder.fcmp_ordered(">", x, lowest), x, lowest)
    shifted = _fma(builder, x, _constant(LOG2E), _constant(MAGIC))
    n = builder.fsub(shifted, _constant(MAGIC))
    r = _fma(builder, n, _constant(-LN2_LOW), _fma(builder, n, _constant(-LN2_HIGH), x))
    p = _constant(1.0 / 39916800.0)
    for factorial in (3628800.0, 362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0):
        p = _fma(builder, p, r, _constant(1.0 / factorial))
    power = builder.shl(builder.bitcast(shifted, _WHOLE), ir.Constant(_WHOLE, [52] * WIDTH))
    return builder.bitcast(builder.add(builder.bitcast(p, _WHOLE), power), _VECTOR)


def _define(function: Any, instruction: str) -> None:
    """Give two vectors an operator."""

    class Template(ConcreteTemplate):
        cases = [signature(LANES, LANES, LANES)]  # type: ignore[no-untyped-call] # noqa: RUF012 (numba reads a plain list)

    def lowered(context: Any, builder: Any, kind: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)

    infer_global(function)(Template)  # type: ignore[no-untyped-call]
    lower_builtin(function, LANES, LANES)(lowered)  # type: ignore[no-untyped-call]


for _function, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define(_function, _instruction)


@kernel()
def exp_array(x: Any, out: Any) -> None:
    """Fill ``out`` with exp(x) for x <= 0, both shape (n,), n a multiple of eight."""
    for j in range(0, x.shape[0], WIDTH):
        store(out, j, exp(load(x, j)))
