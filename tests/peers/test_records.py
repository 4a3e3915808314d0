"""The records of other programs' answers: still about the same games, and still what we compute.

``make peers`` runs the comparisons live and rewrites the records; here the games are exported again, the hashes of the
files compared, then the figures.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.peers import __main__ as run_peers
from tests.peers import compare
from tests.peers.cases import CASES, KNOWN_NOT_RUN, Case, case, efg_game

IDS = [f"{item.peer}-{item.id}" for item in CASES]
README = Path(__file__).parent / "README.md"


@pytest.mark.parametrize("item", CASES, ids=IDS)
def test_recorded_figures_agree_with_ours(item: Case) -> None:
    found = compare.outcome(item)
    if found.status == "not run" and (item.peer, item.id) in KNOWN_NOT_RUN:
        pytest.skip(f"not run: {found.reason}")
    assert found.status == "agrees", (found.reason, [f for f in found.findings if not f.agrees])
    assert sum(finding.figures for finding in found.findings) >= 5


def test_comparisons_that_did_not_run_are_those_that_are_known() -> None:
    """Nothing is left out in silence."""
    missing = {(found.case.peer, found.case.id): found.reason for found in compare.outcomes() if not found.findings}
    assert missing.keys() == KNOWN_NOT_RUN.keys(), missing


def test_records_name_version_command_and_hash() -> None:
    for item in CASES:
        record = json.loads(compare.record_path(item).read_text(encoding="utf-8"))
        assert record["version"] == run_peers.version(item.peer)
        assert record["command"].startswith(f"python tests/peers/side_{item.peer}.py {item.id}{item.suffix}")
        assert re.fullmatch("[0-9a-f]{64}", record["sha256"])
        assert record["raw"]
    files = {path for path in compare.RECORDS.rglob("*") if path.is_file()}
    assert files == {compare.record_path(item) for item in CASES} - {
        compare.record_path(case(*known)) for known in KNOWN_NOT_RUN
    }


def test_every_comparison_stands_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for item in CASES:
        assert f"`{item.id}`" in text, item.id
    for peer in run_peers.PEERS:
        assert f"{run_peers.PACKAGE[peer]} {run_peers.version(peer)}" in text


def test_the_games_are_the_same_on_every_machine() -> None:
    """Payoffs of the cut scenarios are whole multiples of 2**-20, so that a sum does not depend on the processor."""
    for item in CASES:
        if item.peer == "gambit":
            game, _, _ = efg_game(item.id)
            for table in (game.flow, game.terminal):
                if item.id != "centipede":
                    assert ((table * 2.0**20) % 1 == 0).all(), item.id


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the records that may be spoilt."""
    folder = tmp_path / "records"
    shutil.copytree(compare.RECORDS, folder)
    monkeypatch.setattr(compare, "RECORDS", folder)
    return folder


def spoil(path: Path, *keys: str | int) -> None:
    """Move one number of a record by a ten-thousandth."""
    record = json.loads(path.read_text(encoding="utf-8"))
    place = record
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] += 1e-4
    path.write_text(json.dumps(record), encoding="utf-8")


SPOILT = [
    pytest.param("gambit", "centipede", ("raw", "solved", 1, "infosets", 2, "probability", 0), id="probability"),
    pytest.param("gambit", "one-month", ("raw", "solved", 0, "payoffs", 1), id="payoff"),
    pytest.param("negmas", "drawn-packages", ("raw", "hull", "nash", 0), id="nash-point"),
    pytest.param("sgamesolver", "stationary", ("raw", "solved", 2, "values", 3, 1), id="value"),
]


@pytest.mark.parametrize(("peer", "name", "keys"), SPOILT)
def test_a_wrong_figure_is_noticed(peer: str, name: str, keys: tuple[str | int, ...], records: Path) -> None:
    spoil(records / peer / f"{name}.json", *keys)
    found = compare.outcome(case(peer, name))
    assert found.status == "DIFFERS"
    assert "DIFFERS" in compare.table([found])


def test_a_changed_game_counts_as_not_run(records: Path) -> None:
    path = records / "gambit" / "centipede.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"sha256": "0" * 64}), encoding="utf-8")
    found = compare.outcome(case("gambit", "centipede"))
    assert (found.status, found.findings) == ("not run", ())
    assert "not run" in compare.table([found])
    (records / "gambit" / "one-month.json").unlink()
    assert compare.outcome(case("gambit", "one-month")).status == "not run"


def test_a_peer_that_cannot_be_asked_is_told(
    records: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record stays as it is, the exit code says that not all ran."""

    def nobody(peer: str) -> Path:
        raise run_peers.NotRun("no network")

    monkeypatch.setattr(run_peers, "python_of", nobody)
    before = {path: path.read_bytes() for path in records.rglob("*.json")}
    assert run_peers.main(["sgamesolver"]) == 1
    told = capsys.readouterr()
    assert "sgamesolver: NOT RUN: no network" in told.err
    assert "agrees" in told.out
    assert {path: path.read_bytes() for path in records.rglob("*.json")} == before
