"""What each capital would do now, with probabilities, and why."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.components import vega
from dashboard.components.drawing import minus
from dashboard.components.look import WORLD, named, paint
from dashboard.keys import Key
from sim.forecast.explanation import ANSWER, PROPOSAL
from sim.report import theme, words

if TYPE_CHECKING:
    from sim.forecast import Result
    from sim.forecast.explanation import Decision, Explanation
    from sim.forecast.result import Option

SHOWN = 3
NOTICED = 0.01
"""Probability below which nobody would notice an option."""
BARS = 4
ROW = 16
TABLES = {
    "us-table": ("minsk", "washington"),
    "eu-table": ("minsk", "brussels"),
    "summit": ("minsk", "washington", "brussels"),
}


def now(result: Result) -> None:
    """Draw, for every turn, the likeliest things that would happen there."""
    rows = "".join(_row(turn, options) for turn, options in result.now.items())
    st.html(
        '<div class="gd-heading" role="heading" aria-level="2">What each would do now, if it were its turn</div>'
        f'<table class="gd-now">{rows}</table>'
    )


def _row(turn: str, options: tuple[Option, ...]) -> str:
    (first, chance), *rest = ranked(options)
    marks = "".join(
        f'<span class="gd-{escape(player)}" aria-hidden="true">{theme.capital(player).glyph}</span>'
        for player in TABLES.get(turn, (turn,))
    )
    # the marks stay with the first word where a narrow screen breaks the name
    word, _, rest_of_name = words.turn_name(turn).partition(" ")
    at = f'<span class="gd-who">{marks} {escape(word)}</span> {escape(rest_of_name)}'
    others = ", ".join(f"{escape(action)} {words.percent(p)}" for action, p in rest)
    also = f' <span class="rest">· {others}</span>' if others else ""
    return f'<tr><th scope="row">{at}</th><td class="p">{words.percent(chance)}</td><td>{escape(first)}{also}</td></tr>'


def ranked(options: tuple[Option, ...]) -> list[tuple[str, float]]:
    """Return the likeliest actions with their probabilities, whoever proposes them; at least one."""
    together: dict[str, float] = {}
    for option in options:
        together[option.action] = together.get(option.action, 0.0) + option.probability
    ordered = sorted(together.items(), key=lambda item: -item[1])
    return ordered[:1] + [item for item in ordered[1:SHOWN] if item[1] >= NOTICED]


def why(explanation: Explanation | None, player: str, problem: str, *, height: int) -> None:
    """Draw the reasons for one decision that was open, with bars; whose can be chosen, ``player``'s come first.

    ``explanation`` is None while it is worked out, or where ``problem`` says why there is none.
    """
    decisions = [decision for decision in explanation.decisions if decision.other] if explanation else []
    if player != WORLD:
        decisions.sort(key=lambda decision: decision.player != player)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.html('<div class="gd-heading" role="heading" aria-level="2">Why</div>', width="content")
        key, titles = Key.DECISION.of(player), [title(decision) for decision in decisions]
        # said anew each time: by itself the box goes on showing what it showed before the reasons came
        before = st.session_state.get(_kept(key))
        st.session_state[key] = titles.index(before) if before in titles else 0
        chosen = st.selectbox(
            "Whose decision",
            range(max(1, len(decisions))),
            format_func=lambda index: titles[index] if titles else "...",
            key=key,
            on_change=_keep,
            args=(key, titles),
            label_visibility="collapsed",
            disabled=not decisions,
        )
    with st.container(height=height, border=False, key="why"):
        if problem:
            st.markdown(problem)
        elif explanation is None:
            st.html('<div class="gd-blank" role="status">Splitting each choice into what speaks for it ...</div>')
        elif not decisions:
            st.markdown("Nobody has a choice here: at every turn only one thing is possible.")
        else:
            decision = decisions[min(chosen or 0, len(decisions) - 1)]
            st.markdown(minus(decision.sentence))
            _bars(decision)


def _kept(key: str) -> str:
    return f"{key}:chosen"


def _keep(key: str, titles: list[str]) -> None:
    """Remember whose decision was chosen, also while there is none to choose."""
    at = st.session_state[key]
    # a page that still has older titles sends words that are no longer among them
    if isinstance(at, int) and at < len(titles):
        st.session_state[_kept(key)] = titles[at]


def title(decision: Decision) -> str:
    """Name a decision: who, what, where."""
    if decision.kind == PROPOSAL:
        return f"{named(decision.player)} proposes {_at(decision.turn)}"
    if decision.kind == ANSWER:
        return f"{named(decision.player)} answers: {decision.package}"
    return f"{named(decision.player)} alone"


def _at(turn: str) -> str:
    name = words.turn_name(turn)
    return name[:1].lower() + name[1:]


def _bars(decision: Decision) -> None:
    """What would change for the capital if it took the runner-up instead, term by term."""
    color = paint()
    rows: list[dict[str, Any]] = [
        {"term": part.term, "points": part.total} for part in decision.difference if abs(part.total) >= 0.005
    ][:BARS]
    if decision.weight and abs(decision.weight) >= 0.005:
        rows.append({"term": "weight in the menu", "points": decision.weight})
    if not rows:
        return
    reach = max(abs(float(row["points"])) for row in rows)
    for row in rows:
        row["text"] = minus(f"{row['points']:+.2f}")
    axis = {"title": None, "labelLimit": 180, "labelColor": color["ink"], "labelFontSize": 12, "minExtent": 150,
            "labelPadding": 8, "grid": False}  # fmt: skip
    spec = {
        **vega.frame(color, right=4, top=2),
        "data": {"name": "rows"},
        "datasets": {"rows": rows},
        "title": {
            "text": f"points of {named(decision.player)} if instead: {decision.other}",
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 12,
            "fontWeight": "normal",
            "color": color["muted"],
            "offset": 4,
            "limit": 380,
        },
        "encoding": {
            "y": {"field": "term", "type": "nominal", "sort": None, "axis": axis},
            "x": {
                "field": "points",
                "type": "quantitative",
                "axis": None,
                "scale": {"domain": [-reach if min(r["points"] for r in rows) < 0 else 0, reach]},
            },
        },
        "layer": [
            {"mark": {"type": "bar", "height": 9, "color": color[decision.player]}},
            {"mark": {"type": "rule", "color": color["quiet"]}, "encoding": {"x": {"datum": 0}}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "color": color["ink"], "fontSize": 11.5},
                "encoding": {"x": {"datum": reach}, "text": {"field": "text"}},
            },
        ],
    }
    text = f"{decision.other} instead of {decision.action}, points: " + "; ".join(
        f"{row['term']} {row['text']}" for row in rows
    )
    st.vega_lite_chart(spec, theme=None, width="stretch", height=ROW * len(rows) + 26, alt=text, key="chart-why")
