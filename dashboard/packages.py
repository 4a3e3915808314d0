"""One package of a deal space, told in full: what it brings everybody, who blocks it, what would bring them in.

Nothing here knows Streamlit. The numbers are those of `sim.forecast.deals`, read off its arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.forecast.deal_records import Deal, Deals, Sweetening

NOTHING = "nothing in the menu"


def deal_at(found: Deals, row: int) -> Deal:
    """Return one package of a deal space as `Deals.top` tells those of the frontier.

    Raises
    ------
    UsageError : no such row.
    """
    from sim.forecast.deal_records import Deal
    from sim.forecast.deal_space import CONTENTS
    from sim.model import PLAYERS

    space = found.arrays
    if not 0 <= row < len(space.gains):
        raise UsageError(f"package: found {row}; allowed: 0 to {len(space.gains) - 1}")
    gains = dict(zip(PLAYERS, space.gains[row].tolist(), strict=True))
    loses = {name: -gain for name, gain in gains.items() if gain < 0}
    picked = [rule for rule, deal in found.picks.items() if deal is not None and deal.index == row]
    if found.likeliest is not None and found.likeliest.deal.index == row:
        picked.append("likeliest")
    return Deal(
        index=row,
        roles=tuple(picked),
        label=label(found, row),
        contents=dict(zip(CONTENTS, space.contents[row].tolist(), strict=True)),
        gains=gains,
        shares={name: gains[name] / found.scale[name] for name in found.signatories},
        punished=float(space.punished[row]),
        efficient=bool(found.on_frontier[row]),
        efficient_all=bool(found.on_frontier_all[row]),
        blockers={name: loss for name, loss in loses.items() if name in found.signatories},
        hurt={name: loss for name, loss in loses.items() if name not in found.signatories},
        sweeteners=_sweeteners(found, row),
    )


def label(found: Deals, row: int) -> str:
    """Return a package in words."""
    from sim.model import package

    if not found.arrays.contents[row].any():
        return "no deal"
    prisoners, leaders, us, eu, contact, pressing = (round(float(part)) for part in found.arrays.contents[row])
    return package(prisoners, leaders, us, eu, contact, bool(pressing)).label


def nearest(found: Deals, contents: tuple[float, ...]) -> int:
    """Return the row of a package with these contents; the one with the nearest number of prisoners if there is none.

    Grids count prisoners in lots of different sizes, so what was chosen on one may be missing on another. Row 0, no
    deal, where nothing else in the package can be had at this place.
    """
    space = found.arrays.contents
    same = np.flatnonzero((space[:, 1:] == np.array(contents[1:])).all(axis=1))
    if not same.size:
        return 0
    return int(same[np.abs(space[same, 0] - contents[0]).argmin()])


def levels(found: Deals, column: int) -> list[float]:
    """Return what one part of a package can be in a deal space, ascending; ``column`` counts its contents."""
    return [float(value) for value in np.unique(found.arrays.contents[:, column])]


def with_part(found: Deals, row: int, column: int, value: float) -> int:
    """Return the row of the package with one part set otherwise; of those that have it so, the nearest to ``row``.

    Not every mixture can be had at every place. Parts are compared by the share of their range. Row 0, no deal, is no
    answer; ``row`` itself is where no other package has the part so.
    """
    space = found.arrays.contents
    wanted = np.array(space[row], dtype=float)
    wanted[column] = value
    able = np.flatnonzero(space[:, column] == value)
    able = able[able > 0]
    if not able.size:
        return row
    wide = np.maximum(space.max(axis=0) - space.min(axis=0), 1.0)
    return int(able[(np.abs(space[able] - wanted) / wide).sum(axis=1).argmin()])


def _sweeteners(found: Deals, row: int) -> tuple[Sweetening, ...]:
    from sim.bargain.sweetener import sweetener
    from sim.forecast.deal_records import Sweetening
    from sim.forecast.deal_space import CONTENTS
    from sim.forecast.deals import change_in_words
    from sim.model import PLAYERS

    space = found.arrays
    unit = np.array([found.scale.get(name, 1.0) for name in PLAYERS])
    told = []
    for column in space.columns:
        if space.gains[row, column] >= 0:
            continue
        s = sweetener(space.gains, space.contents, row, column, space.columns, unit, (0,))
        told.append(
            Sweetening(
                blocker=PLAYERS[column],
                change=NOTHING if s.dimension is None else change_in_words(CONTENTS[s.dimension], s.change),
                package=None if s.index is None else label(found, s.index),
                gains={} if s.index is None else dict(zip(PLAYERS, space.gains[s.index].tolist(), strict=True)),
                cost=s.cost,
                agreed=s.agreed,
            )
        )
    return tuple(told)
