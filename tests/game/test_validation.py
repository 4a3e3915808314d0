"""What is invalid raises a GameError that names the turn, the key, what was found and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from sim.errors import GameError
from sim.game import Axes, Chance, Game, Move, Offer
from sim.testing import strategies

NAN, INF = float("nan"), float("inf")


def move(**changes: Any) -> Move:
    given = {
        "player": "a",
        "actions": ("x", "y"),
        "next_state": [[0, 1], [1, -1]],
        "payoff": np.zeros((2, 2)),
        "name": "the move",
    }
    return Move(**(given | changes))


def offer(**changes: Any) -> Offer:
    given = {
        "parties": ("a", "b"),
        "recognition": [0.5, 0.5],
        "packages": ("no offer", "deal"),
        "next_state": [[0, 1], [1, -1]],
        "payoff": np.zeros((2, 2)),
        "name": "the offer",
    }
    return Offer(**(given | changes))


def chance(**changes: Any) -> Chance:
    given = {"next_state": [[0, 1], [1, -1]], "probability": [[0.5, 0.5], [1.0, 0.0]], "name": "nature"}
    return Chance(**(given | changes))


def game(*turns: Any, **changes: Any) -> Game:
    given = {
        "players": ("a", "b"),
        "turns": turns or (move(), offer(), chance()),
        "flow": np.zeros((2, 2)),
        "discount": 0.9,
        "terminal": np.zeros((2, 2)),
        "rounds": 2,
    }
    return Game(**(given | changes))


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    # shapes
    "move-next-state-flat": (lambda: move(next_state=[0, 1]), "Move 'the move': next_state: found shape"),
    "move-next-state-empty": (lambda: move(next_state=np.zeros((0, 2), int)), "'the move': next_state: found shape"),
    "move-next-state-ragged": (lambda: move(next_state=[[0, 1], [0]]), "'the move': next_state: found"),
    "move-next-state-fractions": (lambda: move(next_state=[[0.5, 1], [0, 1]]), "'the move': next_state: found .*float"),
    "move-next-state-words": (lambda: move(next_state=[["0", "1"]]), "'the move': next_state: found"),
    "move-actions-too-few": (lambda: move(actions=("x",)), "'the move': actions: found 1 label.* 2 "),
    "move-actions-twice": (lambda: move(actions=("x", "x")), "'the move': actions: found 'x' twice"),
    "move-payoff-one-action": (lambda: move(payoff=np.zeros((1, 2))), r"'the move': payoff: found shape \(1, 2\)"),
    "move-payoff-wrong-states": (lambda: move(payoff=np.zeros((3, 2, 2))), r"'the move': payoff: found shape \(3"),
    "move-payoff-flat": (lambda: move(payoff=[0.0, 0.0]), "'the move': payoff: found shape"),
    "move-payoff-ragged": (lambda: move(payoff=[[0.0, 1.0], [0.0]]), "'the move': payoff: found"),
    "move-payoff-words": (lambda: move(payoff=[["a", "b"]]), "'the move': payoff: found"),
    "move-weights-short": (lambda: move(weights=[1.0]), r"'the move': weights: found shape \(1,\)"),
    "offer-payoff-wrong-packages": (lambda: offer(payoff=np.zeros((3, 2))), "'the offer': payoff: found shape"),
    "offer-stay-short": (lambda: offer(stay=[0]), r"'the offer': stay: found shape \(1,\)"),
    "offer-recognition-short": (lambda: offer(recognition=[1.0]), r"'the offer': recognition: found shape \(1,\)"),
    "offer-recognition-wrong-states": (
        lambda: offer(recognition=np.full((3, 2), 0.5)),
        "'the offer': recognition: found shape",
    ),
    "offer-packages-too-many": (lambda: offer(packages=("a", "b", "c")), "'the offer': packages: found 3 label"),
    "chance-probability-narrow": (lambda: chance(probability=[[1.0], [1.0]]), "'nature': probability: found shape"),
    "payoff-of-another-number-of-players": (
        lambda: game(move(payoff=np.zeros((2, 3)))),
        "'the move': payoff: found 3 players",
    ),
    "flow-wrong-states": (lambda: game(flow=np.zeros((3, 2))), r"game: flow: found shape \(3, 2\); allowed: \(2, 2\)"),
    "flow-ragged": (lambda: game(flow=[[0.0, 1.0], [0.0]]), "game: flow: found"),
    "flow-words": (lambda: game(flow="no numbers"), "game: flow: found"),
    "terminal-wrong-players": (lambda: game(terminal=np.zeros((2, 3))), r"game: terminal: found shape \(2, 3\)"),
    "discount-wrong-shape": (lambda: game(discount=[0.9, 0.9, 0.9]), r"game: discount: found shape \(3,\)"),
    "discount-words": (lambda: game(discount="much"), "game: discount: found"),
    "axes-of-another-size": (
        lambda: game(axes=Axes(("x",), (("1", "2", "3"),))),
        "game: axes: found 3 states; allowed: 2",
    ),
    # probabilities
    "recognition-sum": (lambda: offer(recognition=[0.5, 0.6]), "'the offer': recognition: found a sum of 1.1"),
    "recognition-negative": (lambda: offer(recognition=[1.5, -0.5]), "'the offer': recognition: found -0.5"),
    "recognition-one-state-wrong": (
        lambda: offer(recognition=[[0.5, 0.5], [0.5, 0.4]]),
        "'the offer': recognition: .* row 1",
    ),
    "recognition-nan": (lambda: offer(recognition=[NAN, 1.0]), "'the offer': recognition: found NaN"),
    "chance-sum": (lambda: chance(probability=[[0.5, 0.4], [1.0, 0.0]]), "'nature': probability: found a sum of 0.9"),
    "chance-negative": (lambda: chance(probability=[[1.5, -0.5], [1.0, 0.0]]), "'nature': probability: found -0.5"),
    "chance-on-the-impossible": (
        lambda: chance(probability=[[0.5, 0.5], [0.5, 0.5]]),
        "'nature': probability: .*state 1",
    ),
    "chance-nan": (lambda: chance(probability=[[NAN, 1.0], [1.0, 0.0]]), "'nature': probability: found NaN"),
    # next states
    "move-beyond-the-next-boundary": (
        lambda: game(move(next_state=[[0, 2], [1, 0]])),
        "Move 'the move': next_state: found state 2; allowed: 0 to 1",
    ),
    "offer-beyond-the-next-boundary": (
        lambda: game(offer(next_state=[[0, 7], [1, 0]])),
        "Offer 'the offer': next_state: found state 7",
    ),
    "stay-beyond-the-next-boundary": (
        lambda: game(offer(next_state=[[5, 0], [1, 0]], stay=[5, 1])),
        "Offer 'the offer': .*found state 5",
    ),
    "chance-beyond-the-next-boundary": (
        lambda: game(chance(next_state=[[0, 2], [1, -1]])),
        "Chance 'nature': next_state: found state 2",
    ),
    "next-state-below-minus-one": (lambda: move(next_state=[[0, -2], [1, 0]]), "'the move': next_state: found -2"),
    "next-state-too-large-for-32-bits": (
        lambda: move(next_state=[[0, 2**40], [1, 0]]),
        "'the move': next_state: found",
    ),
    # package 0
    "no-offer-pays": (lambda: offer(payoff=[[0.0, 1.0], [0.0, 0.0]]), "'the offer': package 0: found a payoff"),
    "no-offer-pays-in-one-state": (
        lambda: offer(payoff=[[[0, 0], [1, 1]], [[0, 3], [1, 1]]]),
        "'the offer': package 0",
    ),
    "no-offer-moves": (
        lambda: offer(next_state=[[0, 1], [0, -1]]),
        "'the offer': package 0: found next state 0 in state 1",
    ),
    "no-offer-unavailable": (
        lambda: offer(next_state=[[-1, 1], [1, 0]]),
        "'the offer': package 0: found next state -1",
    ),
    "no-offer-is-not-stay": (lambda: offer(stay=[1, 1]), "'the offer': package 0"),
    "stay-unavailable": (lambda: offer(stay=[-1, 1], next_state=[[-1, 1], [1, 0]]), "'the offer': stay: found -1"),
    "stay-missing-between-unequal-boundaries": (
        lambda: game(offer(next_state=[[0, 1], [1, 2]]), chance(next_state=[[0], [0], [1]], probability=[1.0])),
        "Offer 'the offer': stay: found none",
    ),
    # nothing available
    "mover-has-nothing": (
        lambda: move(next_state=[[0, 1], [-1, -1]]),
        "'the move': next_state: found no action .*first 1",
    ),
    "nature-has-nothing": (
        lambda: chance(next_state=[[-1, -1], [1, 0]], probability=[[0.0, 1.0], [1.0, 0.0]]),
        "'nature'",
    ),
    # weights
    "weight-zero": (lambda: move(weights=[1.0, 0.0]), "'the move': weights: found 0.0; allowed: numbers above 0"),
    "weight-negative": (lambda: offer(weights=[1.0, -1.0]), "'the offer': weights: found -1.0"),
    "weight-nan": (lambda: move(weights=[1.0, NAN]), "'the move': weights: found NaN"),
    "weight-infinite": (lambda: offer(weights=[INF, 1.0]), "'the offer': weights: found NaN or inf"),
    # finite payoffs
    "move-payoff-nan": (lambda: move(payoff=[[0.0, NAN], [0.0, 0.0]]), "'the move': payoff: found NaN"),
    "offer-payoff-infinite": (lambda: offer(payoff=[[0.0, 0.0], [0.0, INF]]), "'the offer': payoff: found NaN or inf"),
    "flow-nan": (lambda: game(flow=[[0.0, NAN], [0.0, 0.0]]), "game: flow: found NaN"),
    "terminal-infinite": (lambda: game(terminal=[[0.0, -INF], [0.0, 0.0]]), "game: terminal: found NaN or inf"),
    # discount
    "discount-zero": (lambda: game(discount=0.0), r"game: discount: found .*; allowed: above 0 and at most 1"),
    "discount-above-one": (lambda: game(discount=[0.9, 1.01]), "game: discount: found .*1.01"),
    "discount-negative": (lambda: game(discount=-0.5), "game: discount: found"),
    "discount-nan": (lambda: game(discount=NAN), "game: discount: found"),
    # players, turns, rounds
    "unknown-mover": (lambda: game(move(player="c")), "Move 'the move': player: found 'c'; allowed: a, b"),
    "mover-number-too-large": (lambda: game(move(player=2)), "Move 'the move': player: found 2"),
    "mover-number-negative": (lambda: game(move(player=-1)), "Move 'the move': player: found -1"),
    "unknown-party": (lambda: game(offer(parties=("a", "z"))), "Offer 'the offer': player: found 'z'; allowed: a, b"),
    "party-twice": (lambda: offer(parties=("a", "a")), "'the offer': parties: found"),
    "party-twice-by-name-and-number": (
        lambda: game(offer(parties=("a", 0))),
        "'the offer': parties: found a player twice",
    ),
    "one-party": (lambda: offer(parties=("a",), recognition=[1.0]), "'the offer': parties: found"),
    "no-players": (lambda: game(players=()), "game: players: found"),
    "player-twice": (lambda: game(players=("a", "a")), "game: players: found"),
    "no-turns": (lambda: Game(("a",), (), [[0.0]], 0.9, [[0.0]], 1), "game: turns: found none"),
    "not-a-turn": (lambda: game("a turn"), "game: turn 0: found str; allowed: Move, Offer, Chance"),
    "turn-name-twice": (lambda: game(move(), move()), "game: turns: found names"),
    "no-rounds": (lambda: game(rounds=0), "game: rounds: found 0"),
    "half-a-round": (lambda: game(rounds=1.5), "game: rounds: found 1.5"),
    "rounds-true": (lambda: game(rounds=True), "game: rounds: found True"),
    # axes
    "axis-twice": (lambda: Axes(("x", "x"), (("1",), ("2",))), "axes: found a name twice"),
    "axis-without-levels": (lambda: Axes(("x",), ((),)), "axes: x: found levels"),
    "level-twice": (lambda: Axes(("x",), (("1", "1"),)), "axes: x: found levels"),
    "levels-missing": (lambda: Axes(("x", "y"), (("1",),)), "axes: found 2 names and 1"),
}


@pytest.mark.parametrize("case", CASES)
def test_invalid_input_is_told_in_four_parts(case: str) -> None:
    make, message = CASES[case]
    with pytest.raises(GameError) as caught:
        make()
    text = str(caught.value)
    assert re.search(message, text, re.DOTALL), text
    assert "found" in text
    assert len(text) < 400


def test_valid_input_is_accepted_as_it_stands() -> None:
    """What the cases above start from is valid, in whatever order its turns come."""
    for turns in ((move(),), (offer(),), (chance(),), (move(), offer(), chance()), (chance(), offer(), move())):
        assert game(*turns).n_turns == len(turns)


def test_what_looks_odd_but_is_allowed() -> None:
    assert game(move(payoff=np.zeros((2, 2, 2)))).n_states(0) == 2
    assert game(move(player=1)).turns[0].player == 1
    assert game(offer(recognition=[0.0, 1.0])).n_turns == 1
    assert game(offer(recognition=[[1.0, 0.0], [0.25, 0.75]])).n_turns == 1
    assert game(offer(packages=("no offer",), next_state=[[0], [1]], payoff=[[0.0, 0.0]])).n_turns == 1
    assert game(discount=1.0).discount.tolist() == [1.0, 1.0]
    assert game(rounds=np.int64(3)).rounds == 3
    assert [turn.name for turn in game(move(name=""), chance(name="")).turns] == ["turn0", "turn1"]


def test_unreachable_states_are_reported_not_refused() -> None:
    walk = Move("a", ("on",), [[1], [0], [2]], [[0.0]], name="walk")
    found = Game(("a",), (walk,), np.zeros((3, 1)), 0.9, np.zeros((3, 1)), 2)
    assert [mask.tolist() for mask in found.unreachable(0)] == [[False, False, True]]
    assert [mask.tolist() for mask in found.unreachable(2)] == [[True, True, False]]
    # States that only an impossible outcome or a closed choice leads to, and those too far for the number of rounds.
    drift = Chance([[0, 1], [1, 1]], [[1.0, 0.0], [0.0, 1.0]], name="drift")
    still = Game(("a",), (drift,), np.zeros((2, 1)), 0.9, np.zeros((2, 1)), 2)
    assert [mask.tolist() for mask in still.unreachable(0)] == [[False, True]]
    line = Move("a", ("on",), [[1], [2], [3], [3]], [[0.0]])
    far = Game(("a",), (line,), np.zeros((4, 1)), 0.9, np.zeros((4, 1)), 2)
    assert far.unreachable(0)[0].tolist()[:2] == [False, False]
    assert far.unreachable([0, 2])[0].tolist()[2] is False


@given(strategies.games())
def test_reachable_states_are_those_that_a_walk_finds(found: Game) -> None:
    """`unreachable` against a plain walk over the game, before every turn of every round."""
    masks = found.unreachable(0)
    here, seen = {0}, [set() for _ in range(found.n_turns)]
    for _ in range(found.rounds):
        for k, turn in enumerate(found.turns):
            seen[k] |= here
            here = {
                int(following)
                for s in here
                for a, following in enumerate(turn.next_state[s])
                if following >= 0 and (not isinstance(turn, Chance) or turn.probability[s, a] > 0)
            }
    assert [set(np.flatnonzero(~mask).tolist()) for mask in masks] == seen


@given(strategies.games())
def test_arrays_are_copies_and_read_only(found: Game) -> None:
    arrays = [found.flow, found.discount, found.terminal]
    for turn in found.turns:
        arrays += [value for value in vars(turn).values() if isinstance(value, np.ndarray)]
    for array in arrays:
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_what_the_caller_gave_stays_the_callers() -> None:
    payoff, following, flow = np.zeros((2, 2)), np.array([[0, 1], [1, 0]]), np.zeros((2, 2))
    weights, recognition, probability = np.ones(2), np.array([0.5, 0.5]), np.array([[0.5, 0.5], [0.5, 0.5]])
    found = game(
        move(payoff=payoff, next_state=following, weights=weights),
        offer(recognition=recognition),
        chance(next_state=following, probability=probability),
        flow=flow,
    )
    for array in (payoff, following, flow, weights, recognition, probability):
        array[...] = 7
    assert found.flow.max() == 0
    assert found.turns[0].payoff.max() == 0
    assert found.turns[0].weights.max() == 1
    assert found.turns[0].next_state.max() == 1
    assert found.turns[1].recognition.max() == 0.5
    assert found.turns[2].probability.max() == 0.5


def test_turns_can_be_shared_between_games() -> None:
    """Adopting a turn does not change it: the same turn serves two games with the players in another order."""
    shared = move(name="")
    one = game(shared)
    other = game(shared, players=("b", "a"))
    assert shared.player == "a"
    assert shared.name == ""
    assert (one.turns[0].player, other.turns[0].player) == (0, 1)


def test_replace_changes_one_thing() -> None:
    found = game()
    changed = found.replace(rounds=5, discount=0.5)
    assert (changed.rounds, changed.discount.tolist()) == (5, [0.5, 0.5])
    assert (found.rounds, found.players) == (2, changed.players)
    with pytest.raises(GameError, match="rounds"):
        found.replace(rounds=0)


def test_turns_and_players_go_by_name_or_number() -> None:
    found = game()
    assert [found.turn_index(name) for name in ("the move", "the offer", "nature", 2)] == [0, 1, 2, 2]
    for wrong in ("nowhere", 3, -1):
        with pytest.raises(GameError, match="allowed: the move, the offer, nature"):
            found.turn_index(wrong)
    with pytest.raises(GameError, match="allowed: a, b"):
        found.player_index("c")
    assert "2 " in repr(found) or "2," in repr(found)


def test_axes_number_states_with_the_last_dial_fastest() -> None:
    axes = Axes(("talks", "contact"), (("stalled", "active"), ("isolated", "envoys", "embassy")))
    assert (axes.size, axes.shape) == (6, (2, 3))
    assert axes.index(talks="active", contact="envoys") == 4
    assert axes.index(contact=1, talks=1) == 4
    assert axes.label(4) == {"talks": "active", "contact": "envoys"}
    assert axes.grid("talks").tolist() == [0, 0, 0, 1, 1, 1]
    assert axes.grid("contact").tolist() == [0, 1, 2, 0, 1, 2]
    for index in range(6):
        assert axes.index(**axes.label(index)) == index


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"talks": "actve", "contact": 0}, "talks: found 'actve'; allowed: stalled, active .*'active'"),
        ({"talks": 2, "contact": 0}, "talks: found level number 2; allowed: 0 to 1"),
        ({"talks": -1, "contact": 0}, "talks: found level number -1"),
        ({"talks": 0}, "no value for contact"),
        ({"talks": 0, "contact": 0, "weather": 1}, "found dial 'weather'; allowed: talks, contact"),
    ],
)
def test_a_position_that_does_not_exist_is_told(dials: dict[str, Any], message: str) -> None:
    axes = Axes(("talks", "contact"), (("stalled", "active"), ("isolated", "envoys")))
    with pytest.raises(GameError, match=message):
        axes.index(**dials)
