"""``grand-deal explain``."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
from typer.testing import CliRunner, Result

COARSE = ("--grid", "700x4")


def run(*words: str, **environment: str) -> Result:
    import typer

    from sim.cli.app import Commands
    from sim.cli.explain import explain

    app = typer.Typer(cls=Commands)
    app.command("explain")(explain)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["explain", *words], env={"COLUMNS": "200", **environment})


def test_every_turn_its_options_and_its_sentence() -> None:
    from sim.forecast.explain import explain

    done = run("baseline", *COARSE, "--top", "3")
    assert done.exit_code == 0, done.stderr
    words = " ".join(done.stdout.split())
    for decision in explain("baseline", grid="700x4", top=3, with_benchmarks=False).decisions:
        assert decision.sentence in words
    for part in ("Position now: talks stalled; 1,120 prisoners", "nobody acts", "lam infinite", "predicts nothing"):
        assert part in words
    assert "The same again: grand-deal explain baseline --top 3 --grid 700x4 --seed 0" in words


def test_json_is_the_record() -> None:
    from sim.forecast.explain import explain

    words = ("--month", "2", "--state", "prisoners=700,eu_relief=1", "--turn", "eu-table", "--pressing", "--top", "5")
    done = run("baseline", *COARSE, *words, "--json")
    assert done.exit_code == 0, done.stderr
    state = {"prisoners": "700", "eu_relief": "1"}
    found = explain("baseline", grid="700x4", month=2, state=state, turn="eu-table", pressing=True, top=5)
    assert json.loads(done.stdout) == json.loads(json.dumps(found.to_json()))


def test_a_later_month_says_whose_position_it_is() -> None:
    there = run("baseline", *COARSE, "--turn", "moscow", "--month", "2", COLUMNS="140")
    words = " ".join(there.stdout.split())
    assert "Of all positions that play from the start has reached by then this one is the likeliest (" in words
    asked = run("baseline", *COARSE, "--turn", "moscow", "--month", "2", "--state", "contact=embassy", COLUMNS="140")
    words = " ".join(asked.stdout.split())
    assert "As if month 2 had come with the start position, but for what --state names (contact=embassy)." in words
    now = run("baseline", *COARSE, "--turn", "moscow", COLUMNS="140")
    assert "likeliest (" not in now.stdout
    assert "As if" not in now.stdout


@pytest.mark.parametrize("columns", ["60", "90", "140"])
def test_narrow_terminals_lose_columns_not_sense(columns: str) -> None:
    done = run("baseline", *COARSE, "--turn", "moscow", "--month", "1", "--state", "contact=embassy", COLUMNS=columns)
    assert done.exit_code == 0, done.stderr
    *lines, again = done.stdout.splitlines()
    assert all(len(line) <= int(columns) for line in lines)
    assert again.startswith("The same again: ")
    assert "--month 1 --state contact=embassy --turn moscow" in again


def test_against_another_scenario() -> None:
    done = run("baseline", *COARSE, "--against", "kremlin-punishes", "--jobs", "1")
    assert done.exit_code == 0, done.stderr
    words = " ".join(done.stdout.split())
    for part in (
        "moscow.punishing_cost",
        "Change by the end of month 4",
        "carried by",
        "kremlin-punishes: ",
        "Exact Shapley values: 32 combinations. The shares add up to the change.",
        "5 of the 32 combinations computed again on the 28x4 grid: largest difference",
        "grand-deal explain baseline --against kremlin-punishes --grid 700x4 --seed 0",
    ):
        assert part in words


def test_against_as_json() -> None:
    done = run("baseline", *COARSE, "--against", "mass-release", "--jobs", "1", "--no-check", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["attribution"]["check"] is None
    assert set(found) == {"schema_version", "attribution", "fork"}
    shares = found["attribution"]["shares"]["freed"]
    change = found["attribution"]["after"]["freed"][-1] - found["attribution"]["before"]["freed"][-1]
    assert sum(row[-1] for row in shares) == pytest.approx(change, abs=1e-9)
    assert found["fork"]["probabilities"]


def test_the_fast_grid_is_the_default_only_against_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Stop(Exception):
        pass

    def stop(*_: object, grid: str, **__: object) -> None:
        asked.append(grid)
        raise Stop

    for module, name in (("sim.forecast.explain", "explain"), ("sim.analyse.attribution", "attribute")):
        monkeypatch.setattr(import_module(module), name, stop)
    run("baseline")
    run("baseline", "--against", "no-buyer")
    assert asked == ["default", "fast"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--turn", "us-tabel"), "did you mean 'us-table'?"),
        (("--state", "prisonrs=3"), "did you mean 'prisoners'?"),
        (("--state", "prisoners"), "prisoners"),
        (("--month", "4"), "allowed: 0 to 3"),
        (("--no-check",), "--no-check: found without --against"),
        (("--grid", "fats"), "did you mean 'fast'?"),
        (("--against", "baseline"), "the same as 'baseline' in all parameters"),
        (("--against", "no-buyer", "--turn", "moscow"), "compares from the start of both"),
    ],
)
def test_what_does_not_exist_is_refused(words: tuple[str, ...], message: str) -> None:
    done = run("baseline", *COARSE, *words) if "--grid" not in words else run("baseline", *words)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert not done.stdout
