"""Runs where QuantEcon is installed: backward induction of one decision maker. Knows nothing of Grand Deal.

python side_quantecon.py STATES ACTIONS ROUNDS REPEATS prints seconds as JSON. From state s action a leads to state
(s + a) mod STATES and pays cos(s + 2a); the discount factor is 0.95, and nothing is left at the end.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from quantecon.markov import DiscreteDP, backward_induction
from scipy import sparse

if __name__ == "__main__":
    states, actions, rounds, repeats = map(int, sys.argv[1:])
    s, a = (each.reshape(-1) for each in np.meshgrid(np.arange(states), np.arange(actions), indexing="ij"))
    following = (s + a) % states
    ones = np.ones(len(s))
    moves = sparse.csr_matrix((ones, (np.arange(len(s)), following)), shape=(len(s), states))
    problem = DiscreteDP(np.cos(s + 2.0 * a), moves, 0.95, s, a)
    backward_induction(problem, 1)
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        values, _ = backward_induction(problem, rounds)
        seconds.append(time.perf_counter() - begun)
    found = {"version": version("quantecon"), "seconds": seconds, "check": float(values[0].sum())}
    print(json.dumps(found))
