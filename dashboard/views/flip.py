"""What would flip it: which assumptions an answer hangs on, and where it tips."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from dashboard import state, work
from dashboard.components import drawing, flips, frame, jobs_panel
from dashboard.components.look import named
from dashboard.components.moves import TABLES
from dashboard.keys import Key
from dashboard.study import MONTHS
from sim.forecast.result import OUTCOME_LABELS
from sim.report import words
from sim.scenario import parameter_info

TITLE = "What would flip the answer?"
LEAD = (
    "Each question is worked out in a process of its own, exactly, on the fast grid; a sample is computed again on the "
    "finer one. You can go on meanwhile."
)
WHICH, ONE, TWO, TAKES = "Which assumptions matter", "One assumption", "Two assumptions", "What would it take"
OUTCOME, MONTH, LEVEL = Key.FLIP.of("outcome"), Key.FLIP.of("month"), Key.FLIP.of("level")
FIRST, SECOND, WATCH = Key.FLIP.of("first"), Key.FLIP.of("second"), Key.FLIP.of("watch")
CHAPTER, PROPOSER = Key.FLIP.of("chapter"), Key.FLIP.of("proposer")
OUTCOME_WATCHED = "outcome"
FITS = 64
"""Characters of an assumption that fit into half the width of the page."""
COMING = {
    "tornado": (
        "Every assumption with the outcome at both ends of its plausible range, widest swing first, and where things "
        "stand now between them.",
        frame.BARS,
    ),
    "one": (
        "The outcome over the whole range of the assumption, the level as a line, and every value at which the outcome "
        "crosses it; or that there is none.",
        frame.COURSE,
    ),
    "turn": (
        "The range of the assumption cut into pieces, in each of which the capital is likeliest to do one thing, and "
        "the values at which it changes its mind.",
        frame.ROWS,
    ),
    "two": (
        "The outcome over both assumptions as a map: darker is more. Where things stand is marked, and so is the line "
        "of the level once that was found.",
        frame.MAP,
    ),
    "inverse": (
        "The smallest change of one assumption that takes the outcome over the level, for each that can do it; then "
        "several moved a little, together.",
        frame.ROWS,
    ),
}
"""What will stand on the page once a question has been asked, and a sketch of it."""
DEFAULTS = ("washington.contact_cost.embassy", "washington.geopolitical_value")


def view() -> None:
    """Draw the page."""
    frame.frame(TITLE, LEAD)
    chapter = st.segmented_control(
        "Look at",
        [WHICH, ONE, TWO, TAKES],
        default=WHICH,
        key=CHAPTER,
        required=True,
        label_visibility="collapsed",
    )
    {ONE: _one, TWO: _two, TAKES: _takes}.get(str(chapter), _which)()


def _outcome(*, level: bool) -> tuple[str, int, float]:
    """Draw the choice of outcome, month and level; return them."""
    columns = st.columns([0.44, 0.3, 0.26] if level else [0.6, 0.4], gap="small", vertical_alignment="bottom")
    outcome = columns[0].selectbox("Outcome", list(OUTCOME_LABELS), format_func=drawing.outcome, key=OUTCOME)
    st.session_state.setdefault(MONTH, MONTHS[-1])
    month = columns[1].segmented_control("At the end of month", MONTHS, key=MONTH, required=True, width="stretch")
    if not level:
        return str(outcome), int(month or MONTHS[-1]), 0.0
    key = f"{LEVEL}:{outcome}"
    st.session_state.setdefault(key, _usual(str(outcome), int(month or MONTHS[-1])))
    unit = drawing.unit(str(outcome))
    wanted = columns[2].number_input(
        f"Level to cross ({'share, 0 to 1' if unit in ('probability', 'share') else unit.partition(':')[0]})",
        min_value=0.0,
        key=key,
        step=0.05 if unit in ("probability", "share") else 10.0 if unit == "persons" else 0.1,
        format="%.0f" if unit == "persons" else "%.2f",
    )
    return str(outcome), int(month or MONTHS[-1]), float(wanted)


def _usual(outcome: str, month: int) -> float:
    """Return a round level above what is forecast now, if that is known already; else a plain one."""
    found = work.desk().glance(state.scenario(), work.FAST)
    unit = drawing.unit(outcome)
    if found is None or month not in found.months:
        return {"persons": 200.0, "probability": 0.5, "share": 0.5}.get(unit, 1.0)
    here = float(found.at(outcome, month))
    if unit in ("probability", "share"):
        return min(0.95, math.ceil(20 * here + 0.5) / 20)
    if unit == "persons":
        return float(math.ceil((1.25 * here + 1) / 10) * 10)
    return round(here + 0.25, 1)


def _which() -> None:
    outcome, month, _ = _outcome(level=False)
    words_ = ["--method", "tornado", "--outcome", outcome, "--at", str(month)]
    _ask(
        "tornado",
        "sensitivity",
        words_,
        label="Move every assumption through its range",
        note="Two forecasts for each assumption: the longest question here, some minutes.",
        show=flips.tornado,
        coming="tornado",
    )


def _one() -> None:
    watch = st.segmented_control(
        "Watch",
        [OUTCOME_WATCHED, *(turn for turn in words.TURNS if turn != "summit" or state.scenario().get("menu.summit"))],
        format_func=lambda name: "an outcome" if name == OUTCOME_WATCHED else words.turn_name(name),
        default=OUTCOME_WATCHED,
        key=WATCH,
        required=True,
    )
    name = _parameter("Assumption that is moved", FIRST, 0)
    if watch == OUTCOME_WATCHED:
        outcome, month, level = _outcome(level=True)
        options = ["--parameter", name, "--outcome", outcome, "--level", f"{level:g}", "--at", str(month)]
        show: Callable[[Any], None] = partial(flips.one, key=Key.FLIP.of("chart", "one"))
    else:
        options = ["--parameter", name, "--turn", str(watch)]
        if str(watch) in TABLES:
            proposer = st.segmented_control(
                "Who makes the offer",
                TABLES[str(watch)],
                format_func=named,
                default=TABLES[str(watch)][0],
                key=f"{PROPOSER}:{watch}",
                required=True,
            )
            options += ["--proposer", str(proposer)]
        show = flips.switches
    _ask(
        "one",
        "tipping",
        options,
        label="Find where it tips",
        note="Some dozens of forecasts.",
        show=show,
        coming="one" if watch == OUTCOME_WATCHED else "turn",
    )
    if watch == OUTCOME_WATCHED and _found("one", "tipping", options) is not None:
        _ask(
            "share",
            "tipping",
            [*options, "--ensemble"],
            label="In what share of the ensemble?",
            note="The ends of the range with every draw that six months of events left plausible: some minutes.",
            show=_share,
            primary=False,
        )


def _share(found: Mapping[str, Any]) -> None:
    st.html(f'<p class="gd-note" role="status">{escape(found["ensemble"]["sentence"])}</p>')


def _two() -> None:
    left, right = st.columns(2, gap="small")
    with left:
        across = _parameter("Across", FIRST, 0)
    with right:
        up = _parameter("Up", SECOND, 1, besides=across)
    outcome, month, level = _outcome(level=True)
    both = ["--parameter", across, "--parameter", up]
    line = _found("line", "tipping", [*both, "--outcome", outcome, "--level", f"{level:g}", "--at", str(month)])
    _ask(
        "two",
        "sweep",
        [*both, "--outcome", outcome, "--at", str(month)],
        label="Draw the map",
        note="121 forecasts.",
        show=lambda found: flips.two(found, line, across, key=Key.FLIP.of("chart", "two")),
        reproduced=False,
    )
    if line is None:
        _ask(
            "line",
            "tipping",
            [*both, "--outcome", outcome, "--level", f"{level:g}", "--at", str(month)],
            label=f"Find the line of {drawing.figure(level, drawing.unit(outcome))}",
            note="",
            show=lambda found: None,
            primary=False,
            reproduced=False,
        )
    if _found("two", "sweep", [*both, "--outcome", outcome, "--at", str(month)]) is None:
        frame.coming(*COMING["two"])
    study = state.study()
    wanted = ["--outcome", outcome, "--at", str(month)]
    frame.reproduce(
        frame.command("sweep", study, [*both, *wanted, "--grid", "fast"]),
        frame.command("tipping", study, [*both, *wanted, "--level", f"{level:g}", "--grid", "fast"]),
    )


def _takes() -> None:
    outcome, month, level = _outcome(level=True)
    _ask(
        "inverse",
        "tipping",
        ["--inverse", "--outcome", outcome, "--level", f"{level:g}", "--at", str(month)],
        label="Find the smallest changes",
        note="Every assumption alone, then several together: some minutes.",
        show=flips.inverse,
        coming="inverse",
    )


def _parameter(label: str, key: str, number: int, besides: str = "") -> str:
    names = [name for name in flips.ranged() if name != besides]
    if key not in st.session_state or st.session_state[key] not in names:
        changed = [name for name, _ in state.study().changes if name in names]
        usual = [*changed, *(name for name in DEFAULTS if name in names)]
        st.session_state[key] = usual[min(number, len(usual) - 1)] if not besides else usual[0]
    chosen = st.selectbox(
        label, names, format_func=drawing.parameter, key=key, help="Type to search. All have a plausible range."
    )
    info = parameter_info()[str(chosen)]
    said = drawing.parameter(info.name)
    scope = f"{info.low:g} to {info.high:g} {info.unit}; here {state.scenario().get(info.name):g}"
    # the list's box may be too narrow for it
    st.html(
        f'<p class="gd-note"><span class="gd-full{" gd-long" if len(said) > FITS else ""}">{escape(said)}</span>'
        f"{escape(drawing.minus(scope))}. In files and commands: {info.name}</p>"
    )
    return str(chosen)


def _words(verb: str, options: Sequence[str]) -> list[str]:
    return [verb, "-", *options, "--grid", "fast", "--json"]


def _found(name: str, verb: str, options: Sequence[str]) -> dict[str, Any] | None:
    return jobs_panel.kept(name, state.scenario(), _words(verb, options))


def _ask(
    name: str,
    verb: str,
    options: Sequence[str],
    *,
    label: str,
    note: str,
    show: Callable[[Any], None],
    primary: bool = True,
    reproduced: bool = True,
    coming: str = "",
) -> None:
    found = jobs_panel.answer(name, state.scenario(), _words(verb, options), label=label, note=note, primary=primary)
    if found is not None:
        show(found)
    elif coming and not jobs_panel.failure(name, state.scenario(), _words(verb, options)):
        frame.coming(*COMING[coming])
    if reproduced:
        frame.reproduce(frame.command(verb, state.study(), [*options, "--grid", "fast"]))
