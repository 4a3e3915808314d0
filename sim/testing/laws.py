"""Invariants that every solution keeps: one function a law.

A law takes public objects and returns None, or raises an AssertionError that says what was broken, where and by how
much. Laws that solve take ``solve=`` so that another solver can be put to the same test. Tolerances are relative to
the range of each player's values. Laws that compare two solutions of one game told differently hold to rounding
only: where `lam` times the range of values is beyond about 1e4, or infinite in a game with ties that are not exact,
rounding can decide a choice.

Example
-------
>>> import math, sim
>>> from sim.game import Game, Move
>>> move = Move("Ann", ("stay", "go"), [[0, 0]], [[[0.0], [1.0]]])
>>> game = Game(players=("Ann",), turns=(move,), flow=[[0.0]], discount=0.9, terminal=[[0.0]], rounds=2)
>>> from sim.testing import laws
>>> laws.no_regret(sim.solve(game, rationality=math.inf))
>>> laws.no_regret(sim.solve(game, rationality=1.0), players=["Ann"])
Traceback (most recent call last):
AssertionError: no_regret: round 0, turn 0 (turn0), state 0, player Ann: found 0.51..., expected at most 1.39e-09 ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.game import Chance, Game, Move, Offer
from sim.solver import Solution, propagate, regret, solve, solve_many
from sim.solver import one_shot_gain as gain_of_one_deviation
from sim.testing import rewrite

Floats = npt.NDArray[np.float64]
Solver = Callable[..., Solution]

TIGHT = 1e-9
PROBABILITY = 1e-12


def probabilities(solution: Solution) -> None:
    """Every policy is a probability distribution over available choices, in every state of every round.

    An answer is a probability; it is 1 for package 0 and for the proposer, and NaN where the package is unavailable.
    """
    law, game = "probabilities", solution.game
    for t, k, turn in _places(game):
        shut = turn.next_state < 0
        policy = solution.policy(t, k)
        if isinstance(turn, Offer):
            for p in range(len(turn.parties)):
                _is_distribution(law, game, t, k, policy.propose[:, p], shut)
                for h in range(len(turn.parties)):
                    answers = policy.accept[:, p, h]
                    _all(law, game, t, k, np.isnan(answers) == shut, answers, "a number where available, else NaN")
                    inside = shut | ((answers >= 0.0) & (answers <= 1.0))
                    _all(law, game, t, k, inside, answers, "a probability")
                    sure = shut | (answers == 1.0)
                    if h != p:
                        sure[:, 1:] = True
                    _all(law, game, t, k, sure, answers, "1, as there is nothing to answer")
        else:
            _is_distribution(law, game, t, k, policy, shut)


def legal_states(solution: Solution, start: Any, *, forward: Any = None) -> None:
    """Play from ``start`` keeps to states that an available choice leads to, with probabilities that sum to one.

    ``forward`` : what to judge; default `sim.propagate` of the solution.
    """
    law, game = "legal_states", solution.game
    forward = propagate(solution, start) if forward is None else forward
    possible = np.asarray(forward.distribution(0, 0)) > 0
    for t, k, turn in _places(game):
        mass = np.asarray(forward.distribution(t, k))
        _fail_unless(
            mass.shape == (turn.n_states,), law, _where(game, t, k), f"shape {mass.shape}", f"({turn.n_states},)"
        )
        _all(law, game, t, k, (mass >= 0) & np.isfinite(mass), mass, "a probability")
        _all(law, game, t, k, possible | (mass == 0), mass, "0 in a state that no available choice leads to")
        total = float(mass.sum())
        _fail_unless(abs(total - 1.0) <= TIGHT, law, _where(game, t, k), f"a sum of {total!r}", "1")
        targets = turn.next_state[possible]
        open_ = targets >= 0
        if isinstance(turn, Chance):
            open_ &= turn.probability[possible] > 0
        following = np.zeros(game.n_states(k + 1), dtype=bool)
        following[targets[open_]] = True
        possible = following
    end = np.asarray(forward.distribution(game.rounds, 0))
    _fail_unless(
        abs(float(end.sum()) - 1.0) <= TIGHT and not end[~possible].any(),
        law,
        "after the last round",
        f"{end.tolist()}",
        "probabilities that sum to 1 over states that can be reached",
    )


def forward_equals_backward(solution: Solution, start: Any, *, forward: Any = None, tolerance: float = TIGHT) -> None:
    """Expected payoffs, discounted and added up along play from ``start``, equal the backward value there.

    ``forward`` : what to judge; default `sim.propagate` of the solution.
    """
    game = solution.game
    forward = propagate(solution, start) if forward is None else forward
    powers = game.discount[None, :] ** np.arange(game.rounds + 1)[:, None]
    total = (powers[:-1] * forward.payoff).sum(axis=0)
    total = total + powers[-1] * (forward.distribution(game.rounds, 0) @ game.terminal)
    value = forward.distribution(0, 0) @ solution.values(0, 0)
    span = value_range(solution)
    for i, name in enumerate(game.players):
        _fail_unless(
            abs(total[i] - value[i]) <= tolerance * span[i],
            "forward_equals_backward",
            f"player {name}",
            f"{float(total[i])!r} forward",
            f"{float(value[i])!r} backward (off by {float(total[i] - value[i]):.3g}, range of values {span[i]:.3g})",
        )


def no_regret(solution: Solution, *, players: Sequence[str | int] | None = None, tolerance: float = TIGHT) -> None:
    """Nobody with infinite `lam` gains by playing otherwise for good, in any state of any round, on the path or off it.

    ``players`` : who is judged; default all with infinite `lam` who are not fixed.
    """
    found = regret(solution).by_round
    _no_gain("no_regret", solution, {(t, 0): gain for t, gain in enumerate(found)}, players, tolerance)


def no_one_shot_gain(
    solution: Solution, *, players: Sequence[str | int] | None = None, tolerance: float = TIGHT
) -> None:
    """Nobody with infinite `lam` gains by a single deviation. Arguments as for `no_regret`."""
    found = gain_of_one_deviation(solution).by_turn
    gains = {(t, k): gain for t, row in enumerate(found) for k, gain in enumerate(row)}
    _no_gain("no_one_shot_gain", solution, gains, players, tolerance)


def flow_shift(game: Game, rationality: Any, *, player: str | int, amount: float, solve: Solver = solve) -> None:
    """Adding c to a player's flow, terminal held, shifts its values by c (1 - d^(T-t)) / (1 - d) and nothing else."""
    i = game.player_index(player)
    one = solve(game, rationality)
    other = solve(rewrite.flow_added(game, i, amount), rationality)
    span = np.maximum(value_range(one), value_range(other))
    span[i] = max(span[i], abs(amount))
    shift = np.zeros(game.n_players)
    d = float(game.discount[i])
    for t in range(game.rounds + 1):
        left = game.rounds - t
        shift[i] = amount * (left if d == 1.0 else (1.0 - d**left) / (1.0 - d))
        _close("flow_shift", game, t, 0, other.values(t, 0), one.values(t, 0) + shift, span)
    _same_policies("flow_shift", one, other, span)


def payoff_scale(game: Game, rationality: Any, *, player: str | int, factor: float, solve: Solver = solve) -> None:
    """Multiplying all of a player's payoffs by k > 0 and dividing its `lam` by k changes no policy."""
    i = game.player_index(player)
    lam = _lam(game, rationality)
    divided = lam.copy()
    divided[i] /= factor
    one = solve(game, lam)
    other = solve(rewrite.payoffs_scaled(game, i, factor), divided)
    span = value_range(one)
    back = np.ones(game.n_players)
    back[i] = factor
    for t in range(game.rounds + 1):
        _close("payoff_scale", game, t, 0, other.values(t, 0) / back, one.values(t, 0), span)
    _same_policies("payoff_scale", one, other, span)


def choice_split(
    game: Game,
    rationality: Any,
    *,
    turn: str | int,
    choice: int,
    share: float = 0.5,
    solve: Solver = solve,
) -> None:
    """Two copies of a choice that share its weight come about as often together as it did, and nothing else changes.

    ``choice`` : an action, or a package other than "no offer"; ``share`` : of the weight that goes to the first copy.
    """
    law = "choice_split"
    k = game.turn_index(turn)
    one = solve(game, rationality)
    other = solve(rewrite.choice_split(game, k, choice, share), rationality)
    span = value_range(one)
    _same_values(law, one, other, span)
    found = one.game.turns[k]
    keep = np.delete(np.arange(found.n_choices + 1), choice + 1)

    def merged(taken: Floats) -> Floats:
        result: Floats = taken[..., keep].copy()
        result[..., choice] += taken[..., choice + 1]
        return result

    def merged_policy(t: int, j: int) -> Any:
        policy = other.policy(t, j)
        if j != k:
            return policy
        if isinstance(found, Move):
            return merged(policy)
        _close_policy(law, one, t, k, policy.accept[..., choice], policy.accept[..., choice + 1], span)
        return merged(policy.propose), policy.accept[..., keep]

    _same_policies(law, one, other, span, merged_policy)


def player_order(game: Game, rationality: Any, *, order: Sequence[int], solve: Solver = solve) -> None:
    """Another order of the players permutes the values and changes no policy; new player j is old ``order[j]``."""
    order = list(order)
    lam = _lam(game, rationality)
    one = solve(game, lam)
    other = solve(rewrite.players_ordered(game, order), lam[order])
    span = value_range(one)
    for t, k in _boundaries(game):
        _close("player_order", game, t, k, other.values(t, k)[:, np.argsort(order)], one.values(t, k), span)
    _same_policies("player_order", one, other, span)


def choice_order(game: Game, rationality: Any, *, turn: str | int, order: Sequence[int], solve: Solver = solve) -> None:
    """Listing a turn's choices in another order permutes its policy and changes nothing else, where there are no ties.

    ``order`` : new choice c is old ``order[c]``; an offer's package 0 stays first.
    """
    law, k = "choice_order", game.turn_index(turn)
    back = np.argsort(list(order))
    one = solve(game, rationality)
    other = solve(rewrite.choices_ordered(game, k, order), rationality)
    span = value_range(one)
    _same_values(law, one, other, span)

    def restored(t: int, j: int) -> Any:
        policy = other.policy(t, j)
        if j != k:
            return policy
        if isinstance(game.turns[k], Offer):
            return policy.propose[..., back], policy.accept[..., back]
        return policy[..., back]

    _same_policies(law, one, other, span, restored)


def state_order(game: Game, rationality: Any, *, boundary: int, order: Sequence[int], solve: Solver = solve) -> None:
    """Another order of the states of boundary k permutes values and policies there; new s is old ``order[s]``."""
    law, back = "state_order", np.argsort(list(order))
    one = solve(game, rationality)
    other = solve(rewrite.states_ordered(game, boundary, order), rationality)
    span = value_range(one)
    for t, k in _boundaries(game):
        here = k % game.n_turns == boundary
        found = other.values(t, k)
        _close(law, game, t, k, found[back] if here else found, one.values(t, k), span)

    def restored(t: int, k: int) -> Any:
        policy = other.policy(t, k)
        if k != boundary:
            return policy
        if isinstance(game.turns[k], Offer):
            return policy.propose[back], policy.accept[back]
        return policy[back]

    _same_policies(law, one, other, span, restored)


def same_bits(game: Game, rationality: Any, *, threads: Sequence[int] = (1, 2), solve: Solver = solve) -> None:
    """The answer has the same bits for any number of threads."""
    first = solve(game, rationality, threads=threads[0])
    for number in threads[1:]:
        _identical("same_bits", first, solve(game, rationality, threads=number), f"{number} threads, not {threads[0]}")


def many_equals_one(
    games: Sequence[Game],
    rationality: Any,
    *,
    solve: Solver = solve,
    solve_many: Callable[..., Sequence[Solution]] = solve_many,
) -> None:
    """Solving variants of a game together gives each the bits that it has when solved alone."""
    together = solve_many(games, rationality)
    _fail_unless(
        len(together) == len(games), "many_equals_one", "solve_many", f"{len(together)} solutions", f"{len(games)}"
    )
    for number, (game, solution) in enumerate(zip(games, together, strict=True)):
        _identical("many_equals_one", solve(game, rationality), solution, f"game {number} of solve_many")


def inputs_unchanged(game: Game, rationality: Any, *, solve: Solver = solve) -> None:
    """Solving, propagating and asking for policies change no array of the game; a second answer has the same bits."""
    before = _fingerprint(game)
    given = np.array(rationality, dtype=np.float64)
    asked = given.copy()
    solution = solve(game, given)
    for t, k, _ in _places(game):
        solution.policy(t, k)
        solution.values(t, k)
    propagate(solution, 0)
    for name, (one, other) in {name: (before[name], now) for name, now in _fingerprint(game).items()}.items():
        _fail_unless(one == other, "inputs_unchanged", name, "other bytes after solving", "the same bytes")
    _fail_unless(
        bool((given == asked).all()), "inputs_unchanged", "rationality", f"{given.tolist()}", f"{asked.tolist()}"
    )
    _identical("inputs_unchanged", solution, solve(game, given), "the second time")


def value_range(solution: Solution) -> Floats:
    """Return the range of each player's values and 0, shape (N,): what tolerances are relative to."""
    values = solution.boundary.reshape(-1, solution.game.n_players)
    result: Floats = np.maximum(values.max(axis=0), 0.0) - np.minimum(values.min(axis=0), 0.0)
    for turn in solution.game.turns:
        if isinstance(turn, (Move, Offer)):
            result = np.maximum(result, np.abs(turn.payoff).max(axis=(0, 1)))
    flow: Floats = np.abs(solution.game.flow).max(axis=0)
    return np.maximum(result, flow)


def _no_gain(
    law: str,
    solution: Solution,
    gains: dict[tuple[int, int], Floats],
    players: Sequence[str | int] | None,
    tolerance: float,
) -> None:
    game = solution.game
    judged = np.isinf(solution.rationality) & ~np.isin(game.players, solution.fixed)
    if players is not None:
        judged = np.isin(np.arange(game.n_players), [game.player_index(player) for player in players])
    limit = tolerance * value_range(solution)
    for (t, k), gain in gains.items():
        _all(law, game, t, k, np.isfinite(gain), gain, "a finite number")
        bad = (gain > limit) & judged
        if bad.any():
            s, i = (int(x) for x in np.argwhere(bad)[0])
            _fail_unless(
                False,
                law,
                f"{_where(game, t, k)}, state {s}, player {game.players[i]}",
                repr(float(gain[s, i])),
                f"at most {limit[i]:.3g} (range of values {value_range(solution)[i]:.3g})",
            )


def _lam(game: Game, rationality: Any) -> Floats:
    return np.array(np.broadcast_to(np.asarray(rationality, dtype=np.float64), (game.n_players,)))


def _places(game: Game) -> list[tuple[int, int, Any]]:
    return [(t, k, turn) for t in range(game.rounds) for k, turn in enumerate(game.turns)]


def _boundaries(game: Game) -> list[tuple[int, int]]:
    return [(t, k) for t in range(game.rounds) for k in range(game.n_turns + 1)] + [(game.rounds, 0)]


def _where(game: Game, t: int, k: int) -> str:
    return f"round {t}, turn {k} ({game.turns[k].name})" if k < game.n_turns else f"round {t}, after all turns"


def _fail_unless(holds: bool, law: str, where: str, found: str, expected: str) -> None:
    if not holds:
        raise AssertionError(f"{law}: {where}: found {found}, expected {expected}")


def _all(law: str, game: Game, t: int, k: int, holds: Any, values: Floats, expected: str) -> None:
    if not holds.all():
        place = tuple(int(x) for x in np.argwhere(~holds)[0])
        choice = f", choice {place[1]}" if len(place) > 1 else ""
        _fail_unless(
            False, law, f"{_where(game, t, k)}, state {place[0]}{choice}", repr(float(values[place])), expected
        )


def _is_distribution(law: str, game: Game, t: int, k: int, taken: Floats, shut: Any) -> None:
    _all(law, game, t, k, (taken >= 0) & (taken <= 1.0 + PROBABILITY), taken, "a probability")
    _all(law, game, t, k, ~shut | (taken == 0), taken, "0, as this choice is not available")
    total = taken.sum(axis=1)
    _all(law, game, t, k, np.abs(total - 1.0) <= PROBABILITY * taken.shape[1], total, "probabilities that sum to 1")


def _close(law: str, game: Game, t: int, k: int, found: Floats, expected: Floats, span: Floats) -> None:
    error = np.abs(found - expected)
    if not (error <= TIGHT * span).all():
        s, i = (int(x) for x in np.argwhere(~(error <= TIGHT * span))[0])
        _fail_unless(
            False,
            law,
            f"{_where(game, t, k)}, state {s}, player {game.players[i]}",
            repr(float(found[s, i])),
            f"{float(expected[s, i])!r} (off by {error[s, i]:.3g}, range of values {span[i]:.3g})",
        )


def _same_values(law: str, one: Solution, other: Solution, span: Floats) -> None:
    for t, k in _boundaries(one.game):
        _close(law, one.game, t, k, other.values(t, k), one.values(t, k), span)


def _same_policies(
    law: str, one: Solution, other: Solution, span: Floats, seen: Callable[[int, int], Any] | None = None
) -> None:
    for t, k, turn in _places(one.game):
        expected = one.policy(t, k)
        found = other.policy(t, k) if seen is None else seen(t, k)
        if isinstance(turn, Offer):
            for part, whole in zip(_parts(found), _parts(expected), strict=True):
                _close_policy(law, one, t, k, part, whole, span)
        else:
            _close_policy(law, one, t, k, found, expected, span)


def _parts(policy: Any) -> tuple[Floats, Floats]:
    return policy if isinstance(policy, tuple) else (policy.propose, policy.accept)


def _close_policy(law: str, one: Solution, t: int, k: int, found: Floats, expected: Floats, span: Floats) -> None:
    """Compare probabilities; an error of the values is passed on to them times `lam`."""
    finite = np.isfinite(one.rationality)
    steep = float((one.rationality[finite] * span[finite]).max(initial=0.0))
    limit = TIGHT * max(1.0, steep)
    error = np.where(np.isnan(found) & np.isnan(expected), 0.0, np.abs(found - expected))
    if not (error <= limit).all():
        place = tuple(int(x) for x in np.argwhere(~(error <= limit))[0])
        _fail_unless(
            False,
            law,
            f"{_where(one.game, t, k)}, policy at {place}",
            repr(float(found[place])),
            f"{float(expected[place])!r} (off by {error[place]:.3g}, allowed {limit:.3g})",
        )


def _identical(law: str, one: Solution, other: Solution, what: str) -> None:
    for t, k in _boundaries(one.game):
        _same_bytes(law, one.game, t, k, one.values(t, k), other.values(t, k), what)
    for t, k, turn in _places(one.game):
        expected, found = one.policy(t, k), other.policy(t, k)
        pairs = zip(_parts(found), _parts(expected), strict=True) if isinstance(turn, Offer) else [(found, expected)]
        for part, whole in pairs:
            _same_bytes(law, one.game, t, k, whole, part, f"policy, {what}")


def _same_bytes(law: str, game: Game, t: int, k: int, expected: Floats, found: Floats, what: str) -> None:
    if np.ascontiguousarray(expected).tobytes() == np.ascontiguousarray(found).tobytes():
        return
    where = f"{_where(game, t, k)} ({what})"
    differ = ~((expected == found) | (np.isnan(expected) & np.isnan(found)))
    if not differ.any():
        _fail_unless(False, law, where, "other bits", "the same bits")
    place = tuple(int(x) for x in np.argwhere(differ)[0])
    _fail_unless(False, law, f"{where} at {place}", repr(float(found[place])), repr(float(expected[place])))


def _fingerprint(game: Game) -> dict[str, bytes]:
    arrays = {name: getattr(game, name) for name in ("flow", "discount", "terminal")}
    for turn in game.turns:
        for key, value in vars(turn).items():
            if isinstance(value, np.ndarray):
                arrays[f"{turn.name}.{key}"] = value
    return {name: array.tobytes() for name, array in arrays.items()}
