"""``grand-deal power``."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

COARSE = ("--grid", "700x4", "--set", "world.prisoner_capacity=1400")


def run(*words: str) -> Result:
    import typer

    from sim.cli.app import Commands
    from sim.cli.power import power

    app = typer.Typer(cls=Commands)
    app.command("power")(power)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["power", *words])


def test_words() -> None:
    done = run("baseline", *COARSE, "--no-sharp", "--weight", "minsk=2")
    assert done.exit_code == 0, done.stderr
    text = " ".join(done.stdout.split())
    for words in (
        "gamma characteristic function",
        "no common unit",
        "minsk + washington + brussels + moscow",
        "core is",
        "predicts nothing",
        "--weight minsk=2 --no-sharp",
    ):
        assert words in text


def test_json() -> None:
    done = run("baseline", *COARSE, "--json", "--no-sharp")
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["schema_version"] == 1
    assert data["weights"] == {"minsk": 1.0, "washington": 1.0, "brussels": 1.0, "moscow": 1.0}
    assert data["sharp"] is None


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("baseline", "--weight", "minsk"), 2, "name=value"),
        (("baseline", "--weight", "minsk=much"), 2, "above 0"),
        (("baseline", "--weight", "paris=1"), 2, "paris"),
        (("no-such-scenario",), 3, "no-such-scenario"),
    ],
)
def test_refusals(words: tuple[str, ...], code: int, message: str) -> None:
    done = run(*words)
    assert done.exit_code == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
