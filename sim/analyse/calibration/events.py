"""The events that a frozen forecast is about: whether each happens, in sampled courses and in a ledger."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ledger import (
    EMBASSY,
    ENVOYS,
    EU_GIVEN,
    FREED,
    GIVEN,
    LEADER,
    MASS,
    NOBODY,
    RELIEF,
    Ledger,
)

Ints = npt.NDArray[np.int64]

EVENTS = {
    "release": "somebody is freed",
    "leader": "a leader is freed",
    "mass_release": "200 people or more are freed",
    "visit": "envoys come where there were none",
    "embassy": "the embassy reopens",
    "us_relief": "Washington eases sanctions",
    "eu_relief": "Brussels eases sanctions",
    "us_taken_back": "Washington takes relief back",
    "eu_taken_back": "Brussels takes relief back",
    "punished": "Moscow punishes Minsk",
}


def happened(codes: Ints) -> dict[str, npt.NDArray[np.bool_]]:
    """Return event -> whether it happens, shape (courses, months), from entries of shape (courses, months, items)."""
    us_freed, us_given = np.divmod(codes[..., 0], len(GIVEN))
    eu_freed, eu_given = np.divmod(codes[..., 1], len(EU_GIVEN))

    def whom(name: str) -> npt.NDArray[np.bool_]:
        number = FREED.index(name)
        return np.asarray((us_freed == number) | (eu_freed == number))

    nobody = FREED.index(NOBODY)
    return {
        "release": (us_freed != nobody) | (eu_freed != nobody),
        "leader": whom(LEADER),
        "mass_release": whom(MASS),
        "visit": us_given == GIVEN.index(ENVOYS),
        "embassy": us_given == GIVEN.index(EMBASSY),
        "us_relief": us_given == GIVEN.index(RELIEF),
        "eu_relief": eu_given == EU_GIVEN.index(RELIEF),
        "us_taken_back": codes[..., 2] == 1,
        "eu_taken_back": codes[..., 3] == 1,
        "punished": codes[..., 4] == 1,
    }


def told_by(ledger: Ledger) -> list[dict[str, bool]]:
    """Return for each month event -> whether it happened, as far as the ledger tells."""
    found = []
    for month in ledger.months:
        us, eu, *flags = month.codes
        row = np.array([[[us or 0, eu or 0, *(flag or 0 for flag in flags)]]], dtype=np.int64)
        says = {event: bool(each[0, 0]) for event, each in happened(row).items()}
        unknown = set()
        if us is None:
            unknown |= {"visit", "embassy", "us_relief"}
        if eu is None:
            unknown |= {"eu_relief"}
        if us is None or eu is None:  # what one of them tells to have happened did, whatever the other is
            unknown |= {event for event in ("release", "leader", "mass_release") if not says[event]}
        unknown |= {
            event
            for event, flag in zip(("us_taken_back", "eu_taken_back", "punished"), flags, strict=True)
            if flag is None
        }
        found.append({event: value for event, value in says.items() if event not in unknown})
    return found
