"""The graph model for conflict resolution: positions, who can move between them alone, and what would stay put.

A conflict is a set of positions; for each player the moves it can make alone (no payoff on the way, no clock) and an
order of preference over positions. With R_i(s) the positions that player i can reach from s in one move, R_i+(s) those
among them that it prefers to s, and R_H(s), R_H+(s) what a group H can reach by a legal sequence of such moves (nobody
moves twice running), position s is, for player i,

- **Nash** stable if R_i+(s) is empty;
- **general metarational** (GMR) if every s1 in R_i+(s) can be answered: some s2 in R_{N-i}(s1) is no better for i
  than s;
- **symmetric metarational** (SMR) if such an s2 exists from which i cannot escape: nothing in R_i(s2) is better for i
  than s either;
- **sequentially** stable (SEQ) if every s1 in R_i+(s) would be answered: some s2 in R_{N-i}+(s1), each step to the
  gain of who makes it, is no better for i than s.

So Nash implies SEQ and SMR, and each of these implies GMR. A group H improves on s by reaching a position that all its
members prefer; the same four notions for every group at once are the coalitional ones.

References
----------
L. Fang, K. W. Hipel, D. M. Kilgour (1993), Interactive Decision Making: The Graph Model for Conflict Resolution, Wiley.
D. M. Kilgour, K. W. Hipel, L. Fang, X. Peng (2001), Coalition analysis in group decision support, Group Decision and
Negotiation 10:159-175. T. Inohara, K. W. Hipel (2008), Coalition analysis in the graph model for conflict resolution,
Systems Engineering 11:343-359.

Example
-------
>>> graph = ranked(("a", "b"), ("both give", "a holds", "b holds", "both hold"),
...     moves={"a": [(0, 1), (1, 0), (2, 3), (3, 2)], "b": [(0, 2), (2, 0), (1, 3), (3, 1)]},
...     best_first={"a": [1, 0, 3, 2], "b": [2, 0, 3, 1]})
>>> [graph.states[s] for s in stability(graph).together["nash"].nonzero()[0]]
['both hold']
>>> [graph.states[s] for s in stability(graph).together["seq"].nonzero()[0]]
['both give', 'both hold']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

CONCEPTS = ("nash", "gmr", "smr", "seq")
CONCEPT_NAMES = {
    "nash": "Nash",
    "gmr": "general metarational",
    "smr": "symmetric metarational",
    "seq": "sequential",
}
MOST_PLAYERS = 8
MOST_STATES = 2000


@dataclass(frozen=True, eq=False)
class ConflictGraph:
    """Players, positions, moves and preferences.

    Attributes
    ----------
    players, states : names, all different.
    moves : bool, shape (N, S, S): ``[i, s, r]`` says that player i alone can move from s to r; nothing from s to s.
    utility : shape (N, S); only the order counts, equal numbers are equally good.
    verb : (player, from, to) -> what the move is called, for the reasons; None: "move to" and the position's name.

    Raises
    ------
    GameError : shapes that do not fit, a name twice, a move from a position to itself, more than 8 players or
        2,000 positions.
    """

    players: tuple[str, ...]
    states: tuple[str, ...]
    moves: Bools = field(repr=False)
    utility: Floats = field(repr=False)
    verb: Callable[[int, int, int], str] | None = field(default=None, repr=False)
    _kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for key, names, most in (("players", self.players, MOST_PLAYERS), ("states", self.states, MOST_STATES)):
            given = tuple(str(name) for name in names)
            object.__setattr__(self, key, given)
            if not given or len(given) > most:
                raise GameError(f"graph: {key}: found {len(given)}; allowed: 1 to {most}")
            twice = next((name for name in given if given.count(name) > 1), None)
            if twice is not None:
                raise GameError(f"graph: {key}: found {twice!r} twice; allowed: different names")
        shape = (len(self.players), len(self.states))
        moves = np.array(self.moves, dtype=bool)
        utility = np.array(self.utility, dtype=np.float64)
        if moves.shape != (*shape, shape[1]):
            raise GameError(f"graph: moves: found shape {moves.shape}; allowed: {(*shape, shape[1])}")
        if utility.shape != shape or not np.isfinite(utility).all():
            raise GameError(f"graph: utility: found shape {utility.shape}; allowed: {shape}, finite numbers")
        if moves[:, np.arange(shape[1]), np.arange(shape[1])].any():
            raise GameError("graph: moves: found a move from a position to itself; allowed: to another position")
        for key, array in (("moves", moves), ("utility", utility)):
            array.flags.writeable = False
            object.__setattr__(self, key, array)

    def state_index(self, state: str | int) -> int:
        """Return the number of a position.

        Raises
        ------
        GameError : no such position.
        """
        if isinstance(state, str) and state in self.states:
            return self.states.index(state)
        if isinstance(state, (int, np.integer)) and 0 <= state < len(self.states):
            return int(state)
        raise GameError(f"graph: state: found {state!r}; allowed: {_shortened(self.states)}")

    def player_index(self, player: str | int) -> int:
        """Return the number of a player.

        Raises
        ------
        GameError : no such player.
        """
        if isinstance(player, str) and player in self.players:
            return self.players.index(player)
        if isinstance(player, (int, np.integer)) and 0 <= player < len(self.players):
            return int(player)
        raise GameError(f"graph: player: found {player!r}; allowed: {', '.join(self.players)}")

    def improvements(self) -> Bools:
        """Return the moves that make their mover better off, bool, shape (N, S, S)."""
        better: Bools = self.utility[:, None, :] > self.utility[:, :, None]
        return self.moves & better

    def name_of_move(self, player: int, origin: int, target: int) -> str:
        """Return what a move is called."""
        return self.verb(player, origin, target) if self.verb else f"move to {self.states[target]}"


def ranked(
    players: Sequence[str],
    states: Sequence[str],
    moves: Mapping[str, Iterable[tuple[int, int]]],
    best_first: Mapping[str, Sequence[int | Sequence[int]]],
    verb: Callable[[int, int, int], str] | None = None,
) -> ConflictGraph:
    """Return a graph from lists of moves (from, to) and positions ranked best first; a list inside is a tie.

    Raises
    ------
    GameError : a player without a ranking, a ranking that misses or repeats a position, an unknown number.
    """
    names, n_states = tuple(players), len(states)
    arcs = np.zeros((len(names), n_states, n_states), dtype=bool)
    utility = np.zeros((len(names), n_states))
    for key, given in (("moves", moves), ("preferences", best_first)):
        strangers = [name for name in given if name not in names]
        if strangers:
            raise GameError(f"graph: {key}: found player {strangers[0]!r}; allowed: {', '.join(names)}")
    for i, name in enumerate(names):
        for origin, target in moves.get(name, ()):
            if not (0 <= origin < n_states and 0 <= target < n_states):
                raise GameError(f"graph: moves: {name}: found {origin} to {target}; allowed: 0 to {n_states - 1}")
            arcs[i, origin, target] = True
        if name not in best_first:
            raise GameError(f"graph: preferences: found none for {name}; allowed: every position, best first")
        groups = [(place,) if isinstance(place, (int, np.integer)) else tuple(place) for place in best_first[name]]
        listed = [int(s) for group in groups for s in group]
        if sorted(listed) != list(range(n_states)):
            missing = [states[s] for s in range(n_states) if s not in listed]
            found = f"no {missing[0]!r}" if missing else "a position twice or unknown"
            raise GameError(f"graph: preferences: {name}: found {found}; allowed: every position once")
        for rank, group in enumerate(groups):
            utility[i, list(group)] = len(groups) - rank
    return ConflictGraph(names, tuple(states), arcs, utility, verb)


def reach(graph: ConflictGraph, group: Iterable[int], *, improving: bool = False) -> Bools:
    """Return what a group can reach by legal sequences of moves, bool, shape (S, S), rows from, columns to.

    Nobody moves twice running. With ``improving`` every step must make its mover better off than just before.
    """
    members = tuple(sorted(set(group)))
    key = ("reach", members, improving)
    if key not in graph._kept:
        found = _reach(graph, members, improving)
        found.flags.writeable = False
        graph._kept[key] = found
    result: Bools = graph._kept[key]
    return result


def _reach(graph: ConflictGraph, members: tuple[int, ...], improving: bool) -> Bools:
    from scipy.sparse import csr_matrix

    n_states = len(graph.states)
    if not members:
        return np.zeros((n_states, n_states), dtype=bool)
    # seen[j][s, r]: from s one can be at r with member j having moved last
    seen = (graph.improvements() if improving else graph.moves)[list(members)]
    into = [csr_matrix(arcs.T.astype(np.float32)) for arcs in seen]  # few moves from each position: sparse
    fresh = seen.copy()
    while fresh.any():
        found = np.zeros_like(seen)
        for j in range(len(members)):
            others = np.delete(fresh, j, axis=0).any(axis=0)
            found[j] = (into[j] @ others.T.astype(np.float32)).T > 0
        fresh = found & ~seen
        seen |= fresh
    return np.asarray(seen.any(axis=0), dtype=bool)


@dataclass(frozen=True, eq=False)
class Stability:
    """Which positions are stable, for whom, and why.

    Attributes
    ----------
    graph : what was analysed.
    by_player : concept -> bool, shape (N, S).
    together : concept -> bool, shape (S,): stable for every player.
    coalitional : concept -> bool, shape (S,): stable for every group of players, single players included.
    """

    graph: ConflictGraph
    by_player: Mapping[str, Bools] = field(repr=False)
    together: Mapping[str, Bools] = field(repr=False)
    coalitional: Mapping[str, Bools] = field(repr=False)

    def names(self, concept: str, *, coalitional: bool = False) -> tuple[str, ...]:
        """Return the names of the positions that are stable for all players (or for all groups)."""
        found = (self.coalitional if coalitional else self.together)[concept_of(concept)]
        return tuple(self.graph.states[s] for s in np.flatnonzero(found))

    def reason(self, player: str | int, state: str | int, concept: str = "seq") -> str:
        """Return in one sentence why a position is or is not stable for a player."""
        from sim.bargain.narrate import reason

        return reason(self, self.graph.player_index(player), self.graph.state_index(state), concept_of(concept))

    def group_reason(self, state: str | int, concept: str = "seq") -> str:
        """Return in one sentence why a position is or is not stable for every group: who would leave, and for what."""
        from sim.bargain.narrate import group_reason

        return group_reason(self.graph, self.graph.state_index(state), concept_of(concept))

    def to_json(self) -> dict[str, Any]:
        """Return positions with their verdicts, JSON-ready."""
        graph = self.graph
        return {
            "players": list(graph.players),
            "states": [
                {
                    "name": name,
                    "utility": dict(zip(graph.players, graph.utility[:, s].tolist(), strict=True)),
                    "stable_for": {
                        c: [p for i, p in enumerate(graph.players) if self.by_player[c][i, s]] for c in CONCEPTS
                    },
                    "stable": [c for c in CONCEPTS if self.together[c][s]],
                    "coalitionally_stable": [c for c in CONCEPTS if self.coalitional[c][s]],
                }
                for s, name in enumerate(graph.states)
            ],
        }


def stability(graph: ConflictGraph) -> Stability:
    """Judge every position under the four concepts, for each player, for all together and for all groups."""
    everyone = range(len(graph.players))
    by_group = {group: judged(graph, group) for group in groups_of(graph)}
    by_player = {c: np.stack([by_group[(i,)][c] for i in everyone]) for c in CONCEPTS}
    together = {c: _all(by_player[c]) for c in CONCEPTS}
    coalitional = {c: _all(np.stack([verdict[c] for verdict in by_group.values()])) for c in CONCEPTS}
    for table in (by_player, together, coalitional):
        for array in table.values():
            array.flags.writeable = False
    return Stability(graph, *(MappingProxyType(table) for table in (by_player, together, coalitional)))


def groups_of(graph: ConflictGraph) -> list[tuple[int, ...]]:
    """Return all groups of players, single players included, small ones first."""
    everyone = range(len(graph.players))
    return [group for size in range(1, len(graph.players) + 1) for group in combinations(everyone, size)]


def judged(graph: ConflictGraph, group: Sequence[int]) -> dict[str, Bools]:
    """Return concept -> bool, shape (S,): whether the group (one player or several) would stay at each position."""
    tables = sanctions(graph, group)
    gains = tables["improves"]
    return {c: _all(~(gains & ~tables[c]).T) for c in CONCEPTS}


def sanctions(graph: ConflictGraph, group: Sequence[int]) -> dict[str, Bools]:
    """Return what a group could gain and which gains are held in check, all bool, shape (S, S), rows s, columns s1.

    ``improves``: the group can move from s to s1 and all its members prefer s1; ``gmr``, ``smr``, ``seq``: somebody
    among the others can (or, for ``seq``, would) answer so that not all members are better off than at s; ``nash``:
    nowhere.
    """
    key = ("sanctions", tuple(group))
    if key not in graph._kept:
        graph._kept[key] = _sanctions(graph, list(group))
    tables: dict[str, Bools] = graph._kept[key]
    return tables


def _sanctions(graph: ConflictGraph, members: list[int]) -> dict[str, Bools]:
    rest = [i for i in range(len(graph.players)) if i not in members]
    own = reach(graph, members)
    utility = graph.utility[members]
    better = _all(utility[:, None, :] > utility[:, :, None])
    worse = ~better  # [s, s2]: not all members prefer s2 to s
    escapes = _some(better, own.T)  # [s, s2]: from s2 the group can get to something better than s
    inescapable = worse & ~escapes
    can, would = reach(graph, rest), reach(graph, rest, improving=True)
    return {
        "improves": own & better,
        "nash": np.zeros_like(own),
        "gmr": _some(worse, can.T),
        "smr": _some(inescapable, can.T),
        "seq": _some(worse, would.T),
    }


def concept_of(concept: str) -> str:
    """Return the concept if there is one of that name.

    Raises
    ------
    GameError : no such concept.
    """
    if concept not in CONCEPTS:
        raise GameError(f"stability: concept: found {concept!r}; allowed: {', '.join(CONCEPTS)}")
    return concept


def _all(rows: Bools) -> Bools:
    """Return whether all hold along the first axis."""
    return np.asarray(rows.all(axis=0), dtype=bool)


def _some(left: Bools, right: Bools) -> Bools:
    """Return [s, r]: whether some x has left[s, x] and right[x, r]."""
    result: Bools = (left.astype(np.float32) @ right.astype(np.float32)) > 0
    return result


def _shortened(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 12 else f"{names[0]}, {names[1]}, ... {names[-1]}"
