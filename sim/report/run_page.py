"""The body of a page about one scenario: its analyses where there is a dossier, its course by month, its details."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import analyses, charts, parts, section_scenario, words
from sim.report.page import failures, header
from sim.report.parts import esc

if TYPE_CHECKING:
    from sim.forecast.result import Result


def body(result: Result, manifest: Mapping[str, Any], title: str, dossier: Mapping[str, Any] | None) -> list[str]:
    """Return the page from its header to the scenario's details."""
    name = "" if title == result.title else f"<b>{esc(result.title)}.</b> "
    months = words.last(result)
    eyebrow = f"Grand Deal, a negotiation simulator: one scenario, {months} months"
    ends = [("reading", "How to read it"), ("sources", "Where the numbers come from")]
    detail = section_scenario.scenario(result, None, manifest, "s1", heading=False)
    if dossier is None:
        links = [("course", "Month by month"), ("s1", "In detail"), *ends]
        return [
            header(title, f"{name}{esc(result.question)}", links, eyebrow),
            '<main id="main">',
            failures(manifest),
            section_scenario.tiles(result),
            _course(result),
            detail,
        ]
    made = analyses.sections(result, dossier, manifest)
    links = [(anchor, short) for anchor, _, short, _ in made]
    links += [("s1", "In detail"), ("reading", "How to read it"), ("sources", "Provenance")]
    asked = f'<p class="ask">{name}{esc(result.question)}</p>'
    sections = [
        f'<section id="{anchor}" class="analysis"><h2>{esc(heading)}</h2>{inside}</section>\n'
        for anchor, heading, _, inside in made
    ]
    return [
        header(title, "", links, eyebrow, f"{asked}{analyses.answer(result, dossier)}"),
        '<main id="main">',
        failures(manifest),
        section_scenario.tiles(result),
        *sections,
        _course(result, spread="sure" not in dossier["sections"], people="people" not in dossier["sections"]),
        detail,
    ]


def _course(result: Result, *, spread: bool = True, people: bool = True) -> str:
    """The charts by month, without those that another section shows."""
    frame = charts.common_frame([result])
    figures = []
    if people:
        note = "" if result.bands is None else "shaded: p10 to p90 over the calibrated ensemble"
        svg = charts.freed_svg(result, None, frame, "one-p")
        figures.append(parts.figure("People freed, people still held", svg, note))
    figures.append(
        parts.figure(
            "Relief and contact",
            charts.relief_svg(result, frame, "one-r"),
            "100% = 3 steps of US relief, 2 of EU relief, an embassy",
        )
    )
    if spread:
        figures.append(section_scenario.spread(result, "s1"))
    return f'<section id="course"><h2>Month by month</h2><div class="wide">{"".join(figures)}</div></section>\n'
