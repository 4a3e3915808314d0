"""The probability of ledgers by brute force: every course of a month written out, labels told in another way.

Nothing is shared with `sim.analyse.calibration.likelihood` but the policies themselves: courses are followed choice by
choice from every state, what happens in a month is told from the courses' own numbers, and errors of coding come after.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np

from sim.game import Offer
from sim.model import Model
from sim.solver import Solution

Truth = tuple[tuple[str, str], tuple[str, str], bool, bool, bool]
FREED = ("nobody", "prisoners", "leader", "mass release")


def month_from(model: Model, solution: Solution, t: int, state: int) -> dict[tuple[Truth, int], float]:
    """Probability of what happens in round t and of the state after it, from one state."""
    game = model.game
    courses: list[tuple[float, int, dict[str, int], dict[str, int]]] = [(1.0, state, {}, {})]
    for k, turn in enumerate(game.turns):
        longer = []
        rows: dict[int, np.ndarray] = {}
        for chance, at, chosen, seen in courses:
            if at not in rows:
                rows[at] = solution.chances(t, k, [at])[0]
            for choice in np.flatnonzero(rows[at] > 0):
                after = turn.next_state[at, choice]
                if isinstance(turn, Offer) and choice == 0:
                    after = turn.stay[at]
                where = {**seen, turn.name: at} if turn.name == "us-table" else seen
                longer.append((chance * rows[at][choice], int(after), {**chosen, turn.name: int(choice)}, where))
        courses = longer
    found: dict[tuple[Truth, int], float] = defaultdict(float)
    for chance, at, chosen, seen in courses:
        found[_truth(model, chosen, seen), at] += chance
    return found


def _truth(model: Model, chosen: dict[str, int], seen: dict[str, int]) -> Truth:
    us, eu = (model.packages[table][chosen[table]] for table in ("us-table", "eu-table"))
    before = model.axes.label(seen["us-table"] % model.axes.size)["contact"]
    whom = [
        "mass release" if p.prisoners >= 200 else "leader" if p.leaders else "prisoners" if p.prisoners else "nobody"
        for p in (us, eu)
    ]
    if whom[0] == "nobody" and chosen["minsk"] == 1:
        whom[0] = "prisoners"
    got = "relief" if us.us else {"isolated": "envoys", "envoys": "embassy"}[before] if us.contact else "nothing"
    return (
        (whom[0], got),
        (whom[1], "relief" if eu.eu else "nothing"),
        chosen["washington"] == 1,
        chosen["brussels"] == 1,
        chosen["moscow"] == 2,
    )


def truths(model: Model, solution: Solution, months: int) -> dict[tuple[Truth, ...], float]:
    """Probability of every sequence of what happens, month by month."""
    reached: dict[tuple[tuple[Truth, ...], int], float] = {
        ((), int(state)): float(model.start[state]) for state in np.flatnonzero(model.start)
    }
    for t in range(months):
        after: dict[tuple[tuple[Truth, ...], int], float] = defaultdict(float)
        known: dict[int, dict[tuple[Truth, int], float]] = {}
        for (history, state), chance in reached.items():
            if state not in known:
                known[state] = month_from(model, solution, t, state)
            for (truth, end), share in known[state].items():
                after[(*history, truth), end] += chance * share
        reached = after
    found: dict[tuple[Truth, ...], float] = defaultdict(float)
    for (history, _), chance in reached.items():
        found[history] += chance
    return found


def probability(happened: dict[tuple[Truth, ...], float], told: list[list[object]], error: float) -> float:
    """Probability that a ledger says ``told`` (None: nothing known), each entry being wrong with chance ``error``."""
    sizes = (len(FREED) * 4, len(FREED) * 2, 2, 2, 2)
    total = 0.0
    for history, chance in happened.items():
        for (t, truth), item in product(enumerate(history), range(5)):
            if told[t][item] is not None:
                chance *= 1 - error if told[t][item] == truth[item] else error / (sizes[item] - 1)
        total += chance
    return total
