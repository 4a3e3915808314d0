"""Rows for the charts: what each mark shows and where it stands, from result records. No drawing library here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.report import theme, words
from sim.report.svg import clean

if TYPE_CHECKING:
    from sim.forecast.result import Option, Result

ROW = 31  # height of a line of bars, label included
OPTIONS_SHOWN = 5
KINDS_SHOWN = 7
Rows = list[dict[str, Any]]
Frame = tuple[float, float, int]


def frame(results: Sequence[Result]) -> Frame:
    """Return scales for all panels: the next round numbers above the most freed and the most held; last month."""
    freed = max(max(*result.outcomes["freed"], *_upper(result, "freed")) for result in results)
    held = max(
        max((*result.outcomes["prisoners"], *_upper(result, "prisoners"), _start(result, "prisoners") or 0.0))
        for result in results
    )
    return nice(freed), nice(held), max(result.months[-1] for result in results)


def _upper(result: Result, outcome: str) -> tuple[float, ...]:
    return (0.0,) if result.bands is None else result.bands[outcome]["p90"]


def _band(result: Result, outcome: str, start: float | None, top: float = 1.0) -> Rows:
    """p10 and p90 over the calibrated ensemble by month, as shares of ``top``; nothing where no bands are known."""
    if result.bands is None:
        return []
    low, high = (result.bands[outcome][level] for level in ("p10", "p90"))
    known = [(0, start, start)] if start is not None else []
    months = [*known, *zip(result.months, low, high, strict=True)]
    return [{"month": month, "low": below / top, "high": above / top} for month, below, above in months]


def _start(result: Result, name: str) -> float | None:
    value = result.start.get(name)
    return float(value) if isinstance(value, int | float) else None


def _course(result: Result, outcome: str, start: float | None) -> list[tuple[int, float]]:
    known = list(zip(result.months, result.outcomes[outcome], strict=True))
    return known if start is None else [(0, start), *known]


def freed_rows(result: Result, reference: Result | None) -> Rows:
    """Courses of people freed and held, the reference's first so that it lies below; the last point has its number."""
    shown = [("reference", reference)] if reference is not None and reference is not result else []
    rows: Rows = []
    for series, source in (*shown, ("this", result)):
        assert source is not None
        for panel, outcome, start in (
            ("freed", "freed", 0.0),
            ("held", "prisoners", _start(source, "prisoners")),
        ):
            if series == "this":
                rows += [{"panel": panel, "series": "band", **row} for row in _band(source, outcome, start)]
            course = _course(source, outcome, start)
            rows += [{"panel": panel, "series": series, "month": m, "value": v} for m, v in course]
            if series == "this":
                month, value = course[-1]
                rows.append(
                    {"panel": panel, "series": "end", "month": month, "value": value, "text": words.persons(value)}
                )
    return rows


# Outcome, its top level, label, colour token, shape; where labels tie, the earlier stands above the later.
RELIEF = (
    ("contact", 2.0, "contact", "muted", "circle"),
    ("us_relief", 3.0, "US", "washington", "square"),
    ("eu_relief", 2.0, "EU", "brussels", "triangle-up"),
)


def relief_rows(result: Result) -> Rows:
    """Courses of relief and contact as shares of their top level, and end labels moved apart."""
    rows: Rows = []
    ends: Rows = []
    for outcome, top, label, token, _shape in RELIEF:
        start = _start(result, outcome)
        if outcome == "contact" and start is None:
            start = {"isolated": 0.0, "envoys": 1.0, "embassy": 2.0}.get(str(result.start.get("contact")))
        if outcome != "contact":
            rows += [{"series": f"{label}-band", **row} for row in _band(result, outcome, start, top)]
        course = [(month, value / top) for month, value in _course(result, outcome, start)]
        rows += [{"series": label, "month": month, "value": value} for month, value in course]
        month, value = course[-1]
        ends.append(
            {"series": f"{label}-end", "month": month, "value": value, "text": f"{label} {words.percent(value)}"}
        )
        ends[-1]["token"] = token
    spread = apart([end["value"] for end in ends], gap=0.14, low=0.03, high=1.0)
    for end, place in zip(ends, spread, strict=True):
        end["place"] = place
    return rows + ends


def _bar(index: int, label: str, **values: Any) -> dict[str, Any]:
    y = ROW * index
    return {"label": clean(label), "y_label": y + 9, "y": y + 15, "y2": y + 23, "y_mark": y + 19, **values}


def nearness_rows(results: Sequence[Result], outcome: str) -> Rows:
    """A bar for each scenario; the baseline's label is strong."""
    rows = []
    for index, result in enumerate(results):
        early, late = (result.at(outcome, month) for month in (words.middle(result), words.last(result)))
        rows.append(
            _bar(
                index,
                result.title,
                pale=late,
                full=min(early, late),
                **({"tick": early} if early > late else {}),
                text=words.percent(late),
                strong=result.scenario == "baseline",
            )
        )
    return rows


def chance_rows(results: Sequence[Result]) -> Rows:
    """Both chances of relief of each scenario on one line."""
    rows = []
    for index, result in enumerate(results):
        us, eu = (result.at(name, words.last(result)) for name in ("p_us_relief", "p_eu_relief"))
        rows.append(
            _bar(
                index,
                result.title,
                us=us,
                eu=eu,
                text=f"US {words.percent(us)}  EU {words.percent(eu)}",
                low=min(us, eu),
                high=max(us, eu),
                strong=result.scenario == "baseline",
            )
        )
    return rows


def now_rows(options: Sequence[Option]) -> Rows:
    """A bar for each of the likeliest options, in the proposer's colour and shape, and one for the rest."""
    shown, rest = words.split(options, OPTIONS_SHOWN)
    rows = []
    for index, option in enumerate(shown):
        who = theme.capital(option.proposer)
        rows.append(
            _bar(
                index,
                option.action,
                token=who.token,
                shape=who.shape,
                pale=option.proposed,
                full=option.probability,
                text=words.percent(option.probability),
            )
        )
    if rest is not None:
        rows.append(
            _bar(
                len(shown),
                rest.label,
                token="muted",
                pale=rest.proposed,
                full=rest.probability,
                text=words.percent(rest.probability),
            )
        )
    return rows


def deal_rows(result: Result) -> Rows:
    """A bar for each of the likeliest kinds of first deal, and one for the rest."""
    ordered = sorted(result.first_deals.items(), key=lambda item: -item[1])
    head, tail = ordered[:KINDS_SHOWN], ordered[KINDS_SHOWN:]
    rows = [
        _bar(index, words.deal_name(kind), pale=p, full=p, text=words.percent(p))
        for index, (kind, p) in enumerate(head)
    ]
    if tail:
        p = sum(share for _, share in tail)
        label = f"{words.plural(len(tail), 'other kind')}"
        rows.append(_bar(len(head), label, pale=p, full=p, text=words.percent(p)))
    return rows


def band_top(result: Result) -> float:
    """Return the upper end of the scale of people freed in `band_rows`."""
    return nice(max((*result.quantiles["p90"], *result.outcomes["freed"])))


def band_rows(result: Result) -> Rows:
    """The band, the median and the expectation by month, and end labels moved apart."""
    low, half, high = (result.quantiles[name] for name in ("p10", "p50", "p90"))
    mean = result.outcomes["freed"]
    rows: Rows = [{"series": "band", "month": 0, "low": 0.0, "half": 0.0, "high": 0.0, "mean": 0.0}]
    for index, month in enumerate(result.months):
        rows.append(
            {
                "series": "band",
                "month": month,
                "low": low[index],
                "half": half[index],
                "high": high[index],
                "mean": mean[index],
            }
        )
    ends = [("p10", low[-1]), ("median", half[-1]), ("mean", mean[-1]), ("p90", high[-1])]
    top = band_top(result)
    places = apart([value / top for _, value in ends], gap=0.085, low=0.02, high=1.05)
    for (label, value), place in zip(ends, places, strict=True):
        rows.append(
            {
                "series": "end",
                "month": result.months[-1],
                "value": value,
                "place": place * top,
                "text": f"{label} {words.persons(value)}",
                "strong": label == "median",
            }
        )
    return rows


def kinds(results: Sequence[Result]) -> tuple[str, ...]:
    """Return the likeliest kinds over all scenarios, likeliest first; "none" always, last but for the rest."""
    total: dict[str, float] = {}
    for result in results:
        for kind, share in result.first_deals.items():
            if kind != words.NO_DEAL:
                total[kind] = total.get(kind, 0.0) + share
    ordered = sorted(total, key=lambda kind: (-total[kind], kind))
    rest = ("other kinds",) if len(ordered) > KINDS_SHOWN else ()
    return (*ordered[:KINDS_SHOWN], *rest, words.NO_DEAL)


def grouped(result: Result, kinds: Sequence[str]) -> dict[str, float]:
    """Return the first deals of one result under the given kinds."""
    grouped = {kind: result.first_deals.get(kind, 0.0) for kind in kinds}
    if "other kinds" in grouped:
        grouped["other kinds"] = sum(p for kind, p in result.first_deals.items() if kind not in kinds)
    return grouped


def matrix_rows(results: Sequence[Result], kinds: Sequence[str]) -> Rows:
    """Headings, names and cells of the matrix, placed."""
    rows: Rows = []
    for column, kind in enumerate(kinds):
        given, _, got = words.deal_name(kind).partition(" for ")
        text = [clean(given), clean(f"for {got}")] if got else ["", clean(given)]
        rows.append({"series": "kind", "column": column, "lines": text})
    for line, result in enumerate(results):
        y = 34 + 24 * line
        strong = result.scenario == "baseline"
        rows.append({"series": "name", "y": y + 15, "text": clean(result.title), "strong": strong})
        for column, share in enumerate(grouped(result, kinds).values()):
            rows.append(
                {
                    "series": "cell",
                    "column": column,
                    "y": y,
                    "y2": y + 22,
                    "y_text": y + 15,
                    "share": share,
                    "text": words.percent(share) if share else "–",
                }
            )
    return rows


def darkest(rows: Rows) -> float:
    """Return the share drawn in the full colour: the largest in the matrix, rounded up, at least one half."""
    highest = max((float(row.get("share", 0.0)) for row in rows), default=0.0)
    return max(0.5, math.ceil(10 * highest) / 10)


def apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places for labels: near their values, in the same order, at least ``gap`` apart, within the limits."""
    order = sorted(range(len(values)), key=lambda index: (round(values[index], 2), -index))
    places = list(values)
    floor = low
    for index in order:
        places[index] = floor = max(places[index], floor)
        floor += gap
    ceiling = high
    for index in reversed(order):
        places[index] = ceiling = min(places[index], ceiling)
        ceiling -= gap
    return places


def nice(peak: float) -> float:
    """Return the next round number at or above a peak: 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten."""
    if not peak > 0 or not math.isfinite(peak):
        return 1.0
    power = 10.0 ** math.floor(math.log10(peak))
    return next((step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8) if step * power >= peak), 10 * power)


def height(rows: Rows) -> int:
    """Return the height that rows of bars, or lines of a matrix, need."""
    return int(max((row.get("y2", 0) for row in rows), default=0)) + 4
