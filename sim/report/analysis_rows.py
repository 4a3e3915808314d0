"""Rows for the charts of analyses: what each mark shows and where it stands, from the records' JSON objects."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.report import theme, words
from sim.report.rows import Rows, apart, nice
from sim.report.specs import WIDE
from sim.report.svg import clean

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
TERMS_SHOWN = 6
SWINGS_SHOWN = 10
VISIBLE = 0.005
"""Points below which a number with two decimals is 0."""
BAR, GAP = 9, 15
_NARROW, _WIDE_LETTERS = "iljtfrI.,:;'|!()[] ", "mwMW%"
PICKS = {
    "likeliest": ("L", "the likeliest deal of the month"),
    "nash": ("N", "Nash"),
    "kalai_smorodinsky": ("K", "Kalai-Smorodinsky"),
    "egalitarian": ("E", "egalitarian"),
    "utilitarian": ("U", "utilitarian"),
    "utilitarian_normalised": ("V", "utilitarian, normalised"),
}


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is drawn, a little too wide rather than too narrow."""
    return size * sum(
        0.32 if letter in _NARROW else 0.88 if letter in _WIDE_LETTERS else 0.7 if letter.isupper() else 0.57
        for letter in text
    )


def wrap(text: str, room: float, size: float) -> list[str]:
    """Return a text in lines no wider than ``room``; a single word that is wider is broken."""
    lines: list[str] = []
    line = ""
    for word in clean(text).split():
        while text_width(word, size) > room:
            cut = max(1, int(len(word) * room / text_width(word, size)) - 1)
            lines += [line] if line else []
            lines.append(word[:cut])
            line, word = "", word[cut:]
        if line and text_width(f"{line} {word}", size) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line or not lines else lines


def ladder(entries: Iterable[Record]) -> Rows:
    """Place entries below one another: label (and note) above a bar, the number to the right.

    An entry has ``label``, ``text`` and ``bar`` (values placed on a scale from 0 to 1), and may have a ``note``.
    """
    rows: Rows = []
    y = 0.0
    for entry in entries:
        y += 12
        rows.append({"series": "text", "text": clean(entry["text"]), "y_text": y})
        first = WIDE - text_width(str(entry["text"]), 12) - 12
        for number, line in enumerate(wrap(str(entry["label"]), first, 12)):
            y += 14 if number else 0
            rows.append({"series": "text", "label": line, "y_label": y})
        for line in wrap(str(entry["note"]), WIDE, 10.5) if entry.get("note") else ():
            y += 13
            rows.append({"series": "text", "note": line, "y_note": y})
        y += 5
        rows.append({"series": "bar", "y": y, "y2": y + BAR, **entry["bar"]})
        y += BAR + GAP
    return rows


def tall(rows: Rows) -> int:
    """Return the height that placed rows need."""
    return int(max((row["y2"] for row in rows if "y2" in row), default=0.0)) + 6


# --- why -------------------------------------------------------------------------------------------------------------


def terms(decision: Record) -> list[tuple[str, float]]:
    """Return what speaks for what a capital does rather than the runner-up, largest first; they add up to the margin.

    Points of the deciding capital; what the menu's weights count for is one of them.
    """
    found = [(str(part["term"]), -(part["now"] + part["later"] + part["after"])) for part in decision["difference"]]
    if abs(decision["weight"]) >= VISIBLE:
        found.append(("weights of the menu", -decision["weight"]))
    shown = sorted((item for item in found if abs(item[1]) >= VISIBLE), key=lambda item: -abs(item[1]))
    if len(shown) > TERMS_SHOWN:
        rest = sum(value for _, value in shown[TERMS_SHOWN - 1 :])
        shown = [*shown[: TERMS_SHOWN - 1], (f"all else ({len(shown) - TERMS_SHOWN + 1} terms)", rest)]
    return shown


def term_rows(decision: Record) -> Rows:
    """Bars of terms: to the right what speaks for the choice made, to the left what speaks for the other."""
    found = terms(decision)
    token = theme.capital(decision["player"]).token
    total = sum(value for _, value in found)
    reach = max([abs(value) for _, value in found] + [abs(total)]) or 1.0
    entries = [
        {"label": name, "text": signed(value), "bar": _sided(value, reach, token if value > 0 else "quiet")}
        for name, value in found
    ]
    entries.append({"label": "together", "text": signed(total), "bar": _sided(total, reach, "ink")})
    return ladder(entries)


def _sided(value: float, reach: float, token: str) -> dict[str, Any]:
    middle = 0.5
    return {"from": middle, "to": middle + value / reach / 2, "zero": middle, "token": token}


def signed(value: float) -> str:
    """Points with their sign and two decimals; 0 where that would say nothing."""
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= VISIBLE else "0"


# --- what would flip it ----------------------------------------------------------------------------------------------


def written(value: float, unit: str) -> str:
    """A headline outcome as a reader wants it."""
    if unit == "persons":
        return words.persons(value)
    return words.percent(value) if unit in ("probability", "share") else words.tenths(value)


def swings(dossier: Record, outcome: str | None = None) -> list[Record]:
    """Return the tornado's rows of one outcome that are not nothing, widest first."""
    found = dossier["tornado"]
    name = outcome or dossier["question"]["outcome"]
    largest = max((row["swing"] or 0.0 for row in found["rows"] if row["outcome"] == name), default=0.0)
    return [row for row in found["rows"] if row["outcome"] == name and (row["swing"] or 0.0) > 1e-3 * largest]


def tornado_rows(dossier: Record, outcome: str | None = None, most: int = SWINGS_SHOWN) -> Rows:
    """A bar for each parameter: the outcome at the low end of its range (pale) and at the high end (full)."""
    shown = swings(dossier, outcome)[:most]
    question = dossier["question"]
    name = outcome or question["outcome"]
    unit = dossier["tornado"]["units"][name]
    base = next(item["value"] for item in dossier["tornado"]["base"] if item["outcome"] == name)
    level: float | None = question["level"] if name == question["outcome"] else None
    values: list[float] = [base, *(row[end] for row in shown for end in ("at_low", "at_high") if row[end] is not None)]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    if level is not None and not low - 0.6 * span <= level <= high + 0.6 * span:
        level = None  # too far out to be drawn
    if level is not None:
        low, high = min(low, level), max(high, level)
    room = 0.02 * ((high - low) or 1.0)
    low, span = low - room, (high - low) + 2 * room

    def at(value: float) -> float:
        return (value - low) / span

    meaning = meanings(dossier)
    entries = []
    for row in shown:
        bar: dict[str, Any] = {"zero": at(base), "token": _token(row["parameter"])}
        if row["at_high"] is not None:
            bar |= {"from": at(base), "to": at(row["at_high"])}
        if row["at_low"] is not None:
            bar |= {"from_pale": at(base), "to_pale": at(row["at_low"])}
        if level is not None:
            bar["level"] = at(level)
        ends = [row[end] for end in ("at_low", "at_high")]
        text = " to ".join("?" if end is None else written(end, unit) for end in ends)
        note = f"{number(row['low'])} to {number(row['high'])} {row['unit']}; here {number(row['base'])}"
        entries.append({"label": meaning[row["parameter"]], "note": note, "text": text, "bar": bar})
    return ladder(entries)


def _token(parameter: str) -> str:
    owner = parameter.partition(".")[0]
    return theme.CAPITALS[owner].token if owner in theme.CAPITALS else "muted"


def meanings(dossier: Record) -> dict[str, str]:
    """Return parameter -> whose it is and what it means, in few words."""
    return {row["name"]: _meaning(row["name"], row["meaning"]) for row in dossier["sources"]}


def _meaning(name: str, meaning: str) -> str:
    owner, _, rest = name.partition(".")
    short = meaning
    for mark in (";", ":", ", times", " (lam)", ", on top", ", net"):
        short = short.partition(mark)[0]
    if owner in theme.CAPITALS:
        who = theme.CAPITALS[owner].name
    elif name.startswith("menu.recognition."):
        table = rest.split(".")[1].split("_")[0]
        who = f"{table.upper() if len(table) == 2 else table} table"
    else:
        who = {"world": "World", "start": "Start", "menu": "Menu"}.get(owner, owner)
    return f"{who}: {short}"


def number(value: object) -> str:
    """A parameter's value in at most four digits."""
    return f"{value:.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def curve(found: Record) -> tuple[Rows, tuple[float, float], tuple[float, float]]:
    """Rows of one tipping point and the ends of both scales."""
    parameter, scan = found["parameter"], found["scan"]
    known = [(x, y) for x, y in zip(scan["parameter"], scan["outcome"], strict=True) if y is not None]
    level, unit = found["level"], found["unit"]
    x = (parameter["low"], parameter["high"])
    ys = [value for _, value in known] + [level]
    if found["base_value"] is not None:
        ys.append(found["base_value"])
    y = _round_span(min(ys), max(ys), unit)
    rows: Rows = [{"series": "line", "x": at, "y": value} for at, value in known]
    rows += [{"series": "level", "x": end, "y": level} for end in x]
    points: list[dict[str, Any]] = []
    inside = x[0] <= parameter["value"] <= x[1]
    if found["base_value"] is not None and inside:
        points.append({"x": parameter["value"], "y": found["base_value"], "token": "ink", "shape": "circle"})
        points[-1] |= {"size": 60, "text": f"here {number(parameter['value'])}"}
    for crossing in found["crossings"]:
        mark = {"x": crossing["value"], "y": level, "token": "moscow", "shape": "diamond", "size": 90}
        points.append({**mark, "text": number(crossing["value"])})
    return rows + _labelled(points, known, x, y), x, y


def _labelled(
    points: list[dict[str, Any]],
    line: Sequence[tuple[float, float]],
    x: tuple[float, float],
    y: tuple[float, float],
) -> Rows:
    """Put each point's label above or below it, within the picture, over no other label and off the line if may be."""
    width, height = WIDE - 48.0, 132.0
    taken: list[tuple[float, float, float]] = []
    rows: Rows = []
    for point in points:
        half = text_width(point["text"], 11) / 2 / width * (x[1] - x[0])
        at = min(max(point["x"], x[0] + half), x[1] - half)
        step = 13 / height * (y[1] - y[0])
        places = [point["y"] + offset * step for offset in (1, -1, 1.6, -1.6, 2.4, -2.4, 3.2, -3.2)]
        fitting = [place for place in places if y[0] + step / 2 <= place <= y[1] - step / 2] or places[:1]
        free = [p for p in fitting if all(abs(p - b) >= step or abs(at - a) >= half + h for a, b, h in taken)]
        marks = [(p["x"], p["y"]) for p in points if p is not point]
        free = [p for p in free if all(abs(p - b) >= step or abs(at - a) >= 1.3 * half for a, b in marks)] or free
        near = [_on(line, at + part * half) for part in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        clear = [p for p in free if all(abs(p - value) > 0.75 * step for value in near)]
        place = (clear or free or fitting)[0]
        taken.append((at, place, half))
        rows.append({"series": "point", **point, "x_text": at, "y_text": place})
    return rows


def _on(line: Sequence[tuple[float, float]], at: float) -> float:
    """Return the height of a line of points at one place."""
    for (x, y), (x2, y2) in pairwise(line):
        if x <= at <= x2 and x2 > x:
            return y + (y2 - y) * (at - x) / (x2 - x)
    return line[-1][1] if line and at > line[-1][0] else line[0][1] if line else math.nan


def _round_span(low: float, high: float, unit: str) -> tuple[float, float]:
    """Return ends of a scale that hold the values, on round numbers; shares and probabilities within 0 and 1."""
    room = 0.16 * ((high - low) or abs(high) or 1.0)
    step = 10.0 ** math.floor(math.log10(max((high - low) + 2 * room, 1e-9) / 4))
    made = (math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step)
    if unit in ("probability", "share"):
        return max(0.0, round(made[0], 6)), min(1.0, round(made[1], 6))
    return max(0.0, round(made[0], 6)), round(made[1], 6)


# --- people held -----------------------------------------------------------------------------------------------------


def stock_rows(result: Result) -> tuple[Rows, float, float]:
    """How likely each number still held is in the last month; also the ends of both scales."""
    levels, shares = list(result.stock["levels"]), list(result.stock["probability"][-1])
    start = float(result.start["prisoners"])
    lot = float(levels[1] - levels[0]) if len(levels) > 1 else max(start, 1.0)
    joined = 1
    while len(levels) / joined > 48:  # thinner bars would not be seen
        joined += 1
    top_level = max((level for level, share in zip(levels, shares, strict=True) if share > 1e-4), default=levels[-1])
    peak = nice(max(float(top_level) + lot, start))
    rows: Rows = []
    for first in range(0, len(levels), joined):
        share = sum(shares[first : first + joined])
        left = max(levels[first] - lot / 2, 0.0)
        right = min(levels[min(first + joined, len(levels)) - 1] + lot / 2, peak)
        if share > 0 and right > left:
            gap = 0.0015 * peak
            token = "minsk" if (left + right) / 2 < start - 1e-9 else "moscow"
            rows.append({"series": "bar", "x": left + gap, "x2": right - gap, "share": share, "token": token})
    top = max((row["share"] for row in rows), default=1.0)
    top = math.ceil(top * 20) / 20 if top > 0.05 else math.ceil(top * 100) / 100
    marks = [("now", start, "ink"), ("expected", result.outcomes["prisoners"][-1], "muted")]
    width = WIDE - 44
    texts = [f"{name} {words.persons(value)}" for name, value, _ in marks]
    for index, (text, (_, value, token)) in enumerate(zip(texts, marks, strict=True)):
        half = text_width(text, 11) / 2 / width * peak
        place = min(max(value, half), peak - half)
        rows.append({"series": "mark", "x": value, "x_text": place, "y_text": -4 - 13 * index, "text": text})
        rows[-1]["token"] = token
    return rows, peak, top


# --- deals -----------------------------------------------------------------------------------------------------------


def plane_rows(window: Record) -> Rows:
    """Packages or cells of one plane, its frontier, the lines of no deal and the named points."""
    x, y = window["x"], window["y"]
    rows: Rows = [{"series": "quarter", "x": 0.0, "x2": x[1], "y": 0.0, "y2": y[1]}]
    if window["bins"] is not None:
        cells = window["bins"]
        most = math.log1p(max(cells["count"], default=1))
        columns = (cells[name] for name in ("x", "x2", "y", "y2", "count", "all_four"))
        for left, right, low, high, count, four in zip(*columns, strict=True):
            row = {"series": "cell", "x": left, "x2": right, "y": low, "y2": high, "share": math.log1p(count) / most}
            rows.append({**row, "token": "heat" if four else "quiet"})
    else:
        points = window["points"]
        for left, low, four in zip(points["x"], points["y"], points["all_four"], strict=True):
            series, token = ("four", "heat") if four else ("package", "quiet")
            rows.append({"series": series, "x": left, "y": low, "token": token})
    rows += [{"series": "up", "x": 0.0}, {"series": "across", "y": 0.0}]
    rows += _edge(window)
    return rows + _named(window)


def _edge(window: Record) -> Rows:
    """The frontier within the window."""
    (x0, x1), (y0, y1) = window["x"], window["y"]
    found = zip(window["frontier"]["x"], window["frontier"]["y"], strict=True)
    kept = [(a, b) for a, b in found if x0 <= a <= x1 and y0 <= b <= y1]
    return [{"series": "frontier", "x": a, "y": b, "order": number} for number, (a, b) in enumerate(kept)]


def _named(window: Record) -> Rows:
    """Named points; those at one place share a mark, and labels keep apart."""
    (x0, x1), (y0, y1) = window["x"], window["y"]
    near: list[tuple[float, float, list[str]]] = []
    for rule in PICKS:
        if rule not in window["named"]:
            continue
        x, y = window["named"][rule]
        for a, b, rules in near:
            if abs(a - x) < 0.02 * (x1 - x0) and abs(b - y) < 0.02 * (y1 - y0):
                rules.append(rule)
                break
        else:
            near.append((x, y, [rule]))
    places = apart([(b - y0) / (y1 - y0) for _, b, _ in near], gap=0.055, low=0.03, high=0.97)
    rows: Rows = []
    for (x, y, rules), place in zip(near, places, strict=True):
        text = " ".join(PICKS[rule][0] for rule in rules)
        half = (text_width(text, 12) / 2 + 9) / 262 * (x1 - x0)
        side = 1 if x + 2 * half < x1 else -1
        row = {"series": "named", "x": x, "y": y, "text": text, "x_text": x + side * half}
        row |= {"y_text": y0 + place * (y1 - y0), "token": "ink" if "likeliest" in rules else "moscow"}
        rows.append({**row, "shape": "diamond" if "likeliest" in rules else "circle", "size": 90})
    return rows


def gain_rows(gains: Mapping[str, float], reach: Mapping[str, float]) -> Rows:
    """A bar for each capital's gain from one package, each on its own scale: ``reach`` is the longest bar."""
    entries = []
    for player, value in gains.items():
        token = theme.capital(player).token
        bar = _sided(value, reach.get(player) or 1.0, token)
        entries.append({"label": theme.capital(player).name, "text": f"{signed(value)} points", "bar": bar})
    return ladder(entries)


def gaining_rows(deals: Record) -> Rows:
    """From how many packages each capital gains, and every signatory, and all four."""
    total = deals["packages"] or 1
    entries = []
    for player, count in deals["gaining"].items():
        capital = theme.capital(player)
        signs = "" if player in deals["signatories"] else " (does not sign)"
        entries.append(_counted(f"{capital.name}{signs}", count, total, capital.token))
    entries.append(_counted("every signatory", deals["zone"], total, "ink"))
    entries.append(_counted("all four capitals", deals["zone_all"], total, "heat"))
    return ladder(entries)


def _counted(label: str, count: int, total: int, token: str) -> dict[str, Any]:
    share = count / total
    text = f"{count:,} ({words.percent(share)})"
    return {"label": label, "text": text, "bar": {"from": 0.0, "to": max(share, 0.0), "zero": 0.0, "token": token}}


# --- power -----------------------------------------------------------------------------------------------------------


def share_rows(values: Mapping[str, float]) -> Rows:
    """Bars of an index that adds up to 1, in the capitals' colours; below 0 to the left."""
    low, high = min(0.0, *values.values()), max(0.0, *values.values(), 1e-9)
    span = high - low
    entries = []
    for player, value in values.items():
        bar = {"from": -low / span, "to": (value - low) / span, "zero": -low / span}
        capital = theme.capital(player)
        entries.append({"label": capital.name, "text": f"{value:.0%}", "bar": {**bar, "token": capital.token}})
    return ladder(entries)


def together_rows(power: Record, outcome: str, unit: str) -> Rows:
    """The outcome under each coalition of two or more, beside the equilibrium; largest change first."""
    single, *rest = (item for item in power["own"]["coalitions"])
    base = single["outcomes"][outcome]
    groups = [item for item in rest if len(item["capitals"]) > 1]
    ordered = sorted(groups, key=lambda item: -abs(item["outcomes"][outcome] - base))
    values = [base, *(item["outcomes"][outcome] for item in groups)]
    low, high = min(values), max(values)
    room = 0.03 * ((high - low) or 1.0)
    low, span = low - room, (high - low + 2 * room) or 1.0
    entries = []
    for item in ordered:
        value = item["outcomes"][outcome]
        bar = {"from": (base - low) / span, "to": (value - low) / span, "zero": (base - low) / span, "token": "heat"}
        label = words.listed([theme.capital(name).name for name in item["capitals"]])
        if len(item["capitals"]) == len(power["weights"]):
            label = "all four"
        entries.append({"label": label, "text": written(value, unit), "bar": bar})
    return ladder(entries)


# --- path ------------------------------------------------------------------------------------------------------------


def path_rows(path: Record, table: str) -> tuple[Rows, float]:
    """People in each party's offers and the chance that its offers are accepted, by month; and the scale's end."""
    sides = [side for side in path["sides"] if side["table"] == table]
    parties = list(dict.fromkeys(side["party"] for side in sides))
    peak = nice(max((side["persons"] or 0.0 for side in sides), default=1.0))
    rows: Rows = []
    for panel, field, top, gap in (("offer", "persons", peak, 0.16), ("accepted", "accepted", 1.0, 0.21)):
        ends = []
        for party in parties:
            capital = theme.capital(party)
            course = [(s["month"], s[field]) for s in sides if s["party"] == party and s[field] is not None]
            line = {"panel": panel, "series": "line", "token": capital.token}
            rows += [{**line, "month": month, "value": value} for month, value in course]
            if course:
                text = words.persons(course[-1][1]) if panel == "offer" else words.percent(course[-1][1])
                end = {"panel": panel, "series": "end", "month": course[-1][0], "value": course[-1][1]}
                ends.append({**end, "token": capital.token, "shape": capital.shape, "text": f"{capital.name} {text}"})
        places = apart([end["value"] / top for end in ends], gap=gap, low=0.03, high=1.0)
        rows += [{**end, "place": place * top} for end, place in zip(ends, places, strict=True)]
    return rows, peak


def price_rows(path: Record) -> tuple[Rows, float, int]:
    """The going price by month, and the ends of the scales."""
    price = path["price"]
    known = [(month, value) for month, value in enumerate(price, 1) if value is not None]
    rows: Rows = []
    piece = 0
    for index, (month, value) in enumerate(known):
        piece += int(index > 0 and month != known[index - 1][0] + 1)
        rows.append({"series": "line", "month": month, "value": value, "piece": piece})
    if known:
        month, value = known[-1]
        rows.append({"series": "end", "month": month, "value": value, "text": f"{value:,.1f}"})
    return rows, nice(max((value for _, value in known), default=1.0)), len(price)


# --- stability -------------------------------------------------------------------------------------------------------


def map_rows(stability: Record) -> Rows:
    """Positions by what both sides have given; the stable ones, the start and the grand deal marked; moves as lines."""
    levels = stability["levels"]
    positions = {row["state"]: row for row in stability["positions"]}
    places = {state: _given(row, levels) for state, row in positions.items()}
    rows: Rows = [
        {"series": "position", "x": x, "y": y}
        for x, y in sorted({place for state, place in places.items() if positions[state]["punishing"] == "no"})
    ]
    for arc in stability["arcs"]:
        (x, y), (x2, y2) = places[arc["from"]], places[arc["to"]]
        if (x, y) == (x2, y2):
            continue
        token = theme.capital(arc["player"]).token
        angle = math.degrees(math.atan2(x2 - x, y2 - y))
        rows.append({"series": "move", "x": x, "y": y, "x2": x2, "y2": y2, "token": token})
        middle = {"x": x + 0.55 * (x2 - x), "y": y + 0.55 * (y2 - y), "angle": angle, "token": token}
        rows.append({"series": "arrow", **middle})
    nash, seq = set(stability["stable"]["nash"]), set(stability["stable"]["seq"])
    rows += [{"series": "answered", "x": x, "y": y} for x, y in sorted({places[s] for s in seq - nash})]
    rows += [{"series": "nash", "x": x, "y": y} for x, y in sorted({places[s] for s in nash})]
    for name, state in (("start", stability["start"]), ("grand deal", stability["grand_deal"])):
        x, y = places[state]
        half = text_width(name, 12) / 2 / 262 * 1.12
        at = min(max(x, half - 0.04), 1.04 - half)
        rows.append({"series": "label", "x": at, "y": y + 0.055 if y < 0.9 else y - 0.06, "text": name})
    return rows


def _given(row: Record, levels: Mapping[str, Sequence[Any]]) -> tuple[float, float]:
    """Return how much of what it can give the West and Minsk have given at a position, 0 to 1."""

    def share(name: str) -> float:
        listed = levels[name]
        return listed.index(row[name]) / (len(listed) - 1) if len(listed) > 1 else 0.0

    held = levels["prisoners"]
    span = held[0] - held[-1]
    people = (held[0] - row["prisoners"]) / span if span else 0.0
    leaders = share("leaders") if len(levels["leaders"]) > 1 else people
    west = (share("us_relief") + share("eu_relief") + share("contact")) / 3
    return round(west, 4), round((people + leaders) / 2, 4)
