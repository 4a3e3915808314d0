"""``python -m tests.bench.environments``: make the environments of the programs that `make bench` compares with.

Each gets a folder of its own in ``.venv-peers/`` (or ``PEERS_VENV``), in the version that `tests.peers` or
``peers.txt`` names. One that cannot be installed is told and left out; the exit code is then 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from tests.peers.__main__ import NotRun, python_of

HERE = Path(__file__).parent


def bench() -> Path:
    """Return the interpreter of QuantEcon's and Mesa's environment, made and filled if need be."""
    folder = Path(os.environ.get("PEERS_VENV") or HERE.parents[1] / ".venv-peers") / "bench"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(HERE / "peers.txt")]
    done = subprocess.run([str(python), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRun(f"QuantEcon and Mesa could not be installed: {done.stderr.strip()[-300:]}")
    return python


def main() -> int:
    """Make all of them."""
    failed = False
    for name, make in (
        ("bench", bench),
        ("gambit", lambda: python_of("gambit")),
        ("negmas", lambda: python_of("negmas")),
    ):
        try:
            print(f"{name}: {make()}")
        except NotRun as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
