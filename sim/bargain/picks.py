"""One deal out of many, by the four classical rules, on a finite set of packages.

The bargaining problem is a set of packages, each a vector of gains over no deal, so the disagreement point is 0. All
rules choose among the packages from which nobody loses, and only if there is one from which everybody gains; else the
record says why nothing is picked.

- Nash (1950): the largest weighted product of gains. Does not depend on anybody's unit.
- Kalai and Smorodinsky (1975): gains in proportion to the ideal point, each player's largest gain from a package from
  which nobody loses. With more than two players, and on a finite set, the worst-off share of the ideal is made as
  large as possible, then the next (Imai 1983). Does not depend on units. It is also what the egalitarian rule gives
  once gains are counted from 0 to the ideal.
- Egalitarian (Kalai 1977): the smallest gain as large as possible, then the next. **Compares players' units.**
- Utilitarian: the largest sum of gains. **Compares players' units**; normalised, each gain is counted as a share of the
  player's ideal (relative utilitarianism), which no longer does.

Utilities of different players have no common unit. The egalitarian and the utilitarian pick change when one player's
payoffs are written in another unit; read their normalised versions beside them.

Every pick is Pareto efficient. A finite set has ties: all of them are named, the first by number is the pick. Rules on
lotteries over packages are in `sim.bargain.lotteries`.

References
----------
Nash (1950), The bargaining problem. Kalai, Smorodinsky (1975), Other solutions to Nash's bargaining problem. Imai
(1983), Individual monotonicity and lexicographic maxmin solution. Kalai (1977), Proportional solutions to bargaining
situations. Dhillon, Mertens (1999), Relative utilitarianism.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.bargain.frontier import Bools, Floats, Ints, checked, pareto
from sim.errors import GameError

TIE = 1e-10
"""Packages whose score differs by no more than this, relative to the scale of the scores, count as tied."""
NO_AGREEMENT = "no package makes every party better off than no deal"

RULES = ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian", "utilitarian_normalised")
RULE_LABELS = {
    "nash": "Nash",
    "kalai_smorodinsky": "Kalai-Smorodinsky",
    "egalitarian": "egalitarian",
    "utilitarian": "utilitarian",
    "utilitarian_normalised": "utilitarian, normalised",
}
COMPARES_UNITS = ("egalitarian", "utilitarian")


@dataclass(frozen=True, slots=True)
class Pick:
    """What a rule picks from a finite set.

    Attributes
    ----------
    rule : one of `RULES`.
    index : row of the pick, the first of ``ties``; None if there is no agreement.
    ties : all rows that the rule ranks equally high.
    gains : the pick's gains, one a party, in that party's points; empty if there is none.
    score : what the rule made as large as possible (Nash: sum of weight times log gain; Kalai-Smorodinsky and
        egalitarian: the smallest share or gain; utilitarian: the sum); None if there is none.
    reason : why there is no pick; empty if there is one.
    """

    rule: str
    index: int | None
    ties: tuple[int, ...]
    gains: tuple[float, ...]
    score: float | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "rule": self.rule,
            "index": self.index,
            "ties": list(self.ties),
            "gains": list(self.gains),
            "score": self.score,
            "reason": self.reason,
        }


def zone(gains: npt.ArrayLike) -> Bools:
    """Return which packages make every player better off than no deal, shape (M,): the zone of possible agreement."""
    better: Bools = np.all(checked(gains) > 0, axis=1)
    return better


def ideal(gains: npt.ArrayLike) -> Floats:
    """Return each player's largest gain among the packages from which nobody loses, shape (N,); 0 if there is none."""
    rows = checked(gains)
    acceptable = rows[(rows >= 0).all(axis=1)]
    best: Floats = acceptable.max(axis=0, initial=0.0)
    return best


def weights_of(n_players: int, weights: npt.ArrayLike | None) -> Floats:
    """Return the weights of a Nash product, shape (N,), 1 each by default.

    Raises
    ------
    GameError : another number of weights, or one that is not above 0.
    """
    array = np.ones(n_players) if weights is None else np.asarray(weights, dtype=np.float64)
    if array.shape != (n_players,) or not (np.isfinite(array).all() and (array > 0).all()):
        raise GameError(f"weights: found {array.tolist()}; allowed: {n_players} numbers above 0")
    return array


def nash(gains: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Pick:
    """Pick the package with the largest product of gains, each to the power of the player's weight.

    Parameters
    ----------
    gains : shape (M, N), gains over no deal.
    weights : shape (N,), above 0; 1 each by default.

    Raises
    ------
    GameError : gains or weights that do not make sense.
    """
    rows = checked(gains)
    weight = weights_of(rows.shape[1], weights)
    candidates = np.flatnonzero(zone(rows))
    if not candidates.size:
        return _none("nash")
    # by the best of each player, so that no unit is too large or too small
    score = np.log(rows[candidates] / rows[candidates].max(axis=0)) @ weight
    best = candidates[score >= score.max() - TIE * weight.sum()]
    return _pick("nash", rows, best, lambda row: float(np.log(row) @ weight))


def kalai_smorodinsky(gains: npt.ArrayLike) -> Pick:
    """Pick the package whose smallest share of the ideal is largest, then the next smallest, and so on.

    Raises
    ------
    GameError : gains that do not make sense.
    """
    rows = checked(gains)
    return _leximin("kalai_smorodinsky", rows, ideal(rows))


def egalitarian(gains: npt.ArrayLike) -> Pick:
    """Pick the package whose smallest gain is largest, then the next smallest, and so on. Compares players' units.

    Raises
    ------
    GameError : gains that do not make sense.
    """
    rows = checked(gains)
    return _leximin("egalitarian", rows, np.ones(rows.shape[1]))


def utilitarian(gains: npt.ArrayLike, *, normalised: bool = False) -> Pick:
    """Pick the package with the largest sum of gains among those from which nobody loses. Compares players' units.

    With ``normalised``, each gain counts as a share of the player's ideal, and no units are compared.

    Raises
    ------
    GameError : gains that do not make sense.
    """
    rows = checked(gains)
    rule = "utilitarian_normalised" if normalised else "utilitarian"
    if not zone(rows).any():
        return _none(rule)
    scale = ideal(rows) if normalised else np.ones(rows.shape[1])
    candidates = np.flatnonzero((rows >= 0).all(axis=1))
    score = (rows[candidates] / scale).sum(axis=1)
    best = candidates[score >= score.max() * (1.0 - TIE)]
    return _pick(rule, rows, best, lambda row: float((row / scale).sum()))


def picks(gains: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> dict[str, Pick]:
    """Return the picks of all rules, by rule in the order of `RULES`. Arguments as for `nash`."""
    found = (
        nash(gains, weights),
        kalai_smorodinsky(gains),
        egalitarian(gains),
        utilitarian(gains),
        utilitarian(gains, normalised=True),
    )
    return {pick.rule: pick for pick in found}


def _leximin(rule: str, rows: Floats, scale: Floats) -> Pick:
    if not zone(rows).any():
        return _none(rule)
    candidates = np.flatnonzero((rows >= 0).all(axis=1))
    ordered = np.sort(rows[candidates] / scale, axis=1)
    slack = TIE * ordered.max(axis=0)
    kept = np.arange(candidates.size)
    for level in range(ordered.shape[1]):
        column = ordered[kept, level]
        kept = kept[column >= column.max() - slack[level]]
    return _pick(rule, rows, candidates[kept], lambda row: float((row / scale).min()))


def _pick(rule: str, rows: Floats, best: Ints, score: Any) -> Pick:
    """Return the efficient ones among the best: what dominates one of them scores at least as high, so is there too."""
    ties = best[pareto(rows[best])]
    row = rows[ties[0]]
    return Pick(rule, int(ties[0]), tuple(ties.tolist()), tuple(row.tolist()), score(row))


def _none(rule: str) -> Pick:
    return Pick(rule, None, (), (), None, NO_AGREEMENT)
