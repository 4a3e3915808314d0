"""``grand-deal stability``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.bargain.test_graph_file import ELMIRA


def run(*words: str) -> Result:
    import typer

    from sim.cli.app import Commands
    from sim.cli.stability import stability

    app = typer.Typer(cls=Commands)
    app.command("stability")(stability)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["stability", *words])


def test_scenario_in_words() -> None:
    done = run("baseline", "--grid", "fast", "--state", "us_relief=3,eu_relief=2,prisoners=280")
    assert done.exit_code == 0, done.stderr
    for words in (
        "different game",
        "predicts nothing",
        "no common unit",
        "The same again: grand-deal stability baseline",
    ):
        assert words in done.stdout
    assert "US relief 3, EU relief 2" in done.stdout


def test_scenario_as_json() -> None:
    done = run("baseline", "--grid", "fast", "--json")
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["schema_version"] == 1
    assert set(data["inverse"]) == {str(data["start"]), str(data["grand_deal"])}


def test_own_graph(tmp_path: Path) -> None:
    path = tmp_path / "elmira.toml"
    path.write_text(ELMIRA)
    done = run("--graph", str(path), "--json", "--state", "5")
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    assert [s["name"] for s in data["states"] if "nash" in s["stable"]] == ["5", "8", "9"]
    assert [s["name"] for s in data["states"] if "nash" in s["coalitionally_stable"]] == ["8", "9"]
    assert set(data["why"]) == {"ministry", "uniroyal", "local"}
    words = run("--graph", str(path), "--state", "1", "--concept", "nash")
    assert words.exit_code == 0, words.stderr
    assert "if it were worth" in words.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "neither"),
        (("baseline", "--graph", "x.toml"), 2, "both"),
        (("baseline", "--concept", "core"), 2, "nash, gmr, smr, seq"),
        (("baseline", "--grid", "fast", "--state", "prisoners=7"), 2, "allowed on this map"),
        (("--graph", "no-such-file.toml"), 1, "No such file"),
        (("no-such-scenario",), 3, "no-such-scenario"),
    ],
)
def test_refusals(words: tuple[str, ...], code: int, message: str) -> None:
    done = run(*words)
    assert done.exit_code == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
