"""Conflict graphs from files: the documented format, Elmira read back, and what is refused."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bargain.graph import stability
from sim.bargain.graph_file import graph_of
from sim.errors import ScenarioError

ELMIRA = """
title = "Elmira"
players = ["ministry", "uniroyal", "local"]
states = [1, 2, 3, 4, 5, 6, 7, 8, 9]

[moves]
ministry = ["1 > 2: modify", "3 > 4", "5 > 6", "7 > 8"]
uniroyal = ["1 > 3", "2 > 4", "5 > 7", "6 > 8", "* > 9: abandon"]
local = ["1 <> 5: insist", "2 <> 6", "3 <> 7", "4 <> 8"]

[preferences]
ministry = [7, 3, 4, 8, 5, 1, 2, 6, 9]
uniroyal = [1, 4, 8, 5, 9, 3, 7, 2, 6]
local = [7, 3, 5, 1, 8, 6, 4, 2, 9]
"""


class TestFormat:
    def test_elmira(self) -> None:
        graph, title = graph_of(ELMIRA)
        assert title == "Elmira"
        found = stability(graph)
        assert found.names("nash") == found.names("seq") == ("5", "8", "9")
        assert found.names("gmr") == found.names("smr") == ("1", "4", "5", "8", "9")
        assert graph.name_of_move(1, 0, 8) == "abandon"
        assert graph.name_of_move(0, 2, 3) == "move to '4'"
        assert not graph.moves[1, 8].any()

    def test_json_with_utilities_and_ties(self) -> None:
        given_ = {
            "players": ["a", "b"],
            "states": ["x", "y", "z"],
            "moves": {"a": ["x <> y"]},
            "preferences": {"a": ["z", ["x", "y"]], "b": {"x": 1, "y": -2.5, "z": 1}},
        }
        graph, title = graph_of(json.dumps(given_), "mine.json")
        assert title == "mine.json"
        assert graph.utility.tolist() == [[1.0, 1.0, 2.0], [1.0, -2.5, 1.0]]
        assert np.argwhere(graph.moves).tolist() == [[0, 0, 1], [0, 1, 0]]

    def test_example_in_the_docstring(self) -> None:
        import sim.bargain.graph_file as module

        assert module.__doc__
        block = module.__doc__.split("::\n\n")[1].split("\n\n``a > b``")[0]
        graph, _ = graph_of("\n".join(line.strip() for line in block.splitlines()))
        assert graph.players == ("north", "south")
        assert graph.name_of_move(0, 0, 1) == "block"
        assert graph.moves[1, :3, 3].all()


class TestRefused:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('title = "Elmira"', 'titel = "Elmira"', "Did you mean title"),
            ('"1 > 2: modify"', '"1 > 20"', "moves.ministry: found '20'"),
            ('"1 > 2: modify"', '"1 - 2"', "a > b"),
            ('"1 > 2: modify"', '"1 > 1"', "another position"),
            ('"* > 9: abandon"', '"9 > *"', "found '*'"),
            ("ministry = [7, 3, 4", "ministry = [7, 3, 3", "every position once"),
            ("ministry = [7, 3, 4", "ministry = [7, 3, 10", "every position once"),
            ("local = [7", "locals = [7", "unknown player"),
            ('players = ["ministry", "uniroyal", "local"]', "", "players: found nothing"),
            ("states = [1, 2", "states = [1, 1", "different names"),
            ("states = [1, 2", 'states = ["a > b", 2', "without : < >"),
            ("[moves]", "[moves", "TOML or JSON"),
        ],
    )
    def test_says_what_is_wrong(self, old: str, new: str, words: str) -> None:
        assert old in ELMIRA
        with pytest.raises(ScenarioError) as caught:
            graph_of(ELMIRA.replace(old, new), "mine.toml")
        assert words in str(caught.value)
        assert "mine.toml" in str(caught.value)

    def test_all_at_once(self) -> None:
        with pytest.raises(ScenarioError) as caught:
            graph_of(ELMIRA.replace("1 > 2", "1 > 20").replace("local = [7", "local = [8"))
        assert len(caught.value.problems) == 2

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["players", "states", "moves", "preferences", "a", "x"]), inner, max_size=4
                )
            ),
            max_leaves=12,
        )
    )
    def test_never_a_traceback(self, data: object) -> None:
        given_ = {"players": ["a"], "states": ["x", "y"], **(data if isinstance(data, dict) else {"moves": data})}
        with contextlib.suppress(ScenarioError):
            assert graph_of(json.dumps(given_))
