"""exp and logistic as loops that the compiler turns into vector instructions.

``exp(x)`` for x <= 0: with n = round(x log2 e) and r = x - n ln 2, a Taylor polynomial of degree 11 in |r| <= ln(2)/2
(truncation below 7e-15) times 2**n, set by adding n to the exponent bits. Below -708 the result is that of -708 (about
3e-308). Relative error at most 1e-14 (a test measures it).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from sim.kernels.compiled import kernel

# No flag that reassociates sums: the same bits whatever the vector width of a loop's remainder. Arrays never hold NaN.
FLAGS = {"nnan", "nsz", "contract"}

LOG2E = 1.4426950408889634
STEEPEST = 1e308  # lam to base 2 where it would overflow
LN2_HIGH = 0.6931471803691238
LN2_LOW = 1.9082149292705877e-10
MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number kept in the low bits
LOWEST = -708.0


@intrinsic
def _bits(typingctx: Any, value: Any) -> Any:
    """float64 -> int64, the same bits."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), codegen


@intrinsic
def _from_bits(typingctx: Any, value: Any) -> Any:
    """int64 -> float64, the same bits."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@njit(inline="always", error_model="numpy")
def exp_negative(x: float) -> float:
    """Return exp(x) for x <= 0, relative error at most 1e-14 down to -708."""
    x = max(x, LOWEST)
    shifted = x * LOG2E + MAGIC
    n = shifted - MAGIC
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return _from_bits(_bits(p) + (_bits(shifted) << 52))  # type: ignore[call-arg]


@njit(inline="always", error_model="numpy")
def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    e = exp_negative(-abs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


@kernel(fastmath=FLAGS)
def exp_array(x: Any, out: Any) -> None:
    """Fill ``out`` with exp(x) for x <= 0, both shape (n,)."""
    for j in range(x.shape[0]):
        out[j] = exp_negative(x[j])


@njit(inline="always", error_model="numpy")
def dot(a: Any, b: Any, n: int) -> float:
    """Sum of products in eight interleaved partial sums: a fixed order that vectorises."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = n - n % 8
    for j in range(0, whole, 8):
        s0 += a[j] * b[j]
        s1 += a[j + 1] * b[j + 1]
        s2 += a[j + 2] * b[j + 2]
        s3 += a[j + 3] * b[j + 3]
        s4 += a[j + 4] * b[j + 4]
        s5 += a[j + 5] * b[j + 5]
        s6 += a[j + 6] * b[j + 6]
        s7 += a[j + 7] * b[j + 7]
    for j in range(whole, n):
        s0 += a[j] * b[j]
    return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))
