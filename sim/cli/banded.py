"""Bands beside figures: p10 to p90 over the calibrated ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import varied
from sim.cli.output import decimal

if TYPE_CHECKING:
    from sim.analyse.calibration import Bands as OverEnsemble
    from sim.analyse.calibration import Paired
    from sim.forecast.result import Result
    from sim.scenario import Scenario

_WHOLE = 10  # persons from which a band has no decimals
NOTE = "a to b: p10 to p90 over the calibrated ensemble, on the fast grid"

Bands = Annotated[
    bool,
    typer.Option("--bands", help="Work out bands anew, with every draw of the calibrated ensemble (about a minute)."),
]


def with_bands(result: Result, scenario: Scenario, rationality: float | None) -> tuple[Result, OverEnsemble]:
    """Return the result with bands worked out now, and what they come from.

    What the scenario changes is changed in every draw.
    """
    from dataclasses import replace

    with varied.progress(f"Ensemble, {scenario.id}:") as tell:
        from sim.analyse.calibration import bands

        found = bands(scenario, months=len(result.months), rationality=rationality, on_done=tell)
    return replace(result, bands=found.bands()), found


def span(band: tuple[float, float], unit: str) -> str:
    """Write p10 to p90 as people read them: 12 to 240, or 9 to 58%."""
    low, high = (_short(value, unit) for value in band)
    if low == high or high == "<1%":
        return high
    return f"{low.removesuffix('%') if high.endswith('%') else low} to {high}"


def apart(found: Paired, unit: str) -> str:
    """Write a difference draw by draw, +57 (-42 to +730), and in what share of the ensemble there is more."""
    values = (found.p50, found.p10, found.p90)
    small = max(map(abs, values)) < _WHOLE
    middle, low, high = (_signed(value, unit, small=small) for value in values)
    same = 1.0 - found.more - found.less
    rest = f", the same in {same:.0%}" if same >= 0.005 else ""
    return f"{middle} ({low} to {high})\nmore in {found.more:.0%}{rest}"


def _signed(value: float, unit: str, *, small: bool) -> str:
    if unit == "probability":
        text = f"{100 * value:+.0f}"
    else:
        text = f"{value:+.2f}" if unit != "persons" else f"{value:+.1f}" if small else f"{value:+,.0f}"
    return text if float(text.replace(",", "")) else text[1:]


def cell(result: Result, outcome: str, month: int, unit: str) -> str:
    """Write one figure, with its band in a second line where there is one."""
    band = result.band(outcome, month)
    value = decimal(result.at(outcome, month), unit)
    return value if band is None else f"{value}\n{span(band, unit)}"


def _short(value: float, unit: str) -> str:
    if unit == "probability":
        return "<1%" if 0 < value < 0.01 else ">99%" if 0.99 < value < 1 else f"{value:.0%}"
    return f"{value:,.0f}" if unit == "persons" and abs(value) >= _WHOLE else decimal(value, unit)
