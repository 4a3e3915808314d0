"""One self-contained page about a batch or a single run: no request leaves it, no script runs in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sim.report import analyses, charts, parts, theme, words
from sim.report.parts import esc, glyph

if TYPE_CHECKING:
    from sim.forecast.result import Result

NOTABLE = 0.1
SLIGHT = 0.01


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

        return _page(title, two_pages(results[0], dossier, manifest, title), "brief.css")
    ranked = sorted(results, key=lambda result: -result.outcomes["freed"][-1])
    reference = next((result for result in results if result.scenario == parts.BASELINE), None)
    anchors = {id(result): f"s{index}" for index, result in enumerate(ranked, 1)}
    if not ranked:
        body = [_header(title, "No scenario finished.", ()), "<main>", _failed(manifest)]
    elif len(ranked) == 1:
        body = _single(ranked[0], manifest, title, dossier)
    else:
        body = _batch(ranked, reference, manifest, anchors, title)
    body += [_reading(ranked), _provenance(ranked, manifest), "</main>", _footer(manifest)]
    return _page(title, "".join(body))


def _title(results: Sequence[Result]) -> str:
    if len(results) == 1:
        return results[0].title
    return f"People and sanctions: {len(results)} scenarios compared" if results else "Grand Deal"


def _page(title: str, body: str, *sheets: str) -> str:
    style = theme.variables() + "".join(
        files("sim.report").joinpath(sheet).read_text(encoding="utf-8") for sheet in ("page.css", *sheets)
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f'<title>{esc(title)}</title>\n<style>{style}</style>\n</head>\n<body id="top">\n'
        f'<a class="skip" href="#main">To the results</a>\n{body}</body>\n</html>\n'
    )


def _header(title: str, lead: str, links: Sequence[tuple[str, str]], eyebrow: str = "", answer: str = "") -> str:
    nav = "".join(f'<li><a href="#{anchor}">{esc(name)}</a></li>' for anchor, name in links)
    return (
        f'<header><p class="eyebrow">{eyebrow or "Grand Deal, a negotiation simulator"}</p><h1>{esc(title)}</h1>'
        + (answer or f'<p class="lead">{lead}</p>')
        + '<p class="caveat">This explores a model; it predicts nothing. The people it counts are real.</p>'
        + (f'<nav aria-label="On this page"><ul>{nav}</ul></nav>' if nav else "")
        + "</header>\n"
    )


# --- a batch ---------------------------------------------------------------------------------------------------------


def _batch(
    ranked: Sequence[Result],
    reference: Result | None,
    manifest: Mapping[str, Any],
    anchors: Mapping[int, str],
    title: str,
) -> list[str]:
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
    sections = "".join(parts.scenario(result, reference, manifest, anchors[id(result)]) for result in ranked)
    return [
        _header(title, _lead(ranked, reference), links, eyebrow),
        '<main id="main">',
        _failed(manifest),
        parts.ranking(ranked, anchors),
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


def _linked(result: Result, anchors: Mapping[int, str]) -> str:
    return f'<a href="#{anchors[id(result)]}">{esc(result.title)}</a>'


def _people(ranked: Sequence[Result], reference: Result | None, anchors: Mapping[int, str]) -> str:
    frame = charts.common_frame(ranked)
    figures = "".join(
        parts.figure(_linked(result, anchors), charts.freed_svg(result, reference, frame, f"{anchors[id(result)]}-p"))
        for result in ranked
    )
    keys = [(_swatch("minsk"), "people freed since the start, expected"), (_swatch("ink"), "people still held")]
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


# --- a single run ----------------------------------------------------------------------------------------------------


def _single(result: Result, manifest: Mapping[str, Any], title: str, dossier: Mapping[str, Any] | None) -> list[str]:
    name = "" if title == result.title else f"<b>{esc(result.title)}.</b> "
    months = words.last(result)
    eyebrow = f"Grand Deal, a negotiation simulator: one scenario, {months} months"
    ends = [("reading", "How to read it"), ("sources", "Where the numbers come from")]
    detail = parts.scenario(result, None, manifest, "s1", heading=False)
    if dossier is None:
        links = [("course", "Month by month"), ("s1", "In detail"), *ends]
        return [
            _header(title, f"{name}{esc(result.question)}", links, eyebrow),
            '<main id="main">',
            _failed(manifest),
            parts.tiles(result),
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
        _header(title, "", links, eyebrow, f"{asked}{analyses.answer(result, dossier)}"),
        '<main id="main">',
        _failed(manifest),
        parts.tiles(result),
        *sections,
        _course(result, spread="sure" not in dossier["sections"], people="people" not in dossier["sections"]),
        detail,
    ]


def _course(result: Result, *, spread: bool = True, people: bool = True) -> str:
    """The charts by month, without those that another section shows."""
    frame = charts.common_frame([result])
    figures = []
    if people:
        figures.append(parts.figure("People freed, people still held", charts.freed_svg(result, None, frame, "one-p")))
    figures.append(
        parts.figure(
            "Relief and contact",
            charts.relief_svg(result, frame, "one-r"),
            "100% = 3 steps of US relief, 2 of EU relief, an embassy",
        )
    )
    if spread:
        figures.append(parts.spread(result, "s1"))
    return f'<section id="course"><h2>Month by month</h2><div class="wide">{"".join(figures)}</div></section>\n'


# --- what belongs to every page --------------------------------------------------------------------------------------


def _failed(manifest: Mapping[str, Any]) -> str:
    failed = manifest.get("failed") or ()
    if not failed:
        return ""
    rows = "".join(
        f"<li><b>{esc(item.get('source', ''))}</b><pre>{esc(item.get('error', ''))}</pre></li>\n" for item in failed
    )
    return (
        f'<div class="failed" role="note"><h2>{words.plural(len(failed), "scenario")} failed and '
        f"{'is' if len(failed) == 1 else 'are'} missing here</h2><ul>{rows}</ul></div>\n"
    )


def _reading(ranked: Sequence[Result]) -> str:
    months = words.last(ranked[0]) if ranked else 24
    capitals = " ".join(parts.who(name) for name in theme.CAPITALS)
    return (
        '<section id="reading"><h2>How to read it</h2><div class="columns">'
        f"<p>Each capital keeps its colour and its shape: {capitals}. A number about releases is Minsk's, about US "
        "relief Washington's, about EU relief Brussels', about punishment Moscow's.</p>"
        "<p><b>Expected</b> numbers average over everything that chance and the four capitals may do, computed exactly "
        "and not sampled. Only the band of people freed (p10, median, p90) comes from sampled courses.</p>"
        "<p>A <b>course</b> is one way that events may run. A chance of 30% means: in three courses of ten.</p>"
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


def _provenance(ranked: Sequence[Result], manifest: Mapping[str, Any]) -> str:
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
        about = parts.entry(manifest, result)
        seconds = about.get("seconds")
        took = "" if seconds is None else f"{float(seconds):.1f}{', reused' if about.get('reused') else ''}"
        rows.append(
            [
                esc(result.title),
                esc(result.scenario),
                f"<code>{esc(parts.command(result, manifest))}</code>",
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


def _footer(manifest: Mapping[str, Any]) -> str:
    version = (manifest.get("versions") or {}).get("grand-deal", "")
    return (
        f"<footer>Grand Deal {esc(version)}. This explores a model; it predicts nothing. The page is complete in "
        "itself: it loads nothing and runs no script.</footer>\n"
    )
