"""A position to look at: the scenario's start with some dials set otherwise."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import numpy as np

from sim.errors import UsageError
from sim.model.compiled import Model
from sim.model.dials import DIALS, Floats


def position(model: Model, changes: Mapping[str, str | float] | None = None) -> Floats:
    """Return the probability of each state at a position, shape (S_0,); it sums to 1.

    Parameters
    ----------
    model : a compiled scenario, whose start fills in the dials that are not named.
    changes : dial -> level: a level's name (``contact`` -> ``"envoys"``), for ``leaders``, ``us_relief`` and
        ``eu_relief`` a number of steps, for ``prisoners`` a number of persons; between two lots it becomes a lottery
        over both, with the right mean.

    Raises
    ------
    UsageError : an unknown dial, or a level that it does not have.
    """
    if not changes:
        return model.start
    for name in changes:
        if name not in DIALS:
            near = difflib.get_close_matches(name, DIALS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"state: found dial {name!r}; allowed: {', '.join(DIALS)}{hint}")
    start = model.scenario.start
    level = {name: _level(model, name, changes.get(name, getattr(start, name))) for name in DIALS[:-1]}
    lot, top = model.grid.lot, model.axes.shape[-1] - 1
    persons = _persons(changes.get("prisoners", start.prisoners), lot * top)
    lots, rest = divmod(persons, lot)
    result = np.zeros(model.axes.size)
    result[model.axes.index(prisoners=int(lots), **level)] = 1.0 - rest / lot
    if rest:
        result[model.axes.index(prisoners=int(lots) + 1, **level)] = rest / lot
    result.flags.writeable = False
    return result


def _level(model: Model, name: str, given: str | float) -> int:
    levels = model.axes.levels[DIALS.index(name)]
    text = str(int(given)) if isinstance(given, float) and given.is_integer() else str(given).strip()
    if text not in levels:
        near = difflib.get_close_matches(text, levels, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"state: {name}: found {given!r}; allowed: {', '.join(levels)}{hint}")
    return levels.index(text)


def _persons(given: str | float, most: int) -> float:
    try:
        persons = float(given)
    except ValueError:
        persons = -1.0
    if not 0 <= persons <= most:  # also refuses NaN
        raise UsageError(f"state: prisoners: found {given!r}; allowed: 0 to {most} persons on this grid")
    return persons
