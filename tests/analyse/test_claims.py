"""The article's claims: complete, judged by the stated rule, and as stored in the seeds."""

from __future__ import annotations

import copy
import importlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.analyse.claims_check import NOT_COMPUTED, Claims, claims, judge, overrides_of
from sim.errors import UsageError
from sim.forecast import forecast, headlines
from sim.model import Grid, compile
from sim.scenario import evidence, load, parameter_info
from sim.scenario.checks import Check, Side
from sim.scenario.evidence import build
from sim.scenario.resources import seed_text
from sim.solver import solve

TINY = Grid("tiny", 700, 24)
PARAGRAPHS = {
    1: (3,),
    2: (3,),
    3: (3,),
    4: (4,),
    5: (4,),
    6: (2,),
    7: (2,),
    8: (3,),
    9: (7,),
    10: (12,),
    11: (13,),
    12: (9,),
    13: (11,),
    14: (10, 11),
    15: (8,),
    16: (8,),
    17: (13,),
    18: (13,),
    19: (14,),
    20: (14,),
    21: (14,),
    22: (15,),
    23: (15, 17),
    24: (17,),
    25: (16,),
    26: (17,),
    27: (12,),
    28: (4, 5, 6),
}
"""The article's causal claims by number, as read from the article, with the paragraphs that make them."""
CHECKS = [(claim, check) for claim in evidence().claims for check in claim.checks]
NAMES = [f"{claim.number}{check.part}" for claim, check in CHECKS]


# --- complete, and fixed beforehand -----------------------------------------------------------------------------------


def test_every_claim_is_there_with_its_paragraphs_and_a_check() -> None:
    assert {claim.number: claim.paragraphs for claim in evidence().claims} == PARAGRAPHS
    assert all(claim.checks for claim in evidence().claims)


def test_what_needs_types_or_another_administration_is_said_to_be_missing() -> None:
    assert {name for name, (_, check) in zip(NAMES, CHECKS, strict=True) if check.missing} == {"5", "13b", "25", "28"}


def test_every_check_has_an_expected_and_a_found_status() -> None:
    for name, (_, check) in zip(NAMES, CHECKS, strict=True):
        assert check.status is not None, name
        assert check.on_default is not None, name
        if check.built_in or check.missing:
            assert check.status == check.expected, name


def test_what_fails_or_surprises_has_a_finding() -> None:
    for name, (_, check) in zip(NAMES, CHECKS, strict=True):
        if check.status == "fails" or check.status != check.expected or check.on_default != check.status:
            assert check.finding, name


def test_a_built_in_claim_names_a_test_that_exists() -> None:
    for name, (_, check) in zip(NAMES, CHECKS, strict=True):
        if check.test:
            file, function = check.test.split("::")
            assert callable(getattr(importlib.import_module(file.removesuffix(".py").replace("/", ".")), function)), (
                name
            )


@pytest.mark.parametrize("variant", evidence().variants, ids=lambda variant: variant.id)
def test_every_variant_is_a_scenario(variant: Any) -> None:
    changed = load("baseline", overrides_of(variant)).changed(load("baseline"))
    assert changed or variant.id in ("many-held", "talks-stalled")  # the baseline is so already
    for name, value in variant.values.items():
        if value in ("low", "high"):
            assert overrides_of(variant)[name] == getattr(parameter_info()[name], value)


def _trees() -> dict[str, Any]:
    return {name: tomllib.loads(seed_text(name)) for name in ("article", "facts", "claims", "events")}


def _check(trees: dict[str, Any], number: int, part: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = trees["claims"]["claim"][number - 1]["check"][part]
    return found


SPOILT: dict[str, Callable[[dict[str, Any]], object]] = {
    "no check": lambda trees: trees["claims"]["claim"][2].pop("check"),
    "parts out of order": lambda trees: trees["claims"]["claim"][0]["check"].reverse(),
    "unknown key": lambda trees: _check(trees, 3).update(directions="falls"),
    "unknown direction": lambda trees: _check(trees, 3).update(direction="up"),
    "no direction": lambda trees: _check(trees, 3).pop("direction"),
    "negative margin": lambda trees: _check(trees, 3).update(margin=-0.1),
    "no figure": lambda trees: _check(trees, 3).pop("measure"),
    "figure nobody reads": lambda trees: _check(trees, 1).update(
        measure={"kind": "outcome", "outcome": "freed", "month": 1}
    ),
    "unknown figure": lambda trees: _check(trees, 3).update(measure={"kind": "guess"}),
    "month 25": lambda trees: _check(trees, 3)["measure"].update(month=25),
    "level and baseline": lambda trees: _check(trees, 18).update(baseline={}),
    "level of a comparison": lambda trees: _check(trees, 3).update(level=0.5),
    "unknown variant": lambda trees: _check(trees, 3)["treated"].update(variant="no-byer"),
    "unused variant": lambda trees: trees["claims"]["variant"].append(
        {"id": "spare", "title": "x", "like": "no-buyer"}
    ),
    "variant twice": lambda trees: trees["claims"]["variant"].append(trees["claims"]["variant"][0]),
    "variant without a change": lambda trees: trees["claims"]["variant"][0].pop("set"),
    "built in without a test": lambda trees: _check(trees, 1).pop("test"),
    "built in unexpectedly": lambda trees: _check(trees, 1).update(expected="holds"),
    "missing and compared": lambda trees: _check(trees, 5).update(direction="rises"),
    "not yet without a reason": lambda trees: _check(trees, 5).pop("missing"),
    "no expectation": lambda trees: _check(trees, 3).pop("expected"),
}


@pytest.mark.parametrize("sabotage", SPOILT.values(), ids=SPOILT)
def test_spoilt_checks_are_refused(sabotage: Callable[[dict[str, Any]], object]) -> None:
    trees = _trees()
    assert build(copy.deepcopy(trees)) == evidence()
    sabotage(trees)
    with pytest.raises(ValidationError):
        build(trees)


# --- the rule ---------------------------------------------------------------------------------------------------------


def _made(direction: str, **more: Any) -> Check:
    sides = {"baseline": {}} if direction in ("rises", "falls") else {}
    measure = {"kind": "outcome", "outcome": "freed", "month": 24}
    given = {
        "shows": "x",
        "measure": measure,
        "treated": {},
        "direction": direction,
        "expected": "holds",
        "reason": "x",
    }
    return Check.model_validate({**given, **sides, **more})


@pytest.mark.parametrize(
    ("direction", "baseline", "treated", "more", "holds"),
    [
        ("rises", 100.0, 105.0, {}, True),  # exactly the margin
        ("rises", 100.0, 104.9, {}, False),
        ("rises", 100.0, 95.0, {}, False),
        ("falls", 100.0, 95.0, {}, True),
        ("falls", 100.0, 95.1, {}, False),
        ("falls", 100.0, 105.0, {}, False),
        ("rises", -100.0, -95.0, {}, True),  # a share of the figure's size, whatever its sign
        ("rises", -100.0, -96.0, {}, False),
        ("rises", 0.0, 0.0, {}, False),  # no difference never holds
        ("rises", 0.0, 1e-9, {}, True),
        ("rises", 0.0, 0.009, {"least": 0.01}, False),
        ("rises", 0.0, 0.01, {"least": 0.01}, True),
        ("rises", 1.0, 1.02, {"least": 0.01}, False),  # both must be reached
        ("falls", 100.0, 25.0, {"margin": 0.75}, True),
        ("falls", 100.0, 26.0, {"margin": 0.75}, False),
        ("rises", 100.0, 100.0, {"margin": 0.0}, False),
        ("at least", 0.5, 0.5, {"level": 0.5}, True),
        ("at least", 0.5, 0.49, {"level": 0.5}, False),
        ("at most", 0.1, 0.1, {"level": 0.1}, True),
        ("at most", 0.1, 0.11, {"level": 0.1}, False),
    ],
)
def test_direction_and_margin(
    direction: str, baseline: float, treated: float, more: dict[str, float], holds: bool
) -> None:
    found = judge(_made(direction, **more), np.array([baseline]), np.array([treated]), np.array([baseline]))
    assert found.holds[0] == float(holds)


def test_an_effect_is_held_against_the_figure_itself() -> None:
    found = judge(_made("rises"), np.array([1.0, 1.0]), np.array([6.0, 5.9]), np.array([100.0, 100.0]))
    assert found.needed.tolist() == [5.0, 5.0]
    assert found.holds.tolist() == [1.0, 0.0]


def test_a_missing_figure_is_no_verdict() -> None:
    figures = np.array([np.nan, 1.0])
    assert np.isnan(judge(_made("rises"), figures, np.ones(2), figures).holds).tolist() == [True, False]


@given(
    st.sampled_from(["rises", "falls"]),
    st.floats(-1e3, 1e3),
    st.floats(-1e3, 1e3),
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_a_larger_margin_never_helps_and_never_both_ways(
    direction: str, baseline: float, treated: float, one: float, other: float
) -> None:
    def holds(way: str, margin: float) -> float:
        side = np.array([baseline])
        return float(judge(_made(way, margin=margin), side, np.array([treated]), side).holds[0])

    assert holds(direction, max(one, other)) <= holds(direction, min(one, other))
    assert holds("rises", one) + holds("falls", one) <= 1


# --- a scenario put to the test ---------------------------------------------------------------------------------------


def _freed(overrides: dict[str, Any], month: int) -> float:
    model = compile(load("baseline", overrides), TINY)
    return headlines(model, forecast(model, solve(model.game, model.rationality), 24))["freed"][month - 1]


def test_built_in_claims_hold_by_construction() -> None:
    names = [name for name, (_, check) in zip(NAMES, CHECKS, strict=True) if check.built_in]
    found = claims(grid=Grid("short", 140, 24), only=names, jobs=1)
    assert {finding.name: finding.status for finding in found.findings} == dict.fromkeys(names, "built in")


def test_a_built_in_claim_that_a_scenario_drops_is_shown_failing() -> None:
    found = claims("baseline", {"minsk.trade_rho": 1.0}, grid=TINY, only=["17"], jobs=1)
    assert found.findings[0].status == "fails"
    assert found.failing == found.findings


def test_figures_of_a_comparison_are_those_of_two_runs() -> None:
    found = claims(grid=TINY, only=["8"], jobs=1).findings[0]
    for variant, value in (
        ("contact-worth-little", found.baseline_figure),
        ("contact-worth-much", found.treated_figure),
    ):
        shipped = next(each for each in evidence().variants if each.id == variant)
        assert value == pytest.approx(_freed(overrides_of(shipped), 24), rel=1e-9)


def test_an_interaction_is_a_difference_of_differences() -> None:
    found = claims(grid=TINY, only=["6a"], jobs=1).findings[0]
    freed = {
        variant.id: _freed(overrides_of(variant), 12)
        for variant in evidence().variants
        if variant.id in ("neither", "washington-only", "minsk-only", "both")
    }
    assert found.treated_figure == pytest.approx(freed["both"] - freed["minsk-only"], rel=1e-9)
    assert found.baseline_figure == pytest.approx(freed["washington-only"] - freed["neither"], rel=1e-9)
    assert found.needed == pytest.approx(0.05 * _freed({}, 12), rel=1e-9)


def test_a_scenario_of_one_s_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "baseline"\n[world]\nprisoner_capacity = 700\n[start]\nprisoners = 100\n')
    found = claims(file, grid=Grid("tiny", 350, 24), only=["1a", "1b", "28", "18"], jobs=1)
    by_name = {finding.name: finding for finding in found.findings}
    assert found.scenario == "mine"
    assert by_name["1b"].status == NOT_COMPUTED  # 1,120 people do not fit
    assert by_name["1b"].note
    assert by_name["1a"].status == NOT_COMPUTED
    assert by_name["28"].status == "not yet"
    assert by_name["18"].baseline_figure == 0.1
    assert by_name["18"].differs == (by_name["18"].status != by_name["18"].stored)


def test_what_was_found_on_the_baseline_is_said_of_the_baseline_only() -> None:
    baseline = claims(grid=TINY, only=["19b"], jobs=1).findings[0]
    other = claims("baseline", {"minsk.trade_value": 7.0}, grid=TINY, only=["19b"], jobs=1).findings[0]
    assert baseline.note
    assert other.note == ""


def test_an_unknown_claim_is_named() -> None:
    with pytest.raises(UsageError, match="29"):
        claims(only=["29"])


def test_the_record_is_plain() -> None:
    found = claims(grid=TINY, only=["18", "28"], jobs=1)
    record = found.to_json()
    assert record["schema_version"] == 1
    assert [row["name"] for row in record["findings"]] == ["18", "28"]
    assert record["findings"] == found.table()
    assert record["fingerprint"] == found.fingerprint
    assert record["findings"][1]["baseline_figure"] is None


@pytest.fixture(scope="module")
def fast() -> Claims:
    return claims(grid="fast", jobs=1)


@pytest.mark.slow
def test_the_stored_statuses_are_those_of_the_fast_grid(fast: Claims) -> None:
    assert {finding.name: finding.status for finding in fast.findings} == {
        name: check.status for name, (_, check) in zip(NAMES, CHECKS, strict=True)
    }
    assert not any(finding.differs for finding in fast.findings)


def test_a_side_reads_one_variant_or_two() -> None:
    assert Side(variant="a", minus="b").variants == ("a", "b")
    assert Side().variants == ("at-hand",)
