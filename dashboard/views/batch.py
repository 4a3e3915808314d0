"""Batch: the results of a run on the command line, looked through, and any of them opened in Explore."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import results, state
from dashboard.components import drawing, frame, told
from dashboard.components.bands import MEANING
from dashboard.components.headline import FIGURES
from dashboard.components.multiples import multiples
from dashboard.keys import Key
from dashboard.navigation import PAGES
from dashboard.study import BASELINE, Study
from sim.errors import GrandDealError
from sim.forecast.result import OUTCOME_LABELS
from sim.report import words
from sim.scenario import catalogue, load

TITLE = "What came out of a batch?"
LEAD = "Folders that `grand-deal batch --out FOLDER` wrote, under the root that this server was started with."
FOLDER, FIND, OUTCOME = Key.BATCH.of("folder"), Key.BATCH.of("find"), Key.BATCH.of("outcome")
MONTH, RANGE, ROW, ORDER = Key.BATCH.of("month"), Key.BATCH.of("range"), Key.BATCH.of("row"), Key.BATCH.of("order")
PICTURES = 24
SPREAD = "Freed, p10 to p90"
ROOM = 52
"""Letters of a list of names that a column has room for."""
FEW, PROBLEMS = 3, 40


def view() -> None:
    """Draw the page."""
    frame.frame(TITLE, LEAD.replace("`", "“", 1).replace("`", "”", 1), scenario=False)
    if results.root() is None:
        frame.empty(
            "No folder was given",
            "Start the dashboard with grand-deal dashboard --results FOLDER, or from a folder that has one called "
            "results, to open batches here.",
        )
        st.code("grand-deal batch --out results/first\ngrand-deal dashboard --results results", language="bash")
        return
    names = results.folders()
    if not names:
        frame.empty("No batch here yet", "None of the folders under the root holds a finished batch.")
        st.code("grand-deal batch --out results/first", language="bash")
        return
    if st.session_state.get(FOLDER) not in names:
        st.session_state[FOLDER] = names[0]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.selectbox(
            f"Folder, newest first ({len(names)})",
            names,
            format_func=lambda each: "the root itself" if each == "." else each,
            key=FOLDER,
            width=420,
        )
        st.button("Look again", key=Key.BATCH.of("again"), help="Read the folders anew.")
    try:
        # it shows itself only where this takes a moment: the first time, in a folder of very many
        with st.spinner("Reading the results ..."):
            batch = results.opened(str(name))
    except GrandDealError as error:
        told.problem(str(error))
        return
    _problems(batch)
    if not batch.rows:
        frame.empty("Nothing to show", "No result in this folder could be read.")
        return
    _rows(batch)


def _problems(batch: results.Batch) -> None:
    when = batch.created[:16].replace("T", ", ")
    st.html(
        f'<p class="gd-note">{words.plural(len(batch.rows), "scenario")} on the {escape(batch.grid)} grid, '
        f"made {escape(when)}.</p>"
    )
    if not batch.problems:
        return
    with st.container(key="problems"):
        many = words.plural(len(batch.problems), "thing is", "things are")
        first = batch.problems[:FEW]
        st.warning("  \n".join([f"{many} missing or damaged; the rest is shown.", *map(told.plain, first)]))
        if len(batch.problems) > FEW:
            with st.expander(f"{len(batch.problems) - FEW} more"):
                for sentence in batch.problems[FEW:PROBLEMS]:
                    st.text(sentence)
                if len(batch.problems) > PROBLEMS:
                    st.text(f"and {len(batch.problems) - PROBLEMS} more")


def _rows(batch: results.Batch) -> None:
    columns = st.columns([0.3, 0.3, 0.4], gap="medium", vertical_alignment="bottom")
    outcome = str(columns[0].selectbox("Outcome", list(OUTCOME_LABELS), format_func=drawing.outcome, key=OUTCOME))
    last = min(len(row.result.months) for row in batch.rows)
    month = columns[1].slider("At the end of month", 1, last, value=last, key=f"{MONTH}:{last}") if last > 1 else 1
    looked = columns[2].text_input("Find by name, question or changed parameter", key=FIND, max_chars=60)
    rows = [row for row in batch.rows if _says(row, looked)]
    unit = drawing.unit(outcome)
    ends = [row.result.at(outcome, month) for row in rows]
    if len(set(ends)) > 1:
        low, high = min(ends), max(ends)
        scale = 100.0 if unit in ("probability", "share") else 1.0
        chosen = st.slider(
            f"Only those with {OUTCOME_LABELS[outcome]} between ({'%' if scale > 1 else unit})",
            scale * low,
            scale * high,
            (scale * low, scale * high),
            key=f"{RANGE}:{batch.name}:{outcome}:{month}:{looked}",
            format="%.0f" if unit in ("persons", "probability", "share") else "%.2f",
        )
        near = 1e-9 * max(1.0, abs(high))
        rows = [r for r in rows if chosen[0] / scale - near <= r.result.at(outcome, month) <= chosen[1] / scale + near]
    if not rows:
        frame.empty("Nothing fits", f"None of {words.plural(len(batch.rows), 'scenario')} says that. Ask for less.")
        return
    rows.sort(key=lambda row: -row.result.at(outcome, month))
    _open(rows)
    frame.section(f"{len(rows)} of {words.plural(len(batch.rows), 'scenario')}, highest first")
    multiples(rows[:PICTURES], outcome, month)
    if len(rows) > PICTURES:
        st.html(f'<p class="gd-note">Pictures of the first {PICTURES}; the table has them all.</p>')
    frame.section(f"All figures at the end of month {month}")
    _table(rows, month)
    with st.expander("The command that made this folder"):
        st.code(batch.command, language="bash", wrap_lines=True)
        st.caption(frame.NOTHING)


def _says(row: results.Row, looked: str) -> bool:
    text = " ".join([row.id, row.result.title, row.result.question, *row.changes]).lower()
    return looked.lower().strip() in text


def _open(rows: list[results.Row]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        titles = {row.id: row.result.title for row in rows}
        if st.session_state.get(ROW) not in titles:
            st.session_state[ROW] = rows[0].id
        chosen = st.selectbox("A scenario", list(titles), format_func=titles.__getitem__, key=ROW, width=420)
        go = st.button("Open in Explore", key=Key.BATCH.of("open"), type="primary")
    if not go:
        return
    row = next(row for row in rows if row.id == chosen)
    study, note = study_of(row)
    if not state.go(study):
        st.rerun()
    if note:
        state.tell(note)
    st.switch_page(frame.registered(PAGES[0]))


def study_of(row: results.Row) -> tuple[Study, str]:
    """Return a row as a study, and a sentence where it cannot be the same: read from a folder, it is checked anew."""
    shipped = {entry.id for entry in catalogue()}
    known = set(load(BASELINE).values())
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in row.changes.items() if name in known}
    base = row.id if row.id in shipped else BASELINE
    title = "" if row.id in shipped else "".join(c for c in row.result.title if c.isprintable())[:100]
    start = Study(base, (), title)
    if base != BASELINE:
        # what differs from the baseline holds the shipped scenario's own differences; what it lacks is the baseline's
        shipped_values = load(base).changed(load(BASELINE))
        values |= {name: theirs for name, (_, theirs) in shipped_values.items() if name not in values}
    try:
        study = start.entered({name: _written(value) for name, value in values.items()})
        same = study.resolved().hash == row.result.scenario_hash
    except GrandDealError as error:
        return start, f"Some of this result's values were refused; the scenario is shown without them. {error}"
    note = (
        "" if same else "This result was made with values that this version does not have; what could be read is shown."
    )
    return study, note


def _written(value: object) -> str:
    from dashboard.study import value_text

    return value_text(value) if isinstance(value, bool | int | float | str | tuple) else ""


def differs(names: list[str]) -> str:
    """Write what a scenario differs in so that no name is cut off; opened in Explore, it shows them all."""
    if not names:
        return "nothing"
    shown = names[:1]
    for name in names[1:]:
        if len(", ".join([*shown, name])) > ROOM - len(" and 99 more"):
            break
        shown.append(name)
    rest = len(names) - len(shown)
    return f"{', '.join(shown)} and {rest} more" if rest else ", ".join(shown)


def _table(rows: list[results.Row], month: int) -> None:
    columns: dict[str, list[object]] = {"Scenario": [row.result.title for row in rows]}
    for figure in FIGURES:
        scale = 100.0 if drawing.unit(figure.outcome) in ("probability", "share") else 1.0
        digits = 1 if scale > 1 else 0
        columns[figure.label] = [round(scale * row.result.at(figure.outcome, month), digits) for row in rows]
    if any(row.result.bands is not None for row in rows):
        columns[SPREAD] = [words.span(row.result, "freed", month, words.persons) for row in rows]
    columns["Differs from the baseline in"] = [differs(list(row.changes)) for row in rows]
    number = st.column_config.NumberColumn
    st.dataframe(
        columns,
        hide_index=True,
        key=Key.BATCH.of("table"),
        column_config={
            "Scenario": st.column_config.TextColumn(width=280),
            SPREAD: st.column_config.TextColumn(help=f"{MEANING}; where it is known", width=130),
            **{
                figure.label: number(
                    format="%.0f%%" if drawing.unit(figure.outcome) in ("probability", "share") else "localized",
                    help=figure.help,
                    width=90,
                )
                for figure in FIGURES
            },
        },
        alt=f"Headline outcomes of every scenario at the end of month {month}",
    )
