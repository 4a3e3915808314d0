"""The one object on which everything is computed: a turn-based stochastic game with offers.

N players, rounds t = 0..T-1; a round is a fixed sequence of turns k = 0..K-1. Turn k maps the states S_k to S_{k+1},
and the states after the last turn are those before the first: S_K = S_0. At the end of a round every player collects
``flow`` in the state reached, and the rest is discounted::

    V_end[s, i] = flow[s, i] + discount[i] * V_next_round[s, i]

After the last round comes ``terminal``.

Example
-------
>>> from sim.game import Game, Move
>>> turn = Move("a", ("stop", "go on"), [[0, 1], [1, -1]], [[[1.0], [0.0]], [[0.0], [0.0]]])
>>> Game(players=("a",), turns=(turn,), flow=[[0.0], [2.0]], discount=0.9, terminal=[[0.0], [0.0]], rounds=3)
Game(players=('a',), states=2, turns=1 (Move turn0), rounds=3)
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game.axes import Axes
from sim.game.turns import Chance, Floats, Move, Offer, Turn


class Game:
    """A finite turn-based stochastic game with offers. Arrays are copied and read-only.

    Parameters
    ----------
    players : N different names.
    turns : K turns (`Move`, `Offer`, `Chance`).
    flow : shape (S_0, N); collected at the end of every round.
    discount : one number or shape (N,); above 0 and at most 1, for one round.
    terminal : shape (S_0, N); collected after the last round.
    rounds : T, at least 1.
    axes : names for the dials of S_0; optional.

    Raises
    ------
    GameError : anything that does not fit together; the message names the turn, what was found and what is allowed.
    """

    def __init__(
        self,
        players: Sequence[str],
        turns: Sequence[Turn],
        flow: npt.ArrayLike,
        discount: npt.ArrayLike,
        terminal: npt.ArrayLike,
        rounds: int,
        *,
        axes: Axes | None = None,
    ) -> None:
        self.players = tuple(str(player) for player in players)
        if not self.players or len(set(self.players)) != len(self.players):
            raise GameError(f"game: players: found {self.players}; allowed: one or more different names")
        if isinstance(rounds, bool) or not isinstance(rounds, (int, np.integer)) or rounds < 1:
            raise GameError(f"game: rounds: found {rounds!r}; allowed: a whole number, 1 or more")
        if not turns:
            raise GameError("game: turns: found none; allowed: one or more")
        self.rounds = int(rounds)
        self.turns: tuple[Turn, ...] = tuple(self._adopt(k, turn) for k, turn in enumerate(turns))
        names = [turn.name for turn in self.turns]
        if len(set(names)) != len(names):
            raise GameError(f"game: turns: found names {names}; allowed: different names")
        self._check_boundaries()
        self.flow = self._per_state("flow", flow)
        self.terminal = self._per_state("terminal", terminal)
        self.discount = self._discount(discount)
        self.axes = axes
        if axes is not None and axes.size != self.n_states(0):
            raise GameError(f"game: axes: found {axes.size} states; allowed: {self.n_states(0)}, as in the first turn")

    @property
    def n_players(self) -> int:
        """N."""
        return len(self.players)

    @property
    def n_turns(self) -> int:
        """K."""
        return len(self.turns)

    def n_states(self, k: int) -> int:
        """Return the number of states before turn k; k = K is the end of the round, with the states of k = 0."""
        return self.turns[k % self.n_turns].n_states

    def turn_index(self, turn: str | int) -> int:
        """Return the place k of a turn in the round.

        Raises
        ------
        GameError : no such turn.
        """
        names = [item.name for item in self.turns]
        if isinstance(turn, str) and turn in names:
            return names.index(turn)
        if isinstance(turn, (int, np.integer)) and 0 <= turn < self.n_turns:
            return int(turn)
        raise GameError(f"game: turn: found {turn!r}; allowed: {', '.join(names)}, or 0 to {self.n_turns - 1}")

    def player_index(self, player: str | int) -> int:
        """Return the number of a player.

        Raises
        ------
        GameError : no such player.
        """
        if isinstance(player, str) and player in self.players:
            return self.players.index(player)
        if isinstance(player, (int, np.integer)) and 0 <= player < self.n_players:
            return int(player)
        raise GameError(f"game: player: found {player!r}; allowed: {', '.join(self.players)}")

    def replace(self, **changes: Any) -> Game:
        """Return a copy with some constructor arguments changed."""
        given = {
            name: getattr(self, name) for name in ("players", "turns", "flow", "discount", "terminal", "rounds", "axes")
        }
        return Game(**(given | changes))

    def unreachable(self, start: int | npt.ArrayLike = 0) -> tuple[npt.NDArray[np.bool_], ...]:
        """Report, for each boundary k = 0..K-1, the states that no course of play from ``start`` reaches in any round.

        ``start`` is a state of S_0 or an array of them. Unreachable states are allowed: they are only reported.
        """
        seen = [np.zeros(self.n_states(k), dtype=bool) for k in range(self.n_turns)]
        fresh = np.zeros(self.n_states(0), dtype=bool)
        fresh[np.asarray(start, dtype=np.int64)] = True
        for _ in range(self.rounds):
            for k, turn in enumerate(self.turns):
                fresh &= ~seen[k]
                seen[k] |= fresh
                after = np.zeros(self.n_states(k + 1), dtype=bool)
                states = np.flatnonzero(fresh)
                targets = turn.next_state[states]
                possible = targets >= 0
                if isinstance(turn, Chance):
                    possible &= turn.probability[states] > 0
                after[targets[possible]] = True
                fresh = after
            if not fresh.any():
                break
        return tuple(~mask for mask in seen)

    def _adopt(self, k: int, turn: Turn) -> Turn:
        """Give a nameless turn a name and turn player names into numbers, on a copy that shares the arrays."""
        if not isinstance(turn, (Move, Offer, Chance)):
            raise GameError(f"game: turn {k}: found {type(turn).__name__}; allowed: Move, Offer, Chance")
        turn = copy.copy(turn)
        turn.name = turn.name or f"turn{k}"
        if isinstance(turn, Move):
            turn.player = self._player_of(turn, turn.player)
        if isinstance(turn, Offer):
            turn.parties = tuple(self._player_of(turn, party) for party in turn.parties)
            if len(set(turn.parties)) != len(turn.parties):
                raise GameError(f"Offer {turn.name!r}: parties: found a player twice; allowed: different players")
        if not isinstance(turn, Chance) and turn.payoff.shape[2] != self.n_players:
            raise GameError(
                f"{type(turn).__name__} {turn.name!r}: payoff: found {turn.payoff.shape[2]} players; "
                f"allowed: {self.n_players}"
            )
        return turn

    def _player_of(self, turn: Turn, player: str | int) -> int:
        try:
            return self.player_index(player)
        except GameError:
            raise GameError(
                f"{type(turn).__name__} {turn.name!r}: player: found {player!r}; allowed: {', '.join(self.players)}"
            ) from None

    def _check_boundaries(self) -> None:
        for k, turn in enumerate(self.turns):
            after = self.n_states(k + 1)
            top = int(turn.next_state.max())
            key = "next_state"
            if isinstance(turn, Offer):
                if turn.default_stay and turn.n_states != after:
                    raise GameError(
                        f"Offer {turn.name!r}: stay: found none, with {turn.n_states} states before and {after} after; "
                        "allowed: an array, where the boundaries differ"
                    )
                if int(turn.stay.max()) > top:
                    top, key = int(turn.stay.max()), "stay"
            if top >= after:
                raise GameError(
                    f"{type(turn).__name__} {turn.name!r}: {key}: found state {top}; "
                    f"allowed: 0 to {after - 1}, the states before the next turn"
                )

    def _per_state(self, key: str, value: npt.ArrayLike) -> Floats:
        array = _numbers(key, value)
        expected = (self.n_states(0), self.n_players)
        if array.shape != expected:
            raise GameError(f"game: {key}: found shape {array.shape}; allowed: {expected} (states, players)")
        if not np.isfinite(array).all():
            raise GameError(f"game: {key}: found NaN or infinity; allowed: finite numbers")
        array.flags.writeable = False
        return array

    def _discount(self, value: npt.ArrayLike) -> Floats:
        given = _numbers("discount", value)
        if given.shape not in ((), (self.n_players,)):
            raise GameError(f"game: discount: found shape {given.shape}; allowed: one number or ({self.n_players},)")
        array: Floats = np.array(np.broadcast_to(given, (self.n_players,)))
        if not ((array > 0) & (array <= 1)).all():
            raise GameError(f"game: discount: found {array.tolist()}; allowed: above 0 and at most 1")
        array.flags.writeable = False
        return array

    def __repr__(self) -> str:
        turns = ", ".join(f"{type(turn).__name__} {turn.name}" for turn in self.turns)
        return (
            f"Game(players={self.players}, states={self.n_states(0)}, "
            f"turns={self.n_turns} ({turns}), rounds={self.rounds})"
        )


def _numbers(key: str, value: npt.ArrayLike) -> Floats:
    try:
        return np.array(value, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise GameError(f"game: {key}: found {type(value).__name__} ({error}); allowed: an array of numbers") from None
