"""The baseline by rule: the values that a draw of the ensemble gives the baseline, rounded so that they can be read."""

from __future__ import annotations

from typing import Any

from sim.analyse.calibration.ensemble import Ensemble
from sim.analyse.ties import with_rest
from sim.scenario import Scenario

DIGITS = 4
"""Significant digits of a drawn value; what is left for the other party at a table is exact."""


def values_of(ensemble: Ensemble, number: int, base: Scenario) -> dict[str, Any]:
    """Return parameter -> value of the draw of this number, the other party's chance at each table included.

    Raises
    ------
    ValueError : no draw of this number.
    """
    drawn = ensemble.member(ensemble.numbers.index(number))
    rounded = {name: float(f"{value:.{DIGITS}g}") for name, value in drawn.items()}
    found = with_rest(base, rounded)
    return {name: round(value, 12) if isinstance(value, float) else value for name, value in found.items()}
