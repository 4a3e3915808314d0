"""What solving a game returns, and the two functions that solve."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats
from sim.kernels.compiled import announce
from sim.solver.backward import Inside, Pass, rationality_of
from sim.solver.fixed import Fixed, Policy
from sim.solver.reach import Mask, Start, start_distribution
from sim.solver.threads import breathe, each_of, thread_count


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
    reached : by turn, and at the end of a round, the states that it is solved for, bool [S_k]; None: all.
    method : what was computed, in words.
    fixed : names of the players who played along unsolved.
    """

    reached: tuple[Mask, ...] | None = None

    def __init__(self, steps: Pass, remember: int = 0) -> None:
        self._steps = steps
        self._made: dict[int, dict[int, Floats]] = {t: {} for t in range(steps.rounds_kept(remember))}
        self._boundary = steps.boundaries(self._made)
        self._last: tuple[int, tuple[Floats, ...]] | None = None
        self.game: Game = steps.game
        self.rationality = steps.lam
        self.fixed = steps.fixed.players
        self.reached = steps.reached
        sharp = np.isinf(steps.lam)
        kind = "subgame-perfect equilibrium" if sharp.all() else "logit agent quantal response equilibrium"
        self.method = f"{kind}, backward induction" + (
            " (some players at lam = inf)" if 0 < sharp.sum() < sharp.size else ""
        )

    @cached_property
    def boundary(self) -> Floats:
        """Values at the start of every round, shape (T+1, S_0, N), in that month's units; read-only.

        [T] is ``terminal``; NaN in states that it is not solved for.
        """
        shown = self._boundary.view()
        if self.reached is not None:
            shown = self._boundary.copy()
            shown[:-1, ~self.reached[0]] = np.nan
        shown.flags.writeable = False
        return shown

    def values(self, t: int, k: int = 0) -> Floats:
        """Return the values before turn k of round t, float64 [S_k, N], in month-t units.

        k = K is after all turns and before flow; (T, 0) is terminal. NaN in states that it is not solved for.

        Raises
        ------
        GameError : a round or a turn that the game does not have.
        """
        if t == self.game.rounds and k == 0:
            last: Floats = self.boundary[t]
            return last
        self._check(t, k, self.game.n_turns)
        result: Floats = self._values(t, k).view()
        if self.reached is not None:
            result = np.where(self.reached[k][:, None], result, np.nan)
        result.flags.writeable = False
        return result

    def value_at(self, start: Start) -> Floats:
        """Return what to expect from a start on (as for `start_distribution`), float64 [N], in units of round 0.

        Raises
        ------
        GameError : a start that is no state and no distribution, or one that was not solved for.
        """
        begin = self.begin(start)
        value: Floats = begin @ np.where(begin[:, None] > 0.0, self.values(0), 0.0)
        return value

    def begin(self, start: Start) -> Floats:
        """Return a start as `start_distribution` does; one that was not solved for is refused."""
        begin = start_distribution(self.game, start)
        if self.reached is not None and begin[~self.reached[0]].any():
            raise GameError("start: found a state that cannot be reached from the start that was solved for")
        return begin

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
        rows = self._states(k, states)
        if isinstance(turn, Chance):
            return turn.probability[rows]
        after, arguments = self._values(t, k + 1), self._steps.arguments(t, k)
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
        rows = self._states(k, states)
        table = self._steps.table(k)
        if table is not None:
            made = self._made.get(t, {}).get(k)
            if made is None:
                here = np.zeros((turn.n_states, 1))
                here[rows] = 1.0
                made = table.made(self._steps.threads, self._values(t, k + 1), here)
            return table.chances(made, rows)
        after, arguments = self._values(t, k + 1), self._steps.arguments(t, k)
        taken = np.empty((rows.size, turn.n_choices))
        self._blocks(turn, rows, lambda a, b: offer.offer_made(a, b, rows, arguments, after, taken))
        return taken

    def prepare(self, t: int, again: Mapping[int, Floats] | None = None) -> Mapping[int, Floats]:
        """Return what `push` needs at the turns of round t, by turn, as far as it is at hand: a large by-product.

        ``again`` is what an earlier call returned and nobody needs any more: its space is used again.
        """
        kept = self._made.get(t)
        if kept is not None:
            return kept
        inside = again if isinstance(again, Inside) and again.boundary is self._boundary else None
        inside = inside or self._steps.inside(self._boundary)
        if inside is not None:
            inside.work_out(t)
            return inside
        made: dict[int, Floats] = {}
        self._last = None
        self._values(t, 1, made)
        return made

    def ahead(self, t: int, again: Mapping[int, Floats] | None = None) -> Future[Mapping[int, Floats]] | None:
        """Begin to `prepare` on another of the solution's threads; None if there is only one, or nothing to do."""
        return None if t in self._made else self.aside(self.prepare, t, again)

    def forget(self) -> None:
        """Let go of what is remembered of the first rounds (see `solve`); it can be worked out again."""
        self._made = {}

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
        """Send mass through turn k of round t, in this equilibrium.

        Parameters
        ----------
        mass : shape (S_k, C), columns of which the first is the largest everywhere.
        keep : shape (choices, C); 0 where a column ends with a choice.
        out : shape (S_k+1, C); what arrives is added.
        received : shape (N,); the expected payoffs of column 0 are added.
        prepared : from `prepare`, for the same round.

        Returns
        -------
        ndarray, shape (choices, C) : how much takes each choice; column by column the same whatever else is sent.
        """
        from sim.kernels import move

        breathe()
        turn = self.game.turns[k]
        table = self._steps.table(k)
        if table is not None:
            made = (prepared or {}).get(k)
            if made is None:
                made = table.made(self._steps.threads, self._values(t, k + 1), mass)
            return table.push(self._steps.threads, made, mass, keep, out, received)
        flux: Floats = np.zeros((turn.n_choices, mass.shape[1]))
        if isinstance(turn, Chance):
            move.chance_push((turn.next_state, turn.probability), keep, mass, out, flux)
        elif isinstance(turn, Move) and self._steps.smooth(k):
            after = (prepared or {}).get(k)
            after = self._values(t, k + 1) if after is None else after
            move.lanes_push(self._steps.arguments(t, k), after, keep, mass, out, flux, received)
        else:
            assert isinstance(turn, (Move, Offer))
            states = np.flatnonzero(mass[:, 0] > 0.0)
            chances = np.ascontiguousarray(self.chances(t, k, states))
            move.push(states, turn.next_state, chances, turn.payoff, keep, mass, out, flux, received)
        return flux

    def strategy(self, player: str | int) -> Callable[[int, int], Any]:
        """Return what ``player`` does here as a policy for ``fixed``: it goes on doing the same in another solution.

        Raises
        ------
        GameError : an unknown player.
        """
        number = self.game.player_index(player)

        def policy(t: int, k: int) -> Any:
            turn = self.game.turns[k]
            found = self.policy(t, k)
            if not isinstance(turn, Offer):
                return found
            place = turn.parties.index(number)
            answers = np.nan_to_num(found.accept[:, :, place], nan=0.0)
            # between two only one asks; among more the answers may depend on who does
            return found.propose[:, place], answers if len(turn.parties) > 2 else answers[:, 1 - place]

        return policy

    def share(self, n: int, work: Callable[[int, int], None], small: int) -> None:
        """Run ``work(first, last)`` over n things, on the solution's threads if there are at least ``small``."""
        self._steps.blocks(n, 1, work, small)

    def aside(self, work: Callable[..., Any], *arguments: Any) -> Future[Any] | None:
        """Start ``work`` on another of the solution's threads; None if there is only one."""
        return self._steps.aside(work, *arguments)

    def __repr__(self) -> str:
        lam = ", ".join(f"{name} {value:g}" for name, value in zip(self.game.players, self.rationality, strict=True))
        held = "" if self.reached is None else ", where a start leads"
        held += f", fixed: {', '.join(self.fixed)}" if self.fixed else ""
        return f"Solution({self.method}; lam: {lam}{held}; {self.game!r})"

    def _values(self, t: int, k: int, made: dict[int, Floats] | None = None) -> Floats:
        """Values before turn k of round t; k = K: after all. Those of the last round asked for are kept, last first."""
        if k == 0:
            start: Floats = self._boundary[t]
            return start
        last = self.game.n_turns
        kept = self._last
        found = kept[1] if kept is not None and kept[0] == t else (self._steps.round_end(self._boundary[t + 1]),)
        while len(found) <= last - k:
            found = (*found, self._steps.before(t, last - len(found), found[-1], made=made))
        self._last = (t, found)  # whole, as others may ask at the same time
        return found[last - k]

    def _blocks(self, turn: Any, rows: npt.NDArray[np.int64], work: Callable[[int, int], None]) -> None:
        self._steps.blocks(rows.size, turn.n_choices, work)

    def _check(self, t: int, k: int, last: int) -> None:
        if not 0 <= t < self.game.rounds:
            raise GameError(f"solution: round: found {t}; allowed: 0 to {self.game.rounds - 1}")
        if not 0 <= k <= last:
            raise GameError(f"solution: turn: found {k}; allowed: 0 to {last}")

    def _states(self, k: int, states: npt.ArrayLike | None) -> npt.NDArray[np.int64]:
        n_states = self.game.n_states(k)
        rows = np.arange(n_states, dtype=np.int64) if states is None else np.array(states, dtype=np.int64, ndmin=1)
        if rows.ndim != 1 or (rows.size and (rows.min() < 0 or rows.max() >= n_states)):
            raise GameError(f"solution: states: found {states!r}; allowed: numbers from 0 to {n_states - 1}")
        if self.reached is not None and not self.reached[k][rows].all():
            first = int(rows[~self.reached[k][rows]][0])
            raise GameError(
                f"solution: states: found {first} before turn {k}, which cannot be reached from the start that was "
                "solved for; allowed: those that can, or a solution without start"
            )
        return rows


def solve(
    game: Game,
    rationality: float | Mapping[str, float] | npt.ArrayLike = 3.0,
    fixed: Mapping[str | int, Policy] | None = None,
    *,
    threads: int | None = None,
    remember: int = 0,
    start: Start | None = None,
) -> Solution:
    """Solve a game by one backward pass.

    Parameters
    ----------
    game : the game; it is not changed.
    rationality : lam, unit 1/payoff: one number, one a player, or a mapping by name; ``math.inf`` is subgame-perfect
        play, 0 picks by weights.
    fixed : player -> policy, for players who play along unsolved (see `sim.solver.fixed.Policy`).
    threads : how many threads; the answer has the same bits for any number.
    remember : in how many rounds from the start the chances of offers are kept, as far as 128 MB go, so that playing
        these rounds forward is quicker; the same bits. `Solution.forget` lets go of them.
    start : solve only for the states that can be reached from here (see `start_distribution`), with the same bits
        there; quicker if there are others. In vain if some turn has sharp or fixed players, or no regular grid.

    Raises
    ------
    GameError : a rationality, a policy, a start or a number of threads that does not make sense.
    """
    announce()
    begin = None if start is None else start_distribution(game, start)
    steps = Pass(game, rationality_of(game, rationality), Fixed(game, fixed), threads, begin)
    return Solution(steps, remember)


def solve_many(
    games: Iterable[Game],
    rationality: float | Mapping[str, float] | npt.ArrayLike = 3.0,
    *,
    rationalities: Iterable[float | Mapping[str, float] | npt.ArrayLike] | None = None,
    threads: int | None = None,
    start: Start | None = None,
) -> tuple[Solution, ...]:
    """Solve several games, one on each thread; each answer has the same bits as if it were solved alone.

    Games that share their maps between states (payoff variants of one game) share what is laid out for them. All
    solutions are kept; `solve_each` keeps a few at a time.

    Parameters
    ----------
    games : any number of games.
    rationality : as for `solve`, the same for all games.
    rationalities : one for each game instead.
    threads : how many games at a time.
    start : as for `solve`, the same for all games.

    Raises
    ------
    GameError : as for `solve`; fewer or more rationalities than games.
    """
    return tuple(solve_each(games, rationality, rationalities=rationalities, threads=threads, start=start))


def solve_each(
    games: Iterable[Game],
    rationality: float | Mapping[str, float] | npt.ArrayLike = 3.0,
    *,
    rationalities: Iterable[float | Mapping[str, float] | npt.ArrayLike] | None = None,
    threads: int | None = None,
    start: Start | None = None,
) -> Iterator[Solution]:
    """Solve several games as `solve_many` does, and return the solutions one by one, in order.

    Games are taken as they are needed, so that memory stays bounded for any number.
    """
    lams = itertools.repeat(rationality) if rationalities is None else rationalities
    pairs = zip(games, lams, strict=rationalities is not None)
    return each_of(lambda pair: solve(*pair, threads=threads, start=start), _checked(pairs), thread_count(threads))


def _checked(pairs: Iterable[Any]) -> Iterator[Any]:
    try:
        yield from pairs
    except ValueError:
        raise GameError("rationalities: found another number than of games; allowed: one for each game") from None
