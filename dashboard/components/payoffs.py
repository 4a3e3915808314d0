"""The parameters of one capital, or of the world, as sliders."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import state
from dashboard.components.look import CAPITALS, named
from dashboard.keys import Key
from dashboard.study import parameters_of
from sim.scenario import ParameterInfo, Scenario, parameter_info

if TYPE_CHECKING:
    from dashboard.study import Study

STEPS = 200
"""Into how many steps a plausible range is divided."""
MARK = "•"


def payoffs(study: Study, scenario: Scenario, *, height: int) -> None:
    """Draw the capitals' tabs and the sliders of the one that is chosen; moving one goes a step on."""
    chosen = st.segmented_control(
        "Whose payoffs",
        CAPITALS,
        default=CAPITALS[0],
        format_func=named,
        key=Key.CAPITAL,
        required=True,
        label_visibility="collapsed",
        width="stretch",
        wrap=True,
    )
    changed = dict(study.changes)
    names = parameters_of(chosen)
    infos = parameter_info()
    with st.container(height=height, border=False, key="sliders"):
        for name in names:
            slider(infos[name], float(scenario.get(name)), name in changed)
    st.caption(told(changed, names, len(infos)))


def slider(info: ParameterInfo, value: float, changed: bool) -> None:
    """Draw one parameter's slider. Its ends are those of the plausible range, or further where the value is."""
    if info.low == info.high or math.isinf(value):
        st.caption(f"{label(info)}: {value:g} {info.unit} (no range to move in)")
        return
    key = Key.PARAMETER.of(info.name)
    st.session_state[key] = value
    st.slider(
        f"{MARK} {label(info)}" if changed else label(info),
        min_value=min(info.low, value),
        max_value=max(info.high, value),
        step=step(info),
        format=f"%.{decimals(info)}f",
        help=about(info),
        key=key,
        on_change=_moved,
        args=(info.name,),
    )


def _moved(name: str) -> None:
    state.change({name: st.session_state[Key.PARAMETER.of(name)]})


def label(info: ParameterInfo) -> str:
    """Return what a parameter means, short enough for one line."""
    return info.meaning[:1].upper() + info.meaning[1:]


def about(info: ParameterInfo) -> str:
    """Return unit, range, source and name of a parameter: what its help shows."""
    backing = "assumption" if info.assumed else f"passage `{info.source}`"
    return (
        f"`{info.name}`, {info.unit}. Plausible: {info.low:g} to {info.high:g}; the baseline has {info.value:g}. "
        f"Source: {backing}. {info.reason}"
    )


def step(info: ParameterInfo) -> float:
    """Return a round step: the plausible range has about `STEPS` of them."""
    rough = (info.high - info.low) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= rough)


def decimals(info: ParameterInfo) -> int:
    """Return how many decimals the steps need."""
    return max(0, -math.floor(math.log10(step(info))))


def told(changed: dict[str, object], here: tuple[str, ...], total: int) -> str:
    """Say how many parameters differ, and name those of other capitals, which cannot be seen."""
    if not changed:
        return f"0 of {total} changed."
    named_ = ", ".join(f"`{name}`" for name in list(changed)[:3])
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return f"{len(changed)} of {total} changed: {named_}{more}."
