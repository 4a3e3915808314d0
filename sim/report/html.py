"""One self-contained page about a batch or a single run: no request leaves it, no script runs in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import batch_page, parts, run_page
from sim.report.page import failures, footer, header, page
from sim.report.section_reading import provenance, reading

if TYPE_CHECKING:
    from sim.forecast.result import Result


def render(
    results: Sequence[Result],
    manifest: Mapping[str, Any],
    *,
    title: str = "",
    dossier: Mapping[str, Any] | None = None,
    brief: bool = False,
) -> str:
    """Return a complete HTML page, byte-identical for the same results, manifest and dossier.

    Parameters
    ----------
    results : one or more result records, of any scenarios; none gives a page that says so
    manifest : command, created, versions, grid, seed, rationality, scenarios, failed (all optional); see `sim.batch`
    title : heading of the page, any text; made from the results where it is empty
    dossier : for a single result: its analyses, as `sim.analyse.Dossier.to_json` gives them
    brief : two printable pages instead of the whole; with a dossier only

    Raises
    ------
    ValueError : a dossier beside several results or of another scenario, or a brief without a dossier.
    """
    title = title or _title(results)
    if dossier is None and brief:
        raise ValueError("brief: found no dossier; allowed: with one")
    if dossier is not None and (len(results) != 1 or dossier["scenario_hash"] != results[0].scenario_hash):
        raise ValueError(f"dossier: found beside {len(results)} results; allowed: beside the result it was made with")
    if dossier is not None and brief:
        from sim.report.brief import brief as two_pages

        return page(title, two_pages(results[0], dossier, manifest, title), "brief.css")
    ranked = sorted(results, key=lambda result: -result.outcomes["freed"][-1])
    reference = next((result for result in results if result.scenario == parts.BASELINE), None)
    anchors = {id(result): f"s{index}" for index, result in enumerate(ranked, 1)}
    if not ranked:
        body = [header(title, "No scenario finished.", ()), "<main>", failures(manifest)]
    elif len(ranked) == 1:
        body = run_page.body(ranked[0], manifest, title, dossier)
    else:
        body = batch_page.body(ranked, reference, manifest, anchors, title)
    body += [reading(ranked), provenance(ranked, manifest), "</main>", footer(manifest)]
    return page(title, "".join(body))


def _title(results: Sequence[Result]) -> str:
    if len(results) == 1:
        return results[0].title
    return f"People and sanctions: {len(results)} scenarios compared" if results else "Grand Deal"
