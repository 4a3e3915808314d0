"""Taking a study away and bringing one in: link, scenario file, data, figures, report, and the commands for it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import state
from dashboard.keys import Key
from dashboard.study import Study, of_scenario, value_text
from sim.errors import Problem, ScenarioError
from sim.scenario import Scenario, load, to_toml

if TYPE_CHECKING:
    from sim.forecast import Result

LARGEST_FILE = 200_000
"""Bytes; a scenario file with every parameter and comments has a tenth of that."""


def share(study: Study, scenario: Scenario, result: Result | None, other: Result | None = None) -> None:
    """Draw the menu of what can be taken away; its contents are made when it is opened.

    With a state pinned as B, data and report hold both; ``other`` is its forecast.
    """
    pinned = state.pinned()
    menu = st.popover("Share", key=Key.SHARE, on_change="rerun", help="Link, scenario file, data, figures, report")
    if not menu.open:
        return
    with menu:
        st.markdown("**Link** to this view")
        st.code(address(), language=None, wrap_lines=True)
        st.markdown("**Scenario file**, for the command line or to open here again")
        st.download_button(
            "Save scenario (TOML)",
            to_toml(scenario),
            f"{_name(study)}.toml",
            "application/toml",
            key=Key.SAVE,
            on_click="ignore",
        )
        if result is not None:
            _exports(study, result, None if pinned is None else other)
        st.markdown("**Reproduce** these figures")
        st.code(command(study, result), language="bash", wrap_lines=True)
        st.code(python(study, result), language="python", wrap_lines=True)
        if pinned is not None:
            st.markdown("and those of **B**")
            st.code(command(pinned, other), language="bash", wrap_lines=True)


def open_file() -> None:
    """Draw the menu that brings a scenario file in."""
    with st.popover("Open", key=Key.OPEN, help="A scenario file saved before, or written by hand"):
        st.file_uploader(
            "A scenario file (TOML)",
            type="toml",
            key=Key.LOAD,
            on_change=_opened,
            help="It is read as data; nothing in it is run. It may extend any shipped scenario.",
        )


def _exports(study: Study, result: Result, other: Result | None) -> None:
    name = _name(study)
    st.markdown("**Data, figures, report**" + (" (all with B)" if other is not None else ""))
    with st.container(horizontal=True, gap="small"):
        kinds: Mapping[str, tuple[str, str]] = {
            "CSV": ("csv", "text/csv"),
            "Parquet": ("parquet", "application/vnd.apache.parquet"),
            "Report (HTML)": ("html", "text/html"),
            "People (SVG)": ("people.svg", "image/svg+xml"),
            "People (PNG)": ("people.png", "image/png"),
            "Relief (SVG)": ("relief.svg", "image/svg+xml"),
            "Relief (PNG)": ("relief.png", "image/png"),
        }
        for label, (suffix, kind) in kinds.items():
            st.download_button(
                label,
                partial(exported, result, suffix, other),
                f"{name}.{suffix}",
                kind,
                key=Key.EXPORT.of(suffix.replace(".", "-")),
                on_click="ignore",
            )


def exported(result: Result, suffix: str, other: Result | None = None) -> bytes:
    """Return a forecast as a file: monthly outcomes (csv, parquet), its report (html), or a chart (people.svg, ...).

    ``other``, the one pinned as B, stands beside it: in data and report under its own id with ``-b`` behind it.
    """
    both = [result] if other is None else [result, replace(other, scenario=f"{other.scenario}-b")]
    if suffix == "parquet":
        from sim.batch.tables import tables

        return tables(both)["outcomes.parquet"]
    if suffix == "csv":
        from sim.batch.tables import csv

        return csv(*both)
    if suffix == "html":
        from sim.report import render

        return render(both, {}).encode()
    from sim.report.charts import chart_file

    what, kind = suffix.split(".")
    return chart_file([result] if other is None else [result, replace(other, title=f"B: {other.title}")], what, kind)


def address() -> str:
    """Return the full address of what is shown."""
    from urllib.parse import urlencode

    query = urlencode([(name, value) for name, values in state.link().items() for value in values], safe=":,[]")
    base = str(st.context.url or "").split("?")[0]
    return f"{base}?{query}" if query else base


def command(study: Study, result: Result | None) -> str:
    """Return the command that prints the same figures."""
    words = ["grand-deal", "run", study.scenario]
    for name, value in study.changes:
        words += ["--set", f"{name}={value_text(value)}"]
    return shlex.join([*words, "--grid", result.grid if result else "default"])


def python(study: Study, result: Result | None) -> str:
    """Return Python that computes the same figures."""
    pairs = ", ".join(f"{name!r}: {_literal(value)}" for name, value in study.changes)
    changes = f", {{{pairs}}}" if pairs else ""
    return (
        f"import sim\n\nresult = sim.run({study.scenario!r}{changes}, grid={result.grid if result else 'default'!r})\n"
    )


def _literal(value: object) -> str:
    return 'float("inf")' if isinstance(value, float) and math.isinf(value) else repr(value)


def _opened() -> None:
    file = st.session_state[Key.LOAD]
    if file is None:
        return
    try:
        state.open_study(opened(file.name, file.getvalue()))
    except ScenarioError as error:
        state.tell(*(str(problem) for problem in error.problems))


def opened(name: str, data: bytes) -> Study:
    """Read a scenario file as a study.

    Raises
    ------
    ScenarioError : it is none; all problems at once, under the name of the file.
    """
    import tempfile
    from pathlib import Path

    shown = "".join(c for c in name if c.isprintable())[:80] or "the file"
    if len(data) > LARGEST_FILE:
        raise ScenarioError([Problem(shown, "size", f"{len(data):,} bytes", f"at most {LARGEST_FILE:,} bytes")])
    # read from an empty folder, so that it can extend nothing but a shipped scenario
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uploaded.toml"
        path.write_bytes(data)
        try:
            return of_scenario(load(path))
        except ScenarioError as error:
            raise ScenarioError([_renamed(problem, str(path), shown) for problem in error.problems]) from None


def _renamed(problem: Problem, path: str, name: str) -> Problem:
    """Tell of a file under the name that the user knows, not under that of this machine's copy."""
    texts = (problem.file, problem.key, problem.found, problem.allowed, problem.hint)
    return Problem(*(text.replace(path, name) for text in texts))


def _name(study: Study) -> str:
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in (study.title or study.scenario)).split())
