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


PAGES = (Page("explore", "Explore", "explore"),)
