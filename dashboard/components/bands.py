"""Bands over the calibrated ensemble: there for the shipped scenarios, worked out on demand for other payoffs."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components import jobs_panel
from dashboard.keys import Key
from sim.scenario import to_toml

if TYPE_CHECKING:
    from sim.forecast.result import Result
    from sim.scenario import Scenario

COMMAND = ("run", "-", "--bands", "--grid", "fast", "--json")
PIECE = "bands"
MEANING = (
    "p10 to p90 over the calibrated ensemble: some two hundred draws of all parameters, weighted by how well each fits "
    "the events of January to June 2025"
)


def banded(result: Result, scenario: Scenario) -> Result:
    """Return the forecast with its bands, where they ship or were worked out in this session."""
    if result.bands is not None:
        return result
    found = jobs_panel.kept(PIECE, scenario, COMMAND)
    if found is None or not found.get("bands"):
        return result
    bands = {
        outcome: {level: tuple(map(float, row)) for level, row in rows.items()}
        for outcome, rows in found["bands"].items()
    }
    return replace(result, bands=bands)


def offer(result: Result | None, scenario: Scenario) -> None:
    """Draw the button that works the bands out for these payoffs, or how far that is; nothing where they are there."""
    if result is None or result.bands is not None:
        return
    job = jobs_panel.running(PIECE, scenario, COMMAND)
    if job is None:
        wrong = jobs_panel.failure(PIECE, scenario, COMMAND)
        if wrong:
            st.html(f'<p class="gd-line" role="alert">No bands: {escape(wrong)}</p>', width="content")
        st.button(
            "Try again" if wrong else "Work out bands for these payoffs",
            key=Key.JOBS.of(PIECE),
            type="tertiary",
            help=f"{MEANING}, with your changes made in every draw. About a minute; the page goes on.",
            on_click=jobs_panel.ask,
            args=((PIECE, scenario.hash, COMMAND), to_toml(scenario)),
        )
        return
    jobs_panel.line(PIECE, job, "Bands for these payoffs")
