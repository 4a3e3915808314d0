"""The game: turns, weights, axes, states."""

from __future__ import annotations

from tests.mutants.mutant import Fault

GAME = "sim/game/game.py"
TURNS = "sim/game/turns.py"
AXES = "sim/game/axes.py"

FAULTS = (
    Fault(
        "given-weights-ignored",
        TURNS,
        '"numbers above 0")\n        return weights\n',
        '"numbers above 0")\n        return self._floats("weights", np.ones(n_choices))\n',
        "The weights of a turn are checked and forgotten: every choice counts the same.",
    ),
    Fault(
        "no-offer-may-pay",
        TURNS,
        "        if self.payoff[:, 0].any():\n",
        "        if False:\n",
        "A payoff for making no offer is let through, which the kernels never pay.",
    ),
    Fault(
        "axes-swapped",
        AXES,
        "        axis = self.names.index(name)\n        shape = [1]",
        "        axis = len(self.names) - 1 - self.names.index(name)\n        shape = [1]",
        "The levels of a dial are read along the opposite axis.",
    ),
    Fault(
        "states-in-other-order",
        AXES,
        "np.ravel_multi_index(tuple(numbers), self.shape)",
        "np.ravel_multi_index(tuple(numbers), self.shape, order='F')",
        "Named dials are numbered with the first dial running fastest, not the last.",
    ),
    Fault(
        "impossible-counts-as-reachable",
        GAME,
        "                possible = targets >= 0\n                if isinstance(turn, Chance):\n"
        "                    possible &= turn.probability[states] > 0\n",
        "                possible = targets >= 0\n",
        "A state that only an outcome of probability 0 leads to is reported as reachable.",
    ),
)
