"""One lottery over packages, by the rules of `sim.bargain.picks`, now on the convex hull of the gains.

Parties that can agree on a draw among packages can reach every mixture of gains. That makes the problem convex, which
the rules assume: a pick is then a single vector of gains, and an agreement may exist where no single package helps
everybody. Only mixtures of efficient packages matter, because every rule prefers more to less.

- Kalai-Smorodinsky, egalitarian, utilitarian: linear programmes (HiGHS). The smallest share is made as large as
  possible; those players who cannot have more are held there, and the same is done for the rest (lexicographic
  maximin). Mixtures with the same sum are told apart by the smallest share of the ideal.
- Nash: maximise the sum of weight times log gain over mixtures p of the rows g. With x = sum p_j g_j and prices
  c_i = w_i / x_i, no mixture is better by more than the gap max_j c.g_j - sum w. A few rows are held at a time; the
  best mixture of them is found by Newton steps along a barrier's path, then the row with the largest c.g_j joins
  (fully corrective Frank-Wolfe), until the gap is below `GAP`. The gap stands in the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.bargain.frontier import Bools, Floats, Ints, checked, pareto
from sim.bargain.picks import weights_of
from sim.errors import GameError

GAP = 1e-10
"""The search for the Nash lottery ends when no mixture can raise the sum of weight times log gain by more."""
SMALLEST_AGREEMENT = 1e-9
"""Lotteries count as an agreement if everybody can have this share of its own largest gain at the same time."""
NO_AGREEMENT = "no lottery over packages makes every party better off than no deal"
_NEGLIGIBLE = 1e-9  # probability below which a package is left out of a lottery
_AT_ONCE, _JOINING = 200, 20  # columns of a linear programme at first, and those that join at a time
_OPTIMAL, _PRICED, _ROUNDING = 1e-9, 1e-8, 1e-11
_STEPS = 500


@dataclass(frozen=True, slots=True)
class Lottery:
    """What a rule picks from the convex hull.

    Attributes
    ----------
    rule : as in `sim.bargain.picks.RULES`.
    packages : rows drawn, the likeliest first; empty if there is no agreement.
    probability : of each of them; sums to 1.
    gains : expected gains, one a party, in that party's points; empty if there is none.
    score : as in `sim.bargain.picks.Pick`; None if there is none.
    gap : Nash only: the score is at most this far below the best possible.
    reason : why there is no pick; empty if there is one.
    """

    rule: str
    packages: tuple[int, ...]
    probability: tuple[float, ...]
    gains: tuple[float, ...]
    score: float | None
    gap: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {
            "rule": self.rule,
            "packages": list(self.packages),
            "probability": list(self.probability),
            "gains": list(self.gains),
            "score": self.score,
            "gap": self.gap,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class _Solved:
    """Answer of a linear programme: the mixture, a price for every player's limit, and what using a row would cost."""

    share: Floats
    price: Floats
    cost: Floats


class Hull:
    """The convex hull of a finite set of gains over no deal; every player counted by its largest gain in the set.

    Attributes
    ----------
    rows : numbers of the packages that matter: the efficient ones, one of each.
    points : their gains, shape (len(rows), N).
    agreement : whether some lottery makes everybody better off.
    """

    def __init__(self, gains: npt.ArrayLike) -> None:
        all_rows = checked(gains)
        efficient = np.flatnonzero(pareto(all_rows))
        _, first = np.unique(all_rows[efficient], axis=0, return_index=True)
        self.rows: Ints = efficient[np.sort(first)]
        self.points: Floats = all_rows[self.rows]
        n_players = self.points.shape[1]
        best = self.points.max(axis=0)
        self.agreement = False
        self._unit = np.where(best > 0, best, 1.0)
        self._scaled = self.points / self._unit
        # columns of the linear programmes so far; more join as they are needed
        self._columns = np.unique(np.append(self._scaled.argmax(axis=0), np.arange(min(_AT_ONCE, len(self.rows)))))
        if (best > 0).all():
            self._start = self._solve(rise=np.ones(n_players)).share
            self.agreement = bool((self._start @ self._scaled).min() > SMALLEST_AGREEMENT)

    @cached_property
    def ideal(self) -> Floats:
        """Each player's largest expected gain in a lottery from which nobody loses, shape (N,); 0 with no agreement."""
        if not self.agreement:
            return np.zeros(len(self._unit))
        most = [(self._solve(toward=one).share @ self._scaled)[i] for i, one in enumerate(np.eye(len(self._unit)))]
        return np.array(most) * self._unit

    def nash(self, weights: npt.ArrayLike | None = None) -> Lottery:
        """Return the lottery with the largest product of expected gains, each to the power of the player's weight.

        Raises
        ------
        GameError : weights that do not make sense.
        """
        weight = weights_of(self.points.shape[1], weights)
        if not self.agreement:
            return _none("nash")
        share = self._start
        held = np.flatnonzero(share > _NEGLIGIBLE)
        held_share = share[held] / share[held].sum()
        total = weight.sum()
        for _ in range(_STEPS):
            held_share = _best_mixture(self._scaled[held], weight / total, held_share)
            worth = self._scaled @ (weight / total / (held_share @ self._scaled[held]))
            best = int(worth.argmax())
            if worth[best] - 1.0 <= GAP or best in held:
                break
            used = held_share > 1e-8
            held = np.append(held[used], best)
            held_share = np.append(held_share[used] / held_share[used].sum(), 0.0)
        held, held_share = self._fewer(held, held_share, weight / total)
        share = np.zeros(len(self.rows))
        share[held] = held_share
        gap = self._gap(held, held_share, weight / total)
        return self._lottery(
            "nash", share, float(np.log(share @ self.points) @ weight), gap=float(max(0.0, gap) * total)
        )

    def kalai_smorodinsky(self) -> Lottery:
        """Return the lottery whose smallest share of the ideal is largest, then the next smallest, and so on."""
        if not self.agreement:
            return _none("kalai_smorodinsky")
        share = self._leximin(self.ideal / self._unit)
        return self._lottery("kalai_smorodinsky", share, float((share @ self.points / self.ideal).min()))

    def egalitarian(self) -> Lottery:
        """Return the lottery whose smallest expected gain is largest, then the next. Compares players' units."""
        if not self.agreement:
            return _none("egalitarian")
        share = self._leximin(1.0 / self._unit)
        return self._lottery("egalitarian", share, float((share @ self.points).min()))

    def utilitarian(self, *, normalised: bool = False) -> Lottery:
        """Return the lottery with the largest sum of expected gains from which nobody loses. Compares players' units.

        With ``normalised``, gains count as shares of the ideal, and no units are compared.
        """
        rule = "utilitarian_normalised" if normalised else "utilitarian"
        if not self.agreement:
            return _none(rule)
        scale = self.ideal if normalised else np.ones(len(self.ideal))
        toward = self._unit / scale
        best = self._solve(toward=toward / toward.max())
        share = self._leximin(self.ideal / self._unit, only=best)
        return self._lottery(rule, share, float((share @ self.points / scale).sum()))

    def picks(self, weights: npt.ArrayLike | None = None) -> dict[str, Lottery]:
        """Return the lotteries of all rules, by rule in the order of `sim.bargain.picks.RULES`."""
        found = (
            self.nash(weights),
            self.kalai_smorodinsky(),
            self.egalitarian(),
            self.utilitarian(),
            self.utilitarian(normalised=True),
        )
        return {lottery.rule: lottery for lottery in found}

    def _gap(self, held: Ints, share: Floats, weight: Floats) -> float:
        return float((self._scaled @ (weight / (share @ self._scaled[held]))).max() - 1.0)

    def _fewer(self, held: Ints, share: Floats, weight: Floats) -> tuple[Ints, Floats]:
        """Return a mixture of fewer rows where that leaves the gap within bounds."""
        from scipy.optimize import nnls

        # the same gains: a least-squares solution has no more rows than it needs
        wanted = share @ self._scaled[held]
        found, _ = nnls(np.vstack([self._scaled[held].T, np.ones(held.size)]), np.append(wanted, 1.0))
        candidates = [(held[found > 0], found[found > 0] / found.sum())]
        while candidates[-1][0].size > 1:
            rows, mixture = candidates[-1]
            rest = np.delete(mixture, mixture.argmin())
            candidates.append((np.delete(rows, mixture.argmin()), rest / rest.sum()))
        allowed = max(GAP, 2.0 * self._gap(held, share, weight))
        for rows, mixture in reversed(candidates):
            if (mixture @ self._scaled[rows] > 0).all() and self._gap(rows, mixture, weight) <= allowed:
                return rows, mixture
        return held, share

    def _leximin(self, scale: Floats, only: _Solved | None = None) -> Floats:
        """Return the mixture whose shares x / scale are lexicographically largest, smallest first, shape (rows,)."""
        floor, rise = np.zeros(len(scale)), scale.copy()
        while True:
            done = self._solve(floor=floor, rise=rise, only=only)
            # whoever has a price above 0 has exactly this share in every best mixture
            held = (done.price > _PRICED * done.price.max()) & (rise > 0)
            floor = np.where(held, (done.share @ self._scaled) * (1.0 - _ROUNDING), floor)
            rise = np.where(held, 0.0, rise)
            if not rise.any() or not held.any():
                return done.share

    def _solve(
        self,
        *,
        floor: Floats | None = None,
        rise: Floats | None = None,
        toward: Floats | None = None,
        only: _Solved | None = None,
    ) -> _Solved:
        """Find the mixture with the largest t, or the largest ``toward`` . x, by adding columns until none helps.

        Parameters
        ----------
        floor : shape (N,); x_i >= floor_i for the players whose ``rise`` is 0; default 0. x = scaled expected gains.
        rise : shape (N,); x_i >= t rise_i for the others; default: maximise ``toward`` . x instead of t.
        toward : shape (N,).
        only : an earlier answer; look only among the mixtures that are as good by its standard.
        """
        n_players = self._scaled.shape[1]
        floor = np.zeros(n_players) if floor is None else floor
        rise = np.zeros(n_players) if rise is None else rise
        toward = np.zeros(n_players) if toward is None else toward
        usable = np.ones(len(self.rows), dtype=bool) if only is None else only.cost <= _PRICED
        capped = np.zeros(n_players, dtype=bool) if only is None else only.price > _PRICED
        while True:
            columns = self._columns[usable[self._columns]]
            done, price, cost = self._programme(columns, floor, rise, toward, capped)
            cost[~usable] = np.inf
            missing = np.flatnonzero(cost < -_OPTIMAL * max(1.0, np.abs(price).max()))
            missing = np.setdiff1d(missing[np.argsort(cost[missing], kind="stable")[:_JOINING]], columns)
            if not missing.size:
                share = np.zeros(len(self.rows))
                share[columns] = done
                return _Solved(share, price, cost)
            self._columns = np.union1d(self._columns, missing)

    def _programme(
        self, columns: Ints, floor: Floats, rise: Floats, toward: Floats, capped: Bools
    ) -> tuple[Floats, Floats, Floats]:
        """Solve one linear programme; return the mixture of its columns, the players' prices, and every row's cost."""
        from scipy.optimize import linprog

        points = self._scaled[columns]
        n_columns = len(columns)
        # variables: the mixture, then t; rows: the players, then those who may have no more than 0
        limits = np.vstack(
            [
                np.concatenate([-points.T, rise[:, None]], axis=1),
                np.concatenate([points.T[capped], np.zeros((int(capped.sum()), 1))], axis=1),
            ]
        )
        least = np.concatenate([np.where(rise > 0, 0.0, -floor), np.full(int(capped.sum()), _ROUNDING)])
        has_t = bool(rise.any())
        done = linprog(
            np.append(-points @ toward, -1.0 if has_t else 0.0),
            A_ub=limits,
            b_ub=least,
            A_eq=np.append(np.ones(n_columns), 0.0)[None],
            b_eq=[1.0],
            bounds=[(0, None)] * n_columns + [(None, None) if has_t else (0, 0)],
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if done.x is None:
            raise GameError(f"lotteries: the linear programme found no answer ({done.message})")
        share = np.maximum(done.x[:-1], 0.0)
        n_players = len(floor)
        price = -np.asarray(done.ineqlin.marginals[:n_players])
        net = price.copy()
        net[capped] += np.asarray(done.ineqlin.marginals[n_players:])
        # what using a column would cost, were it worth nothing to anybody; less what it is worth
        cost = -float(done.eqlin.marginals[0]) - self._scaled @ (toward + net)
        return share / share.sum(), price, cost

    def _lottery(self, rule: str, share: Floats, score: float, gap: float | None = None) -> Lottery:
        drawn = np.flatnonzero(share > _NEGLIGIBLE)
        drawn = drawn[np.lexsort([self.rows[drawn], -share[drawn]])]
        probability = share[drawn] / share[drawn].sum()
        gains = probability @ self.points[drawn]
        return Lottery(
            rule, tuple(self.rows[drawn].tolist()), tuple(probability.tolist()), tuple(gains.tolist()), score, gap
        )


def lotteries(gains: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> dict[str, Lottery]:
    """Return the lotteries of all rules for gains of shape (M, N); arguments as for `sim.bargain.picks.nash`."""
    return Hull(gains).picks(weights)


def _none(rule: str) -> Lottery:
    return Lottery(rule, (), (), (), None, None, NO_AGREEMENT)


def _best_mixture(points: Floats, weight: Floats, share: Floats) -> Floats:
    """Maximise sum w log x over mixtures of a few rows, from a mixture with x > 0; weights sum to 1.

    Path of the barrier mu sum log p. Divided by mu <= min w the objective is self-concordant, so that damped Newton
    steps stay inside and converge (Nesterov, Nemirovskii 1994).
    """
    n_rows = len(points)
    if n_rows == 1:
        return np.ones(1)
    even, mix = np.full(n_rows, 1.0 / n_rows), 0.1
    enough = 0.5 * (share @ points)
    while (((1 - mix) * share + mix * even) @ points < enough).any():
        mix /= 2
    p = (1 - mix) * share + mix * even
    mu = min(0.1, float(weight.min()))
    while True:
        for _ in range(60):
            x = p @ points
            # in steps relative to p, which keeps the system well scaled where p is almost 0
            slope = p * (points @ (weight / x)) + mu
            own = p[:, None] * points / x
            curve = (own * weight) @ own.T + mu * np.eye(n_rows)
            solved = np.linalg.solve(curve, np.stack([slope, p], axis=1))
            step = solved[:, 0] - solved[:, 1] * (p @ solved[:, 0]) / (p @ solved[:, 1])
            size = np.sqrt(max(0.0, float(step @ curve @ step)) / mu)
            p = p * (1.0 + step / (1.0 + size if size > 0.25 else 1.0))
            p /= p.sum()
            if size < 1e-6:
                break
        if mu <= 1e-13:
            return p
        mu = max(mu / 10, 1e-13)
