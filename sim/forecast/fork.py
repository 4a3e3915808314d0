"""Where two scenarios part: the first decision along the likeliest course at which the likeliest action differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sim.errors import GameError
from sim.forecast.decisions import Place, decisions_at
from sim.forecast.decompose import ledger_of, split
from sim.forecast.explanation import ANSWER, MOVE, PROPOSAL, Decision
from sim.game import Chance, Move, Offer
from sim.model import Model
from sim.solver import Solution

Played = tuple[Model, Solution]


@dataclass(frozen=True, slots=True)
class Fork:
    """One decision in two scenarios, at the same position.

    Attributes
    ----------
    month, turn, player, kind, proposer, package : which decision; month 0 is the first.
    position : the position in words, at the start of that month.
    before, after : the likeliest action in the first and in the second scenario.
    probabilities : action -> its probability in the first and in the second, for these two actions (for the action
        whose probability changes most, where the likeliest is the same).
    because : what decides it in each of the two, in words (see `sim.forecast.Decision.sentence`).
    """

    month: int
    turn: str
    player: str
    kind: str
    proposer: str
    package: str
    position: str
    before: str
    after: str
    probabilities: Mapping[str, tuple[float, float]]
    because: tuple[str, str] = ("", "")

    @property
    def differs(self) -> bool:
        """Whether the likeliest action differs."""
        return self.before != self.after

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and numbers."""
        return asdict(self)


@dataclass(frozen=True)
class _Seen:
    """A decision in one scenario: in which state before its turn, what it is, and its probabilities by action."""

    state: int
    key: tuple[str, str, str, str, str]
    chances: Mapping[str, float]

    @property
    def likeliest(self) -> str:
        return max(self.chances, key=lambda action: self.chances[action])


def fork(first: Played, second: Played, months: int = 24) -> Fork | None:
    """Return where two scenarios part.

    Both are looked at along the first one's likeliest course from its start: at every turn the likeliest action, of
    nature too. The first decision at which the likeliest actions differ is returned. If there is none within the
    months, it is the decision of the first month whose probabilities change most. None if the two have no decision in
    common, or no change at all.
    """
    month = 0
    largest: tuple[float, _Seen, _Seen] | None = None
    state = int(np.argmax(first[0].start))
    while month < min(months, first[0].game.rounds, second[0].game.rounds):
        here = state
        there = _same_position(first[0], second[0], state)
        if there is None:
            break
        for one, two in _walk(first, second, month, here, there):
            if one.likeliest != two.likeliest:
                return _told(first, second, month, state, one, two)
            if month == 0:
                change = max(abs(one.chances[a] - two.chances[a]) for a in one.chances if a in two.chances)
                if change > (largest[0] if largest else 1e-12):
                    largest = (change, one, two)
        state = _month_on(first, month, state)
        month += 1
    if largest is None:
        return None
    return _told(first, second, 0, int(np.argmax(first[0].start)), *largest[1:])


def _walk(first: Played, second: Played, t: int, here: int, there: int) -> Iterator[tuple[_Seen, _Seen]]:
    """Yield each decision in the first scenario and the same in the second along a month of the likeliest course.

    Stops where the second scenario has no such state.
    """
    game, other = first[0].game, second[0].game
    names = {turn.name: k for k, turn in enumerate(other.turns)}
    for k, turn in enumerate(game.turns):
        if turn.name not in names:
            here = _likeliest_next(first, t, k, here)
            continue
        match = names[turn.name]
        for one in _decided(first[1], t, k, here):
            two = next((d for d in _decided(second[1], t, match, there, one.key[4]) if d.key == one.key), None)
            if two is not None:
                yield one, two
        here, there = _both_on(first, second, t, k, match, here, there)
        if there < 0:
            return


def _both_on(first: Played, second: Played, t: int, k: int, match: int, here: int, there: int) -> tuple[int, int]:
    """Return the likeliest next states of both; the second follows the first's choice (-1 where it cannot)."""
    choice = _likeliest_choice(first, t, k, here)
    turn, other = first[0].game.turns[k], second[0].game.turns[match]
    label = _labels(turn)
    labels = _labels(other)
    if label is not None and labels is not None:
        follow = labels.index(label[choice]) if label[choice] in labels else -1
    else:
        follow = choice if choice < other.n_choices else -1
    after = int(other.next_state[there, follow]) if follow >= 0 else -1
    return int(turn.next_state[here, choice]), after


def _month_on(played: Played, t: int, state: int) -> int:
    for k in range(played[0].game.n_turns):
        state = _likeliest_next(played, t, k, state)
    return state


def _likeliest_next(played: Played, t: int, k: int, state: int) -> int:
    return int(played[0].game.turns[k].next_state[state, _likeliest_choice(played, t, k, state)])


def _likeliest_choice(played: Played, t: int, k: int, state: int) -> int:
    return int(np.argmax(played[1].chances(t, k, [state])[0]))


def _labels(turn: Any) -> tuple[str, ...] | None:
    labels: tuple[str, ...] | None = getattr(turn, "actions", None) or getattr(turn, "packages", None)
    return labels


def _decided(solution: Solution, t: int, k: int, state: int, package: str = "") -> list[_Seen]:
    """Return the decisions at one turn: with a package named, answers are those to it, else to the likeliest one."""
    turn = solution.game.turns[k]
    players = solution.game.players
    if isinstance(turn, Chance):
        return []
    policy = solution.policy(t, k, [state])
    possible = np.flatnonzero(turn.next_state[state] >= 0)
    if isinstance(turn, Move):
        chances = {turn.actions[c]: float(policy[0, c]) for c in possible}
        return [_Seen(state, (turn.name, players[int(turn.player)], MOVE, "", ""), chances)]
    assert isinstance(turn, Offer)
    found = []
    for r, party in enumerate(turn.parties):
        proposer = players[int(party)]
        chances = {turn.packages[m]: float(policy.propose[0, r, m]) for m in possible}
        found.append(_Seen(state, (turn.name, proposer, PROPOSAL, "", ""), chances))
        real = [m for m in possible if m > 0 and (not package or turn.packages[m] == package)]
        if not real:
            continue
        m = max(real, key=lambda m: policy.propose[0, r, m])
        for h, responder in enumerate(turn.parties):
            if h != r:
                yes = float(policy.accept[0, r, h, m])
                key = (turn.name, players[int(responder)], ANSWER, proposer, turn.packages[m])
                found.append(_Seen(state, key, {"accept": yes, "refuse": 1.0 - yes}))
    return found


def _same_position(first: Model, second: Model, state: int) -> int | None:
    """Return the second model's state with the same dials, or None: prisoners are matched by number of persons."""
    try:
        return second.axes.index(**first.axes.label(state))
    except GameError:
        return None


def _told(first: Played, second: Played, t: int, outer: int, one: _Seen, two: _Seen) -> Fork:
    turn, player, kind, proposer, package = one.key
    actions = dict.fromkeys((one.likeliest, two.likeliest))
    if len(actions) == 1:
        common = [action for action in one.chances if action in two.chances]
        actions = {max(common, key=lambda action: abs(one.chances[action] - two.chances[action])): None}
    return Fork(
        month=t,
        turn=turn,
        player=player,
        kind=kind,
        proposer=proposer,
        package=package,
        position=first[0].describe(outer),
        before=one.likeliest,
        after=two.likeliest,
        probabilities={a: (one.chances.get(a, 0.0), two.chances.get(a, 0.0)) for a in actions},
        because=(_because(first, t, one), _because(second, t, two)),
    )


def _because(played: Played, t: int, seen: _Seen) -> str:
    """Say in words what decides this decision in one scenario."""
    model, solution = played
    k, state = model.game.turn_index(seen.key[0]), np.array([seen.state])
    place = Place(split(solution, ledger_of(model), t), solution, k, state, np.ones(1), 2, 0, seen.key[4])
    for decision in decisions_at(place):
        if _key(decision) == seen.key:
            return decision.sentence
    return ""


def _key(decision: Decision) -> tuple[str, str, str, str, str]:
    return decision.turn, decision.player, decision.kind, decision.proposer, decision.package
