"""What stands under the pictures, and which assumptions can be moved."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from sim.analyse.record import COARSE
from sim.report import words
from sim.scenario import parameter_info

ROWS = 14
"""Assumptions shown in a picture; the others matter less."""
Answer = Mapping[str, Any]


def basis(found: Answer) -> None:
    """Say what was computed, how far a finer grid differs, and what could not be computed."""
    parts = [f"{words.plural(found['variants'], 'forecast')} on the {found['grid']} grid."]
    check = found.get("check")
    if check:
        differences = [row["relative"] for row in check["rows"] if row["relative"] is not None]
        worst = max(differences, default=0.0)
        warn = " Read the picture with that in mind." if worst > COARSE else ""
        parts.append(
            f"{len(check['variants'])} of them computed again on the {check['grid']} grid: they differ by up to "
            f"{words.percent(worst)} of the largest value.{warn}"
        )
    if found.get("failed"):
        parts.append(f"{words.plural(len(found['failed']), 'variant')} could not be computed and are left out.")
    st.html(f'<p class="gd-note">{escape(" ".join(parts))}</p>')


def ranged() -> list[str]:
    """Return the assumptions that have a plausible range."""
    return [name for name, info in parameter_info().items() if info.low != info.high]
