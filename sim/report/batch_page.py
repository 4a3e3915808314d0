"""The body of a page about several scenarios: how they rank, and one chart of each kind for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import charts, parts, section_scenario, words
from sim.report.page import failures, header
from sim.report.parts import esc, glyph

if TYPE_CHECKING:
    from sim.forecast.result import Result

NOTABLE = 0.1
SLIGHT = 0.01


def body(
    ranked: Sequence[Result],
    reference: Result | None,
    manifest: Mapping[str, Any],
    anchors: Mapping[int, str],
    title: str,
) -> list[str]:
    """Return the page from its header to the details of each scenario.

    ``ranked`` by people freed, most first; ``anchors``: id of a result -> anchor of its details.
    """
    links = [
        ("people", "People freed and held"),
        ("relief", "Relief and contact"),
        ("near", "How near the grand deal comes"),
        ("first", "First deals"),
        ("scenarios", "Each scenario"),
        ("reading", "How to read it"),
        ("sources", "Where the numbers come from"),
    ]
    months = max(words.last(result) for result in ranked)
    eyebrow = f"Grand Deal, a negotiation simulator: {len(ranked)} scenarios, {months} months each, one model"
    sections = "".join(section_scenario.scenario(result, reference, manifest, anchors[id(result)]) for result in ranked)
    return [
        header(title, _lead(ranked, reference), links, eyebrow),
        '<main id="main">',
        failures(manifest),
        section_scenario.ranking(ranked, anchors),
        _people(ranked, reference, anchors),
        _relief(ranked, anchors),
        _near(ranked),
        _first(ranked),
        f'<section id="scenarios"><h2>Each scenario</h2>{sections}</section>\n',
    ]


def _lead(ranked: Sequence[Result], reference: Result | None) -> str:
    """The answer in three sentences, from the numbers."""
    most, least = ranked[0], ranked[-1]
    months = words.last(most)
    text = (
        f"Within {months} months between <b>{esc(words.persons(least.outcomes['freed'][-1]))}</b> "
        f"(<em>{esc(least.title)}</em>) and <b>{esc(words.persons(most.outcomes['freed'][-1]))}</b> people "
        f"(<em>{esc(most.title)}</em>) are freed"
    )
    if reference is not None and reference not in (most, least):
        text += (
            f"; in the baseline <b>{esc(words.persons(reference.outcomes['freed'][-1]))}</b>, with "
            f"<b>{esc(words.persons(reference.outcomes['prisoners'][-1]))}</b> still held"
        )
    return f"{text}. {_relief_answer(ranked)} {_deal_answer(ranked)}"


def _peak(ranked: Sequence[Result], outcome: str) -> tuple[Result, float]:
    """The scenario where a probability is highest in the last month."""
    best = max(ranked, key=lambda result: result.outcomes[outcome][-1])
    return best, best.outcomes[outcome][-1]


def _relief_answer(ranked: Sequence[Result]) -> str:
    (us, us_chance), (eu, eu_chance) = _peak(ranked, "p_us_relief"), _peak(ranked, "p_eu_relief")
    if max(us_chance, eu_chance) < SLIGHT:
        return "The chance of any US or EU relief stays below 1% in all of them."
    us_text, eu_text = f"<b>{esc(words.percent(us_chance))}</b>", f"<b>{esc(words.percent(eu_chance))}</b>"
    if us is eu:
        return f"Relief is likeliest in <em>{esc(us.title)}</em>: US {us_text}, EU {eu_text}."
    return (
        f"US relief is likeliest in <em>{esc(us.title)}</em> ({us_text}), "
        f"EU relief in <em>{esc(eu.title)}</em> ({eu_text})."
    )


def _deal_answer(ranked: Sequence[Result]) -> str:
    near, chance = _peak(ranked, "p_grand_deal")
    if chance < SLIGHT:
        return "The chance of the grand deal stays below 1% in all of them."
    count = sum(result.outcomes["p_grand_deal"][-1] >= NOTABLE for result in ranked)
    more = f"; it is one in ten or more in {count} of {len(ranked)}" if count > 1 else ""
    return f"The grand deal is likeliest in <em>{esc(near.title)}</em> (<b>{esc(words.percent(chance))}</b>){more}."


def _key(*items: tuple[str, str]) -> str:
    return f'<ul class="legend">{"".join(f"<li>{swatch}{text}</li>" for swatch, text in items)}</ul>'


def _swatch(token: str, dash: str = "", mark: str = "") -> str:
    style = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<svg viewBox="0 0 26 10" aria-hidden="true"><path d="M1 5H25" stroke="var(--{token})" stroke-width="2.25"'
        f"{style}/>{mark}</svg>"
    )


def _shade(token: str) -> str:
    return (
        f'<svg viewBox="0 0 26 10" aria-hidden="true"><path d="M1 1H25V9H1Z" fill="var(--{token})" '
        'opacity=".25"/></svg>'
    )


def _linked(result: Result, anchors: Mapping[int, str]) -> str:
    return f'<a href="#{anchors[id(result)]}">{esc(result.title)}</a>'


def _people(ranked: Sequence[Result], reference: Result | None, anchors: Mapping[int, str]) -> str:
    frame = charts.common_frame(ranked)
    figures = "".join(
        parts.figure(_linked(result, anchors), charts.freed_svg(result, reference, frame, f"{anchors[id(result)]}-p"))
        for result in ranked
    )
    keys = [(_swatch("minsk"), "people freed since the start, expected"), (_swatch("ink"), "people still held")]
    if any(result.bands is not None for result in ranked):
        keys.append((_shade("minsk"), "p10 to p90 over the calibrated ensemble"))
    if reference is not None:
        keys.append((_swatch("quiet", "3 2.5"), f"the same in the baseline: {esc(reference.title)}"))
    return (
        '<section id="people"><h2>People freed, people still held</h2>'
        "<p>Releases alone do not empty prisons: those newly arrested count too. All panels share their scales.</p>"
        f'{_key(*keys)}<div class="grid">{figures}</div></section>\n'
    )


def _relief(ranked: Sequence[Result], anchors: Mapping[int, str]) -> str:
    figures = "".join(
        parts.figure(
            _linked(result, anchors),
            charts.relief_svg(result, charts.common_frame(ranked), f"{anchors[id(result)]}-r"),
        )
        for result in ranked
    )
    keys = _key(
        (_swatch("washington"), f"{glyph('washington')} US relief, 100% = 3 steps"),
        (_swatch("brussels"), f"{glyph('brussels')} EU relief, 100% = 2 steps"),
        (_swatch("muted", "1 3.5"), "contact, 50% = envoys, 100% = embassy"),
    )
    return (
        '<section id="relief"><h2>Relief and contact</h2><p>How much of what the West can give stands at each '
        f"month's end, expected, as a share of the most it can give.</p>{keys}"
        f'<div class="grid">{figures}</div></section>\n'
    )


def _near(ranked: Sequence[Result]) -> str:
    end, half = words.last(ranked[0]), words.middle(ranked[0])
    share, chance = f"Share of the grand deal, month {end}", f"Chance that the grand deal is reached, month {end}"
    relief = f"Chance of any relief, month {end}"
    strong = f"strong: month {half}, pale: month {end}"
    if _peak(ranked, "p_grand_deal")[1] < SLIGHT:  # a chart of empty bars says no more than this sentence
        reached = f'<p class="note">{chance}: below 1% in every scenario.</p>'
    else:
        reached = parts.figure(chance, charts.nearness_svg(ranked, "p_grand_deal", chance, "near-chance"), strong)
    return (
        '<section id="near"><h2>How near the grand deal comes</h2><p>The grand deal is full US and EU relief, no '
        "senior leader held, and at most a quarter of the starting number still held. Its share is the mean of these "
        'four on the way from none to all.</p><div class="wide">'
        + parts.figure(share, charts.nearness_svg(ranked, "deal_share", share, "near-share"), strong)
        + parts.figure(
            relief,
            charts.relief_chances_svg(ranked, relief, "near-relief"),
            f"{parts.who('washington')} {parts.who('brussels')}",
        )
        + reached
        + "</div></section>\n"
    )


def _first(ranked: Sequence[Result]) -> str:
    svg = charts.first_deals_matrix_svg(ranked, "first-all")
    return (
        '<section id="first"><h2>First deals</h2><p>What is traded for what in the first deal that passes: what '
        "Minsk gives, for what it gets. Each row adds up to 100%; the stronger the colour, the "
        "likelier.</p>"
        f"{parts.scrolling(svg, 'First deals by kind, all scenarios', ' matrix')}</section>\n"
    )
