"""Saying which section of a dossier is being computed, and keeping why one could not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.errors import GrandDealError, ScenarioError

Tell = Callable[[str, int, int], None]
"""Called with what is being computed, how much of it is done, and of how much (0: not known)."""


class Work:
    """Says what is going on and keeps what went wrong.

    Attributes
    ----------
    missing : section -> why it could not be computed.
    """

    def __init__(self, tell: Tell | None) -> None:
        self.tell, self.missing, self.now = tell, dict[str, str](), ""

    def say(self, what: str) -> None:
        """Tell that ``what`` begins."""
        self.now = what
        self.step(0, 0)

    def step(self, done: int, of: int = 0) -> None:
        """Tell how much is done of what is being computed, and of how much (0: not known)."""
        if self.tell is not None:
            self.tell(self.now, done, of)

    def do(self, section: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Compute one section; what does not make sense for this scenario leaves a reason instead."""
        self.say(section)
        try:
            return compute()
        except ScenarioError:
            raise
        except GrandDealError as error:
            self.missing[section] = str(error)
            return {}
