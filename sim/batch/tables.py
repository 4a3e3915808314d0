"""Results as tidy tables: one row an observation, rows in the order of the plan, equal bytes for equal results."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.forecast.result import OUTCOME_UNITS, Result

if TYPE_CHECKING:
    import pyarrow as pa

HEADLINE_MONTHS = (1, 3, 6, 12, 24)
Row = Mapping[str, Any]


def _outcomes(result: Result) -> Iterator[Row]:
    for outcome, values in result.outcomes.items():
        for month, value in zip(result.months, values, strict=True):
            yield {"outcome": outcome, "month": month, "value": value, "unit": OUTCOME_UNITS[outcome]}


def _quantiles(result: Result) -> Iterator[Row]:
    for name, values in result.quantiles.items():
        if name.endswith("_se"):
            continue
        for month, value, error in zip(result.months, values, result.quantiles[f"{name}_se"], strict=True):
            yield {
                "outcome": "freed",
                "quantile": int(name.removeprefix("p")) / 100,
                "month": month,
                "value": value,
                "standard_error": error,
                "unit": OUTCOME_UNITS["freed"],
            }


def _bands(result: Result) -> Iterator[Row]:
    for outcome, rows in (result.bands or {}).items():
        for level, values in rows.items():
            for month, value in zip(result.months, values, strict=True):
                yield {
                    "outcome": outcome,
                    "quantile": int(level.removeprefix("p")) / 100,
                    "month": month,
                    "value": value,
                    "unit": OUTCOME_UNITS[outcome],
                }


def _payoffs(result: Result) -> Iterator[Row]:
    for player, value in result.payoffs.items():
        yield {
            "player": player,
            "payoff": value,
            "payoff_total": result.payoffs_total[player],
            "unit": f"points of {player}",
        }


def _now(result: Result) -> Iterator[Row]:
    for turn, options in result.now.items():
        for rank, option in enumerate(options, start=1):
            yield {
                "turn": turn,
                "rank": rank,
                "proposer": option.proposer,
                "action": option.action,
                "proposed": option.proposed,
                "accepted": option.accepted,
                "probability": option.probability,
            }


def _first_deals(result: Result) -> Iterator[Row]:
    for kind, probability in result.first_deals.items():
        yield {"kind": kind, "probability": probability}


def _stock(result: Result) -> Iterator[Row]:
    for month, row in zip(result.months, result.stock["probability"], strict=True):
        for level, probability in zip(result.stock["levels"], row, strict=True):
            yield {"month": month, "prisoners": level, "probability": probability}


def headlines(result: Result) -> dict[str, Any]:
    """Return the one row that sums a scenario up: every outcome at the headline months, going price, first deal."""
    months = [month for month in HEADLINE_MONTHS if month in result.months]
    likeliest = max(result.first_deals, key=lambda kind: result.first_deals[kind])
    return {
        "title": result.title,
        "question": result.question,
        "scenario_hash": result.scenario_hash,
        "grid": result.grid,
        "seed": result.seed,
        **{f"{name}_{month}": result.at(name, month) for name in result.outcomes for month in months},
        **{f"price_{month}": result.price[result.months.index(month)] for month in months},
        "first_deal": likeliest,
        "p_first_deal": result.first_deals[likeliest],
    }


def _headlines(result: Result) -> Iterator[Row]:
    yield headlines(result)


_ROWS: Mapping[str, Callable[[Result], Iterator[Row]]] = {
    "outcomes": _outcomes,
    "bands": _bands,
    "quantiles": _quantiles,
    "payoffs": _payoffs,
    "now": _now,
    "first_deals": _first_deals,
    "stock": _stock,
    "headlines": _headlines,
}
_COLUMNS = {"bands": ("scenario", "outcome", "quantile", "month", "value", "unit")}
"""Columns of a table that may have no row."""
NAMES = tuple(f"{name}.parquet" for name in _ROWS)


def tables(results: Sequence[Result]) -> dict[str, bytes]:
    """Return the Parquet files of these results by file name.

    Every table has a column ``scenario``; months count from 1; values carry a column ``unit`` where it may vary. There
    is no time, no path and no number of a process in them, so equal results are equal bytes (under one version of
    pyarrow).
    """
    return {f"{name}.parquet": _parquet(_table(results, rows, _COLUMNS.get(name, ()))) for name, rows in _ROWS.items()}


def csv(*results: Result) -> bytes:
    """Return the monthly outcomes of forecasts as CSV (UTF-8): scenario, outcome, month, value, unit."""
    import csv as writing

    buffer = io.StringIO(newline="")
    writer = writing.writer(buffer, lineterminator="\n")
    writer.writerow(("scenario", "outcome", "month", "value", "unit"))
    for result in results:
        for row in _outcomes(result):
            writer.writerow((result.scenario, row["outcome"], row["month"], repr(row["value"]), row["unit"]))
    return buffer.getvalue().encode()


def _table(results: Sequence[Result], rows: Callable[[Result], Iterator[Row]], names: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [] for name in names}
    for result in results:
        for row in rows(result):
            for name, value in {"scenario": result.scenario, **row}.items():
                columns.setdefault(name, []).append(value)
    return pa.table({name: pa.array(values, type=_type(values)) for name, values in columns.items()})


def _type(values: Sequence[Any]) -> pa.DataType:
    """Return the column's type: words, whole numbers, or floats (also where nothing but None was seen)."""
    import pyarrow as pa

    kinds = {type(value) for value in values}
    if str in kinds:
        return pa.string()
    return pa.int64() if kinds == {int} else pa.float64()


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", version="2.6", data_page_version="1.0")
    return buffer.getvalue()
