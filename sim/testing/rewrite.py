"""The same game told differently: what a law compares with the original.

Every function returns a new game; turns keep their names and their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.game import Chance, Game, Move, Offer, Turn


def flow_added(game: Game, player: str | int, amount: float) -> Game:
    """Add ``amount`` to one player's flow payoff in every state."""
    flow = np.array(game.flow)
    flow[:, game.player_index(player)] += amount
    return game.replace(flow=flow)


def payoffs_scaled(game: Game, player: str | int, factor: float) -> Game:
    """Multiply everything that one player can get by ``factor``."""
    ones = np.ones(game.n_players)
    ones[game.player_index(player)] = factor
    turns = [
        changed(game, turn, payoff=turn.payoff * ones) if isinstance(turn, (Move, Offer)) else turn
        for turn in game.turns
    ]
    return game.replace(turns=turns, flow=game.flow * ones, terminal=game.terminal * ones)


def choice_split(game: Game, turn: str | int, choice: int, share: float) -> Game:
    """Replace a choice by two copies, one behind the other, with ``share`` and 1 - ``share`` of its weight."""
    k = game.turn_index(turn)
    found = game.turns[k]
    if not isinstance(found, (Move, Offer)) or (isinstance(found, Offer) and choice == 0):
        raise ValueError(f"split: found choice {choice} of {found.name!r}; allowed: an action, or a package from 1")
    numbers = np.arange(found.n_choices)
    twice = np.repeat(numbers, np.where(numbers == choice, 2, 1))
    weights = found.weights[twice]
    weights[choice] *= share
    weights[choice + 1] *= 1.0 - share
    labels = [_labels(found)[c] for c in twice]
    labels[choice + 1] += " (copy)"
    tables = {"next_state": found.next_state[:, twice], "payoff": found.payoff[:, twice]}
    return _put(game, k, changed(game, found, labels=labels, weights=weights, **tables))


def choices_ordered(game: Game, turn: str | int, order: Sequence[int]) -> Game:
    """Reorder the choices of a turn: the new choice c is the old ``order[c]``. An offer's package 0 stays first."""
    k = game.turn_index(turn)
    found = game.turns[k]
    columns = list(order)
    changes: dict[str, Any] = {"next_state": found.next_state[:, columns]}
    if isinstance(found, Chance):
        changes["probability"] = found.probability[:, columns]
    if isinstance(found, (Move, Offer)):
        changes["labels"] = [_labels(found)[c] for c in columns]
        changes["payoff"] = found.payoff[:, columns]
        changes["weights"] = found.weights[columns]
    return _put(game, k, changed(game, found, **changes))


def players_ordered(game: Game, order: Sequence[int]) -> Game:
    """Reorder the players: new player j is old ``order[j]``, with its name, turns and place among the parties."""
    columns = list(order)
    turns = [
        changed(game, turn, payoff=turn.payoff[:, :, columns]) if isinstance(turn, (Move, Offer)) else turn
        for turn in game.turns
    ]
    return Game(
        players=[game.players[i] for i in columns],
        turns=turns,
        flow=game.flow[:, columns],
        discount=game.discount[columns],
        terminal=game.terminal[:, columns],
        rounds=game.rounds,
        axes=game.axes,
    )


def states_ordered(game: Game, k: int, order: Sequence[int]) -> Game:
    """Reorder the states of boundary k < K: new state s is old ``order[s]``. Named axes are dropped at k = 0."""
    place = np.argsort(np.array(list(order)))  # old state -> new state
    turns = []
    for j, turn in enumerate(game.turns):
        rows: Any = list(order) if j == k else slice(None)
        leads_here = (j + 1) % game.n_turns == k
        following = turn.next_state[rows]
        if leads_here:
            following = np.where(following >= 0, place[following], -1)
        changes: dict[str, Any] = {"next_state": following}
        if isinstance(turn, Chance):
            changes["probability"] = turn.probability[rows]
        if isinstance(turn, (Move, Offer)) and turn.payoff.shape[0] > 1:
            changes["payoff"] = turn.payoff[rows]
        if isinstance(turn, Offer):
            stay = turn.stay[rows]
            changes["stay"] = place[stay] if leads_here else stay
            if turn.recognition.shape[0] > 1:
                changes["recognition"] = turn.recognition[rows]
        turns.append(changed(game, turn, **changes))
    if k != 0:
        return game.replace(turns=turns)
    rows = list(order)
    return game.replace(turns=turns, flow=game.flow[rows], terminal=game.terminal[rows], axes=None)


def payoff_added(game: Game, turn: str | int, player: str | int, amount: float, choice: int | None = None) -> Game:
    """Add ``amount`` to what one player gets at a turn: from every choice of a move, or from one ``choice``."""
    k = game.turn_index(turn)
    found = game.turns[k]
    allowed = isinstance(found, Move) or (isinstance(found, Offer) and choice not in (None, 0))
    if not allowed or not isinstance(found, (Move, Offer)):
        raise ValueError(f"payoff: found choice {choice} of {found.name!r}; allowed: a move, or a package from 1")
    payoff = np.array(found.payoff)
    columns = slice(None) if choice is None else choice
    payoff[:, columns, game.player_index(player)] += amount
    return _put(game, k, changed(game, found, payoff=payoff))


def weights_scaled(game: Game, turn: str | int, factor: float) -> Game:
    """Multiply all weights of a turn by ``factor``."""
    k = game.turn_index(turn)
    found = game.turns[k]
    if not isinstance(found, (Move, Offer)):
        raise ValueError(f"weights: found {found.name!r}, a turn of chance; allowed: a move or an offer")
    return _put(game, k, changed(game, found, weights=found.weights * factor))


def choices_closed(game: Game, turn: str | int, closed: Any) -> Game:
    """Make choices unavailable: ``closed`` is bool, shape (states, choices) or (choices,)."""
    k = game.turn_index(turn)
    return _put(game, k, changed(game, game.turns[k], next_state=np.where(closed, -1, game.turns[k].next_state)))


def outcome_split(game: Game, turn: str | int, outcome: int, share: float) -> Game:
    """Replace an outcome of chance by two, one behind the other, with ``share`` and the rest of its probability."""
    k = game.turn_index(turn)
    found = game.turns[k]
    if not isinstance(found, Chance):
        raise ValueError(f"split: found {found.name!r}; allowed: a turn of chance")
    numbers = np.arange(found.n_choices)
    twice = np.repeat(numbers, np.where(numbers == outcome, 2, 1))
    probability = found.probability[:, twice]
    probability[:, outcome + 1] = (1.0 - share) * found.probability[:, outcome]
    probability[:, outcome] = found.probability[:, outcome] - probability[:, outcome + 1]
    return _put(game, k, changed(game, found, next_state=found.next_state[:, twice], probability=probability))


def idle_turn_added(game: Game, place: int, kind: str = "move") -> Game:
    """Insert a turn at which nothing can happen before turn ``place`` (K: at the end of the round).

    ``kind`` : "move" (one action, paying nothing), "offer" (nothing but "no offer"; needs two players) or "chance" (one
    outcome).
    """
    states = game.n_states(place)
    following = np.arange(states)[:, None]
    nothing = np.zeros((1, game.n_players))
    idle: Turn
    if kind == "move":
        idle = Move(game.players[-1], ("wait",), following, nothing, name="idle")
    elif kind == "offer":
        idle = Offer(game.players[:2], [0.25, 0.75], ("no offer",), following, nothing, name="idle")
    else:
        idle = Chance(following, [1.0], name="idle")
    return game.replace(turns=[*game.turns[:place], idle, *game.turns[place:]])


def bystander_added(game: Game, name: str = "bystander") -> Game:
    """Add a last player who never acts and gets nothing."""

    def padded(table: Any) -> Any:
        return np.concatenate([table, np.zeros((*table.shape[:-1], 1))], axis=-1)

    turns = [
        changed(game, turn, payoff=padded(turn.payoff)) if isinstance(turn, (Move, Offer)) else turn
        for turn in game.turns
    ]
    return Game(
        players=[*game.players, name],
        turns=turns,
        flow=padded(game.flow),
        discount=[*game.discount, 1.0],
        terminal=padded(game.terminal),
        rounds=game.rounds,
        axes=game.axes,
    )


def state_copied(game: Game, k: int, state: int) -> Game:
    """Add a twin of one state at boundary k < K, last in number: choices 1, 3, 5, ... that led to it lead to the twin.

    Named axes are dropped at k = 0.
    """
    turns = []
    for j, turn in enumerate(game.turns):
        following = np.array(turn.next_state)
        if (j + 1) % game.n_turns == k:
            odd = following[:, 1::2]
            odd[odd == state] = game.n_states(k)
        rows: Any = np.arange(turn.n_states)
        rows = np.append(rows, state) if j == k else rows
        changes: dict[str, Any] = {"next_state": following[rows]}
        if isinstance(turn, Chance):
            changes["probability"] = turn.probability[rows]
        if isinstance(turn, (Move, Offer)) and turn.payoff.shape[0] > 1:
            changes["payoff"] = turn.payoff[rows]
        if isinstance(turn, Offer):
            changes["stay"] = turn.stay[rows]
            if turn.recognition.shape[0] > 1:
                changes["recognition"] = turn.recognition[rows]
        turns.append(changed(game, turn, **changes))
    if k != 0:
        return game.replace(turns=turns)
    rows = np.append(np.arange(game.n_states(0)), state)
    return game.replace(turns=turns, flow=game.flow[rows], terminal=game.terminal[rows], axes=None)


def changed(game: Game, turn: Turn, **changes: Any) -> Turn:
    """Return a turn with some of its tables changed; ``labels`` stands for actions or packages. Players go by name."""
    given: dict[str, Any] = {"next_state": turn.next_state, "name": turn.name}
    if isinstance(turn, Chance):
        return Chance(**(given | {"probability": turn.probability} | changes))
    assert isinstance(turn, (Move, Offer))
    labels = changes.pop("labels", _labels(turn))
    given |= {"payoff": turn.payoff, "weights": turn.weights}
    if isinstance(turn, Move):
        mover = game.players[game.player_index(turn.player)]
        return Move(**(given | {"player": mover, "actions": labels} | changes))
    parties = [game.players[game.player_index(party)] for party in turn.parties]
    given |= {"parties": parties, "packages": labels, "recognition": turn.recognition, "stay": turn.stay}
    return Offer(**(given | changes))


def _labels(turn: Move | Offer) -> tuple[str, ...]:
    return turn.actions if isinstance(turn, Move) else turn.packages


def _put(game: Game, k: int, turn: Turn) -> Game:
    return game.replace(turns=[*game.turns[:k], turn, *game.turns[k + 1 :]])
