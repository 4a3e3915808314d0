"""Ledgers of courses of play: what would have been put down of a course that the model itself played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ledger import FREED, GIVEN, ITEMS, NOBODY, NOTHING, PRISONERS, SIZES
from sim.analyse.calibration.likelihood import PUNISHED, SNAPPED, TIGHTENED, UNASKED, kinds_of, us_given
from sim.rng import stream

if TYPE_CHECKING:
    from sim.forecast.histories import Histories

Ints = npt.NDArray[np.int64]


def true_codes(histories: Histories) -> Ints:
    """Return the number of what is true of every entry, shape (courses, months, items)."""
    model = histories.model
    kinds = kinds_of(model)
    before = np.asarray(model.measures["contact"]).astype(np.int64)[histories.states["us-table"] % model.axes.size]
    chosen = {turn: choice.astype(np.int64) for turn, choice in histories.choices.items()}
    given = np.array(
        [[GIVEN.index(us_given(package, level)) for level in range(3)] for package in model.packages["us-table"]]
    )
    freed = kinds.us_freed[chosen["us-table"]]
    unasked = (chosen["minsk"] == UNASKED) & (freed == FREED.index(NOBODY))
    freed = np.where(unasked, FREED.index(PRISONERS), freed)
    items = (
        freed * len(GIVEN) + given[chosen["us-table"], before],
        kinds.eu_code[chosen["eu-table"]],
        chosen["washington"] == SNAPPED,
        chosen["brussels"] == TIGHTENED,
        chosen["moscow"] == PUNISHED,
    )
    return np.stack([np.asarray(item, dtype=np.int64).T for item in items], axis=-1)


def miscoded(codes: Ints, error: float, seed: int) -> Ints:
    """Return entries as they are put down: each wrongly with chance ``error``, and then equally likely any other."""
    rng = stream(seed, "ledger", "error")
    wrong = rng.random(codes.shape) < error
    sizes = np.array([SIZES[item] for item in ITEMS])
    other = (codes + 1 + np.floor(rng.random(codes.shape) * (sizes - 1)).astype(np.int64)) % sizes
    return np.where(wrong, other, codes)


QUIET = FREED.index(NOBODY) * len(GIVEN) + GIVEN.index(NOTHING)
"""The label of a month in which nothing is seen between Minsk and Washington."""
