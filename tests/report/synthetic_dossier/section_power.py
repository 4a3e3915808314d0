"""Coalitions, commitments of each capital alone, and indices of power."""

from __future__ import annotations

from typing import Any

from tests.report import synthetic
from tests.report.synthetic_dossier.parameters import PLAYERS


def power() -> dict[str, Any]:
    """Indices, coalitions and commitments."""
    groups = [[name] for name in PLAYERS]
    groups += [[a, b] for i, a in enumerate(PLAYERS) for b in PLAYERS[i + 1 :]]
    groups += [[name for name in PLAYERS if name != left] for left in PLAYERS] + [list(PLAYERS)]
    outcomes = {name: values[-1] for name, values in synthetic.result().outcomes.items()}
    coalitions = [
        {
            "capitals": group,
            "lam": 3.5,
            "worth": 1.0 * len(group),
            "values": {},
            "outcomes": outcomes | {"prisoners": 1026.0 - 90.0 * (len(group) - 1) * (-1) ** number},
        }
        for number, group in enumerate(groups)
    ]
    alone = [
        {
            "capital": name,
            "commitment": kind,
            "outcomes": outcomes,
            "changes": dict.fromkeys(outcomes, 0.01 * number) | {"prisoners": 40.0 * number - 200.0},
            "own_change": -1.25 * number,
        }
        for name in PLAYERS
        for number, kind in enumerate(("removed", "silent", "hold", "ease", "punish"))
    ]
    return {
        "months": 24,
        "method": "gamma characteristic function",
        "note": "Utilities of different capitals have no common unit.",
        "weights": dict.fromkeys(PLAYERS, 1.0),
        "own": {
            "coalitions": coalitions,
            "shapley": {"minsk": 12.1, "washington": 2.5, "brussels": -1.2, "moscow": -0.4},
            "banzhaf": {"minsk": 11.0, "washington": 2.0, "brussels": 1.0, "moscow": 0.5},
            "banzhaf_index": {"minsk": 0.76, "washington": 0.14, "brussels": 0.07, "moscow": 0.03},
            "core": {"empty": True, "point": None, "complaint": 1.0, "least": [], "leave": []},
            "pivotal": {"minsk": 0.296, "washington": 0.295, "brussels": 0.012, "moscow": -0.009},
            "swing": {},
        },
        "sharp": None,
        "alone": alone,
    }
