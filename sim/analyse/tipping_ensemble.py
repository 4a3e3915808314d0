"""In what share of the calibrated ensemble a parameter tips an outcome, as it does in the scenario at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ensemble import Ensemble, designs_for, shipped_ensemble
from sim.analyse.ties import with_rest
from sim.analyse.variants import evaluate
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analyse.tipping import Tipping
    from sim.model import Grid
    from sim.scenario import Scenario

WAYS = {
    (False, True): "crossed upwards",
    (True, False): "crossed downwards",
    (True, True): "at or above at both ends",
    (False, False): "below at both ends",
}
"""Whether the outcome reaches the level at the low and at the high end of the range -> in words."""


@dataclass(frozen=True)
class EnsembleShare:
    """What happens to the level between the ends of a parameter's range, over an ensemble.

    Attributes
    ----------
    draws : how many draws were computed.
    shares : what happens (the words of `WAYS`) -> share of the ensemble; they add up to 1.
    own : what happens in the scenario at hand.
    same : share of the ensemble in which the same happens.
    """

    draws: int
    shares: dict[str, float]
    own: str
    same: float

    @property
    def sentence(self) -> str:
        """Say it in words."""
        others = ", ".join(
            f"{words} {share:.0%}" for words, share in self.shares.items() if words != self.own and share
        )
        rest = f" (otherwise: {others})" if others else ""
        return f"Between the ends of the range the level is {self.own}: so in {self.same:.0%} of the ensemble{rest}."

    def to_json(self) -> dict[str, Any]:
        """Return it as plain numbers and words."""
        return {
            "draws": self.draws,
            "shares": self.shares,
            "own": self.own,
            "same": self.same,
            "sentence": self.sentence,
        }


def ensemble_share(
    base: Scenario,
    made: Tipping,
    ensemble: Ensemble | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    jobs: int | None = None,
    on_done: Callable[[int, int], None] | None = None,
) -> EnsembleShare:
    """Return in what share of an ensemble a parameter carries the outcome across the level, from end to end.

    Only the ends of the range are forecast, two forecasts a draw: a level crossed twice in between is not seen.

    Parameters
    ----------
    base, made : the scenario, and what was found in it.
    ensemble : default: the one that ships.
    grid, rationality, jobs, on_done : as for `sim.analyse.evaluate`.

    Raises
    ------
    UsageError : no ensemble, or no draw that could be forecast.
    """
    ensemble = ensemble or shipped_ensemble()
    if ensemble is None:
        raise UsageError("ensemble: found none; allowed: one made with `grand-deal calibrate --ensemble FILE`")
    name, ends = made.parameter.name, (made.parameter.low, made.parameter.high)
    draws = designs_for(base, ensemble)
    designs = [with_rest(base, {**draw, name: end}) for draw in [{}, *draws] for end in ends]
    found = evaluate(base, designs, grid=grid, months=made.month, rationality=rationality, jobs=jobs, on_done=on_done)
    values = found.at(made.outcome, made.month).reshape(-1, 2)
    known: npt.NDArray[np.bool_] = np.isfinite(values[:, 0]) & np.isfinite(values[:, 1])
    if not known[0] or not known[1:].any():
        raise UsageError(f"ensemble: found no draw that could be forecast ({found.failed[0][1]})")
    reached: npt.NDArray[np.bool_] = values >= made.level
    weights = np.where(known[1:], ensemble.weights, 0.0)
    weights /= weights.sum()
    shares = {
        words: float(weights[(reached[1:] == ends_reached).all(axis=1)].sum()) for ends_reached, words in WAYS.items()
    }
    own = WAYS[bool(reached[0, 0]), bool(reached[0, 1])]
    return EnsembleShare(int(known[1:].sum()), shares, own, shares[own])
