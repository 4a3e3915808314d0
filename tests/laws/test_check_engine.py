"""`sim.testing.check`: it finds faults, makes them small, and does not stumble over what users write."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest

import sim.testing.case
from sim.errors import ScenarioError, UsageError
from sim.game import Game
from sim.scenario import catalogue, load, parameter_info
from sim.testing import rewrite
from sim.testing.case import NAMES
from sim.testing.catalogue import ALWAYS, IN_TURN, read_laws, shipped
from sim.testing.check import CheckResult, check, small_grid


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


def own(folder: Path, text: str, *, examples: int = 30, **more: Any) -> CheckResult:
    """Check the baseline by laws of one's own alone."""
    file = write(folder, text)
    return check("baseline", laws=list(read_laws(file)), laws_file=file, examples=examples, **more)


def test_every_shipped_law_holds_for_the_baseline_itself() -> None:
    seen: list[tuple[int, int, str]] = []
    result = check("baseline", examples=1, progress=lambda *what: seen.append(what))
    assert result.ok, result.failures
    assert {law.name for law in result.laws} == set(ALWAYS) | set(IN_TURN)
    assert all(law.checked == 1 and law.meaning for law in result.laws)
    assert (result.examples, result.rejected, result.grid) == (1, 0, "600x2")
    assert seen[-1][:2] == (1, 1)


def test_a_file_of_laws_is_read_anew_each_time(tmp_path: Path) -> None:
    """Python would take compiled code of the same second and the same size for that of the file."""
    for name in ("one_law", "two_law"):
        assert list(read_laws(write(tmp_path, f"def {name}(scenario):\n    assert scenario\n"))) == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]  # nothing is left beside it


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["grand-deal-summit", "mass-release", "desperate-washington"])
def test_every_shipped_law_holds_around_other_scenarios(scenario: str) -> None:
    result = check(scenario, examples=8)
    assert result.ok, result.failures
    assert result.examples == 8


@pytest.mark.slow
@pytest.mark.parametrize("lam", ["inf", 0, 60])
def test_every_shipped_law_holds_at_every_precision(lam: Any) -> None:
    capitals = ("minsk", "washington", "brussels", "moscow")
    result = check("baseline", {f"{capital}.rationality": lam for capital in capitals}, examples=1)
    assert result.ok, result.failures


@pytest.mark.slow
def test_a_fault_in_the_model_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where trade is worth more than 9, deals free a tenth more people than leave: only that parameter is left."""
    real = sim.testing.case.compile

    def leaking(scenario: Any, grid: Any) -> Any:
        model = real(scenario, grid)
        if scenario.get("minsk.trade_value") <= 9:
            return model
        table = model.effects["us-table"]
        effects = {**model.effects, "us-table": dataclasses.replace(table, prisoners=table.prisoners * 1.1)}
        return dataclasses.replace(model, effects=effects)

    monkeypatch.setattr(sim.testing.case, "compile", leaking)
    result = check("baseline", laws=["stock_accounted", "start_has_its_mean"], examples=12)
    assert [law.name for law in result.failures] == ["stock_accounted"]
    broken = result.failures[0]
    assert broken.shrunk
    assert broken.counterexample == {"minsk.trade_value": pytest.approx(9.2)}
    assert broken.message.startswith("stock_accounted: month 1: found ")
    # the counterexample alone shows it again
    assert not check("baseline", broken.counterexample, laws=["stock_accounted"], examples=1).ok
    assert check("baseline", {"minsk.trade_value": 9}, laws=["stock_accounted"], examples=1).ok


def test_two_parameters_that_only_break_a_law_together(tmp_path: Path) -> None:
    text = (
        "def together(scenario):\n"
        "    high = scenario.get('minsk.trade_value') > 8.5\n"
        "    assert not (high and scenario.get('world.arrests') < 6), 'both'\n"
    )
    broken = own(tmp_path, text, examples=60).failures[0]
    assert broken.counterexample == {"minsk.trade_value": pytest.approx(8.6), "world.arrests": pytest.approx(2.0)}
    assert broken.shrunk


def test_one_failing_law_does_not_hide_another(tmp_path: Path) -> None:
    text = "def one(scenario):\n    assert False, 'one'\n\ndef other(scenario):\n    assert False, 'other'\n"
    result = own(tmp_path, text, examples=3)
    assert [law.message.rpartition(": ")[2] for law in result.failures] == ["one", "other"]
    assert [law.counterexample for law in result.failures] == [{}, {}]


def test_laws_are_given_what_they_ask_for(tmp_path: Path) -> None:
    text = (
        "import numpy as np\nimport sim\n\n"
        f"def everything({', '.join(NAMES)}, times=2):\n"
        "    assert isinstance(scenario, sim.Scenario) and isinstance(game, sim.Game)\n"
        "    assert game is model.game and isinstance(solution, sim.Solution) and isinstance(forward, sim.Forward)\n"
        "    assert start.shape == (game.n_states(0),) and rationality.shape == (4,)\n"
        "    assert len(outcomes['freed']) == game.rounds == times\n"
        "    assert 0 <= rng.random() < 1\n"
    )
    result = own(tmp_path, text, examples=2)
    assert result.ok, result.failures


def test_what_is_random_in_a_law_depends_on_the_scenario_alone(tmp_path: Path) -> None:
    file = str(tmp_path / "drawn")
    text = f"def draw(rng):\n    with open({file!r}, 'a') as out:\n        print(rng.random(), file=out)\n"
    own(tmp_path, text, examples=1)
    own(tmp_path, text, examples=1)
    first, second = Path(file).read_text().split()
    assert first == second


def test_the_same_seed_draws_the_same_examples_and_another_seed_others(tmp_path: Path) -> None:
    def drawn(name: str, seed: int) -> list[str]:
        file = tmp_path / name
        text = (
            f"def keep(scenario):\n    with open({str(file)!r}, 'a') as out:\n        print(scenario.hash, file=out)\n"
        )
        own(tmp_path, text, examples=12, seed=seed)
        return file.read_text().split()

    one = drawn("one", 0)
    assert one == drawn("again", 0)
    assert one != drawn("other", 1)
    assert one[0] == load("baseline").hash
    assert len(set(one)) > 6


def test_an_error_in_a_law_breaks_it_and_says_where(tmp_path: Path) -> None:
    text = "def share(outcomes):\n    return 1 / (outcomes['freed'][0] * 0)\n"
    message = own(tmp_path, text, examples=1).failures[0].message
    assert message == "mine.py, line 2: ZeroDivisionError: float division by zero"


def test_a_law_cannot_end_the_check_or_break_out_of_it(tmp_path: Path) -> None:
    text = (
        "import sys\nimport pytest\n\ndef leaves(game):\n    sys.exit(0)\n\ndef fails(game):\n    pytest.fail('no')\n"
    )
    messages = {law.name: law.message for law in own(tmp_path, text, examples=1).failures}
    assert messages == {"leaves": "mine.py, line 5: SystemExit: 0", "fails": "mine.py, line 8: Failed: no"}


def test_a_scenario_that_a_law_assumes_away_does_not_count(tmp_path: Path) -> None:
    text = (
        "from hypothesis import assume\n\ndef cheap(scenario):\n"
        "    assume(scenario.get('minsk.trade_value') < 7)\n    assert scenario.get('minsk.trade_value') < 7\n"
    )
    result = own(tmp_path, text, examples=30)
    assert result.ok
    assert 0 < result.laws[0].checked < 30


def test_a_file_of_laws_finds_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("LIMIT = 1.0\n", encoding="utf-8")
    before = list(sys.path)
    text = "from beside import LIMIT\n\ndef few(outcomes):\n    assert outcomes['freed'][0] < LIMIT\n"
    assert not own(tmp_path, text, examples=1).ok
    assert sys.path == before


def test_nothing_is_left_to_hold_by_itself_where_choices_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The law of unused choices has some to close on a shipped scenario."""
    closed: list[int] = []
    honest = rewrite.choices_closed

    def counting(game: Game, turn: int, unused: Any) -> Game:
        closed.append(int(unused.sum()))
        return honest(game, turn, unused)

    monkeypatch.setattr(rewrite, "choices_closed", counting)
    assert check("baseline", laws=["unused_choices"], examples=1).ok
    assert sum(closed) > 1000


def test_a_bare_assertion_shows_its_line(tmp_path: Path) -> None:
    message = (
        own(tmp_path, "def few(outcomes):\n    assert outcomes['freed'][-1] < 1\n", examples=1).failures[0].message
    )
    assert message.startswith("mine.py, line 2 (assert outcomes['freed'][-1] < 1)")


def test_a_law_that_says_now_this_now_that_is_told_without_a_crash(tmp_path: Path) -> None:
    text = "SEEN = []\n\ndef moody(scenario):\n    SEEN.append(1)\n    assert len(SEEN) != 5, 'the fifth time'\n"
    broken = own(tmp_path, text, examples=20).failures[0]
    assert not broken.shrunk
    assert "the fifth time" in broken.message


BAD_FILES = [
    ("no function in", "X = 1\n"),
    ("no function in", "def _hidden(scenario):\n    pass\n"),
    ("no function in", "from math import sqrt\nfrom json import dumps\n"),
    (r"line 1: the file does not run \(SyntaxError", "def broken(:\n"),
    (r"line 2: the file does not run \(ZeroDivisionError", "x = 0\ny = 1 / x\n"),
    (r"found argument 'outcome'; allowed: scenario, .* \(did you mean outcomes\?\)", "def law(outcome):\n    pass\n"),
    (r"line 2: the file does not run \(SystemExit: 0\)", "import sys\nsys.exit(0)\n"),
    ("the name of a shipped law", "def probabilities(solution):\n    pass\n"),
]


@pytest.mark.parametrize(("message", "text"), BAD_FILES)
def test_files_that_cannot_be_used_are_refused_in_words(tmp_path: Path, message: str, text: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_laws(write(tmp_path, text))


def test_a_law_that_returns_something_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"found a returned value \(False\); allowed: nothing; say what must hold with"
    ):
        own(tmp_path, "def few(outcomes):\n    return outcomes['freed'][-1] < 1\n", examples=1)


def test_files_that_are_not_there_or_no_program_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found no file"):
        read_laws(tmp_path / "none.py")
    (tmp_path / "laws.txt").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"a name that ends in \.py"):
        read_laws(tmp_path / "laws.txt")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"examples": 0}, r"examples: found 0; allowed: a whole number, 1 or more"),
        ({"examples": True}, "examples: found True"),
        ({"seed": -1}, "seed: found -1"),
        ({"laws": ["stock_acounted"]}, r"law: found 'stock_acounted'; .* \(did you mean stock_accounted\?\)"),
    ],
)
def test_requests_that_make_no_sense_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check("baseline", **given)


def test_a_grid_too_coarse_for_the_scenario_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"start\.prisoners: found 1120"):
        check("baseline", examples=2, grid="700x2", overrides={"world.prisoner_capacity": 1300})


def test_draws_that_do_not_go_together_are_left_out_and_counted(tmp_path: Path) -> None:
    """On lots of 700 a capacity below 1400 leaves no room for 1120 people: such draws are not counted as broken."""
    result = check("baseline", laws=["start_has_its_mean"], examples=40, grid="700x2")
    assert result.ok
    assert result.rejected > 0


def test_the_small_grid_has_room_for_every_plausible_start() -> None:
    info = parameter_info()
    least, most = int(info["world.prisoner_capacity"].low), int(info["start.prisoners"].high)
    for entry in catalogue():
        grid = small_grid(load(entry.id))
        assert least // grid.lot * grid.lot >= most or load(entry.id).start.prisoners > least
        assert grid.rounds == 2
    tiny = load("baseline", {"start.prisoners": 30, "world.prisoner_capacity": 31})
    assert small_grid(tiny).lot == 15
    assert check(tiny, examples=1, laws=["start_has_its_mean"]).ok


def test_ranges_in_a_file_are_drawn_from_in_python_too(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'extends = "baseline"\n[minsk.trade_value]\nvalue = 20.5\nrange = [20, 21]\n', encoding="utf-8"
    )
    text = "def near(scenario):\n    assert 20 <= scenario.get('minsk.trade_value') <= 21\n"
    assert check(tmp_path / "mine.toml", laws_file=write(tmp_path, text), laws=["near"], examples=30).ok


def test_stated_ranges_are_drawn_from(tmp_path: Path) -> None:
    file = tmp_path / "values"
    text = (
        f"def keep(scenario):\n    with open({str(file)!r}, 'a') as out:\n"
        "        print(scenario.get('minsk.trade_value'), file=out)\n"
    )
    own(tmp_path, text, examples=10, ranges={"minsk.trade_value": (20.0, 21.0)})
    drawn = {float(value) for value in file.read_text().split()} - {load("baseline").get("minsk.trade_value")}
    assert drawn
    assert all(20 <= value <= 21 for value in drawn)


def test_laws_in_turn_come_all_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every law that takes longer is checked on the scenario itself, and each has its turn on drawn ones."""
    import sim.testing.catalogue as home

    monkeypatch.setattr(home, "ALWAYS", {})
    monkeypatch.setattr(home, "IN_TURN", dict.fromkeys(IN_TURN, lambda case: None))
    result = check("baseline", examples=90)
    counts = {law.name: law.checked for law in result.laws}
    assert set(counts) == set(IN_TURN)
    assert sum(counts.values()) == len(IN_TURN) + 89
    assert sum(count > 1 for count in counts.values()) > 0.9 * len(IN_TURN)


def test_the_record_is_json_ready() -> None:
    import json

    record = check("baseline", examples=1, laws=["start_has_its_mean"]).to_json()
    assert json.loads(json.dumps(record)) == {
        "scenario": "baseline",
        "title": load("baseline").title,
        "scenario_hash": load("baseline").hash,
        "grid": "600x2",
        "examples": 1,
        "rejected": 0,
        "seed": 0,
        "ok": True,
        "laws": [
            {
                "name": "start_has_its_mean",
                "meaning": shipped()["start_has_its_mean"].meaning,
                "own": False,
                "checked": 1,
                "holds": True,
                "counterexample": None,
                "message": "",
                "shrunk": False,
            }
        ],
    }
