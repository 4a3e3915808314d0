"""A pytest plugin: property tests stop at the first counterexample, as nobody is going to read it."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    del config
    here = settings()  # the profile that the tests' conftest has loaded
    settings.register_profile("unshrunk", here, phases=(Phase.explicit, Phase.reuse, Phase.generate))
    settings.load_profile("unshrunk")
