"""Judging one mutant: a copy of the repository, the change, and the tests until one of them fails.

The working tree is never touched: it is copied once into a temporary folder, and that copy once for each mutant. The
copies bring their compiled files along, so that only what a mutant changes is compiled again; compiled kernels that
depend on a changed file are removed, because numba looks at a kernel's own file only.

A mutant is *caught* when a test fails, when collecting the tests fails, when the process crashes or when a test takes
longer than `TEST_LIMIT` (a change may make a loop endless). The test must fail when it is run alone too, and pass on
the untouched copy: one that does not is left out from then on, and named at the end.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant

TEST_LIMIT = 150
"""Seconds that one test may take."""
MEMORY = 16 * 2**30
"""Bytes of data that one run of the tests may have; addresses that are only kept free (V8's many) do not count."""
LEFT_BEHIND = shutil.ignore_patterns(
    *(".git", ".venv", ".venv-peers", "results", "dist", "build", "*.egg-info"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis"),
)
OWN_KERNELS = {"draw", "move", "offer", "table"}
"""Kernel modules that no other kernel is built from."""

ANYWAY = "fails without any fault"
BY_ORDER = "fails after some other tests and passes alone"

Stage = Sequence[str]
"""What pytest is asked to run: paths or test ids, and options."""


@dataclass(frozen=True)
class Failure:
    """The first test that failed.

    Attributes
    ----------
    test : its id, or a file or folder that cannot be imported.
    how : in which other way than that it failed; empty if it just failed.
    """

    test: str
    how: str = ""

    def __str__(self) -> str:
        return f"{self.test} ({self.how})" if self.how else self.test


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    Attributes
    ----------
    caught_by : what failed; None: it survived.
    seconds : how long it took, copying included.
    """

    caught_by: Failure | None
    seconds: float


class Stopped(Exception):
    """The run was interrupted."""


class Judge:
    """Runs tests on copies of a repository; a context manager that leaves nothing behind.

    Parameters
    ----------
    root : the repository.
    options : more options for pytest.
    """

    def __init__(self, root: Path, options: Sequence[str] = ()) -> None:
        self.root = root
        self.options = tuple(options)
        self.unreliable: dict[str, str] = {}
        self._sound: set[str] = set()
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def __enter__(self) -> Judge:
        self._folder = Path(tempfile.mkdtemp(prefix="grand-deal-mutants-"))
        self.clean = self._folder / "clean"
        try:
            shutil.copytree(self.root, self.clean, ignore=LEFT_BEHIND, symlinks=True)
            self._untouched = Path(shutil.copytree(self.clean, self._folder / "untouched" / "tree", symlinks=True))
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """End every run of tests under way."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _kill(process)

    def judge(self, mutant: Mutant, stages: Sequence[Stage]) -> Verdict:
        """Run one stage after the other until a test fails."""
        begun = time.monotonic()
        with self._copy() as tree:
            (tree / mutant.file).write_text(mutant.text, encoding="utf-8")
            _forget_compiled(tree, mutant.file)
            for stage in stages:
                while True:
                    failed = self._run(tree, stage)
                    if failed is None or self._proves(failed, tree, alone=failed.test == stage[-1]):
                        break
                if failed is not None:
                    return Verdict(failed, round(time.monotonic() - begun, 1))
        return Verdict(None, round(time.monotonic() - begun, 1))

    def _proves(self, failed: Failure, tree: Path, *, alone: bool) -> bool:
        """Return whether a test fails by itself in the changed copy, and passes in the untouched one.

        One that does not is left out from now on: it fails anyway, or it depends on the tests that run before it.
        """
        test = failed.test.split("[")[0]
        with self._lock:
            if test in self.unreliable:  # another run has left it out in the meantime
                return False
        again = [test] if "::" in test else ["--collect-only", test]
        if not alone and self._run(tree, again, missing=False) is None:
            self._leave_out(test, BY_ORDER)
            return False
        with self._lock:
            if test in self._sound:
                return True
        if self._run(self._untouched, again, missing=False) is None:
            with self._lock:
                self._sound.add(test)
            return True
        self._leave_out(test, ANYWAY)
        return False

    def _leave_out(self, test: str, why: str) -> None:
        with self._lock:
            if test in self.unreliable:
                raise RuntimeError(f"{test} {why} and cannot be left out")
            self.unreliable[test] = why

    def _run(self, tree: Path, stage: Stage, *, missing: bool = True) -> Failure | None:
        """Run some tests in a copy; return the first failure, None if all passed or (if ``missing``) there are none."""
        with self._lock:
            left_out = [f"--deselect={test}" for test in self.unreliable]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-v",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "-rfE",
            "--color=no",
        ]
        command += [f"--timeout={TEST_LIMIT}", "--timeout-method=thread"]
        command += [*self.options, *left_out, *stage]
        code, output = self._start(command, tree)
        if code == 0 or (missing and (code == 5 or "ERROR: not found: " in output)):
            return None
        return _first_failure(code, output, tree)

    def _start(self, command: Sequence[str], tree: Path) -> tuple[int, str]:
        scratch = tree.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        left_out = ("NUMBA_CACHE_DIR", "PYTEST_ADDOPTS", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")
        env = {name: value for name, value in os.environ.items() if name not in left_out}
        env |= {"PYTHONPATH": str(tree), "HYPOTHESIS_PROFILE": "mutants", "TMPDIR": str(scratch), "COLUMNS": "300"}
        with self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                command,
                cwd=tree,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        _bound_memory(process.pid)
        try:
            output, _ = process.communicate()
        finally:
            _kill(process)  # whatever the tests have started and left
            with self._lock:
                self._running.discard(process)
        with self._lock:
            if self._stopped:
                raise Stopped
        return process.returncode, output

    @contextlib.contextmanager
    def _copy(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            yield Path(shutil.copytree(self.clean, folder / "tree", symlinks=True))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _bound_memory(pid: int) -> None:
    import resource

    if hasattr(resource, "prlimit"):  # Linux
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _forget_compiled(tree: Path, file: str) -> None:
    """Remove what was compiled from a file before it was changed."""
    path = tree / file
    for old in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        old.unlink()
    if path.parent.name == "kernels":
        names = f"{path.stem}.*.nb[ci]" if path.stem in OWN_KERNELS else "*.nb[ci]"
        for old in (path.parent / "__pycache__").glob(names):
            old.unlink()


_NAMED = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.*?)?)(?: - .*)?$", re.MULTILINE)
_BEGUN = re.compile(r"^(\S+\.py::.*?)(?: (?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*)?$", re.MULTILINE)
_CONFTEST = re.compile(r"ImportError while loading conftest '([^']+)'")


def _first_failure(code: int, output: str, tree: Path) -> Failure:
    named = _NAMED.search(output)
    if named is not None:
        return Failure(named[1].strip(), "" if "::" in named[1] else "cannot be collected")
    conftest = _CONFTEST.search(output)
    if conftest is not None:
        return Failure(str(Path(conftest[1]).relative_to(tree).parent), "its conftest.py cannot be imported")
    begun = [re.split(r" (?:Fatal Python error|\+{10})", test)[0] for test in _BEGUN.findall(output)]
    if begun and "Timeout" in output:
        return Failure(begun[-1].strip(), "takes too long")
    if begun and code < 0:
        return Failure(begun[-1].strip(), f"the process ends by signal {-code}")
    raise RuntimeError(f"pytest ended with code {code} and named no test:\n{output[-3000:]}")
