"""What long work a visitor has asked for, and its end when the visitor has gone. Nothing here knows Streamlit."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict

from dashboard.jobs import Job

AWAY = 90.0
"""Seconds after a page was closed, or lost its connection, in which it may come back to its work."""
Piece = tuple[str, str, tuple[str, ...]]
"""Whose question, the hash of the values, and the words of the command."""


class Shelf:
    """The pieces of work of one visitor, in the order in which they were asked for.

    They go on for `AWAY` seconds after a visit, for a page whose connection broke off and comes back; then they stop.
    """

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex
        self.pieces: OrderedDict[Piece, Job] = OrderedDict()
        self._visit: Visit | None = None

    def visited(self) -> Visit:
        """Begin a visit; one that ended a moment ago is forgotten."""
        self._visit = Visit(self)
        return self._visit

    def left(self, visit: Visit) -> None:
        """Stop what still runs, unless another visit has begun since."""
        if self._visit is visit:
            for job in list(self.pieces.values()):
                job.cancel()


class Visit:
    """The time for which a page is connected."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def end(self) -> None:
        """Tell that the page has gone: closed, or cut off."""
        timer = threading.Timer(AWAY, self.shelf.left, [self])
        timer.daemon = True
        timer.start()
