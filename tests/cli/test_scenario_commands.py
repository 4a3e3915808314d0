"""``list``, ``show``, ``validate``, ``schema``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.scenario import catalogue, load, parameter_info, setting_info
from tests.batch.samples import write_scenario
from tests.cli.conftest import Command, Invoke
from tests.scenario.malformed import CASES, Case


class TestList:
    def test_one_line_a_scenario(self, command: Command) -> None:
        done = command("list")
        assert done.returncode == 0
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        for entry in catalogue():
            assert any(line.split()[:1] == [entry.id] and entry.title in line for line in lines), entry.id

    def test_json(self, invoke: Invoke) -> None:
        found = json.loads(invoke("list", "--json").stdout)
        assert found["schema_version"] == 1
        assert [entry["id"] for entry in found["scenarios"]] == [entry.id for entry in catalogue()]
        assert set(found["scenarios"][0]) == {"id", "title", "question", "paragraphs"}


class TestShow:
    def test_every_parameter_with_its_source(self, command: Command) -> None:
        done = command("show", "baseline")
        assert done.returncode == 0
        rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.split()[:1]}
        for name, info in {**parameter_info(), **setting_info()}.items():
            assert rows[name].endswith(info.source), name
        assert "Nothing differs from the baseline." in done.stdout

    def test_as_a_file_of_ones_own(self, invoke: Invoke, tmp_path: Path) -> None:
        words = ("--set", "minsk.trade_value=12", "--set", "start.contact=isolated")
        file = tmp_path / "mine.toml"
        file.write_text(invoke("show", "no-buyer", *words, "--toml").stdout, encoding="utf-8")
        wanted = load("no-buyer", {"minsk.trade_value": 12, "start.contact": "isolated"})
        assert load(file).hash == wanted.hash

    def test_marks_what_differs_and_what_is_implausible(self, invoke: Invoke) -> None:
        shown = invoke("show", "baseline", "--set", "minsk.trade_value=30", "--set", "minsk.discount=0.94").stdout
        lines = {line.split()[1]: line for line in shown.splitlines() if line.strip().startswith("*") and "." in line}
        assert set(lines) == {"minsk.trade_value", "minsk.discount"}
        assert lines["minsk.trade_value"].split()[0] == "*!"
        assert lines["minsk.discount"].split()[0] == "*"
        assert "4 to 12" in lines["minsk.trade_value"]

    def test_only_what_changed(self, invoke: Invoke) -> None:
        found = json.loads(invoke("show", "no-buyer", "--changed", "--json").stdout)
        assert {**found["parameters"], **found["settings"]}.keys() == load("no-buyer").changed(load("baseline")).keys()

    def test_json(self, invoke: Invoke) -> None:
        words = ("--set", "minsk.trade_value=30", "--set", "minsk.rationality=inf", "--set", "start.contact=embassy")
        found = json.loads(invoke("show", "baseline", "--json", *words).stdout)
        assert found["schema_version"] == 1
        assert list(found["parameters"]) == list(parameter_info())
        assert list(found["settings"]) == list(setting_info())
        value = found["parameters"]["minsk.trade_value"]
        assert (value["value"], value["changed"], value["outside_range"]) == (30, True, True)
        assert value["range"] == [4, 12]
        assert value["unit"] == parameter_info()["minsk.trade_value"].unit
        assert found["parameters"]["minsk.rationality"]["value"] == "inf"
        assert (
            found["settings"]["start.contact"] | {"value": "embassy", "changed": True}
            == (found["settings"]["start.contact"])
        )
        assert found["scenario_hash"] == load("baseline", dict(w.split("=") for w in words[1::2])).hash


class TestValidate:
    def test_good_files(self, command: Command, tmp_path: Path) -> None:
        write_scenario(tmp_path, "mine")
        done = command("validate", "mine.toml", "baseline", "-", stdin='extends = "baseline"\nid = "x"\n')
        assert done.returncode == 0, done.stderr
        assert done.stdout == "mine.toml: valid\nbaseline: valid\n-: valid\n"

    def test_every_shipped_scenario(self, invoke: Invoke) -> None:
        assert invoke("validate", *(entry.id for entry in catalogue())).exit_code == 0

    def test_all_problems_of_all_files(self, command: Command, tmp_path: Path) -> None:
        write_scenario(tmp_path, "good")
        write_scenario(tmp_path, "bad", "[minsk]", "discount = 7", "trade_valu = 8")
        done = command("validate", "bad.toml", "good.toml", "missing.toml")
        assert done.returncode == 3
        assert done.stdout == "good.toml: valid\n"
        errors = done.stderr.splitlines()
        assert len(errors) == 3
        assert all(line.startswith("Error: ") and "found" in line and "allowed" in line for line in errors)

    def test_json(self, invoke: Invoke, tmp_path: Path) -> None:
        write_scenario(tmp_path, "good")
        write_scenario(tmp_path, "bad", "[minsk]", "trade_valu = 8")
        result = invoke("validate", "good.toml", "bad.toml", "--json")
        assert result.exit_code == 3
        found = json.loads(result.stdout)
        assert found["schema_version"] == 1
        good, bad = found["files"]
        assert good == {"file": "good.toml", "valid": True, "problems": []}
        (problem,) = bad["problems"]
        assert set(problem) == {"file", "key", "found", "allowed", "hint"}
        assert problem["key"] == "minsk.trade_valu"
        assert "minsk.trade_value" in problem["hint"]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
    def test_malformed_files(self, case: Case, invoke: Invoke, tmp_path: Path) -> None:
        result = invoke("validate", case.build(tmp_path))
        assert result.exit_code == 3
        assert result.stdout == ""
        (line, *more) = result.stderr.splitlines()
        assert line.startswith("Error: ")
        assert not any(each.startswith("Traceback") for each in more)
        for part in (case.file, case.key, case.found, case.allowed, case.hint):
            assert part in result.stderr

    @pytest.mark.parametrize("case", CASES[:: len(CASES) // 5], ids=lambda case: case.id)
    @pytest.mark.parametrize("name", ["validate", "run"])
    def test_malformed_files_as_a_user_meets_them(
        self, case: Case, command: Command, tmp_path: Path, name: str
    ) -> None:
        done = command(name, case.build(tmp_path))
        assert done.returncode == 3
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert case.key in done.stderr


class TestSchema:
    def test_is_the_schema_of_files(self, command: Command) -> None:
        from sim.scenario import json_schema

        done = command("schema")
        assert done.returncode == 0
        found = json.loads(done.stdout)
        assert found.pop("schema_version") == 1
        assert found == json.loads(json.dumps(json_schema()))

    def test_json_is_the_same(self, invoke: Invoke) -> None:
        assert invoke("schema", "--json").stdout == invoke("schema").stdout
