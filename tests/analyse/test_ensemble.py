"""Ensembles and the dataset under them: the same bytes by any way, resumed, reproduced, and never much in memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest

from sim.analyse.dataset import read_manifest, reproduce
from sim.analyse.ensemble import _designs, ensemble
from sim.analyse.resume import evaluate_kept, stream_kept
from sim.analyse.space import DesignSpace
from sim.analyse.variants import OUTCOMES, evaluate
from sim.batch.executors import Processes, using
from sim.batch.query import query
from sim.errors import UsageError
from tests.analyse.conftest import CLOSED, TINY

TRADE = "minsk.trade_value"
SMALL = {"parameters": [TRADE, "brussels.relief_cost.1"], "months": 3, "at": [3], "jobs": 1, "seed": 5}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.[pj]*") if path.is_file()}


def test_the_dataset_is_the_forecasts(baseline, tmp_path) -> None:
    made = ensemble(baseline, tmp_path, grid=TINY, size=6, block=4, **SMALL)
    rows = ds.dataset(
        [tmp_path / chunk["file"] for chunk in read_manifest(tmp_path)["chunks"]], format="parquet"
    ).to_table().to_pylist()  # fmt: skip
    assert [row["variant"] for row in rows] == list(range(6))
    designs = [{TRADE: row[TRADE], "brussels.relief_cost.1": row["brussels.relief_cost.1"]} for row in rows]
    found = evaluate(baseline, designs, grid=TINY, months=3, jobs=1)
    for name in OUTCOMES:
        np.testing.assert_array_equal([row[name] for row in rows], found.outcomes[name])
    (row,) = made.rows
    assert row["mean"] == pytest.approx(found.at("freed", 3).mean(), rel=1e-12)
    assert (row["low"], row["high"]) == (found.at("freed", 3).min(), found.at("freed", 3).max())
    answer = query(tmp_path, "select count(*), avg(freed[3]) from variants where error is null")
    assert answer.rows[0][0] == 6
    assert answer.rows[0][1] == pytest.approx(row["mean"])
    assert reproduce(tmp_path, 0)
    assert reproduce(tmp_path, 1)


def test_a_dataset_that_was_changed_is_not_reproduced(baseline, tmp_path) -> None:
    ensemble(baseline, tmp_path, grid=TINY, size=2, **SMALL)
    (shard,) = (tmp_path / "shards").iterdir()
    other = tmp_path / "other"
    ensemble(baseline, other, grid=TINY, size=2, **{**SMALL, "seed": 6})
    (another,) = (other / "shards").iterdir()
    shard.write_bytes(another.read_bytes())
    assert not reproduce(tmp_path)
    with pytest.raises(UsageError, match="block: found 1; allowed: 0 to 0"):
        reproduce(tmp_path, 1)


@pytest.mark.slow
def test_the_same_bytes_for_any_executor(baseline, tmp_path) -> None:
    settings = {**SMALL, "grid": TINY, "size": 40, "block": 16}
    ensemble(baseline, tmp_path / "serial", **settings)
    ensemble(baseline, tmp_path / "processes", **{**settings, "jobs": 2})
    with using("local:2"):
        ensemble(baseline, tmp_path / "cluster", **settings)
    expected = files(tmp_path / "serial")
    assert len(expected) == 4  # three blocks and the manifest
    assert files(tmp_path / "processes") == expected
    assert files(tmp_path / "cluster") == expected


def test_an_interrupted_ensemble_goes_on_and_a_larger_one_takes_it_over(baseline, closed, tmp_path) -> None:
    settings = {**SMALL, "grid": CLOSED, "size": 20, "block": 4}

    def stop(done: int, total: int) -> None:
        assert total == 20
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensemble(baseline, tmp_path / "a", on_done=stop, **settings)
    assert not (tmp_path / "a" / "dataset.json").exists()
    made = ensemble(baseline, tmp_path / "a", **settings)
    assert made.reused == 8
    ensemble(baseline, tmp_path / "b", **settings)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    closed.clear()
    assert ensemble(baseline, tmp_path / "a", **{**settings, "size": 28}).reused == 20
    assert sum(closed) == 8


@pytest.mark.usefixtures("closed")
def test_a_variant_that_fails_is_kept_with_its_reason(baseline, tmp_path) -> None:
    names, ranges = ["minsk.supported_value"], {"minsk.supported_value": (0.7, 0.8)}
    made = ensemble(
        baseline, tmp_path, grid=CLOSED, size=64, block=16, ranges=ranges, **{**SMALL, "parameters": names}
    )  # fmt: skip
    assert 10 < made.failed < 60
    answer = query(
        tmp_path, 'select count(*), count(freed), min("minsk.supported_value") from variants where error is not null'
    )
    assert answer.rows[0][:2] == (made.failed, 0)
    assert answer.rows[0][2] > 0.74
    manifest = read_manifest(tmp_path)
    assert manifest["failed"] == made.failed == sum(chunk["failed"] for chunk in manifest["chunks"])


@pytest.mark.parametrize("design", ["random", "sobol", "lhs"])
def test_a_design_is_drawn_in_pieces(baseline, design) -> None:
    space = DesignSpace.of(baseline, [TRADE, "minsk.release_cost"])
    found = list(_designs(space, design, 4096, 3))
    assert len(found) == 4096
    if design == "random":
        assert list(_designs(space, design, 1500, 3)) == found[:1500]
        assert list(_designs(space, design, 1500, 4)) != found[:1500]
    else:
        whole = space.sobol(4096, 3) if design == "sobol" else space.lhs(4096, 3)
        assert found == list(space.at(space.values(whole)))
    values = np.array([design[TRADE] for design in found])
    assert values.min() >= 4
    assert values.max() <= 12
    assert values.mean() == pytest.approx(8, abs=0.2)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_variants(baseline, monkeypatch, tmp_path) -> None:
    """Both the run and the resumption; files are kept in a dictionary's stead, as sizes only."""
    from sim.analyse import resume, variants

    row = variants.Row(np.ones((len(OUTCOMES), 24)), np.zeros(4), np.zeros(4), {}, {}, {})
    monkeypatch.setattr(variants, "compute", lambda chunk: [row for _ in chunk.designs])
    monkeypatch.setattr(resume, "block_bytes", lambda *given: b"x")
    monkeypatch.setattr(resume, "write_atomic", lambda path, data: None)

    def peak(size: int, kept: bool) -> int:
        if kept:
            monkeypatch.setattr(resume, "read_block", lambda path, shape: (np.ones(shape), (), "0" * 64))
        designs = ({TRADE: 5.0 + number / size} for number in range(size))
        tracemalloc.start()
        blocks = stream_kept(baseline, designs, tmp_path, size=size, grid=CLOSED, jobs=1, months=24)
        assert sum(block.size for block in blocks) == size
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    for kept in (False, True):
        few, many = peak(1_000, kept), peak(20_000, kept)
        # what grows is the list of blocks: some hundred bytes for each 128 variants, whose outcomes take 295,000
        assert many - few < 150 * 1_000, (kept, few, many)


def test_what_is_refused(baseline, tmp_path) -> None:
    for wrong, words in (
        ({"design": "grid"}, "design: found 'grid'; allowed for an ensemble: random, sobol, lhs"),
        ({"size": 0}, "size: found 0; allowed for random: 1 to"),
        ({"size": 200_001, "design": "lhs"}, "size: found 200,001; allowed for lhs: 1 to 200,000"),
        ({"outcomes": ["frees"]}, "outcome: found 'frees'"),
        ({"at": [4]}, "month: found 4; allowed: 1 to 3"),
        ({"block": 0}, "block: found 0; allowed: 1 or more"),
    ):
        with pytest.raises(UsageError, match=words):
            ensemble(baseline, tmp_path, grid=CLOSED, **{**SMALL, **wrong})
    (tmp_path / "dataset.json").write_text("mine")
    with pytest.raises(UsageError, match=r"holds dataset\.json, which no batch of this program wrote"):
        ensemble(baseline, tmp_path, grid=CLOSED, size=2, **SMALL)


def test_a_manifest_that_is_none(tmp_path) -> None:
    with pytest.raises(UsageError, match="found no finished dataset"):
        reproduce(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps({"schema_version": 99, "kind": "variants"}))
    with pytest.raises(UsageError, match="found no finished dataset"):
        reproduce(tmp_path)


@pytest.mark.usefixtures("closed")
def test_an_analysis_that_was_kept_can_be_asked(baseline, tmp_path) -> None:
    designs = [{TRADE: float(value)} for value in range(4, 12)]
    evaluate_kept(baseline, designs, tmp_path, grid=CLOSED, months=2, jobs=1, block=3)
    answer = query(tmp_path, f'select sum(freed[2]), max("{TRADE}") from variants')
    assert answer.rows == ((sum(20 * design[TRADE] for design in designs), 11.0),)


@pytest.mark.usefixtures("closed")
def test_an_executor_is_left_open(baseline, tmp_path) -> None:
    with Processes(1) as executor, using(executor):
        evaluate_kept(baseline, [{TRADE: 5.0}], tmp_path, grid=CLOSED, months=2, jobs=1)  # one: computed here


@pytest.mark.usefixtures("closed")
def test_equal_blocks_keep_their_own_numbers(baseline, tmp_path) -> None:
    for reused in (0, 6):
        found = evaluate_kept(baseline, [{TRADE: 5.0}] * 6, tmp_path, grid=CLOSED, months=2, jobs=1, block=3)
        assert found.reused == reused
        assert query(tmp_path, "select variant from variants order by 1").rows == tuple((i,) for i in range(6))
