"""The small files that hold the project together say the same things."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line)


def name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found.group().lower().replace("_", "-")


def test_one_version() -> None:
    import sim

    assert sim.__version__ == PROJECT["version"] == version("grand-deal")
    assert f"version: {PROJECT['version']}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_is_locked() -> None:
    locked = {pin.lower().replace("_", "-") for pin in PINS}
    for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]):
        assert name(requirement) in locked


def test_no_registry_and_no_path_is_locked() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in text.splitlines())


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
class TestMake:
    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # of a make that runs the tests: it would be told of folders
        alone = {name: value for name, value in os.environ.items() if name not in outer}
        return subprocess.run(["make", *words], env=alone, cwd=ROOT, capture_output=True, text=True, check=False)

    def test_help_lists_every_target(self) -> None:
        shown = self.make("help").stdout
        phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert phony is not None
        assert [line.split()[1] for line in shown.splitlines()] == phony.group(1).split()

    def test_an_old_python_is_refused_in_words(self, tmp_path: Path) -> None:
        old = tmp_path / "python"
        old.write_text('#!/bin/sh\ncase "$1" in --version) echo Python 3.9.1;; *) exit 1;; esac\n')
        old.chmod(0o755)
        done = self.make("run", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}")
        assert done.returncode != 0
        assert "Grand Deal needs Python 3.11 or newer; found: Python 3.9.1." in done.stderr
        assert not (tmp_path / "venv").exists()


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
