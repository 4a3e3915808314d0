"""Which changed parameter carries how much of a change: on injected functions, and on the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sim.analyse.attribution import Attribution, attribute, changed
from sim.analyse.variants import OUTCOMES, Design, Evaluated
from sim.errors import UsageError
from sim.model import Grid
from sim.scenario import load

TINY = Grid("tiny", 700, 4)


def injected(value: Any, failing: int | None = None) -> Any:
    """Forecasts whose first outcome in month m is m times a function of the design; all others are 0."""

    def evaluate(base: Any, designs: Sequence[Design], *, months: int, **_: Any) -> Evaluated:
        found = {name: np.zeros((len(designs), months)) for name in OUTCOMES}
        found["freed"] += np.array([value(design) for design in designs])[:, None] * np.arange(1, months + 1)
        failed = () if failing is None else ((failing, "it does not fit"),)
        return Evaluated(tuple(designs), found, {}, {}, {}, None, None, failed, 0.0)

    return evaluate


def test_an_additive_change_is_carried_by_each_on_its_own() -> None:
    base = load("baseline")
    other = load("baseline", {"minsk.trade_value": 10.0, "moscow.support_cost": 0.9})

    def value(design: Design) -> float:
        return 5.0 * ("minsk.trade_value" in design) - 2.0 * ("moscow.support_cost" in design)

    found = attribute(base, other, months=3, check=0, evaluate=injected(value))
    by_name = {each.label: found.shares["freed"][j] for j, each in enumerate(found.coordinates)}
    assert by_name == {
        "minsk.trade_value": pytest.approx((5.0, 10.0, 15.0)),
        "moscow.support_cost": pytest.approx((-2.0, -4.0, -6.0)),
    }
    assert found.coordinates[0].after == (10.0,)


def test_an_interaction_is_halved_and_a_bystander_carries_nothing() -> None:
    base = load("baseline")
    names = ("minsk.trade_value", "moscow.support_cost", "brussels.gap_cost")
    other = load("baseline", {names[0]: 10.0, names[1]: 0.9, names[2]: 0.2})
    found = attribute(
        base,
        other,
        months=1,
        check=0,
        evaluate=injected(lambda design: 8.0 * (names[0] in design and names[1] in design)),
    )
    shares = {each.label: found.shares["freed"][j][0] for j, each in enumerate(found.coordinates)}
    assert shares == pytest.approx({names[0]: 4.0, names[1]: 4.0, names[2]: 0.0})


def adds_up(found: Attribution) -> None:
    for name in OUTCOMES:
        total = np.sum(found.shares[name], axis=0)
        change = np.subtract(found.after[name], found.before[name])
        np.testing.assert_allclose(total, change, rtol=0, atol=1e-9)


@pytest.mark.parametrize("other", ["grand-deal-summit", "mass-release", "january-2025", "gestures-only"])
def test_structural_changes_are_coordinates_too(other: str) -> None:
    import sim

    base, second = load("baseline"), load(other)
    found = attribute(base, second, grid=TINY, months=4, jobs=1, check=0)
    assert found.method == "exact"
    assert found.evaluations == 2 ** len(found.coordinates)
    adds_up(found)
    one, two = (sim.run(each, grid=TINY, months=4) for each in (base, second))
    for name in OUTCOMES:  # the ends are the two scenarios themselves
        np.testing.assert_allclose(found.before[name], one.outcomes[name], rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.after[name], two.outcomes[name], rtol=0, atol=1e-9)


def test_what_makes_sense_only_together_is_one_coordinate() -> None:
    base = load("baseline")
    other = load(
        "baseline",
        {
            "menu.recognition.us_table.minsk": 0.9,
            "menu.recognition.us_table.washington": 0.1,
            "world.prisoner_capacity": 2800,
            "start.prisoners": 1800,
            "minsk.release_cost": 0.03,
        },
    )
    names = [each.names for each in changed(base, other)]
    assert ("menu.recognition.us_table.minsk", "menu.recognition.us_table.washington") in names
    assert {frozenset(group) for group in names} >= {frozenset({"world.prisoner_capacity", "start.prisoners"})}
    found = attribute(base, other, grid=TINY, months=2, jobs=1, check=0)
    assert len(found.coordinates) == 3
    adds_up(found)


def test_more_than_six_are_sampled_and_still_add_up() -> None:
    base = load("baseline")
    other = load(
        "baseline",
        {
            **{f"minsk.{name}": value for name, value in (("trade_value", 10.0), ("release_cost", 0.01))},
            **{f"washington.{name}": value for name, value in (("held_cost", 0.001), ("show_value", 0.3))},
            **{f"moscow.{name}": value for name, value in (("support_cost", 0.3), ("punishing_cost", 2.0))},
            "brussels.gap_cost": 0.7,
        },
    )
    found = attribute(base, other, grid=TINY, months=3, permutations=4, jobs=1, check=0)
    assert (found.method, found.permutations) == ("sampled", 4)
    assert found.errors is not None
    adds_up(found)
    assert np.max(list(found.errors.values())) > 0
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["errors"]["freed"]


def test_the_table_is_tidy_and_the_record_plain() -> None:
    found = attribute(load("baseline"), load("mass-release"), grid=TINY, months=2, jobs=1, check=0)
    rows = found.rows(month=2)
    assert [row["outcome"] for row in rows] == list(OUTCOMES)
    assert set(rows[0]) == {"outcome", "month", "parameter", "share", "standard_error"}
    assert len(found.rows()) == 2 * len(rows)
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert record["coordinates"] == [{"names": ["menu.prisoners"], "before": [[2, 13, 70, 280]], "after": [[280]]}]
    assert record["errors"] is None


def test_the_record_says_what_was_run_and_checks_a_sample_with_both_ends() -> None:
    coarse, fine = Grid("coarser", 1400, 3), Grid("finer", 700, 3)
    base, other = load("baseline"), load("kremlin-punishes")
    found = attribute(base, other, grid=coarse, finer=fine, months=3, rationality=2.0, jobs=1)
    assert found.basis.variants == found.evaluations == 2 ** len(found.coordinates)
    check = found.basis.check
    assert check is not None
    assert (check.grid, len(check.variants)) == ("finer", 5)
    assert {0, found.evaluations - 1} <= set(check.variants)
    # independently: the two scenarios themselves on both grids
    import sim

    (row,) = [row for row in check.rows if row["outcome"] == "freed"]
    gaps = [
        abs(
            np.subtract(
                *(sim.run(each, grid=grid, months=3, rationality=2.0).at("freed", 3) for grid in (coarse, fine))
            )
        )
        for each in (base, other)
    ]
    assert row["difference"] >= max(gaps) > 0
    record = found.to_json()
    assert (record["rationality"], record["seed"], record["scenario_hash"]) == (2.0, None, base.hash)
    assert record["versions"]["grand-deal"]
    assert record["check"]["variants"] == list(check.variants)


def test_sampled_shares_keep_the_seed_of_their_orders() -> None:
    names = [f"minsk.{name}" for name in ("trade_value", "release_cost", "leader_cost", "crackdown_cost")]
    names += [f"moscow.{name}" for name in ("support_cost", "punishing_cost")] + ["brussels.gap_cost"]
    base = load("baseline")
    other = base.with_overrides({name: 1.01 * base.parameters()[name] for name in names})

    def value(design: Design) -> float:
        return float(all(name in design for name in names[:5]))

    made = [
        attribute(base, other, months=1, permutations=4, seed=seed, check=0, evaluate=injected(value))
        for seed in (3, 3, 4)
    ]
    assert [each.basis.seed for each in made] == [3, 3, 4]
    assert made[0].to_json() == made[1].to_json()
    assert made[0].shares != made[2].shares


def test_the_same_scenario_is_refused() -> None:
    with pytest.raises(UsageError, match="the same as 'baseline' in all parameters"):
        attribute(load("baseline"), load("baseline"))


def test_a_combination_that_cannot_be_computed_is_named() -> None:
    other = load("baseline", {"minsk.trade_value": 10.0})
    message = "baseline with minsk.trade_value as in baseline cannot be computed: it does not fit"
    with pytest.raises(UsageError, match=message):
        attribute(load("baseline"), other, check=0, evaluate=injected(lambda design: 0.0, failing=1))
