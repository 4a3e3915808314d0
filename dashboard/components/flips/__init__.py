"""Pictures of what an answer hangs on: a tornado, one assumption, two assumptions, and the smallest changes."""

from __future__ import annotations

from dashboard.components.flips.area import two
from dashboard.components.flips.course import one, switches
from dashboard.components.flips.notes import basis, ranged
from dashboard.components.flips.smallest import inverse
from dashboard.components.flips.swings import tornado

__all__ = ["basis", "inverse", "one", "ranged", "switches", "tornado", "two"]
