"""What it took to notice mutants of the model."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.flows import reopened_trade


@pytest.mark.parametrize("one", [0.25, 1.0])
def test_relief_from_one_side_alone_where_reliefs_are_substitutes(one: float) -> None:
    """CES with rho = 1/2 and share 0.36: (0.36 u^.5 + 0.64 e^.5)^2; with one of them 0 a share squared is left."""
    nothing = np.array(0.0)
    assert reopened_trade(nothing, np.array(one), 0.36, 0.5, 1.0) == pytest.approx(0.64**2 * one)
    assert reopened_trade(np.array(one), nothing, 0.36, 0.5, 1.0) == pytest.approx(0.36**2 * one)
    assert reopened_trade(nothing, np.array(one), 0.36, 1.0, 1.0) == pytest.approx(0.64 * one)
    assert reopened_trade(nothing, nothing, 0.36, 0.5, 1.0) == 0.0
