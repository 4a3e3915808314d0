"""The strategies of `sim.testing`: what they cover, that it is valid, and that it shrinks to something readable."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from sim.game import Chance, Game, Move, Offer
from sim.scenario import load, parameter_info
from sim.solver import propagate, solve
from sim.testing import strategies

PUBLIC = ("games", "overrides", "rationalities", "scenarios", "start_states", "turns")


def features(game: Game) -> set[str]:
    offers = [turn for turn in game.turns if isinstance(turn, Offer)]
    moves = [turn for turn in game.turns if isinstance(turn, Move)]
    chances = [turn for turn in game.turns if isinstance(turn, Chance)]
    sizes = [game.n_states(k) for k in range(game.n_turns)]
    return {
        name
        for name, here in {
            "move": bool(moves),
            "offer": bool(offers),
            "chance": bool(chances),
            "all three kinds": bool(moves and offers and chances),
            "closed action": any((turn.next_state < 0).any() for turn in moves),
            "closed package": any((turn.next_state < 0).any() for turn in offers),
            "impossible outcome": any((turn.next_state < 0).any() for turn in chances),
            "outcome with probability 0": any(
                ((turn.probability == 0) & (turn.next_state >= 0)).any() for turn in chances
            ),
            "two parties": any(len(turn.parties) == 2 for turn in offers),
            "three parties": any(len(turn.parties) == 3 for turn in offers),
            "four parties": any(len(turn.parties) == 4 for turn in offers),
            "answers in another order": any(list(turn.parties) != sorted(turn.parties) for turn in offers),
            "a player without a seat": any(len(turn.parties) < game.n_players for turn in offers),
            "no package": any(turn.n_choices == 1 for turn in offers),
            "recognition by state": any(turn.recognition.shape[0] > 1 for turn in offers),
            "nobody but one proposes": any((turn.recognition == 1).any() for turn in offers),
            "a refusal leads elsewhere": any(
                (turn.stay != np.arange(turn.n_states)).any() for turn in offers if turn.n_states > 1
            ),
            "payoff by state": any(turn.payoff.shape[0] > 1 for turn in (*offers, *moves)),
            "payoff for all states": any(turn.payoff.shape[0] == 1 < turn.n_states for turn in (*offers, *moves)),
            "weights": any(len(set(turn.weights)) > 1 for turn in (*offers, *moves)),
            "one action": any(turn.n_choices == 1 for turn in moves),
            "one state": sizes == [1] * game.n_turns,
            "unequal boundaries": len(set(sizes)) > 1,
            "one player": game.n_players == 1,
            "four players": game.n_players == 4,
            "one round": game.rounds == 1,
            "three rounds": game.rounds == 3,
            "no discounting": bool((game.discount == 1).any()),
            "unequal discounts": len(set(game.discount)) > 1,
            "named states": game.axes is not None,
            "two dials": game.axes is not None and len(game.axes.names) == 2,
        }.items()
        if here
    }


@pytest.fixture(scope="module")
def drawn() -> list[Game]:
    """What 300 examples look like."""
    seen: list[Game] = []

    @settings(max_examples=300)
    @given(strategies.games())
    def collect(game: Game) -> None:
        seen.append(game)

    collect()
    return seen


def test_games_cover_every_feature(drawn: list[Game]) -> None:
    seen: dict[str, int] = {}
    for game in drawn:
        for name in features(game):
            seen[name] = seen.get(name, 0) + 1
    everything = set(inspect.getsource(features).split('"')[1::2])
    missing = {name for name in everything if seen.get(name, 0) < 3}
    assert not missing, missing


def test_rationalities_cover_the_extremes() -> None:
    seen: set[Any] = set()

    @settings(max_examples=200)
    @given(strategies.rationalities(players=3))
    def collect(lam: Any) -> None:
        seen.update(lam if isinstance(lam, tuple) else (lam, "one for all"))
        assert isinstance(lam, float) or len(lam) == 3
        assert (np.asarray(lam) >= 0).all()

    collect()
    assert {0.0, math.inf, 1e300, 1e-9, "one for all"} <= seen


@given(strategies.rationalities(players=2, low=1.0, high=2.0, extremes=False))
def test_rationalities_keep_to_their_range(lam: Any) -> None:
    assert ((np.asarray(lam) >= 1.0) & (np.asarray(lam) <= 2.0)).all()


@given(
    strategies.games(
        min_players=2,
        max_players=3,
        max_turns=2,
        max_states=3,
        max_choices=2,
        max_rounds=2,
        kinds=("offer",),
        discounts=(0.5,),
        named_axes=True,
    )
)
def test_games_keep_to_their_arguments(game: Game) -> None:
    assert 2 <= game.n_players <= 3
    assert game.n_turns <= 2
    assert game.rounds <= 2
    assert set(game.discount) == {0.5}
    assert game.axes is not None
    for turn in game.turns:
        assert isinstance(turn, Offer)
        assert turn.n_states <= 3
        assert turn.n_choices <= 2


@given(st.data(), strategies.games())
def test_start_states_are_accepted_in_all_forms(data: st.DataObject, game: Game) -> None:
    start = data.draw(strategies.start_states(game=game))
    np.testing.assert_allclose(propagate(solve(game), start).distribution(0, 0).sum(), 1.0, rtol=0, atol=1e-12)


def test_start_states_take_all_forms() -> None:
    seen: set[type] = set()
    four = Game(
        ("a",),
        (Move("a", ("x",), [[0], [1], [2], [3]], [[0.0]]),),
        np.zeros((4, 1)),
        0.9,
        np.zeros((4, 1)),
        1,
        axes=strategies.AXES_OF_FOUR,
    )

    @settings(max_examples=100)
    @given(strategies.start_states(game=four))
    def collect(start: Any) -> None:
        seen.add(type(start))

    collect()
    assert seen == {int, tuple, dict}


@given(st.data(), strategies.games(tie_free=True, max_players=2, max_turns=2))
def test_tie_free_games_have_no_two_equal_payoffs(data: st.DataObject, game: Game) -> None:
    for turn in game.turns:
        if isinstance(turn, (Move, Offer)):
            first = 1 if isinstance(turn, Offer) else 0
            own = turn.payoff[:, first:]
            assert len(np.unique(own)) == own.size
    assert len(np.unique(game.flow)) == game.flow.size


SHRUNK = [
    ("offer", lambda game: any(isinstance(turn, Offer) for turn in game.turns), 2),
    ("deal", lambda game: any(isinstance(turn, Offer) and turn.n_choices > 1 for turn in game.turns), 2),
    ("chance", lambda game: any(isinstance(turn, Chance) for turn in game.turns), 1),
    ("closed", lambda game: any((turn.next_state < 0).any() for turn in game.turns), 1),
    ("two rounds", lambda game: game.rounds > 1, 1),
    ("someone gains", lambda game: any((turn.payoff > 0).any() for turn in game.turns if isinstance(turn, Move)), 1),
]


@pytest.mark.parametrize(("name", "condition", "players"), SHRUNK, ids=[name for name, _, _ in SHRUNK])
def test_games_shrink_to_small_readable_cases(name: str, condition: Any, players: int) -> None:
    """The smallest game with a property has one turn, one state, as few players and choices as can be, and zeros."""
    rules = settings(max_examples=500, derandomize=True, database=None, phases=(Phase.generate, Phase.shrink))
    game = find(strategies.games(), condition, settings=rules)
    assert (game.n_players, game.n_turns, game.n_states(0)) == (players, 1, 1), game
    assert game.turns[0].n_choices <= 2
    assert game.rounds == (2 if name == "two rounds" else 1)
    assert not game.flow.any()
    assert not game.terminal.any()
    assert sum(np.count_nonzero(turn.payoff) for turn in game.turns if not isinstance(turn, Chance)) <= 1


@pytest.mark.parametrize("name", PUBLIC)
def test_strategies_are_documented_and_keyword_only(name: str) -> None:
    function = getattr(strategies, name)
    assert inspect.getdoc(function)
    kinds = {parameter.kind for parameter in inspect.signature(function).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_turns_of_an_impossible_kind_are_refused() -> None:
    @given(strategies.turns(players=("a",), states=1, next_states=1, kinds=("offer",)))
    def draw(turn: Any) -> None:
        raise RuntimeError(turn)

    with pytest.raises(ValueError, match="an offer needs two players"):
        draw()


WRONG = [
    (strategies.rationalities(players=2, low=0.3, high=0.4, extremes=False), r"low, high: found 0\.3, 0\.4; allowed"),
    (strategies.rationalities(players=2, high=math.inf), "low, high: found 0.0, inf; allowed"),
    (strategies.rationalities(players=0), "players: found 0; allowed: a whole number, 1 or more"),
    (strategies.scenarios(names=["minsk.trade_valu"]), r"found 'minsk.trade_valu'; .*did you mean minsk.trade_value"),
    (strategies.overrides(ranges={"minsk.nothing": (0.0, 1.0)}), "found 'minsk.nothing'"),
    (strategies.games(kinds=("mvoe",)), "kinds: found .*allowed: one or more of move, offer, chance"),
    (strategies.games(min_players=3, max_players=2), "min_players, max_players: found 3, 2"),
    (strategies.games(max_states=0), "max_states: found 0"),
    (strategies.games(discounts=(1.5,)), "discounts: found"),
]


@pytest.mark.parametrize(("strategy", "message"), WRONG)
def test_arguments_that_make_no_sense_are_refused_in_words(strategy: Any, message: str) -> None:
    @settings(max_examples=1)
    @given(strategy)
    def draw(found: Any) -> None:
        raise RuntimeError(found)

    with pytest.raises(ValueError, match=message):
        draw()


@given(strategies.overrides(max_size=10))
def test_overrides_stay_within_the_plausible_ranges_and_load(changes: dict[str, float]) -> None:
    known = parameter_info()
    scenario = load("baseline", changes)
    for name, value in changes.items():
        assert known[name].low - 1e-12 <= value <= known[name].high + 1e-12, name
        assert scenario.get(name) == value


@given(strategies.scenarios(base="no-buyer", names=["minsk.trade_value", "world.arrests"]))
def test_scenarios_change_only_what_they_may(scenario: Any) -> None:
    changed = scenario.changed(load("no-buyer"))
    assert set(changed) <= {"minsk.trade_value", "world.arrests"}
    assert scenario.id == "no-buyer"


def test_overrides_reach_every_parameter_with_a_range() -> None:
    seen: set[str] = set()

    @settings(max_examples=300)
    @given(strategies.overrides(max_size=10))
    def collect(changes: dict[str, float]) -> None:
        seen.update(changes)

    collect()
    ranged = {name for name, info in parameter_info().items() if info.low < info.high}
    assert ranged <= seen, ranged - seen


@given(strategies.overrides(max_size=None, steps=40))
def test_overrides_of_nearly_everything_stay_within_the_plausible_ranges_and_load(changes: dict[str, float]) -> None:
    known = parameter_info()
    scenario = load("baseline", changes)
    for name, value in changes.items():
        assert known[name].low - 1e-12 <= value <= known[name].high + 1e-12, name
        assert scenario.get(name) == value


def test_overrides_of_nearly_everything_change_nearly_everything() -> None:
    sizes: list[int] = []
    ends: set[tuple[str, str]] = set()
    known = parameter_info()

    @settings(max_examples=150)
    @given(strategies.overrides(max_size=None))
    def collect(changes: dict[str, float]) -> None:
        sizes.append(len(changes))
        for name, value in changes.items():
            ends.update((name, end) for end in ("low", "high") if value == getattr(known[name], end))

    collect()
    ranged = [name for name, info in known.items() if info.low < info.high and not name.startswith("menu.recognition")]
    assert np.median(sizes) > 0.6 * len(ranged)
    assert len(ends & {(name, end) for name in ranged for end in ("low", "high")}) > 0.9 * 2 * len(ranged)


def test_games_reach_every_size_and_the_degenerate(drawn: list[Game]) -> None:
    """Every number of players, turns, rounds and choices; nobody with a choice at all; everything worth nothing."""
    seen: set[Any] = set()
    for game in drawn:
        seen.add(("players", game.n_players))
        seen.add(("turns", game.n_turns))
        seen.add(("rounds", game.rounds))
        seen.update(("choices", turn.n_choices) for turn in game.turns)
        seen.update(("states", turn.n_states) for turn in game.turns)
        if all((turn.next_state >= 0).sum(axis=1).max() == 1 for turn in game.turns):
            seen.add("nobody has a choice")
        if not game.flow.any() and not game.terminal.any():
            seen.add("no flow")
        if any(isinstance(turn, Offer) and (turn.recognition == 0).any() for turn in game.turns):
            seen.add("a party that never proposes")
        if any(isinstance(turn, Chance) and (turn.probability == 1).any() for turn in game.turns):
            seen.add("a sure outcome")
    sizes = {(name, size) for name in ("players", "turns", "choices", "states") for size in range(1, 5)}
    wanted = sizes | {("rounds", number) for number in (1, 2, 3)}
    wanted |= {"nobody has a choice", "no flow", "a party that never proposes", "a sure outcome"}
    assert wanted <= seen, wanted - seen
