"""Runs in sgamesolver's own environment: stationary logit equilibria of a stochastic game. Knows nothing of Grand Deal.

python side_sgamesolver.py GAME.json LAM [LAM ...] prints what it finds, as JSON. The file lists for every state who
moves, and for every action of the mover the payoffs and the probabilities of the next state.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import sgamesolver


def stochastic_game(told: dict) -> sgamesolver.SGame:
    """Return the game in which those who do not move have a single action."""
    payoffs, transitions = [], []
    players = len(told["players"])
    for state in told["states"]:
        shape = [1] * players
        shape[state["mover"]] = len(state["actions"])
        paid = np.array([action["payoffs"] for action in state["actions"]])
        following = np.array([action["next"] for action in state["actions"]])
        payoffs.append(paid.T.reshape(players, *shape))
        transitions.append(following.reshape(*shape, len(told["states"])))
    return sgamesolver.SGame(payoffs, transitions, told["discount"])


def solved(game: sgamesolver.SGame, lam: float) -> dict[str, object]:
    """Return the point at ``lam`` on the path of stationary logit equilibria that starts at 0."""
    homotopy = sgamesolver.homotopy.QRE(game)
    homotopy.solver_setup(target_lambda=lam)
    homotopy.solver.verbose = 0
    homotopy.solver.set_parameters({"convergence_tol": 1e-12, "corrector_tol": 1e-12})
    homotopy.solve()
    found = homotopy.equilibrium
    return {
        "lam": float(found.homotopy_parameter),
        "values": found.values.tolist(),
        "strategies": found.to_list(),
    }


if __name__ == "__main__":
    played = stochastic_game(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    found = [solved(played, float(lam)) for lam in sys.argv[2:]]
    print(json.dumps({"version": version("sgamesolver"), "solved": found}))
