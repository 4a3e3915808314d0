"""``grand-deal tournament``."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

COARSE = ("--grid", "1400x2")


def run(*words: str) -> Result:
    import typer

    from sim.cli.app import Commands
    from sim.cli.tournament import tournament

    app = typer.Typer(cls=Commands)
    app.command("tournament")(tournament)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["tournament", *words])


def test_words(tmp_path) -> None:
    out = ("--out", str(tmp_path / "parts"))
    done = run("baseline", *COARSE, "--behaviours", "hold,greedy", *out)
    assert done.exit_code == 0, done.stderr
    text = " ".join(done.stdout.split())
    for words in (
        "81 profiles",
        "nobody reacts",
        "Exploitability",
        "Logit equilibrium",
        "No common unit",
        "predicts nothing",
    ):
        assert words in text
    assert "The same again: grand-deal tournament baseline --grid 1400x2 --behaviours hold,greedy" in text
    assert list((tmp_path / "parts").iterdir())
    # what it does is told where it is no terminal too, and not among the results
    assert "Parts: 1 of 9: " in done.stderr
    assert "Parts: 9 of 9: the others anew against moscow: greedy" in done.stderr
    assert "Parts:" not in done.stdout


def test_json() -> None:
    done = run("baseline", *COARSE, "--behaviours", "hold", "--no-anew", "--json")
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["schema_version"] == 1
    assert data["anew"] is None
    assert list(data["behaviours"]) == ["hold", "equilibrium"]


def test_seats_and_path() -> None:
    seats = run("baseline", *COARSE, "--seat", "minsk=reciprocate", "--seat", "moscow=hold")
    assert seats.exit_code == 0, seats.stderr
    assert "others anew" in seats.stdout
    path = run("baseline", *COARSE, "--path", "--json")
    assert path.exit_code == 0, path.stderr
    assert json.loads(path.stdout)["reading"] == "course"
    words = run("baseline", *COARSE, "--path").stdout
    assert "Concession path" in words
    (side,) = (
        s for s in json.loads(path.stdout)["sides"] if (s["month"], s["table"], s["party"]) == (1, "us-table", "minsk")
    )
    (line,) = (line for line in words.splitlines() if line.split()[:3] == ["1", "us-table", "minsk"])
    assert f"{side['says_yes']:.1%}" in line
    assert "says yes" in words


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("baseline", *COARSE, "--behaviours", "bluff"), 2, "reciprocate"),
        (("baseline", *COARSE, "--behaviours", ""), 2, "one or more"),
        (("baseline", *COARSE, "--seat", "paris=hold"), 2, "paris"),
        (("baseline", *COARSE, "--seat", "minsk"), 2, "name=value"),
        (("baseline", *COARSE, "--seat", "minsk=hold", "--path"), 2, "one of them"),
        (("no-such-scenario",), 3, "no-such-scenario"),
    ],
)
def test_refusals(words: tuple[str, ...], code: int, message: str) -> None:
    done = run(*words)
    assert done.exit_code == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
