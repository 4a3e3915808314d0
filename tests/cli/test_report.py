"""``report`` on one scenario: sections, the brief, what is refused, and that numbers and page go where they should."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Invoke
from tests.report import synthetic, synthetic_dossier


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let a synthetic dossier stand in for the analyses; returns what was asked for."""
    seen: list[dict[str, Any]] = []

    @dataclasses.dataclass
    class Stub:
        forecast: Any
        record: dict[str, Any]

        @property
        def missing(self) -> dict[str, str]:
            found: dict[str, str] = self.record["missing"]
            return found

        def to_json(self) -> dict[str, Any]:
            return self.record

    def dossier(scenario: Any, *, tell: Any, **settings: Any) -> Stub:
        seen.append({"scenario": scenario.id, **settings})
        tell("forecast", 0, 0)
        tell("flip", 1, 2)
        result = dataclasses.replace(synthetic.result(), scenario_hash=scenario.hash)
        missing = {"power": "no such luck"} if "power" in settings["sections"] else {}
        sections = list(settings["sections"])
        return Stub(result, synthetic_dossier.dossier(scenario_hash=scenario.hash, sections=sections, missing=missing))

    monkeypatch.setattr("sim.analyse.dossier.dossier", dossier)
    return seen


class TestOne:
    def test_quick_sections_alone(self, invoke: Invoke, asked: list[dict[str, Any]], tmp_path: Path) -> None:
        from sim.analyse.dossier import QUICK

        result = invoke("report", "baseline", "--quick")
        assert result.exit_code == 0, result.stderr
        assert asked[0]["sections"] == QUICK
        assert "grand-deal report baseline --quick" in (tmp_path / "report.html").read_text()

    def test_all_but_the_longest_sections_by_default(
        self, invoke: Invoke, asked: list[dict[str, Any]], tmp_path: Path
    ) -> None:
        from sim.analyse.dossier import USUAL

        result = invoke("report", "baseline", "--grid", "fast", "--set", "minsk.trade_value=9", "--seed", "3")
        assert result.exit_code == 0, result.stderr
        assert result.stdout == "report.html\n"
        assert asked[0] | {"scenario": "baseline", "sections": USUAL, "grid": "fast", "seed": 3} == asked[0]
        page = (tmp_path / "report.html").read_text()
        command = "grand-deal report baseline --set minsk.trade_value=9 --grid fast --seed 3"
        assert page.count(f"<code>{command}</code>") == 1
        assert "grand-deal deals baseline --set minsk.trade_value=9" in page, "sections repeat what was set"
        assert "Changed against the baseline" in page
        assert "Computing the forecast ..." in result.stderr
        assert "1 of 2" in result.stderr

    def test_named_sections_and_json(self, invoke: Invoke, asked: list[dict[str, Any]]) -> None:
        result = invoke("report", "baseline", "--sections", "deals, why", "--json")
        assert result.exit_code == 0, result.stderr
        assert asked[0]["sections"] == ("why", "deals")
        assert json.loads(result.stdout) == {
            "schema_version": 1,
            "report": "report.html",
            "scenarios": ["baseline"],
            "failed": [],
            "sections": ["why", "deals"],
            "missing": {},
        }

    def test_full_goes_on_where_a_section_fails(
        self, invoke: Invoke, asked: list[dict[str, Any]], tmp_path: Path
    ) -> None:
        from sim.analyse.dossier import SECTIONS

        result = invoke("report", "baseline", "--full", "--jobs", "2", "--outcome", "p_eu_relief", "--level", "0.25")
        assert result.exit_code == 1, "finished with failures"
        assert "Not computed: power: no such luck" in result.stderr
        assert asked[0]["sections"] == SECTIONS
        assert (asked[0]["outcome"], asked[0]["level"], asked[0]["jobs"]) == ("p_eu_relief", 0.25, 2)
        page = (tmp_path / "report.html").read_text()
        assert "--full --outcome p_eu_relief --level 0.25" in page

    def test_brief_to_standard_output(self, invoke: Invoke, asked: list[dict[str, Any]], tmp_path: Path) -> None:
        from sim.analyse.dossier import BRIEF

        result = invoke("report", "baseline", "--brief", "--out", "-")
        assert result.exit_code == 0, result.stderr
        assert result.stdout.count('class="sheet"') == 2
        assert asked[0]["sections"] == BRIEF
        assert list(tmp_path.iterdir()) == []

    def test_for_real_on_a_tiny_grid(self, invoke: Invoke, tmp_path: Path) -> None:
        result = invoke("report", "gestures-only", "--grid", "700x4", "--sections", "why,people", "--out", "page.html")
        assert result.exit_code == 0, result.stderr
        page = (tmp_path / "page.html").read_text()
        assert "grand-deal explain gestures-only --grid 700x4" in page
        assert "people are expected to be still in prison" in page

    def test_an_invalid_scenario(self, invoke: Invoke, tmp_path: Path) -> None:
        (tmp_path / "bad.toml").write_text('extends = "baseline"\n[minsk]\ndiscount = 7\n')
        result = invoke("report", "bad.toml", "--sections", "people")
        assert result.exit_code == 3
        assert "discount" in result.stderr
        assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("baseline", "--sections", "wy"), "did you mean 'why'"),
        (("baseline", "--sections", ","), "section: found none"),
        (("baseline", "--sections", "why", "--full"), "--sections: found with --full"),
        (("baseline", "--quick", "--full"), "--quick: found with --full"),
        (("baseline", "no-buyer", "--full"), "take one scenario"),
        (("--brief",), "take one scenario"),
        ((".", "--brief"), "take one scenario"),
        (("--results", "here", "--full"), "take one scenario"),
        (("baseline", "--out", "nowhere/page.html"), "nowhere: there is no such folder"),
        (("baseline", "--outcome", "freedom", "--sections", "people", "--grid", "700x4"), "outcome"),
    ],
)
def test_refused_before_anything_is_computed(
    invoke: Invoke, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = invoke("report", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []
