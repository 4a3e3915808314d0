"""The built wheel, in an environment of its own and far from the repository: it brings everything that it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; the other packages come from the one that runs the tests."""
    place = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True)
    python = place / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    paths = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('scripts'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--quiet", str(wheel)], check=True)
    # plain entries only: .pth files in there (as of an editable install of the repository) are not followed
    (Path(paths[0]) / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


def run(elsewhere: Path, *words: str) -> str:
    command = elsewhere / "venv" / ("Scripts" if os.name == "nt" else "bin") / "grand-deal"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [command, *words],
        cwd=elsewhere,
        env={**environment, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_carries_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("scenarios", "seeds"):
        for path in (ROOT / folder).glob("*.toml"):
            assert f"sim/_data/{folder}/{path.name}" in names
    assert {"sim/py.typed", "sim/model/MODEL.md", "sim/report/page.css"} <= names
    assert not any(name.startswith(("tests/", "scenarios/", "seeds/")) for name in names)


def test_is_not_the_repository(elsewhere: Path) -> None:
    python = elsewhere / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    found = subprocess.run(
        [python, "-c", "import sim; print(sim.__file__)"], cwd=elsewhere, check=True, capture_output=True, text=True
    ).stdout
    assert str(elsewhere) in found


def test_list(elsewhere: Path) -> None:
    listed = json.loads(run(elsewhere, "list", "--json"))["scenarios"]
    assert {entry["id"] for entry in listed} == {path.stem for path in (ROOT / "scenarios").glob("*.toml")} - {"priors"}


def test_run(elsewhere: Path) -> None:
    import sim

    found = json.loads(run(elsewhere, "run", "baseline", "--grid", "fast", "--json"))
    assert found == json.loads(json.dumps(sim.run("baseline", grid="fast").to_json()))


def test_report(elsewhere: Path) -> None:
    run(elsewhere, "report", "baseline", "no-buyer", "--grid", "fast", "--out", "page.html")
    assert "no-buyer" in (elsewhere / "page.html").read_text(encoding="utf-8")
