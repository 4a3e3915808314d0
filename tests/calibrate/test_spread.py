"""Two scenarios over the same draws: differences counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.analyse.calibration import Bands, bands, calibrate, ensemble_of, paired
from sim.analyse.variants import OUTCOMES
from sim.errors import UsageError

FREED = OUTCOMES.index("freed")


def made(scenario: str, numbers: tuple[int, ...], freed: list[float], weights: list[float]) -> Bands:
    """Two months; the first has nothing but zeros."""
    outcomes = np.zeros((len(numbers), len(OUTCOMES), 2))
    outcomes[:, FREED, 1] = freed
    return Bands(scenario, "made", 2, np.array(weights), outcomes, numbers, ())


def test_differences_are_counted_draw_by_draw() -> None:
    # draw 9 failed in the second scenario: its weight goes to the others, .125, .125, .25 and .5
    first = made("one", (3, 5, 7, 8, 9), [10.0, 200.0, 30.0, 40.0, 50.0], [0.1, 0.1, 0.2, 0.4, 0.2])
    second = made("two", (8, 7, 5, 3), [40.0 + 1e-12, 25.0, 300.0, 12.0], [0.25, 0.25, 0.25, 0.25])
    found = paired(first, second, 2)
    freed = found["freed"]
    # +2 at .125, +100 at .125, -5 at .25, the same (but for rounding) at .5
    assert (freed.more, freed.less, freed.draws) == (pytest.approx(0.25), pytest.approx(0.25), 4)
    assert (freed.p10, freed.p50, freed.p90) == (-5.0, 0.0, 100.0)
    assert set(found) == set(OUTCOMES)
    assert (found["contact"].more, found["contact"].less, found["contact"].p90) == (0.0, 0.0, 0.0)
    assert paired(first, second, 1)["freed"].more == 0.0
    assert json.loads(json.dumps(freed.to_json()))["draws"] == 4
    # the bands of the two overlap, and still one has more wherever they differ at all
    with pytest.raises(UsageError, match="no draw that could be forecast in one and three"):
        paired(first, made("three", (1,), [1.0], [1.0]), 2)


def test_against_the_model() -> None:
    """The other way round it is the same with the other sign; a scenario does not differ from itself."""
    ensemble = ensemble_of(calibrate(16, grid="700x6", jobs=1), 8)
    one, two = (bands(name, None, ensemble, grid="700x6", months=3, jobs=1) for name in ("baseline", "no-buyer"))
    there, back = paired(one, two, 3)["freed"], paired(two, one, 3)["freed"]
    assert there.less == pytest.approx(1.0)
    assert (back.more, back.less) == (pytest.approx(there.less), pytest.approx(there.more))
    assert back.p50 > 0
    assert all(each.more == each.less == each.p10 == each.p90 == 0.0 for each in paired(one, one, 3).values())
