"""Who carries how much of a whole: Shapley values of a function on sets, exact for few coordinates, else sampled.

The share of coordinate i is the mean, over all orders in which the coordinates can be switched on, of what switching it
on adds then. In every single order the additions make up the whole, so exact shares and sampled ones alike add up to
value(all) - value(none).

Reference
---------
Shapley (1953), A value for n-person games. Castro, Gomez, Tejada (2009), Polynomial calculation of the Shapley value
based on sampling, Computers & Operations Research 36:1726-1730; Mitchell, Cooper, Frank, Holmes (2022), Sampling
permutations for Shapley value estimation, JMLR 23:1-46 (each order is drawn together with its reverse).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.rng import stream

Floats = npt.NDArray[np.float64]
Coalition = tuple[bool, ...]
Value = Callable[[Sequence[Coalition]], Floats]
"""Takes coalitions, one flag a coordinate, and returns their values, shape (coalitions, ...)."""

EXACT = 6
"""Most coordinates for which all 2^n coalitions are evaluated."""
PERMUTATIONS = 24
"""Orders drawn beyond that: twelve, each with its reverse."""


@dataclass(frozen=True)
class Shares:
    """What each coordinate carries.

    Attributes
    ----------
    values : shape (n, ...), in the value's unit; over the first axis they add up to value(all) - value(none).
    errors : standard errors, same shape; None where the values are exact.
    none, all : the values of the two ends, shape (...).
    permutations : how many orders were drawn; 0 where the values are exact.
    evaluations : how many coalitions were evaluated.
    """

    values: Floats
    errors: Floats | None
    none: Floats
    all: Floats
    permutations: int
    evaluations: int

    @property
    def method(self) -> str:
        """``exact`` or ``sampled``."""
        return "exact" if self.errors is None else "sampled"


def shapley(n: int, value: Value, *, exact: int = EXACT, permutations: int = PERMUTATIONS, seed: int = 0) -> Shares:
    """Return the Shapley values of ``n`` coordinates.

    Parameters
    ----------
    n : how many coordinates; with none there is nothing to share.
    value : evaluates coalitions; it is called once, with all that are needed.
    exact : most coordinates for which all coalitions are evaluated.
    permutations : how many orders to draw beyond that; an even number, 4 or more.
    seed : of the draw of orders.

    Raises
    ------
    UsageError : a number of permutations that gives no standard error.
    """
    if n <= exact:
        return _exact(n, value)
    if permutations < 4 or permutations % 2:
        raise UsageError(f"permutations: found {permutations}; allowed: an even number, 4 or more")
    draw = stream(seed, "shapley orders")
    orders = []
    for _ in range(permutations // 2):
        order = draw.permutation(n).tolist()
        orders += [order, order[::-1]]
    paths = [_path(order) for order in orders]
    wanted = list(dict.fromkeys(coalition for path in paths for coalition in path))
    found = np.asarray(value(wanted), dtype=np.float64)
    number = {coalition: j for j, coalition in enumerate(wanted)}
    gains = np.zeros((permutations, n, *found.shape[1:]))
    for p, (order, path) in enumerate(zip(orders, paths, strict=True)):
        steps = found[[number[coalition] for coalition in path]]
        gains[p, order] = steps[1:] - steps[:-1]
    # an order and its reverse are not independent of each other: the pair is the unit that is drawn
    pairs = gains.reshape(permutations // 2, 2, *gains.shape[1:]).mean(axis=1)
    errors = pairs.std(axis=0, ddof=1) / math.sqrt(pairs.shape[0])
    ends = found[number[(False,) * n]], found[number[(True,) * n]]
    return Shares(gains.mean(axis=0), errors, *ends, permutations, len(wanted))


def _exact(n: int, value: Value) -> Shares:
    coalitions = [tuple(bool(mask >> i & 1) for i in range(n)) for mask in range(2**n)]
    found = np.asarray(value(coalitions), dtype=np.float64)
    shares = np.zeros((n, *found.shape[1:]))
    for mask in range(2**n):
        size = mask.bit_count()
        for i in range(n):
            if not mask >> i & 1:
                share = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
                shares[i] += share * (found[mask | 1 << i] - found[mask])
    return Shares(shares, None, found[0], found[-1], 0, len(coalitions))


def _path(order: Sequence[int]) -> list[Coalition]:
    """Return the coalitions that an order passes through, from none to all."""
    on = [False] * len(order)
    path = [tuple(on)]
    for i in order:
        on[i] = True
        path.append(tuple(on))
    return path
