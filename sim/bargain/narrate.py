"""Why a position is stable or not, in words; and what would have to change for it to be stable."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.bargain.graph import (
    CONCEPTS,
    Bools,
    ConflictGraph,
    Floats,
    Stability,
    concept_of,
    groups_of,
    reach,
    sanctions,
    stability,
)

Step = tuple[int, int, int]
"""One move: who makes it, from which position, to which."""


def reason(verdicts: Stability, i: int, s: int, concept: str) -> str:
    """Return in one sentence why position s is or is not stable for player i under a concept."""
    graph = verdicts.graph
    who = _name(graph, i)
    if not graph.moves[i, s].any():
        return f"{who} has no move of its own here."
    tables = sanctions(graph, (i,))
    gains = np.flatnonzero(tables["improves"][s])
    if not gains.size:
        return f"{who} can reach nothing that it prefers."
    open_ = gains[~tables[concept][s, gains]]
    if open_.size:
        best = int(open_[graph.utility[i, open_].argmax()])
        gain = f"{who} would gain if it were to {graph.name_of_move(i, s, best)}"
        if concept == "nash":
            return f"{gain}."
        if concept == "smr" and tables["gmr"][s, best]:
            return f"{gain}, and it could escape every answer that takes the gain away."
        can = "would, for a gain of their own," if concept == "seq" else "can"
        return f"{gain}, and none of the others {can} take that away."
    best = int(gains[graph.utility[i, gains].argmax()])
    path = answer(graph, i, s, best, concept)
    steps = ", then ".join(f"{_name(graph, j)} could {graph.name_of_move(j, a, b)}" for j, a, b in path)
    end = path[-1][2]
    left = "worse off than before" if graph.utility[i, end] < graph.utility[i, s] else "no better off than before"
    text = f"{who} could {graph.name_of_move(i, s, best)}, but then {steps}, which would leave it {left}"
    if concept == "smr":
        text += ", with no way out"
    if concept == "seq":
        text += "; each step pays who makes it"
    others = gains.size - 1
    if others:
        text += f" (its {others} other improvement{'s' if others > 1 else ''} can be answered too)"
    return f"{text}."


def group_reason(graph: ConflictGraph, s: int, concept: str) -> str:
    """Return in one or two sentences why position s is or is not stable for every group of players.

    If it is not: who would leave alone; and the smallest group of others that would leave together, the position that
    it would go to in the fewest moves, and the answer that nobody gives. Where only single players would leave, that
    of the first of them.
    """
    alone: list[int] = []
    first = ""
    for group in groups_of(graph):
        if set(group) & set(alone):
            continue  # it holds somebody who leaves anyway
        text = _leaving(graph, group, s, concept)
        if text and len(group) == 1:
            alone.append(group[0])
            first = first or text
        elif text:
            before = f"{_listed(graph, alone)} would leave alone. " if alone else ""
            return before + text
    if first:
        return first if len(alone) == 1 else f"{_listed(graph, alone)} would each leave alone. {first}"
    if not any(sanctions(graph, group)["improves"][s].any() for group in groups_of(graph)):
        return "No group can reach anything that all its members prefer."
    return "Whatever a group could gain, the others can answer so that not all its members are better off."


def _leaving(graph: ConflictGraph, group: tuple[int, ...], s: int, concept: str) -> str:
    """Return where a group would go from s and which answer is missing; empty if it would stay."""
    tables = sanctions(graph, group)
    open_ = tables["improves"][s] & ~tables[concept][s]
    if not open_.any():
        return ""
    way = route(graph, group, s, open_)
    end = way[-1][2]
    alone = len(group) == 1
    who = _listed(graph, group) + ("" if alone else " together")
    steps = ", then ".join(f"{_name(graph, j)} to {graph.name_of_move(j, a, b)}" for j, a, b in way)
    better = "which it prefers" if alone else "which all of them prefer"
    text = f"{who} would leave for {graph.states[end]}, {better} ({steps})"
    if concept == "nash":
        return f"{text}."
    if len(group) == len(graph.players):
        return f"{text}; there is nobody else to answer."
    if concept == "smr" and tables["gmr"][s, end]:
        return f"{text}; from every answer of the others {'it' if alone else 'they'} could get to something better."
    paying = "pays those who give it and " if concept == "seq" else ""
    worse = "it no better off than before" if alone else "not all of them better off than before"
    return f"{text}; the others have no answer that {paying}leaves {worse}."


def _listed(graph: ConflictGraph, group: Sequence[int]) -> str:
    names = [_name(graph, i) for i in group]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def route(graph: ConflictGraph, group: Sequence[int], s: int, ends: Bools, *, improving: bool = False) -> list[Step]:
    """Return a shortest legal sequence of moves by a group from s to one of ``ends``, bool (S,); empty if none.

    Nobody moves twice running. With ``improving`` every step must make its mover better off.
    """
    arcs = graph.improvements() if improving else graph.moves
    came: dict[tuple[int, int], tuple[int, int] | None] = {(s, -1): None}
    waiting = deque([(s, -1)])
    while waiting:
        place = waiting.popleft()
        state, last = place
        if last >= 0 and ends[state]:
            path = []
            while (before := came[place]) is not None:
                path.append((place[1], before[0], place[0]))
                place = before
            return path[::-1]
        for j in group:
            if j == last:
                continue
            for target in np.flatnonzero(arcs[j, state]):
                step = (int(target), j)
                if step not in came:
                    came[step] = place
                    waiting.append(step)
    return []


def answer(graph: ConflictGraph, i: int, s: int, after: int, concept: str) -> list[Step]:
    """Return a shortest legal sequence (player, from, to) by the others that takes back i's gain from s to ``after``.

    Empty if there is none.
    """
    worse = graph.utility[i] <= graph.utility[i, s]
    if concept == "smr":
        worse = worse & ~(graph.moves[i] & ~worse[None, :]).any(axis=1)
    rest = [j for j in range(len(graph.players)) if j != i]
    return route(graph, rest, after, worse, improving=concept == "seq")


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would make a position stable for one player.

    Attributes
    ----------
    player : whose preferences.
    stable : whether it is stable for that player as things are; then nothing has to change.
    raise_by : by how much the position would have to be worth more to it (units of its utility), all else the same; 0
        if stable.
    overtakes : positions that it can move to alone, now prefers, and would then rank no higher.
    """

    player: str
    stable: bool
    raise_by: float
    overtakes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "player": self.player,
            "stable": self.stable,
            "raise_by": self.raise_by,
            "overtakes": list(self.overtakes),
        }


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse question: what change of preferences would make a position stable.

    Attributes
    ----------
    state, concept : what was asked.
    remedies : one for each player.
    enough : whether the position is stable for all together once every remedy is in place. (For ``seq`` a change in
        one player's preferences also changes what it would do in answer to others.)
    """

    state: str
    concept: str
    remedies: tuple[Remedy, ...]
    enough: bool

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "state": self.state,
            "concept": self.concept,
            "remedies": [remedy.to_json() for remedy in self.remedies],
            "enough": self.enough,
        }


def inverse(graph: ConflictGraph, state: str | int, concept: str = "seq") -> Inverse:
    """Return the smallest rise in each player's utility of one position that makes it stable for that player.

    Only the position itself is moved up in the player's order; the larger its utility, the fewer improvements lead away
    from it and the more answers count as sanctions, so the smallest rise is found by bisection over the ranks.
    """
    concept, s = concept_of(concept), graph.state_index(state)
    raised = np.array(graph.utility)
    remedies = []
    for i, player in enumerate(graph.players):
        rest = [j for j in range(len(graph.players)) if j != i]
        sanctioned = reach(graph, rest, improving=concept == "seq")
        now = float(graph.utility[i, s])
        levels = np.unique(graph.utility[i][graph.utility[i] >= now])
        low, high = 0, levels.size - 1  # at the top nothing is better
        while low < high:
            middle = (low + high) // 2
            if _stable_at(graph, i, s, float(levels[middle]), concept, sanctioned):
                high = middle
            else:
                low = middle + 1
        level = float(levels[low])
        raised[i, s] = level
        overtaken = np.flatnonzero(graph.moves[i, s] & (graph.utility[i] > now) & (graph.utility[i] <= level))
        names = tuple(graph.states[r] for r in overtaken)
        remedies.append(Remedy(player, low == 0, level - now, names))
    changed = ConflictGraph(graph.players, graph.states, graph.moves, raised)
    return Inverse(graph.states[s], concept, tuple(remedies), bool(stability(changed).together[concept][s]))


def _stable_at(graph: ConflictGraph, i: int, s: int, level: float, concept: str, sanctioned: Bools) -> bool:
    """Whether s would be stable for i if it were worth ``level`` to it."""
    assert concept in CONCEPTS
    utility: Floats = np.array(graph.utility[i])
    utility[s] = level
    better = utility > level
    gains = np.flatnonzero(graph.moves[i, s] & better)
    if concept == "nash":
        return not gains.size
    effective = ~better
    if concept == "smr":
        effective &= ~(graph.moves[i] & better[None, :]).any(axis=1)
    return bool((sanctioned[gains] & effective[None, :]).any(axis=1).all())


def _name(graph: ConflictGraph, i: int) -> str:
    name = graph.players[i]
    return name[:1].upper() + name[1:]
