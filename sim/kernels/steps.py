"""A backward pass in one call: threads take blocks of work one after the other and wait only for what they need.

A *step* is a turn, or what comes between two rounds, in every round. ``program`` [steps, FIELDS] describes each by
whole numbers, arrays by their address; the steps of a round stand in the order in which they are done, and a round
comes before the one that precedes it in play. A step's states, or chunks of eight, are split into blocks; the blocks of
all steps of all rounds are numbered: a *ticket* each. ``until`` [steps] is how many tickets of a round there are up to
the end of each step. Where a step has a list AT, its units are the states, or chunks, that stand in it; others are left
as they are.

``shared`` counts for all threads: at NEXT_TICKET the tickets given out, at DONE the blocks done. A block begins when
all tickets of earlier steps are done. Other symbols as in `sim.kernels.table` and `sim.kernels.move`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel, part
from sim.kernels.lanes import fma, load, rows_of_four, store
from sim.kernels.move import choices
from sim.kernels.shared import borrowed, count, counted, floats, halves, numbers, small, wholes
from sim.kernels.table import BASE, keep, worked_out

CHANCE, MOVE, TABLE, ROUND_END = range(4)
"""The kinds of steps; ROUND_END without a FLOW copies."""
(KIND, UNITS, PLAYERS, STATES, BEHIND, CHOICES, BLOCKS) = range(7)
# values behind and before the step: address, bytes from round to round, distance of two players' rows; for those before
# it 0: [S, N], else the places of the states in rows
(FROM, FROM_ROUND, FROM_STRIDE, TO, TO_ROUND, TO_STRIDE, TO_PLACE) = range(7, 14)
(NEXT_STATE, PAYOFF, PAYOFF_ROWS, WEIGHTS, PROBABILITY, LAM, MOVER, DISCOUNT, FLOW) = range(14, 23)
(PARTIES, N_PARTIES, RECOGNITION, RECOGNITION_ROWS) = range(23, 27)
(ORDER, PLACES, FIRST, PACKAGE, SHIFT, MASK, STRAIGHT, ROWS, ENTRIES) = range(27, 36)
(MADE, MADE_ROUNDS) = range(36, 38)  # the address of as many addresses as there are rounds to keep
AT = 38  # 0: all
FIELDS = 39

NEXT_TICKET, DONE = 0, 16
"""Places in ``shared`` [32], apart so that no two stand in one line of the cache."""
PATIENCE = 200_000
"""Looks at DONE before a thread lets others have its processor."""
INDEX = 16
"""Whole numbers that a move needs as scratch, and one for each action."""


@part(inline="always")
def _put(step: Any, to: Any, work: Any, at: int, order: Any, start: int, lanes: int) -> None:
    """Write the values [N, 8] of a chunk, in ``work`` from ``at``, to where the states ``order`` from start belong."""
    n, stride = step[PLAYERS], step[TO_STRIDE]
    if stride == 0 and n == 4 and lanes == 8:
        value0, value1 = load(work, at), load(work, at + 8)
        rows_of_four(to, order, start, value0, value1, load(work, at + 16), load(work, at + 24))
        return
    places = wholes(step[TO_PLACE], step[STATES])
    for j in range(lanes):
        s = order[start + j]
        for i in range(n):
            to[i * stride + places[s] if stride > 0 else s * n + i] = work[at + i * 8 + j]


@part()
def _table(step: Any, t: int, first: int, last: int, work: Any) -> None:
    n, chunks, entries, n_packages = step[PLAYERS], step[UNITS], step[ENTRIES], step[CHOICES]
    n_parties, stride = step[N_PARTIES], step[FROM_STRIDE]
    order = wholes(step[ORDER], chunks * 8)
    plan = (
        order,
        wholes(step[PLACES], chunks * 8),
        wholes(step[FIRST], chunks + 1),
        halves(step[PACKAGE], entries),
        halves(step[SHIFT], entries),
        small(step[MASK], entries),
        small(step[STRAIGHT], chunks),
    )
    table = (
        numbers(step[PAYOFF], step[PAYOFF_ROWS] * n_packages * n),
        wholes(step[ROWS], chunks),
        numbers(step[WEIGHTS], n_packages),
        floats(step[RECOGNITION], step[RECOGNITION_ROWS], n_parties),
        wholes(step[PARTIES], n_parties),
        numbers(step[LAM], n),
    )
    after = numbers(step[FROM] + t * step[FROM_ROUND], n * stride)
    to = numbers(step[TO] + t * step[TO_ROUND], n * max(step[STATES], step[TO_STRIDE]))
    kept = t < step[MADE_ROUNDS]
    made = numbers(wholes(step[MADE], step[MADE_ROUNDS])[t] if kept else 0, 8 * entries)
    for chunk in range(first, last):
        here = worked_out(chunk, plan, table, after, stride, n, work, True, kept)
        if kept:
            keep(chunk, here, plan, n, work, made)
        _put(step, to, work, BASE + n * 8, order, chunk * 8, min(8, step[STATES] - chunk * 8))


@part()
def _move(step: Any, t: int, first: int, last: int, work: Any, index: Any) -> None:
    n, n_states, n_actions, mover = step[PLAYERS], step[STATES], step[CHOICES], step[MOVER]
    next_state = halves(step[NEXT_STATE], n_states * n_actions)
    payoff = floats(step[PAYOFF], step[PAYOFF_ROWS] * n_actions, n)
    turn = (next_state, payoff, numbers(step[WEIGHTS], n_actions), mover, numbers(step[LAM], n)[mover])
    after = floats(step[FROM] + t * step[FROM_ROUND], step[BEHIND], n)
    to = numbers(step[TO] + t * step[TO_ROUND], n * max(n_states, step[TO_STRIDE]))
    size = (n + 1) * 8
    listed, at = step[AT] != 0, wholes(step[AT], step[UNITS])
    for unit in range(first, last):
        chunk = at[unit] if listed else unit
        choices(chunk, turn, after, n_states, work, index)
        for i in range(n):
            value = load(work, i * 8) * load(work, n * 8)
            for a in range(1, n_actions):
                value = fma(load(work, a * size + i * 8), load(work, a * size + n * 8), value)
            store(work, i * 8, value)
        for j in range(8):
            index[j] = chunk * 8 + j
        _put(step, to, work, 0, index, 0, min(8, n_states - chunk * 8))


@part(inline="always")
def _put_one(step: Any, to: Any, places: Any, s: int, values: Any) -> None:
    """Write a state's four values to where they belong."""
    stride = step[TO_STRIDE]
    at, apart = (places[s], stride) if stride > 0 else (s * 4, 1)
    to[at], to[at + apart], to[at + 2 * apart], to[at + 3 * apart] = values


@part()
def _chance(step: Any, t: int, first: int, last: int) -> None:
    n, n_states, n_outcomes, stride = step[PLAYERS], step[STATES], step[CHOICES], step[TO_STRIDE]
    next_state = halves(step[NEXT_STATE], n_states * n_outcomes)
    probability = numbers(step[PROBABILITY], n_states * n_outcomes)
    after = numbers(step[FROM] + t * step[FROM_ROUND], step[BEHIND] * n)
    to = numbers(step[TO] + t * step[TO_ROUND], n * max(n_states, stride))
    places = wholes(step[TO_PLACE], n_states)
    listed, at = step[AT] != 0, wholes(step[AT], step[UNITS])
    for unit in range(first, last):
        s = at[unit] if listed else unit
        if n == 4:  # the general case below, the four numbers side by side
            v0 = v1 = v2 = v3 = 0.0
            for c in range(s * n_outcomes, s * n_outcomes + n_outcomes):
                p = probability[c]
                if p > 0.0:
                    x = np.uint64(next_state[c]) * np.uint64(4)
                    v0 += p * after[x]
                    v1 += p * after[x + np.uint64(1)]
                    v2 += p * after[x + np.uint64(2)]
                    v3 += p * after[x + np.uint64(3)]
            _put_one(step, to, places, s, (v0, v1, v2, v3))
            continue
        for i in range(n):
            value = 0.0
            for c in range(s * n_outcomes, s * n_outcomes + n_outcomes):
                p = probability[c]
                if p > 0.0:
                    value += p * after[next_state[c] * n + i]
            to[i * stride + places[s] if stride > 0 else s * n + i] = value


@part()
def _round_end(step: Any, t: int, first: int, last: int) -> None:
    """Values after all turns of a round, from those at the start of the next; without a flow they are copied."""
    n, n_states, stride = step[PLAYERS], step[STATES], step[TO_STRIDE]
    after = numbers(step[FROM] + t * step[FROM_ROUND], n_states * n)
    to = numbers(step[TO] + t * step[TO_ROUND], n * max(n_states, stride))
    discount, flow = numbers(step[DISCOUNT], n), numbers(step[FLOW], n_states * n)
    places = wholes(step[TO_PLACE], n_states)
    copied = step[FLOW] == 0
    listed, at = step[AT] != 0, wholes(step[AT], step[UNITS])
    for unit in range(first, last):
        s = at[unit] if listed else unit
        for i in range(n):
            value = after[s * n + i]
            if not copied:
                value = discount[i] * value + flow[s * n + i]
            to[i * stride + places[s] if stride > 0 else s * n + i] = value


@kernel()
def work_on(program: Any, until: Any, shared: Any, last: int, latest: int, ticket: int, work: Any, index: Any) -> int:
    """Take tickets below ``last`` and do their blocks, until there are none left; any number of threads may.

    Parameters
    ----------
    latest : the round of the first tickets.
    ticket : one that is already held, from this function; else -1.
    work, index : scratch of this thread alone.

    Returns
    -------
    int : -1 if all tickets are taken; a ticket that this thread holds if it has waited for others for long.
    """
    program, until, work, index = borrowed(program), borrowed(until), borrowed(work), borrowed(index)
    n_steps = until.shape[0]
    while True:
        if ticket < 0:
            ticket = count(shared, NEXT_TICKET)
        if ticket >= last:
            return -1
        back = ticket // until[n_steps - 1]
        place = ticket - back * until[n_steps - 1]
        k = 0
        while until[k] <= place:
            k += 1
        before = until[k - 1] if k > 0 else 0
        looks = 0
        while counted(shared, DONE) < ticket - place + before:
            looks += 1
            if looks > PATIENCE:
                return int(ticket)
        step, t = program[k], latest - back
        units, blocks, block = step[UNITS], step[BLOCKS], place - before
        first, end = units * block // blocks, units * (block + 1) // blocks
        if step[KIND] == TABLE:
            _table(step, t, first, end, work)
        elif step[KIND] == MOVE:
            _move(step, t, first, end, work, index)
        elif step[KIND] == CHANCE:
            _chance(step, t, first, end)
        else:
            _round_end(step, t, first, end)
        count(shared, DONE)
        ticket = -1
