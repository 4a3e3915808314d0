"""Queries: the right tables, and every way out of them shut."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sim.batch import store, tables
from sim.batch.query import Answer, csv, plain, query
from sim.batch.query import tables as found_tables
from sim.errors import UsageError
from tests.batch.samples import some, write_batch

secret_table = "a variable of this module, which DuckDB would read as a table if it may"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished batch of two scenarios, and files beside it that are no business of a query."""
    place = tmp_path_factory.mktemp("made")
    write_batch(place, "baseline", "no-buyer")
    (place / "secret.csv").write_text("word\nabracadabra\n")
    (place / "secret.json").write_text('{"word": "abracadabra"}')
    (place / "secret.parquet").write_bytes((place / "headlines.parquet").read_bytes())
    return place


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.parent.rglob("*")) if path.is_file()}


def test_tables_are_the_files(folder: Path) -> None:
    names = {Path(name).stem for name in tables.NAMES}
    assert set(found_tables(folder)) == names
    assert {row[0] for row in query(folder, "show tables").rows} == names
    (baseline, _) = some("baseline", "no-buyer")
    answer = query(
        folder, "select value from outcomes where scenario = 'baseline' and outcome = 'freed' order by month"
    )
    assert tuple(row[0] for row in answer.rows) == baseline.outcomes["freed"]
    assert answer.columns == ("value",)
    assert answer.types == ("DOUBLE",)


@pytest.mark.parametrize(
    "sql",
    [
        "with t as (select distinct scenario from outcomes) select count(*) from t",
        "from headlines select scenario limit 1",
        "describe outcomes",
        "summarize payoffs",
        "explain select * from outcomes",
        "select 1;",
        "-- a comment\nselect max(month) from outcomes",
        "values (1, 2)",
    ],
)
def test_what_reads(folder: Path, sql: str) -> None:
    before = state(folder)
    assert query(folder, sql).rows
    assert state(folder) == before


ESCAPES = [
    # other files
    "select * from '{folder}/secret.csv'",
    "select * from '{folder}/secret.parquet'",
    "select * from '{folder}/outcomes.parquet'",
    "select * from read_csv('{folder}/secret.csv')",
    "select * from read_csv_auto('{folder}/secret.csv')",
    "select * from read_json('{folder}/secret.json')",
    "select * from read_parquet('{folder}/secret.parquet')",
    "select * from parquet_scan('{folder}/secret.parquet')",
    "select * from parquet_metadata('{folder}/secret.parquet')",
    "select * from parquet_schema('{folder}/secret.parquet')",
    "select * from sniff_csv('{folder}/secret.csv')",
    "select * from read_text('{folder}/secret.csv')",
    "select * from read_blob('/etc/hostname')",
    "select * from glob('{folder}/*')",
    "select * from query('select * from read_text(''{folder}/secret.csv'')')",
    "select * from query_table('{folder}/secret.csv')",
    "select getenv('HOME')",
    "select (select content from read_text('{folder}/secret.csv'))",
    "with t as (select * from '{folder}/secret.csv') select * from t",
    "explain analyze select * from read_csv('{folder}/secret.csv')",
    # the network
    "select * from read_csv('https://example.org/x.csv')",
    "select * from 's3://bucket/x.parquet'",
    # other databases
    "attach '{folder}/other.db'",
    "attach ':memory:' as other",
    "detach memory",
    "use memory",
    # writing
    "copy outcomes to '{folder}/copy.csv'",
    "copy (select 1) to '{folder}/outcomes.parquet' (format parquet)",
    "export database '{folder}/exported'",
    "import database '{folder}'",
    "create table t as select 1",
    "create view v as select 1",
    "create or replace view outcomes as select 1",
    "create macro f() as 1",
    "create secret (type s3)",
    "create temp table t (i int)",
    "insert into outcomes select * from outcomes",
    "update outcomes set month = 1",
    "delete from outcomes",
    "drop view outcomes",
    "alter table outcomes rename to x",
    "truncate outcomes",
    "explain analyze create table t as select 1",
    "explain analyze copy outcomes to '{folder}/copy.csv'",
    "explain (analyze) copy outcomes to '{folder}/copy.csv'",
    "/* */ explain analyze copy outcomes to '{folder}/copy.csv'",
    "select 1; copy outcomes to '{folder}/copy.csv'",
    "select 1; select 2",
    # settings and extensions
    "set enable_external_access = true",
    "reset enable_external_access",
    "set lock_configuration = false",
    "set variable x = 1",
    "pragma enable_profiling",
    "pragma database_list",
    "call pragma_version()",
    "install httpfs",
    "load httpfs",
    "load '{folder}/evil.duckdb_extension'",
    "checkpoint",
    "vacuum",
    "prepare p as select 1",
    "execute p",
    "begin transaction",
    # this program's own variables
    "select * from secret_table",
    "select * from folder",
    "select * from arrow_scan(1, 2, 3)",
    "select * from pandas_scan(1)",
    # no statement at all
    "",
    ";",
    "-- nothing",
    "selec 1",
    "select * from nowhere",
    "select nothing from outcomes",
]


@pytest.mark.parametrize("sql", ESCAPES)
def test_every_way_out_is_shut(folder: Path, sql: str) -> None:
    before = state(folder)
    with pytest.raises(UsageError, match=r"^query: ") as refused:
        query(folder, sql.format(folder=folder))
    assert "abracadabra" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert state(folder) == before


def test_duckdb_itself_refuses_what_gets_past_the_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of statement is looked at first; files and settings are locked all the same."""
    import duckdb

    from sim.batch.query import LOCKED

    with duckdb.connect(":memory:") as connection:
        for setting in LOCKED:
            connection.execute(setting)
        for sql in (
            f"copy (select 1) to '{folder}/copy.csv'",
            f"attach '{folder}/other.db'",
            f"select * from '{folder}/secret.csv'",
            "set enable_external_access = true",
            "install httpfs",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql)


def test_folders_without_tables(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="found no finished tables; allowed: the folder of a `grand-deal batch`"):
            query(place, "select 1")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("no json", "not the manifest of a dataset"),
        ("[]", "not the manifest of a dataset"),
        ('{"chunks": [{"file": "/etc/hostname"}]}', "not the manifest of a dataset"),
        ('{"chunks": [{"file": "../secret.parquet"}]}', "not the manifest of a dataset"),
        ('{"chunks": [{"file": "shards/gone.parquet"}]}', "not there"),
        ('{"chunks": []}', "found no finished tables"),
    ],
)
def test_datasets_that_are_none(tmp_path: Path, manifest: str, words: str) -> None:
    (tmp_path / store.DATASET).write_text(manifest)
    with pytest.raises(UsageError, match=words):
        query(tmp_path, "select 1")


def test_a_run_that_was_interrupted_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "0a.parquet").touch()
    with pytest.raises(UsageError, match="found 1 finished file of a run that has not ended; run the same"):
        query(tmp_path, "select 1")
    (tmp_path / "shards" / "0b.parquet").touch()
    with pytest.raises(UsageError, match="found 2 finished files of a run"):
        query(tmp_path, "select 1")


def test_without_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=r'pip install "grand-deal\[query\]"'):
        query(folder, "select 1")


def test_cells(folder: Path) -> None:
    answer = query(folder, "select null as a, [1, 2.5] as b, 'x,\"y' as c, 'nan'::double as d, date '2025-06-21' as e")
    assert [plain(value) for value in answer.rows[0]] == [None, [1.0, 2.5], 'x,"y', None, "2025-06-21"]
    assert csv(answer) == 'a,b,c,d,e\n,"[1.0, 2.5]","x,""y",,2025-06-21\n'
    assert json.loads(json.dumps(plain({"a": (1, {"b": float("inf")})}))) == {"a": [1, {"b": None}]}
    assert csv(Answer(("x",), ("DOUBLE",), ((0.1,), (None,)))) == 'x\n0.1\n""\n'
