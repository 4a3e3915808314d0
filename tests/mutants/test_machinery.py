"""The machinery itself: it notices what it should, and nothing else; it touches nothing and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.mutants import judge as judging
from tests.mutants.__main__ import ROOT, _chosen, _parsed, sampled
from tests.mutants.faults import FAULTS
from tests.mutants.judge import Failure, Judge, Verdict
from tests.mutants.mutant import FAULT, STANDARD, Fault, Mutant, MutantError, faults_in
from tests.mutants.order import NEAREST, stages, users
from tests.mutants.record import Justified, Record, justified_in, tree_hash
from tests.mutants.standard import standard_in

SOURCE = "def double(x):\n    return 2 * x\n"
TESTS = """
from pkg.numbers import double


def test_of_nothing():
    pass


def test_double():
    assert double(3) == 6
"""
ALL = [["tests"]]
DOUBLE = Failure("tests/test_numbers.py::test_double")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, text in (("pkg/__init__.py", ""), ("pkg/numbers.py", SOURCE), ("tests/test_numbers.py", TESTS)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return root


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def changed(text: str, name: str = "changed", kind: str = FAULT) -> Mutant:
    return Mutant(name, kind, "pkg/numbers.py", 2, "", text)


def files(root: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in root.rglob("*") if path.is_file()}


def test_what_is_caught_and_what_survives(project: Path, scratch: Path) -> None:
    """A change of nothing survives, a fault is caught by name, an error at import too; only copies are written to."""
    before = files(project)
    with Judge(project) as judge:
        assert judge.judge(changed(SOURCE + "# a remark\n"), ALL).caught_by is None
        assert judge.judge(changed(SOURCE.replace("2", "3")), ALL).caught_by == DOUBLE
        broken = judge.judge(changed("raise RuntimeError\n"), ALL).caught_by
        assert broken == Failure("tests/test_numbers.py", "cannot be collected")
        died = judge.judge(changed(SOURCE.replace("return", "import os; os.abort(); return")), ALL).caught_by
        assert died == Failure(DOUBLE.test, f"the process ends by signal {signal.SIGABRT.value}")
        assert judge.unreliable == {}
        assert list(scratch.iterdir())
    assert files(project) == before
    assert not list(scratch.iterdir())


def test_a_test_that_fails_anyway_catches_nothing(project: Path, scratch: Path) -> None:
    (project / "tests/test_bad.py").write_text("def test_bad():\n    assert False\n")
    with Judge(project) as judge:
        assert judge.judge(changed(SOURCE), ALL).caught_by is None
        assert judge.unreliable == {"tests/test_bad.py::test_bad": judging.ANYWAY}
        assert judge.judge(changed(SOURCE.replace("2", "3")), ALL).caught_by == DOUBLE


def test_a_test_that_depends_on_others_catches_nothing(project: Path, scratch: Path) -> None:
    """It fails only after another test of the same process."""
    (project / "pkg/seen.py").write_text("SEEN = []\n")
    (project / "tests/test_a.py").write_text("from pkg.seen import SEEN\n\ndef test_first():\n    SEEN.append(1)\n")
    (project / "tests/test_b.py").write_text("from pkg.seen import SEEN\n\ndef test_later():\n    assert not SEEN\n")
    with Judge(project) as judge:
        assert judge.judge(changed(SOURCE), ALL).caught_by is None
        assert judge.unreliable == {"tests/test_b.py::test_later": judging.BY_ORDER}


def test_stages_come_one_after_the_other(project: Path, scratch: Path) -> None:
    """A test that is gone does not stop the later stages."""
    gone, nothing = ["tests/test_numbers.py::test_gone"], ["tests/test_numbers.py::test_of_nothing"]
    with Judge(project) as judge:
        caught = judge.judge(changed(SOURCE.replace("2", "3")), [gone, nothing, *ALL]).caught_by
        assert caught == DOUBLE
        assert judge.judge(changed(SOURCE.replace("2", "3")), [gone, nothing]).caught_by is None


@pytest.mark.slow
def test_an_endless_loop_is_caught(project: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "TEST_LIMIT", 5)
    with Judge(project) as judge:
        caught = judge.judge(changed("def double(x):\n    while True:\n        pass\n"), ALL).caught_by
    assert caught == Failure(DOUBLE.test, "takes too long")


INTERRUPTED = """
import signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.mutants import __main__ as command
from tests.mutants.mutant import Mutant

root = Path(sys.argv[1])
command.ROOT = command.HERE = root
command.faults_in = lambda root, faults: [Mutant("endless", "fault", "pkg/numbers.py", 1, "", sys.argv[2])]
command.standard_in = lambda root: []
command.stages = lambda file, root, before: [["tests"]]
sys.exit(command.main(["--jobs", "1"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(project: Path, scratch: Path, tmp_path: Path, number: int) -> None:
    """The command ends with 130; the tests that were running end too; no folder and no record of the mutant stay."""
    mark = tmp_path / "running"
    endless = f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    (project / "justified.toml").write_text("")
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(project), endless],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (mark.exists() and mark.read_text()):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("Interrupted.")
    assert not list(scratch.iterdir())
    assert "endless" not in (project / "record.json").read_text()
    assert not alive(int(mark.read_text()))


def alive(process: int) -> bool:
    """Return whether a process runs (a dead one whose parent has not looked yet does not)."""
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] not in "ZX"


@pytest.mark.parametrize(
    ("file", "kept"),
    [
        (
            "move.py",
            {"offer.cpython-311.pyc", "mathematics.cpython-311.pyc", "offer.values-3.py311.nbi", "move_on.1.nbc"},
        ),
        ("mathematics.py", {"offer.cpython-311.pyc", "move.cpython-311.pyc"}),
    ],
)
def test_nothing_compiled_from_other_sources_is_used(tmp_path: Path, file: str, kept: set[str]) -> None:
    """Compiled kernels have their arithmetic inside, so that a change of it removes them all."""
    folder = tmp_path / "sim/kernels/__pycache__"
    folder.mkdir(parents=True)
    python = ("offer.cpython-311.pyc", "move.cpython-311.pyc", "mathematics.cpython-311.pyc")
    for name in (
        *python,
        "offer.values-3.py311.nbi",
        "move.values-3.py311.nbi",
        "move.values-3.py311.1.nbc",
        "move_on.1.nbc",
    ):
        (folder / name).touch()
    judging._forget_compiled(tmp_path, f"sim/kernels/{file}")
    assert {path.name for path in folder.iterdir()} == kept


class TestFaults:
    def test_every_fault_fits_the_sources(self) -> None:
        mutants = faults_in(ROOT, FAULTS)
        assert len(mutants) >= 25
        assert all(len(mutant.breaks) > 20 and mutant.breaks.endswith(".") for mutant in mutants)
        for mutant in mutants:
            compile(mutant.text, mutant.file, "exec")
            assert mutant.text != (ROOT / mutant.file).read_text(encoding="utf-8")

    @pytest.mark.parametrize("old", ["not there", "double"], ids=["gone", "twice"])
    def test_a_fault_that_does_not_fit_is_named(self, project: Path, old: str) -> None:
        (project / "pkg/numbers.py").write_text(SOURCE + SOURCE)
        fault = Fault("stale", "pkg/numbers.py", old, "other", "Breaks.")
        fits = Fault("fits", "tests/test_numbers.py", "== 6", "== 7", "Breaks.")
        with pytest.raises(MutantError, match=r"fault 'stale'.*allowed: exactly once"):
            faults_in(project, (fits, fault))

    def test_other_ways_not_to_fit(self, project: Path) -> None:
        with pytest.raises(MutantError, match="found no such file"):
            Fault("lost", "pkg/lost.py", "a", "b", "").applied(project)
        with pytest.raises(MutantError, match="the new text is the old one"):
            Fault("idle", "pkg/numbers.py", "2", "2", "").applied(project)
        twice = Fault("twice", "pkg/numbers.py", "2", "3", "Breaks.")
        with pytest.raises(MutantError, match="'twice': found twice"):
            faults_in(project, (twice, twice))

    def test_where_it_is(self, project: Path) -> None:
        mutant = Fault("fits", "pkg/numbers.py", "2 * x", "3 * x", "Breaks.").applied(project)
        assert mutant.place == "pkg/numbers.py:2"
        assert mutant.text == SOURCE.replace("2", "3")


EXAMPLE = '''"""1 + 1"""
from dataclasses import dataclass

Number = int | float


@dataclass(frozen=True)
class Sum:
    """2 + 2"""

    a: int | None = None

    def add(self, *, x: int | float) -> int | float:
        """3 + 3"""
        assert x + 0 > 0
        if x < 4:
            raise ValueError(f"{x + 5}")
        return x * 7

    def __repr__(self) -> str:
        return str(8 + 8)
'''


class TestStandard:
    @pytest.fixture(autouse=True)
    def _tool(self) -> None:
        pytest.importorskip("cosmic_ray", reason="the mutation tool is not installed")

    def test_only_what_is_computed_is_mutated(self) -> None:
        from tests.mutants.standard import places_in, sample

        lines = EXAMPLE.splitlines()
        found = {(lines[place.span[0][0] - 1].strip(), place.function) for place in places_in("f.py", EXAMPLE)}
        assert found == {("if x < 4:", "Sum.add"), ("return x * 7", "Sum.add")}
        texts = {mutant.text for mutant in sample({"f.py": EXAMPLE}, 100)}
        assert 1 < len(texts) == len(sample({"f.py": EXAMPLE}, 100))
        assert all(text != EXAMPLE and compile(text, "f.py", "exec") for text in texts)

    def test_an_edit_elsewhere_leaves_the_sample(self) -> None:
        from tests.mutants.standard import sample

        more = EXAMPLE + "\n\ndef other(y):\n    return y + 1\n"
        names = [mutant.name for mutant in sample({"f.py": EXAMPLE}, 100)]
        assert names == [mutant.name for mutant in sample({"f.py": EXAMPLE}, 100)]
        assert set(names) < {mutant.name for mutant in sample({"f.py": more}, 100)}
        moved = "# a remark\n" + EXAMPLE
        assert names == [mutant.name for mutant in sample({"f.py": moved}, 100)]

    @pytest.mark.slow
    def test_a_hundred_of_the_repository(self) -> None:
        """As many as announced in every area, all different; every justified survivor is among them or the faults."""
        from tests.mutants.standard import AREAS, standard_in

        found = standard_in(ROOT)
        assert len(found) == len({mutant.name for mutant in found}) == sum(count for _, count in AREAS.values()) == 100
        justified_in(ROOT / "tests/mutants/justified.toml", [*found, *faults_in(ROOT, FAULTS)])


class TestRecord:
    @pytest.fixture
    def record(self, tmp_path: Path) -> Record:
        return Record(tmp_path / "record.json", "tree one")

    def test_a_verdict_holds_for_the_same_change_sources_and_tests(self, record: Record) -> None:
        mutant = changed("a")
        verdict = Verdict(Failure("tests/test_x.py::test_y[a (b)]", "takes too long"), 1.5)
        assert record.known(mutant) is None
        record.add(mutant, verdict)
        again = Record(record.path, "tree one")
        assert again.known(mutant) == verdict
        assert again.known(changed("b")) is None
        other = Record(record.path, "tree two")
        assert other.known(mutant) is None
        assert other.caught_before(mutant) == "tests/test_x.py::test_y[a (b)]"

    def test_the_kept_record_is_of_the_mutants_there_are(self) -> None:
        """Every mutant was judged or is justified, and no other survived; ``make mutants`` judges what has changed."""
        mutants = [*faults_in(ROOT, FAULTS), *standard_in(ROOT)]
        kept = Record(ROOT / "tests" / "mutants" / "record.json", "any").verdicts
        justified = set(justified_in(ROOT / "tests" / "mutants" / "justified.toml", mutants))
        names = {mutant.name for mutant in mutants}
        assert names - justified <= set(kept) <= names
        assert {name for name, verdict in kept.items() if verdict["caught_by"] is None} <= justified

    def test_what_no_longer_exists_is_dropped(self, record: Record) -> None:
        record.add(changed("a", "old"), Verdict(None, 1.0))
        record.add(changed("a", "new"), Verdict(None, 1.0))
        record.forget_all_but(["new"])
        assert list(Record(record.path, "tree one").verdicts) == ["new"]

    def test_the_hash_of_sources_and_tests(self, tmp_path: Path) -> None:
        def written(name: str, text: str) -> str:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
            return tree_hash(tmp_path)

        hashes = [
            written("sim/a.py", "1"),
            written("sim/a.py", "2"),
            written("tests/test_a.py", "1"),
            written("tests/test_a.py", "2"),
            written("scenarios/a.toml", "1"),
            written("tests/mutants/test_survivors_a.py", "1"),
        ]
        assert len(set(hashes)) == len(hashes)
        assert written("tests/mutants/record.json", "1") == written("sim/__pycache__/a.py", "1") == hashes[-1]

    def test_justifications(self, tmp_path: Path) -> None:
        path = tmp_path / "justified.toml"

        def read(text: str) -> list[str]:
            path.write_text(text)
            return list(justified_in(path, [changed("a", "here")]))

        assert read("") == []
        assert read('[[mutant]]\nname = "here"\nwhy = "Nothing changes."\n') == ["here"]
        with pytest.raises(MutantError, match="gone: found no such mutant"):
            read('[[mutant]]\nname = "gone"\nwhy = "Nothing changes."\n')
        with pytest.raises(MutantError, match="here: found no reason"):
            read('[[mutant]]\nname = "here"\nwhy = " "\n')
        with pytest.raises(MutantError, match="here: found twice"):
            read('[[mutant]]\nname = "here"\nwhy = "x"\n' * 2)


def test_the_sample_depends_on_the_seed_alone() -> None:
    mutants = faults_in(ROOT, FAULTS) + [changed("a", f"standard {i}", STANDARD) for i in range(50)]
    chosen = sampled(mutants, 3, "abc")
    assert [mutant.kind for mutant in chosen].count(FAULT) == [mutant.kind for mutant in chosen].count(STANDARD) == 3
    assert chosen == sampled(mutants[::-1], 3, "abc")
    assert len({tuple(mutant.name for mutant in sampled(mutants, 3, str(seed))) for seed in range(20)}) > 15
    for seed in range(50):
        assert sum(mutant.file.startswith("sim/kernels/") for mutant in sampled(mutants, 5, str(seed))) <= 1


def test_a_sample_leaves_justified_survivors_out() -> None:
    mutants = [changed("a", f"standard {i}", STANDARD) for i in range(6)]
    justified = {mutant.name: Justified(mutant.name, "Nothing changes.") for mutant in mutants[:4]}
    for seed in range(20):
        asked = _parsed(["--sample", "3", "--seed", str(seed)])
        assert {mutant.name for mutant in _chosen(mutants, justified, asked)} == {mutant.name for mutant in mutants[4:]}
    assert _chosen(mutants, justified, _parsed([])) == mutants


def test_every_fault_has_tests_near_it() -> None:
    """The order in which tests are run names folders that exist, and ends with all tests."""
    for start, tests in NEAREST:
        assert (ROOT / start).exists()
        assert all((ROOT / test).exists() for test in tests)
    for fault in FAULTS:
        first, second, last = stages(fault.file, ROOT, "tests/conftest.py::test_a")
        assert first[-1] == "tests/conftest.py::test_a"
        assert stages(fault.file, ROOT, "tests/test_gone.py::test_a") == stages(fault.file, ROOT) == [second, last]
        assert any(word.startswith("tests/") for word in second)
        assert "tests" in last


def test_a_module_of_the_tests_concerns_those_that_import_it(project: Path) -> None:
    for name, text in (
        ("helper.py", "x = 1\n"),
        ("other.py", "from tests import helper\n"),
        ("test_one.py", "import tests.helper\n"),
        ("test_two.py", "from tests.other import helper\n"),
    ):
        (project / "tests" / name).write_text(text)
    assert users("tests/helper.py", project) == ["tests/test_one.py", "tests/test_two.py"]
    assert users("tests/other.py", project) == ["tests/test_two.py"]
    ((*_, first, second, _),) = stages("tests/helper.py", project)
    assert (first, second) == ("tests/test_one.py", "tests/test_two.py")
