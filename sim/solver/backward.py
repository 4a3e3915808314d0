"""One backward pass: the logit agent quantal response equilibrium of a game with offers, or subgame-perfect play.

At every decision the mover weighs the values behind it: a choice c is taken with probability proportional to
``w_c exp(lam_i Q_c)``; an answer is yes with probability ``logistic(lam_h * P(all later accept) * gain_h)``.
With ``lam`` infinite the best choice is taken, the first of equals, and an indifferent party accepts. As the game is a
graph with perfect information, backward induction gives the one equilibrium (McKelvey and Palfrey 1998, Experimental
Economics 1:9-41; weights as a prior: Matejka and McKay 2015, American Economic Review 105:272-298).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats
from sim.solver.fixed import Fixed
from sim.solver.plan import plan_of
from sim.solver.program import Program, Step, between_step, chance_step, move_step, table_step
from sim.solver.reach import reached
from sim.solver.table import Table
from sim.solver.threads import aside, breathe, in_blocks
from sim.solver.threads import each_of as each_of  # for `sim.forecast.outcomes`: shipped results are kept by its bytes
from sim.solver.threads import thread_count as thread_count

INDIFFERENCE = 1e-12
SMALL = 20_000  # choices in a turn below which one thread is quicker than two
SMALL_PLAIN = 120_000  # the same for moves
KEPT = 128 * 2**20  # bytes that the chances of offers may take which a solution keeps


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


class Inside(dict[int, Floats]):
    """What follows a round: by turn, the chances of an offer's entries, or the values behind a move.

    They hold for the round that was worked out last; the next takes their place.
    """

    def __init__(self, program: Program, found: Mapping[int, Floats], boundary: Floats) -> None:
        super().__init__(found)
        self.program = program
        self.boundary = boundary

    def work_out(self, t: int) -> None:
        """Fill in round t."""
        self.program.run(latest=t)


class Pass:
    """The kernels set up for one game, one lam and one set of fixed players.

    Attributes
    ----------
    reached : by turn, and at the end of a round, the states that are worked out, bool [S_k]: those that can be reached
        from ``start``. The values of others mean nothing. None: all, as without a start, or if some turn has to be
        worked out state by state.
    """

    def __init__(self, game: Game, lam: Floats, fixed: Fixed, threads: int | None, start: Floats | None = None) -> None:
        self.game = game
        self.lam = lam
        self.fixed = fixed
        self.threads = thread_count(threads)
        # finite lam knows no equals; the bound takes longer than all else here
        self.tol = INDIFFERENCE * payoff_bound(game) if np.isinf(lam).any() else np.zeros(lam.size)
        self.tol.flags.writeable = False
        self.reached = None if start is None else reached(game, start)
        self._lay_out()
        if self.reached is not None and not all(self._steps):
            self.reached = None
            self._lay_out()

    def _lay_out(self) -> None:
        self._tables = tuple(self._table(k) for k in range(self.game.n_turns))
        self._steps = tuple(self._step(k) for k in range(self.game.n_turns))

    def _only(self, k: int, width: int = 1) -> npt.NDArray[np.int64] | None:
        """Return the numbers of the reached states before turn k, or of the chunks of this ``width`` with some."""
        if self.reached is None:
            return None
        states = np.flatnonzero(self.reached[k])
        return states if width == 1 else np.unique(states // width)

    def _room(self, *shape: int) -> Floats:
        """Return space for values; those that are not worked out are 0."""
        made: Floats = np.empty(shape) if self.reached is None else np.zeros(shape)
        return made

    def _table(self, k: int) -> Table | None:
        """Lay turn k out by chunks, if it is an offer on a regular grid whose parties all choose by finite lam."""
        turn = self.game.turns[k]
        if not isinstance(turn, Offer):
            return None
        parties = _parties(turn.parties)
        if np.isinf(self.lam[parties]).any() or self.fixed.anyone(turn.parties):
            return None
        mask = None if self.reached is None else self.reached[k]
        plan = plan_of(turn, self.game.n_states(k + 1), self.game.axes, mask)
        return None if plan is None else Table(turn, plan, parties, self.lam, self.game.n_players)

    def _step(self, k: int) -> Step | None:
        """Describe turn k for `Program`, None if it is worked out state by state."""
        turn, table, behind = self.game.turns[k], self._tables[k], self.game.n_states(k + 1)
        if table is not None:
            return table_step(table, behind, self.game.n_players)
        if isinstance(turn, Chance):
            return chance_step(turn, behind, self.game.n_players, self._only(k))
        return (
            move_step(turn, behind, self.lam, self._only(k, 8)) if isinstance(turn, Move) and self.smooth(k) else None
        )

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
        assert isinstance(turn, Move)
        mover = int(turn.player)
        lam, tol = float(self.lam[mover]), float(self.tol[mover])
        return (turn.next_state, turn.payoff, turn.weights, mover, lam, tol, self.fixed.move(t, k, turn))

    def before(
        self, t: int, k: int, after: Floats, out: Floats | None = None, made: dict[int, Floats] | None = None
    ) -> Floats:
        """Return the values before turn k of round t, shape (S_k, N), from those behind it; in ``out`` if given.

        ``made`` collects, by turn, the chances of every entry of a table that is laid out (see `Table.made`).
        """
        turn, step = self.game.turns[k], self._steps[k]
        result = self._room(turn.n_states, self.game.n_players) if out is None else out
        if step is None:
            self._by_state(t, k, after, result)
            return result
        program = Program(self.threads)
        chances: tuple[Floats, ...] = ()
        if step.table is not None:
            plan = step.table.plan
            rows = np.zeros(self.game.n_players * plan.length)
            program.add(between_step(after.shape[0], after.shape[1]), after, rows, place=plan.place)
            after = rows
            if made is not None:
                made[k] = np.empty(8 * plan.entries)
                chances = (made[k],)
        program.add(step, after, result, made=chances)
        program.run()
        return result

    def _by_state(self, t: int, k: int, after: Floats, out: Floats) -> None:
        """Do what no step is made for: sharp or fixed players, and offers on a grid that is not regular."""
        from sim.kernels import move, offer

        breathe()
        turn, arguments = self.game.turns[k], self.arguments(t, k)
        if isinstance(turn, Offer):
            work, small = (lambda a, b: offer.offer_values(a, b, arguments, after, out)), SMALL
        else:
            work, small = (lambda a, b: move.move_values(a, b, arguments, after, out)), SMALL_PLAIN
        self.blocks(turn.n_states, turn.n_choices, work, small)

    def boundaries(self, kept: dict[int, dict[int, Floats]] | None = None) -> Floats:
        """Return the values at the start of every round, shape (T+1, S_0, N); the last are ``terminal``.

        ``kept`` collects ``made`` of `before` for its keys, the first rounds.
        """
        game, kept = self.game, kept or {}
        boundary = self._room(game.rounds + 1, *game.terminal.shape)
        boundary[-1] = game.terminal
        if all(self._steps):
            self._all_rounds(boundary, kept)
            return boundary
        inside = [np.empty((game.n_states(k), game.n_players)) for k in range(1, game.n_turns + 1)]
        for t in range(game.rounds - 1, -1, -1):
            values = self.round_end(boundary[t + 1], inside[-1])
            for k in range(game.n_turns - 1, -1, -1):
                values = self.before(t, k, values, inside[k - 1] if k else boundary[t], made=kept.get(t))
        return boundary

    def _all_rounds(self, boundary: Floats, kept: dict[int, dict[int, Floats]]) -> None:
        tables = [(k, table) for k, table in enumerate(self._tables) if table is not None]
        for found in kept.values():  # an array a round: memory of this size is used again without asking the system
            found |= {k: np.empty(8 * table.plan.entries) for k, table in tables}
        made = {k: [kept[t][k] for t in range(len(kept))] for k, _ in tables}
        self._program(boundary, made, whole=True)[0].run(self.game.rounds)

    def inside(self, boundary: Floats) -> Inside | None:
        """Return what works out one round after the other, from values as `boundaries` returns them; see `Inside`.

        None if some turns are worked out state by state.
        """
        if not all(self._steps):
            return None
        made = {k: np.empty(8 * each.plan.entries) for k, each in enumerate(self._tables) if each and k}
        every = {k: [chances] * self.game.rounds for k, chances in made.items()}
        program, behind = self._program(boundary, every, whole=False)
        moves = {k: values for k, values in behind.items() if isinstance(self.game.turns[k], Move)}
        return Inside(program, made | moves, boundary)

    def _program(
        self, boundary: Floats, made: Mapping[int, Sequence[Floats]], *, whole: bool
    ) -> tuple[Program, dict[int, Floats]]:
        """Lay out a round, up to its first turn if ``whole``, else up to the second.

        Returns the values behind each turn too: those of the round that was worked out last.
        """
        game, n = self.game, self.game.n_players
        program, steps = Program(self.threads), [step for step in self._steps if step is not None]
        values, behind = boundary[1], {}
        for k in range(game.n_turns, -1 if whole else 0, -1):
            reader = steps[k - 1].table if k else None
            if k == 0:
                to = boundary[0]
            elif reader is None:
                to = self._room(game.n_states(k), n)
            else:
                to = np.zeros(n * reader.plan.length)
            last = k == game.n_turns
            step = steps[k] if not last else self._between(k)
            place = None if reader is None else reader.plan.place
            program.add(step, values, to, place=place, by_round=(last, k == 0), made=made.get(k, ()))
            values = behind[k - 1] = to
        return program, behind

    def _between(self, k: int) -> Step:
        game = self.game
        return between_step(game.terminal.shape[0], game.n_players, game.discount, game.flow, self._only(k))

    def rounds_kept(self, rounds: int) -> int:
        """Return how many of some rounds' `before` by-products fit into `KEPT` bytes."""
        each = sum(64 * table.plan.entries for table in self._tables if table is not None)
        return min(rounds, self.game.rounds, KEPT // each) if each else 0

    def round_end(self, later: Floats, out: Floats | None = None) -> Floats:
        """Return the values after all turns of a round, from those at the start of the next; in ``out`` if given."""
        result: Floats = np.multiply(self.game.discount, later, out=out)
        result += self.game.flow
        return result

    def blocks(self, n: int, width: float, work: Callable[[int, int], None], small: float = SMALL) -> None:
        """Run ``work(first, last)`` over n states, on all threads if there is enough to do."""
        in_blocks(n, work, self.threads if n * width >= small else 1)

    def aside(self, work: Callable[..., Any], *arguments: Any) -> Future[Any] | None:
        """Start ``work`` on another thread; None if there is only one."""
        return aside(work, arguments, self.threads)


@lru_cache(maxsize=256)
def _parties(parties: tuple[int, ...]) -> npt.NDArray[np.int64]:
    array = np.array(parties, dtype=np.int64)
    array.flags.writeable = False
    return array
