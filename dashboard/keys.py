"""Keys of everything that a session remembers: one place, so that tests find widgets and nothing is misspelt."""

from __future__ import annotations

from enum import StrEnum


class Key(StrEnum):
    """A key in the session's state. Widgets that exist once carry it as it is, the others through `of`."""

    HISTORY = "history"
    PINNED = "pinned"
    NOTES = "notes"
    WRITTEN = "written"
    DRAWN = "drawn"
    OPENED = "opened"
    PAGE = "page"
    PLAIN = "plain"
    TOUR = "tour-step"
    TABLE_AT = "table-at"

    SCENARIO = "scenario"
    GALLERY = "gallery"
    CAPITAL = "capital"
    PARAMETER = "parameter"
    TABLE = "table"
    EDITOR = "editor"
    MONTH = "month"
    DECISION = "decision"
    UNDO = "undo"
    REDO = "redo"
    RESET = "reset"
    PIN = "pin"
    UNPIN = "unpin"
    SWAP = "swap"
    SAVE = "save"
    LOAD = "load"
    OPEN = "open"
    CLAIMS = "claims"
    EXPORT = "export"
    SHARE = "share"
    RETRY = "try-again"

    DEALS = "deals"
    POWER = "power"
    FLIP = "flip"
    BATCH = "batch"
    EVIDENCE = "evidence"
    ABOUT = "about"
    JOBS = "jobs"

    def of(self, *names: str) -> str:
        """Return the key of one of several widgets of this kind: ``Key.PARAMETER.of("minsk.trade_value")``."""
        return ":".join((self.value, *names))
