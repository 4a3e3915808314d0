"""What one capital alone could do instead of playing its equilibrium, each a policy announced for all months.

Nothing here compares utilities of different capitals. A capital's levers: Minsk frees prisoners and leaders, and cracks
down; Washington gives US relief and contact, presses Brussels, and snaps back; Brussels gives EU relief and tightens;
Moscow supports or punishes.

- **removed**: it makes no offer, refuses every offer, and does nothing at its own turn (Moscow: tolerates).
- **silent**: it takes no initiative: no offers, nothing at its own turn; but it answers offers as it likes best, solved
  anew.
- **hold**: no offers; it accepts exactly the packages that move none of its own levers; nothing at its own turn.
- **ease**: it accepts every package, offers as much as the menu allows for nothing in return (pressing, aimed at
  Brussels, left out), and at its own turn Minsk frees a handful unasked, Moscow supports, the others do nothing.
- **punish**: no offers, refuses every offer, and at its own turn strikes wherever it can: crackdown, snapping back,
  tightening, punishing.

The others know the announcement and answer it with an equilibrium of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.game import Move, Offer
from sim.game.turns import Floats
from sim.model import PLAYERS, Model, Package

COMMITMENTS = ("removed", "silent", "hold", "ease", "punish")
MEANINGS = {
    "removed": "no offers, refuses everything, does nothing",
    "silent": "no offers, does nothing by itself, answers as it likes best",
    "hold": "accepts only what asks nothing of it, does nothing else",
    "ease": "accepts everything, offers all it can for nothing",
    "punish": "no offers, refuses everything, strikes wherever it can",
}
OWN_MOVE: Mapping[str, Mapping[str, int]] = {
    "minsk": {"ease": 1, "punish": 2},
    "washington": {"punish": 1},
    "brussels": {"punish": 1},
    "moscow": {"ease": 1, "punish": 2},
}
"""Number of the action at the capital's own turn, where it is not the first (hold or tolerate)."""


def asks_of(capital: str, package: Package) -> bool:
    """Return whether a package moves a lever of this capital."""
    levers = {
        "minsk": package.prisoners + package.leaders,
        "washington": package.us + package.contact + int(package.pressing),
        "brussels": package.eu,
    }
    return levers.get(capital, 0) > 0


def commitment(model: Model, capital: str, kind: str) -> dict[str | int, Any]:
    """Return the policy of a capital for every turn at which it acts: turn number -> what `sim.solve` takes as fixed.

    Raises
    ------
    UsageError : an unknown capital, or a kind that is no fixed policy (``silent`` is a change of the game: see
        `sim.bargain.merge.silenced`).
    """
    if capital not in PLAYERS:
        raise UsageError(f"capital: found {capital!r}; allowed: {', '.join(PLAYERS)}")
    if kind not in COMMITMENTS or kind == "silent":
        raise UsageError(f"commitment: found {kind!r}; allowed: removed, hold, ease, punish")
    number = PLAYERS.index(capital)
    policy: dict[str | int, Any] = {}
    for k, turn in enumerate(model.game.turns):
        if isinstance(turn, Move) and int(turn.player) == number:
            policy[k] = _move(turn, OWN_MOVE[capital].get(kind, 0))
        elif isinstance(turn, Offer) and number in turn.parties:
            policy[k] = _offer(turn, model.packages[turn.name], capital, kind)
    return policy


def _move(turn: Move, action: int) -> Floats:
    """Take the action where it is available, else the first."""
    rows = np.zeros(turn.next_state.shape)
    can = turn.next_state[:, action] >= 0
    rows[can, action] = 1.0
    rows[~can, 0] = 1.0
    return rows


def _offer(turn: Offer, packages: tuple[Package, ...], capital: str, kind: str) -> tuple[Floats, Floats]:
    nothing = np.eye(turn.n_choices)[0]
    asked = np.array([asks_of(capital, package) for package in packages])
    if kind == "hold":
        return nothing, (~asked).astype(np.float64)
    if kind != "ease":
        return nothing, nothing
    others = [name for name in PLAYERS if name != capital]
    gift = asked & ~np.array([any(asks_of(name, package) for name in others) for package in packages])
    gift &= ~np.array([package.pressing for package in packages])
    size = np.array([10.0 * (p.us + p.eu) + 5.0 * p.contact + 0.01 * p.prisoners + p.leaders for p in packages])
    score = np.where((turn.next_state >= 0) & gift, size, -np.inf)
    best = score.argmax(axis=1)
    rows = np.zeros(turn.next_state.shape)
    rows[np.arange(turn.n_states), np.where(np.isfinite(score.max(axis=1)), best, 0)] = 1.0
    return rows, np.ones(turn.n_choices)
