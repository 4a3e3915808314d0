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
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats
from sim.solver.fixed import Fixed

INDIFFERENCE = 1e-12
SMALL = 20_000  # choices in a turn below which one thread is quicker than two


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

    def before(self, t: int, k: int, after: Floats) -> Floats:
        """Return the values before turn k of round t, shape (S_k, N), from those behind it."""
        from sim.kernels import move, offer

        turn = self.game.turns[k]
        kernels = {Offer: offer.offer_values, Move: move.move_values, Chance: move.chance_values}
        kernel, arguments = kernels[type(turn)], self.arguments(t, k)
        out: Floats = np.empty((turn.n_states, self.game.n_players))
        self.blocks(turn.n_states, turn.n_choices, lambda a, b: kernel(a, b, arguments, after, out))
        return out

    def round_end(self, later: Floats) -> Floats:
        """Return the values after all turns of a round, from those at the start of the next."""
        result: Floats = self.game.flow + self.game.discount * later
        return result

    def blocks(self, n: int, width: int, work: Callable[[int, int], None]) -> None:
        """Run ``work(first, last)`` over n states, on all threads if there is enough to do."""
        if self.threads == 1 or n * width < SMALL:
            work(0, n)
            return
        size = max(64, math.ceil(n / (4 * self.threads)))
        edges = range(0, n, size)
        for _ in _pool(self.threads).map(lambda first: work(first, min(first + size, n)), edges):
            pass


def thread_count(threads: int | None) -> int:
    """Return how many threads to use: what is asked for, else GRAND_DEAL_THREADS, else one a core."""
    if threads is None:
        given = os.environ.get("GRAND_DEAL_THREADS", "")
        threads = int(given) if given.isdecimal() else (os.cpu_count() or 1)
    if threads < 1:
        raise GameError(f"threads: found {threads}; allowed: 1 or more")
    return threads


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="grand-deal")


@lru_cache(maxsize=256)
def _parties(parties: tuple[int, ...]) -> npt.NDArray[np.int64]:
    array = np.array(parties, dtype=np.int64)
    array.flags.writeable = False
    return array
