"""What each capital would do now, with probabilities, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.look import named, paint
from sim.report import words

if TYPE_CHECKING:
    from sim.forecast import Result
    from sim.forecast.explanation import Decision, Explanation
    from sim.forecast.result import Option

SHOWN = 3
NOTICED = 0.01
"""Probability below which nobody would notice an option."""


def now(result: Result) -> None:
    """Draw, for every turn, the likeliest things that would happen there."""
    rows = "\n".join(f"| {words.turn_name(turn)} | {told(options)} |" for turn, options in result.now.items())
    st.markdown(f"| If it were now the turn of | this would happen |\n|:---|:---|\n{rows}")


def told(options: tuple[Option, ...]) -> str:
    """Name the likeliest options, those of one action together."""
    together: dict[str, list[Option]] = {}
    for option in options:
        together.setdefault(option.action, []).append(option)
    ranked = sorted(together.items(), key=lambda item: -sum(option.probability for option in item[1]))
    parts: list[str] = []
    for action, group in ranked[:SHOWN]:
        chance = sum(option.probability for option in group)
        if parts and chance < NOTICED:
            break
        by = f" ({named(group[0].proposer)})" if len(group) == 1 and len(ranked) > 1 and action != "no offer" else ""
        parts.append(f"{action} **{words.percent(chance)}**{by}")
    return "; ".join(parts)


def why(explanation: Explanation) -> None:
    """Draw the reasons: a sentence and bars for each decision that was open."""
    for decision in explanation.decisions:
        if decision.other:
            st.markdown(f"**{named(decision.player)}**, {words.turn_name(decision.turn)}. {decision.sentence}")
            _bars(decision)


def _bars(decision: Decision) -> None:
    """What would change for the capital if it took the runner-up instead, term by term."""
    color = paint()
    rows = [{"term": part.term, "points": part.total} for part in decision.difference if abs(part.total) >= 0.005][:6]
    if decision.weight and abs(decision.weight) >= 0.005:
        rows.append({"term": "weight in the menu", "points": decision.weight})
    if not rows:
        return
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "transparent",
        "data": {"values": rows},
        "height": {"step": 17},
        "width": "container",
        "encoding": {
            "y": {"field": "term", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 240}},
            "x": {
                "field": "points",
                "type": "quantitative",
                "axis": {"title": f"points of {decision.player}: {decision.other}, less {decision.action}"},
            },
        },
        "layer": [{"mark": {"type": "bar", "height": 9, "color": color[decision.player]}}],
        "config": {
            "view": {"stroke": None},
            "axis": {
                "domain": False,
                "ticks": False,
                "gridColor": color["grid"],
                "labelColor": color["ink"],
                "titleColor": color["muted"],
                "titleFontWeight": "normal",
            },
        },
    }
    text = f"{decision.other} instead of {decision.action}, points: " + "; ".join(
        f"{row['term']} {row['points']:+.2f}" for row in rows
    )
    key = f"why-{decision.turn}-{decision.player}-{decision.kind}"
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=text, key=key)
