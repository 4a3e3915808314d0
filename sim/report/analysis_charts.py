"""Charts of analyses as SVG with their text alternatives; each ``key`` must be unique on a page.

A specification from `sim.report.analysis_specs`, filled with rows from the ``rows_...`` module of its section.
Functions take the JSON objects of the records (`to_json`), so that a page can also be drawn from a file. ``spec_...``
functions return the filled Vega-Lite specification, for a notebook or a dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import analysis_specs as specs
from sim.report import analysis_words as say
from sim.report import (
    rows_deals,
    rows_flip,
    rows_path,
    rows_power,
    rows_space,
    rows_stability,
    rows_why,
    space_specs,
    words,
)
from sim.report.analysis_values import signed
from sim.report.ladder import tall
from sim.report.rows import Rows
from sim.report.svg import to_svg, with_rows

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
Spec = dict[str, Any]


def spec_ladder(rows: Rows) -> Spec:
    """Rows of bars to both sides of a line."""
    return with_rows(specs.diverging_spec(), rows, height=tall(rows))


def spec_plane(window: Record) -> Spec:
    """The plane of gains of two capitals."""
    across, up = (say.name(player) for player in window["players"])
    x, y = tuple(window["x"]), tuple(window["y"])
    return with_rows(specs.plane_spec((x[0], x[1]), (y[0], y[1]), across, up), rows_deals.plane_rows(window))


def spec_curve(found: Record) -> Spec:
    """An outcome over one parameter."""
    rows, x, y = rows_flip.curve(found)
    return with_rows(specs.curve_spec(x, y, found["unit"]), rows)


def spec_map(stability: Record) -> Spec:
    """The map of positions."""
    return with_rows(specs.map_spec(), rows_stability.map_rows(stability))


def spec_path(path: Record, table: str) -> Spec:
    """Offers at one table by month."""
    rows, peak = rows_path.path_rows(path, table)
    return with_rows(specs.path_spec(peak, len(path["price"])), rows)


def terms_svg(decision: Record, key: str) -> str:
    """What speaks for one decision."""
    rows = rows_why.term_rows(decision)
    return to_svg(spec_ladder(rows), title=say.decision_title(decision), description=say.terms_text(decision), key=key)


def tornado_svg(dossier: Record, key: str, outcome: str | None = None, most: int = rows_flip.SWINGS_SHOWN) -> str:
    """Each parameter at the ends of its range."""
    rows = rows_flip.tornado_rows(dossier, outcome, most)
    text = say.tornado_text(dossier, outcome)
    return to_svg(spec_ladder(rows), title="Each parameter at both ends of its range", description=text, key=key)


def curve_svg(dossier: Record, found: Record, key: str) -> str:
    """Where one parameter crosses the level."""
    text = say.tipping_text(dossier, found)
    return to_svg(spec_curve(found), title=f"Tipping points of {found['parameter']['name']}", description=text, key=key)


def courses_svg(dossier: Record, found: Record, key: str) -> str:
    """An outcome by month over the range of one parameter."""
    rows, span = rows_space.courses(found)
    name = found["axes"][0]["name"]
    unit = found["units"][found["outcomes"][0]]
    fmt = ".0%" if unit in ("probability", "share") else ",.0f" if unit == "persons" else ",.1f"
    spec = with_rows(space_specs.courses_spec(span, max(found["months"]), fmt, rows_flip.token(name)), rows)
    title = f"{name} over its range"
    return to_svg(spec, title=title, description=say.courses_text(dossier, found), key=key)


def heat_svg(dossier: Record, found: Record, key: str) -> str:
    """An outcome over two parameters."""
    rows, across, up = rows_space.heat(found)
    title = " and ".join(axis["name"] for axis in found["axes"])
    spec = with_rows(space_specs.heat_spec(across, up), rows)
    return to_svg(spec, title=title, description=say.heat_text(dossier, found), key=key)


def shares_svg(dossier: Record, key: str) -> str:
    """Shares of variance."""
    rows = rows_space.shares(dossier)
    return to_svg(spec_ladder(rows), title="Shares of the variance", description=say.shares_text(dossier), key=key)


def trade_svg(box: Record, key: str) -> str:
    """The trade-off of a box."""
    spec = with_rows(space_specs.trade_spec(), rows_space.trade(box))
    return to_svg(spec, title="Coverage and density of ever smaller boxes", description=say.trade_text(box), key=key)


def stock_svg(result: Result, key: str) -> str:
    """How many are still held in the last month, as a distribution."""
    rows, peak, top = rows_why.stock_rows(result)
    title = f"People still held at month {words.last(result)}"
    return to_svg(
        with_rows(specs.stock_spec(peak, top), rows), title=title, description=say.stock_text(result), key=key
    )


def plane_svg(window: Record, key: str) -> str:
    """The plane of gains of two capitals."""
    across, up = (say.name(player) for player in window["players"])
    return to_svg(spec_plane(window), title=f"Gains of {across} and {up}", description=say.plane_text(window), key=key)


def gains_svg(label: str, gains: Mapping[str, float], reach: Mapping[str, float], key: str) -> str:
    """All four gains from one package."""
    text = say.gains_text(label, gains)
    return to_svg(spec_ladder(rows_deals.gain_rows(gains, reach)), title=label, description=text, key=key)


def gaining_svg(deals: Record, key: str) -> str:
    """From how many packages each capital gains."""
    rows = rows_deals.gaining_rows(deals)
    return to_svg(spec_ladder(rows), title="Who gains from how many", description=say.gaining_text(deals), key=key)


def values_svg(values: Mapping[str, float], title: str, key: str) -> str:
    """What a rule gives each capital, in points."""
    text = "; ".join(f"{say.name(player)} {signed(value)}" for player, value in values.items())
    return to_svg(spec_ladder(rows_power.value_rows(values)), title=title, description=f"{text} points.", key=key)


def together_svg(power: Record, outcome: str, unit: str, title: str, key: str) -> str:
    """An outcome under every coalition."""
    rows = rows_power.together_rows(power, outcome, unit)
    return to_svg(spec_ladder(rows), title=title, description=say.together_text(power, outcome, unit), key=key)


def path_svg(path: Record, table: str, key: str) -> str:
    """Offers at one table by month."""
    title = f"{words.turn_name(table)}: offers by month"
    return to_svg(spec_path(path, table), title=title, description=say.path_text(path, table), key=key)


def price_svg(path: Record, key: str) -> str:
    """The price by month."""
    rows, peak, last = rows_path.price_rows(path)
    spec = with_rows(specs.price_spec(peak, last), rows)
    return to_svg(spec, title="Price by month", description=say.price_text(path), key=key)


def map_svg(stability: Record, key: str) -> str:
    """The map of positions."""
    return to_svg(spec_map(stability), title="Map of positions", description=say.map_text(stability), key=key)
