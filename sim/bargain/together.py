"""Solving a game in which a coalition acts as one player, although its members count future rounds differently.

The coalition wants the weighted sum of its members' payoffs from the first round on, each discounted at that member's
own rate: ``sum_i w_i sum_t d_i^t payoff_i,t``. Seen from round t this is a sum with the weights ``w_i d_i^t``: who
counts the future for more weighs more as time goes by. Only their proportions matter for what it chooses; they are
scaled so that they add up to the sum of ``w`` in every round, so that a finite lam means the same in all rounds. The
coalition's own discount from round t to t+1 is then ``sum_i w_i d_i^(t+1) / sum_i w_i d_i^t``, and its value in every
round is the weighted sum of its members' values: backward induction on it is joint maximisation at lam infinite.

A game's payoffs are the same in all rounds, so each round is solved as a game of one round that ends with the values of
the next.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.bargain.merge import joint_rationality, merged
from sim.errors import GameError
from sim.game import Game, Move, Offer
from sim.game.turns import Floats, Turn
from sim.solver import Solution, solve


def solve_together(
    game: Game,
    members: Sequence[str | int],
    weights: npt.ArrayLike | None = None,
    rationality: npt.ArrayLike = 3.0,
    *,
    threads: int | None = None,
) -> Solution:
    """Solve the game in which some players act as one, each member's payoffs counted at its own discount.

    Parameters
    ----------
    members, weights : as for `sim.bargain.merge.merged`.
    rationality : lam of the players of ``game``, one number or shape (N,); the coalition's own follows
        (`sim.bargain.merge.joint_rationality`).
    threads : as for `sim.solve`.

    Returns
    -------
    Solution : of `merged`'s players; the last is the coalition, whose value in round t is the sum of its members'
        values by the weights of that round (see the module's docstring); in round 0 by ``weights`` themselves.

    Raises
    ------
    GameError : as `merged`.
    """
    base = merged(game, members, weights)
    numbers = [game.player_index(member) for member in members]
    share = np.ones(len(numbers)) if weights is None else np.asarray(weights, dtype=np.float64)
    own = np.broadcast_to(np.asarray(rationality, dtype=np.float64), (game.n_players,))
    lam = joint_rationality(game, members, own, share)
    if np.ptp(game.discount[numbers]) == 0.0:
        return solve(base, lam, threads=threads)
    return Staged(base, numbers, share, lam, threads=threads)


class Staged(Solution):
    """A solution put together from rounds solved one at a time; it reads like any other.

    Only the values between rounds are kept; the round that was asked for last is at hand, others are solved again.
    """

    def __init__(
        self, base: Game, numbers: Sequence[int], share: Floats, lam: Floats, *, threads: int | None = None
    ) -> None:
        powers = base.discount[numbers][None] ** np.arange(base.rounds + 1)[:, None] * share
        self._numbers, self._lam, self._threads = list(numbers), lam, threads
        self._share = powers * (share.sum() / powers.sum(axis=1, keepdims=True))
        self._discount = powers[1:].sum(axis=1) / powers[:-1].sum(axis=1)
        self.game = base
        self.fixed = ()
        boundary = np.empty((base.rounds + 1, *base.terminal.shape))
        boundary[-1] = _weighted(base.terminal, numbers, self._share[-1])
        for t in range(base.rounds - 1, -1, -1):
            found = self._round(t, boundary[t + 1])
            boundary[t] = found.boundary[0]
        self._here = (0, found)
        self.rationality = found.rationality
        self.boundary = boundary
        self.boundary.flags.writeable = False
        self.method = found.method + ", round by round"

    def values(self, t: int, k: int = 0) -> Floats:
        """Return the values before turn k of round t, as `Solution.values`."""
        if t == self.game.rounds and k == 0:
            last: Floats = self.boundary[t]
            return last
        return self._at(t).values(0, k)

    def policy(self, t: int, k: int | str, states: npt.ArrayLike | None = None) -> Any:
        """Return what is done at turn k of round t, as `Solution.policy`."""
        return self._at(t).policy(0, k, states)

    def chances(self, t: int, k: int, states: npt.ArrayLike | None = None) -> Floats:
        """Return the probability that each choice comes about, as `Solution.chances`."""
        return self._at(t).chances(0, k, states)

    def prepare(self, t: int, again: Mapping[int, Floats] | None = None) -> Mapping[int, Floats]:
        """Return what `push` needs at the turns of round t, as `Solution.prepare`."""
        return self._at(t).prepare(0, again)

    def ahead(self, t: int, again: Mapping[int, Floats] | None = None) -> None:
        """Begin nothing: one round is solved at a time (see `Solution.ahead`)."""

    def push(
        self,
        t: int,
        k: int,
        mass: Floats,
        keep: Floats,
        out: Floats,
        received: Floats,
        prepared: Mapping[int, Floats] | None = None,
    ) -> Floats:
        """Send mass through turn k of round t, as `Solution.push`."""
        return self._at(t).push(0, k, mass, keep, out, received, prepared)

    def forget(self) -> None:
        """Let go of what is remembered of the rounds; it can be worked out again."""
        self._here[1].forget()

    def share(self, n: int, work: Callable[[int, int], None], small: int) -> None:
        """Run ``work(first, last)`` over n things, as `Solution.share`."""
        self._here[1].share(n, work, small)

    def aside(self, work: Callable[..., Any], *arguments: Any) -> Future[Any] | None:
        """Start ``work`` on another thread, as `Solution.aside`."""
        return self._here[1].aside(work, *arguments)

    def _at(self, t: int) -> Solution:
        if not 0 <= t < self.game.rounds:
            raise GameError(f"solution: round: found {t}; allowed: 0 to {self.game.rounds - 1}")
        here = self._here
        if here[0] != t:
            here = (t, self._round(t, self.boundary[t + 1]))
            self._here = here  # whole, as others may ask at the same time
        return here[1]

    def _round(self, t: int, later: Floats) -> Solution:
        """Solve one round of the merged game, its members' payoffs weighted as they count in it."""
        base, share = self.game, self._share[t]
        turns: list[Turn] = []
        for turn in base.turns:
            if isinstance(turn, (Move, Offer)):
                own = copy.copy(turn)  # the maps between states stay shared, so that they are laid out once
                own.payoff = _weighted(turn.payoff, self._numbers, share)
                turns.append(own)
            else:
                turns.append(turn)
        flow = _weighted(base.flow, self._numbers, share)
        discount = np.append(base.discount[:-1], self._discount[t])
        game = Game(base.players, turns, flow, discount, later, 1, axes=base.axes)
        return solve(game, self._lam, threads=self._threads)


def _weighted(table: Floats, numbers: Sequence[int], share: Floats) -> Floats:
    """Return a table whose last column, the coalition's, is the weighted sum of its members'."""
    result: Floats = np.array(table)
    result[..., -1] = table[..., numbers] @ share
    result.flags.writeable = False
    return result
