"""Deliberate faults, by name: the ways in which a program like this one goes wrong.

Each is an edit of one file; its old text must be found exactly once, else the list has to be brought up to date.
"""

from __future__ import annotations

from tests.mutants.faults import forecast, game, kernels, model, solver
from tests.mutants.mutant import Fault

FAULTS: tuple[Fault, ...] = (
    *game.FAULTS,
    *solver.FAULTS,
    *kernels.FAULTS,
    *model.FAULTS,
    *forecast.FAULTS,
)
