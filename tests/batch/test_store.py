"""The folder of a batch: whole files or none, damaged shards, the lock, and files of others."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from sim.batch import read_results, store
from sim.errors import GrandDealError, UsageError
from sim.forecast.result import Result
from tests.batch.samples import some

OURS = ("outcomes.parquet", "manifest.json", "report.html", "shards")
KEY = "ab" * 32


@pytest.fixture
def result() -> Result:
    return some("baseline")[0]


def kept(out: Path, result: Result, key: str = KEY) -> Path:
    (out / "shards").mkdir(parents=True, exist_ok=True)
    store.write_shard(out, key, result.to_record(), 1.25)
    return out / "shards" / f"{key}.json"


class TestWholeOrNot:
    def test_replaces_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        store.write_atomic(path, b"old")
        store.write_atomic(path, b"new")
        assert path.read_bytes() == b"new"
        assert [entry.name for entry in tmp_path.iterdir()] == ["file"]

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_a_full_disk_leaves_the_old_file_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        path = tmp_path / "file"
        store.write_atomic(path, b"old")

        def full(*args: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(*((os, "fsync", full) if step == "fsync" else (Path, "replace", full)))
        with pytest.raises(GrandDealError, match=r"file: cannot be written: No space left on device"):
            store.write_atomic(path, b"new")
        assert path.read_bytes() == b"old"
        assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


class TestShard:
    def test_comes_back_without_loss_and_in_order(self, tmp_path: Path, result: Result) -> None:
        kept(tmp_path, result)
        shard = store.read_shard(tmp_path, KEY)
        assert shard is not None
        assert shard.seconds == 1.25
        assert shard.result == result
        assert list(shard.result.outcomes) == list(result.outcomes)
        assert list(shard.result.now) == list(result.now)
        assert list(shard.result.first_deals) == list(result.first_deals)

    def test_none_where_there_is_none(self, tmp_path: Path) -> None:
        assert store.read_shard(tmp_path, KEY) is None

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: data[: len(data) // 2],
            lambda data: b"",
            lambda data: b"\x00\xff" * 50,
            lambda data: data.replace(b'"seed": 0', b'"seed": 1'),
            lambda data: data.replace(b'"schema_version": 1', b'"schema_version": 99', 1),
            lambda data: data.replace(KEY.encode(), b"cd" * 32),
            lambda data: b"[1, 2]",
            lambda data: b"[" * 100_000,
            lambda data: json.dumps({**json.loads(data), "record": {}}).encode(),
        ],
        ids=["cut", "empty", "noise", "changed", "version", "key", "list", "deep", "hollow"],
    )
    def test_none_where_it_is_damaged(self, tmp_path: Path, result: Result, damage) -> None:
        path = kept(tmp_path, result)
        whole = path.read_bytes()
        path.write_bytes(damage(whole))
        assert path.read_bytes() != whole
        assert store.read_shard(tmp_path, KEY) is None

    def test_refuses_what_json_cannot_hold(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="Out of range"):
            store.dump({"value": float("nan")})


class TestClaim:
    def test_makes_marks_and_frees_the_folder(self, tmp_path: Path) -> None:
        out = tmp_path / "a" / "b"
        with store.claim(out, OURS):
            assert (out / "shards").is_dir()
            assert (out / store.MARK).read_text().strip() == str(os.getpid())
        with store.claim(out, OURS):
            pass

    def test_one_at_a_time(self, tmp_path: Path) -> None:
        with (
            store.claim(tmp_path, OURS),
            pytest.raises(UsageError, match=rf"another batch is writing here \(process {os.getpid()}\)"),
            store.claim(tmp_path, OURS),
        ):
            pass

    def test_a_dead_holder_does_not_count(self, tmp_path: Path) -> None:
        (tmp_path / store.MARK).write_text("999999999\n")
        with store.claim(tmp_path, OURS):
            pass

    @pytest.mark.parametrize("name", OURS)
    def test_leaves_the_files_of_others_alone(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("precious")
        with pytest.raises(UsageError, match=f"holds {name}, which no batch"), store.claim(tmp_path, OURS):
            pass
        assert [entry.name for entry in tmp_path.iterdir()] == [name]
        assert (tmp_path / name).read_text() == "precious"

    def test_clears_only_what_a_batch_left_half_written(self, tmp_path: Path) -> None:
        (tmp_path / "shards").mkdir()
        (tmp_path / store.MARK).touch()
        mine = [tmp_path / f"{store.TEMPORARY}1-a.parquet", tmp_path / "shards" / f"{store.TEMPORARY}2-b.json"]
        others = [tmp_path / "notes.txt", tmp_path / ".tmp", tmp_path / "shards" / "other.json"]
        for path in (*mine, *others):
            path.write_text("x")
        with store.claim(tmp_path, OURS):
            assert not any(path.exists() for path in mine)
            assert all(path.exists() for path in others)

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match="this is a file"), store.claim(tmp_path / "file", OURS):
            pass

    def test_says_what_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        folder = tmp_path / "file" / "folder"
        with pytest.raises(UsageError, match="cannot be written: Not a directory"), store.claim(folder, OURS):
            pass

    def test_errors_inside_pass_through(self, tmp_path: Path) -> None:
        with pytest.raises(BrokenPipeError), store.claim(tmp_path, OURS):
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")


class TestReadResults:
    def write(self, out: Path, result: Result, **changes: object) -> None:
        kept(out, result)
        manifest = {"schema_version": 1, "scenarios": [{"id": result.scenario, "key": KEY}], **changes}
        store.write_atomic(out / "manifest.json", store.dump(manifest))

    def test_finished_batch(self, tmp_path: Path, result: Result) -> None:
        self.write(tmp_path, result)
        found, manifest = read_results(tmp_path)
        assert found == (result,)
        assert manifest["scenarios"][0]["id"] == "baseline"

    def test_no_batch(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no finished batch here"):
            read_results(tmp_path / "nowhere")

    @pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\xfe", b'{"schema_version": 1, "scenarios": [1]}'])
    def test_no_manifest(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "manifest.json").write_bytes(data)
        with pytest.raises(UsageError, match="not the manifest of a batch"):
            read_results(tmp_path)

    def test_other_version(self, tmp_path: Path, result: Result) -> None:
        self.write(tmp_path, result, schema_version=7)
        with pytest.raises(UsageError, match="schema version 7"):
            read_results(tmp_path)

    def test_missing_result(self, tmp_path: Path, result: Result) -> None:
        self.write(tmp_path, result)
        (tmp_path / "shards" / f"{KEY}.json").unlink()
        with pytest.raises(UsageError, match="the result of baseline is missing or damaged"):
            read_results(tmp_path)
