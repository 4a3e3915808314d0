"""The tournament: exact payoffs against backward induction, both questions, what is kept, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.batch.store import json_ready
from sim.errors import UsageError
from sim.forecast.run import run, solved
from sim.model import PLAYERS, Grid
from sim.play.behaviours import EQUILIBRIUM, behaviour, register
from sim.play.hall import Hall
from sim.play.memory import Memory, begin, remember
from sim.play.metagame import pure_equilibria
from sim.play.reaction import against
from sim.play.tournament import tournament
from sim.play.tournament_record import Tournament
from sim.solver import solve

TINY = Grid("tiny", 700, 3)
NAMES = ("hold", "reciprocate", "greedy")


@pytest.fixture(scope="module")
def result() -> Tournament:
    return tournament("baseline", grid=TINY, names=NAMES[:2], months=3)


@pytest.fixture(scope="module")
def hall() -> Hall:
    model, solution = solved("baseline", grid=TINY)
    return Hall(model, solution, [behaviour(name) for name in NAMES], 3)


def backwards(hall: Hall, profile: tuple[int, ...]) -> list[float]:
    """The same payoffs by backward induction: everybody fixed, one solve of the game with the profile's memories."""
    memories = hall.memories(profile)
    game = remember(hall.model.game, memories)
    blocks = game.n_states(0) // hall.model.game.n_states(0)

    def old(player: str):
        policy = hall.solution.strategy(player)

        def tiled(t: int, k: int):
            found = policy(t, k)
            return (
                tuple(np.tile(part, (blocks, 1)) for part in found)
                if isinstance(found, tuple)
                else np.tile(found, (blocks, 1))
            )

        return tiled

    fixed = {
        p: old(p) if b == len(hall.field) else hall.desk.policy(hall.field[b], p, memories)
        for p, b in zip(PLAYERS, profile, strict=True)
    }
    solution = solve(game, 1.0, fixed)  # type: ignore[arg-type]
    return (begin(hall.model.start, memories) @ solution.boundary[0]).tolist()


class TestExact:
    @pytest.mark.parametrize(
        "profile",
        [
            (3, 3, 3, 3),
            (0, 0, 0, 0),
            (1, 1, 1, 1),
            (2, 2, 2, 2),
            (1, 3, 0, 2),
            (3, 1, 3, 3),
            (2, 3, 1, 1),
            (0, 1, 2, 3),
        ],
    )
    def test_as_by_backward_induction(self, hall: Hall, profile: tuple[int, ...]) -> None:
        assert hall.play([profile])[0][:4] == pytest.approx(backwards(hall, profile), abs=1e-9)

    def test_together_as_one_by_one(self, hall: Hall) -> None:
        part = next(part for part in hall.parts() if len(hall.memories(part[0])) == 2)
        together = hall.play(part)
        for place in (0, len(part) // 2, -1):
            assert together[place] == pytest.approx(hall.play([part[place]])[0], abs=1e-10)

    def test_the_equilibrium_against_itself(self, hall: Hall, result: Tournament) -> None:
        expected = run("baseline", grid=TINY, months=3)
        last = (2,) * 4
        assert result.payoff[last] == pytest.approx(list(expected.payoffs_total.values()), abs=1e-9)
        assert result.freed[last] == pytest.approx(expected.outcomes["freed"][-1], abs=1e-9)
        assert result.deal_share[last] == pytest.approx(expected.outcomes["deal_share"][-1], abs=1e-9)

    def test_all_profiles_once(self, hall: Hall) -> None:
        profiles = [profile for part in hall.parts() for profile in part]
        assert len(profiles) == len(set(profiles)) == 4**4

    def test_a_summit_of_three(self) -> None:
        model, solution = solved("baseline", {"menu.summit": True}, grid=Grid("tiny", 1400, 2))
        hall = Hall(model, solution, [behaviour("reciprocate")], 2)
        expected = (model.start @ solution.boundary[0]).tolist()
        assert hall.play([(1, 1, 1, 1)])[0][:4] == pytest.approx(expected, abs=1e-9)
        # exact propagation of a three-party table, one of them fixed
        found = hall.play([(0, 0, 0, 0)])[0]
        memories = hall.memories((0, 0, 0, 0))
        fixed = {p: hall.desk.policy(hall.field[0], p, memories) for p in PLAYERS}
        again = solve(remember(model.game, memories), 1.0, fixed)  # type: ignore[arg-type]
        assert found[:4] == pytest.approx((begin(model.start, memories) @ again.boundary[0]).tolist(), abs=1e-9)


class TestTable:
    def test_rows_and_scores(self, result: Tournament) -> None:
        assert result.behaviours == ("hold", "reciprocate", EQUILIBRIUM)
        assert result.payoff.shape == (3, 3, 3, 3, 4)
        assert len(result.table()) == 81
        assert len(result.scores()) == 12
        names = {name: b for b, name in enumerate(result.behaviours)}
        found = [tuple(names[name] for name in profile) for profile in result.equilibria]
        assert tuple(found) == pure_equilibria(result.payoff)
        for profile in found:
            assert result.regret()[profile] == pytest.approx(0, abs=1e-6)

    def test_exploitability(self, result: Tournament) -> None:
        # no behaviour can beat the best reply; and against the equilibrium every regret in the table is at most that
        gain = result.regret()
        for i, capital in enumerate(PLAYERS):
            for b, name in enumerate(result.behaviours):
                seat = [2] * 4
                seat[i] = b
                assert result.exploitability[capital][name] >= gain[tuple(seat)][i] - 1e-9

    def test_logit(self, result: Tournament) -> None:
        assert result.logit.points[0].lam == 0
        assert all(point.residual < 1e-6 for point in result.logit.points)

    def test_json(self, result: Tournament) -> None:
        data = json.loads(json.dumps(json_ready(result.to_json()), allow_nan=False))
        assert np.array(data["payoff"]).shape == (3, 3, 3, 3, 4)
        assert set(data["anew"]) == set(PLAYERS)
        assert set(data["anew"]["minsk"]) == {"hold", "reciprocate"}
        assert "no common unit" in data["units"]

    @pytest.mark.slow
    def test_goes_on_where_it_stopped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        arguments = {"grid": Grid("tiny", 1400, 2), "names": ("hold", "reciprocate"), "months": 2, "anew": False}
        played = Hall.play
        calls = 0

        def stops(self: Hall, profiles: list[tuple[int, ...]]) -> list[list[float]]:
            nonlocal calls
            calls += 1
            if calls == 4:
                raise KeyboardInterrupt
            return played(self, profiles)

        monkeypatch.setattr(Hall, "play", stops)
        with pytest.raises(KeyboardInterrupt):
            tournament("baseline", folder=tmp_path, **arguments)  # type: ignore[arg-type]
        assert len(list(tmp_path.iterdir())) == 3
        whole = tournament("baseline", folder=tmp_path, **arguments)  # type: ignore[arg-type]
        assert calls == 3 + 1 + 5  # eight parts, three of them kept
        before = calls
        again = tournament("baseline", folder=tmp_path, **arguments)  # type: ignore[arg-type]
        assert calls == before
        assert np.array_equal(again.payoff, whole.payoff)
        tournament("baseline", {"minsk.trade_value": 9}, folder=tmp_path, **arguments)  # type: ignore[arg-type]
        assert calls > before

    def test_another_rule_with_the_same_words_is_played_anew(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registered = sys.modules["sim.play.behaviours"]._registered
        monkeypatch.setitem(registered, "made", None)  # forgotten at the end

        def make(says_yes: float, level: int):
            # the same source text; what differs is what it closes over, or its memory's updates
            return register(
                "made",
                "made by a factory",
                lambda view: says_yes if view.act == "answer" else view.only(0),
                memory={"minsk": lambda model: Memory("seen", ("no", "yes"), 0, {"moscow": (-1, 0, level)})},
            )

        def payoff():
            return tournament(
                "baseline", grid=Grid("tiny", 1400, 2), names=("made",), months=2, anew=False, folder=tmp_path
            ).payoff

        make(0.0, 1)
        before, kept = payoff(), len(list(tmp_path.iterdir()))
        assert np.array_equal(payoff(), before)
        assert len(list(tmp_path.iterdir())) == kept
        make(1.0, 1)
        assert not np.allclose(payoff(), before)
        assert len(list(tmp_path.iterdir())) == 2 * kept
        make(1.0, 0)
        payoff()
        assert len(list(tmp_path.iterdir())) == 3 * kept

    @pytest.mark.parametrize("names", [(), ("hold", "hold"), ("hold", EQUILIBRIUM), ("bluff",)])
    def test_refusals(self, names: tuple[str, ...]) -> None:
        with pytest.raises(UsageError, match="allowed"):
            tournament("baseline", grid=TINY, names=names, months=3)


class TestAgainst:
    def test_two_questions(self) -> None:
        found = against("baseline", {"minsk": "hold"}, grid=TINY, months=3)
        # kept: the others as in the equilibrium; anew: by definition nobody is freed by a Minsk that only holds
        assert found.anew["outcomes"]["freed"][-1] == pytest.approx(0, abs=1e-12)
        assert found.kept["freed"] == pytest.approx(0, abs=1e-12)
        assert found.kept["payoffs"]["minsk"] != pytest.approx(found.anew["payoffs"]["minsk"])
        assert json.dumps(found.to_json())

    def test_all_four_seats_leave_nobody_to_react(self) -> None:
        found = against("baseline", dict.fromkeys(PLAYERS, "reciprocate"), grid=TINY, months=3)
        assert list(found.kept["payoffs"].values()) == pytest.approx(list(found.anew["payoffs"].values()), abs=1e-9)
        assert found.kept["freed"] == pytest.approx(found.anew["outcomes"]["freed"][-1], abs=1e-9)
        assert found.kept["deal_share"] == pytest.approx(found.anew["outcomes"]["deal_share"][-1], abs=1e-9)

    @pytest.mark.parametrize("seats", [{}, {"paris": "hold"}, {"minsk": "bluff"}])
    def test_refusals(self, seats: dict[str, str]) -> None:
        with pytest.raises(UsageError, match="allowed"):
            against("baseline", seats, grid=TINY, months=3)
