"""How many of the article's claims hold: as stored for the baseline, or checked again for the payoffs at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

import streamlit as st

from dashboard.components import claims, jobs_panel
from dashboard.jobs import Job
from dashboard.keys import Key
from sim.scenario import Scenario, to_toml

# status, how it is told, its glyph
STATUSES = (
    ("holds", "hold", "✓"),
    ("fails", "fail", "✗"),
    ("built in", "built in", "▣"),
    ("not yet", "not yet sayable", "…"),
    ("not computed", "not computable", "–"),
)


def tally(scenario: Scenario) -> None:
    """Draw the tally in one line, and the button that checks the claims for the payoffs at hand.

    It is the piece of work that Evidence asks for, so that what either page had checked is there on both.
    """
    piece = (claims.PIECE, scenario.hash, claims.COMMAND)
    found = jobs_panel.kept(claims.PIECE, scenario, claims.COMMAND)
    job = jobs_panel.running(claims.PIECE, scenario, claims.COMMAND)
    if found is not None:
        _say(f"for these payoffs: {told(Counter(str(row['status']) for row in found['findings']))}")
    elif job is not None:
        _follow(job)
        st.button("Stop", key=Key.CLAIMS.of("stop"), type="tertiary", on_click=jobs_panel.stop, args=(piece,))
    else:
        wrong = jobs_panel.failure(claims.PIECE, scenario, claims.COMMAND)
        _say(f"could not be checked. {wrong}" if wrong else f"on the baseline: {told(claims.tally())}")
        label = "Try again" if wrong else "Check them for these payoffs"
        asked = (piece, to_toml(scenario))
        st.button(label, key=Key.CLAIMS, type="tertiary", on_click=jobs_panel.ask, args=asked)


def _say(text: str) -> None:
    st.html(f'<p class="gd-line" role="status"><b>Claims of the article</b>, {escape(text)}</p>', width="content")


def told(counts: Mapping[str, int]) -> str:
    """Write the counts of checks in one line."""
    return "  ".join(f"{glyph} {counts[status]} {verb}" for status, verb, glyph in STATUSES if counts.get(status))


def _follow(job: Job) -> None:
    @st.fragment(run_every=0.5)
    def following() -> None:
        if not job.running:
            st.rerun()
        far = f"{job.done} of {job.total}" if job.total else "waiting for room" if job.waiting else "starting"
        _say(f"being checked for these payoffs: {far} ...")

    following()
