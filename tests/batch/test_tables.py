"""Tables: every number of a result in its row, and equal bytes for equal results."""

from __future__ import annotations

import io
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from sim.batch.tables import HEADLINE_MONTHS, NAMES, tables
from sim.forecast.result import OUTCOME_UNITS, Result
from tests.batch import samples


@pytest.fixture(scope="module")
def some() -> tuple[Result, ...]:
    return samples.some("no-buyer", "baseline")


def rows(data: bytes) -> list[dict[str, object]]:
    return pq.read_table(io.BytesIO(data)).to_pylist()


def test_one_file_a_table(some: tuple[Result, ...]) -> None:
    assert tuple(tables(some)) == NAMES
    assert set(NAMES) == {
        f"{name}.parquet"
        for name in ("outcomes", "bands", "quantiles", "payoffs", "now", "first_deals", "stock", "headlines")
    }


def test_bands_are_rows_where_there_are_any(some: tuple[Result, ...]) -> None:
    columns = ["scenario", "outcome", "quantile", "month", "value", "unit"]
    without = tuple(replace(result, bands=None) for result in some)
    empty = pq.read_table(io.BytesIO(tables(without)["bands.parquet"]))
    assert (empty.num_rows, empty.column_names) == (0, columns)
    months = len(some[0].months)
    made = {level: tuple(float(place + t) for t in range(months)) for place, level in enumerate(("p10", "p50", "p90"))}
    found = rows(tables((without[0], replace(some[1], bands={"freed": made})))["bands.parquet"])
    assert list(found[0]) == columns
    assert [(row["quantile"], row["month"], row["value"]) for row in found] == [
        (level, month, place + month - 1.0)
        for place, level in enumerate((0.1, 0.5, 0.9))
        for month in range(1, months + 1)
    ]
    assert {(row["scenario"], row["unit"]) for row in found} == {("baseline", "persons")}


def test_equal_results_give_equal_bytes(some: tuple[Result, ...]) -> None:
    again = [Result.from_record(result.to_record()) for result in some]
    assert tables(some) == tables(again)
    assert tables(some)["outcomes.parquet"] != tables(some[::-1])["outcomes.parquet"]  # rows follow the plan


def test_outcomes(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["outcomes.parquet"])
    expected = [
        {
            "scenario": result.scenario,
            "outcome": name,
            "month": month,
            "value": result.at(name, month),
            "unit": OUTCOME_UNITS[name],
        }
        for result in some
        for name in result.outcomes
        for month in result.months
    ]
    assert found == expected


def test_quantiles_carry_their_standard_error(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["quantiles.parquet"])
    assert {row["quantile"] for row in found} == {0.1, 0.5, 0.9}
    last = [row for row in found if row["scenario"] == "baseline" and row["quantile"] == 0.5][-1]
    result = some[1]
    assert last["value"] == result.quantiles["p50"][-1]
    assert last["standard_error"] == result.quantiles["p50_se"][-1]
    assert last["unit"] == "persons"


def test_payoffs_have_no_common_unit(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["payoffs.parquet"])
    assert [row["player"] for row in found] == [player for result in some for player in result.payoffs]
    assert all(row["unit"] == f"points of {row['player']}" for row in found)


def test_now_ranks_options(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["now.parquet"])
    assert len(found) == sum(len(options) for result in some for options in result.now.values())
    assert found[0]["rank"] == 1
    assert found[0]["probability"] == next(iter(some[0].now.values()))[0].probability


def test_stock_sums_to_one_each_month(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["stock.parquet"])
    mass: dict[tuple[object, object], float] = {}
    for row in found:
        place = (row["scenario"], row["month"])
        mass[place] = mass.get(place, 0.0) + float(row["probability"])  # type: ignore[arg-type]
    assert len(mass) == 2 * len(some[0].months)
    assert all(value == pytest.approx(1) for value in mass.values())


def test_first_deals(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["first_deals.parquet"])
    assert {row["kind"] for row in found if row["scenario"] == "baseline"} == set(some[1].first_deals)


def test_headlines_are_one_row_a_scenario(some: tuple[Result, ...]) -> None:
    found = rows(tables(some)["headlines.parquet"])
    assert [row["scenario"] for row in found] == ["no-buyer", "baseline"]
    for row, result in zip(found, some, strict=True):
        assert row["title"] == result.title
        for name in result.outcomes:
            assert [row[f"{name}_{month}"] for month in HEADLINE_MONTHS] == [
                result.at(name, month) for month in HEADLINE_MONTHS
            ]
        assert row["p_first_deal"] == max(result.first_deals.values())


def test_a_price_may_be_missing_everywhere(some: tuple[Result, ...]) -> None:
    record = some[0].to_record()
    record["price"] = [None] * len(some[0].months)
    table = pq.read_table(io.BytesIO(tables([Result.from_record(record)])["headlines.parquet"]))
    assert table["price_24"].null_count == 1
    assert str(table.schema.field("price_24").type) == "double"


def test_no_results_at_all() -> None:
    assert all(rows(data) == [] for data in tables(()).values())
