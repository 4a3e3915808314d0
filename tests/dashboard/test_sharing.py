"""What is taken away says the same as the page; what is brought in is data and nothing else."""

from __future__ import annotations

import io
import math
import shlex
from contextlib import suppress
from xml.etree import ElementTree

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.components.sharing import LARGEST_FILE, command, exported, opened, python
from dashboard.study import BASELINE, Study
from dashboard.work import sealed
from sim.errors import ScenarioError
from sim.forecast import Result
from sim.forecast.run import run
from sim.model import Grid
from sim.scenario import load

CHANGED = Study("no-buyer").with_changes(
    {"minsk.trade_value": 11.5, "menu.prisoners": (2, 13), "moscow.rationality": math.inf, "menu.summit": True}
)


@pytest.fixture(scope="module")
def result() -> Result:
    return run(load(BASELINE), grid=Grid("tiny", 1400, 24), threads=1)


def test_the_command_line_means_the_same_scenario() -> None:
    from sim.cli.options import overrides

    words = shlex.split(command(CHANGED, None))
    assert words[:3] == ["grand-deal", "run", "no-buyer"]
    given_ = [words[at + 1] for at, word in enumerate(words) if word == "--set"]
    assert load("no-buyer", overrides(given_)).hash == CHANGED.resolved().hash


def test_the_python_means_the_same_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    import sim

    caught = {}
    monkeypatch.setattr(
        sim, "run", lambda source, changes=None, *, grid: caught.update(s=load(source, changes), g=grid)
    )
    exec(python(CHANGED, None), {})
    assert caught["s"].hash == CHANGED.resolved().hash
    assert caught["g"] == "default"


def test_data_hold_the_figures_of_the_page(result: Result) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(exported(result, "parquet"))).to_pylist()
    freed = {row["month"]: row["value"] for row in table if row["outcome"] == "freed"}
    assert freed[24] == result.at("freed", 24)
    text = exported(result, "csv").decode()
    assert repr(result.at("freed", 24)) in text


def test_with_b_pinned_data_and_report_hold_both(result: Result) -> None:
    other = run(load("no-buyer"), grid=Grid("tiny", 1400, 24), threads=1)
    table = pyarrow.parquet.read_table(io.BytesIO(exported(result, "parquet", other))).to_pylist()
    freed = {row["scenario"]: row["value"] for row in table if (row["outcome"], row["month"]) == ("freed", 24)}
    assert freed == {"baseline": result.at("freed", 24), "no-buyer-b": other.at("freed", 24)}
    text = exported(result, "csv", other).decode()
    assert f"no-buyer-b,freed,24,{other.at('freed', 24)!r}" in text
    page = exported(result, "html", other).decode()
    assert result.title in page
    assert other.title in page


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        *((f"{what}.svg", b"<svg") for what in ("people", "relief")),
        *((f"{what}.png", b"\x89PNG") for what in ("people", "relief")),
        ("html", b"<!"),
    ],
)
def test_figures_and_report_are_files_of_their_kind(result: Result, suffix: str, begins: bytes) -> None:
    assert exported(result, suffix).lstrip().lower().startswith(begins.lower())


@pytest.mark.parametrize("what", ["people", "relief"])
def test_with_b_pinned_a_figure_shows_both(result: Result, what: str) -> None:
    other = run(load("no-buyer"), grid=Grid("tiny", 1400, 24), threads=1)
    alone, both = (ElementTree.fromstring(exported(result, f"{what}.svg", beside)) for beside in (None, other))
    assert float(both.attrib["width"]) > 1.5 * float(alone.attrib["width"])
    text = ElementTree.tostring(both, encoding="unicode")
    assert f"B: {other.title}" in text
    assert result.title in text


@given(some.binary(max_size=300))
def test_any_file_is_a_scenario_or_a_message(data: bytes) -> None:
    with suppress(ScenarioError):
        opened("x.toml", data).resolved()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "extends"),
        ('extends = "/etc/passwd"', "a path"),
        ('extends = "uploaded.toml"', "circle"),
        ('extends = "other.toml"', "no such file"),
        ('extends = "baseline"\n[minsk]\ntrade_valu = 3', "trade_value"),
        ('extends = "baseline"\n[minsk]\ntrade_value = "__import__(\'os\')"', "minsk.trade_value"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(text: str, told: str) -> None:
    with pytest.raises(ScenarioError) as error:
        opened("mine.toml", text.encode())
    assert told in str(error.value)
    assert "/tmp" not in str(error.value)


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(ScenarioError, match="at most 200,000 bytes"):
        opened("x.toml", b" " * (LARGEST_FILE + 1))


def test_a_name_cannot_spoil_the_message() -> None:
    with pytest.raises(ScenarioError) as error:
        opened("a\x1b[31m\n" * 50, b"x")
    assert str(error.value).isprintable()


def test_what_sessions_share_cannot_be_written_to(result: Result) -> None:
    shared = sealed(result)
    assert shared == result
    for mapping in (shared.outcomes, shared.start, shared.quantiles, shared.now, shared.first_deals):
        with pytest.raises(TypeError, match="does not support item assignment"):
            mapping["freed"] = (0.0,)  # type: ignore[index]
    assert shared.to_record() == result.to_record()
    assert exported(shared, "csv") == exported(result, "csv")
