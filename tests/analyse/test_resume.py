"""Interrupted runs go on where they stopped, and old numbers never meet a changed question."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analyse.resume import evaluate_kept
from sim.errors import UsageError
from tests.analyse.conftest import CLOSED

TRADE = "minsk.trade_value"
DESIGNS = [{TRADE: value} for value in np.linspace(4, 12, 10).tolist()]
SETTINGS = {"grid": CLOSED, "months": 3, "rationality": None, "jobs": 1}


def test_an_interrupted_run_goes_on(baseline, closed, tmp_path) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 10
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_kept(baseline, DESIGNS, tmp_path, block=4, on_done=stop, **SETTINGS)
    assert sum(closed) == 6
    found = evaluate_kept(baseline, DESIGNS, tmp_path, block=4, **SETTINGS)
    assert sum(closed) == 6 + 6  # the first block was there, the second was lost half way
    assert found.reused == 4
    plain = evaluate_kept(baseline, DESIGNS, None, **SETTINGS)
    np.testing.assert_array_equal(found.outcomes, plain.outcomes)
    np.testing.assert_array_equal(found.at("freed", 2), [20 * design[TRADE] for design in DESIGNS])


def test_failures_are_kept_too(baseline, closed, tmp_path) -> None:
    designs = [*DESIGNS[:3], {"minsk.supported_value": 0.75}]
    for _ in range(2):
        found = evaluate_kept(baseline, designs, tmp_path, block=2, **SETTINGS)
        assert found.failed == ((3, "minsk.supported_value: refused for the test"),)
        assert np.isnan(found.at("freed", 1)).tolist() == [False, False, False, True]
    assert sum(closed) == 4


@pytest.mark.parametrize("change", ["base", "design", "months", "grid", "rationality", "code"])
def test_a_changed_question_is_computed_again(baseline, closed, tmp_path, monkeypatch, change) -> None:
    evaluate_kept(baseline, DESIGNS, tmp_path, **SETTINGS)
    base, designs, settings = baseline, list(DESIGNS), dict(SETTINGS)
    if change == "base":
        base = base.with_overrides({"minsk.release_cost": 0.03})
    elif change == "design":
        designs[3] = {TRADE: 4.1}
    elif change == "code":
        monkeypatch.setattr("sim.analyse.dataset.code_hash", lambda: "another")
    else:
        settings[change] = {"months": 2, "grid": "default", "rationality": 2.0}[change]
    assert evaluate_kept(base, designs, tmp_path, **settings).reused == 0
    assert sum(closed) == 20


@pytest.mark.usefixtures("closed")
def test_damaged_blocks_are_computed_again(baseline, tmp_path) -> None:
    first = evaluate_kept(baseline, DESIGNS, tmp_path, **SETTINGS)
    (shard,) = (tmp_path / "shards").iterdir()
    data = shard.read_bytes()
    for damage in (data[: len(data) // 2], b"", b"no archive", data[:200] + bytes(len(data) - 200)):
        shard.write_bytes(damage)
        again = evaluate_kept(baseline, DESIGNS, tmp_path, **SETTINGS)
        assert again.reused == 0
        np.testing.assert_array_equal(again.outcomes, first.outcomes)
    assert evaluate_kept(baseline, DESIGNS, tmp_path, **SETTINGS).reused == 10


@pytest.mark.usefixtures("closed")
def test_a_file_is_no_folder(baseline, tmp_path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="this is a file"):
        evaluate_kept(baseline, DESIGNS, tmp_path / "file", **SETTINGS)
