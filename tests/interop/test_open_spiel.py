"""Exported games, loaded by OpenSpiel and solved by walking through its copy, against our own solution.

OpenSpiel is written by others and reads the file by itself; the walks in `tests.interop.walk` use its states only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from open_spiel.python import policy as spiel_policy
from open_spiel.python.algorithms import best_response, expected_game_score

import sim
from sim.game import Chance, Game, Move, Offer
from sim.interop import behaviour, names_of, node_count, nodes, to_efg, truncate
from sim.model import Grid, Model
from sim.solver import regret, solve
from sim.solver.reach import start_distribution
from sim.testing import strategies
from tests.interop import walk

AGREED = {"rtol": 0.0, "atol": 1e-8}
NODES = 400

small = strategies.games(min_players=2, max_turns=3, max_states=3, max_choices=3, max_rounds=2)
generic = strategies.games(min_players=1, max_turns=3, max_states=3, max_choices=3, max_rounds=3, tie_free=True)
tiny = strategies.games(min_players=2, max_players=3, max_turns=2, max_states=2, max_choices=2, max_rounds=2)


def weight_of(game: Game) -> Callable[[str, str], float]:
    """Look up what a choice weighs by the names that stand in the file."""

    def weight(turn: str, label: str) -> float:
        found: Any = game.turns[game.turn_index(turn)]
        names = found.actions if isinstance(found, Move) else found.packages
        return float(found.weights[names.index(label)])

    return weight


def root_value(solution: sim.Solution, start: Any) -> np.ndarray:
    return start_distribution(solution.game, start) @ solution.values(0)


@given(st.data(), small)
def test_max_n_values_with_ties(data: st.DataObject, game: Game) -> None:
    start = data.draw(strategies.start_states(game=game))
    assume(node_count(game, start_distribution(game, start)) <= NODES)
    found = walk.max_n_value(walk.loaded(to_efg(game, start_distribution(game, start))))
    np.testing.assert_allclose(found, root_value(solve(game, math.inf), start), **AGREED)


@given(generic)
def test_max_n_values_and_decisions_of_generic_games(game: Game) -> None:
    assume(node_count(game, 0) <= NODES)
    solution = solve(game, math.inf)
    tree = walk.Walk(walk.first_best)
    np.testing.assert_allclose(
        tree.value(walk.loaded(to_efg(game)).new_initial_state()), root_value(solution, 0), **AGREED
    )
    ours = {(node.player + 1, node.number): probabilities for node, probabilities in behaviour(solution, 0)}
    assert ours.keys() == tree.played.keys()
    for place, probabilities in tree.played.items():
        np.testing.assert_array_equal(probabilities, ours[place])


@given(st.data(), generic)
def test_logit_play_with_a_precision_for_every_node(data: st.DataObject, game: Game) -> None:
    """Each player its own lam; discounting; weights. Values at the root and every probability at every node."""
    assume(node_count(game, 0) <= NODES)
    lam = data.draw(strategies.rationalities(players=game.n_players, extremes=False))
    lam = list(lam) if isinstance(lam, tuple) else [lam] * game.n_players
    solution = solve(game, lam)
    tree = walk.Walk(walk.logit(lam, game.discount.tolist(), weight_of(game)))
    np.testing.assert_allclose(
        tree.value(walk.loaded(to_efg(game)).new_initial_state()), root_value(solution, 0), **AGREED
    )
    ours = {(node.player + 1, node.number): probabilities for node, probabilities in behaviour(solution, 0)}
    assert ours.keys() == tree.played.keys()
    for place, probabilities in tree.played.items():
        np.testing.assert_allclose(probabilities, ours[place], **AGREED)


def test_one_precision_for_all_months_is_another_equilibrium_when_payoffs_are_discounted() -> None:
    """Why the precision must grow with the month: the comparison above would notice if it did not."""
    move = Move("a", ("x", "y"), [[0, 0]], [[1.0], [0.0]], name="move")
    game = Game(("a",), (move,), [[0.0]], 0.5, [[0.0]], 2)
    tree = walk.loaded(to_efg(game))
    ours = root_value(solve(game, 1.0), 0)
    right = walk.Walk(walk.logit([1.0], [0.5])).value(tree.new_initial_state())
    wrong = walk.Walk(walk.logit([1.0])).value(tree.new_initial_state())
    np.testing.assert_allclose(right, ours, **AGREED)
    assert abs(wrong - ours).max() > 1e-3


class Played(spiel_policy.Policy):
    """Our equilibrium as OpenSpiel's policy: probabilities by player and number of the node."""

    def __init__(self, game: Any, solution: sim.Solution) -> None:
        super().__init__(game, list(range(game.num_players())))
        self._by_node = {(node.player + 1, node.number): chosen for node, chosen in behaviour(solution, 0)}

    def action_probabilities(self, state: Any, player_id: int | None = None) -> dict[int, float]:
        return dict(zip(state.legal_actions(), self._by_node[walk.key(state)].tolist(), strict=True))


def assert_regret_agrees(game: Game, lam: Any) -> None:
    solution = solve(game, lam)
    tree = walk.loaded(to_efg(game))
    play, root = Played(tree, solution), tree.new_initial_state()
    value = expected_game_score.policy_value(root, [play] * game.n_players)
    np.testing.assert_allclose(value, solution.values(0)[0], **AGREED)
    ours = regret(solution).by_round[0, 0]
    for player in range(game.n_players):
        best = best_response.BestResponsePolicy(tree, player, play).value(root)
        np.testing.assert_allclose(best - value[player], ours[player], **AGREED)


@pytest.mark.slow
@given(st.data(), tiny)
def test_regret_is_what_the_best_response_gains(data: st.DataObject, game: Game) -> None:
    assume(3 < node_count(game, 0) <= 100)
    assert_regret_agrees(game, data.draw(strategies.rationalities(players=game.n_players, high=3.0)))


@given(st.data(), small)
def test_nodes_and_names(data: st.DataObject, game: Game) -> None:
    """As many nodes as were announced; every branch and every decision is called what it is."""
    start = start_distribution(game, data.draw(strategies.start_states(game=game)))
    assume(node_count(game, start) <= NODES)
    text = to_efg(game, start)
    states = walk.every(walk.loaded(text))
    assert len(states) == node_count(game, start) == len(text.splitlines()) - 3
    for node, state in zip(nodes(game, start), states, strict=True):
        assert (node.role == "end") == state.is_terminal()
        if node.role == "end":
            np.testing.assert_array_equal(state.returns(), node.payoff)
            continue
        drawn = node.role in ("start", "chance", "recognition")
        assert drawn == state.is_chance_node()
        if drawn:
            chances = [p for _, p in state.chance_outcomes()]
            np.testing.assert_allclose(chances, node.probability, rtol=0, atol=1e-15)
            assert all(p > 0 for p in chances)
            continue
        turn: Any = game.turns[node.k]
        assert walk.key(state) == (node.player + 1, node.number)
        assert walk.where(state)[:2] == (node.t, turn.name)
        if node.role == "answer":
            assert walk.labels(state) == ["accept", "reject"]
            assert walk.name(state).endswith(f": {turn.packages[node.package]} #{node.number}")
        else:
            names = turn.actions if isinstance(turn, Move) else turn.packages
            assert walk.labels(state) == [names[c] for c in node.choices]


def test_the_games_drawn_have_every_kind_of_node() -> None:
    """Otherwise the comparisons above would be about less than they say."""
    seen: set[str] = set()

    @settings(max_examples=200)
    @given(st.data(), small)
    def collect(data: st.DataObject, game: Game) -> None:
        start = start_distribution(game, data.draw(strategies.start_states(game=game)))
        assume(node_count(game, start) <= NODES)
        for node in nodes(game, start):
            seen.add(node.role)
            if node.role == "answer":
                seen.add(f"{len(game.turns[node.k].parties)} parties")  # type: ignore[attr-defined]
            seen.add(f"round {node.t}")

    collect()
    roles = {"start", "chance", "recognition", "move", "proposal", "answer", "end"}
    assert roles | {"2 parties", "3 parties", "4 parties", "round 1"} <= seen


# ---- truncated scenarios


@pytest.fixture(scope="module")
def model() -> Model:
    return sim.compile(sim.load("baseline"), Grid("tiny", 700, 6))


@pytest.fixture(scope="module")
def summit() -> Model:
    return sim.compile(sim.load("baseline", {"menu.summit": True}), Grid("tiny", 700, 6))


def by_label(model: Model, table: str, *labels: str) -> list[int]:
    here = [package.label for package in model.packages[table]]
    return [here.index(label) for label in labels]


def one_month(model: Model) -> Game:
    """One month, all capitals, three packages at each table, nature as it is."""
    us = by_label(model, "us-table", "13 people for contact", "a leader for one step of US relief")
    eu = by_label(model, "eu-table", "13 people for one step of EU relief")
    return truncate(model.game, rounds=1, choices={"us-table": us, "eu-table": eu, "minsk": ["hold", "crack down"]})


def two_months(model: Model) -> Game:
    """Two months, so that discounting matters: one table, Moscow and Minsk."""
    us = by_label(model, "us-table", "13 people for contact", "70 people and a leader for one step of US relief")
    return truncate(
        model.game,
        rounds=2,
        choices={"us-table": us, "eu-table": [], "minsk": ["hold", "crack down"], "moscow": ["tolerate", "punish"]},
        likeliest=["nature"],
    )


def at_the_summit(model: Model) -> Game:
    """Three parties at one table."""
    deal = by_label(model, "summit", "280 people for one step of US relief and one step of EU relief")
    return truncate(
        model.game,
        rounds=1,
        choices={"us-table": [], "eu-table": [], "summit": deal, "moscow": ["tolerate", "support"]},
        likeliest=["nature"],
    )


CASES = [
    pytest.param("model", one_month, id="one-month"),
    pytest.param("model", two_months, id="two-months"),
    pytest.param("summit", at_the_summit, id="summit"),
]


@pytest.mark.parametrize(("fixture", "cut"), CASES)
def test_truncated_scenarios(
    fixture: str, cut: Callable[[Model], Game], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Max-n and logit at the scenario's own lam, with weights, from the scenario's start (a lottery between lots)."""
    model = request.getfixturevalue(fixture)
    game = cut(model)
    text = to_efg(game, model.start, names=names_of(model))
    tree = walk.loaded(text, tmp_path)
    root = tree.new_initial_state()
    assert len(walk.every(tree)) == node_count(game, model.start) > 300
    assert root.is_chance_node()
    np.testing.assert_allclose(
        walk.Walk(walk.first_best).value(root), root_value(solve(game, math.inf), model.start), **AGREED
    )
    lam = model.rationality
    played = walk.Walk(walk.logit(lam.tolist(), game.discount.tolist(), weight_of(game)))
    np.testing.assert_allclose(played.value(root), root_value(solve(game, lam), model.start), **AGREED)
    solution = solve(game, lam)
    for node, probabilities in behaviour(solution, model.start):
        np.testing.assert_allclose(played.played[node.player + 1, node.number], probabilities, **AGREED)


def test_what_follows_in_equilibrium_makes_the_cut_game_play_like_the_whole(model: Model, tmp_path: Path) -> None:
    """With the values of the whole game behind it, one exported month is the first month of the forecast."""
    lam = model.rationality
    whole = solve(model.game, lam)
    game = truncate(
        model.game,
        rounds=1,
        terminal=whole.values(1),
        choices={"us-table": by_label(model, "us-table", "13 people for contact"), "eu-table": []},
    )
    part = truncate(model.game, choices={"us-table": by_label(model, "us-table", "13 people for contact")})
    everything = truncate(model.game, rounds=1, terminal=whole.values(1))
    np.testing.assert_allclose(solve(everything, lam).values(0), whole.values(0), rtol=0, atol=1e-12)
    assert abs(solve(part, lam).values(0) - whole.values(0)).max() > 1e-3  # the cut is felt
    tree = walk.loaded(to_efg(game, model.start, names=names_of(model)), tmp_path)
    played = walk.Walk(walk.logit(lam.tolist(), None, weight_of(game)))
    np.testing.assert_allclose(
        played.value(tree.new_initial_state()), root_value(solve(game, lam), model.start), **AGREED
    )


def test_regret_in_a_truncated_scenario(model: Model) -> None:
    us = by_label(model, "us-table", "13 people for contact", "a leader for one step of US relief")
    choices = {"us-table": us, "eu-table": [], "moscow": ["tolerate", "support"], "minsk": ["hold", "crack down"]}
    cut = truncate(model.game, rounds=1, choices=choices, likeliest=["nature"])
    start = int(model.start.argmax())
    # the start is state 0 of the comparison: swap it there by a chance turn that leads to it
    begin = np.full((cut.n_states(0), 1), start)
    turns = [Chance(begin, np.ones_like(begin, dtype=float), name="begin"), *cut.turns]
    game = cut.replace(turns=turns)
    assert node_count(game, 0) > 60
    for lam in (1.0, math.inf):
        assert_regret_agrees(game, lam)
    assert regret(solve(game, 1.0)).by_round[0, 0].max() > 0.01


def test_offers_are_asked_in_the_listed_order() -> None:
    """By hand: c proposes, then b and a are asked in the order in which the parties are listed."""
    offer = Offer(("b", "c", "a"), [0, 1, 0], ("no offer", "deal"), [[0, 0]], [[0, 0, 0], [1, 2, 3]], name="offer")
    game = Game(("a", "b", "c"), (offer,), np.zeros((1, 3)), 1.0, np.zeros((1, 3)), 1)
    states = walk.decisions(walk.loaded(to_efg(game)))
    assert [walk.name(state) for state in states] == [
        "round 1, offer: c proposes #1",
        "round 1, offer: b answers c: deal #1",
        "round 1, offer: a answers c: deal #1",
    ]
    accepted = states[2].child(states[2].legal_actions()[0])
    assert accepted.returns() == [1.0, 2.0, 3.0]
