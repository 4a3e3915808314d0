"""The sections that say what would flip the answer, how sure it is, and what evidence would change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import analysis_charts as draw
from sim.report import analysis_words as say
from sim.report import parts, rows_flip, section_scenario, words
from sim.report.analysis_values import four_digits, meanings, written
from sim.report.parts import esc, figure, scrolling, table

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
HEADLINES = ("prisoners", "freed", "arrested", "p_us_relief", "p_eu_relief", "p_grand_deal", "deal_share", "p_punished")


def flip(result: Result, dossier: Record) -> str:
    """The tornado of the main outcome, the tipping points, and what moves the other headlines most."""
    asked = dossier["question"]
    level = written(asked["level"], asked["unit"])
    base = next(item["value"] for item in dossier["tornado"]["base"] if item["outcome"] == asked["outcome"])
    here = written(base, asked["unit"])
    legend = (
        f"pale: at the low end of the range, full: at the high end; black line: {here}, this scenario; "
        f"dashed: {level}, where the answer flips. Numbers: low end to high end"
    )
    shown = len(rows_flip.swings(dossier)[: rows_flip.SWINGS_SHOWN])
    tornado = figure(
        f"{esc(say.upper(asked['label']))} at month {asked['month']}, {esc(asked['unit'])}: the {shown} widest swings",
        draw.tornado_svg(dossier, "tornado"),
        legend,
    )
    curves = "".join(
        figure(
            f"{esc(meanings(dossier)[found['parameter']['name']])}",
            draw.curve_svg(dossier, found, f"tip-{number}"),
            _verdict(dossier, found),
        )
        for number, found in enumerate(dossier["tipping"])
    )
    return (
        f"<p>{esc(say.flip_answer(dossier))}</p>"
        "<p>Each parameter alone is moved through its plausible range, all else as it is; what two do together "
        "does not "
        f"show here. {_grid_note(dossier, result)}</p>"
        f'<div class="wide">{tornado}<div class="stack span2">{curves}</div></div>{_others(dossier)}'
    )


def _grid_note(dossier: Record, result: Result) -> str:
    if dossier["ensemble"] == dossier["grid"]:
        return ""
    return (
        f"Computed on grid {esc(dossier['ensemble'])}, so figures differ a little from the headlines, which are on "
        "grid "
        f"{esc(dossier['grid'])}."
    )


def _verdict(dossier: Record, found: Record) -> str:
    parameter = found["parameter"]
    return f"<code>{esc(parameter['name'])}</code>, {esc(parameter['unit'])}; {esc(crossing(dossier, found))}"


def crossing(dossier: Record, found: Record) -> str:
    """Say where the level is crossed, or that it is not."""
    points = [four_digits(crossing["value"]) for crossing in found["crossings"]]
    level = written(found["level"], dossier["question"]["unit"])
    text = f"crosses {level} at {words.listed(points)}" if points else f"no crossing of {level}: none in the range"
    if len(points) > 1:
        text += " (not monotone)"
    return text


def _others(dossier: Record) -> str:
    """The three widest swings of every other headline."""
    asked = dossier["question"]["outcome"]
    meaning = meanings(dossier)
    rows = []
    for item in dossier["tornado"]["base"]:
        name = item["outcome"]
        if name == asked:
            continue
        unit = dossier["tornado"]["units"][name]
        here = written(item["value"], unit)
        moved = []
        for row in rows_flip.swings(dossier, name)[:3]:
            ends = [("?" if row[end] is None else written(row[end], unit)) for end in ("at_low", "at_high")]
            if ends != [here, here]:
                moved.append([esc(meaning[row["parameter"]]), " to ".join(map(esc, ends))])
        titles = [f"{esc(parts.COLUMNS[name][0])}: {esc(here)}", "", ""]
        moved = moved or [["nothing alone moves it so far that it shows here", ""]]
        rows += [[title, *cells] for title, cells in zip(titles, moved, strict=False)]
    if not rows:
        return ""
    head = ["Outcome, here", "moved most by", "low end to high end"]
    return f"<h3>The other headlines</h3>{table(head, rows, kind='wraps', text=(1,))}"


def sure(result: Result, dossier: Record) -> str:
    """What the numbers depend on beside the assumptions: grid, horizon, chance; bands and robustness of claims."""
    body = "".join(f"<p>{esc(text)}</p>" for text in sureness(result, dossier))
    spread = section_scenario.spread(result, "sure")
    return f'{body}<div class="wide">{spread}<div class="span2">{_grids(dossier)}</div></div>'


def sureness(result: Result, dossier: Record) -> list[str]:
    """Say how sure the answer is, in sentences."""
    month = words.last(result)
    low, high = (result.quantiles[name][-1] for name in ("p10", "p90"))
    texts = [
        "The expectations are exact for the model: nothing is sampled but the spread of courses. Whether the model is "
        "right is another matter: its limits are stated, and most of its numbers are assumptions.",
        f"Chance alone: in eight courses of ten between {words.persons(low)} and {words.persons(high)} people are "
        "freed "
        f"by month {month}, around an expectation of {words.persons(result.at('freed', month))}.",
        _spread_of_grids(dossier),
        _robust(dossier),
        _bands(result),
    ]
    return [text for text in texts if text]


def _spread_of_grids(dossier: Record) -> str:
    """How far the number still held moves with the grid and with the horizon."""
    shown = []
    for row in dossier["grids"]:
        there, here = row["there"]["prisoners"], row["here"]["prisoners"]
        shown.append(f"{words.persons(there)} instead of {words.persons(here)} with {row['what']}")
    return f"How it is computed: expected to be still held are {'; '.join(shown)}." if shown else ""


def _robust(dossier: Record) -> str:
    claims = dossier["claims"]
    if claims is None:
        return ""
    shares = [row["robustness"]["share"] for row in claims["findings"] if row["robustness"]]
    if not shares:
        return "How far the claims of the article depend on the numbers has not been computed for this scenario."
    return (
        f"The article's claims hold in {words.percent(min(shares))} to {words.percent(max(shares))} of "
        f"{claims['draws']:,} draws of all parameters over their ranges, depending on the claim."
    )


def _bands(result: Result) -> str:
    if not result.bands:
        return (
            "There are no bands around the headlines of this scenario: how far all assumptions together could move "
            "them is not shown, only what each does alone (grand-deal run --bands works them out)."
        )
    month = words.last(result)
    found = []
    for name in HEADLINES:
        title, _, write = parts.COLUMNS[name]
        found.append(f"{_lower(title)} {words.span(result, name, month, write)}")
    return (
        f"Over the calibrated ensemble (draws of all assumptions, weighted by how well they fit the events of January "
        f"to June 2025), eight draws of ten lie within, at month {month}: {'; '.join(found)}."
    )


def _lower(title: str) -> str:
    """A heading inside a sentence: only its first letter changes, and not where it is an abbreviation."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _grids(dossier: Record) -> str:
    rows = []
    names = [name for name in HEADLINES if dossier["grids"] and name in dossier["grids"][0]["here"]]
    for name in names:
        title, unit, write = parts.COLUMNS[name]
        cells = []
        for row in dossier["grids"]:
            cells.append(f"{esc(write(row['there'][name]))} → {esc(write(row['here'][name]))}")
        rows.append([f"{esc(title)}, {esc(unit)}", *cells])
    if not rows:
        return ""
    head = ["Last month", *[esc(row["what"]) for row in dossier["grids"]]]
    caption = "The same on another grid, and with a longer future: there → here"
    return table(head, rows, kind="wraps", caption=caption)


def evidence(result: Result, dossier: Record) -> str:
    """Which readings of which parameters would change the answer, and what those rest on now."""
    found = dossier["inverse"]
    known = {row["name"]: row for row in dossier["sources"]}
    meaning = meanings(dossier)
    asked = dossier["question"]
    if found["flips"]:
        rows = []
        for item in found["flips"]:
            row = known[item["parameter"]]
            rows.append(
                [
                    f'{esc(meaning[item["parameter"]])}<span class="q"><code>{esc(item["parameter"])}</code></span>',
                    f"{esc(four_digits(item['base']))} → {esc(four_digits(item['value']))}"
                    f'<span class="q">{esc(item["unit"])}</span>',
                    esc(words.percent(abs(item["share"]))),
                    esc(written(item["figure"], asked["unit"])),
                    rests(row),
                ]
            )
        head = ["Parameter", "reading that flips it", "of its range", "outcome there", "rests on now"]
        body = scrolling(table(head, rows, kind="claims cards", text=(1, 4)), "Readings that flip the answer", " tall")
        lead = (
            f"{words.plural(len(rows), 'parameter')} could change the answer alone, the smallest change first. "
            "Evidence "
            "that puts one of them at or beyond the reading shown would turn it."
        )
    else:
        lead = (
            f"{say.flip_answer(dossier)} That holds for the readings looked at: evidence on several at once, outside "
            "these ranges, or on a narrow span between two readings could still change the answer. What comes nearest:"
        )
        rows = [
            [
                f'{esc(meaning[pair["parameter"]])}<span class="q"><code>{esc(pair["parameter"])}</code></span>',
                esc(written(pair["nearest"], asked["unit"])),
                rests(known[pair["parameter"]]),
            ]
            for pair in nearest(dossier)[:8]
        ]
        head = ["Parameter", "brings the outcome to", "rests on now"]
        body = scrolling(table(head, rows, kind="claims cards", text=(2,)), "What comes nearest", " tall")
    return f"<p>{esc(lead)}</p>{body}"


def nearest(dossier: Record) -> list[Record]:
    """Return the parameters that flip nothing, by how near they bring the outcome to the level."""
    level = dossier["question"]["level"]
    found = [pair for pair in dossier["inverse"]["without"] if pair["nearest"] is not None]
    return sorted(found, key=lambda pair: abs(pair["nearest"] - level))


def rests(row: Record) -> str:
    """Say what a parameter's value rests on, as HTML."""
    if row["value"] != row["shipped"]:
        return "set by this scenario"
    if row["source"] == "assumption":
        return "<b>assumption</b>"
    places = words.listed([f"¶{number}" for number in row["paragraphs"]])
    return f"{esc(places)} of the article; the figures are assumed"
