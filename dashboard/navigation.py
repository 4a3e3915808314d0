"""The pages, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path in the address, its title, and the module in `dashboard.views` that draws it."""

    path: str
    title: str
    module: str

    def draw(self) -> None:
        """Draw the page; its module is imported when it is first opened."""
        view: Callable[[], None] = import_module(f"dashboard.views.{self.module}").view
        view()


PAGES = (
    Page("explore", "Explore", "explore"),
    Page("deals", "Deals", "deals"),
    Page("power", "Power and stability", "power"),
    Page("flip", "What would flip it", "flip"),
    Page("batch", "Batch", "batch"),
    Page("evidence", "Evidence", "evidence"),
    Page("about", "About", "about"),
)
