"""Two printable pages on one scenario: the answer and why; what would flip it, who gains, how sure.

Everything has a fixed place and a limited length, so that the pages stay two on A4 whatever the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import again, analyses, charts, section_deals, section_flip, section_scenario, section_why, theme, words
from sim.report import analysis_charts as draw
from sim.report import analysis_words as say
from sim.report.analysis_values import four_digits, meanings, signed, written
from sim.report.parts import esc, figure, scrolling, table, who

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
SWINGS = 5
READINGS = 3
DEALS = 2
MEANING = 64
LETTERS = 220
"""Longest title or question, in letters; what is longer ends in an ellipsis."""


def brief(result: Result, dossier: Record, manifest: Record, title: str) -> str:
    """Return the body of the two pages."""
    dossier = {**dossier, "sources": [{**row, "meaning": short(row["meaning"], MEANING)} for row in dossier["sources"]]}
    tiles, answer = section_scenario.tiles(result), analyses.answer(result, dossier)
    first = f"{_head(result, title)}{answer}{tiles}{_why(result, dossier)}"
    second = f"{_flip(dossier)}{_deals(dossier)}{_evidence(dossier)}{_sure(result, dossier)}"
    return (
        f'<main id="main" class="brief"><section class="sheet">{first}{_foot(result, dossier, manifest, 1)}</section>\n'
        f'<section class="sheet">{second}{_foot(result, dossier, manifest, 2)}</section></main>\n'
    )


def short(text: object, most: int = LETTERS) -> str:
    """Return a text of at most so many letters."""
    given = str(text)
    return given if len(given) <= most else f"{given[: most - 1].rstrip()}…"


def _head(result: Result, title: str) -> str:
    return (
        f'<p class="eyebrow">Grand Deal, a negotiation simulator: one scenario, {words.last(result)} months. '
        "This explores a model; it predicts nothing. The people it counts are real.</p>"
        f'<h1>{esc(short(title, 110))}</h1><p class="ask">{esc(short(result.question))}</p>'
    )


def _why(result: Result, dossier: Record) -> str:
    frame = charts.common_frame([result])
    course = figure("People freed, people still held", charts.freed_svg(result, None, frame, "brief-course"))
    relief = figure("Relief and contact, share of the most there is", charts.relief_svg(result, frame, "brief-relief"))
    stock = figure(f"Still held at month {words.last(result)}", draw.stock_svg(result, "brief-stock"))
    reasons = ""
    if dossier["explanation"] is not None:
        lines = section_why.drivers(dossier["explanation"], most=8)
        reasons = f"<h2>Why: what each capital would do in the first month</h2>{lines}"
    return f'<div class="three">{course}{stock}{relief}</div>{reasons}'


def _flip(dossier: Record) -> str:
    if dossier["tornado"] is None:
        return ""
    asked = dossier["question"]
    level = written(asked["level"], asked["unit"])
    tornado = figure(
        f"{esc(asked['label'])} at month {asked['month']}, {esc(asked['unit'])}",
        draw.tornado_svg(dossier, "brief-tornado", most=SWINGS),
        f"pale: low end of the range; full: high end; dashed: {esc(level)}",
    )
    curves = "".join(
        figure(
            esc(meanings(dossier)[found["parameter"]["name"]]),
            draw.curve_svg(dossier, found, f"brief-tip-{number}"),
            esc(section_flip.crossing(dossier, found)),
        )
        for number, found in enumerate(dossier["tipping"][:2])
    )
    return (
        "<h2>What would flip it</h2>"  # the sentence stands on the first page
        f'<div class="two">{tornado}<div>{curves}</div></div>'
    )


def _deals(dossier: Record) -> str:
    found = dossier["deals"]
    if found is None:
        return ""
    shown = section_deals.told(found)[:DEALS]
    rows = []
    for title, _, deal in shown:
        gains = [esc(signed(value)) for value in deal["gains"].values()]
        blockers = words.listed([theme.capital(name).name for name in deal["blockers"]]) or "nobody"
        rows.append([esc(short(title, 44)), esc(short(deal["label"], 72)), *gains, esc(blockers)])
    listed = ""
    if rows:
        names = [who(name) for name in shown[0][2]["gains"]]
        head = ["", "Package", *names, "Blocked by"]
        listed = scrolling(table(head, rows, kind="wraps", text=(1, len(names) + 2)), "Gains")
    return (
        f"<h2>Who gains and who blocks</h2><p>{esc(say.gaining_text(found))} "
        f"{esc(section_deals.zone(found))}</p>{listed}"
        '<p class="note">Gains over no deal, in points of each capital; capitals have no common unit.</p>'
    )


def _evidence(dossier: Record) -> str:
    found = dossier["inverse"]
    if found is None:
        return ""
    known = {row["name"]: row for row in dossier["sources"]}
    meaning = meanings(dossier)
    asked = dossier["question"]
    rows = []
    for item in found["flips"][:READINGS]:
        reading = f"{four_digits(item['base'])} → {four_digits(item['value'])} {item['unit']}"
        rows.append([esc(meaning[item["parameter"]]), esc(reading), section_flip.rests(known[item["parameter"]])])
    head = ["Evidence on this", "would flip the answer at", "rests on now"]
    if not rows:
        for pair in section_flip.nearest(dossier)[:READINGS]:
            figure_there = written(pair["nearest"], asked["unit"])
            rows.append(
                [esc(meaning[pair["parameter"]]), esc(figure_there), section_flip.rests(known[pair["parameter"]])]
            )
        head[1] = "brings the outcome at most to"
    return f"<h2>What evidence would change the answer</h2>{table(head, rows, kind='wraps', text=(1, 2))}"


def _sure(result: Result, dossier: Record) -> str:
    texts = section_flip.sureness(result, dossier)
    return f"<h2>How sure this is</h2>{''.join(f'<p>{esc(text)}</p>' for text in texts)}"


def _foot(result: Result, dossier: Record, manifest: Record, page: int) -> str:
    source = str(section_scenario.entry(manifest, result).get("source") or result.scenario)
    command = again.line(manifest, source, "report", "--brief", grid=result.grid)
    origin = f" Source: {esc(dossier['article'])}" if dossier["article"] else ""
    return (
        f'<p class="foot">Page {page} of 2. Explores a model, predicts nothing; most numbers that go in are '
        "assumptions "
        f"(<code>{esc(short(again.line(manifest, source, 'show', rationality=False), 90))}</code> lists them).{origin} "
        f"Scenario hash <code>{esc(result.scenario_hash[:12])}</code>, grid {esc(result.grid)}; the same again: "
        f"<code>{esc(short(command, 160))}</code></p>"
    )
