"""Values split into named payoff terms, exactly.

Once a game is solved its policies are fixed, so every value is linear in what is paid: the value of a state is the sum
of the values of the terms, each carried backwards along the same play as if nothing else were ever paid. With P the law
of play at one turn, r the term's table there and d the discount factor of the player whose term it is,

    X_before[s] = sum over choices c of P(c | s) (r[s, c] + X_after[next(s, c)]),   X_end = flow + d X_next_month.

What the horizon leaves over (``terminal``) is carried in columns of its own, so each term is known in two parts: what
is still paid within the months that are played, and what follows after the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Game
from sim.game.turns import Floats
from sim.model import FLOW, PLAYERS, Model
from sim.solver import Solution
from sim.solver.threads import in_blocks, thread_count

Ints = npt.NDArray[np.int64]
SMALL = 50_000
"""Available choices at a turn below which one thread is quicker than several."""


@dataclass(frozen=True)
class Ledger:
    """The payoff terms of a game, laid out by place. Their sums are the game's payoffs.

    Attributes
    ----------
    columns : (player, name of the term), one a term; a term keeps its column wherever it is paid.
    owner : number of the player whose term it is, shape (C,).
    flow : points a month, shape (S_0, C).
    terminal : points after the last month, shape (S_0, C).
    paid : turn -> (column, table) for what is paid there, tables of shape (choices,) or (S_k, choices).
    """

    columns: tuple[tuple[str, str], ...]
    owner: Ints
    flow: Floats
    terminal: Floats
    paid: Mapping[int, tuple[tuple[int, Floats], ...]]

    def at(self, k: int, states: npt.ArrayLike, n_choices: int) -> Floats:
        """Return what is paid for each choice of turn k in some states, shape (n, choices, C), points."""
        rows = np.atleast_1d(np.asarray(states, dtype=np.int64))
        paid = np.zeros((rows.size, n_choices, len(self.columns)))
        for column, table in self.paid.get(k, ()):
            paid[:, :, column] += table if table.ndim == 1 else table[rows]
        return paid


@dataclass(frozen=True)
class Split:
    """The value of every term in every state before every turn of one month.

    Attributes
    ----------
    ledger : the terms.
    t : the round.
    boundary : for k = 0..K, shape (S_k, C + F): the terms within the horizon, then, for the F terms that have any, what
        follows after it. Points of that month. k = K is after all turns and before flow.
    beyond : the columns of those F terms, shape (F,).
    """

    ledger: Ledger
    t: int
    boundary: tuple[Floats, ...]
    beyond: Ints

    def values(self, k: int, states: npt.ArrayLike) -> Floats:
        """Return the value of every term in some states before turn k, shape (n, C, 2).

        The last axis: paid within the months that are played, and after the last of them. Points of this month.
        """
        rows = self.boundary[k][np.atleast_1d(np.asarray(states, dtype=np.int64))]
        n_terms = len(self.ledger.columns)
        result = np.zeros((rows.shape[0], n_terms, 2))
        result[:, :, 0] = rows[:, :n_terms]
        result[:, self.beyond, 1] = rows[:, n_terms:]
        return result


def ledger_of(model: Model) -> Ledger:
    """Lay out a compiled scenario's terms; the same name for the same player is one column, wherever it is paid."""
    columns = tuple(dict.fromkeys((term.player, term.name) for term in model.terms))
    number = {column: j for j, column in enumerate(columns)}
    owner = np.array([PLAYERS.index(player) for player, _ in columns], dtype=np.int64)
    flow = np.zeros((model.axes.size, len(columns)))
    paid: dict[int, list[tuple[int, Floats]]] = {}
    for term in model.terms:
        column = number[term.player, term.name]
        if term.where == FLOW:
            flow[:, column] += term.table
        else:
            paid.setdefault(model.game.turn_index(term.where), []).append((column, term.table))
    terminal = _terminal(model, flow, owner)
    return Ledger(columns, owner, flow, terminal, {k: tuple(tables) for k, tables in paid.items()})


def split(solution: Solution, ledger: Ledger, t: int = 0, *, threads: int | None = None) -> Split:
    """Carry every term backwards through the policies of a solution, to round t.

    Parameters
    ----------
    solution : from `sim.solve`.
    ledger : the game's terms.
    t : the round to stop at.
    threads : how many threads; the answer has the same bits for any number.

    Raises
    ------
    GameError : a round that the game does not have, or terms that are not this game's.
    """
    game = solution.game
    if not 0 <= t < game.rounds:
        raise GameError(f"split: round: found {t}; allowed: 0 to {game.rounds - 1}")
    _check(game, ledger)
    threads = thread_count(threads)
    beyond = np.flatnonzero(ledger.terminal.any(axis=0))
    discount = game.discount[np.concatenate([ledger.owner, ledger.owner[beyond]])]
    flow = np.concatenate([ledger.flow, np.zeros((game.n_states(0), beyond.size))], axis=1)
    value = np.concatenate([np.zeros_like(ledger.flow), ledger.terminal[:, beyond]], axis=1)
    steps = [_Step(game, ledger, k, threads) for k in range(game.n_turns)]
    kept: list[Floats] = []
    for r in range(game.rounds - 1, t - 1, -1):
        value = flow + discount * value
        kept = [value]
        for k in range(game.n_turns - 1, -1, -1):
            value = steps[k].before(solution.chances(r, k), value)
            if r == t:
                kept.append(value)
    return Split(ledger, t, tuple(reversed(kept)), beyond)


class _Step:
    """One turn: where its choices lead, and what is paid at it."""

    def __init__(self, game: Game, ledger: Ledger, k: int, threads: int) -> None:
        self._next_state = game.turns[k].next_state
        self._threads = threads if (self._next_state >= 0).sum() > SMALL else 1
        plain = np.zeros((self._next_state.shape[1], len(ledger.columns)))
        self._by_state = []
        for column, table in ledger.paid.get(k, ()):
            if table.ndim == 1:
                plain[:, column] += table
            else:
                self._by_state.append((column, table))
        self._paying = np.flatnonzero(plain.any(axis=0))
        self._plain = np.ascontiguousarray(plain[:, self._paying])

    def before(self, chances: Floats, after: Floats) -> Floats:
        """Return the terms' values before the turn, from those behind it."""
        from sim.kernels.carry import carry

        value = np.empty((chances.shape[0], after.shape[1]))

        def work(first: int, last: int) -> None:
            carry(first, last, self._next_state, chances, self._plain, self._paying, after, value)

        in_blocks(chances.shape[0], work, self._threads)
        for column, table in self._by_state:
            value[:, column] += np.einsum("sc,sc->s", chances, table)
        return value


def _terminal(model: Model, flow: Floats, owner: Ints) -> Floats:
    """Return what follows the last month, term by term: it is linear in the flow (see `sim.model.terminal`)."""
    from sim.model.compile import talks_chain
    from sim.model.terminal import idle_value
    from sim.model.transitions import arrest_lottery, space_of

    get = model.scenario.get
    lot = model.grid.lot
    paying = np.flatnonzero(flow.any(axis=0))
    result = np.zeros_like(flow)
    if paying.size:
        result[:, paying] = idle_value(
            space_of(lot, int(get("world.prisoner_capacity"))),
            np.ascontiguousarray(flow[:, paying]),
            model.game.discount[owner[paying]],
            talks=talks_chain(model.scenario),
            fade=float(get("world.contact_fade")),
            arrests=arrest_lottery(float(get("world.arrests")), lot),
        )
    return result


def _check(game: Game, ledger: Ledger) -> None:
    """Refuse terms that do not add up to this game's payoffs: an explanation in other terms would be a fiction."""
    for name, parts, whole in (("flow", ledger.flow, game.flow), ("terminal", ledger.terminal, game.terminal)):
        _add_up(name, parts, ledger.owner, whole)
    for k, turn in enumerate(game.turns):
        payoff: Any = getattr(turn, "payoff", None)
        if payoff is None:
            continue
        rows = np.zeros(1, dtype=np.int64) if payoff.shape[0] == 1 else np.arange(turn.n_states)
        tables = ledger.paid.get(k, ())
        whole = np.zeros_like(payoff)
        for column, table in tables:
            wide = table if table.ndim == 1 else table[rows]
            whole[:, :, ledger.owner[column]] += wide
        if not np.allclose(whole, payoff, rtol=0.0, atol=1e-9 * max(1.0, float(np.abs(payoff).max()))):
            raise GameError(f"split: found terms that do not add up to the payoffs at {turn.name}; allowed: all terms")


def _add_up(name: str, parts: Floats, owner: Ints, whole: Floats) -> None:
    total = np.zeros_like(whole)
    for column in range(parts.shape[1]):
        total[:, owner[column]] += parts[:, column]
    if not np.allclose(total, whole, rtol=0.0, atol=1e-9 * max(1.0, float(np.abs(whole).max()))):
        raise GameError(f"split: found terms that do not add up to the game's {name}; allowed: all terms of this game")
