"""What tests of several modules of the solver need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sim.solver import plan


@pytest.fixture(scope="module")
def even_small_games_are_laid_out() -> Iterator[None]:
    """Offers of any size are worked out eight states at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "SMALLEST", 1)
        yield
