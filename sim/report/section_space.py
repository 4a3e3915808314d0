"""The sections on the space of assumptions: how far they move the answer, which matter together, and where it turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import analysis_charts as draw
from sim.report import words
from sim.report.analysis_values import four_digits, meanings, written
from sim.report.parts import esc, figure, table

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
DEEPEST = 3
"""Questions of the decision tree that are shown, one after another."""


def sweep(result: Result, dossier: Record) -> str:
    """The course by month over the range of the widest swing, and a map over the two widest."""
    if not dossier["sweeps"]:
        return "<p>No parameter alone moves this outcome, so there is no course to compare.</p>"
    asked, meaning = dossier["question"], meanings(dossier)
    one, *two = dossier["sweeps"]
    (axis,) = one["axes"]
    drawn = figure(
        f"{esc(_upper(asked['label']))} by month, {esc(asked['unit'])}",
        draw.courses_svg(dossier, one, "sweep-courses"),
        f"<code>{esc(axis['name'])}</code> from {esc(four_digits(axis['low']))} (pale) to "
        f"{esc(four_digits(axis['high']))} (full) {esc(axis['unit'])}; dashed: this scenario, "
        f"{esc(four_digits(axis['value']))}",
    )
    for found in two:
        across, up = found["axes"]
        drawn += figure(
            f"{esc(_upper(asked['label']))} at month {asked['month']}, {esc(asked['unit'])}",
            draw.heat_svg(dossier, found, "sweep-heat"),
            f"across: {esc(meaning[across['name']])}, {esc(across['unit'])}; upwards: {esc(meaning[up['name']])}, "
            f"{esc(up['unit'])}; dashed ring: this scenario",
        )
    text = f"{meaning[axis['name']]} moves this outcome most of all that was moved alone"
    for found in two:
        (second,) = (each["name"] for each in found["axes"] if each["name"] != axis["name"])
        text += f"; next comes {meaning[second]}"
    return f'<p>{esc(text)}. All else is as it is here.</p><div class="wide">{drawn}</div>'


def sobol(result: Result, dossier: Record) -> str:
    """Which of the parameters with the widest swings the variance comes from, all moved at once."""
    found, asked = dossier["sobol"], dossier["question"]
    alone = sum(max(0.0, row["first"]) for row in found["rows"])
    together = "" if alone > 1 else f" What they do only together makes up the rest, about {words.percent(1 - alone)}."
    chart = figure(
        f"Shares of the variance of {esc(asked['label'])} at month {asked['month']}",
        draw.shares_svg(dossier, "sobol-shares"),
        "full: alone; pale: with all that it does together with others. From left (0) to right (100%)",
    )
    notes = " ".join(esc(_sentence(note)) for note in found["notes"])
    return (
        f"<p>The {len(found['rows'])} assumptions with the widest swings, drawn all at once over their ranges; the "
        f"others stay as they are. Alone they account for {esc(words.percent(min(1.0, alone)))} of the variance."
        f'{esc(together)} {notes}</p><div class="wide">{chart}</div>'
    )


def discover(result: Result, dossier: Record) -> str:
    """The box in which the answer is another one, how good it is, and a few questions that lead there."""
    found, asked = dossier["discovery"], dossier["question"]
    level = written(asked["level"], asked["unit"])
    goal = f"{asked['label']} at month {asked['month']}: "
    goal += f"below {level}" if found["below"] is not None else f"{level} or more"
    share = words.percent(found["hits"] / found["size"])
    text = f"In {share} of {found['size']:,} draws of all assumptions over their ranges the answer turns ({goal}). "
    text += "A share of draws is no chance of the future."
    drawn = "".join(_box(dossier, number, box) for number, box in enumerate(found["boxes"]))
    if not found["boxes"]:
        drawn = "<p>No part of the ranges was found in which it happens clearly more often.</p>"
    asks = _questions(dossier, found["tree"])
    tree = f"<h3>A few questions that lead there</h3>{asks}" if asks else ""
    return f"<p>{esc(text)}</p>{drawn}{tree}"


def _box(dossier: Record, number: int, box: Record) -> str:
    meaning = meanings(dossier)
    rows = [
        [
            f'{esc(meaning[limit["parameter"]])}<span class="q"><code>{esc(limit["parameter"])}</code></span>',
            f'{esc(_limit(limit))}<span class="q">{esc(limit["unit"])}</span>',
            f"{esc(four_digits(limit['range_low']))} to {esc(four_digits(limit['range_high']))}",
            esc(words.percent(limit["again"])),
        ]
        for limit in box["limits"]
    ]
    head = ["Assumption", "inside the box", "drawn from", "limited again in halves"]
    caption = (
        f"Inside lie {words.percent(box['mass'])} of all draws; it happens in {words.percent(box['density'])} of them, "
        f"which are {words.percent(box['coverage'])} of all in which it happens. Measured on draws not looked at: "
        f"{words.percent(box['unseen_density'])} and {words.percent(box['unseen_coverage'])}."
    )
    chart = figure(
        "Smaller boxes: surer inside, but fewer of all cases",
        draw.trade_svg(box, f"box-{number}"),
        "each point a box, from all draws (lower right) to the smallest; diamond: the one shown",
    )
    limits = table(head, rows, kind="wraps", caption=caption)
    return f'<div class="wide">{chart}<div class="span2">{limits}</div></div>'


def _limit(limit: Record) -> str:
    low, high = limit["low"], limit["high"]
    if low is None or high is None:
        return f"up to {four_digits(high)}" if low is None else f"{four_digits(low)} or more"
    return f"{four_digits(low)} to {four_digits(high)}"


def _questions(dossier: Record, tree: Record, depth: int = 0) -> str:
    """Tell the tree as nested lists: each answer, and in what share of the draws it leads there."""
    if "parameter" not in tree or depth >= DEEPEST:
        return ""
    name, level = meanings(dossier)[tree["parameter"]], four_digits(tree["threshold"])
    made = ""
    for side, text in (("below", f"up to {level}"), ("above", f"above {level}")):
        child = tree[side]
        share = f"<b>{words.percent(child['share'])}</b> of {child['size']:,} draws"
        made += f"<li>{esc(name)} {esc(text)}: {share}{_questions(dossier, child, depth + 1)}</li>"
    return f"<ul>{made}</ul>"


def _sentence(note: str) -> str:
    return note if note.endswith(".") else f"{note}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
