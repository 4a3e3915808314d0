"""Subgame-perfect play by search of the whole tree, without arrays, memory of states or rounding.

Every decision is a node of its own: a proposer's choice of package, then one yes or no after another. Numbers are
rational, so "indifferent" means equal. Ties: a mover or proposer takes the first best choice, an answering party
accepts.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracles.plain import read

Payoffs = tuple[Fraction, ...]


class Turn(NamedTuple):
    """One turn as nested tuples; see `tests.oracles.plain.PlainTurn` for the fields."""

    kind: str
    next: tuple[tuple[int, ...], ...]
    payoff: tuple[tuple[Payoffs, ...], ...]
    mover: int
    parties: tuple[int, ...]
    recognition: tuple[Payoffs, ...]
    stay: tuple[int, ...]
    probability: tuple[Payoffs, ...]


def _exact(table: Any) -> Any:
    return tuple(map(_exact, table)) if hasattr(table, "__len__") else Fraction(float(table))


class Tree:
    """The unrolled tree of a game."""

    def __init__(self, game: Any) -> None:
        plain = read(game)
        self.n = plain.n_players
        self.rounds = plain.rounds
        self.flow = _exact(plain.flow)
        self.terminal = _exact(plain.terminal)
        self.discount = _exact(plain.discount)
        self.turns = [
            Turn(
                turn.kind,
                tuple(tuple(map(int, row)) for row in turn.next),
                _exact(turn.payoff),
                turn.mover,
                turn.parties,
                _exact(turn.recognition),
                tuple(map(int, turn.stay)),
                _exact(turn.probability),
            )
            for turn in plain.turns
        ]

    def size(self, t: int = 0, k: int = 0) -> int:
        """Return a bound on the nodes visited from here: to keep searches short."""
        after = 1
        for place in reversed(range(t * len(self.turns) + k, self.rounds * len(self.turns))):
            turn = self.turns[place % len(self.turns)]
            widest = max(sum(1 for a in row if a >= 0) for row in turn.next)
            if turn.kind == "offer":
                widest = len(turn.parties) * (1 + (widest - 1) * len(turn.parties))
            after = 1 + widest * after
        return after

    def value(self, t: int, k: int, s: int) -> Payoffs:
        """Return what every player gets from the node before turn k of round t in state s, in that round's units."""
        if t == self.rounds:
            return self.terminal[s]
        if k == len(self.turns):
            later = self.value(t + 1, 0, s)
            return tuple(self.flow[s][i] + self.discount[i] * later[i] for i in range(self.n))
        turn = self.turns[k]
        if turn.kind == "chance":
            return self._mean(
                (chance, self.value(t, k + 1, following))
                for chance, following in zip(turn.probability[s], turn.next[s], strict=True)
                if following >= 0
            )
        if turn.kind == "move":
            return self._best(self._moves(turn, t, k, s), turn.mover)[1]
        return self._mean(
            (chance, self._best(self._proposals(turn, t, k, s, p), turn.parties[p])[1])
            for p, chance in enumerate(turn.recognition[s])
        )

    def move(self, t: int, k: int, s: int) -> int:
        """Return the action taken at a move."""
        turn = self.turns[k]
        return self._best(self._moves(turn, t, k, s), turn.mover)[0]

    def proposal(self, t: int, k: int, s: int, proposer: int) -> int:
        """Return what a party proposes when recognised; ``proposer`` is its place in the list of parties."""
        turn = self.turns[k]
        return self._best(self._proposals(turn, t, k, s, proposer), turn.parties[proposer])[0]

    def answers(self, t: int, k: int, s: int, proposer: int, package: int) -> dict[int, bool]:
        """Return party place -> whether it accepts, each given that its answer is reached."""
        turn = self.turns[k]
        queue = [h for h in range(len(turn.parties)) if h != proposer]
        found = {}
        for place, h in enumerate(queue):
            yes = self._asked(turn, t, k, s, package, queue[place + 1 :])
            no = self.value(t, k + 1, turn.stay[s])
            found[h] = yes[turn.parties[h]] >= no[turn.parties[h]]
        return found

    def _moves(self, turn: Turn, t: int, k: int, s: int) -> list[tuple[int, Payoffs]]:
        return [
            (a, self._add(turn.payoff[s][a], self.value(t, k + 1, following)))
            for a, following in enumerate(turn.next[s])
            if following >= 0
        ]

    def _proposals(self, turn: Turn, t: int, k: int, s: int, proposer: int) -> list[tuple[int, Payoffs]]:
        queue = [h for h in range(len(turn.parties)) if h != proposer]
        return [
            (m, self.value(t, k + 1, following) if m == 0 else self._asked(turn, t, k, s, m, queue))
            for m, following in enumerate(turn.next[s])
            if following >= 0
        ]

    def _asked(self, turn: Turn, t: int, k: int, s: int, m: int, queue: list[int]) -> Payoffs:
        """Return the value of the node at which the first of the queue is asked about package m."""
        if not queue:
            return self._add(turn.payoff[s][m], self.value(t, k + 1, turn.next[s][m]))
        yes = self._asked(turn, t, k, s, m, queue[1:])
        no = self.value(t, k + 1, turn.stay[s])
        who = turn.parties[queue[0]]
        return yes if yes[who] >= no[who] else no

    def _add(self, one: Payoffs, other: Payoffs) -> Payoffs:
        return tuple(a + b for a, b in zip(one, other, strict=True))

    def _mean(self, branches: Any) -> Payoffs:
        total = [Fraction(0)] * self.n
        for chance, value in branches:
            total = [a + chance * b for a, b in zip(total, value, strict=True)]
        return tuple(total)

    def _best(self, choices: list[tuple[int, Payoffs]], who: int) -> tuple[int, Payoffs]:
        best = choices[0]
        for choice in choices[1:]:
            if choice[1][who] > best[1][who]:
                best = choice
        return best
