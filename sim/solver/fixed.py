"""Players who play along unsolved: their policies, checked and laid out for the kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sim.errors import GameError
from sim.game import Game, Move, Offer
from sim.game.turns import Floats

Policy = Callable[[int, int], Any] | Mapping[str | int, Any]
"""What a fixed player does: a callable (t, k), or a mapping from turn name or number for all rounds.

At a `Move`: probabilities, shape (A,) or (S, A). At an `Offer`: a pair (propose, accept), shapes (M,) or (S, M): what
it proposes when recognised, and the probability of accepting each package when asked. Where answers depend on who
proposes, accept has an axis of parties before the last: (S, P, M), or (P, M) for all states; its own place is not read.
With as many states as parties, two axes are (S, M).
"""


class Fixed:
    """The policies of all fixed players of one game.

    Raises
    ------
    GameError : an unknown player or turn; a policy that is missing, has another shape, does not sum to one, or puts
        weight on a choice that is not available.
    """

    def __init__(self, game: Game, fixed: Mapping[str | int, Policy] | None) -> None:
        self._game = game
        self._policies: dict[int, Policy] = {}
        for player, policy in (fixed or {}).items():
            number = game.player_index(player)
            if not callable(policy):
                policy = {game.turn_index(turn): given for turn, given in policy.items()}
            self._policies[number] = policy
        self._same_every_round = not any(callable(policy) for policy in self._policies.values())
        self._kept: dict[int, Any] = {}

    @property
    def players(self) -> tuple[str, ...]:
        """Names of the fixed players."""
        return tuple(self._game.players[number] for number in sorted(self._policies))

    def anyone(self, players: Sequence[int | str]) -> bool:
        """Return whether one of these players, by number, is fixed."""
        return any(player in self._policies for player in players)

    def move(self, t: int, k: int, turn: Move) -> Floats:
        """Return the mover's fixed probabilities, shape (F, A) with F = S or 1; F = 0 where the mover is not fixed."""
        mover = int(turn.player)
        if mover not in self._policies:
            nobody: Floats = _readonly(np.empty((0, turn.n_choices)))
            return nobody
        rows: Floats = self._keep(k, lambda: self._rows(t, k, mover, self._ask(t, k, mover)))
        return rows

    def offer(self, t: int, k: int, turn: Offer) -> tuple[Any, Floats, Floats]:
        """Return the kernels' ``fixed`` [P], ``fixed_propose`` [P, F, M], ``fixed_accept`` [P, Q, F, M].

        Q is P if some answers depend on the proposer, else 1.
        """
        parties = [int(party) for party in turn.parties]
        if not any(party in self._policies for party in parties):
            empty = _readonly(np.empty((len(parties), 1, turn.n_choices)))
            return _readonly(np.zeros(len(parties), dtype=bool)), empty, _readonly(empty[:, None])
        result: tuple[Any, Floats, Floats] = self._keep(k, lambda: self._offer(t, k, turn, parties))
        return result

    def _offer(self, t: int, k: int, turn: Offer, parties: list[int]) -> tuple[Any, Floats, Floats]:
        flags = np.array([party in self._policies for party in parties])
        propose, accept = {}, {}
        for place, party in enumerate(parties):
            if not flags[place]:
                continue
            given = self._ask(t, k, party)
            if not isinstance(given, (tuple, list)) or len(given) != 2:
                raise self._error(party, k, "no pair", "a pair (propose, accept)")
            propose[place] = self._rows(t, k, party, given[0])
            accept[place] = self._accept(k, party, given[1], len(parties))
        width = max(rows.shape[-2] for rows in (*propose.values(), *accept.values()))
        proposers = max(rows.shape[0] for rows in accept.values())
        laid = np.zeros((len(parties), width, turn.n_choices))
        answers = np.zeros((len(parties), proposers, width, turn.n_choices))
        for place in propose:
            laid[place] = propose[place]
            answers[place] = accept[place]
        return _readonly(flags), _readonly(laid), _readonly(answers)

    def _accept(self, k: int, player: int, given: Any, parties: int) -> Floats:
        """Check answers: shape (Q, F, M), Q = 1 where they are the same whoever proposes."""
        turn = self._game.turns[k]
        shape = np.shape(given)
        several = (turn.n_states, parties, turn.n_choices)
        if shape == several:
            rows = [self._answers(k, player, np.asarray(given)[:, r]) for r in range(parties)]
        elif shape == several[1:] and parties != turn.n_states:
            rows = [self._answers(k, player, np.asarray(given)[r]) for r in range(parties)]
        else:
            rows = [self._answers(k, player, given)]
        return np.stack(rows)

    def _keep(self, k: int, make: Callable[[], Any]) -> Any:
        if not self._same_every_round:
            return make()
        if k not in self._kept:
            self._kept[k] = make()
        return self._kept[k]

    def _ask(self, t: int, k: int, player: int) -> Any:
        policy = self._policies[player]
        if callable(policy):
            return policy(t, k)
        if k not in policy:
            raise self._error(player, k, "no policy", "a policy for every turn at which the player acts")
        return policy[k]

    def _rows(self, t: int, k: int, player: int, given: Any) -> Floats:
        """Check probabilities over the choices of turn k."""
        turn = self._game.turns[k]
        rows = self._answers(k, player, given)
        error = np.abs(rows.sum(axis=1) - 1.0)
        if error.max() > 1e-9:
            raise self._error(player, k, f"a sum of {float(rows[int(error.argmax())].sum())!r}", "rows that sum to 1")
        bad = ((turn.next_state < 0) & (rows > 0)).any(axis=1)
        if bad.any():
            state = int(np.flatnonzero(bad)[0])
            raise self._error(player, k, f"weight on a choice not available in state {state}", "0 there")
        return rows

    def _answers(self, k: int, player: int, given: Any) -> Floats:
        turn = self._game.turns[k]
        try:
            rows = np.array(given, dtype=np.float64, order="C")
        except (TypeError, ValueError):
            raise self._error(player, k, type(given).__name__, "an array of probabilities") from None
        rows = rows[None] if rows.ndim == 1 else rows
        shapes = ((1, turn.n_choices), (turn.n_states, turn.n_choices))
        if rows.shape not in shapes:
            raise self._error(player, k, f"shape {np.shape(given)}", f"({turn.n_choices},) or {shapes[1]}")
        if isinstance(turn, Offer):
            rows = np.where(turn.next_state < 0, 0.0, rows) if np.isnan(rows).any() else rows
        if not ((rows >= 0) & (rows <= 1 + 1e-12)).all():
            raise self._error(player, k, "numbers outside 0 to 1", "probabilities")
        checked: Floats = _readonly(np.ascontiguousarray(rows))
        return checked

    def _error(self, player: int, k: int, found: str, allowed: str) -> GameError:
        name, turn = self._game.players[player], self._game.turns[k].name
        return GameError(f"fixed: {name} at {turn}: found {found}; allowed: {allowed}")


def _readonly(array: Any) -> Any:
    array.flags.writeable = False
    return array
