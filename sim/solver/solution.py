"""What solving a game returns, and the two functions that solve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats
from sim.solver.backward import Pass, rationality_of
from sim.solver.fixed import Fixed, Policy


@dataclass(frozen=True)
class OfferPolicy:
    """What the parties to an offer do, in n states.

    Attributes
    ----------
    propose : shape (n, P, M); what each party proposes if recognised; 0 where a package is not available.
    accept : shape (n, P, P, M), axes state, proposer, responder, package; the chance of a yes, given that the answer is
        reached; 1 for package 0 and for the proposer itself; NaN where a package is not available.
    """

    propose: Floats
    accept: Floats


class Solution:
    """The equilibrium of a game. Values are kept at round boundaries; those inside a round are recomputed on request.

    Attributes
    ----------
    game : the game that was solved.
    rationality : lam, shape (N,), unit 1/payoff; read-only.
    boundary : values at the start of every round, shape (T+1, S_0, N), in that month's units; [T] is ``terminal``;
        read-only.
    method : what was computed, in words.
    fixed : names of the players who played along unsolved.
    """

    def __init__(self, steps: Pass, boundary: Floats) -> None:
        self._steps = steps
        self._boundary = boundary
        self._last: tuple[int, tuple[Floats, ...]] | None = None
        self.game: Game = steps.game
        self.rationality = steps.lam
        self.fixed = steps.fixed.players
        self.boundary = boundary.view()
        self.boundary.flags.writeable = False
        sharp = np.isinf(steps.lam)
        kind = "subgame-perfect equilibrium" if sharp.all() else "logit agent quantal response equilibrium"
        self.method = f"{kind}, backward induction" + (
            " (some players at lam = inf)" if 0 < sharp.sum() < sharp.size else ""
        )

    def values(self, t: int, k: int = 0) -> Floats:
        """Return the values before turn k of round t, float64 [S_k, N], in month-t units.

        k = K is after all turns and before flow; (T, 0) is terminal.

        Raises
        ------
        GameError : a round or a turn that the game does not have.
        """
        if t == self.game.rounds and k == 0:
            last: Floats = self.boundary[t]
            return last
        self._check(t, k, self.game.n_turns)
        result: Floats = self.boundary[t] if k == 0 else self._round(t)[k].view()
        result.flags.writeable = False
        return result

    def policy(self, t: int, k: int | str, states: npt.ArrayLike | None = None) -> Any:
        """Return what is done at turn k of round t in ``states`` (default: all).

        Returns
        -------
        ndarray [n, A] for a Move, `OfferPolicy` for an Offer, the probabilities [n, C] for a Chance turn.

        Raises
        ------
        GameError : a round, a turn or a state that the game does not have.
        """
        from sim.kernels import move, offer

        k = self.game.turn_index(k)
        self._check(t, k, self.game.n_turns - 1)
        turn = self.game.turns[k]
        rows = self._states(turn.n_states, states)
        if isinstance(turn, Chance):
            return turn.probability[rows]
        after, arguments = self._round(t)[k + 1], self._steps.arguments(t, k)
        if isinstance(turn, Move):
            taken = np.empty((rows.size, turn.n_choices))
            self._blocks(turn, rows, lambda a, b: move.move_policy(a, b, rows, arguments, after, taken))
            return taken
        assert isinstance(turn, Offer)
        parties = len(turn.parties)
        propose = np.zeros((rows.size, parties, turn.n_choices))
        accept = np.full((rows.size, parties, parties, turn.n_choices), np.nan)
        self._blocks(turn, rows, lambda a, b: offer.offer_policy(a, b, rows, arguments, after, propose, accept))
        return OfferPolicy(propose, accept)

    def chances(self, t: int, k: int, states: npt.ArrayLike | None = None) -> Floats:
        """Return the probability that each choice comes about, [n, A], [n, C] or [n, M] (package 0: no deal)."""
        from sim.kernels import offer

        turn = self.game.turns[k]
        if not isinstance(turn, Offer):
            result: Floats = self.policy(t, k, states)
            return result
        self._check(t, k, self.game.n_turns - 1)
        rows = self._states(turn.n_states, states)
        after, arguments = self._round(t)[k + 1], self._steps.arguments(t, k)
        made = np.empty((rows.size, turn.n_choices))
        self._blocks(turn, rows, lambda a, b: offer.offer_made(a, b, rows, arguments, after, made))
        return made

    def strategy(self, player: str | int) -> Callable[[int, int], Any]:
        """Return what ``player`` does here as a policy for ``fixed``: it goes on doing the same in another solution.

        Raises
        ------
        GameError : an unknown player; when called, an Offer at which its answer depends on who proposes (with three or
            more parties).
        """
        number = self.game.player_index(player)

        def policy(t: int, k: int) -> Any:
            turn = self.game.turns[k]
            found = self.policy(t, k)
            if not isinstance(turn, Offer):
                return found
            place = turn.parties.index(number)
            others = [r for r in range(len(turn.parties)) if r != place]
            answers = found.accept[:, others, place]
            if not np.allclose(answers, answers[:, :1], rtol=0.0, atol=1e-12, equal_nan=True):
                raise GameError(
                    f"strategy: {self.game.players[number]} at {turn.name}: found answers that depend on the proposer; "
                    "allowed: an Offer between two parties"
                )
            return found.propose[:, place], np.nan_to_num(answers[:, 0], nan=0.0)

        return policy

    def __repr__(self) -> str:
        lam = ", ".join(f"{name} {value:g}" for name, value in zip(self.game.players, self.rationality, strict=True))
        held = f", fixed: {', '.join(self.fixed)}" if self.fixed else ""
        return f"Solution({self.method}; lam: {lam}{held}; {self.game!r})"

    def _round(self, t: int) -> tuple[Floats, ...]:
        """Values at every boundary of round t, K+1 arrays; the last round asked for is kept."""
        kept = self._last
        if kept is not None and kept[0] == t:
            return kept[1]
        found = [self._steps.round_end(self._boundary[t + 1])]
        for k in range(self.game.n_turns - 1, 0, -1):
            found.append(self._steps.before(t, k, found[-1]))
        found.append(self._boundary[t])
        rounds = tuple(reversed(found))
        self._last = (t, rounds)
        return rounds

    def _blocks(self, turn: Any, rows: npt.NDArray[np.int64], work: Callable[[int, int], None]) -> None:
        self._steps.blocks(rows.size, turn.n_choices, work)

    def _check(self, t: int, k: int, last: int) -> None:
        if not 0 <= t < self.game.rounds:
            raise GameError(f"solution: round: found {t}; allowed: 0 to {self.game.rounds - 1}")
        if not 0 <= k <= last:
            raise GameError(f"solution: turn: found {k}; allowed: 0 to {last}")

    def _states(self, n_states: int, states: npt.ArrayLike | None) -> npt.NDArray[np.int64]:
        if states is None:
            return np.arange(n_states, dtype=np.int64)
        rows = np.array(states, dtype=np.int64, ndmin=1)
        if rows.ndim != 1 or (rows.size and (rows.min() < 0 or rows.max() >= n_states)):
            raise GameError(f"solution: states: found {states!r}; allowed: numbers from 0 to {n_states - 1}")
        return rows


def solve(
    game: Game,
    rationality: float | Mapping[str, float] | npt.ArrayLike = 3.0,
    fixed: Mapping[str | int, Policy] | None = None,
    *,
    threads: int | None = None,
) -> Solution:
    """Solve a game by one backward pass.

    Parameters
    ----------
    game : the game; it is not changed.
    rationality : lam, unit 1/payoff: one number, one a player, or a mapping by name; ``math.inf`` is subgame-perfect
        play, 0 picks by weights.
    fixed : player -> policy, for players who play along unsolved (see `sim.solver.fixed.Policy`).
    threads : how many threads; the answer has the same bits for any number.

    Raises
    ------
    GameError : a rationality, a policy or a number of threads that does not make sense.
    """
    steps = Pass(game, rationality_of(game, rationality), Fixed(game, fixed), threads)
    boundary = np.empty((game.rounds + 1, *game.terminal.shape))
    boundary[-1] = game.terminal
    for t in range(game.rounds - 1, -1, -1):
        values = steps.round_end(boundary[t + 1])
        for k in range(game.n_turns - 1, -1, -1):
            values = steps.before(t, k, values)
        boundary[t] = values
    return Solution(steps, boundary)


def solve_many(
    games: Iterable[Game],
    rationality: float | Mapping[str, float] | npt.ArrayLike = 3.0,
    *,
    threads: int | None = None,
) -> tuple[Solution, ...]:
    """Solve several games; each answer has the same bits as if it were solved alone. Arguments as for `solve`."""
    return tuple(solve(game, rationality, threads=threads) for game in games)
