"""One contract for every behaviour, the built-in rules where their words can be checked, and the guide."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sim.play
from sim.errors import UsageError
from sim.game import Move, Offer
from sim.model import PLAYERS, Grid, Model, compile
from sim.play.behaviours import EQUILIBRIUM, Behaviour, View, behaviour, behaviours, register
from sim.play.hall import Hall
from sim.play.memory import Memory, begin, remember
from sim.play.policies import Desk, month_worth
from sim.scenario import load
from sim.solver import propagate, solve

TINY = Grid("tiny", 700, 3)


@pytest.fixture(scope="module")
def model() -> Model:
    return compile(load("baseline"), TINY)


@pytest.fixture(scope="module")
def desk(model: Model) -> Desk:
    return Desk(model)


@pytest.fixture
def clean() -> Iterator[None]:
    """Forget what a test registers."""
    module = sys.modules["sim.play.behaviours"]  # the package has a function of that name
    before = dict(module._registered)
    yield
    module._registered.clear()
    module._registered.update(before)


def contract(desk: Desk, item: Behaviour) -> None:
    """What every behaviour must do in every seat: a policy of the right form, the same each time, that plays."""
    model = desk.model
    assert item.name
    assert item.meaning
    for capital in PLAYERS:
        memory = desk.memory(item, capital)
        memories = () if memory is None else (memory,)
        game = remember(model.game, memories)
        number = PLAYERS.index(capital)
        months = sorted({0, *item.changes, *(month - 1 for month in item.changes)})
        for k, turn in enumerate(game.turns):
            acts = ()
            if isinstance(turn, Move) and turn.player == number:
                acts = ("move",)
            elif isinstance(turn, Offer) and number in turn.parties:
                acts = ("propose", "answer")
            for act in acts:
                for month in months:
                    rows = desk.says(item, capital, month, k, act, memories)
                    assert rows.shape == turn.next_state.shape
                    assert (rows[turn.next_state < 0] == 0).all()
                    if act == "answer":
                        assert ((rows >= 0) & (rows <= 1)).all()
                        assert (rows[:, 0] == 1).all()
                    else:
                        assert np.allclose(rows.sum(axis=1), 1)
                    fresh = Desk(model).says(item, capital, month, k, act, memories)
                    assert np.array_equal(rows, fresh)
        solution = solve(game, 2.0, {capital: desk.policy(item, capital, memories)})
        assert solution.fixed == (capital,)
        assert propagate(solution, begin(model.start, memories)).boundary[-1].sum() == pytest.approx(1)


@pytest.mark.parametrize("name", list(behaviours()))
def test_contract(desk: Desk, name: str) -> None:
    contract(desk, behaviour(name))


def ask(desk: Desk, name: str, capital: str, turn: str, act: str, month: int = 0) -> np.ndarray:
    k = desk.model.game.turn_index(turn)
    return desk.says(behaviour(name), capital, month, k, act)


class TestRules:
    def test_hold_gives_nothing(self, desk: Desk) -> None:
        packages = desk.model.packages["us-table"]
        yes = ask(desk, "hold", "washington", "us-table", "answer")
        for m, offer in enumerate(packages):
            accepted = bool(yes[:, m].any())
            assert accepted == (not (offer.us or offer.contact or offer.pressing))
        assert (ask(desk, "hold", "washington", "us-table", "propose")[:, 0] == 1).all()
        for capital in PLAYERS:
            assert (ask(desk, "hold", capital, capital, "move")[:, 0] == 1).all()

    def test_late_and_early_change_on_time(self, desk: Desk) -> None:
        for month, willing in ((0, False), (11, False), (12, True), (30, True)):
            assert ask(desk, "late", "minsk", "us-table", "answer", month)[:, 1:].any() == (
                willing or ask(desk, "hold", "minsk", "us-table", "answer")[:, 1:].any()
            )
            late = ask(desk, "late", "minsk", "us-table", "propose", month)
            assert (late[:, 0] < 1).any() == willing
        for month, willing in ((0, True), (5, True), (6, False)):
            early = ask(desk, "early", "brussels", "eu-table", "propose", month)
            assert (early[:, 0] < 1).any() == willing
        assert (ask(desk, "late", "moscow", "moscow", "move", 3)[:, 2] == 1).all()
        assert (ask(desk, "late", "moscow", "moscow", "move", 12)[:, 0] == 1).all()

    def test_squeeze_asks_more_while_talks_are_active(self, desk: Desk) -> None:
        model = desk.model
        rows = ask(desk, "squeeze", "washington", "us-table", "propose")
        packages = model.packages["us-table"]
        persons = np.array([offer.prisoners + 50 * offer.leaders for offer in packages])
        asked = rows @ persons
        talks = model.axes.grid("talks")
        held = (model.measures["prisoners"] >= 700) & (model.measures["contact"] < 2) & (model.measures["us"] < 2)
        assert asked[held & (talks == 1)].min() > asked[held & (talks == 0)].max()

    def test_greedy_takes_the_most_this_month(self, desk: Desk) -> None:
        # Moscow: whatever gains most this month, paid at once and in flow, counted by hand from the game's arrays
        game = desk.model.game
        k = game.turn_index("moscow")
        turn = game.turns[k]
        assert isinstance(turn, Move)
        value = turn.payoff[:, :, 3] + game.flow[turn.next_state, 3]
        assert (ask(desk, "greedy", "moscow", "moscow", "move").argmax(axis=1) == value.argmax(axis=1)).all()

    def test_reciprocate_strikes_back(self, desk: Desk) -> None:
        item = behaviour("reciprocate")
        memory = desk.memory(item, "washington")
        assert memory is not None
        k = desk.model.game.turn_index("washington")
        rows = desk.says(item, "washington", 0, k, "move", (memory,))
        kind, hostile = np.split(rows, 2)
        assert (kind[:, 0] == 1).all()
        can = desk.model.game.turns[k].next_state[:, 1] >= 0
        assert (hostile[can, 1] == 1).all()
        assert (hostile[~can, 0] == 1).all()

    def test_reciprocate_against_a_crackdown(self) -> None:
        # Minsk cracks down every month, Washington reciprocates: from the second month on it would snap back
        model, item = compile(load("baseline", {"world.prisoner_capacity": 4200}), TINY), behaviour("reciprocate")
        desk = Desk(model)
        memory = desk.memory(item, "washington")
        assert memory is not None
        game = remember(model.game, (memory,))
        own = game.turns[game.turn_index("minsk")]
        assert isinstance(own, Move)
        crack = np.where((own.next_state[:, [2]] >= 0), np.eye(3)[[2]], np.eye(3)[[0]])
        nothing = {
            k: (np.eye(t.n_choices)[0], np.eye(t.n_choices)[0])
            for k, t in enumerate(game.turns)
            if isinstance(t, Offer)
        }
        fixed = {"minsk": {**nothing, "minsk": crack}, "washington": desk.policy(item, "washington", (memory,))}
        start = begin(model.start, (memory,))
        forward = propagate(solve(game, 2.0, fixed), start)  # type: ignore[arg-type]
        took = forward.boundary.reshape(game.rounds + 1, 2, -1).sum(axis=2)[:, 1]
        assert took[0] == 0
        assert took[1] == pytest.approx(1)

    def test_worth_of_a_month(self, model: Model) -> None:
        # at the last boundary it is the flow; before nature, its expectation
        after = month_worth(model.game)
        assert np.array_equal(after[-1], model.game.flow)
        nature = model.game.turns[0]
        expected = (nature.probability[..., None] * after[1][np.maximum(nature.next_state, 0)]).sum(axis=1)
        assert after[0] == pytest.approx(expected)


class TestRegistering:
    @pytest.mark.usefixtures("clean")
    def test_one_of_your_own(self, desk: Desk) -> None:
        item = register("mine", "always offers everything", lambda view: np.ones(len(view.choices)))
        contract(Desk(desk.model), item)
        assert behaviours()["mine"] is item
        register("mine", "another", lambda view: view.only(0))
        assert behaviour("mine").meaning == "another"

    @pytest.mark.parametrize("name", ["hold", EQUILIBRIUM, "", "two words", "a,b"])
    def test_names(self, name: str) -> None:
        with pytest.raises(UsageError, match="behaviour"):
            register(name, "x", lambda view: 1)

    def test_other_refusals(self) -> None:
        with pytest.raises(UsageError, match="months from 1"):
            register("mine", "x", lambda view: 1, changes=(0,))
        with pytest.raises(UsageError, match="paris"):
            register("mine", "x", lambda view: 1, memory={"paris": lambda model: None})  # type: ignore[dict-item, return-value]
        with pytest.raises(UsageError, match="did you mean 'greedy'"):
            behaviour("greed")

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            (lambda view: np.ones(7), "broadcasts"),
            (lambda view: -1.0, "negative"),
            (lambda view: np.nan, "NaN"),
            (lambda view: 2.0, "0 to 1"),
            (lambda view: "much", "broadcasts"),
        ],
    )
    def test_rules_that_return_nonsense(self, desk: Desk, rule: object, words: str) -> None:
        item = Behaviour("bad", "x", rule)  # type: ignore[arg-type]
        k = desk.model.game.turn_index("us-table")
        with pytest.raises(UsageError, match=words):
            Desk(desk.model).says(item, "minsk", 0, k, "answer")

    def test_a_month_that_is_not_named_is_refused(self, desk: Desk) -> None:
        def thaw(view: View) -> object:
            return view.nothing() if view.month < 2 else np.ones(len(view.choices))

        hidden, named, harmless = (
            Behaviour("thaw", "x", thaw),
            Behaviour("thaw-at-2", "x", thaw, changes=(2,)),
            Behaviour("looks", "x", lambda view: view.only(0 if view.month >= 0 else 1)),
        )
        with pytest.raises(UsageError, match=r"month 2 than in month 0; allowed.*none"):
            desk.says(hidden, "minsk", 0, 1, "answer")
        with pytest.raises(UsageError, match=r"month 2 than in month 1; allowed.*\(1\)"):
            desk.says(Behaviour("early-thaw", "x", thaw, changes=(1,)), "minsk", 1, 1, "answer")
        assert not np.array_equal(desk.says(named, "minsk", 0, 1, "answer"), desk.says(named, "minsk", 2, 1, "answer"))
        assert desk.says(harmless, "minsk", 0, 1, "propose")[:, 0].all()

    def test_memories_of_one_name_must_be_one(self, desk: Desk) -> None:
        def memory(levels: tuple[str, ...], initial: int) -> dict[str, object]:
            return {"minsk": lambda model: Memory("mood", levels, initial, {"moscow": (-1, 0, 1)})}

        first = Behaviour("first", "x", lambda view: view.only(0), memory=memory(("good", "bad"), 0))  # type: ignore[arg-type]
        second = Behaviour(
            "second",
            "x",
            lambda view: view.only(0),
            memory={"moscow": lambda model: Memory("mood", ("good", "bad"), 1, {"moscow": [-1, 0, 1]})},  # type: ignore[dict-item]
        )
        with pytest.raises(UsageError, match="'mood' that differs"):
            desk.memories({"minsk": first, "moscow": second})
        with pytest.raises(UsageError, match="'mood' that differs"):
            Hall(desk.model, solve(desk.model.game, 1.0), [first, second], 3).parts()
        assert [m.name for m in desk.memories({"minsk": first})] == ["mood"]

    def test_view_is_documented(self) -> None:
        assert View.__doc__
        for name in View.__dataclass_fields__:
            assert name in View.__doc__


@pytest.mark.usefixtures("clean")
def test_guide() -> None:
    guide = Path(sim.play.__file__).with_name("GUIDE.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", guide, re.S)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    result = names["result"]
    assert result.behaviours == ("hold", "patient", EQUILIBRIUM)  # type: ignore[attr-defined]
    assert len(result.scores()) == 12  # type: ignore[attr-defined]
    assert {"patient", "thaw", "grateful"} <= set(behaviours())
