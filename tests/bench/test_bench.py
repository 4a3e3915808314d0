"""The machinery of the benchmarks at the smallest size; how fast anything is decides nothing here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.bench import __main__ as bench
from tests.bench import floor, growth, hardware, peers, proof, solver
from tests.bench.record import compared, markdown


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None and shutil.which("cc") is None, reason="no C compiler")
def test_the_plain_c_loop_gives_our_values(tmp_path: Path) -> None:
    found = hardware.measure("700x2", 1, tmp_path, small=True)
    ours = [row for row in found["lines"] if row["what"] == "ours"]
    theirs = [row for row in found["lines"] if row["what"] != "ours"]
    assert [row["threads"] for row in ours] == [1, 2]
    assert len(theirs) >= 4
    assert all(0 < row["difference"] <= hardware.CLOSE for row in theirs)
    assert sum(bool(row["ratio"]) for row in theirs) == 2
    assert all(peak["gigaflops"] > 0 and peak["gigabytes"] > 0 for peak in found["peaks"])
    text = bench.tables(result(hardware=found))
    assert text.count("(best)") == 2


@pytest.mark.slow
def test_peers_that_are_not_there_are_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEERS_VENV", str(tmp_path))
    found = peers.measure(1, True, 5.0, ("negmas", "openspiel", "quantecon"))
    assert [row["status"].split(":")[0] for row in found] == [
        "not measured", "measured", "not measured", "not measured",
    ]  # fmt: skip
    assert all(row["ours_per_second"][0] > 0 for row in found)
    text = bench.tables(result(peers=found))
    assert text.count("not measured: no environment") == 3
    assert list(bench.ratios(result(peers=found))) == ["OpenSpiel, tree walk | nodes of the tree of 2 months (103)"]


def test_a_peer_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "slow" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho '{\"seconds\": 1}'\nexec sleep 60\n")
    python.chmod(0o755)
    monkeypatch.setenv("PEERS_VENV", str(tmp_path))
    assert peers.asked("slow", "x", limit=2.0) == [{"seconds": 1}]
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    assert peers.asked("slow", "x", limit=0.2) == "stopped after 0 s"
    python.write_text("#!/bin/sh\necho no such module >&2\nexit 1\n")
    assert peers.asked("slow", "x", limit=5.0) == "not measured: no such module"


def test_the_decision_problem_is_that_of_the_other_side() -> None:
    """Backward induction written out, on a small one."""
    states, actions, rounds = 7, 3, 4
    from sim.solver import solve

    values = np.zeros(states)
    for _ in range(rounds):
        values = np.array(
            [max(np.cos(s + 2.0 * a) + 0.95 * values[(s + a) % states] for a in range(actions)) for s in range(states)]
        )
    found = solve(peers.decision_problem(states, actions, rounds), np.inf).values(0)[:, 0]
    np.testing.assert_allclose(found, values, rtol=1e-12)


def test_each_step_is_measured_alone() -> None:
    found = solver.measure("1400x24", 2, 1, 2, 50)
    assert all(len(spent) == 2 and min(spent) > 0 for both in found["seconds"].values() for spent in both.values())
    text = bench.tables(result(steps=[found]))
    assert all(f"  {name} " in text for name in ("compile", "solve for a start", "forward", "sample", "together"))
    found["seconds"]["one by one"]["wall"], found["seconds"]["together"]["wall"] = [6.0, 4.0], [2.0, 1.0]
    assert bench.ratios(result(steps=[found])) == {
        "ours, 2 variants one at a time | together, grid 1400x24": [3.0, 3.5, 4.0]
    }


def test_what_another_layout_could_gain(capsys: pytest.CaptureFixture[str]) -> None:
    seconds, choices = floor.offers(floor.small(), 2.0, repeats=1)
    assert seconds > 0
    assert choices == 8 * floor.PACKAGES * 2
    floor.main(["--grid", "700x2", "--repeats", "1", "--variants", "2"])
    told = capsys.readouterr().out
    assert "ns where nothing but the arithmetic counts" in told
    assert "times as fast" in told


@pytest.mark.parametrize("kind", ["packages", "variants"])
def test_growth_points(kind: str) -> None:
    found = growth.point(kind, 2, 1, quick=True)
    assert found["evaluations"] > 0
    assert found["peak_mb"] > 10
    assert "2 " + growth.UNITS[kind][:8] in bench.tables(result(growth=[found]))


def result(**parts: object) -> dict[str, object]:
    head = {"machine": {"processor": "x", "cores": 2, "python": "3"}, "quick": True, "repeats": 1, "load_before": 0.0}
    return {**head, **parts}


def test_comparing_tells_what_got_worse_and_never_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record, now = tmp_path / "record.json", tmp_path / "now.json"
    monkeypatch.setattr(bench, "RECORD", record)
    now.write_text(json.dumps({"ratios": {"a": [1, 1.0, 1], "b": [0.7, 0.79, 1.5], "c": [4, 5.0, 6]}}))
    assert bench.main(["--compare", str(now)]) == 0
    assert "there is no record yet" in capsys.readouterr().out
    record.write_text(json.dumps({"ratios": {"a": [1, 1.2, 2], "b": [1, 1.0, 1], "gone": [1, 2.0, 3]}}))
    assert bench.main(["--compare", str(now)]) == 0
    told = capsys.readouterr().out
    assert "worse: b: 1 before, 0.79 now (-21%)" in told
    assert "worse: a" not in told
    assert "not measured now: gone" in told
    record.write_text(json.dumps({"ratios": {"a": [1, 1.2, 2]}}))
    assert bench.main(["--compare", str(now)]) == 0
    assert "nothing got worse by more than 20% (1 ratios compared)" in capsys.readouterr().out


def test_a_peer_of_another_version_is_the_same_peer() -> None:
    told = compared({"Some 1.2.3, x | packages (5,000)": [1, 2, 3]}, {"Some 1.3.0, x | packages (5,000)": [1, 1, 1]})
    assert told == "worse: Some 1.2.3, x | packages (5,000): 2 before, 1 now (-50%)"


def test_the_table_of_the_record_stands_in_the_readme() -> None:
    record = json.loads(bench.RECORD.read_text(encoding="utf-8"))
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert markdown(record) in readme
    assert not record["quick"]
    assert f"{record['machine']['processor']}, {record['machine']['cores']} cores" in readme


def test_a_record_keeps_ratios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(bench, "run", lambda *given: {**result(), "ratios": {"a | c": [1.0, 2.0, 1234.0]}})
    assert bench.main(["--record", "--json", str(tmp_path / "all.json")]) == 0
    kept = json.loads((tmp_path / "record.json").read_text())
    assert kept["ratios"] == {"a | c": [1.0, 2.0, 1234.0]}
    assert "| a | c | 2 | 1 to 1,234 |" in capsys.readouterr().out
    assert kept == {name: json.loads((tmp_path / "all.json").read_text())[name] for name in kept}


@pytest.mark.slow
def test_the_proof_at_its_smallest(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    words = ["--variants", "24", "--grid", "700x24", "--default", "0", "--sample", "2", "--probes", "20"]
    assert proof.main([*words, "--json", str(file)]) == 0
    (run,) = json.loads(file.read_text())["runs"]
    assert run["worker_killed"] is True
    assert (run["kept"], run["failed"], run["sample_equal"]) == (24, 0, True)
    assert run["peak_mb"]["largest worker"] > 10


def test_what_the_paper_reckons() -> None:
    measured = {
        "tasks_per_second": 1000.0,
        "task_bytes": 3000,
        "design_bytes": 1000.0,
        "answer_bytes_per_variant": 2000.0,
        "client_seconds_per_variant": 0.001,
        "shard_bytes_per_variant": 3000.0,
    }
    row = next(row for row in proof.paper(0.5, measured, 2) if row["chunk"] == 8)
    assert row["hours"] == pytest.approx(10_000_000 * 0.5 / 200 / 3600)
    assert row["tasks_per_second"] == pytest.approx(50)
    assert row["scheduler_load"] == pytest.approx(0.05)
    assert row["client_load"] == pytest.approx(0.4)
    assert row["network_mb_per_second"] == pytest.approx(400 * (3000 + 375) / 1e6)
    assert row["terabytes"] == pytest.approx(0.03)
