"""The evidence: complete, dated no later than the visit, ids unique, and every entry with its paragraphs."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from sim.errors import ScenarioError
from sim.scenario import evidence, resolve
from sim.scenario.evidence import LAST_DAY, build
from sim.scenario.resources import seed_names, seed_text


def _trees() -> dict[str, Any]:
    return {name: tomllib.loads(seed_text(name)) for name in seed_names()}


def test_every_file_is_read() -> None:
    assert seed_names() == ("article", "claims", "events", "facts", "hypotheses", "ledger")


def test_the_reference_is_complete() -> None:
    reference = evidence().article.reference
    assert "The Moscow Times, June 2025" in reference
    assert "Carnegie Endowment" in reference


def test_all_claims_are_there_and_two_are_built_in() -> None:
    claims = evidence().claims
    assert [claim.number for claim in claims] == list(range(1, 29))
    assert {claim.number for claim in claims if claim.built_in} == {23, 24}


def test_the_ledger_counts_nineteen_people_from_january_to_june() -> None:
    ledger = evidence().ledger
    assert [event.released for event in ledger] == [1, 3, 1, 14]
    assert [event.leaders for event in ledger] == [0, 0, 0, 1]
    assert all(date(2025, 1, 20) <= event.earliest <= event.latest <= LAST_DAY for event in ledger)


def test_every_paragraph_of_causal_weight_is_cited() -> None:
    cited = {paragraph for entry in evidence().entries() for paragraph in entry.paragraphs}
    assert cited == set(range(1, 18))


@pytest.mark.parametrize("entry", tuple(evidence().entries()), ids=lambda entry: entry.id)
def test_every_entry_resolves_by_its_id(entry: Any) -> None:
    assert resolve(entry.id) is entry
    assert entry.id in evidence()


def test_an_unknown_source_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"Did you mean trade-needs-both\?"):
        resolve("trade-need-both")


def _too_late(trees: dict[str, Any]) -> None:
    trees["events"]["event"][-1]["latest"] = date(2025, 6, 22)


def _unpaid(trees: dict[str, Any]) -> None:
    del trees["events"]["event"][-1]["released"]


def _more_leaders(trees: dict[str, Any]) -> None:
    trees["events"]["event"][-1]["leaders"] = 15


def _out_of_order(trees: dict[str, Any]) -> None:
    trees["events"]["event"].reverse()


def _same_id(trees: dict[str, Any]) -> None:
    trees["facts"]["fact"][0]["id"] = trees["claims"]["claim"][0]["id"]


def _gap(trees: dict[str, Any]) -> None:
    del trees["claims"]["claim"][3]


def _no_paragraph(trees: dict[str, Any]) -> None:
    trees["facts"]["fact"][0]["paragraphs"] = []


def _paragraph_18(trees: dict[str, Any]) -> None:
    trees["facts"]["fact"][0]["paragraphs"] = [18]


def _unknown_key(trees: dict[str, Any]) -> None:
    trees["claims"]["claim"][0]["paragraph"] = 3


@pytest.mark.parametrize(
    "sabotage",
    [_too_late, _unpaid, _more_leaders, _out_of_order, _same_id, _gap, _no_paragraph, _paragraph_18, _unknown_key],
)
def test_spoilt_evidence_is_refused(sabotage: Callable[[dict[str, Any]], None]) -> None:
    trees = _trees()
    assert build(copy.deepcopy(trees)) == evidence()
    sabotage(trees)
    with pytest.raises(ValidationError):
        build(trees)
