"""Which tests to run first on a change of a file: those most likely to notice."""

from __future__ import annotations

import ast
from pathlib import Path

NEAREST = (
    ("sim/game/", ("tests/game", "tests/mutants", "tests/solver", "tests/laws/test_laws.py")),
    ("sim/kernels/draw.py", ("tests/forecast", "tests/mutants", "tests/solver")),
    ("sim/kernels/", ("tests/solver", "tests/mutants", "tests/published", "tests/forecast")),
    (
        "sim/solver/regret.py",
        ("tests/solver", "tests/mutants", "tests/laws/test_laws.py", "tests/laws/test_sabotage.py"),
    ),
    ("sim/solver/courses.py", ("tests/forecast", "tests/mutants", "tests/solver")),
    (
        "sim/solver/",
        ("tests/solver", "tests/mutants", "tests/laws/test_sabotage.py", "tests/laws/test_laws.py", "tests/published"),
    ),
    ("sim/model/", ("tests/model", "tests/mutants", "tests/laws/test_model_laws.py", "tests/forecast")),
    ("sim/forecast/", ("tests/mutants", "tests/forecast", "tests/cli/test_run.py")),
)
"""Where a file lies -> its tests; the first that fits."""
FAST = ("-m", "not slow and not browser", "-p", "tests.mutants.unshrunk")
SELF = "tests/mutants/test_machinery.py"
"""Not run: it looks at the sources, so that it would notice any fault, and runs the tests itself."""

UNCONCERNED = ("tests/dashboard", "tests/report", "tests/packaging", "tests/test_readme.py")
"""Not run: they look at pages, files and the wheel, slowly; what is computed is looked at elsewhere."""


def stages(file: str, root: Path, caught_before: str | None = None) -> list[list[str]]:
    """Return what to run one after the other: the test that caught it before, the nearest tests, then the others.

    A module of the tests themselves concerns those alone that import it.
    """
    nearest = next((list(tests) for start, tests in NEAREST if file.startswith(start)), [])
    nearest = [test for test in nearest if (root / test).exists()]
    if file.startswith("tests/"):
        nearest = users(file, root)
        rest = []
    else:
        others = [f"--ignore={test}" for test in (*nearest, SELF, *UNCONCERNED)]
        rest = [[*FAST, "tests", *others]]
    known = [test for test in (caught_before,) if test is not None and (root / test.split("::")[0]).exists()]
    first = [[*FAST, test] for test in known]
    second = [[*FAST, *nearest, f"--ignore={SELF}"]] if nearest else []
    return [*first, *second, *rest]


def users(file: str, root: Path) -> list[str]:
    """Return the test files that import a module of the tests, themselves or through another: no others can notice."""
    imports = {path.relative_to(root).as_posix(): _imported(path) for path in sorted((root / "tests").rglob("*.py"))}
    found, fresh = set[str](), {file}
    while fresh:
        names = {name.removesuffix(".py").replace("/", ".") for name in fresh}
        fresh = {name for name, used in imports.items() if used & names} - found
        found |= fresh
    return sorted(name for name in found if name.split("/")[-1].startswith("test_") and name != SELF)


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
