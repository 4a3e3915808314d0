"""The headlines of a dossier's forecast computed on other grids: other lots, and more months to be played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analyse.dossier_record import OtherGrid

if TYPE_CHECKING:
    from sim.forecast.result import Result
    from sim.model import Grid
    from sim.scenario import Scenario


def grids(base: Scenario, result: Result, fine: Grid, coarse: Grid, rationality: float | None) -> tuple[OtherGrid, ...]:
    """Compute the headlines with other lots, and with twice as many months to be played."""
    from sim.model import Grid

    last = result.months[-1]
    own = {name: values[-1] for name, values in result.outcomes.items()}
    rows = []
    if coarse.lot != fine.lot:
        there = _headlines(base, coarse, rationality, last)
        what = f"prisoners counted in lots of {coarse.lot} instead of {fine.lot}"
        rows.append(OtherGrid(what, coarse.name, fine.name, here=own, there=there))
        near = there
    else:
        half = Grid(f"{fine.lot // 2}x{fine.rounds}", fine.lot // 2, fine.rounds)
        what = f"prisoners counted in lots of {half.lot} instead of {fine.lot}"
        there = _headlines(base, half, rationality, last)
        rows.append(OtherGrid(what, half.name, fine.name, here=own, there=there))
        near = own
    long = Grid(f"{coarse.lot}x{2 * coarse.rounds}", coarse.lot, 2 * coarse.rounds)
    what = f"{long.rounds} months played instead of {coarse.rounds}"
    there = _headlines(base, long, rationality, last)
    rows.append(OtherGrid(what, long.name, coarse.name, here=near, there=there))
    return tuple(rows)


def _headlines(base: Scenario, grid: Grid, rationality: float | None, month: int) -> dict[str, float]:
    from sim.forecast.outcomes import forecast, headlines
    from sim.model import compile
    from sim.solver import solve

    model = compile(base, grid)
    solution = solve(model.game, model.rationality if rationality is None else rationality)
    found = headlines(model, forecast(model, solution, month))
    return {name: float(row[-1]) for name, row in found.items()}
