"""A position: the start with some dials set otherwise."""

import numpy as np
import pytest

from sim.errors import UsageError
from sim.model import Model, position
from tests.model.conftest import at, build


def test_no_changes_is_the_start(coarse: Model) -> None:
    assert position(coarse) is coarse.start
    np.testing.assert_array_equal(position(coarse, {"contact": "envoys"}), coarse.start)


def test_named_dials_replace_those_of_the_start(coarse: Model) -> None:
    changes = {
        "talks": "active",
        "leaders": "0",
        "us_relief": "1",
        "eu_relief": 2,
        "contact": "embassy",
        "prisoners": "350",
    }
    found = position(coarse, changes)
    state = at(coarse, 350, talks="active", us_relief="1", eu_relief="2", contact="embassy")
    assert np.flatnonzero(found).tolist() == [state]
    assert found[state] == 1.0


@pytest.mark.parametrize("persons", [0, 1, 69.5, 70, 611, 1400])
def test_persons_between_lots_are_a_lottery_with_the_right_mean(coarse: Model, persons: float) -> None:
    found = position(coarse, {"prisoners": persons})
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert found @ coarse.measures["prisoners"] == pytest.approx(persons, abs=1e-9)
    assert np.flatnonzero(found).size <= 2


def test_a_scenario_that_starts_there_starts_at_the_same_position(coarse: Model) -> None:
    there = build({"start.prisoners": 611, "start.leaders": 3, "start.contact": "isolated"})
    found = position(coarse, {"prisoners": "611", "leaders": "3", "contact": "isolated"})
    np.testing.assert_allclose(found, there.start, atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "found", "allowed"),
    [
        ({"prisonners": "3"}, "'prisonners'", "did you mean 'prisoners'"),
        ({"contact": "envoy"}, "'envoy'", "isolated, envoys, embassy; did you mean 'envoys'"),
        ({"us_relief": "4"}, "'4'", "0, 1, 2, 3"),
        ({"leaders": "1.5"}, "'1.5'", "0, 1, 2, 3"),
        ({"prisoners": "many"}, "'many'", "0 to 1400"),
        ({"prisoners": "nan"}, "'nan'", "0 to 1400"),
        ({"prisoners": "1401"}, "'1401'", "0 to 1400"),
        ({"prisoners": -1}, "-1", "0 to 1400"),
    ],
)
def test_what_is_not_a_position_is_refused(
    coarse: Model, changes: dict[str, str | float], found: str, allowed: str
) -> None:
    with pytest.raises(UsageError) as caught:
        position(coarse, changes)
    assert found in str(caught.value)
    assert allowed in str(caught.value)
