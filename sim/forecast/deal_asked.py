"""One combined package that somebody asks about, and all packages that differ from it in one thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.errors import UsageError
from sim.forecast.deal_space import COMBINED, CONTENTS, DealSpace, Place
from sim.game.turns import Floats

_YES_NO = {"no": 0.0, "yes": 1.0, "0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}


def contents_of(package: Mapping[str, str | float]) -> Floats:
    """Return a package in numbers, shape (6,), columns `CONTENTS`; what is not named is 0.

    Parameters
    ----------
    package : from prisoners, leaders (persons), us, eu, contact (steps) and press (yes or no) to numbers.

    Raises
    ------
    UsageError : an unknown part, or a number that is not whole or below 0.
    """
    row = np.zeros(len(CONTENTS))
    parts = (*CONTENTS[:-1], "press")
    for name, value in package.items():
        key = "press" if name == "pressing" else name
        if key not in parts:
            raise UsageError(f"package: found {name!r}; allowed: {', '.join(parts)}")
        row[parts.index(key)] = _yes_no(value) if key == "press" else _number(name, value)
    return row


def _yes_no(value: str | float) -> float:
    text = f"{value:g}" if isinstance(value, int | float) else value.strip().lower()
    if text not in _YES_NO:
        raise UsageError(f"package: press: found {value!r}; allowed: yes or no")
    return _YES_NO[text]


def _number(name: str, value: str | float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not (np.isfinite(number) and number >= 0 and number == np.floor(number)):
        raise UsageError(f"package: {name}: found {value!r}; allowed: a whole number, 0 or more")
    return number


def around(place: Place, contents: Floats, signatories: Sequence[str]) -> DealSpace:
    """Return no deal, a package, and every combined package that differs from it in one thing only.

    Row 0 is no deal, row 1 the package (the same row where it is no deal itself). Every number of prisoners from 0 to
    the whole lots held is there.

    Raises
    ------
    UsageError : a package that does not fit the position or these signatories.
    """
    most = {"prisoners": place.whole_lots * place.model.grid.lot, **place.room(signatories)}
    most["pressing"] = int({"washington", "brussels"} <= set(signatories))
    for name, number in zip(CONTENTS, contents, strict=True):
        if number > most[name]:
            shown = "press" if name == "pressing" else name
            raise UsageError(
                f"package: {shown}: found {number:g}; allowed: at most {most[name]} here, signed by "
                f"{', '.join(signatories)}"
            )
    rows = [np.zeros(len(CONTENTS)), contents] if contents.any() else [np.zeros(len(CONTENTS))]
    for column, name in enumerate(CONTENTS):
        for number in range(most[name] + 1):
            other = contents.copy()
            other[column] = number
            # pressing without European relief would only cost Washington: no combined package has it
            if number != contents[column] and other.any() and not (other[5] > 0 and other[3] == 0):
                rows.append(other)
    every = np.array(rows)
    gains, punished = place.struck(every, signatories)
    return DealSpace(COMBINED, tuple(signatories), every, gains, punished)
