"""Altair charts from result records, and the same charts as SVG with their text alternatives.

Each ``_chart`` function returns a chart for a notebook or for `to_svg`; each ``_svg`` function returns the finished SVG
of one chart with the text from `sim.report.words`. Charts are drawn about 290 to 340 units wide, the width of a
telephone, and a page lays them out side by side: so text never shrinks.

A specification is slow to build and cheap to fill: `sim.report.specs` builds and caches, `sim.report.rows` fills.
Altair is imported inside functions only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import rows as fill
from sim.report import specs, words
from sim.report.svg import clean, to_png, to_svg, with_rows

if TYPE_CHECKING:
    import altair as alt

    from sim.forecast.result import Result

__all__ = [
    "band_chart",
    "chart_file",
    "first_deals_chart",
    "first_deals_matrix",
    "freed_chart",
    "nearness_chart",
    "now_chart",
    "relief_chances_chart",
    "relief_chart",
    "to_svg",
]

Spec = dict[str, Any]


# --- charts ----------------------------------------------------------------------------------------------------------


def freed_chart(results: Sequence[Result], reference: Result | None = None) -> alt.TopLevelMixin:
    """People freed (cumulative) and people still held, by month: one panel a scenario, all on the same scales.

    ``reference`` (usually the baseline) is drawn in every other panel as a quiet line.
    """
    frame = fill.frame(results)
    return _panels(results, [_freed(result, reference, frame) for result in results])


def relief_chart(results: Sequence[Result]) -> alt.TopLevelMixin:
    """US relief, EU relief and contact by month, each as a share of its top level: one panel a scenario."""
    frame = fill.frame(results)
    return _panels(results, [_relief(result, frame) for result in results])


def nearness_chart(results: Sequence[Result], outcome: str = "deal_share") -> alt.TopLevelMixin:
    """Bars of ``deal_share`` or ``p_grand_deal`` (or another share): full to month 12, pale on to the last month.

    Where the value falls between the two, a tick marks month 12.
    """
    return _chart(_bars(fill.nearness_rows(results, outcome)))


def relief_chances_chart(results: Sequence[Result]) -> alt.TopLevelMixin:
    """Chance of any relief at the last month, Washington's and Brussels' on one line for each scenario."""
    return _chart(_chances(results))


def now_chart(result: Result, turn: str) -> alt.TopLevelMixin:
    """What is likely at one turn if the start reached it: pale bar proposed, full bar done (all accept)."""
    return _chart(_bars(fill.now_rows(result.now[turn])))


def band_chart(result: Result) -> alt.TopLevelMixin:
    """People freed by month: the band from p10 to p90 and the median of sampled courses, and the exact expectation."""
    return _chart(_band(result))


def first_deals_chart(result: Result) -> alt.TopLevelMixin:
    """Bars of the kind of the first deal within the months."""
    return _chart(_bars(fill.deal_rows(result)))


def first_deals_matrix(results: Sequence[Result]) -> alt.TopLevelMixin:
    """Kind of the first deal in every scenario: the darker, the likelier."""
    return _chart(_matrix(results))


# --- the same as SVG -------------------------------------------------------------------------------------------------


def freed_svg(result: Result, reference: Result | None, frame: fill.Frame, key: str) -> str:
    """`freed_chart` of one scenario as SVG; ``frame`` comes from `common_frame`, ``key`` is unique on the page."""
    title, text = f"People freed and still held: {result.title}", words.freed_text(result, reference)
    return to_svg(_freed(result, reference, frame), title=title, description=text, key=key)


def relief_svg(result: Result, frame: fill.Frame, key: str) -> str:
    """`relief_chart` of one scenario as SVG."""
    title, text = f"Relief and contact: {result.title}", words.relief_text(result)
    return to_svg(_relief(result, frame), title=title, description=text, key=key)


def nearness_svg(results: Sequence[Result], outcome: str, title: str, key: str) -> str:
    """`nearness_chart` as SVG."""
    text = words.ranking_text(results, outcome)
    return to_svg(_bars(fill.nearness_rows(results, outcome)), title=title, description=text, key=key)


def relief_chances_svg(results: Sequence[Result], title: str, key: str) -> str:
    """`relief_chances_chart` as SVG."""
    return to_svg(_chances(results), title=title, description=words.relief_chances_text(results), key=key)


def now_svg(result: Result, turn: str, key: str) -> str:
    """`now_chart` as SVG."""
    title = f"{words.turn_name(turn)}, now: {result.title}"
    text = words.now_text(turn, *words.split(result.now[turn], fill.OPTIONS_SHOWN))
    return to_svg(_bars(fill.now_rows(result.now[turn])), title=title, description=text, key=key)


def band_svg(result: Result, key: str) -> str:
    """`band_chart` as SVG."""
    title, text = f"Spread of people freed: {result.title}", words.band_text(result)
    return to_svg(_band(result), title=title, description=text, key=key)


def first_deals_svg(result: Result, key: str) -> str:
    """`first_deals_chart` as SVG."""
    title, text = f"First deal by kind: {result.title}", words.deals_text(result.first_deals)
    return to_svg(_bars(fill.deal_rows(result)), title=title, description=text, key=key)


def first_deals_matrix_svg(results: Sequence[Result], key: str) -> str:
    """`first_deals_matrix` as SVG."""
    kinds = fill.kinds(results)
    text = " ".join(f"{result.title}: {words.deals_text(fill.grouped(result, kinds))}" for result in results)
    return to_svg(_matrix(results), title="First deal by kind, all scenarios", description=text, key=key)


def common_frame(results: Sequence[Result]) -> fill.Frame:
    """Return the scales that all panels share: most freed, most held, last month."""
    return fill.frame(results)


def chart_file(results: Sequence[Result], what: str, kind: str) -> bytes:
    """Return a chart as a file of its own, one panel a scenario on the same scales.

    Parameters
    ----------
    what : ``people`` (freed and still held, see `freed_chart`) or ``relief`` (see `relief_chart`).
    kind : ``svg`` or ``png``.

    Raises
    ------
    ValueError : another chart or kind.
    """
    charts = {
        "people": (freed_chart, "People freed and still held", words.freed_text),
        "relief": (relief_chart, "Relief and contact", words.relief_text),
    }
    for name, given, allowed in (("what", what, tuple(charts)), ("kind", kind, ("svg", "png"))):
        if given not in allowed:
            raise ValueError(f"{name}: found {given!r}; allowed: {', '.join(allowed)}")
    make, title, tell = charts[what]
    spec = make(results).to_dict()
    if kind == "png":
        return to_png(spec)
    named = ", ".join(result.title for result in results)
    text = " ".join(tell(result) for result in results)
    return to_svg(spec, title=f"{title}: {named}", description=text, standalone=True).encode()


# --- filled specifications -------------------------------------------------------------------------------------------


def _freed(result: Result, reference: Result | None, frame: fill.Frame) -> Spec:
    return with_rows(specs.freed_spec(*frame, banded=result.bands is not None), fill.freed_rows(result, reference))


def _relief(result: Result, frame: fill.Frame) -> Spec:
    return with_rows(specs.relief_spec(frame[2], banded=result.bands is not None), fill.relief_rows(result))


def _bars(rows: fill.Rows) -> Spec:
    return with_rows(specs.bars_spec(), rows, height=fill.height(rows))


def _chances(results: Sequence[Result]) -> Spec:
    rows = fill.chance_rows(results)
    return with_rows(specs.dots_spec(), rows, height=fill.height(rows))


def _band(result: Result) -> Spec:
    return with_rows(specs.band_spec(fill.band_top(result), result.months[-1]), fill.band_rows(result))


def _matrix(results: Sequence[Result]) -> Spec:
    kinds = fill.kinds(results)
    rows = fill.matrix_rows(results, kinds)
    return with_rows(specs.matrix_spec(len(kinds), fill.darkest(rows)), rows, height=fill.height(rows))


def _chart(spec: Mapping[str, Any]) -> alt.TopLevelMixin:
    import altair as alt

    chart: alt.TopLevelMixin = alt.Chart.from_dict(dict(spec))
    return chart


def _panels(results: Sequence[Result], filled: Sequence[Spec]) -> alt.TopLevelMixin:
    """Return one panel, or all of them in rows of four under their titles."""
    if len(filled) == 1:
        return _chart(filled[0])
    panels, data = [], {}
    for index, (result, spec) in enumerate(zip(results, filled, strict=True)):
        name = f"rows{index}"
        (data[name],) = spec["datasets"].values()
        panel = _renamed(spec, name)
        panels.append({**panel, "title": clean(result.title)})
    top: Spec = {key: filled[0][key] for key in ("$schema", "config", "background", "padding") if key in filled[0]}
    return _chart({**top, "concat": panels, "columns": 4, "spacing": 28, "datasets": data})


def _renamed(spec: Any, name: str) -> Any:
    """Return a copy of a specification, without what only the top may say, whose data have another name."""
    if isinstance(spec, list):
        return [_renamed(item, name) for item in spec]
    if not isinstance(spec, dict):
        return spec
    own = {"$schema", "config", "datasets", "background"}
    return {
        key: {"name": name} if key == "data" else _renamed(value, name) for key, value in spec.items() if key not in own
    }
