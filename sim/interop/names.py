"""What states, rounds and choices are called in an exported file: text that a person can read."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from sim.errors import GameError
from sim.game import Game, Move, Offer

if TYPE_CHECKING:
    from sim.model import Model

Dials = Callable[[int, int], Mapping[str, str]]


class Names:
    """Names for the parts of one game.

    Parameters
    ----------
    game : the game.
    dials : boundary k and state -> dial -> level. Default: the game's axes at the start and end of a round, else the
        state's number.
    period : what a round is called, e.g. ``month``.
    title : what the game is called; default: the turns and players.

    Notes
    -----
    Every text is plain: a double quote becomes an apostrophe, a backslash a slash, and anything that does not print a
    space. Gambit reads ``\\"`` as a quote within a label, OpenSpiel as the label's end; so neither is ever written.
    """

    def __init__(self, game: Game, dials: Dials | None = None, *, period: str = "round", title: str = "") -> None:
        self.game = game
        self.period = plain(period)
        turns = ", ".join(turn.name for turn in game.turns)
        self.title = plain(title or f"{', '.join(game.players)}: {turns}")
        self.players = distinct(game.players)
        self._dials = lru_cache(maxsize=4096)(dials or self._by_axes)

    def on(self, game: Game) -> Names:
        """Return the same names for a game cut from this one (`sim.interop.truncate`), which numbers choices anew.

        Raises
        ------
        GameError : other players, turns or numbers of states.
        """
        mine, theirs = (
            (item.players, [(turn.name, turn.n_states) for turn in item.turns]) for item in (self.game, game)
        )
        if mine != theirs:
            raise GameError(
                "names: found a game of other players, turns or states; allowed: the one they were made for"
            )
        other = copy.copy(self)
        other.game = game
        return other

    def state(self, k: int, s: int) -> str:
        """Return a state at boundary k in words, e.g. ``talks=stalled, prisoners=700``."""
        return plain(", ".join(f"{dial}={level}" for dial, level in self._dials(k % self.game.n_turns, int(s)).items()))

    def change(self, k: int, s: int, after: int) -> str:
        """Return what differs in state ``after`` at boundary k+1 from state ``s`` at boundary k."""
        before = self._dials(k, int(s))
        reached = self._dials((k + 1) % self.game.n_turns, int(after))
        changed = [f"{dial}={level}" for dial, level in reached.items() if before.get(dial) != level]
        return plain(", ".join(changed)) or "nothing changes"

    def when(self, t: int, k: int) -> str:
        """Return a place in the course of play, e.g. ``month 1, us-table``."""
        return f"{self.period} {t + 1}, {plain(self.game.turns[k].name)}"

    def choice(self, k: int, c: int) -> str:
        """Return an action's or a package's name."""
        turn = self.game.turns[k]
        if isinstance(turn, Move):
            return plain(turn.actions[c])
        return plain(turn.packages[c]) if isinstance(turn, Offer) else f"outcome {c}"

    def _by_axes(self, k: int, s: int) -> Mapping[str, str]:
        axes = self.game.axes
        return axes.label(s) if axes is not None and k == 0 else {"state": str(s)}


def names_of(model: Model, title: str = "") -> Names:
    """Return names for a compiled scenario: its dials, also those that live only inside a month.

    ``pressing`` is named while Washington presses Brussels, and ``still to settle`` while a part of a lot of prisoners
    is still to be drawn by lot (persons leaving; below 0: arriving).
    """
    turns = model.turns

    @cache
    def at(k: int) -> tuple[npt.NDArray[Any], ...]:
        return model.outer_state(k), model.pressing(turns[k]), model.pending(turns[k])

    def dials(k: int, s: int) -> dict[str, str]:
        outer, pressing, pending = at(k)
        found = model.axes.label(int(outer[s]))
        if pressing[s]:
            found["pressing"] = "yes"
        if pending[s]:
            found["still to settle"] = f"{pending[s]:g}"
        return found

    return Names(model.game, dials, period="month", title=title or f"Grand Deal: {model.scenario.title}")


def plain(text: object) -> str:
    """Return a text that can stand between double quotes in every format written here."""
    swapped = str(text).replace('"', "'").replace("\\", "/")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in swapped).split())


def distinct(texts: tuple[str, ...] | list[str]) -> list[str]:
    """Return plain texts, none empty, no two alike."""
    result: list[str] = []
    for number, text in enumerate(texts, start=1):
        base = plain(text) or f"choice {number}"
        candidate, copy = base, 2
        while candidate in result:
            candidate, copy = f"{base} ({copy})", copy + 1
        result.append(candidate)
    return result
