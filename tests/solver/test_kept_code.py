"""Machine code that is kept on disk counts only with the sources that it was compiled from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sim.kernels import compiled

KERNELS = Path(compiled.__file__).parent
LOW = "from pkg.compiled import part\n\n@part()\ndef low(x):\n    return x + {number}.0\n"
HIGH = (
    "from pkg.compiled import kernel\nfrom pkg.mathematics import low\n\n@kernel()\ndef high(x):\n    return low(x)\n"
)


def test_a_change_in_what_a_kernel_is_built_from_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    shutil.copy(KERNELS / "compiled.py", package / "compiled.py")
    (package / "high.py").write_text(HIGH)
    script = (
        "import logging\nlogging.basicConfig(level=logging.INFO, format='%(message)s')\n"
        "from pkg.high import high\nfrom pkg import compiled\ncompiled.announce()\n"
        "print(high(1.0), sum(high.stats.cache_hits.values()))\n"
    )
    said, found = [], []
    for number in (1, 1, 2):
        (package / "mathematics.py").write_text(LOW.format(number=number))
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        found.append(done.stdout.split())
        said.append(compiled.FIRST in done.stderr)
    assert found == [["2.0", "0"], ["2.0", "1"], ["3.0", "0"]]
    assert said == [True, False, False]


def test_kernels_are_built_from_the_shared_modules_alone() -> None:
    used = set()
    for file in KERNELS.glob("*.py"):
        used |= set(re.findall(r"^from sim\.kernels\.(\w+) import", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert {f"{name}.py" for name in used} <= set(compiled.SHARED)
