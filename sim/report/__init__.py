"""Charts and pages from result records: nothing here solves, loads or writes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.forecast.result import Result

__all__ = ["render"]


def render(
    results: Sequence[Result],
    manifest: Mapping[str, Any],
    *,
    title: str = "",
    dossier: Mapping[str, Any] | None = None,
    brief: bool = False,
) -> str:
    """Return one self-contained HTML page about ``results`` (see `sim.report.html.render`)."""
    from sim.report.html import render as page

    return page(results, manifest, title=title, dossier=dossier, brief=brief)
