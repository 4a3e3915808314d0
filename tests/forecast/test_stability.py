"""The coarse map of a scenario's dials and what would stay put on it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.bargain.graph import CONCEPTS
from sim.errors import UsageError
from sim.forecast.stability import OWNERS, StabilityResult, stability
from sim.model import PLAYERS, Grid

COARSE = Grid("coarse", 280, 2)


@pytest.fixture(scope="module")
def baseline() -> StabilityResult:
    return stability("baseline", grid=COARSE)


class TestMap:
    def test_who_moves_what(self, baseline: StabilityResult) -> None:
        graph = baseline.graph
        for i, player in enumerate(PLAYERS):
            for s, r in np.argwhere(graph.moves[i])[::37]:
                before, after = baseline.settings[s], baseline.settings[r]
                changed = {name for name in OWNERS if before[name] != after[name]}
                assert changed
                assert {OWNERS[name] for name in changed} == {player}
                assert int(after["leaders"]) <= int(before["leaders"])

    def test_start_and_grand_deal(self, baseline: StabilityResult) -> None:
        start = baseline.settings[baseline.start]
        assert start == {
            "prisoners": 1120,
            "leaders": 2,
            "us_relief": 0,
            "contact": "envoys",
            "eu_relief": 0,
            "punishing": "no",
        }
        grand = baseline.settings[baseline.grand_deal()]
        assert (grand["us_relief"], grand["eu_relief"], grand["leaders"], grand["prisoners"]) == (3, 2, 0, 280)

    def test_worth_by_hand(self, baseline: StabilityResult) -> None:
        # at the start: what the game itself says the state is worth if nobody ever acts again
        game, axes = baseline.model.game, baseline.model.axes
        dials = {"talks": "stalled", "leaders": "2", "eu_relief": "0", "prisoners": "1120"}
        here = axes.index(us_relief="0", contact="envoys", **dials)
        assert np.allclose(baseline.graph.utility[:, baseline.start], game.terminal[here])
        # punished: contact a level lower, the cost every month for ever
        get = baseline.model.scenario.get
        punished = baseline.position({"punishing": "yes"})
        lower = game.terminal[axes.index(us_relief="0", contact="isolated", **dials)]
        cost = [get("minsk.punished_cost") / (1 - game.discount[0]), 0, 0]
        cost.append(get("moscow.punishing_cost") / (1 - game.discount[3]))
        assert np.allclose(baseline.graph.utility[:, punished], lower - np.array(cost))
        # half freed: credit and cost once
        half = baseline.position({"prisoners": 560})
        other = game.terminal[axes.index(us_relief="0", contact="envoys", **(dials | {"prisoners": "560"}))]
        names = ("washington.release_credit", "brussels.release_credit")
        once = [-get("minsk.release_cost") * 560, *(get(name) * 560 for name in names), 0.0]
        assert np.allclose(baseline.graph.utility[:, half], other + once)

    def test_only_dear_relief_is_taken_back(self, baseline: StabilityResult) -> None:
        def taken_back(found: StabilityResult) -> int:
            gains = np.argwhere(found.graph.improvements()[1])
            pairs = [(found.settings[s], found.settings[r]) for s, r in gains]
            return sum(a["contact"] == b["contact"] and a["us_relief"] > b["us_relief"] for a, b in pairs)

        assert taken_back(baseline) > 0
        free = {f"washington.relief_cost.{j}": 0.0 for j in (1, 2, 3)}
        assert taken_back(stability("baseline", free, grid=COARSE)) == 0

    def test_nobody_held(self) -> None:
        found = stability("baseline", {"start.prisoners": 0, "start.leaders": 0}, grid=COARSE)
        assert found.levels["prisoners"] == (0,)
        assert found.levels["leaders"] == (0,)
        assert not found.graph.moves[0].any()
        assert found.reasons(found.start)["minsk"] == "Minsk has no move of its own here."


class TestResult:
    def test_json(self, baseline: StabilityResult) -> None:
        data = json.loads(json.dumps(baseline.to_json(), allow_nan=False))
        assert "different game" in data["note"]
        assert "no common unit" in data["units"]
        assert len(data["positions"]) == len(baseline.settings)
        for concept in CONCEPTS:
            rows = [row["state"] for row in data["positions"] if row[concept]]
            assert rows == data["stable"][concept]
        assert set(data["reasons"]) == {str(baseline.start), str(baseline.grand_deal())}

    def test_why_groups_would_leave(self, baseline: StabilityResult) -> None:
        data = baseline.to_json()
        assert set(data["group_reasons"]) == {str(baseline.start), str(baseline.grand_deal())}
        for s, by_concept in data["group_reasons"].items():
            for concept, text in by_concept.items():
                assert (int(s) in data["coalitionally_stable"][concept]) != (" would leave for " in text)

    def test_arcs_where_there_are_many_positions(
        self, baseline: StabilityResult, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = baseline.to_json()
        assert whole["arcs_left_out"] == 0
        monkeypatch.setattr("sim.forecast.stability.MOST_JOINED", 3)
        few = baseline.to_json()
        core = {few["start"], few["grand_deal"], *few["stable"]["nash"]}
        assert few["arcs"] == [arc for arc in whole["arcs"] if arc["from"] in core or arc["to"] in core]
        assert few["arcs"]
        assert few["arcs_left_out"] == len(whole["arcs"]) - len(few["arcs"]) > 0

    def test_inverse_in_points(self, baseline: StabilityResult) -> None:
        s = baseline.grand_deal()
        found = baseline.inverse(s, "nash")
        utility = baseline.graph.utility
        for i, remedy in enumerate(found.remedies):
            own = np.flatnonzero(baseline.graph.moves[i, s])
            assert remedy.raise_by == pytest.approx(max(0.0, utility[i, own].max() - utility[i, s]))
        assert found.enough

    @pytest.mark.parametrize("changes", [{"talks": "active"}, {"prisoners": "77"}, {"contact": "phone"}])
    def test_positions_off_the_map(self, baseline: StabilityResult, changes: dict[str, str]) -> None:
        with pytest.raises(UsageError, match="allowed on this map"):
            baseline.position(changes)
