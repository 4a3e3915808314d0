"""Coalitions: closed forms, axioms, and a coalition solved as one player."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bargain.coalitions import banzhaf, banzhaf_index, coalition, core, members, named, shapley
from sim.bargain.merge import NOBODY, joint_rationality, merged, nobody, silenced
from sim.bargain.together import solve_together
from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer
from sim.solver import propagate, solve
from sim.testing.strategies import games

Floats = npt.NDArray[np.float64]


def voting(quota: int, weights: tuple[int, ...]) -> Floats:
    n = len(weights)
    return np.array([float(sum(weights[i] for i in members(c, n)) >= quota) for c in range(1 << n)])


def gloves(left: int, right: int) -> Floats:
    """Players who own one left or one right glove each; a pair is worth 1."""
    n = left + right
    owned = [(sum(i < left for i in members(c, n)), sum(i >= left for i in members(c, n))) for c in range(1 << n)]
    return np.array([float(min(pair)) for pair in owned])


def worths(min_players: int = 1, max_players: int = 4) -> st.SearchStrategy[Floats]:
    def table(n: int) -> st.SearchStrategy[Floats]:
        numbers = st.lists(st.integers(-8, 8), min_size=(1 << n) - 1, max_size=(1 << n) - 1)
        return numbers.map(lambda row: np.array([0.0, *row]) / 4)

    return st.integers(min_players, max_players).flatmap(table)


class TestClosedForms:
    def test_gloves(self) -> None:
        # one left glove, two right ones: 2/3 to the scarce side, and the core gives it everything
        assert shapley(gloves(1, 2)) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
        found = core(gloves(1, 2))
        assert not found.empty
        assert found.point == pytest.approx([1.0, 0.0, 0.0], abs=1e-7)

    @pytest.mark.parametrize(
        ("quota", "weights", "power"),
        [
            (3, (2, 1, 1), (2 / 3, 1 / 6, 1 / 6)),  # a strong player among three
            (51, (50, 49, 1), (2 / 3, 1 / 6, 1 / 6)),
            (3, (2, 1, 1, 1), (1 / 2, 1 / 6, 1 / 6, 1 / 6)),  # apex game: one with any other, or all the others
            (3, (1, 1, 1, 0), (1 / 3, 1 / 3, 1 / 3, 0)),
        ],
    )
    def test_weighted_voting(self, quota: int, weights: tuple[int, ...], power: tuple[float, ...]) -> None:
        assert shapley(voting(quota, weights)) == pytest.approx(power)

    def test_banzhaf_of_three_houses(self) -> None:
        # Banzhaf's example, quota 51 for 50, 49 and 1: swings 3, 1, 1
        v = voting(51, (50, 49, 1))
        assert banzhaf(v) == pytest.approx([3 / 4, 1 / 4, 1 / 4])
        assert banzhaf_index(v) == pytest.approx([3 / 5, 1 / 5, 1 / 5])

    def test_core_of_majority_is_empty(self) -> None:
        # any two of three share 1: each pair wants 1, all three get 1; the least core is 1/3 each, complaint 1/3
        found = core(voting(2, (1, 1, 1)))
        assert found.empty
        assert found.point is None
        assert found.complaint == pytest.approx(1 / 3)
        assert found.least == pytest.approx([1 / 3] * 3)
        assert found.leave == ((0, 1), (0, 2), (1, 2))

    def test_one_player(self) -> None:
        assert core([0.0, 2.5]).point == (2.5,)
        assert shapley([0.0, 2.5]) == pytest.approx([2.5])

    def test_names(self) -> None:
        v = named({"a": 1.0, ("a", "b"): 4.0}, ("a", "b"))
        assert v.tolist() == [0.0, 1.0, 0.0, 4.0]
        with pytest.raises(GameError, match="'c'"):
            named({"c": 1.0}, ("a", "b"))

    @pytest.mark.parametrize("worth", [[0.0, 1.0, 2.0], [1.0, 0.0], [0.0, math.nan], [[0.0, 1.0]], [0.0]])
    def test_refusals(self, worth: object) -> None:
        with pytest.raises(GameError, match="coalitions"):
            shapley(worth)  # type: ignore[arg-type]


class TestAxioms:
    @given(worths())
    def test_efficiency_and_orders_of_arrival(self, v: Floats) -> None:
        n = v.size.bit_length() - 1
        value = shapley(v)
        assert value.sum() == pytest.approx(v[-1], abs=1e-12)
        by_hand = np.zeros(n)
        for order in permutations(range(n)):
            here = 0
            for i in order:
                by_hand[i] += v[here | 1 << i] - v[here]
                here |= 1 << i
        assert value == pytest.approx(by_hand / math.factorial(n), abs=1e-12)

    @given(worths(), st.randoms(use_true_random=False))
    def test_symmetry_and_names(self, v: Floats, random: object) -> None:
        n = v.size.bit_length() - 1
        order = list(range(n))
        random.shuffle(order)  # type: ignore[attr-defined]
        moved = np.array([v[coalition(order[i] for i in members(c, n))] for c in range(v.size)])
        for value in (shapley, banzhaf):
            assert value(moved) == pytest.approx(value(v)[order], abs=1e-12)

    @given(worths(max_players=3), st.integers(0, 3), st.integers(-4, 4))
    def test_null_player(self, v: Floats, place: int, alone: int) -> None:
        n = v.size.bit_length() - 1
        place = min(place, n)
        others = [i for i in range(n + 1) if i != place]
        bigger = np.array(
            [v[coalition(others.index(i) for i in members(c, n + 1) if i != place)] for c in range(2 * v.size)]
        )
        assert shapley(bigger)[place] == 0
        assert banzhaf(bigger)[place] == 0
        assert shapley(bigger)[others] == pytest.approx(shapley(v), abs=1e-12)
        found = core(bigger) if n == 2 else None
        if found is not None and found.point is not None:
            assert found.point[place] == pytest.approx(0.0, abs=1e-6)
        # a dummy that brings its own worth everywhere gets just that
        bigger += alone * (np.arange(bigger.size) >> place & 1)
        assert shapley(bigger)[place] == pytest.approx(alone)

    @given(worths(2, 4), st.integers(0, 2**32 - 1), st.integers(-3, 3))
    def test_additivity(self, v: Floats, seed: int, factor: int) -> None:
        other = np.append(0.0, np.random.default_rng(seed).integers(-8, 9, v.size - 1))
        for value in (shapley, banzhaf):
            assert value(v + factor * other) == pytest.approx(value(v) + factor * value(other), abs=1e-11)

    @pytest.mark.slow
    @given(worths(2, 3))
    def test_core(self, v: Floats) -> None:
        n = v.size.bit_length() - 1
        found = core(v)
        assert sum(found.least) == pytest.approx(v[-1], abs=1e-7)
        excess = [v[c] - sum(found.least[i] for i in members(c, n)) for c in range(1, v.size - 1)]
        assert max(excess) == pytest.approx(found.complaint, abs=1e-6)
        assert found.empty == (found.point is None)
        if not found.empty:
            assert max(excess) <= 1e-6
        # Bondareva and Shapley: empty exactly if some balanced collection asks for more than all have
        from scipy.optimize import linprog

        rows = np.array([[c >> i & 1 for c in range(1, v.size)] for i in range(n)], dtype=float)
        asked = linprog(-v[1:], A_eq=rows, b_eq=np.ones(n), bounds=(0, None), method="highs")
        assert found.empty == bool(-asked.fun > v[-1] + 1e-7)


def common(game: Game) -> Game:
    """The game with one discount factor for all."""
    return game.replace(discount=0.75)


def best_together(game: Game, players: list[int], weights: Floats) -> Floats:
    """Joint maximisation by plain dynamic programming: at every decision whatever is best for the sum, state by state.

    At an offer between members, whoever is recognised, the best available package is carried out.
    """
    later = game.terminal @ weights
    for _ in range(game.rounds):
        now = game.flow @ weights + game.discount[0] * later
        for turn in reversed(game.turns):
            before = np.empty(turn.n_states)
            for s in range(turn.n_states):
                values = []
                for c in range(turn.n_choices):
                    reached = int(turn.next_state[s, c])
                    if reached < 0:
                        continue
                    if isinstance(turn, Chance):
                        values.append(turn.probability[s, c] * now[reached])
                    else:
                        paid = turn.payoff[s if turn.payoff.shape[0] > 1 else 0, c] @ weights
                        values.append(paid + now[reached])
                before[s] = sum(values) if isinstance(turn, Chance) else max(values)
            now = before
        later = now
    assert len(players) == game.n_players
    return later


def best_over_time(game: Game, weights: Floats) -> Floats:
    """Largest ``sum_i w_i sum_t d_i^t payoff_i,t`` from every state, by dynamic programming in points of round 0."""
    counts = weights * game.discount ** np.arange(game.rounds + 1)[:, None]
    now = game.terminal @ counts[-1]
    for t in range(game.rounds - 1, -1, -1):
        now = now + game.flow @ counts[t]
        for turn in reversed(game.turns):
            behind = now[np.maximum(turn.next_state, 0)]
            if isinstance(turn, Chance):
                now = (np.where(turn.next_state < 0, 0.0, turn.probability) * behind).sum(axis=1)
            else:
                now = np.where(turn.next_state < 0, -np.inf, turn.payoff @ counts[t] + behind).max(axis=1)
    return now


def own_discounts(game: Game) -> Game:
    """The game with clearly different discounts."""
    return game.replace(discount=np.linspace(0.95, 0.4, game.n_players))


class TestTogether:
    @given(games(min_players=2).map(own_discounts), st.lists(st.integers(1, 4), min_size=4, max_size=4))
    def test_all_together_do_their_best_at_their_own_discounts(self, game: Game, given_weights: list[int]) -> None:
        weights = np.array(given_weights[: game.n_players], dtype=float)
        found = solve_together(game, list(range(game.n_players)), weights, math.inf, threads=1)
        best = best_over_time(game, weights)
        assert found.boundary[0][:, :-1] @ weights == pytest.approx(best, abs=1e-9)
        assert found.boundary[0][:, -1] == pytest.approx(best, abs=1e-9)
        assert found.boundary[-1][:, :-1] == pytest.approx(game.terminal)

    @given(games(min_players=2).map(common), st.sampled_from([0.0, 1.5, math.inf]))
    def test_one_discount_is_the_merged_game(self, game: Game, lam: float) -> None:
        pair = [0, 1]
        one = solve(merged(game, pair), lam, threads=1)
        assert np.array_equal(solve_together(game, pair, None, lam, threads=1).boundary, one.boundary)

    @given(games(min_players=2).map(own_discounts), st.sampled_from([0.0, 0.7, math.inf]))
    def test_members_reach_what_their_policies_bring(self, game: Game, lam: float) -> None:
        # an independent check of values, policies and pushes: play forward and discount what each receives
        found = solve_together(game, [0, 1], (1.0, 3.0), lam, threads=1)
        forward = propagate(found, 0)
        end = forward.boundary[-1] @ found.boundary[-1]
        count = game.discount ** np.arange(game.rounds)[:, None]
        received = (forward.payoff[:, :-1] * count).sum(axis=0) + game.discount**game.rounds * end[:-1]
        assert found.boundary[0][0, :-1] == pytest.approx(received, abs=1e-9)
        assert found.boundary[0][0, -1] == pytest.approx(received[0] + 3.0 * received[1], abs=1e-9)

    @given(games(min_players=2), st.sampled_from([0.5, 2.0]), st.booleans())
    def test_another_unit_of_the_weights_changes_no_choice(self, game: Game, lam: float, differ: bool) -> None:
        game = own_discounts(game) if differ else common(game)
        once = solve_together(game, [0, 1], (1.0, 3.0), lam, threads=1)
        twice = solve_together(game, [0, 1], (2.0, 6.0), lam, threads=1)
        assert twice.boundary[:, :, :-1] == pytest.approx(once.boundary[:, :, :-1], abs=1e-9)
        assert twice.boundary[:, :, -1] == pytest.approx(2 * once.boundary[:, :, -1], abs=1e-9)
        for k, turn in enumerate(game.turns):
            if not isinstance(turn, Chance):
                assert twice.chances(0, k) == pytest.approx(once.chances(0, k), abs=1e-9)

    def test_rounds_that_it_lacks(self) -> None:
        game = Game(("a", "b"), (Move("a", ("x",), [[0]], [[1.0, 2.0]]),), [[0.0, 0.0]], [0.5, 0.9], [[0.0, 0.0]], 2)
        found = solve_together(game, (0, 1), (1.0, 3.0))
        # hand computation: 1 + 0.5 and 2 (1 + 0.9)
        assert found.values(0)[0] == pytest.approx([1.5, 3.8, 1.5 + 3 * 3.8])
        assert found.values(2)[0].tolist() == [0.0, 0.0, 0.0]
        for t in (-1, 2):
            with pytest.raises(GameError, match="allowed: 0 to 1"):
                found.policy(t, 0)


class TestMerged:
    @given(games(min_players=2).map(common), st.lists(st.integers(1, 4), min_size=4, max_size=4))
    def test_all_together_is_joint_maximisation(self, game: Game, given_weights: list[int]) -> None:
        weights = np.array(given_weights[: game.n_players], dtype=float)
        everyone = list(range(game.n_players))
        joint = merged(game, everyone, weights)
        found = solve(joint, math.inf, threads=1)
        assert found.boundary[0][:, -1] == pytest.approx(best_together(game, everyone, weights), abs=1e-9)
        # the members' own payoffs add up to the coalition's
        assert found.boundary[0][:, :-1] @ weights == pytest.approx(found.boundary[0][:, -1], abs=1e-9)

    @pytest.mark.slow
    @given(games(min_players=2, max_turns=3).map(common), st.sampled_from([0.0, 1.5, math.inf]))
    def test_together_no_less_than_alone(self, game: Game, lam: float) -> None:
        # at lam infinite nobody can do better for the sum than all together
        everyone = list(range(game.n_players))
        together = solve(merged(game, everyone), math.inf, threads=1).boundary[0][:, -1]
        alone = solve(game, lam, threads=1).boundary[0].sum(axis=1)
        assert (together >= alone - 1e-9).all()

    @given(games(min_players=2, max_players=3), st.sampled_from([0.0, 2.0, math.inf]), st.data())
    def test_with_somebody_who_never_gains_loses_or_acts(self, game: Game, lam: float, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, game.n_players - 1))
        bigger = with_bystander(game, game.discount[place])  # the coalition's discount is its members' mean
        alone, joint = solve(game, lam, threads=1), merged(bigger, [place, game.n_players])
        found = solve(joint, lam, threads=1)
        own = list(range(game.n_players))
        assert found.boundary[0][:, own] == pytest.approx(alone.boundary[0], abs=1e-9)
        assert found.boundary[0][:, game.n_players] == pytest.approx(0.0)

    def test_three_parties_of_whom_two_merge(self) -> None:
        # a divides 1 with b and c at one table; hand computation at lam infinite, one round
        split = np.array([[0, 0, 0], [0.2, 0.3, 0.5], [0.6, 0.5, -0.1], [0.5, -0.4, 0.9]])
        offer = Offer(
            ("a", "b", "c"), (0.2, 0.3, 0.5), ("no", "x", "y", "z"), np.zeros((1, 4), int), split, name="table"
        )
        game = Game(("a", "b", "c"), (offer,), [[0.0] * 3], 1.0, [[0.0] * 3], 1)
        pair = merged(game, ("b", "c"))
        (turn,) = pair.turns
        assert isinstance(turn, Offer)
        assert turn.parties == (0, 3)
        assert turn.recognition.tolist() == [[0.2, 0.8]]
        found = solve(pair, math.inf, threads=1).values(0, 0)[0]
        # a proposes y (b + c get 0.4, accept); b + c propose x (0.8), a accepts
        assert found == pytest.approx([0.2 * 0.6 + 0.8 * 0.2, 0.2 * 0.5 + 0.8 * 0.3, 0.2 * -0.1 + 0.8 * 0.5, 0.72])
        everyone = merged(game, ("a", "b", "c")).turns[0]
        assert isinstance(everyone, Move)
        assert solve(merged(game, (0, 1, 2)), math.inf).values(0, 0)[0, -1] == pytest.approx(1.0)
        lam = np.array([1.0, 2.0, 4.0])
        assert joint_rationality(game, ("b", "c"), lam).tolist() == [1.0, 2.0, 4.0, 3.0]
        assert joint_rationality(game, ("b", "c"), lam, (2.0, 4.0)).tolist() == [1.0, 2.0, 4.0, 1.0]

    def test_discounts(self) -> None:
        game = Game(("a", "b"), (Move("a", ("x",), [[0]], [[1.0, 2.0]]),), [[0.0, 0.0]], [0.5, 0.9], [[0.0, 0.0]], 2)
        joint = merged(game, (0, 1), (1.0, 3.0))
        assert joint.discount.tolist() == pytest.approx([0.5, 0.9, 0.8])
        values = solve(joint, 1.0).boundary[0][0]
        assert values == pytest.approx([1.5, 3.8, 7 * 1.8])

    @pytest.mark.parametrize(
        ("members_", "weights", "words"),
        [
            ((0,), None, "two or more"),
            ((0, 0), None, "different"),
            ((0, 1), (1.0, 0.0), "positive"),
            ((0, 1), (1.0,), "each"),
        ],
    )
    def test_refusals(self, members_: tuple[int, ...], weights: object, words: str) -> None:
        game = Game(("a", "b"), (Move("a", ("x",), [[0]], [[1.0, 2.0]]),), [[0.0, 0.0]], 0.5, [[0.0, 0.0]], 2)
        with pytest.raises(GameError, match=words):
            merged(game, members_, weights)  # type: ignore[arg-type]


def with_bystander(game: Game, discount: float = 0.5) -> Game:
    """The same game with one more player who never gains, loses or acts."""

    def add(table: Floats) -> Floats:
        return np.concatenate([table, np.zeros((*table.shape[:-1], 1))], axis=-1)

    turns = []
    for turn in game.turns:
        if isinstance(turn, Move):
            turns.append(
                Move(turn.player, turn.actions, turn.next_state, add(turn.payoff), turn.weights, name=turn.name)
            )
        elif isinstance(turn, Offer):
            fields = (turn.parties, turn.recognition, turn.packages, turn.next_state, add(turn.payoff))
            turns.append(Offer(*fields, turn.stay, turn.weights, name=turn.name))
        else:
            turns.append(turn)
    names = (*game.players, "bystander")
    return Game(
        names,
        turns,
        add(game.flow),
        np.append(game.discount, discount),
        add(game.terminal),
        game.rounds,
        axes=game.axes,
    )


class TestSilenced:
    def test_answers_but_never_proposes(self) -> None:
        split = np.array([[0.0, 0.0], [3.0, 1.0], [1.0, 3.0]])
        offer = Offer(("a", "b"), (0.25, 0.75), ("no", "x", "y"), np.zeros((1, 3), int), split, name="table")
        move = Move("b", ("hold", "grab"), [[0, 0]], [[0.0, 0.0], [-1.0, 5.0]], name="own")
        game = Game(("a", "b"), (offer, move), [[0.0] * 2], 1.0, [[0.0] * 2], 1)
        quiet = silenced(game, "b")
        found = solve(quiet, math.inf, nobody(quiet)).values(0, 0)[0]
        # a proposes x with a quarter, b accepts; in three quarters nothing is offered; b holds at its own turn
        assert found == pytest.approx([0.75, 0.25, 0.0])
        assert quiet.players[-1] == NOBODY

    @pytest.mark.slow
    @given(games(min_players=2), st.sampled_from([0.0, 2.0, math.inf]))
    def test_somebody_without_initiative_changes_nothing(self, game: Game, lam: float) -> None:
        bigger = with_bystander(game)
        quiet = silenced(bigger, "bystander")
        found = solve(quiet, lam, nobody(quiet), threads=1).boundary[0]
        assert found[:, : game.n_players] == pytest.approx(solve(game, lam, threads=1).boundary[0], abs=1e-9)
