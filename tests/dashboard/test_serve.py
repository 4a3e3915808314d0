"""The server: for this machine only, quiet, with a theme that can be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.web import bootstrap

from dashboard.serve import HERE, PRIMARY, ROOT_VARIABLE, look, serve
from sim.report.theme import TOKENS


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Catch what the server would be started with."""
    caught: dict[str, Any] = {}

    def run(script: str, is_hello: bool, args: list[str], flags: dict[str, Any]) -> None:
        caught.update(script=script, flags=flags)

    monkeypatch.setattr(bootstrap, "run", run)
    monkeypatch.setattr(bootstrap, "load_config_options", lambda flags: caught.update(loaded=flags))
    before = os.environ.pop(ROOT_VARIABLE, None)
    yield caught
    os.environ.pop(ROOT_VARIABLE, None)
    if before is not None:
        os.environ[ROOT_VARIABLE] = before


def test_it_listens_on_this_machine_and_says_nothing_to_others(started: dict[str, Any]) -> None:
    serve(browser=False)
    flags = started["flags"]
    assert Path(started["script"]) == HERE / "app.py"
    assert flags["server_address"] == "127.0.0.1"
    assert flags["server_headless"] is True
    assert flags["browser_gatherUsageStats"] is False
    assert flags["client_showErrorDetails"] == "none"
    assert flags["runner_postScriptGC"] is False  # or every look of every page would hold all others up
    assert started["loaded"] == flags
    assert ROOT_VARIABLE not in os.environ


def test_address_port_and_results_folder_can_be_told(started: dict[str, Any], tmp_path: Path) -> None:
    serve(address="0.0.0.0", port=9000, root=tmp_path / "..", browser=True)
    flags = started["flags"]
    assert (flags["server_address"], flags["server_port"], flags["server_headless"]) == ("0.0.0.0", 9000, False)
    assert os.environ[ROOT_VARIABLE] == str(tmp_path.parent.resolve())


def test_every_option_is_one_that_streamlit_has(started: dict[str, Any]) -> None:
    serve(browser=False)
    known = {name.replace(".", "_") for name in config._config_options_template}
    assert set(started["flags"]) <= known


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_text_and_controls_can_be_read(paper: str) -> None:
    theme = {name.rpartition(".")[2]: value for name, value in look().items() if name.startswith(f"theme.{paper}.")}
    assert contrast(theme["primaryColor"], "#ffffff") >= 4.5  # words on a button
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3  # the button on the page
    assert theme["primaryColor"] == PRIMARY[paper]
    for role in ("greenTextColor", "blueTextColor", "orangeTextColor", "redTextColor", "grayTextColor", "textColor"):
        assert contrast(theme[role], theme["backgroundColor"]) >= 4.5, role


def test_both_papers_come_from_the_reports_tokens() -> None:
    assert look()["theme.light.backgroundColor"] == TOKENS["paper"].light
    assert look()["theme.dark.backgroundColor"] == TOKENS["paper"].dark
