"""The parameters of one capital, or of the world, as sliders and switches; and all of them as a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

import streamlit as st

from dashboard import state
from dashboard.components.look import CAPITALS, WORLD, marked, paint
from dashboard.keys import Key
from dashboard.study import BASELINE, balanced, names, parameters_of, value_text
from sim.report import words
from sim.scenario import ParameterInfo, Scenario, SettingInfo, load, parameter_info, resolve, setting_info
from sim.scenario.world import CONTACT, TALKS

if TYPE_CHECKING:
    from dashboard.study import Study

STEPS = 200
"""Into how many steps a plausible range is divided."""
FEW = 12
"""A whole number of at most so many values has a step for each."""
LEVELS = {"start.talks": TALKS, "start.contact": CONTACT}
CHANCES = "menu.recognition."
Info = ParameterInfo | SettingInfo


def payoffs(study: Study, scenario: Scenario, *, height: int) -> str:
    """Draw the capitals' tabs and the controls of the one that is chosen, which is returned."""
    chosen = st.segmented_control(
        "Whose payoffs",
        CAPITALS,
        default=CAPITALS[0],
        format_func=marked,
        key=Key.CAPITAL,
        required=True,
        label_visibility="collapsed",
        width="stretch",
        wrap=False,
    )
    assert isinstance(chosen, str)
    st.html(f"<style>.st-key-sliders{{--gd-accent:{paint().get(chosen, paint()['muted'])}}}</style>")
    with st.container(height=height, border=False, key="sliders"):
        for heading, members in groups(chosen):
            if heading:
                st.markdown(f"##### {heading}")
            for name in members:
                control(name, scenario, study)
    with st.container(key="changes"):
        st.caption(told(study))
    return chosen


def groups(chosen: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return headings and names of one tab. The world's also has where things stand and what may be offered."""
    if chosen != WORLD:
        return [("", parameters_of(chosen))]
    menu = parameters_of("menu")
    return [
        ("What no capital decides", parameters_of(WORLD)),
        ("Where things stand", parameters_of("start")),
        ("What may be offered", tuple(name for name in menu if not name.startswith(CHANCES))),
        ("Who gets to make the offer", tuple(name for name in menu if name.startswith(CHANCES))),
    ]


def info_of(name: str) -> Info:
    """Return what is known about a parameter or setting."""
    return parameter_info().get(name) or setting_info()[name]


def control(name: str, scenario: Scenario, study: Study) -> None:
    """Draw the control of one parameter or setting; its value is always the study's."""
    info, value = info_of(name), scenario.get(name)
    changed = name in study.overrides
    more = [f"was {shown(load(study.scenario).get(name))}"] if changed else []
    if not changed and value != info.value:
        more.append(f"baseline {shown(info.value)}")
    if beyond(info, value):
        more.append(f"beyond the plausible {info.low:g} to {info.high:g}")
    title = f"{'◂ ' if value != info.value else ''}{label(info, '; '.join(more))}"
    key = Key.PARAMETER.of(name)
    common: dict[str, Any] = {
        "label": title,
        "key": key,
        "help": about(info),
        "on_change": _moved,
        "args": (name,),
    }
    if isinstance(value, bool):
        state.hold(key, value)
        st.toggle(**common)
    elif name in LEVELS:
        state.hold(key, value)
        st.segmented_control(**common, options=LEVELS[name], required=True, width="stretch")
    elif isinstance(info, SettingInfo):
        state.hold(key, shown(value))
        st.text_input(**common, max_chars=100)
    elif math.isinf(value):
        st.caption(f"{label(info)}: infinite, always the best option")
        st.button("Make it finite", key=key, on_click=_set, args=(name, info.value), help=about(info))
    elif info.low == info.high:
        state.hold(key, value)
        st.number_input(**common, step=1 if isinstance(value, int) else 0.01)
    else:
        _slider(info, value, load(study.scenario).get(name), common)


def beyond(info: Info, value: Any) -> TypeGuard[ParameterInfo]:
    """Return whether a value, though allowed, lies outside the plausible range."""
    return isinstance(info, ParameterInfo) and info.low < info.high and not info.low <= value <= info.high


def _slider(info: ParameterInfo, value: float, shipped: float, common: dict[str, Any]) -> None:
    """The ends are those of the plausible range, or further out where the value or the shipped one is."""
    number = value if isinstance(value, int) else float(value)
    if not state.hold(common["key"], number):
        common = {**common, "value": number}  # with other ends it is another widget to Streamlit, and starts from here
    finite = [float(v) for v in (value, shipped) if math.isfinite(v)]
    low, high = min(info.low, *finite), max(info.high, *finite)
    if isinstance(value, int):
        few = info.high - info.low <= FEW
        st.slider(**common, min_value=int(low), max_value=int(high), step=1 if few else max(1, round(step(info))))
    else:
        st.slider(**common, min_value=low, max_value=high, step=step(info), format=f"%.{decimals(info)}f")


def _set(name: str, value: float) -> None:
    state.change({name: value})


def _moved(name: str) -> None:
    value = st.session_state[Key.PARAMETER.of(name)]
    if name.startswith(CHANCES):
        state.change(balanced(state.scenario(), name, value))
    elif name in LEVELS or not isinstance(value, str):
        state.change({name: value})
    else:
        state.enter({name: value})


def label(info: Info, more: str = "") -> str:
    """Return what a parameter means and its unit; plain words, since screen readers read a label as it stands."""
    return f"{info.meaning[:1].upper()}{info.meaning[1:]} ({'; '.join(filter(None, (info.unit, more)))})"


def about(info: Info) -> str:
    """Return unit, range, source and name of a parameter: what its help shows."""
    backing = backed(info)
    if isinstance(info, SettingInfo):
        scope = f"{info.unit}. Allowed: {info.allowed}; the baseline has {shown(info.value)}"
    elif info.low == info.high:
        scope = f"{info.unit}. Allowed: {info.allowed}; the baseline has {info.value:g}"
    else:
        scope = f"{info.unit}. Plausible: {info.low:g} to {info.high:g}; the baseline has {info.value:g}"
    return (
        f"{info.meaning[:1].upper()}{info.meaning[1:]}. Unit: {scope}. Source: {backing}. {info.reason} `{info.name}`"
    )


def backed(info: Info) -> str:
    """Say what a value rests on: a paragraph of the article and the passage's id, or an assumption."""
    if info.source in ("", "assumption"):
        return "assumption"
    numbers = resolve(info.source).paragraphs
    where = f"paragraph{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))} of the article"
    return f"{where} ({info.source})"


def shown(value: Any) -> str:
    """Write a value for reading: lists without brackets, switches as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return words.number(value)


def step(info: ParameterInfo) -> float:
    """Return a round step: the plausible range has about `STEPS` of them."""
    rough = (info.high - info.low) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= rough)


def decimals(info: ParameterInfo) -> int:
    """Return how many decimals the steps need."""
    return max(0, -math.floor(math.log10(step(info))))


def told(study: Study) -> str:
    """Say how many parameters were changed, which first, and how many the shipped scenario itself changes."""
    total = len(names())
    shipped = len(load(study.scenario).changed(load(BASELINE)))
    itself = f" {load(study.scenario).title} itself differs from the baseline in {shipped}." if shipped else ""
    if not study.changes:
        return f"0 of {total} changed.{itself}"
    listed = ", ".join(name for name, _ in study.changes[:3])
    more = f" and {len(study.changes) - 3} more" if len(study.changes) > 3 else ""
    return f"{len(study.changes)} of {total} changed: {listed}{more}.{itself}"


# --- the table --------------------------------------------------------------------------------------------------------


def table(study: Study, scenario: Scenario) -> None:
    """Draw every parameter and setting as a row; its value can be typed over, ``inf`` and lists included."""
    generation, at = st.session_state.get(Key.TABLE_AT, (0, study))
    if at != study:  # something else changed the study: what was typed belongs to another one
        generation += 1
    st.session_state[Key.TABLE_AT] = (generation, study)
    key = Key.EDITOR.of(str(generation))
    text = st.column_config.TextColumn
    st.data_editor(
        rows(study, scenario),
        key=key,
        hide_index=True,
        disabled=["changed", "name", "meaning", "baseline", "plausible", "unit", "source"],
        column_config={
            "changed": text("◂", width=28, help="◂ marks what differs from the baseline"),
            "name": text("Name", width=225),
            "value": text("Value", width=90, required=True, max_chars=100, help="Type over it; inf is infinite"),
            "baseline": text("Baseline", width=80),
            "plausible": text("Plausible", width=105),
            "unit": text("Unit", width=140),
            "meaning": text("Meaning", width=330),
            "source": text("Source", width=185),
        },
        height=420,
        row_height=46,  # two lines: meanings are long
        on_change=_typed,
        args=(key,),
        alt="All parameters and settings: name, value, baseline, plausible range, unit, meaning and source",
    )


def rows(study: Study, scenario: Scenario) -> dict[str, list[str]]:
    """Return the table's columns, one entry a parameter or setting, all as text."""
    columns: dict[str, list[str]] = {
        name: [] for name in ("changed", "name", "value", "baseline", "plausible", "unit", "meaning", "source")
    }
    for name, value in scenario.values().items():
        info = info_of(name)
        ranged = isinstance(info, ParameterInfo) and info.low != info.high
        plausible = f"{info.low:g} to {info.high:g}" if isinstance(info, ParameterInfo) and ranged else ""
        entry = {
            "changed": "◂" if value != info.value else "",
            "name": name,
            "value": _text(value),
            "baseline": _text(info.value),
            "plausible": plausible,
            "unit": info.unit,
            "meaning": info.meaning,
            "source": backed(info),
        }
        for column, cell in entry.items():
            columns[column].append(cell)
    return columns


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return shown(value)
    return words.number(value) if not isinstance(value, bool) else value_text(value)


def _typed(key: str) -> None:
    edited: dict[int, dict[str, str]] = st.session_state[key]["edited_rows"]
    order = names()
    texts = {order[row]: str(cells["value"]) for row, cells in edited.items() if "value" in cells}
    generation, _ = st.session_state[Key.TABLE_AT]
    went = state.enter(texts)
    # what was refused must not stay in the table as if it had been taken
    st.session_state[Key.TABLE_AT] = (generation if went else generation + 1, state.study())
