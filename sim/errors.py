"""Errors whose message is meant for the user, and the one form in which a problem with an input is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class GrandDealError(Exception):
    """Base of every error that this package raises on purpose; its text is written for the user."""


class GameError(GrandDealError, ValueError):
    """A game, a turn, or an argument of a solver that does not make sense."""


class UsageError(GrandDealError, ValueError):
    """A request that cannot be carried out as it was put: exit code 2 on the command line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place.

    Attributes
    ----------
    file : where it was read (a file's name, an id, ``standard input`` or ``--set``).
    key : the dotted key, or a line and column where there is no key yet.
    found : what stands there.
    allowed : what may stand there.
    hint : the nearest right name, or what to do next; may be empty.
    """

    file: str
    key: str
    found: str
    allowed: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.file}: {self.key}: found {self.found}; allowed: {self.allowed}"
        return f"{text}. {self.hint}" if self.hint else text


class ScenarioError(GrandDealError, ValueError):
    """A scenario that cannot be used; carries all problems at once.

    Attributes
    ----------
    problems : tuple of Problem, never empty.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        return (type(self), (self.problems,))
