"""Hypothesis profiles: HYPOTHESIS_PROFILE or ``pytest --hypothesis-profile`` picks one; ``ci`` is the default.

``ci`` and ``fast`` draw the same examples every time; ``explore`` looks for new ones.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

# test runners may set a width of their own; printed tables are tested at the width of a pipe
os.environ.pop("COLUMNS", None)

SLOW_DRAWS = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "ci",
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=SLOW_DRAWS,
)
settings.register_profile("fast", settings.get_profile("ci"), max_examples=25)
settings.register_profile("mutants", settings.get_profile("ci"), max_examples=40)
settings.register_profile(
    "explore", settings.get_profile("ci"), max_examples=2000, derandomize=False, phases=tuple(Phase)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests in a real browser: they wait a lot, and would hold up the end on one core."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
