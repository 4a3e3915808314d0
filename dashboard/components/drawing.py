"""What drawings of analyses share: a specification put on paper, axes, and how a figure is written."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from dashboard.components import vega
from dashboard.components.look import paint
from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS
from sim.report import words
from sim.scenario import parameter_info

MINUS = "−"
_HYPHEN = re.compile(r"(?<![\w-])-(?=[\d.])")


def minus(text: str) -> str:
    """Write the negative numbers of a text with a true minus, as charts do; hyphens in words stay."""
    return _HYPHEN.sub(MINUS, text)


def draw(spec: dict[str, Any], *, key: str, height: int, alt: str) -> None:
    """Draw a specification of layers in the page's colours; layers whose data set is empty are left out."""
    sets = spec.get("datasets", {})
    layers = [layer for layer in spec["layer"] if sets.get(layer.get("data", {}).get("name"), True)]
    whole = {**vega.frame(paint(), right=16, top=22), **spec, "layer": layers}
    st.vega_lite_chart(whole, theme=None, width="stretch", height=height, alt=alt, key=key)


def upright(title: str) -> dict[str, Any]:
    """Return an axis on the left whose title stands above it, unturned."""
    return {"title": title, **vega.above(40), "tickCount": 5}


def across(title: str) -> dict[str, Any]:
    """Return an axis at the bottom with few labels."""
    return {"title": title, "grid": False, "titleLimit": 700, "tickCount": 6, "labelFlush": False}


def form(unit: str) -> str:
    """Return how labels of an outcome's axis are written, in d3's words."""
    return ".0%" if unit in ("probability", "share") else ",.0f" if unit == "persons" else ".2~f"


def figure(value: float | None, unit: str) -> str:
    """Write a value of an outcome with as many digits as mean something."""
    if value is None:
        return "not computed"
    if unit in ("probability", "share"):
        return words.percent(value)
    if unit == "persons":
        return words.persons(value)
    return minus(f"{value:.2f}")


def outcome(name: str) -> str:
    """Return an outcome's name in words."""
    text = OUTCOME_LABELS[name]
    return text[:1].upper() + text[1:]


def unit(name: str) -> str:
    """Return an outcome's unit."""
    return OUTCOME_UNITS[name]


def parameter(name: str) -> str:
    """Return what a parameter means, beginning with a capital letter and with the capital whose it is."""
    meaning = parameter_info()[name].meaning
    owner = name.partition(".")[0]
    whose = "" if owner in ("world", "menu", "start") else f"{owner.capitalize()}: "
    return f"{whose}{meaning}" if whose else meaning[:1].upper() + meaning[1:]


def value(number: float) -> str:
    """Write a value of a parameter."""
    return minus(f"{number:.4g}")
