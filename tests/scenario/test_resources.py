"""Shipped files are found in the wheel's place or in the repository's, and only by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import resources


@pytest.mark.parametrize("name", ["../seeds/claims", "/etc/passwd", "baseline.toml", "", "nothing", "./baseline"])
def test_a_path_is_no_name(name: str) -> None:
    with pytest.raises(KeyError):
        resources.scenario_text(name)
    with pytest.raises(KeyError):
        resources.seed_text(name)


@pytest.mark.parametrize("installed", [True, False])
def test_both_places(installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sim"
    folder = package / "_data" / "scenarios" if installed else tmp_path / "scenarios"
    folder.mkdir(parents=True)
    package.mkdir(exist_ok=True)
    (folder / "other.toml").write_text("x = 1\n", encoding="utf-8")
    (folder / "notes.txt").write_text("not a scenario", encoding="utf-8")
    monkeypatch.setattr(resources, "files", lambda _: package)
    resources._listing.cache_clear()
    try:
        assert resources.scenario_ids() == ("other",)
    finally:
        resources._listing.cache_clear()
