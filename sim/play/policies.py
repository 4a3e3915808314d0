"""From behaviours to policies on a compiled model: rules are asked once for each phase and memory level."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats
from sim.model import PLAYERS, Model, Package
from sim.play.behaviours import LEADER, Behaviour, View
from sim.play.memory import Memory, level_of


def month_worth(game: Game) -> list[Floats]:
    """Return, at every boundary k = 0..K, the flow expected at the month's end if nobody does anything, shape (S_k, N).

    Doing nothing is choice 0 of every move and offer.
    """
    found = [np.array(game.flow)]
    for turn in reversed(game.turns):
        after = found[-1]
        if isinstance(turn, Chance):
            reached = np.maximum(turn.next_state, 0)
            found.append((turn.probability[..., None] * after[reached]).sum(axis=1))
        else:
            idle = np.where(turn.next_state[:, 0] >= 0, turn.next_state[:, 0], turn.next_state.max(axis=1))
            found.append(after[idle])
    return found[::-1]


class _Asked(View):
    """A view that notes whether its month was read."""

    month_was_read = False

    def __getattribute__(self, name: str) -> Any:
        if name == "month":
            object.__setattr__(self, "month_was_read", True)
        return super().__getattribute__(name)


class Desk:
    """Asks rules on behalf of one model and keeps what they said.

    Raises
    ------
    UsageError : a rule that returns another shape, negative weights, or chances outside 0 to 1; one that changes in a
        month that it has not named; two memories of one name that differ.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._after = month_worth(model.game)
        self._views: dict[tuple[str, int, str], View] = {}
        self._said: dict[tuple[str, str, int, int, int, str], Floats] = {}
        self._memories: dict[tuple[str, str], Memory | None] = {}

    def memory(self, behaviour: Behaviour, capital: str) -> Memory | None:
        """Return the memory that a behaviour wants in this seat, or None."""
        key = (behaviour.name, capital)
        if key not in self._memories:
            make = behaviour.memory.get(capital)
            self._memories[key] = None if make is None else make(self.model)
        return self._memories[key]

    def memories(self, seats: Mapping[str, Behaviour]) -> tuple[Memory, ...]:
        """Return the different memories that these seats want, by name."""
        found: dict[str, Memory] = {}
        for capital, behaviour in seats.items():
            wanted = self.memory(behaviour, capital)
            if wanted is None:
                continue
            if _spelled(found.setdefault(wanted.name, wanted)) != _spelled(wanted):
                raise UsageError(
                    f"behaviour {behaviour.name!r}: {capital}: found a memory {wanted.name!r} that differs from "
                    "another of that name; allowed: the same levels, start and updates, or another name"
                )
        return tuple(found[name] for name in sorted(found))

    def fingerprint(self, behaviours: Sequence[Behaviour]) -> str:
        """Return what behaviours do in every seat, at every turn, phase and memory level, as one word.

        Rules are asked, not read: what they close over or call counts too.
        """
        game, digest = self.model.game, hashlib.sha256()
        for item in behaviours:
            firsts = [month for month in (0, *item.changes) if month < game.rounds]
            for number, capital in enumerate(PLAYERS):
                memory = self.memory(item, capital)
                digest.update(json.dumps([item.name, list(item.changes), capital, _spelled(memory)]).encode())
                levels = range(1 if memory is None else len(memory.levels))
                for k, turn in enumerate(game.turns):
                    for act in _acts(turn, number):
                        for month in firsts:
                            for level in levels:
                                digest.update(f"{turn.name} {act} {month} {level} ".encode())
                                digest.update(self._ask(item, capital, month, k, act, level).tobytes())
        return digest.hexdigest()

    def says(
        self, behaviour: Behaviour, capital: str, month: int, k: int, act: str, memories: Sequence[Memory] = ()
    ) -> Floats:
        """Return what a behaviour does at turn k, shape (m * S_k, C): probabilities, or chances of a yes.

        ``memories`` are those of the whole game, in order (see `sim.play.memory.remember`).
        """
        own = self.memory(behaviour, capital)
        levels = range(len(own.levels)) if own is not None else range(1)
        by_level = [self._ask(behaviour, capital, month, k, act, level) for level in levels]
        n_states = self.model.game.n_states(k)
        if not memories:
            return by_level[0]
        sizes = int(np.prod([len(memory.levels) for memory in memories]))
        if own is None:
            return np.tile(by_level[0], (sizes, 1))
        held = level_of(own, memories, n_states)
        stacked = np.stack(by_level)
        rows: Floats = stacked[held, np.tile(np.arange(n_states), sizes)]
        return rows

    def policy(self, behaviour: Behaviour, capital: str, memories: Sequence[Memory] = ()) -> Callable[[int, int], Any]:
        """Return a behaviour as a policy that `sim.solve` takes as fixed, in the game with these memories."""

        def fixed(t: int, k: int) -> Any:
            if isinstance(self.model.game.turns[k], Offer):
                return tuple(self.says(behaviour, capital, t, k, act, memories) for act in ("propose", "answer"))
            return self.says(behaviour, capital, t, k, "move", memories)

        return fixed

    def _ask(self, behaviour: Behaviour, capital: str, month: int, k: int, act: str, level: int) -> Floats:
        phase = behaviour.phase(month)
        key = (behaviour.name, capital, phase, level, k, act)
        if key not in self._said:
            first = 0 if phase == 0 else behaviour.changes[phase - 1]
            view = self._view(capital, k, act)
            asked = _Asked(**{**vars(view), "month": first, "memory": level})
            rows = self._checked(behaviour, asked, behaviour.rule(asked))
            if asked.month_was_read:
                self._same_all_along(behaviour, View(**{**vars(view), "month": first, "memory": level}), phase, rows)
            rows.flags.writeable = False
            self._said[key] = rows
        return self._said[key]

    def _same_all_along(self, behaviour: Behaviour, asked: View, phase: int, rows: Floats) -> None:
        """Refuse a rule that looks at the month and does not do the same in all months between its changes."""
        end = (*behaviour.changes, self.model.grid.rounds)[phase]
        for month in range(asked.month + 1, min(end, self.model.grid.rounds)):
            other = dataclasses.replace(asked, month=month)
            if not np.array_equal(self._checked(behaviour, other, behaviour.rule(other)), rows):
                named = ", ".join(map(str, behaviour.changes)) or "none"
                raise UsageError(
                    f"behaviour {behaviour.name!r}: {asked.capital} at {asked.turn} ({asked.act}): found a rule that "
                    f"does something else in month {month} than in month {asked.month}; allowed: changes in the months "
                    f"that it names ({named}). Register it with every such month in changes=(...)"
                )

    def _checked(self, behaviour: Behaviour, view: View, given: Any) -> Floats:
        where = f"behaviour {behaviour.name!r}: {view.capital} at {view.turn} ({view.act})"
        try:
            rows = np.array(np.broadcast_to(np.asarray(given, dtype=np.float64), view.available.shape))
        except (TypeError, ValueError):
            raise UsageError(
                f"{where}: found {np.shape(given)}; allowed: an array that broadcasts to {view.available.shape}"
            ) from None
        if not np.isfinite(rows).all() or (rows < 0).any():
            raise UsageError(f"{where}: found negative numbers or NaN; allowed: 0 or above")
        if view.act == "answer":
            if (rows > 1).any():
                raise UsageError(f"{where}: found a chance of {rows.max():g}; allowed: 0 to 1")
            rows[:, 0] = 1.0
            return np.where(view.available, rows, 0.0)
        rows = np.where(view.available, rows, 0.0)
        total = rows.sum(axis=1, keepdims=True)
        rows[total[:, 0] == 0, 0] = 1.0
        rows /= np.where(total == 0, 1.0, total)
        return rows

    def _view(self, capital: str, k: int, act: str) -> View:
        key = (capital, k, act)
        if key not in self._views:
            self._views[key] = self._look(capital, k, act)
        return self._views[key]

    def _look(self, capital: str, k: int, act: str) -> View:
        game, turn = self.model.game, self.model.game.turns[k]
        assert isinstance(turn, (Move, Offer))
        number = PLAYERS.index(capital)
        reached = turn.next_state
        value = turn.payoff + self._after[k + 1][np.maximum(reached, 0)]
        worth = np.where((reached >= 0)[..., None], value - value[:, :1], 0.0)
        if isinstance(turn, Offer):
            labels = turn.packages
            offers = self.model.packages[turn.name]
            gives, gets = (np.array([f(capital, offer) for offer in offers]) for f in (_gives, _gets))
            rest = [int(party) for party in turn.parties if int(party) != number]
        else:
            labels, rest = turn.actions, []
            gives, gets = np.zeros((2, turn.n_choices))
        outer = self.model.outer_state(k)
        dials = {name: np.asarray(self.model.axes.grid(name))[outer] for name in self.model.axes.names}
        dials["prisoners"] = np.asarray(self.model.measures["prisoners"])[outer]
        return View(
            capital=game.players[number],
            month=0,
            turn=turn.name,
            act=act,
            choices=tuple(labels),
            available=reached >= 0,
            weights=turn.weights,
            gives=gives.astype(np.float64),
            gets=gets.astype(np.float64),
            worth=worth[..., number],
            others_worth=np.moveaxis(worth[..., rest], -1, 0),
            dials=dials,
        )


def _acts(turn: Any, player: int) -> tuple[str, ...]:
    """Return what a player is asked at a turn."""
    if isinstance(turn, Move):
        return ("move",) if int(turn.player) == player else ()
    if isinstance(turn, Offer):
        return ("propose", "answer") if player in {int(party) for party in turn.parties} else ()
    return ()


def _spelled(memory: Memory | None) -> Any:
    """Return a memory's definition in plain values, so that two can be compared."""
    if memory is None:
        return None
    updates = sorted((turn, [int(level) for level in row]) for turn, row in memory.updates.items())
    return [memory.name, list(memory.levels), int(memory.initial), updates]


def _people(offer: Package) -> float:
    return offer.prisoners + LEADER * offer.leaders


def _gives(capital: str, offer: Package) -> float:
    """How much a package asks of a capital: persons of Minsk, steps of the others."""
    if capital == "minsk":
        return _people(offer)
    if capital == "washington":
        return offer.us + offer.contact + float(offer.pressing)
    return float(offer.eu) if capital == "brussels" else 0.0


def _gets(capital: str, offer: Package) -> float:
    """How much a package brings a capital: steps to Minsk, persons to the others."""
    if capital == "minsk":
        return offer.us + offer.eu + offer.contact + float(offer.pressing)
    return _people(offer) if capital in ("washington", "brussels") else 0.0
