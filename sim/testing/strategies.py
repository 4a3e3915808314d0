"""Hypothesis strategies that draw small games, precisions, start states and scenarios.

All arguments are keyword-only. What is drawn shrinks towards one player, one state, one choice and payoffs of 0.
Payoffs are multiples of 1/4 and probabilities multiples of 1/4, so that sums are exact in floating point and ties
are ties; with ``tie_free=True`` every payoff and discount factor is moved by a fixed pseudo-random amount up to 1/100,
after which no two courses of play are worth the same to anyone.

Covered: the three kinds of turn; unavailable choices; two to four parties in any order; boundaries with different
numbers of states; offers that stay in the same state or fall to another one; recognition by state; payoffs by
state; weights; several rounds and discount factors; one-state, one-action and no-package games; `lam` of 0,
infinity and anything between.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from sim.game import Axes, Chance, Game, Move, Offer
from sim.rng import stream

if TYPE_CHECKING:
    from sim.game import Turn
    from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]

PLAYER_NAMES = ("Ann", "Bob", "Cid", "Dee")
KINDS = ("move", "offer", "chance")
AXES_OF_FOUR = Axes(("talks", "relief"), (("stalled", "active"), ("none", "some")))
EXTREME_LAM = (0.0, 1e-9, 1e3, 1e6, 1e300, math.inf)


@st.composite
def games(
    draw: st.DrawFn,
    *,
    min_players: int = 1,
    max_players: int = 4,
    max_turns: int = 4,
    max_states: int = 4,
    max_choices: int = 4,
    max_rounds: int = 3,
    kinds: Sequence[str] = KINDS,
    discounts: Sequence[float] = (1.0, 0.5, 0.75),
    tie_free: bool = False,
    named_axes: bool | None = None,
) -> Game:
    """Draw a game.

    Parameters
    ----------
    min_players, max_players : number of players, 1 to 4.
    max_turns, max_states, max_choices, max_rounds : sizes; every one is drawn from 1 up.
    kinds : kinds of turn that may occur: "move", "offer" (needs two players), "chance".
    discounts : discount factors to draw from, player by player.
    tie_free : no two different courses of play are worth the same to anyone.
    named_axes : whether the states of S_0 are named by dials; None draws it.

    Returns
    -------
    strategy of Game
    """
    _sizes(max_turns=max_turns, max_states=max_states, max_choices=max_choices, max_rounds=max_rounds)
    _kinds(kinds)
    if not 1 <= min_players <= max_players <= len(PLAYER_NAMES):
        raise ValueError(
            f"min_players, max_players: found {min_players}, {max_players}; allowed: 1 to {len(PLAYER_NAMES)}, in order"
        )
    if not discounts or not all(0 < discount <= 1 for discount in discounts):
        raise ValueError(f"discounts: found {tuple(discounts)}; allowed: one or more, each above 0 and at most 1")
    n_players = draw(st.integers(min_players, max_players))
    players = PLAYER_NAMES[:n_players]
    first = draw(st.integers(1, max_states))
    states, more = first, True
    sequence: list[Turn] = []
    while more:
        # One turn is one stretch of draws, so that shrinking can leave any of them out.
        more = len(sequence) + 1 < max_turns and draw(st.integers(0, 3)) > 0
        following = draw(st.integers(1, max_states)) if more else first
        sequence.append(
            draw(
                turns(
                    players=players,
                    states=states,
                    next_states=following,
                    max_choices=max_choices,
                    kinds=kinds,
                    name=f"turn{len(sequence)}",
                )
            )
        )
        states = following
    with_axes = draw(st.booleans()) if named_axes is None else named_axes
    game = Game(
        players=players,
        turns=sequence,
        flow=draw(_quarters((first, n_players))),
        discount=[draw(st.sampled_from(tuple(discounts))) for _ in players],
        terminal=draw(_quarters((first, n_players))),
        rounds=draw(st.integers(1, max_rounds)),
        axes=_axes(first) if with_axes else None,
    )
    return _without_ties(game) if tie_free else game


@st.composite
def turns(
    draw: st.DrawFn,
    *,
    players: Sequence[str],
    states: int,
    next_states: int,
    max_choices: int = 4,
    kinds: Sequence[str] = KINDS,
    name: str = "",
) -> Turn:
    """Draw one turn of a game.

    Parameters
    ----------
    players : the players of the game; an offer needs two.
    states, next_states : number of states before and after the turn.
    max_choices : most actions, packages (with "no offer") or outcomes.
    kinds : kinds of turn that may occur.
    name : the turn's name.

    Returns
    -------
    strategy of Move, Offer or Chance
    """
    _sizes(states=states, next_states=next_states, max_choices=max_choices)
    _kinds(kinds)
    possible = [kind for kind in kinds if kind != "offer" or len(players) > 1]
    if not possible:
        raise ValueError(f"kinds: found {tuple(kinds)} with {len(players)} player; an offer needs two players")
    kind = draw(st.sampled_from(possible))
    choices = draw(st.integers(1, max_choices))
    if kind == "chance":
        following = draw(_table((states, choices), st.integers(-1, next_states - 1)))
        probability = np.zeros((states, choices))
        for s in range(states):
            open_ = _some_available(following[s])
            probability[s, open_] = draw(_shares(len(open_)))
        return Chance(following, probability, name=name)
    following = draw(_table((states, choices), st.integers(-1, next_states - 1)))
    by_state = draw(st.booleans())
    payoff = draw(_quarters((states, choices, len(players)) if by_state else (choices, len(players))))
    weights = draw(st.none() | _array((choices,), st.sampled_from((1.0, 2.0, 0.5, 0.1))))
    if kind == "move":
        for s in range(states):
            _some_available(following[s])
        actions = [f"a{a}" for a in range(choices)]
        return Move(draw(st.sampled_from(list(players))), actions, following, payoff, weights, name=name)
    parties = draw(st.permutations(list(players)))[: draw(st.integers(2, len(players)))]
    recognition = (
        np.array([draw(_shares(len(parties))) for _ in range(states)])
        if draw(st.booleans())
        else draw(_shares(len(parties)))
    )
    stay = None
    if states != next_states or draw(st.booleans()):
        stay = draw(_array((states,), st.integers(0, next_states - 1))).astype(np.int64)
    following[:, 0] = np.arange(states) if stay is None else stay
    payoff[..., 0, :] = 0.0
    packages = ["no offer", *(f"p{m}" for m in range(1, choices))]
    return Offer(parties, recognition, packages, following, payoff, stay, weights, name=name)


@st.composite
def rationalities(
    draw: st.DrawFn,
    *,
    players: int,
    low: float = 0.0,
    high: float = 5.0,
    extremes: bool = True,
) -> float | tuple[float, ...]:
    """Draw a precision `lam` (unit: 1/payoff): one number for all players, or one for each.

    Parameters
    ----------
    players : number of players of the game.
    low, high : range of the ordinary values, drawn in steps of 1/4.
    extremes : also 0, nearly 0, very large and infinite.

    Returns
    -------
    strategy of float or tuple of float
    """
    _sizes(players=players)
    if not (0 <= low <= high and math.isfinite(high) and math.ceil(low * 4) <= math.floor(high * 4)):
        raise ValueError(
            f"low, high: found {low}, {high}; allowed: 0 or more, finite, with a multiple of 1/4 between them "
            "(infinity is among the extremes)"
        )
    ordinary = st.integers(math.ceil(low * 4), math.floor(high * 4)).map(lambda quarter: quarter / 4)
    one = ordinary | st.sampled_from(EXTREME_LAM) if extremes else ordinary
    if draw(st.booleans()):
        return tuple(draw(one) for _ in range(players))
    return draw(one)


@st.composite
def start_states(draw: st.DrawFn, *, game: Game) -> int | tuple[float, ...] | dict[str, str]:
    """Draw a start in S_0: a state's number, a distribution, or, where the states have names, named dials.

    Parameters
    ----------
    game : the game that starts there.

    Returns
    -------
    strategy of int, tuple of float (n_states,) or dict
    """
    states = game.n_states(0)
    forms = ["number", "distribution", *(["dials"] if game.axes is not None else [])]
    form = draw(st.sampled_from(forms))
    if form == "distribution":
        return tuple(float(share) for share in draw(_shares(states)))
    state = draw(st.integers(0, states - 1))
    return game.axes.label(state) if form == "dials" and game.axes is not None else state


@st.composite
def overrides(
    draw: st.DrawFn,
    *,
    names: Sequence[str] | None = None,
    max_size: int | None = 6,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    steps: int = 8,
) -> dict[str, float]:
    """Draw changes to a scenario's parameters, each within its plausible range.

    Who proposes at a table is drawn for one party; the others share the rest, so that the table's chances sum to one.
    What is drawn shrinks to few changes, each at the low end of its range.

    Parameters
    ----------
    names : dotted names of the parameters that may change; default: all that have a range.
    max_size : most parameters drawn at once; None: nearly all of them in every example, to look into the far corners.
    ranges : name -> (low, high) instead of the plausible range, for some parameters.
    steps : into how many equal steps a range is cut; both ends and the steps between are drawn, to six digits.

    Returns
    -------
    strategy of dict : dotted name -> value, ready for `sim.load`
    """
    from sim.scenario import parameter_info
    from sim.scenario.words import nearest

    known = parameter_info()
    for name in (*(names or ()), *(ranges or {})):
        if name not in known:
            near = nearest(name, tuple(known))
            hint = f" (did you mean {near}?)" if near else ""
            raise ValueError(f"names, ranges: found {name!r}; allowed: names of parameters{hint}")
    limits = {name: (info.low, info.high) for name, info in known.items()} | dict(ranges or {})
    pool = list(names) if names is not None else [name for name, (low, high) in limits.items() if low < high]
    if max_size is None:
        # 0 leaves a parameter as it is, so that shrinking leaves out all that do not count
        codes = draw(st.lists(st.integers(0, steps + 1), min_size=len(pool), max_size=len(pool)))
        drawn = {name: (code - 1) / steps for name, code in zip(pool, codes, strict=True) if code}
    else:
        chosen = draw(st.lists(st.sampled_from(pool), unique=True, max_size=max_size)) if pool else []
        drawn = {name: draw(st.integers(0, steps)) / steps for name in chosen}
    changes: dict[str, float] = {}
    for name, share in drawn.items():
        value = _between(*limits[name], share)
        table = name.rpartition(".")[0]
        if table.startswith("menu.recognition."):
            if name in changes:
                continue
            others = [other for other in known if other.rpartition(".")[0] == table and other != name]
            changes |= dict.fromkeys(others, (1.0 - value) / len(others))
        changes[name] = float(round(value)) if known[name].allowed.startswith("a whole number") else value
    return changes


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    base: str = "baseline",
    names: Sequence[str] | None = None,
    max_size: int | None = 6,
) -> Scenario:
    """Draw a valid scenario: a shipped one or a file, with a few parameters moved within their plausible ranges.

    Parameters
    ----------
    base : a shipped id or a path.
    names, max_size : as for `overrides`.

    Returns
    -------
    strategy of Scenario
    """
    from sim.scenario import load

    return load(base, draw(overrides(names=names, max_size=max_size)))


def _sizes(**sizes: object) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, Integral) or size < 1:
            raise ValueError(f"{name}: found {size!r}; allowed: a whole number, 1 or more")


def _kinds(kinds: Sequence[str]) -> None:
    if isinstance(kinds, str) or not kinds or not set(kinds) <= set(KINDS):
        raise ValueError(f"kinds: found {kinds!r}; allowed: one or more of {', '.join(KINDS)}")


def _between(low: float, high: float, share: float) -> float:
    return min(high, max(low, float(f"{low + (high - low) * share:.6g}"))) if 0 < share < 1 else (low, high)[int(share)]


def _array(shape: tuple[int, ...], elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    size = math.prod(shape)
    return st.lists(elements, min_size=size, max_size=size).map(lambda found: np.array(found).reshape(shape))


def _table(shape: tuple[int, ...], elements: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    return _array(shape, elements).map(lambda found: found.astype(np.int64))


def _quarters(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Payoffs from -2 to 2 in steps of 1/4."""
    return _array(shape, st.integers(-8, 8)).map(lambda found: found / 4.0)


@st.composite
def _shares(draw: st.DrawFn, size: int) -> Floats:
    """Draw probabilities in steps of 1/4 that sum to exactly 1; some may be 0."""
    cuts = sorted(draw(st.lists(st.integers(0, 4), min_size=size - 1, max_size=size - 1)))
    return np.diff(np.array([0, *cuts, 4]))[::-1] / 4.0


def _some_available(row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Make the first choice available where none is; return the available ones."""
    if (row < 0).all():
        row[0] = 0
    return np.flatnonzero(row >= 0)


def _axes(states: int) -> Axes:
    if states == AXES_OF_FOUR.size:
        return AXES_OF_FOUR
    return Axes(("level",), (tuple(f"l{state}" for state in range(states)),))


def _without_ties(game: Game) -> Game:
    def moved(table: Floats, name: str) -> Floats:
        return table + stream(0, "tie-free", name).uniform(0.0, 0.01, size=table.shape)

    sequence: list[Turn] = []
    for turn in game.turns:
        if isinstance(turn, Move):
            payoff = moved(turn.payoff, turn.name)
            sequence.append(Move(turn.player, turn.actions, turn.next_state, payoff, turn.weights, name=turn.name))
        elif isinstance(turn, Offer):
            payoff = moved(turn.payoff, turn.name)
            payoff[:, 0] = 0.0
            sequence.append(
                Offer(
                    turn.parties,
                    turn.recognition,
                    turn.packages,
                    turn.next_state,
                    payoff,
                    turn.stay,
                    turn.weights,
                    name=turn.name,
                )
            )
        else:
            sequence.append(turn)
    # with a discount factor of 1 the same choices in another order would be worth the same
    discount = game.discount - stream(0, "tie-free", "discount").uniform(0.001, 0.01, size=game.discount.shape)
    flow, terminal = moved(game.flow, "flow"), moved(game.terminal, "terminal")
    return game.replace(turns=sequence, flow=flow, terminal=terminal, discount=discount)
