"""What a mutant is: one small change of one source file, by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

FAULT, STANDARD = "fault", "standard"


class MutantError(Exception):
    """A list of mutants that does not fit the sources any more."""


@dataclass(frozen=True)
class Mutant:
    """One file as it would be with one change.

    Attributes
    ----------
    name : unique among all mutants.
    kind : ``fault`` (written by hand) or ``standard`` (by a mutation tool's operator).
    file : path inside the repository.
    line : where the change begins, from 1.
    breaks : what goes wrong, in a sentence; for a standard mutant the change itself.
    text : the whole file with the change.
    """

    name: str
    kind: str
    file: str
    line: int
    breaks: str
    text: str

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def digest(self) -> str:
        """Names the change: a verdict holds for this text only."""
        return hashlib.sha256(f"{self.file}\0{self.text}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fault:
    """An edit of a source file: ``old``, found exactly once, becomes ``new``."""

    name: str
    file: str
    old: str
    new: str
    breaks: str

    def applied(self, root: Path) -> Mutant:
        """Return the mutant.

        Raises
        ------
        MutantError : the file is gone, ``old`` is not found exactly once, or the edit changes nothing.
        """
        try:
            text = (root / self.file).read_text(encoding="utf-8")
        except OSError:
            raise MutantError(f"fault {self.name!r}: {self.file}: found no such file") from None
        count = text.count(self.old)
        if count != 1:
            raise MutantError(
                f"fault {self.name!r}: {self.file}: found its text {count} times; allowed: exactly once.\n"
                f"Bring the fault up to date in tests/mutants/faults/. The text was:\n{self.old}"
            )
        if self.old == self.new:
            raise MutantError(f"fault {self.name!r}: the new text is the old one")
        line = text[: text.index(self.old)].count("\n") + 1
        return Mutant(self.name, FAULT, self.file, line, self.breaks, text.replace(self.old, self.new))


def faults_in(root: Path, faults: tuple[Fault, ...]) -> list[Mutant]:
    """Apply every fault by itself.

    Raises
    ------
    MutantError : all faults that do not fit, at once.
    """
    found, wrong = [], []
    for fault in faults:
        try:
            found.append(fault.applied(root))
        except MutantError as error:
            wrong.append(str(error))
    names = [fault.name for fault in faults]
    wrong += [f"fault {name!r}: found twice; allowed: different names" for name in set(names) if names.count(name) > 1]
    if wrong:
        raise MutantError("\n\n".join(wrong))
    return found
