"""The game as a tree: every course of play from a start, node by node, and how many nodes there are.

At an `Offer` chance first draws who proposes, the proposer picks a package, and the others answer one after the other
in their listed order, each at a node of its own with ``accept`` first and ``reject`` second. So the logit agent
equilibrium of the game is that of the tree: the one who answers compares what follows its yes (the later answers
included) with what follows its no.

Left out, because nothing is decided there: branches of probability 0, and turns with a single way to go on. Chance
outcomes that lead to the same state are one branch. Payoffs are collected at the terminal nodes as present values in
the first round: what is received in round t counts ``discount ** t``, what is left at the horizon ``discount ** T``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.game import Chance, Game, Move, Offer

if TYPE_CHECKING:
    from sim.solver import Solution

MAX_NODES = 200_000
"""Most nodes that are written unless more are asked for: about 30 MB."""

_BEYOND = 1e200  # where counting stops

Payoffs = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree, in the order in which its subtree is gone through: itself, then branch by branch.

    Attributes
    ----------
    role : ``start`` (a lottery over states), ``chance``, ``recognition``; ``move``, ``proposal``, ``answer``; ``end``.
    number : from 1 up, by player (its information sets), for chance, and for ends.
    t, k, state : round, turn and state before the turn; an end has (T, 0) and the state reached; a start (0, 0, -1).
    player : who decides; -1 at chance and ends.
    choices : for each branch its action, package, outcome of chance (of those that lead to the same state, the
        first), place of the party recognised, or start state; at an answer 1 for accept, 0 for reject.
    reached : next state of each branch of a chance turn; else empty.
    probability : of each branch of chance; else empty.
    proposer, package : place among the parties, and what it proposed; -1 where there is none.
    payoff : present values, N numbers, at an end; else empty.
    """

    role: str
    number: int
    t: int
    k: int
    state: int
    player: int = -1
    choices: tuple[int, ...] = ()
    reached: tuple[int, ...] = ()
    probability: tuple[float, ...] = ()
    proposer: int = -1
    package: int = -1
    payoff: Payoffs = ()


def node_count(game: Game, start: int | npt.ArrayLike) -> int:
    """Return how many nodes the tree from ``start`` has, chance and ends included, without walking through it.

    Parameters
    ----------
    game : the game, over all its rounds (see `sim.interop.truncate`).
    start : a state of S_0, or probabilities, shape (S_0,).

    Notes
    -----
    Counted backwards over the graph in floating point: exact up to 2**53, beyond that to about 15 digits, and
    no higher than 1e200.

    Raises
    ------
    GameError : no such start.
    """
    after = np.ones(game.n_states(0))
    with np.errstate(over="ignore"):
        for _ in range(game.rounds):
            for k in range(game.n_turns - 1, -1, -1):
                after = np.minimum(_nodes_before(game, k, after), _BEYOND)
            if after.min() == _BEYOND:
                break
    begin = _start(game, start)
    total = sum(float(after[s]) for s, _ in begin) + (len(begin) > 1)
    return int(total)


def check_size(count: int, limit: int = MAX_NODES, *, what: str = "nodes") -> None:
    """Refuse what is too large to write.

    Raises
    ------
    UsageError : more than ``limit``; the message says how to get below it.
    """
    if count > limit:
        shown = f"{count:,}" if count < 10**15 else f"about {float(count):.1e}"
        raise UsageError(
            f"export: found {shown} {what}; allowed: at most {limit:,}. Take fewer rounds, fewer tables or packages, "
            "fewer actions, only the likeliest outcome of nature, or a higher limit (--rounds, --tables, --packages, "
            "--only, --nature likeliest, --max-nodes)"
        )


def nodes(game: Game, start: int | npt.ArrayLike) -> Iterator[Node]:
    """Go through the tree from ``start``, depth first; memory grows with its depth only.

    Raises
    ------
    GameError : no such start.
    """
    return _Walk(game).run(_start(game, start))


def behaviour(solution: Solution, start: int | npt.ArrayLike) -> Iterator[tuple[Node, npt.NDArray[np.float64]]]:
    """Yield every decision node with the equilibrium's probability of each branch, in the order of the file.

    Raises
    ------
    GameError : no such start.
    """
    policy = lru_cache(maxsize=512)(lambda t, k, s: solution.policy(t, k, [s]))
    for node in nodes(solution.game, start):
        if node.player < 0:
            continue
        found = policy(node.t, node.k, node.state)
        if node.role == "move":
            yield node, found[0, list(node.choices)]
        elif node.role == "proposal":
            yield node, found.propose[0, node.proposer, list(node.choices)]
        else:
            parties = solution.game.turns[node.k].parties  # type: ignore[attr-defined]
            yes = float(found.accept[0, node.proposer, parties.index(node.player), node.package])
            yield node, np.array([yes, 1.0 - yes])


def _start(game: Game, start: int | npt.ArrayLike) -> list[tuple[int, float]]:
    from sim.solver.reach import start_distribution

    mass = start_distribution(game, start)
    return [(int(s), float(mass[s])) for s in np.flatnonzero(mass)]


def _nodes_before(game: Game, k: int, after: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Count the nodes from before turn k on, for every state, from those behind it."""
    turn = game.turns[k]
    following = turn.next_state
    if isinstance(turn, Chance):
        sure = np.sort(np.where(turn.probability > 0, following, -1), axis=1)
        first = np.ones(sure.shape, dtype=bool)
        first[:, 1:] = sure[:, 1:] != sure[:, :-1]
        first &= sure >= 0
        branches = np.where(first, after[sure], 0.0).sum(axis=1)
        result: npt.NDArray[np.float64] = branches + (first.sum(axis=1) > 1)
        return result
    open_ = following >= 0
    behind = np.where(open_, after[following], 0.0)
    if isinstance(turn, Move):
        return np.asarray(behind.sum(axis=1) + (open_.sum(axis=1) > 1))
    assert isinstance(turn, Offer)
    asked = len(turn.parties) - 1
    stay = after[turn.stay]
    packages = open_[:, 1:].sum(axis=1)
    proposal = 1 + stay + packages * asked * (1 + stay) + behind[:, 1:].sum(axis=1)
    proposers = np.broadcast_to((turn.recognition > 0).sum(axis=1), stay.shape)
    return np.where(packages == 0, stay, proposers * proposal + (proposers > 1))


class _Ahead(NamedTuple):
    """A subtree still to be gone through: a turn, or within an offer a proposal or an answer."""

    role: str
    t: int
    k: int
    state: int
    paid: Payoffs
    proposer: int = -1
    package: int = -1
    asked: int = 0


class _Walk:
    """A walk through the tree with a stack of its own."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.count = [0] * (game.n_players + 2)  # by player, then chance (-2) and ends (-1)
        self.worth = [tuple(1.0 for _ in game.players)]
        for _ in range(game.rounds):
            self.worth.append(tuple(w * float(d) for w, d in zip(self.worth[-1], game.discount, strict=True)))
        self.flow: list[Payoffs] = [tuple(row) for row in game.flow.tolist()]
        self.terminal: list[Payoffs] = [tuple(row) for row in game.terminal.tolist()]
        self.stack: list[_Ahead] = []
        self.branches = lru_cache(maxsize=65536)(self._branches)

    def run(self, begin: list[tuple[int, float]]) -> Iterator[Node]:
        nothing = tuple(0.0 for _ in self.game.players)
        states = tuple(s for s, _ in begin)
        if len(begin) > 1:
            yield Node("start", self._next(-2), 0, 0, -1, choices=states, probability=tuple(p for _, p in begin))
        self._push(_Ahead("turn", 0, 0, s, nothing) for s in states)
        while self.stack:
            ahead = self.stack.pop()
            if ahead.role == "turn":
                yield self._turn(ahead)
            elif ahead.role == "proposal":
                yield self._proposal(ahead)
            else:
                yield self._answer(ahead)

    def _turn(self, ahead: _Ahead) -> Node:
        """Go on to the next node at which something is decided, and put its branches on the stack."""
        game = self.game
        _, t, k, s, paid, *_ = ahead
        while True:
            if k == game.n_turns:
                paid = self._add(t, paid, self.flow[s])
                t, k = t + 1, 0
            if t == game.rounds:
                return Node("end", self._next(-1), t, 0, s, payoff=self._add(t, paid, self.terminal[s]))
            turn = game.turns[k]
            choices, reached, got, probability = self.branches(k, s)
            if len(choices) > 1:
                break
            k, s, paid = k + 1, reached[0], self._add(t, paid, got[0])
        if isinstance(turn, Offer):
            parties = recognised(turn, s)
            if len(parties) == 1:
                return self._proposal(_Ahead("proposal", t, k, s, paid, parties[0][0]))
            self._push(_Ahead("proposal", t, k, s, paid, p) for p, _ in parties)
            places, shares = zip(*parties, strict=True)
            return Node("recognition", self._next(-2), t, k, s, choices=places, probability=shares)
        self._push(
            _Ahead("turn", t, k + 1, following, self._add(t, paid, more))
            for following, more in zip(reached, got, strict=True)
        )
        if isinstance(turn, Move):
            player = int(turn.player)
            return Node("move", self._next(player), t, k, s, player, choices)
        return Node("chance", self._next(-2), t, k, s, -1, choices, reached, probability)

    def _proposal(self, ahead: _Ahead) -> Node:
        """The packages open to a proposer; package 0 ends the turn, any other is answered."""
        _, t, k, s, paid, proposer, *_ = ahead
        turn = self._offer(k)
        choices, reached, _, _ = self.branches(k, s)
        no_offer = _Ahead("turn", t, k + 1, reached[0], paid)
        self._push([no_offer, *(_Ahead("answer", t, k, s, paid, proposer, m) for m in choices[1:])])
        player = int(turn.parties[proposer])
        return Node("proposal", self._next(player), t, k, s, player, choices, proposer=proposer)

    def _answer(self, ahead: _Ahead) -> Node:
        """Accept, and the next party is asked or the package passes; or reject, and all stays."""
        _, t, k, s, paid, proposer, package, asked = ahead
        turn = self._offer(k)
        queue = [p for p in range(len(turn.parties)) if p != proposer]
        if asked + 1 < len(queue):
            yes = ahead._replace(asked=asked + 1)
        else:
            choices, reached, got, _ = self.branches(k, s)
            place = choices.index(package)
            yes = _Ahead("turn", t, k + 1, reached[place], self._add(t, paid, got[place]))
        self._push([yes, _Ahead("turn", t, k + 1, int(turn.stay[s]), paid)])
        player = int(turn.parties[queue[asked]])
        return Node("answer", self._next(player), t, k, s, player, (1, 0), (), (), proposer, package)

    def _branches(self, k: int, s: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[Payoffs, ...], Payoffs]:
        """Return the choices open in a state, where each leads, what it pays, and its probability if chance draws."""
        turn = self.game.turns[k]
        if isinstance(turn, Chance):
            merged: dict[int, list[float]] = {}
            for c in np.flatnonzero(turn.probability[s] > 0):
                entry = merged.setdefault(int(turn.next_state[s, c]), [float(c), 0.0])
                entry[1] += float(turn.probability[s, c])
            nothing = tuple(0.0 for _ in self.game.players)
            first = tuple(int(c) for c, _ in merged.values())
            return first, tuple(merged), (nothing,) * len(merged), tuple(p for _, p in merged.values())
        assert isinstance(turn, (Move, Offer))
        open_ = np.flatnonzero(turn.next_state[s] >= 0)
        payoff = turn.payoff[s if turn.payoff.shape[0] > 1 else 0, open_]
        reached = tuple(turn.next_state[s, open_].tolist())
        return tuple(open_.tolist()), reached, tuple(tuple(row) for row in payoff.tolist()), ()

    def _offer(self, k: int) -> Offer:
        turn = self.game.turns[k]
        assert isinstance(turn, Offer)
        return turn

    def _push(self, branches: Iterable[_Ahead]) -> None:
        self.stack.extend(reversed(list(branches)))

    def _next(self, who: int) -> int:
        self.count[who] += 1
        return self.count[who]

    def _add(self, t: int, paid: Payoffs, more: Payoffs) -> Payoffs:
        return tuple(sum_ + w * x for sum_, w, x in zip(paid, self.worth[t], more, strict=True))


def recognised(turn: Offer, s: int) -> list[tuple[int, float]]:
    """Return the places of the parties that may be recognised in a state, each with its probability."""
    shares = turn.recognition[s if turn.recognition.shape[0] > 1 else 0]
    return [(p, float(share)) for p, share in enumerate(shares) if share > 0]
