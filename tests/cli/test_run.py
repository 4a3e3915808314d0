"""``run`` and ``compare``."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from sim.forecast.result import OUTCOME_LABELS
from tests.batch.samples import some, write_scenario
from tests.cli.conftest import Command, Invoke

# the object that `run --json` prints
KEYS = [
    *("schema_version", "scenario", "scenario_hash", "versions", "grid", "seed", "rationality", "months"),
    *("outcomes", "bands", "payoffs", "payoffs_total", "now"),
]


class TestRun:
    def test_json_of_a_real_forecast(self, command: Command) -> None:
        import sim

        done = command("run", "baseline", "--grid", "fast", "--seed", "4", "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert list(found) == KEYS
        assert (found["scenario"], found["grid"], found["seed"]) == ("baseline", "fast", 4)
        assert found["months"] == list(range(1, 25))
        assert found == json.loads(json.dumps(sim.run("baseline", grid="fast", seed=4).to_json()))

    @pytest.mark.slow
    def test_tables_of_a_real_forecast(self, command: Command) -> None:
        done = command("run", "baseline", "--grid", "fast", "--story", "1")
        assert done.returncode == 0, done.stderr
        for label in OUTCOME_LABELS.values():
            assert label in done.stdout
        assert "predicts nothing" in done.stdout
        assert "The same again: grand-deal run baseline --grid fast --seed 0 --story 1\n" in done.stdout
        assert "Month " in done.stdout.split("One possible course")[1]

    @pytest.mark.slow
    def test_standard_input(self, command: Command) -> None:
        text = 'extends = "baseline"\nid = "mine"\n[minsk]\ntrade_value = 12\n'
        done = command("run", "-", "--grid", "fast", "--json", stdin=text)
        assert done.returncode == 0, done.stderr
        changed = command("run", "baseline", "--grid", "fast", "--json", "--set", "minsk.trade_value=12")
        first, second = json.loads(done.stdout), json.loads(changed.stdout)
        assert first["scenario"] == "mine"
        assert first["scenario_hash"] == second["scenario_hash"]
        assert first["outcomes"] == second["outcomes"]

    @pytest.mark.parametrize(
        ("stdin", "code"), [("", 3), ("not toml", 3), ("\x00", 3), ('extends = "baseline"\nid = "x"\n', 0)]
    )
    def test_standard_input_of_all_kinds(self, invoke: Invoke, forecast, stdin: str, code: int) -> None:
        result = invoke("run", "-", stdin=stdin)
        assert result.exit_code == code
        assert ("standard input" in result.stderr) == (code == 3)
        assert code == 3 or "grand-deal run - --grid default --seed 0 < FILE" in result.stdout

    def test_options_reach_the_forecast(self, invoke: Invoke, forecast: list[dict[str, object]]) -> None:
        words = ("--grid", "fine", "--seed", "7", "--rationality", "inf", "--set", "start.contact=embassy")
        result = invoke("run", "baseline", *words, "--set", "menu.us_relief=[1]")
        assert result.exit_code == 0, result.stderr
        (asked,) = forecast
        scenario = asked.pop("scenario")
        assert asked == {"grid": "fine", "seed": 7, "rationality": math.inf}
        assert scenario.get("start.contact") == "embassy"  # type: ignore[attr-defined]
        assert scenario.get("menu.us_relief") == (1,)  # type: ignore[attr-defined]
        again = re.sub(r"\s+", " ", result.stdout.split("The same again: ")[1]).strip()
        assert again == (
            "grand-deal run baseline --set start.contact=embassy --set 'menu.us_relief=[1]' --grid fine --seed 7 "
            "--rationality inf"
        )

    def test_rationality_of_the_scenario_unless_given(self, invoke: Invoke, forecast) -> None:
        invoke("run", "baseline")
        assert forecast[0]["rationality"] is None

    def test_numbers_in_the_table_are_the_results(self, invoke: Invoke, forecast) -> None:
        (result,) = some("baseline")
        shown = invoke("run", "baseline").stdout
        (row,) = [line for line in shown.splitlines() if OUTCOME_LABELS["freed"] in line]
        values = row.split(OUTCOME_LABELS["freed"])[1].split()
        assert values == [*(f"{result.at('freed', month):,.1f}" for month in (1, 3, 6, 12, 24)), "persons"]
        likeliest = max(result.first_deals, key=lambda kind: result.first_deals[kind])
        first = shown.split("First deal within 24 months")[1]
        assert first.split("─\n")[1].startswith(f" {likeliest} ")
        for options in result.now.values():
            assert options[0].action in shown

    def test_says_which_values_are_implausible(self, invoke: Invoke, forecast) -> None:
        result = invoke("run", "baseline", "--set", "minsk.trade_value=30")
        assert "Note: baseline: minsk.trade_value is 30; plausible is 4 to 12" in result.stderr
        many = invoke("run", "no-buyer").stderr.splitlines()
        assert len(many) == 4
        assert re.search(r"and \d+ more", many[-1])

    def test_stories(self, invoke: Invoke, forecast) -> None:
        assert invoke("run", "baseline", "--story", "2").stdout.count("Month 1: course") == 2
        found = json.loads(invoke("run", "baseline", "--story", "2", "--json").stdout)
        assert list(found) == [*KEYS, "stories"]
        assert len(found["stories"]) == 2

    def test_file(self, invoke: Invoke, forecast, tmp_path: Path) -> None:
        write_scenario(tmp_path, "mine", title="My own")
        assert json.loads(invoke("run", "mine.toml", "--json").stdout)["scenario"] == "mine"

    def test_a_failing_forecast_shows_no_traceback(self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: object, **settings: object) -> None:
            raise MemoryError

        monkeypatch.setattr("sim.forecast.run", fail)
        result = invoke("run", "baseline")
        assert result.exit_code == 1
        assert "not enough memory" in result.stderr


class TestCompare:
    @pytest.mark.slow
    def test_real_forecasts(self, command: Command) -> None:
        done = command("compare", "baseline", "no-buyer", "--grid", "fast", "--json")
        assert done.returncode == 0, done.stderr
        first, second = json.loads(done.stdout)["scenarios"]
        assert set(first["differences"].values()) == {0}
        assert second["differences"]["freed"] == second["outcomes"]["freed"] - first["outcomes"]["freed"]

    def test_json(self, invoke: Invoke, forecast) -> None:
        found = json.loads(invoke("compare", "baseline", "no-buyer", "mass-release", "--json", "--month", "6").stdout)
        assert found["schema_version"] == 1
        assert found["month"] == 6
        assert [entry["scenario"] for entry in found["scenarios"]] == ["baseline", "no-buyer", "mass-release"]
        for entry in found["scenarios"]:
            (result,) = some(entry["scenario"])
            assert entry["outcomes"] == {name: result.at(name, 6) for name in result.outcomes}

    def test_table(self, invoke: Invoke, forecast) -> None:
        base, other = some("baseline", "no-buyer")
        shown = invoke("compare", "baseline", "no-buyer").stdout
        (row,) = [line for line in shown.splitlines() if OUTCOME_LABELS["freed"] in line]
        difference = other.at("freed", 12) - base.at("freed", 12)
        assert row.split(OUTCOME_LABELS["freed"])[1].split() == [
            f"{base.at('freed', 12):,.1f}",
            f"{other.at('freed', 12):,.1f}",
            f"({difference:+,.1f})",
        ]
        assert "The same again: grand-deal compare baseline no-buyer --month 12" in shown

    def test_many_scenarios_on_a_narrow_terminal(self, invoke: Invoke, forecast, monkeypatch) -> None:
        monkeypatch.setenv("COLUMNS", "90")
        shown = invoke("compare", "baseline", "no-buyer", "mass-release", "gestures-only").stdout
        assert shown.count("Expected by the end of month 12") == 3
        assert all(name in shown for name in ("no-buyer", "mass-release", "gestures-only"))
