"""MODEL.md: its tables are fresh, its figures are those of the code, and its worked example comes out."""

import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.model import GRIDS, Grid, Model, compile, document
from sim.scenario import load
from sim.solver import propagate, solve
from tests.model.conftest import build

TEXT = document.DOCUMENT.read_text(encoding="utf-8")


def test_generated_tables_are_fresh() -> None:
    assert document.main(["--check"]) == 0


def test_a_stale_table_is_found_and_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "MODEL.md"
    copy.write_text(TEXT.replace("| trade reopened |", "| trade closed |"), encoding="utf-8")
    monkeypatch.setattr(document, "DOCUMENT", copy)
    assert document.main(["--check"]) == 1
    assert document.main(["--write"]) == 0
    assert copy.read_text(encoding="utf-8") == TEXT
    with pytest.raises(ValueError, match="markers"):
        document.replaced("no markers here", "terms", "")


def test_measurements_rewrite_only_their_block() -> None:
    changed = document.replaced(TEXT, "measurements", "figures")
    assert "<!-- measurements:begin -->\nfigures\n<!-- measurements:end -->" in changed
    outside = re.compile(r"<!-- measurements:begin -->.*<!-- measurements:end -->", re.DOTALL)
    assert outside.sub("", changed) == outside.sub("", TEXT)


def test_measurements_compare_each_grid_with_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = {"fine": 100.0, "default": 102.0, "fast": 95.0}

    def run(source: str, *, grid: Grid) -> SimpleNamespace:
        value = freed.get(grid.name, 51.0)
        assert (grid.name in freed) == (grid.rounds != document.LONG_ROUNDS)
        return SimpleNamespace(outcomes={"freed": [value] * 24, "p_grand_deal": [1e-14] * 24})

    monkeypatch.setattr(sim, "run", run, raising=False)
    text = document.measurements()
    assert text.count("| `freed` | 100 | +2.00% | -5.00% | -50.00% |") == len(document.MEASURED_MONTHS)
    assert "| `p_grand_deal` | 1e-14 | both 0 | both 0 | both 0 |" in text


def test_every_parameter_and_every_term_is_in_the_document() -> None:
    model = build({"menu.summit": True})
    for name in model.scenario.values():
        assert f"| `{name}` |" in TEXT, name
    for term in model.terms:
        assert f"| {term.name} |" in TEXT, term.name
        assert f"${term.formula}$" in TEXT


def test_sizes_in_the_document_are_those_of_the_code(summit: Model) -> None:
    for name, grid in GRIDS.items():
        states = build(grid=grid).axes.size
        assert f"| `{name}` | {grid.lot} | {grid.rounds} | {states:,} |" in TEXT
    assert f"{len(summit.packages['us-table'])} packages. At the" in " ".join(TEXT.split())
    assert f"EU relief +0, +1: {len(summit.packages['eu-table'])} packages" in " ".join(TEXT.split())
    for turn in summit.turns:
        assert f"| `{turn}` |" in TEXT


def rows() -> dict[str, tuple[str, float]]:
    """Return the worked example's table: number -> (how it comes about, value as printed)."""
    block = re.search(r"<!-- example:begin -->(.*)<!-- example:end -->", TEXT, re.DOTALL)
    assert block is not None
    cells = [line.strip("| ").split(" | ") for line in block.group(1).strip().splitlines()[2:]]
    return {name: (how.strip("`"), float(value)) for name, how, value in cells}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Every number of the worked example as the real model and solver give it."""
    text = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert text is not None
    file = tmp_path_factory.mktemp("example") / "example.toml"
    file.write_text(text.group(1), encoding="utf-8")
    model = compile(load(file), Grid("two months", lot=14, rounds=2))
    solution = solve(model.game, model.rationality)
    dials = {"talks": "settled", "leaders": "0", "us_relief": "0", "eu_relief": "0"}
    spots = {"A": ("14", "envoys"), "B": ("14", "embassy"), "C": ("0", "envoys"), "D": ("0", "embassy")}
    state = {
        name: model.axes.index(prisoners=held, contact=contact, **dials) for name, (held, contact) in spots.items()
    }
    player = {"Minsk": 0, "Washington": 1}
    labels = [offer.label for offer in model.packages["us-table"]]
    deal, contact, release = (
        labels.index(label) for label in ("14 people for contact", "nothing for contact", "14 people for nothing")
    )
    assert model.start.argmax() == state["A"]
    paid = model.game.turns[1].payoff[0]  # type: ignore[union-attr]
    found: dict[str, float] = {}
    for who, i in player.items():
        for spot, s in state.items():
            found[f"flow, {who}, {spot}"] = float(model.game.flow[s, i])
            for month in (1, 2):
                found[f"month {month}, end, {who}, {spot}"] = float(
                    model.game.flow[s, i] + model.game.discount[i] * solution.values(month, 0)[s, i]
                )
                found[f"month {month}, value, {who}, {spot}"] = float(solution.values(month - 1, 1)[s, i])
        for month in (1, 2):
            for what, m, target in (("deal", deal, "D"), ("contact", contact, "B"), ("release", release, "C")):
                after = found[f"month {month}, end, {who}, {target}"] - found[f"month {month}, end, {who}, A"]
                found[f"month {month}, gain, {who}, {what}"] = float(paid[m, i]) + after
    for month in (1, 2):
        policy = solution.policy(month - 1, 1, np.array([state["A"]]))
        assert policy.propose[0, 0, deal] == 1.0, "Minsk asks for the deal"  # type: ignore[union-attr]
        assert policy.accept[0, 1, 0, release] == 0.0, "Minsk refuses a release for nothing"  # type: ignore[union-attr]
        for what, m in (("deal", deal), ("contact", contact)):
            accepted = float(policy.accept[0, 0, 1, m])  # type: ignore[union-attr]
            found[f"month {month}, Washington accepts, {what}"] = accepted
            found[f"month {month}, Washington offers, {what}"] = float(policy.propose[0, 1, m])  # type: ignore[union-attr]
            asked = "a deal" if what == "deal" else "contact"
            gain = found[f"month {month}, gain, Minsk, {what}"]
            found[f"month {month}, Minsk asks for {asked}, worth"] = accepted * gain
    forward = propagate(solution, model.start)
    first, second = forward.distribution(1, 0), forward.distribution(2, 0)
    held = model.measures["prisoners"]
    found["chance of a deal in month 1"] = float(first[state["D"]])
    found["chance of contact alone in month 1"] = float(first[state["B"]])
    found["people freed by the end of month 1"] = float(14 - first @ held)
    found["people freed by the end of month 2"] = float(14 - second @ held)
    return found


def test_worked_example_is_what_the_code_computes(example: dict[str, float]) -> None:
    table = rows()
    assert len(table) >= 40
    assert set(table) <= set(example)
    wrong = {
        name: (value, example[name]) for name, (_, value) in table.items() if f"{example[name]:.4f}" != f"{value:.4f}"
    }
    assert not wrong


@pytest.mark.parametrize("name", sorted(rows()))
def test_worked_example_can_be_followed_by_hand(name: str) -> None:
    how, value = rows()[name]
    assert re.fullmatch(r"(?:exp|[0-9.()+\-*/ ])+", how), "only arithmetic"
    by_hand = eval(how, {"__builtins__": {}, "exp": math.exp})
    # the expressions use figures rounded to four decimals
    assert by_hand == pytest.approx(value, abs=1.5e-3 if "people freed" in name else 3e-4)
