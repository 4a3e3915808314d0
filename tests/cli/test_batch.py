"""``batch`` and ``report``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.batch import store
from sim.batch.tables import NAMES
from tests.batch.samples import write_scenario, write_scenarios
from tests.cli.conftest import Command, Invoke


class TestBatch:
    @pytest.mark.slow
    def test_real_scenarios(self, command: Command, tmp_path: Path) -> None:
        words = ("batch", "baseline", "no-buyer", "--grid", "fast", "--out", "made", "--jobs", "1")
        done = command(*words)
        assert done.returncode == 0, done.stderr
        assert "baseline" in done.stdout
        assert "predicts nothing" in done.stdout
        assert "[1/2] baseline: " in done.stderr
        assert "[2/2] no-buyer: " in done.stderr
        assert "2 of 2 scenarios done, 0 of them reused." in done.stderr
        assert "\x1b" not in done.stderr
        assert "\r" not in done.stderr
        made = tmp_path / "made"
        assert {path.name for path in made.iterdir()} == {
            *NAMES, "manifest.json", "report.html", "shards", ".grand-deal",
        }  # fmt: skip
        assert json.loads((made / "manifest.json").read_text())["command"] == " ".join(("grand-deal", *words))
        tables = {name: (made / name).read_bytes() for name in NAMES}
        again = command(*words)
        assert again.returncode == 0
        assert again.stdout == done.stdout
        assert "2 of them reused" in again.stderr
        assert {name: (made / name).read_bytes() for name in NAMES} == tables
        page = command("report", "--results", "made", "--out", "page.html")
        assert page.returncode == 0, page.stderr
        assert page.stdout == "page.html\n"
        assert "no-buyer" in (tmp_path / "page.html").read_text()

    def test_json(self, invoke: Invoke, forecast, tmp_path: Path) -> None:
        result = invoke("batch", "baseline", "no-buyer", "--json", "--jobs", "1", "--rationality", "inf")
        assert result.exit_code == 0, result.stderr
        found = json.loads(result.stdout)
        assert found["schema_version"] == 1
        assert found["rationality"] == "inf"
        assert found == json.loads((tmp_path / "results" / "manifest.json").read_text())

    def test_dry_run_writes_nothing(self, invoke: Invoke, forecast, tmp_path: Path) -> None:
        shown = invoke("batch", "--dry-run", "baseline", "no-buyer")
        assert shown.exit_code == 0
        assert shown.stdout.count("would be computed") == 2
        assert list(tmp_path.iterdir()) == []
        invoke("batch", "baseline", "--jobs", "1")
        found = json.loads(invoke("batch", "--dry-run", "baseline", "no-buyer", "--json").stdout)
        assert found["schema_version"] == 1
        assert [(entry["id"], entry["reused"]) for entry in found["scenarios"]] == [
            ("baseline", True),
            ("no-buyer", False),
        ]
        assert forecast == [{**forecast[0]}]

    def test_a_file_that_does_not_load_among_good_ones(self, invoke: Invoke, forecast, tmp_path: Path) -> None:
        folder = tmp_path / "mine"
        folder.mkdir()
        write_scenarios(folder, ["good"])
        (folder / "bad.toml").write_text("[minsk]\ntrade_valu = 7\n")
        result = invoke("batch", "mine", "no-buyer", "--jobs", "1")
        assert result.exit_code == 1
        assert "Failed: " in result.stderr
        assert "bad.toml" in result.stderr
        assert "Traceback" not in result.stderr
        found = json.loads((tmp_path / "results" / "manifest.json").read_text())
        assert [entry["id"] for entry in found["scenarios"]] == ["good", "no-buyer"]
        assert [Path(entry["source"]).name for entry in found["failed"]] == ["bad.toml"]
        assert invoke("batch", "mine", "--dry-run").exit_code == 1

    def test_a_scenario_that_fails_inside(self, invoke: Invoke, forecast, monkeypatch: pytest.MonkeyPatch) -> None:
        import sim.forecast

        real = sim.forecast.run

        def run(scenario, **settings: object):
            if scenario.id == "no-buyer":
                raise ArithmeticError("went wrong inside")
            return real(scenario, **settings)

        monkeypatch.setattr("sim.forecast.run", run)
        result = invoke("batch", "baseline", "no-buyer", "mass-release", "--jobs", "1")
        assert result.exit_code == 1
        assert "Failed: no-buyer: ArithmeticError: went wrong inside" in result.stderr
        assert "2 of 3 scenarios done" in result.stderr
        assert "mass-release" in result.stdout

    def test_nothing_loads(self, invoke: Invoke, tmp_path: Path) -> None:
        result = invoke("batch", "nowhere", "else.toml")
        assert result.exit_code == 3
        assert result.stdout == ""
        assert list(tmp_path.iterdir()) == []

    def test_overrides_that_no_scenario_can_take(self, invoke: Invoke, tmp_path: Path) -> None:
        result = invoke("batch", "--set", "minsk.trade_value=much")
        assert result.exit_code == 3
        assert result.stderr.count("minsk.trade_value") == 1
        assert list(tmp_path.iterdir()) == []

    def test_two_at_once_in_one_folder(self, invoke: Invoke, forecast, tmp_path: Path) -> None:
        with store.claim(tmp_path / "results", ()):
            result = invoke("batch", "baseline", "--jobs", "1")
        assert result.exit_code == 2
        assert f"another batch is writing here (process {os.getpid()})" in result.stderr
        assert forecast == []
        assert invoke("batch", "baseline", "--jobs", "1").exit_code == 0

    def test_a_folder_that_holds_something_else(self, invoke: Invoke, forecast, tmp_path: Path) -> None:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "manifest.json").write_text("mine")
        result = invoke("batch", "baseline", "--jobs", "1")
        assert result.exit_code == 2
        assert "holds manifest.json, which no batch of this program wrote" in result.stderr
        assert (tmp_path / "results" / "manifest.json").read_text() == "mine"

    @pytest.mark.parametrize("out", ["file", "file/below"])
    def test_a_folder_that_cannot_be(self, invoke: Invoke, forecast, tmp_path: Path, out: str) -> None:
        (tmp_path / "file").touch()
        result = invoke("batch", "baseline", "--out", out, "--jobs", "1")
        assert result.exit_code == 2
        assert "file" in result.stderr
        assert "Traceback" not in result.stderr

    def test_a_full_disk(self, invoke: Invoke, forecast, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        result = invoke("batch", "baseline", "--jobs", "1")
        assert result.exit_code == 1
        assert "cannot be written: No space left on device" in result.stderr

    @pytest.mark.slow
    @pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_ctrl_c(self, tmp_path: Path, jobs: str) -> None:
        folder = tmp_path / "mine"
        folder.mkdir()
        write_scenarios(folder, [f"scenario-{number}" for number in range(30)])
        words = [sys.executable, "-m", "sim.cli", "batch", str(folder), "--grid", "fast", "--jobs", jobs]
        with subprocess.Popen(
            words,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # a test run in the background is started with Ctrl-C ignored, and children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        ) as process:
            assert process.stderr is not None
            first = process.stderr.readline()  # comes when the first scenario is done
            os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
            stdout, stderr = process.communicate(timeout=60)
        assert first.startswith("[1/30] ")
        assert process.returncode == 130
        assert stdout == ""
        assert stderr.splitlines()[-1] == "Interrupted."
        assert "Traceback" not in stderr
        assert list((tmp_path / "results" / "shards").glob("*.json"))
        assert not (tmp_path / "results" / "manifest.json").exists()
        assert gone(process.pid)


def gone(group: int) -> bool:
    """Whether a process group ends within a minute, without being asked again."""
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


class TestReport:
    def test_fresh(self, invoke: Invoke, forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sim.cli.options.cores", lambda: 1)
        result = invoke("report", "baseline", "no-buyer", "--out", "page.html", "--json")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout) == {
            "schema_version": 1,
            "report": "page.html",
            "scenarios": ["baseline", "no-buyer"],
            "failed": [],
        }
        assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
        page = (tmp_path / "page.html").read_text()
        assert page.lstrip().lower().startswith("<!doctype html>")

    def test_to_standard_output(self, invoke: Invoke, forecast, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("sim.cli.options.cores", lambda: 1)
        result = invoke("report", "baseline", "no-buyer", "--out", "-")
        assert result.exit_code == 0, result.stderr
        assert result.stdout.rstrip().lower().endswith("</html>")
        assert list(tmp_path.iterdir()) == []

    def test_failures_are_listed(self, invoke: Invoke, forecast, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("sim.cli.options.cores", lambda: 1)
        write_scenario(tmp_path, "bad", "[minsk]", "discount = 7")
        result = invoke("report", "baseline", "bad.toml")
        assert result.exit_code == 1
        assert "bad.toml" in result.stderr
        assert (tmp_path / "report.html").exists()
        (tmp_path / "report.html").unlink()
        assert invoke("report", "bad.toml").exit_code == 3
        assert not (tmp_path / "report.html").exists()

    def test_a_folder_that_is_not_there(self, invoke: Invoke, forecast, monkeypatch) -> None:
        monkeypatch.setattr("sim.cli.options.cores", lambda: 1)
        result = invoke("report", "baseline", "--out", "nowhere/page.html")
        assert result.exit_code == 2
        assert "nowhere: there is no such folder" in result.stderr
