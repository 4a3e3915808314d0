"""Who blocks a package, and what single change to it would cost the others least and bring that party in.

A signatory blocks a package if it loses by it. A sweetener is another package on the list that differs from it in one
dimension only (more prisoners, a step of relief less, ...), from which the blocker no longer loses and which turns no
other signatory into a blocker. Its cost is what the other signatories give up, each loss as a share of a scale of its
own, added up. The shares make the sum independent of units, but it remains a convention how to weigh one party's share
against another's. Of equally cheap changes the smallest counts, then the first on the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.bargain.frontier import Floats, checked
from sim.bargain.picks import ideal
from sim.errors import GameError


@dataclass(frozen=True, slots=True)
class Sweetener:
    """The cheapest single change that brings a blocker in.

    Attributes
    ----------
    blocker : number of the player.
    index : row of the changed package; None if no single change on the list does it.
    dimension : column of ``contents`` that changes; None with ``index``.
    change : by how much it changes; 0 with no answer.
    cost : what the other signatories give up, in shares of their scales; None with ``index``.
    agreed : whether nobody blocks the changed package.
    """

    blocker: int
    index: int | None
    dimension: int | None
    change: float
    cost: float | None
    agreed: bool

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def scale_of(gains: npt.ArrayLike) -> Floats:
    """Return the unit in which each player's gains are shown, shape (N,).

    It is the ideal (see `sim.bargain.picks.ideal`); where that is 0, the player's largest gain or loss of all packages;
    1 for a player whom no package touches.
    """
    rows = checked(gains)
    best, largest = ideal(rows), np.abs(rows).max(axis=0)
    return np.where(best > 0, best, np.where(largest > 0, largest, 1.0))


def sweetener(
    gains: npt.ArrayLike,
    contents: npt.ArrayLike,
    package: int,
    blocker: int,
    signatories: Sequence[int],
    scale: npt.ArrayLike | None = None,
    excluded: Sequence[int] = (),
) -> Sweetener:
    """Find the cheapest single change that brings a blocker in.

    Parameters
    ----------
    gains : shape (M, N), gains over no deal.
    contents : shape (M, D), what each package contains, one number a dimension; no two rows equal.
    package, blocker : row of the package, column of the player who loses by it.
    signatories : columns of the players whose consent is needed, the blocker among them.
    scale : shape (N,), above 0; default `scale_of` the signatories, 1 for the others.
    excluded : rows that do not count as an answer, such as no deal at all.

    Raises
    ------
    GameError : shapes that do not fit, or a player who does not block the package.
    """
    rows, parts = checked(gains), checked(contents, "contents")
    n_packages, n_players = rows.shape
    if len(parts) != n_packages:
        raise GameError(f"contents: found {len(parts)} rows; allowed: {n_packages}, one for each package")
    if not 0 <= package < n_packages:
        raise GameError(f"package: found {package}; allowed: 0 to {n_packages - 1}")
    signing = list(signatories)
    if blocker not in signing or not set(signing) <= set(range(n_players)):
        raise GameError(f"signatories: found {signing}, blocker {blocker}; allowed: columns of gains, with the blocker")
    if rows[package, blocker] >= 0:
        raise GameError(f"blocker: found a gain of {rows[package, blocker]:g}; allowed: a player who loses")
    others = [i for i in signing if i != blocker]
    unit = np.ones(n_players)
    if scale is None:
        unit[signing] = scale_of(rows[:, signing])
    else:
        unit = np.asarray(scale, dtype=np.float64)
    different = parts != parts[package]
    near = np.flatnonzero((different.sum(axis=1) == 1) & (rows[:, blocker] >= 0))
    new_blocker = (rows[near][:, others] < 0) & (rows[package, others] >= 0)
    near = np.setdiff1d(near[~new_blocker.any(axis=1)], excluded)
    if not near.size:
        return Sweetener(blocker, None, None, 0.0, None, False)
    loss = np.maximum(0.0, rows[package, others] - rows[near][:, others]) / unit[others]
    cost = loss.sum(axis=1)
    dimension = different[near].argmax(axis=1)
    change = parts[near, dimension] - parts[package, dimension]
    best = int(np.lexsort([near, np.abs(change), cost])[0])
    found = int(near[best])
    return Sweetener(
        blocker=blocker,
        index=found,
        dimension=int(dimension[best]),
        change=float(change[best]),
        cost=float(cost[best]),
        agreed=bool((rows[found, signing] >= 0).all()),
    )
