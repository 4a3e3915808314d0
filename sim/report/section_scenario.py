"""The section of one scenario, and the ranking of several."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import charts, theme, words
from sim.report.parts import BASELINE, COLUMNS, TEXT, esc, figure, glyph, scrolling, table, who

if TYPE_CHECKING:
    from sim.forecast.result import Result

OPTIONS_LISTED = 10


# --- the ranking -----------------------------------------------------------------------------------------------------


def ranking(results: Sequence[Result], anchors: Mapping[int, str]) -> str:
    """The table of all scenarios, most people freed first; on a telephone each row becomes a card."""
    months = sorted({words.last(result) for result in results})
    horizon = f"month {months[0]}" if len(months) == 1 else "the last month"
    middles = sorted({words.middle(result) for result in results})
    halfway = f"month {middles[0]}" if len(middles) == 1 else "halfway"
    peak = max((result.at("freed", words.last(result)) for result in results), default=0.0) or 1.0
    head = [  # heading, whose number it is, label on a card
        ("Scenario and its question", "", ""),
        (f"Freed by {halfway}", "minsk", f"Freed, {halfway}"),
        (f"Freed by {horizon}", "minsk", f"Freed, {horizon}"),
        (f"Still held, {horizon}", "minsk", "Still held"),
        ("Chance of any US relief", "washington", "Any US relief"),
        ("Chance of any EU relief", "brussels", "Any EU relief"),
        ("Chance of the grand deal", "", "Grand deal"),
        ("Share of the grand deal", "", "Share of it"),
        ("Chance that Moscow has punished", "moscow", "Moscow punished"),
        ("Likeliest first deal", "", "Likeliest first deal"),
    ]
    titles = "".join(
        f'<th scope="col" role="columnheader"{TEXT if index == len(head) - 1 else ""}>'
        f"{glyph(player) + '&nbsp;' if player else ''}{esc(name)}</th>"
        for index, (name, player, _) in enumerate(head)
    )
    rows = []
    for result in results:
        end, half = words.last(result), words.middle(result)
        freed = result.at("freed", end)
        kind, chance = words.top_kind(result)
        bar = (
            '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="track" width="100" height="6"/>'
            f'<rect class="fill" width="{100 * freed / peak:.1f}" height="6"/></svg>'
        )
        labels = [f"{theme.capital(player).glyph} {label}" if player else label for _, player, label in head[1:]]
        cells = [
            ("", esc(words.persons(result.at("freed", half))) + _beside(result, "freed", half, "q")),
            ("main", esc(words.persons(freed)) + bar + _beside(result, "freed", end, "q")),
            ("", esc(words.persons(result.at("prisoners", end))) + _beside(result, "prisoners", end, "q")),
            *[
                ("", esc(words.percent(result.at(name, end))) + _beside(result, name, end, "q"))
                for name in ("p_us_relief", "p_eu_relief", "p_grand_deal", "deal_share", "p_punished")
            ],
            ("text", f"{esc(words.deal_name(kind))}, {esc(words.percent(chance))}"),
        ]
        data = "".join(
            f'<td role="cell"{f" class={look}" if look else ""} data-label="{esc(label)}">{content}</td>'
            for (look, content), label in zip(cells, labels, strict=True)
        )
        base, tag = (
            (' class="base"', ' <span class="note">baseline</span>') if result.scenario == BASELINE else ("", "")
        )
        rows.append(
            f'<tr role="row"{base}><th scope="row" role="rowheader"><a href="#{anchors[id(result)]}">'
            f'{esc(result.title)}</a>{tag}<span class="q">{esc(result.question)}</span></th>{data}</tr>\n'
        )
    banded = any(result.bands is not None for result in results)
    below = " Below each: p10 to p90 over the calibrated ensemble, on the fast grid." if banded else ""
    return (
        f'<table class="rank" role="table"><caption>All numbers are exact expectations or probabilities under the '
        f"model, ranked by people freed by {horizon}.{below}</caption>"
        f'<thead role="rowgroup"><tr role="row">{titles}</tr></thead><tbody role="rowgroup">\n'
        f"{''.join(rows)}</tbody></table>\n"
    )


def tiles(result: Result) -> str:
    """The headline numbers of a single scenario."""
    end, half = words.last(result), words.middle(result)
    low, high = (result.quantiles[name][-1] for name in ("p10", "p90"))
    kind, chance = words.top_kind(result)
    items = [
        (f"{glyph('minsk')} people freed by month {end}", words.persons(result.at("freed", end)),
         f"{esc(words.persons(result.at('freed', half)))} by month {half}; in eight courses of ten between "
         f"{esc(words.persons(low))} and {esc(words.persons(high))}", "freed"),
        (f"{glyph('minsk')} people still held, month {end}", words.persons(result.at("prisoners", end)),
         f"{esc(words.persons(result.at('arrested', end)))} newly arrested, net", "prisoners"),
        (f"{glyph('washington')} chance of any US relief", words.percent(result.at("p_us_relief", end)),
         f"{esc(words.tenths(result.at('us_relief', end)))} of 3 steps expected", "p_us_relief"),
        (f"{glyph('brussels')} chance of any EU relief", words.percent(result.at("p_eu_relief", end)),
         f"{esc(words.tenths(result.at('eu_relief', end)))} of 2 steps expected", "p_eu_relief"),
        ("chance of the grand deal", words.percent(result.at("p_grand_deal", end)),
         f"{esc(words.percent(result.at('p_grand_deal', half)))} by month {half}", "p_grand_deal"),
        ("share of the grand deal", words.percent(result.at("deal_share", end)),
         f"{esc(words.percent(result.at('deal_share', half)))} at month {half}", "deal_share"),
        (f"{glyph('moscow')} chance that Moscow has punished", words.percent(result.at("p_punished", end)),
         f"{esc(words.percent(result.at('p_punished', half)))} by month {half}", "p_punished"),
        ("likeliest first deal", words.percent(chance), esc(words.deal_name(kind)), ""),
    ]  # fmt: skip
    cells = "".join(
        f"<div><dt>{label}</dt><dd>{esc(value)}{_beside(result, outcome, end)}"
        f"{f'<small>{note}</small>' if note else ''}</dd></div>\n"
        for label, value, note, outcome in items
    )
    return f'<dl class="tiles">{cells}</dl>\n'


def _beside(result: Result, outcome: str, month: int, kind: str = "band") -> str:
    """The band of an outcome, small, as HTML; nothing where none is known."""
    text = words.span(result, outcome, month, COLUMNS[outcome][2]) if outcome else ""
    return f' <span class="{kind}">{f"({esc(text)})" if kind == "band" else esc(text)}</span>' if text else ""


# --- one scenario ----------------------------------------------------------------------------------------------------


def scenario(
    result: Result, reference: Result | None, manifest: Mapping[str, Any], anchor: str, *, heading: bool = True
) -> str:
    """Everything about one scenario: question, facts, charts, changes, all numbers, and how to get them again."""
    about = entry(manifest, result)
    title = f'<h3 id="{anchor}">{esc(result.title)}</h3>' if heading else f'<h2 id="{anchor}">In detail</h2>'
    ask = f'<p class="ask">{esc(result.question)}</p>' if heading else ""
    paragraphs = about.get("paragraphs") or ()
    raised = (
        f'<p class="note">Raised by {words.listed([f"¶{esc(number)}" for number in paragraphs])} of the article.</p>'
        if paragraphs
        else ""
    )
    months = words.last(result)
    # A page about one scenario shows the spread among its first charts, beside the others by month.
    left = spread(result, anchor) if heading else ""
    deals = figure(
        f"First deal within {months} months, by kind",
        charts.first_deals_svg(result, f"{anchor}-deals"),
        "probability of each kind",
    )
    turns = "".join(
        figure(_turn_caption(result, turn), charts.now_svg(result, turn, f"{anchor}-{index}"))
        for index, turn in enumerate(result.now)
    )
    return (
        f'<article class="scenario" aria-labelledby="{anchor}">{title}{ask}{raised}<div class="wide">'
        f"<div>{facts(result, reference)}</div><div>{left}{payoffs(result, reference)}</div>"
        f"<div>{deals}{changes(about, result)}</div></div>"
        f'<h4>What each capital would do now</h4><div class="wide">{turns}</div>'
        f"<details><summary>All numbers by month</summary>{monthly(result)}</details>"
        f"<details><summary>Options now, with acceptance</summary>{choices(result)}</details>"
        f'<p class="note">To compute it again: <code>{esc(command(result, manifest))}</code><br>'
        f"Scenario hash <code>{esc(result.scenario_hash[:16])}</code>, grid {esc(result.grid)}, "
        f"seed {esc(result.seed)}, rationality {esc(_rationality(result.rationality))}. "
        f'<a class="up" href="#top">Back to the top</a></p></article>\n'
    )


def _turn_caption(result: Result, turn: str) -> str:
    players = list(dict.fromkeys(option.proposer for option in result.now[turn]))
    return f"{esc(words.turn_name(turn))}" + (
        f'<span class="note">{" ".join(who(player) for player in players)}</span>' if len(players) > 1 else ""
    )


def spread(result: Result, anchor: str) -> str:
    """The band of people freed by month, with its caption."""
    return figure(
        f"People freed within {words.last(result)} months",
        charts.band_svg(result, f"{anchor}-band"),
        "shaded: eight courses of ten; line: median of sampled courses; dashed: exact expectation",
    )


def facts(result: Result, reference: Result | None) -> str:
    """Headline outcomes at two months, with the reference's beside them."""
    end, half = words.last(result), words.middle(result)
    months = [half, end] if half != end else [end]
    other = reference if reference is not result else None
    head = ["Expected", *[f"month {month}" for month in months]]
    if other is not None:
        head.append(f"baseline, month {words.last(other)}")
    rows = []
    for outcome, (name, unit, write) in COLUMNS.items():
        if outcome not in result.outcomes:
            continue
        label = name if unit in ("persons", "probability", "share") else f"{name}, {unit}"
        row = [
            esc(label),
            *[esc(write(result.at(outcome, month))) + _beside(result, outcome, month, "q") for month in months],
        ]
        if other is not None:
            month = words.last(other)
            row.append(esc(write(other.at(outcome, month))) + _beside(other, outcome, month, "q"))
        rows.append(row)
    caption = "" if result.bands is None else "Below each: p10 to p90 over the calibrated ensemble."
    return table(head, rows, kind="facts", caption=caption)


def payoffs(result: Result, reference: Result | None) -> str:
    """What each capital gets, in its own points."""
    other = reference if reference is not result else None
    head = ["Payoff, own points", f"{len(result.months)} months", "with what follows"]
    if other is not None:
        head.append(f"baseline, {len(other.months)} months")
    rows = []
    for player, value in result.payoffs.items():
        row = [who(player), esc(words.points(value)), esc(words.points(result.payoffs_total.get(player, 0.0)))]
        if other is not None:
            row.append(esc(words.points(other.payoffs.get(player, 0.0))))
        rows.append(row)
    caption = "Points of different capitals have no common unit."
    return f'<div class="apart">{table(head, rows, kind="facts", caption=caption)}</div>'


def changes(about: Mapping[str, Any], result: Result) -> str:
    """What the scenario changes against the baseline."""
    if result.scenario == BASELINE and not about.get("changes"):
        return ""
    if "changes" not in about:
        return ""
    changed = about["changes"]
    if not changed:
        return '<h4>Changed against the baseline</h4><p class="note">Nothing: the values are the baseline\'s.</p>'
    rows = [
        [f"<code>{esc(name)}</code>", esc(words.number(mine)), esc(words.number(base))]
        for name, (mine, base) in changed.items()
    ]
    content = table(["Parameter", "here", "baseline"], rows)
    label = f"Changed against the baseline: {words.plural(len(rows), 'value')}"
    if len(rows) > 12:
        return f"<details><summary>{label}</summary>{scrolling(content, label)}</details>"
    return f"<h4>{label}</h4>{scrolling(content, label)}"


def monthly(result: Result) -> str:
    """Every outcome of every month, with the spread of people freed and the going price."""
    known = [(name, *COLUMNS[name]) for name in COLUMNS if name in result.outcomes]
    head = ["Month", *[f"{esc(title)}<br>{esc(unit)}" for _, title, unit, _ in known]]
    head += ["Freed, p10<br>persons", "Freed, median<br>persons", "Freed, p90<br>persons"]
    head += ["Going price<br>freed per step of relief"]
    rows = []
    for index, month in enumerate(result.months):
        row = [str(month), *[esc(write(result.outcomes[name][index])) for name, _, _, write in known]]
        row += [esc(words.persons(result.quantiles[name][index])) for name in ("p10", "p50", "p90")]
        price = result.price[index]
        row.append("–" if price is None else esc(words.persons(price)))
        rows.append(row)
    errors = {name: result.quantiles.get(f"{name}_se") for name in ("p10", "p50", "p90")}
    note = words.listed([f"{name} ±{values[-1]:.1f}" for name, values in errors.items() if values])
    text = (
        "Freed, arrested and the chances of punishment and of the grand deal count from the start; the rest stands at "
    )
    text += "the month's end."
    if note:
        text += f" Standard errors of the sampled quantiles in the last month, in persons: {note}."
    content = scrolling(table(head, rows, kind="months"), f"All numbers by month: {result.title}")
    return f'<p class="note">{text}</p>{content}'


def choices(result: Result) -> str:
    """The likeliest options of every turn, with how often they are proposed and accepted."""
    rows = []
    for turn, options in result.now.items():
        shown, rest = words.split(options, OPTIONS_LISTED)
        for option in shown:
            row = [esc(words.turn_name(turn)), who(option.proposer), esc(option.action)]
            row += [esc(words.percent(p)) for p in (option.proposed, option.accepted, option.probability)]
            rows.append(row)
        if rest is not None:
            both = (words.percent(rest.proposed), "", words.percent(rest.probability))
            rows.append([esc(words.turn_name(turn)), "", esc(rest.label), *map(esc, both)])
    head = ["Turn", "Who proposes", "What", "Proposed", "Accepted", "Happens"]
    caption = "If the start reached the turn with nothing done yet. Happens = proposed × accepted."
    label = f"Options now: {result.title}"
    return scrolling(table(head, rows, caption=caption, text=(1, 2)), label, " tall")


# --- provenance ------------------------------------------------------------------------------------------------------


def entry(manifest: Mapping[str, Any], result: Result) -> Mapping[str, Any]:
    """Return what the manifest says about a result: by hash, else by id."""
    known: Sequence[Mapping[str, Any]] = manifest.get("scenarios") or ()
    for key, value in (("hash", result.scenario_hash), ("id", result.scenario)):
        for candidate in known:
            if candidate.get(key) == value and (key == "id" or candidate.get("id") == result.scenario):
                return candidate
    return {}


def command(result: Result, manifest: Mapping[str, Any]) -> str:
    """Return the command line that computes a result again."""
    source = str(entry(manifest, result).get("source") or result.scenario)
    words_ = ["grand-deal", "run", source, "--grid", result.grid, "--seed", str(result.seed)]
    if manifest.get("rationality") is not None:
        words_ += ["--rationality", str(manifest["rationality"])]
    for name, value in (manifest.get("overrides") or {}).items():
        words_ += ["--set", f"{name}={value}"]
    return shlex.join(words_)


def _rationality(values: Mapping[str, float]) -> str:
    if len(set(values.values())) == 1:
        return words.number(next(iter(values.values())))
    return ", ".join(f"{theme.capital(name).name} {words.number(value)}" for name, value in values.items())
