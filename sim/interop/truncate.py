"""A smaller game from a larger one: fewer rounds, fewer choices, another value at the horizon.

What comes back is an ordinary `Game` with the same states, so `sim.solve` solves exactly what is exported.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.game import Chance, Game, Move, Offer, Turn


def truncate(
    game: Game,
    *,
    rounds: int | None = None,
    terminal: npt.ArrayLike | str | None = None,
    choices: Mapping[str | int, Sequence[str | int]] | None = None,
    likeliest: Sequence[str | int] = (),
    equal_weights: bool = False,
) -> Game:
    """Cut a game down.

    Parameters
    ----------
    game : the game; it is not changed. States keep their numbers and their names.
    rounds : how many rounds are left, at most the game's own; default: all.
    terminal : value after the last round left, shape (S_0, N). Default: the game's ``terminal``; ``"zero"``: nothing.
        With ``solution.values(rounds)`` the cut game has the same equilibrium as the first rounds of the whole one.
    choices : turn -> actions or packages that remain, by label or number; other turns keep all. An offer always keeps
        package 0, no offer.
    likeliest : chance turns of which only the likeliest next state remains, in every state (of equals, the first).
    equal_weights : every choice weighs the same, as in programs that know no weights.

    Raises
    ------
    UsageError : rounds out of range; a turn or choice that is not there; a turn left with nothing to choose in a state.
    GameError : a terminal value of another shape.
    """
    rounds = game.rounds if rounds is None else rounds
    if not 1 <= rounds <= game.rounds:
        raise UsageError(f"rounds: found {rounds}; allowed: 1 to {game.rounds}")
    kept = {_turn(game, turn): (turn, given) for turn, given in (choices or {}).items()}
    still = {_turn(game, turn) for turn in likeliest}
    turns: list[Turn] = []
    for k, turn in enumerate(game.turns):
        if k in kept:
            turn = _narrowed(turn, kept[k][1])
        if k in still:
            turn = _settled(turn)
        if equal_weights and isinstance(turn, (Move, Offer)):
            turn = _changed(turn, weights=np.ones(turn.n_choices))
        turns.append(turn)
    if terminal is None:
        terminal = game.terminal
    elif isinstance(terminal, str):
        if terminal != "zero":
            raise UsageError(f"terminal: found {terminal!r}; allowed: zero, or values of shape (states, players)")
        terminal = np.zeros_like(game.terminal)
    return game.replace(rounds=rounds, turns=turns, terminal=terminal)


def find_choices(turn: Turn, wanted: Sequence[str], kinds: Sequence[str] | None = None) -> list[int]:
    """Return the numbers of the choices that are named.

    Parameters
    ----------
    turn : a Move or an Offer.
    wanted : each a label, a kind, or words that stand in several labels; capitals do not matter.
    kinds : the kind of each choice, e.g. ``prisoners for contact``; optional.

    Raises
    ------
    UsageError : a text that fits nothing.
    """
    labels = _labels(turn)
    lower = [label.casefold() for label in labels]
    groups = [kind.casefold() for kind in kinds or [""] * len(labels)]
    found: set[int] = set()
    for text in wanted:
        sought = text.strip().casefold()
        here = [c for c, label in enumerate(lower) if label == sought]
        here = here or [c for c, kind in enumerate(groups) if kind == sought]
        here = here or [c for c, label in enumerate(lower) if sought and sought in label]
        if not here:
            pool = [*labels, *dict.fromkeys(kinds or ())]
            near = difflib.get_close_matches(text, pool, 3, 0.4) or pool[:3]
            raise UsageError(f"{turn.name}: found {text.strip()!r}; allowed: for example {'; '.join(near)}")
        found.update(here)
    return sorted(found)


def _turn(game: Game, turn: str | int) -> int:
    names = [item.name for item in game.turns]
    if isinstance(turn, str) and turn in names:
        return names.index(turn)
    if isinstance(turn, int) and not isinstance(turn, bool) and 0 <= turn < len(names):
        return turn
    near = difflib.get_close_matches(str(turn), names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"turn: found {turn!r}; allowed: {', '.join(names)}{hint}")


def _labels(turn: Turn) -> tuple[str, ...]:
    if isinstance(turn, Move):
        return turn.actions
    if isinstance(turn, Offer):
        return turn.packages
    raise UsageError(f"{turn.name}: found choices for a chance turn; allowed: turns of players")


def _narrowed(turn: Turn, wanted: Sequence[str | int]) -> Turn:
    """Keep some choices of a turn, in their old order."""
    labels = _labels(turn)
    numbers = {0} if isinstance(turn, Offer) else set()
    for choice in wanted:
        if isinstance(choice, str) and choice in labels:
            numbers.add(labels.index(choice))
        elif isinstance(choice, (int, np.integer)) and 0 <= choice < len(labels):
            numbers.add(int(choice))
        else:
            near = difflib.get_close_matches(str(choice), labels, 3, 0.4) or labels[:3]
            raise UsageError(f"{turn.name}: found {choice!r}; allowed: for example {'; '.join(near)}")
    columns = sorted(numbers)
    if not columns:
        raise UsageError(f"{turn.name}: found no choice; allowed: at least one of {', '.join(labels)}")
    stuck = np.flatnonzero((turn.next_state[:, columns] < 0).all(axis=1) & (turn.next_state >= 0).any(axis=1))
    if stuck.size:
        raise UsageError(
            f"{turn.name}: found nothing to choose in {stuck.size} states once only "
            f"{', '.join(labels[c] for c in columns)} remain; allowed: choices of which one is open in every state"
        )
    return _changed(
        turn,
        labels=[labels[c] for c in columns],
        next_state=turn.next_state[:, columns],
        payoff=turn.payoff[:, columns],  # type: ignore[attr-defined]
        weights=turn.weights[columns],  # type: ignore[attr-defined]
    )


def _settled(turn: Turn) -> Chance:
    """Leave a chance turn its likeliest next state only; outcomes that lead to the same one count together."""
    if not isinstance(turn, Chance):
        raise UsageError(f"{turn.name}: found a player's turn; allowed: chance turns")
    same = turn.next_state[:, :, None] == turn.next_state[:, None, :]
    together = np.where(turn.next_state >= 0, (same * turn.probability[:, None, :]).sum(axis=2), -1.0)
    best = together.argmax(axis=1)
    reached = np.take_along_axis(turn.next_state, best[:, None], axis=1)
    return Chance(reached, np.ones_like(reached, dtype=np.float64), name=turn.name)


def _changed(turn: Turn, **changes: Any) -> Turn:
    """Return the turn with some arguments changed, checked again."""
    if isinstance(turn, Move):
        given = {"labels": turn.actions, "next_state": turn.next_state, "payoff": turn.payoff, "weights": turn.weights}
        now = given | changes
        return Move(turn.player, now["labels"], now["next_state"], now["payoff"], now["weights"], name=turn.name)
    assert isinstance(turn, Offer)
    given = {"labels": turn.packages, "next_state": turn.next_state, "payoff": turn.payoff, "weights": turn.weights}
    now = given | changes
    stay = None if turn.default_stay else turn.stay
    return Offer(
        *(turn.parties, turn.recognition, now["labels"], now["next_state"], now["payoff"], stay, now["weights"]),
        name=turn.name,
    )
