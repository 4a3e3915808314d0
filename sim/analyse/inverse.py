"""The inverse question: what is the smallest change of assumptions that would flip the answer?

One parameter at a time: every parameter is moved through its range, and the crossing nearest to the base is found;
sizes are shares of the range, so that they can be ranked. Several at once: the point nearest to the base, in
coordinates normalised by the ranges, at which the goal is met, by sequential quadratic programming (`scipy`'s SLSQP)
with gradients from batches of finite differences. Its first step is that of Hasofer, Lind, Rackwitz and Fiessler's
iteration (Rackwitz and Fiessler 1978, Computers and Structures 9:489-494), kept inside the ranges. The search is
local; what it returns is verified by a full solve, and "not found" is an answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analyse.record import CHECKED, FINER, SCHEMA_VERSION, Basis, Floats, finer_than, plain, without_nan
from sim.analyse.roots import Ints, Scan, crossings
from sim.analyse.space import DesignSpace, with_rest
from sim.analyse.tipping import Asked, Parameter, _check_goal, grid_points, parameter_of, tolerance_of
from sim.analyse.variants import MONTHS, Design, Evaluated, evaluate
from sim.errors import UsageError
from sim.forecast.result import OUTCOME_UNITS

if TYPE_CHECKING:
    from sim.model import Grid
    from sim.scenario import Scenario

POINTS = 5
"""Points along each parameter, beside the base's own value."""
WIDTH = 12
"""Most parameters that the joint search moves: those whose single changes move the goal most."""
STEP = 0.01
"""Half a finite difference, as a share of the range."""
SMALL = 0.01
"""Moves smaller than this share of the range are taken back."""
ITERATIONS = 12

Gap = Callable[[Floats], Floats]
"""Points in range-normalised coordinates, shape (n, d) -> gap to the goal, shape (n,); at or above 0: met."""


@dataclass(frozen=True)
class Move:
    """One parameter's part in a change: from the base's value to another; ``share`` of its range, with its sign."""

    parameter: str
    unit: str
    low: float
    high: float
    base: float
    value: float
    share: float


@dataclass(frozen=True)
class Flip:
    """A change of one parameter that flips the answer.

    ``figure`` is the outcome there (for a deal: its lead over the next one), ``jump`` whether it leaps there, and
    ``finer`` whether the answer also flips on the finer grid (None: not checked).
    """

    move: Move
    figure: float
    jump: bool
    finer: bool | None = None


@dataclass(frozen=True)
class Joint:
    """The smallest change of several parameters that was found.

    Attributes
    ----------
    found : whether the goal is met at these moves, by a full solve.
    moves : largest first.
    distance : length of the change (root of the summed squares of the shares).
    figure : the outcome (or lead) there.
    finer : whether the goal is also met on the finer grid; None: not checked.
    searched : the parameters that could move.
    message : how the search ended, in words.
    """

    found: bool
    moves: tuple[Move, ...]
    distance: float
    figure: float
    finer: bool | None
    searched: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Inverse:
    """What would flip the answer.

    Attributes
    ----------
    goal : in words.
    outcome, month, level : the outcome and level; for a deal ``outcome`` is None and ``deal`` the kind.
    unit : of the figures.
    base_figure : in the unchanged scenario: the outcome, or the deal's lead over the next likeliest.
    flips : single changes that flip it, smallest first.
    without : parameters that do not flip it anywhere in their range, with the figure that comes nearest.
    joint : the smallest change of several; None where it was not asked for.
    basis : what was run.
    """

    goal: str
    outcome: str | None
    month: int
    level: float | None
    deal: str | None
    unit: str
    base_figure: float
    flips: tuple[Flip, ...]
    without: tuple[tuple[str, float], ...]
    joint: Joint | None
    basis: Basis

    def table(self) -> list[dict[str, Any]]:
        """Return the single changes, one a row, smallest first."""
        return [
            {**flip.move.__dict__, "figure": flip.figure, "jump": flip.jump, "finer": flip.finer} for flip in self.flips
        ]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers; None for NaN."""
        return {
            "schema_version": SCHEMA_VERSION,
            "analysis": "inverse",
            **self.basis.to_json(),
            "goal": self.goal,
            "outcome": self.outcome,
            "month": self.month,
            "level": self.level,
            "deal": self.deal,
            "unit": self.unit,
            "base_figure": without_nan(self.base_figure),
            "flips": without_nan(self.table()),
            "without": [{"parameter": name, "nearest": without_nan(value)} for name, value in self.without],
            "joint": None if self.joint is None else plain(self.joint),
        }


@dataclass(frozen=True)
class _Goal:
    outcome: str | None
    level: float
    deal: str | None
    month: int
    sign: float = 1.0

    def figures(self, found: Evaluated) -> Floats:
        """Return the outcome, or the deal's lead in probability over the next kind of first deal, shape (n,)."""
        if self.deal is None:
            assert self.outcome is not None
            return found.at(self.outcome, self.month)
        assert found.first_deals is not None
        leads = []
        for kinds in found.first_deals:
            others = [value for kind, value in kinds.items() if kind != self.deal]
            leads.append(kinds.get(self.deal, 0.0) - max(others) if others else np.nan)
        return np.array(leads)

    def gap(self, figures: Floats) -> Floats:
        """Return how far beyond the level the figures are, on the side away from the base; at or above 0: met."""
        result: Floats = self.sign * (figures - self.level)
        return result


def inverse(
    base: Scenario,
    outcome: str | None = None,
    level: float | None = None,
    *,
    deal: str | None = None,
    at: int = MONTHS,
    parameters: Sequence[str] | None = None,
    joint: bool = True,
    points: int = POINTS,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    check: int = CHECKED,
    finer: str | Grid = FINER,
    on_done: Callable[[int], None] | None = None,
) -> Inverse:
    """Find the smallest changes that move an outcome across a level, or make a kind of deal the likeliest first one.

    Parameters
    ----------
    base : the scenario.
    outcome, level : a headline outcome and the level that it should cross, from the side on which the base is.
    deal : instead: a kind of deal (as `sim.run` names first deals; ``none`` is no deal within the months).
    at : the month at whose end the outcome is read, or by which the first deal counts.
    parameters : which may change; default: all that have a range and matter.
    joint : also search for the smallest change of several at once.
    points : values to look at along each parameter before root-finding.
    check : how many of the smallest single changes, and the joint one, to verify on ``finer`` too; 0: none.
    grid, rationality, jobs, finer, on_done : as for `sim.analyse.tipping`.

    Raises
    ------
    UsageError : no goal or two, an unknown kind of deal or one that leads already, and as for `tipping`.
    """
    if (deal is None) == (outcome is None) or (outcome is not None and level is None):
        raise UsageError("goal: found none, or two; allowed: an outcome with a level, or a kind of deal")
    _check_goal(outcome or "freed", level or 0.0, at, grid)
    names = list(DesignSpace.of(base, parameters, grid=grid).names)
    moved = [parameter_of(base, name, None, grid) for name in names]
    moved = [_reaching(each) for each in moved]
    settings: dict[str, Any] = {"grid": grid, "months": at, "rationality": rationality, "jobs": jobs}
    settings["decisions"] = deal is not None
    with Asked(base, on_done, **settings) as ask:
        start = ask([{}])
        if start.failed:
            raise UsageError(start.failed[0][1])
        goal = _Goal(outcome, level or 0.0, deal, at)
        if deal is not None:
            _check_deal(deal, start)
        own = float(goal.figures(start)[0])
        if deal is not None and own >= 0:
            raise UsageError(f"deal: found {deal!r}, which is the likeliest first deal already")
        goal = _Goal(outcome, level or 0.0, deal, at, -1.0 if own >= goal.level else 1.0)

        def figures(designs: Sequence[Design]) -> Floats:
            return goal.figures(ask(designs))

        scans = _scan(figures, base, goal, moved, points)
        flips, without = _singles(moved, scans, goal)
        # a full solve at every answer; what is printed is what came out there
        solved = figures([with_rest(base, {flip.move.parameter: flip.move.value}) for flip in flips]) if flips else ()
        flips = tuple(replace(flip, figure=float(value)) for flip, value in zip(flips, solved, strict=True))
        together = None
        if joint:
            movable = _strongest([(each, scan) for each, scan in zip(moved, scans, strict=True) if not each.whole])
            together = _together(figures, base, goal, movable)
        basis = ask.basis()
    if check:
        flips, together = _verified(base, goal, flips, together, settings, check, finer)
    return Inverse(
        goal=_words(goal),
        outcome=outcome,
        month=at,
        level=level,
        deal=deal,
        unit="probability" if outcome is None else OUTCOME_UNITS[outcome],
        base_figure=own,
        flips=flips,
        without=without,
        joint=together,
        basis=basis,
    )


@dataclass(frozen=True)
class Nearest:
    """What `nearest_point` found: the point, its gap (at or above 0: met), whether it is met, and words."""

    point: Floats
    gap: float
    found: bool
    message: str


def nearest_point(
    gap: Gap, start: Floats, *, step: float = STEP, small: float = SMALL, iterations: int = ITERATIONS
) -> Nearest:
    """Find a point of the unit cube near ``start`` at which ``gap`` turns to 0 or above; local, and verified.

    Parameters
    ----------
    gap : called with batches of points, shape (n, d).
    start : shape (d,), inside the cube, with a gap below 0.
    step : half a finite difference.
    small : moves smaller than this are taken back before the last look along the line.
    iterations : of the search.
    """
    from scipy.optimize import minimize

    own = float(gap(start[None])[0])
    if own >= 0:
        return Nearest(start, own, True, "the goal is met from the start")
    scale = abs(own)  # the constraint starts at -1
    known: dict[bytes, float] = {start.tobytes(): own}
    best = (own, start)

    def value(x: Floats) -> float:
        key = x.tobytes()
        if key not in known:
            known[key] = float(gap(x[None])[0])
        return known[key]

    def constraint(x: Floats) -> float:
        nonlocal best
        found = value(x)
        if found > best[0]:
            best = (found, x.copy())
        return found / scale

    def slope(x: Floats) -> Floats:
        eye = np.eye(x.size) * step
        up, down = np.clip(x + eye, 0.0, 1.0), np.clip(x - eye, 0.0, 1.0)
        values = gap(np.concatenate([up, down]))
        n = x.size
        result: Floats = (values[:n] - values[n:]) / (up - down).diagonal() / scale
        if not np.isfinite(result).all():
            raise FloatingPointError
        return result

    try:
        answer = minimize(
            lambda x: 0.5 * float(((x - start) ** 2).sum()),
            start,
            jac=lambda x: x - start,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * start.size,
            constraints=[{"type": "ineq", "fun": constraint, "jac": slope}],
            options={"maxiter": iterations, "ftol": 1e-6},
        )
    except FloatingPointError:
        return Nearest(best[1], best[0], False, "the search met variants that cannot be computed")
    candidates = [answer.x, best[1]]
    for end in candidates:
        tidy = np.where(np.abs(end - start) < small, start, end)
        for way in (tidy - start, end - start):
            met = _along(gap, start, way)
            if met is not None:
                return Nearest(met[0], met[1], True, "a full solve confirms it; a smaller one elsewhere is possible")
    return Nearest(best[1], best[0], False, f"the search ended without meeting the goal ({answer.message})")


def _along(gap: Gap, start: Floats, way: Floats) -> tuple[Floats, float] | None:
    """Return the first point on a line from ``start`` where the goal is met, with its gap."""
    if not np.abs(way).max() > 0:
        return None
    with np.errstate(divide="ignore"):
        room = np.where(way > 0, (1 - start) / way, np.where(way < 0, -start / way, np.inf))
    longest = min(1.5, float(room.min()))
    if not longest > 0:
        return None

    def f(_: Ints, t: Floats) -> Floats:
        return gap(np.clip(start + t[:, None] * way, 0.0, 1.0))

    (scan,) = crossings(f, [np.linspace(0.0, longest, 7)], 0.0, rounds=0, tolerance=1e-5, keep=_first)
    if not scan.crossings:
        return None
    point = np.clip(start + scan.crossings[0].above * way, 0.0, 1.0)
    value = float(gap(point[None])[0])
    return (point, value) if value >= 0 else None


def _first(scan: Scan) -> list[tuple[float, float]]:
    return [(each.below, each.above) for each in scan.crossings[:1]]


def _reaching(parameter: Parameter) -> Parameter:
    """Return the parameter with its range widened, where need be, to hold the base's value."""
    low, high = min(parameter.low, parameter.value), max(parameter.high, parameter.value)
    return Parameter(parameter.name, low, high, parameter.value, parameter.unit, parameter.whole)


def _scan(
    figures: Callable[[Sequence[Design]], Floats],
    base: Scenario,
    goal: _Goal,
    moved: Sequence[Parameter],
    points: int,
) -> tuple[Scan, ...]:
    """Move one parameter at a time; on each side of the base only the crossing nearest to it is refined."""

    def f(which: Ints, x: Floats) -> Floats:
        pairs = zip(which.tolist(), x.tolist(), strict=True)
        return goal.gap(figures([with_rest(base, {moved[i].name: value}) for i, value in pairs]))

    made: list[Scan] = []
    grids = [grid_points(each, points) for each in moved]
    homes = {grid.tobytes(): each.value for grid, each in zip(grids, moved, strict=True)}

    def nearest(scan: Scan) -> list[tuple[float, float]]:
        home = homes[scan.x.tobytes()]
        pairs = [(each.below, each.above) for each in scan.crossings]
        left = [pair for pair in pairs if pair[1] <= home][-1:]
        right = [pair for pair in pairs if pair[0] >= home][:1]
        return left + right

    # one tolerance for all: the tightest that any needs
    tolerance = min(1e-4, *(tolerance_of(each) for each in moved if each.whole), 1.0)
    made += crossings(f, grids, 0.0, rounds=0, tolerance=tolerance, keep=nearest)
    return tuple(made)


def _singles(
    moved: Sequence[Parameter], scans: Sequence[Scan], goal: _Goal
) -> tuple[tuple[Flip, ...], tuple[tuple[str, float], ...]]:
    flips, without = [], []
    for each, scan in zip(moved, scans, strict=True):
        best = min(scan.crossings, key=lambda crossing: abs(crossing.above - each.value), default=None)
        if best is None:
            finite = scan.y[np.isfinite(scan.y)]
            nearest = goal.level + goal.sign * float(finite.max()) if finite.size else np.nan
            without.append((each.name, nearest))
            continue
        value = float(round(best.above)) if each.whole else best.above
        flips.append(Flip(_move(each, value), goal.level, best.jump))
    flips.sort(key=lambda flip: (abs(flip.move.share), flip.move.parameter))
    without.sort(key=lambda pair: (-goal.sign * pair[1], pair[0]))
    return tuple(flips), tuple(without)


def _strongest(pairs: Sequence[tuple[Parameter, Scan]]) -> list[Parameter]:
    def spread(scan: Scan) -> float:
        finite = scan.y[np.isfinite(scan.y)]
        return float(finite.max() - finite.min()) if finite.size else 0.0

    ranked = sorted(pairs, key=lambda pair: (-spread(pair[1]), pair[0].name))
    return [each for each, scan in ranked[:WIDTH] if spread(scan) > 0]


def _together(
    figures: Callable[[Sequence[Design]], Floats], base: Scenario, goal: _Goal, movable: Sequence[Parameter]
) -> Joint:
    names = tuple(each.name for each in movable)
    if not movable:
        return Joint(False, (), np.nan, np.nan, None, names, "no parameter that takes any value moves the outcome")
    low = np.array([each.low for each in movable])
    span = np.array([each.high - each.low for each in movable])
    home = np.array([each.value for each in movable])

    def gap(points: Floats) -> Floats:
        rows = (low + points * span).tolist()
        return goal.gap(figures([with_rest(base, dict(zip(names, row, strict=True))) for row in rows]))

    start = (home - low) / span
    found = nearest_point(gap, start)
    values = np.where(found.point == start, home, low + found.point * span)
    moves = [_move(each, float(value)) for each, value in zip(movable, values, strict=True)]
    moves = sorted((move for move in moves if move.share != 0), key=lambda move: (-abs(move.share), move.parameter))
    return Joint(
        found=found.found,
        moves=tuple(moves),
        distance=float(np.sqrt(sum(move.share**2 for move in moves))),
        figure=goal.level + goal.sign * found.gap,
        finer=None,
        searched=names,
        message=found.message,
    )


def _verified(
    base: Scenario,
    goal: _Goal,
    flips: tuple[Flip, ...],
    together: Joint | None,
    settings: dict[str, Any],
    check: int,
    finer: str | Grid,
) -> tuple[tuple[Flip, ...], Joint | None]:
    """Solve the smallest single changes and the joint one again, also on the finer grid."""
    fine = finer_than(settings["grid"], finer)
    designs = [with_rest(base, {flip.move.parameter: flip.move.value}) for flip in flips[:check]]
    if together is not None and together.found:
        designs.append(with_rest(base, {move.parameter: move.value for move in together.moves}))
    if not designs or fine is None:
        return flips, together
    met = (goal.gap(goal.figures(evaluate(base, designs, **{**settings, "grid": fine}))) >= 0).tolist()
    checked = [replace(flip, finer=answer) for flip, answer in zip(flips[:check], met, strict=False)]
    if together is not None and together.found:
        together = replace(together, finer=met[-1])
    return (*checked, *flips[check:]), together


def _move(parameter: Parameter, value: float) -> Move:
    share = (value - parameter.value) / (parameter.high - parameter.low)
    return Move(
        parameter.name, parameter.unit, parameter.low, parameter.high, parameter.value, value, float(share) or 0.0
    )


def _check_deal(deal: str, start: Evaluated) -> None:
    assert start.first_deals is not None
    kinds = sorted(start.first_deals[0])
    if deal not in kinds:
        near = difflib.get_close_matches(deal, kinds, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"deal: found {deal!r}; allowed: {', '.join(kinds)}.{hint}")


def _words(goal: _Goal) -> str:
    if goal.deal is not None:
        return f"the likeliest first deal within {goal.month} months is: {goal.deal}"
    side = "at or above" if goal.sign > 0 else "below"
    return f"{goal.outcome} at month {goal.month} {side} {goal.level:g}"
