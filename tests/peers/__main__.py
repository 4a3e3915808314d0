"""``python -m tests.peers [PEER ...]``: run every comparison live, rewrite the records, print the table.

Each peer has an environment of its own in .venv-peers/ (or the folder in PEERS_VENV): made once, used again. Every
record is written as soon as it is there. ``--resume`` leaves out what is up to date (same file, same version), so that
an interrupted run can go on; ``--table`` runs nothing and compares what is recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.peers.cases import CASES, PEERS, Case
from tests.peers.compare import digest, outcomes, record_path, table

HERE = Path(__file__).parent
# what is installed one after another; the second step of sgamesolver builds against the numpy of the first
INSTALL: dict[str, tuple[tuple[str, ...], ...]] = {
    "gambit": (("pygambit==16.7.0", "numpy==2.4.6", "scipy==1.17.1"),),
    "negmas": (("negmas==0.16.0", "numpy==2.4.6", "scipy==1.17.1"),),
    "sgamesolver": (
        ("numpy==1.26.4", "scipy==1.15.3", "pandas==3.0.6", "cython==3.3.1", "setuptools==84.2.1", "wheel==0.48.0"),
        ("--no-build-isolation", "--no-cache-dir", "sgamesolver==1.0.2", "numpy==1.26.4"),
    ),
}
PACKAGE = {"gambit": "pygambit", "negmas": "negmas", "sgamesolver": "sgamesolver"}
SLOW_INSTALL = {"gambit": " (it compiles for about six minutes)"}


class NotRun(Exception):
    """A peer that could not be installed, or a case that it could not solve."""


def version(peer: str) -> str:
    """Return the version that is asked for."""
    wanted = f"{PACKAGE[peer]}=="
    return next(item for step in INSTALL[peer] for item in step if item.startswith(wanted)).removeprefix(wanted)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def python_of(peer: str) -> Path:
    """Return the interpreter of a peer's environment, made and filled if need be."""
    folder = Path(os.environ.get("PEERS_VENV") or HERE.parents[1] / ".venv-peers") / peer
    python = folder / "bin" / "python"
    if installed(python, peer) == version(peer):
        return python
    say(f"{peer}: installing {PACKAGE[peer]} {version(peer)} into {folder}{SLOW_INSTALL.get(peer, '')} ...")
    if not python.exists():
        venv.create(folder, with_pip=True)
    for step in INSTALL[peer]:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *step]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotRun(f"{PACKAGE[peer]} {version(peer)} could not be installed: {done.stderr.strip()[-300:]}")
    found = installed(python, peer)
    if found != version(peer):
        raise NotRun(f"{PACKAGE[peer]}: found version {found or 'none'} after installing; wanted {version(peer)}")
    return python


def installed(python: Path, peer: str) -> str:
    """Return the peer's version in an environment; empty if it is not there."""
    if not python.exists():
        return ""
    ask = f"from importlib.metadata import version; print(version({PACKAGE[peer]!r}))"
    done = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def fresh(case: Case, text: str) -> bool:
    """Return whether the record was made from this file by this version."""
    path = record_path(case)
    if not path.is_file():
        return False
    record = json.loads(path.read_text(encoding="utf-8"))
    same_lam = record["lam"] == list(case.lam)
    return bool(record["sha256"] == digest(text) and record["version"] == version(case.peer) and same_lam)


def run(case: Case, text: str, python: Path) -> None:
    """Let the peer solve a case, and write the record."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{case.id}{case.suffix}"
        file.write_text(text, encoding="utf-8")
        words = [f"side_{case.peer}.py", file.name, *(repr(lam) for lam in case.lam)]
        command = [str(python), "-W", "ignore", str(HERE / words[0]), *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, cwd=scratch, check=False)
    if done.returncode:
        raise NotRun(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}")
    raw: Any = json.loads(done.stdout.splitlines()[-1])
    if raw.pop("version") != version(case.peer):
        raise NotRun("another version answered than was installed")
    for solved, lam in zip(raw.get("solved", []), case.lam, strict=True):
        solved["lam_asked"] = lam
    record = {
        **{"peer": PACKAGE[case.peer], "version": version(case.peer), "case": case.id, "what": case.what},
        **{"command": f"python tests/peers/{' '.join(words)}", "sha256": digest(text), "lam": list(case.lam)},
        "raw": raw,
    }
    path = record_path(case)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"who is asked: {', '.join(PEERS)}; default: all")
    parser.add_argument("--resume", action="store_true", help="run only what is not up to date")
    parser.add_argument("--table", action="store_true", help="run nothing, compare what is recorded")
    given = parser.parse_args(words)
    for peer in given.peers:
        if peer not in PEERS:
            parser.error(f"found {peer!r}; allowed: {', '.join(PEERS)}")
    chosen = tuple(given.peers) or PEERS
    failed = False
    for peer in () if given.table else chosen:
        try:
            python = python_of(peer)
        except NotRun as reason:
            say(f"{peer}: NOT RUN: {reason}")
            failed = True
            continue
        for case in (case for case in CASES if case.peer == peer):
            text = case.export()
            if given.resume and fresh(case, text):
                say(f"{peer}: {case.id}: the record is up to date")
                continue
            begun = time.monotonic()
            try:
                run(case, text, python)
                say(f"{peer}: {case.id}: run in {time.monotonic() - begun:.0f} s")
            except NotRun as reason:
                say(f"{peer}: {case.id}: NOT RUN: {reason}")
                failed = True
    found = outcomes(chosen)
    print(table(found))
    return int(failed or any(item.status != "agrees" for item in found))


if __name__ == "__main__":
    sys.exit(main())
