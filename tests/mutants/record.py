"""What became of every mutant, kept in ``record.json``; and the survivors that are justified, in ``justified.toml``."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.judge import Failure, Verdict
from tests.mutants.mutant import Mutant, MutantError

HERE = "tests/mutants"
SOURCES = ("sim", "tests", "scenarios", "seeds")
SUFFIXES = {".py", ".toml", ".json", ".md", ".txt", ".efg"}


def tree_hash(root: Path) -> str:
    """Return a hash of all that a verdict depends on: the sources, and the tests without the machinery itself."""
    total = hashlib.sha256()
    for top in SOURCES:
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root).as_posix()
            own = name.startswith(f"{HERE}/") and not path.name.startswith("test_survivors")
            if path.suffix in SUFFIXES and path.is_file() and not own and "__pycache__" not in path.parts:
                total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


class Record:
    """Verdicts by the mutant's name, written after each one, so that a run can be interrupted and taken up again."""

    def __init__(self, path: Path, tree: str) -> None:
        self.path = path
        self.tree = tree
        self.verdicts: dict[str, dict[str, Any]] = {}
        if path.exists():
            self.verdicts = json.loads(path.read_text(encoding="utf-8"))["verdicts"]

    def known(self, mutant: Mutant) -> Verdict | None:
        """Return the verdict on the same change of the same sources before the same tests, if there is one."""
        found = self.verdicts.get(mutant.name)
        if found is None or (found["tree"], found["change"]) != (self.tree, mutant.digest):
            return None
        caught_by = None if found["caught_by"] is None else Failure(found["caught_by"], found["how"])
        return Verdict(caught_by, found["seconds"])

    def caught_before(self, mutant: Mutant) -> str | None:
        """Return what last caught a mutant of this name."""
        found: str | None = self.verdicts.get(mutant.name, {}).get("caught_by")
        return found

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Keep a verdict and write the file."""
        self.verdicts[mutant.name] = {
            "kind": mutant.kind,
            "place": mutant.place,
            "breaks": mutant.breaks,
            "caught_by": None if verdict.caught_by is None else verdict.caught_by.test,
            "how": "" if verdict.caught_by is None else verdict.caught_by.how,
            "seconds": verdict.seconds,
            "change": mutant.digest,
            "tree": self.tree,
        }
        self.write()

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Drop mutants that no longer exist."""
        kept = set(names)
        self.verdicts = {name: verdict for name, verdict in self.verdicts.items() if name in kept}
        self.write()

    def write(self) -> None:
        """Write the file, whole or not at all."""
        text = json.dumps({"schema_version": 1, "verdicts": dict(sorted(self.verdicts.items()))}, indent=1)
        new = self.path.with_suffix(".tmp")
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(self.path)


@dataclass(frozen=True)
class Justified:
    """A survivor that no test could catch, and why."""

    name: str
    why: str


def justified_in(path: Path, mutants: Iterable[Mutant]) -> dict[str, Justified]:
    """Read the justified survivors.

    Raises
    ------
    MutantError : a justification without a reason, given twice, or for a mutant that no longer exists.
    """
    names = {mutant.name for mutant in mutants}
    found: dict[str, Justified] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", []):
        name, why = str(entry["name"]), str(entry["why"]).strip()
        if name not in names:
            raise MutantError(f"{path.name}: {name}: found no such mutant (any more); take the justification out")
        if name in found or not why:
            raise MutantError(f"{path.name}: {name}: found {'twice' if name in found else 'no reason'}")
        found[name] = Justified(name, why)
    return found
