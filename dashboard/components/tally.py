"""How many of the article's claims hold: as stored for the baseline, or checked again for the payoffs at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.jobs import Job
from dashboard.keys import Key
from sim.errors import GrandDealError
from sim.scenario import Scenario, evidence, to_toml

COMMAND = ("claims", "-", "--grid", "fast", "--json")
# status, how it is told, its glyph
STATUSES = (
    ("holds", "hold", "✓"),
    ("fails", "fail", "✗"),
    ("built in", "built in", "▣"),
    ("not yet", "not yet sayable", "…"),
    ("not computed", "not computable", "–"),
)


@dataclass(frozen=True)
class Asked:
    """A check of the claims that was asked for, and for which values."""

    scenario_hash: str
    job: Job


def tally(scenario: Scenario) -> None:
    """Draw the tally in one line, and the button that checks the claims for the payoffs at hand."""
    asked: Asked | None = st.session_state.get(Key.CLAIMS_ASKED)
    current = asked is not None and asked.scenario_hash == scenario.hash
    job = asked.job if asked is not None and current else None
    if job is None:
        _say(f"on the baseline: {told(stored())}")
        st.button("Check them for these payoffs", key=Key.CLAIMS, type="tertiary", on_click=_ask, args=(scenario,))
    elif job.running:
        _follow(job)
        st.button("Stop", key=Key.CLAIMS.of("stop"), type="tertiary", on_click=_stop, args=(job,))
    else:
        try:
            found = [str(row["status"]) for row in job.result()["findings"]]
            _say(f"for these payoffs: {told(Counter(found))}")
        except GrandDealError as error:
            _say(f"could not be checked. {error}")


def _say(text: str) -> None:
    st.html(f'<p class="gd-line" role="status"><b>Claims of the article</b>, {escape(text)}</p>', width="content")


def stored() -> Mapping[str, int]:
    """Return status -> number of checks, as kept for the baseline."""
    return Counter(str(check.status or check.expected) for claim in evidence().claims for check in claim.checks)


def told(counts: Mapping[str, int]) -> str:
    """Write the counts of checks in one line."""
    return "  ".join(f"{glyph} {counts[status]} {verb}" for status, verb, glyph in STATUSES if counts.get(status))


def _ask(scenario: Scenario) -> None:
    asked: Asked | None = st.session_state.get(Key.CLAIMS_ASKED)
    if asked is not None:
        asked.job.cancel()
    st.session_state[Key.CLAIMS_ASKED] = Asked(scenario.hash, Job(COMMAND, to_toml(scenario)))


def _stop(job: Job) -> None:
    job.cancel()
    st.session_state[Key.CLAIMS_ASKED] = None


def _follow(job: Job) -> None:
    @st.fragment(run_every=0.5)
    def following() -> None:
        if not job.running:
            st.rerun()
        far = f"{job.done} of {job.total}" if job.total else "waiting for room" if job.waiting else "starting"
        _say(f"being checked for these payoffs: {far} ...")

    following()
