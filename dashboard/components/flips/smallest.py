"""The smallest changes that flip the answer."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.components import drawing, frame
from dashboard.components.flips.notes import ROWS, Answer, basis
from dashboard.components.tables import listed
from sim.report import words


def inverse(found: Answer) -> None:
    """Draw the smallest changes that flip the answer: one assumption alone, and several together."""
    deal = found["deal"] is not None

    def written(value: float | None) -> str:
        return (
            "–"
            if value is None
            else drawing.minus(f"{100 * value:+.0f} points ahead")
            if deal
            else drawing.figure(value, found["unit"])
        )

    st.html(
        f'<p class="gd-lead">The goal: <strong>{escape(found["goal"])}</strong>. '
        f"Here: {written(found['base_figure'])}.</p>"
    )
    frame.section("One assumption alone, smallest change first")
    if found["flips"]:
        rows: list[list[str]] = [
            [
                f"{drawing.parameter(flip['parameter'])}\n{flip['parameter']}, {flip['unit']}",
                drawing.value(flip["base"]),
                drawing.value(flip["value"]),
                _share(flip["share"]),
                _finer(flip["finer"]),
            ]
            for flip in found["flips"]
        ]
        heads = ["Assumption", "Here", "It takes", "Of its range", "On the finer grid"]
        listed(heads, rows[:ROWS], right=(1, 2, 3))
        if rows[ROWS:]:
            with st.expander(f"{len(rows) - ROWS} more that need larger changes"):
                listed(heads, rows[ROWS:], right=(1, 2, 3))
    else:
        frame.empty("None", "No single change does it at any value looked at in its plausible range.")
    if found["without"]:
        st.html(
            f'<p class="gd-note">{words.plural(len(found["without"]), "assumption does", "assumptions do")} not do it '
            f"at the {_looked(found['without'])} values looked at in the range; what is narrower than that stays "
            "unseen.</p>"
        )
    joint = found["joint"]
    if joint is None:
        basis(found)
        return
    frame.section("Several a little, together")
    if not joint["found"]:
        frame.empty(
            "None found", f"{joint['message'][:1].upper()}{joint['message'][1:]}; nearest: {written(joint['figure'])}."
        )
    else:
        rows = [
            [
                f"{drawing.parameter(move['parameter'])}\n{move['parameter']}, {move['unit']}",
                drawing.value(move["base"]),
                drawing.value(move["value"]),
                _share(move["share"]),
            ]
            for move in joint["moves"]
        ]
        listed(["Assumption", "Here", "It takes", "Of its range"], rows, right=(1, 2, 3))
        st.html(
            f'<p class="gd-note">Then: {written(joint["figure"])}. On the finer grid: {_finer(joint["finer"])}. '
            f"{escape(joint['message'][:1].upper() + joint['message'][1:])}.</p>"
        )
    basis(found)


def _looked(without: list[Answer]) -> str:
    counts = sorted({each["looked"] for each in without})
    return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _share(value: float) -> str:
    return drawing.minus(f"{value:+.0%}")


def _finer(value: bool | None) -> str:
    return "not checked" if value is None else "flips too" if value else "does not flip"
