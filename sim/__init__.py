"""Grand Deal: a negotiation among four capitals, solved exactly. It explores a model and predicts nothing.

>>> import sim
>>> result = sim.run("baseline", overrides={"minsk.trade_value": 12})  # doctest: +SKIP

The steps of it are `load`, `compile`, `solve` and `propagate`; games of your own are built from `sim.game`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.forecast import Result, explain, run, stories
    from sim.game import Axes, Chance, Game, Move, Offer
    from sim.model import compile
    from sim.scenario import Scenario, load
    from sim.solver import (
        Forward,
        Solution,
        one_shot_gain,
        propagate,
        propagate_many,
        regret,
        solve,
        solve_each,
        solve_many,
    )

__version__ = "0.1.0"

_HOMES = {
    "sim.forecast": ("Result", "explain", "run", "stories"),
    "sim.game": ("Axes", "Chance", "Game", "Move", "Offer"),
    "sim.model": ("compile",),
    "sim.scenario": ("Scenario", "load"),
    "sim.solver": (
        *("Forward", "Solution", "one_shot_gain", "propagate", "propagate_many", "regret"),
        *("solve", "solve_each", "solve_many"),
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Axes",
    "Chance",
    "Forward",
    "Game",
    "Move",
    "Offer",
    "Result",
    "Scenario",
    "Solution",
    "compile",
    "explain",
    "load",
    "one_shot_gain",
    "propagate",
    "propagate_many",
    "regret",
    "run",
    "solve",
    "solve_each",
    "solve_many",
    "stories",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts quickly."""
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
