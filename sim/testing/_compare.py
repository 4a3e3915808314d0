"""What the laws share: tolerances, places in words, and comparisons that say what differs, where and by how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sim.game import Game, Move, Offer
from sim.solver import Solution

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Solver = Callable[..., Solution]

TIGHT = 1e-9
PROBABILITY = 1e-12


def value_range(solution: Solution) -> Floats:
    """Return the range of each player's values and 0, shape (N,): what tolerances are relative to."""
    if solution not in _RANGES:
        _RANGES[solution] = _value_range(solution)
    return _RANGES[solution]


_RANGES: WeakKeyDictionary[Any, Floats] = WeakKeyDictionary()


def _value_range(solution: Solution) -> Floats:
    values = solution.boundary.reshape(-1, solution.game.n_players)
    result: Floats = np.maximum(values.max(axis=0), 0.0) - np.minimum(values.min(axis=0), 0.0)
    for turn in solution.game.turns:
        if isinstance(turn, (Move, Offer)):
            result = np.maximum(result, np.abs(turn.payoff).max(axis=(0, 1)))
    flow: Floats = np.abs(solution.game.flow).max(axis=0)
    result = np.maximum(result, flow)
    result.flags.writeable = False
    return result


def no_gain(
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
        check(law, game, t, k, np.isfinite(gain), gain, "a finite number")
        bad = (gain > limit) & judged
        if bad.any():
            s, i = (int(x) for x in np.argwhere(bad)[0])
            fail_unless(
                False,
                law,
                f"{where(game, t, k)}, state {s}, player {game.players[i]}",
                repr(float(gain[s, i])),
                f"at most {limit[i]:.3g} (range of values {value_range(solution)[i]:.3g})",
            )


def lam_of(game: Game, rationality: Any) -> Floats:
    return np.array(np.broadcast_to(np.asarray(rationality, dtype=np.float64), (game.n_players,)))


def places(game: Game) -> list[tuple[int, int, Any]]:
    return [(t, k, turn) for t in range(game.rounds) for k, turn in enumerate(game.turns)]


def boundaries(game: Game) -> list[tuple[int, int]]:
    return [(t, k) for t in range(game.rounds) for k in range(game.n_turns + 1)] + [(game.rounds, 0)]


def where(game: Game, t: int, k: int) -> str:
    return f"round {t}, turn {k} ({game.turns[k].name})" if k < game.n_turns else f"round {t}, after all turns"


def fail_unless(holds: bool, law: str, where: str, found: str, expected: str) -> None:
    if not holds:
        raise AssertionError(f"{law}: {where}: found {found}, expected {expected}")


def check(
    law: str, game: Game, t: int, k: int, holds: Any, values: Floats, expected: str, rows: Ints | None = None
) -> None:
    """Fail at the first place that does not hold; ``rows`` names the states of the first axis, by default all."""
    if not holds.all():
        place = tuple(int(x) for x in np.argwhere(~holds)[0])
        choice = f", choice {place[1]}" if len(place) > 1 else ""
        state = place[0] if rows is None else int(rows[place[0]])
        fail_unless(False, law, f"{where(game, t, k)}, state {state}{choice}", repr(float(values[place])), expected)


def is_distribution(law: str, game: Game, t: int, k: int, taken: Floats, shut: Any, rows: Ints | None = None) -> None:
    check(law, game, t, k, (taken >= 0) & (taken <= 1.0 + PROBABILITY), taken, "a probability", rows)
    check(law, game, t, k, ~shut | (taken == 0), taken, "0, as this choice is not available", rows)
    total = taken.sum(axis=1)
    whole = np.abs(total - 1.0) <= PROBABILITY * taken.shape[1]
    check(law, game, t, k, whole, total, "probabilities that sum to 1", rows)


def close(law: str, game: Game, t: int, k: int, found: Floats, expected: Floats, span: Floats) -> None:
    error = np.abs(found - expected)
    if not (error <= TIGHT * span).all():
        s, i = (int(x) for x in np.argwhere(~(error <= TIGHT * span))[0])
        fail_unless(
            False,
            law,
            f"{where(game, t, k)}, state {s}, player {game.players[i]}",
            repr(float(found[s, i])),
            f"{float(expected[s, i])!r} (off by {error[s, i]:.3g}, range of values {span[i]:.3g})",
        )


def same_values(law: str, one: Solution, other: Solution, span: Floats) -> None:
    for t, k in boundaries(one.game):
        close(law, one.game, t, k, other.values(t, k), one.values(t, k), span)


def same_policies(
    law: str,
    one: Solution,
    other: Solution,
    span: Floats,
    seen: Callable[[int, int, Ints], Any] | None = None,
    *,
    states: int | None = None,
) -> None:
    """Compare policies; ``seen(t, k, states)`` tells the other's in the terms of the one."""
    for t, k, turn in places(one.game):
        rows = sampled(turn.n_states, states)
        expected = one.policy(t, k, rows)
        found = other.policy(t, k, rows) if seen is None else seen(t, k, rows)
        if isinstance(turn, Offer):
            for part, whole in zip(parts(found), parts(expected), strict=True):
                close_policy(law, one, t, k, part, whole, span, rows)
        else:
            close_policy(law, one, t, k, found, expected, span, rows)


def sampled(n_states: int, most: int | None) -> Ints:
    """Return ``most`` states, evenly spread; all if there are no more, or without ``most``."""
    if most is None or n_states <= most:
        return np.arange(n_states)
    return np.unique(np.linspace(0, n_states - 1, most).astype(np.int64))


def parts(policy: Any) -> tuple[Floats, Floats]:
    return policy if isinstance(policy, tuple) else (policy.propose, policy.accept)


def close_policy(
    law: str, one: Solution, t: int, k: int, found: Floats, expected: Floats, span: Floats, rows: Ints | None = None
) -> None:
    """Compare probabilities; an error of the values is passed on to them times `lam`."""
    limit = TIGHT * steepness(one, span)
    error = np.where(np.isnan(found) & np.isnan(expected), 0.0, np.abs(found - expected))
    if not (error <= limit).all():
        place = tuple(int(x) for x in np.argwhere(~(error <= limit))[0])
        state = place[0] if rows is None else int(rows[place[0]])
        fail_unless(
            False,
            law,
            f"{where(one.game, t, k)}, policy at {(state, *place[1:])}",
            repr(float(found[place])),
            f"{float(expected[place])!r} (off by {error[place]:.3g}, allowed {limit:.3g})",
        )


def steepness(solution: Solution, span: Floats) -> float:
    """Return by how much an error of the values, relative to their range, grows in the policies; at least 1."""
    finite = np.isfinite(solution.rationality)
    with np.errstate(over="ignore"):
        return max(1.0, float((solution.rationality[finite] * span[finite]).max(initial=0.0)))


def identical(law: str, one: Solution, other: Solution, what: str) -> None:
    for t, k in boundaries(one.game):
        same_bytes(law, one.game, t, k, one.values(t, k), other.values(t, k), what)
    for t, k, turn in places(one.game):
        expected, found = one.policy(t, k), other.policy(t, k)
        pairs = zip(parts(found), parts(expected), strict=True) if isinstance(turn, Offer) else [(found, expected)]
        for part, whole in pairs:
            same_bytes(law, one.game, t, k, whole, part, f"policy, {what}")


def same_bytes(law: str, game: Game, t: int, k: int, expected: Floats, found: Floats, what: str) -> None:
    if np.ascontiguousarray(expected).tobytes() == np.ascontiguousarray(found).tobytes():
        return
    place_in_words = f"{where(game, t, k)} ({what})"
    differ = ~((expected == found) | (np.isnan(expected) & np.isnan(found)))
    if not differ.any():
        fail_unless(False, law, place_in_words, "other bits", "the same bits")
    place = tuple(int(x) for x in np.argwhere(differ)[0])
    fail_unless(False, law, f"{place_in_words} at {place}", repr(float(found[place])), repr(float(expected[place])))


def fingerprint(game: Game) -> dict[str, bytes]:
    arrays = {name: getattr(game, name) for name in ("flow", "discount", "terminal")}
    for turn in game.turns:
        for key, value in vars(turn).items():
            if isinstance(value, np.ndarray):
                arrays[f"{turn.name}.{key}"] = value
    return {name: array.tobytes() for name, array in arrays.items()}
