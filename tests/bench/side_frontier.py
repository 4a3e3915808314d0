"""Runs where NegMAS is installed: the Pareto frontier of a table of gains. Knows nothing of Grand Deal.

python side_frontier.py GAINS.npy REPEATS prints one JSON object for each repeat, so that who waits may stop.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from negmas.preferences import ops

if __name__ == "__main__":
    gains = np.load(sys.argv[1])
    ops.pareto_frontier_numpy(gains[:50])
    for _ in range(int(sys.argv[2])):
        begun = time.perf_counter()
        frontier = ops.pareto_frontier_numpy(gains)
        found = {"version": version("negmas"), "seconds": time.perf_counter() - begun, "size": len(frontier)}
        print(json.dumps(found), flush=True)
