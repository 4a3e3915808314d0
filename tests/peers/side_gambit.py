"""Runs in Gambit's own environment: logit equilibria of an extensive-form file. Knows nothing of Grand Deal.

python side_gambit.py GAME.efg LAM [LAM ...] prints what Gambit finds, as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import pygambit
from pygambit import qre


def solved(game: pygambit.Game, lam: float) -> dict[str, object]:
    """Return the point at ``lam`` on the principal branch of agent quantal response equilibria."""
    begun = time.perf_counter()
    (found,) = qre.logit_solve_lambda(game, lam)
    seconds = time.perf_counter() - begun
    # the probabilities one after another, as `found.profile` cannot be read in pygambit 16.7.0
    flat = [found[i] for i in range(len(found))]
    profile = game.mixed_behavior_profile()
    nodes, place = [], 0
    for number, player in enumerate(game.players, start=1):
        for infoset in player.infosets:
            chosen = []
            for action in infoset.actions:
                profile[action] = flat[place]
                chosen.append(flat[place])
                place += 1
            nodes.append(
                {
                    "player": number,
                    "number": infoset.number + 1,
                    "label": infoset.label,
                    "actions": [action.label for action in infoset.actions],
                    "probability": chosen,
                }
            )
    payoffs = [float(profile.payoff(player)) for player in game.players]
    return {"lam": found.lam, "payoffs": payoffs, "infosets": nodes, "seconds": round(seconds, 3)}


if __name__ == "__main__":
    played = pygambit.read_efg(sys.argv[1])
    size = {"players": len(played.players), "infosets": len(played.infosets), "nodes": len(played.nodes)}
    found = [solved(played, float(lam)) for lam in sys.argv[2:]]
    print(json.dumps({"version": pygambit.__version__, "size": size, "solved": found}))
