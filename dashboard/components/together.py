"""Pictures of power: what one capital alone could change, and what several could do as one."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from dashboard.components import drawing, frame
from dashboard.components.tables import Bar, bars, listed, who
from sim.report import theme, words

Answer = Mapping[str, Any]
COMMITMENTS = {
    "removed": "leaves the table",
    "silent": "takes no initiative",
    "hold": "gives nothing",
    "ease": "gives everything",
    "punish": "strikes at all",
}
"""What a capital could bind itself to, in a few words; `MEANINGS` tells each in full."""
NEGLIGIBLE = 0.005


def alone(found: Answer, outcome: str) -> None:
    """Draw what changes when one capital binds itself, by capital and by what it binds itself to."""
    from sim.forecast.commitments import MEANINGS

    unit = drawing.unit(outcome)
    reach = max((abs(row["changes"][outcome]) for row in found["alone"]), default=0.0)
    base = found["own"]["coalitions"][0]["outcomes"][outcome]
    st.html(f'<p class="gd-lead">{_largest(found, outcome, reach, unit)}</p>')
    for column, pair in zip(st.columns(2, gap="large"), (("minsk", "brussels"), ("washington", "moscow")), strict=True):
        with column:
            for name in pair:
                rows = [
                    Bar(
                        COMMITMENTS[row["commitment"]],
                        change(row["changes"][outcome], unit),
                        row["changes"][outcome] / reach if reach else 0.0,
                        f"own payoff {_points(row['own_change'])}",
                    )
                    for row in found["alone"]
                    if row["capital"] == name
                ]
                token = theme.capital(name).token
                body = bars(rows).replace("var(--gd-muted)", f"var(--gd-{token})")
                st.html(f'<h3 class="gd-heading">If {who(name)} alone …</h3>{body}')
    said = "".join(f"<li><b>{COMMITMENTS[name]}</b> {escape(text)}</li>" for name, text in MEANINGS.items())
    st.html(
        f'<p class="gd-note">Change against the equilibrium at month {found["months"]} '
        f"({escape(drawing.outcome(outcome).lower())}: {drawing.figure(base, unit)}). The others know what it has "
        f"bound itself to and answer as serves them. No payoffs of different capitals are compared.</p>"
        f'<ul class="gd-keys">{said}</ul>'
    )


def _largest(found: Answer, outcome: str, reach: float, unit: str) -> str:
    if reach <= (NEGLIGIBLE if unit != "persons" else 0.5):
        return "<strong>No capital alone changes this outcome</strong>, whatever it binds itself to."
    ordered = sorted(found["alone"], key=lambda row: -abs(row["changes"][outcome]))
    first = ordered[0]
    others = [row for row in ordered if row["capital"] != first["capital"]]
    text = (
        f"<strong>{theme.capital(first['capital']).name} could change most</strong>: if it "
        f"{COMMITMENTS[first['commitment']]}, {change(first['changes'][outcome], unit)}."
    )
    if others:
        second = others[0]
        text += (
            f" Next {theme.capital(second['capital']).name}: if it {COMMITMENTS[second['commitment']]}, "
            f"{change(second['changes'][outcome], unit)}."
        )
    return text


def together(found: Answer, outcome: str) -> None:
    """Draw the outcome when several capitals act as one, and what each adds to the grand deal."""
    unit = drawing.unit(outcome)
    groups = [item for item in found["own"]["coalitions"] if len(item["capitals"]) > 1]
    base = found["own"]["coalitions"][0]["outcomes"][outcome]
    ordered = sorted(groups, key=lambda item: -item["outcomes"][outcome])
    best = ordered[0]
    st.html(
        f'<p class="gd-lead">{escape(drawing.outcome(outcome))} at month {found["months"]}: '
        f"<strong>{drawing.figure(base, unit)} with everybody alone</strong>; most with "
        f"{escape(_names(best['capitals']))} acting as one: {drawing.figure(best['outcomes'][outcome], unit)}.</p>"
    )
    top = max([base, *(item["outcomes"][outcome] for item in groups)]) or 1.0
    rows = [("everybody alone", base), *((_names(item["capitals"]), item["outcomes"][outcome]) for item in ordered)]
    marks = [None, *(item["capitals"] for item in ordered)]
    body = "".join(
        f'<tr><th scope="row">{_glyphs(capitals)}{escape(name)}</th>'
        '<td class="bar"><span class="track" aria-hidden="true"><i style="left:0;'
        f'width:{98 * value / top:.1f}%;background:var(--gd-{"quiet" if capitals is None else "muted"})"></i>'
        f'</span></td><td class="n">{drawing.figure(value, unit)}</td></tr>'
        for (name, value), capitals in zip(rows, marks, strict=True)
    )
    st.html(f'<table class="gd-bars" style="--middle:0%"><tbody>{body}</tbody></table>')
    frame.section(
        "What each adds to the chance of the grand deal",
        "The change of that chance as a capital joins the others, averaged over all orders in which they could join. "
        "Probabilities can be compared; points cannot.",
    )
    reach = max(abs(value) for value in found["own"]["pivotal"].values())
    if reach < NEGLIGIBLE:
        frame.empty("Nothing to share out", "The grand deal is out of reach for every group of capitals here.")
    else:
        st.html(
            bars(
                [
                    Bar(name, change(value, "probability"), value / reach, _swing(found["own"]["swing"][name]))
                    for name, value in found["own"]["pivotal"].items()
                ]
            )
        )
    with st.expander("Values in points, which compare what cannot be compared"):
        _points_table(found)


def _swing(swing: Answer) -> str:
    joins = f"as it joins {_names(swing['joins'])}" if swing["joins"] else "on its own"
    return f"most {joins}: {change(swing['change'], 'probability')}"


def _points_table(found: Answer) -> None:
    own = found["own"]
    single = {item["capitals"][0]: item["worth"] for item in own["coalitions"] if len(item["capitals"]) == 1}
    listed(
        ["Capital", "Alone", "Shapley value", "Banzhaf value"],
        [
            [name, *(drawing.minus(f"{kind[name]:.1f}") for kind in (single, own["shapley"], own["banzhaf"]))]
            for name in theme.CAPITALS
        ],
        right=(1, 2, 3),
    )
    core = own["core"]
    if core["empty"]:
        leave = "; ".join(_names(group) for group in core["leave"])
        text = (
            "However the points are shared, some group does better by leaving (the core is empty), by at least "
            f"{core['complaint']:.1f} points. In the way: {leave}."
        )
    else:
        text = "There is a sharing of the points that no group betters by leaving (the core is not empty)."
    method = f"{found['method'][:1].upper()}{found['method'][1:]}."
    said = f"{text} {found['note']} Every point counts 1 here. {method}"
    st.html(f'<p class="gd-note">{escape(said)}</p>')


def change(value: float, unit: str) -> str:
    """Write a change of an outcome with its sign."""
    if unit in ("probability", "share"):
        points = 100 * value
        return "no change" if abs(points) < 0.5 else drawing.minus(f"{points:+.0f} pts")
    if unit == "persons":
        return "no change" if abs(value) < 0.5 else drawing.minus(f"{value:+,.0f}")
    return "no change" if abs(value) < NEGLIGIBLE else drawing.minus(f"{value:+.2f}")


def _points(value: float) -> str:
    return drawing.minus(f"{value:+.1f} points")


def _names(capitals: list[str]) -> str:
    return words.listed([theme.capital(name).name for name in capitals])


def _glyphs(capitals: list[str] | None) -> str:
    if capitals is None:
        return ""
    return "".join(
        f'<span class="gd-{theme.capital(name).token}" aria-hidden="true">{theme.capital(name).glyph}</span> '
        for name in capitals
    )
