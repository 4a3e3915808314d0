"""``query`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sim.batch import tables
from sim.cli.app import Commands
from sim.cli.query import query
from tests.batch.samples import some, write_batch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    write_batch(place, "baseline", "no-buyer")
    return place


def run(*words: object, stdin: str = "") -> Result:
    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
    app.command("query")(query)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["query", *map(str, words)], input=stdin)


SQL = "select scenario, month, value from outcomes where outcome = 'freed' and month <= 2 order by all"


def test_table_csv_and_json_say_the_same(folder: Path) -> None:
    shown = run(folder, SQL)
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.split()[:3] == ["scenario", "month", "value"]
    assert shown.stdout.count("baseline") == 2
    found = json.loads(run(folder, SQL, "--json").stdout)
    assert found["schema_version"] == 1
    assert found["columns"] == ["scenario", "month", "value"]
    expected = [[result.scenario, month, result.at("freed", month)] for result in some("baseline", "no-buyer")
                for month in (1, 2)]  # fmt: skip
    assert found["rows"] == sorted(expected)
    lines = run(folder, SQL, "--csv").stdout.splitlines()
    assert lines[0] == "scenario,month,value"
    assert [line.split(",")[2] for line in lines[1:]] == [repr(row[2]) for row in found["rows"]]


def test_standard_input(folder: Path) -> None:
    assert run(folder, "-", "--json", stdin=SQL).stdout == run(folder, SQL, "--json").stdout


def test_no_question_lists_the_tables(folder: Path) -> None:
    shown = run(folder)
    assert shown.exit_code == 0
    assert all(Path(name).stem in shown.stdout for name in tables.NAMES)
    assert "us_relief_24" in shown.stdout


def test_many_rows_are_cut_on_the_screen_only(folder: Path) -> None:
    shown = run(folder, "select * from range(1000)")
    assert "800 more rows" in shown.stderr
    assert len(run(folder, "select * from range(1000)", "--csv").stdout.splitlines()) == 1001


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("select * from nowhere",), "Error: query: Catalog Error: Table with name nowhere does not exist"),
        (("drop table outcomes",), "Error: query: found DROP; allowed: one SELECT"),
        (("select 1", "--csv", "--json"), "found both; allowed: one of them"),
    ],
)
def test_errors(folder: Path, words: tuple[str, ...], found: str) -> None:
    result = run(folder, *words)
    assert result.exit_code == 2
    assert found in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_without_tables(tmp_path: Path) -> None:
    result = run(tmp_path, "select 1")
    assert result.exit_code == 2
    assert "found no finished tables" in result.stderr


def test_a_sweep_that_is_kept_can_be_asked(invoke, tmp_path: Path) -> None:
    words = ("sweep", "baseline", "--design", "random", "--size", "2", "--parameter", "minsk.trade_value",
             "--grid", "700x24", "--jobs", "1", "--out", "made")  # fmt: skip
    done = invoke(*words)
    assert done.exit_code == 0, done.stderr
    assert "2 of 2 variants kept, 0 reused." in done.stderr
    assert "grand-deal query made 'select quantile_cont(freed[24]" in done.stdout
    assert "2 of 2 variants kept, 2 reused." in invoke(*words).stderr
    again = json.loads(invoke(*words, "--json").stdout)
    found = json.loads(run(tmp_path / "made", "select avg(freed[24]), count(*) from variants", "--json").stdout)
    assert found["rows"] == [[pytest.approx(again["rows"][0]["mean"]), 2]]
    assert invoke(*words[:-1], "singly", "--block", "1").exit_code == 0
    files = [len(list((tmp_path / name).rglob("*.parquet"))) for name in ("made", "singly")]
    assert files == [1, 2]


@pytest.mark.parametrize("command", [("batch",), ("sweep", "baseline", "--parameter", "minsk.trade_value")])
def test_a_cluster_that_is_none(invoke, command: tuple[str, ...]) -> None:
    result = invoke(*command, "--grid", "700x24", "--cluster", "somewhere")
    assert result.exit_code == 2
    assert "Error: cluster: found 'somewhere'; allowed: tcp://HOST:PORT" in result.stderr


def test_claims_take_a_cluster_for_robustness_only(invoke) -> None:
    result = invoke("claims", "--cluster", "local:2")
    assert result.exit_code == 2
    assert "--cluster belongs to --robustness" in result.stderr
