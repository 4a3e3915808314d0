"""Each assumption at both ends of its range: a tornado."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.components import drawing, frame
from dashboard.components.flips.notes import ROWS, Answer, basis
from sim.scenario.layers import ASSUMPTION


def tornado(found: Answer) -> None:
    """Draw, for each assumption, how far the outcome goes between both ends of its plausible range."""
    base, unit = found["base"][0]["value"], found["units"][found["outcomes"][0]]
    rows = [row for row in found["rows"] if row["swing"]]
    if not rows:
        frame.empty("Nothing moves it", "No assumption changes this outcome within its plausible range.")
        return
    ends = [end for row in rows for end in (row["at_low"], row["at_high"]) if end is not None]
    low, high = min([base, *ends]), max([base, *ends])
    body = "".join(_swing(row, base, low, high, unit) for row in rows[:ROWS])
    st.html(
        '<div class="gd-scroll" tabindex="0" role="region" aria-label="Tornado"><table class="gd-bars gd-tornado">'
        '<thead><tr><th scope="col">Assumption, widest swing first</th>'
        f'<th scope="col">□ at its low end, ■ at its high end; line: here, {drawing.figure(base, unit)}</th>'
        '<th scope="col" class="r">low end</th><th scope="col" class="r">high end</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    if len(rows) > ROWS:
        st.html(f'<p class="gd-note">{len(rows) - ROWS} more matter less than these.</p>')
    basis(found)


def _swing(row: Answer, base: float, low: float, high: float, unit: str) -> str:
    def place(value: float) -> float:
        return 100.0 * (value - low) / ((high - low) or 1.0)

    ends = [end for end in (row["at_low"], row["at_high"]) if end is not None]
    left, right = place(min([base, *ends])), place(max([base, *ends]))
    marks = "".join(
        f'<b class="{kind}" style="left:{place(end):.1f}%"></b>'
        for kind, end in (("lo", row["at_low"]), ("hi", row["at_high"]))
        if end is not None
    )
    source = "assumption" if row["source"] in ("", ASSUMPTION) else "from a passage"
    scope = (
        f"{drawing.value(row['low'])} to {drawing.value(row['high'])} {row['unit']}; here {drawing.value(row['base'])}"
    )
    return (
        f'<tr><th scope="row">{escape(drawing.parameter(row["parameter"]))}'
        f"<small>{escape(scope)}, {source}</small></th>"
        '<td class="bar"><span class="swing" aria-hidden="true">'
        f'<i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
        f'<u style="left:{place(base):.1f}%"></u>{marks}</span></td>'
        f'<td class="r">{drawing.figure(row["at_low"], unit)}</td>'
        f'<td class="r">{drawing.figure(row["at_high"], unit)}</td></tr>'
    )
