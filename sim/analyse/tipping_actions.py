"""Tipping points of a choice: the values of a parameter at which a capital changes its mind at the start."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.asked import Asked
from sim.analyse.parameter import Parameter, grid_points, parameter_of
from sim.analyse.record import CHECKED, FINER, SCHEMA_VERSION, Basis, Floats, finer_than, plain
from sim.analyse.roots import POINTS, Ints, switches
from sim.analyse.ties import with_rest
from sim.analyse.tipping import count_in_words
from sim.analyse.tipping_check import ASIDE
from sim.analyse.variants import Evaluated, evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

ROUNDS = 2
"""How often to look closer where the two likeliest actions come near each other."""


@dataclass(frozen=True)
class Switch:
    """A value at which the likeliest action changes; the actions before and behind it.

    ``finer`` says whether the same two are the likeliest on its two sides on the finer grid; None: not checked.
    """

    value: float
    before: str
    behind: str
    finer: bool | None = None


@dataclass(frozen=True)
class ActionTipping:
    """Where the likeliest action of one capital changes as one parameter moves through its range.

    Attributes
    ----------
    parameter : what moved.
    turn, player : whose action at the start: what it does there, or what it would propose if it made the offer.
    base_action : its likeliest action in the unchanged scenario.
    switches : where it changes, ascending.
    points : by value of the parameter: ``value``, ``action`` (the likeliest), ``probability``.
    verdict : in words.
    basis : what was run.
    checked : the values computed again on the finer grid, both sides of every switch among them.
    other_action : those of them at which another action is the likeliest there: value -> that action.
    """

    parameter: Parameter
    turn: str
    player: str
    base_action: str
    switches: tuple[Switch, ...]
    points: tuple[dict[str, Any], ...]
    verdict: str
    basis: Basis
    checked: tuple[float, ...] = ()
    other_action: Mapping[float, str] = field(default_factory=dict)

    def table(self) -> list[dict[str, Any]]:
        """Return the switches, one a row."""
        return [dict(switch.__dict__) for switch in self.switches]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "action tipping",
            **self.basis.to_json(),
            "parameter": plain(self.parameter),
            "turn": self.turn,
            "player": self.player,
            "base_action": self.base_action,
            "verdict": self.verdict,
            "switches": self.table(),
            "points": [dict(point) for point in self.points],
            "checked": list(self.checked),
            "other_action": [{"value": value, "action": action} for value, action in self.other_action.items()],
        }


def action_tipping(
    base: Scenario,
    parameter: str,
    turn: str,
    proposer: str | None = None,
    *,
    limits: tuple[float, float] | None = None,
    points: int = POINTS,
    rounds: int = ROUNDS,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> ActionTipping:
    """Find every value of a parameter at which the likeliest action of a capital at the start changes.

    Parameters
    ----------
    turn : ``us-table``, ``eu-table``, ``summit``, ``minsk``, ``washington``, ``brussels`` or ``moscow``.
    proposer : who makes the offer, at a table; what counts there is the likeliest package it would put.
    rounds : how often to look closer where the two likeliest actions come near each other.
    check : about how many values to compute again on ``finer``, both sides of every switch among them; 0: none.
    base, parameter, limits, points, grid, rationality, jobs, finer, on_done : as for `tipping`.

    Raises
    ------
    UsageError : a turn or proposer that the scenario does not have, or a parameter or range as for `tipping`.
    """
    moved = parameter_of(base, parameter, limits, grid)
    settings: dict[str, Any] = {"grid": grid, "months": 1, "rationality": rationality, "jobs": jobs, "decisions": True}
    seen: dict[float, _Likeliest] = {}
    with Asked(base, on_done, **settings) as ask:
        start = ask([{}])
        if start.failed:
            raise UsageError(start.failed[0][1])
        assert start.now is not None
        options = start.now[0]
        if turn not in options:
            raise UsageError(_no("turn", turn, list(options)))
        players = list(dict.fromkeys(option.proposer for option in options[turn]))
        if proposer is not None and proposer not in players:
            raise UsageError(_no(f"proposer at {turn}", proposer, players))
        if proposer is None and len(players) > 1:
            raise UsageError(f"proposer at {turn}: found none; allowed: {', '.join(players)}")
        player = proposer or players[0]

        def label(_: Ints, x: Floats) -> list[str]:
            found = _likeliest(ask([with_rest(base, {parameter: value}) for value in x.tolist()]), turn, player)
            seen.update(zip(x.tolist(), found, strict=True))
            return [each.action for each in found]

        def lead(_: int, x: Floats) -> Floats:
            return np.array([seen[value].lead for value in x.tolist()])

        own_action = _likeliest(start, turn, player)[0].action
        # whole numbers: a bracket no wider than this rounds to two neighbours
        width = 0.4 / (moved.high - moved.low) if moved.whole else 1e-5
        close = 0 if moved.whole else rounds
        (found,) = switches(label, [grid_points(moved, points)], tolerance=width, rounds=close, lead=lead)
        basis = ask.basis()
    changes = tuple(Switch(value, before, behind) for value, before, behind in found)
    known = {value: seen[value].action for value in sorted(seen) if seen[value].action}
    again: dict[float, str] = {}
    fine = finer_than(grid, finer)
    if check and fine is not None and known:
        sample = _sample(list(known), changes, check)
        designs = [with_rest(base, {parameter: value}) for value in sample]
        there = _likeliest(evaluate(base, designs, **{**settings, "grid": fine}), turn, player)
        again = {value: each.action for value, each in zip(sample, there, strict=True)}
        pairs = [_sides(list(known), changes, k) for k in range(len(changes))]
        changes = tuple(
            replace(switch, finer=(again[left], again[right]) == (switch.before, switch.behind))
            for switch, (left, right) in zip(changes, pairs, strict=True)
        )
    text = (
        f"none: {own_action} is the likeliest for {player} at {turn} at all {len(known)} values looked at"
        if not changes
        else f"{count_in_words(len(changes))} change{'s' if len(changes) > 1 else ''}"
    )
    return ActionTipping(
        parameter=moved,
        turn=turn,
        player=player,
        base_action=own_action,
        switches=changes,
        points=tuple(
            {"value": value, "action": action, "probability": seen[value].probability}
            for value, action in known.items()
        ),
        verdict=text,
        basis=basis,
        checked=tuple(again),
        other_action={value: action for value, action in again.items() if action and action != known[value]},
    )


@dataclass(frozen=True)
class _Likeliest:
    """The likeliest action (empty: it could not be computed), its probability, and its lead over the next."""

    action: str
    probability: float
    lead: float


def _likeliest(found: Evaluated, turn: str, player: str) -> list[_Likeliest]:
    assert found.now is not None
    made = []
    for now in found.now:
        own = sorted((each for each in now.get(turn, ()) if each.proposer == player), key=lambda each: -each.proposed)
        total = sum(option.proposed for option in own)
        if not own:
            made.append(_Likeliest("", np.nan, np.nan))
            continue
        shares = [option.proposed / total if total else 0.0 for option in own]
        made.append(_Likeliest(own[0].action, shares[0], shares[0] - shares[1] if len(own) > 1 else np.inf))
    return made


def _sides(x: Sequence[float], changes: Sequence[Switch], k: int) -> tuple[float, float]:
    """Return the values seen on either side of a switch: some way off, and none beyond the neighbouring ones."""
    value, width = changes[k].value, ASIDE * (x[-1] - x[0])
    before = changes[k - 1].value if k else -np.inf
    behind = changes[k + 1].value if k + 1 < len(changes) else np.inf
    left = [each for each in x if before < each < value] or [value]
    right = [each for each in x if value < each < behind] or [value]
    return (
        min(left, key=lambda each: abs(each - (value - width))),
        min(right, key=lambda each: abs(each - (value + width))),
    )


def _sample(x: Sequence[float], changes: Sequence[Switch], size: int) -> list[float]:
    wanted = {side for k in range(len(changes)) for side in _sides(x, changes, k)}
    # evenly over the range: bisections have left many values in a few places
    even = np.linspace(x[0], x[-1], max(2, size - len(wanted))).tolist()
    return sorted(wanted | {min(x, key=lambda each: abs(each - value)) for value in even})


def _no(what: str, found: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(found, allowed, 1)
    return f"{what}: found {found!r}; allowed: {', '.join(allowed)}.{f' Did you mean {near[0]}?' if near else ''}"
