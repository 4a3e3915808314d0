"""The graph model: published conflicts, the laws of the concepts, and the definitions spelled out as an oracle."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bargain.graph import CONCEPTS, ConflictGraph, groups_of, ranked, reach, sanctions, stability
from sim.bargain.narrate import answer, inverse, route
from sim.errors import GameError

NAMES = ("ann", "bob", "cid")


def prisoners_dilemma() -> ConflictGraph:
    return ranked(
        ("a", "b"),
        ("both cooperate", "a defects", "b defects", "both defect"),
        moves={"a": [(0, 1), (1, 0), (2, 3), (3, 2)], "b": [(0, 2), (2, 0), (1, 3), (3, 1)]},
        best_first={"a": [1, 0, 3, 2], "b": [2, 0, 3, 1]},
    )


def elmira() -> ConflictGraph:
    """The Elmira conflict over groundwater (Kilgour, Hipel, Fang and Peng 2001)."""
    one_way = {"ministry": [(1, 2), (3, 4), (5, 6), (7, 8)], "uniroyal": [(1, 3), (2, 4), (5, 7), (6, 8)]}
    moves = {name: [(a - 1, b - 1) for a, b in arcs] for name, arcs in one_way.items()}
    moves["uniroyal"] += [(s, 8) for s in range(8)]
    moves["local"] = [pair for a in range(4) for pair in ((a, a + 4), (a + 4, a))]
    best_first = {
        "ministry": [7, 3, 4, 8, 5, 1, 2, 6, 9],
        "uniroyal": [1, 4, 8, 5, 9, 3, 7, 2, 6],
        "local": [7, 3, 5, 1, 8, 6, 4, 2, 9],
    }
    return ranked(
        ("ministry", "uniroyal", "local"),
        [str(s) for s in range(1, 10)],
        moves,
        {name: [s - 1 for s in ranking] for name, ranking in best_first.items()},
    )


class TestPublished:
    def test_prisoners_dilemma(self) -> None:
        found = stability(prisoners_dilemma())
        assert found.names("nash") == ("both defect",)
        for concept in ("gmr", "smr", "seq"):
            assert found.names(concept) == ("both cooperate", "both defect")
        # both together would leave mutual defection, and nothing holds that in check
        for concept in CONCEPTS:
            assert "both defect" not in found.names(concept, coalitional=True)
        assert found.names("seq", coalitional=True) == ("both cooperate",)

    def test_elmira(self) -> None:
        found = stability(elmira())
        assert found.names("nash") == found.names("seq") == ("5", "8", "9")
        assert found.names("gmr") == found.names("smr") == ("1", "4", "5", "8", "9")

    def test_elmira_coalition_of_ministry_and_uniroyal(self) -> None:
        # both prefer 8 to 5 and can get there together: by 6 or by 7; that is how the conflict ended
        graph = elmira()
        found = stability(graph)
        assert reach(graph, (0, 1))[4, 7]
        assert found.names("nash", coalitional=True) == ("8", "9")

    def test_chicken(self) -> None:
        # hand computation: the two unequal positions are Nash; mutual yielding is held by the threat of collision
        graph = ranked(
            ("a", "b"),
            ("both yield", "a dares", "b dares", "collision"),
            moves={"a": [(0, 1), (1, 0), (2, 3), (3, 2)], "b": [(0, 2), (2, 0), (1, 3), (3, 1)]},
            best_first={"a": [1, 0, 2, 3], "b": [2, 0, 1, 3]},
        )
        found = stability(graph)
        assert found.names("nash") == ("a dares", "b dares")
        assert found.names("seq") == ("a dares", "b dares")  # nobody would collide on purpose
        assert found.names("gmr") == ("both yield", "a dares", "b dares")
        assert found.names("smr") == ("both yield", "a dares", "b dares")


@st.composite
def graphs(draw: st.DrawFn, max_players: int = 3, max_states: int = 6) -> ConflictGraph:
    n_players, n_states = draw(st.integers(1, max_players)), draw(st.integers(1, max_states))
    pairs = [(s, r) for s in range(n_states) for r in range(n_states) if s != r]
    moves = np.zeros((n_players, n_states, n_states), dtype=bool)
    if pairs:
        for i in range(n_players):
            for pair in draw(st.lists(st.sampled_from(pairs), max_size=8)):
                moves[(i, *pair)] = True
    rows = st.lists(st.integers(0, 4), min_size=n_states, max_size=n_states)
    utility = np.array([draw(rows) for _ in range(n_players)], dtype=float)
    return ConflictGraph(NAMES[:n_players], tuple(f"s{s}" for s in range(n_states)), moves, utility)


def plain_reach(graph: ConflictGraph, start: int, group: tuple[int, ...], improving: bool) -> set[int]:
    """The inductive definition of Fang, Hipel and Kilgour: reached positions, each with the set of who moved last."""
    last: dict[int, set[int]] = {}

    def can(j: int, a: int, b: int) -> bool:
        return bool(graph.moves[j, a, b]) and (not improving or bool(graph.utility[j, b] > graph.utility[j, a]))

    states = range(len(graph.states))
    for j in group:
        for b in states:
            if can(j, start, b):
                last.setdefault(b, set()).add(j)
    while True:
        more = [
            (b, j)
            for a, movers in last.items()
            for j in group
            if movers != {j}
            for b in states
            if can(j, a, b) and j not in last.get(b, set())
        ]
        if not more:
            return set(last)
        for b, j in more:
            last.setdefault(b, set()).add(j)


def plain_stable(graph: ConflictGraph, group: tuple[int, ...], s: int, concept: str) -> bool:
    """The definitions word by word."""
    u = graph.utility
    rest = tuple(i for i in range(len(graph.players)) if i not in group)

    def better(r: int) -> bool:
        return all(u[i, r] > u[i, s] for i in group)

    for s1 in plain_reach(graph, s, group, False):
        if not better(s1):
            continue
        if concept == "nash":
            return False
        answers = plain_reach(graph, s1, rest, concept == "seq")
        held = [s2 for s2 in answers if not better(s2)]
        if concept == "smr":
            held = [s2 for s2 in held if not any(better(s3) for s3 in plain_reach(graph, s2, group, False))]
        if not held:
            return False
    return True


class TestLaws:
    @given(graphs())
    def test_definitions_spelled_out(self, graph: ConflictGraph) -> None:
        found = stability(graph)
        everyone = range(len(graph.players))
        groups = [g for size in range(1, len(graph.players) + 1) for g in combinations(everyone, size)]
        for concept in CONCEPTS:
            for s in range(len(graph.states)):
                verdicts = {g: plain_stable(graph, g, s, concept) for g in groups}
                for i in everyone:
                    assert found.by_player[concept][i, s] == verdicts[(i,)], (concept, i, s)
                assert found.coalitional[concept][s] == all(verdicts.values()), (concept, s)

    @given(graphs(max_states=8))
    def test_inclusions(self, graph: ConflictGraph) -> None:
        found = stability(graph)
        for table in (found.by_player, found.together, found.coalitional):
            for inner, outer in (("nash", "seq"), ("seq", "gmr"), ("nash", "smr"), ("smr", "gmr")):
                assert not (table[inner] & ~table[outer]).any(), (inner, outer)
        for concept in CONCEPTS:
            assert not (found.coalitional[concept] & ~found.together[concept]).any()

    @pytest.mark.slow
    @given(graphs())
    def test_only_the_order_counts(self, graph: ConflictGraph) -> None:
        stretched = ConflictGraph(graph.players, graph.states, graph.moves, np.exp(graph.utility) * 3 - 40)
        first, second = stability(graph), stability(stretched)
        for concept in CONCEPTS:
            assert (first.by_player[concept] == second.by_player[concept]).all()

    @given(graphs(), st.sampled_from(CONCEPTS), st.data())
    def test_reasons_fit_the_verdicts(self, graph: ConflictGraph, concept: str, data: st.DataObject) -> None:
        found = stability(graph)
        s = data.draw(st.integers(0, len(graph.states) - 1))
        for i, player in enumerate(graph.players):
            text = found.reason(player, s, concept)
            unstable = "would gain if it were" in text
            assert unstable == (not found.by_player[concept][i, s]), text
            if " could " in text and not unstable:
                gains = np.flatnonzero(graph.moves[i, s] & (graph.utility[i] > graph.utility[i, s]))
                best = int(gains[graph.utility[i, gains].argmax()])
                path = answer(graph, i, s, best, concept)
                assert path[0][1] == best
                for (j, a, b), (k, c, _) in zip(path, [*path[1:], (-1, path[-1][2], -1)], strict=True):
                    assert b == c
                    assert j not in (i, k)
                    assert graph.moves[j, a, b]
                    assert concept != "seq" or graph.utility[j, b] > graph.utility[j, a]
                assert graph.utility[i, path[-1][2]] <= graph.utility[i, s]

    @given(graphs(), st.sampled_from(CONCEPTS))
    def test_reasons_for_groups_fit_the_verdicts(self, graph: ConflictGraph, concept: str) -> None:
        found = stability(graph)
        for s in range(len(graph.states)):
            text = found.group_reason(s, concept)
            assert (" would leave " in text) != bool(found.coalitional[concept][s])
            for group in groups_of(graph):
                gains = sanctions(graph, group)["improves"][s]
                for target in np.flatnonzero(gains):
                    steps = route(graph, group, s, np.arange(len(graph.states)) == target)
                    assert steps[0][1] == s
                    assert steps[-1][2] == target
                    for (i, _, b), (j, c, _) in pairwise(steps):
                        assert i != j
                        assert b == c
                    assert all(i in group and graph.moves[i, a, b] for i, a, b in steps)

    @given(graphs(), st.sampled_from(CONCEPTS), st.data())
    def test_inverse_is_enough_and_no_less_would_do(
        self, graph: ConflictGraph, concept: str, data: st.DataObject
    ) -> None:
        s = data.draw(st.integers(0, len(graph.states) - 1))
        found = inverse(graph, s, concept)
        for i, remedy in enumerate(found.remedies):
            utility = np.array(graph.utility)
            assert remedy.stable == plain_stable(graph, (i,), s, concept)
            assert remedy.stable == (remedy.raise_by == 0)
            utility[i, s] += remedy.raise_by
            changed = ConflictGraph(graph.players, graph.states, graph.moves, utility)
            assert plain_stable(changed, (i,), s, concept)
            if not remedy.stable:  # utilities are whole numbers here, so half a point less is the next lower rank
                utility[i, s] -= 0.5
                less = ConflictGraph(graph.players, graph.states, graph.moves, utility)
                assert not plain_stable(less, (i,), s, concept)


class TestReasons:
    def test_who_leaves_together(self) -> None:
        found = stability(prisoners_dilemma())
        assert found.group_reason("both defect", "nash") == (
            "A and B together would leave for both cooperate, which all of them prefer "
            "(A to move to b defects, then B to move to both cooperate)."
        )
        assert found.group_reason("both defect").endswith("; there is nobody else to answer.")
        # in the dilemma of two, what one gains by defecting the other would take away
        assert found.group_reason("both cooperate") == (
            "Whatever a group could gain, the others can answer so that not all its members are better off."
        )
        # Elmira: ministry and Uniroyal leave 5 for 8, whatever the local government can do
        text = stability(elmira()).group_reason("5", "gmr")
        assert text.startswith("Ministry and Uniroyal together would leave for 8, which all of them prefer (")
        assert text.endswith("; the others have no answer that leaves not all of them better off than before.")
        assert (
            stability(elmira()).group_reason("8", "nash") == "No group can reach anything that all its members prefer."
        )

    def test_who_leaves_alone_and_who_together(self) -> None:
        # the dilemma of a and b beside a switch that c likes to turn and that is all the same to them
        two = prisoners_dilemma()
        moves = np.zeros((3, 8, 8), dtype=bool)
        utility = np.zeros((3, 8))
        for half in (0, 4):
            moves[:2, half : half + 4, half : half + 4] = two.moves
            utility[:2, half : half + 4] = two.utility
        moves[2, np.arange(4), np.arange(4) + 4] = True
        utility[2, 4:] = 1.0
        names = (*two.states, *(f"{name}, turned" for name in two.states))
        found = stability(ConflictGraph(("a", "b", "c"), names, moves, utility))
        assert found.group_reason("both defect", "nash").startswith(
            "C would leave alone. A and B together would leave for both cooperate, "
        )
        assert found.group_reason("both cooperate, turned", "gmr").startswith("Whatever a group could gain")
        assert found.group_reason("both cooperate", "gmr") == (
            "C would leave for both cooperate, turned, which it prefers (C to move to both cooperate, turned); "
            "the others have no answer that leaves it no better off than before."
        )

    def test_cooperation_in_the_dilemma(self) -> None:
        found = stability(prisoners_dilemma())
        assert found.reason("a", "both cooperate") == (
            "A could move to a defects, but then B could move to both defect, which would leave it worse off than "
            "before; each step pays who makes it."
        )
        assert found.reason("a", "both cooperate", "nash") == "A would gain if it were to move to a defects."
        assert found.reason("b", "both defect", "nash") == "B can reach nothing that it prefers."

    def test_inverse_of_the_dilemma(self) -> None:
        found = inverse(prisoners_dilemma(), "both cooperate", "nash")
        assert [(r.player, r.raise_by, r.overtakes) for r in found.remedies] == [
            ("a", 1.0, ("a defects",)),
            ("b", 1.0, ("b defects",)),
        ]
        assert found.enough
        assert all(r.stable for r in inverse(prisoners_dilemma(), "both cooperate", "seq").remedies)

    def test_inverse_when_there_is_a_way_out(self) -> None:
        # a gains 3 by moving to x; b can answer with y (worse for a), but from y a gets to z, still 1 better than here
        graph = ConflictGraph(
            ("a", "b"),
            ("here", "x", "y", "z"),
            [
                [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]],
                [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            ],
            [[0, 3, -1, 1], [0, 0, 1, 0]],
        )
        assert inverse(graph, "here", "nash").remedies[0].raise_by == 3
        assert inverse(graph, "here", "gmr").remedies[0].raise_by == 0
        assert inverse(graph, "here", "seq").remedies[0].raise_by == 0
        assert inverse(graph, "here", "smr").remedies[0].raise_by == 1
        assert "escape every answer" in stability(graph).reason("a", "here", "smr")


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"players": ("a", "a")}, "'a' twice"),
            ({"states": ("x", "x", "y", "z")}, "'x' twice"),
            ({"utility": np.zeros((2, 3))}, "utility"),
            ({"utility": np.full((2, 4), np.nan)}, "finite"),
            ({"moves": np.ones((2, 4, 4))}, "to itself"),
            ({"moves": np.zeros((2, 4))}, "moves"),
            ({"players": ()}, "players"),
        ],
    )
    def test_graphs(self, change: dict[str, object], word: str) -> None:
        good = prisoners_dilemma()
        given_ = {"players": good.players, "states": good.states, "moves": good.moves, "utility": good.utility}
        with pytest.raises(GameError, match=word):
            ConflictGraph(**{**given_, **change})  # type: ignore[arg-type]

    @pytest.mark.parametrize("ranking", [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4]])
    def test_rankings(self, ranking: list[int]) -> None:
        with pytest.raises(GameError, match="every position once"):
            ranked(("a",), ("w", "x", "y", "z"), {}, {"a": ranking})

    def test_names(self) -> None:
        found = stability(prisoners_dilemma())
        for call in (
            lambda: found.reason("c", "both defect"),
            lambda: found.reason("a", "nowhere"),
            lambda: found.reason("a", "both defect", "core"),
        ):
            with pytest.raises(GameError, match="allowed"):
                call()
