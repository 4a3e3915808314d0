"""The examples in the documentation of `sim.testing` run as they stand."""

from __future__ import annotations

import doctest

import pytest

import sim.testing
from sim.testing import catalogue, check, laws, model_laws, rewrite, strategies


@pytest.mark.parametrize(
    "module", [sim.testing, catalogue, check, laws, model_laws, rewrite, strategies], ids=lambda module: module.__name__
)
def test_examples_run(module: object) -> None:
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0
    if module in (sim.testing, laws, model_laws):
        assert found.attempted > 2
