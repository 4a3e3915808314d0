"""Keys of everything that a session remembers: one place, so that tests find widgets and nothing is misspelt."""

from __future__ import annotations

from enum import StrEnum


class Key(StrEnum):
    """A key in the session's state. Widgets that exist once carry it as it is, the others through `of`."""

    HISTORY = "history"
    PINNED = "pinned"
    NOTES = "notes"
    READ_LINK = "read-link"
    TOUR = "tour"
    PAGE = "page"

    SCENARIO = "scenario"
    CAPITAL = "capital"
    PARAMETER = "parameter"
    TABLE = "table"
    MONTH = "month"
    UNDO = "undo"
    REDO = "redo"
    RESET = "reset"
    PIN = "pin"
    UNPIN = "unpin"
    SWAP = "swap"
    SAVE = "save"
    LOAD = "load"
    EXPORT = "export"
    SHARE = "share"

    def of(self, *names: str) -> str:
        """Return the key of one of several widgets of this kind: ``Key.PARAMETER.of("minsk.trade_value")``."""
        return ":".join((self.value, *names))
