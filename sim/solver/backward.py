"""One backward pass: the logit agent quantal response equilibrium of a game with offers, or subgame-perfect play.

At every decision the mover weighs the values behind it: a choice c is taken with probability proportional to
``w_c exp(lam_i Q_c)``; an answer is yes with probability ``logistic(lam_h * P(all later accept) * gain_h)``.
With ``lam`` infinite the best choice is taken, the first of equals, and an indifferent party accepts. As the game is a
graph with perfect information, backward induction gives the one equilibrium (McKelvey and Palfrey 1998, Experimental
Economics 1:9-41; weights as a prior: Matejka and McKay 2015, American Economic Review 105:272-298).
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats
from sim.solver.fixed import Fixed
from sim.solver.plan import Plan, plan_of

Item = TypeVar("Item")
Found = TypeVar("Found")

_this_thread = threading.local()

INDIFFERENCE = 1e-12
SMALL = 20_000  # choices in a turn below which one thread is quicker than two
SMALL_PLAIN = 120_000  # the same for moves and chance
KEPT = 128 * 2**20  # bytes that the chances of offers may take which a solution keeps
SMALL_TABLE = 60_000  # the same for the chunks of a table, per proposer


def rationality_of(game: Game, rationality: float | Mapping[str, float] | npt.ArrayLike) -> Floats:
    """Return lam as a read-only array, shape (N,), from one number, one a player, or a mapping by name.

    Raises
    ------
    GameError : another shape, an unknown player, a negative number or NaN.
    """
    if isinstance(rationality, Mapping):
        given = {game.player_index(player): value for player, value in rationality.items()}
        missing = [name for i, name in enumerate(game.players) if i not in given]
        if missing:
            raise GameError(f"rationality: found none for {', '.join(missing)}; allowed: one number for every player")
        rationality = [given[i] for i in range(game.n_players)]
    try:
        array = np.asarray(rationality, dtype=np.float64)
    except (TypeError, ValueError):
        raise GameError(f"rationality: found {rationality!r}; allowed: numbers, 0 or above, or inf") from None
    if array.shape not in ((), (game.n_players,)):
        raise GameError(f"rationality: found shape {array.shape}; allowed: one number or ({game.n_players},)")
    if not (array >= 0).all():
        raise GameError(f"rationality: found {array.tolist()}; allowed: 0 or above, inf included")
    result: Floats = np.array(np.broadcast_to(array, (game.n_players,)))
    result.flags.writeable = False
    return result


def payoff_bound(game: Game) -> Floats:
    """Return, for every player, the largest absolute sum of payoffs that a course of play can have, shape (N,)."""
    a_round = np.abs(game.flow).max(axis=0)
    for turn in game.turns:
        if isinstance(turn, (Move, Offer)):
            a_round = a_round + np.abs(turn.payoff).max(axis=(0, 1))
    powers = game.discount[None, :] ** np.arange(game.rounds + 1)[:, None]
    bound: Floats = powers[:-1].sum(axis=0) * a_round + powers[-1] * np.abs(game.terminal).max(axis=0)
    return bound


class Pass:
    """The kernels set up for one game, one lam and one set of fixed players."""

    def __init__(self, game: Game, lam: Floats, fixed: Fixed, threads: int | None) -> None:
        self.game = game
        self.lam = lam
        self.fixed = fixed
        self.threads = thread_count(threads)
        self.tol = INDIFFERENCE * payoff_bound(game)
        self.tol.flags.writeable = False
        self._tables = tuple(self._table(k) for k in range(game.n_turns))

    def _table(self, k: int) -> Table | None:
        """Lay turn k out by chunks, if it is an offer on a regular grid whose parties all choose by finite lam."""
        turn = self.game.turns[k]
        if not isinstance(turn, Offer):
            return None
        parties = _parties(turn.parties)
        if np.isinf(self.lam[parties]).any() or self.fixed.anyone(turn.parties):
            return None
        plan = plan_of(turn, self.game.n_states(k + 1), self.game.axes)
        return None if plan is None else Table(turn, plan, parties, self.lam, self.game.n_players)

    def table(self, k: int) -> Table | None:
        """Return the layout of turn k, None where it is worked out state by state."""
        return self._tables[k]

    def smooth(self, k: int) -> bool:
        """Return whether the mover of turn k chooses by finite lam."""
        turn = self.game.turns[k]
        assert isinstance(turn, Move)
        return bool(np.isfinite(self.lam[int(turn.player)])) and not self.fixed.anyone((turn.player,))

    def arguments(self, t: int, k: int) -> tuple[Any, ...]:
        """Return what the kernels need to know of turn k in round t."""
        turn = self.game.turns[k]
        if isinstance(turn, Offer):
            parties = _parties(turn.parties)
            return (
                *(turn.next_state, turn.payoff, turn.weights, turn.stay, turn.recognition, parties),
                *(self.lam, self.tol, *self.fixed.offer(t, k, turn)),
            )
        if isinstance(turn, Move):
            mover = int(turn.player)
            lam, tol = float(self.lam[mover]), float(self.tol[mover])
            return (turn.next_state, turn.payoff, turn.weights, mover, lam, tol, self.fixed.move(t, k, turn))
        assert isinstance(turn, Chance)
        return (turn.next_state, turn.probability)

    def before(
        self, t: int, k: int, after: Floats, out: Floats | None = None, made: dict[int, Floats] | None = None
    ) -> Floats:
        """Return the values before turn k of round t, shape (S_k, N), from those behind it; in ``out`` if given.

        ``made`` collects, by turn, the chances of every entry of a table that is laid out (see `Table.made`).
        """
        from sim.kernels import move, offer

        breathe()
        turn = self.game.turns[k]
        if out is None:
            out = np.empty((turn.n_states, self.game.n_players))
        result, table = out, self._tables[k]
        if table is not None:
            chances = np.empty(0 if made is None else 8 * table.plan.entries)
            table.values(self, after, result, chances)
            if made is not None:
                made[k] = chances
            return result
        arguments = self.arguments(t, k)
        if isinstance(turn, Move) and self.smooth(k):
            chunks = -(-turn.n_states // 8)
            width = 8 * turn.n_choices
            self.blocks(chunks, width, lambda a, b: move.lanes_values(a, b, arguments, after, result), SMALL_PLAIN)
            return result
        kernels = {Offer: offer.offer_values, Move: move.move_values, Chance: move.chance_values}
        kernel = kernels[type(turn)]
        small = SMALL if isinstance(turn, Offer) else SMALL_PLAIN
        self.blocks(turn.n_states, turn.n_choices, lambda a, b: kernel(a, b, arguments, after, result), small)
        return result

    def boundaries(self, kept: dict[int, dict[int, Floats]] | None = None) -> Floats:
        """Return the values at the start of every round, shape (T+1, S_0, N); the last are ``terminal``.

        ``kept`` collects ``made`` of `before` for those of its rounds that are its keys.
        """
        game, kept = self.game, kept or {}
        boundary: Floats = np.empty((game.rounds + 1, *game.terminal.shape))
        boundary[-1] = game.terminal
        inside = [np.empty((game.n_states(k), game.n_players)) for k in range(1, game.n_turns + 1)]
        for t in range(game.rounds - 1, -1, -1):
            values = self.round_end(boundary[t + 1], inside[-1])
            for k in range(game.n_turns - 1, -1, -1):
                values = self.before(t, k, values, inside[k - 1] if k else boundary[t], made=kept.get(t))
        return boundary

    def rounds_kept(self, rounds: int) -> int:
        """Return how many of some rounds' `before` by-products fit into `KEPT` bytes."""
        each = sum(64 * table.plan.entries for table in self._tables if table is not None)
        return min(rounds, self.game.rounds, KEPT // each) if each else 0

    def round_end(self, later: Floats, out: Floats | None = None) -> Floats:
        """Return the values after all turns of a round, from those at the start of the next; in ``out`` if given."""
        result: Floats = np.multiply(self.game.discount, later, out=out)
        result += self.game.flow
        return result

    @property
    def alone(self) -> bool:
        """Whether all work is done on the calling thread."""
        return _alone(self.threads)

    def blocks(self, n: int, width: float, work: Callable[[int, int], None], small: float = SMALL) -> None:
        """Run ``work(first, last)`` over n states, on all threads if there is enough to do."""
        in_blocks(n, work, self.threads if n * width >= small else 1)

    def aside(self, work: Callable[..., Any], *arguments: Any) -> Future[Any] | None:
        """Start ``work`` on another thread; None if there is only one."""
        return _pool(self.threads).submit(work, *arguments) if not self.alone else None

    def each(self, tasks: int, work: Callable[[int], None], *, worth: bool) -> None:
        """Run ``work(task)`` for every task, on all threads if that is worth it."""
        if self.alone or not worth:
            for task in range(tasks):
                work(task)
            return
        for _ in _pool(self.threads).map(work, range(tasks)):
            pass


class Table:
    """An offer turn laid out by chunks of eight states; see `sim.kernels.table`."""

    def __init__(self, turn: Offer, plan: Plan, parties: npt.NDArray[np.int64], lam: Floats, n_players: int) -> None:
        from sim.kernels import table

        self.turn = turn
        self.plan = plan
        self.n_players = n_players
        rows = np.zeros(plan.chunks, dtype=np.int64)
        payoff = turn.payoff.reshape(-1)
        if turn.payoff.shape[0] > 1:
            table.payoff_rows(plan.arrays[0], payoff, turn.n_choices * n_players, rows)
        self.arrays = (payoff, rows, turn.weights, turn.recognition, parties, lam)
        self.width = 8.0 * plan.entries * len(parties) / plan.chunks
        self._spare: list[Floats] = []

    def values(self, steps: Pass, after: Floats, out: Floats, made: Floats) -> None:
        """Fill ``out`` [S, N] with the values before the turn from those behind it, ``after`` [S', N].

        Fills ``made`` [8 entries] too, if it has any room.
        """
        from sim.kernels import table

        plan, arrays = self.plan.arrays, self.arrays
        with self.arranged(after) as rows:
            steps.blocks(
                self.plan.chunks,
                self.width,
                lambda a, b: table.table_values(a, b, plan, arrays, rows, self.plan.length, out, made),
                SMALL_TABLE,
            )

    def made(self, steps: Pass, after: Floats, mass: Floats) -> Floats:
        """Return the chances of every entry in the chunks in which there is ``mass`` [S, C], flat, [8 entries]."""
        from sim.kernels import table

        plan, arrays, n = self.plan.arrays, self.arrays, self.n_players
        made: Floats = np.empty(8 * self.plan.entries)
        with self.arranged(after) as rows:
            steps.blocks(
                self.plan.chunks,
                self.width,
                lambda a, b: table.table_made(a, b, plan, arrays, rows, self.plan.length, mass, n, made),
                SMALL_TABLE,
            )
        return made

    def push(self, steps: Pass, made: Floats, mass: Floats, keep: Floats, out: Floats, received: Floats) -> Floats:
        """Send ``mass`` [S, C] along ``made``: add to ``out`` [S', C] and ``received`` [N]; return the flux [M, C]."""
        from sim.kernels import table

        plan, length = self.plan.arrays, self.plan.length
        columns, n_packages = mass.shape[1], self.turn.n_choices
        rows, flux = np.zeros(columns * length), np.zeros(columns * n_packages * 8)

        def send(c: int) -> None:
            table.table_push(c, plan, self.arrays, made, mass, keep, length, rows, flux)

        steps.each(columns, send, worth=8 * self.plan.entries > SMALL_TABLE)
        table.collect(self.plan.place, rows, length, out)
        counted: Floats = flux.reshape(columns, n_packages, 8).sum(axis=2).T
        if self.turn.payoff.shape[0] == 1:
            received += counted[:, 0] @ self.turn.payoff[0]
        else:
            table.table_received(plan, self.arrays, made, mass, received)
        return counted

    def chances(self, made: Floats, states: npt.NDArray[np.int64]) -> Floats:
        """Return the chances of every package in ``states`` [n], shape (n, M); column 0: no deal."""
        from sim.kernels import table

        out: Floats = np.empty((states.size, self.turn.n_choices))
        table.table_rows(self.plan.arrays, self.plan.position[states], made, out)
        return out

    @contextmanager
    def arranged(self, after: Floats) -> Iterator[Floats]:
        """Lend the values behind the turn by place; the space is used again."""
        from sim.kernels import table

        try:
            rows = self._spare.pop()
        except IndexError:
            rows = np.zeros(self.n_players * self.plan.length)
        table.arrange(self.plan.place, after, rows, self.plan.length)
        yield rows
        self._spare.append(rows)


@contextmanager
def yielding(pause: Callable[[], None]) -> Iterator[None]:
    """Call ``pause`` before every turn that this thread solves or follows, so that what is urgent elsewhere goes first.

    All work stays on this thread, as that on others would not be held up. It changes no number.
    """
    before = getattr(_this_thread, "pause", None)
    _this_thread.pause = pause
    try:
        with keeping_to_itself():
            yield
    finally:
        _this_thread.pause = before


@contextmanager
def keeping_to_itself() -> Iterator[None]:
    """Let this thread do alone whatever it solves or follows. It changes no number."""
    before = getattr(_this_thread, "busy", False)
    _this_thread.busy = True
    try:
        yield
    finally:
        _this_thread.busy = before


def breathe() -> None:
    """Let go of this thread for a while, if somebody asked for that (see `yielding`)."""
    pause = getattr(_this_thread, "pause", None)
    if pause is not None:
        pause()


def thread_count(threads: int | None) -> int:
    """Return how many threads to use: what is asked for, else GRAND_DEAL_THREADS, else one a core."""
    if threads is None:
        given = os.environ.get("GRAND_DEAL_THREADS", "")
        threads = int(given) if given.isdecimal() else (os.cpu_count() or 1)
    if threads < 1:
        raise GameError(f"threads: found {threads}; allowed: 1 or more")
    return threads


def _alone(threads: int) -> bool:
    return threads == 1 or getattr(_this_thread, "busy", False)


def in_blocks(n: int, work: Callable[[int, int], None], threads: int) -> None:
    """Run ``work(first, last)`` over n things that do not depend on each other, on so many threads."""
    if _alone(threads):
        work(0, n)
        return
    size = max(8, math.ceil(n / (4 * threads)))
    blocks = iter(range(0, n, size))

    def take() -> None:
        for first in blocks:  # whoever is free takes the next one
            work(first, min(first + size, n))

    helpers = [_pool(threads).submit(take) for _ in range(threads - 1)]
    take()
    for helper in helpers:
        helper.result()


def each_of(work: Callable[[Item], Found], items: Iterable[Item], threads: int) -> Iterator[Found]:
    """Do the same work on many items, one on each thread, and return the results in order.

    Items are taken and results made as they are needed: at most two for each thread wait at any time.
    """
    if _alone(threads):
        yield from map(work, items)
        return

    def whole(item: Item) -> Found:
        with keeping_to_itself():
            return work(item)

    waiting: deque[Future[Found]] = deque()
    try:
        for item in items:
            waiting.append(_pool(threads).submit(whole, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="grand-deal")


if hasattr(os, "register_at_fork"):
    # threads do not survive a fork: the child makes its own
    os.register_at_fork(after_in_child=_pool.cache_clear)


@lru_cache(maxsize=256)
def _parties(parties: tuple[int, ...]) -> npt.NDArray[np.int64]:
    array = np.array(parties, dtype=np.int64)
    array.flags.writeable = False
    return array
