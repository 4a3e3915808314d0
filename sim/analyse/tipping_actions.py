"""Tipping points of a choice: the values of a parameter at which a capital changes its mind at the start."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.asked import Asked
from sim.analyse.parameter import Parameter, grid_points, parameter_of
from sim.analyse.record import SCHEMA_VERSION, Basis, Floats, plain
from sim.analyse.roots import POINTS, Ints, switches
from sim.analyse.ties import with_rest
from sim.analyse.tipping import count_in_words
from sim.analyse.variants import Evaluated
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario


@dataclass(frozen=True)
class Switch:
    """A value at which the likeliest action changes; the actions before and behind it."""

    value: float
    before: str
    behind: str


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
    """

    parameter: Parameter
    turn: str
    player: str
    base_action: str
    switches: tuple[Switch, ...]
    points: tuple[dict[str, Any], ...]
    verdict: str
    basis: Basis

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
        }


def action_tipping(
    base: Scenario,
    parameter: str,
    turn: str,
    proposer: str | None = None,
    *,
    limits: tuple[float, float] | None = None,
    points: int = POINTS,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    on_done: Callable[[int], None] | None = None,
) -> ActionTipping:
    """Find every value of a parameter at which the likeliest action of a capital at the start changes.

    Parameters
    ----------
    turn : ``us-table``, ``eu-table``, ``summit``, ``minsk``, ``washington``, ``brussels`` or ``moscow``.
    proposer : who makes the offer, at a table; what counts there is the likeliest package it would put.
    base, parameter, limits, points, grid, rationality, jobs, on_done : as for `tipping`.

    Raises
    ------
    UsageError : a turn or proposer that the scenario does not have, or a parameter or range as for `tipping`.
    """
    moved = parameter_of(base, parameter, limits, grid)
    settings: dict[str, Any] = {"grid": grid, "months": 1, "rationality": rationality, "jobs": jobs, "decisions": True}
    seen: dict[float, tuple[str, float]] = {}
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

        def likeliest(found: Evaluated) -> list[tuple[str, float]]:
            assert found.now is not None
            made = []
            for now in found.now:
                own = [option for option in now.get(turn, ()) if option.proposer == player]
                best = max(own, key=lambda option: option.proposed, default=None)
                total = sum(option.proposed for option in own)
                made.append((best.action, best.proposed / total if total else 0.0) if best else ("", np.nan))
            return made

        def label(_: Ints, x: Floats) -> list[str]:
            found = likeliest(ask([with_rest(base, {parameter: value}) for value in x.tolist()]))
            seen.update(zip(x.tolist(), found, strict=True))
            return [name for name, _ in found]

        own_action = likeliest(start)[0][0]
        first = grid_points(moved, points)
        # whole numbers: a bracket no wider than this rounds to two neighbours
        width = 0.4 / (moved.high - moved.low) if moved.whole else 1e-5
        (found,) = switches(label, [first], tolerance=width)
        basis = ask.basis()
    changes = tuple(Switch(value, before, behind) for value, before, behind in found)
    text = (
        f"none: {player} at {turn} does the same all the way ({own_action})"
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
            {"value": value, "action": seen[value][0], "probability": seen[value][1]}
            for value in first.tolist()
            if seen[value][0]
        ),
        verdict=text,
        basis=basis,
    )


def _no(what: str, found: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(found, allowed, 1)
    return f"{what}: found {found!r}; allowed: {', '.join(allowed)}.{f' Did you mean {near[0]}?' if near else ''}"
