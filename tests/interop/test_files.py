"""What stands in exported files: text, numbers, sizes, and how files come about."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import sim
from sim.errors import GameError, GrandDealError, UsageError
from sim.game import Chance, Game, Move, Offer
from sim.interop import (
    Names,
    check_size,
    columns,
    efg_lines,
    graph_rows,
    names_of,
    node_count,
    row_count,
    state_graph,
    to_dot,
    to_efg,
    truncate,
    write_graph,
    write_lines,
)
from sim.interop.efg import number, shares
from sim.interop.names import distinct, plain
from sim.model import Grid
from sim.solver import Solution, solve
from sim.testing import strategies
from tests.interop import walk
from tests.solver.test_api import example


def quoting() -> Game:
    """Labels that would break a file if they were written as they are."""
    offer = Offer(
        ('the "first"', "second\\"),
        [0.5, 0.5],
        ("no offer", 'half "and" half', "half 'and' half", "line\nbreak\ttab", "наполовину"),
        [[0, 0, 0, 0, 0]],
        [[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [0.5, 0.25], [3.0, 4.0]],
        name='table "one"',
    )
    move = Move('the "first"', ('a "b"', "", "c\\"), [[0, 0, 0]], [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]], name="move")
    return Game(('the "first"', "second\\"), (offer, move), [[0.0, 0.0]], 1.0, [[0.0, 0.0]], 1)


def test_labels_cannot_break_a_file() -> None:
    tree = walk.loaded(to_efg(quoting()))
    names = {walk.name(state) for state in walk.decisions(tree)}
    proposal = next(state for state in walk.decisions(tree) if "proposes" in walk.name(state))
    assert walk.labels(proposal) == [
        "no offer",
        "half 'and' half",
        "half 'and' half (2)",
        "line break tab",
        "наполовину",
    ]
    assert any(name.startswith("round 1, table 'one': the 'first' proposes") for name in names)
    moved = next(state for state in walk.decisions(tree) if "chooses" in walk.name(state))
    assert walk.labels(moved) == ["a 'b'", "choice 2", "c/"]
    np.testing.assert_allclose(walk.max_n_value(tree), solve(quoting(), math.inf).values(0)[0], rtol=0, atol=1e-12)


@given(st.text(max_size=30))
def test_plain_text_holds_no_quote_backslash_or_line_end(text: str) -> None:
    found = plain(text)
    assert not set(found) & set('"\\\n\r\t')
    assert found == plain(found)


@given(st.lists(st.text(alphabet="ab (2)\"'", max_size=6), max_size=8))
def test_distinct_labels_are_distinct(texts: list[str]) -> None:
    found = distinct(texts)
    assert len(set(found)) == len(found) == len(texts)
    assert all(found)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_back_as_the_same_float(value: float) -> None:
    text = number(value)
    assert float(text) == value
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert text != "-0.0"


@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=6))
def test_probabilities_sum_to_exactly_one(parts: list[float]) -> None:
    """As decimals, which is how Gambit adds them up; and no probability moves by more than rounding."""
    probability = tuple(part / math.fsum(parts) for part in parts)
    texts = shares(probability)
    assert sum(Fraction(Decimal(text)) for text in texts) == 1
    np.testing.assert_allclose([float(text) for text in texts], probability, rtol=1e-13, atol=0)


def test_the_head_tells_discount_weights_and_size() -> None:
    game = truncate(example(), rounds=2)
    head = "\n".join(to_efg(game).splitlines()[:2])
    assert head.startswith('EFG 2 R "a, b, c: offer, move, nature" { "a" "b" "c" }')
    assert f"2 rounds, {node_count(game, 0)} nodes" in head
    assert "a 0.9, b 0.8, c 1.0" in head
    assert "Not written: the weights of choices at offer." in head
    assert "predicts nothing" in head
    equal = to_efg(truncate(example(), equal_weights=True, rounds=1)).splitlines()[1]
    assert "weights" not in equal


def test_payoffs_are_present_values_at_the_start() -> None:
    """By hand: 1 now, flow 2 at the end of the first round, then 1 and 2 at half, and 8 left at a quarter."""
    move = Move("a", ("x", "y"), [[0, 0]], [[1.0], [0.0]], name="move")
    game = Game(("a",), (move,), [[2.0]], 0.5, [[8.0]], 2)
    last = [line for line in to_efg(game).splitlines() if line.startswith("t ")]
    assert [line.partition("{ ")[2] for line in last] == ["6.5 }", "6.0 }", "5.5 }", "5.0 }"]


def test_the_same_game_gives_the_same_bytes(tmp_path: Path) -> None:
    game = truncate(example(), rounds=2)
    first = write_lines(tmp_path / "a.efg", efg_lines(game))
    second = write_lines(tmp_path / "b.efg", efg_lines(game))
    data = (tmp_path / "a.efg").read_bytes()
    assert first == second == hashlib.sha256(data).hexdigest()
    assert data == (tmp_path / "b.efg").read_bytes() == to_efg(game).encode()


def test_too_large_is_refused_before_the_first_line() -> None:
    with pytest.raises(UsageError, match=r"found [\d,]+ nodes; allowed: at most 100\. Take fewer rounds"):
        efg_lines(example(), max_nodes=100)
    with pytest.raises(UsageError, match=r"rows; allowed: at most 3"):
        graph_rows(solve(example(), 1.0), max_rows=3)
    with pytest.raises(UsageError, match="arrows or more"):
        to_dot(solve(example(), 1.0), max_edges=3)
    with pytest.raises(UsageError, match=r"about 1\.0e\+200 nodes"):
        check_size(node_count(example().replace(rounds=400), 0))


def test_an_interrupted_file_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken():
        yield "first line"
        raise KeyboardInterrupt

    (tmp_path / "old.efg").write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        write_lines(tmp_path / "old.efg", broken())
    assert [path.name for path in tmp_path.iterdir()] == ["old.efg"]
    assert (tmp_path / "old.efg").read_text(encoding="utf-8") == "old"
    with pytest.raises(GrandDealError, match="cannot be written"):
        write_lines(tmp_path / "none" / "x.efg", ["line"])
    with pytest.raises(GrandDealError, match="this is a folder"):
        write_lines(tmp_path, ["line"])


# ---- cutting a game down


def test_truncate_keeps_what_is_asked_for() -> None:
    game = example()
    cut = truncate(game, rounds=2, choices={"offer": ["third"], "move": [0]}, terminal="zero")
    offer, move = cut.turns[0], cut.turns[1]
    assert isinstance(offer, Offer)
    assert isinstance(move, Move)
    assert (cut.rounds, offer.packages, move.actions) == (2, ("no offer", "third"), ("x",))
    np.testing.assert_array_equal(offer.next_state, game.turns[0].next_state[:, [0, 3]])
    np.testing.assert_array_equal(offer.weights, [2.0, 0.5])
    assert not cut.terminal.any()
    assert game.rounds == 4


def test_the_likeliest_outcome_adds_up_outcomes_that_lead_to_the_same_state() -> None:
    nature = Chance([[0, 1, 1], [1, 0, -1]], [[0.4, 0.3, 0.3], [0.5, 0.5, 0.0]], name="nature")
    game = Game(("a",), (nature,), [[0.0], [0.0]], 1.0, [[0.0], [1.0]], 1)
    still = truncate(game, likeliest=["nature"]).turns[0]
    np.testing.assert_array_equal(still.next_state, [[1], [1]])


def test_values_of_the_whole_game_behind_a_cut_one() -> None:
    game, lam = example(), 1.5
    whole = solve(game, lam)
    cut = truncate(game, rounds=2, terminal=whole.values(2))
    np.testing.assert_allclose(solve(cut, lam).values(0), whole.values(0), rtol=0, atol=1e-14)


BAD = [
    pytest.param({"rounds": 5}, "found 5; allowed: 1 to 4", id="rounds"),
    pytest.param({"rounds": 0}, "found 0; allowed: 1 to 4", id="no-rounds"),
    pytest.param({"terminal": "nil"}, "found 'nil'; allowed: zero", id="terminal"),
    pytest.param({"choices": {"ofer": []}}, "did you mean 'offer'", id="turn"),
    pytest.param({"choices": {"offer": ["deel"]}}, "found 'deel'; allowed: for example deal", id="package"),
    pytest.param({"choices": {"move": []}}, "found no choice; allowed: at least one of x, y", id="nothing-left"),
    pytest.param({"choices": {"move": ["y"]}}, "nothing to choose in 1 states", id="stuck"),
    pytest.param({"choices": {"nature": [0]}}, "found choices for a chance turn", id="chance"),
    pytest.param({"likeliest": ["move"]}, "found a player's turn; allowed: chance turns", id="likeliest"),
]


@pytest.mark.parametrize(("asked", "told"), BAD)
def test_what_cannot_be_cut_is_told(asked: dict[str, object], told: str) -> None:
    game = example()
    with pytest.raises(UsageError, match=re.escape(told)):
        truncate(game, **asked)  # type: ignore[arg-type]


def test_names_of_another_game_are_refused() -> None:
    with pytest.raises(GameError, match="other players, turns or states"):
        to_efg(quoting(), names=Names(example()))


# ---- the state graph


def value_from_rows(rows: list[dict[str, object]], game: Game, names: Names) -> np.ndarray:
    """Work the values out again from the table alone, as its documentation says."""
    paid = [f"payoff.{player}" for player in names.players]
    horizon = [row for row in rows if row["turn"] == "horizon"]
    after = {row["state"]: np.array([row[name] for name in paid]) for row in horizon}
    turns = [turn.name for turn in game.turns]
    for t in range(game.rounds, 0, -1):
        here = [row for row in rows if row[names.period] == t]
        ends = [row for row in here if row["turn"] == "end"]
        after = {row["state"]: np.array([row[n] for n in paid]) + game.discount * after[row["state"]] for row in ends}
        for turn in reversed(turns):
            before: dict[object, np.ndarray] = {}
            for row in (row for row in here if row["turn"] == turn):
                value = np.array([row[name] for name in paid]) + after[row["next_state"]]
                accepted = float(row["accepted"])  # type: ignore[arg-type]
                if row["otherwise"] is not None:
                    value = accepted * value + (1 - accepted) * after[row["otherwise"]]
                before[row["state"]] = before.get(row["state"], 0.0) + float(row["probability"]) * value  # type: ignore[arg-type]
            after = before
    return after


@given(st.data(), strategies.games(max_turns=3, max_states=3, max_choices=3, max_rounds=2))
def test_the_table_contains_the_whole_equilibrium(data: st.DataObject, game: Game) -> None:
    assume(row_count(game, 0) <= 120)
    lam = data.draw(strategies.rationalities(players=game.n_players, high=4.0))
    solution, names = solve(game, lam), Names(game)
    rows = state_graph(solution, 0)
    assert len(rows) == row_count(game, 0)
    assert all(list(row) == columns(names) for row in rows)
    found = value_from_rows(rows, game, names)
    np.testing.assert_allclose(found[0], solution.values(0)[0], rtol=1e-12, atol=1e-10)
    by_place: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        by_place.setdefault((row["round"], row["turn"], row["state"]), []).append(row["probability"])
    for chances in by_place.values():
        assert math.isclose(sum(chances), 1.0, abs_tol=1e-9)


@pytest.fixture(scope="module")
def solution() -> Solution:
    return solve(example().replace(rounds=2), 1.0)


def test_csv_and_parquet_hold_the_same_rows(solution: Solution, tmp_path: Path) -> None:
    names = Names(solution.game)
    rows = state_graph(solution, 0, names=names)
    digest = write_graph(tmp_path / "t.csv", rows, names)
    data = (tmp_path / "t.csv").read_bytes()
    assert digest == hashlib.sha256(data).hexdigest()
    written = list(csv.DictReader(io.StringIO(data.decode())))
    assert [row["action"] for row in written] == [row["action"] for row in rows]
    assert [float(row["payoff.b"]) for row in written] == [row["payoff.b"] for row in rows]
    write_graph(tmp_path / "t.parquet", rows, names)
    assert pq.read_table(tmp_path / "t.parquet").to_pylist() == rows
    with pytest.raises(UsageError, match="allowed for a table"):
        write_graph(tmp_path / "t.txt", rows, names)


def test_dot_draws_what_play_can_reach(solution: Solution) -> None:
    text = to_dot(solution, 0, least=0.0)
    places = set(re.findall(r"^  (s\d+_\d+_\d+) \[", text, re.MULTILINE))
    arrows = re.findall(r"^  (s\d+_\d+_\d+) -> (s\d+_\d+_\d+) \[label=\"([^\"]*)\"", text, re.MULTILINE)
    assert text.startswith("digraph game {")
    assert text.rstrip().endswith("}")
    assert {end for arrow in arrows for end in arrow[:2]} == places
    assert any("no deal (" in label for _, _, label in arrows)
    assert "hexagon" in text
    assert "box" in text
    assert "diamond" in text
    assert len(to_dot(solution, 0, least=0.2)) < len(text)
    # what leaves a place adds up to 1
    leaving: dict[str, int] = {}
    for start, _, label in arrows:
        leaving[start] = leaving.get(start, 0) + int(re.search(r"\((\d+)%\)$", label)[1])  # type: ignore[index]
    assert all(abs(total - 100) <= 3 for total in leaving.values())


def test_names_tell_the_dials_that_live_inside_a_month() -> None:
    model = sim.compile(sim.load("baseline"), Grid("tiny", 700, 4))
    names = names_of(model)
    state = int(model.start.argmax())
    assert names.state(0, state).startswith("talks=stalled, leaders=2, us_relief=0")
    k = model.game.turn_index("us-release")
    settling = int(
        model.game.turns[k - 1].next_state[
            state, [p.label for p in model.packages["us-table"]].index("13 people for pressing Brussels")
        ]
    )
    assert names.state(k, settling).endswith("pressing=yes, still to settle=13")
    assert names.change(k, settling, settling % model.axes.size) == "nothing changes"
