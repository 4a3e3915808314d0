"""Deals: what every package would bring each capital, who blocks it, and what would bring them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import packages, state, work
from dashboard.components import frame, plane, told
from dashboard.components.deal import candidates, details, prices, table
from dashboard.components.look import named
from dashboard.keys import Key
from sim.errors import GrandDealError
from sim.report import theme, words
from sim.scenario.world import CONTACT, TALKS

if TYPE_CHECKING:
    from sim.forecast.deal_records import Deals

TITLE = "Which deals would everybody take?"
ACROSS, UP = Key.DEALS.of("across"), Key.DEALS.of("up")
VIEW, SIGNING, MONTH = Key.DEALS.of("view"), Key.DEALS.of("signing"), Key.DEALS.of("month")
CHOSEN, PLANE, LIST = Key.DEALS.of("chosen"), Key.DEALS.of("plane"), Key.DEALS.of("package")
SIGNATORIES = {
    "minsk, washington, brussels": "Minsk, Washington and Brussels",
    "minsk, washington": "Minsk and Washington alone",
    "minsk, brussels": "Minsk and Brussels alone",
    "minsk, washington, brussels, moscow": "All four, Moscow too",
}
PARTS = ("People freed", "Leaders freed", "Steps of US relief", "Steps of EU relief", "Contact", "Pressing Brussels")
"""What a package is made of, in the order of its contents."""
SWITCHES = 4
"""The parts from here on are there or not, unless there are more levels of them."""
PART = Key.DEALS.of("part", "")
LAST_MONTH = 24
Position = tuple[tuple[str, str], ...]


def view() -> None:
    """Draw the page."""
    frame.frame(TITLE, "Gains over no deal, each in points of that capital; the points of two have no common unit.")
    st.session_state.setdefault(ACROSS, "minsk")
    st.session_state.setdefault(UP, "washington")
    place = st.empty()

    def meanwhile() -> None:
        with place:
            st.html('<div class="gd-blank gd-tall" role="status">Solving, then looking at every package ...</div>')

    try:
        month, position, signing = _asked()
        answer = work.answer(state.scenario(), None, meanwhile)
        found = deals(answer.this, month, position, signing)
    except GrandDealError as error:
        place.empty()
        told.problem(str(error))
        _controls()
        return
    place.empty()
    _page(found, provisional=answer.provisional)
    frame.reproduce(_command(found, month, position, signing))
    work.redraw_when_done(*answer.waiting)


def deals(found: work.Worked, month: int, position: Position, signing: str) -> Deals:
    """Return the deals of a solved scenario at a position; kept for all sessions.

    Raises
    ------
    UsageError : a position that the scenario does not have.
    """
    grid = found.model.grid
    return _deals(found, found.result.scenario_hash, (grid.name, grid.lot, grid.rounds), month, position, signing)


@st.cache_resource(max_entries=12, show_spinner=False)
def _deals(
    _found: work.Worked, scenario_hash: str, grid: tuple[str, int, int], month: int, position: Position, signing: str
) -> Deals:
    from sim.forecast.deals import deals_of
    from sim.model.position import position as position_of

    where = position_of(_found.model, dict(position))
    parties = [name.strip() for name in signing.split(",")]
    return deals_of(_found.model, _found.solution, where, month=month, parties=parties)


def _page(found: Deals, *, provisional: bool) -> None:
    rough = " ≈ From the fast grid; the finer one follows." if provisional else ""
    st.html(f'<p class="gd-lead" role="status">{_summary(found)}{rough}</p>')
    left, right = st.columns([0.55, 0.45], gap="medium")
    rows = candidates(found)
    chosen = _chosen(found, rows)
    with left:
        _axes()
        across, up = st.session_state[ACROSS], st.session_state[UP]
        plane.draw(
            found,
            found.plane(across, up, plane.MOST),
            chosen,
            st.session_state.get(VIEW, plane.NEAR),
            key=PLANE,
            on_pick=_picked,
        )
        plane.legend()
    st.session_state[Key.DEALS.of("arrays")] = found.arrays.contents
    with right:
        if not rows:
            frame.empty("No deal to look at", "At this position there is nothing left that anybody could give.")
        else:
            _select(found, rows, chosen)
            _parts(found, chosen)
            details(found, packages.deal_at(found, chosen))
    _controls()
    table(found, key=Key.DEALS.of("table"), on_pick=_picked_row)
    prices(found)


def _summary(found: Deals) -> str:
    from html import escape

    where = f"{escape(found.position[:1].upper() + found.position[1:])}."
    if found.reason:
        return (
            f"{where} <strong>No package is good for everybody who must sign</strong>, of {found.packages:,}. "
            "Shown are those that come closest."
        )
    four = f"from {found.zone_all:,} of them all four gain" if found.zone_all else "from none of them all four gain"
    return (
        f"{where} Of {found.packages:,} packages, <strong>{words.plural(found.zone, 'is', 'are')} good for everybody "
        f"who must sign</strong>; {four}."
    )


def _axes() -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for key, label, name in ((ACROSS, "Across", "across"), (UP, "Up", "up")):
            st.selectbox(
                label, list(theme.CAPITALS), format_func=named, key=key, on_change=_swapped, args=(name,), width=150
            )
        st.segmented_control(
            "View", [plane.NEAR, plane.ALL], default=plane.NEAR, key=VIEW, required=True, width="content"
        )


def _swapped(moved: str) -> None:
    """Two axes never show the same capital: the other one gives way."""
    mine, other = (ACROSS, UP) if moved == "across" else (UP, ACROSS)
    before = st.session_state.get(Key.DEALS.of("axes"), {ACROSS: "minsk", UP: "washington"})
    if st.session_state[mine] == st.session_state[other]:
        st.session_state[other] = before[mine]
    st.session_state[Key.DEALS.of("axes")] = {ACROSS: st.session_state[ACROSS], UP: st.session_state[UP]}


def _asked() -> tuple[int, Position, str]:
    """Return month, position and signatories as set below the plane."""
    start = _dials()
    if st.session_state.get(Key.DEALS.of("origin")) != start:  # another scenario: what was set belongs to the last one
        _to_start()
    dials = {name: st.session_state.get(Key.DEALS.of("dial", name)) for name in start}
    position = tuple((name, str(value)) for name, value in dials.items() if value is not None and value != start[name])
    return int(st.session_state.get(MONTH, 0)), position, st.session_state.get(SIGNING, next(iter(SIGNATORIES)))


def _dials() -> dict[str, Any]:
    """Return the dials of the scenario's start."""
    start = state.scenario().start
    return {
        "prisoners": int(start.prisoners),
        "leaders": int(start.leaders),
        "us_relief": int(start.us_relief),
        "eu_relief": int(start.eu_relief),
        "contact": start.contact,
        "talks": start.talks,
    }


def _controls() -> None:
    scenario = state.scenario()
    with st.expander("Another moment, another position, other signatories"):
        upper, lower = st.columns(3, gap="medium"), st.columns(3, gap="medium")
        upper[0].selectbox("Who signs", list(SIGNATORIES), format_func=SIGNATORIES.__getitem__, key=SIGNING)
        upper[1].slider("Months that have passed", 0, LAST_MONTH, key=MONTH)
        most = int(scenario.get("world.prisoner_capacity"))
        levels: dict[str, tuple[str, Any]] = {
            "prisoners": ("Political prisoners held", (0, most)),
            "leaders": ("Senior leaders held", (0, 3)),
            "us_relief": ("Steps of US relief in force", (0, 3)),
            "eu_relief": ("Steps of EU relief in force", (0, 2)),
            "contact": ("Contact", CONTACT),
            "talks": ("Talks between Washington and Moscow", TALKS),
        }
        columns = [upper[2], *lower, *st.columns(3, gap="medium")]
        for column, (name, (label, scope)) in zip(columns, levels.items(), strict=False):
            key = Key.DEALS.of("dial", name)
            if isinstance(scope[0], str):
                column.segmented_control(label, scope, key=key, required=True, width="stretch")
            else:
                column.slider(label, scope[0], scope[1], key=key)
        st.button("Back to the scenario's start", key=Key.DEALS.of("start"), on_click=_to_start)


def _to_start() -> None:
    start = _dials()
    for name, value in start.items():
        st.session_state[Key.DEALS.of("dial", name)] = value
    st.session_state[MONTH] = 0
    st.session_state[Key.DEALS.of("origin")] = start


def _chosen(found: Deals, rows: list[int]) -> int:
    contents = st.session_state.get(CHOSEN)
    row = packages.nearest(found, contents) if contents is not None else 0
    return row or (rows[0] if rows else 0)


def _choose(row: int | None) -> None:
    arrays = st.session_state.get(Key.DEALS.of("arrays"))
    if row is not None and arrays is not None and 0 < row < len(arrays):
        st.session_state[CHOSEN] = tuple(arrays[row].tolist())


def _picked() -> None:
    _choose(plane.picked(PLANE))


def _picked_row() -> None:
    event = st.session_state.get(Key.DEALS.of("table"))
    rows = event["selection"]["rows"] if event else []
    listed: list[int] = st.session_state.get(Key.DEALS.of("rows"), [])
    if rows and rows[0] < len(listed):
        _choose(listed[rows[0]])


def _select(found: Deals, rows: list[int], chosen: int) -> None:
    options = rows if chosen in rows else [chosen, *rows]
    st.session_state[LIST] = chosen
    st.selectbox(
        "Package",
        options,
        format_func=lambda row: packages.label(found, row),
        key=LIST,
        on_change=lambda: _choose(st.session_state[LIST]),
        help="Those that a rule picks, and those that no other package beats. Any other: put it together below, or "
        "click its point.",
    )


def _parts(found: Deals, chosen: int) -> None:
    """Draw a list for each part of the package, so that every package can be had without a pointer."""
    with st.expander("Put another package together"):
        for start in (0, 3):
            columns = st.columns(3, gap="small", vertical_alignment="bottom")
            for column, (place, label) in zip(columns, list(enumerate(PARTS))[start : start + 3], strict=True):
                key = PART + label
                state.hold(key, float(found.arrays.contents[chosen, place]))
                levels = packages.levels(found, place)
                column.selectbox(
                    label,
                    levels,
                    format_func=_yes_no if place >= SWITCHES and levels[-1] <= 1 else _whole,
                    key=key,
                    on_change=_put_together,
                    args=(found, chosen, place, key),
                )
        st.caption("Not every mixture can be had: the nearest that has what you chose last is shown.")


def _put_together(found: Deals, chosen: int, place: int, key: str) -> None:
    row = packages.with_part(found, chosen, place, st.session_state[key])
    st.session_state[CHOSEN] = tuple(found.arrays.contents[row].tolist())


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _yes_no(value: float) -> str:
    return "yes" if value else "no"


def _command(found: Deals, month: int, position: Position, signing: str) -> str:
    options = ["--grid", found.grid]
    options += ["--month", str(month)] if month else []
    options += ["--state", ",".join(f"{name}={value}" for name, value in position)] if position else []
    options += ["--parties", signing.replace(" ", "")] if signing != next(iter(SIGNATORIES)) else []
    return frame.command("deals", state.study(), options)
