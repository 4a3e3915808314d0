"""Numbers as a reader wants them, and the text alternative of every chart, written from the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from sim.report import theme

if TYPE_CHECKING:
    from sim.forecast.result import Option, Result

NO_DEAL = "none"
TURNS = {
    "us-table": "At the US table",
    "eu-table": "At the EU table",
    "summit": "At the summit",
    "minsk": "Minsk alone",
    "washington": "Washington alone",
    "brussels": "Brussels alone",
    "moscow": "Moscow alone",
}


def persons(value: float) -> str:
    """Whole persons: people do not come in parts, and an expectation below a half is not nobody."""
    if 0 < value <= 0.5:  # a half would round to the even 0
        return "<1"
    return f"{round(value):,}"


def percent(value: float) -> str:
    """A probability or share in whole percent; 0% and 100% only where they are exact."""
    if 0 < value < 0.01:
        return "<1%"
    if 0.99 < value < 1:
        return ">99%"
    return f"{value:.0%}"


def tenths(value: float) -> str:
    """Steps, levels and senior leaders: one decimal, since the expectation of a small whole number needs it."""
    if 0 < value < 0.05:
        return "<0.1"
    return f"{value:.1f}"


def points(value: float) -> str:
    """A payoff in a capital's own points, with its sign."""
    text = f"{value:+.1f}"
    return text.replace("+0.0", "0.0").replace("-0.0", "0.0").replace("-", "−")


def number(value: object) -> str:
    """A parameter's value as short as it can be without loss."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def plural(count: int, one: str, many: str = "") -> str:
    """``1 scenario``, ``2 scenarios``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def turn_name(turn: str) -> str:
    """A turn's name in words."""
    return TURNS.get(turn, turn.replace("-", " ").capitalize())


def deal_name(kind: str) -> str:
    """A kind of first deal in words."""
    return "no deal" if kind == NO_DEAL else kind


def last(result: Result) -> int:
    """The last month of a result."""
    return result.months[-1]


def middle(result: Result) -> int:
    """The month reported beside the last one: 12, or the one halfway through a shorter forecast."""
    if 12 in result.months and last(result) > 12:
        return 12
    return result.months[(len(result.months) - 1) // 2]


def top_kind(result: Result) -> tuple[str, float]:
    """The likeliest kind of first deal within the months, "none" included, and its probability."""
    if not result.first_deals:
        return NO_DEAL, 1.0
    return max(result.first_deals.items(), key=lambda item: item[1])


def span(result: Banded, outcome: str, month: int, write: Callable[[float], str]) -> str:
    """Write p10 to p90 over the calibrated ensemble, as in 12 to 240 or 9 to 58%; empty where no band is known."""
    band = result.band(outcome, month)
    if band is None:
        return ""
    low, high = (write(value) for value in band)
    if low == high or high == "<1%":
        return high
    return f"{low.removesuffix('%') if high.endswith('%') else low} to {high}"


def freed_text(result: Result, reference: Result | None = None) -> str:
    """Say what the chart of people freed and still held shows."""
    months = sorted({middle(result), last(result)})
    freed = listed([f"{persons(result.at('freed', month))} by month {month}" for month in months])
    held = listed([f"{persons(result.at('prisoners', month))} at the end of month {month}" for month in months])
    text = f"{result.title}: people freed, expected: {freed}. People still held: {held}."
    if result.bands is not None:
        end = last(result)
        over = [span(result, outcome, end, persons) for outcome in ("freed", "prisoners")]
        text += f" Over the calibrated ensemble, at month {end}: {over[0]} freed, {over[1]} still held."
    if reference is not None and reference is not result:
        month = last(reference)
        text += (
            f" Reference line, {reference.title}: {persons(reference.at('freed', month))} freed and "
            f"{persons(reference.at('prisoners', month))} still held at month {month}."
        )
    return text


def relief_text(result: Result) -> str:
    """Say what the chart of relief and contact shows."""
    parts = []
    for month in sorted({middle(result), last(result)}):
        us, eu, contact = (result.at(name, month) for name in ("us_relief", "eu_relief", "contact"))
        parts.append(
            f"at month {month}, US relief {tenths(us)} of 3 steps, EU relief {tenths(eu)} of 2 steps, "
            f"contact {tenths(contact)} on the scale 0 isolated, 1 envoys, 2 embassy"
        )
    return f"{result.title}, expected: {'; '.join(parts)}."


def ranking_text(results: Sequence[Result], outcome: str) -> str:
    """Say what a ranked chart of one outcome shows, scenario by scenario."""
    rows = [
        f"{result.title} {percent(result.at(outcome, middle(result)))} at month {middle(result)}, "
        f"{percent(result.at(outcome, last(result)))} at month {last(result)}"
        for result in results
    ]
    return f"{'; '.join(rows)}."


def relief_chances_text(results: Sequence[Result]) -> str:
    """Say what the chart of the chances of relief shows."""
    rows = [
        f"{result.title} US {percent(result.at('p_us_relief', last(result)))}, "
        f"EU {percent(result.at('p_eu_relief', last(result)))}"
        for result in results
    ]
    return f"{'; '.join(rows)}."


def now_text(turn: str, shown: Sequence[Option], rest: Rest | None) -> str:
    """Say what the chart of one turn shows."""
    rows = [
        f"{theme.capital(option.proposer).name}: {option.action}, {percent(option.probability)}"
        + (f" (proposed {percent(option.proposed)})" if option.accepted < 1 else "")
        for option in shown
    ]
    if rest is not None:
        rows.append(f"{rest.label}, {percent(rest.probability)} (proposed {percent(rest.proposed)})")
    return f"{turn_name(turn)}: {'; '.join(rows)}."


def band_text(result: Result) -> str:
    """Say what the chart of the spread of people freed shows."""
    parts = []
    for month in sorted({middle(result), last(result)}):
        index = result.months.index(month)
        low, half, high = (result.quantiles[name][index] for name in ("p10", "p50", "p90"))
        parts.append(
            f"by month {month}, one course in ten frees at most {persons(low)}, half free at most {persons(half)}, "
            f"one in ten frees at least {persons(high)}; the expectation is {persons(result.at('freed', month))}"
        )
    return f"{result.title}: {'. '.join(parts)}."


def deals_text(deals: Mapping[str, float]) -> str:
    """Say what the chart of first deals shows."""
    ordered = sorted(deals.items(), key=lambda item: -item[1])
    return f"{'; '.join(f'{deal_name(kind)} {percent(share)}' for kind, share in ordered)}."


class Banded(Protocol):
    """What may carry bands: a whole forecast, or its headlines alone."""

    def band(self, outcome: str, month: int) -> tuple[float, float] | None:
        """Return p10 and p90 of an outcome over the calibrated ensemble at the end of a month, or None."""


class Rest:
    """All options beyond those shown: how many, and their probabilities together."""

    def __init__(self, options: Sequence[Option]) -> None:
        self.label = f"all else ({plural(len(options), 'option')})"
        self.proposed = sum(option.proposed for option in options)
        self.probability = sum(option.probability for option in options)


def split(options: Sequence[Option], count: int) -> tuple[tuple[Option, ...], Rest | None]:
    """Return the ``count`` likeliest options and the rest together (None where nothing is left).

    What cannot be done there at all (proposed with probability 0) is left out.
    """
    possible = [option for option in options if option.proposed > 0]
    ordered = sorted(possible, key=lambda option: (-option.probability, -option.proposed))
    if len(ordered) <= count + 1:
        return tuple(ordered), None
    return tuple(ordered[:count]), Rest(ordered[count:])
