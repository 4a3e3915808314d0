"""Tipping points: the values of a parameter at which an outcome crosses a level, or a capital changes its mind.

All crossings in the range are reported, or that there is none; never one where there are three.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sim.analyse.record import (
    CHECKED,
    FINER,
    SCHEMA_VERSION,
    Basis,
    Floats,
    GridCheck,
    basis_of,
    compare_grids,
    plain,
    without_nan,
)
from sim.analyse.roots import POINTS, TOLERANCE, Crossing, Ints, Scan, crossings, switches
from sim.analyse.space import DesignSpace, is_whole, numeric, with_rest
from sim.analyse.variants import MONTHS, Design, Evaluated, Evaluator, check_month, check_outcome
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

FRONTIER = 13
"""Points along each parameter of a frontier."""
_COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Parameter:
    """A parameter that is moved: range, the base's value, unit, and whether it takes whole numbers only."""

    name: str
    low: float
    high: float
    value: float
    unit: str
    whole: bool


@dataclass(frozen=True)
class Tipping:
    """Where an outcome crosses a level as one parameter moves through its range.

    Attributes
    ----------
    parameter : what moved.
    outcome, month, level : what was looked for; ``unit`` of outcome and level.
    base_value : the outcome in the unchanged scenario.
    scan : points, values and crossings. "Above" is at or above the level.
    verdict : in words: none, one crossing, or how many and that it is not monotone.
    basis : what was run.
    """

    parameter: Parameter
    outcome: str
    month: int
    level: float
    unit: str
    base_value: float
    scan: Scan
    verdict: str
    basis: Basis

    def table(self) -> list[dict[str, Any]]:
        """Return the crossings, one a row."""
        return [dict(crossing.__dict__) for crossing in self.scan.crossings]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "tipping",
            **self.basis.to_json(),
            "parameter": plain(self.parameter),
            "outcome": self.outcome,
            "month": self.month,
            "level": self.level,
            "unit": self.unit,
            "base_value": without_nan(self.base_value),
            "verdict": self.verdict,
            "crossings": self.table(),
            "scan": {"parameter": without_nan(self.scan.x), "outcome": without_nan(self.scan.y)},
        }


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


@dataclass(frozen=True)
class Frontier:
    """The level curve of an outcome over two parameters: crossings along the first for values of the second.

    Attributes
    ----------
    along, over : the parameter along which roots were found, and the one whose values were gone through.
    outcome, month, level, unit, base_value : as in `Tipping`.
    rows : one a value of ``over``: ``over``, ``crossings`` (values of ``along``, ascending), ``low`` and ``high`` (the
        outcome at the ends of ``along``).
    verdict : in words.
    basis : what was run.
    """

    along: Parameter
    over: Parameter
    outcome: str
    month: int
    level: float
    unit: str
    base_value: float
    rows: tuple[dict[str, Any], ...]
    verdict: str
    basis: Basis

    def table(self) -> list[dict[str, float]]:
        """Return the points of the curve, one a row, with both parameters by name."""
        return [
            {self.over.name: row["over"], self.along.name: value} for row in self.rows for value in row["crossings"]
        ]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "frontier",
            **self.basis.to_json(),
            "along": plain(self.along),
            "over": plain(self.over),
            "outcome": self.outcome,
            "month": self.month,
            "level": self.level,
            "unit": self.unit,
            "base_value": without_nan(self.base_value),
            "verdict": self.verdict,
            "rows": without_nan([dict(row) for row in self.rows]),
        }


class Asked(AbstractContextManager["Asked"]):
    """An evaluator that remembers what was asked and what failed, and tells how far it is."""

    def __init__(self, base: Scenario, on_done: Callable[[int], None] | None, **settings: Any) -> None:
        self.base = base
        self.settings = settings
        self.evaluate = Evaluator(base, **settings)
        self.on_done = on_done
        self.failed: list[tuple[int, str]] = []
        self.designs: list[Design] = []
        self.seen: list[Floats] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.evaluate.__exit__(kind, error, trace)

    def __call__(self, designs: Sequence[Design]) -> Evaluated:
        """Evaluate, remember failures, report."""
        begun = self.evaluate.done

        def tell(done: int, _: int) -> None:
            if self.on_done is not None:
                self.on_done(begun + done)

        found = self.evaluate(designs, tell)
        self.failed += [(begun + number, error) for number, error in found.failed]
        return found

    def at(self, designs: Sequence[Design], outcome: str, month: int) -> Floats:
        """Evaluate one outcome, shape (n,), and remember the values for the comparison with a finer grid."""
        values = self(designs).at(outcome, month)
        self.designs += designs
        self.seen.append(values)
        return values

    def check(self, outcome: str, month: int, size: int, finer: str | Grid) -> GridCheck | None:
        """Compare a sample of what was asked with a finer grid."""
        return compare_grids(
            self.base,
            self.designs,
            {(outcome, month): np.concatenate(self.seen)},
            grid=self.settings["grid"],
            rationality=self.settings["rationality"],
            jobs=self.settings["jobs"],
            size=size,
            finer=finer,
        )

    def basis(self, check: GridCheck | None = None) -> Basis:
        """Return what was run."""
        return basis_of(
            self.base,
            grid=self.settings["grid"],
            rationality=self.settings["rationality"],
            variants=self.evaluate.done,
            failed=self.failed,
            check=check,
        )


def tipping(
    base: Scenario,
    parameter: str,
    outcome: str,
    level: float,
    *,
    at: int = MONTHS,
    limits: tuple[float, float] | None = None,
    points: int = POINTS,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> Tipping:
    """Find every value of a parameter at which an outcome crosses a level.

    Parameters
    ----------
    base : the scenario; all other parameters keep its values.
    parameter : a numeric parameter.
    outcome, level, at : a headline outcome, in its unit, at the end of this month.
    limits : range of the parameter; default: its plausible range.
    points : how many values to start from.
    grid, rationality, jobs : as for `sim.analyse.evaluate`.
    check : how many variants to compute again on ``finer``; 0: none.
    on_done : called with the number of variants evaluated so far.

    Raises
    ------
    UsageError : a parameter, range, outcome, level, month or number of points that does not make sense.
    """
    _check_goal(outcome, level, at, grid)
    moved = parameter_of(base, parameter, limits, grid)
    with Asked(base, on_done, grid=grid, months=at, rationality=rationality, jobs=jobs) as ask:

        def f(_: Ints, x: Floats) -> Floats:
            return ask.at([with_rest(base, {parameter: value}) for value in x.tolist()], outcome, at)

        own = float(ask.at([{}], outcome, at)[0])
        (scan,) = crossings(f, [grid_points(moved, points)], level, tolerance=tolerance_of(moved))
        scan = _whole(scan) if moved.whole else scan
        basis = ask.basis(ask.check(outcome, at, check, finer))
    return Tipping(
        parameter=moved,
        outcome=outcome,
        month=at,
        level=level,
        unit=OUTCOME_UNITS[outcome],
        base_value=own,
        scan=scan,
        verdict=verdict(scan, outcome, level, moved),
        basis=basis,
    )


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
        else f"{_count(len(changes))} change{'s' if len(changes) > 1 else ''}"
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


def frontier(
    base: Scenario,
    along: str,
    over: str,
    outcome: str,
    level: float,
    *,
    at: int = MONTHS,
    limits: tuple[tuple[float, float] | None, tuple[float, float] | None] = (None, None),
    points: int = FRONTIER,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> Frontier:
    """Find the curve in the plane of two parameters on which an outcome is at a level.

    Parameters
    ----------
    along : the parameter along which roots are found, for each of ``points`` values of ``over``.
    limits : ranges of both; default: their plausible ranges.
    base, outcome, level, at, grid, rationality, jobs, check, finer, on_done : as for `tipping`.

    Raises
    ------
    UsageError : as for `tipping`; also one parameter given twice.
    """
    _check_goal(outcome, level, at, grid)
    if along == over:
        raise UsageError(f"parameter: found {along} twice; allowed: two different parameters")
    first, second = parameter_of(base, along, limits[0], grid), parameter_of(base, over, limits[1], grid)
    values = grid_points(second, points)
    with Asked(base, on_done, grid=grid, months=at, rationality=rationality, jobs=jobs) as ask:

        def f(which: Ints, x: Floats) -> Floats:
            pairs = zip(which.tolist(), x.tolist(), strict=True)
            return ask.at([with_rest(base, {over: float(values[i]), along: value}) for i, value in pairs], outcome, at)

        own = float(ask.at([{}], outcome, at)[0])
        line = grid_points(first, points)
        scans = crossings(f, [line] * len(values), level, rounds=1, tolerance=tolerance_of(first))
        basis = ask.basis(ask.check(outcome, at, check, finer))
    rows = tuple(
        {
            "over": float(value),
            "crossings": [crossing.value for crossing in scan.crossings],
            "low": float(scan.y[0]),
            "high": float(scan.y[-1]),
        }
        for value, scan in zip(values, scans, strict=True)
    )
    crossed = sum(bool(row["crossings"]) for row in rows)
    several = sum(len(scan.crossings) > 1 for scan in scans)
    text = f"crossed at {crossed} of {len(rows)} values of {over}"
    text = f"none: {text}" if not crossed else f"{text}, more than once at {several}" if several else text
    return Frontier(first, second, outcome, at, level, OUTCOME_UNITS[outcome], own, rows, text, basis)


def parameter_of(base: Scenario, name: str, limits: tuple[float, float] | None, grid: str | Grid) -> Parameter:
    """Return a parameter with its range, checked (see `DesignSpace.of`)."""
    space = DesignSpace.of(base, [name], {} if limits is None else {name: limits}, grid=grid)
    low, high = (float(end[0]) for end in space.ends)
    if limits is not None and (low, high) != limits and not is_whole(name):
        raise UsageError(
            f"{name}: found a range from {limits[0]:g} to {limits[1]:g}; allowed beside the other values: "
            f"{low:g} to {high:g}"
        )
    return Parameter(name, low, high, base.parameters()[name], numeric(name).unit, is_whole(name))


def grid_points(parameter: Parameter, points: int) -> Floats:
    """Return the first values to look at: evenly spread, the base's own among them; whole where they must be."""
    if points < 2:
        raise UsageError(f"points: found {points}; allowed: 2 or more")
    line = np.linspace(parameter.low, parameter.high, points)
    if parameter.low < parameter.value < parameter.high:
        line = np.append(line, parameter.value)
    result: Floats = np.unique(line.round() if parameter.whole else line)
    return result


def tolerance_of(parameter: Parameter) -> float:
    """Return how closely a crossing is found, as a share of the range: down to two neighbours for whole numbers."""
    return 0.4 / (parameter.high - parameter.low) if parameter.whole else TOLERANCE


def verdict(scan: Scan, outcome: str, level: float, parameter: Parameter) -> str:
    """Say in words how often the level is crossed."""
    n = len(scan.crossings)
    if not n:
        fine = scan.y[np.isfinite(scan.y)]
        if not fine.size:
            return "none: no value could be computed"
        where = "at or above" if fine[0] >= level else "below"
        return (
            f"none: {outcome} stays {where} {level:g} for {parameter.name} from {parameter.low:g} to {parameter.high:g}"
        )
    text = f"{_count(n)} crossing{'s' if n > 1 else ''}"
    if scan.monotone:
        return text
    return f"{text}, though not monotone" if n == 1 else f"not monotone: {text}"


def _whole(scan: Scan) -> Scan:
    """Return the crossings of a parameter of whole numbers: between two neighbours."""
    made = tuple(
        Crossing((round(c.below) + round(c.above)) / 2, float(round(c.below)), float(round(c.above)), c.rising, True)
        for c in scan.crossings
    )
    return Scan(scan.x, scan.y, made)


def _check_goal(outcome: str, level: float, at: int, grid: str | Grid) -> None:
    from sim.model import grid_of

    check_outcome(outcome)
    check_month(at, grid_of(grid).rounds)
    if not np.isfinite(level):
        raise UsageError(f"level: found {level}; allowed: a number, in {OUTCOME_UNITS[outcome]}")


def _count(n: int) -> str:
    return _COUNTS[n] if n < len(_COUNTS) else str(n)


def _no(what: str, found: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(found, allowed, 1)
    return f"{what}: found {found!r}; allowed: {', '.join(allowed)}.{f' Did you mean {near[0]}?' if near else ''}"
