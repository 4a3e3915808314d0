"""How a turn's states are laid out for the kernels; depends on the maps between states only, and is kept with them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game import Axes, Offer
from sim.solver.reach import Kept, Mask

LANES = 8
SMALLEST = 8  # states below which a turn is not worth laying out

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """The layout of an offer turn on a regular grid; see `sim.kernels.table`.

    Attributes
    ----------
    arrays : the kernels' ``plan``.
    place : place behind the turn of every state there, shape (S',).
    position : lane of every state before the turn, shape (S,); of no meaning where it is left out.
    length : numbers in one player's row of values behind the turn, room at both ends included.
    chunks : how many.
    entries : how many.
    longest : the most entries that a chunk has.
    """

    arrays: tuple[Any, ...]
    place: Whole
    position: Whole
    length: int
    chunks: int
    entries: int
    longest: int


_KEPT: Kept[Plan | None] = Kept(64)
_PARTS: Kept[Plan] = Kept(8)


def plan_of(turn: Offer, n_after: int, axes: Axes | None, reached: Mask | None = None) -> Plan | None:
    """Return the layout of an offer turn, None if its grid is not regular. Kept while its ``next_state`` lives.

    With ``reached`` [S] it may leave other states out.
    """
    shape = axes.shape if axes is not None else ()
    plan = _KEPT.get([turn.next_state], shape, lambda: _laid_out(turn, n_after, shape))
    if plan is None or reached is None or turn.n_states % LANES:
        return plan
    return _PARTS.get([turn.next_state, reached], shape, lambda: _only(plan, reached))


def _laid_out(turn: Offer, n_after: int, shape: tuple[int, ...]) -> Plan | None:
    n_states = turn.n_states
    if n_states < SMALLEST:
        return None
    plans = [_plan(turn, n_after, np.arange(n_states), np.arange(n_after))]
    size = math.prod(shape)
    if shape and n_states % size == 0 and n_after % size == 0:
        inner = _order(turn, shape)
        before = (np.arange(n_states // size)[:, None] * size + inner).reshape(-1)
        back = np.empty(size, dtype=np.int64)
        back[inner] = np.arange(size)
        behind = (np.arange(n_after // size)[:, None] * size + back).reshape(-1)
        plans.append(_plan(turn, n_after, before, behind))
    found = [plan for plan in plans if plan is not None]
    return min(found, key=lambda plan: plan.entries) if found else None


def _only(plan: Plan, reached: Mask) -> Plan:
    """Leave out the chunks in which no state is reached, and the packages that only others of a chunk can take up."""
    order, base, first, package, shift, mask, straight = plan.arrays
    lanes = reached[order].reshape(-1, LANES)
    chunk = np.repeat(np.arange(plan.chunks), np.diff(first))
    bits = mask & np.packbits(lanes, axis=1, bitorder="little")[chunk, 0]
    some = lanes.any(axis=1)
    begins = np.zeros(plan.entries, dtype=np.bool_)
    begins[first[:-1]] = True
    used = some[chunk] & (begins | (bits > 0))
    each = np.bincount(chunk[used], minlength=plan.chunks)[some]
    ends, here = np.cumsum(each), np.repeat(some, LANES)
    position = np.zeros_like(plan.position)
    position[order[here]] = np.arange(here.sum())
    arrays = (
        *(order[here], base[here], np.concatenate([[0], ends]), package[used], shift[used], bits[used], straight[some]),
    )
    return replace(
        plan, arrays=arrays, position=position, chunks=each.size, entries=int(ends[-1]), longest=int(each.max())
    )


def _order(turn: Offer, shape: tuple[int, ...]) -> Whole:
    """Return the states of S_0 with those dials running fastest on which no package's availability depends."""
    available = (turn.next_state >= 0).reshape(-1, *shape, turn.n_choices)
    free = [d for d in range(len(shape)) if (available == available.take([0], axis=d + 1)).all()]
    bound = sorted((d for d in range(len(shape)) if d not in free), key=lambda d: shape[d])
    return np.arange(math.prod(shape)).reshape(shape).transpose(bound + free).reshape(-1)


def _plan(turn: Offer, n_after: int, order: Whole, place: Whole) -> Plan | None:
    chunks = -(-turn.n_states // LANES)
    order = np.concatenate([order, np.repeat(order[-1:], chunks * LANES - order.size)])
    place = place + LANES
    following = turn.next_state[order]
    available = following >= 0
    available[turn.n_states :, 1:] = False
    lane = np.tile(np.arange(LANES), chunks)[:, None]
    distance = np.where(available, place[following] - lane, -1)
    distance = distance.reshape(chunks, LANES, turn.n_choices)
    available = available.reshape(chunks, LANES, turn.n_choices)
    largest = distance.max(axis=1)
    if ((distance != largest[:, None]) & available)[:, :, 1:].any():
        return None
    used = available.any(axis=1)
    chunk, package = np.nonzero(used)
    bits = np.packbits(available, axis=1, bitorder="little")[:, 0]
    first = np.concatenate([[0], np.cumsum(used.sum(axis=1))])
    base = place[turn.stay[order]]
    arrays = (
        order,
        base,
        first.astype(np.int64),
        package.astype(np.int32),
        largest[chunk, package].astype(np.int32),
        np.ascontiguousarray(bits[chunk, package]),
        (base.reshape(chunks, LANES) - base[::LANES, None] == np.arange(LANES)).all(axis=1),
    )
    position = np.empty(turn.n_states, dtype=np.int64)
    position[order[: turn.n_states]] = np.arange(turn.n_states)
    longest = int(np.diff(first).max())
    return Plan(arrays, place, position, n_after + 2 * LANES, chunks, chunk.size, longest)
