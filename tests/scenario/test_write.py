"""A scenario written as a file is read as the same scenario."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.scenario import catalogue, load, to_toml
from sim.testing import strategies


@pytest.mark.parametrize("name", [entry.id for entry in catalogue()])
@pytest.mark.parametrize("base", ["baseline", "no-buyer"])
def test_every_shipped_scenario(name: str, base: str, tmp_path: Path) -> None:
    scenario = load(name)
    file = tmp_path / "mine.toml"
    file.write_text(to_toml(scenario, base), encoding="utf-8")
    read = load(file)
    assert read == scenario
    assert read.hash == scenario.hash


def test_only_what_differs_is_written() -> None:
    text = to_toml(
        load("baseline", {"minsk.trade_value": 12, "washington.relief_cost.1": 0.2, "minsk.rationality": "inf"})
    )
    assert text.split("\n\n", 1)[1] == (
        "[minsk]\ntrade_value = 12.0\nrationality = inf\n\n[washington]\nrelief_cost.1 = 0.2\n"
    )


@given(scenario=strategies.scenarios(), title=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_values_and_any_title(tmp_path_factory: Any, scenario: Any, title: str) -> None:
    if title.strip() != title or not title.isprintable():
        title = "mine"
    scenario = scenario.model_copy(update={"id": "mine", "title": title})
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(to_toml(scenario), encoding="utf-8")
    assert load(file).hash == scenario.hash
    assert load(file).title == title


def test_a_base_that_is_not_shipped() -> None:
    with pytest.raises(ScenarioError):
        to_toml(load("baseline"), "../baseline")
