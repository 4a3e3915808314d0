"""Every code block of the README is run, or is compared with the file that the checks run."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
PYTHON = [text for language, text in BLOCKS if language == "python"]
CONSOLE = [text for language, text in BLOCKS if language == "console"]
SERVER = "grand-deal dashboard"
TOML = [text for language, text in BLOCKS if language == "toml"]


def test_every_block_is_of_a_kind_that_is_checked_here() -> None:
    assert {language for language, _ in BLOCKS} == {"sh", "bat", "console", "toml", "python"}
    assert len(PYTHON) == 3
    assert len(TOML) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_blocks_run(number: int, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PYTHON[number]], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.slow
def test_commands_of_the_tour_run_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TOML[0], encoding="utf-8")
    lines = [line.removeprefix("$ ") for block in CONSOLE for line in block.splitlines()]
    assert len(lines) >= 10
    lines.remove(SERVER)
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "grand-deal"
        done = subprocess.run(
            [sys.executable, "-m", "sim.cli", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    assert (tmp_path / "tour" / "two.html").stat().st_size > 10_000


@pytest.mark.slow
def test_the_dashboard_answers_on_this_machine(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "sim.cli", *SERVER.split()[1:], "--port", str(port), "--no-browser"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            for _ in range(240):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                        assert page.status == 200
                        break
                except OSError:
                    assert process.poll() is None, process.stdout and process.stdout.read()
                    time.sleep(0.25)
            else:
                pytest.fail("no answer within a minute")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:  # asked while it was still starting
                process.kill()


def test_make_commands_and_the_same_without_make_agree() -> None:
    """What the two commands do is written out for those without make: the same install, the same tests."""
    shell = [text for language, text in BLOCKS if language == "sh"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert shell[0].split("\n")[:2] == ["make run", "make test"]
    for target in ("run", "test", "fast", "help"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert "-c constraints.txt -e '.[dev]'" in makefile
    assert "-c constraints.txt -e '.[dev]'" in shell[1]
    assert "-m pytest -n auto" in makefile
    assert "-m pytest -n auto" in shell[1]
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"\bmake test$", checks, re.MULTILINE)


def test_links_and_pictures_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
