"""Power and stability: what each capital could change, what several could do as one, and what would stay put."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import state, work
from dashboard.components import drawing, frame, graph, jobs_panel, together, told
from dashboard.keys import Key
from sim.errors import GrandDealError
from sim.forecast.result import OUTCOME_LABELS

if TYPE_CHECKING:
    from sim.bargain.narrate import Inverse
    from sim.forecast.stability import StabilityResult

TITLE = "Who could change what, and what would stay put?"
ALONE, TOGETHER, STABLE = "Each alone", "Several as one", "What would stay put"
CHAPTER, OUTCOME = Key.POWER.of("chapter"), Key.POWER.of("outcome")
MAP, PLACE, CONCEPT = Key.POWER.of("map"), Key.POWER.of("place"), Key.POWER.of("concept")
DIAL = Key.POWER.of("dial")
COMMAND = ("power", "-", "--grid", "fast", "--no-sharp", "--json")
LEADS = {
    ALONE: "What changes if one capital leaves the table, keeps silent or binds itself, and the others know it.",
    TOGETHER: "What would happen if some capitals acted as one, the others each for itself.",
    STABLE: "Another game than the one solved: positions on a coarse map, each capital moving its own dials alone, no "
    "clock, no deals.",
}
COMING = {
    ALONE: "For each capital, five ways in which it could bind itself, from leaving the table to giving everything: a "
    "bar for how far the outcome above moves, and what that would do to the capital's own payoff.",
    TOGETHER: "The outcome above for every group of capitals that acts as one, the most first; then what each capital "
    "adds to the chance of the grand deal as it joins the others.",
}


def view() -> None:
    """Draw the page."""
    frame.frame(TITLE)
    chapter = str(
        st.segmented_control(
            "Look at",
            list(LEADS),
            default=ALONE,
            key=CHAPTER,
            required=True,
            label_visibility="collapsed",
        )
    )
    st.html(f'<p class="gd-sub">{LEADS.get(chapter, "")}</p>')
    if chapter == STABLE:
        _stable()
    else:
        _power(chapter)


def _power(chapter: str) -> None:
    outcome = st.selectbox("Outcome", list(OUTCOME_LABELS), format_func=drawing.outcome, key=OUTCOME, width=420)
    found: dict[str, Any] | None = jobs_panel.answer(
        "power",
        state.scenario(),
        COMMAND,
        label="Work it out",
        note="Every group of capitals and every commitment is a game of its own: some thirty solves on the fast grid.",
    )
    if found is not None:
        (together.together if chapter == TOGETHER else together.alone)(found, str(outcome))
    elif not jobs_panel.failure("power", state.scenario(), COMMAND):
        frame.coming(COMING[chapter], frame.BARS)
    frame.reproduce(frame.command("power", state.study(), COMMAND[2:-1]))


def _stable() -> None:
    place = st.empty()

    def meanwhile() -> None:
        with place:
            st.html('<div class="gd-blank gd-tall" role="status">Solving, then judging every position ...</div>')

    try:
        answer = work.answer(state.scenario(), None, meanwhile)
        found = judged(answer.this)
    except GrandDealError as error:
        place.empty()
        told.problem(str(error))
        return
    place.empty()
    graph.summary(found)
    positions = _worth_a_look(found)
    chosen = st.session_state.get(PLACE)
    name = found.graph.states[found.start] if chosen not in found.graph.states else chosen
    s = found.graph.states.index(name)
    st.session_state[Key.POWER.of("names")] = found.graph.states
    graph.draw(found, s, key=MAP, on_pick=_picked)
    left, right = st.columns([0.6, 0.4], gap="medium", vertical_alignment="bottom")
    options = positions if s in positions else [s, *positions]
    st.session_state[PLACE] = name
    left.selectbox(
        "Position",
        [found.graph.states[each] for each in options],
        format_func=lambda each: _grouped(each) + _mark(found, each),
        key=PLACE,
        help="The start, the grand deal, and all that stay put. Any other: choose its mark on the map, or turn its "
        "dials below.",
    )
    concept = str(
        right.segmented_control(
            "In the sense of",
            list(graph.CONCEPTS),
            format_func=lambda each: graph.CONCEPTS[each][0],
            default="seq",
            key=CONCEPT,
            required=True,
            width="stretch",
        )
    )
    st.html(f'<p class="gd-note gd-narrow">{escape(_grouped(name) + _mark(found, name))}</p>')
    graph.dials(found, s, key=DIAL, on_turn=_turn_to)
    st.html(
        f'<p class="gd-note">{graph.CONCEPTS[concept][0].capitalize()} stability: {graph.CONCEPTS[concept][1]}.</p>'
    )
    graph.reasons(found, s, concept)
    if not found.verdicts.together[concept][s]:
        graph.remedies(found, _turned(found, _key(answer.this), s, concept))
    frame.reproduce(
        frame.command(
            "stability",
            state.study(),
            ["--grid", answer.this.result.grid, "--state", _state(found, s), "--concept", concept],
        )
    )
    work.redraw_when_done(*answer.waiting)


def _grouped(text: str) -> str:
    """Write numbers of four digits as everywhere else."""
    return re.sub(r"\b(\d)(\d{3})\b", r"\1,\2", text)


def judged(found: work.Worked) -> StabilityResult:
    """Return the verdict on every position of a scenario; kept for all sessions."""
    return _judged(found, _key(found))


@st.cache_resource(max_entries=4, show_spinner=False)  # each holds its compiled model
def _judged(_found: work.Worked, key: tuple[str, str, int]) -> StabilityResult:
    from sim.forecast.stability import stability_of

    return stability_of(_found.model)


@st.cache_resource(max_entries=100, show_spinner="Looking for what would make it stay put ...")
def _turned(_found: StabilityResult, key: tuple[str, str, int], s: int, concept: str) -> Inverse:
    return _found.inverse(s, concept)


def _key(found: work.Worked) -> tuple[str, str, int]:
    return found.result.scenario_hash, found.model.grid.name, found.model.grid.lot


def _worth_a_look(found: StabilityResult) -> list[int]:
    together_ = found.verdicts.together
    stable = [s for s in range(len(found.settings)) if together_["nash"][s] or together_["seq"][s]]
    return list(dict.fromkeys([found.start, found.grand_deal(), *stable]))


def _mark(found: StabilityResult, name: str) -> str:
    s = found.graph.states.index(name)
    return " · where things stand" if s == found.start else " · the grand deal" if s == found.grand_deal() else ""


def _turn_to(name: str) -> None:
    st.session_state[PLACE] = name


def _picked() -> None:
    s = graph.picked(MAP)
    names = st.session_state.get(Key.POWER.of("names"), ())
    if s is not None and 0 <= s < len(names):
        st.session_state[PLACE] = names[s]


def _state(found: StabilityResult, s: int) -> str:
    return ",".join(f"{name}={value}" for name, value in found.settings[s].items())
