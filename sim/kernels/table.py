"""The offer turn on a regular grid: eight neighbouring states at a time, every available package in turn.

On a regular grid a package moves all states by the same distance, so the values behind eight neighbours stand side by
side and are read at once, without a gather. Symbols as in `sim.kernels.offer`: N players, P parties, M packages; C
columns of mass. Eight neighbours are a *chunk*; an *entry* is a package that some state of the chunk can take up.

``plan`` is the tuple (order, base, first, package, shift, mask, straight), laid out by `sim.solver.plan`: ``order``
[8 chunks] the state in each lane; ``base`` the place of its ``stay`` behind the turn; ``first`` [chunks+1] the chunk's
first entry; ``package``, ``shift``, ``mask`` one for each entry: the package, the place behind it for lane 0, and a bit
for each lane in which it is available; ``straight`` [chunks] whether a chunk's bases follow each other. A chunk's first
entry is always "no offer".

``table`` is the tuple (payoff, row, weights, recognition, parties, lam): ``payoff`` flat, [rows * M * N]; ``row``
[chunks] the row of payoffs that holds in the whole chunk, -1 if its lanes differ. lam is finite here. All choices are
worked out to base 2, as exp(lam q) = 2**(lam q log2 e).

``after`` is flat, one row for each player, ``stride`` apart, in the order of the places; it has room for eight more
numbers at either end of every row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.compiled import kernel, part
from sim.kernels.lanes import any_above, exp2, fma, larger, load, one_in, spread, store, where
from sim.kernels.mathematics import LOG2E, STEEPEST
from sim.kernels.shared import borrowed

SPARE, NONE, BASE = 0, 8, 16


@kernel()
def arrange(place: Any, values: Any, out: Any, stride: int) -> None:
    """Copy ``values`` [S, N] to rows by place: ``out`` flat, player i's number of state s at i * stride + place[s]."""
    n_states, n = values.shape
    for s in range(n_states):
        p = place[s]
        for i in range(n):
            out[i * stride + p] = values[s, i]


@part()
def _payoff(table: Any, plan: Any, chunk: int, m: int, i: int, n_players: int, work: Any) -> Any:
    """Return the payoff of package m to player i in the eight states of a chunk; uses the scratch from SPARE on."""
    payoff, row, n_packages = table[0], table[1][chunk], table[2].shape[0]
    if row >= 0:
        return spread(payoff[(row * n_packages + m) * n_players + i])
    for j in range(8):
        work[SPARE + j] = payoff[(plan[0][chunk * 8 + j] * n_packages + m) * n_players + i]
    return load(work, SPARE)


def room_for(longest: int, n_players: int) -> int:
    """Return how many numbers the work on a chunk of so many entries needs as scratch.

    All that belongs to one entry stands together, so that no two stores or loads of a loop are a multiple of 4 KB apart
    (processors wait there). From 0: spare, none, then base [N, 8] and value [N, 8], then for each entry gain [N, 8],
    passes, share and made.
    """
    return BASE + n_players * 16 + longest * (n_players + 3) * 8


@part(inline="always")
def _gains(chunk: int, plan: Any, table: Any, after: Any, stride: int, n_players: int, work: Any) -> None:
    """Fill in ``work`` the values ``base`` of no deal and every player's gain from each package over it."""
    places, first, package, shift, mask, straight = plan[1], plan[2], plan[3], plan[4], plan[5], plan[6]
    payoff, rows, n_packages = table[0], table[1], table[2].shape[0]
    start, last = first[chunk], first[chunk + 1]
    to, size = BASE + n_players * 16, (n_players + 3) * 8
    for i in range(n_players):
        if straight[chunk]:
            store(work, BASE + i * 8, load(after, i * stride + places[chunk * 8]))
            continue
        for j in range(8):
            work[BASE + i * 8 + j] = after[i * stride + places[chunk * 8 + j]]
    if n_players == 4 and rows[chunk] >= 0:  # the general case below in one loop
        stay0, stay1 = load(work, BASE), load(work, BASE + 8)
        stay2, stay3 = load(work, BASE + 16), load(work, BASE + 24)
        for x in range(start + 1, last):
            at, bits = shift[x], mask[x]
            p = (rows[chunk] * n_packages + package[x]) * 4
            to += size
            store(work, to, where(bits, spread(payoff[p]) + (load(after, at) - stay0)))
            store(work, to + 8, where(bits, spread(payoff[p + 1]) + (load(after, at + stride) - stay1)))
            store(work, to + 16, where(bits, spread(payoff[p + 2]) + (load(after, at + 2 * stride) - stay2)))
            store(work, to + 24, where(bits, spread(payoff[p + 3]) + (load(after, at + 3 * stride) - stay3)))
        return
    for x in range(start + 1, last):
        to += size
        for i in range(n_players):
            paid = _payoff(table, plan, chunk, package[x], i, n_players, work)
            reached = load(after, i * stride + shift[x]) - load(work, BASE + i * 8)
            store(work, to + i * 8, where(mask[x], paid + reached))


@part(inline="always")
def _answers(r: int, count: int, table: Any, n_players: int, work: Any) -> Any:
    """Fill in ``work`` the chance that all accept what party r proposes, ``passes``, and what that is worth, ``share``.

    Returns the largest worth, at least that of no offer, 0.
    """
    parties, lam = table[4], table[5]
    n_parties = parties.shape[0]
    records, size = BASE + n_players * 16, (n_players + 3) * 8
    passes, share, own = n_players * 8, n_players * 8 + 8, parties[r] * 8
    top = spread(0.0)
    if n_parties == 2:  # the general case below in one loop
        other = parties[1 - r]
        fall = spread(-min(lam[other] * LOG2E, STEEPEST))
        at = records
        for _ in range(1, count):
            at += size
            yes = one_in(fall * load(work, at + other * 8))
            worth = yes * load(work, at + own)
            top = larger(worth, top)
            store(work, at + passes, yes)
            store(work, at + share, worth)
        return top
    for e in range(1, count):
        store(work, records + e * size + passes, spread(1.0))
    for h in range(n_parties - 1, -1, -1):
        if h != r:
            other = parties[h]
            fall = spread(-min(lam[other] * LOG2E, STEEPEST))
            for e in range(1, count):
                at = records + e * size
                yes = load(work, at + passes)
                yes = yes * one_in(fall * (yes * load(work, at + other * 8)))
                store(work, at + passes, yes)
    for e in range(1, count):
        at = records + e * size
        worth = load(work, at + passes) * load(work, at + own)
        top = larger(worth, top)
        store(work, at + share, worth)
    return top


@part(inline="always")
def worked_out(
    chunk: int, plan: Any, table: Any, after: Any, stride: int, n_players: int, work: Any, valued: bool, kept: bool
) -> int:
    """Work a chunk out; return its number of entries.

    Fills in ``work`` the ``value`` of the turn to each player if ``valued``; if ``kept``, the probability ``made`` that
    each package is proposed and accepted, and that of no deal, ``none``.
    """
    order, first, package, mask = plan[0], plan[2], plan[3], plan[5]
    weights, recognition, parties, lam = table[2], table[3], table[4], table[5]
    start = first[chunk]
    count = first[chunk + 1] - start
    zero = spread(0.0)
    size = (n_players + 3) * 8
    value, records = BASE + n_players * 8, BASE + n_players * 16
    passes, share, made = n_players * 8, n_players * 8 + 8, n_players * 8 + 16
    four = valued and n_players == 4
    _gains(chunk, plan, table, after, stride, n_players, work)
    for i in range(n_players):
        store(work, value + i * 8, load(work, BASE + i * 8))
    if kept:
        store(work, NONE, zero)
        for e in range(1, count):
            store(work, records + e * size + made, zero)
    for r in range(parties.shape[0]):
        chance = spread(recognition[0, r])
        if recognition.shape[0] > 1:
            for j in range(8):
                work[SPARE + j] = recognition[order[chunk * 8 + j], r]
            chance = load(work, SPARE)
        if not any_above(chance, zero):
            continue
        top = _answers(r, count, table, n_players, work)
        rate = spread(min(lam[parties[r]] * LOG2E, STEEPEST))
        total = spread(weights[0]) * exp2(rate * (zero - top))  # the difference first: a huge lam must not overflow
        nothing = total
        sum0 = sum1 = sum2 = sum3 = zero
        at = records
        for x in range(start + 1, start + count):
            at += size
            part = where(mask[x], spread(weights[package[x]])) * exp2(rate * (load(work, at + share) - top))
            total = total + part
            passed = part * load(work, at + passes)
            if four:  # the general case below in this loop
                sum0 = fma(passed, load(work, at), sum0)
                sum1 = fma(passed, load(work, at + 8), sum1)
                sum2 = fma(passed, load(work, at + 16), sum2)
                sum3 = fma(passed, load(work, at + 24), sum3)
            if kept or not four:
                nothing = nothing + (part - passed)
                store(work, at + share, passed)
        chance = chance / total
        if four:
            store(work, value, fma(chance, sum0, load(work, value)))
            store(work, value + 8, fma(chance, sum1, load(work, value + 8)))
            store(work, value + 16, fma(chance, sum2, load(work, value + 16)))
            store(work, value + 24, fma(chance, sum3, load(work, value + 24)))
        elif valued:
            for i in range(n_players):
                summed = zero
                for e in range(1, count):
                    at = records + e * size
                    summed = fma(load(work, at + share), load(work, at + i * 8), summed)
                store(work, value + i * 8, fma(chance, summed, load(work, value + i * 8)))
        if kept:
            for e in range(1, count):
                at = records + e * size
                store(work, at + made, fma(chance, load(work, at + share), load(work, at + made)))
            store(work, NONE, fma(chance, nothing, load(work, NONE)))
    return int(count)


@part(inline="always")
def keep(chunk: int, count: int, plan: Any, n_players: int, work: Any, made: Any) -> None:
    """Fill ``made`` [8 entries] with the chances of a chunk's entries, no deal first."""
    size, start = (n_players + 3) * 8, plan[2][chunk] * 8
    at = BASE + n_players * 16 + n_players * 8 + 16
    store(made, start, load(work, NONE))
    for e in range(1, count):
        store(made, start + e * 8, load(work, at + e * size))


@part()
def _occupied(chunk: int, plan: Any, mass: Any) -> bool:
    some = 0.0
    for j in range(8):
        some += mass[plan[0][chunk * 8 + j], 0]
    return some > 0.0


@kernel()
def table_made(
    first: int,
    last: int,
    plan: Any,
    table: Any,
    after: Any,
    stride: int,
    mass: Any,
    n_players: int,
    scratch: Any,
    made: Any,
) -> None:
    """Fill ``made`` [8 entries] for the chunks first to last in which there is ``mass`` [S, C] (column 0).

    The probability that a package is proposed and accepted, eight states an entry; no deal at a chunk's first entry.
    ``scratch`` has `room_for` the longest chunk.
    """
    plan, table = borrowed(plan), borrowed(table)
    after, work = borrowed(after), borrowed(scratch)
    for chunk in range(first, last):
        if _occupied(chunk, plan, mass):
            count = worked_out(chunk, plan, table, after, stride, n_players, work, False, True)
            keep(chunk, count, plan, n_players, work, made)


@kernel()
def table_push(
    begin: int, end: int, plan: Any, made: Any, mass: Any, keep: Any, stride: int, out: Any, flux: Any
) -> None:
    """Send the columns begin to end of ``mass`` [S, C] along ``made`` (from `table_made`).

    Adds to these rows of ``out`` (flat, [C, stride] by place) what arrives by choices that ``keep`` [M, C] keeps; fills
    these rows of ``flux`` (flat, [C, M, 8]) with what takes each package, in eight parts. The columns take turns at
    each package: two stores of one column often overlap, and its next load would have to wait for the one before.
    """
    plan, made, mass, keep = borrowed(plan), borrowed(made), borrowed(mass), borrowed(keep)
    out, flux = borrowed(out), borrowed(flux)
    order, places, first, package, shift = plan[0], plan[1], plan[2], plan[3], plan[4]
    n_states, n_packages = mass.shape[0], keep.shape[0]
    here, moving = np.zeros(8 * mass.shape[1]), np.empty(8)
    for chunk in range(first.shape[0] - 1):
        if not _occupied(chunk, plan, mass):
            continue
        start = first[chunk]
        for c in range(begin, end):
            for j in range(8):
                here[c * 8 + j] = mass[order[chunk * 8 + j], c] if chunk * 8 + j < n_states else 0.0
            moved = load(here, c * 8) * load(made, start * 8)
            counts = c * n_packages * 8
            store(flux, counts, load(flux, counts) + moved)
            if keep[0, c] > 0.0:
                store(moving, 0, moved)
                for j in range(8):
                    out[c * stride + places[chunk * 8 + j]] += moving[j]
        for e in range(start + 1, first[chunk + 1]):
            m, to, taken = package[e], shift[e], load(made, e * 8)
            for c in range(begin, end):
                moved = load(here, c * 8) * taken
                at = (c * n_packages + m) * 8
                store(flux, at, load(flux, at) + moved)
                if keep[m, c] > 0.0:
                    store(out, c * stride + to, load(out, c * stride + to) + moved)


@kernel()
def table_received(plan: Any, table: Any, made: Any, mass: Any, received: Any) -> None:
    """Add to ``received`` [N] the expected payoffs of column 0 of ``mass``, where they differ from state to state."""
    n_players, n_states = received.shape[0], mass.shape[0]
    work = np.zeros(BASE + n_players * 8)
    for chunk in range(plan[2].shape[0] - 1):
        if not _occupied(chunk, plan, mass):
            continue
        for j in range(8):
            work[NONE + j] = mass[plan[0][chunk * 8 + j], 0] if chunk * 8 + j < n_states else 0.0
        lanes = load(work, NONE)
        for e in range(plan[2][chunk] + 1, plan[2][chunk + 1]):
            moved = lanes * load(made, e * 8)
            for i in range(n_players):
                paid = _payoff(table, plan, chunk, plan[3][e], i, n_players, work)
                store(work, BASE + i * 8, fma(moved, paid, load(work, BASE + i * 8)))
    for i in range(n_players):
        for j in range(8):
            received[i] += work[BASE + i * 8 + j]


@kernel()
def eighths(flux: Any, out: Any) -> None:
    """Fill ``out`` [M, C] with the sums of ``flux``, flat [C, M, 8]."""
    for m in range(out.shape[0]):
        for c in range(out.shape[1]):
            at = (c * out.shape[0] + m) * 8
            low = (flux[at] + flux[at + 1]) + (flux[at + 2] + flux[at + 3])
            out[m, c] = low + ((flux[at + 4] + flux[at + 5]) + (flux[at + 6] + flux[at + 7]))


@kernel()
def collect(place: Any, rows: Any, stride: int, out: Any) -> None:
    """Fill ``out`` [S, C] from ``rows``, flat [C, stride] by place: the opposite of `arrange`. Leaves 0 in ``rows``."""
    for s in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[s, c] = rows[c * stride + place[s]]
            rows[c * stride + place[s]] = 0.0


@kernel()
def payoff_rows(order: Any, payoff: Any, width: int, rows: Any) -> None:
    """Fill ``rows`` [chunks] with the row of ``payoff``, flat [S, width], that all eight states share, else -1."""
    for chunk in range(rows.shape[0]):
        row = rows[chunk - 1] if chunk > 0 else -1  # the neighbours' row if it holds here too: it is in the cache
        if row < 0 or not _shared(order, payoff, width, chunk, row):
            row = order[chunk * 8]
            if not _shared(order, payoff, width, chunk, row):
                row = -1
        rows[chunk] = row


@part()
def _shared(order: Any, payoff: Any, width: int, chunk: int, row: int) -> bool:
    for j in range(8):
        own = order[chunk * 8 + j] * width
        for x in range(width):
            if payoff[own + x] != payoff[row * width + x]:
                return False
    return True


@kernel()
def table_rows(plan: Any, positions: Any, made: Any, out: Any) -> None:
    """Fill ``out`` [n, M] with the chances ``made`` (from `table_made`) at the lanes ``positions`` [n]."""
    first, package = plan[2], plan[3]
    for q in range(positions.shape[0]):
        chunk, lane = positions[q] // 8, positions[q] % 8
        out[q, :] = 0.0
        for e in range(first[chunk], first[chunk + 1]):
            out[q, package[e]] = made[e * 8 + lane]
