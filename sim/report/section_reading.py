"""The sections at the end of every page: how to read it, its limits, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import parts, section_scenario, theme, words
from sim.report.parts import esc

if TYPE_CHECKING:
    from sim.forecast.result import Result


def reading(ranked: Sequence[Result]) -> str:
    """What colours, words and numbers mean, and the limits of all of them."""
    months = words.last(ranked[0]) if ranked else 24
    banded = any(result.bands is not None for result in ranked)
    bands = (
        "<p><b>Over the calibrated ensemble</b>: a to b is p10 to p90 of an expectation over some two hundred draws of "
        "all parameters, weighted by how well each fits the events of January to June 2025, on the fast grid; what a "
        "scenario changes is changed in every draw. It is doubt about the numbers that go in; the spread of courses is "
        "chance, with the numbers as they are.</p>"
        if banded
        else ""
    )
    capitals = " ".join(parts.who(name) for name in theme.CAPITALS)
    return (
        '<section id="reading"><h2>How to read it</h2><div class="columns">'
        f"<p>Each capital keeps its colour and its shape: {capitals}. A number about releases is Minsk's, about US "
        "relief Washington's, about EU relief Brussels', about punishment Moscow's.</p>"
        "<p><b>Expected</b> numbers average over everything that chance and the four capitals may do, computed exactly "
        "and not sampled. Only the band of people freed (p10, median, p90) comes from sampled courses.</p>"
        f"{bands}<p>A <b>course</b> is one way that events may run. A chance of 30% means: in three courses of ten.</p>"
        f"<p><b>Freed</b> counts from the start to the month named, senior leaders included; the forecast runs "
        f"{months} months. <b>Still held</b> counts all others held at the month's end, new arrests included.</p>"
        "<p><b>What each capital would do now</b>: at each turn, the whole bar is how often a capital proposes it, the "
        "strong part how often it then happens, because all who must accept do. &lt;1% is not never: 0% is.</p>"
        "<p><b>Relief</b> is counted in steps (US 3, EU 2), <b>contact</b> in levels: 0 isolated, 1 envoys, "
        '2 embassy.</p></div><h3>Limits</h3><div class="columns">'
        "<p>This explores a model; it predicts nothing. It asks what would follow if four capitals wanted what the "
        "scenario says they want.</p>"
        "<p>Utilities have no common unit: points of one capital say nothing about points of another.</p>"
        "<p>Most values are assumptions within stated ranges, and few events stand against many parameters.</p>"
        "<p>Brussels is modelled as one player though it is twenty-seven states with vetoes. Everybody knows "
        "everybody's wishes. People held are counted, not told apart, senior leaders excepted.</p></div></section>\n"
    )


def provenance(ranked: Sequence[Result], manifest: Mapping[str, Any]) -> str:
    """The command, settings and versions behind the page, and the command of each scenario."""
    versions = manifest.get("versions") or (ranked[0].versions if ranked else {})
    facts = [
        ("Command", f"<code>{esc(manifest['command'])}</code>" if manifest.get("command") else ""),
        ("Computed", esc(manifest.get("created") or "")),
        ("Grid", esc(manifest.get("grid") or _one(ranked, "grid"))),
        ("Seed of the sampled courses", esc(manifest.get("seed", _one(ranked, "seed")))),
        (
            "Rationality",
            esc(manifest.get("rationality") if manifest.get("rationality") is not None else "the scenarios' own"),
        ),
        ("Versions", esc(", ".join(f"{name} {version}" for name, version in versions.items()))),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    rows = []
    for result in ranked:
        about = section_scenario.entry(manifest, result)
        seconds = about.get("seconds")
        took = "" if seconds is None else f"{float(seconds):.1f}{', reused' if about.get('reused') else ''}"
        rows.append(
            [
                esc(result.title),
                esc(result.scenario),
                f"<code>{esc(section_scenario.command(result, manifest))}</code>",
                f"<code>{esc(result.scenario_hash[:16])}</code>",
                took,
            ]
        )
    head = ["Scenario", "Id", "Command", "Hash (first 16 digits)", "Seconds"]
    content = parts.table(head, rows, text=(1, 2, 3)) if rows else ""
    return (
        '<section id="sources"><h2>Where the numbers come from</h2><p>Every number here is computed by the command '
        "below, from the scenario with that hash. Each line of the table gives one scenario again, with all its "
        f'numbers.</p><dl class="plain">{listed}</dl>{parts.scrolling(content, "Scenarios and commands")}</section>\n'
    )


def _one(ranked: Sequence[Result], name: str) -> str:
    values = list(dict.fromkeys(str(getattr(result, name)) for result in ranked))
    return ", ".join(values)
