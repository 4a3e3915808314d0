"""Runs in NegMAS' own environment: frontier and bargaining points of a table of gains. Knows nothing of Grand Deal.

python side_negmas.py GAINS.csv prints what NegMAS finds, as JSON. A row is a package, a column a party; a gain is over
no deal, so every reserved value is 0.
"""

from __future__ import annotations

import csv
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from negmas.outcomes import make_issue, make_os
from negmas.preferences import MappingUtilityFunction, ops
from scipy.optimize import linprog


def parties(gains: np.ndarray) -> list[MappingUtilityFunction]:
    """Return one utility function a party over outcomes (0,), (1,), ..., one a package."""
    space = make_os([make_issue(len(gains), "package")])
    return [
        MappingUtilityFunction(
            {(m,): float(gain) for m, gain in enumerate(column)}, outcome_space=space, reserved_value=0.0
        )
        for column in gains.T
    ]


def points(gains: np.ndarray) -> dict[str, object]:
    """Return the frontier of all packages, and the points among those from which nobody loses and on their hull."""
    frontier = sorted(int(m) for m in ops.pareto_frontier_numpy(gains))
    nobody_loses = [m for m in frontier if (gains[m] >= 0).all()]
    found = {"frontier": frontier, "nobody_loses": nobody_loses, "hull": hull_points(gains)}
    if not nobody_loses:
        return found
    rows = gains[nobody_loses]
    ufuns, ranges = parties(gains), [(0.0, float(best)) for best in rows.max(axis=0)]
    shares = rows / rows.max(axis=0)

    def numbers(found: tuple) -> list[int]:
        return sorted(nobody_loses[place] for _, place in found)

    listed = [tuple(map(float, row)) for row in rows]
    parts = [tuple(map(float, row)) for row in shares]
    whole = [(0.0, 1.0)] * len(ranges)
    return found | {
        "nash": numbers(ops.nash_points(ufuns, listed, ranges=ranges)),
        "kalai": numbers(ops.kalai_points(ufuns, listed, ranges=ranges)),
        "kalai_of_shares": numbers(ops.kalai_points(ufuns, parts, ranges=whole)),
        "kalai_smorodinsky_smallest_spread": numbers(ops.ks_points(ufuns, listed, ranges=ranges)),
        "welfare": numbers(ops.max_welfare_points(ufuns, listed, ranges=ranges)),
        "ideal": [best for _, best in ranges],
    }


def hull_points(gains: np.ndarray) -> dict[str, list[float]]:
    """Return gains at the points on the convex hull of all packages and no deal; the ideal by linear programmes."""
    every = np.vstack([gains, np.zeros(gains.shape[1])])
    ideal = [
        -linprog(-every[:, i], A_ub=-every.T, b_ub=np.zeros(every.shape[1]), A_eq=[[1.0] * len(every)], b_eq=[1.0]).fun
        for i in range(every.shape[1])
    ]
    ufuns, ranges = parties(gains), [(0.0, best) for best in ideal]
    points = {
        "nash": ops.nash_point_convex_hull(ufuns, every, ranges=ranges),
        "kalai": ops.kalai_point_convex_hull(ufuns, every, ranges=ranges),
        "kalai_smorodinsky": ops.ks_point_convex_hull(ufuns, every, ranges=ranges),
    }
    return {"ideal": ideal} | {rule: list(found[0]) for rule, found in points.items()}


if __name__ == "__main__":
    with Path(sys.argv[1]).open(newline="") as file:
        table = list(csv.reader(file))[1:]
    print(
        json.dumps({"version": version("negmas"), **points(np.array([[float(x) for x in row[1:]] for row in table]))})
    )
