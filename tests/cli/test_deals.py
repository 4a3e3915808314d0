"""``deals``: what it prints, writes, and refuses."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sim.cli.app import Commands
from sim.cli.deals import deals, parties, weights

SMALL = ("--set", "world.prisoner_capacity=420", "--set", "start.prisoners=280", "--grid", "28x3")
Deal = Callable[..., Result]


@pytest.fixture
def deal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Deal:
    app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("deals")(deals)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["deals", *words], prog_name="grand-deal")

    return run


def test_tables(deal: Deal) -> None:
    done = deal("baseline", *SMALL, "--top", "5")
    assert done.exit_code == 0, done.stderr
    shown = re.sub(r"\s+", " ", done.stdout)
    for text in (
        "zone of possible agreement",
        "points of two capitals have no common unit",
        "utilitarian (compares units)",
        "Kalai-Smorodinsky",
        "if the parties can agree on a draw",
        "The frontier: largest Nash product first",
        "The equilibrium makes this deal likeliest",
        "Reservation prices in prisoners",
        "predicts nothing",
    ):
        assert text in shown
    again = shlex.split(done.stdout.split("The same again: ")[1])
    assert again[:3] == ["grand-deal", "deals", "baseline"]
    assert deal(*again[2:]).stdout == done.stdout


def test_json_is_the_record(deal: Deal) -> None:
    import sim.forecast.deals as glue

    words = ("--month", "1", "--state", "contact=embassy,prisoners=100", "--parties", "minsk,washington", "--top", "2")
    done = deal("baseline", *SMALL, *words, "--weights", "minsk=2", "--rationality", "2", "--json")
    assert done.exit_code == 0, done.stderr
    found = glue.deals(
        "baseline",
        {"world.prisoner_capacity": 420, "start.prisoners": 280},
        grid="28x3",
        month=1,
        state={"contact": "embassy", "prisoners": 100},
        parties=("minsk", "washington"),
        weights={"minsk": 2.0},
        rationality=2.0,
        top=2,
    )
    assert json.loads(done.stdout) == json.loads(json.dumps(found.to_json()))
    assert json.loads(done.stdout)["schema_version"] == 1


@pytest.mark.parametrize("name", ["all.parquet", "deep/er/all.csv"])
def test_out_holds_every_package(deal: Deal, tmp_path: Path, name: str) -> None:
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    done = deal("baseline", *SMALL, "--table", "eu-table", "--out", name, "--json")
    assert done.exit_code == 0, done.stderr
    assert "20 packages (the first is no deal)" in done.stderr
    rows = (pq.read_table if name.endswith("parquet") else csv.read_csv)(tmp_path / name)
    assert rows.num_rows == 20
    found = json.loads(done.stdout)
    assert sum(rows["in_zone"].to_pylist()) == found["zone"]
    assert {"prisoners", "contact", "gain_minsk", "gain_moscow", "punished", "efficient_all"} <= set(rows.column_names)
    assert sum(gain > 0 for gain in rows["gain_washington"].to_pylist()) == found["gaining"]["washington"]


def test_no_zone_is_a_clear_message(deal: Deal) -> None:
    words = ("--state", "prisoners=0,leaders=0,contact=embassy", "--parties", "minsk,washington")
    done = deal("baseline", *SMALL, *words)
    assert done.exit_code == 0, done.stderr
    assert "No zone of agreement: no package makes every party better off than no deal" in done.stdout
    assert "Closest to an agreement" in done.stdout
    assert "no draw helps every signatory either" in done.stdout


def test_nothing_left_to_deal_in(deal: Deal) -> None:
    state = "prisoners=0,leaders=0,contact=embassy,us_relief=3,eu_relief=2"
    done = deal("baseline", *SMALL, "--state", state)
    assert done.exit_code == 0, done.stderr
    assert "Packages: 0." in done.stdout


def test_a_narrow_terminal_still_shows_the_signatories(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = deal("baseline", *SMALL, "--parties", "minsk,washington", "--top", "1")
    assert done.exit_code == 0, done.stderr
    assert "Washington" in done.stdout
    assert max(map(len, done.stdout.splitlines()[:-2])) <= 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--parties", "minsk,paris"), "found 'paris'; allowed: minsk, washington, brussels, moscow"),
        (("--parties", "washington"), "minsk with washington, brussels or both"),
        (("--table", "us-tabel"), "did you mean 'us-table'?"),
        (("--table", "summit"), "allowed: us-table, eu-table"),
        (("--table", "us-table", "--parties", "minsk,washington"), "beside a table"),
        (("--weights", "minsk=-1"), "capital=number above 0"),
        (("--weights", "moscow=2"), "allowed: minsk, washington, brussels"),
        (("--month", "3"), "allowed: 0 to 2"),
        (("--state", "prisoner=3"), "did you mean 'prisoners'?"),
        (("--out", "deals.xlsx"), "ends in .parquet or .csv"),
    ],
)
def test_wrong_usage(deal: Deal, words: tuple[str, ...], said: str) -> None:
    done = deal("baseline", *SMALL, *words)
    assert done.exit_code == 2
    assert said in re.sub(r"\s+", " ", done.stderr.replace("│", " "))
    assert done.stdout == ""


def test_lists_on_the_command_line() -> None:
    assert parties(None) is None
    assert parties("minsk, brussels,") == ("minsk", "brussels")
    assert weights(None) == {}
    assert weights("minsk=2, brussels=0.5") == {"minsk": 2.0, "brussels": 0.5}
    for text in ("minsk", "minsk=two", "minsk=nan", "minsk=1,minsk=2", "=1"):
        with pytest.raises(typer.BadParameter):
            weights(text)


def test_one_package_in_full(deal: Deal) -> None:
    words = ("--package", "prisoners=33,us=3,eu=0,contact=0,press=no")
    done = deal("baseline", *SMALL, *words)
    assert done.exit_code == 0, done.stderr
    shown = re.sub(r"\s+", " ", done.stdout)
    assert "The package asked about: 33 people for three steps of US relief" in shown
    asked = json.loads(deal("baseline", *SMALL, *words, "--json").stdout)["asked"]
    for name, loss in asked["blockers"].items():
        assert f"{name.capitalize()} blocks ({loss:.2f})" in shown
    assert asked["blockers"]
    assert asked["sweeteners"][0]["change"] in shown
    again = shlex.split(done.stdout.split("The same again: ")[1])
    assert deal(*again[2:]).stdout == done.stdout


@pytest.mark.parametrize("text", ["prisoners", "prisoners=3,prisoners=4", "people=3", "prisoners=999", "press=5"])
def test_packages_that_are_none(deal: Deal, text: str) -> None:
    done = deal("baseline", *SMALL, "--package", text)
    assert done.exit_code == 2
    assert "allowed" in done.stderr


def test_no_sign_on_zeros(deal: Deal) -> None:
    from sim.cli.output import decimal, percent, signed

    assert [signed(x) for x in (-0.001, 0.0, 0.004, -0.006, 12.0)] == ["0.00", "0.00", "0.00", "-0.01", "+12.00"]
    assert signed(-0.0001, ".1%") == "0.0%"
    assert (decimal(-0.001), decimal(-0.01, "persons"), percent(-1e-12)) == ("0.00", "0.0", "0.0%")
