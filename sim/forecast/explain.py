"""Why each capital does what it does: one call from a scenario to its decisions, split into payoff terms."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.forecast.benchmarks import MONTHS, benchmarks
from sim.forecast.decisions import Place, decisions_at
from sim.forecast.decompose import ledger_of, split
from sim.forecast.explanation import SCHEMA_VERSION, Decision, Explanation
from sim.forecast.run import versions
from sim.game import Chance
from sim.game.turns import Floats
from sim.model import PLAYERS, Grid, Model, compile
from sim.model.position import position
from sim.scenario import Scenario, load
from sim.solver import Solution, propagate, solve

TOP = 6
"""Options of a decision that are kept by default; the others are counted."""


def explain(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    month: int = 0,
    state: Mapping[str, str | float] | None = None,
    turn: str | Sequence[str] | None = None,
    pressing: bool = False,
    top: int | None = TOP,
    answers: int = 1,
    grid: str | Grid = "default",
    rationality: float | Mapping[str, float] | None = None,
    with_benchmarks: bool = True,
    threads: int | None = None,
) -> Explanation:
    """Solve a scenario and split what every capital decides at one position into payoff terms.

    Parameters
    ----------
    source, overrides, grid, rationality, threads : as for `sim.run`.
    month : months that have gone by; 0 is now. Fewer months are then left to be played.
    state : dial -> level, where the position differs from the scenario's start; with nothing named, the start itself,
        as if that month had come with it. None: the likeliest position that play has reached by that month.
    turn : one turn or several, by name; default: all at which somebody decides.
    pressing : look at the table of Minsk and Brussels in a month in which Washington presses.
    top : how many options to keep of each decision, the likeliest first; None keeps all.
    answers : to how many packages of each proposer the answers are explained, the likeliest first.
    with_benchmarks : also the headlines at lam infinite and with nobody acting (two more solutions).

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense; all problems at once.
    UsageError : a month, a dial, a level, a turn or a number that does not exist.
    """
    whole = compile(load(source, overrides), grid)
    model = later(whole, month)
    turns = _turns(model, turn)
    lam = model.rationality if rationality is None else rationality
    start, reached = position(model, state), None
    if month and state is None:
        start, reached = likeliest(whole, solve(whole.game, lam, threads=threads), month)
    solution = solve(model.game, lam, threads=threads)
    marks = None
    if with_benchmarks:
        marks = benchmarks(model, solution, months=min(MONTHS, model.game.rounds), start=start, threads=threads)
    found = explain_solved(
        model, solution, start=start, turns=turns, pressing=pressing, top=top, answers=answers, threads=threads
    )
    return replace(found, month=month, benchmarks=marks, reached=reached)


def explain_solved(
    model: Model,
    solution: Solution,
    *,
    start: Floats | None = None,
    turns: Sequence[str] | None = None,
    pressing: bool = False,
    top: int | None = TOP,
    answers: int = 1,
    threads: int | None = None,
) -> Explanation:
    """Explain the first month of a model that is solved already. Arguments as for `explain`.

    ``start`` is the position: probabilities of the states, shape (S_0,); default: the scenario's start.
    """
    if (top is not None and top < 1) or answers < 0:
        raise UsageError(f"explain: found top {top} and answers {answers}; allowed: top 1 or more, answers 0 or more")
    at = model.start if start is None else start
    states = np.flatnonzero(at)
    parts = split(solution, ledger_of(model), 0, threads=threads)
    found: list[Decision] = []
    for name in _turns(model, turns):
        k = model.game.turn_index(name)
        # nothing is pending before a decision that the month reaches with nothing done yet
        here = states + model.axes.size if pressing and _press_counts(model, name) else states
        found += decisions_at(Place(parts, solution, k, here, at[states], top, answers))
    scenario = model.scenario
    return Explanation(
        schema_version=SCHEMA_VERSION,
        scenario=scenario.id,
        title=scenario.title,
        scenario_hash=scenario.hash,
        versions=versions(),
        grid=model.grid.name,
        rationality=dict(zip(PLAYERS, solution.rationality.tolist(), strict=True)),
        month=0,
        position=describe(model, at),
        pressing=pressing,
        decisions=tuple(found),
        benchmarks=None,
    )


def likeliest(model: Model, solution: Solution, month: int) -> tuple[Floats, float]:
    """Return the likeliest of all positions that play has reached after some months, shape (S_0,), and how likely."""
    there = propagate(solution, model.start, month).boundary[month]
    state = int(np.argmax(there))
    found = np.zeros_like(there)
    found[state] = 1.0
    return found, float(there[state])


def later(model: Model, month: int) -> Model:
    """Return the model as it stands when some months have gone by: fewer are left to be played.

    Raises
    ------
    UsageError : a month after the last that the grid plays.
    """
    if not 0 <= month < model.game.rounds:
        raise UsageError(
            f"month: found {month}; allowed: 0 to {model.game.rounds - 1} on grid {model.grid.name!r}, "
            f"which plays {model.game.rounds} months"
        )
    return replace(model, game=model.game.replace(rounds=model.game.rounds - month)) if month else model


def deciding(model: Model) -> tuple[str, ...]:
    """Return the names of the turns at which somebody decides, in order of play."""
    return tuple(turn.name for turn in model.game.turns if not isinstance(turn, Chance))


def describe(model: Model, start: Floats) -> dict[str, float | str]:
    """Return dial -> level of a position; ``prisoners`` is a mean number of persons, numbers of steps are numbers."""
    state = int(np.argmax(start))
    label = model.axes.label(state)
    found: dict[str, float | str] = {
        name: float(level) if name in ("leaders", "us_relief", "eu_relief") else level for name, level in label.items()
    }
    found["prisoners"] = float(start @ model.measures["prisoners"])
    return found


def _press_counts(model: Model, turn: str) -> bool:
    return bool(model.pressing(turn).any())


def _turns(model: Model, wanted: str | Sequence[str] | None) -> tuple[str, ...]:
    names = deciding(model)
    if wanted is None:
        return names
    asked = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    for name in asked:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"turn: found {name!r}; allowed: {', '.join(names)}{hint}")
    return tuple(name for name in names if name in asked)
