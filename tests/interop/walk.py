"""OpenSpiel's copy of an exported game, solved by walking through it. Knows nothing of ours but the names in the file.

Values are those at the root: what our solver calls the values before the first turn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel

# what a decision node is called: "month 2, us-table: minsk proposes", "...: washington answers minsk: 13 people ..."
_NAME = re.compile(r"\w+ (?P<round>\d+), (?P<turn>[^:]+): .+? (?P<act>chooses|proposes|answers)\b")
Visit = Callable[[tuple[int, int], list[float]], None]


def loaded(text: str, folder: Path | None = None) -> Any:
    """Load a game into OpenSpiel, from a file if a folder is given."""
    if folder is None:
        return pyspiel.load_efg_game(text)
    path = folder / "game.efg"
    path.write_text(text, encoding="utf-8")
    return pyspiel.load_game(f"efg_game(filename={path})")


def key(state: Any) -> tuple[int, int]:
    """Return a decision node's player and number, both as in the file, from 1 up."""
    owner = state.current_player()
    return owner + 1, int(state.information_state_string(owner).split("-")[2])


def name(state: Any) -> str:
    """Return what a decision node is called in the file."""
    owner = state.current_player()
    return str(state.information_state_string(owner).split("-", 3)[3])


def where(state: Any) -> tuple[int, str, str]:
    """Return the round (from 0), the turn's name and what is done at a decision node, as its name says."""
    found = _NAME.match(name(state))
    assert found, name(state)
    return int(found["round"]) - 1, found["turn"], found["act"]


def labels(state: Any) -> list[str]:
    """Return the names of the branches."""
    return [state.action_to_string(action) for action in state.legal_actions()]


def decisions(game: Any) -> list[Any]:
    """Return all decision nodes, in the order of the file."""
    return [state for state in every(game) if not state.is_terminal() and not state.is_chance_node()]


def every(game: Any) -> list[Any]:
    """Return all nodes, in the order of the file."""
    found, stack = [], [game.new_initial_state()]
    while stack:
        state = stack.pop()
        found.append(state)
        if not state.is_terminal():
            stack += [state.child(action) for action in reversed(state.legal_actions())]
    return found


@dataclass
class Walk:
    """A depth-first walk that solves every node from those behind it.

    Attributes
    ----------
    choose : from a decision node, its mover and the values behind its branches to probabilities.
    played : (player, number) -> probabilities, of all decision nodes passed.
    """

    choose: Callable[[Any, np.ndarray], np.ndarray]
    played: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    def value(self, state: Any) -> np.ndarray:
        """Return what every player gets from a node on."""
        if state.is_terminal():
            return np.array(state.returns())
        if state.is_chance_node():
            return sum(p * self.value(state.child(action)) for action, p in state.chance_outcomes())
        behind = np.array([self.value(state.child(action)) for action in state.legal_actions()])
        chosen = self.choose(state, behind[:, state.current_player()])
        self.played[key(state)] = chosen
        return chosen @ behind


def first_best(state: Any, worth: np.ndarray) -> np.ndarray:
    """Max-n: the first of the best branches."""
    return np.eye(len(worth))[next(a for a in range(len(worth)) if worth[a] == max(worth))]


def logit(
    lam: Sequence[float],
    discount: Sequence[float] | None = None,
    weight: Callable[[str, str], float] | None = None,
) -> Callable[[Any, np.ndarray], np.ndarray]:
    """Choice by a precision of its own at every node: ``lam / discount ** round``, on present values.

    ``weight`` gives what a choice weighs from the turn's name and the branch's; answers weigh alike.
    """

    def choose(state: Any, worth: np.ndarray) -> np.ndarray:
        player = state.current_player()
        t, turn, act = where(state)
        precision = lam[player] / (1.0 if discount is None else discount[player] ** t)
        if math.isinf(precision):
            return first_best(state, worth)
        weights = np.ones(len(worth))
        if weight is not None and act != "answers":
            weights = np.array([weight(turn, label) for label in labels(state)])
        scores = precision * (worth - worth.max())
        likely = weights * np.exp(scores)
        return likely / likely.sum()

    return choose


def max_n_value(game: Any) -> np.ndarray:
    """Return subgame-perfect values by max-n."""
    return Walk(first_best).value(game.new_initial_state())
