"""A picture of the state graph for GraphViz: states as they follow one another, with what the equilibrium does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy.typing as npt

from sim.game import Chance, Move, Offer
from sim.interop.names import Names
from sim.interop.tree import check_size
from sim.solver import Solution
from sim.solver.reach import start_distribution

DOT_EDGES = 400
"""Most arrows that are drawn unless more are asked for: beyond that nobody can read the picture."""

Place = tuple[int, int, int]


def to_dot(
    solution: Solution,
    start: int | npt.ArrayLike = 0,
    *,
    names: Names | None = None,
    least: float = 0.01,
    max_edges: int = DOT_EDGES,
) -> str:
    """Return the graph as one text in GraphViz' language.

    Parameters
    ----------
    solution : the equilibrium of the game to draw.
    start : a state of S_0, or probabilities, shape (S_0,).
    names : what things are called; default: the game's own labels.
    least : choices that come about with a smaller probability, given the state, are left out with all behind them.
    max_edges : refuse a larger graph.

    Raises
    ------
    UsageError : more arrows than ``max_edges``.
    GameError : no such start.
    """
    return "".join(f"{line}\n" for line in dot_lines(solution, start, names=names, least=least, max_edges=max_edges))


def dot_lines(
    solution: Solution,
    start: int | npt.ArrayLike = 0,
    *,
    names: Names | None = None,
    least: float = 0.01,
    max_edges: int = DOT_EDGES,
) -> list[str]:
    """Return the lines of `to_dot`.

    Raises
    ------
    UsageError, GameError : see `to_dot`.
    """
    game = solution.game
    names = names.on(game) if names else Names(game)
    mass = start_distribution(game, start)
    begin = [_settle(solution, (0, 0, int(s))) for s in mass.nonzero()[0]]
    waiting, seen, edges = list(dict.fromkeys(begin)), set(begin), []
    while waiting:
        place = waiting.pop(0)
        for label, probability, after in _edges(solution, names, place):
            if probability < least:
                continue
            target = _settle(solution, after)
            edges.append((place, target, f"{label} ({probability:.0%})", probability))
            check_size(len(edges), max_edges, what="arrows or more")
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    rare = f"Choices with a probability below {least:.0%} are left out.\\n" if least > 0 else ""
    lines = ["digraph game {", f'  label="{names.title}\\n{rare}This explores a model and predicts nothing.";']
    lines += [
        "  rankdir=LR;",
        '  node [fontname="sans-serif", fontsize=10];',
        '  edge [fontname="sans-serif", fontsize=9];',
    ]
    lines += [f"  {_id(place)} {_look(solution, names, place)};" for place in sorted(seen)]
    for place, target, label, probability in edges:
        lines.append(f'  {_id(place)} -> {_id(target)} [label="{label}", penwidth={0.5 + 2.5 * probability:.2f}];')
    return [*lines, "}"]


def _id(place: Place) -> str:
    return "s{}_{}_{}".format(*place)


def _look(solution: Solution, names: Names, place: Place) -> str:
    t, k, s = place
    text = names.state(k, s).replace(", ", "\\n")
    if t == solution.game.rounds:
        return f'[shape=plaintext, label="end\\n{text}"]'
    turn = solution.game.turns[k]
    who, shape = "chance", "diamond"
    if isinstance(turn, Move):
        who, shape = names.players[int(turn.player)], "box"
    if isinstance(turn, Offer):
        who, shape = " and ".join(names.players[int(p)] for p in turn.parties), "hexagon"
    return f'[shape={shape}, label="{names.when(t, k)}: {who}\\n{text}"]'


def _edges(solution: Solution, names: Names, place: Place) -> Iterator[tuple[str, float, Place]]:
    """Yield what can come about in a place: its label, its probability there, and where it leads."""
    t, k, s = place
    if t == solution.game.rounds:
        return
    turn: Any = solution.game.turns[k]
    chances = solution.chances(t, k, [s])[0]
    merged: dict[tuple[str, int], float] = {}
    for c, probability in enumerate(chances.tolist()):
        if probability > 0:
            after = int(turn.next_state[s, c])
            label = names.change(k, s, after) if isinstance(turn, Chance) else names.choice(k, c)
            label = "no deal" if isinstance(turn, Offer) and c == 0 else label
            merged[label, after] = merged.get((label, after), 0.0) + probability
    for (label, after), probability in merged.items():
        yield label, probability, (t, k + 1, after)


def _settle(solution: Solution, place: Place) -> Place:
    """Pass over the ends of rounds and over turns at which nothing is open but one way on."""
    game = solution.game
    t, k, s = place
    while True:
        if k == game.n_turns:
            t, k = t + 1, 0
        if t == game.rounds:
            return t, 0, s
        turn = game.turns[k]
        row = turn.next_state[s]
        ways = set(row[turn.probability[s] > 0].tolist() if isinstance(turn, Chance) else row[row >= 0].tolist())
        single = len(ways) == 1 if isinstance(turn, Chance) else (row >= 0).sum() == 1
        if not single:
            return t, k, s
        k, s = k + 1, int(next(iter(ways)))
