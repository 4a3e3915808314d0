"""Eight states at a time: a vector of eight float64 as a type of numba, with the arithmetic that the kernels need.

The operations map one to one on LLVM's vector instructions, whatever the width of the machine's registers; none carries
a flag that reassociates or contracts, and a fused multiply-add stands only where `fma` is written. So a lane's result
does not depend on its neighbours, and the same bits come out wherever a state stands.

``exp2(x)``: with n = round(x) and f = x - n, which is exact, a polynomial of degree 10 in |f| <= 1/2 times 2**n, set by
adding n to the exponent bits. Its coefficients minimise the largest relative error (2.3e-16 before rounding) with 1 at
0, so that the relative error is at most 1e-14 (a test measures it). Below -1022 the result is that of -1022.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from sim.kernels.compiled import kernel, operation
from sim.kernels.mathematics import MAGIC

WIDTH = 8
FARTHEST = 1022.0  # within it 2**x and 1 + 2**x have an ordinary exponent
POWERS = (
    *(7.038321613202602e-09, 1.0208324213445358e-07, 1.3215652605963033e-06, 1.5252659418318129e-05),
    *(0.00015403529996715543, 0.0013333558225825824, 0.009618129107980544, 0.055504108664481536),
    *(0.24022650695909112, 0.6931471805599492, 1.0),
)
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_WHOLE = ir.VectorType(ir.IntType(64), WIDTH)


class LanesType(types.Type):
    """Eight float64 in a register."""

    def __init__(self) -> None:
        super().__init__("Lanes")


LANES = LanesType()
_FOUR = types.UniTuple(LANES, 4)  # type: ignore[no-untyped-call]


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


def _address(context: Any, builder: Any, array: Any, kind: Any, start: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _VECTOR.as_pointer())


@operation
def load(typingctx: Any, array: Any, start: Any) -> Any:
    """Return the eight numbers of a one-dimensional array from ``start``; the bounds are not checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.load(_address(context, builder, arguments[0], signature.args[0], arguments[1]))
        found.align = 8
        return found

    return LANES(array, types.intp), codegen


@operation
def store(typingctx: Any, array: Any, start: Any, lanes: Any) -> Any:
    """Put eight numbers into a one-dimensional array from ``start``; the bounds are not checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, arguments[0], signature.args[0], arguments[1])
        builder.store(arguments[2], address).align = 8
        return context.get_dummy_value()

    return types.none(array, types.intp, LANES), codegen


@operation
def columns_of_four(typingctx: Any, array: Any, order: Any, start: Any) -> Any:
    """Return four vectors, whose lanes j stand in row order[start + j] of an array of rows of four."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        rows = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        quarter = ir.VectorType(_DOUBLE, 4)
        found = []
        for j in range(WIDTH):
            at = builder.gep(rows, [builder.add(arguments[2], ir.Constant(arguments[2].type, j))])
            from_ = builder.gep(data, [builder.mul(builder.load(at), ir.Constant(arguments[2].type, 4))])
            row = builder.load(builder.bitcast(from_, quarter.as_pointer()))
            row.align = 8
            found.append(row)
        # rows j and j + 4 side by side, then pairs of those, so that every step is one instruction
        wide = [_mixed(builder, found[j], found[j + 4], list(range(8))) for j in range(4)]
        pairs = []
        for low, high in ((0, 1), (2, 3)):
            for odd in (0, 1):
                lanes = [x for left in (0, 2, 4, 6) for x in (left + odd, 8 + left + odd)]
                pairs.append(_mixed(builder, wide[low], wide[high], lanes))
        columns = []
        for player in range(4):
            first, second = pairs[player % 2], pairs[2 + player % 2]
            x = 2 * (player // 2)
            columns.append(_mixed(builder, first, second, [x, x + 1, 8 + x, 9 + x, 4 + x, 5 + x, 12 + x, 13 + x]))
        return context.make_tuple(builder, signature.return_type, columns)

    return _FOUR(array, order, types.intp), codegen


@operation
def rows_of_four(typingctx: Any, array: Any, order: Any, start: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Put the lanes j of four vectors into row order[start + j] of an array of rows of four."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        rows = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        quarter = ir.VectorType(_DOUBLE, 4)
        halves = [[0, 8, 1, 9, 2, 10, 3, 11], [4, 12, 5, 13, 6, 14, 7, 15]]
        left, right = ([_mixed(builder, a, b, half) for half in halves] for a, b in (arguments[3:5], arguments[5:7]))
        for j in range(WIDTH):
            x = 2 * (j % 4)
            row = _mixed(builder, left[j // 4], right[j // 4], [x, x + 1, x + 8, x + 9])
            at = builder.gep(rows, [builder.add(arguments[2], ir.Constant(arguments[2].type, j))])
            to = builder.gep(data, [builder.mul(builder.load(at), ir.Constant(arguments[2].type, 4))])
            builder.store(row, builder.bitcast(to, quarter.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.none(array, order, types.intp, LANES, LANES, LANES, LANES), codegen


def _mixed(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
    whole = ir.IntType(32)
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(whole, len(lanes)), lanes))


def _spread(builder: Any, value: Any) -> Any:
    first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), zeros)


@operation
def spread(typingctx: Any, value: Any) -> Any:
    """Return eight times the same number."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _spread(builder, arguments[0])

    return LANES(types.float64), codegen


@operation
def where(typingctx: Any, bits: Any, lanes: Any) -> Any:
    """Return the lanes whose bit is set (bit 0: the first lane), 0 in the others."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mask = builder.bitcast(arguments[0], ir.VectorType(ir.IntType(1), WIDTH))
        return builder.select(mask, arguments[1], ir.Constant(_VECTOR, [0.0] * WIDTH))

    return LANES(types.uint8, LANES), codegen


@operation
def either(typingctx: Any, bits: Any, a: Any, b: Any) -> Any:
    """Return the lanes of a whose bit is set, those of b for the others."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mask = builder.bitcast(arguments[0], ir.VectorType(ir.IntType(1), WIDTH))
        return builder.select(mask, arguments[1], arguments[2])

    return LANES(types.uint8, LANES, LANES), codegen


@operation
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _fma(builder, *arguments)

    return LANES(LANES, LANES, LANES), codegen


@operation
def larger(typingctx: Any, a: Any, b: Any) -> Any:
    """Return the larger number lane by lane."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, second = arguments
        return builder.select(builder.fcmp_ordered(">", first, second), first, second)

    return LANES(LANES, LANES), codegen


@operation
def any_above(typingctx: Any, a: Any, b: Any) -> Any:
    """Return whether some lane of a is above that of b."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.bitcast(builder.fcmp_ordered(">", *arguments), ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", found, ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(LANES, LANES), codegen


@operation
def exp2(typingctx: Any, x: Any) -> Any:
    """Return 2**x for x <= 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _exp2(builder, arguments[0])

    return LANES(LANES), codegen


@operation
def one_in(typingctx: Any, x: Any) -> Any:
    """Return 1 / (1 + 2**x), the logistic of -x ln 2, without overflow."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one = _constant(1.0)
        return builder.fdiv(one, builder.fadd(one, _exp2(builder, _bounded(builder, "<", arguments[0], FARTHEST))))

    return LANES(LANES), codegen


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * WIDTH)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{WIDTH}f64")  # type: ignore[no-untyped-call]
    return builder.call(function, [a, b, c])


def _bounded(builder: Any, side: str, x: Any, bound: float) -> Any:
    return builder.select(builder.fcmp_ordered(side, x, _constant(bound)), x, _constant(bound))


def _exp2(builder: Any, x: Any) -> Any:
    x = _bounded(builder, ">", x, -FARTHEST)
    shifted = builder.fadd(x, _constant(MAGIC))  # the whole number is in its low bits
    f = builder.fsub(x, builder.fsub(shifted, _constant(MAGIC)))
    p = _constant(POWERS[0])
    for coefficient in POWERS[1:]:
        p = _fma(builder, p, f, _constant(coefficient))
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
def exp2_array(x: Any, out: Any) -> None:
    """Fill ``out`` with 2**x for x <= 0, both shape (n,), n a multiple of eight."""
    for j in range(0, x.shape[0], WIDTH):
        store(out, j, exp2(load(x, j)))


@kernel()
def one_in_array(x: Any, out: Any) -> None:
    """Fill ``out`` with 1 / (1 + 2**x), both shape (n,), n a multiple of eight."""
    for j in range(0, x.shape[0], WIDTH):
        store(out, j, one_in(load(x, j)))
