"""Evidence: what the article says, what we assume, and what the model shows, kept apart."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import state
from dashboard.components import claims, frame, jobs_panel
from dashboard.components.payoffs import Info, shown
from dashboard.components.tables import listed
from dashboard.keys import Key
from sim.report import words
from sim.scenario import ParameterInfo, evidence, parameter_info, setting_info
from sim.scenario.evidence import Claim, Event, Fact
from sim.scenario.layers import ASSUMPTION

TITLE = "What does each number rest on?"
PARAGRAPHS, CLAIMS, NUMBERS, EVENTS = "By paragraph", "Claims", "Every number", "Dated events"
CHAPTER = Key.EVIDENCE.of("chapter")
KINDS = {"all": "all", "passage": "rest on a passage", "assumed": "are assumptions"}


def view() -> None:
    """Draw the page."""
    article = evidence().article
    frame.frame(TITLE, f"One source: {article.reference} {article.kind[:1].upper()}{article.kind[1:]}.")
    chapter = st.segmented_control(
        "Look at",
        [PARAGRAPHS, CLAIMS, NUMBERS, EVENTS],
        default=PARAGRAPHS,
        key=CHAPTER,
        required=True,
        label_visibility="collapsed",
    )
    {CLAIMS: _claims, NUMBERS: _numbers, EVENTS: _events}.get(str(chapter), _paragraphs)()


def _paragraphs() -> None:
    st.html(
        '<div class="gd-three gd-three-head" role="note">'
        '<div class="gd-said"><h2 class="gd-heading">The article says</h2>'
        '<p class="gd-note">in our words, by paragraph</p></div>'
        '<div class="gd-assumed"><h2 class="gd-heading">We assume</h2>'
        '<p class="gd-note">a passage gives a direction, hardly ever a figure: the figures are ours</p></div>'
        '<div class="gd-shown"><h2 class="gd-heading">The model shows</h2>'
        '<p class="gd-note">the claims, put to the test on the baseline</p></div></div>'
    )
    found = evidence()
    cited: dict[str, list[str]] = {}
    for name, info in _info().items():
        cited.setdefault(info.source, []).append(name)
    parts = [_paragraph(number, cited) for number in range(1, found.article.paragraphs + 1)]
    st.html("".join(parts))
    rest = len(cited.get(ASSUMPTION, ())) + len(cited.get("", ()))
    st.html(f'<p class="gd-note">{rest} numbers and settings rest on no passage at all: see “{NUMBERS}”.</p>')


def _paragraph(number: int, cited: dict[str, list[str]]) -> str:
    """Return one paragraph; an entry that spans several stands where it begins."""
    entries = [entry for entry in evidence().entries() if entry.paragraphs[0] == number]
    if not entries:
        return ""
    said, assumed, shows = [], [], []
    for entry in entries:
        also = f" (also ¶ {', '.join(map(str, entry.paragraphs[1:]))})" if len(entry.paragraphs) > 1 else ""
        said.append(f"<p>{escape(_says(entry))}{also}</p>")
        names = cited.get(entry.id, [])
        if names:
            listed_names = ", ".join(f"<code>{escape(name)}</code>" for name in names)
            assumed.append(f"<p>{escape(_short(entry))}: {listed_names}</p>")
        if isinstance(entry, Claim):
            marks = "; ".join(
                f"{entry.number}{check.part} {escape(claims.status(str(check.status or check.expected)))}"
                for check in entry.checks
            )
            shows.append(f"<p><b>{marks}.</b> {escape(entry.shows)}</p>")
    nothing = '<p class="gd-note">–</p>'
    return (
        f'<section class="gd-three" aria-label="Paragraph {number}"><h3 class="gd-para">¶ {number}</h3>'
        f'<div class="gd-said">{"".join(said)}</div><div class="gd-assumed">{"".join(assumed) or nothing}</div>'
        f'<div class="gd-shown">{"".join(shows) or nothing}</div></section>'
    )


def _says(entry: Fact | Claim | Event) -> str:
    if isinstance(entry, Fact):
        return entry.says
    if isinstance(entry, Claim):
        return f"Claim {entry.number}: {entry.claim}"
    return f"{entry.when[:1].upper()}{entry.when[1:]}: {entry.what}"


def _short(entry: Fact | Claim | Event) -> str:
    return f"from “{entry.id.replace('-', ' ')}”"


def _claims() -> None:
    scenario = state.scenario()
    found = jobs_panel.answer(
        claims.PIECE,
        scenario,
        claims.COMMAND,
        label="Check all claims for these payoffs",
        note="About half a minute, on the fast grid. Until then: statuses and figures as kept for the baseline.",
    )
    if found is not None:
        st.html(f'<p class="gd-note">Checked for: {escape(str(state.study()))}, on the fast grid.</p>')
    claims.table(found)
    frame.reproduce(frame.command("claims", state.study(), ["--grid", "fast"]))


def _numbers() -> None:
    info = _info()
    kind = st.segmented_control(
        "Which numbers",
        list(KINDS),
        format_func=lambda name: f"{sum(_is(name, each.source) for each in info.values())} {KINDS[name]}",
        default="all",
        key=Key.EVIDENCE.of("kind"),
        required=True,
        label_visibility="collapsed",
    )
    looked = st.text_input("Find a number by name, meaning or reason", key=Key.EVIDENCE.of("find"), max_chars=60)
    study, scenario = state.study(), state.scenario()
    rows = []
    for name, each in info.items():
        text = f"{name} {each.meaning} {each.reason} {each.source}".lower()
        if not _is(str(kind), each.source) or looked.lower().strip() not in text:
            continue
        value = shown(scenario.get(name))
        ranged = isinstance(each, ParameterInfo) and each.low != each.high
        plausible = f"{each.low:g} to {each.high:g}" if isinstance(each, ParameterInfo) and ranged else "–"
        mark = "◂ " if name in study.overrides else ""
        rows.append(
            [
                f"{each.meaning[:1].upper()}{each.meaning[1:]}\n{name}",
                f"{mark}{value}\n{each.unit}",
                plausible,
                f"{_kind(each.source)}\n{each.reason}",
            ]
        )
    if not rows:
        frame.empty("Nothing found", f"No number says “{looked}”. Try another word, or fewer letters.")
        return
    with st.container(key="cards-numbers"):
        listed(["What it is", "Value here", "Plausible", "Where it comes from"], rows)
    st.html('<p class="gd-note">◂ marks what you changed. “Plausible” is a range that we chose before any result.</p>')


def _info() -> dict[str, Info]:
    return {**parameter_info(), **setting_info()}


def _is(kind: str, source: str) -> bool:
    return kind == "all" or (kind == "assumed") == (source in (ASSUMPTION, ""))


def _kind(source: str) -> str:
    """Return where a number comes from: the passage in words with its paragraph, or the word assumption."""
    if source in (ASSUMPTION, ""):
        return "Assumption"
    entry = next(entry for entry in evidence().entries() if entry.id == source)
    return f"¶ {', '.join(map(str, entry.paragraphs))}: {_says(entry)}"


def _events() -> None:
    found = evidence()
    freed = sum(event.released or 0 for event in found.ledger)
    st.html(
        '<p class="gd-lead">From January to June 2025 the article tells of '
        f"{words.plural(len(found.ledger), 'release')}, {freed} people together, "
        f"{words.plural(sum(event.leaders for event in found.ledger), 'senior leader')} among them. Behind every "
        "number stands a person who was in prison.</p>"
    )
    rows = [
        [
            event.when,
            event.what,
            "–"
            if event.released is None
            else f"{event.released}" + (f"\n{event.leaders} leader" if event.leaders else ""),
            ", ".join(part for part, there in (("a visit", event.contact), ("relief", event.relief)) if there) or "–",
            "yes" if event.in_ledger else "–",
            ", ".join(map(str, event.paragraphs)),
        ]
        for event in found.events
    ]
    with st.container(key="cards-dated"):
        listed(["When", "What happened", "Freed", "Visible in return", "In the ledger", "¶"], rows, right=(2, 5))
    st.html(
        '<p class="gd-note">The ledger is what a forecast from January 2025 is held to. Nothing later than 21 June '
        "2025 entered any choice in the model.</p>"
    )
