"""Whatever stands in a file: a valid scenario or ScenarioError, nothing else, and an answer every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.scenario import Scenario, load
from sim.scenario.leaves import leaves

from .fuzz import mutations


@pytest.mark.timeout(120)
def test_five_hundred_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "mutant.toml"
    outcomes: dict[str, Scenario | ScenarioError] = {}
    for name, data in mutations(500):
        path.write_bytes(data)
        try:
            outcomes[name] = load(path)
        except ScenarioError as error:
            outcomes[name] = error
        except Exception as error:
            raise AssertionError(f"{name} gave {type(error).__name__}") from error
    refused = {name: outcome.problems for name, outcome in outcomes.items() if isinstance(outcome, ScenarioError)}
    untold = [
        name
        for name, problems in refused.items()
        if not all(part for p in problems for part in (p.file, p.key, p.found, p.allowed))
    ]
    assert untold == []
    # Damage that is always or never noticed would test one half of the code.
    assert len(outcomes) == 500
    assert 150 < len(refused) < 450


def test_mutations_are_the_same_every_time() -> None:
    assert list(mutations(40)) == list(mutations(40))
    assert [data for _, data in mutations(40)] != [data for _, data in mutations(40, seed=1)]


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5)
    | st.dates()
    | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(leaves())) | st.text(max_size=20), _VALUES)
def test_any_override_is_taken_or_refused(name: str, value: object) -> None:
    blamed = {"--set"}
    try:
        scenario = load("baseline", {name: value})
        assert scenario.with_overrides({name: scenario.get(name)}) == scenario
    except ScenarioError as error:
        blamed = {problem.file for problem in error.problems}
    assert blamed == {"--set"}
