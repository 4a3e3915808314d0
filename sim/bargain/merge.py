"""Games derived from a game: a coalition that acts as one player, a player that takes no initiative.

They are ordinary games with the same states, turns, choices and names, so everything that reads the original's
solution reads theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.game.turns import Floats, Ints, Turn

NOBODY = "nobody"


def merged(game: Game, members: Sequence[str | int], weights: npt.ArrayLike | None = None) -> Game:
    """Return the game in which a coalition acts as one player: it maximises the weighted sum of its members' payoffs.

    Parameters
    ----------
    members : two or more players.
    weights : one positive number a member; equal to 1 by default. Sums of utilities suppose a common unit.

    Returns
    -------
    Game : the same players, in the same places (members keep their payoffs but no longer act), and after them the
        coalition, named by its members joined with ``+``.

    Raises
    ------
    GameError : fewer than two members, one twice, or a weight that is not positive.

    Notes
    -----
    At an offer the coalition stands where its first member stood in the order of answers; recognition is added up;
    members do not answer one another. Where all parties are members, the offer becomes a move among the packages. In
    this game the coalition has one discount factor, the weighted mean of its members'; each member's own payoff is
    still discounted at its own. Where the members' differ, solving this game is therefore not joint maximisation:
    `sim.bargain.together.solve_together` is.
    """
    numbers = [game.player_index(member) for member in members]
    share = np.ones(len(numbers)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(numbers) < 2 or len(set(numbers)) != len(numbers):
        raise GameError(f"merged: members: found {tuple(members)}; allowed: two or more different players")
    if share.shape != (len(numbers),) or not (np.isfinite(share) & (share > 0)).all():
        raise GameError(f"merged: weights: found {share.tolist()}; allowed: a positive number for each member")
    name = "+".join(game.players[i] for i in numbers)
    joint = game.n_players

    def add(table: Floats) -> Floats:
        return np.concatenate([table, (table[..., numbers] @ share)[..., None]], axis=-1)

    turns: list[Turn] = []
    for turn in game.turns:
        if isinstance(turn, Move):
            mover = joint if int(turn.player) in numbers else int(turn.player)
            turns.append(Move(mover, turn.actions, turn.next_state, add(turn.payoff), turn.weights, name=turn.name))
        elif isinstance(turn, Offer):
            turns.append(_merged_offer(turn, numbers, joint, add(turn.payoff)))
        else:
            turns.append(turn)
    return Game(
        players=(*game.players, name),
        turns=turns,
        flow=add(game.flow),
        discount=np.append(game.discount, game.discount[numbers] @ share / share.sum()),
        terminal=add(game.terminal),
        rounds=game.rounds,
        axes=game.axes,
    )


def _merged_offer(turn: Offer, numbers: list[int], joint: int, payoff: Floats) -> Turn:
    parties: list[int] = []
    columns: list[Floats] = []
    for place, party in enumerate(turn.parties):
        who = joint if int(party) in numbers else int(party)
        if who in parties:
            columns[parties.index(who)] = columns[parties.index(who)] + turn.recognition[:, place]
        else:
            parties.append(who)
            columns.append(turn.recognition[:, place])
    if len(parties) == 1:
        return Move(joint, turn.packages, turn.next_state, payoff, turn.weights, name=turn.name)
    recognition = np.stack(columns, axis=1)
    return Offer(
        *(parties, recognition, turn.packages, turn.next_state, payoff, turn.stay, turn.weights), name=turn.name
    )


def joint_rationality(
    game: Game, members: Sequence[str | int], rationality: Floats, weights: npt.ArrayLike | None = None
) -> Floats:
    """Return lam for `merged`'s game, shape (N + 1,): as before, and for the coalition its members' mean.

    The mean is divided by the mean of the members' weights: weights in another unit stretch the coalition's payoffs,
    and must not make it choose more sharply.
    """
    numbers = [game.player_index(member) for member in members]
    lam = np.asarray(rationality, dtype=np.float64)
    unit = 1.0 if weights is None else float(np.mean(np.asarray(weights, dtype=np.float64)))
    return np.append(lam, lam[numbers].mean() / unit)


def silenced(game: Game, player: str | int) -> Game:
    """Return the game in which a player takes no initiative, but still answers offers as it likes best.

    Whenever it could propose nothing is offered, and at its own turns it takes the first choice: doing nothing, by
    convention.

    Returns
    -------
    Game : with one player more, `NOBODY`, who is recognised in its stead; solve it with ``fixed=nobody(game)``.
    """
    number = game.player_index(player)
    joint = game.n_players

    def add(table: Floats) -> Floats:
        return np.concatenate([table, np.zeros((*table.shape[:-1], 1))], axis=-1)

    turns: list[Turn] = []
    for turn in game.turns:
        if isinstance(turn, Chance):
            turns.append(turn)
        elif isinstance(turn, Move):
            after = np.array(turn.next_state)
            if int(turn.player) == number:
                after = _first_only(turn)
            turns.append(Move(int(turn.player), turn.actions, after, add(turn.payoff), turn.weights, name=turn.name))
        else:
            assert isinstance(turn, Offer)
            recognition, parties = np.array(turn.recognition), tuple(int(party) for party in turn.parties)
            if number in parties:
                place = parties.index(number)
                recognition = np.concatenate([recognition, recognition[:, [place]]], axis=1)
                recognition[:, place] = 0.0
                parties = (*parties, joint)
            turns.append(
                Offer(
                    *(parties, recognition, turn.packages, turn.next_state, add(turn.payoff), turn.stay, turn.weights),
                    name=turn.name,
                )
            )
    return Game(
        players=(*game.players, NOBODY),
        turns=turns,
        flow=add(game.flow),
        discount=np.append(game.discount, 1.0),
        terminal=add(game.terminal),
        rounds=game.rounds,
        axes=game.axes,
    )


def nobody(game: Game) -> dict[str | int, Any]:
    """Return what `NOBODY` does in `silenced`'s game: offers nothing, and stands in nobody's way."""
    policy: dict[int, Any] = {}
    for k, turn in enumerate(game.turns):
        if isinstance(turn, Offer) and game.player_index(NOBODY) in turn.parties:
            policy[k] = (np.eye(turn.n_choices)[0], np.ones(turn.n_choices))
    return {NOBODY: policy}


def _first_only(turn: Move) -> Ints:
    after: Ints = np.full(turn.next_state.shape, -1, dtype=np.int32)
    if (turn.next_state[:, 0] < 0).any():
        raise GameError(
            f"silenced: {turn.name}: found states where the first choice is not available; allowed: everywhere"
        )
    after[:, 0] = turn.next_state[:, 0]
    return after
