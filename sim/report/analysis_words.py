"""What the analyses found, in sentences: the answer of a page, and the text alternatives of their charts.

Every sentence is written from the records' numbers and from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import rows_flip, rows_why, theme, words
from sim.report.analysis_values import four_digits, meanings, signed, written
from sim.report.rows_deals import PICKS

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
NOTHING = 0.01


def name(player: str) -> str:
    """A capital's name."""
    return theme.capital(player).name


def held_answer(result: Result) -> str:
    """Whether more or fewer are held at the end than at the start, and why."""
    month, start = words.last(result), float(result.start["prisoners"])
    end, freed, arrested = (result.at(key, month) for key in ("prisoners", "freed", "arrested"))
    change = end - start
    if abs(round(change)) < 1:
        trend = "as many as now"
    else:
        trend = f"{words.persons(abs(change))} {'more' if change > 0 else 'fewer'} than now"
    return (
        f"After {month} months {words.persons(end)} people are expected to be still in prison, {trend}: "
        f"{words.persons(freed)} are freed and {words.persons(arrested)} newly arrested, net of sentences served."
    )


def relief_answer(result: Result) -> str:
    """How likely relief and the grand deal are, and the likeliest first deal."""
    month = words.last(result)
    us, eu, grand = (words.percent(result.at(key, month)) for key in ("p_us_relief", "p_eu_relief", "p_grand_deal"))
    kind, chance = words.top_kind(result)
    first = (
        f"most likely there is no deal at all ({words.percent(chance)})"
        if kind == words.NO_DEAL
        else f"the likeliest first deal is {words.deal_name(kind)} ({words.percent(chance)})"
    )
    return f"The chance of any US relief by then is {us}, of any EU relief {eu}, of the grand deal {grand}; {first}."


def question(dossier: Record) -> str:
    """The question whose answer could flip, as a clause: "fewer than 1,120 people still held at month 24"."""
    asked = dossier["question"]
    level = written(asked["level"], asked["unit"])
    return f"{asked['label']} at month {asked['month']} against {level}"


def side(value: float, level: float) -> str:
    """On which side of the level a value lies."""
    return "at or above" if value >= level else "below"


def flip_answer(dossier: Record) -> str:
    """How many assumptions would flip the answer alone, and the smallest change that does."""
    found = dossier["inverse"]
    if found is None:
        return ""
    asked = dossier["question"]
    level = written(asked["level"], asked["unit"])
    count, total = len(found["flips"]), len(found["flips"]) + len(found["without"])
    beyond = found["base_figure"] is not None and found["base_figure"] >= asked["level"]
    goal = f"{asked['label']} at month {asked['month']} {f'below {level}' if beyond else f'to {level} or more'}"
    known = len({row["parameter"] for row in dossier["tornado"]["rows"]})
    most = f"the {total} assumptions that move it most (of {known})"
    if not count:
        which = f"No single assumption out of {total}" if total >= known else f"None of {most}"
        return f"{which}, moved alone through its plausible range, would bring {goal} at any value looked at."
    meaning = meanings(dossier)
    first = found["flips"][0]
    which = f"{total} assumptions" if total >= known else most
    reading = f"from {four_digits(first['base'])} to {four_digits(first['value'])}"
    return (
        f"{upper(_count(count))} of {which}, each moved alone within its plausible range, would bring {goal}. The "
        f"smallest change: {meaning[first['parameter']]}, {reading} "
        f"{first['unit']}, {words.percent(abs(first['share']))} of its range."
    )


def _count(number: int) -> str:
    return (
        ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[number]
        if number < 10
        else str(number)
    )


def upper(text: str) -> str:
    """A text with a capital first letter."""
    return text[:1].upper() + text[1:]


def decision_title(decision: Record) -> str:
    """Who decides what, in place of what."""
    who = name(decision["player"])
    if decision["kind"] == "answer":
        return f"{who} answers {name(decision['proposer'])}: {decision['action']} {_package(decision['package'])}"
    if decision["kind"] == "proposal":
        return f"{who} proposes: {decision['action']}"
    return f"{who}: {decision['action']}"


def _package(label: str) -> str:
    return f"“{label}”"


def terms_text(decision: Record) -> str:
    """Say what the bars of terms show."""
    found = rows_why.terms(decision)
    listed = "; ".join(f"{term} {signed(value)}" for term, value in found)
    total = sum(value for _, value in found)
    return (
        f"What speaks for “{decision['action']}” rather than “{decision['other']}”, in points of "
        f"{name(decision['player'])}: {listed}; together {signed(total)}."
    )


def tornado_text(dossier: Record, outcome: str | None = None) -> str:
    """Say what the tornado shows."""
    asked = dossier["question"]
    key = outcome or asked["outcome"]
    unit = dossier["tornado"]["units"][key]
    meaning = meanings(dossier)
    rows = []
    for row in rows_flip.swings(dossier, outcome)[: rows_flip.SWINGS_SHOWN]:
        low, high = ("?" if row[end] is None else written(row[end], unit) for end in ("at_low", "at_high"))
        rows.append(
            f"{meaning[row['parameter']]}: {low} at {four_digits(row['low'])}, {high} at {four_digits(row['high'])}"
        )
    return f"{'; '.join(rows)}." if rows else "No parameter moves it."


def tipping_text(dossier: Record, found: Record) -> str:
    """Say where one parameter crosses the level."""
    asked = dossier["question"]
    parameter = found["parameter"]
    level = written(found["level"], asked["unit"])
    meaning = meanings(dossier)[parameter["name"]]
    crossings = found["crossings"]
    where = f"between {four_digits(parameter['low'])} and {four_digits(parameter['high'])} {parameter['unit']}"
    if not crossings:
        return f"{meaning}, {where}: no crossing of {level} ({found['verdict']})."
    points = words.listed([four_digits(crossing["value"]) for crossing in crossings])
    here = four_digits(parameter["value"])
    return f"{meaning}, {where}: {level} is crossed at {points}; here it is {here}. {upper(found['verdict'])}."


def courses_text(dossier: Record, found: Record) -> str:
    """Say how an outcome goes over the range of one parameter, at the last month."""
    (axis,), (outcome,) = found["axes"], found["outcomes"]
    unit, columns, last = found["units"][outcome], found["columns"], max(found["months"])
    told = [
        f"{'?' if figure is None else written(figure, unit)} at {four_digits(value)}"
        for value, month, figure in zip(columns[axis["name"]], columns["month"], columns[outcome], strict=True)
        if month == last
    ]
    return f"{upper(dossier['question']['label'])} at month {last}, by {axis['name']}: {', '.join(told)}."


def heat_text(dossier: Record, found: Record) -> str:
    """Say where over two parameters an outcome is least and most."""
    across, up = (axis["name"] for axis in found["axes"])
    (outcome,) = found["outcomes"]
    unit, columns = found["units"][outcome], found["columns"]
    cells = [
        (figure, x, y)
        for x, y, figure in zip(columns[across], columns[up], columns[outcome], strict=True)
        if figure is not None
    ]
    ends = [
        f"{written(figure, unit)} at {across} {four_digits(x)} and {up} {four_digits(y)}"
        for figure, x, y in (min(cells), max(cells))
    ]
    return f"{upper(dossier['question']['label'])} over {len(cells)} pairs of values: least {ends[0]}, most {ends[1]}."


def shares_text(dossier: Record) -> str:
    """Say what share of the variance each parameter has."""
    meaning = meanings(dossier)
    rows = [
        f"{meaning[row['parameter']]}: {words.percent(max(0.0, row['first']))} alone, "
        f"{words.percent(max(0.0, row['total']))} in all"
        for row in dossier["sobol"]["rows"]
    ]
    return f"{'; '.join(rows)}."


def trade_text(box: Record) -> str:
    """Say how coverage and density trade off."""
    first, last = box["trail"][0], box["trail"][-1]
    return (
        f"From {words.percent(first['coverage'])} coverage at {words.percent(first['density'])} density to "
        f"{words.percent(last['coverage'])} at {words.percent(last['density'])}; the one shown: "
        f"{words.percent(box['coverage'])} at {words.percent(box['density'])}."
    )


def stock_text(result: Result) -> str:
    """Say how likely it is that fewer, more, or at most a quarter are held."""
    month = words.last(result)
    more, few = held_chances(result)
    return (
        f"At month {month} the chance that more people are held than at the start is {words.percent(more)}; that at "
        f"most a quarter of them are, {words.percent(few)}. Expected: "
        f"{words.persons(result.at('prisoners', month))}; at the start: "
        f"{words.persons(float(result.start['prisoners']))}."
    )


def held_chances(result: Result) -> tuple[float, float]:
    """Return the chance that more are held in the last month than at the start, and that at most a quarter are."""
    start = float(result.start["prisoners"])
    pairs = list(zip(result.stock["levels"], result.stock["probability"][-1], strict=True))
    more = sum(share for level, share in pairs if level > start + 1e-9)
    few = sum(share for level, share in pairs if level <= start / 4 + 1e-9)
    return min(more, 1.0), min(few, 1.0)


def plane_text(window: Record) -> str:
    """Say what one plane of gains shows."""
    across, up = (name(player) for player in window["players"])
    cells = window["bins"] if window["bins"] is not None else window["points"]
    four = sum(cells["all_four"])
    points = "; ".join(
        f"{PICKS[rule][1]}: {across} {signed(x)}, {up} {signed(y)}"
        for rule, (x, y) in window["named"].items()
        if rule in PICKS
    )
    return (
        f"{window['inside']:,} packages by {across}'s and {up}'s gain over no deal, each in its own points; from "
        f"{four:,} of them all four capitals gain. {points or 'No package is picked'}."
    )


def gains_text(label: str, gains: Mapping[str, float]) -> str:
    """Say what each capital gains from a package."""
    listed = words.listed([f"{name(player)} {signed(value)}" for player, value in gains.items()])
    return f"{label}: gains over no deal, in points of each capital: {listed}."


def gaining_text(deals: Record) -> str:
    """Say from how many packages each gains."""
    listed = words.listed([f"{name(player)} gains from {count:,}" for player, count in deals["gaining"].items()])
    return (
        f"Of {deals['packages']:,} packages, {listed}; every signatory from {deals['zone']:,}, all four capitals from "
        f"{deals['zone_all']:,}."
    )


def together_text(power: Record, outcome: str, unit: str) -> str:
    """Say what each coalition reaches."""
    single, *rest = power["own"]["coalitions"]
    rows = [
        f"{words.listed([name(player) for player in item['capitals']])} {written(item['outcomes'][outcome], unit)}"
        for item in rest
        if len(item["capitals"]) > 1
    ]
    return f"Each on its own: {written(single['outcomes'][outcome], unit)}. Acting as one: {'; '.join(rows)}."


def path_text(path: Record, table: str) -> str:
    """Say how offers at one table go in the first and in the last month."""
    sides = [side for side in path["sides"] if side["table"] == table]
    last = max(side["month"] for side in sides)
    parts = []
    for item in sides:
        if item["month"] not in (1, last):
            continue
        asked = (
            "no offer" if item["persons"] is None else f"offers of {words.persons(item['persons'])} people on average"
        )
        taken = "" if item["accepted"] is None else f", accepted {words.percent(item['accepted'])}"
        parts.append(f"{name(item['party'])} in month {item['month']}: {asked}{taken}")
    return f"{words.turn_name(table)}: {'; '.join(parts)}."


def price_text(path: Record) -> str:
    """Say how the price moves."""
    known = [(month, value) for month, value in enumerate(path["price"], 1) if value is not None]
    if not known:
        return "Hardly any relief is given, so there is no price."
    (first, start), (last, end) = known[0], known[-1]
    return f"Persons freed per step of relief: {start:,.1f} in month {first}, {end:,.1f} in month {last}."


def map_text(stability: Record) -> str:
    """Say which positions are stable."""
    nash, seq = (stability["stable"][key] for key in ("nash", "seq"))
    start, grand = stability["start"], stability["grand_deal"]
    total = len(stability["positions"])
    return (
        f"Of {total} positions {len(nash)} would stay put because nobody can better itself alone (Nash), and "
        f"{len(seq)} because every such step would be answered (sequential stability). The start is "
        f"{_stable(start, nash, seq)}; the grand deal is {_stable(grand, nash, seq)}."
    )


def _stable(state: int, nash: Sequence[int], seq: Sequence[int]) -> str:
    if state in nash:
        return "stable in both senses" if state in seq else "stable: nobody can better itself alone"
    return "stable only because steps away would be answered" if state in seq else "not stable in either sense"
