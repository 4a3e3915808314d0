"""Gambit's extensive-form file (EFG 2), which Gambit, OpenSpiel and others read.

Every number is written so that it is read back as the same float: the shortest decimal that does so, without an
exponent. The probabilities at a chance node sum to exactly 1 as decimals, which Gambit demands; for that the largest
of them is off by at most what they lacked (about 1e-16). Weights of choices have no place in the format.

Reference: "Game representation formats", documentation of Gambit, section on extensive-form files.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

import numpy.typing as npt

from sim.game import Game, Move, Offer
from sim.interop.names import Names, distinct, plain
from sim.interop.tree import MAX_NODES, Node, check_size, node_count, nodes


def to_efg(
    game: Game, start: int | npt.ArrayLike = 0, *, names: Names | None = None, max_nodes: int = MAX_NODES
) -> str:
    """Return the whole tree from ``start`` as one text.

    Parameters
    ----------
    game : the game, over all its rounds (see `sim.interop.truncate`).
    start : a state of S_0, or probabilities, shape (S_0,): then chance draws the state first.
    names : what things are called; default: the game's own labels.
    max_nodes : refuse a larger tree.

    Raises
    ------
    UsageError : more nodes than ``max_nodes``.
    GameError : no such start.
    """
    return "".join(f"{line}\n" for line in efg_lines(game, start, names=names, max_nodes=max_nodes))


def efg_lines(
    game: Game, start: int | npt.ArrayLike = 0, *, names: Names | None = None, max_nodes: int = MAX_NODES
) -> Iterator[str]:
    """Yield the lines of `to_efg` as they are made. The size is checked at once, before the first line.

    Raises
    ------
    UsageError, GameError : see `to_efg`.
    """
    count = node_count(game, start)
    check_size(count, max_nodes)
    return _lines(game, start, names.on(game) if names else Names(game), count)


def _lines(game: Game, start: int | npt.ArrayLike, names: Names, count: int) -> Iterator[str]:
    yield f'EFG 2 R "{names.title}" {{ {" ".join(_quoted(names.players))} }}'
    yield f'"{_about(game, names, count)}"'
    yield ""
    write = _Writer(game, names)
    for place, node in enumerate(nodes(game, start), start=1):
        yield write.line(place, node)


def _about(game: Game, names: Names, count: int) -> str:
    rounds = f"{game.rounds} {names.period}{'s' if game.rounds > 1 else ''}"
    weighted = [
        names.when(0, k).split(", ", 1)[1]
        for k, turn in enumerate(game.turns)
        if isinstance(turn, (Move, Offer)) and len(set(turn.weights.tolist())) > 1
    ]
    discount = ", ".join(f"{who} {d!r}" for who, d in zip(names.players, game.discount.tolist(), strict=True))
    return plain(
        f"{rounds}, {count} nodes. Payoffs are present values in {names.period} 1, collected at the end of each course "
        f"of play; discount factor of a {names.period}: {discount}. "
        + (f"Not written: the weights of choices at {', '.join(weighted)}. " if weighted else "")
        + "This explores a model and predicts nothing."
    )


class _Writer:
    """Turns nodes into lines; labels are kept, since states come back again and again."""

    def __init__(self, game: Game, names: Names) -> None:
        self.game = game
        self.names = names
        self.state = lru_cache(maxsize=65536)(names.state)
        self.actions = lru_cache(maxsize=65536)(self._actions)
        self.outcomes = lru_cache(maxsize=65536)(self._outcomes)

    def line(self, place: int, node: Node) -> str:
        """Return the line of one node, the ``place``-th. Gambit wants no two nodes or information sets called alike."""
        here = f"{place}" if node.role == "start" else f"{place}: {self.state(node.k, node.state)}"
        if node.role == "end":
            payoffs = ", ".join(map(number, node.payoff))
            return f't "{here}" {node.number} "" {{ {payoffs} }}'
        what = f"{self.what(node)} #{node.number}"
        if node.player >= 0:
            answers = ("accept", "reject")
            actions = answers if node.role == "answer" else self.actions(node.k, node.choices)
            listed = " ".join(_quoted(actions))
            return f'p "{here}" {node.player + 1} {node.number} "{what}" {{ {listed} }} 0'
        drawn = zip(_quoted(self._labels(node)), shares(node.probability), strict=True)
        return f'c "{here}" {node.number} "{what}" {{ {" ".join(f"{label} {p}" for label, p in drawn)} }} 0'

    def what(self, node: Node) -> str:
        """Return what happens at a node: the name of its information set, before the number."""
        if node.role == "start":
            return "where play starts"
        when = self.names.when(node.t, node.k)
        if node.role == "chance":
            return f"{when}: chance"
        if node.role == "recognition":
            return f"{when}: who proposes"
        who = self.names.players[node.player]
        if node.role == "move":
            return f"{when}: {who} chooses"
        if node.role == "proposal":
            return f"{when}: {who} proposes"
        turn = self.game.turns[node.k]
        assert isinstance(turn, Offer)
        proposer = self.names.players[int(turn.parties[node.proposer])]
        return f"{when}: {who} answers {proposer}: {self.names.choice(node.k, node.package)}"

    def _labels(self, node: Node) -> tuple[str, ...]:
        if node.role == "recognition":
            turn = self.game.turns[node.k]
            assert isinstance(turn, Offer)
            return tuple(self.names.players[int(turn.parties[p])] for p in node.choices)
        if node.role == "start":
            return tuple(self.state(0, s) for s in node.choices)
        return self.outcomes(node.k, node.state, node.reached)

    def _outcomes(self, k: int, s: int, reached: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(distinct([self.names.change(k, s, following) for following in reached]))

    def _actions(self, k: int, choices: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(distinct([self.names.choice(k, c) for c in choices]))


def _quoted(labels: tuple[str, ...] | list[str]) -> list[str]:
    return [f'"{label}"' for label in labels]


def number(value: float) -> str:
    """Return the shortest decimal that is read back as this float, without an exponent."""
    text = repr(float(value) + 0.0)  # no minus before zero
    return format(Decimal(text), "f") if "e" in text else text


@lru_cache(maxsize=65536)
def shares(probability: tuple[float, ...]) -> tuple[str, ...]:
    """Return probabilities as decimals that sum to exactly 1; the largest takes up what is lacking."""
    texts = [number(p) for p in probability]
    digits = max(len(text.partition(".")[2]) for text in texts)
    whole = [int(head + tail.ljust(digits, "0")) for head, _, tail in (text.partition(".") for text in texts)]
    largest = max(range(len(whole)), key=whole.__getitem__)
    lacking = 10**digits - sum(whole)
    if lacking:
        grown = str(whole[largest] + lacking).rjust(digits + 1, "0")
        head, tail = (grown[:-digits], grown[-digits:]) if digits else (grown, "")
        texts[largest] = f"{head}.{tail}" if tail else head
    return tuple(texts)
