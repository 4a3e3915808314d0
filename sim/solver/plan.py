"""How a turn's states are laid out for the kernels; depends on the maps between states only, and is kept with them."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game import Axes, Offer

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
    position : lane of every state before the turn, shape (S,).
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


_KEPT: dict[int, tuple[Any, tuple[int, ...], Plan | None]] = {}


def plan_of(turn: Offer, n_after: int, axes: Axes | None) -> Plan | None:
    """Return the layout of an offer turn, None if its grid is not regular. Kept while its ``next_state`` lives."""
    array = turn.next_state
    shape = axes.shape if axes is not None else ()
    kept = _KEPT.get(id(array))
    if kept is not None and kept[0]() is array and kept[1] == shape:
        return kept[2]
    plan = _laid_out(turn, n_after, shape)
    key = id(array)
    _KEPT[key] = (weakref.ref(array, lambda _: _KEPT.pop(key, None)), shape, plan)
    return plan


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
