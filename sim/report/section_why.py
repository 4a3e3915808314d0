"""The sections that say why each capital does what it does, and what it means for the people held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import analysis_charts as draw
from sim.report import analysis_words as say
from sim.report import charts, parts, rows_why, words
from sim.report.analysis_values import VISIBLE, signed
from sim.report.parts import dot, esc, figure, glyph, scrolling, table, who

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
HEADLINES = ("prisoners", "freed", "arrested", "p_us_relief", "p_eu_relief", "p_grand_deal", "deal_share", "p_punished")


def why(result: Result, dossier: Record) -> str:
    """What every capital would do and what decides it, with bars of terms; all decisions in words; the benchmarks."""
    found = dossier["explanation"]
    figures = []
    for number, decision in enumerate(found["decisions"]):
        if len(rows_why.terms(decision)) < 2:  # one bar says no more than the sentence
            continue
        caption = f"{glyph(decision['player'])} {esc(say.decision_title(decision))}"
        note = f"{_where(decision)}; rather than: {esc(decision['other'])}"
        details = f"<details><summary>In words, and by time</summary>{_words(decision)}{_times(decision)}</details>"
        figures.append(figure(caption, f"{draw.terms_svg(decision, f'why-{number}')}{details}", note))
    sentences = "".join(
        f"<h4>{esc(words.turn_name(turn))}</h4>"
        + "".join(_words(decision) for decision in found["decisions"] if decision["turn"] == turn)
        for turn in dict.fromkeys(decision["turn"] for decision in found["decisions"])
    )
    return (
        "<p>What each capital would most likely do in the first month, if the start reached its turn with nothing done "
        "yet, and the term that speaks most for it.</p>"
        f"{drivers(found)}<p>Bars to the right speak for what it does, bars to the left for the runner-up, term by "
        "term, "
        "in points of that capital at the month of the decision; added up they are the margin. Points of two capitals "
        f'cannot be compared.</p><div class="wide why">{"".join(figures)}</div>'
        f"<details><summary>Every decision in words</summary>{sentences}</details>{_benchmarks(found)}"
    )


def _words(decision: Record) -> str:
    return f'<p class="sentence">{esc(decision["sentence"])}</p>'


def drivers(found: Record, most: int | None = None) -> str:
    """One line for each capital: what it most likely does of its own accord."""
    items = []
    for decision in found["decisions"]:
        if decision["kind"] == "answer":
            continue
        chosen = next(option for option in decision["options"] if option["action"] == decision["action"])
        deciding = rows_why.terms(decision)
        reason = ""
        if deciding and decision["other"]:
            term, value = max(deciding, key=lambda item: item[1])
            if value > 0:
                reason = f"; what speaks most for it against “{esc(decision['other'])}”: {esc(term)} {signed(value)}"
        share = words.percent(chosen["probability"])
        label = esc(decision["action"])
        items.append(f"<li>{who(decision['player'])}, {_where(decision)}: <b>{label}</b> ({share}){reason}.</li>")
    return f'<ul class="drivers">{"".join(items[:most])}</ul>'


def _where(decision: Record) -> str:
    name = words.turn_name(decision["turn"])
    return "at its own turn" if decision["kind"] == "move" else esc(name[:1].lower() + name[1:])


def _times(decision: Record) -> str:
    rows = [
        [esc(part["term"]), *[signed(-part[key]) for key in ("now", "later", "after")]]
        for part in decision["difference"]
        if any(abs(part[key]) >= VISIBLE for key in ("now", "later", "after"))
    ]
    if not rows:
        return ""
    head = ["Term", "at once", "in the months played", "after the last month"]
    return scrolling(table(head, rows), "The same by time")


def _benchmarks(found: Record) -> str:
    marks = found["benchmarks"]
    if marks is None:
        return ""
    names = [name for name in HEADLINES if name in marks["play"]]
    rows = []
    for name in names:
        title, unit, write = parts.COLUMNS[name]
        rows.append(
            [f"{esc(title)}, {esc(unit)}", *[esc(write(marks[way][name][-1])) for way in ("play", "sharp", "idle")]]
        )
    head = [f"Month {marks['months'][-1]}", "as forecast", "nobody ever errs", "nobody ever acts"]
    text = (
        "Beside every headline: what it would be if all four always chose their best (lam infinite), and if nobody "
        "ever offered or moved (only nature does)."
    )
    return f"<h3>What to hold the headlines against</h3><p>{text}</p>{table(head, rows, kind='wraps narrow')}"


def people(result: Result, dossier: Record) -> str:
    """Not only who is freed: who is still in prison, and how many have been newly arrested."""
    month = words.last(result)
    start = float(result.start["prisoners"])
    leaders = float(result.start.get("leaders", 0.0))
    more, few = say.held_chances(result)
    texts = [
        say.held_answer(result),
        f"The chance that more people are in prison at month {month} than now is {words.percent(more)}; that "
        f"at most a quarter of today's number are is {words.percent(few)}.",
        f"Of {words.plural(round(leaders), 'senior leader')} held now, "
        f"{words.tenths(result.at('leaders_freed', month))} are expected to be freed by then."
        if leaders
        else "No senior leader is held at the start.",
    ]
    months = [m for m in (6, 12, 24, month) if m in result.months]
    rows = []
    for at in dict.fromkeys(months):
        held = result.at("prisoners", at)
        change = held - start
        sign = "+" if change >= 0.5 else "−" if change <= -0.5 else "±"
        rows.append(
            [
                f"month {at}",
                esc(words.persons(result.at("freed", at))),
                esc(words.persons(result.at("arrested", at))),
                esc(words.persons(held)),
                f"{sign}{esc(words.persons(abs(change)))}",
            ]
        )
    head = ["By", "freed", "arrested, net", "still held", "against now"]
    caption = f"Persons, expected. Held now: {words.persons(start)}, senior leaders apart."
    frame = charts.common_frame([result])
    course = figure("People freed, people still held", charts.freed_svg(result, None, frame, "people-course"))
    stock = figure(
        f"How many are still held at month {month}",
        draw.stock_svg(result, "people-stock"),
        f"{dot('minsk')} fewer than now {dot('moscow')} as many or more",
    )
    body = "".join(f"<p>{esc(text)}</p>" for text in texts)
    listed = f"<div>{table(head, rows, kind='wraps', caption=caption)}</div>"
    return f'{body}<div class="wide">{course}{stock}{listed}</div>'
