"""The three kinds of turn: one player moves, several bargain over an offer, or nature draws.

Shapes: S states at the boundary before the turn, A actions, M packages, C outcomes of chance, N players, P parties.
``next_state`` gives the state at the boundary after the turn; -1 means that the choice is not available there.
A payoff of shape (A, N) holds in every state. Arrays are copied and made read-only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

PROBABILITY_TOLERANCE = 1e-9


class Turn:
    """What the kinds of turn share: a name, and the map from states to next states."""

    name: str
    next_state: Ints

    @property
    def n_states(self) -> int:
        """Number of states before the turn."""
        return int(self.next_state.shape[0])

    @property
    def n_choices(self) -> int:
        """Number of actions, packages or outcomes, available or not."""
        return int(self.next_state.shape[1])

    def _say(self, key: str, found: object, allowed: str) -> GameError:
        return GameError(f"{type(self).__name__} {self.name!r}: {key}: found {found}; allowed: {allowed}")

    def _integers(self, key: str, value: Any, ndim: int) -> Ints:
        try:
            array = np.asarray(value)
        except ValueError:
            raise self._say(key, "rows of different lengths", f"{ndim} axes, none empty") from None
        if array.dtype.kind not in "iu":
            raise self._say(key, f"numbers of type {array.dtype}", "whole numbers")
        if array.ndim != ndim or 0 in array.shape:
            raise self._say(key, f"shape {array.shape}", f"{ndim} axes, none empty")
        if array.size and (int(array.max()) > 2**31 - 1 or int(array.min()) < -1):
            raise self._say(key, f"{int(array.min())} to {int(array.max())}", "-1 to 2147483647")
        result: Ints = np.array(array, dtype=np.int32, order="C")
        result.flags.writeable = False
        return result

    def _floats(self, key: str, value: Any) -> Floats:
        try:
            result = np.array(value, dtype=np.float64, order="C")
        except (TypeError, ValueError) as error:
            raise self._say(key, f"{type(value).__name__} ({error})", "an array of numbers") from None
        if not np.isfinite(result).all():
            raise self._say(key, "NaN or infinity", "finite numbers")
        result.flags.writeable = False
        return result

    def _payoff(self, value: Any, n_choices: int) -> Floats:
        payoff = self._floats("payoff", value)
        if payoff.ndim == 2:
            payoff = payoff[None]
        if payoff.ndim != 3 or payoff.shape[0] not in (1, self.n_states) or payoff.shape[1] != n_choices:
            raise self._say(
                "payoff",
                f"shape {np.shape(value)}",
                f"({n_choices}, players) or ({self.n_states}, {n_choices}, players)",
            )
        return payoff

    def _weights(self, value: Any, n_choices: int) -> Floats:
        weights = self._floats("weights", np.ones(n_choices) if value is None else value)
        if weights.shape != (n_choices,):
            raise self._say("weights", f"shape {weights.shape}", f"({n_choices},)")
        if not (weights > 0).all():
            raise self._say("weights", f"{weights.min()}", "numbers above 0")
        return weights

    def _checked_rows(self, key: str, rows: Floats) -> Floats:
        if (rows < 0).any():
            raise self._say(key, f"{rows.min()}", "probabilities from 0 to 1")
        error = np.abs(rows.sum(axis=-1) - 1.0)
        if error.max() > PROBABILITY_TOLERANCE:
            row = int(error.argmax())
            raise self._say(key, f"a sum of {float(rows[row].sum())!r} in row {row}", "rows that sum to 1")
        return rows

    def _labels(self, key: str, labels: Sequence[str]) -> tuple[str, ...]:
        result = tuple(str(label) for label in labels)
        if len(result) != self.n_choices:
            raise self._say(key, f"{len(result)} labels", f"one for each of {self.n_choices} columns of next_state")
        if len(set(result)) != len(result):
            twice = next(label for label in result if result.count(label) > 1)
            raise self._say(key, f"{twice!r} twice", "different labels")
        return result

    def _someone_can(self, what: str) -> None:
        stuck = np.flatnonzero((self.next_state < 0).all(axis=1))
        if stuck.size:
            raise self._say(
                "next_state", f"no {what} available in {stuck.size} states, first {stuck[0]}", "at least one"
            )


class Move(Turn):
    """One player picks an action.

    Parameters
    ----------
    player : the mover, by name or number.
    actions : A labels.
    next_state : whole numbers, shape (S, A); -1 where the action is not available.
    payoff : shape (S, A, N) or (A, N), paid at once.
    weights : shape (A,), positive; equal by default.
    name : what the turn is called.

    Raises
    ------
    GameError : a shape, a number or a label that does not fit, or a state in which nothing is available.
    """

    def __init__(
        self,
        player: str | int,
        actions: Sequence[str],
        next_state: npt.ArrayLike,
        payoff: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        *,
        name: str = "",
    ) -> None:
        self.name = name
        self.player = player
        self.next_state = self._integers("next_state", next_state, 2)
        self.actions = self._labels("actions", actions)
        self.payoff = self._payoff(payoff, self.n_choices)
        self.weights = self._weights(weights, self.n_choices)
        self._someone_can("action")


class Offer(Turn):
    """One party, recognised by chance, proposes a package; the others answer in their listed order; all must accept.

    Package 0 is always "no offer": available everywhere, payoff 0, nothing to answer. It and a refused offer lead to
    ``stay`` and pay nothing.

    Parameters
    ----------
    parties : two or more players, by name or number, in the order in which they answer.
    recognition : shape (P,) or (S, P); chance that each party proposes; rows sum to one.
    packages : M labels.
    next_state : whole numbers, shape (S, M); -1 where the package is not available.
    payoff : shape (S, M, N) or (M, N), paid at once if accepted.
    stay : whole numbers, shape (S,); by default the same state, where both boundaries have one space.
    weights : shape (M,), positive; equal by default.
    name : what the turn is called.

    Raises
    ------
    GameError : a shape, a number or a label that does not fit; a package 0 that is not "no offer".
    """

    def __init__(
        self,
        parties: Sequence[str | int],
        recognition: npt.ArrayLike,
        packages: Sequence[str],
        next_state: npt.ArrayLike,
        payoff: npt.ArrayLike,
        stay: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
        *,
        name: str = "",
    ) -> None:
        self.name = name
        self.parties = tuple(parties)
        if len(self.parties) < 2 or len(set(self.parties)) != len(self.parties):
            raise self._say("parties", self.parties, "two or more different players")
        self.next_state = self._integers("next_state", next_state, 2)
        self.packages = self._labels("packages", packages)
        self.payoff = self._payoff(payoff, self.n_choices)
        self.weights = self._weights(weights, self.n_choices)
        self.recognition = self._recognition(recognition)
        self.default_stay = stay is None
        own = np.arange(self.n_states, dtype=np.int32)
        self.stay = self._integers("stay", own if stay is None else stay, 1)
        if self.stay.shape != (self.n_states,):
            raise self._say("stay", f"shape {self.stay.shape}", f"({self.n_states},)")
        if (self.stay < 0).any():
            raise self._say("stay", "-1", "a next state everywhere")
        wrong = np.flatnonzero(self.next_state[:, 0] != self.stay)
        if wrong.size:
            state = int(wrong[0])
            raise self._say(
                "package 0",
                f"next state {self.next_state[state, 0]} in state {state}",
                f"no offer: next state = stay ({self.stay[state]}), everywhere",
            )
        if self.payoff[:, 0].any():
            raise self._say("package 0", "a payoff", "no offer: payoff 0 to everyone")

    def _recognition(self, value: npt.ArrayLike) -> Floats:
        recognition = self._floats("recognition", value)
        if recognition.ndim == 1:
            recognition = recognition[None]
        n_parties = len(self.parties)
        if recognition.ndim != 2 or recognition.shape not in ((1, n_parties), (self.n_states, n_parties)):
            raise self._say(
                "recognition", f"shape {np.shape(value)}", f"({n_parties},) or ({self.n_states}, {n_parties})"
            )
        return self._checked_rows("recognition", recognition)


class Chance(Turn):
    """Nature moves.

    Parameters
    ----------
    next_state : whole numbers, shape (S, C); -1 where the outcome cannot happen (its probability must be 0).
    probability : shape (S, C) or (C,); rows sum to one.
    name : what the turn is called.

    Raises
    ------
    GameError : a shape or a number that does not fit.
    """

    def __init__(self, next_state: npt.ArrayLike, probability: npt.ArrayLike, *, name: str = "") -> None:
        self.name = name
        self.next_state = self._integers("next_state", next_state, 2)
        given = self._floats("probability", probability)
        if given.ndim == 1:
            given = self._floats("probability", np.broadcast_to(given, (self.n_states, given.shape[0])))
        if given.shape != self.next_state.shape:
            raise self._say("probability", f"shape {given.shape}", f"{self.next_state.shape}")
        self.probability: Floats = self._checked_rows("probability", given)
        bad = (self.next_state < 0) & (self.probability > 0)
        if bad.any():
            state = int(np.flatnonzero(bad.any(axis=1))[0])
            raise self._say("probability", f"above 0 for an impossible outcome in state {state}", "0 there")
        self._someone_can("outcome")
