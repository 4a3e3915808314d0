"""The map of positions of the graph model: which would stay put, for whom, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import state
from dashboard.components import vega
from dashboard.components.look import paint
from dashboard.components.tables import listed
from sim.report import theme, words

if TYPE_CHECKING:
    from sim.bargain.narrate import Inverse
    from sim.forecast.stability import StabilityResult

PICK = "position"
LITTLE = 0.05
"""Points in all that would be written as none."""
HEIGHT = 330
# from the strongest: what a mark means, whether a position earns it
KINDS = ("nobody gains by moving", "gains would be answered", "gains could be undone", "somebody moves on")
SIZES = (100, 85, 55, 12)
SHAPES = ("square", "circle", "circle", "circle")
DIALS = {
    "prisoners": "Prisoners held",
    "leaders": "Leaders held",
    "contact": "Contact",
    "us_relief": "Steps of US relief",
    "eu_relief": "Steps of EU relief",
    "punishing": "Moscow punishes",
}
"""Dials of the map as they are called here."""
CONCEPTS = {
    "nash": ("Nash", "nobody gains by moving alone"),
    "seq": ("sequential", "every gain would be answered by somebody whom the answer pays, and lost"),
    "gmr": ("general", "every gain could be undone by what somebody else can do, even at a cost to itself"),
    "smr": ("symmetric", "as general, and the one who moved first could not get out of it again"),
}


def draw(found: StabilityResult, chosen: int, *, key: str, on_pick: Callable[[], None]) -> None:
    """Draw every position as a mark: across what the West gives, up what Minsk holds."""
    color = paint()
    levels = found.levels
    held = [(p, leaders) for p in levels["prisoners"] for leaders in levels["leaders"]]
    rows = [_place(found, s, held) for s in range(len(found.settings))]
    names = [f"{p:,} held, {words.plural(int(n), 'leader')}" for p, n in held]
    n_eu = len(levels["eu_relief"])
    ticks = [us * n_eu + eu for us in range(len(levels["us_relief"])) for eu in range(n_eu)]
    us_names = [
        {"x": us * n_eu + (n_eu - 1) / 2, "text": f"US relief {us} of {len(levels['us_relief']) - 1}"}
        for us in range(len(levels["us_relief"]))
    ]
    marks = [color["ink"], color["muted"], color["paper"], color["grid"]]
    spec = {
        **vega.frame(color, right=10, top=20),
        "datasets": {
            "positions": rows,
            "chosen": [rows[chosen]],
            "us": us_names,
            "lines": [{"x": us * n_eu - 0.5} for us in range(1, len(levels["us_relief"]))],
        },
        "data": {"name": "positions"},
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "scale": {"domain": [-0.5, len(ticks) - 0.5], "nice": False},
                "axis": {"values": ticks, "title": None, "grid": False, "labelExpr": f"'EU ' + (datum.value % {n_eu})",
                         "labelFontSize": 11, "labelOverlap": False},
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "scale": {"domain": [-0.5, len(held) - 0.5], "nice": False, "reverse": True},
                "axis": {"values": list(range(len(held))), "title": None, "grid": False,
                         "labelExpr": f"{names!r}[datum.value]"},
            },
        },
        "layer": [
            {
                "data": {"name": "lines"},
                "mark": {"type": "rule", "color": color["rule"]},
                "encoding": {"y": {"value": 0}, "y2": {"value": "height"}},
            },
            {
                "data": {"name": "us"},
                "mark": {"type": "text", "fontSize": 12, "color": color["muted"], "dy": -8},
                "encoding": {"y": {"value": 0}, "text": {"field": "text"}},
            },
            {
                "params": [{"name": PICK, "select": {"type": "point", "fields": ["state"], "on": "click"}}],
                "mark": {"type": "point", "opacity": 1, "cursor": "pointer", "strokeWidth": 1.4},
                "encoding": {
                    "fill": _by("range", marks),
                    "stroke": _by("range", [color["ink"], color["muted"], color["muted"], color["quiet"]]),
                    "shape": _by("range", list(SHAPES)),
                    "size": {
                        "condition": [
                            {"test": f"datum.kind == '{kind}'", "value": size}
                            for kind, size in zip(KINDS, SIZES, strict=True)
                        ],
                        "value": SIZES[-1],
                    },
                    "tooltip": [
                        {"field": "name", "title": "position", "type": "nominal"},
                        {"field": "kind", "title": "stays put?", "type": "nominal"},
                    ],
                },
            },
            {
                "data": {"name": "chosen"},
                "mark": {"type": "point", "shape": "circle", "size": 380, "strokeWidth": 2.5, "filled": False,
                         "color": color["ink"], "opacity": 1},
            },
        ],
    }  # fmt: skip
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in KINDS}
    alt = f"{len(rows)} positions: " + "; ".join(f"{kind} {count}" for kind, count in counts.items()) + "."
    # on a phone the map keeps its width and is moved sideways: narrower, its marks would lie on one another
    with st.container(key="map"):
        st.vega_lite_chart(
            spec, theme=None, width="stretch", height=HEIGHT, alt=alt, key=key, on_select=on_pick, selection_mode=PICK
        )
    st.html('<p class="gd-note gd-narrow">The map is wider than this screen: move it sideways.</p>')
    st.html(
        '<ul class="gd-keys"><li><b>■</b> nobody gains by moving (Nash)</li>'
        "<li><b>●</b> every gain would be answered and lost (sequential)</li>"
        "<li><b>○</b> every gain could be undone (general, symmetric)</li><li><b>·</b> somebody moves on</li>"
        "<li>in each group of six: contact isolated, envoys, embassy; above Moscow tolerates, below it punishes"
        "</li></ul>"
    )


def dials(found: StabilityResult, s: int, *, key: str, on_turn: Callable[[str], None]) -> None:
    """Draw a list for each dial of a position, so that every position can be had without a pointer.

    ``on_turn`` is called with the name of the position that a dial was turned to.
    """
    here = found.settings[s]

    def turned(name: str) -> None:
        wanted = {**here, name: st.session_state[f"{key}:{name}"]}
        on_turn(found.graph.states[found.settings.index(wanted)])

    with st.expander("Any other position, dial by dial"):
        for names in (tuple(DIALS)[:3], tuple(DIALS)[3:]):
            for column, name in zip(st.columns(3, gap="small"), names, strict=True):
                state.hold(f"{key}:{name}", here[name])
                column.selectbox(
                    DIALS[name],
                    found.levels[name],
                    format_func=_level,
                    key=f"{key}:{name}",
                    on_change=turned,
                    args=(name,),
                )


def _level(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _by(what: str, values: list[Any]) -> dict[str, Any]:
    return {"field": "kind", "type": "nominal", "scale": {"domain": list(KINDS), what: values}, "legend": None}


def _place(found: StabilityResult, s: int, held: list[tuple[Any, Any]]) -> dict[str, Any]:
    setting, levels = found.settings[s], found.levels
    contact = levels["contact"].index(setting["contact"])
    x = int(setting["us_relief"]) * len(levels["eu_relief"]) + int(setting["eu_relief"]) + 0.24 * (contact - 1)
    y = held.index((setting["prisoners"], setting["leaders"])) + (0.17 if setting["punishing"] == "yes" else -0.17)
    return {"state": s, "x": x, "y": y, "kind": kind(found, s), "name": found.graph.states[s]}


def kind(found: StabilityResult, s: int) -> str:
    """Return the strongest sense in which a position stays put."""
    together = found.verdicts.together
    if together["nash"][s]:
        return KINDS[0]
    if together["seq"][s]:
        return KINDS[1]
    return KINDS[2] if together["gmr"][s] or together["smr"][s] else KINDS[3]


def picked(key: str) -> int | None:
    """Return the position whose mark was chosen; None if the choice was taken back."""
    event = st.session_state.get(key)
    points = event["selection"].get(PICK, []) if event else []
    return int(points[0]["state"]) if isinstance(points, list) and points and "state" in points[0] else None


def reasons(found: StabilityResult, s: int, concept: str) -> None:
    """Draw why a position is or is not stable for each capital."""
    rows = [
        [player, "stays" if found.verdicts.by_player[concept][i, s] else "moves on", reason]
        for i, (player, reason) in enumerate(found.reasons(s, concept).items())
    ]
    listed(["Capital", "There", "Why"], rows)


def remedies(found: StabilityResult, turned: Inverse) -> None:
    """Draw by how much more a position would have to be worth, and to whom, to stay put."""
    for remedy in turned.remedies:
        if remedy.stable:
            continue
        i = found.graph.player_index(remedy.player)
        month = remedy.raise_by * float(1.0 - found.model.game.discount[i])
        st.html(
            f'<p class="gd-note"><b>{theme.capital(remedy.player).name} would stay</b> if the position were worth '
            f"{more(remedy.raise_by, month)}.</p>"
        )
    if not turned.enough:
        st.html('<p class="gd-note">All of that together would still not do: it also changes who answers whom.</p>')


def more(points: float, month: float) -> str:
    """Say how much more a position would have to be worth: in all, and a month for ever."""
    if points < LITTLE:
        return f"next to nothing more to it (less than {LITTLE:g} points in all)"
    monthly = f"{month:.2f}" if month >= 0.005 else "less than 0.01"
    return f"{points:.1f} points more to it, that is {monthly} a month for ever"


def summary(found: StabilityResult) -> None:
    """Say in words how many positions stay put, and whether the start and the grand deal are among them."""
    start, grand = found.start, found.grand_deal()
    counts = {name: int(found.verdicts.together[name].sum()) for name in CONCEPTS}
    groups = int(found.verdicts.coalitional["seq"].sum())
    st.html(
        f'<p class="gd-lead">Of {len(found.settings)} positions, {counts["nash"]} would stay put because nobody gains '
        f"by moving alone, {counts['seq']} because every gain would be answered; {groups} of these hold against groups "
        "as well. "
        f"<strong>Where things stand: {kind(found, start)}. The grand deal: {kind(found, grand)}.</strong></p>"
    )
